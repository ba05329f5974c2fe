// What a script demands of itself: while compiling (fail, static_assert, assert_str) and at run time (assert).
#include <array>
#include <cstdio>

#include <fmt/format.h>

#include "runtime/format/parse_format.h"
#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

ir::Value lower_nothing(Emitter&, const Call&, ir::Value) {
    return {};
}

// -- fail("format", literals...): the compiler reached it

/// One piece of a format with its literal put in. C's own printf does the flags, as it does at run time.
std::string literal_piece(const format::FormatPiece& piece, const CallArgument& value) {
    const auto pad = [&](std::string text) {
        if (piece.precision >= 0 && static_cast<std::size_t>(piece.precision) < text.size())
            text.resize(static_cast<std::size_t>(piece.precision));
        const auto width = static_cast<std::size_t>(piece.width < 0 ? 0 : piece.width);
        if (text.size() >= width) return text;
        return piece.flags.left ? text + std::string(width - text.size(), ' ')
                                : std::string(width - text.size(), ' ') + text;
    };
    if (value.text) return pad(*value.text);
    std::uint64_t number = value.integer.value_or(0);
    if (piece.conversion == program::Conversion::value) {
        if (value.type && value.type->kind == types::Kind::boolean) return pad(number != 0 ? "true" : "false");
        return pad(value.type && value.type->is_signed ? fmt::format("{}", static_cast<std::int64_t>(number))
                                                       : fmt::format("{}", number));
    }
    std::string how = "%";
    if (piece.flags.left) how += '-';
    if (piece.flags.plus) how += '+';
    if (piece.flags.space) how += ' ';
    if (piece.flags.alternate) how += '#';
    if (piece.flags.zero) how += '0';
    if (piece.width >= 0) how += fmt::format("{}", piece.width);
    if (piece.precision >= 0) how += fmt::format(".{}", piece.precision);
    const bool is_signed = piece.conversion == program::Conversion::signed_decimal;
    if (piece.bits < 64) {
        number &= (std::uint64_t{1} << piece.bits) - 1;
        if (is_signed && (number >> (piece.bits - 1)) != 0) number |= ~std::uint64_t{0} << piece.bits;
    }
    switch (piece.conversion) {
        case program::Conversion::signed_decimal: how += "lld"; break;
        case program::Conversion::octal: how += "llo"; break;
        case program::Conversion::hex: how += "llx"; break;
        case program::Conversion::hex_upper: how += "llX"; break;
        case program::Conversion::pointer: how.insert(1, "#"), how += "llx"; break;
        case program::Conversion::character: how += "c"; break;
        default: how += "llu"; break;
    }
    std::array<char, 512> text{};
    const bool is_character = piece.conversion == program::Conversion::character;
    const int size =
        is_character ? std::snprintf(text.data(), text.size(), how.c_str(), static_cast<int>(number & 0xff))
                     : std::snprintf(text.data(), text.size(), how.c_str(), static_cast<unsigned long long>(number));
    return std::string(text.data(), std::min(text.size() - 1, static_cast<std::size_t>(std::max(size, 0))));
}

void check_fail(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    const format::ParsedFormat parsed = format::parse_format(*arguments[0].text);
    if (parsed.error || parsed.arguments != arguments.size() - 1) {
        check_format(site, 0);
        return;
    }
    std::string message;
    std::size_t next = 1;
    for (const format::FormatPiece& piece : parsed.pieces) {
        message += piece.text;
        if (piece.conversion != program::Conversion::none) message += literal_piece(piece, arguments[next++]);
    }
    site.error(DiagnosticKind::user_failure, site.range(), std::move(message));
}

// -- static_assert(condition, "message")

void check_static_assert(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.size() < 2 || !arguments[0].integer || !arguments[1].text) return;
    if (*arguments[0].integer == 0) site.error(DiagnosticKind::user_failure, site.range(), *arguments[1].text);
}

// -- assert_str(value)

void check_assert_str(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || arguments[0].text || !arguments[0].type) return;
    const types::Kind kind = arguments[0].type->kind;
    if (kind != types::Kind::string && kind != types::Kind::error)
        site.error(DiagnosticKind::user_failure, site.range(),
                   fmt::format("assert_str() expects a string ({} provided)", types::name_of(arguments[0].type)));
}

// -- assert(condition, "message")

ir::Value lower_assert(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    const ir::Value holds = e.scalar(*call.arguments[0]);
    b.if_then(
        b.is_zero(holds),
        [&] {
            program::FormatOp text;
            text.text = "assert failed: " + literal_text(call, 1);
            e.send(program::ErrorF{{std::move(text)}, call.range, false}, 0, [](ir::Value) {});
            e.send(program::Exit{}, 8, [&](ir::Value payload) { b.store(b.i64(1), payload); });
            e.leave_probe();
        },
        ir::Builder::Likely::no);
    return {};
}

constexpr std::array kAssertions{
    typed::Builtin{.name = "fail",
                   .signature = "fail(format: string literal, values: literal...) -> void",
                   .doc = "Stops compiling with this message when the compiler reaches the call: for branches that a "
                          "literal condition rules out.",
                   .example = R"(begin { if (sizeof(uint64) != 8) { fail("odd machine: %d", 1); } })",
                   .check = check_fail,
                   .lower = lower_nothing},
    typed::Builtin{.name = "static_assert",
                   .signature = "static_assert(condition: literal, message: string literal) -> void",
                   .doc = "Stops compiling with the message unless the condition, known when compiling, holds.",
                   .example = R"(begin { static_assert(sizeof(uint16) == 2, "size"); })",
                   .check = check_static_assert,
                   .lower = lower_nothing},
    typed::Builtin{.name = "assert",
                   .signature = "assert(condition: int|bool|pointer, message: string literal) -> void",
                   .is_asynchronous = true,
                   .doc =
                       "If the condition does not hold, prints `assert failed: message` as an error and ends tracing "
                       "with status 1.",
                   .example = R"(begin { assert(ncpus > 0, "no processor"); })",
                   .lower = lower_assert},
    typed::Builtin{.name = "assert_str",
                   .signature = "assert_str(value: any) -> void",
                   .doc = "Stops compiling unless the value is a string; for macros.",
                   .example = R"(begin { assert_str(comm); })",
                   .check = check_assert_str,
                   .lower = lower_nothing},
};
static_assert(typed::complete(kAssertions));

}  // namespace

std::span<const typed::Builtin> assertion_rows() {
    return kAssertions;
}

}  // namespace builtins
