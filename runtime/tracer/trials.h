// tracer::run_trials: runs the test: or bench: probes of a program instead of tracing. A test passes when its body
// returns 0, reports no error and calls exit() with nothing but 0; what it printed is shown only if it failed. A bench
// runs until its time is known. Given by src/driver, over the same engine as a run; attaches nothing.
#pragma once

#include "runtime/engine/engine.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"
#include "runtime/tracer/options.h"

namespace tracer {

enum class Trial { test, bench };

/// The process's exit status: 0, 1 if a test failed or there is none, 255 if they could not be run.
[[nodiscard]] int run_trials(Trial trial, const program::Program& program, engine::Engine& engine,
                             const kernel::KernelView& kernel, const Options& options);

}  // namespace tracer
