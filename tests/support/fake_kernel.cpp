#include "tests/support/fake_kernel.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "runtime/base/glob.h"
#include "runtime/base/text.h"
#include "runtime/kernel/tracepoint_format.h"

namespace test_support {
namespace {

base::Error missing(const std::string& what) {
    return base::error_from_errno(what, ENOENT);
}

}  // namespace

FakeKernel::FakeKernel(std::string directory) : directory_(std::move(directory)) {
    for (unsigned i = 0; i < 64; i++)
        feature_set.bits |= std::uint64_t{1} << i;
    feature_set.remove(program::Feature::kprobe_multi).remove(program::Feature::kernel_btf);
}

FakeKernel::FakeKernel() : FakeKernel(BPFLINE_TESTS_DIR "/data/format") {}

FakeKernel& FakeKernel::add_event(const std::string& category, const std::string& event, std::string format) {
    added_[category + ":" + event] = std::move(format);
    return *this;
}

base::Result<std::vector<std::string>> FakeKernel::tracepoints() const {
    namespace fs = std::filesystem;
    std::set<std::string> names;
    for (const auto& [name, text] : added_)
        names.insert(name);
    std::error_code error;
    for (const auto& category : fs::directory_iterator(directory_, error)) {
        const std::string name = category.path().filename();
        // Directories named by a release ("6.1") hold other kernels' events.
        if (!category.is_directory() || base::is_digit(name[0])) continue;
        for (const auto& event : fs::directory_iterator(category.path(), error))
            if (event.path().extension() == ".format") names.insert(name + ":" + event.path().stem().string());
    }
    return std::vector<std::string>(names.begin(), names.end());
}

base::Result<std::string> FakeKernel::tracepoint_format(std::string_view category, std::string_view event) const {
    const std::string name = std::string(category) + ":" + std::string(event);
    if (const auto found = added_.find(name); found != added_.end()) return found->second;
    std::ifstream file(directory_ + "/" + std::string(category) + "/" + std::string(event) + ".format",
                       std::ios::binary);
    if (!file) return missing("no event " + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

base::Result<std::uint64_t> FakeKernel::tracepoint_id(std::string_view category, std::string_view event) const {
    auto text = tracepoint_format(category, event);
    if (!text.ok()) return text.take_error();
    auto format = kernel::parse_tracepoint_format(*text);
    if (!format.ok()) return format.take_error();
    return format->id;
}

base::Result<std::span<const kernel::FunctionName>> FakeKernel::traceable_functions() const {
    return std::span<const kernel::FunctionName>(functions);
}

std::optional<std::uint64_t> FakeKernel::symbol_address(std::string_view name) const {
    for (const auto& [address, symbol] : kernel_symbols)
        if (symbol.first == name) return address;
    return std::nullopt;
}

std::vector<std::uint64_t> FakeKernel::function_addresses(std::string_view module, std::string_view name) const {
    std::vector<std::uint64_t> addresses;
    for (const auto& [address, symbol] : kernel_symbols)
        if (symbol.first == name && (module.empty() || module == (symbol.second.empty() ? "vmlinux" : symbol.second)))
            addresses.push_back(address);
    return addresses;
}

std::vector<kernel::FunctionName> FakeKernel::shared_names() const {
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const auto& [address, symbol] : kernel_symbols)
        counts[{symbol.first, symbol.second.empty() ? "vmlinux" : symbol.second}]++;
    std::vector<kernel::FunctionName> names;
    for (const auto& [symbol, count] : counts)
        if (count > 1) names.push_back({symbol.first, symbol.second});
    return names;
}

kernel::Symbol FakeKernel::kernel_symbol(std::uint64_t address) const {
    auto next = kernel_symbols.upper_bound(address);
    if (next == kernel_symbols.begin()) return {};
    --next;
    return {.name = next->second.first, .offset = address - next->first, .module = next->second.second};
}

kernel::Symbol FakeKernel::user_symbol(std::uint32_t pid, std::uint64_t address) const {
    auto next = user_symbols.upper_bound({pid, address});
    if (next == user_symbols.begin()) return {};
    --next;
    if (next->first.first != pid) return {};
    return {.name = next->second.first, .offset = address - next->first.second, .module = next->second.second};
}

std::optional<kernel::FilePlace> FakeKernel::file_place(std::uint32_t pid, std::uint64_t address) const {
    const auto found = file_places.find({pid, address});
    return found == file_places.end() ? std::nullopt : std::optional(found->second);
}

base::Result<std::span<const std::byte>> FakeKernel::btf() const {
    if (btf_bytes.empty()) return missing("this kernel has no BTF");
    return std::span<const std::byte>(btf_bytes);
}

std::vector<std::string> FakeKernel::btf_modules() const {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : module_btf_bytes)
        names.push_back(name);
    return names;
}

base::Result<std::span<const std::byte>> FakeKernel::module_btf(std::string_view module) const {
    const auto found = module_btf_bytes.find(module);
    if (found == module_btf_bytes.end()) return KernelView::module_btf(module);
    return std::span<const std::byte>(found->second);
}

std::vector<int> FakeKernel::online_cpus() const {
    return cpus;
}

unsigned FakeKernel::possible_cpus() const {
    return cpus_possible;
}

program::FeatureSet FakeKernel::features() const {
    return feature_set;
}

std::int64_t FakeKernel::boot_to_wall_ns() const {
    return boot_to_wall;
}

std::int64_t FakeKernel::tai_to_wall_ns() const {
    return tai_to_wall;
}

std::int64_t FakeKernel::wall_now_ns() const {
    return wall_now;
}

std::string FakeKernel::release() const {
    return release_text;
}

std::optional<std::string> FakeKernel::user_name(std::uint32_t uid) const {
    const auto found = users.find(uid);
    return found == users.end() ? std::nullopt : std::optional(found->second);
}

base::Result<std::uint64_t> FakeKernel::cgroup_id(std::string_view path) const {
    const auto found = cgroup_ids.find(path);
    if (found == cgroup_ids.end()) return missing(std::string(path));
    return found->second;
}

std::vector<std::string> FakeKernel::cgroup_paths(std::uint64_t id, std::string_view filter) const {
    std::vector<std::string> result;
    if (const auto found = cgroup_texts.find(id); found != cgroup_texts.end())
        for (const std::string& text : found->second)
            if (filter.empty() || base::glob_matches(filter, text.substr(0, text.find(':')))) result.push_back(text);
    return result;
}

base::Result<std::string> FakeKernel::executable(int pid) const {
    const auto found = executables.find(pid);
    if (found == executables.end()) return base::error_from_errno("process " + std::to_string(pid), ESRCH);
    return found->second;
}

base::Result<std::string> FakeKernel::read_file(const std::string& path) const {
    const auto found = files.find(path);
    if (found == files.end()) return missing("opening " + path);
    return found->second;
}

}  // namespace test_support
