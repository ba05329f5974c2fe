// A stack's frames -> text: a newline, then one line a frame, leaf first.
#pragma once

#include <string>

#include "runtime/format/value.h"

namespace format {

/// layout is of kind kstack or ustack. is_compact: without indentation (keys of JSON maps).
void append_stack(std::string& out, FormatContext& context, const program::Layout& layout, Bytes bytes,
                  bool is_compact);

}  // namespace format
