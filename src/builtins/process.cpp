// Processes: signals and control groups.
#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

// -- signal(s), signal_thread(s)

constexpr KindSet kNoSignal =
    KindSet::of(ProbeKind::begin, ProbeKind::end, ProbeKind::interval, ProbeKind::software, ProbeKind::hardware,
                ProbeKind::iter, ProbeKind::self, ProbeKind::test, ProbeKind::bench);

std::optional<int> signal_number(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (name.starts_with("SIG")) name.erase(0, 3);
    for (int number = 1; number < NSIG; ++number)
        if (const char* known = sigabbrev_np(number); known && name == known) return number;
    if (name == "CLD") return SIGCHLD;
    if (name == "IOT") return SIGABRT;
    if (name == "POLL") return SIGIO;
    return std::nullopt;
}

void check_signal(CallSite& site) {
    if (kNoSignal.has(site.probe_kind())) {
        site.error(
            DiagnosticKind::wrong_probe, site.range(),
            fmt::format("{}() can not be used for this probetype {}", site.name(), kind_word(site.probe_kind())));
        return;
    }
    if (site.is_safe_mode()) {
        site.error(DiagnosticKind::unsafe_call, site.range(),
                   fmt::format("{}() is unsafe. To use you need the --unsafe flag", site.name()));
        return;
    }
    const auto arguments = site.arguments();
    if (arguments.empty()) return;
    if (arguments[0].text) {
        if (const auto number = signal_number(*arguments[0].text))
            site.set_number(static_cast<std::uint64_t>(*number));
        else
            site.error(DiagnosticKind::bad_call, arguments[0].range,
                       "Invalid string for signal: " + *arguments[0].text);
    } else if (arguments[0].integer && (*arguments[0].integer < 1 || *arguments[0].integer > 64)) {
        site.error(
            DiagnosticKind::bad_literal_argument, site.range(),
            fmt::format("{}() accepts a string literal or an integer between 1 and 64 (inclusive)", site.name()));
    }
}

ir::Value number_of(Emitter& e, const Call& call) {
    return call.number != 0 ? e.ir().i64(call.number) : e.scalar(*call.arguments[0]);
}

ir::Value lower_signal(Emitter& e, const Call& call, ir::Value) {
    e.helper(Helper::send_signal, {number_of(e, call)});
    return {};
}
ir::Value lower_signal_thread(Emitter& e, const Call& call, ir::Value) {
    e.helper(Helper::send_signal_thread, {number_of(e, call)});
    return {};
}

// -- override(rc)

ir::Value lower_override(Emitter& e, const Call& call, ir::Value) {
    const ir::Value code = e.scalar(*call.arguments[0]);
    e.helper(Helper::override_return, {e.context(), code});
    return {};
}

// -- cgroupid("path"), cgroup_path(id[, filter])

void check_cgroupid(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    const auto id = site.kernel().cgroup_id(*arguments[0].text);
    if (id.ok())
        site.fold(*id, site.types().integer(8, false));
    else
        site.error(DiagnosticKind::bad_call, site.range(), fmt::format("cgroupid: {}", id.error().message));
}
ir::Value lower_folded(Emitter&, const Call&, ir::Value) {
    return {};
}

const types::Type* cgroup_path_type(CallSite& site) {
    return site.types().simple(types::Kind::cgroup_path);
}

ir::Value lower_cgroup_path(Emitter& e, const Call& call, ir::Value destination) {
    e.ir().store(e.scalar(*call.arguments[0]), destination);
    e.ir().store(e.ir().i64(e.text(call.arguments.size() > 1 ? literal_text(call, 1) : std::string()).value),
                 destination, 8);
    return destination;
}

constexpr std::array kProcess{
    typed::Builtin{.name = "signal",
                   .signature = "signal(signal: int|string literal) -> void",
                   .is_unsafe = true,
                   .doc = "Sends a signal, by number or name, to the current process. Needs --unsafe.",
                   .example = R"(tracepoint:syscalls:sys_enter_getpid /pid == cpid/ { signal("SIGUSR1"); })",
                   .check = check_signal,
                   .lower = lower_signal},
    typed::Builtin{.name = "signal_thread",
                   .signature = "signal_thread(signal: int|string literal) -> void",
                   .is_unsafe = true,
                   .doc = "Sends a signal, by number or name, to the current thread. Needs --unsafe.",
                   .example = R"(tracepoint:syscalls:sys_enter_getpid /pid == cpid/ { signal_thread(10); })",
                   .check = check_signal,
                   .lower = lower_signal_thread},
    typed::Builtin{.name = "override",
                   .signature = "override(result: int) -> void",
                   .where = KindSet::of(ProbeKind::kprobe),
                   .helper = static_cast<std::uint32_t>(Helper::override_return),
                   .is_unsafe = true,
                   .doc = "Skips the probed function and makes it return this; only functions the kernel allows errors "
                          "to be injected into. Needs --unsafe.",
                   .example = R"(kprobe:__x64_sys_getuid /pid == cpid/ { override(1000); })",
                   .lower = lower_override},
    typed::Builtin{
        .name = "cgroupid",
        .signature = "cgroupid(path: string literal) -> u64",
        .doc = "Id of a control group by the path of its directory, found while compiling.",
        .example = R"(tracepoint:syscalls:sys_enter_openat /cgroup == cgroupid("/sys/fs/cgroup")/ { @ = count(); })",
        .check = check_cgroupid,
        .lower = lower_folded},
    typed::Builtin{
        .name = "cgroup_path",
        .signature = "cgroup_path(id: int, filter: string literal = \"\") -> cgroup_path",
        .doc =
            "Path of a control group in every hierarchy whose name matches the filter, looked up when it is printed.",
        .example = R"(begin { print(cgroup_path(cgroup)); })",
        .result = cgroup_path_type,
        .lower = lower_cgroup_path},
};
static_assert(typed::complete(kProcess));

}  // namespace

std::span<const typed::Builtin> process_rows() {
    return kProcess;
}

}  // namespace builtins
