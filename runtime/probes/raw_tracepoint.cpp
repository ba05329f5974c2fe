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

struct Event {
    std::string module, name;
    auto operator<=>(const Event&) const = default;
};

Match match_of(const Event& event, bool with_module) {
    Match match;
    match.name = "rawtracepoint:" + (with_module ? event.module + ":" : std::string()) + event.name;
    match.place.module = event.module;
    match.place.function = event.name;
    return match;
}

/// All raw tracepoints of the modules that match: from BTF, else from tracefs, where syscalls:* are not tracepoints of
/// their own.
base::Result<std::vector<Event>> events(const View& view, std::string_view modules) {
    std::vector<Event> result;
    if (view.types() != nullptr) {
        std::vector<std::string> owners = view.btf_modules();
        owners.insert(owners.begin(), "vmlinux");
        for (const std::string& owner : owners) {
            const kernel::Btf* btf = base::glob_matches(modules, owner) ? view.types(owner) : nullptr;
            if (btf == nullptr) continue;
            btf->for_each([&](kernel::BtfId, std::uint32_t kind, std::string_view name) {
                if (kind == BTF_KIND_TYPEDEF && name.starts_with(kPrefix))
                    result.push_back({owner, std::string(name.substr(kPrefix.size()))});
            });
        }
        return result;
    }
    auto all = view.tracepoints();
    if (!all.ok()) return all.take_error();
    for (const std::string& event : *all)
        if (!event.starts_with("syscalls:") && base::glob_matches(modules, "vmlinux"))
            result.push_back({"vmlinux", event.substr(event.find(':') + 1)});
    return result;
}

/// typedef void (*btf_trace_sched_switch)(void *__data, bool preempt, ...): 0 if there is none. A pointer's prototype
/// comes without names; int __traceiter_sched_switch(void *__data, ...), which calls the probes, has them.
kernel::BtfId prototype_of(const kernel::Btf& btf, const std::string& event) {
    const kernel::BtfId type = btf.find(BTF_KIND_TYPEDEF, std::string(kPrefix) + event);
    if (type == 0 || type < btf.first()) return 0;
    const kernel::BtfId prototype = btf.referenced(btf.referenced(type));
    if (btf.kind(prototype) != BTF_KIND_FUNC_PROTO) return 0;
    const kernel::BtfId caller = btf.find(BTF_KIND_FUNC, "__traceiter_" + event);
    const kernel::BtfId named = caller < btf.first() ? 0 : btf.referenced(caller);
    const bool is_the_same = named != 0 && btf.parameters(named).size() == btf.parameters(prototype).size();
    return is_the_same ? named : prototype;
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
    const bool is_pattern = base::has_wildcard(event) || base::has_wildcard(module);
    const bool with_module = target.is_listing || is_pattern || !module.empty();
    if (!is_pattern && view.types() != nullptr) {
        // One name need not read the names of all types.
        std::vector<std::string> owners = view.btf_modules();
        owners.insert(owners.begin(), "vmlinux");
        for (const std::string& owner : owners) {
            if (!module.empty() && module != owner) continue;
            const kernel::Btf* btf = view.types(owner);
            if (btf == nullptr || prototype_of(*btf, event) == 0) continue;
            matches.push_back(match_of({owner, event}, with_module));
            break;
        }
        return matches;
    }
    auto all = events(view, module.empty() ? "*" : module);
    if (!all.ok()) return all.take_error();
    for (const Event& candidate : *all)
        if (is_pattern ? base::glob_matches(event, candidate.name) : event == candidate.name)
            matches.push_back(match_of(candidate, with_module));
    sort_matches(matches);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const auto all = events(view, "*");
    if (!all.ok()) return {};
    base::Nearest search(target.function);
    for (const Event& event : *all)
        search.add(event.name);
    std::vector<std::string> near = search.names();
    for (std::string& name : near)
        name.insert(0, "rawtracepoint:");
    return near;
}

Arguments arguments(const View& view, const program::Place& place) {
    if (view.types() == nullptr) {
        return base::Error{.message = "rawtracepoints require kernel BTF. Try using a 'tracepoint' instead.",
                           .errnum = ENOENT};
    }
    const kernel::Btf* btf = view.types(place.module.empty() ? "vmlinux" : place.module);
    const kernel::BtfId prototype = btf == nullptr ? 0 : prototype_of(*btf, place.function);
    if (prototype == 0)
        return base::Error{.message = "no prototype of rawtracepoint " + place.function, .errnum = ENOENT};
    program::ArgumentList list = prototype_arguments(*btf, prototype, 1);
    set_module(list, place.module.empty() ? "vmlinux" : place.module);
    return list;
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
