// The names of GFP flags and their bits (`%gr`). The bits move between kernel versions, so they are read from the
// running kernel: the format file of kmem:kmalloc carries the kernel's own table as C expressions. Where that file
// cannot be read, the table of Linux 6.1 stands in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/kernel/kernel_view.h"

namespace format {

struct GfpFlag {
    std::uint64_t mask = 0;  ///< combinations (GFP_KERNEL) come before the bits they are made of
    std::string name;
};

[[nodiscard]] std::vector<GfpFlag> gfp_flags(const kernel::KernelView& kernel);
/// The table in the text of a format file; empty if there is none or it is not understood.
[[nodiscard]] std::vector<GfpFlag> parse_gfp_flags(std::string_view format_file);

}  // namespace format
