#include "src/cli/report.h"

#include <unistd.h>

#include <cerrno>

namespace cli {
namespace {

using driver::Severity;

// ECMA-48 "select graphic rendition": red and yellow foreground, back to normal.
constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kNormal = "\033[0m";

// Colours the first line only: what follows is the user's own text.
std::string colored(Severity severity, std::string_view text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string result(severity == Severity::error ? kRed : kYellow);
    result += text.substr(0, end);
    result += kNormal;
    result += text.substr(end);
    return result;
}

void end_line(std::string& text) {
    if (!text.empty() && text.back() != '\n') text += '\n';
}

}  // namespace

void Report::write(std::string_view text) const {
    while (!text.empty()) {
        const ssize_t written = ::write(fd_, text.data(), text.size());
        if (written < 0) {
            if (errno == EINTR) continue;
            return;  // nobody listens, and there is nowhere else to say so
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void Report::labelled(Severity severity, std::string_view sentence, std::string_view hint, std::string_view detail) {
    if (severity == Severity::warning && !shows_warnings_) return;
    std::string text = severity == Severity::error ? "ERROR: " : "WARNING: ";
    text += sentence;
    if (has_colors_) text = colored(severity, text);
    end_line(text);
    if (!hint.empty()) {
        text += "HINT: ";
        text += hint;
        end_line(text);
    }
    if (is_verbose_ && !detail.empty()) {
        text += detail;
        end_line(text);
    }
    write(text);
}

void Report::error(std::string_view sentence, std::string_view hint) {
    labelled(Severity::error, sentence, hint, {});
}

void Report::error(const base::Error& error) {
    labelled(Severity::error, error.message, error.hint, error.detail);
}

void Report::warning(std::string_view sentence, std::string_view hint) {
    labelled(Severity::warning, sentence, hint, {});
}

void Report::diagnostic(Severity severity, std::string_view rendered) {
    if (severity == Severity::warning && !shows_warnings_) return;
    std::string text = has_colors_ ? colored(severity, rendered) : std::string(rendered);
    end_line(text);
    write(text);
}

void Report::line(std::string_view text) {
    std::string whole(text);
    end_line(whole);
    write(whole);
}

void Report::verbose(std::string_view text) {
    if (is_verbose_) line(text);
}

bool wants_colors(ColorChoice choice) {
    switch (choice) {
        case ColorChoice::always: return true;
        case ColorChoice::never: return false;
        case ColorChoice::automatic: break;
    }
    return isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

}  // namespace cli
