// software, hardware: counts of things the kernel or the processor notices; the program runs every so many of them.
#include <array>
#include <cerrno>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/perf.h"

namespace probes::perf_event {
namespace {

using program::ProbeKind;

struct Event {
    std::string_view name, alias;
    std::uint64_t config;
    std::uint64_t count;  ///< run every so many, unless the script says otherwise
};

constexpr std::array<Event, 11> kSoftware{{
    {"alignment-faults", "", PERF_COUNT_SW_ALIGNMENT_FAULTS, 1},
    {"bpf-output", "", PERF_COUNT_SW_BPF_OUTPUT, 1},
    {"context-switches", "cs", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000},
    {"cpu-clock", "cpu", PERF_COUNT_SW_CPU_CLOCK, 1'000'000},
    {"cpu-migrations", "", PERF_COUNT_SW_CPU_MIGRATIONS, 1},
    {"dummy", "", PERF_COUNT_SW_DUMMY, 1},
    {"emulation-faults", "", PERF_COUNT_SW_EMULATION_FAULTS, 1},
    {"major-faults", "", PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1},
    {"minor-faults", "", PERF_COUNT_SW_PAGE_FAULTS_MIN, 100},
    {"page-faults", "faults", PERF_COUNT_SW_PAGE_FAULTS, 100},
    {"task-clock", "", PERF_COUNT_SW_TASK_CLOCK, 1},
}};

constexpr std::array<Event, 10> kHardware{{
    {"backend-stalls", "", PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1'000'000},
    {"branch-instructions", "branches", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100'000},
    {"branch-misses", "", PERF_COUNT_HW_BRANCH_MISSES, 100'000},
    {"bus-cycles", "", PERF_COUNT_HW_BUS_CYCLES, 100'000},
    {"cache-misses", "", PERF_COUNT_HW_CACHE_MISSES, 1'000'000},
    {"cache-references", "", PERF_COUNT_HW_CACHE_REFERENCES, 1'000'000},
    {"cpu-cycles", "cycles", PERF_COUNT_HW_CPU_CYCLES, 1'000'000},
    {"frontend-stalls", "", PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1'000'000},
    {"instructions", "", PERF_COUNT_HW_INSTRUCTIONS, 1'000'000},
    {"ref-cycles", "", PERF_COUNT_HW_REF_CPU_CYCLES, 1'000'000},
}};

std::span<const Event> events(ProbeKind kind) {
    if (kind == ProbeKind::software) return kSoftware;
    return kHardware;
}

std::vector<std::string> names(ProbeKind kind) {
    std::vector<std::string> result;
    for (const Event& event : events(kind)) {
        result.emplace_back(event.name);
        if (!event.alias.empty()) result.emplace_back(event.alias);
    }
    return result;
}

Parsed<Target> parse(ProbeKind kind, Parts parts) {
    const std::string name(name_of(kind));
    if (auto error = wrong_count(name, parts.size(), 1, 2)) return *error;
    if (base::has_wildcard(parts[0])) return TargetError{"wildcards are not allowed for " + name + " probe type", {}};
    const Event* event = nullptr;
    for (const Event& candidate : events(kind))
        if (parts[0] == candidate.name || (!candidate.alias.empty() && parts[0] == candidate.alias)) event = &candidate;
    if (event == nullptr) {
        const auto all = names(kind);
        return TargetError{parts[0] + " is not a " + name + " probe", base::did_you_mean(base::nearest(parts[0], all))};
    }
    Target target = target_of(kind, parts);
    target.has_wildcard = false;
    target.function = parts[0];
    std::uint64_t count = event->count;
    if (parts.size() == 2 && !parts[1].empty() && parts[1] != "*") {
        const auto number = base::parse_integer(parts[1]);
        if (!number || number->is_negative)
            return TargetError{"Invalid count for " + name + " probe: invalid integer: " + parts[1], {}};
        if (number->magnitude == 0) return TargetError{name + " count should be a positive integer", {}};
        count = number->magnitude;
    }
    target.sampling = {.unit = program::SamplingUnit::events,
                       .amount = count,
                       .type = kind == ProbeKind::software ? PERF_TYPE_SOFTWARE : PERF_TYPE_HARDWARE,
                       .config = event->config};
    return target;
}

}  // namespace

Parsed<Target> parse_software(Parts parts) {
    return parse(ProbeKind::software, parts);
}

Parsed<Target> parse_hardware(Parts parts) {
    return parse(ProbeKind::hardware, parts);
}

Matches list(const View&, const Target& target) {
    const std::string kind(name_of(target.kind));
    std::vector<Match> matches;
    if (target.is_listing) {
        const std::string pattern = target.parts.empty() ? "*" : target.parts[0];
        for (const std::string& name : names(target.kind))
            if (base::glob_matches(pattern, name)) matches.push_back({.name = kind + ":" + name + ":", .place = {}});
        sort_matches(matches);
        return matches;
    }
    Match match{.name = kind + ":" + target.function + ":" + std::to_string(target.sampling.amount), .place = {}};
    match.place.sampling = target.sampling;
    match.place.function = target.function;
    matches.push_back(std::move(match));
    return matches;
}

std::vector<std::string> nearest(const View&, const Target& target) {
    const auto all = names(target.kind);
    return base::nearest(target.function, all);
}

Attachment attach(const View& view, const LoadedFunction& function, Places places) {
    Links links;
    for (const program::Place& place : places) {
        perf_event_attr attributes = perf::event(place.sampling.type, place.sampling.config);
        attributes.sample_period = place.sampling.amount;
        auto status = perf::attach_everywhere(links, view, attributes, place.pid, function.fd);
        if (!status.ok()) {
            base::Error error = status.take_error("counting " + place.function);
            if (error.errnum == ENOENT || error.errnum == EOPNOTSUPP || error.errnum == ENODEV)
                error.hint = "this machine cannot count it (virtual machines often have no hardware events)";
            return error;
        }
    }
    return links;
}

}  // namespace probes::perf_event
