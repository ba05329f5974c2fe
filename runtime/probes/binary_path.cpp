#include "runtime/probes/binary_path.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <utility>

#include "runtime/base/fd.h"
#include "runtime/base/glob.h"
#include "runtime/base/text.h"
#include "runtime/kernel/files.h"
#include "runtime/kernel/processes.h"
#include "runtime/kernel/zip_member.h"

namespace probes {
namespace {

// Where the dynamic linker looks without being told; /etc/ld.so.conf and its friends add to it.
constexpr std::array<std::string_view, 6> kLibraryDirectories{
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"};

using FileId = std::pair<dev_t, ino_t>;

bool is_regular(const std::string& path, FileId* id = nullptr) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
    if (id != nullptr) *id = {status.st_dev, status.st_ino};
    return true;
}

bool is_elf(const std::string& path) {
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, SELFMAG> magic{};
    return fd.is_open() && ::read(fd.get(), magic.data(), magic.size()) == SELFMAG &&
           std::memcmp(magic.data(), ELFMAG, SELFMAG) == 0;
}

/// Programs and libraries among them, each file once: a link beside its target would fire every probe twice.
std::vector<std::string> distinct_programs(std::vector<std::string> paths) {
    // The name that is ours before that of a process elsewhere.
    const auto key = [](const std::string& path) {
        return std::pair<bool, const std::string&>(path.starts_with("/proc/"), path);
    };
    std::sort(paths.begin(), paths.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
    std::set<FileId> seen;
    std::vector<std::string> result;
    for (std::string& path : paths) {
        FileId id;
        if (is_regular(path, &id) && is_elf(path) && seen.insert(id).second) result.push_back(std::move(path));
    }
    return result;
}

std::vector<std::string> expand(const std::string& pattern) {
    std::vector<std::string> paths;
    glob_t found{};
    if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
        paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    return distinct_programs(std::move(paths));
}

void add_configured_directories(const std::string& path, std::vector<std::string>& directories, unsigned depth) {
    constexpr unsigned kDeepest = 4;
    if (depth > kDeepest) return;
    const auto text = kernel::read_text(path);
    if (!text.ok()) return;
    for (std::string_view line : base::split(*text, '\n')) {
        line = base::trim(line.substr(0, line.find('#')));
        if (line.starts_with("include ")) {
            glob_t found{};
            if (::glob(std::string(base::trim(line.substr(8))).c_str(), 0, nullptr, &found) == 0)
                for (std::size_t i = 0; i < found.gl_pathc; i++)
                    add_configured_directories(found.gl_pathv[i], directories, depth + 1);
            ::globfree(&found);
        } else if (line.starts_with('/')) {
            directories.emplace_back(line);
        }
    }
}

/// Without a cache (musl, a container that has none): "libc" → libc.so.6 in the first directory that has one.
std::string library_in_directories(const std::string& root, std::string_view name) {
    std::vector<std::string> directories;
    add_configured_directories(root + "/etc/ld.so.conf", directories, 0);
    directories.insert(directories.end(), kLibraryDirectories.begin(), kLibraryDirectories.end());
    const std::string stem = std::string(name) + (name.find(".so") == std::string_view::npos ? ".so" : "");
    for (const std::string& directory : directories) {
        const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir((root + directory).c_str()), ::closedir);
        if (!entries) continue;
        std::vector<std::string> found;
        while (const dirent* entry = ::readdir(entries.get())) {
            const std::string_view file = entry->d_name;
            if (!file.starts_with(stem) || (file.size() > stem.size() && file[stem.size()] != '.')) continue;
            std::string path = directory + "/" + std::string(file);
            // libc.so of a development package is a linker script.
            if (is_elf(root + path)) found.push_back(std::move(path));
        }
        if (found.empty()) continue;
        // The shortest name is the one programs ask for (libssl.so.3, not libssl.so.3.0.1).
        return *std::min_element(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
            return a.size() != b.size() ? a.size() < b.size() : a < b;
        });
    }
    return {};
}

std::string find_library(const std::string& root, std::string_view name) {
    if (const auto cache = kernel::read_text(root + "/etc/ld.so.cache"); cache.ok()) {
        const std::string path = library_in_cache(*cache, name);
        if (!path.empty() && is_elf(root + path)) return root + path;
    }
    const std::string path = library_in_directories(root, name);
    return path.empty() ? path : root + path;
}

Binaries find_in_path(std::string_view kind, const std::string& root, std::string_view name) {
    const char* path = std::getenv("PATH");
    std::vector<std::string> found;
    std::set<FileId> seen;
    for (std::string_view directory : base::split(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
        if (directory.empty()) continue;
        std::string candidate = root + std::string(directory) + "/" + std::string(name);
        FileId id;
        if (!is_regular(candidate, &id) || ::access(candidate.c_str(), X_OK) != 0 || !is_elf(candidate)) continue;
        // /bin is a link to /usr/bin nearly everywhere.
        if (seen.insert(id).second) found.push_back(std::move(candidate));
    }
    Binaries result;
    if (found.size() > 1) {
        result.warning = "attaching to " + std::string(kind) + " target file '" + found[0] + "' but matched " +
                         std::to_string(found.size()) + " binaries";
    }
    if (!found.empty()) result.paths.push_back(std::move(found[0]));
    return result;
}

/// Everything the process has mapped for execution.
std::vector<std::string> mapped_files(const std::string& root, int pid) {
    std::vector<std::string> paths;
    if (const auto maps = kernel::read_text("/proc/" + std::to_string(pid) + "/maps"); maps.ok())
        for (const kernel::Mapping& mapping : kernel::parse_maps(*maps))
            if (mapping.is_file()) paths.push_back(root + mapping.path);
    return distinct_programs(std::move(paths));
}

/// A program that was deleted or replaced since a process began to run it is still there for that process: `path`, or
/// the link that leads to what is running. `name`: the path inside the process's root.
std::string as_it_runs(const std::string& path, const std::string& name, int pid) {
    const std::string link = "/proc/" + std::to_string(pid) + "/exe";
    const auto executable = kernel::executable_of(pid);
    FileId running, found;
    if (!executable.ok() || *executable != name || !is_regular(link, &running)) return path;
    return is_regular(path, &found) && found == running ? path : link;
}

std::string absolute(const std::string& path) {
    const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr), std::free);
    return resolved ? resolved.get() : path;
}

}  // namespace

std::string library_in_cache(std::string_view cache, std::string_view name) {
    // glibc's sysdeps/generic/dl-cache.h: struct cache_file_new, then its entries; offsets count from the file's start.
    struct Header {
        std::array<char, 20> magic;
        std::uint32_t count, strings;
        std::array<std::uint32_t, 5> rest;
    };
    struct Entry {
        std::int32_t flags;
        std::uint32_t key, value, version;
        std::uint64_t hardware;
    };
    static constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
    constexpr std::int32_t kElfForX86_64 = 0x0303;  // FLAG_ELF_LIBC6 | FLAG_X8664_LIB64
    // An elder format may stand in front.
    const std::size_t begin = cache.find(kMagic);
    if (begin == std::string_view::npos) return {};
    cache.remove_prefix(begin);
    Header header;
    if (cache.size() < sizeof header) return {};
    std::memcpy(&header, cache.data(), sizeof header);
    const auto text = [cache](std::uint32_t offset) {
        if (offset >= cache.size()) return std::string_view();
        return std::string_view(cache.data() + offset, ::strnlen(cache.data() + offset, cache.size() - offset));
    };
    const std::string stem = std::string(name) + (name.find(".so") == std::string_view::npos ? ".so" : "");
    std::string result;
    for (std::size_t i = 0; i < header.count; i++) {
        const std::size_t at = sizeof header + i * sizeof(Entry);
        if (at + sizeof(Entry) > cache.size()) break;
        Entry entry;
        std::memcpy(&entry, cache.data() + at, sizeof entry);
        // Entries for processors with more abilities (hwcap) stand beside the plain one, which every program may use.
        if (entry.flags != kElfForX86_64 || entry.hardware != 0) continue;
        const std::string_view key = text(entry.key);
        if (!key.starts_with(stem)) continue;
        if (key.size() == stem.size()) {
            // libc.so of a development package is not in here: the cache knows what programs ask for.
            return std::string(text(entry.value));
        }
        if (key[stem.size()] == '.' && result.empty()) result = text(entry.value);
    }
    return result;
}

Binaries find_binaries(std::string_view kind, std::string_view text, int pid) {
    const std::string root = pid >= 0 ? "/proc/" + std::to_string(pid) + "/root" : "";
    const std::string path(text);
    if (pid >= 0 && text.empty()) {
        const auto executable = kernel::executable_of(pid);
        if (!executable.ok()) return {};
        return {{as_it_runs(root + *executable, *executable, pid)}, {}};
    }
    if (pid >= 0 && text == "*") return {mapped_files(root, pid), {}};
    if (text.find('/') == std::string_view::npos) {
        if (base::has_wildcard(text)) return {expand(path), {}};
        Binaries found = find_in_path(kind, root, text);
        if (!found.paths.empty()) return found;
        std::string library = text.starts_with("lib") ? find_library(root, text) : std::string();
        if (library.empty() && is_elf(path)) library = path;
        if (!library.empty()) found.paths.push_back(std::move(library));
        return found;
    }
    const bool is_inside = pid >= 0 && !path.starts_with("/proc/");
    const std::string whole = !is_inside ? path : root + (text.starts_with('/') ? path : absolute(path));
    if (base::has_wildcard(text)) return {expand(whole), {}};
    if (pid >= 0 && whole.starts_with(root))
        if (std::string running = as_it_runs(whole, whole.substr(root.size()), pid); running != whole)
            return {{std::move(running)}, {}};
    // Whether the archive has the member, whoever reads its symbols will see.
    if (kernel::member_path(whole) && is_regular(kernel::file_of(whole))) return {{whole}, {}};
    return {is_regular(whole) && is_elf(whole) ? std::vector<std::string>{whole} : std::vector<std::string>{}, {}};
}

Binaries find_running(std::string_view command) {
    const auto namespace_of = [](const std::string& process) {
        FileId id{};
        struct stat status {};
        if (::stat((process + "/ns/mnt").c_str(), &status) == 0) id = {status.st_dev, status.st_ino};
        return id;
    };
    const FileId ours = namespace_of("/proc/self");
    struct stat own_root {};
    ::stat("/proc/self/root", &own_root);
    std::vector<std::string> paths;
    const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), ::closedir);
    while (const dirent* entry = processes ? ::readdir(processes.get()) : nullptr) {
        const auto pid = base::parse_digits(entry->d_name, 10);
        if (!pid) continue;
        const std::string process = "/proc/" + std::string(entry->d_name);
        const auto maps = kernel::read_text(process + "/maps");
        if (!maps.ok() || maps->empty()) continue;
        struct stat root {};
        if (::stat((process + "/root").c_str(), &root) != 0) continue;
        const bool is_ours =
            namespace_of(process) == ours && root.st_ino == own_root.st_ino && root.st_dev == own_root.st_dev;
        for (const kernel::Mapping& mapping : kernel::parse_maps(*maps))
            if (mapping.is_file()) paths.push_back((is_ours ? "" : process + "/root") + mapping.path);
    }
    if (!command.empty())
        for (const std::string& path : find_binaries("usdt", command, -1).paths)
            paths.push_back(absolute(path));
    // Most run the same libraries.
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    return {distinct_programs(std::move(paths)), {}};
}

base::Error no_such_binary(std::string_view kind, std::string_view text) {
    return base::Error{
        .message = std::string(kind) + " target file '" + std::string(text) + "' does not exist or is not executable",
        .errnum = ENOENT};
}

}  // namespace probes
