// probes substitute: the nearest thing that works where functions of the kernel cannot be probed (no kprobes, fentry
// refused): the tracepoint that says what the function would have said. Asked only when attaching has failed.
#pragma once

#include <string>
#include <string_view>

#include "runtime/kernel/kernel_view.h"

namespace probes {

/// "tracepoint:syscalls:sys_enter_read" for vfs_read; only events this kernel has. Empty: nothing is near.
[[nodiscard]] std::string nearest_tracepoint(const kernel::KernelView& view, std::string_view function, bool is_return);

/// The same as a hint: "the nearest thing that works here is tracepoint:...", or how to look for one.
[[nodiscard]] std::string substitute_hint(const kernel::KernelView& view, std::string_view function, bool is_return);

}  // namespace probes
