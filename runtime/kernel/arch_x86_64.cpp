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

std::uint32_t return_register() {
    return 80;
}

}  // namespace kernel
