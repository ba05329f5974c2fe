// tracer::run: one run from start to exit, whatever the engine: load, begin, attach, release the child, show events,
// stop, end, maps, detach. Owns the order of things, signals, the child, the output, the exit status; format owns what
// things look like, the engine what they do. Given by src/driver.
#pragma once

#include <cstdint>

#include "runtime/engine/engine.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"
#include "runtime/tracer/options.h"

namespace tracer {

struct Outcome {
    int exit_code = 0;            ///< of the process
    std::uint64_t attached = 0;   ///< what "Attached N probes" said
    std::uint64_t shown = 0;      ///< records handled
    std::uint64_t lost = 0;       ///< records the programs could not send: ring full
    std::uint64_t dropped = 0;    ///< records that came after exit() and were not shown
    std::uint64_t malformed = 0;  ///< records that made no sense: our fault
    std::int64_t detach_ns = 0;   ///< how long the kernel took to let go, after everything was shown
};

[[nodiscard]] Outcome run(const program::Program& program, engine::Engine& engine, const kernel::KernelView& kernel,
                          const Options& options);

}  // namespace tracer
