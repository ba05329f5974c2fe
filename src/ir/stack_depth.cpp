// Entrance: stack_depth().
#include "src/ir/stack_depth.h"

#include <linux/bpf.h>

#include <algorithm>
#include <vector>

namespace ir {
namespace {

constexpr std::uint8_t kLoadImm64 = BPF_LD | BPF_IMM | BPF_DW, kCall = BPF_JMP | BPF_CALL;
constexpr std::uint8_t kMove = BPF_ALU64 | BPF_MOV | BPF_X, kAddConstant = BPF_ALU64 | BPF_ADD | BPF_K;
/// The kernel rounds the stack of each function up (check_max_stack_depth).
constexpr std::uint32_t kGranule = 32;

class Depths {
  public:
    explicit Depths(const program::Function& function) : insns_(function.insns) {
        for (const bpf_func_info& info : function.func_info)
            begins_.push_back(info.insn_off);
        if (begins_.empty()) begins_.push_back(0);
        std::ranges::sort(begins_);
        depths_.resize(begins_.size(), kUnknown);
    }

    std::uint32_t of(std::size_t function) {
        std::uint32_t& known = depths_[function];
        if (known != kUnknown) return known;
        known = 0;  // BPF knows no recursion; whoever wrote one is refused elsewhere
        std::uint32_t own = 1, deepest = 0;
        const std::size_t end = function + 1 < begins_.size() ? begins_[function + 1] : insns_.size();
        for (std::size_t i = begins_[function]; i < end; ++i) {
            const bpf_insn& insn = insns_[i];
            own = std::max(own, depth_at(i));
            const bool is_call = insn.code == kCall && insn.src_reg == BPF_PSEUDO_CALL;
            const bool is_address = insn.code == kLoadImm64 && insn.src_reg == BPF_PSEUDO_FUNC;
            if (is_call || is_address) {
                const std::int64_t target = static_cast<std::int64_t>(i) + 1 + insn.imm;
                const auto called = std::ranges::lower_bound(begins_, target, {},
                                                             [](std::uint32_t begin) { return std::int64_t{begin}; });
                if (called != begins_.end() && *called == target)
                    deepest = std::max(deepest, of(static_cast<std::size_t>(called - begins_.begin())));
            }
            if (insn.code == kLoadImm64) ++i;
        }
        return depths_[function] = (own + kGranule - 1) / kGranule * kGranule + deepest;
    }

  private:
    static constexpr std::uint32_t kUnknown = 0xffffffff;

    /// How far below the frame pointer the instruction reaches, or points: LLVM makes an address of two instructions.
    [[nodiscard]] std::uint32_t depth_at(std::size_t i) const {
        const bpf_insn& insn = insns_[i];
        const auto below = [](int offset) { return offset < 0 ? static_cast<std::uint32_t>(-offset) : 0; };
        switch (BPF_CLASS(insn.code)) {
            case BPF_LDX: return insn.src_reg == BPF_REG_10 ? below(insn.off) : 0;
            case BPF_ST:
            case BPF_STX: return insn.dst_reg == BPF_REG_10 ? below(insn.off) : 0;
            default: break;
        }
        const bool is_address = insn.code == kAddConstant && i > 0 && insns_[i - 1].code == kMove &&
                                insns_[i - 1].src_reg == BPF_REG_10 && insns_[i - 1].dst_reg == insn.dst_reg;
        return is_address ? below(insn.imm) : 0;
    }

    const std::vector<bpf_insn>& insns_;
    std::vector<std::uint32_t> begins_;  ///< of the functions
    std::vector<std::uint32_t> depths_;  ///< by function, with all it calls
};

}  // namespace

std::uint32_t stack_depth(const program::Function& function) {
    return Depths(function).of(0);
}

}  // namespace ir
