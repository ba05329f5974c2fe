// live: the BTF type a program of kind tracing (fentry, fexit, tp_btf, iter, lsm) names at load time. Found by a scan
// of the kernel's own BTF, which is mapped but never parsed as a whole: 126,000 types take under a millisecond this way
// and 30 ms through libbpf.
#pragma once

#include <cstdint>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"

namespace live {

struct AttachTarget {
    std::uint32_t type_id = 0;  ///< 0: the function names none
    base::Fd object;            ///< a module's BTF, or the BPF program that holds the function; not open: the kernel
};

/// function.attach_to: "vfs_read", "MODULE:FUNCTION", "bpf:NUMBER:FUNCTION".
[[nodiscard]] base::Result<AttachTarget> find_attach_target(const kernel::KernelView& kernel,
                                                            const program::Function& function);

}  // namespace live
