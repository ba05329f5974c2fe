// kernel::Tracefs: the events directory: where it is mounted (mounted by us if it is not and we may), its list of
// events, their format and id files. Each file is read once. Given to RealKernel; knows nothing of what a format says.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace kernel {

class Tracefs {
  public:
    /// Where to look, in this order; the first is where it is mounted if it is nowhere. Tests pass their own.
    explicit Tracefs(std::vector<std::string> mount_points = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"},
                     bool may_mount = true);

    /// Mount point in use. Error: not there, or not for us; says how to get it.
    base::Result<std::string> root();
    /// All "category:event", sorted by byte.
    base::Result<std::vector<std::string>> events();
    base::Result<std::string> format(std::string_view category, std::string_view event);
    base::Result<std::uint64_t> id(std::string_view category, std::string_view event);

  private:
    base::Result<std::string> event_file(std::string_view category, std::string_view event, std::string_view file);
    base::Result<std::vector<std::string>> scan_directories(const std::string& root) const;

    std::vector<std::string> mount_points_;
    bool may_mount_;
    std::string root_;
    std::vector<std::string> events_;
    std::map<std::string, std::string, std::less<>> files_;  ///< "category/event/file" → text
};

}  // namespace kernel
