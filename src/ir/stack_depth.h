// How much stack a program and what it calls take together, as the verifier counts it. LLVM sees one function at a
// time; the limit of 512 bytes is for a whole chain of calls, callbacks among them.
#pragma once

#include <cstdint>

#include "runtime/program/program.h"

namespace ir {

/// MAX_BPF_STACK
inline constexpr std::uint32_t kMostStack = 512;

/// Bytes of the deepest chain. Wants the functions of the program in func_info and its calls resolved.
[[nodiscard]] std::uint32_t stack_depth(const program::Function& function);

}  // namespace ir
