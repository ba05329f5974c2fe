#include "runtime/kernel/elf_handle.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace kernel {
namespace {

constexpr std::string_view kDebugRoot = "/usr/lib/debug";

/// The checksum that .gnu_debuglink carries: CRC-32 as in zlib and Ethernet.
std::uint32_t checksum(int fd) {
    static constexpr auto kTable = [] {
        std::array<std::uint32_t, 256> table{};
        for (std::uint32_t i = 0; i < table.size(); i++) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? (value >> 1) ^ 0xedb88320u : value >> 1;
            table[i] = value;
        }
        return table;
    }();
    std::uint32_t crc = 0xffffffffu;
    std::vector<unsigned char> block(64 * 1024);
    for (off_t at = 0;;) {
        const ssize_t got = ::pread(fd, block.data(), block.size(), at);
        if (got <= 0) break;
        at += got;
        for (ssize_t i = 0; i < got; i++)
            crc = kTable[(crc ^ block[static_cast<std::size_t>(i)]) & 0xff] ^ (crc >> 8);
    }
    return ~crc;
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

std::string build_id_path(std::span<const std::byte> build_id) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string path(kDebugRoot);
    path += "/.build-id/";
    for (std::size_t i = 0; i < build_id.size(); i++) {
        const auto byte = std::to_integer<unsigned>(build_id[i]);
        path += kDigits[byte >> 4];
        path += kDigits[byte & 15];
        if (i == 0) path += '/';
    }
    return path + ".debug";
}

/// "/proc/12/root" of "/proc/12/root/usr/bin/app", else "".
std::string root_of(const std::string& path) {
    static constexpr std::string_view kProc = "/proc/", kRoot = "/root/";
    if (!path.starts_with(kProc)) return {};
    const std::size_t end = path.find('/', kProc.size());
    if (end == std::string::npos || path.compare(end, kRoot.size(), kRoot) != 0) return {};
    return path.substr(0, end + kRoot.size() - 1);
}

}  // namespace

base::Error elf_error(const std::string& what) {
    const char* reason = ::elf_errmsg(-1);
    return base::Error{.message = "reading " + what + ": " + (reason != nullptr ? reason : "not an ELF file"),
                       .errnum = ENOEXEC};
}

base::Result<OpenElf> open_elf(const std::string& path) {
    ::elf_version(EV_CURRENT);
    OpenElf result;
    result.fd = base::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!result.fd.is_open()) return base::error_from_errno("opening " + path, errno);
    result.elf.reset(::elf_begin(result.fd.get(), ELF_C_READ_MMAP, nullptr));
    if (!result.elf || ::elf_kind(result.elf.get()) != ELF_K_ELF) return elf_error(path);
    return result;
}

ElfHandle elf_of(std::span<char> image) {
    ::elf_version(EV_CURRENT);
    ElfHandle elf(::elf_memory(image.data(), image.size()));
    if (elf && ::elf_kind(elf.get()) != ELF_K_ELF) elf.reset();
    return elf;
}

Elf_Scn* find_section(Elf* elf, std::string_view name, GElf_Shdr* header) {
    std::size_t names = 0;
    if (::elf_getshdrstrndx(elf, &names) != 0) return nullptr;
    Elf_Scn* section = nullptr;
    while ((section = ::elf_nextscn(elf, section)) != nullptr) {
        if (::gelf_getshdr(section, header) == nullptr) continue;
        const char* text = ::elf_strptr(elf, names, header->sh_name);
        if (text != nullptr && name == text) return section;
    }
    return nullptr;
}

std::vector<std::byte> build_id_of(Elf* elf) {
    Elf_Scn* section = nullptr;
    while ((section = ::elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (::gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
        Elf_Data* data = ::elf_getdata(section, nullptr);
        if (data == nullptr || data->d_buf == nullptr) continue;
        GElf_Nhdr note;
        std::size_t at = 0, name_at = 0, text_at = 0;
        while ((at = ::gelf_getnote(data, at, &note, &name_at, &text_at)) > 0) {
            const auto* bytes = static_cast<const std::byte*>(data->d_buf);
            if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4) continue;
            if (std::memcmp(bytes + name_at, "GNU", 4) == 0) return {bytes + text_at, bytes + text_at + note.n_descsz};
        }
    }
    return {};
}

std::string find_debug_file(const std::string& path, Elf* elf) {
    const std::string root = root_of(path);
    const auto build_id = build_id_of(elf);
    if (build_id.size() >= 2) {
        const std::string name = build_id_path(build_id);
        if (!root.empty() && ::access((root + name).c_str(), R_OK) == 0) return root + name;
        if (::access(name.c_str(), R_OK) == 0) return name;
    }
    const DebugLink link = debug_link(elf);
    if (link.name.empty() || link.name.find('/') != std::string::npos) return {};
    const std::string inner = path.substr(root.size());
    const std::string directory = inner.substr(0, inner.rfind('/') + 1);
    std::vector<std::string> candidates{root + directory + ".debug/" + link.name, root + directory + link.name};
    if (directory.starts_with('/')) {
        candidates.push_back(root + std::string(kDebugRoot) + directory + link.name);
        if (!root.empty()) candidates.push_back(std::string(kDebugRoot) + directory + link.name);
    }
    for (const std::string& candidate : candidates) {
        if (candidate == path) continue;
        auto other = open_elf(candidate);
        if (!other.ok()) continue;
        // Another version's file may lie there: names prove nothing.
        const auto other_id = build_id_of(other->elf.get());
        const bool is_same =
            !build_id.empty() && !other_id.empty() ? build_id == other_id : checksum(other->fd.get()) == link.crc;
        if (is_same) return candidate;
    }
    return {};
}

}  // namespace kernel
