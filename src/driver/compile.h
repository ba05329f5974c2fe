// driver::compile: the compiler as one function, from a Request's program text to a program::Program. The pass list
// stands in compile.cpp. Diagnostics go to the reporter, dumps of -d to standard output. Must not know how a program is
// run.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"
#include "src/driver/reporter.h"
#include "src/driver/request.h"

namespace driver {

/// What one compilation has to tell besides its result.
struct CompileNotes {
    bool left_out_tests = false, left_out_benches = false;  ///< test:, bench: probes that the mode does not run
    struct Pass {
        std::string_view name;
        std::int64_t ns = 0;
    };
    std::vector<Pass> passes;  ///< in order
};

/// nullopt: errors were reported. A program without probes is a result (missing_probes = warn). In the modes test and
/// bench the program has only these probes besides begin and end, in the others none of them (codegen: all).
[[nodiscard]] std::optional<program::Program> compile(const Request& request, const kernel::KernelView& kernel,
                                                      Reporter& reporter, CompileNotes* notes = nullptr);

/// --mode compiler-bench: compiles again and again and prints how long each pass takes. Gives the exit status.
[[nodiscard]] int bench_compiler(const Request& request, const kernel::KernelView& kernel, Reporter& reporter);

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
