// driver::Request: everything the command line and the environment asked for, as one value.
//
// Filled by src/cli (options, environment) and src/commands (the program's text); taken by driver::run and by whatever
// the driver calls. It holds values only: no file is open, no process started, no kernel asked. What is checked
// already: everything that can be checked by looking at the words alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driver {

enum class Action {
    run,     ///< compile, load, attach, print
    list,    ///< -l: list_pattern, or the program's probes when there is a program
    format,  ///< --fmt: parse and print the script in the usual style
    info,    ///< --info: what this kernel and this build can do
};

enum class OutputFormat { text, json };

/// What is flushed when. line: at each line's end; full: when the buffer is full and at the end; none: at each write.
enum class Buffering { line, full, none };

/// --mode, --test, --bench.
enum class Mode {
    normal,
    codegen,         ///< compile only
    compiler_bench,  ///< compile repeatedly and print how long each pass takes
    bench,           ///< run the bench: probes
    test,            ///< run the test: probes
};

/// Stages of -d, in the order of the flow.
enum class Stage { tokens, ast, typed, ir, ir_opt, program, assembly, verifier };
inline constexpr unsigned kStages = 8;

struct StageSet {
    unsigned bits = 0;
    void add(Stage stage) { bits |= 1u << static_cast<unsigned>(stage); }
    void add_all() { bits = (1u << kStages) - 1; }
    [[nodiscard]] bool has(Stage stage) const { return (bits >> static_cast<unsigned>(stage) & 1u) != 0; }
    [[nodiscard]] bool empty() const { return bits == 0; }
};

struct Program {
    std::string name;  ///< as diagnostics print it: "stdin" for -e and -, else the path as typed
    std::string text;
};

/// A word after `--` that begins with two dashes: --name or --name=value.
struct NamedParameter {
    std::string name;
    std::optional<std::string> value;
};

/// BPFTRACE_MAX_STRLEN=80 → {"max_strlen", "80", "BPFTRACE_MAX_STRLEN"}. All variables with our prefixes are here,
/// known as config keys or not; where both prefixes name a key, only BPFLINE_'s is kept.
struct ConfigValue {
    std::string key;  ///< lower case, without prefix
    std::string value;
    std::string variable;  ///< for messages
};

struct Request {
    Action action = Action::run;
    std::optional<Program> program;  ///< absent only for list and info
    std::string list_pattern;        ///< empty: everything

    std::vector<std::string> parameters;  ///< $1, $2, …
    std::vector<NamedParameter> named_parameters;

    std::optional<std::int32_t> pid;     ///< -p; the process existed a moment ago
    std::optional<std::string> command;  ///< -c, not yet split into words
    std::optional<std::string> output_path;
    OutputFormat output_format = OutputFormat::text;
    Buffering buffering = Buffering::line;

    bool is_verbose = false;
    bool is_quiet = false;  ///< -q: no "Attached N probes", no "No probes to attach"
    bool is_unsafe_allowed = false;
    bool is_dry_run = false;
    bool warns_at_run_time = false;    ///< -k
    bool suppresses_warnings = false;  ///< --no-warnings; also silences warnf in the script

    bool shows_ledger = false;  ///< --ledger
    bool shows_timing = false;  ///< --timing

    StageSet debug_stages;  ///< -d
    Mode mode = Mode::normal;
    std::string probe_filter;  ///< POSIX extended regular expression, known to compile; empty: all

    std::vector<std::string> include_dirs;              ///< -I
    std::vector<std::string> environment_include_dirs;  ///< CPATH, C_INCLUDE_PATH
    std::vector<std::string> include_files;             ///< --include
    std::vector<std::string> disabled_features;         ///< --no-feature
    std::vector<std::string> debug_info_dirs;           ///< --debuginfo; a leading '+' asks for the CRC to be checked
    std::string traceable_functions_path;               ///< --traceable-functions; empty: the kernel's own list
    bool activates_usdt_by_file = false;                ///< --usdt-file-activation

    // Environment-only settings; empty where not set.
    std::string btf_path;
    std::string kernel_source_path;
    std::string kernel_build_path;
    std::string vmlinux_path;
    std::vector<ConfigValue> config;
    /// Printed as a line of its own once all probes are attached; the name of the variable that asked for it.
    std::string attached_notice;
};

}  // namespace driver
