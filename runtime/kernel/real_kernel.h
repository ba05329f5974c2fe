// kernel::RealKernel: the KernelView of the running kernel, out of /sys, /proc and a few tried system calls. Every
// answer is fetched when first asked for and kept: constructing one reads nothing, a script with one tracepoint reads
// that event's id and format file and nothing else.
//
// Given by src/driver to everybody who takes a KernelView. Not for several threads at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/kernel/kernel_view.h"

namespace kernel {

struct RealKernelOptions {
    std::string btf_path;                  ///< instead of /sys/kernel/btf/vmlinux: raw BTF or an ELF file with .BTF
    std::string traceable_functions_path;  ///< instead of tracefs' available_filter_functions
    std::vector<std::string> debug_info_dirs = {};  ///< looked into for separate debug files first (DebugFiles)
};

class RealKernel : public KernelView {
  public:
    explicit RealKernel(RealKernelOptions options = {});
    ~RealKernel() override;

    base::Result<std::vector<std::string>> tracepoints() const override;
    base::Result<std::string> tracepoint_format(std::string_view category, std::string_view event) const override;
    base::Result<std::uint64_t> tracepoint_id(std::string_view category, std::string_view event) const override;
    base::Result<std::span<const FunctionName>> traceable_functions() const override;
    std::vector<FunctionName> shared_names() const override;
    std::vector<std::uint64_t> function_addresses(std::string_view module, std::string_view name) const override;
    std::optional<std::uint64_t> symbol_address(std::string_view name) const override;
    Symbol kernel_symbol(std::uint64_t address) const override;
    std::optional<base::Error> why_nameless() const override;
    Symbol user_symbol(std::uint32_t pid, std::uint64_t address) const override;
    void watch_processes(std::optional<std::uint32_t> now) const override;
    void remember_processes() const override;
    base::Result<std::shared_ptr<const ElfSymbols>> elf_symbols(const std::string& path) const override;
    base::Result<ElfObject> elf_object(const std::string& path, std::string_view name) const override;
    base::Result<std::shared_ptr<const DebugInfo>> debug_info(const std::string& path) const override;
    std::vector<SourceFrame> source_frames(std::uint32_t pid, std::uint64_t address) const override;
    std::optional<FilePlace> file_place(std::uint32_t pid, std::uint64_t address) const override;
    base::Result<std::span<const std::byte>> btf() const override;
    std::vector<std::string> btf_modules() const override;
    base::Result<std::span<const std::byte>> module_btf(std::string_view module) const override;
    std::vector<int> online_cpus() const override;
    unsigned possible_cpus() const override;
    program::FeatureSet features() const override;
    bool has(program::Feature feature) const override;
    std::int64_t boot_to_wall_ns() const override;
    std::int64_t tai_to_wall_ns() const override;
    std::int64_t wall_now_ns() const override;
    std::string release() const override;
    std::optional<std::string> user_name(std::uint32_t uid) const override;
    base::Result<std::uint64_t> cgroup_id(std::string_view path) const override;
    std::vector<std::string> cgroup_paths(std::uint64_t id, std::string_view filter) const override;
    base::Result<std::string> executable(int pid) const override;
    base::Result<std::string> read_file(const std::string& path) const override;

  private:
    struct Known;  ///< everything fetched so far
    std::unique_ptr<Known> known_;
};

}  // namespace kernel
