#include "runtime/format/value.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "runtime/format/stack.h"
#include "runtime/format/text.h"

namespace format {
namespace {

using program::Field;
using program::Layout;
using program::LayoutKind;

constexpr char kLowerHex[] = "0123456789abcdef";
constexpr char kUpperHex[] = "0123456789ABCDEF";

/// Address families of the `inet` layout, as in <linux/socket.h>.
constexpr std::uint64_t kInet4 = 2, kInet6 = 10;

std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The bytes before the first NUL; is_cut if there is none.
std::string_view text_bytes(const Layout& layout, Bytes bytes, bool& is_cut) {
    const std::string_view text = as_text(slice(bytes, 0, layout.size));
    const std::size_t end = text.find('\0');
    is_cut = end == std::string_view::npos && !text.empty();
    return text.substr(0, end);
}

Bytes buffer_bytes(const Layout& layout, Bytes bytes) {
    const std::size_t length = static_cast<std::size_t>(read_unsigned(bytes, 0, 4));
    const std::size_t capacity = layout.size > 4 ? layout.size - 4 : 0;
    return slice(bytes, 4, std::min(length, capacity));
}

/// The bits of a bit-field as 8 bytes, sign-extended if its layout is signed, so that any narrower reading of them is
/// right as well.
std::uint64_t bit_field(const Layout& layout, const Field& field, Bytes bytes) {
    const std::size_t first = field.offset + field.bit_offset / 8;
    const unsigned shift = field.bit_offset % 8;
    std::uint64_t value = read_unsigned(bytes, first, 8) >> shift;
    if (shift != 0) value |= read_unsigned(bytes, first + 8, 1) << (64 - shift);
    if (field.bit_size >= 64) return value;
    value &= (std::uint64_t{1} << field.bit_size) - 1;
    return layout.is_signed ? static_cast<std::uint64_t>(sign_extend(value, field.bit_size)) : value;
}

/// Calls visit(layout id, bytes) with what a field holds.
template <typename Visit>
void with_field(const FormatContext& context, const Field& field, Bytes bytes, Visit visit) {
    const Layout& layout = context.layout(field.layout);
    if (field.bit_size == 0) {
        visit(slice(bytes, field.offset, layout.size));
        return;
    }
    const std::uint64_t value = bit_field(layout, field, bytes);
    visit(std::as_bytes(std::span(&value, 1)));
}

void append_integer(std::string& out, const Layout& layout, std::uint64_t value) {
    if (layout.is_signed) {
        append_signed(out, static_cast<std::int64_t>(value));
    } else {
        append_unsigned(out, value);
    }
}

void append_inet(std::string& out, Bytes bytes) {
    const std::uint64_t family = read_unsigned(bytes, 0, 8);
    unsigned char address[16] = {};
    const Bytes part = slice(bytes, 8, sizeof address);
    if (!part.empty()) std::memcpy(address, part.data(), part.size());
    char text[INET6_ADDRSTRLEN];
    if (family == kInet4) {
        for (int i = 0; i < 4; ++i) {
            if (i != 0) out += '.';
            append_unsigned(out, address[i]);
        }
    } else if (family == kInet6 && ::inet_ntop(AF_INET6, address, text, sizeof text) != nullptr) {
        out += text;
    }
    // Any other family is a value that was never set: nothing to show.
}

void append_mac(std::string& out, Bytes bytes) {
    for (std::size_t i = 0; i < 6; ++i) {
        const std::uint64_t byte = read_unsigned(bytes, i, 1);
        if (i != 0) out += ':';
        out += kUpperHex[byte >> 4];
        out += kUpperHex[byte & 15];
    }
}

void append_any(std::string& out, FormatContext& context, const Layout& layout, Bytes bytes, Style style);

void append_fields(std::string& out, FormatContext& context, const Layout& layout, Bytes bytes, Style style) {
    const bool is_record = layout.kind == LayoutKind::record;
    bool is_first = true;
    for (const Field& field : layout.fields) {
        if (!is_first) out += style == Style::json_key ? "," : ", ";
        is_first = false;
        if (is_record && !field.name.empty()) {
            out += '.';
            out += field.name;
            out += style == Style::json_key ? "=" : " = ";
        }
        const Layout& inner = context.layout(field.layout);
        if (is_record && inner.kind == LayoutKind::none) {
            out += "null";  // a member whose C type we cannot show: float, ...
            continue;
        }
        with_field(context, field, bytes, [&](Bytes part) {
            if (is_record && inner.kind == LayoutKind::integer && !inner.names.values.empty() &&
                context.append_value_name(out, inner, integer_value(inner, part))) {
                return;
            }
            append_any(out, context, inner, part, style);
        });
    }
}

void append_array(std::string& out, FormatContext& context, const Layout& layout, Bytes bytes, Style style) {
    const Layout& element = context.layout(layout.element);
    out += '[';
    for (std::size_t i = 0; i < layout.count; ++i) {
        if (i != 0) out += ',';
        append_any(out, context, element, slice(bytes, i * element.size, element.size), style);
    }
    out += ']';
}

void append_any(std::string& out, FormatContext& context, const Layout& layout, Bytes bytes, Style style) {
    switch (layout.kind) {
        case LayoutKind::none: return;
        case LayoutKind::integer: {
            const std::uint64_t value = integer_value(layout, bytes);
            if (style == Style::names && !layout.names.values.empty() &&
                context.append_value_name(out, layout, value)) {
                return;
            }
            append_integer(out, layout, value);
            return;
        }
        case LayoutKind::boolean: out += integer_value(layout, bytes) != 0 ? "true" : "false"; return;
        case LayoutKind::text: {
            bool is_cut = false;
            out += text_bytes(layout, bytes, is_cut);
            if (is_cut) out += context.program().config.str_trunc_trailer;
            return;
        }
        case LayoutKind::buffer: append_buffer(out, layout, bytes, program::Conversion::buffer_ascii); return;
        case LayoutKind::pointer:
            out += "0x";
            append_hex(out, read_unsigned(bytes, 0, 8));
            return;
        case LayoutKind::array: append_array(out, context, layout, bytes, style); return;
        case LayoutKind::tuple:
            out += '(';
            append_fields(out, context, layout, bytes, style);
            out += ')';
            return;
        case LayoutKind::record: {
            const bool has_space = style != Style::json_key && !layout.fields.empty();
            out += has_space ? "{ " : "{";
            append_fields(out, context, layout, bytes, style);
            out += has_space ? " }" : "}";
            return;
        }
        case LayoutKind::enumeration: {
            const std::uint64_t value = integer_value(layout, bytes);
            if (!context.append_value_name(out, layout, value)) append_integer(out, layout, value);
            return;
        }
        case LayoutKind::ksym: context.append_kernel_symbol(out, read_unsigned(bytes, 0, 8), false); return;
        case LayoutKind::usym:
            context.append_user_symbol(out, static_cast<std::uint32_t>(read_unsigned(bytes, 8, 4)),
                                       read_unsigned(bytes, 0, 8), false, false);
            return;
        case LayoutKind::inet: append_inet(out, bytes); return;
        case LayoutKind::mac: append_mac(out, bytes); return;
        case LayoutKind::timestamp:
            context.append_timestamp(out, read_unsigned(bytes, 0, 8), program::TextId(read_unsigned(bytes, 8, 4)),
                                     static_cast<program::TimestampMode>(read_unsigned(bytes, 12, 4)));
            return;
        case LayoutKind::cgroup_path:
            context.append_cgroup_path(out, read_unsigned(bytes, 0, 8), read_unsigned(bytes, 8, 8));
            return;
        case LayoutKind::username:
            context.append_user_name(out, static_cast<std::uint32_t>(read_unsigned(bytes, 0, 8)));
            return;
        case LayoutKind::kstack:
        case LayoutKind::ustack: append_stack(out, context, layout, bytes, style == Style::json_key); return;
    }
}

void append_json_fields(std::string& out, FormatContext& context, const Layout& layout, Bytes bytes) {
    const bool is_record = layout.kind == LayoutKind::record;
    bool is_first = true;
    for (const Field& field : layout.fields) {
        if (!is_first) out += is_record ? ", " : ",";
        is_first = false;
        if (is_record) {
            append_json_string(out, field.name);
            out += ": ";
        }
        with_field(context, field, bytes, [&](Bytes part) { append_json_value(out, context, field.layout, part); });
    }
}

void append_byte_hex(std::string& out, std::byte byte) {
    const auto value = static_cast<unsigned>(byte);
    out += kLowerHex[value >> 4];
    out += kLowerHex[value & 15];
}

int three_way(std::uint64_t left, std::uint64_t right) {
    return left < right ? -1 : left > right ? 1 : 0;
}

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

/// An integer as a number whose unsigned order is the integer's own.
std::uint64_t ordered_integer(const Layout& layout, Bytes bytes) {
    const std::uint64_t value = integer_value(layout, bytes);
    return layout.is_signed ? value ^ kSignBit : value;
}

int compare_bytes(Bytes left, Bytes right) {
    const std::size_t size = std::min(left.size(), right.size());
    const int order = size == 0 ? 0 : std::memcmp(left.data(), right.data(), size);
    return order != 0 ? order : three_way(left.size(), right.size());
}

/// Of a number that stands for a text.
std::string text_of_number(FormatContext& context, const Layout& layout, Bytes bytes) {
    std::string text;
    append_any(text, context, layout, bytes, Style::plain);
    return text;
}

/// The first eight bytes, in their order.
std::uint64_t text_prefix(std::string_view text) {
    std::uint64_t prefix = 0;
    for (std::size_t i = 0; i < 8; ++i)
        prefix = prefix << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
    return prefix;
}

}  // namespace

std::uint64_t integer_value(const Layout& layout, Bytes bytes) {
    const std::size_t size = layout.size == 0 || layout.size > 8 ? 8 : layout.size;
    const std::uint64_t value = read_unsigned(bytes, 0, size);
    if (!layout.is_signed || size == 8) return value;
    return static_cast<std::uint64_t>(sign_extend(value, static_cast<unsigned>(size * 8)));
}

void append_value(std::string& out, FormatContext& context, program::LayoutId id, Bytes bytes, Style style) {
    const Layout& layout = context.layout(id);
    if ((style == Style::key || style == Style::json_key) && layout.kind == LayoutKind::tuple) {
        // Only the outermost tuple loses its parentheses.
        bool is_first = true;
        for (const Field& field : layout.fields) {
            if (!is_first) out += style == Style::json_key ? "," : ", ";
            is_first = false;
            with_field(context, field, bytes,
                       [&](Bytes part) { append_any(out, context, context.layout(field.layout), part, style); });
        }
        return;
    }
    append_any(out, context, layout, bytes, style);
}

void append_json_value(std::string& out, FormatContext& context, program::LayoutId id, Bytes bytes) {
    const Layout& layout = context.layout(id);
    switch (layout.kind) {
        case LayoutKind::none: out += "null"; return;
        case LayoutKind::integer:
        case LayoutKind::enumeration: {
            const std::uint64_t value = integer_value(layout, bytes);
            if (layout.is_signed) {
                append_json_signed(out, static_cast<std::int64_t>(value));
            } else {
                append_json_unsigned(out, value);
            }
            return;
        }
        case LayoutKind::boolean: out += integer_value(layout, bytes) != 0 ? "true" : "false"; return;
        case LayoutKind::pointer: append_json_unsigned(out, read_unsigned(bytes, 0, 8)); return;
        case LayoutKind::text: {
            bool is_cut = false;
            out += '"';
            append_json_escaped(out, text_bytes(layout, bytes, is_cut));
            if (is_cut) append_json_escaped(out, context.program().config.str_trunc_trailer);
            out += '"';
            return;
        }
        case LayoutKind::buffer: {
            out += '[';
            bool is_first = true;
            for (const std::byte byte : buffer_bytes(layout, bytes)) {
                if (!is_first) out += ',';
                is_first = false;
                append_unsigned(out, static_cast<std::uint64_t>(byte));
            }
            out += ']';
            return;
        }
        case LayoutKind::array: {
            const std::size_t size = context.layout(layout.element).size;
            out += '[';
            for (std::size_t i = 0; i < layout.count; ++i) {
                if (i != 0) out += ',';
                append_json_value(out, context, layout.element, slice(bytes, i * size, size));
            }
            out += ']';
            return;
        }
        case LayoutKind::tuple:
            out += '[';
            append_json_fields(out, context, layout, bytes);
            out += ']';
            return;
        case LayoutKind::record:
            out += '{';
            append_json_fields(out, context, layout, bytes);
            out += '}';
            return;
        case LayoutKind::ksym:
        case LayoutKind::usym:
        case LayoutKind::inet:
        case LayoutKind::mac:
        case LayoutKind::timestamp:
        case LayoutKind::cgroup_path:
        case LayoutKind::username:
        case LayoutKind::kstack:
        case LayoutKind::ustack: {
            std::string text;
            append_any(text, context, layout, bytes, Style::plain);
            append_json_string(out, text);
            return;
        }
    }
}

void append_buffer(std::string& out, const Layout& layout, Bytes bytes, program::Conversion conversion) {
    const Bytes valid = buffer_bytes(layout, bytes);
    if (conversion == program::Conversion::buffer_spaced) {
        for (std::size_t i = 0; i < valid.size(); ++i) {
            if (i != 0) out += ' ';
            append_byte_hex(out, valid[i]);
        }
        return;
    }
    for (const std::byte byte : valid) {
        const char character = static_cast<char>(byte);
        if (conversion == program::Conversion::buffer_ascii && character >= 0x20 && character <= 0x7e) {
            out += character;
        } else {
            out += "\\x";
            append_byte_hex(out, byte);
        }
    }
}

int compare_values(FormatContext& context, program::LayoutId id, Bytes left, Bytes right) {
    const Layout& layout = context.layout(id);
    switch (layout.kind) {
        case LayoutKind::enumeration:
            if (layout.names.is_text)
                return text_of_number(context, layout, left).compare(text_of_number(context, layout, right));
            [[fallthrough]];
        case LayoutKind::integer:
        case LayoutKind::boolean:
        case LayoutKind::pointer: return three_way(ordered_integer(layout, left), ordered_integer(layout, right));
        case LayoutKind::text: {
            bool is_cut = false;
            return text_bytes(layout, left, is_cut).compare(text_bytes(layout, right, is_cut));
        }
        case LayoutKind::tuple:
        case LayoutKind::record:
            for (const Field& field : layout.fields) {
                int order = 0;
                with_field(context, field, left, [&](Bytes left_part) {
                    with_field(context, field, right, [&](Bytes right_part) {
                        order = compare_values(context, field.layout, left_part, right_part);
                    });
                });
                if (order != 0) return order;
            }
            return 0;
        case LayoutKind::array: {
            const std::size_t size = context.layout(layout.element).size;
            for (std::size_t i = 0; i < layout.count; ++i) {
                const int order =
                    compare_values(context, layout.element, slice(left, i * size, size), slice(right, i * size, size));
                if (order != 0) return order;
            }
            return 0;
        }
        case LayoutKind::ksym:
        case LayoutKind::usym:
        case LayoutKind::timestamp:
        case LayoutKind::username:
        case LayoutKind::cgroup_path:
            if (const int order = three_way(read_unsigned(left, 0, 8), read_unsigned(right, 0, 8)); order != 0) {
                return order;
            }
            return compare_bytes(left, right);
        case LayoutKind::buffer:
            if (const int order = compare_bytes(buffer_bytes(layout, left), buffer_bytes(layout, right)); order != 0) {
                return order;
            }
            return compare_bytes(left, right);
        case LayoutKind::none:
        case LayoutKind::inet:
        case LayoutKind::mac:
        case LayoutKind::kstack:
        case LayoutKind::ustack: return compare_bytes(left, right);
    }
    return 0;
}

std::uint64_t order_prefix(FormatContext& context, program::LayoutId id, Bytes bytes) {
    const Layout& layout = context.layout(id);
    switch (layout.kind) {
        case LayoutKind::enumeration:
            if (layout.names.is_text) return text_prefix(text_of_number(context, layout, bytes));
            return ordered_integer(layout, bytes);
        case LayoutKind::integer:
        case LayoutKind::boolean:
        case LayoutKind::pointer: return ordered_integer(layout, bytes);
        case LayoutKind::text: {
            bool is_cut = false;
            return text_prefix(text_bytes(layout, bytes, is_cut));
        }
        case LayoutKind::tuple:
        case LayoutKind::record: {
            std::uint64_t prefix = 0;
            if (!layout.fields.empty()) {
                with_field(context, layout.fields[0], bytes,
                           [&](Bytes part) { prefix = order_prefix(context, layout.fields[0].layout, part); });
            }
            return prefix;
        }
        case LayoutKind::none:
        case LayoutKind::buffer:
        case LayoutKind::array:
        case LayoutKind::ksym:
        case LayoutKind::usym:
        case LayoutKind::inet:
        case LayoutKind::mac:
        case LayoutKind::timestamp:
        case LayoutKind::cgroup_path:
        case LayoutKind::username:
        case LayoutKind::kstack:
        case LayoutKind::ustack: return 0;
    }
    return 0;
}

}  // namespace format
