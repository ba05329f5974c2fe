// tracer: runs the command of system() and collects what it prints. The events behind it wait meanwhile.
#pragma once

#include <functional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/tracer/signals.h"

namespace tracer {

struct CommandResult {
    std::string output;  ///< its standard output
    int status = 0;      ///< exit code, or 128 + signal
};

/// Through `sh -c`. `interrupt_fd` becoming readable calls on_interrupt; if that says false the command is killed.
[[nodiscard]] base::Result<CommandResult> run_command(const std::string& command, const Signals& signals,
                                                      const std::function<bool()>& on_interrupt);

}  // namespace tracer
