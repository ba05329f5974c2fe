// cli::options: the command line as one table of flags, and the function that turns argv into Options.
//
// The table is the only place that names a flag: getopt_long's arrays, --help, the man page and the shell completion
// are made from it. Parsing looks at words alone: it opens no file, asks no kernel and prints nothing; what is wrong
// comes back as a UsageError for src/cli/main.cpp to print. It must not know how anything is carried out.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/driver/request.h"

namespace cli {

/// What the first answer to the command line is.
enum class Start { trace, help, version, json_schema };

/// Where the program's text comes from; neither is set for `-l` and `-l PATTERN`.
struct ProgramSource {
    std::optional<std::string> text;  ///< -e
    std::optional<std::string> path;  ///< FILE, "-" for standard input
};

struct Options {
    Start start = Start::trace;
    ProgramSource source;
    driver::Request request;   ///< complete but for the program's text and what the environment adds
    bool is_bpftrace = false;  ///< called by that name: no subcommands, bpftrace's version line
};

struct UsageError {
    std::string message;      ///< whole lines without the final newline
    bool is_labelled = true;  ///< "ERROR: " in front; getopt's own lines have none
    bool shows_help = false;  ///< the help text follows on standard error
    std::string hint;         ///< may be empty
    int exit_status = 1;
};

using ParseResult = std::variant<Options, UsageError>;

/// Takes argv as main got it, name of the program first. Options may follow FILE until "--".
ParseResult parse_options(std::span<const char* const> argv);

/// The last component of argv[0]; "bpfline" where there is none.
std::string program_name(const char* argv0);

/// Headings of --help and of the man page, in their order.
enum class Group { program, events, output, safety, c_code, trouble, general };

/// One row of the table.
struct Flag {
    char letter;                ///< 0: none
    std::string_view word;      ///< without dashes; empty: none
    std::string_view argument;  ///< as shown to the user; empty: takes none
    std::string_view values;    ///< for completion: words, or one of <file> <dir> <pid> <command>
    Group group;
    bool is_shown;            ///< false: accepted for compatibility, left out of --help and completion
    std::string_view help;    ///< one line of --help
    std::string_view manual;  ///< paragraph of the man page; empty: the help line serves
    std::optional<UsageError> (*apply)(Options&, const std::string& value);
};

std::span<const Flag> flags();
/// Heading of a group: "OUTPUT".
std::string_view heading(Group group);
/// "-e PROGRAM", "-o, --output FILE".
std::string spelling(const Flag& flag);

/// A variable of the environment, for --help and the man page; BPFLINE_ works wherever BPFTRACE_ does and wins.
struct Variable {
    std::string_view name;
    std::string_view value;  ///< default, or what it means to leave it out
    std::string_view help;
};
std::span<const Variable> variables();

}  // namespace cli
