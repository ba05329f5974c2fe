// commands::trace: what the program does without a subcommand: take a program's text, trace or list, and end.
//
// Takes the request that src/cli made of the command line, adds the text of the program and what has to be asked of
// the system before work begins (rights, the process of -p), and hands it to the driver.
#pragma once

#include <optional>
#include <string>

#include "src/driver/reporter.h"
#include "src/driver/request.h"

namespace commands {

/// Both empty: no program was named (-l, --info).
struct Source {
    std::optional<std::string> text;
    std::optional<std::string> path;
};

int trace(driver::Request request, const Source& source, std::string_view program_name, driver::Reporter& reporter);

}  // namespace commands
