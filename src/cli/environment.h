// cli::environment: what the environment adds to a Request.
//
// Takes the variables as a list of "NAME=value" (main passes environ, tests their own). Config keys are handed on by
// name: which keys exist and what they accept is the compiler's knowledge.
#pragma once

#include <string>

#include "src/driver/request.h"

namespace cli {

enum class ColorChoice { automatic, always, never };

struct TerminalChoice {
    ColorChoice color = ColorChoice::automatic;
    std::string bad_value;     ///< set when the variable holds none of the three words
    std::string bad_variable;  ///< its name
};

/// Fills the environment's part of the request. variables: array ended by a null pointer, as environ is.
TerminalChoice read_environment(const char* const* variables, driver::Request& request);

}  // namespace cli
