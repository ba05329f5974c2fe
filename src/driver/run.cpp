// Entrance: driver::run. Compile -> load -> attach -> show -> close, and the exit status.
#include <cstdio>
#include <string>

#include "runtime/base/phases.h"
#include "runtime/kernel/real_kernel.h"
#include "runtime/live/live_engine.h"
#include "runtime/tracer/tracer.h"
#include "runtime/tracer/trials.h"
#include "src/driver/compile.h"
#include "src/driver/driver.h"
#include "src/driver/info.h"
#include "src/driver/list.h"

namespace driver {

namespace {

class TracerMessages final : public tracer::Messages {
  public:
    explicit TracerMessages(Reporter& reporter) : reporter_(reporter) {}
    void error(const base::Error& error) override { reporter_.error(error); }
    void warning(std::string_view sentence) override { reporter_.warning(sentence); }
    void verbose(std::string_view line) override { reporter_.verbose(line); }

  private:
    Reporter& reporter_;
};

tracer::Buffering buffering_of(Buffering buffering) {
    switch (buffering) {
        case Buffering::line: return tracer::Buffering::line;
        case Buffering::full: return tracer::Buffering::full;
        case Buffering::none: return tracer::Buffering::none;
    }
    return tracer::Buffering::line;
}

/// Why a program of no probes has none.
int nothing_to_attach(const Request& request, const CompileNotes& notes, Reporter& reporter) {
    if (request.mode == Mode::test)
        reporter.error("No test probes to run.", {});
    else if (request.mode == Mode::bench)
        reporter.error("No bench probes to run.", {});
    else if (notes.left_out_tests)
        reporter.error("No probes attached; use --test to run test probes.", {});
    else if (notes.left_out_benches)
        reporter.error("No probes attached; use --bench to run benchmark probes.", {});
    else if (!request.is_quiet)
        std::puts("No probes to attach");
    return 1;
}

int run_program(const Request& request, const kernel::KernelView& kernel, Reporter& reporter) {
    CompileNotes notes;
    const auto program = compile(request, kernel, reporter, &notes);
    if (!program) return 1;
    if (request.mode == Mode::codegen) return 0;
    if (program->probes.empty()) return nothing_to_attach(request, notes, reporter);

    TracerMessages messages(reporter);
    tracer::Options options;
    options.is_quiet = request.is_quiet;
    options.is_dry_run = request.is_dry_run;
    options.format =
        request.output_format == OutputFormat::json ? tracer::OutputFormat::json : tracer::OutputFormat::text;
    options.buffering = buffering_of(request.buffering);
    options.warnings = request.suppresses_warnings ? tracer::Warnings::none
                       : request.warns_at_run_time ? tracer::Warnings::all
                                                   : tracer::Warnings::standard;
    options.output_path = request.output_path.value_or("");
    options.child_command = request.command.value_or("");
    options.pid = request.pid;
    options.attached_notice = request.attached_notice;
    options.shows_ledger = request.shows_ledger;
    options.messages = &messages;

    live::LiveOptions live_options;
    live_options.keeps_verifier_logs = request.debug_stages.has(Stage::verifier);
    live::LiveEngine engine(kernel, live_options);
    if (request.mode == Mode::test || request.mode == Mode::bench)
        return tracer::run_trials(request.mode == Mode::test ? tracer::Trial::test : tracer::Trial::bench, *program,
                                  engine, kernel, options);
    const tracer::Outcome outcome = tracer::run(*program, engine, kernel, options);
    if (request.debug_stages.has(Stage::verifier))
        for (std::size_t i = 0; i < program->functions.size(); ++i)
            std::printf("%s\n%s\n", program->functions[i].name.c_str(),
                        engine.verifier_log(program::FunctionId(i)).c_str());
    return outcome.exit_code;
}

}  // namespace

int run(const Request& request, Reporter& reporter) {
    if (request.action == Action::format) return format_script(request, reporter);

    kernel::RealKernelOptions kernel_options;
    kernel_options.btf_path = request.btf_path;
    kernel_options.traceable_functions_path = request.traceable_functions_path;
    kernel_options.debug_info_dirs = request.debug_info_dirs;
    const kernel::RealKernel kernel(kernel_options);
    switch (request.action) {
        case Action::list: return list(request, kernel, reporter);
        case Action::info: return print_info(kernel);
        case Action::format:
        case Action::run: break;
    }
    if (request.mode == Mode::compiler_bench) return bench_compiler(request, kernel, reporter);
    const int status = run_program(request, kernel, reporter);
    if (request.shows_timing) {
        std::string table = base::phases().table();
        table.pop_back();
        reporter.line(table);
    }
    return status;
}

}  // namespace driver
