// test support: a KernelView that answers from the format files in tests/data/format and from tables a test fills in,
// so that the whole compiler and every formatter run without root and without a kernel. What is not in a table is
// unknown, exactly as a real kernel would say it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/kernel/kernel_view.h"

namespace test_support {

class FakeKernel : public kernel::KernelView {
  public:
    /// Events below directory: CATEGORY/EVENT.format (tests/data/format, or its subdirectories of other kernels).
    explicit FakeKernel(std::string directory);
    /// The kernel of this tree's own data.
    FakeKernel();

    /// One more event, or another text for one of the directory's.
    FakeKernel& add_event(const std::string& category, const std::string& event, std::string format);

    // Tables, to be filled before use.
    std::vector<kernel::FunctionName> functions{{"do_nanosleep", "vmlinux"},
                                                {"tcp_set_state", "vmlinux"},
                                                {"vfs_read", "vmlinux"},
                                                {"vfs_write", "vmlinux"},
                                                {"ext4_sync_file", "ext4"}};
    /// Start address → name and module ("" = the kernel); a symbol ends where the next one begins.
    std::map<std::uint64_t, std::pair<std::string, std::string>> kernel_symbols{
        {0xffffffff81000000, {"_text", ""}},
        {0xffffffff81100000, {"vfs_read", ""}},
        {0xffffffff81100400, {"vfs_write", ""}},
        {0xffffffffc0000000, {"ext4_sync_file", "ext4"}}};
    /// (pid, start address) → name and path of the file.
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::pair<std::string, std::string>> user_symbols;
    /// (pid, address) → where that is in a file.
    std::map<std::pair<std::uint32_t, std::uint64_t>, kernel::FilePlace> file_places;
    std::vector<std::byte> btf_bytes;                                             ///< empty: this kernel has none
    std::map<std::string, std::vector<std::byte>, std::less<>> module_btf_bytes;  ///< by module
    std::vector<int> cpus{0, 1};
    unsigned cpus_possible = 2;
    program::FeatureSet feature_set;  ///< all but kprobe_multi and kernel_btf at first
    std::int64_t boot_to_wall = 1'700'000'000'000'000'000, tai_to_wall = -37'000'000'000;
    std::int64_t wall_now = 1'700'000'100'000'000'000;
    std::string release_text = "6.18.0-fake";
    std::map<std::uint32_t, std::string> users{{0, "root"}, {1000, "user"}};
    std::map<std::string, std::uint64_t, std::less<>> cgroup_ids{{"/sys/fs/cgroup", 1},
                                                                 {"/sys/fs/cgroup/user.slice", 42}};
    std::map<std::uint64_t, std::vector<std::string>> cgroup_texts{{1, {"unified:/"}}, {42, {"unified:/user.slice"}}};
    std::map<int, std::string> executables;
    std::map<std::string, std::string> files;

    base::Result<std::vector<std::string>> tracepoints() const override;
    base::Result<std::string> tracepoint_format(std::string_view category, std::string_view event) const override;
    base::Result<std::uint64_t> tracepoint_id(std::string_view category, std::string_view event) const override;
    base::Result<std::span<const kernel::FunctionName>> traceable_functions() const override;
    std::optional<std::uint64_t> symbol_address(std::string_view name) const override;
    std::vector<kernel::FunctionName> shared_names() const override;
    std::vector<std::uint64_t> function_addresses(std::string_view module, std::string_view name) const override;
    kernel::Symbol kernel_symbol(std::uint64_t address) const override;
    kernel::Symbol user_symbol(std::uint32_t pid, std::uint64_t address) const override;
    std::optional<kernel::FilePlace> file_place(std::uint32_t pid, std::uint64_t address) const override;
    base::Result<std::span<const std::byte>> btf() const override;
    std::vector<std::string> btf_modules() const override;
    base::Result<std::span<const std::byte>> module_btf(std::string_view module) const override;
    std::vector<int> online_cpus() const override;
    unsigned possible_cpus() const override;
    program::FeatureSet features() const override;
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
    std::string directory_;
    std::map<std::string, std::string, std::less<>> added_;  ///< "category:event" → text
};

}  // namespace test_support
