// Addresses to names and back. ksym and usym are resolved when printed; kaddr while compiling.
#include <array>

#include <fmt/format.h>

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

void check_kaddr(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    if (const auto address = site.kernel().symbol_address(*arguments[0].text))
        site.fold(*address, site.types().integer(8, false));
    else
        site.error(DiagnosticKind::no_such_probe, site.range(),
                   "Failed to resolve kernel symbol: " + *arguments[0].text);
}
ir::Value lower_folded(Emitter&, const Call&, ir::Value) {
    return {};
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
};
static_assert(typed::complete(kSymbols));

}  // namespace

std::span<const typed::Builtin> symbol_rows() {
    return kSymbols;
}

}  // namespace builtins
