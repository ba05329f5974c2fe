// typed::print: the typed tree as text, one node a line, for -d typed and golden tests. Stable: changes only when the
// tree does. Places are left out.
#pragma once

#include <string>

#include "src/typed/typed.h"

namespace typed {

[[nodiscard]] std::string print(const Script& script);

}  // namespace typed
