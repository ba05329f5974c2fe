// Entrance: name_hooks.
#include "runtime/probes/kprobe_hooks.h"

#include <algorithm>

namespace probes::kprobe {

Hooks name_hooks(const View& view, Places places) {
    Hooks hooks;
    const auto functions = view.traceable_functions();
    const auto is_shared = [&](const std::string& name) {
        if (!functions.ok()) return false;
        const auto first = std::lower_bound(
            functions->begin(), functions->end(), name,
            [](const kernel::FunctionName& candidate, const std::string& wanted) { return candidate.name < wanted; });
        return functions->end() - first > 1 && first->name == name && (first + 1)->name == name;
    };
    for (const program::Place& place : places) {
        std::vector<std::uint64_t> addresses;
        if (is_shared(place.function)) addresses = view.function_addresses(place.module, place.function);
        // Hidden addresses: the kernel takes the first of them.
        if (addresses.empty()) hooks.by_name.push_back({&place});
        for (const std::uint64_t address : addresses)
            hooks.by_address.push_back({&place, address});
    }
    return hooks;
}

}  // namespace probes::kprobe
