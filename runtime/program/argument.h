// program::Argument: one named argument of an attach point and where it lives, in neutral terms, so that code
// generation switches on six ways of reading and never on probe kinds. Given by runtime/probes, taken by src/check.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/program/layout.h"

namespace program {

enum class ArgumentPlace : std::uint8_t {
    context,          ///< bytes at `offset` of the program's context (tracepoint record)
    data_loc,         ///< u32 at `offset` of the context; low 16 bits = offset of the data from the context's start,
                      ///< high 16 bits = its length. The argument's value is the data's address: type.kind = pointer,
                      ///< type.pointee = the element ("char"), type.size = 4 (the u32)
    rel_loc,          ///< as data_loc, but the low 16 bits count from the end of this u32
    register_file,    ///< slot `offset` (bytes) of the pt_regs the context is or points to
    trampoline,       ///< u64 slot `offset / 8` of the context (fentry, raw_tp)
    usdt_expression,  ///< see `operand`; also arguments of user functions that lie on the stack
};

/// Where a value of the traced program is when a probe fires: an operand of a USDT note, a parameter on the stack.
/// Registers are offsets in struct pt_regs. Evaluated as: constant; register; the address base + index * scale +
/// displacement; the `size` bytes of user memory there.
struct Operand {
    enum class Kind : std::uint8_t { constant, register_, address, memory } kind = Kind::constant;
    std::uint32_t size = 8;  ///< bytes of the value: 1 2 4 8; in memory any
    bool is_signed = false;
    std::int32_t base = -1, index = -1;  ///< -1: none
    std::uint8_t scale = 1;
    std::int64_t displacement = 0;  ///< constant: the value
};

/// A type id with this bit names a type of the traced program's own debug information (kernel::DebugInfo), not of the
/// kernel's BTF.
constexpr std::uint32_t kProgramType = 0x80000000;

/// The C type of an argument as far as the kernel's own files tell it without BTF.
struct ArgumentType {
    enum class Kind : std::uint8_t { integer, boolean, text, pointer, array, enumeration, btf } kind = Kind::integer;
    std::uint32_t size = 0;  ///< bytes of the whole field
    bool is_signed = false;
    std::uint32_t count = 0;       ///< array: elements; element size = size / count
    std::string spelling;          ///< as the kernel spells it: "const char *", "char prev_comm[16]" without the name
    std::string pointee;           ///< pointer: "struct sock", "char"; empty = void
    bool is_user_pointer = false;  ///< argument of a syscall: points into the traced process
    std::string btf_module;        ///< btf_id is one of this module's BTF; empty: of the kernel's own
    std::uint32_t btf_id = 0;      ///< btf: type id in vmlinux BTF, or with kProgramType in the program's DWARF
};

struct Argument {
    std::string name;
    ArgumentType type;
    ArgumentPlace place = ArgumentPlace::context;
    std::uint32_t offset = 0;
    std::int32_t second = -1;  ///< register_file: bytes 8 to 15 are in the register at this offset; -1: there are none
    Operand operand;
    std::string expression;  ///< as the note has it: "-4@%eax"
    ValueNames names;        ///< from print fmt; empty if none
    bool is_common = false;  ///< common_* field: may not be read by programs
};

/// One that exists and that no program can read.
struct UnreadableArgument {
    std::string name;
    std::string reason;  ///< "it is passed in a vector register, which probes do not see"
};

struct ArgumentList {
    std::vector<Argument> arguments;
    std::vector<UnreadableArgument> unreadable;
    bool is_open = false;    ///< a function with "...": more may follow that have no names
    std::uint32_t size = 0;  ///< bytes of the context that `print(args)` covers (end of the last fixed field)
};

}  // namespace program
