// Runs the FormatOps of printf, cat, system and errorf over an event's payload. What an op means was decided by the
// compiler (parse_format.h); here nothing can fail.
#pragma once

#include <span>
#include <string>

#include "runtime/format/context.h"
#include "runtime/format/value.h"

namespace format {

void append_printf(std::string& out, FormatContext& context, std::span<const program::FormatOp> ops, Bytes payload);

}  // namespace format
