// tracer::first_globals: what a program is told of the tracer that runs it, before its first probe runs.
#pragma once

#include "runtime/program/program.h"

namespace tracer {

/// child_pid: 0 = none. Start of tracing is now.
[[nodiscard]] program::Globals first_globals(std::uint64_t child_pid);

}  // namespace tracer
