// ast::format: a script in its canonical spelling (--fmt). Layout is ours, words are the script's: literals stay as
// they were written, parentheses stay where they group an operand, comments stay as // lines, single blank lines stay.
// What comes out parses to the same tree and formats to itself. Needs the script's text, which sources holds.
#pragma once

#include <string>

#include "src/ast/ast.h"

namespace ast {

[[nodiscard]] std::string format(const Script& script, const source::SourceMap& sources);

}  // namespace ast
