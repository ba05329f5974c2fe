// What comes out of a Module: an ELF object in memory, and out of that the functions a program::Program holds. The
// driver calls emit_functions once codegen is done and fills in what only codegen knows (type, attach target); the
// texts are for `-d`. It must not know where the functions will run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/program.h"
#include "src/ir/ir.h"

namespace ir {

// The texts a caller wants to see; null = not wanted. The assembly costs a second run of the code generator.
struct EmitTexts {
    std::string* unoptimised = nullptr;
    std::string* optimised = nullptr;
    std::string* assembly = nullptr;
};

// What the code generator is to care for. With `little_stack` it computes values again that it would keep otherwise:
// of five registers that calls leave alone one is the stack's, and what does not fit there is kept on the stack.
enum class Aim : std::uint8_t { speed, little_stack };

// LLVM's own version, "19.1.7".
[[nodiscard]] const char* llvm_version();

struct Object {
    std::vector<std::byte> elf;
    std::vector<std::string> program_names;  // program i is section "p<i>"
};

// Of each function: name, insns, relocations, func_info, line_info. Order of begin_program.
struct Functions {
    std::vector<program::Function> functions;
    std::vector<std::byte> btf;  // as BPF_BTF_LOAD takes it; empty if there are no functions
};

// Verifies (a wrong module is a bug of ours), optimises and generates code. The module is used up. Fails where the
// machine's limits are exceeded: more than 512 bytes of stack.
[[nodiscard]] base::Result<Object> emit(Module& module, const EmitTexts& texts = {}, Aim aim = Aim::speed);

// The only reader of our own ELF. Callback addresses become BPF_PSEUDO_FUNC with the distance in instructions; map
// references stay relocations. (flatten.cpp)
[[nodiscard]] base::Result<Functions> flatten(const Object& object);

// Fails also where a program and what it calls take more than 512 bytes together.
[[nodiscard]] base::Result<Functions> emit_functions(Module& module, const EmitTexts& texts = {}, Aim aim = Aim::speed);

}  // namespace ir
