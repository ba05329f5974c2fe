#include "runtime/kernel/btf_bytes.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/base/fd.h"
#include "runtime/kernel/files.h"

namespace kernel {
namespace {

constexpr unsigned char kMagic[2] = {0x9f, 0xeb};  // little-endian 0xeb9f

bool is_btf(std::span<const std::byte> bytes) {
    return bytes.size() > 24 && std::memcmp(bytes.data(), kMagic, sizeof kMagic) == 0;
}

/// Bytes of the .BTF section, copied.
std::string btf_section(int fd) {
    ::elf_version(EV_CURRENT);
    std::string result;
    Elf* elf = ::elf_begin(fd, ELF_C_READ_MMAP, nullptr);
    std::size_t names = 0;
    if (elf != nullptr && ::elf_kind(elf) == ELF_K_ELF && ::elf_getshdrstrndx(elf, &names) == 0) {
        Elf_Scn* section = nullptr;
        while ((section = ::elf_nextscn(elf, section)) != nullptr) {
            GElf_Shdr header;
            if (::gelf_getshdr(section, &header) == nullptr) continue;
            const char* name = ::elf_strptr(elf, names, header.sh_name);
            if (name == nullptr || std::strcmp(name, ".BTF") != 0) continue;
            if (const Elf_Data* data = ::elf_getdata(section, nullptr); data != nullptr && data->d_buf != nullptr)
                result.assign(static_cast<const char*>(data->d_buf), data->d_size);
            break;
        }
    }
    if (elf != nullptr) ::elf_end(elf);
    return result;
}

}  // namespace

base::Result<BtfBytes> BtfBytes::open(const std::string& path) {
    BtfBytes result;
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open()) return base::error_from_errno("opening " + path, errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) == 0 && status.st_size > 0) {
        // sysfs can map it since 6.16; a file always.
        const auto size = static_cast<std::size_t>(status.st_size);
        void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
        if (mapped != MAP_FAILED) {
            result.mapped_ = mapped;
            result.mapped_size_ = size;
            result.bytes_ = {static_cast<const std::byte*>(mapped), size};
        }
    }
    if (result.mapped_ == nullptr) {
        auto text = read_text(path);
        if (!text.ok()) return text.take_error();
        result.read_ = std::move(*text);
        result.bytes_ = std::as_bytes(std::span(result.read_));
    }
    if (!is_btf(result.bytes_)) {
        result.unmap();
        result.read_ = btf_section(fd.get());
        result.bytes_ = std::as_bytes(std::span(result.read_));
        if (!is_btf(result.bytes_)) return base::Error{.message = "no BTF in " + path, .errnum = ENOEXEC};
    }
    return result;
}

BtfBytes::BtfBytes(BtfBytes&& other) noexcept {
    *this = std::move(other);
}

BtfBytes& BtfBytes::operator=(BtfBytes&& other) noexcept {
    if (this == &other) return *this;
    unmap();
    mapped_ = std::exchange(other.mapped_, nullptr);
    mapped_size_ = std::exchange(other.mapped_size_, 0);
    read_ = std::move(other.read_);
    bytes_ = mapped_ != nullptr ? other.bytes_ : std::as_bytes(std::span(read_));
    other.bytes_ = {};
    return *this;
}

BtfBytes::~BtfBytes() {
    unmap();
}

void BtfBytes::unmap() {
    if (mapped_ != nullptr) ::munmap(std::exchange(mapped_, nullptr), mapped_size_);
}

}  // namespace kernel
