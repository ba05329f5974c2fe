// kernel::KernelView: the door to everything a kernel *knows*, read-only. RealKernel answers from /sys and /proc,
// tests bring a FakeKernel, a later milestone one that answers from a recording: nothing above may assume a live
// kernel. Any answer may be an Error meaning "unknown here".
//
// Taken by src/check, src/driver (through runtime/probes) and runtime/format (symbols, names, clocks). Must not know
// probes or the tracer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/features.h"

namespace kernel {

class Btf;
class ElfSymbols;
struct ElfObject;
class DebugInfo;

/// A traceable function; module is "vmlinux" for the kernel itself.
struct FunctionName {
    std::string name, module;
};

/// Where an address lies. name empty = unknown.
struct Symbol {
    std::string name;
    std::uint64_t offset = 0;  ///< address - start of symbol
    std::string module;        ///< kernel module ("" = the kernel itself) or path of the mapped file
};

/// Where an address lies in the file mapped there.
struct FilePlace {
    std::vector<std::byte> build_id;  ///< of the file's NT_GNU_BUILD_ID note
    std::uint64_t offset = 0;         ///< in the file
};

/// Where in a program's source an address is. Code that was put into its caller has several frames, innermost first.
struct SourceFrame {
    std::string function;  ///< of inlined code; empty: the function that the symbol names
    std::string file;
    std::uint32_t line = 0;
};

class KernelView {
  public:
    virtual ~KernelView() = default;

    // -- tracefs
    /// Every "category:event", sorted by byte; read from the events directory (mounted if it is not and we may).
    [[nodiscard]] virtual base::Result<std::vector<std::string>> tracepoints() const = 0;
    /// The text of one format file; Error with errnum ENOENT if there is no such event.
    [[nodiscard]] virtual base::Result<std::string> tracepoint_format(std::string_view category,
                                                                      std::string_view event) const = 0;
    /// perf's id of the event (file `id`).
    [[nodiscard]] virtual base::Result<std::uint64_t> tracepoint_id(std::string_view category,
                                                                    std::string_view event) const = 0;

    // -- functions and symbols
    /// Sorted by name and module; a name that several functions have stands there several times. Lives as long as the
    /// view.
    [[nodiscard]] virtual base::Result<std::span<const FunctionName>> traceable_functions() const = 0;
    [[nodiscard]] virtual std::optional<std::uint64_t> symbol_address(std::string_view name) const = 0;
    /// Of every function of this name: of the kernel ("vmlinux") or the module, or of all if module is empty.
    [[nodiscard]] virtual std::vector<std::uint64_t> function_addresses(std::string_view module,
                                                                        std::string_view name) const = 0;
    /// Names that several functions of the kernel or of one module have; sorted by name and module.
    [[nodiscard]] virtual std::vector<FunctionName> shared_names() const = 0;
    [[nodiscard]] virtual Symbol kernel_symbol(std::uint64_t address) const = 0;
    /// After one of these two was asked: why the kernel tells no address at all, and what to do about it. Nothing: it
    /// does, or nobody asked.
    [[nodiscard]] virtual std::optional<base::Error> why_nameless() const { return std::nullopt; }
    /// In the process pid (tgid, initial namespace), or as last remembered if it is gone.
    [[nodiscard]] virtual Symbol user_symbol(std::uint32_t pid, std::uint64_t address) const = 0;

    /// From now on user_symbol also knows processes that start and are gone before it is asked; `now`: look at this one
    /// at once (-p, which may end before its first stack is printed).
    virtual void watch_processes(std::optional<std::uint32_t> now) const { static_cast<void>(now); }
    /// Looks at every process that runs now, as far as that is a matter of moments: they may be gone when a map is
    /// shown.
    virtual void remember_processes() const {}
    /// Of the file mapped at address in process pid; nothing if the file has no build id or the process is gone.
    [[nodiscard]] virtual std::optional<FilePlace> file_place(std::uint32_t pid, std::uint64_t address) const {
        static_cast<void>(pid);
        static_cast<void>(address);
        return std::nullopt;
    }

    /// By the debug information of the file mapped at address in process pid; empty: it has none.
    [[nodiscard]] virtual std::vector<SourceFrame> source_frames(std::uint32_t pid, std::uint64_t address) const {
        static_cast<void>(pid);
        static_cast<void>(address);
        return {};
    }

    // -- programs and libraries of user space, by path
    /// Functions; read once.
    [[nodiscard]] virtual base::Result<std::shared_ptr<const ElfSymbols>> elf_symbols(const std::string& path) const;
    /// A function or variable; error with ENOENT: not there.
    [[nodiscard]] virtual base::Result<ElfObject> elf_object(const std::string& path, std::string_view name) const;
    /// DWARF, of the file or of its separate debug file; opened once. Error: it has none.
    [[nodiscard]] virtual base::Result<std::shared_ptr<const DebugInfo>> debug_info(const std::string& path) const;

    // -- types
    /// vmlinux BTF, mapped lazily; lives as long as the view.
    [[nodiscard]] virtual base::Result<std::span<const std::byte>> btf() const = 0;
    /// Loaded modules that have BTF of their own, sorted.
    [[nodiscard]] virtual std::vector<std::string> btf_modules() const { return {}; }
    /// A module's BTF: split, its types and strings number on from vmlinux's. Lives as long as the view.
    [[nodiscard]] virtual base::Result<std::span<const std::byte>> module_btf(std::string_view module) const;
    /// The types of "vmlinux" or of a module, read once; null: there are none. Lives as long as the view.
    [[nodiscard]] const Btf* types(std::string_view module = "vmlinux") const;

    // -- machine
    [[nodiscard]] virtual std::vector<int> online_cpus() const = 0;
    [[nodiscard]] virtual unsigned possible_cpus() const = 0;
    [[nodiscard]] virtual program::FeatureSet features() const = 0;
    /// One of them, without finding out about the others.
    [[nodiscard]] virtual bool has(program::Feature feature) const { return features().has(feature); }
    /// Nanoseconds to add to CLOCK_BOOTTIME / CLOCK_TAI to get wall-clock time.
    [[nodiscard]] virtual std::int64_t boot_to_wall_ns() const = 0;
    [[nodiscard]] virtual std::int64_t tai_to_wall_ns() const = 0;
    /// Now, wall clock, ns since 1970.
    [[nodiscard]] virtual std::int64_t wall_now_ns() const = 0;
    [[nodiscard]] virtual std::string release() const = 0;

    // -- users, control groups, processes
    [[nodiscard]] virtual std::optional<std::string> user_name(std::uint32_t uid) const = 0;
    [[nodiscard]] virtual base::Result<std::uint64_t> cgroup_id(std::string_view path) const = 0;
    /// "hierarchy:path" of every mounted hierarchy whose name matches the glob filter ("" = all).
    [[nodiscard]] virtual std::vector<std::string> cgroup_paths(std::uint64_t id, std::string_view filter) const = 0;
    /// A process's executable, "/proc/PID/root"-free; Error if there is no such process.
    [[nodiscard]] virtual base::Result<std::string> executable(int pid) const = 0;
    /// Whole file by path (ELF images, headers).
    [[nodiscard]] virtual base::Result<std::string> read_file(const std::string& path) const = 0;

  private:
    mutable std::map<std::string, std::shared_ptr<const Btf>, std::less<>> types_;  ///< by module; null: asked in vain
};

}  // namespace kernel
