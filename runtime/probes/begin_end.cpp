// begin, end, self, test, bench: run by the tracer itself, attached to nothing.
#include "runtime/probes/kinds.h"

namespace probes::begin_end {
namespace {

using program::ProbeKind;

Parsed<Target> parse_bare(ProbeKind kind, Parts parts) {
    if (auto error = wrong_count(name_of(kind), parts.size(), 0, 0)) return *error;
    return target_of(kind, parts);
}

Parsed<Target> parse_named(ProbeKind kind, Parts parts) {
    if (auto error = wrong_count(name_of(kind), parts.size(), 1, 1)) return *error;
    Target target = target_of(kind, parts);
    target.function = parts[0];
    return target;
}

}  // namespace

Parsed<Target> parse_begin(Parts parts) {
    return parse_bare(ProbeKind::begin, parts);
}

Parsed<Target> parse_end(Parts parts) {
    return parse_bare(ProbeKind::end, parts);
}

Parsed<Target> parse_self(Parts parts) {
    if (auto error = wrong_count("self", parts.size(), 2, 2)) return *error;
    if (parts[0] != "signal")
        return TargetError{parts[0] + " is not a supported self probe", "use self:signal:SIGUSR1"};
    if (parts[1] != "SIGUSR1") return TargetError{parts[1] + " is not a supported signal", "only SIGUSR1 is"};
    Target target = target_of(ProbeKind::self, parts);
    target.target = parts[0];
    target.function = parts[1];
    return target;
}

Parsed<Target> parse_test(Parts parts) {
    return parse_named(ProbeKind::test, parts);
}

Parsed<Target> parse_bench(Parts parts) {
    return parse_named(ProbeKind::bench, parts);
}

Matches list(const View&, const Target& target) {
    // Nothing a listing could offer: they exist in scripts only.
    if (target.is_listing) return std::vector<Match>{};
    Match match{.name = std::string(name_of(target.kind)), .place = {}};
    if (!target.function.empty()) match.name += ":" + target.function;
    match.place.function = target.function;
    return std::vector<Match>{match};
}

Matches list_self(const View&, const Target&) {
    Match match{.name = "self:signal:SIGUSR1", .place = {}};
    match.place.target = "signal";
    match.place.function = "SIGUSR1";
    return std::vector<Match>{match};
}

}  // namespace probes::begin_end
