// base::excerpt: a place of a script as text, "stdin:1:9-21" and the source line with markers under it. Shared by the
// compiler's diagnostics (src/source/render) and the warnings of a running script (runtime/format), so that both look
// alike. Takes plain text and byte offsets; knows neither diagnostics nor programs.
//
// Columns are bytes counted from 1, the second one is one past the end. A tab is one column but four wide on screen.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace base {

struct LineColumn {
    std::uint32_t line = 1, column = 1;
};

/// Line and column of a byte; an offset beyond the text counts as its end.
[[nodiscard]] LineColumn line_column(std::string_view text, std::size_t offset);

/// "name:1:9-21", or "name:2-4" for bytes [begin, end) that reach over several lines.
[[nodiscard]] std::string position_text(std::string_view name, std::string_view text, std::size_t begin,
                                        std::size_t end);

/// The line of [begin, end) and a line of markers, each with its newline; several lines come without markers and with
/// their tabs as they are.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace base
