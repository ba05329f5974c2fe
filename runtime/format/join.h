// The payload of join(): u64 n, then Join::count strings of Join::size bytes, of which n are there.
#pragma once

#include <string>

#include "runtime/format/value.h"

namespace format {

/// Without newline.
void append_join(std::string& out, const program::Join& event, Bytes payload);

}  // namespace format
