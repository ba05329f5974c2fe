// program::FeatureSet: what a kernel can, or what a program needs, as a value. Found by trying (runtime/kernel/features),
// never by version number: a kernel's configuration can promise what its policy refuses.
#pragma once

#include <cstdint>

namespace program {

enum class Feature : std::uint8_t {
    signed_division,   ///< sdiv/smod, 32-bit signed loads: -mcpu=v4, Linux 6.6
    bpf_loop,          ///< helper 181, Linux 5.17
    for_each_map_elem, ///< helper 164, Linux 5.13
    ring_buffer,       ///< Linux 5.8
    lookup_percpu_elem,///< helper 195, Linux 5.19
    tai_clock,         ///< helper 208, Linux 6.1
    link_perf_event,   ///< BPF_LINK_CREATE on perf events, Linux 5.15
    kprobe_multi,
    uprobe_multi,
    kernel_btf,
    strnlen_kfuncs,
    no_prealloc_tracing,  ///< BPF_F_NO_PREALLOC hash maps in tracing programs, Linux 6.1
};
constexpr unsigned kFeatureCount = static_cast<unsigned>(Feature::no_prealloc_tracing) + 1;

struct FeatureSet {
    std::uint64_t bits = 0;

    [[nodiscard]] constexpr bool has(Feature feature) const { return (bits >> static_cast<unsigned>(feature)) & 1u; }
    constexpr FeatureSet& add(Feature feature) {
        bits |= std::uint64_t{1} << static_cast<unsigned>(feature);
        return *this;
    }
    constexpr FeatureSet& remove(Feature feature) {
        bits &= ~(std::uint64_t{1} << static_cast<unsigned>(feature));
        return *this;
    }
    friend constexpr bool operator==(FeatureSet, FeatureSet) = default;
};

}  // namespace program
