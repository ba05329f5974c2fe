// A kernel view that knows nothing, for fuzzing: every answer is "unknown", so that only our own code runs.
#pragma once

#include "runtime/kernel/kernel_view.h"

namespace fuzz {

class EmptyKernel : public kernel::KernelView {
  public:
    base::Result<std::vector<std::string>> tracepoints() const override { return unknown(); }
    base::Result<std::string> tracepoint_format(std::string_view, std::string_view) const override { return unknown(); }
    base::Result<std::uint64_t> tracepoint_id(std::string_view, std::string_view) const override { return unknown(); }
    base::Result<std::span<const kernel::FunctionName>> traceable_functions() const override { return unknown(); }
    std::optional<std::uint64_t> symbol_address(std::string_view) const override { return std::nullopt; }
    std::vector<kernel::FunctionName> shared_names() const override { return {}; }
    std::vector<std::uint64_t> function_addresses(std::string_view, std::string_view) const override { return {}; }
    kernel::Symbol kernel_symbol(std::uint64_t) const override { return {}; }
    kernel::Symbol user_symbol(std::uint32_t, std::uint64_t) const override { return {}; }
    base::Result<std::span<const std::byte>> btf() const override { return unknown(); }
    std::vector<int> online_cpus() const override { return {0}; }
    unsigned possible_cpus() const override { return 1; }
    program::FeatureSet features() const override { return {}; }
    std::int64_t boot_to_wall_ns() const override { return 1'700'000'000'000'000'000; }
    std::int64_t tai_to_wall_ns() const override { return -37'000'000'000; }
    std::int64_t wall_now_ns() const override { return 1'700'000'000'000'000'000; }
    std::string release() const override { return "0"; }
    std::optional<std::string> user_name(std::uint32_t) const override { return std::nullopt; }
    base::Result<std::uint64_t> cgroup_id(std::string_view) const override { return unknown(); }
    std::vector<std::string> cgroup_paths(std::uint64_t, std::string_view) const override { return {}; }
    base::Result<std::string> executable(int) const override { return unknown(); }
    base::Result<std::string> read_file(const std::string&) const override { return unknown(); }

  private:
    static base::Error unknown() { return base::Error{.message = "unknown", .errnum = 2, .hint = {}, .detail = {}}; }
};

}  // namespace fuzz
