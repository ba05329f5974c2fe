#include "src/source/render.h"

#include <fmt/format.h>

#include "runtime/base/excerpt.h"

namespace source {
namespace {

constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kNormal = "\033[0m";

// One block: position, label and message, then the source lines with markers.
std::string block(const Diagnostic& diagnostic, const Range* range, std::string_view message, const SourceMap& sources,
                  const RenderOptions& options) {
    const bool is_error = diagnostic.severity == Severity::error;
    std::string head, quoted;
    if (range != nullptr && range->file.is_set()) {
        const SourceFile& file = sources.file(range->file);
        head = base::position_text(file.name(), file.text(), range->begin, range->end) + ": ";
        quoted = base::excerpt(file.text(), range->begin, range->end);
    }
    head += is_error ? "ERROR: " : "WARNING: ";
    head += message;
    while (head.ends_with('\n'))
        head.pop_back();
    if (options.colour) head = fmt::format("{}{}{}", is_error ? kRed : kYellow, head, kNormal);
    return head + '\n' + quoted;
}

}  // namespace

std::string render(const Diagnostic& diagnostic, const SourceMap& sources, const RenderOptions& options) {
    std::string text;
    // Without a sentence only the hints are wanted: `-- --help` is an answer, not a mistake.
    if (diagnostic.has_range || !diagnostic.message.empty())
        text =
            block(diagnostic, diagnostic.has_range ? &diagnostic.range : nullptr, diagnostic.message, sources, options);
    for (const Note& note : diagnostic.notes)
        text += block(diagnostic, &note.range, note.message, sources, options);
    for (const std::string& hint : diagnostic.hints)
        text += "HINT: " + hint + '\n';
    if (options.show_number) {
        const auto index = static_cast<std::size_t>(diagnostic.kind);
        // On a line of its own: the ERROR line is what other programs' output is compared with.
        text += fmt::format("BL{:04} {}\n", index + 1, diagnostic_rows()[index].name);
    }
    return text;
}

}  // namespace source
