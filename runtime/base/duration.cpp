#include "runtime/base/duration.h"

#include <limits>

#include "runtime/base/text.h"

namespace base {

std::optional<std::uint64_t> duration_unit(std::string_view unit) {
    if (unit == "ns") return 1;
    if (unit == "us") return 1'000;
    if (unit == "ms") return 1'000'000;
    if (unit == "s") return 1'000'000'000;
    if (unit == "m") return 60'000'000'000;
    if (unit == "h") return 3'600'000'000'000;
    if (unit == "d") return 86'400'000'000'000;
    return std::nullopt;
}

std::optional<std::uint64_t> parse_duration(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '_'))
        end++;
    const auto unit = duration_unit(text.substr(end));
    const auto amount = parse_integer(text.substr(0, end));
    if (!unit || !amount || amount->is_negative) return std::nullopt;
    if (amount->magnitude > std::numeric_limits<std::uint64_t>::max() / *unit) return std::nullopt;
    return amount->magnitude * *unit;
}

}  // namespace base
