#include "runtime/tracer/tracer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "runtime/base/fd.h"
#include "runtime/base/phases.h"
#include "runtime/format/context.h"
#include "runtime/format/sink.h"
#include "runtime/tracer/child_process.h"
#include "runtime/tracer/command.h"
#include "runtime/tracer/globals.h"
#include "runtime/tracer/ledger.h"
#include "runtime/tracer/ledger_report.h"
#include "runtime/tracer/output.h"
#include "runtime/tracer/records.h"
#include "runtime/tracer/service_manager.h"
#include "runtime/tracer/signals.h"

namespace tracer {
namespace {

/// Statuses of the process: a mistake found before tracing began, and a failure of the run itself.
constexpr int kUsageFailure = 1;
constexpr int kRunFailure = 255;
/// While events come, the ledger is asked this often whether some were lost.
constexpr std::int64_t kLookForLossNs = 1'000'000'000;
constexpr std::int64_t kNsPerMs = 1'000'000;
/// The run gives up an output nobody reads at the second signal: the first asks to stop, and stopping means to show
/// what came before.
constexpr int kSignalsToGiveUp = 2;

/// Attaching is slow if it takes longer, or is to so many places by one link: then output does not wait for its end.
constexpr std::int64_t kSlowAttachNs = 100'000'000;
constexpr std::size_t kManyPlaces = 256;

/// ENOTSUPP of the kernel: no trampoline for a function with so many arguments.
constexpr int kNotSupported = 524;

/// Refusals that speak of one function or event, not of the kernel or of us.
bool is_about_the_place(int errnum) {
    return errnum == EINVAL || errnum == ENOENT || errnum == ESRCH || errnum == EADDRNOTAVAIL || errnum == EILSEQ ||
           errnum == kNotSupported || errnum == EBUSY || errnum == EEXIST;
}

/// Handlers of these run last-attached-first; attached last to first, bodies for one event run in source order.
constexpr program::KindSet kLastAttachedFirst = program::KindSet::of(
    program::ProbeKind::kprobe, program::ProbeKind::uprobe, program::ProbeKind::uretprobe, program::ProbeKind::usdt,
    program::ProbeKind::fentry, program::ProbeKind::fexit, program::ProbeKind::iter);

std::int64_t clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

class Run {
  public:
    Run(const program::Program& program, engine::Engine& engine, const kernel::KernelView& kernel,
        const Options& options)
        : program_(program), engine_(engine), kernel_(kernel), options_(options), ledger_(program) {}

    Outcome go() {
        const int status = prepare();
        if (status != 0) return failed(status);
        if (const int problem = start(); problem != 0) return failed(problem);
        if (options_.is_dry_run) {
            finish_quietly();
            return outcome_;
        }
        if (!announce()) return failed(kUsageFailure);
        loop();
        stop();
        return outcome_;
    }

  private:
    enum class Stop { none, by_exit, by_signal, by_process, by_itself, by_output };

    // -- start
    int prepare();
    int start();
    bool announce();
    [[nodiscard]] bool attach_one(std::size_t index);
    void show_early();
    [[nodiscard]] bool is_one_of_many(std::size_t index) const;
    [[nodiscard]] base::Status run_all(const std::vector<program::ProbeId>& probes);

    // -- middle
    void loop();
    void iterate();
    void serve(const engine::Wake& wake);
    void serve_signals();
    void serve_self();
    void look_for_loss(bool is_last);
    void show_ledger();
    [[nodiscard]] bool is_empty() const;
    [[nodiscard]] bool ends_by_itself() const;
    [[nodiscard]] bool has_user_names() const;
    [[nodiscard]] bool may_wait(int fd, short events);
    bool note_stop_signal();

    // -- end
    void stop();
    void drain_all();
    void print_final_maps();
    void finish_quietly();
    Outcome failed(int status);

    [[nodiscard]] std::vector<program::MapId> user_maps() const;
    void request_stop(Stop why) {
        if (stop_ == Stop::none) stop_ = why;
    }
    void error(const base::Error& what) const {
        if (options_.messages != nullptr) options_.messages->error(what);
    }
    void warning(std::string_view what) const {
        if (options_.messages != nullptr && options_.warnings != Warnings::none) options_.messages->warning(what);
    }
    void warning_if_any(const std::string& what) const {
        if (!what.empty()) warning(what);
    }
    void verbose(std::string_view what) const {
        if (options_.messages != nullptr) options_.messages->verbose(what);
    }
    void error(std::string message) const {
        error(base::Error{.message = std::move(message), .errnum = 0, .hint = {}, .detail = {}});
    }

    const program::Program& program_;
    engine::Engine& engine_;
    const kernel::KernelView& kernel_;
    const Options& options_;
    Outcome outcome_;
    std::size_t refused_ = 0;  ///< places of wildcards that could not be attached to
    base::Error last_refusal_;

    // Order matters: what is below uses what is above until it is destroyed.
    Signals signals_;
    int stop_signals_ = 0;
    bool has_asked_self_ = false;  ///< SIGUSR1 came while a command of system() ran
    base::Fd output_file_;
    std::unique_ptr<Output> out_, err_;
    std::unique_ptr<format::FormatContext> context_;
    std::unique_ptr<format::Sink> sink_;
    std::unique_ptr<Records> records_;
    base::Fd process_;  ///< -p
    ChildProcess child_;
    program::Globals globals_{};
    Ledger ledger_;

    std::vector<program::ProbeId> self_probes_;
    std::vector<std::size_t> iterators_;  ///< attachments that are not through yet
    bool has_iteration_failed_ = false;
    Stop stop_ = Stop::none;
    std::uint64_t shown_before_ = 0;  ///< bytes of output that say nothing of events or maps
    bool has_shown_ = false;          ///< the others
    bool has_shown_early_ = false;    ///< of those, while still attaching
    std::uint64_t reported_lost_ = 0;
    std::uint64_t handled_at_look_ = 0;  ///< records handled when we last looked for loss
    std::int64_t looked_at_ = 0;
};

// ---- start ----------------------------------------------------------------------------------------------------------

/// What can fail because of the command line: the output, the process, the child. Nothing is in the kernel yet.
int Run::prepare() {
    int out_fd = options_.output_fd;
    if (!options_.output_path.empty()) {
        output_file_ =
            base::Fd(open(options_.output_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
        if (!output_file_.is_open()) {
            const int errnum = errno;
            error(base::error_from_errno(fmt::format("Failed to open output file: \"{}\"", options_.output_path),
                                         errnum));
            return kUsageFailure;
        }
        out_fd = output_file_.get();
    }
    const Patience patience = [this](int fd) { return may_wait(fd, POLLOUT); };
    out_ = std::make_unique<Output>(out_fd, options_.buffering, patience);
    err_ = std::make_unique<Output>(options_.error_fd, Buffering::none, patience);
    err_->set_before(out_.get());

    if (options_.pid) {
        const long fd = syscall(SYS_pidfd_open, *options_.pid, 0);
        if (fd < 0) {
            const int errnum = errno;
            error(base::Error{
                .message = fmt::format("Failed to attach to pid: Unable to open pidfd ({})", std::strerror(errnum)),
                .errnum = errnum,
                .hint = {},
                .detail = {}});
            return kUsageFailure;
        }
        process_ = base::Fd(static_cast<int>(fd));
    }
    if (!options_.child_command.empty()) {
        if (base::Status started = child_.start(options_.child_command, signals_); !started.ok()) {
            error(started.error());
            return kUsageFailure;
        }
    }

    context_ = std::make_unique<format::FormatContext>(
        program_, kernel_, [this](program::MapId stacks, std::uint64_t id, std::uint32_t frames) {
            return engine_.read_stack(stacks, id, frames);
        });
    format::SinkOptions sink_options;
    sink_options.has_warnings = options_.warnings != Warnings::none;
    sink_ = options_.format == OutputFormat::json ? format::make_json_sink(*context_, *out_, *err_, sink_options)
                                                  : format::make_text_sink(*context_, *out_, *err_, sink_options);
    records_ = std::make_unique<Records>(
        program_, engine_, kernel_, *sink_, options_,
        [this](const std::string& command) {
            return run_command(command, signals_, [this] { return note_stop_signal(); });
        },
        [this] { out_->flush_all(); });
    return 0;
}

/// Load, begin, attach.
int Run::start() {
    base::phases().begin("load");
    if (options_.shows_ledger) (void)engine_.keep_time();
    if (base::Status loaded = engine_.load(program_); !loaded.ok()) {
        error(loaded.error());
        return kRunFailure;
    }
    if (has_user_names()) {
        std::optional<std::uint32_t> now;
        if (options_.pid) now = static_cast<std::uint32_t>(*options_.pid);
        kernel_.watch_processes(now);
    }
    globals_ = first_globals(child_.is_started() ? static_cast<std::uint64_t>(child_.pid()) : 0);
    engine_.set_globals(globals_);

    base::phases().begin("begin probes");
    for (const program::ProbeId probe : program_.begin) {
        verbose(fmt::format("Attaching '{}' probe", program_.probes[probe.index()].name));
    }
    if (base::Status ran = run_all(program_.begin); !ran.ok()) {
        error(ran.error());
        return kRunFailure;
    }
    outcome_.attached = program_.begin.size() + program_.end.size();

    // Bodies for one event run in source order: see kLastAttachedFirst.
    base::phases().begin("attach");
    std::vector<std::size_t> order;
    child_.wait_until_held();
    const std::size_t count = program_.attachments.size();
    for (std::size_t i = 0; i < count; ++i) {
        const program::AttachSpec& spec = program_.attachments[i];
        if (spec.kind == program::ProbeKind::self) {
            // Run by us when the signal comes; nothing in the kernel.
            self_probes_.push_back(spec.probe);
            ++outcome_.attached;
        } else if (!kLastAttachedFirst.has(spec.kind)) {
            order.push_back(i);
        }
    }
    for (std::size_t i = count; i-- > 0;) {
        if (kLastAttachedFirst.has(program_.attachments[i].kind)) order.push_back(i);
    }
    const std::int64_t began = clock_ns(CLOCK_MONOTONIC);
    for (const std::size_t index : order) {
        if (program_.attachments[index].places.size() >= kManyPlaces ||
            clock_ns(CLOCK_MONOTONIC) - began > kSlowAttachNs)
            show_early();
        if (!attach_one(index)) return kRunFailure;
    }
    if (refused_ > 0) {
        if (outcome_.attached == 0 && !last_refusal_.message.empty()) error(last_refusal_);
        warning(fmt::format("{} of the places that a probe stands for cannot be probed; -v names them", refused_));
    }
    if (outcome_.attached == 0) {
        error("Attachment failed for all probes.");
        return kRunFailure;
    }
    return 0;
}

/// What `begin` printed usually comes behind the word that all is attached. Where that takes long nobody should have to
/// wait for it.
void Run::show_early() {
    // Others wait for our notice, or take the first line for it.
    if (options_.format != OutputFormat::text || !options_.attached_notice.empty() || options_.is_dry_run) return;
    const std::uint64_t before = out_->taken();
    (void)engine_.drain(*records_);
    out_->flush();
    has_shown_early_ = has_shown_early_ || out_->taken() != before;
}

/// Whether the attach point of the script stands for several places: then one that refuses is left out.
bool Run::is_one_of_many(std::size_t index) const {
    const auto is_same = [&](const program::AttachSpec& other) {
        const program::Span& a = program_.attachments[index].span;
        return other.span.file == a.file && other.span.begin == a.begin && other.span.end == a.end;
    };
    return std::ranges::count_if(program_.attachments, is_same) > 1;
}

bool Run::attach_one(std::size_t index) {
    const program::AttachSpec& spec = program_.attachments[index];
    const std::string& name = program_.probes[spec.probe.index()].name;
    verbose(fmt::format("Trying to attach probe: {}", name));
    if (spec.places.size() > 1) {
        verbose(fmt::format("Attaching to {} functions", spec.places.size()));
        for (const program::Place& place : spec.places)
            verbose(fmt::format(" {}", place.function));
    }
    base::Result<engine::Attached> attached = engine_.attach(index);
    if (attached.ok()) {
        outcome_.attached += attached->hooks;
        if (!attached->pinned.empty() && options_.format == OutputFormat::text)
            out_->write(fmt::format("Program pinned to {}\n", attached->pinned));
        if (spec.kind == program::ProbeKind::iter) iterators_.push_back(index);
        for (const std::string& function : attached->skipped)
            verbose(fmt::format("Unable to attach to function {}. Skipping.", function));
        refused_ += attached->skipped.size();
        return true;
    }
    if (is_one_of_many(index) && is_about_the_place(attached.error().errnum)) {
        verbose(fmt::format("{}: {}. Skipping.", name, attached.error().message));
        ++refused_;
        last_refusal_ = attached.take_error();
        return true;
    }
    switch (spec.if_missing) {
        case program::MissingProbes::error:
            error(attached.error());
            error(
                fmt::format("Unable to attach probe: {}. If this is expected, set the 'missing_probes' config variable "
                            "to 'warn'.",
                            name));
            return false;
        case program::MissingProbes::warn:
            verbose(attached.error().message);
            warning(fmt::format("Unable to attach probe: {}. Skipping.", name));
            return true;
        case program::MissingProbes::ignore: verbose(attached.error().message); return true;
    }
    return true;
}

base::Status Run::run_all(const std::vector<program::ProbeId>& probes) {
    for (const program::ProbeId probe : probes) {
        if (base::Status ran = engine_.run(program_.probes[probe.index()].function); !ran.ok()) return ran;
    }
    return {};
}

/// Everything is attached: says so, runs the iterators, then lets the child go.
bool Run::announce() {
    base::phases().begin("announce, release the command");
    if (has_user_names() && !user_maps().empty() && !options_.pid && !ends_by_itself()) kernel_.remember_processes();
    if (!options_.attached_notice.empty()) {
        // For standard output even with -o: who waits for it reads our end of a pipe.
        const std::string line = options_.attached_notice + "\n";
        if (output_file_.is_open()) {
            Output notice(options_.output_fd, Buffering::none, [this](int fd) { return may_wait(fd, POLLOUT); });
            notice.write(line);
        } else {
            out_->write(line);
        }
    }
    if (!options_.is_quiet) sink_->attached(outcome_.attached);
    out_->flush();
    shown_before_ = out_->taken();
    notify_service_manager();
    // They see the child as it is held.
    while (!iterators_.empty() && stop_ == Stop::none && !records_->has_exited() && !out_->is_closed())
        iterate();
    if (!child_.is_started()) return true;
    base::Status released = child_.release();
    if (!released.ok()) error(released.error());
    return released.ok();
}

// ---- middle ---------------------------------------------------------------------------------------------------------

/// Whether addresses of user space are shown.
bool Run::has_user_names() const {
    return std::ranges::any_of(program_.layouts, [](const program::Layout& layout) {
        return layout.kind == program::LayoutKind::usym || layout.kind == program::LayoutKind::ustack;
    });
}

bool Run::ends_by_itself() const {
    // Nothing that could ever happen again: iterators are through.
    return !child_.is_started() && std::ranges::all_of(program_.attachments, [](const program::AttachSpec& spec) {
        return spec.kind == program::ProbeKind::iter;
    });
}

void Run::loop() {
    // Positions are bits of Wake::ready.
    enum : unsigned { kSignal, kChild, kProcess, kOutput };
    std::vector<int> fds{signals_.fd(), child_.is_started() ? child_.pidfd() : -1,
                         process_.is_open() ? process_.get() : -1, out_->closed_fd()};
    base::phases().begin("trace");
    looked_at_ = clock_ns(CLOCK_MONOTONIC);
    const bool is_self_ending = ends_by_itself();
    while (stop_ == Stop::none) {
        const std::size_t drained = engine_.drain(*records_);
        out_->flush();
        if (records_->has_exited()) request_stop(Stop::by_exit);
        if (out_->is_closed()) request_stop(Stop::by_output);
        if (stop_ != Stop::none) break;
        if (has_asked_self_) {
            serve_self();
            continue;
        }
        if (is_self_ending && drained == 0) {
            request_stop(Stop::by_itself);
            break;
        }
        // Somebody may have lost something only if somebody sent something: an idle run sleeps without limit.
        int timeout_ms = is_self_ending ? 0 : -1;
        if (records_->counts().handled != handled_at_look_) {
            const std::int64_t due = looked_at_ + kLookForLossNs - clock_ns(CLOCK_MONOTONIC);
            if (due <= 0) look_for_loss(false);
            if (due > 0 && !is_self_ending) timeout_ms = static_cast<int>(due / kNsPerMs + 1);
        }
        const engine::Wake wake = engine_.wait(fds, timeout_ms);
        const auto is_ready = [&wake](unsigned which) { return ((wake.ready >> which) & 1U) != 0; };
        if (is_ready(kSignal)) serve_signals();
        if (is_ready(kChild)) {
            verbose(child_.reap());
            request_stop(Stop::by_process);
        }
        if (is_ready(kProcess)) request_stop(Stop::by_process);
        if (is_ready(kOutput)) request_stop(Stop::by_output);
    }
}

/// Iterators are run in steps, their records read in between: they say more than a ring takes.
void Run::iterate() {
    // Signals are seen to only now and then: asking is not for nothing.
    constexpr int kStepsAtOnce = 16;
    for (int i = 0; i < kStepsAtOnce && !iterators_.empty() && !records_->has_exited(); ++i) {
        base::Result<bool> more = engine_.iterate(iterators_.back());
        if (!more.ok()) {
            error(more.error());
            has_iteration_failed_ = true;
        }
        if (!more.ok() || !*more) iterators_.pop_back();
        (void)engine_.drain(*records_);
    }
    out_->flush();
    (void)note_stop_signal();
}

bool Run::note_stop_signal() {
    while (const std::optional<int> signal = signals_.take()) {
        if (*signal == SIGUSR1) {
            has_asked_self_ = true;  // served by the loop: probes and maps are not for here
            continue;
        }
        ++stop_signals_;
        request_stop(Stop::by_signal);
    }
    return stop_signals_ < kSignalsToGiveUp;
}

void Run::serve_signals() {
    while (const std::optional<int> signal = signals_.take()) {
        if (*signal != SIGUSR1) {
            ++stop_signals_;
            request_stop(Stop::by_signal);
            continue;
        }
        serve_self();
    }
}

/// SIGUSR1 came.
void Run::serve_self() {
    has_asked_self_ = false;
    if (!self_probes_.empty()) {
        if (base::Status ran = run_all(self_probes_); !ran.ok()) error(ran.error());
        return;
    }
    // A look at the maps without ending the run.
    for (const program::MapId map : user_maps())
        records_->print_map(map, {.top = 0, .div = 0, .is_at_exit = true});
    out_->flush();
}

/// Waits until fd is ready. A stop signal is remembered; with the second one patience ends.
bool Run::may_wait(int fd, short events) {
    for (;;) {
        if (stop_signals_ >= kSignalsToGiveUp) return false;
        std::array<pollfd, 2> fds{pollfd{.fd = fd, .events = events, .revents = 0},
                                  pollfd{.fd = signals_.fd(), .events = POLLIN, .revents = 0}};
        if (poll(fds.data(), fds.size(), -1) < 0) continue;
        if (fds[1].revents != 0 && !note_stop_signal()) return false;
        // Errors too: the write that follows says what it is.
        if (fds[0].revents != 0) return true;
    }
}

void Run::look_for_loss(bool is_last) {
    handled_at_look_ = records_->counts().handled;
    looked_at_ = clock_ns(CLOCK_MONOTONIC);
    ledger_.refresh(engine_);
    const std::uint64_t lost = ledger_.sum(program::LedgerCounter::lost);
    if (lost > reported_lost_) {
        sink_->lost_events(lost - reported_lost_);
        out_->flush();
    }
    reported_lost_ = lost;
    outcome_.lost = lost;
    if (!is_last || lost == 0) return;
    sink_->total_lost_events(lost);
    warning(ledger_.lost_sentence());
}

// ---- end ------------------------------------------------------------------------------------------------------------

void Run::drain_all() {
    while (engine_.drain(*records_) != 0)
        out_->flush();
}

void Run::stop() {
    base::phases().begin("stop, show the rest");
    // Inert programs are as good as detached ones, and detaching takes a grace period of the kernel for every
    // tracepoint: first show everything, then wait.
    if (program_.globals_map.is_set()) {
        globals_.stopped = 1;
        engine_.set_globals(globals_);
        engine_.settle();
    } else {
        engine_.detach();
    }
    // After this only end probes can send anything.
    drain_all();
    for (const program::ProbeId probe : program_.end) {
        if (base::Status ran = engine_.run(program_.probes[probe.index()].function); !ran.ok()) error(ran.error());
        drain_all();
    }
    look_for_loss(true);
    records_->print_repeated_warnings(ledger_);
    has_shown_ = has_shown_early_ || out_->taken() != shown_before_;
    if (!out_->is_closed() && stop_ != Stop::by_output) {
        sink_->before_final_maps();
        shown_before_ = out_->taken();
        if (program_.config.print_maps_on_exit && !has_iteration_failed_) print_final_maps();
    }
    has_shown_ = has_shown_ || out_->taken() != shown_before_;
    show_ledger();
    out_->flush_all();

    base::phases().begin("detach");
    const std::int64_t began = clock_ns(CLOCK_MONOTONIC);
    engine_.detach();
    outcome_.detach_ns = clock_ns(CLOCK_MONOTONIC) - began;
    child_.stop();

    outcome_.exit_code = has_iteration_failed_ ? kRunFailure : records_->exit_status();
    outcome_.shown = records_->counts().handled;
    outcome_.dropped = records_->counts().dropped;
    outcome_.malformed = records_->counts().malformed;
    if (out_->error() != 0) {
        error(base::error_from_errno("writing the output", out_->error()));
        outcome_.exit_code = kUsageFailure;
    }
    if (outcome_.malformed != 0) {
        error(fmt::format("{} events could not be understood; this is a fault of bpfline", outcome_.malformed));
    }
}

/// Nothing printed and nothing stored, although the script could have.
bool Run::is_empty() const {
    if (has_shown_ || stop_ == Stop::by_output) return false;
    if (std::ranges::all_of(program_.attachments, [](const program::AttachSpec& spec) {
            return spec.kind == program::ProbeKind::self || spec.kind == program::ProbeKind::iter;
        }))
        return false;
    const bool has_maps = !user_maps().empty();
    // Maps that are not shown may hold anything.
    if (has_maps && !program_.config.print_maps_on_exit) return false;
    return has_maps || std::ranges::any_of(program_.events, [](const program::EventSpec& event) {
               return std::holds_alternative<program::Printf>(event) ||
                      std::holds_alternative<program::PrintValue>(event) ||
                      std::holds_alternative<program::Join>(event);
           });
}

void Run::show_ledger() {
    const LedgerReport report(program_, ledger_, engine_);
    warning_if_any(report.missed_sentence());
    warning_if_any(report.stack_sentence());
    const auto has_kernel_names = [](const program::Layout& layout) {
        return layout.kind == program::LayoutKind::ksym || layout.kind == program::LayoutKind::kstack;
    };
    if (const auto cause = kernel_.why_nameless(); cause && std::ranges::any_of(program_.layouts, has_kernel_names))
        warning(fmt::format("Kernel functions are shown without names: {}; {}", cause->message, cause->hint));
    if (options_.shows_ledger) {
        if (options_.format == OutputFormat::json)
            out_->write(report.json());
        else
            err_->write(report.text(0));
    }
    // Without a ledger nothing was counted.
    if (!ledger_.is_known() || options_.is_quiet || options_.warnings == Warnings::none || !is_empty()) return;
    constexpr std::size_t kMostRows = 12;
    std::string text = "Nothing was printed or stored:\n";
    text += report.explanation(stop_ == Stop::by_process ? RunEnd::child_ended : RunEnd::stopped);
    if (!options_.shows_ledger) text += report.text(kMostRows);
    err_->write(text);
}

std::vector<program::MapId> Run::user_maps() const {
    std::vector<program::MapId> maps;
    for (std::size_t i = 0; i < program_.maps.size(); ++i) {
        if (program_.maps[i].role == program::MapRole::user) maps.emplace_back(i);
    }
    std::ranges::stable_sort(maps, [this](program::MapId a, program::MapId b) {
        return program_.maps[a.index()].name < program_.maps[b.index()].name;
    });
    return maps;
}

void Run::print_final_maps() {
    for (const program::MapId map : user_maps()) {
        records_->print_map(map, {.top = 0, .div = 0, .is_at_exit = true});
        // A map of a million keys must not wait in memory for its successor.
        out_->flush();
        if (out_->is_closed()) return;
    }
}

/// --dry-run: everything was possible; nothing is shown.
void Run::finish_quietly() {
    engine_.detach();
    child_.stop();
}

Outcome Run::failed(int status) {
    engine_.detach();
    child_.stop();
    outcome_.exit_code = status;
    return outcome_;
}

}  // namespace

Outcome run(const program::Program& program, engine::Engine& engine, const kernel::KernelView& kernel,
            const Options& options) {
    return Run(program, engine, kernel, options).go();
}

}  // namespace tracer
