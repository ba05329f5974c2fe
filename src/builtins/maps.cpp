// Functions on maps and their elements.
#include <array>

#include <fmt/format.h>

#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

bool needs_keys(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].map || !site.map_is_scalar(*arguments[0].map)) return false;
    site.error(DiagnosticKind::scalar_and_keyed, site.range(),
               fmt::format("call to {}() expects a map with explicit keys (non-scalar map)", site.name()));
    return true;
}

void check_keyed(CallSite& site) {
    (void)needs_keys(site);
}

void check_delete(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].map || arguments[0].map_has_key) return;
    if (arguments.size() > 1) return check_keyed(site);
    if (site.map_is_scalar(*arguments[0].map)) return;
    site.error(DiagnosticKind::scalar_and_keyed, site.range(),
               "call to delete() expects a map without explicit keys (scalar map)")
        .hint(fmt::format("delete({0}, key) removes one element, clear({0}) all", *arguments[0].map));
}

ir::Value lower_delete(Emitter& e, const Call& call, ir::Value) {
    const ir::Value was_there = e.map_delete(call.map, call.key);
    e.ir().if_then(
        e.ir().is_zero(was_there), [&] { e.warn(program::WarningKind::delete_absent, call.range, {}, {}, true); },
        ir::Builder::Likely::no);
    return was_there;
}

ir::Value lower_has_key(Emitter& e, const Call& call, ir::Value) {
    return e.map_has_key(call.map, call.key);
}

ir::Value lower_clear(Emitter& e, const Call& call, ir::Value) {
    e.send(program::ClearMap{e.map_id(call.map)}, 0, [](ir::Value) {});
    return {};
}

ir::Value lower_zero(Emitter& e, const Call& call, ir::Value) {
    e.send(program::ZeroMap{e.map_id(call.map)}, 0, [](ir::Value) {});
    return {};
}

// -- len(@map), len(stack)

void check_len(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || needs_keys(site) || arguments[0].map || !arguments[0].type) return;
    const types::Kind kind = arguments[0].type->kind;
    if (kind != types::Kind::kstack && kind != types::Kind::ustack && kind != types::Kind::error &&
        kind != types::Kind::none)
        site.error(DiagnosticKind::bad_call, site.range(),
                   fmt::format("len() expects a map or stack ({} provided)", types::name_of(arguments[0].type)));
}

ir::Value lower_len(Emitter& e, const Call& call, ir::Value) {
    ir::Builder& b = e.ir();
    if (call.map.is_set() && call.key == nullptr) return e.map_length(call.map);
    // a stack: { u64 id; u32 frames; u32 pid }
    return b.zext(b.load(ir::Width::i32, e.memory(*call.arguments[0]), 8, 4), ir::Width::i64);
}

// -- find(@map, key, $v): check spells it out as has_key and an assignment, so nothing is left to lower

ir::Value lower_find(Emitter& e, const Call& call, ir::Value) {
    return e.map_has_key(call.map, call.key);
}

constexpr std::array kMaps{
    typed::Builtin{.name = "delete",
                   .signature = "delete(map: map, key: key) -> bool\ndelete(element: element) -> bool",
                   .doc = "Removes one element at once; true if it was there. `delete(@m[k])` is the old spelling of "
                          "`delete(@m, k)`; a scalar map is given alone.",
                   .example = R"(begin { @m["a"] = 1; delete(@m, "a"); })",
                   .check = check_delete,
                   .lower = lower_delete},
    typed::Builtin{.name = "has_key",
                   .signature = "has_key(map: map, key: key) -> bool",
                   .doc = "Whether the map has this key.",
                   .example = R"(begin { @m[1] = 1; print(has_key(@m, 1)); })",
                   .check = check_keyed,
                   .lower = lower_has_key},
    typed::Builtin{
        .name = "find",
        .signature = "find(map: map, key: key, value: variable) -> bool",
        .doc = "Whether the map has this key; if so, the variable, which must exist already, gets its value.",
        .example = R"(begin { @m[1] = 5; let $v; if (find(@m, 1, $v)) { print($v); } })",
        .lower = lower_find},
    typed::Builtin{.name = "clear",
                   .signature = "clear(map: map) -> void",
                   .is_asynchronous = true,
                   .doc = "Removes all elements when the event is read.",
                   .example = R"(begin { @x = 1; clear(@x); })",
                   .lower = lower_clear},
    typed::Builtin{.name = "zero",
                   .signature = "zero(map: map) -> void",
                   .is_asynchronous = true,
                   .doc = "Sets every value to zero, keys kept, when the event is read.",
                   .example = R"(begin { @x[1] = 1; zero(@x); })",
                   .lower = lower_zero},
    typed::Builtin{.name = "len",
                   .signature = "len(map: map) -> i64\nlen(stack: stack) -> i64",
                   .doc = "Number of elements of a map, or of frames of a stack.",
                   .example = R"(begin { @m[1] = 1; print(len(@m)); })",
                   .check = check_len,
                   .lower = lower_len},
};
static_assert(typed::complete(kMaps));

}  // namespace

std::span<const typed::Builtin> map_rows() {
    return kMaps;
}

}  // namespace builtins
