// tracepoint: an event of the kernel by category and name; arguments from its format file.
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/kernel/tracepoint_format.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/perf.h"

namespace probes::tracepoint {
namespace {

Match match_of(std::string_view category, std::string_view event) {
    Match match;
    match.name = "tracepoint:" + std::string(category) + ":" + std::string(event);
    match.place.target = category;
    match.place.function = event;
    return match;
}

base::Result<kernel::TracepointFormat> format_of(const View& view, const program::Place& place) {
    auto text = view.tracepoint_format(place.target, place.function);
    if (!text.ok()) return text.take_error();
    auto format = kernel::parse_tracepoint_format(*text);
    if (!format.ok()) return format.take_error(place.target + ":" + place.function);
    return format;
}

}  // namespace

Parsed<Target> parse(Parts parts) {
    Target target = target_of(program::ProbeKind::tracepoint, parts);
    if (parts.size() == 1 && base::has_wildcard(parts[0])) {
        target.target = "*";  // tracepoint:*sched*: of any category
        target.function = parts[0];
    } else {
        if (auto error = wrong_count("tracepoint", parts.size(), 2, 2)) return *error;
        target.target = parts[0];
        target.function = parts[1];
    }
    return target;
}

Matches list(const View& view, const Target& target) {
    std::string category = target.target, event = target.function;
    if (target.is_listing) {
        category = target.parts.size() > 1 ? target.parts[0] : "*";
        event = target.parts.empty() ? "*" : target.parts.back();
    }
    std::vector<Match> matches;
    if (!base::has_wildcard(category) && !base::has_wildcard(event)) {
        // The id is needed to attach anyway: no list, no scan.
        auto id = view.tracepoint_id(category, event);
        if (id.ok())
            matches.push_back(match_of(category, event));
        else if (id.error().errnum != ENOENT)
            return id.take_error();
        return matches;
    }
    auto names = view.tracepoints();
    if (!names.ok()) return names.take_error();
    for (const std::string& name : *names) {
        const std::size_t colon = name.find(':');
        const std::string_view text = name;
        if (colon == std::string::npos || !base::glob_matches(category, text.substr(0, colon)) ||
            !base::glob_matches(event, text.substr(colon + 1)))
            continue;
        matches.push_back(match_of(text.substr(0, colon), text.substr(colon + 1)));
    }
    sort_matches(matches);
    return matches;
}

std::vector<std::string> nearest(const View& view, const Target& target) {
    const auto names = view.tracepoints();
    if (!names.ok()) return {};
    const std::string whole = target.target + ":" + target.function;
    // An event of that very name elsewhere: only the category is wrong (syscall:sys_enter_read), however far it is.
    // Otherwise the slip is in the event first, then anywhere.
    std::vector<std::string> result;
    constexpr std::size_t kMost = 3;
    const auto add = [&](const std::vector<std::string>& more) {
        for (const std::string& name : more)
            if (result.size() < kMost && std::find(result.begin(), result.end(), name) == result.end())
                result.push_back(name);
    };
    base::Nearest same_event(target.target, kMost), same_category(target.function, kMost), anywhere(whole, kMost);
    std::vector<std::string> elsewhere;
    for (const std::string& name : *names) {
        const std::size_t colon = name.find(':');
        const std::string_view category = std::string_view(name).substr(0, colon);
        const std::string_view event = std::string_view(name).substr(colon + 1);
        if (event == target.function) {
            same_event.add(category);
            elsewhere.push_back(name);
        }
        if (category == target.target) same_category.add(event);
        anywhere.add(name);
    }
    std::vector<std::string> near;
    for (const std::string& category : same_event.names())
        near.push_back(category + ":" + target.function);
    add(near);
    add(elsewhere);
    near.clear();
    for (const std::string& event : same_category.names())
        near.push_back(target.target + ":" + event);
    add(near);
    // Only when nothing fits better: whole names forgive more slips in long names than a hint should.
    if (result.empty()) add(anywhere.names());
    for (std::string& name : result)
        name.insert(0, "tracepoint:");
    return result;
}

Arguments arguments(const View& view, const program::Place& place) {
    auto format = format_of(view, place);
    if (!format.ok()) return format.take_error();
    return std::move(format->arguments);
}

Lines describe(const View& view, const program::Place& place) {
    auto format = format_of(view, place);
    if (!format.ok()) return format.take_error();
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < format->declarations.size(); i++)
        if (!format->arguments.arguments[i].is_common) lines.push_back(format->declarations[i]);
    return lines;
}

Attachment attach(const View& view, const LoadedFunction& function, Places places) {
    Links links;
    // System calls seen through the raw event of them all: one attachment, however many places the program looks for.
    if (function.function != nullptr && function.function->type == BPF_PROG_TYPE_RAW_TRACEPOINT && !places.empty()) {
        const bool is_exit = places.front().function.starts_with("sys_exit");
        bpf_attr request;
        std::memset(&request, 0, sizeof request);
        request.raw_tracepoint.name = reinterpret_cast<std::uintptr_t>(is_exit ? "sys_exit" : "sys_enter");
        request.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(function.fd);
        const long fd = ::syscall(__NR_bpf, BPF_RAW_TRACEPOINT_OPEN, &request, sizeof request);
        if (fd < 0) return base::error_from_errno("attaching to tracepoint:syscalls:" + places.front().function, errno);
        links.fds.emplace_back(static_cast<int>(fd));
        links.hooks = static_cast<unsigned>(places.size());
        return links;
    }
    for (const program::Place& place : places) {
        const std::string name = "tracepoint:" + place.target + ":" + place.function;
        auto id = view.tracepoint_id(place.target, place.function);
        if (!id.ok() && id.error().errnum == EMFILE && perf::raise_file_limit())
            id = view.tracepoint_id(place.target, place.function);
        if (!id.ok()) return id.take_error("attaching to " + name);
        perf_event_attr attributes = perf::event(PERF_TYPE_TRACEPOINT, *id);
        // Never a sample, only the program. It belongs to the tracepoint, not to the event: it runs on every CPU and
        // for every process although the event is opened on one.
        attributes.sample_period = 1;
        attributes.wakeup_events = 1;
        auto event = perf::open(attributes, -1, view.online_cpus().empty() ? 0 : view.online_cpus().front());
        if (!event.ok()) return event.take_error("attaching to " + name);
        if (auto status = perf::attach(links, std::move(*event), function.fd, place.cookie); !status.ok())
            return status.take_error("attaching to " + name);
        links.hooks++;
    }
    return links;
}

}  // namespace probes::tracepoint
