// driver: from a Request to an exit status. The only door of the compiler and the runtime that src/commands knows.
#pragma once

#include "src/driver/reporter.h"
#include "src/driver/request.h"

namespace driver {

/// Does what the request's action says and gives the exit status of the process (0, 1, 2, 255 or the script's own).
int run(const Request& request, Reporter& reporter);

}  // namespace driver
