// rawtracepoint: a tracepoint before its arguments are turned into a record: cheap, and the arguments are the kernel's
// own, typed by the prototypes that BTF keeps as btf_trace_EVENT.
#include <linux/bpf.h>
#include <linux/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/probes/btf_prototype.h"
#include "runtime/probes/kinds.h"

namespace probes::raw_tracepoint {
namespace {

constexpr std::string_view kPrefix = "btf_trace_";

Match match_of(std::string_view name, bool with_module) {
    Match match;
    match.name = (with_module ? "rawtracepoint:vmlinux:" : "rawtracepoint:") + std::string(name);
    match.place.module = "vmlinux";
    match.place.function = name;
    return match;
}

/// Names of all raw tracepoints: from BTF, else from tracefs, where syscalls:* are not tracepoints of their own.
base::Result<std::vector<std::string>> names(const View& view) {
    std::vector<std::string> result;
    if (const auto bytes = view.btf(); bytes.ok()) {
        const kernel::Btf btf(*bytes);
        btf.for_each([&](kernel::BtfId, std::uint32_t kind, std::string_view name) {
            if (kind == BTF_KIND_TYPEDEF && name.starts_with(kPrefix)) result.emplace_back(name.substr(kPrefix.size()));
        });
        return result;
    }
    auto events = view.tracepoints();
    if (!events.ok()) return events.take_error();
    for (const std::string& event : *events)
        if (!event.starts_with("syscalls:")) result.push_back(event.substr(event.find(':') + 1));
    return result;
}

}  // namespace

Parsed<Target> parse(Parts parts) {
    if (auto error = wrong_count("rawtracepoint", parts.size(), 1, 2)) return *error;
    Target target = target_of(program::ProbeKind::rawtracepoint, parts);
    if (parts.size() == 2) target.target = parts[0];
    target.function = parts.back();
    return target;
}

Matches list(const View& view, const Target& target) {
    std::string module = target.target, event = target.function;
    if (target.is_listing) {
        module = target.parts.size() > 1 ? target.parts[0] : "*";
        event = target.parts.empty() ? "*" : target.parts.back();
    }
    std::vector<Match> matches;
    if (!module.empty() && !base::glob_matches(module, "vmlinux")) return matches;
    auto all = names(view);
    if (!all.ok()) return all.take_error();
    const bool is_pattern = base::has_wildcard(event);
    for (const std::string& name : *all)
        if (is_pattern ? base::glob_matches(event, name) : event == name)
            matches.push_back(match_of(name, target.is_listing || is_pattern || !module.empty()));
    sort_matches(matches);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const auto all = names(view);
    if (!all.ok()) return {};
    auto near = base::nearest(target.function, *all);
    for (std::string& name : near)
        name.insert(0, "rawtracepoint:");
    return near;
}

Arguments arguments(const View& view, const program::Place& place) {
    const auto bytes = view.btf();
    if (!bytes.ok()) {
        return base::Error{.message = "rawtracepoints require kernel BTF. Try using a 'tracepoint' instead.",
                           .errnum = ENOENT};
    }
    const kernel::Btf btf(*bytes);
    const kernel::BtfId type = btf.find(BTF_KIND_TYPEDEF, std::string(kPrefix) + place.function);
    // typedef void (*btf_trace_sched_switch)(void *__data, bool preempt, ...)
    const kernel::BtfId pointer = btf.referenced(type);
    const kernel::BtfId prototype = btf.referenced(pointer);
    if (type == 0 || btf.kind(prototype) != BTF_KIND_FUNC_PROTO)
        return base::Error{.message = "no prototype of rawtracepoint " + place.function, .errnum = ENOENT};
    return prototype_arguments(btf, prototype, 1);
}

Attachment attach(const View&, const LoadedFunction& function, Places places) {
    Links links;
    for (const program::Place& place : places) {
        bpf_attr request;
        std::memset(&request, 0, sizeof request);
        // A program of type tracing (tp_btf) was bound to its tracepoint when it was loaded.
        const bool is_bound = function.function != nullptr && function.function->type == BPF_PROG_TYPE_TRACING;
        request.raw_tracepoint.name = is_bound ? 0 : reinterpret_cast<std::uintptr_t>(place.function.c_str());
        request.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(function.fd);
        const long fd = ::syscall(__NR_bpf, BPF_RAW_TRACEPOINT_OPEN, &request, sizeof request);
        if (fd < 0) return base::error_from_errno("attaching to rawtracepoint:" + place.function, errno);
        links.fds.emplace_back(static_cast<int>(fd));
        links.hooks++;
    }
    return links;
}

Lines describe(const View& view, const program::Place& place) {
    auto list = arguments(view, place);
    if (!list.ok()) return list.take_error();
    return argument_lines(*list);
}

}  // namespace probes::raw_tracepoint
