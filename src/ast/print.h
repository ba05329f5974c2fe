// ast::print: a tree as text, one node a line, for golden tests and -d ast. Stable: it changes only when the tree does.
// Places are left out; the range of every node is tested where ranges are made.
#pragma once

#include <string>

#include "src/ast/ast.h"

namespace ast {

[[nodiscard]] std::string print(const Script& script);
[[nodiscard]] std::string print(const Expr& expr);
/// "struct sock *", "uint8[4]", "typeof(...)" with the expression in one line.
[[nodiscard]] std::string print(const TypeSpec& type);

/// As a literal of the language, with quotes.
[[nodiscard]] std::string quote(std::string_view text);

}  // namespace ast
