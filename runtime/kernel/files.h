// kernel files: whole files of /proc, /sys and elsewhere as text. Their sizes are not known beforehand (stat says 0),
// so they are read to the end.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace kernel {

/// Error: "opening PATH: No such file or directory", with the errno.
[[nodiscard]] base::Result<std::string> read_text(const std::string& path);

/// Names in a directory but those that begin with a dot, sorted; none if it cannot be read.
[[nodiscard]] std::vector<std::string> file_names(const std::string& directory);

/// "0-3,5" → 0 1 2 3 5, as in /sys/devices/system/cpu/online. Nonsense is skipped.
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view text);

}  // namespace kernel
