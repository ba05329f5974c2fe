// Types as scripts spell them -> types (check::Inference::resolve).
#include <fmt/format.h>

#include "src/check/inference.h"

namespace check {

namespace {

struct NamedKind {
    std::string_view name;
    Kind kind;
};
constexpr NamedKind kSimple[] = {{"inet", Kind::inet},           {"username_t", Kind::username},
                                 {"macaddr_t", Kind::mac},       {"mac_address", Kind::mac},
                                 {"timestamp", Kind::timestamp}, {"cgroup_path_t", Kind::cgroup_path},
                                 {"ksym_t", Kind::ksym},         {"usym_t", Kind::usym}};
constexpr NamedKind kAggregations[] = {
    {"count_t", Kind::count}, {"sum_t", Kind::sum},     {"min_t", Kind::min},
    {"max_t", Kind::max},     {"avg_t", Kind::avg},     {"stats_t", Kind::stats},
    {"hist_t", Kind::hist},   {"lhist_t", Kind::lhist}, {"tseries_t", Kind::tseries}};

}  // namespace

/// Without the modifiers. `cast_range`: where an unknown enum is reported.
const Type* Inference::resolve_name(const ast::TypeSpec& spec, Range cast_range) {
    const auto unknown = [&](std::string_view tag) -> const Type* {
        auto added = error(DiagnosticKind::unknown_type, spec.range,
                           fmt::format("Cannot resolve unknown type \"{}{}\"", tag, spec.name));
        if (tag.empty() && is_reporting_ && analysis_.definitions.structure(spec.name, false) != nullptr)
            added.hint(fmt::format("did you mean `struct {}`?", spec.name));
        return types_.error();
    };
    switch (spec.kind) {
        case ast::TypeSpec::Kind::structure:
        case ast::TypeSpec::Kind::union_: {
            const bool is_union = spec.kind == ast::TypeSpec::Kind::union_;
            const Type* type = analysis_.definitions.structure(spec.name, is_union);
            return type != nullptr ? type : unknown(is_union ? "union " : "struct ");
        }
        case ast::TypeSpec::Kind::enumeration: {
            if (const Type* type = analysis_.definitions.enumeration(spec.name)) return type;
            error(DiagnosticKind::unknown_type, cast_range, fmt::format("Unknown enum: {}", spec.name));
            return types_.error();
        }
        case ast::TypeSpec::Kind::type_of:
            if (spec.of_type != nullptr) return resolve(*spec.of_type, cast_range);
            if (spec.of_expr != nullptr) return settled(described(*spec.of_expr));
            return types_.error();
        case ast::TypeSpec::Kind::named: break;
    }
    if (spec.name == "string") return types_.string(0);
    if (spec.name == "buffer") return types_.buffer(0);
    for (const NamedKind& one : kSimple)
        if (one.name == spec.name) return types_.simple(one.kind);
    for (const NamedKind& one : kAggregations)
        if (one.name == spec.name) return types_.aggregation(one.kind, true);
    if (const Type* type = analysis_.definitions.named(spec.name)) return type;
    // sizeof(uid), typeof(AF_INET): no type of that name, but a value.
    const typed::Builtin* row = analysis_.find_row(spec.name);
    const bool is_variable = row != nullptr && row->form == typed::Form::variable && body_ != nullptr;
    if (is_variable || analysis_.definitions.constant(spec.name)) {
        ast::Identifier* node = analysis_.arena.make<ast::Identifier>();
        node->kind = ast::ExprKind::identifier;
        node->id = analysis_.new_id();
        node->range = spec.range;
        node->name = spec.name;
        return settled(infer(*node));
    }
    return unknown("");
}

const Type* Inference::resolve(const ast::TypeSpec& spec, Range cast_range) {
    const Type* type = resolve_name(spec, cast_range);
    if (type == nullptr || is_error(type)) return type;
    const auto& modifiers = spec.modifiers;
    for (std::size_t i = 0; i < modifiers.size();) {
        if (modifiers[i].is_pointer) {
            type = types_.pointer(type);
            ++i;
            continue;
        }
        // string[16], buffer[8]: a capacity, not an array.
        if (i == 0 && (type->kind == Kind::string || type->kind == Kind::buffer || type->kind == Kind::inet)) {
            constexpr std::uint64_t kMostBytes = 1 << 20;  // no map of ours holds larger values
            const std::uint64_t count = modifiers[i].count.value_or(0);
            if (count > kMostBytes) {
                error(DiagnosticKind::unknown_type, spec.range,
                      fmt::format("a {} of {} bytes is larger than anything can hold", spec.name, count));
                return types_.error();
            }
            if (type->kind == Kind::string) type = types_.string(static_cast<std::uint32_t>(count));
            if (type->kind == Kind::buffer) type = types_.buffer(static_cast<std::uint32_t>(count));
            ++i;
            continue;
        }
        // int8[2][3] is two arrays of three: the innermost stands last.
        std::size_t end = i;
        while (end < modifiers.size() && !modifiers[end].is_pointer)
            ++end;
        for (std::size_t j = end; j-- > i;) {
            constexpr std::uint64_t kMostElements = 1 << 20;
            const std::uint64_t count = modifiers[j].count.value_or(0);
            if (type->kind == Kind::void_ || count * std::max(1u, type->size) > kMostElements) {
                error(DiagnosticKind::unknown_type, spec.range,
                      type->kind == Kind::void_ ? "an array of void is no type"
                                                : "the array is larger than anything can hold");
                return types_.error();
            }
            type = types_.array(type, count);
        }
        i = end;
    }
    return type;
}

}  // namespace check
