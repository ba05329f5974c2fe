// What differs between processor architectures and is visible to scripts: registers of struct pt_regs and how functions
// take arguments. The only place with register names; arch_x86_64.cpp implements it for x86-64 (offsets:
// arch/x86/include/asm/ptrace.h), instructions_x86_64.cpp the lengths of instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
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
/// By its number in DWARF (System V ABI, AMD64 supplement, figure 3.36).
[[nodiscard]] std::optional<std::uint32_t> dwarf_register(unsigned number);
/// As assemblers write it, whole or in part ("%rax", "eax", "r8d", "bpl"): all start at the register's first byte.
[[nodiscard]] std::optional<std::uint32_t> assembler_register(std::string_view name);

/// Bytes of the instruction that begins the code; 0: none that is known, or it is cut off.
[[nodiscard]] std::size_t instruction_length(std::span<const std::byte> code);

}  // namespace kernel
