// codegen: typed::Script -> ir::Module and everything of program::Program but the instructions (which
// ir::emit_functions fills in afterwards). Has no user errors: check found them all. Must not know ast, check or the
// kernel.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "runtime/program/program.h"
#include "src/ir/ir.h"
#include "src/source/source_file.h"
#include "src/typed/typed.h"
#include "src/types/type.h"

namespace codegen {

/// How a program on the raw events sys_enter and sys_exit sees what a system call's tracepoint shows.
struct SyscallAccess {
    std::array<std::uint32_t, 6> arguments{};  ///< offsets in struct pt_regs
    std::uint32_t number = 0;                  ///< the same
    /// A 32-bit call, which the tracepoints pass over: the task's u32 at compat_offset has a bit of compat_mask.
    std::uint32_t compat_offset = 0, compat_mask = 0;
};

struct Options {
    program::Features features;  ///< of the kernel compiled for
    unsigned possible_cpus = 1;
    bool warn_failed_reads = false;  ///< -k
    /// By the name behind sys_enter_; nothing: the event's own tracepoint is used.
    std::function<std::optional<std::uint32_t>(std::string_view)> syscall_number;
    /// Asked only if there is such a probe; nothing: this kernel does not tell enough.
    std::function<std::optional<SyscallAccess>()> syscall_access;
    bool keeps_ledger = true;  ///< false: to measure what counting costs; nothing says then what was lost
    bool avoid_stack =
        false;  ///< for a second try after emit_functions ran out of the 512 bytes: temporaries in scratch memory
};

struct Generated {
    program::Program program;  ///< functions are there, without insns; order = order of begin_program in module
    std::unique_ptr<ir::Module> module;
};

[[nodiscard]] Generated generate(const typed::Script& script, types::Table& types, const source::SourceMap& sources,
                                 const Options& options);

}  // namespace codegen
