// kernel elf_handle: an open ELF file of libelf that closes itself, and where its other half lies: distributions strip
// symbols and DWARF off into files of their own. Private to this folder: its headers do not include this one.
#pragma once

#include <gelf.h>
#include <libelf.h>

#include <cstddef>
#include <memory>
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

/// The descriptor must stay open as long as the handle.
struct OpenElf {
    base::Fd fd;
    ElfHandle elf;
};

/// Error: cannot be opened, or not an ELF file.
[[nodiscard]] base::Result<OpenElf> open_elf(const std::string& path);
/// Of bytes in memory, which must outlive it. nullptr: not an ELF file.
[[nodiscard]] ElfHandle elf_of(std::span<char> image);
[[nodiscard]] base::Error elf_error(const std::string& what);

/// First section of this name and its header; nullptr: none.
[[nodiscard]] Elf_Scn* find_section(Elf* elf, std::string_view name, GElf_Shdr* header);
/// Of the NT_GNU_BUILD_ID note; empty: none.
[[nodiscard]] std::vector<std::byte> build_id_of(Elf* elf);

/// The file with what was stripped from `elf`, which came from `path`: by build id, else by .gnu_debuglink, below the
/// process's root that `path` goes through (/proc/PID/root/...) and below ours. Empty: there is none.
[[nodiscard]] std::string find_debug_file(const std::string& path, Elf* elf);

}  // namespace kernel
