// kernel::DebugFiles: where the other half of a program lies. Distributions strip symbols and DWARF off into files of
// their own; this finds them by build id and by .gnu_debuglink, in the usual places and in those the user names. Given
// by RealKernelOptions' directories; taken by everything in this folder that reads symbols or DWARF.
#pragma once

#include <span>
#include <string>
#include <vector>

struct Elf;  // libelf's

namespace kernel {

class DebugFiles {
  public:
    DebugFiles() = default;
    /// Directories to look into before the usual ones, as --debuginfo has them. A '+' in front: a file found there by
    /// its name alone must have the check sum that .gnu_debuglink says. A relative one is below the program's own
    /// directory, else below the current one.
    explicit DebugFiles(std::span<const std::string> directories);

    /// The file with what was stripped from `elf`, which came from `path`; below the root of the process that `path`
    /// goes through (/proc/PID/root/...) and below ours. Empty: there is none.
    [[nodiscard]] std::string find(const std::string& path, ::Elf* elf) const;

  private:
    struct Directory {
        std::string path;
        bool checks_sum = false;
    };
    std::vector<Directory> directories_;
};

}  // namespace kernel
