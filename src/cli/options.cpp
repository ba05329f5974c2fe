#include "src/cli/options.h"

#include <fmt/format.h>
#include <getopt.h>
#include <regex.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "runtime/base/nearest.h"

namespace cli {
namespace {

using driver::Action;
using driver::Buffering;
using driver::Mode;
using driver::OutputFormat;
using driver::Stage;

using Refusal = std::optional<UsageError>;

// Linux's PID_MAX_LIMIT on 64-bit machines; a larger number can name no process.
constexpr std::int64_t kLargestPid = 0x400000;

// Stands in for the argument of an old-style -d, which took none and did a dry run. No word from a shell holds it.
constexpr char kOldDebug[] = "\x01";

UsageError usage(std::string message, std::string hint = {}) {
    UsageError error;
    error.message = std::move(message);
    error.hint = std::move(hint);
    return error;
}

Refusal unavailable(std::string_view flag, std::string hint = {}) {
    return usage(fmt::format("{} is not available in this version", flag), std::move(hint));
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

Refusal set_pid(Options& options, const std::string& value) {
    std::int64_t pid = 0;
    const char* end = value.data() + value.size();
    const auto [stop, failure] = std::from_chars(value.data(), end, pid);
    if (stop != end || value.empty() || failure == std::errc::invalid_argument)
        return usage(fmt::format("Failed to parse pid: invalid integer: {}", value));
    if (failure == std::errc::result_out_of_range || pid < 1 || pid > kLargestPid)
        return usage(fmt::format("Pid out of range: {}", value));
    options.request.pid = static_cast<std::int32_t>(pid);
    return {};
}

Refusal set_format(Options& options, const std::string& value) {
    if (value == "text") {
        options.request.output_format = OutputFormat::text;
    } else if (value == "json") {
        options.request.output_format = OutputFormat::json;
    } else {
        return usage(fmt::format("Invalid output format \"{}\"\nValid formats: 'text', 'json'", value));
    }
    return {};
}

Refusal set_buffering(Options& options, const std::string& value) {
    if (value == "line") {
        options.request.buffering = Buffering::line;
    } else if (value == "full") {
        options.request.buffering = Buffering::full;
    } else if (value == "none") {
        options.request.buffering = Buffering::none;
    } else {
        return usage("USAGE: -B must be either 'line', 'full', or 'none'.");
    }
    return {};
}

struct StageName {
    std::string_view name;
    Stage stage;
};
// bpfline's names first, then the names other versions of the language's tools gave to the same thing.
constexpr std::array kStageNames{
    StageName{"tokens", Stage::tokens},  StageName{"ast", Stage::ast},
    StageName{"typed", Stage::typed},    StageName{"ir", Stage::ir},
    StageName{"ir-opt", Stage::ir_opt},  StageName{"program", Stage::program},
    StageName{"asm", Stage::assembly},   StageName{"verifier", Stage::verifier},
    StageName{"parse", Stage::ast},      StageName{"types", Stage::typed},
    StageName{"codegen", Stage::ir},     StageName{"codegen-opt", Stage::ir_opt},
    StageName{"libbpf", Stage::program}, StageName{"dis", Stage::assembly},
};

const StageName* find_stage(std::string_view name) {
    const auto* found =
        std::find_if(kStageNames.begin(), kStageNames.end(), [&](const StageName& row) { return row.name == name; });
    return found == kStageNames.end() ? nullptr : found;
}

bool are_stages(std::string_view value) {
    const auto parts = split(value, ',');
    return std::any_of(parts.begin(), parts.end(),
                       [](const std::string& part) { return part == "all" || find_stage(part) != nullptr; });
}

Refusal add_stages(Options& options, const std::string& value) {
    if (value == kOldDebug) {
        options.request.debug_stages.add_all();
        options.request.is_dry_run = true;
        return {};
    }
    for (const std::string& part : split(value, ',')) {
        if (part == "all") {
            options.request.debug_stages.add_all();
        } else if (const StageName* row = find_stage(part)) {
            options.request.debug_stages.add(row->stage);
        } else {
            base::Nearest search(part);
            search.add("all");
            for (const StageName& known : kStageNames)
                search.add(known.name);
            std::string hint = base::did_you_mean(search.names());
            if (hint.empty()) hint = "the stages are tokens, ast, typed, ir, ir-opt, program, asm, verifier and all";
            return usage(fmt::format("USAGE: invalid option for -d: {}", part), std::move(hint));
        }
    }
    return {};
}

Refusal set_mode(Options& options, Mode mode) {
    if (options.request.mode != Mode::normal && options.request.mode != mode)
        return usage("USAGE: --test, --bench and --mode conflict with each other.");
    options.request.mode = mode;
    return {};
}

Refusal set_named_mode(Options& options, const std::string& value) {
    if (value == "codegen") return set_mode(options, Mode::codegen);
    if (value == "compiler-bench") return set_mode(options, Mode::compiler_bench);
    if (value == "bench") return set_mode(options, Mode::bench);
    if (value == "test") return set_mode(options, Mode::test);
    if (value == "format") {
        options.request.action = Action::format;
        return {};
    }
    return usage("USAGE: --mode must be either 'codegen', 'compiler-bench', 'bench', 'test', or 'format'.");
}

Refusal disable_features(Options& options, const std::string& value) {
    constexpr std::array<std::string_view, 5> kFeatures{"kprobe_multi", "kprobe_session", "uprobe_multi",
                                                        "raw_syscalls", "ledger"};
    for (std::string& feature : split(value, ',')) {
        if (std::find(kFeatures.begin(), kFeatures.end(), feature) == kFeatures.end())
            return usage(fmt::format("USAGE: --no-feature can only have values 'kprobe_multi', 'kprobe_session', "
                                     "'uprobe_multi', 'raw_syscalls', 'ledger'; not '{}'.",
                                     feature),
                         base::did_you_mean(base::nearest(feature, kFeatures)));
        options.request.disabled_features.push_back(std::move(feature));
    }
    return {};
}

// Compiled here only to find out whether it can be: a bad expression is a mistake of the command line.
Refusal set_probe_filter(Options& options, const std::string& value) {
    regex_t compiled;
    const int failure = regcomp(&compiled, value.c_str(), REG_EXTENDED | REG_NOSUB);
    if (failure != 0) {
        std::array<char, 128> reason{};
        regerror(failure, &compiled, reason.data(), reason.size());
        UsageError error = usage(fmt::format("Invalid --probe-filter regex '{}': {}", value, reason.data()));
        error.exit_status = 255;
        return error;
    }
    regfree(&compiled);
    options.request.probe_filter = value;
    return {};
}

Refusal add_debug_info_dirs(Options& options, const std::string& value) {
    for (std::string& dir : split(value, ':'))
        if (!dir.empty()) options.request.debug_info_dirs.push_back(std::move(dir));
    return {};
}

// In the order of --help. The letters and words are bpftrace's; where old and new bpftrace differ, both are accepted.
constexpr std::array kFlags{
    Flag{'e', "", "PROGRAM", "", Group::program, true, "run this program text",
         "Run this program text instead of a file. Given more than once, the last one wins. All other words are the "
         "program's parameters.",
         [](Options& options, const std::string& value) -> Refusal {
             options.source.text = value;
             return {};
         }},
    Flag{'l', "list", "", "", Group::program, true, "list probes that match PATTERN, or those of a program",
         "List probes. The pattern is a comma-separated list of probes in which * and [...] stand for any text; "
         "without one, everything in the kernel is listed. If a file of that name exists, or with -e, the probes of "
         "that program are listed. With -v the arguments of each probe follow on indented lines.",
         [](Options& options, const std::string&) -> Refusal {
             options.request.action = Action::list;
             return {};
         }},
    Flag{0, "fmt", "", "", Group::program, true, "print the program in the usual style",
         "Parse the program and print it in the usual style to standard output, or to the file given with -o.",
         [](Options& options, const std::string&) -> Refusal {
             options.request.action = Action::format;
             return {};
         }},
    Flag{0, "dry-run", "", "", Group::program, true, "compile, load and attach, then exit",
         "Compile, load and attach the program, then exit at once. Only begin probes run; nothing is printed.",
         [](Options& options, const std::string&) -> Refusal {
             options.request.is_dry_run = true;
             return {};
         }},
    Flag{0, "mode", "MODE", "codegen compiler-bench bench test format", Group::program, false,
         "do something else than run the program", "",
         [](Options& options, const std::string& value) { return set_named_mode(options, value); }},
    Flag{0, "test", "", "", Group::program, false, "run the program's test probes", "",
         [](Options& options, const std::string&) { return set_mode(options, Mode::test); }},
    Flag{0, "bench", "", "", Group::program, false, "run the program's bench probes", "",
         [](Options& options, const std::string&) { return set_mode(options, Mode::bench); }},

    Flag{'p', "pid", "PID", "<pid>", Group::events, true, "trace only this process",
         "Trace only this process: user-space, profile, software, hardware and watchpoint probes attach to it alone, "
         "kernel probes and tracepoints are filtered by it; interval, begin and end probes are not. Tracing ends when "
         "the process does.",
         set_pid},
    Flag{'c', "cmd", "COMMAND", "<command>", Group::events, true, "run COMMAND and trace until it ends",
         "Run COMMAND as a child that starts once all probes are attached, and end with it. The words are separated by "
         "blanks; no shell is involved. The program sees its process id as cpid.",
         [](Options& options, const std::string& value) -> Refusal {
             options.request.command = value;
             return {};
         }},
    Flag{0, "probe-filter", "REGEX", "", Group::events, true, "attach only probes whose name matches REGEX",
         "Attach only probes whose full name matches this POSIX extended regular expression; begin and end probes are "
         "always kept.",
         set_probe_filter},
    Flag{0, "no-feature", "FEATURE[,FEATURE]", "kprobe_multi kprobe_session uprobe_multi raw_syscalls ledger",
         Group::events, true, "do as if the kernel lacked FEATURE", "", disable_features},
    Flag{
        0, "usdt-file-activation", "", "", Group::events, true, "activate USDT probes in all processes using the file",
        "Activate USDT semaphores in every process that has the file mapped. Of no consequence where the kernel counts "
        "references itself.",
        [](Options& options, const std::string&) -> Refusal {
            options.request.activates_usdt_by_file = true;
            return {};
        }},
    Flag{0, "traceable-functions", "FILE", "<file>", Group::events, true, "read traceable kernel functions from FILE",
         "Read the list of traceable kernel functions from FILE instead of available_filter_functions of tracefs.",
         [](Options& options, const std::string& value) -> Refusal {
             options.request.traceable_functions_path = value;
             return {};
         }},

    Flag{'o', "output", "FILE", "<file>", Group::output, true, "write the program's output to FILE",
         "Write what the program prints to FILE, which is emptied first, instead of standard output. Errors and "
         "warnings "
         "stay on standard error.",
         [](Options& options, const std::string& value) -> Refusal {
             options.request.output_path = value;
             return {};
         }},
    Flag{'f', "", "FORMAT", "text json", Group::output, true, "output format: text (default) or json",
         "Output format: text, the default, or json, which is one object a line.", set_format},
    Flag{'B', "", "MODE", "line full none", Group::output, true,
         "buffering of the output: line (default), full or none",
         "Buffering of standard output and of the file given with -o: line, the default, full or none.", set_buffering},
    Flag{'q', "quiet", "", "", Group::output, true, "do not tell how many probes are attached",
         "Leave out \"Attached N probes\" and \"No probes to attach\". What the program prints stays.",
         [](Options& options, const std::string&) -> Refusal {
             options.request.is_quiet = true;
             return {};
         }},
    Flag{'k', "warnings", "", "", Group::output, true, "report failed reads and look-ups while running",
         "Report reads of user or kernel memory that fail and look-ups of absent keys while the program runs, with "
         "their "
         "place in the program.",
         [](Options& options, const std::string&) -> Refusal {
             options.request.warns_at_run_time = true;
             return {};
         }},
    Flag{
        0, "ledger", "", "", Group::output, true, "show at the end what every probe counted",
        "Show at the end, for every probe, how often it was hit, how often its predicate let it pass, what it sent and "
        "lost, what was refused and how long a run took. With -f json a line of its own on standard output, else a "
        "table on standard error. A run that printed and stored nothing shows it by itself.",
        [](Options& options, const std::string&) -> Refusal {
            options.request.shows_ledger = true;
            return {};
        }},
    Flag{0, "no-warnings", "", "", Group::output, true, "print no warnings", "",
         [](Options& options, const std::string&) -> Refusal {
             options.request.suppresses_warnings = true;
             return {};
         }},
    Flag{0, "json-schema", "", "", Group::output, true, "print the JSON schema of the lines of -f json", "",
         [](Options& options, const std::string&) -> Refusal {
             options.start = Start::json_schema;
             return {};
         }},

    Flag{0, "unsafe", "", "", Group::safety, true, "allow functions that change the system",
         "Allow functions that change the system (system, signal, override and others) and probes on places that are "
         "not "
         "known to be safe.",
         [](Options& options, const std::string&) -> Refusal {
             options.request.is_unsafe_allowed = true;
             return {};
         }},

    Flag{'I', "", "DIR", "<dir>", Group::c_code, true, "search DIR for C headers", "",
         [](Options& options, const std::string& value) -> Refusal {
             options.request.include_dirs.push_back(value);
             return {};
         }},
    Flag{0, "include", "FILE", "<file>", Group::c_code, true, "include FILE before the program",
         "As if #include FILE stood first in the program. May be given more than once.",
         [](Options& options, const std::string& value) -> Refusal {
             options.request.include_files.push_back(value);
             return {};
         }},

    Flag{'v', "verbose", "", "", Group::trouble, true, "tell what is being done; with -l show arguments",
         "Tell what is being done, and show the kernel's whole log when it refuses a program. With -l show arguments.",
         [](Options& options, const std::string&) -> Refusal {
             options.request.is_verbose = true;
             return {};
         }},
    Flag{
        'd', "debug", "STAGE[,STAGE]", "tokens ast typed ir ir-opt program asm verifier all", Group::trouble, true,
        "print what the compiler has made after STAGE",
        "Print what the compiler has made after each STAGE: tokens, ast, typed, ir, ir-opt, program, asm, verifier, or "
        "all. Together with --dry-run nothing is traced.",
        add_stages},
    Flag{
        0, "timing", "", "", Group::trouble, true, "show where the time of the run went",
        "Show on standard error how long each phase took, from the start of the process to the last probe's detaching.",
        [](Options& options, const std::string&) -> Refusal {
            options.request.shows_timing = true;
            return {};
        }},
    Flag{0, "info", "", "", Group::trouble, true, "print what this kernel and this build can do", "",
         [](Options& options, const std::string&) -> Refusal {
             options.request.action = Action::info;
             return {};
         }},
    Flag{0, "debuginfo", "DIR[:DIR]", "<dir>", Group::trouble, true, "search DIR for separate debug files",
         "Search these directories for separate debug files as well. A + in front of one asks for the check sum to be "
         "compared.",
         add_debug_info_dirs},
    Flag{0, "emit-elf", "FILE", "<file>", Group::trouble, false, "write the compiled object to FILE", "",
         [](Options&, const std::string&) { return unavailable("--emit-elf", "-d asm prints the instructions"); }},
    Flag{0, "emit-llvm", "FILE", "<file>", Group::trouble, false, "write the intermediate code to FILE", "",
         [](Options&, const std::string&) { return unavailable("--emit-llvm", "-d ir,ir-opt prints it"); }},
    Flag{0, "verify-llvm-ir", "", "", Group::trouble, false, "check the intermediate code", "",
         [](Options&, const std::string&) -> Refusal { return {}; }},
    Flag{0, "aot", "FILE", "<file>", Group::trouble, false, "compile ahead of time into FILE", "",
         [](Options&, const std::string&) { return unavailable("--aot"); }},
    Flag{0, "dwarf-pid", "PID", "<pid>", Group::trouble, false, "unwind this process by its debug information", "",
         [](Options&, const std::string&) { return unavailable("--dwarf-pid"); }},
    // BTF is always used where there is some.
    Flag{'b', "btf", "", "", Group::trouble, false, "accepted and ignored", "",
         [](Options&, const std::string&) -> Refusal { return {}; }},

    Flag{'V', "version", "", "", Group::general, true, "print the version", "",
         [](Options& options, const std::string&) -> Refusal {
             options.start = Start::version;
             return {};
         }},
    Flag{'h', "help", "", "", Group::general, true, "print this help", "Print a summary of the options.",
         [](Options& options, const std::string&) -> Refusal {
             options.start = Start::help;
             return {};
         }},
};

consteval bool rows_are_complete() {
    for (std::size_t i = 0; i < kFlags.size(); i++) {
        if (kFlags[i].help.empty() || (kFlags[i].letter == 0 && kFlags[i].word.empty())) return false;
        for (std::size_t j = 0; j < i; j++) {
            if (kFlags[i].letter != 0 && kFlags[i].letter == kFlags[j].letter) return false;
            if (!kFlags[i].word.empty() && kFlags[i].word == kFlags[j].word) return false;
        }
    }
    return true;
}
static_assert(rows_are_complete(), "each flag has a help line and a name of its own");

constexpr std::array kVariables{
    Variable{"BPFTRACE_COLOR", "auto", "colours in messages: auto (both streams are terminals), always, never"},
    Variable{"BPFTRACE_BTF", "the kernel's", "file to read the kernel's types from"},
    Variable{"BPFTRACE_KERNEL_SOURCE", "/lib/modules/$(uname -r)/source", "where kernel headers are"},
    Variable{"BPFTRACE_KERNEL_BUILD", "/lib/modules/$(uname -r)/build", "where generated kernel headers are"},
    Variable{"BPFTRACE_VMLINUX", "none", "kernel image with symbols, to check offsets of kprobes"},
    Variable{"BPFTRACE_MAX_STRLEN", "1024", "size limit of strings in bytes"},
    Variable{"BPFTRACE_MAX_MAP_KEYS", "4096", "capacity of maps"},
    Variable{"BPFTRACE_MISSING_PROBES", "error", "attach points that match nothing: error, warn, ignore"},
    Variable{"BPFTRACE_PRINT_MAPS_ON_EXIT", "true", "print all maps at the end"},
    Variable{"BPFTRACE_STACK_MODE", "bpftrace", "style of stacks: bpftrace, perf, raw, build_id"},
    Variable{"BPFTRACE_STR_TRUNC_TRAILER", "..", "what follows a string that was cut off"},
    Variable{"BPFTRACE_CPP_DEMANGLE", "true", "demangle C++ names"},
    Variable{"BPFTRACE_CACHE_USER_SYMBOLS", "PER_PID or PER_PROGRAM", "user symbols: PER_PID, PER_PROGRAM, NONE"},
    Variable{"BPFTRACE_MAX_PROBES", "1024", "most probes attached at once"},
    Variable{"BPFTRACE_MAX_CAT_BYTES", "10240", "most bytes that cat() prints"},
    Variable{"BPFTRACE_PERF_RB_PAGES", "0", "pages of the event buffer; 0: 4 MiB, at most 1/64 of the free memory"},
};

constexpr int kFirstWordValue = 256;  // above every letter

std::string missing_argument(const std::string& name, std::string_view word, int value) {
    if (value < kFirstWordValue && word.substr(0, 2) != "--")
        return fmt::format("{}: option requires an argument -- '{}'", name, static_cast<char>(value));
    return fmt::format("{}: option '{}' requires an argument", name, word);
}

UsageError getopt_error(std::string message) {
    UsageError error;
    error.message = std::move(message);
    error.is_labelled = false;
    error.shows_help = true;
    return error;
}

UsageError unknown_word(const std::string& name, std::string_view word) {
    const std::string_view bare =
        word.substr(2, word.find('=') == std::string_view::npos ? word.npos : word.find('=') - 2);
    std::vector<std::string> beginnings;
    base::Nearest search(bare);
    for (const Flag& flag : kFlags) {
        if (flag.word.empty()) continue;
        search.add(flag.word);
        if (!bare.empty() && flag.word.substr(0, bare.size()) == bare)
            beginnings.push_back("'--" + std::string(flag.word) + "'");
    }
    if (beginnings.size() > 1)
        return getopt_error(
            fmt::format("{}: option '{}' is ambiguous; possibilities: {}", name, word, fmt::join(beginnings, " ")));
    UsageError error = getopt_error(fmt::format("{}: unrecognized option '--{}'", name, bare));
    std::vector<std::string> names = search.names();
    for (std::string& candidate : names)
        candidate.insert(0, "--");
    error.hint = base::did_you_mean(names);
    return error;
}

UsageError unknown_letter(const std::string& name, char letter) {
    UsageError error = getopt_error(fmt::format("{}: invalid option -- '{}'", name, letter));
    if (letter >= '0' && letter <= '9') {
        error.hint = "parameters that begin with '-' stand after '--'";
        return error;
    }
    // The other case is what a finger slips to; a neighbour on the keyboard would be a guess.
    const char other = static_cast<char>(letter ^ 0x20);
    std::vector<std::string> names;
    for (const Flag& flag : kFlags) {
        if (!flag.is_shown) continue;
        const bool begins_so = !flag.word.empty() && flag.word[0] == letter && names.size() < 3;
        if (flag.letter == other && flag.letter != 0)
            names.insert(names.begin(), {'-', other});
        else if (begins_so)
            names.push_back("--" + std::string(flag.word));
    }
    error.hint = base::did_you_mean(names);
    return error;
}

const Flag* flag_of(int value) {
    if (value >= kFirstWordValue) return &kFlags[static_cast<std::size_t>(value - kFirstWordValue)];
    for (const Flag& flag : kFlags)
        if (flag.letter == value && value != 0) return &flag;
    return nullptr;
}

// Says of a word on the command line whether the next word is its argument.
bool takes_next_word(std::string_view word) {
    if (word.size() < 2 || word[0] != '-') return false;
    if (word[1] == '-') {
        for (const Flag& flag : kFlags)
            if (!flag.word.empty() && word.substr(2) == flag.word) return !flag.argument.empty();
        return false;
    }
    for (std::size_t i = 1; i < word.size(); i++) {
        const Flag* flag = flag_of(static_cast<unsigned char>(word[i]));
        if (flag == nullptr) return false;
        if (!flag->argument.empty()) return i + 1 == word.size();
    }
    return false;
}

bool looks_like_option_or_script(std::string_view word) {
    if (word.empty() || are_stages(word)) return word.empty();
    return word[0] == '-' || word.find_first_of("/ {") != std::string_view::npos ||
           (word.size() > 3 && word.substr(word.size() - 3) == ".bt");
}

// Old bpftrace's -d and -dd took no argument. Where what follows can only be meant so, the argument is put in.
std::vector<std::string> with_debug_argument(std::span<const char* const> argv) {
    std::vector<std::string> words;
    bool is_argument = false;
    bool are_options = true;
    for (std::size_t i = 0; i < argv.size(); i++) {
        const std::string_view word = argv[i];
        if (i == 0 || is_argument || !are_options) {
            words.emplace_back(word);
            is_argument = false;
            continue;
        }
        if (word == "--") are_options = false;
        const bool is_old =
            word == "-dd" || (word == "-d" && (i + 1 == argv.size() || looks_like_option_or_script(argv[i + 1])));
        if (is_old) {
            words.push_back(std::string("--debug=") + kOldDebug);
            continue;
        }
        words.emplace_back(word);
        is_argument = takes_next_word(word);
    }
    return words;
}

struct GetoptArrays {
    std::string letters = ":";  // ':' first: a missing argument is told apart from an unknown option
    std::vector<option> words;
};

GetoptArrays getopt_arrays() {
    GetoptArrays arrays;
    for (std::size_t i = 0; i < kFlags.size(); i++) {
        const Flag& flag = kFlags[i];
        if (flag.letter != 0) {
            arrays.letters += flag.letter;
            if (!flag.argument.empty()) arrays.letters += ':';
        }
        if (!flag.word.empty()) {
            // The views in the table are whole literals, so they end in a zero byte.
            arrays.words.push_back(option{flag.word.data(), flag.argument.empty() ? no_argument : required_argument,
                                          nullptr, kFirstWordValue + static_cast<int>(i)});
        }
    }
    arrays.words.push_back(option{nullptr, 0, nullptr, 0});
    return arrays;
}

void add_parameter(driver::Request& request, std::string word) {
    // getopt leaves a word with two dashes only when it stands after "--".
    if (word.size() > 2 && word.substr(0, 2) == "--") {
        const std::size_t equals = word.find('=');
        driver::NamedParameter parameter;
        parameter.name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
        if (equals != std::string::npos) parameter.value = word.substr(equals + 1);
        request.named_parameters.push_back(std::move(parameter));
        return;
    }
    request.parameters.push_back(std::move(word));
}

// What only the whole command line can tell.
Refusal check_together(Options& options, std::span<char* const> rest) {
    driver::Request& request = options.request;
    if (request.command && request.pid) {
        UsageError error = usage("USAGE: Cannot use both -c and -p.");
        error.shows_help = true;
        return error;
    }
    if (request.warns_at_run_time && request.suppresses_warnings)
        return usage("USAGE: -k, --warnings conflicts with --no-warnings");

    if (options.source.text && options.source.text->empty()) options.source.text.reset();
    if (request.action == Action::info) return {};
    if (request.action == Action::list) {
        if (rest.size() > 1 || (options.source.text && !rest.empty()))
            return usage("USAGE: -l takes one pattern or file; several patterns are joined by commas.");
        if (!rest.empty()) request.list_pattern = rest[0];
        return {};
    }
    if (!options.source.text) {
        if (rest.empty() || (rest[0][0] == '-' && rest[0][1] == '-'))
            return usage("USAGE: filename or -e 'program' required.");
        options.source.path = rest[0];
        rest = rest.subspan(1);
    }
    for (const char* word : rest)
        add_parameter(request, word);
    return {};
}

}  // namespace

std::span<const Flag> flags() {
    return kFlags;
}
std::span<const Variable> variables() {
    return kVariables;
}

std::string_view heading(Group group) {
    switch (group) {
        case Group::program: return "PROGRAM";
        case Group::events: return "WHAT IS TRACED";
        case Group::output: return "OUTPUT";
        case Group::safety: return "SAFETY";
        case Group::c_code: return "C DECLARATIONS";
        case Group::trouble: return "TROUBLESHOOTING";
        case Group::general: return "GENERAL";
    }
    return {};
}

std::string spelling(const Flag& flag) {
    std::string text;
    if (flag.letter != 0) text += fmt::format("-{}", flag.letter);
    if (flag.letter != 0 && !flag.word.empty()) text += ", ";
    if (!flag.word.empty()) text += fmt::format("--{}", flag.word);
    if (!flag.argument.empty()) text += fmt::format(" {}", flag.argument);
    return text;
}

std::string program_name(const char* argv0) {
    if (argv0 == nullptr) return "bpfline";
    const std::string_view path = argv0;
    const std::size_t slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    return name.empty() ? "bpfline" : std::string(name);
}

ParseResult parse_options(std::span<const char* const> argv) {
    Options options;
    const std::string name = program_name(argv.empty() ? nullptr : argv[0]);
    options.is_bpftrace = name == "bpftrace";

    std::vector<std::string> words = with_debug_argument(argv);
    if (words.size() <= 1) {
        UsageError error;
        error.is_labelled = false;
        error.shows_help = true;
        return error;
    }
    std::vector<char*> pointers;
    for (std::string& word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const int count = static_cast<int>(words.size());
    const GetoptArrays arrays = getopt_arrays();

    optind = 0;  // 0 makes glibc forget an earlier call
    opterr = 0;
    while (true) {
        // The word in hand, for messages; getopt moves on only after its last letter.
        const int index_before = optind == 0 ? 1 : optind;
        const int value = getopt_long(count, pointers.data(), arrays.letters.c_str(), arrays.words.data(), nullptr);
        if (value == -1) break;
        const std::string_view last_word = pointers[static_cast<std::size_t>(std::max(optind - 1, index_before - 1))];
        if (value == ':') return getopt_error(missing_argument(name, last_word, optopt));
        if (value == '?') {
            if (optopt == 0) return unknown_word(name, last_word);
            if (optopt >= kFirstWordValue)
                return getopt_error(
                    fmt::format("{}: option '--{}' doesn't allow an argument", name, flag_of(optopt)->word));
            return unknown_letter(name, static_cast<char>(optopt));
        }
        const Flag* flag = flag_of(value);
        if (auto refusal = flag->apply(options, optarg == nullptr ? std::string() : std::string(optarg)))
            return *std::move(refusal);
        // As in getopt's tradition the first of -h and -V answers, whatever follows.
        if (options.start != Start::trace) return options;
    }
    const std::span<char* const> rest(pointers.data() + optind, static_cast<std::size_t>(count - optind));
    if (auto refusal = check_together(options, rest)) return *std::move(refusal);
    return options;
}

}  // namespace cli
