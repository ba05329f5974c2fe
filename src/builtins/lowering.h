// What lowerings of several groups share: nothing here knows a single builtin.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "src/check/call_site.h"
#include "src/codegen/emitter.h"

namespace builtins {

using check::CallArgument;
using check::CallSite;
using codegen::Emitter;
using codegen::Helper;
using program::KindSet;
using program::ProbeKind;
using source::DiagnosticKind;
using typed::Call;
using typed::Form;

/// Runs in the tracer itself, not in a traced context.
inline constexpr KindSet kSpecial =
    KindSet::of(ProbeKind::begin, ProbeKind::end, ProbeKind::self, ProbeKind::test, ProbeKind::bench);
/// Context starts with (or is) a struct pt_regs.
inline constexpr KindSet kWithRegisters = KindSet::of(
    ProbeKind::kprobe, ProbeKind::kretprobe, ProbeKind::uprobe, ProbeKind::uretprobe, ProbeKind::usdt,
    ProbeKind::profile, ProbeKind::interval, ProbeKind::software, ProbeKind::hardware, ProbeKind::watchpoint);

/// "special" for begin, end and the like; else the provider's name, as messages spell it.
[[nodiscard]] std::string_view kind_word(ProbeKind kind);
/// Argument i, or nullptr.
[[nodiscard]] inline const typed::Expr* argument(const Call& call, std::size_t index) {
    return index < call.arguments.size() ? call.arguments[index] : nullptr;
}
/// The literal integer that argument i is, or nothing.
[[nodiscard]] std::optional<std::uint64_t> literal(const Call& call, std::size_t index);
/// Literal text of argument i ("" if it is none).
[[nodiscard]] std::string literal_text(const Call& call, std::size_t index);
/// A format string and its arguments (from index `first_value` on) held against each other; errors go to the whole
/// call. Leaves the ops in the call.
void check_format(CallSite& site, std::size_t format_index);
/// str() was forgotten.
void warn_address_of_text(CallSite& site, const CallArgument& value);
/// yes ? a : b computed in branches; both bodies give an i64.
template <typename Yes, typename No>
ir::Value choose(ir::Builder& b, ir::Value condition, Yes&& yes, No&& no) {
    const ir::Value slot = b.slot(ir::Width::i64);
    b.if_else(
        condition, [&] { b.store(yes(), slot); }, [&] { b.store(no(), slot); });
    return b.load(ir::Width::i64, slot);
}

}  // namespace builtins
