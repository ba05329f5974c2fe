// The types of expressions (check::Inference). Rules: docs/language.md.
#include <algorithm>

#include <fmt/format.h>

#include "runtime/base/text.h"
#include "runtime/probes/provider.h"
#include "runtime/program/settings.h"
#include "src/ast/visit.h"
#include "src/check/advice.h"
#include "src/check/inference.h"

namespace check {

using types::AddressSpace;
using types::Member;

const Type* literal_type(types::Table& types, const Literal& literal) {
    if (literal.type != nullptr) return literal.type;
    if (literal.is_text()) return types.string(static_cast<std::uint32_t>(literal.text.size() + 1));
    if (literal.kind == Literal::Kind::boolean) return types.boolean();
    if (literal.is_negative) {
        const auto value = static_cast<std::int64_t>(literal.bits);
        return types.integer(value >= INT8_MIN ? 1 : value >= INT16_MIN ? 2 : value >= INT32_MIN ? 4 : 8, true);
    }
    const std::uint64_t value = literal.bits;
    if (value > INT64_MAX) return types.integer(8, false);
    return types.flexible(value <= INT8_MAX    ? 1
                          : value <= INT16_MAX ? 2
                          : value <= INT32_MAX ? 4
                                               : 8,
                          value <= UINT8_MAX    ? 1
                          : value <= UINT16_MAX ? 2
                          : value <= UINT32_MAX ? 4
                                                : 8);
}

const Type* Inference::literal(const ast::Expr& expr, Literal value) {
    const Type* type = literal_type(types_, value);
    info(expr).literal = std::move(value);
    return type;
}

const Type* Inference::infer(const ast::Expr& expr) {
    if (is_error(info(expr).type) && !info(expr).literal && expr.kind == ast::ExprKind::variable &&
        info(expr).variable == kNoIndex)
        return info(expr).type;
    info(expr).literal.reset();
    const Type* type = compute(expr);
    info(expr).type = type;
    has_unknown_ |= type == nullptr;
    return type;
}

const Type* Inference::compute(const ast::Expr& expr) {
    return ast::visit(
        expr,
        ast::Overloaded{
            [&](const ast::Integer& node) { return literal(node, Literal::of(node.value)); },
            [&](const ast::String& node) { return literal(node, Literal::of(std::string(node.value))); },
            [&](const ast::Boolean& node) { return literal(node, Literal::of(node.value)); },
            [&](const ast::Character& node) {
                Literal value = Literal::of_signed(node.value);
                value.type = types_.integer(1, true);
                return literal(node, std::move(value));
            },
            [&](const ast::Variable& node) -> const Type* {
                const std::uint32_t index = info(node).variable;
                return index == kNoIndex ? types_.error() : variable_type(body_->variables[index]);
            },
            [&](const ast::Map& node) { return map_read(node, false); },
            [&](const ast::Positional&) -> const Type* { return types_.error(); },      // gone since expand_macros
            [&](const ast::ParameterCount&) -> const Type* { return types_.error(); },  // the same
            [&](const ast::Identifier& node) { return identifier(node); },
            [&](const ast::Call& node) { return call(node); },
            [&](const ast::Field& node) { return field(node); },
            [&](const ast::TupleIndex& node) -> const Type* {
                const Type* base = infer(*node.base);
                if (base == nullptr || is_error(base)) return base;
                return element_of_tuple(node, base, node.index);
            },
            [&](const ast::Index& node) { return index(node); },
            [&](const ast::Unary& node) { return unary(node); },
            [&](const ast::Binary& node) { return binary(node); },
            [&](const ast::Increment& node) { return increment(node); },
            [&](const ast::Ternary& node) { return ternary(node); },
            [&](const ast::Cast& node) { return cast(node); },
            [&](const ast::Tuple& node) { return node.elements.empty() ? types_.none() : keys_type(node.elements); },
            [&](const ast::Record& node) -> const Type* {
                std::vector<std::pair<std::string, const Type*>> members;
                const Type* bad = types_.void_type();
                for (const ast::Record::Member& member : node.members) {
                    const Type* type = infer(*member.value);
                    if (type == nullptr || is_error(type)) bad = type;
                    if (type != nullptr && !is_error(type) && !is_storable(type)) {
                        error(DiagnosticKind::bad_operand, ast::extent(*member.value),
                              fmt::format("A record can not hold a value of type '{}'", types::name_of(type)));
                        bad = types_.error();
                    }
                    members.emplace_back(std::string(member.name), type);
                }
                return bad == nullptr || is_error(bad) ? bad : types_.record(members);
            },
            [&](const ast::SizeOf& node) { return size_of(node); },
            [&](const ast::OffsetOf& node) { return offset_of(node); },
            [&](const ast::TypeInfo& node) { return type_info(node); },
            [&](const ast::Comptime& node) { return known_now(node); },
            [&](const ast::IfExpr& node) { return if_value(node, false); },
            [&](const ast::BlockExpr& node) {
                const Type* type = block_value(*node.block);
                if (node.block->statements.empty() && node.block->value != nullptr)
                    info(node).literal = info(*node.block->value).literal;
                return type;
            },
            [&](const ast::AddressOf& node) { return address_of(node); },
            [&](const ast::TypeArgument& node) -> const Type* {
                error(DiagnosticKind::bad_operand, node.range, "a type can not be used as a value");
                return types_.error();
            },
        });
}

// ---- maps

/// Type of one key, or of the tuple that several make. Null: not known yet.
const Type* Inference::keys_type(const std::vector<const ast::Expr*>& keys) {
    std::vector<const Type*> elements;
    bool is_unknown = false, is_bad = false;
    for (const ast::Expr* key : keys) {
        const Type* type = infer(*key);
        is_unknown |= type == nullptr;
        is_bad |= is_error(type);
        if (type != nullptr && !is_error(type) && !is_storable(type)) {
            error(DiagnosticKind::bad_operand, ast::extent(*key),
                  fmt::format("A tuple can not hold a value of type '{}'", types::name_of(type)));
            is_bad = true;
        }
        elements.push_back(type);
    }
    if (is_bad) return types_.error();
    return is_unknown ? nullptr : types_.tuple(elements);
}

const Type* Inference::use_key(MapInfo& map, const Type* key, Range range) {
    if (key == nullptr || is_error(key)) return key;
    if (map.is_broken) return types_.error();
    if (!is_storable(key)) {
        error(DiagnosticKind::key_mismatch, range, fmt::format("{} cannot be part of a map key", types::name_of(key)));
        return types_.error();
    }
    contribute(map.key, key);
    const Type* have = settled(map.key.now);
    if (have == nullptr) return key;
    const Type* both = merge(types_, have, key);
    if (both != nullptr && settled(both) == have) return have;
    error(
        DiagnosticKind::key_mismatch, range,
        fmt::format("Argument mismatch for {}: trying to access with arguments: '{}' when map expects arguments: '{}'",
                    map.name, types::name_of(key), types::name_of(have)));
    return types_.error();
}

const Type* Inference::map_key(const ast::Map& map, Range range) {
    if (!map.has_key || map.keys.empty()) return nullptr;
    const Type* key = map.keys.size() == 1 ? infer(*map.keys.front()) : keys_type(map.keys);
    for (const ast::Expr* part : map.keys)
        if (is_address_of_text(*part))
            warning(DiagnosticKind::warn_address_as_text, ast::extent(*part),
                    "this is the address of a text in the event, not the text")
                .hint("str() reads it: `str(...)`");
    return use_key(analysis_.maps[info(map).map], key, range);
}

/// What reading a map's value gives: aggregations that are one number come merged.
const Type* Inference::read_value(const MapInfo& map) {
    const Type* value = settled(map.value.read());
    if (value == nullptr || !value->is_aggregation()) return value;
    switch (value->kind) {
        case Kind::count: return types_.integer(8, false);
        case Kind::sum:
        case Kind::min:
        case Kind::max:
        case Kind::avg: return types_.integer(8, value->is_signed);
        case Kind::stats: {
            const Type* number = types_.integer(8, value->is_signed);
            const std::pair<std::string, const Type*> members[] = {
                {"count", types_.integer(8, false)}, {"average", number}, {"total", number}};
            return types_.record(members);
        }
        default: return value;
    }
}

const Type* Inference::map_read(const ast::Map& map, bool is_whole_right_side) {
    MapInfo& source = analysis_.maps[info(map).map];
    const Type* key = map_key(map, map.range);
    if (source.is_broken) return types_.error();
    if (source.value.read() == nullptr) {
        if (source.is_assigned) return nullptr;
        // Copying a map that nothing writes copies zeros; anything else is a misspelt name.
        if (is_whole_right_side) return types_.integer(8, true);
        if (is_reporting_) {
            std::vector<std::string> names;
            for (const MapInfo& other : analysis_.maps)
                if (other.is_assigned) names.push_back(other.name);
            add_nearest(error(DiagnosticKind::undefined_map, map.range, fmt::format("Undefined map: {}", map.name)),
                        map.name, names);
            return types_.error();
        }
        return nullptr;
    }
    if (is_error(key)) return types_.error();
    return read_value(source);
}

// ---- identifiers, fields, elements

/// The body's probe has other bodies too: its wildcard stands for events whose arguments differ.
bool Inference::is_one_of_several() const {
    return std::any_of(analysis_.bodies.begin(), analysis_.bodies.end(),
                       [&](const Body& other) { return &other != body_ && other.probe == body_->probe; });
}

const Type* Inference::no_member(const ast::Field& node, const Type* base) {
    if (!is_reporting_) return types_.error();
    std::vector<std::string> names;
    std::string message;
    const auto collect = [&](const auto& self, const std::vector<Member>& members) -> void {
        for (const Member& member : members) {
            if (!member.name.empty())
                names.push_back(member.name);
            else if (member.type->kind == Kind::structure) {
                if (!member.type->structure->is_complete && member.type->structure->complete)
                    member.type->structure->complete(*member.type->structure);
                self(self, member.type->structure->members);
            }
        }
    };
    if (base->kind == Kind::record) {
        collect(collect, base->members);
        message = fmt::format("Record does not contain a field named '{}'", node.name);
    } else {
        const auto& unreadable = body_->arguments.unreadable;
        const auto known = std::ranges::find(unreadable, node.name, &program::UnreadableArgument::name);
        if (base->structure->is_event_arguments && known != unreadable.end()) {
            error(DiagnosticKind::unknown_field, node.range,
                  fmt::format("Can't read function parameter {}: {}", node.name, known->reason));
            return types_.error();
        }
        collect(collect, base->structure->members);
        using Kinds = program::ProbeKind;
        if (base->structure->is_event_arguments &&
            !program::KindSet::of(Kinds::tracepoint, Kinds::rawtracepoint).has(body_->kind()))
            message = fmt::format("Can't find function parameter {}", node.name);
        else
            message = fmt::format("Struct/union of type '{}' does not contain a field named '{}'",
                                  base->structure->name, node.name);
    }
    auto added = error(DiagnosticKind::unknown_field, node.range, message);
    const bool has_members = base->kind == Kind::structure && !base->structure->is_event_arguments;
    const auto path = has_members ? path_to_member(base, node.name) : std::nullopt;
    if (path)
        added.hint(fmt::format("did you mean `{}`?", *path));
    else
        add_nearest(added, node.name, names);
    if (is_one_of_several())
        added.hint(fmt::format("the probe stands for several events; {} is the first without it", body_->place().name));
    // An event's fields are few enough to be read at a glance; a kernel structure's are not.
    constexpr std::size_t kMostListed = 24;
    if (!names.empty() && names.size() <= kMostListed)
        added.hint(fmt::format(
            "{}: {}",
            base->kind == Kind::structure && base->structure->is_event_arguments ? "arguments of this event" : "fields",
            fmt::join(names, ", ")));
    return types_.error();
}

bool Inference::is_resolvable(std::string_view name) {
    return name == "args" || analysis_.find_row(name) != nullptr || analysis_.definitions.constant(name).has_value();
}

/// What belongs to the event a fn cannot see: it gets what it needs as arguments.
const Type* Inference::refuse_in_function(std::string_view name, Range range) {
    error(DiagnosticKind::wrong_probe, range, fmt::format("'{}' builtin is not allowed in a function", name))
        .hint("give it to the function as an argument");
    return types_.error();
}

const Type* Inference::identifier(const ast::Identifier& node) {
    const std::string_view name = node.name;
    if (name == "args" && body_->function != nullptr) return refuse_in_function(name, node.range);
    if (name == "args") {
        using Kinds = program::ProbeKind;
        const probes::Provider& provider = probes::row(body_->kind());
        if (provider.arguments == nullptr || body_->kind() == Kinds::usdt) {
            error(DiagnosticKind::wrong_probe, node.range,
                  fmt::format("The args builtin can only be used with tracepoint, rawtracepoint, fentry/fexit, and "
                              "uprobe probes ({} used here)",
                              kind_in_messages(body_->kind())));
            return types_.error();
        }
        if (refuse_in_loop(name, node.range)) return types_.error();
        ask_arguments();
        if (!body_->arguments_error.empty()) {
            auto added = error(DiagnosticKind::wrong_probe, node.range, body_->arguments_error);
            if (!body_->arguments_hint.empty()) added.hint(body_->arguments_hint);
            return types_.error();
        }
        info(node).is_args = true;
        return whole_arguments();
    }
    if (body_->function != nullptr &&
        (name == "retval" || name == "ctx" || name == "func" || name == "usermode" ||
         (name.starts_with("arg") && name.size() > 3 && name[3] >= '0' && name[3] <= '9')))
        return refuse_in_function(name, node.range);
    const bool is_raw_argument = name.starts_with("arg") && name.size() > 3 &&
                                 std::all_of(name.begin() + 3, name.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (is_raw_argument || name == "retval") {
        if (const program::Argument* argument = find_argument(name)) {
            if (refuse_in_loop(name, node.range)) return types_.error();
            info(node).argument = argument;
            return argument_type(*argument);
        }
        if (is_raw_argument && body_->places.size() == 1 && has_fewer_arguments(name)) {
            std::vector<std::string> names;
            for (const program::Argument& argument : body_->arguments.arguments)
                names.push_back(argument.type.spelling + (argument.type.spelling.ends_with('*') ? "" : " ") +
                                argument.name);
            auto added = error(DiagnosticKind::wrong_probe, node.range,
                               fmt::format("{} has {} argument{}, no {}", body_->place().place.function,
                                           body_->arguments.size / 8, body_->arguments.size == 8 ? "" : "s", name));
            if (!names.empty()) added.hint(fmt::format("its arguments: {}", fmt::join(names, ", ")));
            return types_.error();
        }
        if (is_raw_argument && body_->kind() == program::ProbeKind::usdt && body_->arguments_error.empty()) {
            error(DiagnosticKind::wrong_probe, node.range,
                  fmt::format("{} has {} arguments, no {}", body_->place().name, body_->arguments.arguments.size(),
                              name));
            return types_.error();
        }
    }
    if (const typed::Builtin* row = analysis_.find_row(name); row != nullptr && row->form == typed::Form::variable) {
        if ((is_raw_argument || name == "retval" || name == "ctx" || name == "func") &&
            refuse_in_loop(name, node.range))
            return types_.error();
        return call_row(node, name, node.range, *row, {});
    }
    if (is_raw_argument) {
        error(DiagnosticKind::wrong_probe, node.range,
              fmt::format("The {} builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes", name));
        return types_.error();
    }
    if (auto value = analysis_.definitions.constant(name)) {
        if (auto* text = std::get_if<std::string>(&*value)) return literal(node, Literal::of(*text));
        const auto& constant = std::get<types::Constant>(*value);
        const bool is_signed = constant.type != nullptr && constant.type->is_signed;
        Literal number =
            is_signed ? Literal::of_signed(static_cast<std::int64_t>(constant.value)) : Literal::of(constant.value);
        if (constant.type != nullptr && constant.type->kind == Kind::enumeration) number.type = constant.type;
        return literal(node, std::move(number));
    }
    if (!is_reporting_) return types_.error();
    auto added = error(DiagnosticKind::unknown_identifier, node.range, fmt::format("Unknown identifier: '{}'", name));
    if (const typed::Builtin* row = analysis_.find_row(name)) {
        added.hint(fmt::format("{} is a function: {}", name, row->signature.substr(0, row->signature.find('\n'))));
        return types_.error();
    }
    if (const std::string* text = analysis_.definitions.expression(name)) {
        added.hint(fmt::format("{} is defined as `{}`, which is no expression", name, *text));
        return types_.error();
    }
    if (std::string value = foreign_value(name); !value.empty()) {
        added.hint(std::move(value));
        return types_.error();
    }
    if (std::string header = missing_header(name); !header.empty()) {
        added.hint(std::move(header));
        return types_.error();
    }
    // The headers that were answered without being read may well define it.
    if (const auto& headers = analysis_.definitions.system_headers();
        !headers.empty() && std::all_of(name.begin(), name.end(), [](char c) {
            return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        })) {
        added.hint(
            fmt::format("{0} may be a macro of <{1}>: types and enum constants of the kernel's headers are known "
                        "without them, macros only the common ones; `#define {0} ...` says it",
                        name, fmt::join(headers, ">, <")));
        return types_.error();
    }
    // Of an event's fields only the name is written quickly.
    using Kinds = program::ProbeKind;
    if (program::KindSet::of(Kinds::tracepoint, Kinds::fentry, Kinds::fexit, Kinds::rawtracepoint, Kinds::uprobe)
            .has(body_->kind()) &&
        find_argument(name) != nullptr) {
        added.hint(fmt::format("did you mean `args.{}`?", name));
        return types_.error();
    }
    std::vector<std::string> names = analysis_.definitions.constant_names();
    if (analysis_.input.builtins.all != nullptr)
        for (const typed::Builtin* row : analysis_.input.builtins.all())
            if (row->form == typed::Form::variable) names.emplace_back(row->name);
    add_nearest(added, name, names);
    return types_.error();
}

/// A pointer found in memory points into the same space as the one that led there, unless its type says otherwise.
const Type* Inference::member_type(const Member& member, const Type* base_pointer) {
    if (member.type->kind != Kind::pointer || base_pointer == nullptr) return member.type;
    if (member.is_user_pointer || member.type->space == AddressSpace::user)
        return types_.pointer(member.type->element, AddressSpace::user);
    return types_.pointer(member.type->element, base_pointer->space, base_pointer->is_trusted);
}

const Type* Inference::field(const ast::Field& node) {
    if (is_args(*node.base)) return argument_field(node);
    if (node.base->kind == ast::ExprKind::type_info) return type_info_member(node);
    if (node.base->kind == ast::ExprKind::identifier && ast::as<ast::Identifier>(*node.base).name == "config") {
        std::vector<std::string> names;
        for (const program::Setting& setting : program::settings(analysis_.config)) {
            if (setting.name == node.name)
                return literal(node, std::visit([](const auto& value) { return Literal::of(value); }, setting.value));
            names.emplace_back(setting.name);
        }
        add_nearest(error(DiagnosticKind::unknown_field, node.range,
                          fmt::format("Record does not contain a field named '{}'", node.name)),
                    node.name, names);
        return types_.error();
    }
    const Type* base = infer(*node.base);
    if (base == nullptr || is_error(base)) return base;
    const Type* through = base->kind == Kind::pointer ? base->element : base;
    if (through->kind != Kind::structure && !(through->kind == Kind::record && base->kind == Kind::record)) {
        auto added =
            error(DiagnosticKind::bad_access, node.range,
                  fmt::format("Can not access field '{}' on expression of type '{}'", node.name, types::name_of(base)));
        if (std::string hint = no_fields(base, node.name); !hint.empty()) added.hint(std::move(hint));
        return types_.error();
    }
    const auto member = types::find_member(through, node.name);
    if (!member) return no_member(node, through);
    if (member->type->kind == Kind::none) {
        error(DiagnosticKind::bad_access, node.range,
              fmt::format("field '{}' holds a floating-point number, and the kernel's programs have none", node.name))
            .hint(fmt::format("its bits can be read as an integer's: `*(uint64 *)((uint64)... + offsetof({}, {}))`",
                              types::name_of(through), node.name));
        return types_.error();
    }
    // Whose space: the pointer at the start of the chain of members held by value.
    const Type* pointer = base->kind == Kind::pointer ? base : nullptr;
    for (const ast::Expr* at = node.base; pointer == nullptr;) {
        if (at->kind == ast::ExprKind::field)
            at = ast::as<ast::Field>(*at).base;
        else if (at->kind == ast::ExprKind::index)
            at = ast::as<ast::Index>(*at).base;
        else if (at->kind == ast::ExprKind::unary)
            at = ast::as<ast::Unary>(*at).operand;
        else
            break;
        const Type* type = info(*at).type;
        if (type != nullptr && type->kind == Kind::pointer) pointer = type;
    }
    return member_type(*member, pointer);
}

const Type* Inference::element_of_tuple(const ast::Expr& node, const Type* base, std::uint64_t index) {
    if (base->kind != Kind::tuple) {
        auto added =
            error(DiagnosticKind::bad_access, node.range,
                  fmt::format("Can not access index '{}' on expression of type '{}'", index, types::name_of(base)));
        if (base->kind == Kind::integer) added.hint("there are no numbers with fractions");
        return types_.error();
    }
    if (index >= base->members.size()) {
        error(DiagnosticKind::bad_index, node.range,
              fmt::format("Invalid tuple index: {}. Found {} elements in tuple.", index, base->members.size()));
        return types_.error();
    }
    return base->members[index].type;
}

const Type* Inference::index(const ast::Index& node) {
    const Type* base = infer(*node.base);
    std::vector<const Type*> given;
    for (const ast::Expr* one : node.indices)
        given.push_back(infer(*one));
    if (base == nullptr || is_error(base)) return base;
    base = as_string(types_, base);
    const bool is_array = base->kind == Kind::array || base->kind == Kind::string;
    if (!is_array && base->kind != Kind::pointer && base->kind != Kind::tuple) {
        error(DiagnosticKind::bad_index, node.range,
              fmt::format("The array index operator [] can only be used on arrays, pointers, and tuples, found {}.",
                          types::name_of(base)));
        return types_.error();
    }
    if (given.size() != 1) {
        error(DiagnosticKind::bad_index, node.range, "The array index operator [] takes one index");
        return types_.error();
    }
    const Type* type = given.front();
    if (type == nullptr || is_error(type)) return type;
    const auto& constant = info(*node.indices.front()).literal;
    if (base->kind == Kind::tuple) {
        if (!constant || constant->is_text() || constant->is_negative) {
            error(DiagnosticKind::bad_index, node.range, "The index of a tuple must be a literal");
            return types_.error();
        }
        return element_of_tuple(node, base, constant->bits);
    }
    const bool is_negative = constant ? constant->is_text() || constant->is_negative
                                      : !is_number(type) || (type->is_signed && type->kind == Kind::integer);
    // A pointer may be indexed backwards: only arrays have a beginning.
    if (is_negative && !(base->kind == Kind::pointer && is_number(type) && !(constant && constant->is_text()))) {
        error(DiagnosticKind::bad_index, node.range,
              fmt::format("The array index operator [] only accepts non-negative integer indices. Got: {}",
                          types::name_of(type)));
        return types_.error();
    }
    if (base->kind == Kind::pointer) {
        if (base->element->kind == Kind::void_ || base->element->size == 0) {
            error(DiagnosticKind::bad_index, node.range,
                  fmt::format("The array index operator [] can not be used on expressions of type '{}'",
                              types::name_of(base)));
            return types_.error();
        }
        Member member;
        member.type = base->element;
        return member_type(member, base);
    }
    const std::uint64_t count = base->kind == Kind::string ? base->capacity : base->count;
    if (constant && count > 0 && constant->bits >= count) {
        error(DiagnosticKind::bad_index, node.range,
              fmt::format("the index {} is out of bounds for array of size {}", constant->bits, count));
        return types_.error();
    }
    if (base->kind == Kind::string) {
        // "abc"[1] is a number already.
        if (const auto& text = info(*node.base).literal; text && constant) {
            Literal character = Literal::of_signed(
                constant->bits < text->text.size() ? static_cast<std::int8_t>(text->text[constant->bits]) : 0);
            character.type = types_.integer(1, true);
            return literal(node, std::move(character));
        }
        return types_.integer(1, true);
    }
    return base->element;
}

// ---- operators

const Type* Inference::unary(const ast::Unary& node) {
    const Type* type = infer(*node.operand);
    if (type == nullptr)
        return is_guessing_ && node.op != ast::UnaryOp::dereference ? types_.integer(8, true) : nullptr;
    if (is_error(type)) return type;
    const auto refuse = [&]() -> const Type* {
        error(DiagnosticKind::bad_operand, node.range,
              fmt::format("The {} operator can not be used on expressions of type '{}'", ast::spelling(node.op),
                          types::name_of(type)));
        return types_.error();
    };
    if (node.op == ast::UnaryOp::dereference) {
        if (type->kind == Kind::pointer) {
            if (type->element->kind == Kind::void_ || type->element->size == 0) return refuse();
            Member member;
            member.type = type->element;
            return member_type(member, type);
        }
        if (type->kind == Kind::integer) return types_.integer(8, false);
        if (is_args(*node.operand)) {
            info(node).is_args = true;
            return type;  // old scripts took args for a pointer
        }
        return refuse();
    }
    if (const auto& operand = info(*node.operand).literal;
        operand && !operand->is_text() && (operand->type == nullptr || operand->type->kind == Kind::enumeration)) {
        const Folded folded = fold(node.op, *operand);
        if (folded.value) return literal(node, *folded.value);
        if (folded.error == FoldError::underflow) {
            error(DiagnosticKind::literal, node.range, "negative value will underflow");
            return types_.error();
        }
    }
    if (node.op == ast::UnaryOp::logical_not) return is_condition(type) ? types_.boolean() : refuse();
    if (!is_number(type)) return refuse();
    return types_.integer(8, as_integer(types_, type)->is_signed);
}

void Inference::mismatch(ast::BinaryOp op, const ast::Expr& left, const ast::Expr& right, const Type* a, const Type* b,
                         Range range) {
    auto added = error(DiagnosticKind::type_mismatch, range,
                       fmt::format("Type mismatch for '{}': comparing {} with {}", ast::spelling(op), types::name_of(a),
                                   types::name_of(b)));
    added.note(ast::extent(left), fmt::format("left ({})", types::name_of(a)))
        .note(ast::extent(right), fmt::format("right ({})", types::name_of(b)));
    if (std::string hint = unlike_comparison(a, b); !hint.empty()) added.hint(std::move(hint));
    for (const ast::Expr* side : {&left, &right})
        if (const auto number = info(*side).positional; number != 0)
            added.hint(fmt::format("str(${}) is the text of a parameter", number));
}

/// Type of `left op right` once both types are known; reports.
const Type* Inference::binary_result(ast::BinaryOp op, const ast::Expr& left, const ast::Expr& right, const Type* a,
                                     const Type* b, Range range) {
    if (is_error(a) || is_error(b)) return types_.error();
    if (a == nullptr || b == nullptr) {
        if (is_comparison(op) || op == ast::BinaryOp::logical_and || op == ast::BinaryOp::logical_or)
            return types_.boolean();
        if (!is_guessing_) return nullptr;
        if (a == nullptr) a = types_.flexible(1, 1);
        if (b == nullptr) b = types_.flexible(1, 1);
    }
    const auto refuse = [&]() -> const Type* {
        error(DiagnosticKind::bad_operand, range,
              fmt::format("The {} operator can not be used on expressions of types {}, {}", ast::spelling(op),
                          types::name_of(a), types::name_of(b)));
        return types_.error();
    };
    if (op == ast::BinaryOp::logical_and || op == ast::BinaryOp::logical_or) {
        const bool is_left = is_condition(a) || info(left).literal, is_right = is_condition(b) || info(right).literal;
        return is_left && is_right ? types_.boolean() : refuse();
    }
    const bool has_pointer = a->kind == Kind::pointer || b->kind == Kind::pointer;
    if (is_comparison(op)) {
        if (is_number(a) && is_number(b)) return types_.boolean();
        if (has_pointer && (a->is_scalar() && b->is_scalar())) {
            if (a->kind == b->kind && a->element != b->element && a->element->kind != Kind::void_ &&
                b->element->kind != Kind::void_)
                warning(DiagnosticKind::warn_cast, range,
                        fmt::format("comparison of distinct pointer types: {}, {}", types::name_of(a->element),
                                    types::name_of(b->element)))
                    .note(ast::extent(left), fmt::format("left ({})", types::name_of(a->element)))
                    .note(ast::extent(right), fmt::format("right ({})", types::name_of(b->element)));
            return types_.boolean();
        }
        const bool is_equality = op == ast::BinaryOp::equal || op == ast::BinaryOp::not_equal;
        if (is_text(a) && is_text(b)) return is_equality ? types_.boolean() : refuse();
        if (a->kind != b->kind || is_text(a) || is_text(b)) {
            // ksym(x) == 0 and its like: addresses and ids are numbers underneath.
            if (is_equality && a->is_scalar() && b->is_scalar() && !is_text(a) && !is_text(b)) return types_.boolean();
            mismatch(op, left, right, a, b, range);
            return types_.error();
        }
        if (!is_equality) return refuse();
        if (a->is_scalar()) return types_.boolean();
        if (!is_comparable_in_memory(a) || !is_comparable_in_memory(b)) return refuse();
        if (merge(types_, a, b) == nullptr) {
            mismatch(op, left, right, a, b, range);
            return types_.error();
        }
        return types_.boolean();
    }
    if (has_pointer) {
        const bool adds = op == ast::BinaryOp::add, subtracts = op == ast::BinaryOp::subtract;
        if (a->kind == Kind::pointer && is_number(b) && (adds || subtracts)) return untrusted(types_, a);
        if (b->kind == Kind::pointer && is_number(a) && adds) return untrusted(types_, b);
        if ((a->kind == Kind::pointer || is_number(a)) && (b->kind == Kind::pointer || is_number(b))) return refuse();
        mismatch(op, left, right, a, b, range);
        return types_.error();
    }
    if (!is_number(a) || !is_number(b)) {
        if (a->kind != b->kind && !(is_text(a) && is_text(b)))
            mismatch(op, left, right, a, b, range);
        else
            return refuse();
        return types_.error();
    }
    const Type* x = as_integer(types_, a);
    const Type* y = as_integer(types_, b);
    if (op == ast::BinaryOp::shift_left || op == ast::BinaryOp::shift_right)
        return types_.integer(8, !x->is_flexible() && x->is_signed);
    if (op == ast::BinaryOp::subtract) return types_.integer(8, true);
    return types_.integer(8, is_signed_pair(x, y));
}

/// syscall_name(n) == "opnat": compares as false for ever, and nobody meant that.
void Inference::expect_text_of_number(const ast::Expr& expr, const Type* other) {
    const auto& text = info(expr).literal;
    if (!is_reporting_ || other == nullptr || !other->is_text_number() || !text || !text->is_text()) return;
    // A number without a name is its digits.
    if (base::parse_integer(text->text)) return;
    std::vector<std::string> names;
    for (const auto& [name, number] : other->enumeration->constants) {
        if (name == text->text) return;
        names.push_back(name);
    }
    add_nearest(warning(DiagnosticKind::warn_other, expr.range,
                        fmt::format("{}() never gives \"{}\"", other->enumeration->name, text->text)),
                text->text, names);
}

/// Gives the folded number of integers that have a type the type that the kernel would compute it in. False: it is not
/// in there, or the kernel computes something else, so let it.
bool Inference::keeps_type(ast::BinaryOp op, const Literal& left, const Literal& right, Literal& result) {
    const auto is_typed = [](const Literal& one) { return one.type != nullptr && one.type->kind == Kind::integer; };
    if (result.kind != Literal::Kind::integer || (!is_typed(left) && !is_typed(right))) return true;
    const auto is_signed = [&](const Literal& one) { return is_typed(one) ? one.type->is_signed : one.is_negative; };
    const bool is_shift = op == ast::BinaryOp::shift_left || op == ast::BinaryOp::shift_right;
    result.type =
        types_.integer(8, is_signed(left) || (!is_shift && is_signed(right)) || op == ast::BinaryOp::subtract);
    if (op == ast::BinaryOp::shift_right && result.is_negative) return false;  // a logical shift
    return result.type->is_signed ? result.is_negative == (static_cast<std::int64_t>(result.bits) < 0)
                                  : !result.is_negative;
}

const Type* Inference::binary(const ast::Binary& node) {
    const Type* a = infer(*node.left);
    const Type* b = infer(*node.right);
    if (node.op == ast::BinaryOp::equal || node.op == ast::BinaryOp::not_equal) {
        expect_text_of_number(*node.left, b);
        expect_text_of_number(*node.right, a);
    }
    const auto& left = info(*node.left).literal;
    const auto& right = info(*node.right).literal;
    const auto folds = [](const std::optional<Literal>& one) {
        return one && (one->type == nullptr || one->type->kind == Kind::enumeration || one->type->size == 8);
    };
    // Exact arithmetic is what the machine does as long as both sides agree about the sign: (int64)-7 < (uint64)5 is
    // left to it.
    const auto agrees = [](const Literal& one, const Literal& other) {
        if (one.type == nullptr || one.kind != Literal::Kind::integer || other.kind != Literal::Kind::integer)
            return true;
        return other.type != nullptr ? one.type->is_signed == other.type->is_signed
                                     : one.type->is_signed || !other.is_negative;
    };
    if (folds(left) && folds(right) && agrees(*left, *right) && agrees(*right, *left)) {
        Folded folded = fold(node.op, *left, *right);
        if (folded.error == FoldError::beyond_the_end)
            warning(DiagnosticKind::warn_truncated, node.range, "literal string will always be empty");
        if (folded.value && keeps_type(node.op, *left, *right, *folded.value)) return literal(node, *folded.value);
        if (folded.error == FoldError::overflow) {
            error(DiagnosticKind::fold, node.range, "unable to fold literals due to overflow or underflow");
            return types_.error();
        }
        if (folded.error == FoldError::strings) {
            error(DiagnosticKind::fold, node.range, "illegal literal operation with strings");
            return types_.error();
        }
    }
    return binary_result(node.op, *node.left, *node.right, a, b, node.range);
}

const Type* Inference::increment(const ast::Increment& node) {
    const bool is_map = node.target->kind == ast::ExprKind::map;
    const Type* have = nullptr;
    if (is_map) {
        const MapInfo& map = analysis_.maps[info(*node.target).map];
        have = settled(map.value.read());
        if (have != nullptr && have->is_aggregation()) have = nullptr;  // said by assign_map
    } else {
        have = infer(*node.target);
        if (is_error(have)) return have;
    }
    if (have != nullptr && have->kind != Kind::integer && have->kind != Kind::pointer && have->kind != Kind::boolean) {
        if (is_map) map_key(ast::as<ast::Map>(*node.target), node.target->range);
        error(DiagnosticKind::bad_operand, node.range,
              fmt::format("The {} operator can not be used on expressions of type '{}'",
                          node.is_decrement ? "--" : "++", types::name_of(have)));
        return types_.error();
    }
    const bool is_signed = node.is_decrement || (have != nullptr && have->is_signed);
    const Type* type =
        have != nullptr && have->kind == Kind::pointer ? untrusted(types_, have) : types_.integer(8, is_signed);
    assign_type(*node.target, type, nullptr, node.range);
    if (is_map) {
        const Type* value = settled(analysis_.maps[info(*node.target).map].value.read());
        return value != nullptr && value->is_aggregation() ? types_.error() : value;
    }
    const std::uint32_t index = info(*node.target).variable;
    return index == kNoIndex ? types_.error() : variable_type(body_->variables[index]);
}

const Type* Inference::branches(const Type* a, const Type* b, Range range) {
    if (a == nullptr || b == nullptr) return a == nullptr ? b : a;
    if (is_error(a) || is_error(b)) return types_.error();
    if (const Type* both = merge(types_, a, b)) return both;
    error(DiagnosticKind::unlike_branches, range,
          fmt::format("Branches must return the same type or compatible types: have '{}' and '{}'", types::name_of(a),
                      types::name_of(b)));
    return types_.error();
}

const Type* Inference::ternary(const ast::Ternary& node) {
    condition(*node.condition, node.range);
    const Type* tested = info(*node.condition).type;
    const auto chosen = info(*node.condition).literal;
    const ast::Expr& then = node.then == nullptr ? *node.condition : *node.then;
    if (chosen) {
        const ast::Expr& taken = chosen->is_true() ? then : *node.otherwise;
        if (&taken != node.condition) infer(taken);
        info(node).literal = info(taken).literal;
        return info(taken).type;
    }
    const Type* a = node.then == nullptr ? tested : infer(*node.then);
    const Type* b = infer(*node.otherwise);
    return branches(a, b, node.range);
}

const Type* Inference::if_value(const ast::IfExpr& node, bool is_statement) {
    condition(*node.condition, node.range);
    const auto chosen = info(*node.condition).literal;
    info(node).type = types_.void_type();
    if (is_statement) {
        // What can never run is not complained about: `if (sizeof(x) == 4) { fail(...) }`. Its assignments still tell
        // types.
        const bool was_reporting = is_reporting_;
        if (chosen && !chosen->is_true()) is_reporting_ = false;
        block(*node.then);
        is_reporting_ = was_reporting;
        if (node.otherwise != nullptr) {
            if (chosen && chosen->is_true()) is_reporting_ = false;
            block(*node.otherwise);
            is_reporting_ = was_reporting;
        }
        return types_.void_type();
    }
    if (chosen && node.otherwise != nullptr) {
        const ast::Block& taken = chosen->is_true() ? *node.then : *node.otherwise;
        const Type* type = block_value(taken);
        if (taken.statements.empty() && taken.value != nullptr) info(node).literal = info(*taken.value).literal;
        return type;
    }
    const Type* a = block_value(*node.then);
    const Type* b = node.otherwise == nullptr ? types_.void_type() : block_value(*node.otherwise);
    if (node.otherwise == nullptr) return types_.void_type();
    if (a != nullptr && b != nullptr && (a->kind == Kind::void_ || b->kind == Kind::void_)) return types_.void_type();
    return branches(a, b, node.range);
}

const Type* Inference::cast(const ast::Cast& node) {
    // (unknown)(x) may be a call the grammar took for a cast: f (x).
    const Type* to = resolve(*node.type, node.range);
    const Type* from = infer(*node.operand);
    if (to == nullptr || is_error(to)) return to;
    if (from == nullptr) return to;
    if (is_error(from)) return from;
    from = settled(from);
    const auto& operand = info(*node.operand).literal;

    if (from->kind == Kind::structure && to != from) {
        error(DiagnosticKind::bad_cast, node.range,
              fmt::format("Cannot cast from C type \"{}\"", types::name_of(from)));
        return types_.error();
    }
    // Sizes left open come from the operand: (string)x, (int8[])x.
    if (to->kind == Kind::string && to->capacity == 0 && is_text(from)) to = as_string(types_, from);
    if (to->kind == Kind::buffer && to->capacity == 0 && from->kind == Kind::buffer) to = from;
    if (to->kind == Kind::array && to->count == 0 && to->element->size > 0 && from->size % to->element->size == 0)
        to = types_.array(to->element, from->size / to->element->size);
    // A literal as array of bytes is as wide as the array wants it.
    if (to->kind == Kind::array && operand && !operand->is_text() && operand->type == nullptr &&
        (to->size == 1 || to->size == 2 || to->size == 4 || to->size == 8))
        from = types_.integer(to->size, true);
    if (to->kind == Kind::integer && to->capacity != 0) to = settled(to);
    if (to->is_aggregation() || to->kind == Kind::void_ || !can_cast(from, to)) {
        // stats() of a map is read as a record; the script knows it by the function.
        const Type* spelled = from;
        if (node.operand->kind == ast::ExprKind::map) {
            const Type* stored = analysis_.maps[info(*node.operand).map].value.read();
            if (stored != nullptr && stored->kind == Kind::stats) spelled = stored;
        }
        auto added =
            error(DiagnosticKind::bad_cast, node.range,
                  fmt::format("Cannot cast from \"{}\" to \"{}\"", types::name_of(spelled), types::name_of(to)));
        if (to->kind == Kind::structure && (from->kind == Kind::integer || from->kind == Kind::pointer))
            added.hint(fmt::format("an address is cast to a pointer: `({} *)`", types::name_of(to)));
        return types_.error();
    }
    if (to->kind == Kind::pointer && to->space == AddressSpace::none && from->kind == Kind::pointer)
        to = types_.pointer(to->element, from->space, from->is_trusted && to->element == from->element);
    if (to == from && !operand && !(node.operand->kind == ast::ExprKind::cast))
        warning(DiagnosticKind::warn_cast, node.range,
                fmt::format("Unnecessary cast: expression is already of type {}", types::name_of(to)))
            .verbose_only();
    if (operand && !operand->is_text()) {
        if (to->kind == Kind::enumeration && to->enumeration != nullptr) {
            const auto& constants = to->enumeration->constants;
            const bool is_known = std::any_of(constants.begin(), constants.end(),
                                              [&](const auto& constant) { return constant.second == operand->bits; });
            if (!is_known) {
                std::string_view name = to->enumeration->name;
                if (name.starts_with("enum ")) name.remove_prefix(5);
                error(DiagnosticKind::bad_cast, node.range,
                      fmt::format("Enum: {} doesn't contain a variant value of {}", name, operand->bits));
                return types_.error();
            }
        }
        if (is_number(to)) {
            Literal value = *operand;
            value.kind = to->kind == Kind::boolean ? Literal::Kind::boolean : Literal::Kind::integer;
            value.bits = wrap_to(to, operand->bits);
            value.is_negative = to->is_signed && static_cast<std::int64_t>(value.bits) < 0;
            value.type = to;
            return literal(node, std::move(value));
        }
    }
    return to;
}

// ---- questions about types

const Type* Inference::size_of(const ast::SizeOf& node) {
    const Type* type = node.operand != nullptr ? infer(*node.operand) : resolve(*node.type, node.type->range);
    if (type == nullptr || is_error(type)) return type;
    type = settled(type);
    if (type->kind == Kind::string && type->capacity == 0)
        type = types_.string(static_cast<std::uint32_t>(analysis_.config.max_strlen));
    std::uint64_t bytes = as_string(types_, type)->size;
    // As the language counts them, with their frames; ours lie in a map, and what is passed around is their number.
    if (type->kind == Kind::kstack) bytes = 8 * std::uint64_t{type->stack_limit} + 8;
    if (type->kind == Kind::ustack) bytes = 8 * std::uint64_t{type->stack_limit} + 16;
    Literal size = Literal::of(bytes);
    size.type = types_.integer(8, false);
    return literal(node, std::move(size));
}

const Type* Inference::offset_of(const ast::OffsetOf& node) {
    const Type* type = node.operand != nullptr ? infer(*node.operand) : resolve(*node.type, node.type->range);
    if (type == nullptr || is_error(type)) return type;
    if (type->kind == Kind::pointer && node.operand != nullptr) type = type->element;
    std::uint64_t offset = 0;
    for (const ast::Text name : node.path) {
        if (type->kind != Kind::structure && type->kind != Kind::record) {
            error(DiagnosticKind::bad_access, node.range,
                  fmt::format("'{}' is not a c_struct type.", types::name_of(type)));
            return types_.error();
        }
        const auto member = types::find_member(type, name);
        if (!member) {
            error(DiagnosticKind::unknown_field, node.range,
                  fmt::format("'{}' has no field named '{}'", types::name_of(type), name));
            return types_.error();
        }
        offset += member->offset;
        type = member->type;
    }
    Literal value = Literal::of(offset);
    value.type = types_.integer(8, false);
    return literal(node, std::move(value));
}

/// What typeof() and typeinfo() ask about: of a map with keys, written without one, the key.
const Type* Inference::described(const ast::Expr& expr) {
    if (expr.kind == ast::ExprKind::map && !ast::as<ast::Map>(expr).has_key) {
        const MapInfo& map = analysis_.maps[info(expr).map];
        if (!map.is_scalar.value_or(true)) return info(expr).type = map.key.read();
    }
    return infer(expr);
}

const Type* Inference::type_info(const ast::TypeInfo& node) {
    switch (analysis_.config.unstable_typeinfo) {
        case program::Config::Gate::enable: break;
        case program::Config::Gate::warn:
            warning(DiagnosticKind::warn_unstable, node.range,
                    "Script is using an unstable feature: typeinfo. To prevent this warning you must explicitly enable "
                    "it in the config e.g. unstable_typeinfo=enable");
            break;
        case program::Config::Gate::error:
            error(DiagnosticKind::unsupported, node.range,
                  "typeinfo feature is not enabled by default. To enable this unstable feature, set the config flag "
                  "to enable. unstable_typeinfo=enable");
            return types_.error();
    }
    const Type* type = node.operand != nullptr ? described(*node.operand) : resolve(*node.type, node.type->range);
    if (type == nullptr || is_error(type)) return type;
    type = settled(type);
    analysis_.described[node.id] = type;
    const auto text = [this](std::string_view of) { return types_.string(static_cast<std::uint32_t>(of.size() + 1)); };
    const std::pair<std::string, const Type*> members[] = {{"btf_id", types_.integer(4, false)},
                                                           {"base_type", text(types::base_name_of(type))},
                                                           {"full_type", text(types::name_of(type))}};
    return types_.record(members);
}

/// A literal, or what is made of literals and of types alone.
bool Inference::is_known(const ast::Expr& expr) {
    if (info(expr).literal || expr.kind == ast::ExprKind::type_info) return true;
    if (expr.kind == ast::ExprKind::tuple)
        return std::ranges::all_of(ast::as<ast::Tuple>(expr).elements,
                                   [&](const ast::Expr* element) { return is_known(*element); });
    if (expr.kind == ast::ExprKind::record)
        return std::ranges::all_of(ast::as<ast::Record>(expr).members,
                                   [&](const ast::Record::Member& member) { return is_known(*member.value); });
    return false;
}

/// The operand's value, or the complaint that it has none before the script runs.
const Type* Inference::known_now(const ast::Comptime& node) {
    const Type* type = infer(*node.operand);
    if (type == nullptr || is_error(type)) return type;
    info(node).literal = info(*node.operand).literal;
    if (is_known(*node.operand)) return type;
    error(DiagnosticKind::not_constant, ast::extent(node), "Unable to evaluate at compile time.")
        .hint(
            "known before the script runs: literals, $1, sizeof, offsetof, typeinfo, #defines, enum constants, "
            "getopt() and what is computed of them");
    return types_.error();
}

/// One member is known while compiling, so that `if comptime (typeinfo(x).base_type == "int")` chooses a branch.
const Type* Inference::type_info_member(const ast::Field& node) {
    const Type* record = infer(*node.base);
    if (record == nullptr || is_error(record)) return record;
    const Type* type = analysis_.described[node.base->id];
    if (node.name == "btf_id") return literal(node, Literal::of(std::uint64_t{types::btf_id_of(type)}));
    if (node.name == "base_type") return literal(node, Literal::of(std::string(types::base_name_of(type))));
    if (node.name == "full_type") return literal(node, Literal::of(types::name_of(type)));
    return no_member(node, record);
}

const Type* Inference::address_of(const ast::AddressOf& node) {
    if (node.target->kind == ast::ExprKind::map) {
        const MapInfo& map = analysis_.maps[info(*node.target).map];
        const Type* value = settled(map.value.read());
        return value == nullptr
                   ? nullptr
                   : types_.pointer(value->is_aggregation() ? types_.void_type() : value, AddressSpace::kernel);
    }
    const Type* type = infer(*node.target);
    if (type == nullptr || is_error(type)) return type;
    return types_.pointer(type, AddressSpace::kernel);
}

}  // namespace check
