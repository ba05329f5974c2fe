// format::json_schema: what every line of `-f json` looks like, as a JSON schema (draft 2020-12) for programs that read
// them. Written beside the sink (json_sink.cpp) that makes the lines; a test holds each line the tests print against
// it.
#pragma once

#include <string_view>

namespace format {

/// Ends with a newline.
[[nodiscard]] std::string_view json_schema();

}  // namespace format
