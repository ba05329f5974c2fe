// What differs between processor architectures and is visible to scripts: registers of struct pt_regs and how functions
// take arguments. The only place with register names; arch_x86_64.cpp implements it for x86-64 (offsets:
// arch/x86/include/asm/ptrace.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kernel {

[[nodiscard]] std::string_view architecture_name();  ///< "x86_64"
/// Bytes from the start of struct pt_regs; by user-visible name ("ip", "pc", "di", "r10").
[[nodiscard]] std::optional<std::uint32_t> register_offset(std::string_view name);
[[nodiscard]] std::string register_names();  ///< "ax, bx, ..."
inline constexpr unsigned kArgumentRegisters = 6;
/// Where a function's argument `index` is at its entry; nullopt from kArgumentRegisters on (then it is on the stack).
[[nodiscard]] std::optional<std::uint32_t> argument_register(unsigned index);
[[nodiscard]] std::uint32_t return_register();

}  // namespace kernel
