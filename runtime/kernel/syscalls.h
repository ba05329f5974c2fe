// kernel syscalls: what has to be known to see one system call through the raw events sys_enter and sys_exit exactly as
// its own tracepoint shows it: its number, where its arguments are, and how the kernel tells a 32-bit one, which the
// tracepoints pass over. Taken by src/driver for codegen. Knows nothing of probes; one file per architecture.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace kernel {

/// By the name behind sys_enter_ and sys_exit_ in tracefs; nothing for one that is newer than our table.
[[nodiscard]] std::optional<std::uint32_t> syscall_number(std::string_view name);

/// Offsets in struct pt_regs.
struct SyscallRegisters {
    std::array<std::uint32_t, 6> arguments;
    std::uint32_t number;
};
[[nodiscard]] SyscallRegisters syscall_registers();

/// The running system call is a 32-bit one if the u32 at `task_offset` of its task has a bit of `mask`.
struct CompatMark {
    std::uint32_t task_offset = 0, mask = 0;
};
/// Nothing if this kernel's types do not tell.
[[nodiscard]] std::optional<CompatMark> find_compat_mark(std::span<const std::byte> btf);

}  // namespace kernel
