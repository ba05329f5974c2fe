#include "runtime/kernel/elf_handle.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/kernel/zip_member.h"

namespace kernel {

base::Error elf_error(const std::string& what) {
    const char* reason = ::elf_errmsg(-1);
    return base::Error{.message = "reading " + what + ": " + (reason != nullptr ? reason : "not an ELF file"),
                       .errnum = ENOEXEC};
}

namespace {

base::Result<OpenElf> open_member(const MemberPath& path) {
    auto member = find_zip_member(path.archive, path.member);
    if (!member.ok()) return member.take_error();
    OpenElf result;
    result.begin = member->begin;
    result.fd = base::Fd(::open(path.archive.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!result.fd.is_open() || ::fstat(result.fd.get(), &status) != 0)
        return base::error_from_errno("opening " + path.archive, errno);
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t length = member->size;
    // Libraries are mapped from where they lie: linkers want them at the beginning of a page, and so do we.
    if (member->begin % page != 0 || length == 0 ||
        member->begin + length > static_cast<std::uint64_t>(status.st_size)) {
        return base::Error{.message = path.member + " does not begin at a page of " + path.archive,
                           .errnum = ENOEXEC,
                           .hint = "a program cannot run it from there"};
    }
    // libelf wants to be able to write; it does not unless told to.
    void* memory = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, result.fd.get(),
                          static_cast<off_t>(member->begin));
    if (memory == MAP_FAILED) return base::error_from_errno("mapping " + path.archive, errno);
    result.memory = std::shared_ptr<void>(memory, [length](void* begin) { ::munmap(begin, length); });
    result.elf = elf_of({static_cast<char*>(memory), length});
    if (!result.elf) return elf_error(path.member);
    return result;
}

bool write_all(int fd, const char* bytes, std::size_t size) {
    for (std::size_t at = 0; at < size;) {
        const ssize_t written = ::write(fd, bytes + at, size - at);
        if (written <= 0) return false;
        at += static_cast<std::size_t>(written);
    }
    return true;
}

/// libdw unpacks whole files, without end if somebody made them so: a process of its own does it, for a second at most.
bool unpack(int packed, int unpacked) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit second{1, 1};
        ::setrlimit(RLIMIT_CPU, &second);
        Elf* inner = ::dwelf_elf_begin(packed);
        std::size_t size = 0;
        const char* image = inner == nullptr ? nullptr : ::elf_rawfile(inner, &size);
        ::_exit(image != nullptr && write_all(unpacked, image, size) ? 0 : 1);
    }
    int status = -1;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status == 0;
}

}  // namespace

base::Result<OpenElf> open_elf(const std::string& path) {
    if (const auto member = member_path(path)) return open_member(*member);
    ::elf_version(EV_CURRENT);
    OpenElf result;
    result.fd = base::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!result.fd.is_open()) return base::error_from_errno("opening " + path, errno);
    result.elf.reset(::elf_begin(result.fd.get(), ELF_C_READ_MMAP, nullptr));
    if (!result.elf || ::elf_kind(result.elf.get()) != ELF_K_ELF) return elf_error(path);
    return result;
}

std::optional<OpenElf> open_mini_debug_info(Elf* elf) {
    // Libraries of tens of megabytes have some hundred kilobytes of it.
    constexpr std::size_t kMostBytes = 16 << 20;
    GElf_Shdr header;
    Elf_Scn* section = find_section(elf, ".gnu_debugdata", &header);
    const Elf_Data* data = section == nullptr ? nullptr : ::elf_rawdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr || data->d_size > kMostBytes) return std::nullopt;
    const base::Fd packed(::memfd_create("packed", MFD_CLOEXEC));
    OpenElf result;
    result.fd = base::Fd(::memfd_create("unpacked", MFD_CLOEXEC));
    if (!packed.is_open() || !result.fd.is_open()) return std::nullopt;
    if (!write_all(packed.get(), static_cast<const char*>(data->d_buf), data->d_size)) return std::nullopt;
    if (!unpack(packed.get(), result.fd.get())) return std::nullopt;
    result.elf.reset(::elf_begin(result.fd.get(), ELF_C_READ_MMAP, nullptr));
    if (!result.elf || ::elf_kind(result.elf.get()) != ELF_K_ELF) return std::nullopt;
    return result;
}

ElfHandle elf_of(std::span<char> image) {
    ::elf_version(EV_CURRENT);
    ElfHandle elf(::elf_memory(image.data(), image.size()));
    if (elf && ::elf_kind(elf.get()) != ELF_K_ELF) elf.reset();
    return elf;
}

namespace {

/// Bytes that a section says it unpacks to; nothing: it is not compressed.
std::optional<std::uint64_t> unpacked_size(Elf_Scn* section, const GElf_Shdr& header, std::string_view name) {
    if ((header.sh_flags & SHF_COMPRESSED) != 0) {
        GElf_Chdr compression;
        if (::gelf_getchdr(section, &compression) == nullptr) return std::nullopt;
        return compression.ch_size;
    }
    // The elder way: the name says it, and the contents begin with "ZLIB" and eight bytes, the highest first.
    if (!name.starts_with(".zdebug") || header.sh_type == SHT_NOBITS) return std::nullopt;
    const Elf_Data* data = ::elf_rawdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr || data->d_size < 12) return std::nullopt;
    const auto* bytes = static_cast<const unsigned char*>(data->d_buf);
    std::uint64_t size = 0;
    for (std::size_t i = 4; i < 12; i++)
        size = size << 8 | bytes[i];
    return size;
}

}  // namespace

std::optional<std::string> refuse_to_unpack(Elf* elf) {
    // Debug information shrinks to a third or a fifth, its texts to a tenth; browsers have a gigabyte of it.
    constexpr std::uint64_t kMostTimes = 64, kSmall = 1 << 20, kMostBytes = std::uint64_t{2} << 30;
    std::size_t names = 0;
    if (::elf_getshdrstrndx(elf, &names) != 0) return std::nullopt;
    std::uint64_t all = 0;
    Elf_Scn* section = nullptr;
    while ((section = ::elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (::gelf_getshdr(section, &header) == nullptr) continue;
        const char* name = ::elf_strptr(elf, names, header.sh_name);
        const auto size = unpacked_size(section, header, name == nullptr ? "" : name);
        if (!size) continue;
        if (*size > kSmall && *size / kMostTimes > header.sh_size)
            return "section " + std::string(name == nullptr ? "?" : name) + " of " + std::to_string(header.sh_size) +
                   " bytes says that it unpacks to " + std::to_string(*size);
        all += *size;
        if (*size > kMostBytes || all > kMostBytes) return "it would take more than two gigabytes of memory";
    }
    return std::nullopt;
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

}  // namespace kernel
