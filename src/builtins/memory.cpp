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
                DiagnosticKind::warn_truncated, site.range(),
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
                DiagnosticKind::warn_truncated, site.range(),
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

// -- is_err(pointer)

/// include/linux/err.h: the last page of addresses stands for error numbers.
constexpr std::uint64_t kFirstError = 0 - std::uint64_t{4095};

void check_is_err(CallSite& site) {
    const auto arguments = site.arguments();
    if (!arguments.empty() && arguments[0].integer)
        site.fold(*arguments[0].integer >= kFirstError ? 1 : 0, site.types().boolean());
}
ir::Value lower_is_err(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    return b.zext(b.compare(ir::Compare::uge, e.scalar(*call.arguments[0]), b.i64(kFirstError)), ir::Width::i64);
}

// -- write_user(destination, source, size)

void check_write_user(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.size() < 3 || !arguments[2].integer) return;
    const std::uint64_t size = *arguments[2].integer, limit = site.config().max_strlen;
    if (size == 0 || size > limit)
        site.error(
            DiagnosticKind::bad_literal_argument, site.range(),
            fmt::format("write_user() writes 1 to {} bytes ({} provided)", limit, static_cast<std::int64_t>(size)));
    else if (arguments[1].type && !arguments[1].type->is_scalar() && arguments[1].type->size < size)
        site.error(
            DiagnosticKind::bad_literal_argument, arguments[1].range,
            fmt::format("write_user() is to write {} bytes of a value that has {}", size, arguments[1].type->size));
}

ir::Value lower_write_user(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    const std::uint64_t size = literal(call, 2).value_or(1);
    const typed::Expr& source = *call.arguments[1];
    const ir::Value to = e.scalar(*call.arguments[0]);
    ir::Value from = ir::Value{};
    if (source.type->kind == types::Kind::pointer) {
        from = e.scratch(static_cast<std::uint32_t>((size + 7) / 8 * 8));
        e.read(from, b.i64(size), e.scalar(source), e.space_of(source.type), call.range);
    } else if (source.type->is_scalar()) {
        from = e.scratch(8);
        e.store_scalar(source.type, e.scalar(source), from);
    } else {
        from = e.memory(source);
    }
    return b.zext(b.is_zero(e.helper(Helper::probe_write_user, {b.int_to_ptr(to), from, b.i64(size)})), ir::Width::i64);
}

// -- path(struct path[, size])

constexpr KindSet kWithPath = KindSet::of(ProbeKind::fentry, ProbeKind::fexit, ProbeKind::iter);
/// PATH_MAX: the longest name the kernel spells.
constexpr std::uint32_t kMostPath = 4096;

const types::Type* path_type(CallSite& site) {
    const auto arguments = site.arguments();
    std::uint64_t size = site.config().max_strlen;
    if (arguments.size() > 1 && arguments[1].integer) size = std::min(size, *arguments[1].integer);
    return site.types().string(static_cast<std::uint32_t>(std::clamp<std::uint64_t>(size, 1, kMostPath)));
}

void check_path(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].type || arguments[0].type->kind == types::Kind::error) return;
    const types::Type* type = arguments[0].type;
    if (type->kind == types::Kind::pointer) type = type->element;
    if (type->kind != types::Kind::structure || type->structure->name != "struct path")
        site.error(DiagnosticKind::bad_call, site.range(),
                   fmt::format("path() expects a struct path ({} provided)", types::name_of(arguments[0].type)));
}

ir::Value lower_path(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const typed::Expr& what = *call.arguments[0];
    const std::uint32_t capacity = call.type->capacity;
    const ir::Value text = e.scratch(kMostPath);
    b.store(b.constant(ir::Width::i8, 0), destination, 0, 1);
    const auto spell = [&](ir::Value address) {
        const ir::Value size = b.opaque(e.helper(Helper::d_path, {address, text, b.i64(kMostPath)}));
        // What is longer than the result loses its front: names differ at their end.
        b.if_then(b.compare(ir::Compare::sgt, size, b.i64(0)), [&] {
            const ir::Value rest = b.opaque(b.sub(size, b.i64(capacity)));
            const ir::Value skipped = b.select(b.compare(ir::Compare::sgt, rest, b.i64(0)), rest, b.i64(0));
            e.read_string(destination, b.i64(capacity), b.add(b.ptr_to_int(text), skipped), types::AddressSpace::kernel,
                          call.range);
        });
    };
    if (e.with_kernel_structure(what, spell)) return destination;
    // The verifier may know the address of a variable all the same.
    if (what.kind == typed::ExprKind::load) {
        const auto& load = typed::as<typed::Load>(what);
        spell(b.ptr_add(b.int_to_ptr(e.scalar(*load.address)), static_cast<std::int64_t>(load.offset)));
    } else {
        spell(b.int_to_ptr(e.scalar(what)));
    }
    return destination;
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
    typed::Builtin{.name = "is_err",
                   .signature = "is_err(value: pointer|int) -> bool",
                   .doc = "Whether a pointer the kernel returned stands for an error number (-4095 to -1).",
                   .example = R"(begin { print(is_err(-14)); })",
                   .check = check_is_err,
                   .lower = lower_is_err},
    typed::Builtin{
        .name = "write_user",
        .signature = "write_user(destination: pointer|int, source: any, size: int literal) -> bool",
        .helper = static_cast<std::uint32_t>(Helper::probe_write_user),
        .is_unsafe = true,
        .doc = "Overwrites memory of the current process with a value, or with what a pointer points to; "
               "false if that failed. Needs --unsafe.",
        .example = R"(tracepoint:syscalls:sys_enter_newuname /pid == cpid/ { write_user(args.name, "x", 2); })",
        .check = check_write_user,
        .lower = lower_write_user},
    typed::Builtin{.name = "path",
                   .signature = "path(path: pointer|struct|int, size: int literal = max_strlen) -> depends",
                   .where = kWithPath,
                   .helper = static_cast<std::uint32_t>(Helper::d_path),
                   .doc = "The name of a file from the kernel's `struct path` of an argument of the event; one that is "
                          "too long loses its front. With `fentry` and `fexit` the kernel takes it in a few functions "
                          "only, security_file_open among them.",
                   .example = R"(iter:task_file { if (ctx.file != 0) { print(path(ctx.file.f_path)); } })",
                   .result = path_type,
                   .check = check_path,
                   .lower = lower_path},
};
static_assert(typed::complete(kMemory));

}  // namespace

std::span<const typed::Builtin> memory_rows() {
    return kMemory;
}

}  // namespace builtins
