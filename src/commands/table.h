// commands: the words that are subcommands when they stand first on the command line.
//
// Without such a word the program traces (trace.h). A script with the name of a command is run as ./record. main
// looks a word up here unless the program was called as bpftrace, which has no subcommands.
#pragma once

#include <span>
#include <string_view>

#include "src/driver/reporter.h"

namespace commands {

struct Command {
    std::string_view word;
    std::string_view says;  ///< what it is for, one line
    /// Takes the words from the command's own on; gives the exit status.
    int (*run)(std::span<const char* const> words, driver::Reporter& reporter);
};

std::span<const Command> table();
/// nullptr: not a command.
const Command* find(std::string_view word);

}  // namespace commands
