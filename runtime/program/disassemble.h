// program: BPF instructions as text, one line each, the way the kernel's verifier spells them in its log, so that the
// two can be laid side by side. Pure; knows helper functions by number only.
#pragma once

#include <linux/bpf.h>

#include <span>
#include <string>

namespace program {

/// "r1 = *(u64 *)(r10 -8)"; second: the half that follows an ld_imm64, else null.
[[nodiscard]] std::string disassemble(const bpf_insn& insn, const bpf_insn* second);
/// All of them: "  12: (79) r1 = ..." and a newline each.
[[nodiscard]] std::string disassemble(std::span<const bpf_insn> insns, std::string_view indent = {});

}  // namespace program
