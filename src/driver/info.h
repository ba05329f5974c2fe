// driver::print_info: --info, what this kernel and this build can do.
#pragma once

#include "runtime/kernel/kernel_view.h"

namespace driver {

/// Prints to standard output; gives the exit status.
[[nodiscard]] int print_info(const kernel::KernelView& kernel);

}  // namespace driver
