// One value's bytes and its Layout -> text or JSON. Takes bytes as they came out of the kernel: whatever is missing
// (a payload shorter than its layout) counts as zero, nothing beyond the span is ever read. Layouts are trusted, they
// come from our own compiler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/format/context.h"

namespace format {

using Bytes = std::span<const std::byte>;

enum class Style : std::uint8_t {
    plain,     ///< print(value), values of maps: a format file's names inside records only
    names,     ///< %s: a format file's names everywhere
    key,       ///< between the brackets of a map: a tuple loses its outer parentheses
    json_key,  ///< the same as a JSON key: separators without their space, frames without indentation
};

void append_value(std::string& out, FormatContext& context, program::LayoutId layout, Bytes bytes, Style style);
void append_json_value(std::string& out, FormatContext& context, program::LayoutId layout, Bytes bytes);

/// %r (printable ASCII as it is, other bytes \xNN), %rx (every byte \xNN), %rh (41 02 ff) of a buffer's valid bytes.
void append_buffer(std::string& out, const program::Layout& layout, Bytes bytes, program::Conversion conversion);

/// An integer, boolean, enumeration, pointer, ... as 64 bits, sign-extended if the layout is signed.
[[nodiscard]] std::uint64_t integer_value(const program::Layout& layout, Bytes bytes);

/// Order of map keys: integers as numbers, strings by byte, tuples, records and arrays part by part, the rest by byte.
[[nodiscard]] int compare_values(FormatContext& context, program::LayoutId layout, Bytes left, Bytes right);
/// A number that orders like compare_values as far as it goes: a smaller one means a smaller value, equal ones mean
/// nothing. Saves the full comparison when a million keys are sorted.
[[nodiscard]] std::uint64_t order_prefix(FormatContext& context, program::LayoutId layout, Bytes bytes);

}  // namespace format
