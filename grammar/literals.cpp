#include "grammar/literals.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "runtime/base/duration.h"
#include "runtime/base/text.h"

namespace grammar {
namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kMaxUnsigned = std::numeric_limits<std::uint32_t>::max();  ///< of the suffix u

constexpr std::array<std::string_view, 7> kSuffixes{"u", "l", "ul", "lu", "ll", "ull", "llu"};

int digit_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_integer_suffix(std::string_view suffix) {
    for (std::string_view known : kSuffixes)
        if (suffix == known) return true;
    return false;
}

IntegerLiteral fault(std::size_t begin, std::size_t end, std::string message) {
    IntegerLiteral literal;
    literal.fault = LiteralFault{begin, end, std::move(message)};
    return literal;
}

IntegerLiteral trailing_bytes(std::string_view word, std::string_view shown) {
    return fault(0, word.size(), fmt::format("invalid trailing bytes: {}", shown));
}

IntegerLiteral overflow(std::string_view word, std::uint64_t most) {
    return fault(0, word.size(), fmt::format("overflow error, maximum value is {}: {}", most, word));
}

bool is_scientific(std::string_view word) {
    std::size_t at = 0;
    while (at < word.size() && (base::is_digit(word[at]) || word[at] == '_'))
        at++;
    if (at + 1 >= word.size() || (word[at] != 'e' && word[at] != 'E')) return false;
    return base::is_digit(word[at + 1]);
}

// One digit 1-9, e, and an exponent that does not start with 0: 5e9.
IntegerLiteral read_scientific(std::string_view word) {
    const std::size_t e = word.find_first_of("eE");
    if (e != 1 || word[0] == '0')
        return fault(0, word.size(), fmt::format("coefficient part of scientific literal must be 1-9: {}", word));
    const std::string_view exponent = word.substr(2);
    if (exponent[0] == '0') return trailing_bytes(word, word);
    IntegerLiteral literal;
    literal.value = static_cast<std::uint64_t>(word[0] - '0');
    std::uint64_t power = 0;
    for (char c : exponent) {
        if (!base::is_digit(c)) return trailing_bytes(word, word);
        if (power < 100) power = power * 10 + static_cast<std::uint64_t>(c - '0');
    }
    for (std::uint64_t i = 0; i < power; i++) {
        if (literal.value > kMax / 10) return overflow(word, kMax);
        literal.value *= 10;
    }
    return literal;
}

}  // namespace

IntegerLiteral read_integer(std::string_view word) {
    if (is_scientific(word)) return read_scientific(word);

    std::uint64_t base = 10;
    std::size_t begin = 0;
    if (word.size() >= 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
        base = 16;
        begin = 2;
    } else if (word.size() >= 2 && word[0] == '0' && (word[1] == 'b' || word[1] == 'B')) {
        base = 2;
        begin = 2;
    } else if (word.size() >= 2 && word[0] == '0' && (base::is_digit(word[1]) || word[1] == '_')) {
        base = 8;
        begin = 1;
    }

    // Of an octal or binary number 8 and 9 are wrong digits, not a suffix.
    std::size_t end = begin;
    while (end < word.size() &&
           (word[end] == '_' || base::is_digit(word[end]) || (base == 16 && digit_value(word[end]) >= 0)))
        end++;
    const std::string_view digits = word.substr(begin, end - begin);
    const std::string_view suffix = word.substr(end);
    if (digits.empty()) return fault(0, word.size(), fmt::format("invalid integer: {}", digits));
    if (digits.back() == '_') return fault(end - 1, end, "trailing underscore in integer literal");

    const std::optional<std::uint64_t> unit = base::duration_unit(suffix);
    if (!suffix.empty() && !unit && !is_integer_suffix(suffix)) {
        if (is_integer_suffix(base::to_lower(suffix))) return trailing_bytes(word, word);
        return fault(end, word.size(), fmt::format("invalid integer suffix '{}'", suffix));
    }

    IntegerLiteral literal;
    for (char c : digits) {
        if (c == '_') continue;
        const int digit = digit_value(c);
        if (static_cast<std::uint64_t>(digit) >= base) return trailing_bytes(word, digits);
        if (literal.value > (kMax - static_cast<std::uint64_t>(digit)) / base) return overflow(word, kMax);
        literal.value = literal.value * base + static_cast<std::uint64_t>(digit);
    }
    if (suffix == "u" && literal.value > kMaxUnsigned) return overflow(word, kMaxUnsigned);
    if (unit) {
        if (literal.value > kMax / *unit) return overflow(word, kMax);
        literal.value *= *unit;
        literal.is_duration = true;
    }
    return literal;
}

TextLiteral read_text(std::string_view script, std::size_t begin, char quote) {
    TextLiteral literal;
    const auto escape_fault = [&](std::size_t from, std::size_t to, std::string message) {
        if (!literal.fault) literal.fault = LiteralFault{from, std::min(to, script.size()), std::move(message)};
    };
    std::size_t at = begin + 1;
    while (at < script.size() && script[at] != quote && script[at] != '\n') {
        if (script[at] != '\\') {
            literal.value += script[at++];
            continue;
        }
        const std::size_t backslash = at++;
        if (at == script.size() || script[at] == '\n') break;
        const char c = script[at++];
        switch (c) {
            case 'n': literal.value += '\n'; break;
            case 't': literal.value += '\t'; break;
            case 'r': literal.value += '\r'; break;
            case '"': literal.value += '"'; break;
            case '\\': literal.value += '\\'; break;
            case 'x': {
                int value = 0, digits = 0;
                while (digits < 2 && at < script.size() && digit_value(script[at]) >= 0) {
                    value = value * 16 + digit_value(script[at++]);
                    digits++;
                }
                if (digits == 0) escape_fault(at, at + 2, "invalid hex escape sequence");
                literal.value += static_cast<char>(value);
                break;
            }
            case '0':
            case '1':
            case '2':
            case '3':
            case '4':
            case '5':
            case '6':
            case '7': {
                int value = c - '0';
                while (at < script.size() && at < backslash + 4 && script[at] >= '0' && script[at] <= '7')
                    value = value * 8 + (script[at++] - '0');
                if (value > 255)
                    escape_fault(backslash, at,
                                 fmt::format("octal escape sequence out of range '{}'",
                                             script.substr(backslash, at - backslash)));
                literal.value += static_cast<char>(value);
                break;
            }
            default:
                if (c == quote) {
                    literal.value += c;
                } else {
                    escape_fault(at - 1, at, fmt::format("invalid escape character '\\{}'", c));
                }
        }
    }
    literal.is_closed = at < script.size() && script[at] == quote;
    literal.end = literal.is_closed ? at + 1 : at;
    return literal;
}

}  // namespace grammar
