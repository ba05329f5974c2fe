// kernel::Symbolizer: addresses of user space → symbols. Remembers the mappings of every process it was asked about
// while that one was alive, those of all that start once it watches, and each file's symbols once, so that stacks of
// processes that are gone, of libraries that were unloaded and of programs from before an exec still get names. Given
// to RealKernel. Names are as the file has them; demangling is the formatter's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/kernel/elf_symbols.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/kernel/mapping_events.h"
#include "runtime/kernel/processes.h"

namespace kernel {

class Symbolizer {
  public:
    explicit Symbolizer(DebugFiles debug_files = {}) : debug_files_(std::move(debug_files)) {}

    Symbol find(std::uint32_t pid, std::uint64_t address);
    std::optional<FilePlace> file_place(std::uint32_t pid, std::uint64_t address);
    /// The file mapped at an address, by a path that opens it from here, and the virtual address in it.
    struct Location {
        std::string path;
        std::uint64_t address = 0;
    };
    std::optional<Location> locate(std::uint32_t pid, std::uint64_t address);
    /// Reads a process's mappings now if they are not known yet: it may be gone when its stack is printed.
    void remember(std::uint32_t pid);
    /// The same for every process there is, until a tenth of a second is over.
    void remember_all();
    /// From now on learns of every process's mappings when they are made. Where that is not allowed, only /proc tells.
    void watch(std::span<const int> cpus);
    /// A file's functions; read once.
    base::Result<std::shared_ptr<const ElfSymbols>> symbols(const std::string& path);
    /// A file's DWARF; opened once, whatever paths lead to it.
    base::Result<std::shared_ptr<const DebugInfo>> debug_info(const std::string& path);

  private:
    /// A file by what it is, not by what it is called: containers have many /lib/libc.so.6.
    struct FileId {
        std::uint64_t device, inode;
        std::int64_t changed_ns;
        std::string member;  ///< of an archive; usually empty
        auto operator<=>(const FileId&) const = default;
    };
    struct File {
        std::shared_ptr<const ElfSymbols> symbols;  ///< null: it cannot be read
        std::string path;                           ///< what it was opened by
    };
    struct Process {
        std::vector<Mapping> mappings;  ///< by address; also what was unmapped since, where nothing else lies now
        std::vector<Mapping> earlier;   ///< of the programs it was before it called exec
        std::uint32_t parent = 0;       ///< whose mappings it has, if these were not known when it was forked
        /// By path in this process's view and offset of the mapping: a file may be an archive of several libraries.
        std::map<std::pair<std::string, std::uint64_t>, File> files;
        std::int64_t read_ns = 0;  ///< when /proc/PID/maps was last read
        bool has_jit_file_read = false;
        std::map<std::uint64_t, std::pair<std::uint64_t, std::string>> jit;  ///< start → size, name
    };

    static base::Result<FileId> identify(const std::string& path);
    Process& process(std::uint32_t pid);
    const Mapping* mapping(std::uint32_t pid, std::uint64_t address);
    bool read_mappings(std::uint32_t pid);
    void take_events();
    std::vector<std::string> paths_of(std::uint32_t pid, const Mapping& mapping) const;
    const File& file(std::uint32_t pid, const Mapping& mapping);
    std::shared_ptr<const ElfSymbols> vdso();
    Symbol find_jit(std::uint32_t pid, std::uint64_t address);

    DebugFiles debug_files_;
    std::unordered_map<std::uint32_t, Process> processes_;
    std::map<FileId, std::shared_ptr<const ElfSymbols>> files_;
    std::map<FileId, base::Result<std::shared_ptr<const DebugInfo>>> debug_infos_;
    std::optional<MappingEvents> events_;
    std::shared_ptr<const ElfSymbols> vdso_;
    bool has_vdso_read_ = false;
};

}  // namespace kernel
