// Arguments of the traced function or event. Where each lives says the provider (program::Argument); check turns
// `args`, `args.x` and, where the provider names them, `arg0` and `retval` into typed::Argument before lowering is
// asked. The rows here carry signature, documentation and the raw forms that need no provider: registers of a probe's
// struct pt_regs.
#include <array>

#include <fmt/format.h>

#include "runtime/kernel/arch.h"
#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

constexpr KindSet kWithArgumentRegisters = KindSet::of(ProbeKind::kprobe, ProbeKind::uprobe, ProbeKind::usdt,
                                                       ProbeKind::rawtracepoint, ProbeKind::fentry, ProbeKind::fexit);

void check_args(CallSite& site) {
    constexpr KindSet allowed = KindSet::of(ProbeKind::tracepoint, ProbeKind::rawtracepoint, ProbeKind::fentry,
                                            ProbeKind::fexit, ProbeKind::uprobe, ProbeKind::kprobe);
    if (!allowed.has(site.probe_kind()))
        site.error(DiagnosticKind::wrong_probe, site.range(),
                   fmt::format("The args builtin can only be used with tracepoint, rawtracepoint, fentry/fexit, and "
                               "uprobe probes ({} used here)",
                               kind_word(site.probe_kind())));
}

/// arg0 ... arg9: the number is the last character of the name.
void check_arg(CallSite& site) {
    if (!kWithArgumentRegisters.has(site.probe_kind())) {
        site.error(
                DiagnosticKind::wrong_probe, site.range(),
                fmt::format("The {} builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes", site.name()))
            .hint(site.probe_kind() == ProbeKind::tracepoint
                      ? "a tracepoint's arguments have names: args.NAME; `bpfline -lv` lists them"
                      : "this kind of probe has no arguments");
        return;
    }
    site.set_number(static_cast<std::uint64_t>(site.name().back() - '0'));
}

ir::Value register_value(Emitter& e, std::uint32_t offset) {
    return e.ir().load(ir::Width::i64, e.context(), offset);
}

/// Whose stack a probe's arguments are on.
types::AddressSpace stack_space(ProbeKind kind) {
    constexpr KindSet user = KindSet::of(ProbeKind::uprobe, ProbeKind::uretprobe, ProbeKind::usdt);
    return user.has(kind) ? types::AddressSpace::user : types::AddressSpace::kernel;
}

/// Word `index` of the stack behind the return address.
ir::Value stack_argument(Emitter& e, const Call& call, std::uint64_t index) {
    ir::Builder& b = e.ir();
    const ir::Value stack = register_value(e, *kernel::register_offset("sp"));
    return e.with_word([&](ir::Value word) {
        e.read(word, b.i64(8), b.add(stack, b.i64(8 + 8 * index)), stack_space(call.probe_kind), call.range);
        return b.load(ir::Width::i64, word);
    });
}

ir::Value lower_arg(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    const auto index = static_cast<unsigned>(call.number);
    if (call.probe_kind == ProbeKind::rawtracepoint || call.probe_kind == ProbeKind::fentry ||
        call.probe_kind == ProbeKind::fexit)
        return b.load(ir::Width::i64, e.context(), std::int64_t{8} * index);
    if (const auto offset = kernel::argument_register(index)) return register_value(e, *offset);
    // The System V ABI passes the seventh and later arguments on the stack, behind the return address.
    return stack_argument(e, call, index - kernel::kArgumentRegisters);
}

void check_sarg(CallSite& site) {
    constexpr KindSet allowed = KindSet::of(ProbeKind::kprobe, ProbeKind::uprobe);
    if (!allowed.has(site.probe_kind()))
        site.error(DiagnosticKind::wrong_probe, site.range(),
                   fmt::format("The {} builtin can only be used with 'kprobes' and 'uprobes' probes", site.name()));
    site.set_number(static_cast<std::uint64_t>(site.name().back() - '0'));
}

ir::Value lower_sarg(Emitter& e, const Call& call, ir::Value) {
    return stack_argument(e, call, call.number);
}

void check_retval(CallSite& site) {
    constexpr KindSet allowed = KindSet::of(ProbeKind::kretprobe, ProbeKind::uretprobe, ProbeKind::fexit);
    if (allowed.has(site.probe_kind())) return;
    auto added = site.error(DiagnosticKind::wrong_probe, site.range(),
                            "The retval builtin can only be used with 'kretprobe' and 'uretprobe' and 'fentry' probes");
    if (site.probe_kind() == ProbeKind::tracepoint && site.place().function.starts_with("sys_exit_"))
        added.hint("did you mean `args.ret`?");
    if (site.probe_kind() == ProbeKind::kprobe)
        added.hint(fmt::format("it is known when the function returns: `kretprobe:{}`", site.place().function));
    if (site.probe_kind() == ProbeKind::fentry)
        added.hint(fmt::format("it is known when the function returns: `fexit:{}`", site.place().function));
}

ir::Value lower_retval(Emitter& e, const Call&, ir::Value) {
    return register_value(e, kernel::return_register());
}

void check_func(CallSite& site) {
    constexpr KindSet allowed = KindSet::of(ProbeKind::kprobe, ProbeKind::kretprobe, ProbeKind::fentry,
                                            ProbeKind::fexit, ProbeKind::uprobe, ProbeKind::uretprobe);
    if (!allowed.has(site.probe_kind())) {
        std::string_view kind = kind_word(site.probe_kind());
        if (kind == "special") kind = site.probe_name();
        site.error(DiagnosticKind::wrong_probe, site.range(),
                   fmt::format("The func builtin can not be used with '{}' probes", kind));
    }
}

bool is_user_side(ProbeKind kind) {
    return kind == ProbeKind::uprobe || kind == ProbeKind::uretprobe || kind == ProbeKind::usdt;
}

const types::Type* func_type(CallSite& site) {
    return site.types().simple(is_user_side(site.probe_kind()) ? types::Kind::usym : types::Kind::ksym);
}

/// The function's address, or that of the probed instruction inside it: both have its name. The helper gives 0 for an
/// instruction inside a kernel function, and before 6.6 for everything in user space.
ir::Value address_of_function(Emitter& e, ProbeKind kind) {
    ir::Builder& b = e.ir();
    const auto here = [&] { return b.load(ir::Width::i64, e.context(), *kernel::register_offset("ip")); };
    if (kind == ProbeKind::uprobe) return here();
    const ir::Value address = e.helper(Helper::get_func_ip, {e.context()});
    return kind == ProbeKind::kprobe ? b.select(b.is_zero(address), here(), address) : address;
}

ir::Value lower_func(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    const ir::Value address = address_of_function(e, call.probe_kind);
    if (!is_user_side(call.probe_kind)) return address;
    b.store(address, destination);
    b.store(b.trunc(b.lshr(e.helper(Helper::get_current_pid_tgid, {}), b.i64(32)), ir::Width::i32), destination, 8);
    b.store(b.i32(e.probe_id().value), destination, 12);
    return destination;
}

void check_ctx(CallSite& site) {
    std::string_view kind = kind_word(site.probe_kind());
    if (kind == "special") {
        if (const auto colon = site.probe_name().find(':'); colon == std::string_view::npos) kind = site.probe_name();
        site.error(DiagnosticKind::wrong_probe, site.range(),
                   fmt::format("The ctx builtin can not be used with '{}' probes", kind));
    }
}

const types::Type* ctx_type(CallSite& site) {
    switch (site.probe_kind()) {
        case ProbeKind::kprobe:
        case ProbeKind::kretprobe:
        case ProbeKind::uprobe:
        case ProbeKind::uretprobe:
        case ProbeKind::usdt:
            if (const types::Type* regs = site.kernel_type("struct pt_regs"))
                return site.types().pointer(regs, types::AddressSpace::kernel);
            break;
        case ProbeKind::profile:
        case ProbeKind::interval:
        case ProbeKind::software:
        case ProbeKind::hardware:
        case ProbeKind::watchpoint:
            if (const types::Type* data = site.kernel_type("struct bpf_perf_event_data"))
                return site.types().pointer(data, types::AddressSpace::kernel);
            break;
        case ProbeKind::iter:
            if (const types::Type* data = site.kernel_type("struct bpf_iter__" + site.place().function))
                // Not trusted: to the verifier each look at a member may give a null pointer.
                return site.types().pointer(data, types::AddressSpace::kernel);
            break;
        default: break;
    }
    return site.types().pointer(site.types().void_type(), types::AddressSpace::kernel);
}

ir::Value lower_ctx(Emitter& e, const Call&, ir::Value) {
    return e.ir().ptr_to_int(e.context());
}

// -- reg("ip"), usermode

void check_reg(CallSite& site) {
    if (!kWithRegisters.has(site.probe_kind())) {
        std::string_view kind = kind_word(site.probe_kind());
        if (kind == "special") kind = site.probe_name();
        site.error(DiagnosticKind::wrong_probe, site.range(),
                   fmt::format("reg can not be used with \"{}\" probes", kind));
        return;
    }
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    if (const auto offset = kernel::register_offset(*arguments[0].text))
        site.set_number(*offset);
    else
        site.error(DiagnosticKind::bad_call, site.range(),
                   fmt::format("'{}' is not a valid register on this architecture ({})", *arguments[0].text,
                               kernel::architecture_name()))
            .hint("known registers: " + kernel::register_names());
}

ir::Value lower_reg(Emitter& e, const Call& call, ir::Value) {
    return register_value(e, static_cast<std::uint32_t>(call.number));
}

void check_usermode(CallSite& site) {
    if (!kWithRegisters.has(site.probe_kind()) && !kSpecial.has(site.probe_kind())) {
        std::string_view kind = kind_word(site.probe_kind());
        if (kind == "special") kind = site.probe_name();
        site.error(DiagnosticKind::wrong_probe, site.range(),
                   fmt::format("usermode can not be used with \"{}\" probes", kind));
    }
}

ir::Value lower_usermode(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    // begin and its like interrupt nothing: they run in the kernel, in a system call of the tracer.
    if (kSpecial.has(call.probe_kind)) return b.i64(0);
    // x86: the two low bits of cs are the privilege level, 3 = user
    const ir::Value level = b.and_(register_value(e, *kernel::register_offset("cs")), b.i64(3));
    return b.zext(b.compare(ir::Compare::eq, level, b.i64(3)), ir::Width::i64);
}

ir::Value lower_args(Emitter& e, const Call&, ir::Value) {
    return e.ir().ptr_to_int(e.context());
}

const types::Type* args_type(CallSite& site) {
    return site.types().none();
}

constexpr typed::Builtin arg_row(std::string_view name, std::string_view signature) {
    return typed::Builtin{
        .name = name,
        .signature = signature,
        .form = Form::variable,
        .doc = "Raw argument of the traced function, by the calling convention (of a usdt probe: by its note).",
        .example = "uprobe:libc:malloc /pid == cpid/ { printf(\"%d\\n\", arg0); }",
        .check = check_arg,
        .lower = lower_arg};
}
constexpr typed::Builtin sarg_row(std::string_view name, std::string_view signature) {
    return typed::Builtin{
        .name = name,
        .signature = signature,
        .form = Form::variable,
        .doc =
            "Word of the stack behind the return address at a function's entry (old spelling, kept for old scripts).",
        .example = "uprobe:libc:malloc /pid == cpid/ { printf(\"%d\\n\", sarg0); }",
        .check = check_sarg,
        .lower = lower_sarg};
}

constexpr std::array kArguments{
    typed::Builtin{.name = "args",
                   .signature = "args() -> depends",
                   .form = Form::variable,
                   .doc = "Named arguments of the event or function: `args.NAME` (also `args->NAME`); `bpfline -lv` "
                          "lists them. As a whole it can be printed.",
                   .example = R"(tracepoint:sched:sched_switch { printf("%s\n", args.next_comm); exit(); })",
                   .result = args_type,
                   .check = check_args,
                   .lower = lower_args},
    arg_row("arg0", "arg0() -> u64"),
    arg_row("arg1", "arg1() -> u64"),
    arg_row("arg2", "arg2() -> u64"),
    arg_row("arg3", "arg3() -> u64"),
    arg_row("arg4", "arg4() -> u64"),
    arg_row("arg5", "arg5() -> u64"),
    arg_row("arg6", "arg6() -> u64"),
    arg_row("arg7", "arg7() -> u64"),
    arg_row("arg8", "arg8() -> u64"),
    arg_row("arg9", "arg9() -> u64"),
    sarg_row("sarg0", "sarg0() -> u64"),
    sarg_row("sarg1", "sarg1() -> u64"),
    sarg_row("sarg2", "sarg2() -> u64"),
    sarg_row("sarg3", "sarg3() -> u64"),
    typed::Builtin{.name = "retval",
                   .signature = "retval() -> u64",
                   .form = Form::variable,
                   .doc = "Return value of the traced function.",
                   .example = "uretprobe:libc:malloc /pid == cpid/ { printf(\"%p\\n\", retval); }",
                   .check = check_retval,
                   .lower = lower_retval},
    typed::Builtin{.name = "func",
                   .signature = "func() -> depends",
                   .form = Form::variable,
                   .doc = "Name of the traced function.",
                   .example = "uprobe:libc:malloc /pid == cpid/ { printf(\"%s\\n\", func); }",
                   .result = func_type,
                   .check = check_func,
                   .lower = lower_func},
    typed::Builtin{.name = "ctx",
                   .signature = "ctx() -> depends",
                   .form = Form::variable,
                   .doc = "Address of the raw context the kernel hands to the program.",
                   .example = R"(interval:ms:10 { printf("%d\n", ctx != 0); exit(); })",
                   .result = ctx_type,
                   .check = check_ctx,
                   .lower = lower_ctx},
    typed::Builtin{.name = "reg",
                   .signature = "reg(name: string literal) -> u64",
                   .doc = "A register of the interrupted or probed code.",
                   .example = R"(profile:hz:99 { printf("%p\n", reg("ip")); exit(); })",
                   .check = check_reg,
                   .lower = lower_reg},
    typed::Builtin{.name = "usermode",
                   .signature = "usermode() -> u8",
                   .form = Form::variable,
                   .doc = "1 if the probe interrupted code in user mode, else 0.",
                   .example = R"(profile:hz:99 { @[usermode] = count(); exit(); })",
                   .check = check_usermode,
                   .lower = lower_usermode},
};
static_assert(typed::complete(kArguments));

}  // namespace

std::span<const typed::Builtin> argument_rows() {
    return kArguments;
}

}  // namespace builtins
