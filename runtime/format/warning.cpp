#include "runtime/format/warning.h"

#include <cstring>

#include "runtime/base/excerpt.h"
#include "runtime/format/text.h"

namespace format {
namespace {

using program::WarningKind;

/// Largest errno the kernel returns (MAX_ERRNO in <linux/err.h>).
constexpr std::int64_t kMaxErrno = 4095;

const program::SourceText* file_of(const program::Program& program, const program::Span& span) {
    return span.file.index() < program.files.size() ? &program.files[span.file.index()] : nullptr;
}

}  // namespace

std::string errno_text(std::int64_t code) {
    if (code < -kMaxErrno || code > kMaxErrno) return "Unknown error";
    return ::strerror(static_cast<int>(code < 0 ? -code : code));
}

std::string warning_reason(const program::WarningPlace& place, std::int64_t return_code) {
    switch (place.kind) {
        case WarningKind::helper_failed: return place.text.empty() ? errno_text(return_code) : place.text;
        case WarningKind::map_full:
            return "Map full; can't update element. Try increasing max_map_keys config or manually setting the max "
                   "entries in a map declaration e.g. `let @a = hash(5000)`";
        case WarningKind::lookup_absent: return "Can't lookup map element because it does not exist.";
        case WarningKind::delete_absent: return "Can't delete map element because it does not exist.";
        case WarningKind::division_by_zero:
            return "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the "
                   "result.";
        case WarningKind::out_of_bounds: return "Array access out of bounds. This can lead to unexpected results.";
        case WarningKind::stack_failed: return place.text.empty() ? "Error reading kstack." : place.text;
        case WarningKind::no_child: return "No child command (`-c`); cpid is zero";
        case WarningKind::loop_cut: return "The loop ended after 8388608 rounds, which is the most the kernel allows.";
    }
    return place.text;
}

std::string_view warning_helper(const program::WarningPlace& place) {
    if (!place.helper.empty()) return place.helper;
    if (place.kind == WarningKind::map_full) return "map_update_elem";
    if (place.kind == WarningKind::lookup_absent) return "map_lookup_elem";
    if (place.kind == WarningKind::delete_absent) return "map_delete_elem";
    return "unknown";
}

std::string position_prefix(const program::Program& program, const program::Span& span) {
    const program::SourceText* file = file_of(program, span);
    return file == nullptr ? std::string() : base::position_text(file->name, file->text, span.begin, span.end) + ": ";
}

std::string source_excerpt(const program::Program& program, const program::Span& span) {
    const program::SourceText* file = file_of(program, span);
    return file == nullptr ? std::string() : base::excerpt(file->text, span.begin, span.end);
}

void append_json_position(std::string& out, const program::Program& program, const program::Span& span) {
    const program::SourceText* file = file_of(program, span);
    const base::LineColumn place = file == nullptr ? base::LineColumn{} : base::line_column(file->text, span.begin);
    out += "\"filename\": ";
    append_json_string(out, file == nullptr ? std::string_view("stdin") : std::string_view(file->name));
    out += ", \"line\": ";
    append_unsigned(out, place.line);
    out += ", \"col\": ";
    append_unsigned(out, place.column);
}

std::string log_line(std::string_view prefix, bool is_error, std::string_view text, bool has_colour) {
    std::string line;
    if (has_colour) line += is_error ? "\033[31m" : "\033[33m";
    line += prefix;
    line += is_error ? "ERROR: " : "WARNING: ";
    line += text;
    if (has_colour) line += "\033[0m";
    line += '\n';
    return line;
}

}  // namespace format
