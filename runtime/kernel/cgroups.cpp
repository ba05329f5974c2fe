#include "runtime/kernel/cgroups.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "runtime/base/fd.h"
#include "runtime/base/text.h"

namespace kernel {
namespace {

// FILEID_KERNFS of <linux/exportfs.h>: the handle is the 8-byte node id, which is also what bpf_get_current_cgroup_id
// gives. Not in any user-space header.
constexpr int kKernfsHandle = 0xfe;

struct KernfsHandle {
    unsigned bytes = 8;
    int type = kKernfsHandle;
    std::uint64_t id = 0;
};

std::string directory_of(int fd) {
    std::array<char, 4096> path;
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
    return length <= 0 ? std::string() : std::string(path.data(), static_cast<std::size_t>(length));
}

// Without CAP_DAC_READ_SEARCH: look at every directory's inode.
std::string search(const std::string& directory, std::uint64_t id, unsigned depth) {
    constexpr unsigned kDeepest = 64;
    struct stat status {};
    if (::stat(directory.c_str(), &status) == 0 && status.st_ino == id) return directory;
    if (depth == kDeepest) return {};
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(directory.c_str()), ::closedir);
    if (!entries) return {};
    while (const dirent* entry = ::readdir(entries.get())) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
        std::string found = search(directory + "/" + entry->d_name, id, depth + 1);
        if (!found.empty()) return found;
    }
    return {};
}

}  // namespace

std::vector<CgroupHierarchy> parse_cgroup_mounts(std::string_view mounts) {
    std::vector<CgroupHierarchy> result;
    for (std::string_view line : base::split(mounts, '\n')) {
        const auto words = base::split(line, ' ');
        if (words.size() < 4 || (words[2] != "cgroup2" && words[2] != "cgroup")) continue;
        const std::string_view point = words[1];
        const std::string name = words[2] == "cgroup2" ? "unified" : std::string(point.substr(point.rfind('/') + 1));
        CgroupHierarchy hierarchy{name, std::string(point)};
        bool is_known = false;
        for (const CgroupHierarchy& other : result)
            is_known |= other.name == name;  // mounted twice, or by a container manager as well
        if (!is_known) result.push_back(std::move(hierarchy));
    }
    return result;
}

base::Result<std::uint64_t> cgroup_id_of(const std::string& path) {
    alignas(file_handle) std::array<char, sizeof(file_handle) + 8> bytes{};
    auto* handle = reinterpret_cast<file_handle*>(bytes.data());
    handle->handle_bytes = 8;
    int mount_id = 0;
    std::uint64_t id = 0;
    if (::name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount_id, 0) == 0 && handle->handle_bytes == 8) {
        std::memcpy(&id, handle->f_handle, sizeof id);
        return id;
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return base::error_from_errno("opening cgroup " + path, errno);
    return std::uint64_t{status.st_ino};
}

std::string cgroup_path_in(const CgroupHierarchy& hierarchy, std::uint64_t id) {
    std::string path;
    const base::Fd mount(::open(hierarchy.mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!mount.is_open()) return {};
    alignas(file_handle) std::array<char, sizeof(KernfsHandle)> bytes{};
    const KernfsHandle wanted{.id = id};
    std::memcpy(bytes.data(), &wanted, sizeof wanted);
    const base::Fd group(
        ::open_by_handle_at(mount.get(), reinterpret_cast<file_handle*>(bytes.data()), O_PATH | O_CLOEXEC));
    if (group.is_open())
        path = directory_of(group.get());
    else if (errno == EPERM)
        path = search(hierarchy.mount_point, id, 0);
    if (!path.starts_with(hierarchy.mount_point)) return {};
    path.erase(0, hierarchy.mount_point.size());
    return path.empty() ? "/" : path;
}

}  // namespace kernel
