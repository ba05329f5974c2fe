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
#include <cstdlib>
#include <cstring>
#include <memory>

#include "runtime/base/fd.h"
#include "runtime/base/glob.h"
#include "runtime/base/text.h"

namespace probes {
namespace {

// Where the dynamic linker looks without being told; /etc/ld.so.conf and its friends add to it.
constexpr std::array<std::string_view, 6> kLibraryDirectories{
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"};

bool is_regular(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_elf(const std::string& path) {
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, SELFMAG> magic{};
    return fd.is_open() && ::read(fd.get(), magic.data(), magic.size()) == SELFMAG &&
           std::memcmp(magic.data(), ELFMAG, SELFMAG) == 0;
}

std::vector<std::string> expand(const std::string& pattern) {
    std::vector<std::string> paths;
    glob_t found{};
    if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; i++)
            if (is_regular(found.gl_pathv[i])) paths.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
    // A pattern means programs and libraries; text files among the matches are not meant.
    paths.erase(std::remove_if(paths.begin(), paths.end(), [](const std::string& path) { return !is_elf(path); }),
                paths.end());
    std::sort(paths.begin(), paths.end());
    return paths;
}

void add_configured_directories(const std::string& path, std::vector<std::string>& directories, unsigned depth) {
    constexpr unsigned kDeepest = 4;
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open() || depth > kDeepest) return;
    std::string text(16 * 1024, '\0');
    const ssize_t size = ::read(fd.get(), text.data(), text.size());
    text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    for (std::string_view line : base::split(text, '\n')) {
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

/// "libc" → libc.so.6, "libssl.so.3" → itself, in the first directory that has one.
std::vector<std::string> find_library(const std::string& root, std::string_view name) {
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
            if (is_elf(root + path)) found.push_back(root + path);
        }
        if (found.empty()) continue;
        // The shortest name is the one programs ask for (libssl.so.3, not libssl.so.3.0.1).
        return {*std::min_element(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
            return a.size() != b.size() ? a.size() < b.size() : a < b;
        })};
    }
    return {};
}

std::vector<std::string> find_in_path(const std::string& root, std::string_view name) {
    const char* path = std::getenv("PATH");
    for (std::string_view directory : base::split(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
        const std::string candidate = root + std::string(directory) + "/" + std::string(name);
        if (is_regular(candidate) && ::access(candidate.c_str(), X_OK) == 0) return {candidate};
    }
    return {};
}

}  // namespace

std::vector<std::string> find_binaries(std::string_view text, int pid) {
    const std::string root = pid >= 0 ? "/proc/" + std::to_string(pid) + "/root" : "";
    const std::string path(text);
    if (text.find('/') == std::string_view::npos) {
        auto found = find_in_path(root, text);
        if (found.empty() && text.starts_with("lib")) found = find_library(root, text);
        if (!found.empty() || is_regular(path)) return found.empty() ? std::vector<std::string>{path} : found;
        return base::has_wildcard(text) ? expand(path) : found;
    }
    const std::string whole = text.starts_with('/') ? root + path : path;
    if (base::has_wildcard(text)) return expand(whole);
    return is_elf(whole) ? std::vector<std::string>{whole} : std::vector<std::string>{};
}

base::Error no_such_binary(std::string_view kind, std::string_view text) {
    return base::Error{
        .message = std::string(kind) + " target file '" + std::string(text) + "' does not exist or is not executable",
        .errnum = ENOENT};
}

}  // namespace probes
