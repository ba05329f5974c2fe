// Entrance: configure: the config block, then the environment (which wins), into program::Config. One row a key.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "src/check/analysis.h"

namespace check {

namespace {

using program::Config;

/// Sets the value or says why not (without the key in front).
using Setter = std::optional<std::string> (*)(Config&, std::string_view key, std::string_view value);

std::optional<std::uint64_t> number_of(std::string_view value) {
    const auto integer = base::parse_integer(value);
    if (!integer || integer->is_negative) return std::nullopt;
    return integer->magnitude;
}

template <std::uint64_t Config::*member>
std::optional<std::string> set_number(Config& config, std::string_view key, std::string_view value) {
    const auto number = number_of(value);
    if (!number) return fmt::format("{}: expecting a number, got {}", key, value);
    config.*member = *number;
    return std::nullopt;
}

std::optional<bool> truth_of(std::string_view value) {
    const std::string lower = base::to_lower(value);
    if (lower == "true") return true;
    if (lower == "false") return false;
    if (const auto number = number_of(value)) return *number != 0;
    return std::nullopt;
}

std::string not_boolean(std::string_view key) {
    return fmt::format("{}: Invalid bool value: valid values are true, false, 1 or 0.", key);
}

template <bool Config::*member>
std::optional<std::string> set_boolean(Config& config, std::string_view key, std::string_view value) {
    const auto truth = truth_of(value);
    if (!truth) return not_boolean(key);
    config.*member = *truth;
    return std::nullopt;
}

template <Config::Gate Config::*member>
std::optional<std::string> set_gate(Config& config, std::string_view key, std::string_view value) {
    if (value == "enable")
        config.*member = Config::Gate::enable;
    else if (value == "warn")
        config.*member = Config::Gate::warn;
    else if (value == "error")
        config.*member = Config::Gate::error;
    else if (const auto truth = truth_of(value))
        config.*member = *truth ? Config::Gate::enable : Config::Gate::error;
    else
        return fmt::format("{0}: Invalid value for {0}: valid values are enable, warn, and error.", key);
    return std::nullopt;
}

std::optional<std::string> set_text(Config& config, std::string_view, std::string_view value) {
    config.str_trunc_trailer = value;
    return std::nullopt;
}

std::optional<std::string> set_license(Config& config, std::string_view, std::string_view value) {
    constexpr std::array<std::string_view, 6> known{
        "Dual MIT/GPL", "Dual BSD/GPL", "Dual MPL/GPL", "GPL and additional rights", "GPL v2", "GPL"};
    if (std::find(known.begin(), known.end(), value) == known.end())
        return fmt::format(
            "Invalid value for license. Found: {}. Valid values: {}. Read more about BPF programs and licensing: "
            "https://docs.kernel.org/bpf/bpf_licensing.html#using-bpf-programs-in-the-linux-kernel",
            value, fmt::join(known, ", "));
    config.license = value;
    return std::nullopt;
}

std::optional<std::string> set_missing_probes(Config& config, std::string_view key, std::string_view value) {
    if (value == "error")
        config.missing_probes = program::MissingProbes::error;
    else if (value == "warn")
        config.missing_probes = program::MissingProbes::warn;
    else if (value == "ignore")
        config.missing_probes = program::MissingProbes::ignore;
    else
        return fmt::format("{0}: Invalid value for {0}: valid values are ignore, warn, and error.", key);
    return std::nullopt;
}

std::optional<std::string> set_stack_mode(Config& config, std::string_view key, std::string_view value) {
    if (value == "bpftrace")
        config.stack_mode = program::StackMode::bpftrace;
    else if (value == "perf")
        config.stack_mode = program::StackMode::perf;
    else if (value == "raw")
        config.stack_mode = program::StackMode::raw;
    else if (value == "build_id")
        config.stack_mode = program::StackMode::build_id;
    else
        return fmt::format("{0}: Invalid value for {0}: valid values are bpftrace, raw, perf, and build_id.", key);
    return std::nullopt;
}

std::optional<std::string> set_user_symbols(Config& config, std::string_view key, std::string_view value) {
    if (value == "PER_PID" || value == "0")
        config.cache_user_symbols = Config::UserSymbols::per_pid;
    else if (value == "PER_PROGRAM" || value == "1")
        config.cache_user_symbols = Config::UserSymbols::per_program;
    else if (value == "NONE")
        config.cache_user_symbols = Config::UserSymbols::none;
    else
        return fmt::format("{0}: Invalid value for {0}: valid values are PER_PID, PER_PROGRAM, and NONE.", key);
    return std::nullopt;
}

std::optional<std::string> set_stats_format(Config& config, std::string_view key, std::string_view value) {
    if (value != "record" && value != "legacy")
        return fmt::format("{0}: Invalid value for {0}: valid values are record and legacy.", key);
    config.legacy_stats = value == "legacy";
    return std::nullopt;
}

std::optional<std::string> set_no_demangle(Config& config, std::string_view key, std::string_view value) {
    const auto truth = truth_of(value);
    if (!truth) return not_boolean(key);
    config.cpp_demangle = !*truth;
    return std::nullopt;
}

std::optional<std::string> set_no_user_symbols(Config& config, std::string_view key, std::string_view value) {
    const auto truth = truth_of(value);
    if (!truth) return not_boolean(key);
    if (*truth) config.cache_user_symbols = Config::UserSymbols::none;
    return std::nullopt;
}

struct Key {
    std::string_view name;
    Setter set;
    std::string_view renamed_to;  ///< old name: a warning says so
};

constexpr std::array kKeys{
    Key{"max_strlen", set_number<&Config::max_strlen>, ""},
    Key{"max_map_keys", set_number<&Config::max_map_keys>, ""},
    Key{"missing_probes", set_missing_probes, ""},
    Key{"print_maps_on_exit", set_boolean<&Config::print_maps_on_exit>, ""},
    Key{"stack_mode", set_stack_mode, ""},
    Key{"str_trunc_trailer", set_text, ""},
    Key{"cpp_demangle", set_boolean<&Config::cpp_demangle>, ""},
    Key{"cache_user_symbols", set_user_symbols, ""},
    Key{"lazy_symbolication", set_boolean<&Config::lazy_symbolication>, ""},
    Key{"max_probes", set_number<&Config::max_probes>, ""},
    Key{"max_bpf_progs", set_number<&Config::max_bpf_progs>, ""},
    Key{"max_cat_bytes", set_number<&Config::max_cat_bytes>, ""},
    Key{"perf_rb_pages", set_number<&Config::perf_rb_pages>, ""},
    Key{"log_size", set_number<&Config::log_size>, ""},
    Key{"on_stack_limit", set_number<&Config::on_stack_limit>, ""},
    Key{"license", set_license, ""},
    Key{"show_debug_info", set_boolean<&Config::show_debug_info>, ""},
    Key{"use_blazesym", set_boolean<&Config::use_blazesym>, ""},
    Key{"stats_format", set_stats_format, ""},
    Key{"unstable_tseries", set_gate<&Config::unstable_tseries>, ""},
    Key{"unstable_dw_ustack", set_gate<&Config::unstable_dw_ustack>, ""},
    Key{"unstable_typeinfo", set_gate<&Config::unstable_typeinfo>, ""},
    Key{"unstable_import_statement", set_gate<&Config::unstable_import_statement>, ""},
    Key{"strlen", set_number<&Config::max_strlen>, "max_strlen"},
    Key{"no_cpp_demangle", set_no_demangle, "cpp_demangle"},
    Key{"cat_bytes_max", set_number<&Config::max_cat_bytes>, "max_cat_bytes"},
    Key{"map_keys_max", set_number<&Config::max_map_keys>, "max_map_keys"},
    Key{"no_user_symbols", set_no_user_symbols, "cache_user_symbols"},
};

/// Accepted for old scripts; nothing depends on them any more.
constexpr std::array<std::string_view, 6> kWithoutEffect{"symbol_source",  "max_type_res_iterations",
                                                         "unstable_addr",  "unstable_import",
                                                         "unstable_macro", "unstable_map_decl"};
/// Not for the block: they are needed before a script is read.
constexpr std::array<std::string_view, 7> kEnvironmentOnly{"btf",   "kernel_source", "kernel_build", "vmlinux",
                                                           "color", "debug_output",  "lsan"};

const Key* find_key(std::string_view name) {
    const auto found = std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& key) { return key.name == name; });
    return found == kKeys.end() ? nullptr : &*found;
}

std::string key_of(std::string_view spelling) {
    std::string name = base::to_lower(spelling);
    for (const std::string_view prefix : {"bpftrace_", "bpfline_"})
        if (name.starts_with(prefix)) return name.substr(prefix.size());
    return name;
}

void apply_entry(Analysis& analysis, const ast::ConfigEntry& entry) {
    auto& diagnostics = analysis.diagnostics;
    const std::string name = key_of(entry.name);
    if (std::find(kEnvironmentOnly.begin(), kEnvironmentOnly.end(), name) != kEnvironmentOnly.end()) {
        diagnostics.add(DiagnosticKind::bad_config, entry.range,
                        fmt::format("{}: can only be set as an environment variable", name));
        return;
    }
    if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), name) != kWithoutEffect.end()) {
        diagnostics.add(DiagnosticKind::warn_renamed, entry.range,
                        fmt::format("{} is deprecated and has no effect", name));
        return;
    }
    const Key* key = find_key(name);
    if (key == nullptr) {
        std::vector<std::string> names;
        for (const Key& known : kKeys)
            if (known.renamed_to.empty()) names.emplace_back(known.name);
        add_nearest(diagnostics.add(DiagnosticKind::bad_config, entry.range,
                                    fmt::format("{}: not a known configuration option", name)),
                    name, names);
        return;
    }
    if (!key->renamed_to.empty())
        diagnostics.add(DiagnosticKind::warn_renamed, entry.range,
                        fmt::format("{} has been renamed, please use {}", name, key->renamed_to));
    if (const auto refusal = key->set(analysis.config, name, entry.value))
        diagnostics.add(DiagnosticKind::bad_config, entry.range, *refusal);
}

}  // namespace

void configure(Analysis& analysis) {
    for (std::size_t i = 0; i < analysis.input.scripts.size(); ++i) {
        const ast::Script& script = *analysis.input.scripts[i];
        if (i + 1 < analysis.input.scripts.size() && script.config_range) {
            analysis.diagnostics.add(DiagnosticKind::bad_config, *script.config_range,
                                     "invalid `config` within import");
            continue;
        }
        for (const ast::ConfigEntry& entry : script.config)
            apply_entry(analysis, entry);
    }
    for (const auto& [name, value] : analysis.input.options.environment_config) {
        // Other programs' variables may share the prefix: what is no key of ours is none of our business.
        const Key* key = find_key(name);
        if (key == nullptr) continue;
        if (const auto refusal = key->set(analysis.config, name, value))
            analysis.diagnostics.add(DiagnosticKind::bad_config, *refusal);
    }
    // A string holds at least its NUL; beyond this no kernel buffer of ours would do.
    constexpr std::uint64_t kLongestString = 16'384;
    if (analysis.config.max_strlen == 0) analysis.config.max_strlen = 1;
    if (analysis.config.max_strlen > kLongestString) {
        analysis.diagnostics.add(DiagnosticKind::warn_truncated,
                                 fmt::format("max_strlen: {} is more than this version can hold, {} is used",
                                             analysis.config.max_strlen, kLongestString));
        analysis.config.max_strlen = kLongestString;
    }
}

}  // namespace check
