// Text: comparing, searching, and names of numbers.
#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"
#include "src/builtins/names.h"

namespace builtins {

namespace {

bool is_text(const CallArgument& argument) {
    return argument.text || (argument.type && argument.type->kind == types::Kind::string);
}

void need_text(CallSite& site, std::size_t count) {
    const auto arguments = site.arguments();
    for (std::size_t i = 0; i < count && i < arguments.size(); ++i) {
        if (!arguments[i].type || is_text(arguments[i]) || arguments[i].type->kind == types::Kind::error) continue;
        site.error(DiagnosticKind::bad_call, site.range(),
                   fmt::format("{}() only supports string arguments ({} provided)", site.name(),
                               types::name_of(arguments[i].type)));
        return;
    }
}

// -- strncmp(a, b, n)

void check_strncmp(CallSite& site) {
    need_text(site, 2);
    const auto arguments = site.arguments();
    if (arguments.size() < 3 || !arguments[2].integer) return;
    if (arguments[2].type && arguments[2].type->is_signed && static_cast<std::int64_t>(*arguments[2].integer) < 0) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   "Builtin strncmp requires a non-negative literal");
        return;
    }
    if (arguments[0].text && arguments[1].text)
        site.fold(
            std::strncmp(arguments[0].text->c_str(), arguments[1].text->c_str(), *arguments[2].integer) != 0 ? 1 : 0,
            site.types().integer(8, false));
}

ir::Value lower_strncmp(Emitter& e, const Call& call, ir::Value) {
    const std::uint64_t limit = literal(call, 2).value_or(0);
    if (limit == 0) return e.ir().i64(0);
    const typed::Expr& a = *call.arguments[0];
    const typed::Expr& b = *call.arguments[1];
    const ir::Value left = e.memory(a);
    const ir::Value right = e.memory(b);
    return e.compare_text(left, a.type->capacity, right, b.type->capacity,
                          static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, 0xffffffff)));
}

// -- strcontains(haystack, needle), strstr(haystack, needle)

void check_strcontains(CallSite& site) {
    need_text(site, 2);
    const auto arguments = site.arguments();
    if (arguments.size() == 2 && arguments[0].text && arguments[1].text)
        site.fold(arguments[0].text->find(*arguments[1].text) != std::string::npos ? 1 : 0, site.types().boolean());
}
void check_strstr(CallSite& site) {
    need_text(site, 2);
    const auto arguments = site.arguments();
    if (arguments.size() == 2 && arguments[0].text && arguments[1].text) {
        const std::size_t at = arguments[0].text->find(*arguments[1].text);
        site.fold(at == std::string::npos ? ~std::uint64_t{0} : at, site.types().integer(8, true));
    }
}

ir::Value find(Emitter& e, const Call& call) {
    const typed::Expr& haystack = *call.arguments[0];
    const typed::Expr& needle = *call.arguments[1];
    const ir::Value in = e.memory(haystack);
    const ir::Value what = e.memory(needle);
    return e.find_text(in, haystack.type->capacity, what, needle.type->capacity);
}
ir::Value lower_strcontains(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    return b.zext(b.compare(ir::Compare::sge, find(e, call), b.i64(0)), ir::Width::i64);
}
ir::Value lower_strstr(Emitter& e, const Call& call, ir::Value) {
    return find(e, call);
}

// -- str_concat(a, b)

const types::Type* concat_type(CallSite& site) {
    const auto arguments = site.arguments();
    std::uint64_t size = 1;
    for (const CallArgument& argument : arguments) {
        if (argument.text)
            size += argument.text->size();
        else if (argument.type && argument.type->kind == types::Kind::string)
            size += argument.type->capacity - (argument.type->capacity > 0 ? 1 : 0);
        else
            return site.types().none();
    }
    return site.types().string(static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(size, 1, std::max<std::uint64_t>(site.config().max_strlen, 1))));
}

void check_concat(CallSite& site) {
    need_text(site, 2);
    const auto arguments = site.arguments();
    if (arguments.size() == 2 && arguments[0].text && arguments[1].text)
        site.fold(*arguments[0].text + *arguments[1].text);
}

ir::Value lower_concat(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const typed::Expr& first = *call.arguments[0];
    const typed::Expr& second = *call.arguments[1];
    const std::uint32_t first_size = first.type->capacity, second_size = second.type->capacity;
    // Behind the first text's longest there is room for the whole of the second, as the verifier sees it.
    const std::uint32_t room = (first_size + second_size + 7) / 8 * 8;
    const ir::Value joined = e.scratch(room);
    const ir::Value left = e.memory(first), right = e.memory(second);
    e.clear(joined, room);
    e.copy(joined, left, first_size);
    const ir::Value length = b.opaque(e.length_of_text(joined, first_size));
    b.if_then(b.compare(ir::Compare::ule, length, b.i64(first_size)), [&] {
        e.read_string(b.ptr_add(joined, length), b.i64(second_size), b.ptr_to_int(right), types::AddressSpace::kernel,
                      call.range);
    });
    e.copy(destination, joined, std::min(call.type->capacity, room));
    return destination;
}

// -- memcmp(a, b, n)

/// Bytes compared one by one; verifiers walk through them.
constexpr std::uint64_t kMostCompared = 4096;

/// What one side has at most: all of a value, any number behind an address.
std::uint64_t bytes_of(const types::Type& type) {
    return type.is_scalar() ? kMostCompared : type.size;
}

void check_memcmp(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.size() < 3 || !arguments[2].integer) return;
    const std::uint64_t size = *arguments[2].integer;
    if (size > kMostCompared) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   fmt::format("memcmp() compares at most {} bytes ({} provided)", kMostCompared,
                               static_cast<std::int64_t>(size)));
        return;
    }
    for (std::size_t i = 0; i < 2; ++i) {
        if (!arguments[i].type || arguments[i].type->kind == types::Kind::error) continue;
        if (size > bytes_of(*arguments[i].type)) {
            site.error(DiagnosticKind::bad_literal_argument, arguments[i].range,
                       fmt::format("memcmp() is to compare {} bytes of a value that has {}", size,
                                   bytes_of(*arguments[i].type)));
            return;
        }
    }
}

ir::Value lower_memcmp(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    const std::uint64_t size = std::min(literal(call, 2).value_or(0), kMostCompared);
    if (size == 0) return b.i64(0);
    const auto bytes = [&](const typed::Expr& side) {
        if (!side.type->is_scalar()) return e.memory(side);
        const ir::Value copy = e.scratch(static_cast<std::uint32_t>((size + 7) / 8 * 8));
        e.read(copy, b.i64(size), e.scalar(side), e.space_of(side.type), call.range);
        return copy;
    };
    const ir::Value left = bytes(*call.arguments[0]);
    const ir::Value right = bytes(*call.arguments[1]);
    return e.compare_bytes(left, right, static_cast<std::uint32_t>(size));
}

// -- strlen, strcap

void check_strlen(CallSite& site) {
    need_text(site, 1);
    const auto arguments = site.arguments();
    if (!arguments.empty() && arguments[0].text)
        site.fold(std::strlen(arguments[0].text->c_str()), site.types().integer(8, false));
}
ir::Value lower_strlen(Emitter& e, const Call& call, ir::Value) {
    const typed::Expr& text = *call.arguments[0];
    return e.length_of_text(e.memory(text), text.type->capacity);
}

void check_strcap(CallSite& site) {
    need_text(site, 1);
    const auto arguments = site.arguments();
    if (!arguments.empty() && arguments[0].type && arguments[0].type->kind == types::Kind::string)
        site.fold(arguments[0].type->capacity, site.types().integer(8, false));
}
ir::Value lower_strcap(Emitter& e, const Call& call, ir::Value) {
    return e.ir().i64(call.arguments[0]->type->capacity);
}

// -- strerror(n), signal_name(n), syscall_name(n): the number travels, the name is put in when it is printed

const types::Type* named_type(CallSite& site) {
    const auto arguments = site.arguments();
    if (!arguments.empty() && arguments[0].integer) return site.types().string(types::kTextNumberCapacity);
    const NumberNames& names = names_of(site.name());
    return site.types().text_of_numbers(names.name, names.values);
}

void check_named(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].integer) return;
    const NumberNames& names = names_of(site.name());
    for (const auto& [text, number] : names.values)
        if (number == *arguments[0].integer) {
            site.fold(text, site.types().string(types::kTextNumberCapacity));
            return;
        }
    site.fold(fmt::format("{}", static_cast<std::int64_t>(*arguments[0].integer)),
              site.types().string(types::kTextNumberCapacity));
}

ir::Value lower_named(Emitter& e, const Call& call, ir::Value) {
    return e.scalar(*call.arguments[0]);
}

constexpr std::array kStrings{
    typed::Builtin{.name = "strncmp",
                   .signature = "strncmp(a: string, b: string, length: int literal) -> u64",
                   .doc = "0 if the first `length` characters are the same, else not 0.",
                   .example = R"(begin { if (strncmp("canal", "candy", 3) == 0) { print("alike"); } })",
                   .check = check_strncmp,
                   .lower = lower_strncmp},
    typed::Builtin{.name = "strcontains",
                   .signature = "strcontains(haystack: string, needle: string) -> bool",
                   .doc = "Whether a text occurs in another.",
                   .example = R"(begin { print(strcontains(comm, "line")); })",
                   .check = check_strcontains,
                   .lower = lower_strcontains},
    typed::Builtin{.name = "strstr",
                   .signature = "strstr(haystack: string, needle: string) -> i64",
                   .doc = "Where a text first occurs in another, -1 if it does not.",
                   .example = R"(begin { print(strstr("haystack", "stack")); })",
                   .check = check_strstr,
                   .lower = lower_strstr},
    typed::Builtin{.name = "str_concat",
                   .signature = "str_concat(first: string, second: string) -> depends",
                   .doc = "Both texts behind each other, at most `max_strlen` bytes.",
                   .example = R"(begin { print(str_concat(comm, "!")); })",
                   .result = concat_type,
                   .check = check_concat,
                   .lower = lower_concat},
    typed::Builtin{.name = "memcmp",
                   .signature = "memcmp(first: string|array|buffer|pointer|int, second: "
                                "string|array|buffer|pointer|int, size: int literal) -> i64",
                   .doc = "Compares bytes, NULs too: 0 if all are the same, else negative or positive as the first "
                          "different byte is smaller or larger.",
                   .example = R"(begin { print(memcmp("abc", "abd", 2)); })",
                   .check = check_memcmp,
                   .lower = lower_memcmp},
    typed::Builtin{.name = "strlen",
                   .signature = "strlen(text: string) -> u64",
                   .doc = "Length of a text in bytes.",
                   .example = R"(begin { print(strlen(comm)); })",
                   .check = check_strlen,
                   .lower = lower_strlen},
    typed::Builtin{.name = "strcap",
                   .signature = "strcap(text: string) -> u64",
                   .doc = "Bytes a text's type has room for, NUL included.",
                   .example = R"(begin { print(strcap(comm)); })",
                   .check = check_strcap,
                   .lower = lower_strcap},
    typed::Builtin{.name = "strerror",
                   .signature = "strerror(errno: int) -> depends",
                   .doc = "The text of an error number.",
                   .example = R"(begin { print(strerror(2)); })",
                   .result = named_type,
                   .check = check_named,
                   .lower = lower_named},
    typed::Builtin{.name = "signal_name",
                   .signature = "signal_name(signal: int) -> depends",
                   .doc = "The text of a signal number.",
                   .example = R"(begin { print(signal_name(9)); })",
                   .result = named_type,
                   .check = check_named,
                   .lower = lower_named},
    typed::Builtin{.name = "syscall_name",
                   .signature = "syscall_name(number: int) -> depends",
                   .doc = "The name of a system call number of this architecture.",
                   .example = R"(begin { print(syscall_name(1)); })",
                   .result = named_type,
                   .check = check_named,
                   .lower = lower_named},
};
static_assert(typed::complete(kStrings));

}  // namespace

std::span<const typed::Builtin> string_rows() {
    return kStrings;
}

}  // namespace builtins
