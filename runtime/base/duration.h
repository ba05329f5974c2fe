// base duration: spans of time as the language writes them, 5ns 3us 100ms 1s 2m 1h 1d, in nanoseconds. Taken by timer
// probes and by everything that reads literals.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace base {

/// Nanoseconds of one unit: ns us ms s m h d. No value: not a unit.
[[nodiscard]] std::optional<std::uint64_t> duration_unit(std::string_view unit);

/// "100ms" → 100'000'000. Digits, then a unit; no value for anything else or beyond 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_duration(std::string_view text);

}  // namespace base
