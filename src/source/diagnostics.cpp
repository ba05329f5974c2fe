#include "src/source/diagnostics.h"

#include <algorithm>

namespace source {
namespace {

Severity severity_of(DiagnosticKind kind) {
    return diagnostic_rows()[static_cast<std::size_t>(kind)].is_error ? Severity::error : Severity::warning;
}

bool is_same_place(const Diagnostic& a, const Diagnostic& b) {
    if (a.has_range != b.has_range) return false;
    if (!a.has_range) return true;
    return a.range.file == b.range.file && a.range.begin == b.range.begin && a.range.end == b.range.end;
}

}  // namespace

Diagnostics::Added Diagnostics::add(DiagnosticKind kind, Range range, std::string message) {
    Diagnostic added;
    added.kind = kind;
    added.severity = severity_of(kind);
    added.has_range = range.file.is_set();
    added.range = range;
    added.message = std::move(message);
    // A body compiled once per attach point reports the same thing each time.
    const bool is_known = std::any_of(diagnostics_.begin(), diagnostics_.end(), [&](const Diagnostic& known) {
        return known.kind == kind && is_same_place(known, added) && known.message == added.message;
    });
    if (is_known) return Added(nullptr);
    if (added.severity == Severity::error) error_count_++;
    diagnostics_.push_back(std::move(added));
    return Added(&diagnostics_.back());
}

Diagnostics::Added Diagnostics::add(DiagnosticKind kind, std::string message) {
    return add(kind, Range{}, std::move(message));
}

}  // namespace source
