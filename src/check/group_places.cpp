// Entrance: group_places().
#include "src/check/group_places.h"

#include <compare>
#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>

#include "runtime/kernel/syscalls.h"
#include "src/check/probe_name.h"

namespace check {

namespace {

using program::ProbeKind;

/// What places that may share a body have in common.
struct Likeness {
    ProbeKind kind{};
    std::string_view event;   ///< "sys_enter_", "sys_exit_": told apart by the number of the system call; else empty
    unsigned repetition = 0;  ///< a place that the script names twice runs the body twice
    auto operator<=>(const Likeness&) const = default;
};

class Grouper {
  public:
    Grouper(const Clause& clause, const Input& input, std::string_view called)
        : clause_(clause), kernel_(input.kernel), called_(called) {
        const ast::Probe& probe = *clause.probe;
        // Looking at the text is enough: a word too many only costs a copy.
        text_ = input.sources.text(
            probe.predicate == nullptr ? probe.body->range : source::join(probe.predicate->range, probe.body->range));
        // The tree is walked only where the word stands, and not into what it calls.
        constexpr std::string_view kName = "probe";
        if (called_.find(kName) != std::string_view::npos)
            name_ = NameUse::constant;
        else if (mentions(kName))
            name_ = name_use(probe);
    }

    std::vector<PlaceGroup> run() {
        std::vector<PlaceGroup> groups;
        std::map<Likeness, std::size_t> by_likeness;
        std::map<std::tuple<std::string_view, std::uint64_t, std::uint64_t>, unsigned> seen;
        for (const AttachPlace& place : clause_.places) {
            auto likeness = likeness_of(place);
            if (!likeness) {
                groups.push_back({{place}, false});
                continue;
            }
            // A usdt probe that was inlined has several places of one name.
            likeness->repetition = seen[{place.name, place.place.offset, place.place.address}]++;
            const auto [known, is_new] = by_likeness.try_emplace(*likeness, groups.size());
            if (is_new) groups.emplace_back();
            groups[known->second].places.push_back(place);
        }
        for (PlaceGroup& group : groups)
            group.is_told_name = group.places.size() > 1 && name_ == NameUse::value;
        return groups;
    }

  private:
    /// Nothing: the body is for this place alone.
    std::optional<Likeness> likeness_of(const AttachPlace& place) const {
        if (name_ == NameUse::constant) return std::nullopt;
        if (name_ == NameUse::none && !depends_on_place(place.kind)) return Likeness{place.kind, {}};
        if (const std::string_view event = syscall_event(place); !event.empty() && !depends_on_syscall(event))
            return Likeness{place.kind, event};
        if (name_ == NameUse::value && can_tell_place(place.kind) && !depends_on_place(place.kind))
            return Likeness{place.kind, {}};
        return std::nullopt;
    }

    [[nodiscard]] bool mentions(std::string_view word) const {
        return text_.find(word) != std::string_view::npos || called_.find(word) != std::string_view::npos;
    }

    /// Attach points of one kind share a body unless something in it depends on the place itself: the event's
    /// arguments, an address in the probed file. Raw arguments, the returned value and the function's name are where
    /// the calling convention puts them, in every function.
    [[nodiscard]] bool depends_on_place(ProbeKind kind) const {
        using enum ProbeKind;
        if (program::KindSet::of(kprobe, kretprobe, uprobe, uretprobe).has(kind))
            return mentions("args") || mentions("uaddr");
        return mentions("arg") || mentions("retval") || mentions("uaddr") || mentions("func") || mentions("ctx");
    }

    /// Each place is attached with a number of its own, which the program can ask for.
    [[nodiscard]] bool can_tell_place(ProbeKind kind) const {
        using enum ProbeKind;
        return program::KindSet::of(kprobe, kretprobe, uprobe, uretprobe, usdt, tracepoint).has(kind) &&
               kernel_.has(program::Feature::link_perf_event);
    }

    /// "sys_enter_" or "sys_exit_" for the event of a system call that programs can tell by its number.
    static std::string_view syscall_event(const AttachPlace& place) {
        if (place.kind != ProbeKind::tracepoint || place.place.target != "syscalls") return {};
        const std::string_view event = place.place.function;
        for (const std::string_view direction : {"sys_enter_", "sys_exit_"})
            if (event.starts_with(direction) && kernel::syscall_number(event.substr(direction.size())))
                return direction;
        return {};
    }

    /// System calls' events share a body that other events would not: what a call returned is at one place in all of
    /// them.
    [[nodiscard]] bool depends_on_syscall(std::string_view event) const {
        if ((event == "sys_enter_" && mentions("arg")) || mentions("uaddr") || mentions("func") || mentions("ctx"))
            return true;
        // A loop's body is a function of its own, which does not know.
        return mentions("for") || mentions("while") || mentions("unroll");
    }

    const Clause& clause_;
    const kernel::KernelView& kernel_;
    std::string_view text_, called_;
    NameUse name_ = NameUse::none;
};

}  // namespace

std::vector<PlaceGroup> group_places(const Clause& clause, const Input& input, std::string_view called) {
    return Grouper(clause, input, called).run();
}

std::size_t count_programs(const PlaceGroup& group) {
    return program::kManyPlaces.has(group.places.front().kind) ? 1 : group.places.size();
}

}  // namespace check
