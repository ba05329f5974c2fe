#include "runtime/kernel/processes.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/base/text.h"

namespace kernel {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

std::string_view next_word(std::string_view& line) {
    while (line.starts_with(' '))
        line.remove_prefix(1);
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
    std::vector<Mapping> result;
    for (std::string_view line : base::split(text, '\n')) {
        // 7f12a000-7f12b000 r-xp 00001000 fe:00 1234    /usr/lib/libc.so.6
        const std::string_view range = next_word(line);
        const std::string_view access = next_word(line);
        const std::string_view offset = next_word(line);
        next_word(line);
        const auto inode = base::parse_digits(next_word(line), 10);
        const std::size_t dash = range.find('-');
        if (dash == std::string_view::npos || access.size() < 3 || access[2] != 'x') continue;
        const auto begin = base::parse_digits(range.substr(0, dash), 16);
        const auto end = base::parse_digits(range.substr(dash + 1), 16);
        const auto file_offset = base::parse_digits(offset, 16);
        if (!begin || !end || !file_offset) continue;
        std::string_view path = base::trim(line);
        const bool is_deleted = path.ends_with(kDeleted);
        if (is_deleted) path.remove_suffix(kDeleted.size());
        result.push_back({*begin, *end, *file_offset, std::string(path), is_deleted, inode.value_or(0)});
    }
    return result;
}

base::Result<std::string> executable_of(int pid) {
    const std::string link = "/proc/" + std::to_string(pid) + "/exe";
    std::array<char, 4096> path;
    const ssize_t length = ::readlink(link.c_str(), path.data(), path.size());
    if (length < 0) {
        const int errnum = errno == ENOENT ? ESRCH : errno;
        return base::error_from_errno("looking at process " + std::to_string(pid), errnum);
    }
    std::string_view text(path.data(), static_cast<std::size_t>(length));
    if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
    return std::string(text);
}

}  // namespace kernel
