// kernel print_format: the names that a format file's `print fmt` gives to values of fields: __print_symbolic and
// __print_flags lists, evaluated where their entries are constant. Split from tracepoint_format because it is a small
// C expression evaluator of its own. Text may be hostile; nothing here can fail, unknown things are left out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/program/layout.h"

namespace kernel {

/// A constant C expression ("(1UL << (5))", "0x10 | 2", "(unsigned long)((gfp_t)0x40)", "~0xffff", "-1") as 64 bits,
/// sign-extended where C would. No value: not constant, or not understood.
[[nodiscard]] std::optional<std::uint64_t> constant_value(std::string_view expression);

/// Field → names, out of everything behind "print fmt:". A list counts for a field when its value argument is
/// REC->field, possibly in casts, parentheses and an `& constant`; fields given two different lists are left out
/// (which one counts depends on other fields).
[[nodiscard]] std::map<std::string, program::ValueNames, std::less<>> value_names(std::string_view print_fmt);

}  // namespace kernel
