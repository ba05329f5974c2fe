#include "src/builtins/table.h"

#include <algorithm>
#include <array>
#include <vector>

#include "src/builtins/groups.h"

namespace builtins {

std::span<const Group> groups() {
    static const std::array<Group, 14> all_groups{{
        {"Context", context_rows()},
        {"Arguments", argument_rows()},
        {"Time", time_rows()},
        {"Memory", memory_rows()},
        {"Strings", string_rows()},
        {"Stacks", stack_rows()},
        {"Symbols", symbol_rows()},
        {"Network", network_rows()},
        {"Processes", process_rows()},
        {"Output and control", output_rows()},
        {"Assertions", assertion_rows()},
        {"Types and the kernel", type_rows()},
        {"Maps", map_rows()},
        {"Aggregations", aggregate_rows()},
    }};
    return all_groups;
}

std::span<const typed::Builtin* const> all() {
    static const std::vector<const typed::Builtin*> sorted = [] {
        std::vector<const typed::Builtin*> rows;
        for (const Group& group : groups())
            for (const typed::Builtin& row : group.rows)
                rows.push_back(&row);
        std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
        return rows;
    }();
    return sorted;
}

const typed::Builtin* find(std::string_view name) {
    const auto rows = all();
    const auto at =
        std::lower_bound(rows.begin(), rows.end(), name,
                         [](const typed::Builtin* row, std::string_view wanted) { return row->name < wanted; });
    return at != rows.end() && (*at)->name == name ? *at : nullptr;
}

}  // namespace builtins
