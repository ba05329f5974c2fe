#include "runtime/kernel/debug_files.h"

#include <limits.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "runtime/kernel/elf_handle.h"

namespace kernel {
namespace {

constexpr std::string_view kUsual = "/usr/lib/debug";

/// The checksum that .gnu_debuglink carries.
std::uint32_t checksum(int fd) {
    uLong crc = ::crc32(0, nullptr, 0);
    std::vector<Bytef> block(64 * 1024);
    for (off_t at = 0;;) {
        const ssize_t got = ::pread(fd, block.data(), block.size(), at);
        if (got <= 0) break;
        at += got;
        crc = ::crc32(crc, block.data(), static_cast<uInt>(got));
    }
    return static_cast<std::uint32_t>(crc);
}

struct DebugLink {
    std::string name;
    std::uint32_t crc = 0;
};

/// "foo.debug\0", zeros up to a multiple of 4, then the checksum.
DebugLink debug_link(Elf* elf) {
    GElf_Shdr header;
    Elf_Scn* section = find_section(elf, ".gnu_debuglink", &header);
    const Elf_Data* data = section == nullptr ? nullptr : ::elf_rawdata(section, nullptr);
    DebugLink link;
    if (data == nullptr || data->d_buf == nullptr || data->d_size < 8) return link;
    const auto* text = static_cast<const char*>(data->d_buf);
    const std::size_t length = ::strnlen(text, data->d_size);
    const std::size_t at = (length + 4) / 4 * 4;
    if (length == 0 || at + sizeof link.crc > data->d_size) return link;
    link.name.assign(text, length);
    std::memcpy(&link.crc, text + at, sizeof link.crc);
    return link;
}

/// ".build-id/3f/a1....debug"
std::string build_id_name(std::span<const std::byte> build_id) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string name = ".build-id/";
    for (std::size_t i = 0; i < build_id.size(); i++) {
        const auto byte = std::to_integer<unsigned>(build_id[i]);
        name += kDigits[byte >> 4];
        name += kDigits[byte & 15];
        if (i == 0) name += '/';
    }
    return name + ".debug";
}

/// "/proc/12/root" of "/proc/12/root/usr/bin/app", else "".
std::string root_of(const std::string& path) {
    static constexpr std::string_view kProc = "/proc/", kRoot = "/root/";
    if (!path.starts_with(kProc)) return {};
    const std::size_t end = path.find('/', kProc.size());
    if (end == std::string::npos || path.compare(end, kRoot.size(), kRoot) != 0) return {};
    return path.substr(0, end + kRoot.size() - 1);
}

/// With the slash at its end; "" for a bare name.
std::string directory_of(std::string_view path) {
    return std::string(path.substr(0, path.rfind('/') + 1));
}

/// A place where a file of the right name may lie.
struct Candidate {
    std::string path;
    bool needs_sum = true;  ///< without build ids to compare
};

}  // namespace

DebugFiles::DebugFiles(std::span<const std::string> directories) {
    for (std::string_view word : directories) {
        Directory directory;
        if (word.starts_with('+')) {
            directory.checks_sum = true;
            word.remove_prefix(1);
        }
        if (word.empty()) continue;
        directory.path = word;
        if (!word.ends_with('/')) directory.path += '/';
        directories_.push_back(std::move(directory));
    }
}

std::string DebugFiles::find(const std::string& path, ::Elf* elf) const {
    const std::string root = root_of(path);
    const auto build_id = build_id_of(elf);
    if (build_id.size() >= 2) {
        const std::string name = build_id_name(build_id);
        std::vector<std::string> places;
        for (const Directory& directory : directories_)
            places.push_back(directory.path + name);
        const std::string usual = std::string(kUsual) + "/" + name;
        if (!root.empty()) places.push_back(root + usual);
        places.push_back(usual);
        for (std::string& place : places)
            if (::access(place.c_str(), R_OK) == 0) return std::move(place);
    }

    const DebugLink link = debug_link(elf);
    if (link.name.find('/') != std::string::npos) return {};
    // Without a link its maker's habit is the program's name with ".debug" behind.
    const std::string name = link.name.empty() ? path.substr(path.rfind('/') + 1) + ".debug" : link.name;
    const std::string directory = directory_of(path);
    std::vector<std::string> beside{directory};
    // Below a process's root the kernel's link leads out of it.
    if (std::array<char, PATH_MAX> real; root.empty() && ::realpath(path.c_str(), real.data()) != nullptr)
        if (std::string other = directory_of(real.data()); other != directory) beside.push_back(std::move(other));

    std::vector<Candidate> candidates;
    for (const Directory& extra : directories_) {
        const bool needs_sum = extra.checks_sum;
        for (const std::string& place : beside) {
            const std::string inner = place.substr(std::min(root.size(), place.size()));
            if (!extra.path.starts_with('/')) candidates.push_back({place + extra.path + name, needs_sum});
            if (inner.starts_with('/')) candidates.push_back({extra.path + inner.substr(1) + name, needs_sum});
        }
        candidates.push_back({extra.path + name, needs_sum});
    }
    for (const std::string& place : beside) {
        candidates.push_back({place + ".debug/" + name});
        candidates.push_back({place + name});
        const std::string inner = place.substr(std::min(root.size(), place.size()));
        if (!inner.starts_with('/')) continue;
        candidates.push_back({root + std::string(kUsual) + inner + name});
        if (!root.empty()) candidates.push_back({std::string(kUsual) + inner + name});
    }
    for (Candidate& candidate : candidates) {
        if (candidate.path == path) continue;
        const auto other = open_elf(candidate.path);
        if (!other.ok()) continue;
        // Another version's file may lie there: names prove nothing.
        const auto other_id = build_id_of(other->elf.get());
        if (!build_id.empty() && !other_id.empty()) {
            if (build_id == other_id) return std::move(candidate.path);
        } else if (!candidate.needs_sum || (!link.name.empty() && checksum(other->fd.get()) == link.crc)) {
            return std::move(candidate.path);
        }
    }
    return {};
}

}  // namespace kernel
