#include "runtime/base/text.h"

#include <limits>

namespace base {
namespace {

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

unsigned digit_value(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    c = lower(c);
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    return 99;
}

// '_' may stand between digits, not at the ends.
std::optional<std::uint64_t> grouped_digits(std::string_view text, unsigned base) {
    if (text.empty() || text.front() == '_' || text.back() == '_') return std::nullopt;
    std::uint64_t value = 0;
    for (char c : text) {
        if (c == '_') continue;
        const unsigned digit = digit_value(c);
        if (digit >= base) return std::nullopt;
        if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / base) return std::nullopt;
        value = value * base + digit;
    }
    return value;
}

// u l ul ll ull in any case; a hexadecimal number cannot end in them by accident.
std::string_view without_suffix(std::string_view text) {
    std::size_t end = text.size();
    while (end > 0 && lower(text[end - 1]) == 'l' && text.size() - end < 2)
        end--;
    if (end > 0 && lower(text[end - 1]) == 'u') end--;
    return text.substr(0, end);
}

// One digit 1-9, then an exponent without leading zero.
std::optional<std::uint64_t> scientific(std::string_view text) {
    if (text.size() < 3 || lower(text[1]) != 'e' || text[0] < '1' || text[0] > '9' || text[2] == '0')
        return std::nullopt;
    const auto exponent = grouped_digits(text.substr(2), 10);
    if (!exponent || *exponent > 19) return std::nullopt;
    std::uint64_t value = digit_value(text[0]);
    for (std::uint64_t i = 0; i < *exponent; i++) {
        if (value > std::numeric_limits<std::uint64_t>::max() / 10) return std::nullopt;
        value *= 10;
    }
    return value;
}

}  // namespace

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string single_spaced(std::string_view text) {
    std::string result;
    for (char c : trim(text)) {
        if (!is_space(c))
            result += c;
        else if (result.back() != ' ')
            result += ' ';
    }
    return result;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    for (;;) {
        const std::size_t at = text.find(separator);
        pieces.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return pieces;
        text.remove_prefix(at + 1);
    }
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
    std::string result;
    for (std::size_t i = 0; i < pieces.size(); i++) {
        if (i > 0) result += separator;
        result += pieces[i];
    }
    return result;
}

std::string to_lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        c = lower(c);
    return result;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); i++)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name_char(char c) {
    return is_name_start(c) || is_digit(c);
}

std::optional<std::uint64_t> parse_digits(std::string_view text, unsigned base) {
    if (text.find('_') != std::string_view::npos) return std::nullopt;
    return grouped_digits(text, base);
}

std::optional<Integer> parse_integer(std::string_view text) {
    Integer result;
    if (!text.empty() && text.front() == '-') {
        result.is_negative = true;
        text.remove_prefix(1);
    }
    if (text.empty() || !is_digit(text.front())) return std::nullopt;
    if (const auto value = scientific(text)) {
        result.magnitude = *value;
        return result;
    }
    const std::string_view digits = without_suffix(text);
    std::optional<std::uint64_t> value;
    if (digits.size() > 2 && digits[0] == '0' && lower(digits[1]) == 'x')
        value = grouped_digits(digits.substr(2), 16);
    else if (digits.size() > 2 && digits[0] == '0' && lower(digits[1]) == 'b')
        value = grouped_digits(digits.substr(2), 2);
    else if (digits.size() > 1 && digits[0] == '0')
        value = grouped_digits(digits, 8);
    else
        value = grouped_digits(digits, 10);
    if (!value) return std::nullopt;
    // The smallest number is -2^63.
    if (result.is_negative && *value > (std::uint64_t{1} << 63)) return std::nullopt;
    result.magnitude = *value;
    return result;
}

}  // namespace base
