// driver::load_imports: reads and parses the scripts a script imports, before anything is checked.
#pragma once

#include <vector>

#include "grammar/parse.h"
#include "src/ast/arena.h"
#include "src/ast/ast.h"
#include "src/source/diagnostics.h"

namespace driver {

/// The script and everything it imports, each file once, imported ones before their importer. Empty if errors were
/// added. headers: C headers (.h) that were imported, for the reader of C definitions.
[[nodiscard]] std::vector<const ast::Script*> load_imports(const ast::Script& script, source::SourceMap& sources,
                                                           ast::Arena& arena, source::Diagnostics& diagnostics,
                                                           const grammar::NameOracle& oracle,
                                                           std::vector<std::string>& headers);

}  // namespace driver
