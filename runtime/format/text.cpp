#include "runtime/format/text.h"

#include <array>
#include <bit>

namespace format {
namespace {

/// "00" "01" ... "99": two digits a division.
constexpr auto kPairs = [] {
    std::array<char, 200> pairs{};
    for (std::size_t i = 0; i < 100; ++i) {
        pairs[2 * i] = static_cast<char>('0' + i / 10);
        pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return pairs;
}();

constexpr char kHexDigits[] = "0123456789abcdef";

/// A double has 53 significant bits.
bool is_exact_double(std::uint64_t magnitude) {
    return magnitude == 0 || 64 - std::countl_zero(magnitude) - std::countr_zero(magnitude) <= 53;
}

/// Length of the valid UTF-8 sequence at the start of text (1 to 4), 0 if there is none. Overlong forms, surrogates and
/// values beyond U+10FFFF are not valid.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return follows(1, low, high) && follows(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const unsigned low = first == 0xf0 ? 0x90 : 0x80;
        const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
        return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

void append_unsigned(std::string& out, std::uint64_t value) {
    char digits[20];
    char* at = digits + sizeof digits;
    while (value >= 100) {
        at -= 2;
        std::memcpy(at, kPairs.data() + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        std::memcpy(at, kPairs.data() + 2 * value, 2);
    } else {
        *--at = static_cast<char>('0' + value);
    }
    out.append(at, static_cast<std::size_t>(digits + sizeof digits - at));
}

void append_signed(std::string& out, std::int64_t value) {
    if (value < 0) {
        out += '-';
        append_unsigned(out, -static_cast<std::uint64_t>(value));
    } else {
        append_unsigned(out, static_cast<std::uint64_t>(value));
    }
}

void append_hex(std::string& out, std::uint64_t value) {
    char digits[16];
    char* at = digits + sizeof digits;
    do {
        *--at = kHexDigits[value & 15];
        value >>= 4;
    } while (value != 0);
    out.append(at, static_cast<std::size_t>(digits + sizeof digits - at));
}

void append_padded(std::string& out, std::uint64_t value, unsigned digits) {
    char text[20];
    if (digits > sizeof text) digits = sizeof text;
    for (unsigned i = digits; i > 0; --i) {
        text[i - 1] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    out.append(text, digits);
}

void append_json_unsigned(std::string& out, std::uint64_t value) {
    const bool is_exact = is_exact_double(value);
    if (!is_exact) out += '"';
    append_unsigned(out, value);
    if (!is_exact) out += '"';
}

void append_json_signed(std::string& out, std::int64_t value) {
    const bool is_exact =
        is_exact_double(value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value));
    if (!is_exact) out += '"';
    append_signed(out, value);
    if (!is_exact) out += '"';
}

void append_json_escaped(std::string& out, std::string_view text) {
    std::size_t plain = 0;  // start of what is not appended yet
    std::size_t i = 0;
    while (i < text.size()) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\') {
            ++i;
            continue;
        }
        if (byte >= 0x80) {
            if (const std::size_t length = utf8_length(text.substr(i)); length != 0) {
                i += length;
                continue;
            }
        }
        out.append(text, plain, i - plain);
        switch (byte) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (byte >= 0x80) {
                    out += "\xef\xbf\xbd";  // U+FFFD
                } else {
                    out += "\\u00";
                    out += kHexDigits[byte >> 4];
                    out += kHexDigits[byte & 15];
                }
        }
        plain = ++i;
    }
    out.append(text, plain);
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    append_json_escaped(out, text);
    out += '"';
}

}  // namespace format
