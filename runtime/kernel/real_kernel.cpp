#include "runtime/kernel/real_kernel.h"

#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <unordered_map>

#include "runtime/base/glob.h"
#include "runtime/base/text.h"
#include "runtime/kernel/btf_bytes.h"
#include "runtime/kernel/cgroups.h"
#include "runtime/kernel/clocks.h"
#include "runtime/kernel/dwarf.h"
#include "runtime/kernel/features.h"
#include "runtime/kernel/files.h"
#include "runtime/kernel/kallsyms.h"
#include "runtime/kernel/processes.h"
#include "runtime/kernel/symbolizer.h"
#include "runtime/kernel/tracefs.h"

namespace kernel {
namespace {

constexpr const char* kKernelBtf = "/sys/kernel/btf/vmlinux";
constexpr const char* kBtfDirectory = "/sys/kernel/btf";

/// "name" or "name [module]" a line.
std::vector<FunctionName> parse_function_list(std::string_view text) {
    std::vector<FunctionName> result;
    for (std::string_view line : base::split(text, '\n')) {
        line = base::trim(line);
        // Places of functions that were thrown away: the kernel keeps their lines.
        if (line.empty() || line.starts_with("__ftrace_invalid_address__")) continue;
        const std::size_t end = line.find_first_of(" \t");
        std::string_view module = end == std::string_view::npos ? std::string_view() : base::trim(line.substr(end));
        if (module.starts_with('[') && module.ends_with(']')) module = module.substr(1, module.size() - 2);
        result.push_back({std::string(line.substr(0, end)), module.empty() ? "vmlinux" : std::string(module)});
    }
    std::sort(result.begin(), result.end(), [](const FunctionName& a, const FunctionName& b) {
        return a.name != b.name ? a.name < b.name : a.module < b.module;
    });
    return result;
}

}  // namespace

struct RealKernel::Known {
    explicit Known(RealKernelOptions wanted)
        : options(std::move(wanted)), debug_files(options.debug_info_dirs), symbolizer(debug_files) {}

    RealKernelOptions options;
    DebugFiles debug_files;
    Tracefs tracefs;
    std::optional<Kallsyms> kallsyms;
    bool has_kallsyms = false;  ///< there was any text
    std::optional<std::vector<FunctionName>> functions;
    Symbolizer symbolizer;
    std::optional<BtfBytes> btf;
    std::optional<base::Error> btf_error;
    std::map<std::string, BtfBytes> module_btf;
    std::optional<std::vector<int>> online_cpus;
    std::optional<unsigned> possible_cpus;
    std::optional<FeatureProbe> features;
    Clocks clocks;
    std::unordered_map<std::uint32_t, std::optional<std::string>> users;
    std::optional<std::vector<CgroupHierarchy>> hierarchies;

    const Kallsyms& symbols() {
        if (!kallsyms) {
            const auto text = read_text("/proc/kallsyms");
            has_kallsyms = text.ok() && !text->empty();
            kallsyms = text.ok() ? Kallsyms(*text) : Kallsyms();
        }
        return *kallsyms;
    }
};

RealKernel::RealKernel(RealKernelOptions options) : known_(std::make_unique<Known>(std::move(options))) {}

RealKernel::~RealKernel() = default;

base::Result<std::vector<std::string>> RealKernel::tracepoints() const {
    return known_->tracefs.events();
}

base::Result<std::string> RealKernel::tracepoint_format(std::string_view category, std::string_view event) const {
    return known_->tracefs.format(category, event);
}

base::Result<std::uint64_t> RealKernel::tracepoint_id(std::string_view category, std::string_view event) const {
    return known_->tracefs.id(category, event);
}

base::Result<std::span<const FunctionName>> RealKernel::traceable_functions() const {
    if (known_->functions) return std::span<const FunctionName>(*known_->functions);
    if (!known_->options.traceable_functions_path.empty()) {
        auto text = read_text(known_->options.traceable_functions_path);
        if (!text.ok()) return text.take_error();
        known_->functions = parse_function_list(*text);
        return std::span<const FunctionName>(*known_->functions);
    }
    if (const auto root = known_->tracefs.root(); root.ok())
        if (const auto text = read_text(*root + "/available_filter_functions"); text.ok() && !text->empty())
            known_->functions = parse_function_list(*text);
    // Where the list is withheld (lockdown, no ftrace) every text symbol may be traceable; attaching will tell.
    if (!known_->functions) known_->functions = known_->symbols().functions();
    if (known_->functions->empty()) {
        known_->functions.reset();
        return base::Error{.message = "the kernel does not tell its functions",
                           .errnum = EPERM,
                           .hint = "tracing needs root: try again with sudo"};
    }
    return std::span<const FunctionName>(*known_->functions);
}

std::vector<std::uint64_t> RealKernel::function_addresses(std::string_view module, std::string_view name) const {
    return known_->symbols().functions_of(module, name);
}

std::optional<std::uint64_t> RealKernel::symbol_address(std::string_view name) const {
    return known_->symbols().address_of(name);
}

std::vector<FunctionName> RealKernel::shared_names() const {
    return known_->symbols().shared_names();
}

Symbol RealKernel::kernel_symbol(std::uint64_t address) const {
    return known_->symbols().find(address);
}

std::optional<base::Error> RealKernel::why_nameless() const {
    if (!known_->kallsyms || !known_->kallsyms->empty()) return std::nullopt;
    const auto restriction = read_text("/proc/sys/kernel/kptr_restrict");
    return explain_hidden(known_->has_kallsyms, restriction.ok() ? base::trim(*restriction) : "0");
}

Symbol RealKernel::user_symbol(std::uint32_t pid, std::uint64_t address) const {
    return known_->symbolizer.find(pid, address);
}

void RealKernel::watch_processes(std::optional<std::uint32_t> now) const {
    known_->symbolizer.watch(online_cpus());
    if (now) known_->symbolizer.remember(*now);
}

void RealKernel::remember_processes() const {
    known_->symbolizer.remember_all();
}

base::Result<std::shared_ptr<const ElfSymbols>> RealKernel::elf_symbols(const std::string& path) const {
    return known_->symbolizer.symbols(path);
}

base::Result<ElfObject> RealKernel::elf_object(const std::string& path, std::string_view name) const {
    return find_object(path, name, known_->debug_files);
}

base::Result<std::shared_ptr<const DebugInfo>> RealKernel::debug_info(const std::string& path) const {
    return known_->symbolizer.debug_info(path);
}

std::vector<SourceFrame> RealKernel::source_frames(std::uint32_t pid, std::uint64_t address) const {
    const auto place = known_->symbolizer.locate(pid, address);
    if (!place) return {};
    const auto opened = debug_info(place->path);
    return opened.ok() ? (*opened)->frames(place->address) : std::vector<SourceFrame>{};
}

std::optional<FilePlace> RealKernel::file_place(std::uint32_t pid, std::uint64_t address) const {
    return known_->symbolizer.file_place(pid, address);
}

base::Result<std::span<const std::byte>> RealKernel::btf() const {
    if (!known_->btf && !known_->btf_error) {
        const std::string& path = known_->options.btf_path;
        auto opened = BtfBytes::open(path.empty() ? kKernelBtf : path);
        if (opened.ok())
            known_->btf = std::move(*opened);
        else
            known_->btf_error = opened.take_error("reading the kernel's types");
    }
    if (known_->btf_error) return *known_->btf_error;
    return known_->btf->bytes();
}

std::vector<std::string> RealKernel::btf_modules() const {
    std::vector<std::string> names;
    // Types of another kernel have no modules of this one.
    if (!known_->options.btf_path.empty()) return names;
    for (std::string& name : file_names(kBtfDirectory))
        if (name != "vmlinux") names.push_back(std::move(name));
    return names;
}

base::Result<std::span<const std::byte>> RealKernel::module_btf(std::string_view module) const {
    const std::string name(module);
    if (!known_->options.btf_path.empty() || name.empty() || name.find('/') != std::string::npos)
        return KernelView::module_btf(module);
    const auto found = known_->module_btf.find(name);
    if (found != known_->module_btf.end()) return found->second.bytes();
    auto opened = BtfBytes::open(std::string(kBtfDirectory) + "/" + name);
    if (!opened.ok()) return opened.take_error("reading the types of module " + name);
    return known_->module_btf.emplace(name, std::move(*opened)).first->second.bytes();
}

std::vector<int> RealKernel::online_cpus() const {
    if (!known_->online_cpus) {
        const auto text = read_text("/sys/devices/system/cpu/online");
        known_->online_cpus = text.ok() ? parse_cpu_list(*text) : std::vector<int>();
        if (known_->online_cpus->empty())
            for (long cpu = 0; cpu < std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)); cpu++)
                known_->online_cpus->push_back(static_cast<int>(cpu));
    }
    return *known_->online_cpus;
}

unsigned RealKernel::possible_cpus() const {
    if (!known_->possible_cpus) {
        const auto text = read_text("/sys/devices/system/cpu/possible");
        // Values of per-CPU maps come one for each possible CPU, without holes.
        const std::vector<int> cpus = text.ok() ? parse_cpu_list(*text) : std::vector<int>();
        known_->possible_cpus = cpus.empty() ? static_cast<unsigned>(std::max(1L, ::sysconf(_SC_NPROCESSORS_CONF)))
                                             : static_cast<unsigned>(cpus.size());
    }
    return *known_->possible_cpus;
}

program::FeatureSet RealKernel::features() const {
    program::FeatureSet set;
    for (unsigned number = 0; number < program::kFeatureCount; ++number) {
        if (const auto feature = static_cast<program::Feature>(number); has(feature)) set.add(feature);
    }
    return set;
}

bool RealKernel::has(program::Feature feature) const {
    if (!known_->features) {
        known_->features.emplace([this] {
            const auto types = btf();
            return types.ok() ? *types : std::span<const std::byte>();
        });
    }
    return known_->features->has(feature);
}

std::int64_t RealKernel::boot_to_wall_ns() const {
    return known_->clocks.boot_to_wall_ns();
}

std::int64_t RealKernel::tai_to_wall_ns() const {
    return known_->clocks.tai_to_wall_ns();
}

std::int64_t RealKernel::wall_now_ns() const {
    return Clocks::wall_now_ns();
}

std::string RealKernel::release() const {
    utsname names{};
    return ::uname(&names) == 0 ? names.release : "";
}

std::optional<std::string> RealKernel::user_name(std::uint32_t uid) const {
    const auto [place, is_new] = known_->users.try_emplace(uid);
    if (is_new) {
        passwd entry{};
        passwd* found = nullptr;
        std::vector<char> buffer(16 * 1024);
        if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
            place->second = found->pw_name;
    }
    return place->second;
}

base::Result<std::uint64_t> RealKernel::cgroup_id(std::string_view path) const {
    return cgroup_id_of(std::string(path));
}

std::vector<std::string> RealKernel::cgroup_paths(std::uint64_t id, std::string_view filter) const {
    if (!known_->hierarchies) {
        const auto mounts = read_text("/proc/self/mounts");
        known_->hierarchies = mounts.ok() ? parse_cgroup_mounts(*mounts) : std::vector<CgroupHierarchy>();
    }
    std::vector<std::string> result;
    for (const CgroupHierarchy& hierarchy : *known_->hierarchies) {
        if (!filter.empty() && !base::glob_matches(filter, hierarchy.name)) continue;
        const std::string path = cgroup_path_in(hierarchy, id);
        if (!path.empty()) result.push_back(hierarchy.name + ":" + path);
    }
    return result;
}

base::Result<std::string> RealKernel::executable(int pid) const {
    return executable_of(pid);
}

base::Result<std::string> RealKernel::read_file(const std::string& path) const {
    return read_text(path);
}

}  // namespace kernel
