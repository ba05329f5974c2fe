// probes binary_path: which files a user-space attach point means: a path, a pattern of paths, a bare name from $PATH,
// a library's name as the dynamic linker knows it. Takes no KernelView: these are files of whoever runs the tracer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace probes {

/// Sorted; empty: nothing of that kind there. pid >= 0: as that process sees its files (/proc/PID/root/...).
[[nodiscard]] std::vector<std::string> find_binaries(std::string_view text, int pid);

/// "uprobe target file 'X' does not exist or is not executable".
[[nodiscard]] base::Error no_such_binary(std::string_view kind, std::string_view text);

}  // namespace probes
