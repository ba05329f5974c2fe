// interval, profile: a clock's ticks, as perf events of the software cpu-clock. An interval ticks on one CPU, a profile
// on all of them.
#include <array>
#include <limits>

#include "runtime/base/duration.h"
#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/perf.h"

namespace probes::timer {
namespace {

using program::ProbeKind;
using program::SamplingUnit;

// Shorter ones would keep a CPU busy with nothing else.
constexpr std::uint64_t kShortestNs = 1000;

constexpr std::array<std::string_view, 4> kUnits{"hz", "ms", "s", "us"};

std::string rate_error(ProbeKind kind, const std::string& detail) {
    return "Invalid rate of " + std::string(name_of(kind)) + " probe" + detail;
}

TargetError not_positive(ProbeKind kind) {
    return {std::string(name_of(kind)) + " frequency should be a positive integer", {}};
}

/// A number alone counts nanoseconds, which hardly anybody means.
std::string with_unit(ProbeKind kind, const std::string& number) {
    const std::string name(name_of(kind));
    if (kind == ProbeKind::profile) return "write " + name + ":hz:" + (number == "1" ? "99" : number);
    return "write " + name + ":s:" + number + " or " + name + ":" + number + "s";
}

program::Sampling sampling(SamplingUnit unit, std::uint64_t amount) {
    return {.unit = unit, .amount = amount, .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK};
}

// interval:100ms, interval:5000 (nanoseconds). The canonical name counts microseconds.
Parsed<Target> parse_duration(ProbeKind kind, Parts parts) {
    std::uint64_t ns = 0;
    if (const auto duration = base::parse_duration(parts[0])) {
        ns = *duration;
    } else {
        const auto number = base::parse_integer(parts[0]);
        if (!number) return TargetError{rate_error(kind, ": invalid integer: " + parts[0]), with_unit(kind, "1")};
        if (number->is_negative) return not_positive(kind);
        ns = number->magnitude;
    }
    if (ns < kShortestNs)
        return TargetError{rate_error(kind, ". Minimum is 1000 or 1us. Found: " + std::to_string(ns) + " nanoseconds"),
                           with_unit(kind, parts[0])};
    Target target = target_of(kind, parts);
    target.has_wildcard = false;
    target.target = "us";
    target.function = std::to_string(ns / 1000);
    target.sampling = sampling(SamplingUnit::nanoseconds, ns);
    return target;
}

Parsed<Target> parse(ProbeKind kind, Parts parts) {
    if (auto error = wrong_count(name_of(kind), parts.size(), 1, 2)) return *error;
    if (parts.size() == 1) return parse_duration(kind, parts);
    const std::string& unit = parts[0];
    const auto unit_ns = unit == "s" || unit == "ms" || unit == "us" ? base::duration_unit(unit) : std::nullopt;
    if (!unit_ns && unit != "hz") {
        const auto near = base::nearest(unit, kUnits, 1);
        const std::string hint = near.empty() ? "units are s, ms, us and hz" : base::did_you_mean(near);
        return TargetError{unit + " is not an accepted unit of time", hint};
    }
    const auto number = base::parse_integer(parts[1]);
    if (!number)
        return TargetError{rate_error(kind, ": invalid integer: " + parts[1]),
                           "write a whole number; units are s, ms, us and hz"};
    if (number->is_negative || number->magnitude == 0) return not_positive(kind);
    Target target = target_of(kind, parts);
    target.has_wildcard = false;
    target.target = unit;
    target.function = std::to_string(number->magnitude);
    if (!unit_ns) {
        target.sampling = sampling(SamplingUnit::hertz, number->magnitude);
    } else {
        if (number->magnitude > std::numeric_limits<std::int64_t>::max() / *unit_ns)
            return TargetError{rate_error(kind, ". " + parts[1] + unit + " is too long"), {}};
        target.sampling = sampling(SamplingUnit::nanoseconds, number->magnitude * *unit_ns);
    }
    return target;
}

perf_event_attr attributes_of(const program::Sampling& sampling) {
    perf_event_attr attributes = perf::event(sampling.type, sampling.config);
    if (sampling.unit == SamplingUnit::hertz) {
        attributes.freq = 1;
        attributes.sample_freq = sampling.amount;
    } else {
        attributes.sample_period = sampling.amount;  // cpu-clock counts nanoseconds
    }
    return attributes;
}

base::Error refused(base::Error error, const program::Sampling& sampling) {
    if (error.errnum == EINVAL && sampling.unit == SamplingUnit::hertz)
        error.hint = "the kernel's limit is in /proc/sys/kernel/perf_event_max_sample_rate";
    return error;
}

}  // namespace

Parsed<Target> parse_interval(Parts parts) {
    return parse(ProbeKind::interval, parts);
}

Parsed<Target> parse_profile(Parts parts) {
    return parse(ProbeKind::profile, parts);
}

Matches list(const View&, const Target& target) {
    const std::string kind(name_of(target.kind));
    std::vector<Match> matches;
    if (target.is_listing) {
        const std::string pattern = target.parts.empty() ? "*" : target.parts[0];
        for (std::string_view unit : kUnits)
            if (base::glob_matches(pattern, unit))
                matches.push_back({.name = kind + ":" + std::string(unit) + ":", .place = {}});
        return matches;
    }
    Match match{.name = kind + ":" + target.target + ":" + target.function, .place = {}};
    match.place.sampling = target.sampling;
    matches.push_back(std::move(match));
    return matches;
}

Attachment attach_interval(const View& view, const LoadedFunction& function, Places places) {
    Links links;
    const std::vector<int> cpus = view.online_cpus();
    for (const program::Place& place : places) {
        auto event = perf::open(attributes_of(place.sampling), -1, cpus.empty() ? 0 : cpus.front());
        if (!event.ok()) return refused(event.take_error("starting an interval"), place.sampling);
        if (auto status = perf::attach(links, std::move(*event), function.fd); !status.ok()) return status.take_error();
        links.hooks++;
    }
    return links;
}

Attachment attach_profile(const View& view, const LoadedFunction& function, Places places) {
    Links links;
    for (const program::Place& place : places) {
        auto status = perf::attach_everywhere(links, view, attributes_of(place.sampling), place.pid, function.fd);
        if (!status.ok()) return refused(status.take_error("starting a profile"), place.sampling);
    }
    return links;
}

}  // namespace probes::timer
