// base text: the small things everybody does with words: trim, split, compare without case, read an integer as the
// language spells it. Pure functions; they know neither scripts nor kernels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Without leading and trailing blanks, tabs and line ends.
[[nodiscard]] std::string_view trim(std::string_view text);
/// Every run of white space as one blank, none at the ends.
[[nodiscard]] std::string single_spaced(std::string_view text);
/// Pieces between separators; always at least one, possibly empty.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(const std::vector<std::string>& pieces, std::string_view separator);

/// ASCII only: names of probes and options are.
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

[[nodiscard]] bool is_name_start(char c);  ///< letter or underscore
[[nodiscard]] bool is_name_char(char c);   ///< letter, digit or underscore
[[nodiscard]] bool is_digit(char c);

/// A number with its sign apart, so that -2^63 and 2^64 - 1 both fit.
struct Integer {
    std::uint64_t magnitude = 0;
    bool is_negative = false;
    friend bool operator==(const Integer&, const Integer&) = default;
};

/// The whole text as an integer of the language: 42, 1_000, 0x1F, 0644, 0b101, 1e6, 10UL, each with an optional minus.
/// No value: something else stands there, or it is too large for 64 bits.
[[nodiscard]] std::optional<Integer> parse_integer(std::string_view text);

/// Plain digits of one base, nothing else around them.
[[nodiscard]] std::optional<std::uint64_t> parse_digits(std::string_view text, unsigned base);

}  // namespace base
