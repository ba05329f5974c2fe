// argv in, exit status out: parse, choose the command, hand over.

#include <unistd.h>

#include <cstdio>
#include <span>
#include <string>
#include <variant>

#include "runtime/base/phases.h"
#include "runtime/format/json_schema.h"
#include "src/cli/environment.h"
#include "src/cli/help.h"
#include "src/cli/options.h"
#include "src/cli/report.h"
#include "src/commands/table.h"
#include "src/commands/trace.h"

namespace {

int refuse(const cli::UsageError& error, const std::string& name, cli::Report& report) {
    if (!error.message.empty()) {
        if (error.is_labelled) {
            report.error(error.message, error.shows_help ? std::string_view() : error.hint);
        } else {
            report.line(error.message);
        }
    }
    if (error.shows_help) {
        report.line(cli::help_text(name));
        // Last, where it can still be seen below the long text.
        if (!error.hint.empty()) report.line("\nHINT: " + error.hint);
    }
    return error.exit_status;
}

}  // namespace

int main(int argc, char** argv) {
    base::phases().begin("command line");
    const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
    const std::string name = cli::program_name(argc > 0 ? argv[0] : nullptr);
    cli::Report report(STDERR_FILENO);

    // A request of its own: the colour rule is needed before the command line is read.
    driver::Request from_environment;
    const cli::TerminalChoice terminal = cli::read_environment(environ, from_environment);
    report.set_colors(cli::wants_colors(terminal.color));

    if (name != "bpftrace" && argc > 1) {
        if (const commands::Command* command = commands::find(argv[1])) return command->run(words.subspan(1), report);
    }

    cli::ParseResult parsed = cli::parse_options(words);
    if (const auto* error = std::get_if<cli::UsageError>(&parsed)) return refuse(*error, name, report);
    auto& options = std::get<cli::Options>(parsed);
    switch (options.start) {
        case cli::Start::help: return std::fputs(cli::help_text(name).c_str(), stdout) < 0 ? 1 : 0;
        case cli::Start::version: return std::puts(cli::version_text(options.is_bpftrace).c_str()) < 0 ? 1 : 0;
        case cli::Start::json_schema:
            return std::fwrite(format::json_schema().data(), 1, format::json_schema().size(), stdout) > 0 ? 0 : 1;
        case cli::Start::trace: break;
    }

    driver::Request& request = options.request;
    report.set_verbose(request.is_verbose);
    report.set_warnings(!request.suppresses_warnings);
    if (!terminal.bad_value.empty())
        report.warning("Invalid env value for " + terminal.bad_variable + ": '" + terminal.bad_value +
                       "'. Valid values are auto, always and never.");
    cli::read_environment(environ, request);
    const int status = commands::trace(std::move(request), {options.source.text, options.source.path}, name, report);
#ifdef NDEBUG
    // Everything of the kernel's is closed. Giving LLVM's tables back piece by piece would only take time.
    std::fflush(nullptr);
    _exit(status);
#else
    return status;
#endif
}
