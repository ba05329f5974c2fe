#include "runtime/format/parse_format.h"

#include <algorithm>

namespace format {
namespace {

using program::Conversion;

/// Widths beyond this are cut; a line of a million blanks is no use to anybody.
constexpr std::int32_t kMaxWidth = 65536;

class Scanner {
  public:
    Scanner(std::string_view text, std::size_t at) : text_(text), at_(at) {}

    [[nodiscard]] std::size_t at() const { return at_; }
    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(std::string_view token) {
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }
    bool is_digit() const { return peek() >= '0' && peek() <= '9'; }
    std::int32_t number() {
        std::int32_t value = 0;
        for (; is_digit(); ++at_)
            value = std::min(value * 10 + (peek() - '0'), kMaxWidth);
        return value;
    }

  private:
    std::string_view text_;
    std::size_t at_;
};

LengthModifier take_length(Scanner& scanner) {
    // The longer spelling first.
    if (scanner.take("hh")) return LengthModifier::hh;
    if (scanner.take("h")) return LengthModifier::h;
    if (scanner.take("ll")) return LengthModifier::ll;
    if (scanner.take("l")) return LengthModifier::l;
    if (scanner.take("j")) return LengthModifier::j;
    if (scanner.take("z")) return LengthModifier::z;
    if (scanner.take("t")) return LengthModifier::t;
    if (scanner.take("L")) return LengthModifier::L;
    return LengthModifier::none;
}

/// Without a length modifier an integer is 32 bits wide, as C's int.
std::uint32_t bits_of(LengthModifier length) {
    switch (length) {
        case LengthModifier::none: return 32;
        case LengthModifier::hh: return 8;
        case LengthModifier::h: return 16;
        case LengthModifier::l:
        case LengthModifier::ll:
        case LengthModifier::j:
        case LengthModifier::z:
        case LengthModifier::t:
        case LengthModifier::L: return 64;
    }
    return 32;
}

struct Spelling {
    std::string_view text;
    Conversion conversion;
};

/// Longer spellings stand before their beginnings.
constexpr Spelling kSpellings[] = {
    {"d", Conversion::signed_decimal},
    {"i", Conversion::signed_decimal},
    {"u", Conversion::unsigned_decimal},
    {"o", Conversion::octal},
    {"x", Conversion::hex},
    {"X", Conversion::hex_upper},
    {"p", Conversion::pointer},
    {"c", Conversion::character},
    {"s", Conversion::value},
    {"rx", Conversion::buffer_hex},
    {"rh", Conversion::buffer_spaced},
    {"r", Conversion::buffer_ascii},
    {"gr", Conversion::gfp_flags},
};

/// Conversions of C that this language does not have.
constexpr std::string_view kUnsupported = "eEfFgGaAn";

}  // namespace

ParsedFormat parse_format(std::string_view format) {
    ParsedFormat parsed;
    FormatPiece piece;
    std::size_t at = 0;
    while (at < format.size()) {
        const std::size_t percent = std::min(format.find('%', at), format.size());
        piece.text += format.substr(at, percent - at);
        if (percent == format.size()) break;

        Scanner scanner(format, percent + 1);
        if (scanner.take("%")) {
            piece.text += '%';
            at = scanner.at();
            continue;
        }
        piece.begin = percent;
        bool has_star = false;
        for (bool is_flag = true; is_flag;) {
            if (scanner.take("-")) {
                piece.flags.left = true;
            } else if (scanner.take("+")) {
                piece.flags.plus = true;
            } else if (scanner.take(" ")) {
                piece.flags.space = true;
            } else if (scanner.take("#")) {
                piece.flags.alternate = true;
            } else if (scanner.take("0")) {
                piece.flags.zero = true;
            } else {
                is_flag = false;
            }
        }
        if (scanner.take("*")) {
            has_star = true;
        } else if (scanner.is_digit()) {
            piece.width = scanner.number();
        }
        if (scanner.take(".")) {
            if (scanner.take("*")) {
                has_star = true;
            } else {
                piece.precision = scanner.number();  // "%.s" is precision 0
            }
        }
        piece.length = take_length(scanner);
        piece.bits = bits_of(piece.length);

        const std::size_t letter = scanner.at();
        for (const Spelling& spelling : kSpellings) {
            if (!scanner.take(spelling.text)) continue;
            piece.conversion = spelling.conversion;
            piece.spelling = spelling.text;
            break;
        }
        if (piece.conversion == Conversion::none && letter < format.size() &&
            kUnsupported.find(format[letter]) != std::string_view::npos) {
            parsed.error = FormatError{.message = std::string("unsupported format specifier: ") + format[letter],
                                       .begin = percent,
                                       .end = letter + 1};
            return parsed;
        }
        if (piece.conversion == Conversion::none) {
            // Nothing that converts: the % is text, and so is what follows it.
            std::string text = std::move(piece.text);
            text += '%';
            piece = FormatPiece{};
            piece.text = std::move(text);
            at = percent + 1;
            continue;
        }
        if (has_star) {
            parsed.error = FormatError{.message = "a width or precision of * is not supported in a format string",
                                       .begin = percent,
                                       .end = scanner.at()};
            return parsed;
        }
        if (piece.conversion == Conversion::pointer) piece.bits = 64;
        piece.end = scanner.at();
        at = piece.end;
        ++parsed.arguments;
        parsed.pieces.push_back(std::move(piece));
        piece = FormatPiece{};
    }
    if (!piece.text.empty()) {
        piece.begin = piece.end = format.size();
        parsed.pieces.push_back(std::move(piece));
    }
    return parsed;
}

program::FormatOp to_op(const FormatPiece& piece) {
    program::FormatOp op;
    op.text = piece.text;
    op.conversion = piece.conversion;
    op.flags = piece.flags;
    op.width = piece.width;
    op.precision = piece.precision;
    op.bits = piece.bits;
    return op;
}

}  // namespace format
