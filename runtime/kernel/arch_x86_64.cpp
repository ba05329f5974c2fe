#include <algorithm>
#include <array>
#include <utility>

#include "runtime/kernel/arch.h"

namespace kernel {

namespace {

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 23> kRegisters{{
    {"r15", 0},  {"r14", 8},     {"r13", 16}, {"r12", 24},       {"bp", 32},       {"bx", 40},
    {"r11", 48}, {"r10", 56},    {"r9", 64},  {"r8", 72},        {"ax", 80},       {"cx", 88},
    {"dx", 96},  {"si", 104},    {"di", 112}, {"orig_rax", 120}, {"ip", 128},      {"pc", 128},
    {"cs", 136}, {"flags", 144}, {"sp", 152}, {"ss", 160},       {"orig_ax", 120},
}};

}  // namespace

std::string_view architecture_name() {
    return "x86_64";
}

std::optional<std::uint32_t> register_offset(std::string_view name) {
    for (const auto& [known, offset] : kRegisters)
        if (known == name) return offset;
    return std::nullopt;
}

std::string register_names() {
    std::string names;
    for (const auto& [name, offset] : kRegisters) {
        if (name == "orig_ax") continue;
        if (!names.empty()) names += ", ";
        names += name;
    }
    return names;
}

// System V ABI: di si dx cx r8 r9
std::optional<std::uint32_t> argument_register(unsigned index) {
    constexpr std::array<std::uint32_t, kArgumentRegisters> kOffsets{112, 104, 96, 88, 72, 64};
    if (index >= kOffsets.size()) return std::nullopt;
    return kOffsets[index];
}

std::optional<std::uint32_t> dwarf_register(unsigned number) {
    // ax dx cx bx si di bp sp r8 ... r15 ip
    constexpr std::array<std::uint32_t, 17> kOffsets{80, 96, 88, 40, 104, 112, 32, 152, 72,
                                                     64, 56, 48, 24, 16,  8,   0,  128};
    if (number >= kOffsets.size()) return std::nullopt;
    return kOffsets[number];
}

std::optional<std::uint32_t> assembler_register(std::string_view name) {
    if (name.starts_with('%')) name.remove_prefix(1);
    if (name.size() >= 2 && name[0] == 'r' && name[1] >= '0' && name[1] <= '9') {
        // r8, r8d, r8w, r8b
        if (name.ends_with('d') || name.ends_with('w') || name.ends_with('b')) name.remove_suffix(1);
        return register_offset(name);
    }
    if (name == "rip" || name == "eip") return register_offset("ip");
    // ah is the second byte of ax.
    if (name.size() == 2 && name[1] == 'h' && name[0] >= 'a' && name[0] <= 'd')
        if (const auto whole = register_offset(std::string{name[0], 'x'})) return *whole + 1;
    if (name.size() == 2 && name[1] == 'l' && name[0] >= 'a' && name[0] <= 'd')
        return register_offset(std::string{name[0], 'x'});
    if (name.size() == 3 && name[2] == 'l') name.remove_suffix(1);  // sil dil bpl spl
    if (name.size() == 3 && (name[0] == 'r' || name[0] == 'e')) name.remove_prefix(1);
    constexpr std::array<std::string_view, 8> kGeneral{"ax", "bx", "cx", "dx", "si", "di", "bp", "sp"};
    if (std::find(kGeneral.begin(), kGeneral.end(), name) == kGeneral.end()) return std::nullopt;
    return register_offset(name);
}

std::uint32_t return_register() {
    return 80;
}

}  // namespace kernel
