// kernel calling_convention: where a user-space function's parameters are when its first instruction is about to run:
// the System V ABI for x86-64 (section 3.2.3), applied to the types that DWARF tells.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/kernel/dwarf.h"

namespace kernel {

struct ParameterPlace {
    enum class Kind : std::uint8_t {
        registers,  ///< `first`, and `second` for bytes 8 to 15
        address,    ///< `first` holds the address of the value: C++ objects that are not simply copied
        stack,      ///< at `stack_offset` from the stack pointer
        unknown,    ///< vector registers and the x87 stack, which BPF programs cannot see
    };
    Kind kind = Kind::unknown;
    std::int32_t first = -1, second = -1;  ///< offsets in struct pt_regs
    std::uint32_t stack_offset = 0;
};

/// One for each parameter.
[[nodiscard]] std::vector<ParameterPlace> parameter_places(const DebugInfo& debug_info, const DwarfFunction& function);

}  // namespace kernel
