// grammar::syntax_hint: what the writer of a line that does not parse probably meant. The parser knows only which token
// does not fit; what people bring along from C, shell and Python shows in the text around it. Given by the places that
// report syntax errors; knows no tokens and no tree.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace grammar {

/// For the sentence ("expected ';'") about what stands at this byte of the script; empty: nothing to add.
[[nodiscard]] std::string syntax_hint(std::string_view script, std::size_t at, std::string_view sentence);

}  // namespace grammar
