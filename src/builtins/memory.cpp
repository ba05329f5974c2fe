// Reading memory: str, buf, address spaces.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

/// The address a pointer-like argument holds, and the space it is to be read from. An integer in a syscall event may be
/// either (a plain argument is a user address, __data_loc a kernel one): decided at run time by the address.
struct Address {
    ir::Value value;
    types::AddressSpace space;
};

Address address_of(Emitter& e, const typed::Expr& expr) {
    const types::Type& type = *expr.type;
    if (type.is_scalar()) {
        types::AddressSpace space = e.space_of(expr.type);
        if (type.is_integer() && e.probe().kind == ProbeKind::tracepoint && e.probe().place.target == "syscalls")
            space = types::AddressSpace::none;
        return {e.scalar(expr), space};
    }
    return {e.ir().ptr_to_int(e.memory(expr)), types::AddressSpace::kernel};
}

/// A length argument as i64 in [0, limit], with its bound visible to the verifier.
ir::Value bounded(Emitter& e, const typed::Expr& expr, std::uint64_t limit) {
    ir::Builder& b = e.ir();
    if (expr.kind == typed::ExprKind::integer) return b.i64(std::min(typed::as<typed::Integer>(expr).value, limit));
    const ir::Value length = b.opaque(e.scalar(expr));
    return b.select(b.compare(ir::Compare::ugt, length, b.i64(limit)), b.i64(limit), length);
}

// -- str(pointer[, length])

std::uint32_t str_capacity(CallSite& site) {
    const auto arguments = site.arguments();
    const auto limit = static_cast<std::uint32_t>(site.config().max_strlen);
    if (arguments.size() > 1 && arguments[1].integer)
        return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*arguments[1].integer, 1, limit));
    return limit;
}

const types::Type* str_type(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty()) return site.types().none();
    const CallArgument& what = arguments[0];
    if (what.text || (what.integer && !(what.type && what.type->kind == types::Kind::pointer))) {
        const std::string text = what.text ? *what.text
                                 : what.type && what.type->is_signed
                                     ? fmt::format("{}", static_cast<std::int64_t>(*what.integer))
                                     : fmt::format("{}", *what.integer);
        std::size_t size = text.size();
        if (arguments.size() > 1 && arguments[1].integer) size = std::min<std::size_t>(size, *arguments[1].integer);
        return site.types().string(static_cast<std::uint32_t>(size + 1));
    }
    if (what.type && what.type->kind == types::Kind::string && arguments.size() == 1) return what.type;
    return site.types().string(str_capacity(site));
}

void check_str(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty()) return;
    const CallArgument& what = arguments[0];
    const auto limit = site.config().max_strlen;
    std::optional<std::uint64_t> length;
    if (arguments.size() > 1 && arguments[1].integer) {
        length = *arguments[1].integer;
        if (arguments[1].type && arguments[1].type->is_signed && static_cast<std::int64_t>(*length) < 0) {
            site.error(DiagnosticKind::bad_literal_argument, site.range(),
                       fmt::format("strcannot use negative length ({})", static_cast<std::int64_t>(*length)));
            return;
        }
        if (*length > limit)
            site.warning(
                DiagnosticKind::warn_truncated, arguments[1].range,
                fmt::format("length param ({}) is too long and will be shortened to {} bytes (see BPFTRACE_MAX_STRLEN)",
                            *length, limit));
    }
    // Literals and positional parameters fold, and then the length counts characters.
    if (what.text || (what.integer && !(what.type && what.type->kind == types::Kind::pointer))) {
        if (arguments.size() > 1 && !length) return;
        std::string text = what.text ? *what.text
                           : what.type && what.type->is_signed
                               ? fmt::format("{}", static_cast<std::int64_t>(*what.integer))
                               : fmt::format("{}", *what.integer);
        if (length && *length < text.size()) text.resize(*length);
        site.fold(std::move(text));
    }
}

ir::Value lower_str(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const typed::Expr& what = *call.arguments[0];
    const std::uint32_t capacity = call.type->capacity;
    if (what.type->kind == types::Kind::string && call.arguments.size() == 1) {
        e.into(what, destination);
        return destination;
    }
    const Address from = address_of(e, what);
    if (const typed::Expr* length = argument(call, 1)) {
        // n counts the NUL; 0 would be refused by the helper
        const ir::Value size = bounded(e, *length, capacity);
        if (const auto constant = ir::Builder::constant_of(size)) {
            if (*constant == 0)
                b.store(b.constant(ir::Width::i8, 0), destination);
            else
                e.read_string(destination, size, from.value, from.space, call.range);
            return destination;
        }
        b.if_else(
            b.is_zero(size), [&] { b.store(b.constant(ir::Width::i8, 0), destination); },
            [&] { e.read_string(destination, size, from.value, from.space, call.range); });
        return destination;
    }
    // Without a length the buffer may be filled to the last byte: a string that long has no NUL there and prints with
    // the trailer. The helper always ends with a NUL, so its last byte is read once more.
    const ir::Value size = e.read_string(destination, b.i64(capacity), from.value, from.space, call.range);
    b.if_then(
        b.compare(ir::Compare::eq, size, b.i64(capacity)),
        [&] {
            e.read(b.ptr_add(destination, std::int64_t{capacity} - 1), b.i64(1), b.add(from.value, b.i64(capacity - 1)),
                   from.space, call.range);
        },
        ir::Builder::Likely::no);
    return destination;
}

// -- buf(data[, length]): u32 length, then the bytes

const types::Type* buf_type(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty()) return site.types().none();
    const std::uint64_t limit = site.config().max_strlen > 4 ? site.config().max_strlen - 4 : 1;
    std::uint64_t size = limit;
    if (arguments.size() > 1) {
        if (arguments[1].integer) size = *arguments[1].integer;
    } else if (arguments[0].type && arguments[0].type->kind == types::Kind::array) {
        size = arguments[0].type->size;
    }
    return site.types().buffer(static_cast<std::uint32_t>(std::clamp<std::uint64_t>(size, 1, limit)));
}

void check_buf(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].type) return;
    const types::Type& type = *arguments[0].type;
    if (arguments.size() == 1 && type.kind != types::Kind::array && type.kind != types::Kind::error) {
        const std::string_view word = type.is_integer()                  ? "int"
                                      : type.kind == types::Kind::string ? "string"
                                                                         : "pointer";
        site.error(DiagnosticKind::bad_call, site.range(),
                   fmt::format("buf() expects a length argument for non-array type {}", word));
        return;
    }
    if (arguments.size() > 1 && arguments[1].integer) {
        const std::uint64_t limit = site.config().max_strlen - 4;
        if (arguments[1].type && arguments[1].type->is_signed && static_cast<std::int64_t>(*arguments[1].integer) < 0)
            site.error(
                DiagnosticKind::bad_literal_argument, site.range(),
                fmt::format("buf cannot use negative length ({})", static_cast<std::int64_t>(*arguments[1].integer)));
        else if (*arguments[1].integer > limit)
            site.warning(
                DiagnosticKind::warn_truncated, arguments[1].range,
                fmt::format("length param ({}) is too long and will be shortened to {} bytes (see BPFTRACE_MAX_STRLEN)",
                            *arguments[1].integer, limit));
    }
}

ir::Value lower_buf(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const typed::Expr& what = *call.arguments[0];
    const std::uint32_t capacity = call.type->capacity;
    ir::Value length = argument(call, 1) ? bounded(e, *call.arguments[1], capacity) : b.i64(capacity);
    if (what.type->kind == types::Kind::array || what.type->kind == types::Kind::string) {
        // By value: never more than it has.
        const std::uint32_t available = std::min(capacity, what.type->size);
        const ir::Value from = e.memory(what);
        e.clear(b.ptr_add(destination, 4), capacity);
        e.copy(b.ptr_add(destination, 4), from, available);
        length = b.select(b.compare(ir::Compare::ugt, length, b.i64(available)), b.i64(available), length);
        b.store(b.trunc(length, ir::Width::i32), destination, 0, 4);
        return destination;
    }
    const Address from = address_of(e, what);
    e.clear(b.ptr_add(destination, 4), capacity);
    b.store(b.trunc(length, ir::Width::i32), destination, 0, 4);
    e.read(b.ptr_add(destination, 4), length, from.value, from.space, call.range);
    return destination;
}

// -- kptr, uptr

const types::Type* in_space(CallSite& site, types::AddressSpace space) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].type) return site.types().none();
    const types::Type* element =
        arguments[0].type->kind == types::Kind::pointer ? arguments[0].type->element : site.types().integer(8, false);
    return site.types().pointer(element, space);
}
const types::Type* kptr_type(CallSite& site) {
    return in_space(site, types::AddressSpace::kernel);
}
const types::Type* uptr_type(CallSite& site) {
    return in_space(site, types::AddressSpace::user);
}
ir::Value lower_pointer(Emitter& e, const Call& call, ir::Value) {
    return e.scalar(*call.arguments[0]);
}

constexpr std::array kMemory{
    typed::Builtin{.name = "str",
                   .signature = "str(address: pointer|int|string|array, length: int = max_strlen) -> depends",
                   .doc = "Reads the NUL-terminated text at an address. With a length, at most length - 1 characters; "
                          "without one, up to max_strlen, and a longer text "
                          "prints with a trailer. Of a positional parameter it gives the text.",
                   .example = R"(tracepoint:syscalls:sys_enter_openat { printf("%s\n", str(args.filename)); exit(); })",
                   .result = str_type,
                   .check = check_str,
                   .lower = lower_str},
    typed::Builtin{.name = "buf",
                   .signature = "buf(data: pointer|int|array|string, length: int = size) -> depends",
                   .doc = "Raw bytes of an array or at an address, printed by %r (escaped), %rx and %rh (hex).",
                   .example = R"(begin { printf("%r\n", buf("a\x01b", 3)); })",
                   .result = buf_type,
                   .check = check_buf,
                   .lower = lower_buf},
    typed::Builtin{.name = "kptr",
                   .signature = "kptr(address: pointer|int) -> depends",
                   .doc = "The same address, to be read as a kernel address.",
                   .example = R"(begin { print(kptr(1) == 1); })",
                   .result = kptr_type,
                   .lower = lower_pointer},
    typed::Builtin{.name = "uptr",
                   .signature = "uptr(address: pointer|int) -> depends",
                   .doc = "The same address, to be read as an address of the current process.",
                   .example = R"(begin { print(uptr(1) == 1); })",
                   .result = uptr_type,
                   .lower = lower_pointer},
};
static_assert(typed::complete(kMemory));

}  // namespace

std::span<const typed::Builtin> memory_rows() {
    return kMemory;
}

}  // namespace builtins
