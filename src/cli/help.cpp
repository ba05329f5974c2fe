#include "src/cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "bpfline/version.h"
#include "src/cli/options.h"

namespace cli {
namespace {

// The release of bpftrace whose language we follow; scripts compare `bpftrace --version` with it.
constexpr std::string_view kFollowedVersion = "0.26.1";

struct Example {
    std::string_view line;
    std::string_view says;
};
constexpr std::array kExamples{
    Example{"bpfline -l 'tracepoint:syscalls:sys_enter_*'", "list the system calls that can be traced"},
    Example{"bpfline -e 'tracepoint:syscalls:sys_enter_execve { printf(\"%s %s\\n\", comm, str(args.filename)); }'",
            "print each program that is started"},
    Example{"bpfline -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'", "count system calls by program"},
    Example{"bpfline tool.bt 5 -- --verbose", "run a script with the parameter $1 = 5 and its option verbose"},
};

constexpr std::array<std::string_view, 4> kSynopsis{
    "[OPTIONS] FILE [PARAM...] [-- PARAM | --name[=value] ...]",
    "[OPTIONS] -e 'PROGRAM' [PARAM...] [-- PARAM | --name[=value] ...]",
    "[OPTIONS] -                      (program from standard input)",
    "[OPTIONS] -l [PATTERN | FILE | -e 'PROGRAM']",
};

// Width of the option column; longer spellings get a line of their own.
constexpr std::size_t kColumn = 30;

void append_row(std::string& text, std::string_view left, std::string_view right) {
    if (left.size() + 2 > kColumn) {
        fmt::format_to(std::back_inserter(text), "    {}\n    {:{}}{}\n", left, "", kColumn, right);
    } else {
        fmt::format_to(std::back_inserter(text), "    {:{}}{}\n", left, kColumn, right);
    }
}

// A backslash starts an escape, '-' would become a hyphen, and a line may not begin with a dot or quote.
std::string troff(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool begins_line = result.empty() || result.back() == '\n';
        if (begins_line && (c == '.' || c == '\'')) result += "\\&";
        if (c == '\\') {
            result += "\\e";
        } else if (c == '-') {
            result += "\\-";
        } else if (c == '\'') {
            result += "\\(aq";
        } else {
            result += c;
        }
    }
    return result;
}

std::string shell_words(std::string_view separator, bool (*wanted)(const Flag&)) {
    std::string text;
    for (const Flag& flag : flags()) {
        if (!wanted(flag)) continue;
        if (flag.letter != 0) text += fmt::format("{}-{}", text.empty() ? "" : separator, flag.letter);
        if (!flag.word.empty()) text += fmt::format("{}--{}", text.empty() ? "" : separator, flag.word);
    }
    return text;
}

}  // namespace

std::string version_text(bool is_bpftrace) {
    if (is_bpftrace) return fmt::format("bpftrace v{} (bpfline {})", kFollowedVersion, bpfline_version::kVersion);
    return fmt::format("bpfline v{}", bpfline_version::kVersion);
}

std::string help_text(std::string_view program_name) {
    std::string text = "USAGE:\n";
    for (const std::string_view form : kSynopsis)
        text += fmt::format("    {} {}\n", program_name, form);
    Group group{};
    bool is_first = true;
    for (const Flag& flag : flags()) {
        if (is_first || flag.group != group) text += fmt::format("\n{}:\n", heading(flag.group));
        is_first = false;
        group = flag.group;
        if (flag.is_shown) append_row(text, spelling(flag), flag.help);
    }
    text += "\nENVIRONMENT (BPFLINE_X is accepted for each BPFTRACE_X, and wins):\n";
    for (const Variable& variable : variables())
        append_row(text, variable.name, fmt::format("[default: {}] {}", variable.value, variable.help));
    text += "\nEXAMPLES:\n";
    for (const Example& example : kExamples)
        text += fmt::format("    {}\n        {}\n", example.line, example.says);
    return text;
}

std::string man_page() {
    std::string text = fmt::format(
        ".\\\" Printed from the option table; do not edit.\n"
        ".TH BPFLINE 8 \"\" \"bpfline {}\" \"System Administration\"\n"
        ".SH NAME\nbpfline \\- trace a running Linux system with short programs\n.SH SYNOPSIS\n",
        bpfline_version::kVersion);
    for (std::size_t i = 0; i < kSynopsis.size(); i++)
        text += fmt::format("{}.B bpfline\n{}\n", i == 0 ? "" : ".br\n", troff(kSynopsis[i]));
    text +=
        ".SH DESCRIPTION\n"
        "bpfline compiles a program in the language of bpftrace, loads it into the kernel, attaches it to the events "
        "it\n"
        "names and prints what it reports until it is interrupted, the program calls exit(), or the traced process "
        "ends.\n"
        "Maps are printed at the end.\n"
        ".PP\n"
        "Words after the program are its parameters $1, $2 and so on; words after \\-\\- that begin with two dashes "
        "are\n"
        "its named options. Options of bpfline itself may stand anywhere before \\-\\-.\n"
        ".PP\n"
        "Root's rights are needed, or the capabilities CAP_BPF, CAP_PERFMON, CAP_DAC_READ_SEARCH and "
        "CAP_DAC_OVERRIDE.\n"
        ".SH OPTIONS\n";
    Group group{};
    bool is_first = true;
    for (const Flag& flag : flags()) {
        if (!flag.is_shown) continue;
        if (is_first || flag.group != group) text += fmt::format(".SS {}\n", heading(flag.group));
        is_first = false;
        group = flag.group;
        const std::string paragraph =
            flag.manual.empty() ? fmt::format("{}{}.", static_cast<char>(flag.help[0] - 'a' + 'A'), flag.help.substr(1))
                                : std::string(flag.manual);
        text += fmt::format(".TP\n.B {}\n{}\n", troff(spelling(flag)), troff(paragraph));
    }
    text +=
        ".SH ENVIRONMENT\nEach variable is also accepted with the prefix BPFLINE_ instead of BPFTRACE_, which wins. "
        "Every\n"
        "config variable of the language can be set this way.\n";
    for (const Variable& variable : variables())
        text += fmt::format(".TP\n.B {}\n{} (default: {})\n", troff(variable.name), troff(variable.help),
                            troff(variable.value));
    text +=
        ".SH EXIT STATUS\n"
        ".TP\n.B 0\nTracing ended as it should: exit(), an interrupt, the end of the traced process.\n"
        ".TP\n.B 1\nA mistake on the command line or in the program, or nothing to attach to.\n"
        ".TP\n.B 255\nThe kernel refused the program, or a probe could not be attached.\n"
        ".PP\nA program that calls exit(n) ends with the status n.\n"
        ".SH EXAMPLES\n";
    for (const Example& example : kExamples)
        text += fmt::format(".TP\n.B {}\n{}.\n", troff(example.line), troff(example.says));
    text += ".SH SEE ALSO\n.BR bpf (2),\n.BR perf (1),\n.BR bpftool (8)\n";
    return text;
}

std::string bash_completion() {
    std::string text =
        "# bash completion for bpfline, printed from the option table; do not edit.\n"
        "_bpfline()\n{\n"
        "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "    COMPREPLY=()\n"
        "    case $previous in\n";
    for (const Flag& flag : flags()) {
        if (flag.argument.empty() || !flag.is_shown) continue;
        std::string pattern;
        if (flag.letter != 0) pattern += fmt::format("-{}", flag.letter);
        if (!flag.word.empty()) pattern += fmt::format("{}--{}", pattern.empty() ? "" : "|", flag.word);
        std::string action = ":";
        if (flag.values == "<file>") {
            action = "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";
        } else if (flag.values == "<dir>") {
            action = "mapfile -t COMPREPLY < <(compgen -d -- \"$current\")";
        } else if (flag.values == "<command>") {
            action = "mapfile -t COMPREPLY < <(compgen -c -- \"$current\")";
        } else if (flag.values == "<pid>") {
            action = "mapfile -t COMPREPLY < <(cd /proc && compgen -G \"${current}*[0-9]\")";
        } else if (!flag.values.empty()) {
            action = fmt::format("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")", flag.values);
        }
        text += fmt::format("        {})\n            {}\n            return\n            ;;\n", pattern, action);
    }
    text += fmt::format(
        "    esac\n"
        "    if [[ $current == -* ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")\n"
        "    else\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
        "    fi\n"
        "}}\n"
        "complete -o filenames -F _bpfline bpfline\n",
        shell_words(" ", [](const Flag& flag) { return flag.is_shown; }));
    return text;
}

}  // namespace cli
