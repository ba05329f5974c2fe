// source::SourceFile: one script's text and its lines. source::Range: bytes [begin, end) of one file; the only form in
// which places travel through the compiler (bison's location type stays in grammar/).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/program/program.h"

namespace source {

using Range = program::Span;

/// 1-based; a tab is one column.
struct Position {
    std::uint32_t line = 1, column = 1;
};

class SourceFile {
  public:
    SourceFile(std::string name, std::string text);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string_view text() const { return text_; }
    /// of a byte offset; end of text is a valid offset
    [[nodiscard]] Position position(std::uint32_t offset) const;
    /// without its line end
    [[nodiscard]] std::string_view line(std::uint32_t number) const;

  private:
    std::string name_, text_;
    std::vector<std::uint32_t> line_starts_;
};

/// All files of one compilation; FileId indexes it. Files keep their address.
class SourceMap {
  public:
    program::FileId add(std::string name, std::string text);
    [[nodiscard]] const SourceFile& file(program::FileId id) const { return files_[id.index()]; }
    [[nodiscard]] std::size_t size() const { return files_.size(); }
    [[nodiscard]] std::string_view text(Range range) const;

  private:
    std::deque<SourceFile> files_;
};

/// From the first's begin to the last's end.
[[nodiscard]] inline Range join(Range first, Range last) {
    return Range{first.file, first.begin, last.end};
}

}  // namespace source
