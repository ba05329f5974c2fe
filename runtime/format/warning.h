// Words for what went wrong while a script ran: the wording of a WarningPlace and its position in the script, shared by
// both sinks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace format {

/// "Bad address", "Map full; can't update element. ...".
[[nodiscard]] std::string warning_reason(const program::WarningPlace& place, std::int64_t return_code);
/// The helper's name; for maps the one that must have failed if the place does not say.
[[nodiscard]] std::string_view warning_helper(const program::WarningPlace& place);
/// The text of an errno, of either sign.
[[nodiscard]] std::string errno_text(std::int64_t code);

/// "stdin:1:9-21: ", or nothing if the program does not carry the file.
[[nodiscard]] std::string position_prefix(const program::Program& program, const program::Span& span);
/// Source line and markers, or nothing.
[[nodiscard]] std::string source_excerpt(const program::Program& program, const program::Span& span);
/// The members `"filename": "stdin", "line": 1, "col": 9` of a JSON object.
void append_json_position(std::string& out, const program::Program& program, const program::Span& span);

/// "ERROR: text" or "WARNING: text" and a newline behind the prefix, the whole line coloured if asked for.
[[nodiscard]] std::string log_line(std::string_view prefix, bool is_error, std::string_view text, bool has_colour);

}  // namespace format
