// codegen::SharedBody: how one BPF program that serves several probes finds out which of them runs. Either by the
// number of the system call, or by the cookie that its place was attached with. Made by codegen.cpp, used by
// ProbeEmitter.
#pragma once

#include <cstdint>
#include <optional>

#include "src/codegen/syscalls.h"

namespace codegen {

struct SharedBody {
    std::optional<SyscallRole> syscall;  ///< it is for system calls
    program::MapId table;                ///< of the probes, see ProbeTable; unset: it need not know
};

/// An array by the number of the system call, or by the cookie: u32 ProbeId + 1, or 0 if it is none of ours; from kName
/// on the probe's name, zeros behind it.
struct ProbeTable {
    static constexpr std::int64_t kName = 8;
};

}  // namespace codegen
