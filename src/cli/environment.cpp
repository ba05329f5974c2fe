#include "src/cli/environment.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cli {
namespace {

constexpr std::string_view kOurPrefix = "BPFLINE_";
constexpr std::string_view kTheirPrefix = "BPFTRACE_";

// Other people's test harnesses wait for a line of this name.
constexpr std::string_view kAttachedNotice = "__BPFTRACE_NOTIFY_PROBES_ATTACHED";

// What gcc and clang read; the front end for C declarations does the same.
constexpr std::array<std::string_view, 2> kIncludeVariables{"CPATH", "C_INCLUDE_PATH"};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

void add_dirs(std::vector<std::string>& dirs, std::string_view list) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(':'), list.size());
        if (end > 0) dirs.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

// Our prefix wins over the other, whichever comes first in the environment.
void keep(std::vector<driver::ConfigValue>& config, driver::ConfigValue entry, bool is_ours) {
    const auto known = std::find_if(config.begin(), config.end(),
                                    [&](const driver::ConfigValue& other) { return other.key == entry.key; });
    if (known == config.end()) {
        config.push_back(std::move(entry));
    } else if (is_ours) {
        *known = std::move(entry);
    }
}

std::optional<driver::ConfigValue> take(std::vector<driver::ConfigValue>& config, std::string_view key) {
    const auto found =
        std::find_if(config.begin(), config.end(), [&](const driver::ConfigValue& entry) { return entry.key == key; });
    if (found == config.end()) return {};
    driver::ConfigValue entry = std::move(*found);
    config.erase(found);
    return entry;
}

}  // namespace

TerminalChoice read_environment(const char* const* variables, driver::Request& request) {
    for (; variables != nullptr && *variables != nullptr; variables++) {
        const std::string_view variable = *variables;
        const std::size_t equals = variable.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view name = variable.substr(0, equals);
        const std::string_view value = variable.substr(equals + 1);
        const bool is_ours = name.substr(0, kOurPrefix.size()) == kOurPrefix;
        if (is_ours || name.substr(0, kTheirPrefix.size()) == kTheirPrefix) {
            const std::string_view key = name.substr(is_ours ? kOurPrefix.size() : kTheirPrefix.size());
            keep(request.config, {lower(key), std::string(value), std::string(name)}, is_ours);
        } else if (name == kAttachedNotice) {
            request.attached_notice = kAttachedNotice;
        } else if (std::find(kIncludeVariables.begin(), kIncludeVariables.end(), name) != kIncludeVariables.end()) {
            add_dirs(request.environment_include_dirs, value);
        }
    }
    // Environment's order is the shell's; messages about config should not depend on it.
    std::sort(request.config.begin(), request.config.end(),
              [](const driver::ConfigValue& a, const driver::ConfigValue& b) { return a.key < b.key; });

    const auto move_path = [&](std::string_view key, std::string& path) {
        if (auto entry = take(request.config, key)) path = std::move(entry->value);
    };
    move_path("btf", request.btf_path);
    move_path("kernel_source", request.kernel_source_path);
    move_path("kernel_build", request.kernel_build_path);
    move_path("vmlinux", request.vmlinux_path);

    TerminalChoice choice;
    if (auto entry = take(request.config, "color")) {
        if (entry->value == "always") {
            choice.color = ColorChoice::always;
        } else if (entry->value == "never") {
            choice.color = ColorChoice::never;
        } else if (entry->value != "auto") {
            choice.bad_value = std::move(entry->value);
            choice.bad_variable = std::move(entry->variable);
        }
    }
    return choice;
}

}  // namespace cli
