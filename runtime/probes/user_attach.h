// probes user_attach: programs on instructions of user-space files, for uprobe, uretprobe and usdt: many at once
// through one link where the program was loaded for that, else a perf event for each. Knows files and offsets; what
// stands there the callers know.
#pragma once

#include "runtime/probes/provider.h"

namespace probes {

/// Place: target = the file, offset = bytes in it, semaphore_offset, cookie, pid.
[[nodiscard]] base::Result<Links> attach_to_files(const LoadedFunction& function,
                                                  std::span<const program::Place> places, bool is_return);

}  // namespace probes
