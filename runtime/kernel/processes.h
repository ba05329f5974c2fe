// kernel processes: what /proc tells about one process: its mappings and its executable. Parsing is pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace kernel {

/// One executable mapping of /proc/PID/maps.
struct Mapping {
    std::uint64_t begin = 0, end = 0, file_offset = 0;
    std::string path;         ///< "[vdso]", "//anon" and "" are no files
    bool is_deleted = false;  ///< the path names another file now, or none
    std::uint64_t inode = 0;  ///< of the file; 0: none, or not known
    [[nodiscard]] bool is_file() const { return !path.empty() && path[0] == '/' && !path.starts_with("//"); }
};

/// Executable mappings only, in the order of their addresses; " (deleted)" is cut off.
[[nodiscard]] std::vector<Mapping> parse_maps(std::string_view text);

/// Target of /proc/PID/exe. Error with ESRCH: no such process.
[[nodiscard]] base::Result<std::string> executable_of(int pid);

}  // namespace kernel
