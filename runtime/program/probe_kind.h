// program::ProbeKind: the kinds of probe, one enumerator per row of runtime/probes/table.cpp and in its order.
#pragma once

#include <cstdint>

namespace program {

enum class ProbeKind : std::uint8_t {
    begin,
    end,
    kprobe,
    kretprobe,
    fentry,
    fexit,
    uprobe,
    uretprobe,
    usdt,
    tracepoint,
    rawtracepoint,
    interval,
    profile,
    software,
    hardware,
    watchpoint,
    iter,
    self,
    test,
    bench,
};
constexpr unsigned kProbeKindCount = 20;

/// A set of kinds, one bit each.
struct KindSet {
    std::uint32_t bits = 0;

    constexpr KindSet() = default;
    constexpr explicit KindSet(std::uint32_t raw) : bits(raw) {}
    template <typename... Kinds>
    static constexpr KindSet of(Kinds... kinds) {
        return KindSet(((1u << static_cast<unsigned>(kinds)) | ... | 0u));
    }
    static constexpr KindSet all() { return KindSet((1u << kProbeKindCount) - 1); }
    [[nodiscard]] constexpr bool has(ProbeKind kind) const { return (bits >> static_cast<unsigned>(kind)) & 1u; }
    friend constexpr bool operator==(KindSet, KindSet) = default;
};

/// One loaded program may serve any number of places of these kinds; the others are bound to one when they are loaded.
inline constexpr KindSet kManyPlaces =
    KindSet::of(ProbeKind::kprobe, ProbeKind::kretprobe, ProbeKind::uprobe, ProbeKind::uretprobe, ProbeKind::usdt,
                ProbeKind::tracepoint, ProbeKind::rawtracepoint, ProbeKind::interval, ProbeKind::profile,
                ProbeKind::software, ProbeKind::hardware, ProbeKind::watchpoint);

}  // namespace program
