#include "runtime/kernel/elf_symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "runtime/base/fd.h"

namespace kernel {
namespace {

struct ElfEnd {
    void operator()(Elf* elf) const { ::elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

base::Error elf_error(const std::string& what) {
    const char* reason = ::elf_errmsg(-1);
    return base::Error{.message = "reading " + what + ": " + (reason ? reason : "not an ELF file"), .errnum = ENOEXEC};
}

bool is_function(const GElf_Sym& symbol) {
    const auto type = GELF_ST_TYPE(symbol.st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
}

std::string debug_file(const std::vector<std::byte>& build_id) {
    if (build_id.size() < 2) return {};
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string path = "/usr/lib/debug/.build-id/";
    for (std::size_t i = 0; i < build_id.size(); i++) {
        const auto byte = std::to_integer<unsigned>(build_id[i]);
        path += kDigits[byte >> 4];
        path += kDigits[byte & 15];
        if (i == 0) path += '/';
    }
    return path + ".debug";
}

}  // namespace

base::Result<ElfSymbols> ElfSymbols::open(const std::string& path) {
    ::elf_version(EV_CURRENT);
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open()) return base::error_from_errno("opening " + path, errno);
    const ElfHandle elf(::elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr));
    ElfSymbols result;
    if (!elf || !result.read(elf.get())) return elf_error(path);
    if (!result.has_symtab_) {
        // A stripped file: its full table may be in the -dbg package's file.
        const base::Fd debug(::open(debug_file(result.build_id_).c_str(), O_RDONLY | O_CLOEXEC));
        if (debug.is_open())
            if (const ElfHandle symbols(::elf_begin(debug.get(), ELF_C_READ_MMAP, nullptr)); symbols)
                result.read_symbols(symbols.get());
    }
    result.finish();
    return result;
}

base::Result<ElfSymbols> ElfSymbols::from_memory(std::span<const std::byte> image) {
    ::elf_version(EV_CURRENT);
    // elf_memory wants to be able to write; it does not unless told to.
    std::vector<char> copy(image.size());
    std::memcpy(copy.data(), image.data(), image.size());
    const ElfHandle elf(::elf_memory(copy.data(), copy.size()));
    ElfSymbols result;
    if (!elf || !result.read(elf.get())) return elf_error("an ELF image");
    result.finish();
    return result;
}

bool ElfSymbols::read(void* handle) {
    auto* elf = static_cast<Elf*>(handle);
    if (::elf_kind(elf) != ELF_K_ELF) return false;
    std::size_t count = 0;
    if (::elf_getphdrnum(elf, &count) != 0) return false;
    for (std::size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (::gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) continue;
        if (header.p_type == PT_LOAD) segments_.push_back({header.p_offset, header.p_vaddr, header.p_filesz});
    }
    read_symbols(elf);
    Elf_Scn* section = nullptr;
    while ((section = ::elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (::gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
        Elf_Data* data = ::elf_getdata(section, nullptr);
        if (data == nullptr) continue;
        GElf_Nhdr note;
        std::size_t at = 0, name_at = 0, text_at = 0;
        while ((at = ::gelf_getnote(data, at, &note, &name_at, &text_at)) > 0) {
            const auto* bytes = static_cast<const std::byte*>(data->d_buf);
            const bool is_gnu = note.n_namesz == 4 && std::memcmp(bytes + name_at, "GNU", 4) == 0;
            if (note.n_type == NT_GNU_BUILD_ID && is_gnu)
                build_id_.assign(bytes + text_at, bytes + text_at + note.n_descsz);
        }
    }
    return true;
}

void ElfSymbols::read_symbols(void* handle) {
    auto* elf = static_cast<Elf*>(handle);
    Elf_Scn* section = nullptr;
    while ((section = ::elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (::gelf_getshdr(section, &header) == nullptr) continue;
        if ((header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) || header.sh_entsize == 0) continue;
        Elf_Data* data = ::elf_getdata(section, nullptr);
        if (data == nullptr) continue;
        has_symtab_ |= header.sh_type == SHT_SYMTAB;
        const auto count = static_cast<int>(data->d_size / header.sh_entsize);
        for (int i = 0; i < count; i++) {
            GElf_Sym symbol;
            if (::gelf_getsym(data, i, &symbol) == nullptr || !is_function(symbol)) continue;
            const char* name = ::elf_strptr(elf, header.sh_link, symbol.st_name);
            if (name == nullptr || *name == '\0') continue;
            const bool is_global = GELF_ST_BIND(symbol.st_info) != STB_LOCAL;
            entries_.push_back({symbol.st_value, symbol.st_size, static_cast<std::uint32_t>(names_.size()), is_global});
            names_ += name;
            names_ += '\0';
        }
    }
}

void ElfSymbols::finish() {
    // At one address the last entry wins: global before local, then the name with fewer leading underscores and the
    // shorter one (read before __GI___libc_read).
    const auto underscores = [&](const Entry& entry) { return std::strspn(names_.c_str() + entry.name, "_"); };
    std::stable_sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) {
        if (a.address != b.address) return a.address < b.address;
        if (a.is_global != b.is_global) return b.is_global;
        if (underscores(a) != underscores(b)) return underscores(a) > underscores(b);
        return std::strlen(names_.c_str() + a.name) > std::strlen(names_.c_str() + b.name);
    });
}

std::optional<std::uint64_t> ElfSymbols::address_of_offset(std::uint64_t file_offset) const {
    for (const Segment& segment : segments_)
        if (file_offset >= segment.offset && file_offset - segment.offset < segment.size)
            return file_offset - segment.offset + segment.address;
    return std::nullopt;
}

std::optional<std::uint64_t> ElfSymbols::offset_of_address(std::uint64_t address) const {
    for (const Segment& segment : segments_)
        if (address >= segment.address && address - segment.address < segment.size)
            return address - segment.address + segment.offset;
    return std::nullopt;
}

std::optional<ElfFunction> ElfSymbols::find(std::uint64_t address) const {
    const auto next = std::upper_bound(entries_.begin(), entries_.end(), address,
                                       [](std::uint64_t wanted, const Entry& entry) { return wanted < entry.address; });
    if (next == entries_.begin()) return std::nullopt;
    const Entry& entry = *(next - 1);
    // Hand-written assembly often has size 0: then it reaches up to the next function.
    if (entry.size != 0 && address - entry.address >= entry.size) return std::nullopt;
    return function(entry);
}

std::optional<ElfFunction> ElfSymbols::find(std::string_view name) const {
    for (const Entry& entry : entries_)
        if (name == names_.c_str() + entry.name) return function(entry);
    return std::nullopt;
}

std::vector<ElfFunction> ElfSymbols::functions() const {
    std::vector<ElfFunction> result;
    result.reserve(entries_.size());
    for (const Entry& entry : entries_)
        result.push_back(function(entry));
    return result;
}

}  // namespace kernel
