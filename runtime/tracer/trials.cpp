#include "runtime/tracer/trials.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "runtime/format/context.h"
#include "runtime/format/sink.h"
#include "runtime/format/text.h"
#include "runtime/tracer/command.h"
#include "runtime/tracer/globals.h"
#include "runtime/tracer/output.h"
#include "runtime/tracer/records.h"
#include "runtime/tracer/signals.h"

namespace tracer {
namespace {

constexpr int kNothingToRun = 1;
constexpr int kRunFailure = 255;
/// A bench is repeated until it took this long together, so that one tick of the clock does not matter ...
constexpr std::int64_t kBenchNs = 200'000'000;
/// ... or this often.
constexpr std::uint64_t kMostIterations = 1'000'000;
/// Between two looks at the clock and the ring buffer.
constexpr std::uint64_t kIterationsAtOnce = 256;

constexpr std::string_view kGreen = "\033[32m", kRed = "\033[31m", kPlain = "\033[0m";

std::int64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// Keeps what is written.
class Kept final : public format::Writer {
  public:
    void write(std::string_view text) override { text_ += text; }
    void flush() override {}
    std::string take() { return std::exchange(text_, {}); }

  private:
    std::string text_;
};

std::string duration_text(std::int64_t ns) {
    if (ns < 10'000) return fmt::format("{} ns", ns);
    if (ns < 10'000'000) return fmt::format("{} us", ns / 1000);
    return fmt::format("{} ms", ns / 1'000'000);
}

class Trials {
  public:
    Trials(const program::Program& program, engine::Engine& engine, const kernel::KernelView& kernel,
           const Options& options)
        : program_(program), engine_(engine), kernel_(kernel), options_(options) {}

    int go(Trial trial) {
        if (const int problem = start(); problem != 0) return problem;
        const auto wanted = trial == Trial::test ? program::ProbeKind::test : program::ProbeKind::bench;
        std::vector<program::ProbeId> probes;
        for (std::size_t i = 0; i < program_.probes.size(); ++i)
            if (program_.probes[i].kind == wanted) probes.emplace_back(i);
        if (probes.empty()) {
            error(base::Error{trial == Trial::test ? "No test probes to run." : "No bench probes to run.", 0, {}, {}});
            return kNothingToRun;
        }
        const int status = trial == Trial::test ? tests(probes) : benches(probes);
        for (const program::ProbeId probe : program_.end)
            if (base::Status ran = engine_.run(program_.probes[probe.index()].function); !ran.ok()) error(ran.error());
        drain_shown();
        out_->flush_all();
        engine_.detach();
        return status;
    }

  private:
    struct Result {
        std::int64_t value = 0;
        std::int64_t duration_ns = 0;
        std::uint64_t errors = 0;
        int exit_status = 0;
        std::string output;
        bool is_failure() const { return value != 0 || errors != 0 || exit_status != 0; }
    };

    void error(const base::Error& what) const {
        if (options_.messages != nullptr) options_.messages->error(what);
    }
    [[nodiscard]] bool is_json() const { return options_.format == OutputFormat::json; }
    [[nodiscard]] std::string_view colour(std::string_view code) const { return has_colour_ ? code : ""; }
    /// "addition" of "test:addition"
    [[nodiscard]] std::string name_of(program::ProbeId probe) const {
        const std::string& name = program_.probes[probe.index()].name;
        const std::size_t colon = name.find(':');
        return colon == std::string::npos ? name : name.substr(colon + 1);
    }

    int start() {
        int out_fd = options_.output_fd;
        if (!options_.output_path.empty()) {
            file_ =
                base::Fd(open(options_.output_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
            if (!file_.is_open()) {
                const int errnum = errno;
                error(base::error_from_errno(fmt::format("Failed to open output file: \"{}\"", options_.output_path),
                                             errnum));
                return kNothingToRun;
            }
            out_fd = file_.get();
        }
        out_ = std::make_unique<Output>(out_fd, options_.buffering, [](int) { return true; });
        has_colour_ = !is_json() && isatty(out_fd) == 1;
        context_ = std::make_unique<format::FormatContext>(
            program_, kernel_, [this](program::MapId stacks, std::uint64_t id, std::uint32_t frames) {
                return engine_.read_stack(stacks, id, frames);
            });
        format::SinkOptions sink_options;
        sink_options.has_warnings = options_.warnings != Warnings::none;
        sink_ = is_json() ? format::make_json_sink(*context_, kept_, kept_, sink_options)
                          : format::make_text_sink(*context_, kept_, kept_, sink_options);
        if (base::Status loaded = engine_.load(program_); !loaded.ok()) {
            error(loaded.error());
            return kRunFailure;
        }
        engine_.set_globals(first_globals(0));
        for (const program::ProbeId probe : program_.begin) {
            if (base::Status ran = engine_.run(program_.probes[probe.index()].function); !ran.ok()) {
                error(ran.error());
                return kRunFailure;
            }
        }
        drain_shown();
        return 0;
    }

    /// A fresh reader of records: exit() of one trial is none of the next one's.
    std::unique_ptr<Records> reader() {
        return std::make_unique<Records>(
            program_, engine_, kernel_, *sink_, options_,
            [this](const std::string& command) { return run_command(command, signals_, [] { return true; }); }, [] {});
    }

    /// What begin and end probes print belongs to the output.
    void drain_shown() {
        const auto records = reader();
        while (engine_.drain(*records) != 0)
            continue;
        out_->write(kept_.take());
    }

    base::Result<Result> run_once(program::ProbeId probe) {
        const auto records = reader();
        const std::int64_t began = now_ns();
        base::Result<std::int64_t> value = engine_.run_for_result(program_.probes[probe.index()].function);
        if (!value.ok()) return value.take_error();
        Result result;
        result.duration_ns = now_ns() - began;
        result.value = *value;
        while (engine_.drain(*records) != 0)
            continue;
        result.errors = records->counts().errors;
        result.exit_status = records->exit_status();
        result.output = kept_.take();
        return result;
    }

    int tests(const std::vector<program::ProbeId>& probes) {
        const auto count = [](std::size_t n) { return fmt::format("{} test{}", n, n == 1 ? "" : "s"); };
        if (!is_json())
            out_->write(
                fmt::format("{}[==========]{} Running {}.\n", colour(kGreen), colour(kPlain), count(probes.size())));
        std::vector<std::string> failed;
        std::int64_t total = 0;
        for (const program::ProbeId probe : probes) {
            const std::string name = name_of(probe);
            if (!is_json()) out_->write(fmt::format("{}[ RUN      ]{} {}\n", colour(kGreen), colour(kPlain), name));
            base::Result<Result> result = run_once(probe);
            if (!result.ok()) {
                error(result.error());
                return kRunFailure;
            }
            total += result->duration_ns;
            const bool has_failed = result->is_failure();
            if (has_failed) failed.push_back(name);
            if (is_json()) {
                std::string line = R"({"type": "test_result", "data": {)";
                format::append_json_string(line, name);
                line += fmt::format(R"(: {{"duration": {}, "passed": {}, "output": )", result->duration_ns,
                                    has_failed ? "false" : "true");
                format::append_json_string(line, result->output);
                out_->write(line + "}}}\n");
                continue;
            }
            if (has_failed) {
                out_->write(result->output);
                if (!result->output.empty() && result->output.back() != '\n') out_->write("\n");
            }
            out_->write(fmt::format("{}{}{} {} ({})\n", colour(has_failed ? kRed : kGreen),
                                    has_failed ? "[  FAILED  ]" : "[       OK ]", colour(kPlain), name,
                                    duration_text(result->duration_ns)));
        }
        if (!is_json()) {
            out_->write(fmt::format("{}[==========]{} {} ran. ({} total)\n{}[  PASSED  ]{} {}.\n", colour(kGreen),
                                    colour(kPlain), count(probes.size()), duration_text(total), colour(kGreen),
                                    colour(kPlain), count(probes.size() - failed.size())));
            if (!failed.empty())
                out_->write(fmt::format("{}[  FAILED  ]{} {}, listed below:\n", colour(kRed), colour(kPlain),
                                        count(failed.size())));
            for (const std::string& name : failed)
                out_->write(fmt::format("{}[  FAILED  ]{} {}\n", colour(kRed), colour(kPlain), name));
        }
        return failed.empty() ? 0 : kNothingToRun;
    }

    int benches(const std::vector<program::ProbeId>& probes) {
        // The kernel counts what the body takes alone; without that, the system call around it counts too.
        const bool is_counted = engine_.keep_time();
        if (!is_json())
            out_->write(fmt::format("{:<41}{:<15}{}\n{}\n", "Benchmark", "Time(ns)", "Iterations",
                                    std::string(41 + 15 + 10, '-')));
        for (const program::ProbeId probe : probes) {
            const program::FunctionId function = program_.probes[probe.index()].function;
            const auto records = reader();
            const engine::RunStats before = engine_.run_stats(function);
            const std::int64_t began = now_ns();
            std::uint64_t iterations = 0;
            std::int64_t elapsed = 0;
            while (iterations < kMostIterations && elapsed < kBenchNs && !records->has_exited()) {
                for (std::uint64_t i = 0; i < kIterationsAtOnce; ++i, ++iterations) {
                    if (base::Status ran = engine_.run(function); !ran.ok()) {
                        error(ran.error());
                        return kRunFailure;
                    }
                }
                elapsed = now_ns() - began;
                (void)engine_.drain(*records);
                (void)kept_.take();
            }
            const engine::RunStats after = engine_.run_stats(function);
            const std::uint64_t runs = after.run_count - before.run_count;
            const std::uint64_t average = is_counted && runs != 0 ? (after.run_time_ns - before.run_time_ns) / runs
                                                                  : static_cast<std::uint64_t>(elapsed) / iterations;
            const std::string name = name_of(probe);
            if (is_json()) {
                std::string line = R"({"type": "benchmark_result", "data": {)";
                format::append_json_string(line, name);
                out_->write(line + fmt::format(R"(: {{"average": {}, "iters": {}}}}}}}{})", average, iterations, "\n"));
            } else {
                out_->write(fmt::format("{:<41}{:<15}{}\n", name, average, iterations));
            }
        }
        return 0;
    }

    const program::Program& program_;
    engine::Engine& engine_;
    const kernel::KernelView& kernel_;
    const Options& options_;
    Signals signals_;
    base::Fd file_;
    std::unique_ptr<Output> out_;
    bool has_colour_ = false;
    Kept kept_;
    std::unique_ptr<format::FormatContext> context_;
    std::unique_ptr<format::Sink> sink_;
};

}  // namespace

int run_trials(Trial trial, const program::Program& program, engine::Engine& engine, const kernel::KernelView& kernel,
               const Options& options) {
    return Trials(program, engine, kernel, options).go(trial);
}

}  // namespace tracer
