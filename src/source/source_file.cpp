#include "src/source/source_file.h"

#include <algorithm>

#include "runtime/base/bug.h"

namespace source {

SourceFile::SourceFile(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
    line_starts_.push_back(0);
    for (std::size_t at = text_.find('\n'); at != std::string::npos; at = text_.find('\n', at + 1))
        line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
}

Position SourceFile::position(std::uint32_t offset) const {
    offset = std::min(offset, static_cast<std::uint32_t>(text_.size()));
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    const auto line = static_cast<std::uint32_t>(after - line_starts_.begin());  // >= 1: the first start is 0
    return Position{.line = line, .column = offset - line_starts_[line - 1] + 1};
}

std::string_view SourceFile::line(std::uint32_t number) const {
    if (number == 0 || number > line_starts_.size()) return {};
    const std::size_t begin = line_starts_[number - 1];
    const std::size_t end = number < line_starts_.size() ? line_starts_[number] - 1 : text_.size();
    std::string_view text = std::string_view(text_).substr(begin, end - begin);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

program::FileId SourceMap::add(std::string name, std::string text) {
    files_.emplace_back(std::move(name), std::move(text));
    return program::FileId(files_.size() - 1);
}

std::string_view SourceMap::text(Range range) const {
    BUG_IF(!range.file.is_set() || range.file.index() >= files_.size(), "a range of a file that was never added");
    const std::string_view whole = file(range.file).text();
    const std::size_t begin = std::min<std::size_t>(range.begin, whole.size());
    const std::size_t end = std::clamp<std::size_t>(range.end, begin, whole.size());
    return whole.substr(begin, end - begin);
}

}  // namespace source
