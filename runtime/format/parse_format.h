// A printf format string -> its pieces. Given to src/check, which compares the pieces with the arguments and turns them
// into program::FormatOps; lives here because the pieces must mean what printf.cpp prints. Takes the string after its
// escapes are resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"

namespace format {

enum class LengthModifier : std::uint8_t { none, hh, h, l, ll, j, z, t, L };

/// Literal text, then one conversion (`none` in a last piece that is text only).
struct FormatPiece {
    std::string text;  ///< %% already is %
    program::Conversion conversion = program::Conversion::none;
    program::FormatFlags flags;
    std::int32_t width = -1, precision = -1;  ///< -1 = not given
    LengthModifier length = LengthModifier::none;
    std::uint32_t bits = 32;         ///< 8, 16, 32, 64 by length; 64 for %p
    std::string spelling;            ///< "d", "rx": as messages name it
    std::size_t begin = 0, end = 0;  ///< bytes of the conversion in the format string
};

struct FormatError {
    std::string message;  ///< "unsupported format specifier: f"
    std::size_t begin = 0, end = 0;
};

struct ParsedFormat {
    std::vector<FormatPiece> pieces;
    std::size_t arguments = 0;         ///< how many pieces convert something
    std::optional<FormatError> error;  ///< the first one; pieces end before it
};

[[nodiscard]] ParsedFormat parse_format(std::string_view format);

/// The op of a piece; offset and layout are the caller's.
[[nodiscard]] program::FormatOp to_op(const FormatPiece& piece);

}  // namespace format
