// probes perf: perf events with a BPF program on them, as tracepoints, timers, software and hardware events, k- and
// uprobes need them. Knows the system calls and what their refusals mean to a user; knows no probe kind.
#pragma once

#include <linux/perf_event.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/probes/provider.h"

namespace probes::perf {

/// All zero but for type, config and size; starts disabled.
[[nodiscard]] perf_event_attr event(std::uint32_t type, std::uint64_t config);

/// pid -1 = every process (then cpu is a real one), cpu -1 = every CPU (then pid is).
[[nodiscard]] base::Result<base::Fd> open(const perf_event_attr& attributes, int pid, int cpu);

/// Puts the program on the event and starts it; both end up in links, the link first.
[[nodiscard]] base::Status attach(Links& links, base::Fd event, int program, std::uint64_t cookie = 0);

/// The event on every online CPU, or on every thread of a process: one hook.
[[nodiscard]] base::Status attach_everywhere(Links& links, const kernel::KernelView& view,
                                             const perf_event_attr& attributes, int pid, int program);

/// After EMFILE: true if there is room now.
bool raise_file_limit();

/// Number of a dynamic event source (kprobe, uprobe), from /sys/bus/event_source. Error: this kernel has none.
[[nodiscard]] base::Result<std::uint32_t> dynamic_type(std::string_view source);
/// Bit of `config` that asks for the return of a function.
[[nodiscard]] unsigned return_bit(std::string_view source);

}  // namespace probes::perf
