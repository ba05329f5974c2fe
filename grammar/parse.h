// grammar: a script's text -> ast::Script. The driver calls parse for the script and for each import; the tree goes to
// check, to ast::print and to --fmt. Reading stops at the first mistake, which becomes one diagnostic.
//
// The language cannot be read without knowing some names: "(foo) - 1" is a cast if foo is a type and a difference if it
// is a value. What the script itself defines the lexer remembers; for the rest it asks the NameOracle.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "src/ast/arena.h"
#include "src/ast/ast.h"
#include "src/source/diagnostics.h"
#include "src/source/source_file.h"

namespace grammar {

/// True for a word that is a value wherever it stands: a builtin, an enum constant, a macro of the library. An empty
/// function knows none.
using NameOracle = std::function<bool(std::string_view)>;

/// The tree of one file, in the arena; null if an error was added to diagnostics. The texts in it are copies: only the
/// arena has to outlive it.
[[nodiscard]] const ast::Script* parse(program::FileId file, const source::SourceMap& sources, ast::Arena& arena,
                                       source::Diagnostics& diagnostics, const NameOracle& names);

/// The expression that this text is, by itself and with nothing behind it; null: it is something else, silently.
[[nodiscard]] const ast::Expr* parse_expression(std::string_view text, source::SourceMap& sources, ast::Arena& arena,
                                                const NameOracle& names);

/// One token a line, "1:9-14  VARIABLE  $count", up to the first one that cannot be read (-d tokens).
[[nodiscard]] std::string token_dump(program::FileId file, const source::SourceMap& sources, const NameOracle& names);

}  // namespace grammar
