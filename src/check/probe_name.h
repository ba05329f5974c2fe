// check::name_use: what a clause does with `probe`, the name of the place it runs at. Read by group_places: a name that
// is only shown, kept or compared may be one the program finds out when it runs.
#pragma once

#include "src/ast/ast.h"

namespace check {

enum class NameUse : unsigned char {
    none,
    value,     ///< wherever it stands any text may stand
    constant,  ///< something asks for it, or for its size, while compiling
};

[[nodiscard]] NameUse name_use(const ast::Probe& probe);

}  // namespace check
