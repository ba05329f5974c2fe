#include "runtime/format/printf.h"

#include <algorithm>

#include "runtime/format/text.h"

namespace format {
namespace {

using program::Conversion;
using program::FormatOp;

/// Digits of value in a base of 2^shift; `digits` is "0123456789abcdef" or its upper-case form.
void append_power_of_two(std::string& out, std::uint64_t value, unsigned shift, const char* digits) {
    char text[22];  // 64 bits in octal
    char* at = text + sizeof text;
    do {
        *--at = digits[value & ((1u << shift) - 1)];
        value >>= shift;
    } while (value != 0);
    out.append(at, static_cast<std::size_t>(text + sizeof text - at));
}

/// Blanks around out[start, end) until it is width columns wide.
void pad(std::string& out, std::size_t start, const FormatOp& op) {
    if (op.width <= 0) return;
    const auto width = static_cast<std::size_t>(op.width);
    const std::size_t used = out.size() - start;
    if (used >= width) return;
    if (op.flags.left) {
        out.append(width - used, ' ');
    } else {
        out.insert(start, width - used, ' ');
    }
}

/// An integer as C prints it: sign or prefix, zeros up to precision or (flag 0) width, digits, blanks.
void append_integer(std::string& out, const FormatOp& op, std::uint64_t raw) {
    const bool is_signed = op.conversion == Conversion::signed_decimal;
    const auto number = sign_extend(raw, op.bits);
    std::uint64_t magnitude = op.bits >= 64 ? raw : raw & ((std::uint64_t{1} << op.bits) - 1);
    if (is_signed) {
        magnitude = number < 0 ? -static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
    }

    // What nearly every op is: no flags, no width.
    const bool is_plain = op.width <= 0 && op.precision < 0 && !op.flags.plus && !op.flags.space && !op.flags.alternate;
    const std::size_t start = out.size();
    if (is_signed) {
        if (number < 0) {
            out += '-';
        } else if (op.flags.plus) {
            out += '+';
        } else if (op.flags.space) {
            out += ' ';
        }
    } else if (op.conversion == Conversion::pointer) {
        out += "0x";
    } else if (op.flags.alternate && magnitude != 0) {
        if (op.conversion == Conversion::hex) out += "0x";
        if (op.conversion == Conversion::hex_upper) out += "0X";
    }

    const std::size_t digits = out.size();
    if (op.conversion == Conversion::octal) {
        append_power_of_two(out, magnitude, 3, "01234567");
    } else if (op.conversion == Conversion::hex || op.conversion == Conversion::pointer) {
        append_power_of_two(out, magnitude, 4, "0123456789abcdef");
    } else if (op.conversion == Conversion::hex_upper) {
        append_power_of_two(out, magnitude, 4, "0123456789ABCDEF");
    } else {
        append_unsigned(out, magnitude);
    }
    if (is_plain) return;

    if (op.precision == 0 && magnitude == 0) out.resize(digits);  // C: no digits at all
    const std::size_t count = out.size() - digits;
    std::size_t wanted = op.precision < 0 ? 1 : static_cast<std::size_t>(op.precision);
    if (op.precision < 0 && op.flags.zero && !op.flags.left && op.width > 0) {
        const auto width = static_cast<std::size_t>(op.width);
        const std::size_t sign = digits - start;
        wanted = width > sign ? width - sign : 0;
    }
    if (count < wanted) out.insert(digits, wanted - count, '0');
    // C's # for octal: the first digit is a zero.
    if (op.conversion == Conversion::octal && op.flags.alternate && (out.size() == digits || out[digits] != '0')) {
        out.insert(digits, 1, '0');
    }
    pad(out, start, op);
}

void append_op(std::string& out, FormatContext& context, const FormatOp& op, Bytes payload) {
    const program::Layout& layout = context.layout(op.layout);
    const Bytes bytes = slice(payload, op.offset, layout.size);
    switch (op.conversion) {
        case Conversion::none: return;
        case Conversion::signed_decimal:
        case Conversion::unsigned_decimal:
        case Conversion::octal:
        case Conversion::hex:
        case Conversion::hex_upper:
        case Conversion::pointer: append_integer(out, op, integer_value(layout, bytes)); return;
        case Conversion::character: {
            const std::size_t start = out.size();
            out += static_cast<char>(integer_value(layout, bytes) & 0xff);
            pad(out, start, op);
            return;
        }
        case Conversion::value: {
            const std::size_t start = out.size();
            append_value(out, context, op.layout, bytes, Style::names);
            if (op.precision >= 0) out.resize(std::min(out.size(), start + static_cast<std::size_t>(op.precision)));
            pad(out, start, op);
            return;
        }
        case Conversion::buffer_ascii:
        case Conversion::buffer_hex:
        case Conversion::buffer_spaced: {
            const std::size_t start = out.size();
            append_buffer(out, layout, bytes, op.conversion);
            if (op.precision >= 0) out.resize(std::min(out.size(), start + static_cast<std::size_t>(op.precision)));
            pad(out, start, op);
            return;
        }
        case Conversion::gfp_flags: {
            const std::size_t start = out.size();
            context.append_gfp_flags(out, integer_value(layout, bytes));
            pad(out, start, op);
            return;
        }
    }
}

}  // namespace

void append_printf(std::string& out, FormatContext& context, std::span<const FormatOp> ops, Bytes payload) {
    for (const FormatOp& op : ops) {
        out += op.text;
        append_op(out, context, op, payload);
    }
}

}  // namespace format
