#include "src/builtins/lowering.h"

#include <fmt/format.h>

#include "runtime/format/parse_format.h"

namespace builtins {

std::string_view kind_word(ProbeKind kind) {
    switch (kind) {
        case ProbeKind::begin:
        case ProbeKind::end:
        case ProbeKind::self:
        case ProbeKind::test:
        case ProbeKind::bench: return "special";
        case ProbeKind::kprobe: return "kprobe";
        case ProbeKind::kretprobe: return "kretprobe";
        case ProbeKind::fentry: return "fentry";
        case ProbeKind::fexit: return "fexit";
        case ProbeKind::uprobe: return "uprobe";
        case ProbeKind::uretprobe: return "uretprobe";
        case ProbeKind::usdt: return "usdt";
        case ProbeKind::tracepoint: return "tracepoint";
        case ProbeKind::rawtracepoint: return "rawtracepoint";
        case ProbeKind::interval: return "interval";
        case ProbeKind::profile: return "profile";
        case ProbeKind::software: return "software";
        case ProbeKind::hardware: return "hardware";
        case ProbeKind::watchpoint: return "watchpoint";
        case ProbeKind::iter: return "iter";
    }
    return "special";
}

std::optional<std::uint64_t> literal(const Call& call, std::size_t index) {
    const typed::Expr* expr = argument(call, index);
    while (expr && expr->kind == typed::ExprKind::cast)
        expr = typed::as<typed::Cast>(*expr).operand;
    if (!expr || expr->kind != typed::ExprKind::integer) return std::nullopt;
    return typed::as<typed::Integer>(*expr).value;
}

std::string literal_text(const Call& call, std::size_t index) {
    const typed::Expr* expr = argument(call, index);
    if (!expr || expr->kind != typed::ExprKind::string) return {};
    return typed::as<typed::String>(*expr).value;
}

namespace {

/// Whether a value of this type may stand for this conversion.
bool accepts(program::Conversion conversion, const types::Type& type) {
    using program::Conversion;
    switch (conversion) {
        case Conversion::none: return true;
        case Conversion::value: return type.kind != types::Kind::void_ && type.kind != types::Kind::none;
        case Conversion::buffer_ascii:
        case Conversion::buffer_hex:
        case Conversion::buffer_spaced: return type.kind == types::Kind::buffer;
        case Conversion::gfp_flags: return type.is_integer();
        case Conversion::signed_decimal:
        case Conversion::unsigned_decimal:
        case Conversion::octal:
        case Conversion::hex:
        case Conversion::hex_upper:
        case Conversion::pointer:
        case Conversion::character:
            return type.is_integer() || type.kind == types::Kind::boolean || type.kind == types::Kind::pointer ||
                   (type.kind == types::Kind::enumeration && !type.is_text_number()) ||
                   type.kind == types::Kind::count || type.kind == types::Kind::sum || type.kind == types::Kind::min ||
                   type.kind == types::Kind::max || type.kind == types::Kind::avg;
    }
    return false;
}

bool is_pointer_to_text(const types::Type& type) {
    return type.kind == types::Kind::pointer && type.element->kind == types::Kind::integer && type.element->size == 1;
}

/// What does print a value that this conversion does not take.
std::string_view other_conversion(program::Conversion conversion, const types::Type& type) {
    using program::Conversion;
    switch (conversion) {
        case Conversion::buffer_ascii:
        case Conversion::buffer_hex:
        case Conversion::buffer_spaced: return "it prints what buf() gives";
        default: break;
    }
    if (type.is_aggregation()) return "print(@name) prints it";
    return accepts(Conversion::value, type) ? "`%s` prints it" : "";
}

}  // namespace

void warn_address_of_text(CallSite& site, const CallArgument& value) {
    site.warning(DiagnosticKind::warn_address_as_text, value.range,
                 "this prints an address, not the text that stands there")
        .hint("str() reads it: `str(...)`");
}

void check_format(CallSite& site, std::size_t format_index) {
    const auto arguments = site.arguments();
    if (format_index >= arguments.size() || !arguments[format_index].text) return;  // the signature has spoken
    const format::ParsedFormat parsed = format::parse_format(*arguments[format_index].text);
    if (parsed.error) {
        site.error(DiagnosticKind::bad_format, site.range(), parsed.error->message);
        return;
    }
    const std::size_t supplied = arguments.size() - format_index - 1;
    if (supplied != parsed.arguments) {
        site.error(DiagnosticKind::bad_format, site.range(),
                   fmt::format("{} arguments for format string ({} supplied, {} expected)",
                               supplied < parsed.arguments ? "not enough" : "too many", supplied, parsed.arguments));
        return;
    }
    std::vector<program::FormatOp> ops;
    std::size_t next = format_index + 1;
    for (const format::FormatPiece& piece : parsed.pieces) {
        ops.push_back(format::to_op(piece));
        if (piece.conversion == program::Conversion::none) continue;
        const CallArgument& value = arguments[next++];
        if (!value.type || value.type->kind == types::Kind::error) continue;
        if (!accepts(piece.conversion, *value.type)) {
            auto added = site.error(DiagnosticKind::bad_format, site.range(),
                                    fmt::format("unsupported format specifier for type '{}': {}",
                                                types::name_of(value.type), piece.spelling));
            if (const auto hint = other_conversion(piece.conversion, *value.type); !hint.empty())
                added.hint(std::string(hint));
            return;
        }
        // An error in old bpftrace, an address in the new one, and never what was meant.
        if (piece.conversion == program::Conversion::value &&
            (value.is_address_of_text || is_pointer_to_text(*value.type)))
            warn_address_of_text(site, value);
    }
    site.set_format(std::move(ops));
}

}  // namespace builtins
