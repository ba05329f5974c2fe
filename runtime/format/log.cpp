#include "runtime/format/log.h"

#include <string>

#include "runtime/format/warning.h"

namespace format {

void Log::line(std::string_view text) {
    std::string whole(text);
    whole += '\n';
    err_.write(whole);
}

void Log::error(std::string_view prefix, std::string_view text) {
    err_.write(log_line(prefix, true, text, options_.has_colour));
}

void Log::warning(std::string_view prefix, std::string_view text) {
    if (options_.has_warnings) err_.write(log_line(prefix, false, text, options_.has_colour));
}

void Log::cat_failed(std::string_view path, int errnum) {
    error({}, "failed to open file '" + std::string(path) + "' (" + errno_text(errnum) + ")");
}

void Log::system_failed(std::string_view command, int exit_code) {
    error({}, "command exited with code " + std::to_string(exit_code) + " (" + std::string(command) + ")");
}

void Log::warning_repeated(const program::WarningPlace& place, std::uint64_t times) {
    if (times == 0) return;
    warning(position_prefix(program_, place.span),
            warning_reason(place, 0) + " (" + std::to_string(times) + (times == 1 ? " more time)" : " more times)"));
}

void Log::total_lost_events(std::uint64_t count) {
    // A number the user must see, so --no-warnings does not silence it.
    if (count != 0)
        err_.write(log_line({}, false, "Total lost event count: " + std::to_string(count), options_.has_colour));
}

}  // namespace format
