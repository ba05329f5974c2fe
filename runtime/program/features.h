// program::FeatureSet: what a kernel can, or what a program needs, as a value. Found by trying
// (runtime/kernel/features), never by version number: a kernel's configuration can promise what its policy refuses.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace program {

enum class Feature : std::uint8_t {
    signed_division,     ///< sdiv/smod, 32-bit signed loads: -mcpu=v4, Linux 6.6
    bpf_loop,            ///< helper 181, Linux 5.17
    for_each_map_elem,   ///< helper 164, Linux 5.13
    ring_buffer,         ///< Linux 5.8
    lookup_percpu_elem,  ///< helper 195, Linux 5.19
    tai_clock,           ///< helper 208, Linux 6.1
    link_perf_event,     ///< BPF_LINK_CREATE on perf events, Linux 5.15
    kprobe_multi,
    uprobe_multi,
    kernel_btf,
    strnlen_kfuncs,
    no_prealloc_tracing,  ///< BPF_F_NO_PREALLOC hash maps in tracing programs, Linux 6.1
    kprobe,               ///< functions can be probed by breakpoint or ftrace at all (CONFIG_KPROBES)
    fentry,               ///< functions can be probed by trampoline: built in, and no policy forbids it
};
constexpr unsigned kFeatureCount = static_cast<unsigned>(Feature::fentry) + 1;

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

/// The same questions, answered when they are asked: finding out costs a system call or more each, and most scripts
/// ask one or two.
class Features {
  public:
    using Ask = std::function<bool(Feature)>;

    Features(FeatureSet known = {}) : known_(known) {}
    /// `ask` remembers its answers itself.
    explicit Features(Ask ask) : ask_(std::move(ask)) {}

    [[nodiscard]] bool has(Feature feature) const { return ask_ ? ask_(feature) : known_.has(feature); }
    /// Neither given nor to be asked for.
    [[nodiscard]] bool is_unset() const { return !ask_ && known_.bits == 0; }

  private:
    FeatureSet known_;
    Ask ask_;
};

}  // namespace program
