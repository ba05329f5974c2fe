// live: the BTF type a program of kind tracing (fentry, fexit, tp_btf, iter, lsm) names at load time. Found by a scan
// of the kernel's own BTF, which is mapped but never parsed as a whole: 126,000 types take under a millisecond this way
// and 30 ms through libbpf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"

namespace live {

struct AttachTarget {
    std::uint32_t type_id = 0;  ///< 0: the function names none
    int object_fd = -1;         ///< BTF of a module; -1 = vmlinux
};

[[nodiscard]] base::Result<AttachTarget> find_attach_target(const kernel::KernelView& kernel,
                                                            const program::Function& function);

/// Id of the type of this kind (BTF_KIND_*) and name.
[[nodiscard]] std::optional<std::uint32_t> find_type(std::span<const std::byte> btf, std::string_view name,
                                                     std::uint32_t kind);

}  // namespace live
