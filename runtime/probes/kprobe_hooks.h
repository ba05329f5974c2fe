// probes kprobe hooks: by what the functions of a multi-link are named to the kernel. Given the places of one body;
// taken by kprobe_attach.cpp. A name that several functions have would get the first of them only: those are named by
// their addresses. Must not know how anything is attached.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/probes/kinds.h"

namespace probes::kprobe {

struct Hook {
    const program::Place* place;
    std::uint64_t address = 0;  ///< 0: by name
};

/// One link takes either names or addresses.
struct Hooks {
    std::vector<Hook> by_name, by_address;
};

[[nodiscard]] Hooks name_hooks(const View& view, Places places);

}  // namespace probes::kprobe
