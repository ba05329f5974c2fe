// builtins: the table of all builtins, concatenated from the groups of this folder. Handed by driver to check as a
// lookup; printed into docs/builtins.md. A row and its lowering stand in one file; order is fixed, nothing runs before
// main.
#pragma once

#include <span>
#include <string_view>

#include "src/typed/builtin.h"

namespace builtins {

/// A group: one file of this folder.
struct Group {
    std::string_view name;  ///< heading in docs/builtins.md
    std::span<const typed::Builtin> rows;
};

[[nodiscard]] std::span<const Group> groups();
/// All rows, sorted by name.
[[nodiscard]] std::span<const typed::Builtin* const> all();
/// nullptr if there is none.
[[nodiscard]] const typed::Builtin* find(std::string_view name);

}  // namespace builtins
