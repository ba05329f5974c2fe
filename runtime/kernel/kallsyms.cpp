#include "runtime/kernel/kallsyms.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <unordered_set>

#include "runtime/base/text.h"

namespace kernel {
namespace {

// The text does not say where a symbol ends. Behind the last one of the kernel or a module nothing says so either; the
// kernel's largest functions are below 64 KiB.
constexpr std::uint64_t kLongestLast = 64 * 1024;

// What a stack should show where several symbols share an address: functions before data, global before local.
int rank(char type) {
    switch (type) {
        case 'T': return 3;
        case 't':
        case 'W':
        case 'w': return 2;
        default: return type >= 'A' && type <= 'Z' ? 1 : 0;
    }
}

bool is_text(char type) {
    return type == 'T' || type == 't' || type == 'W' || type == 'w';
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
    return base::parse_digits(text, 16);
}

}  // namespace

Kallsyms::Kallsyms(std::string_view text) {
    by_address_.reserve(text.size() / 45);  // average length of a line
    names_.reserve(text.size() / 2);
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);

        const std::size_t blank = line.find(' ');
        if (blank == std::string_view::npos || line.size() < blank + 4) continue;
        const auto address = parse_hex(line.substr(0, blank));
        if (!address || *address == 0) continue;
        const char type = line[blank + 1];
        std::string_view name = line.substr(blank + 3);
        std::uint16_t module = 0;
        if (const std::size_t tab = name.find('\t'); tab != std::string_view::npos) {
            std::string_view owner = base::trim(name.substr(tab + 1));
            name = name.substr(0, tab);
            if (owner.starts_with('[')) owner.remove_prefix(1);
            if (owner.ends_with(']')) owner.remove_suffix(1);
            // Symbols of one module stand together.
            if (modules_.back() != owner) {
                const auto known = std::find(modules_.begin(), modules_.end(), owner);
                if (known == modules_.end() && modules_.size() < 0xffff) {
                    modules_.emplace_back(owner);
                    module = static_cast<std::uint16_t>(modules_.size() - 1);
                } else if (known != modules_.end()) {
                    module = static_cast<std::uint16_t>(known - modules_.begin());
                }
            } else {
                module = static_cast<std::uint16_t>(modules_.size() - 1);
            }
        }
        if (names_.size() + name.size() >= 0xffffffff) break;
        by_address_.push_back({*address, static_cast<std::uint32_t>(names_.size()), module, type});
        names_.append(name);
        names_ += '\0';
    }
    std::stable_sort(by_address_.begin(), by_address_.end(), [](const Entry& a, const Entry& b) {
        if (a.address != b.address) return a.address < b.address;
        return rank(a.type) < rank(b.type);
    });
}

Symbol Kallsyms::find(std::uint64_t address) const {
    // Per-CPU symbols have small "addresses" (offsets): an address of user space must not match one.
    if (address >> 63 == 0) return {};
    const auto next = std::upper_bound(by_address_.begin(), by_address_.end(), address,
                                       [](std::uint64_t wanted, const Entry& entry) { return wanted < entry.address; });
    if (next == by_address_.begin()) return {};
    const Entry& entry = *(next - 1);
    if (entry.address >> 63 == 0) return {};
    const std::uint64_t offset = address - entry.address;
    const bool is_last = next == by_address_.end() || next->module != entry.module;
    if (is_last && offset >= kLongestLast) return {};
    return {.name = std::string(name_of(entry)), .offset = offset, .module = modules_[entry.module]};
}

std::optional<std::uint64_t> Kallsyms::address_of(std::string_view name) const {
    const Entry* best = nullptr;
    const auto value = [](const Entry& entry) { return rank(entry.type) + (entry.module == 0 ? 10 : 0); };
    for (const Entry& entry : by_address_)
        if (name_of(entry) == name && (best == nullptr || value(entry) > value(*best))) best = &entry;
    if (best == nullptr) return std::nullopt;
    return best->address;
}

std::vector<std::uint64_t> Kallsyms::functions_of(std::string_view module, std::string_view name) const {
    std::vector<std::uint64_t> addresses;
    for (const Entry& entry : by_address_) {
        if (!is_text(entry.type) || name_of(entry) != name) continue;
        if (module.empty() || module == (entry.module == 0 ? "vmlinux" : modules_[entry.module]))
            addresses.push_back(entry.address);
    }
    return addresses;
}

std::vector<FunctionName> Kallsyms::shared_names() const {
    std::map<std::uint16_t, std::unordered_set<std::string_view>> seen;
    std::set<std::pair<std::string_view, std::string_view>> shared;
    for (const Entry& entry : by_address_) {
        if (!is_text(entry.type) || seen[entry.module].insert(name_of(entry)).second) continue;
        shared.emplace(name_of(entry), entry.module == 0 ? "vmlinux" : std::string_view(modules_[entry.module]));
    }
    std::vector<FunctionName> result;
    for (const auto& [name, module] : shared)
        result.push_back({std::string(name), std::string(module)});
    return result;
}

std::vector<FunctionName> Kallsyms::functions() const {
    std::vector<FunctionName> result;
    for (const Entry& entry : by_address_)
        if (is_text(entry.type))
            result.push_back({std::string(name_of(entry)), entry.module == 0 ? "vmlinux" : modules_[entry.module]});
    std::sort(result.begin(), result.end(), [](const FunctionName& a, const FunctionName& b) {
        return a.name != b.name ? a.name < b.name : a.module < b.module;
    });
    return result;
}

base::Error explain_hidden(bool has_text, std::string_view restriction) {
    if (!has_text) {
        return base::Error{.message = "this kernel has no /proc/kallsyms",
                           .errnum = ENOENT,
                           .hint = "kernels built with CONFIG_KALLSYMS have one"};
    }
    // kernel/kallsyms.c, kallsyms_show_value()
    if (restriction == "2") {
        return base::Error{.message = "kernel.kptr_restrict is 2, which hides the kernel's addresses from everybody",
                           .errnum = EPERM,
                           .hint = "sysctl kernel.kptr_restrict=1 shows them to whoever has CAP_SYSLOG, as root does"};
    }
    return base::Error{.message = "the kernel shows its addresses only to whoever has CAP_SYSLOG",
                       .errnum = EPERM,
                       .hint = "run as root, or give bpfline CAP_SYSLOG as well"};
}

}  // namespace kernel
