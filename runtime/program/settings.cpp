#include "runtime/program/settings.h"

namespace program {

namespace {

std::string word(MissingProbes choice) {
    switch (choice) {
        case MissingProbes::error: return "error";
        case MissingProbes::warn: return "warn";
        case MissingProbes::ignore: return "ignore";
    }
    return {};
}

std::string word(StackMode mode) {
    switch (mode) {
        case StackMode::bpftrace: return "bpftrace";
        case StackMode::perf: return "perf";
        case StackMode::raw: return "raw";
        case StackMode::build_id: return "build_id";
    }
    return {};
}

std::string word(Config::UserSymbols cache) {
    switch (cache) {
        // Which of both it becomes is decided when the run begins: per program with -c.
        case Config::UserSymbols::automatic:
        case Config::UserSymbols::per_pid: return "PER_PID";
        case Config::UserSymbols::per_program: return "PER_PROGRAM";
        case Config::UserSymbols::none: return "NONE";
    }
    return {};
}

std::string word(Config::Gate gate) {
    switch (gate) {
        case Config::Gate::enable: return "enable";
        case Config::Gate::warn: return "warn";
        case Config::Gate::error: return "error";
    }
    return {};
}

}  // namespace

std::vector<Setting> settings(const Config& config) {
    return {
        {"max_strlen", config.max_strlen},
        {"max_map_keys", config.max_map_keys},
        {"missing_probes", word(config.missing_probes)},
        {"print_maps_on_exit", config.print_maps_on_exit},
        {"stack_mode", word(config.stack_mode)},
        {"str_trunc_trailer", config.str_trunc_trailer},
        {"cpp_demangle", config.cpp_demangle},
        {"cache_user_symbols", word(config.cache_user_symbols)},
        {"lazy_symbolication", config.lazy_symbolication},
        {"max_probes", config.max_probes},
        {"max_bpf_progs", config.max_bpf_progs},
        {"max_cat_bytes", config.max_cat_bytes},
        {"perf_rb_pages", config.perf_rb_pages},
        {"log_size", config.log_size},
        {"on_stack_limit", config.on_stack_limit},
        {"license", config.license},
        {"show_debug_info", config.show_debug_info},
        {"use_blazesym", config.use_blazesym},
        {"stats_format", std::string(config.legacy_stats ? "legacy" : "record")},
        {"unstable_tseries", word(config.unstable_tseries)},
        {"unstable_dw_ustack", word(config.unstable_dw_ustack)},
        {"unstable_typeinfo", word(config.unstable_typeinfo)},
        {"unstable_import_statement", word(config.unstable_import_statement)},
    };
}

}  // namespace program
