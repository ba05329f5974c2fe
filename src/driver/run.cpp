// Entrance: driver::run. Compile -> load -> attach -> show -> close, and the exit status.
#include <cstdio>

#include "runtime/kernel/real_kernel.h"
#include "runtime/live/live_engine.h"
#include "runtime/tracer/tracer.h"
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

int run_program(const Request& request, const kernel::KernelView& kernel, Reporter& reporter) {
    const auto program = compile(request, kernel, reporter);
    if (!program) return 1;
    if (request.mode == Mode::codegen) return 0;
    if (program->probes.empty()) {
        if (!request.is_quiet) std::puts("No probes to attach");
        return 1;
    }

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
    options.messages = &messages;

    live::LiveOptions live_options;
    live_options.keeps_verifier_logs = request.debug_stages.has(Stage::verifier);
    live::LiveEngine engine(kernel, live_options);
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
    const kernel::RealKernel kernel(kernel_options);
    switch (request.action) {
        case Action::list: return list(request, kernel, reporter);
        case Action::info: return print_info(kernel);
        case Action::format:
        case Action::run: break;
    }
    switch (request.mode) {
        case Mode::normal:
        case Mode::codegen: break;
        case Mode::compiler_bench:
        case Mode::bench:
        case Mode::test:
            reporter.error("this version does not run test: and bench: probes",
                           "leave --mode, --test and --bench out to run the other probes");
            return 1;
    }
    return run_program(request, kernel, reporter);
}

}  // namespace driver
