#include "runtime/program/disassemble.h"

#include <array>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace program {
namespace {

std::string reg(unsigned number, bool is_wide) {
    return fmt::format("{}{}", is_wide ? 'r' : 'w', number);
}

std::string_view size_name(unsigned code) {
    switch (BPF_SIZE(code)) {
        case BPF_B: return "u8";
        case BPF_H: return "u16";
        case BPF_W: return "u32";
        default: return "u64";
    }
}

/// Memory at a register plus an offset.
std::string memory(unsigned code, unsigned base_register, int offset, bool is_signed = false) {
    std::string type(size_name(code));
    if (is_signed) type[0] = 's';
    return fmt::format("*({} *)({} {:+d})", type, reg(base_register, true), offset);
}

std::string arithmetic(const bpf_insn& insn, bool is_wide) {
    static constexpr std::array<std::string_view, 12> kOperators{
        "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "", "%=", "^=", "="};
    const std::string to = reg(insn.dst_reg, is_wide);
    const unsigned operation = BPF_OP(insn.code);
    if (operation == BPF_NEG) return fmt::format("{0} = -{0}", to);
    if (operation == BPF_END) {
        if (is_wide) return fmt::format("{0} = bswap{1} {0}", to, insn.imm);
        return fmt::format("r{0} = {1}{2} r{0}", insn.dst_reg, BPF_SRC(insn.code) == BPF_X ? "be" : "le", insn.imm);
    }
    const bool is_register = BPF_SRC(insn.code) == BPF_X;
    const std::string from = is_register ? reg(insn.src_reg, is_wide) : fmt::format("{}", insn.imm);
    if (operation == BPF_ARSH) return fmt::format("{} s>>= {}", to, from);
    if (operation == BPF_MOV && is_register && insn.off != 0) return fmt::format("{} = (s{}){}", to, insn.off, from);
    // Signed division and remainder carry a one in the offset.
    const bool is_signed = (operation == BPF_DIV || operation == BPF_MOD) && insn.off == 1;
    const std::size_t index = operation >> 4;
    if (index >= kOperators.size()) return fmt::format("op {:#04x}", insn.code);
    return fmt::format("{} {}{} {}", to, is_signed ? "s" : "", kOperators[index], from);
}

std::string jump(const bpf_insn& insn, bool is_wide) {
    static constexpr std::array<std::string_view, 14> kTests{"",    "==", ">", ">=", "&",  "!=", "s>",
                                                             "s>=", "",   "",  "<",  "<=", "s<", "s<="};
    const unsigned operation = BPF_OP(insn.code);
    if (operation == BPF_EXIT) return "exit";
    if (operation == BPF_CALL) {
        if (insn.src_reg == BPF_PSEUDO_CALL) return fmt::format("call pc{:+d}", insn.imm);
        if (insn.src_reg == BPF_PSEUDO_KFUNC_CALL) return fmt::format("call kernel-function#{}", insn.imm);
        return fmt::format("call #{}", insn.imm);
    }
    // gotol (jmp32) has its distance in the immediate.
    if (operation == BPF_JA) return fmt::format("goto pc{:+d}", is_wide ? int{insn.off} : insn.imm);
    const std::size_t index = operation >> 4;
    if (index >= kTests.size() || kTests[index].empty()) return fmt::format("jump {:#04x}", insn.code);
    const std::string right = BPF_SRC(insn.code) == BPF_X ? reg(insn.src_reg, is_wide)
                                                          : fmt::format("{:#x}", static_cast<unsigned>(insn.imm));
    return fmt::format("if {} {} {} goto pc{:+d}", reg(insn.dst_reg, is_wide), kTests[index], right, int{insn.off});
}

std::string atomic(const bpf_insn& insn) {
    const std::string at = memory(insn.code, insn.dst_reg, insn.off);
    const std::string from = reg(insn.src_reg, BPF_SIZE(insn.code) == BPF_DW);
    switch (insn.imm) {
        case BPF_ADD: return fmt::format("lock {} += {}", at, from);
        case BPF_AND: return fmt::format("lock {} &= {}", at, from);
        case BPF_OR: return fmt::format("lock {} |= {}", at, from);
        case BPF_XOR: return fmt::format("lock {} ^= {}", at, from);
        case BPF_XCHG: return fmt::format("{0} = atomic_xchg({1}, {0})", from, at);
        case BPF_CMPXCHG: return fmt::format("r0 = atomic_cmpxchg({}, r0, {})", at, from);
        default: return fmt::format("{0} = atomic_fetch({1}, {0}) op {2:#x}", from, at, insn.imm & ~BPF_FETCH);
    }
}

std::string load_immediate(const bpf_insn& insn, const bpf_insn* second) {
    const std::string to = reg(insn.dst_reg, true);
    const int high = second == nullptr ? 0 : second->imm;
    switch (insn.src_reg) {
        case BPF_PSEUDO_MAP_FD: return fmt::format("{} = map[{}]", to, insn.imm);
        case BPF_PSEUDO_MAP_VALUE: return fmt::format("{} = map[{}][0]+{}", to, insn.imm, high);
        case BPF_PSEUDO_FUNC: return fmt::format("{} = code[pc{:+d}]", to, insn.imm);
        default: {
            const std::uint64_t value = static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32 |
                                        static_cast<std::uint32_t>(insn.imm);
            return fmt::format("{} = {:#x}", to, value);
        }
    }
}

}  // namespace

std::string disassemble(const bpf_insn& insn, const bpf_insn* second) {
    switch (BPF_CLASS(insn.code)) {
        case BPF_ALU64: return arithmetic(insn, true);
        case BPF_ALU: return arithmetic(insn, false);
        case BPF_JMP: return jump(insn, true);
        case BPF_JMP32: return jump(insn, false);
        case BPF_LDX:
            return fmt::format("{} = {}", reg(insn.dst_reg, true),
                               memory(insn.code, insn.src_reg, insn.off, BPF_MODE(insn.code) == 0x80));
        case BPF_ST: return fmt::format("{} = {}", memory(insn.code, insn.dst_reg, insn.off), insn.imm);
        case BPF_STX:
            if (BPF_MODE(insn.code) == BPF_ATOMIC) return atomic(insn);
            return fmt::format("{} = {}", memory(insn.code, insn.dst_reg, insn.off), reg(insn.src_reg, true));
        default:
            if (insn.code == (BPF_LD | BPF_IMM | BPF_DW)) return load_immediate(insn, second);
            return fmt::format("op {:#04x}", insn.code);
    }
}

std::string disassemble(std::span<const bpf_insn> insns, std::string_view indent) {
    std::string out;
    for (std::size_t i = 0; i < insns.size(); ++i) {
        const bool is_double = insns[i].code == (BPF_LD | BPF_IMM | BPF_DW);
        out += fmt::format("{}{:4}: ({:02x}) {}\n", indent, i, insns[i].code,
                           disassemble(insns[i], is_double && i + 1 < insns.size() ? &insns[i + 1] : nullptr));
        if (is_double) ++i;
    }
    return out;
}

}  // namespace program
