// live: everything a program needs in the kernel before it can be attached: its maps, its BTF and its functions, with
// the errors a user can act on. Given a program::Program and what the machine is like, returns open descriptors.
// Must not know attaching, rings or the tracer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/live/map_access.h"
#include "runtime/program/program.h"

namespace live {

/// Bytes of the event ring: `perf_rb_pages`, or 4 MiB but at most 1/64 of available memory; a power of two of pages.
[[nodiscard]] std::uint64_t ring_bytes(std::uint64_t perf_rb_pages, std::uint64_t available_memory,
                                       std::uint64_t page_size);
/// MemAvailable of /proc/meminfo; 0 = unknown.
[[nodiscard]] std::uint64_t available_memory();

/// One per MapSpec, in order.
[[nodiscard]] base::Result<std::vector<LiveMap>> create_maps(const program::Program& program, std::uint32_t cpus);

/// BTF of our own functions. Not open: there is none, or an old kernel refused it and nobody needs it.
[[nodiscard]] base::Result<base::Fd> load_btf(const program::Program& program);

struct LoadSettings {
    bool keeps_logs = false;  ///< ask for the verifier's log of good programs too (-d verifier)
};
struct LoadedProgram {
    base::Fd fd;
    std::string log;  ///< empty unless kept
    /// Why it is not loaded, where the run goes on without it: one of several functions that a wildcard stands for, or
    /// one that the script says may be missing.
    std::optional<base::Error> refusal = {};
};
/// One per Function, in order. The first refusal in that order is the error.
[[nodiscard]] base::Result<std::vector<LoadedProgram>> load_functions(const program::Program& program,
                                                                      const kernel::KernelView& kernel,
                                                                      std::span<const LiveMap> maps, int btf,
                                                                      const LoadSettings& settings);

}  // namespace live
