// watchpoint: reads, writes or execution of an address, by the processor's debug registers.
#include <linux/hw_breakpoint.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/probes/kinds.h"
#include "runtime/probes/perf.h"

namespace probes::watchpoint {

Parsed<Target> parse(Parts parts) {
    if (auto error = wrong_count("watchpoint", parts.size(), 3, 3)) return *error;
    Target target = target_of(program::ProbeKind::watchpoint, parts);
    target.has_wildcard = false;
    const auto address = base::parse_integer(parts[0]);
    if (!address || address->is_negative)
        return TargetError{"Invalid address for watchpoint probe: invalid integer: " + parts[0], {}};
    if (address->magnitude == 0) return TargetError{"watchpoint must be attached to a non-zero address", {}};
    const auto length = base::parse_integer(parts[1]);
    if (!length || length->is_negative)
        return TargetError{"Invalid length for watchpoint probe: invalid integer: " + parts[1], {}};
    const std::uint64_t bytes = length->magnitude;
    if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
        return TargetError{"watchpoint length must be one of (1,2,4,8)", {}};
    std::string mode = parts[2];
    if (mode.empty() || mode.find_first_not_of("rwx") != std::string::npos)
        return TargetError{"watchpoint mode must be combination of (r,w,x)", "supported modes: x,w,rw"};
    std::sort(mode.begin(), mode.end());
    if (std::adjacent_find(mode.begin(), mode.end()) != mode.end())
        return TargetError{"watchpoint modes may not be duplicated", {}};
    // x86 has no register that watches reads alone, and none that watches execution along with data.
    if (mode != "w" && mode != "rw" && mode != "x")
        return TargetError{"invalid watchpoint mode: " + parts[2], "supported modes: x,w,rw"};
    target.address = address->magnitude;
    target.offset = bytes;
    target.function = mode;
    return target;
}

Matches list(const View&, const Target& target) {
    if (target.is_listing) return std::vector<Match>{};
    Match match;
    match.name =
        "watchpoint:" + std::to_string(target.address) + ":" + std::to_string(target.offset) + ":" + target.function;
    match.place.address = target.address;
    match.place.offset = target.offset;      // length
    match.place.function = target.function;  // mode
    return std::vector<Match>{match};
}

Attachment attach(const View& view, const LoadedFunction& function, Places places) {
    Links links;
    for (const program::Place& place : places) {
        perf_event_attr attributes = perf::event(PERF_TYPE_BREAKPOINT, 0);
        attributes.sample_period = 1;
        attributes.bp_addr = place.address;
        attributes.bp_len = place.offset;
        if (place.function == "x") {
            attributes.bp_type = HW_BREAKPOINT_X;
            attributes.bp_len = sizeof(long);  // the only length the kernel takes for execution
        } else {
            attributes.bp_type = place.function == "rw" ? HW_BREAKPOINT_RW : HW_BREAKPOINT_W;
        }
        auto status = perf::attach_everywhere(links, view, attributes, place.pid, function.fd);
        if (!status.ok()) {
            base::Error error = status.take_error("watching address " + std::to_string(place.address));
            if (error.errnum == EINVAL && place.function != "x" && place.address % attributes.bp_len != 0)
                error.hint = "processors watch addresses that are multiples of the length, which is " +
                             std::to_string(attributes.bp_len);
            if (error.errnum == ENOSPC) error.hint = "a processor watches at most four addresses";
            return error;
        }
    }
    return links;
}

}  // namespace probes::watchpoint
