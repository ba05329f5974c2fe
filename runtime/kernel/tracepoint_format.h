// kernel::parse_tracepoint_format: the text of one tracefs format file → the event's fields, each where the file says
// it lies, and the names that `print fmt` gives to their values. Pure: the text may come from this kernel, from a test
// or from somebody's terminal (tabs turned to blanks, DOS line ends, lines missing), and may be hostile.
//
// Given by KernelView::tracepoint_format, taken by runtime/probes (arguments, listing). Must not know BTF: a field's
// type is what the file says about it, offset, size and sign; the C type only tells pointers, arrays, text, enums and
// bool apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/argument.h"

namespace kernel {

struct TracepointFormat {
    std::string name;      ///< event without category; empty if the line was missing
    std::uint64_t id = 0;  ///< perf's id; 0 if the line was missing
    /// Fields in the file's order. common_* fields (flagged, whatever their offset) are among them.
    program::ArgumentList arguments;
    /// Beside each argument: the text between "field:" and ";", white space made single blanks: "char prev_comm[16]".
    std::vector<std::string> declarations;
};

/// Error: there is not a single field in the text.
[[nodiscard]] base::Result<TracepointFormat> parse_tracepoint_format(std::string_view text);

}  // namespace kernel
