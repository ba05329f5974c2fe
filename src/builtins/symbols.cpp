// Addresses to names and back. ksym and usym are resolved when printed; kaddr while compiling.
#include <linux/btf.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "runtime/kernel/arch.h"
#include "runtime/kernel/btf.h"
#include "runtime/kernel/elf_symbols.h"
#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

const types::Type* ksym_type(CallSite& site) {
    return site.types().simple(types::Kind::ksym);
}
ir::Value lower_ksym(Emitter& e, const Call& call, ir::Value) {
    return e.scalar(*call.arguments[0]);
}

const types::Type* usym_type(CallSite& site) {
    return site.types().simple(types::Kind::usym);
}
ir::Value lower_usym(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    b.store(e.scalar(*call.arguments[0]), destination);
    // The formatter looks the process up in /proc, so it wants the initial namespace's id.
    b.store(b.trunc(b.lshr(e.helper(Helper::get_current_pid_tgid, {}), b.i64(32)), ir::Width::i32), destination, 8);
    b.store(b.i32(e.probe_id().value), destination, 12);
    return destination;
}

/// Where the kernel hides all its addresses, the name is not what is wrong.
void add_cause(source::Diagnostics::Added error, const CallSite& site) {
    if (const auto cause = site.kernel().why_nameless()) error.hint(cause->message + ": " + cause->hint);
}

void check_kaddr(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    if (const auto address = site.kernel().symbol_address(*arguments[0].text))
        site.fold(*address, site.types().integer(8, false));
    else
        add_cause(site.error(DiagnosticKind::no_such_probe, site.range(),
                             "Failed to resolve kernel symbol: " + *arguments[0].text),
                  site);
}
ir::Value lower_folded(Emitter&, const Call&, ir::Value) {
    return {};
}

// -- uaddr("symbol"): where the symbol of the probed file is in this process

constexpr KindSet kWithBinary = KindSet::of(ProbeKind::uprobe, ProbeKind::uretprobe, ProbeKind::usdt);

const types::Type* uaddr_type(CallSite& site) {
    std::uint32_t size = 8;
    const auto arguments = site.arguments();
    if (!arguments.empty() && arguments[0].text && kWithBinary.has(site.probe_kind())) {
        const auto found = site.kernel().elf_object(site.place().target, *arguments[0].text);
        if (found.ok() && (found->size == 1 || found->size == 2 || found->size == 4))
            size = static_cast<std::uint32_t>(found->size);
    }
    return site.types().pointer(site.types().integer(size, false), types::AddressSpace::user);
}

void check_uaddr(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    const std::string& name = *arguments[0].text;
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '/' || c == '-';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_allowed)) {
        site.error(DiagnosticKind::bad_call, site.range(),
                   "uaddr() expects a string that is a valid symbol (^[a-zA-Z0-9./_-]+$) as input");
        return;
    }
    const auto found = site.kernel().elf_object(site.place().target, name);
    if (found.ok())
        site.set_number(found->address);
    else
        site.error(DiagnosticKind::no_such_probe, site.range(),
                   fmt::format("Could not resolve symbol: {}:{}", site.place().target, name));
}

ir::Value lower_uaddr(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    // The probed instruction's address here and in the file: the difference is where the file was mapped to (0 for a
    // program that is not relocatable). A returning function has left it; the kernel remembers where it was.
    const ir::Value here = call.probe_kind == ProbeKind::uretprobe
                               ? e.helper(Helper::get_func_ip, {e.context()})
                               : b.load(ir::Width::i64, e.context(), *kernel::register_offset("ip"));
    return b.add(here, b.i64(call.number - e.probe().place.address));
}

// -- percpu_kaddr("symbol"[, cpu])

void check_percpu_kaddr(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    const std::string& name = *arguments[0].text;
    const kernel::Btf* types = site.kernel().types();
    const bool is_known = types != nullptr && types->find(BTF_KIND_VAR, name) != 0;
    const auto address = site.kernel().symbol_address(name);
    const auto offsets = site.kernel().symbol_address("__per_cpu_offset");
    if (!is_known || !address || !offsets || *offsets == 0) {
        add_cause(site.error(DiagnosticKind::no_such_probe, site.range(),
                             fmt::format("Could not resolve variable \"{}\" from BTF", name)),
                  site);
        return;
    }
    site.set_number(*address);
    const std::array<std::uint64_t, 2> left{*offsets, site.kernel().possible_cpus()};
    site.set_text(std::string(reinterpret_cast<const char*>(left.data()), sizeof(left)));
}

const types::Type* percpu_kaddr_type(CallSite& site) {
    return site.types().pointer(site.types().integer(8, false), types::AddressSpace::kernel);
}

ir::Value lower_percpu_kaddr(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    std::array<std::uint64_t, 2> left{};
    std::memcpy(left.data(), call.text.data(), sizeof(left));
    const ir::Value cpu = call.arguments.size() > 1
                              ? b.opaque(e.scalar(*call.arguments[1]))
                              : b.and_(e.helper(Helper::get_smp_processor_id, {}), b.i64(0xffffffff));
    // include/linux/percpu-defs.h: a variable's address on a CPU is its own plus __per_cpu_offset[cpu].
    return choose(
        b, b.compare(ir::Compare::ult, cpu, b.i64(left[1])),
        [&] {
            return e.with_word([&](ir::Value offset) {
                e.read(offset, b.i64(8), b.add(b.i64(left[0]), b.shl(cpu, b.i64(3))), types::AddressSpace::kernel,
                       call.range);
                return b.add(b.load(ir::Width::i64, offset), b.i64(call.number));
            });
        },
        [&] { return b.i64(0); });
}

constexpr std::array kSymbols{
    typed::Builtin{.name = "ksym",
                   .signature = "ksym(address: pointer|int) -> ksym",
                   .doc = "The kernel symbol an address lies in; looked up when it is printed.",
                   .example = R"(begin { print(ksym(kaddr("schedule"))); })",
                   .result = ksym_type,
                   .lower = lower_ksym},
    typed::Builtin{.name = "usym",
                   .signature = "usym(address: pointer|int) -> usym",
                   .doc = "The symbol of the current process an address lies in; looked up when it is printed.",
                   .example = R"(profile:hz:99 { print(usym(reg("ip"))); exit(); })",
                   .result = usym_type,
                   .lower = lower_usym},
    typed::Builtin{.name = "kaddr",
                   .signature = "kaddr(symbol: string literal) -> u64",
                   .doc = "Address of a kernel symbol, found while compiling.",
                   .example = R"(begin { print(kaddr("schedule") > 0); })",
                   .check = check_kaddr,
                   .lower = lower_folded},
    typed::Builtin{.name = "uaddr",
                   .signature = "uaddr(symbol: string literal) -> depends",
                   .where = kWithBinary,
                   .doc = "Address of a symbol of the probed program or library in this process, as a pointer to an "
                          "integer of the symbol's size.",
                   .example = R"(uprobe:/bin/bash:readline { printf("%p\n", uaddr("readline")); })",
                   .result = uaddr_type,
                   .check = check_uaddr,
                   .lower = lower_uaddr},
    typed::Builtin{.name = "percpu_kaddr",
                   .signature = "percpu_kaddr(symbol: string literal, cpu: int = current) -> depends",
                   .doc = "Address of a per-CPU variable of the kernel on this or the given processor; 0 for a "
                          "processor that does not exist.",
                   .example = R"(begin { print(percpu_kaddr("runqueues", 0) != 0); })",
                   .result = percpu_kaddr_type,
                   .check = check_percpu_kaddr,
                   .lower = lower_percpu_kaddr},
};
static_assert(typed::complete(kSymbols));

}  // namespace

std::span<const typed::Builtin> symbol_rows() {
    return kSymbols;
}

}  // namespace builtins
