// kprobe, kretprobe: entry, return or an inner instruction of a kernel function.
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/perf.h"

namespace probes::kprobe {
namespace {

using program::ProbeKind;

// BPF_TRACE_KPROBE_MULTI: the value of bpf_attach_type, which elder headers do not name.
constexpr unsigned kTraceKprobeMulti = 42;

Parsed<Target> parse(ProbeKind kind, Parts parts) {
    const std::string name(name_of(kind));
    if (auto error = wrong_count(name, parts.size(), 1, 2)) return *error;
    Target target = target_of(kind, parts);
    if (parts.size() == 2) target.target = parts[0];
    std::string_view function = parts.back();
    if (const std::size_t plus = function.find('+'); plus != std::string_view::npos) {
        if (kind == ProbeKind::kretprobe) return TargetError{"Offset not allowed", {}};
        const std::string offset(function.substr(plus + 1));
        const auto number = base::parse_integer(offset);
        if (!number || number->is_negative) return TargetError{"Invalid offset: invalid integer: " + offset, {}};
        target.offset = number->magnitude;
        function = function.substr(0, plus);
        if (base::has_wildcard(function)) return TargetError{"a wildcard cannot have an offset", {}};
    } else if (const auto number = base::parse_integer(function); number && !number->is_negative) {
        target.address = number->magnitude;
        return target;
    }
    target.function = function;
    return target;
}

bool is_loaded(const View& view, std::string_view module) {
    const auto text = view.read_file("/proc/modules");
    if (!text.ok()) return false;
    for (std::string_view line : base::split(*text, '\n'))
        if (line.substr(0, line.find(' ')) == module) return true;
    return false;
}

Attachment attach(const View& view, const LoadedFunction& function, Places places, bool is_return) {
    Links links;
    if (function.function != nullptr && static_cast<unsigned>(function.function->expected) == kTraceKprobeMulti) {
        std::vector<const char*> names;
        std::vector<std::uint64_t> cookies;
        for (const program::Place& place : places) {
            names.push_back(place.function.c_str());
            cookies.push_back(place.cookie);
        }
        bpf_attr request;
        std::memset(&request, 0, sizeof request);
        request.link_create.prog_fd = static_cast<std::uint32_t>(function.fd);
        request.link_create.attach_type = kTraceKprobeMulti;
        request.link_create.kprobe_multi.flags = is_return ? 1 : 0;  // BPF_F_KPROBE_MULTI_RETURN
        request.link_create.kprobe_multi.cnt = static_cast<std::uint32_t>(names.size());
        request.link_create.kprobe_multi.syms = reinterpret_cast<std::uintptr_t>(names.data());
        request.link_create.kprobe_multi.cookies = reinterpret_cast<std::uintptr_t>(cookies.data());
        const long fd = ::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request);
        if (fd < 0) return base::error_from_errno("attaching to " + std::to_string(names.size()) + " functions", errno);
        links.fds.emplace_back(static_cast<int>(fd));
        links.hooks = static_cast<unsigned>(names.size());
        return links;
    }
    auto type = perf::dynamic_type("kprobe");
    if (!type.ok()) return type.take_error();
    const std::uint64_t config = is_return ? std::uint64_t{1} << perf::return_bit("kprobe") : 0;
    for (const program::Place& place : places) {
        perf_event_attr attributes = perf::event(*type, config);
        const bool has_module = !place.module.empty() && place.module != "vmlinux";
        const std::string name = has_module ? place.module + ":" + place.function : place.function;
        attributes.kprobe_func = place.function.empty() ? 0 : reinterpret_cast<std::uintptr_t>(name.c_str());
        if (place.function.empty())
            attributes.kprobe_addr = place.address;
        else
            attributes.probe_offset = place.offset;
        const std::string doing = "attaching to " + (place.function.empty() ? std::to_string(place.address) : name);
        auto event = perf::open(attributes, -1, view.online_cpus().empty() ? 0 : view.online_cpus().front());
        if (!event.ok()) return event.take_error(doing);
        if (auto status = perf::attach(links, std::move(*event), function.fd, place.cookie); !status.ok())
            return status.take_error(doing);
        links.hooks++;
    }
    return links;
}

}  // namespace

Parsed<Target> parse_kprobe(Parts parts) {
    return parse(ProbeKind::kprobe, parts);
}

Parsed<Target> parse_kretprobe(Parts parts) {
    return parse(ProbeKind::kretprobe, parts);
}

Matches list(const View& view, const Target& target) {
    const std::string kind(name_of(target.kind));
    std::vector<Match> matches;
    if (!target.is_listing && target.function.empty() && target.address != 0) {
        Match match{.name = kind + ":" + std::to_string(target.address), .place = {}};
        match.place.address = target.address;
        matches.push_back(std::move(match));
        return matches;
    }
    std::string module = target.target, function = target.function;
    if (target.is_listing) {
        module = target.parts.size() > 1 ? target.parts[0] : "";
        function = target.parts.empty() ? "*" : target.parts.back();
    }
    const bool is_pattern = base::has_wildcard(module) || base::has_wildcard(function);
    if (!target.is_listing && !module.empty() && module != "vmlinux" && !base::has_wildcard(module) &&
        !is_loaded(view, module)) {
        return base::Error{.message = "specified module " + module + " in probe " + kind + ":" + module + ":" +
                                      function + " is not loaded.",
                           .errnum = ENOENT};
    }
    auto functions = view.traceable_functions();
    if (!functions.ok()) return functions.take_error();
    for (const kernel::FunctionName& candidate : *functions) {
        if (is_pattern ? !base::glob_matches(function, candidate.name) : function != candidate.name) continue;
        if (!module.empty() && !base::glob_matches(module, candidate.module)) continue;
        // Pieces the compiler split off: what their arguments are nobody can tell.
        if (candidate.name.find(".part.") != std::string::npos) continue;
        Match match{.name = kind + ":", .place = {}};
        if (!module.empty()) match.name += candidate.module + ":";
        match.name += candidate.name;
        if (target.offset != 0) match.name += "+" + std::to_string(target.offset);
        match.place.module = candidate.module;
        match.place.function = candidate.name;
        match.place.offset = target.offset;
        matches.push_back(std::move(match));
    }
    sort_matches(matches);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const auto functions = view.traceable_functions();
    if (!functions.ok()) return {};
    base::Nearest search(target.function);
    for (const kernel::FunctionName& candidate : *functions)
        search.add(candidate.name);
    std::vector<std::string> names = search.names();
    for (std::string& name : names)
        name.insert(0, std::string(name_of(target.kind)) + ":");
    return names;
}

Attachment attach_kprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, false);
}

Attachment attach_kretprobe(const View& view, const LoadedFunction& function, Places places) {
    return attach(view, function, places, true);
}

}  // namespace probes::kprobe
