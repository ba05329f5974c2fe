// probes binary_path: which files a user-space attach point means: a path, a pattern of paths, a bare name from $PATH,
// a library's name as the dynamic linker knows it, nothing or `*` for what a traced process runs. Takes no KernelView:
// these are files of whoever runs the tracer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace probes {

struct Binaries {
    std::vector<std::string> paths;  ///< sorted, no file twice; empty: nothing of that kind there
    std::string warning;             ///< the name meant several files and one was taken; usually empty
};

/// pid >= 0: as that process sees its files (/proc/PID/root/...). `kind` is for the warning's text.
[[nodiscard]] Binaries find_binaries(std::string_view kind, std::string_view text, int pid);

/// What all processes run and have mapped, and `command` (-c), which does not run yet; empty: there is none. Files of
/// other mount namespaces are named through a process there (/proc/PID/root/...).
[[nodiscard]] Binaries find_running(std::string_view command);

/// "uprobe target file 'X' does not exist or is not executable".
[[nodiscard]] base::Error no_such_binary(std::string_view kind, std::string_view text);

/// Where a library of this name lies according to the bytes of /etc/ld.so.cache; "libc" means any version of libc.so.
/// Empty: not in there.
[[nodiscard]] std::string library_in_cache(std::string_view cache, std::string_view name);

}  // namespace probes
