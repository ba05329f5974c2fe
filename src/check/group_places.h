// check::group_places: which attach points of a clause share a body. Those that do are checked once and become one BPF
// program, however many places it is attached to: a thousand functions in a moment instead of a thousand programs. Made
// for expand_macros; must not know types.
#pragma once

#include <string_view>
#include <vector>

#include "src/check/analysis.h"

namespace check {

struct PlaceGroup {
    std::vector<AttachPlace> places;
    bool is_told_name = false;  ///< `probe` is found out at run time: see typed::Probe
};

/// In the order of their first places. `called`: the text of the macros and fns that the clause's body calls, and of
/// those that they call.
[[nodiscard]] std::vector<PlaceGroup> group_places(const Clause& clause, const Input& input, std::string_view called);

/// How many BPF programs the group becomes.
[[nodiscard]] std::size_t count_programs(const PlaceGroup& group);

}  // namespace check
