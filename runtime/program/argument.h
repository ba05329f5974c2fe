// program::Argument: one named argument of an attach point and where it lives, in neutral terms, so that code
// generation switches on six ways of reading and never on probe kinds. Given by runtime/probes, taken by src/check.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/program/layout.h"

namespace program {

enum class ArgumentPlace : std::uint8_t {
    context,         ///< bytes at `offset` of the program's context (tracepoint record)
    data_loc,        ///< u32 at `offset` of the context; low 16 bits = offset of the data from the context's start,
                     ///< high 16 bits = its length. The argument's value is the data's address: type.kind = pointer,
                     ///< type.pointee = the element ("char"), type.size = 4 (the u32)
    rel_loc,         ///< as data_loc, but the low 16 bits count from the end of this u32
    register_file,   ///< slot `offset` (bytes) of the pt_regs the context is or points to
    trampoline,      ///< u64 slot `offset / 8` of the context (fentry, raw_tp)
    usdt_expression, ///< see `expression`
};

/// The C type of an argument as far as the kernel's own files tell it without BTF.
struct ArgumentType {
    enum class Kind : std::uint8_t { integer, boolean, text, pointer, array, enumeration, btf } kind = Kind::integer;
    std::uint32_t size = 0;      ///< bytes of the whole field
    bool is_signed = false;
    std::uint32_t count = 0;     ///< array: elements; element size = size / count
    std::string spelling;        ///< as the kernel spells it: "const char *", "char prev_comm[16]" without the name
    std::string pointee;         ///< pointer: "struct sock", "char"; empty = void
    bool is_user_pointer = false;  ///< argument of a syscall: points into the traced process
    std::uint32_t btf_id = 0;    ///< btf: type id in vmlinux BTF
};

struct Argument {
    std::string name;
    ArgumentType type;
    ArgumentPlace place = ArgumentPlace::context;
    std::uint32_t offset = 0;
    std::string expression;
    ValueNames names;          ///< from print fmt; empty if none
    bool is_common = false;    ///< common_* field: may not be read by programs
};

struct ArgumentList {
    std::vector<Argument> arguments;
    std::uint32_t size = 0;  ///< bytes of the context that `print(args)` covers (end of the last fixed field)
};

}  // namespace program
