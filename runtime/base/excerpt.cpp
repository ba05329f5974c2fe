#include "runtime/base/excerpt.h"

#include <algorithm>

namespace base {
namespace {

/// Bytes a tab takes on screen.
constexpr std::size_t kTabWidth = 4;

struct Lines {
    LineColumn first, last;          ///< last: of the last byte that belongs to the range
    std::size_t begin = 0, end = 0;  ///< the range, cut to the text
};

Lines lines_of(std::string_view text, std::size_t begin, std::size_t end) {
    Lines lines;
    lines.begin = std::min(begin, text.size());
    lines.end = std::clamp(end, lines.begin, text.size());
    lines.first = line_column(text, lines.begin);
    // A range that ends with a newline still belongs to the line it started on.
    std::size_t last = lines.end > lines.begin ? lines.end - 1 : lines.begin;
    if (last > lines.begin && text[last] == '\n') --last;
    lines.last = line_column(text, last);
    return lines;
}

}  // namespace

LineColumn line_column(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const std::size_t newline = before.rfind('\n');
    const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
    return LineColumn{.line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
                      .column = static_cast<std::uint32_t>(before.size() - line_start + 1)};
}

std::string position_text(std::string_view name, std::string_view text, std::size_t begin, std::size_t end) {
    const Lines lines = lines_of(text, begin, end);
    std::string out(name);
    out += ':';
    out += std::to_string(lines.first.line);
    if (lines.last.line != lines.first.line) {
        out += '-';
        out += std::to_string(lines.last.line);
        return out;
    }
    out += ':';
    out += std::to_string(lines.first.column);
    out += '-';
    out += std::to_string(lines.first.column + (lines.end - lines.begin));
    return out;
}

std::string excerpt(std::string_view text, std::size_t begin, std::size_t end) {
    const Lines lines = lines_of(text, begin, end);
    const std::size_t line_start = lines.begin - (lines.first.column - 1);
    std::string out;
    if (lines.last.line != lines.first.line) {
        const std::size_t stop = text.find('\n', lines.end - 1);
        out = text.substr(line_start, stop == std::string_view::npos ? stop : stop - line_start);
        if (!out.ends_with('\n')) out += '\n';
        return out;
    }

    const std::size_t newline = text.find('\n', line_start);
    std::string_view line = text.substr(line_start, newline == std::string_view::npos ? newline : newline - line_start);
    if (line.ends_with('\r')) line.remove_suffix(1);  // of a file that came from Windows
    std::string markers;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const std::size_t width = line[i] == '\t' ? kTabWidth : 1;
        if (line[i] == '\t') {
            out.append(kTabWidth, ' ');
        } else {
            out += line[i];
        }
        const std::size_t at = line_start + i;
        // An empty range leaves a line of blanks only: the place without a marker.
        if (at < lines.end) markers.append(width, at < lines.begin ? ' ' : '~');
    }
    out += '\n';
    out += markers;
    out += '\n';
    return out;
}

}  // namespace base
