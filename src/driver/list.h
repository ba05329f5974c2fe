// driver::list: -l and -lv, through the same provider rows that expand wildcards, so that the list and what attaches
// cannot disagree.
#pragma once

#include "runtime/kernel/kernel_view.h"
#include "src/driver/reporter.h"
#include "src/driver/request.h"

namespace driver {

/// Prints to standard output; gives the exit status.
[[nodiscard]] int list(const Request& request, const kernel::KernelView& kernel, Reporter& reporter);

}  // namespace driver
