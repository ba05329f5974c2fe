#include "runtime/kernel/elf_symbols.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/base/fd.h"
#include "runtime/kernel/elf_handle.h"
#include "runtime/kernel/zip_member.h"

namespace kernel {
namespace {

bool is_function(const GElf_Sym& symbol) {
    const auto type = GELF_ST_TYPE(symbol.st_info);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
}

std::optional<ElfObject> object_in(Elf* elf, std::string_view wanted) {
    Elf_Scn* section = nullptr;
    while ((section = ::elf_nextscn(elf, section)) != nullptr) {
        GElf_Shdr header;
        if (::gelf_getshdr(section, &header) == nullptr || header.sh_entsize == 0) continue;
        if (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) continue;
        Elf_Data* data = ::elf_getdata(section, nullptr);
        const auto count = data == nullptr ? 0 : static_cast<int>(data->d_size / header.sh_entsize);
        for (int i = 0; i < count; i++) {
            GElf_Sym symbol;
            if (::gelf_getsym(data, i, &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF) continue;
            const auto type = GELF_ST_TYPE(symbol.st_info);
            // A thread-local variable's value is no address, a section or file is nothing a script means.
            if (type == STT_TLS || type == STT_SECTION || type == STT_FILE || symbol.st_value == 0) continue;
            const char* text = ::elf_strptr(elf, header.sh_link, symbol.st_name);
            if (text != nullptr && wanted == text) return ElfObject{symbol.st_value, symbol.st_size};
        }
    }
    return std::nullopt;
}

}  // namespace

base::Result<ElfSymbols> ElfSymbols::open(const std::string& path, const DebugFiles& debug_files) {
    auto file = open_elf(path);
    if (!file.ok()) return file.take_error();
    ElfSymbols result;
    result.begin_ = file->begin;
    if (!result.read(file->elf.get())) return elf_error(path);
    if (!result.has_symtab_) {
        // A stripped file: its full table may be in the -dbg package's file.
        const std::string debug = debug_files.find(path, file->elf.get());
        if (!debug.empty())
            if (const auto other = open_elf(debug); other.ok()) result.read_symbols(other->elf.get());
        if (!result.has_symtab_)
            if (const auto packed = open_mini_debug_info(file->elf.get())) result.read_symbols(packed->elf.get());
    }
    result.finish();
    return result;
}

base::Result<ElfSymbols> ElfSymbols::from_memory(std::span<const std::byte> image) {
    // libelf wants to be able to write; it does not unless told to.
    std::vector<char> copy(image.size());
    if (!image.empty()) std::memcpy(copy.data(), image.data(), image.size());
    const ElfHandle elf = elf_of(copy);
    ElfSymbols result;
    if (!elf || !result.read(elf.get())) return elf_error("an ELF image");
    result.finish();
    return result;
}

bool ElfSymbols::read(void* handle) {
    auto* elf = static_cast<Elf*>(handle);
    std::size_t count = 0;
    if (::elf_getphdrnum(elf, &count) != 0) return false;
    for (std::size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (::gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) continue;
        if (header.p_type == PT_LOAD)
            segments_.push_back(
                {begin_ + header.p_offset, header.p_vaddr, header.p_filesz, (header.p_flags & PF_X) != 0});
    }
    read_symbols(elf);
    build_id_ = build_id_of(elf);
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
            // "read@@GLIBC_2.2.5": who asks for the function leaves the version out.
            const std::size_t length = name == nullptr ? 0 : std::strcspn(name, "@");
            if (length == 0) continue;
            const bool is_global = GELF_ST_BIND(symbol.st_info) != STB_LOCAL;
            entries_.push_back({symbol.st_value, symbol.st_size, static_cast<std::uint32_t>(names_.size()), is_global});
            names_.append(name, length);
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

bool ElfSymbols::is_code(std::uint64_t address) const {
    return std::any_of(segments_.begin(), segments_.end(), [address](const Segment& segment) {
        return segment.is_code && address >= segment.address && address - segment.address < segment.size;
    });
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

base::Result<ElfObject> find_object(const std::string& path, std::string_view name, const DebugFiles& debug_files) {
    auto file = open_elf(path);
    if (!file.ok()) return file.take_error();
    if (const auto found = object_in(file->elf.get(), name)) return *found;
    if (const std::string debug = debug_files.find(path, file->elf.get()); !debug.empty())
        if (const auto other = open_elf(debug); other.ok())
            if (const auto found = object_in(other->elf.get(), name)) return *found;
    if (const auto packed = open_mini_debug_info(file->elf.get()))
        if (const auto found = object_in(packed->elf.get(), name)) return *found;
    return base::Error{.message = "no symbol " + std::string(name) + " in " + path, .errnum = ENOENT};
}

std::vector<std::byte> file_bytes(const std::string& path, std::uint64_t offset, std::size_t size) {
    const base::Fd fd(::open(file_of(path).c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<std::byte> bytes(size);
    const ssize_t got = fd.is_open() ? ::pread(fd.get(), bytes.data(), size, static_cast<off_t>(offset)) : -1;
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return bytes;
}

}  // namespace kernel
