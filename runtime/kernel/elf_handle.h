// kernel elf_handle: an open ELF file of libelf that closes itself, and what several readers want of one. Private to
// this folder: its headers do not include this one.
#pragma once

#include <gelf.h>
#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace kernel {

struct ElfEnd {
    void operator()(Elf* elf) const { ::elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

/// Descriptor and memory must stay as long as the handle.
struct OpenElf {
    base::Fd fd;
    std::shared_ptr<void> memory;  ///< the image, where it is not the whole file
    ElfHandle elf;
    std::uint64_t begin = 0;  ///< of the image in the file: not 0 for a member of an archive
};

/// By path, also of a member of an archive (zip_member.h). Error: cannot be opened, or not an ELF file.
[[nodiscard]] base::Result<OpenElf> open_elf(const std::string& path);
/// The packed symbol table that some distributions leave in stripped programs (.gnu_debugdata).
[[nodiscard]] std::optional<OpenElf> open_mini_debug_info(Elf* elf);
/// Of bytes in memory, which must outlive it. nullptr: not an ELF file.
[[nodiscard]] ElfHandle elf_of(std::span<char> image);
[[nodiscard]] base::Error elf_error(const std::string& what);

/// What is wrong with the compressed sections of debug information, which libdw unpacks all at once and as large as
/// they say they are. Nothing: they may be unpacked.
[[nodiscard]] std::optional<std::string> refuse_to_unpack(Elf* elf);
/// First section of this name and its header; nullptr: none.
[[nodiscard]] Elf_Scn* find_section(Elf* elf, std::string_view name, GElf_Shdr* header);
/// Of the NT_GNU_BUILD_ID note; empty: none.
[[nodiscard]] std::vector<std::byte> build_id_of(Elf* elf);

}  // namespace kernel
