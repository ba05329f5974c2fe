// kernel cgroups: between a control group's id (its directory's inode and file handle) and its path, in every mounted
// hierarchy: version 2 alone, the old hierarchies, or both ("hybrid": version 2 at /sys/fs/cgroup/unified).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace kernel {

/// One mounted hierarchy. name: "unified" for version 2, else the directory it is mounted at ("cpu", "systemd").
struct CgroupHierarchy {
    std::string name, mount_point;
    friend bool operator==(const CgroupHierarchy&, const CgroupHierarchy&) = default;
};

/// Out of the text of /proc/self/mounts.
[[nodiscard]] std::vector<CgroupHierarchy> parse_cgroup_mounts(std::string_view mounts);

[[nodiscard]] base::Result<std::uint64_t> cgroup_id_of(const std::string& path);

/// Path inside the hierarchy ("/user.slice"); empty if it has no such group.
[[nodiscard]] std::string cgroup_path_in(const CgroupHierarchy& hierarchy, std::uint64_t id);

}  // namespace kernel
