// commands::privileges: whether this process may trace at all, found out before any work is done.
//
// Judges the text of /proc/self/status and of the lockdown file; the sentence says what is missing and how to get it.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/base/result.h"

namespace commands {

/// Nothing when all is well. status: text of /proc/self/status; lockdown: text of the lockdown file, "" if there is
/// none.
std::optional<base::Error> missing_privilege(std::string_view status, std::string_view lockdown,
                                             std::string_view program_name);

/// The same for this process.
std::optional<base::Error> missing_privilege(std::string_view program_name);

}  // namespace commands
