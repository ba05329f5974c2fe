// Questions about types, and about what this kernel has: all answered while compiling.
#include <linux/btf.h>

#include <array>

#include "runtime/kernel/btf.h"
#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

ir::Value lower_folded(Emitter&, const Call&, ir::Value) {
    return {};
}

void answer(CallSite& site, bool value) {
    site.fold(value ? 1 : 0, site.types().boolean());
}

/// The type of the only argument; null where it is not known because of an error already reported.
const types::Type* asked(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].type || arguments[0].type->kind == types::Kind::error) return nullptr;
    return arguments[0].type;
}

void check_is_ptr(CallSite& site) {
    if (const types::Type* type = asked(site)) answer(site, type->kind == types::Kind::pointer);
}
void check_is_str(CallSite& site) {
    if (const types::Type* type = asked(site)) answer(site, type->kind == types::Kind::string);
}
void check_is_array(CallSite& site) {
    if (const types::Type* type = asked(site)) answer(site, type->kind == types::Kind::array);
}
void check_is_integer(CallSite& site) {
    if (const types::Type* type = asked(site)) answer(site, type->is_integer());
}
void check_is_unsigned_integer(CallSite& site) {
    if (const types::Type* type = asked(site)) answer(site, type->is_integer() && !type->is_signed);
}
void check_is_literal(CallSite& site) {
    const auto arguments = site.arguments();
    if (!arguments.empty()) answer(site, arguments[0].integer.has_value() || arguments[0].text.has_value());
}

void check_default_str_length(CallSite& site) {
    site.fold(site.config().max_strlen, site.types().integer(8, false));
}

// -- kfunc_exist("name"), kfunc_allowed("name")

/// Kernels from 6.9 on mark their kfuncs in BTF; on older ones any function of that name counts.
bool is_kfunc(const kernel::KernelView& view, std::string_view name) {
    const kernel::Btf* types = view.types();
    if (types == nullptr) return false;
    const kernel::Btf& btf = *types;
    const kernel::BtfId function = btf.find(BTF_KIND_FUNC, name);
    if (function == 0) return false;
    bool has_marks = false, is_marked = false;
    btf.for_each([&](kernel::BtfId id, std::uint32_t kind, std::string_view tag) {
        if (kind != BTF_KIND_DECL_TAG || tag != "bpf_kfunc") return;
        has_marks = true;
        is_marked = is_marked || btf.referenced(id) == function;
    });
    return !has_marks || is_marked;
}

void check_kfunc_exist(CallSite& site) {
    const auto arguments = site.arguments();
    if (!arguments.empty() && arguments[0].text) answer(site, is_kfunc(site.kernel(), *arguments[0].text));
}

/// Which programs may call one is written nowhere in BTF, only asked of the verifier: fentry, fexit and iterators are
/// the kinds that tracing kfuncs are registered for; since 6.12 they are for the perf-based kinds as well.
void check_kfunc_allowed(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].text) return;
    constexpr KindSet tracing =
        KindSet::of(ProbeKind::fentry, ProbeKind::fexit, ProbeKind::iter, ProbeKind::rawtracepoint);
    answer(site, tracing.has(site.probe_kind()) && is_kfunc(site.kernel(), *arguments[0].text));
}

constexpr typed::Builtin question(std::string_view name, std::string_view signature, std::string_view doc,
                                  std::string_view example, void (*check)(CallSite&)) {
    return typed::Builtin{
        .name = name, .signature = signature, .doc = doc, .example = example, .check = check, .lower = lower_folded};
}

// -- container_of(p, typeof(T), member): expand_macros spells it out as a cast, so nothing is left to check or lower

ir::Value lower_container_of(Emitter& e, const Call& call, ir::Value) {
    return e.scalar(*call.arguments[0]);
}

constexpr std::array kTypes{
    typed::Builtin{
        .name = "container_of",
        .signature = "container_of(member: pointer|int, outer: type, name: word) -> pointer",
        .doc = "The structure that a pointer to one of its members lies in: "
               "`container_of($p, typeof(struct sock), sk_refcnt)`.",
        .example =
            R"(begin { $p = (uint64)curtask + offsetof(struct task_struct, comm); print(container_of($p, typeof(struct task_struct), comm) == curtask); })",
        .lower = lower_container_of},
    question("is_ptr", "is_ptr(value: any) -> bool", "Whether the value is a pointer; known when compiling.",
             R"(begin { print(is_ptr(curtask)); })", check_is_ptr),
    question("is_str", "is_str(value: any) -> bool", "Whether the value is a string; known when compiling.",
             R"(begin { print(is_str(comm)); })", check_is_str),
    question("is_array", "is_array(value: any) -> bool", "Whether the value is an array; known when compiling.",
             R"(begin { print(is_array(pton("::1"))); })", check_is_array),
    question("is_integer", "is_integer(value: any) -> bool", "Whether the value is an integer; known when compiling.",
             R"(begin { print(is_integer(pid)); })", check_is_integer),
    question("is_unsigned_integer", "is_unsigned_integer(value: any) -> bool",
             "Whether the value is an integer without sign; known when compiling.",
             R"(begin { print(is_unsigned_integer(nsecs)); })", check_is_unsigned_integer),
    question("is_literal", "is_literal(value: any) -> bool",
             "Whether the value is known when compiling: a literal, or what folds to one.",
             R"(begin { print(is_literal(2 * 3)); })", check_is_literal),
    question("default_str_length", "default_str_length() -> u64", "The `max_strlen` in force.",
             R"(begin { print(default_str_length()); })", check_default_str_length),
    question("kfunc_exist", "kfunc_exist(name: string literal) -> bool",
             "Whether the kernel's types name such a function for BPF programs.",
             R"(begin { print(kfunc_exist("bpf_task_from_pid")); })", check_kfunc_exist),
    question("kfunc_allowed", "kfunc_allowed(name: string literal) -> bool",
             "Whether such a function exists and this kind of probe is one that tracing kfuncs are made for.",
             R"(begin { print(kfunc_allowed("bpf_task_from_pid")); })", check_kfunc_allowed),
};
static_assert(typed::complete(kTypes));

}  // namespace

std::span<const typed::Builtin> type_rows() {
    return kTypes;
}

}  // namespace builtins
