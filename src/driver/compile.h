// driver::compile: the compiler as one function, from a Request's program text to a program::Program. The pass list
// stands in compile.cpp. Diagnostics go to the reporter, dumps of -d to standard output. Must not know how a program is
// run.
#pragma once

#include <optional>

#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"
#include "src/driver/reporter.h"
#include "src/driver/request.h"

namespace driver {

/// nullopt: errors were reported. A program without probes is a result (missing_probes = warn).
[[nodiscard]] std::optional<program::Program> compile(const Request& request, const kernel::KernelView& kernel,
                                                      Reporter& reporter);

/// The attach points a script expands to, in its order: what -l FILE prints. nullopt: errors were reported.
struct ListedProbe {
    std::string name;
    program::ProbeKind kind{};
    program::Place place;
};
[[nodiscard]] std::optional<std::vector<ListedProbe>> list_probes(const Request& request,
                                                                  const kernel::KernelView& kernel, Reporter& reporter);

/// --fmt: the script in the usual style, on standard output or to -o. Gives the exit status.
[[nodiscard]] int format_script(const Request& request, Reporter& reporter);

}  // namespace driver
