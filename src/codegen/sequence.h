// codegen: what a pinned iterator can print. Nobody reads its records: it writes its text itself, into the file that is
// being read, with the kernel's own printf, which knows less than ours. Asked by the rows of printf and print before
// they let a script through, and by sequence.cpp.
#pragma once

#include "runtime/program/program.h"
#include "src/typed/typed.h"

namespace codegen {

[[nodiscard]] bool is_pinned_iterator(program::ProbeKind kind, const program::Place& place);

/// A value of this type, converted so, can be written by the kernel.
[[nodiscard]] bool fits_sequence(const program::FormatOp& op, const types::Type* type);

}  // namespace codegen
