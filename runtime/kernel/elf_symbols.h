// kernel::ElfSymbols: the functions of one ELF file by address and by name, for symbolizing and for uprobes. Reads
// .symtab and .dynsym, and for stripped files the separate debug file or the packed table inside (.gnu_debugdata);
// keeps names and addresses, not the file. Knows no process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/kernel/debug_files.h"

namespace kernel {

struct ElfFunction {
    std::uint64_t address = 0;  ///< virtual address as the file says it
    std::uint64_t size = 0;
    std::string_view name;
    bool is_global = false;
};

/// Any named place of a file: a function or a variable.
struct ElfObject {
    std::uint64_t address = 0, size = 0;
};

class ElfSymbols {
  public:
    [[nodiscard]] static base::Result<ElfSymbols> open(const std::string& path, const DebugFiles& debug_files = {});
    /// An image in memory (the vDSO).
    [[nodiscard]] static base::Result<ElfSymbols> from_memory(std::span<const std::byte> image);

    /// Virtual address of a byte of the file; no value: in no loaded segment. Of a member of an archive the file is the
    /// archive: that is what is mapped and attached to.
    [[nodiscard]] std::optional<std::uint64_t> address_of_offset(std::uint64_t file_offset) const;
    [[nodiscard]] std::optional<std::uint64_t> offset_of_address(std::uint64_t address) const;
    /// Lies in a segment that is mapped for execution.
    [[nodiscard]] bool is_code(std::uint64_t address) const;
    /// The function an address lies in.
    [[nodiscard]] std::optional<ElfFunction> find(std::uint64_t address) const;
    /// Of several static functions of one name the one with the lowest address.
    [[nodiscard]] std::optional<ElfFunction> find(std::string_view name) const;
    /// Sorted by address.
    [[nodiscard]] std::vector<ElfFunction> functions() const;
    /// Where in the file the image begins: 0, but for members of archives.
    [[nodiscard]] std::uint64_t begin() const { return begin_; }
    [[nodiscard]] const std::vector<std::byte>& build_id() const { return build_id_; }

  private:
    struct Segment {
        std::uint64_t offset, address, size;
        bool is_code;
    };
    struct Entry {
        std::uint64_t address, size;
        std::uint32_t name;
        bool is_global;
    };
    bool read(void* elf);  ///< Elf*; false: not an ELF image
    void read_symbols(void* elf);
    void finish();
    [[nodiscard]] ElfFunction function(const Entry& entry) const {
        return {entry.address, entry.size, std::string_view(names_.c_str() + entry.name), entry.is_global};
    }

    std::vector<Segment> segments_;
    std::vector<Entry> entries_;
    std::string names_;
    std::vector<std::byte> build_id_;
    std::uint64_t begin_ = 0;
    bool has_symtab_ = false;
};

/// A function or variable by name; variables are looked up rarely, so nobody keeps them. Error with ENOENT: not there.
[[nodiscard]] base::Result<ElfObject> find_object(const std::string& path, std::string_view name,
                                                  const DebugFiles& debug_files = {});

/// At most `size` bytes of the file (of the archive, of a member of one); none if it cannot be read.
[[nodiscard]] std::vector<std::byte> file_bytes(const std::string& path, std::uint64_t offset, std::size_t size);

}  // namespace kernel
