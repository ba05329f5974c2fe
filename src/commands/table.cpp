#include "src/commands/table.h"

#include <algorithm>
#include <array>
#include <string>

namespace commands {
namespace {

// Reserved from the first release, so that no script is used under a name that later means something else.
int say_reserved(std::span<const char* const> words, driver::Reporter& reporter) {
    const std::string word = words[0];
    reporter.error("'" + word + "' is reserved for a later command; a script of that name is run as ./" + word);
    return 1;
}

constexpr std::array kTable{
    Command{"record", "keep the events of a run in a file", say_reserved},
    Command{"test", "check a script against recorded events", say_reserved},
    Command{"learn", "lessons, one step at a time", say_reserved},
    Command{"why", "explain a message", say_reserved},
    Command{"doctor", "look for what keeps this machine from tracing", say_reserved},
    Command{"migrate", "bring an old script up to date", say_reserved},
    Command{"lsp", "serve an editor", say_reserved},
    Command{"snapshot", "describe this kernel for use on another machine", say_reserved},
    Command{"workload", "produce events to trace", say_reserved},
};

}  // namespace

std::span<const Command> table() {
    return kTable;
}

const Command* find(std::string_view word) {
    const auto* found =
        std::find_if(kTable.begin(), kTable.end(), [&](const Command& command) { return command.word == word; });
    return found == kTable.end() ? nullptr : found;
}

}  // namespace commands
