// Printing and control: what becomes an event that runtime/tracer carries out when it is read.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "runtime/format/parse_format.h"
#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"
#include "src/codegen/sequence.h"

namespace builtins {

namespace {

std::span<const typed::Expr* const> values_after(const Call& call, std::size_t index) {
    return std::span(call.arguments).subspan(index);
}

// -- printf, cat, system, errorf, warnf: a format and its values

void check_formatted(CallSite& site) {
    check_format(site, 0);
}

// A pinned iterator prints for whoever reads its file, when we are gone: with the kernel's means.
constexpr std::string_view kSequenceHint =
    "the kernel prints it by itself: integers with %d %u %x %p %c or %s, texts and booleans with %s";

void check_printf(CallSite& site) {
    check_format(site, 0);
    const auto arguments = site.arguments();
    if (!codegen::is_pinned_iterator(site.probe_kind(), site.place()) || arguments.empty() || !arguments[0].text)
        return;
    std::size_t next = 1;
    for (const format::FormatPiece& piece : format::parse_format(*arguments[0].text).pieces) {
        if (piece.conversion == program::Conversion::none || next >= arguments.size()) continue;
        const types::Type* type = arguments[next++].type;
        if (type == nullptr || type->kind == types::Kind::error || codegen::fits_sequence(format::to_op(piece), type))
            continue;
        site.error(DiagnosticKind::bad_format, site.range(),
                   fmt::format("a pinned iterator can not print {} with %{}", types::name_of(type), piece.spelling))
            .hint(std::string(kSequenceHint));
        return;
    }
}

ir::Value lower_printf(Emitter& e, const Call& call, ir::Value) {
    if (codegen::is_pinned_iterator(e.probe().kind, e.probe().place)) {
        e.write_sequence(call.format, values_after(call, 1));
        return {};
    }
    e.send_formatted(call, values_after(call, 1),
                     [](std::vector<program::FormatOp> ops) { return program::Printf{std::move(ops)}; });
    return {};
}

ir::Value lower_cat(Emitter& e, const Call& call, ir::Value) {
    e.send_formatted(call, values_after(call, 1),
                     [](std::vector<program::FormatOp> ops) { return program::Cat{std::move(ops)}; });
    return {};
}

void check_system(CallSite& site) {
    if (site.is_safe_mode()) {
        site.error(DiagnosticKind::unsafe_call, site.range(), "system() is an unsafe function being used in safe mode")
            .hint("--unsafe allows functions that change the system");
        return;
    }
    check_format(site, 0);
}

ir::Value lower_system(Emitter& e, const Call& call, ir::Value) {
    e.send_formatted(call, values_after(call, 1),
                     [](std::vector<program::FormatOp> ops) { return program::System{std::move(ops)}; });
    return {};
}

ir::Value lower_errorf(Emitter& e, const Call& call, ir::Value) {
    e.send_formatted(call, values_after(call, 1), [&](std::vector<program::FormatOp> ops) {
        return program::ErrorF{std::move(ops), call.range, false};
    });
    return {};
}

ir::Value lower_warnf(Emitter& e, const Call& call, ir::Value) {
    e.send_formatted(call, values_after(call, 1), [&](std::vector<program::FormatOp> ops) {
        return program::ErrorF{std::move(ops), call.range, true};
    });
    return {};
}

// -- print(value), print(@map[, top[, div]])

bool is_printable(const types::Type& type) {
    switch (type.kind) {
        case types::Kind::void_:
        case types::Kind::none:
        case types::Kind::timestamp_mode: return false;
        default: return true;
    }
}

/// print(value) of a pinned iterator: as printf("%s\n") does.
std::array<program::FormatOp, 2> line_of_value() {
    std::array<program::FormatOp, 2> ops;
    ops[0].conversion = program::Conversion::value;
    ops[1].text = "\n";
    return ops;
}

void check_print(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty()) return;
    const CallArgument& what = arguments[0];
    if (codegen::is_pinned_iterator(site.probe_kind(), site.place())) {
        const bool is_map = what.map && !what.map_has_key;
        if (is_map || (what.type && what.type->kind != types::Kind::error &&
                       !codegen::fits_sequence(line_of_value().front(), what.type)))
            site.error(DiagnosticKind::not_printable, site.range(),
                       fmt::format("a pinned iterator can not print {}", is_map ? "a map" : types::name_of(what.type)))
                .hint(std::string(kSequenceHint));
    }
    if (what.map && !what.map_has_key) {
        const types::Type* value = site.map_value(*what.map);
        if (arguments.size() > 1 && value && value->kind == types::Kind::stats)
            site.warning(DiagnosticKind::warn_other, site.range(),
                         "print()'s top and div arguments are ignored when used on stats() maps.");
        if (site.is_in_loop())
            site.warning(DiagnosticKind::warn_print_in_loop, site.range(),
                         fmt::format("Due to it's asynchronous nature using 'print()' in a loop can lead to unexpected "
                                     "behavior. The map will likely "
                                     "be updated before the runtime can 'print' it."));
        return;
    }
    if (arguments.size() > 1) {
        site.error(DiagnosticKind::bad_call, site.range(),
                   fmt::format("Non-map print() only takes 1 argument, {} found", arguments.size()));
        return;
    }
    if (what.is_address_of_text) warn_address_of_text(site, what);
    if (what.map && what.map_has_key) {
        const types::Type* value = site.map_value(*what.map);
        if (value && (value->kind == types::Kind::hist || value->kind == types::Kind::lhist ||
                      value->kind == types::Kind::tseries)) {
            site.error(
                DiagnosticKind::not_printable, site.range(),
                fmt::format("Map type {} cannot print the value of individual keys. You must print the whole map.",
                            types::name_of(value)));
            return;
        }
    }
    if (what.type && what.type->kind != types::Kind::error && !is_printable(*what.type))
        site.error(DiagnosticKind::not_printable, site.range(),
                   fmt::format("{} type passed to print() is not printable", types::name_of(what.type)));
}

ir::Value lower_print(Emitter& e, const Call& call, ir::Value) {
    if (call.map.is_set() && call.key == nullptr) {
        const auto top = literal(call, 0).value_or(0);
        const auto div = literal(call, 1).value_or(0);
        e.send(program::PrintMap{e.map_id(call.map), top, div}, 0, [](ir::Value) {});
        return {};
    }
    const typed::Expr& value = *call.arguments[0];
    if (codegen::is_pinned_iterator(e.probe().kind, e.probe().place)) {
        e.write_sequence(line_of_value(), std::span(call.arguments).first(1));
        return {};
    }
    const bool is_event = value.type->kind == types::Kind::structure && value.type->structure->is_event_arguments;
    e.send_values(program::PrintValue{e.layouts().of(value.type), is_event}, value.type->size,
                  std::span(call.arguments).first(1));
    return {};
}

// -- exit([code])

ir::Value lower_exit(Emitter& e, const Call& call, ir::Value) {
    const ir::Value code = call.arguments.empty() ? e.ir().i64(0) : e.scalar(*call.arguments[0]);
    e.send(program::Exit{}, 8, [&](ir::Value payload) { e.ir().store(code, payload); });
    e.leave_probe();
    return {};
}

// -- join(argv[, separator])

constexpr std::uint32_t kJoinStrings = 16;
constexpr std::uint32_t kJoinSize = 1024;

void check_join(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].type) return;
    const types::Type& type = *arguments[0].type;
    if (!type.is_integer() && type.kind != types::Kind::pointer && type.kind != types::Kind::error)
        site.error(DiagnosticKind::bad_call, site.range(),
                   fmt::format("() only supports int or pointer arguments ({} provided)",
                               type.kind == types::Kind::string ? "string" : types::name_of(&type)));
}

ir::Value lower_join(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    const ir::Value vector = e.scalar(*call.arguments[0]);
    const types::AddressSpace space = e.space_of(call.arguments[0]->type);
    const std::string separator = call.arguments.size() > 1 ? literal_text(call, 1) : std::string(" ");
    e.send(program::Join{separator, kJoinStrings, kJoinSize}, 8 + kJoinStrings * kJoinSize, [&](ir::Value payload) {
        // u64 how many, then the strings; ends at a null pointer, an unreadable or an empty string
        b.store(b.i64(0), payload);
        const ir::Block end = b.block("joined");
        for (std::uint32_t i = 0; i < kJoinStrings; ++i) {
            const ir::Block is_read = b.block("pointer");
            const ir::Block has_text = b.block("text");
            ir::Value failed;
            const ir::Value address = e.with_word([&](ir::Value pointer) {
                failed = e.read(pointer, b.i64(8), b.add(vector, b.i64(std::uint64_t{8} * i)), space, call.range);
                return b.load(ir::Width::i64, pointer);
            });
            b.branch(b.or_(b.not_zero(failed), b.is_zero(address)), end, is_read);
            b.enter(is_read);
            const ir::Value length = e.read_string(b.ptr_add(payload, 8 + std::int64_t{i} * kJoinSize),
                                                   b.i64(kJoinSize), address, space, call.range);
            b.branch(b.compare(ir::Compare::sgt, length, b.i64(1)), has_text, end);
            b.enter(has_text);
            b.store(b.i64(i + 1), payload);
        }
        b.jump(end);
        b.enter(end);
    });
    return {};
}

// -- debugf: straight to bpf_trace_printk

/// The helper takes five arguments: text, its size, and three values.
constexpr std::size_t kMostDebugValues = 3;

void check_debugf(CallSite& site) {
    const auto arguments = site.arguments();
    check_format(site, 0);
    if (arguments.empty() || !arguments[0].text) return;
    if (arguments.size() - 1 > kMostDebugValues) {
        site.error(DiagnosticKind::bad_format, site.range(),
                   fmt::format("cannot use more than {} conversion specifiers", kMostDebugValues));
        return;
    }
    const format::ParsedFormat parsed = format::parse_format(*arguments[0].text);
    std::size_t next = 1;
    for (const format::FormatPiece& piece : parsed.pieces) {
        if (piece.conversion == program::Conversion::none || next >= arguments.size()) continue;
        const CallArgument& value = arguments[next++];
        constexpr std::string_view known[] = {"d", "u", "x", "p", "s"};
        const bool is_text = piece.spelling == "s";
        const bool fits = !value.type || value.type->kind == types::Kind::error ||
                          (is_text ? value.type->kind == types::Kind::string : value.type->is_scalar());
        if (std::find(std::begin(known), std::end(known), piece.spelling) == std::end(known) || !fits) {
            site.error(DiagnosticKind::bad_format, site.range(),
                       fmt::format("unsupported format specifier for debugf(): {}", piece.spelling))
                .hint("the kernel prints %d, %u, %x and %p of integers and %s of strings");
            return;
        }
    }
    site.set_text(*arguments[0].text);
    site.warning(DiagnosticKind::warn_other, site.range(),
                 "The debugf() builtin is not recommended for production use. For more information see "
                 "bpf_trace_printk in bpf-helpers(7).");
}

ir::Value lower_debugf(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    std::array<ir::Value, kMostDebugValues> values{b.i64(0), b.i64(0), b.i64(0)};
    for (std::size_t i = 1; i < call.arguments.size(); ++i) {
        const typed::Expr& value = *call.arguments[i];
        values[i - 1] = value.type->is_scalar() ? e.scalar(value) : b.ptr_to_int(e.memory(value));
    }
    const std::string text = call.text + '\0';
    const ir::Value format = e.scratch(static_cast<std::uint32_t>((text.size() + 7) / 8 * 8));
    b.store_bytes(format, text);
    std::vector<ir::Value> arguments{format, b.i64(text.size())};
    arguments.insert(arguments.end(), values.begin(),
                     values.begin() + static_cast<std::ptrdiff_t>(call.arguments.size() - 1));
    b.call_helper(static_cast<std::uint32_t>(Helper::trace_printk), arguments);
    return {};
}

// -- unwatch(address)

ir::Value lower_unwatch(Emitter& e, const Call& call, ir::Value) {
    const ir::Value address = e.scalar(*call.arguments[0]);
    e.send(program::Unwatch{}, 8, [&](ir::Value payload) { e.ir().store(address, payload); });
    return {};
}

constexpr std::array kOutput{
    typed::Builtin{.name = "printf",
                   .signature = "printf(format: string literal, values: any...) -> void",
                   .is_asynchronous = true,
                   .works_pinned = true,
                   .doc = "Prints values as the format says (see the language reference); no newline is added.",
                   .example = R"(begin { printf("%s %d\n", comm, pid); })",
                   .check = check_printf,
                   .lower = lower_printf},
    typed::Builtin{
        .name = "print",
        .signature = "print(value: map|any, top: int literal = 0, div: int literal = 1) -> void",
        .is_asynchronous = true,
        .works_pinned = true,
        .doc = "Prints a value in its default form and a newline, or a whole map as at the end: only its `top` largest "
               "entries, values divided by `div`.",
        .example = R"(begin { @x[1] = 5; print(@x); print((1, "two")); })",
        .check = check_print,
        .lower = lower_print},
    typed::Builtin{.name = "exit",
                   .signature = "exit(code: int = 0) -> void",
                   .is_asynchronous = true,
                   .doc = "Ends tracing: the rest of this body is skipped, `end` probes run, maps are printed. The "
                          "code becomes the exit status.",
                   .example = R"(begin { exit(3); })",
                   .lower = lower_exit},
    typed::Builtin{
        .name = "join",
        .signature = "join(argv: any, separator: string literal = \" \") -> void",
        .is_asynchronous = true,
        .doc =
            "Prints the strings of a NULL-terminated array of pointers (at most 16 of 1023 characters), and a newline.",
        .example = R"(tracepoint:syscalls:sys_enter_execve { join(args.argv); exit(); })",
        .check = check_join,
        .lower = lower_join},
    typed::Builtin{.name = "cat",
                   .signature = "cat(path: string literal, values: any...) -> void",
                   .is_asynchronous = true,
                   .doc = "Prints the first max_cat_bytes bytes of a file; the path is a format.",
                   .example = R"(begin { cat("/proc/version"); })",
                   .check = check_formatted,
                   .lower = lower_cat},
    typed::Builtin{.name = "system",
                   .signature = "system(command: string literal, values: any...) -> void",
                   .is_unsafe = true,
                   .is_asynchronous = true,
                   .doc = "Runs a shell command and prints what it prints; the command is a format. Needs --unsafe.",
                   .example = R"(begin { system("echo %s", comm); })",
                   .check = check_system,
                   .lower = lower_system},
    typed::Builtin{.name = "errorf",
                   .signature = "errorf(format: string literal, values: any...) -> void",
                   .is_asynchronous = true,
                   .doc = "Like printf, to standard error, with the place in the script and `ERROR:` in front.",
                   .example = R"(begin { errorf("no %s", "luck"); })",
                   .check = check_formatted,
                   .lower = lower_errorf},
    typed::Builtin{.name = "warnf",
                   .signature = "warnf(format: string literal, values: any...) -> void",
                   .is_asynchronous = true,
                   .doc = "Like errorf with `WARNING:`; silent under --no-warnings.",
                   .example = R"(begin { warnf("%d left", 3); })",
                   .check = check_formatted,
                   .lower = lower_warnf},
    typed::Builtin{.name = "debugf",
                   .signature = "debugf(format: string literal, values: any...) -> void",
                   .helper = static_cast<std::uint32_t>(Helper::trace_printk),
                   .doc = "Writes into the kernel's trace buffer (trace_pipe) at once: at most three values, and only "
                          "%d %u %x %p %s. For debugging.",
                   .example = R"(begin { debugf("pid %d", pid); })",
                   .check = check_debugf,
                   .lower = lower_debugf},
    typed::Builtin{.name = "unwatch",
                   .signature = "unwatch(address: int|pointer) -> void",
                   .is_asynchronous = true,
                   .doc = "Removes the watchpoints at this address when the event is read.",
                   .example = R"(begin { unwatch(0x10000000); })",
                   .lower = lower_unwatch},
};
static_assert(typed::complete(kOutput));

}  // namespace

std::span<const typed::Builtin> output_rows() {
    return kOutput;
}

}  // namespace builtins
