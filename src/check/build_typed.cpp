// Entrance: build_typed: expanded trees and their types -> typed::Script. Sugar ends here: casts are spelled out, += is
// an assignment, field chains are loads and members, what is known is a literal. The last place that can report an
// error.
#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include "runtime/base/bug.h"
#include "src/ast/visit.h"
#include "src/check/analysis.h"
#include "src/check/type_rules.h"

namespace check {

namespace {

using types::AddressSpace;
using types::Member;

class Builder {
  public:
    explicit Builder(Analysis& analysis) : analysis_(analysis), types_(analysis.types) {}

    typed::Script run() {
        script_.config = analysis_.config;
        if (analysis_.input.options.is_listing) {
            for (std::size_t group = 0; group < analysis_.clauses.size(); ++group)
                for (const AttachPlace& place : analysis_.clauses[group].places)
                    add_probe(place, group);
            return std::move(script_);
        }
        number_maps();
        for (Body& body : analysis_.bodies)
            build_body(body);
        for (FunctionBody& function : analysis_.functions)
            build_function(function);
        std::stable_sort(script_.probes.begin(), script_.probes.end(),
                         [](const std::unique_ptr<typed::Probe>& a, const std::unique_ptr<typed::Probe>& b) {
                             return a->group < b->group;
                         });
        return std::move(script_);
    }

  private:
    // ---- maps and probes

    void number_maps() {
        map_indices_.resize(analysis_.maps.size());
        for (std::size_t i = 0; i < analysis_.maps.size(); ++i) {
            const MapInfo& info = analysis_.maps[i];
            if (!info.is_used || info.value.now == nullptr) continue;
            typed::Map map;
            map.name = info.name;
            map.declared_kind = info.declared_kind;
            if (info.declaration != nullptr) map.max_entries = info.declaration->max_entries;
            map.declared = info.declaration != nullptr ? info.declaration->range : info.first;
            if (!info.is_scalar.value_or(true) && info.key.now != nullptr) map.key = types_.settled(info.key.now);
            map.value = types_.settled(info.value.now);
            if (map.value->is_aggregation()) map.aggregation = aggregation_of(info, map.value);
            map_indices_[i] = typed::MapIndex(script_.maps.size());
            script_.maps.push_back(std::move(map));
        }
    }

    static program::Aggregation aggregation_of(const MapInfo& info, const Type* value) {
        program::Aggregation aggregation = info.aggregation;
        if (aggregation.kind == program::AggregationKind::none)
            aggregation.kind =
                static_cast<program::AggregationKind>(static_cast<int>(value->kind) - static_cast<int>(Kind::count) +
                                                      static_cast<int>(program::AggregationKind::count));
        aggregation.is_signed = value->is_signed;
        if (aggregation.bucket_count == 0 && aggregation.kind == program::AggregationKind::hist)
            aggregation.bucket_count = ((64 - aggregation.hist_bits) << aggregation.hist_bits) + 1;
        if (aggregation.bucket_count == 0 && aggregation.kind == program::AggregationKind::lhist)
            aggregation.bucket_count = static_cast<std::uint32_t>((aggregation.lhist_max - aggregation.lhist_min) /
                                                                  std::max<std::int64_t>(1, aggregation.lhist_step)) +
                                       2;
        return aggregation;
    }

    typed::MapIndex use(std::uint32_t map) {
        used_maps_.insert(map);
        return map_indices_[map];
    }

    typed::Probe& add_probe(const AttachPlace& place, std::size_t group) {
        auto probe = std::make_unique<typed::Probe>();
        probe->name = place.name;
        probe->kind = place.kind;
        probe->place = place.place;
        probe->attach_point = place.range;
        probe->if_missing = analysis_.config.missing_probes;
        probe->group = group;
        using enum program::ProbeKind;
        if (analysis_.input.options.pid &&
            program::KindSet::of(kprobe, kretprobe, fentry, fexit, tracepoint, rawtracepoint).has(place.kind))
            probe->pid_filter = analysis_.input.options.pid;
        script_.probes.push_back(std::move(probe));
        return *script_.probes.back();
    }

    void build_body(Body& body) {
        body_ = &body;
        typed::Probe& first = add_probe(body.place(), body.group);
        first.arguments = body.arguments;
        probe_ = &first;
        hidden_.clear();
        if (body.predicate != nullptr) first.predicate = condition(*body.predicate);
        used_maps_.clear();
        first.body = block(*body.block);
        if (used_maps_.size() > kMostMaps)
            analysis_.diagnostics
                .add(DiagnosticKind::bad_map, body.place().range,
                     fmt::format("Probe uses {} maps, the kernel allows {}", used_maps_.size(), kMostMaps))
                .hint("keys make one map of many: @m[1], @m[\"name\"]");
        for (const VariableInfo& variable : body.variables)
            first.variables.push_back({variable.name, variable_type(variable), variable.is_captured});
        for (typed::VariableSlot& slot : hidden_)
            first.variables.push_back(std::move(slot));
        // The other places of a shared body differ in nothing the body can see.
        if (body.places.size() > 1) first.shared_body = body_count_;
        first.is_told_name = body.is_told_name;
        for (std::size_t i = 1; i < body.places.size(); ++i) {
            typed::Probe& other = add_probe(body.places[i], body.group);
            const typed::Probe& original = *probe_;
            other.arguments = original.arguments;
            other.predicate = original.predicate;
            other.body = original.body;
            other.variables = original.variables;
            other.shared_body = body_count_;
            other.is_told_name = body.is_told_name;
        }
        body_ = nullptr;
        ++body_count_;
    }

    void build_function(FunctionBody& function) {
        Body& body = function.body;
        body_ = &body;
        typed::Probe place;  // for what asks where it stands; a fn has no arguments of the event
        probe_ = &place;
        hidden_.clear();
        typed::SubProgram made;
        made.name = function.function->name;
        const bool has_result = function.result != nullptr && function.result->kind != Kind::void_;
        made.result = has_result ? function.result : nullptr;
        made.body = block(*body.block);
        for (const ast::Variable* parameter : function.parameters)
            made.parameters.emplace_back(analysis_.info(*parameter).variable);
        for (const VariableInfo& variable : body.variables)
            made.variables.push_back({variable.name, variable_type(variable), variable.is_captured});
        for (typed::VariableSlot& slot : hidden_)
            made.variables.push_back(std::move(slot));
        script_.functions.push_back(std::move(made));
        body_ = nullptr;
        probe_ = nullptr;
    }

    const Type* variable_type(const VariableInfo& variable) const {
        return variable.declared != nullptr ? variable.declared : types_.settled(variable.slot.now);
    }

    /// A variable no script can name.
    typed::VariableId hidden_variable(const Type* type) {
        hidden_.push_back({fmt::format("$#{}", hidden_.size()), type, false});
        return typed::VariableId(body_->variables.size() + hidden_.size() - 1);
    }

    // ---- making nodes

    template <typename Node>
    Node* make(typed::ExprKind kind, const Type* type, Range range) {
        Node* node = script_.make<Node>();
        node->kind = kind;
        node->type = type;
        node->range = range;
        return node;
    }
    template <typename Node>
    Node* make(typed::StmtKind kind, Range range) {
        Node* node = script_.make<Node>();
        node->kind = kind;
        node->range = range;
        return node;
    }

    const typed::Expr* integer(std::uint64_t value, const Type* type, Range range) {
        auto* node = make<typed::Integer>(typed::ExprKind::integer, type, range);
        node->value = wrap_to(type, value);
        return node;
    }

    const typed::Expr* variable(typed::VariableId id, const Type* type, Range range) {
        auto* node = make<typed::Variable>(typed::ExprKind::variable, type, range);
        node->variable = id;
        return node;
    }

    const typed::Expr* convert(const typed::Expr* expr, const Type* to) {
        const Type* from = expr->type;
        if (from == to) return expr;
        if (expr->kind == typed::ExprKind::integer && to->is_scalar())
            return integer(typed::as<typed::Integer>(*expr).value, to, expr->range);
        if (expr->kind == typed::ExprKind::string && to->kind == Kind::string) {
            auto* node = make<typed::String>(typed::ExprKind::string, to, expr->range);
            node->value = typed::as<typed::String>(*expr).value;
            return node;
        }
        if (expr->kind == typed::ExprKind::tuple && (to->kind == Kind::tuple || to->kind == Kind::record))
            return convert_tuple(expr, to);
        auto* node = make<typed::Cast>(typed::ExprKind::cast, to, expr->range);
        node->operand = expr;
        return node;
    }

    /// A literal tuple is made in the wanted shape at once; a record's members are put in the wanted order, evaluated
    /// as written.
    const typed::Expr* convert_tuple(const typed::Expr* expr, const Type* to) {
        const auto& from = typed::as<typed::Tuple>(*expr);
        auto* node = make<typed::Tuple>(typed::ExprKind::tuple, to, expr->range);
        std::vector<std::uint32_t> where(from.elements.size());
        node->elements.resize(to->members.size());
        for (std::uint32_t i = 0; i < from.elements.size(); ++i) {
            std::uint32_t target = i;
            if (to->kind == Kind::record)
                for (std::uint32_t j = 0; j < to->members.size(); ++j)
                    if (to->members[j].name == from.type->members[i].name) target = j;
            where[i] = target;
            node->elements[target] = convert(from.elements[i], to->members[target].type);
        }
        for (const std::uint32_t i : from.order)
            node->order.push_back(where[i]);
        return node;
    }

    // ---- literals

    const typed::Expr* literal(const Literal& value, const Type* type, Range range, bool is_exempt = false) {
        if (!value.is_text()) {
            const typed::Expr* made = integer(value.bits, types_.settled(type), range);
            if (value.type != nullptr) cast_literals_.insert(made);
            return made;
        }
        const std::uint64_t most = analysis_.config.max_strlen;
        if (!is_exempt && value.text.size() + 1 > most)
            analysis_.diagnostics.add(DiagnosticKind::literal, range,
                                      fmt::format("String is too long (over {} bytes): {}", most, value.text));
        auto* node = make<typed::String>(typed::ExprKind::string,
                                         types_.string(static_cast<std::uint32_t>(value.text.size() + 1)), range);
        node->value = value.text;
        return node;
    }

    /// A text that the script does not spell, so that it is not the script's fault if it is long: probe, strerror(2).
    static bool is_named(const ast::Expr& expr) {
        return expr.kind == ast::ExprKind::identifier ||
               (expr.kind == ast::ExprKind::call && ast::as<ast::Call>(expr).name != "str");
    }

    const Type* type_of(const ast::Expr& expr) {
        const Type* type = analysis_.info(expr).type;
        BUG_IF(type == nullptr, "an expression without a type");
        return types_.settled(type);
    }

    // ---- expressions

    const typed::Expr* build(const ast::Expr& expr) {
        const ExprInfo& info = analysis_.info(expr);
        if (info.literal && info.type != nullptr && (info.literal->is_text() || info.type->is_scalar()))
            return literal(*info.literal, info.type, expr.range, is_named(expr));
        return ast::visit(
            expr,
            ast::Overloaded{
                [&](const ast::Variable& node) -> const typed::Expr* {
                    const std::uint32_t index = analysis_.info(node).variable;
                    return variable(typed::VariableId(std::size_t{index}), variable_type(body_->variables[index]),
                                    node.range);
                },
                [&](const ast::Map& node) -> const typed::Expr* { return map_value(node); },
                [&](const ast::Identifier& node) -> const typed::Expr* { return identifier(node); },
                [&](const ast::Call& node) -> const typed::Expr* { return call(node, node.arguments); },
                [&](const ast::Field& node) -> const typed::Expr* { return field(node); },
                [&](const ast::TupleIndex& node) -> const typed::Expr* {
                    return member(build(*node.base), node.index, node.range);
                },
                [&](const ast::Index& node) -> const typed::Expr* { return element(node); },
                [&](const ast::Unary& node) -> const typed::Expr* { return unary(node); },
                [&](const ast::Binary& node) -> const typed::Expr* {
                    return binary(node.op, build(*node.left), build(*node.right), type_of(node), node.range);
                },
                [&](const ast::Increment& node) -> const typed::Expr* {
                    auto* made = make<typed::Increment>(typed::ExprKind::increment, type_of(node), node.range);
                    made->is_decrement = node.is_decrement;
                    made->is_prefix = node.is_prefix;
                    made->target = place(*node.target);
                    return made;
                },
                [&](const ast::Ternary& node) -> const typed::Expr* { return ternary(node); },
                [&](const ast::Cast& node) -> const typed::Expr* { return cast(node); },
                [&](const ast::Tuple& node) -> const typed::Expr* { return tuple(node.elements, node.range); },
                [&](const ast::Record& node) -> const typed::Expr* {
                    auto* made = make<typed::Tuple>(typed::ExprKind::tuple, type_of(node), node.range);
                    for (std::size_t i = 0; i < node.members.size(); ++i) {
                        made->elements.push_back(convert(build(*node.members[i].value), made->type->members[i].type));
                        made->order.push_back(static_cast<std::uint32_t>(i));
                    }
                    return made;
                },
                [&](const ast::Comptime& node) -> const typed::Expr* { return build(*node.operand); },
                [&](const ast::IfExpr& node) -> const typed::Expr* { return if_value(node); },
                [&](const ast::BlockExpr& node) -> const typed::Expr* { return block_value(*node.block, node.range); },
                [&](const ast::AddressOf& node) -> const typed::Expr* {
                    auto* made = make<typed::AddressOf>(typed::ExprKind::address_of, type_of(node), node.range);
                    made->target = place(*node.target);
                    return made;
                },
                // Known values all: handled above.
                [&](const ast::Integer& node) -> const typed::Expr* {
                    return integer(node.value, type_of(node), node.range);
                },
                [&](const ast::String& node) -> const typed::Expr* {
                    return literal(Literal::of(std::string(node.value)), type_of(node), node.range);
                },
                [&](const ast::Boolean& node) -> const typed::Expr* {
                    return integer(node.value ? 1 : 0, types_.boolean(), node.range);
                },
                [&](const ast::Character& node) -> const typed::Expr* {
                    return integer(static_cast<std::uint64_t>(std::int64_t{node.value}), type_of(node), node.range);
                },
                [&](const ast::SizeOf& node) -> const typed::Expr* { return integer(0, type_of(node), node.range); },
                [&](const ast::OffsetOf& node) -> const typed::Expr* { return integer(0, type_of(node), node.range); },
                [&](const ast::Positional& node) -> const typed::Expr* {
                    return integer(0, types_.integer(8, true), node.range);
                },
                [&](const ast::ParameterCount& node) -> const typed::Expr* {
                    return integer(0, types_.integer(8, true), node.range);
                },
                [&](const ast::TypeInfo& node) -> const typed::Expr* { return type_info(node); },
                [&](const ast::TypeArgument& node) -> const typed::Expr* {
                    return integer(0, types_.integer(8, true), node.range);
                },
            });
    }

    const typed::Expr* condition(const ast::Expr& expr) {
        const ExprInfo& info = analysis_.info(expr);
        if (info.literal) return integer(info.literal->is_true() ? 1 : 0, types_.boolean(), expr.range);
        return build(expr);
    }

    const typed::Expr* tuple(const std::vector<const ast::Expr*>& elements, Range range) {
        std::vector<const typed::Expr*> built;
        std::vector<const Type*> shapes;
        for (const ast::Expr* element : elements) {
            built.push_back(build(*element));
            shapes.push_back(built.back()->type);
        }
        auto* node = make<typed::Tuple>(typed::ExprKind::tuple, types_.tuple(shapes), range);
        node->elements = std::move(built);
        for (std::uint32_t i = 0; i < node->elements.size(); ++i)
            node->order.push_back(i);
        return node;
    }

    const typed::Expr* type_info(const ast::TypeInfo& node) {
        const Type* described = analysis_.described[node.id];
        auto* made = make<typed::Tuple>(typed::ExprKind::tuple, type_of(node), node.range);
        const auto add = [&](const Literal& value) {
            const std::size_t i = made->elements.size();
            const Type* type = made->type->members[i].type;
            made->elements.push_back(convert(literal(value, type, node.range, true), type));
            made->order.push_back(static_cast<std::uint32_t>(i));
        };
        add(Literal::of(std::uint64_t{types::btf_id_of(described)}));
        add(Literal::of(std::string(types::base_name_of(described))));
        add(Literal::of(types::name_of(described)));
        return made;
    }

    /// The key as the map wants it; null for scalars.
    const typed::Expr* key_of(const ast::Map& map) {
        const MapInfo& info = analysis_.maps[analysis_.info(map).map];
        if (!map.has_key || map.keys.empty() || info.key.now == nullptr) return nullptr;
        const typed::Expr* key = map.keys.size() == 1 ? build(*map.keys.front()) : tuple(map.keys, map.range);
        return convert(key, types_.settled(info.key.now));
    }

    const typed::Expr* map_value(const ast::Map& map, const typed::Expr* key, const Type* type) {
        auto* node = make<typed::MapValue>(typed::ExprKind::map_value, type, map.range);
        node->map = use(analysis_.info(map).map);
        node->key = key;
        return node;
    }

    const typed::Expr* map_value(const ast::Map& map) {
        const MapInfo& info = analysis_.maps[analysis_.info(map).map];
        if (info.value.now == nullptr) return integer(0, types_.integer(8, true), map.range);  // nothing writes it
        return map_value(map, key_of(map), type_of(map));
    }

    /// Of ++, & and +=: the variable or map element itself.
    const typed::Expr* place(const ast::Expr& expr) {
        if (expr.kind == ast::ExprKind::map) {
            const auto& map = ast::as<ast::Map>(expr);
            const MapInfo& info = analysis_.maps[analysis_.info(map).map];
            return map_value(map, key_of(map), types_.settled(info.value.now));
        }
        const std::uint32_t index = analysis_.info(expr).variable;
        return variable(typed::VariableId(std::size_t{index}), variable_type(body_->variables[index]), expr.range);
    }

    const typed::Expr* argument(const program::Argument& which, const Type* type, Range range) {
        auto* node = make<typed::Argument>(typed::ExprKind::argument, type, range);
        node->argument =
            &probe_->arguments.arguments[static_cast<std::size_t>(&which - body_->arguments.arguments.data())];
        return node;
    }

    const typed::Expr* identifier(const ast::Identifier& node) {
        const ExprInfo& info = analysis_.info(node);
        if (info.is_args) return make<typed::Arguments>(typed::ExprKind::arguments, type_of(node), node.range);
        if (info.argument != nullptr) return argument(*info.argument, type_of(node), node.range);
        return call(node, {});
    }

    // ---- fields and elements

    const typed::Expr* member(const typed::Expr* base, std::uint64_t index, Range range) {
        auto* node = make<typed::MemberOf>(typed::ExprKind::member, base->type->members[index].type, range);
        node->base = base;
        node->member = base->type->members[index];
        return node;
    }

    const typed::Expr* load(const typed::Expr* address, std::uint64_t offset, const Type* type, Range range) {
        auto* node = make<typed::Load>(typed::ExprKind::load, type, range);
        node->address = address;
        node->offset = offset;
        node->space = address->type->space;
        node->is_trusted = address->type->is_trusted;
        return node;
    }

    const typed::Expr* field(const ast::Field& node) {
        const ExprInfo& info = analysis_.info(node);
        if (info.argument != nullptr) return argument(*info.argument, type_of(node), node.range);
        const typed::Expr* base = build(*node.base);
        const Type* through = base->type->kind == Kind::pointer ? base->type->element : base->type;
        const auto found = types::find_member(through, node.name);
        BUG_IF(!found, "a member that inference found is gone");
        if (base->type->kind == Kind::pointer) {
            const typed::Expr* made = load(base, found->offset, type_of(node), node.range);
            auto* value = const_cast<typed::Load*>(&typed::as<typed::Load>(*made));
            value->bit_offset = found->bit_offset;
            value->bit_size = found->bit_size;
            value->is_in_union = found->is_in_union;
            return value;
        }
        auto* made = make<typed::MemberOf>(typed::ExprKind::member, type_of(node), node.range);
        made->base = base;
        made->member = *found;
        made->member.type = made->type;
        return made;
    }

    const typed::Expr* element(const ast::Index& node) {
        const typed::Expr* base = build(*node.base);
        const ast::Expr& index = *node.indices.front();
        const auto& constant = analysis_.info(index).literal;
        if (base->type->kind == Kind::tuple) return member(base, constant->bits, node.range);
        if (base->type->kind == Kind::pointer) {
            const std::uint64_t size = base->type->element->size;
            base = convert(base, untrusted(types_, base->type));
            if (constant && !constant->is_negative) return load(base, constant->bits * size, type_of(node), node.range);
            const typed::Expr* moved = binary(ast::BinaryOp::add, base, build(index), base->type, node.range);
            return load(moved, 0, type_of(node), node.range);
        }
        auto* made = make<typed::Element>(typed::ExprKind::element, type_of(node), node.range);
        made->base = convert(base, as_string(types_, base->type));
        made->index = constant ? integer(constant->bits, types_.integer(8, false), index.range)
                               : convert(build(index), types_.integer(8, false));
        return made;
    }

    // ---- operators

    const typed::Expr* unary(const ast::Unary& node) {
        if (node.op == ast::UnaryOp::dereference) {
            if (analysis_.info(node).is_args) return build(*node.operand);
            return load(build(*node.operand), 0, type_of(node), node.range);
        }
        const typed::Expr* operand =
            node.op == ast::UnaryOp::logical_not ? condition(*node.operand) : build(*node.operand);
        const Type* type = type_of(node);
        auto* made = make<typed::Unary>(typed::ExprKind::unary, type, node.range);
        made->op = node.op == ast::UnaryOp::logical_not ? typed::UnaryOp::logical_not
                   : node.op == ast::UnaryOp::negate    ? typed::UnaryOp::negate
                                                        : typed::UnaryOp::bit_not;
        made->operand = operand;
        if (node.op == ast::UnaryOp::logical_not) return made;
        // Unsigned values and explicit casts keep their width: -(uint32)7 is 4294967289, and ~(int8)0 is 255. Other
        // signed ones are computed at 64 bits.
        const Type* narrow = as_integer(types_, operand->type);
        const bool keeps_width = narrow->size < 8 &&
                                 (!narrow->is_signed || node.operand->kind == ast::ExprKind::cast) &&
                                 operand->type->kind != Kind::boolean;
        if (!keeps_width) {
            made->operand = convert(operand, type);
            return made;
        }
        made->type = types_.integer(narrow->size, false);
        made->operand = convert(operand, made->type);
        return convert(made, type);
    }

    static typed::BinaryOp arithmetic(ast::BinaryOp op) {
        switch (op) {
            case ast::BinaryOp::multiply: return typed::BinaryOp::multiply;
            case ast::BinaryOp::divide: return typed::BinaryOp::divide;
            case ast::BinaryOp::modulo: return typed::BinaryOp::modulo;
            case ast::BinaryOp::subtract: return typed::BinaryOp::subtract;
            case ast::BinaryOp::shift_left: return typed::BinaryOp::shift_left;
            case ast::BinaryOp::shift_right: return typed::BinaryOp::shift_right;
            case ast::BinaryOp::bit_and: return typed::BinaryOp::bit_and;
            case ast::BinaryOp::bit_xor: return typed::BinaryOp::bit_xor;
            case ast::BinaryOp::bit_or: return typed::BinaryOp::bit_or;
            case ast::BinaryOp::add:
            case ast::BinaryOp::less:
            case ast::BinaryOp::less_equal:
            case ast::BinaryOp::greater:
            case ast::BinaryOp::greater_equal:
            case ast::BinaryOp::equal:
            case ast::BinaryOp::not_equal:
            case ast::BinaryOp::logical_and:
            case ast::BinaryOp::logical_or: break;
        }
        return typed::BinaryOp::add;
    }

    static typed::CompareOp comparison(ast::BinaryOp op) {
        switch (op) {
            case ast::BinaryOp::not_equal: return typed::CompareOp::not_equal;
            case ast::BinaryOp::less: return typed::CompareOp::less;
            case ast::BinaryOp::less_equal: return typed::CompareOp::less_equal;
            case ast::BinaryOp::greater: return typed::CompareOp::greater;
            case ast::BinaryOp::greater_equal: return typed::CompareOp::greater_equal;
            default: return typed::CompareOp::equal;
        }
    }

    /// A literal adapts to its neighbour although it is settled by now; one with a cast does not.
    const Type* as_side(const typed::Expr& expr) {
        if (!cast_literals_.contains(&expr) && expr.kind == typed::ExprKind::integer &&
            expr.type->kind == Kind::integer && expr.type->is_signed &&
            static_cast<std::int64_t>(typed::as<typed::Integer>(expr).value) >= 0)
            return types_.flexible(expr.type->size, expr.type->size);
        return as_integer(types_, expr.type);
    }

    const typed::Expr* binary(ast::BinaryOp op, const typed::Expr* left, const typed::Expr* right, const Type* type,
                              Range range) {
        if (op == ast::BinaryOp::logical_and || op == ast::BinaryOp::logical_or) {
            auto* node = make<typed::Logical>(typed::ExprKind::logical, types_.boolean(), range);
            node->is_and = op == ast::BinaryOp::logical_and;
            node->left = truth(left);
            node->right = truth(right);
            return node;
        }
        if (is_comparison(op)) return compare(op, left, right, range);
        auto* node = make<typed::Binary>(typed::ExprKind::binary, type, range);
        node->op = arithmetic(op);
        if (type->kind == Kind::pointer) {
            const bool is_left = left->type->kind == Kind::pointer;
            const typed::Expr* distance = convert(is_left ? right : left, types_.integer(8, true));
            const std::uint64_t size = std::max(1u, type->element->size);
            if (size > 1) {
                auto* scaled = make<typed::Binary>(typed::ExprKind::binary, types_.integer(8, true), range);
                scaled->op = typed::BinaryOp::multiply;
                scaled->left = distance;
                scaled->right = integer(size, types_.integer(8, true), range);
                scaled->is_signed_operation = true;
                distance = scaled;
            }
            node->left = convert(is_left ? left : right, types_.integer(8, false));
            node->right = convert(distance, types_.integer(8, false));
            return node;
        }
        const bool is_signed = type->is_signed;
        node->is_signed_operation = is_signed;
        const Type* operand = types_.integer(8, is_signed);
        node->left = convert(left, operand);
        node->right = convert(right, operand);
        return node;
    }

    /// A text literal as a condition is true if there is some of it.
    const typed::Expr* truth(const typed::Expr* expr) {
        if (expr->kind == typed::ExprKind::string)
            return integer(typed::as<typed::String>(*expr).value.empty() ? 0 : 1, types_.boolean(), expr->range);
        return expr;
    }

    const typed::Expr* compare(ast::BinaryOp op, const typed::Expr* left, const typed::Expr* right, Range range) {
        auto* node = make<typed::Compare>(typed::ExprKind::compare, types_.boolean(), range);
        node->op = comparison(op);
        node->left = left;
        node->right = right;
        if (is_number(left->type) && is_number(right->type)) {
            node->is_signed_operation = is_signed_pair(as_side(*left), as_side(*right));
            const Type* operand = types_.integer(8, node->is_signed_operation);
            node->left = convert(left, operand);
            node->right = convert(right, operand);
            return node;
        }
        if (left->type->is_text_number() || right->type->is_text_number()) return compare_text_numbers(node);
        if (left->type->is_scalar() || left->type->kind == Kind::string) return node;
        if (const Type* both = merge(types_, left->type, right->type)) {
            node->left = convert(left, types_.settled(both));
            node->right = convert(right, types_.settled(both));
        }
        return node;
    }

    /// Two of a kind are compared as the numbers they are, and so is one with a literal that is the text of a number.
    const typed::Expr* compare_text_numbers(typed::Compare* node) {
        const auto number_of = [this](const typed::Expr* text, const Type* kind) -> const typed::Expr* {
            if (text->kind != typed::ExprKind::string) return nullptr;
            for (const auto& [name, number] : kind->enumeration->constants)
                if (name == typed::as<typed::String>(*text).value) return integer(number, kind, text->range);
            return nullptr;
        };
        if (node->left->type == node->right->type) return node;
        if (node->left->type->is_text_number())
            if (const typed::Expr* number = number_of(node->right, node->left->type)) {
                node->right = number;
                return node;
            }
        if (node->right->type->is_text_number())
            if (const typed::Expr* number = number_of(node->left, node->right->type)) {
                node->left = number;
                return node;
            }
        node->left = convert(node->left, as_string(types_, node->left->type));
        node->right = convert(node->right, as_string(types_, node->right->type));
        return node;
    }

    const typed::Expr* choose(const typed::Expr* condition, const typed::Expr* then, const typed::Expr* otherwise,
                              const Type* type, Range range) {
        auto* node = make<typed::Choose>(typed::ExprKind::choose, type, range);
        node->condition = condition;
        const bool is_value = type->kind != Kind::void_ && type->kind != Kind::none;
        node->then = is_value ? convert(then, type) : then;
        node->otherwise = is_value ? convert(otherwise, type) : otherwise;
        return node;
    }

    const typed::Expr* ternary(const ast::Ternary& node) {
        const ExprInfo& tested = analysis_.info(*node.condition);
        if (tested.literal)
            return build(!tested.literal->is_true() ? *node.otherwise
                         : node.then == nullptr     ? *node.condition
                                                    : *node.then);
        const Type* type = type_of(node);
        if (node.then != nullptr)
            return choose(condition(*node.condition), build(*node.then), build(*node.otherwise), type, node.range);
        // a ?: b evaluates a once.
        const typed::Expr* value = build(*node.condition);
        const typed::VariableId kept = hidden_variable(value->type);
        auto* assign = make<typed::AssignVariable>(typed::StmtKind::assign_variable, node.range);
        assign->variable = kept;
        assign->value = value;
        auto* block = make<typed::BlockExpr>(typed::ExprKind::block, type, node.range);
        block->block.statements.push_back(assign);
        block->value = choose(variable(kept, value->type, node.range), variable(kept, value->type, node.range),
                              build(*node.otherwise), type, node.range);
        return block;
    }

    const typed::Expr* if_value(const ast::IfExpr& node) {
        const ExprInfo& tested = analysis_.info(*node.condition);
        if (node.otherwise == nullptr || type_of(node)->kind == Kind::void_) {
            auto* made = make<typed::BlockExpr>(typed::ExprKind::block, types_.void_type(), node.range);
            made->block.statements.push_back(if_statement(node));
            return made;
        }
        if (tested.literal) return block_value(tested.literal->is_true() ? *node.then : *node.otherwise, node.range);
        return choose(condition(*node.condition), block_value(*node.then, node.range),
                      block_value(*node.otherwise, node.range), type_of(node), node.range);
    }

    const typed::Expr* block_value(const ast::Block& from, Range range) {
        if (from.statements.empty() && from.value != nullptr) return build(*from.value);
        const Type* type = from.value == nullptr ? types_.void_type() : type_of(*from.value);
        auto* node = make<typed::BlockExpr>(typed::ExprKind::block, type, range);
        for (const ast::Stmt* one : from.statements)
            statement(*one, node->block);
        if (from.value == nullptr) return node;
        if (type->kind == Kind::void_) {
            expression_statement(*from.value, from.value->range, node->block);
            return node;
        }
        node->value = build(*from.value);
        node->type = node->value->type;
        return node;
    }

    const typed::Expr* cast(const ast::Cast& node) {
        const typed::Expr* operand = build(*node.operand);
        const Type* to = type_of(node);
        if (operand->type == to) return operand;
        if (to->kind == Kind::array && operand->kind == typed::ExprKind::integer && operand->type->size != to->size)
            operand =
                integer(typed::as<typed::Integer>(*operand).value, types_.integer(to->size, true), operand->range);
        if (to->kind == Kind::array && operand->type->kind == Kind::string && operand->type->size < to->size)
            operand = convert(operand, types_.string(to->size));
        auto* made = make<typed::Cast>(typed::ExprKind::cast, to, node.range);
        made->operand = operand;
        return made;
    }

    // ---- calls

    const typed::Expr* function_call(const ast::Expr& node, const std::vector<const ast::Expr*>& arguments,
                                     std::uint32_t index) {
        const FunctionBody& function = analysis_.functions[index];
        auto* made = make<typed::FunctionCall>(typed::ExprKind::function_call, type_of(node), node.range);
        made->function = typed::SubProgramId(index);
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const std::uint32_t parameter = analysis_.info(*function.parameters[i]).variable;
            made->arguments.push_back(convert(build(*arguments[i]), variable_type(function.body.variables[parameter])));
        }
        return made;
    }

    const typed::Expr* call(const ast::Expr& node, const std::vector<const ast::Expr*>& arguments) {
        const ExprInfo& info = analysis_.info(node);
        if (node.kind == ast::ExprKind::call) {
            const auto& written = ast::as<ast::Call>(node);
            if (info.is_args) return make<typed::Arguments>(typed::ExprKind::arguments, type_of(node), node.range);
            if (written.name == "find" && arguments.size() == 3 && arguments[2]->kind == ast::ExprKind::variable)
                return find(written);
        }
        if (info.function != kNoIndex) return function_call(node, arguments, info.function);
        BUG_IF(info.row == nullptr, "a call without its row");
        const CallInfo& left = analysis_.calls[node.id];
        auto* made = make<typed::Call>(typed::ExprKind::call, type_of(node), node.range);
        made->row = info.row;
        made->format = left.format;
        made->text = left.text;
        made->number = left.number;
        made->probe_kind = body_->kind();
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const ast::Expr& argument = *arguments[i];
            const Parameter& parameter = *left.overload->parameter(i);
            if (argument.kind == ast::ExprKind::type_argument) continue;
            if (argument.kind == ast::ExprKind::identifier && parameter.takes(ParameterType::word) &&
                analysis_.info(argument).type == nullptr) {
                made->words.emplace_back(ast::as<ast::Identifier>(argument).name);
                continue;
            }
            if (argument.kind == ast::ExprKind::map) {
                const auto& map = ast::as<ast::Map>(argument);
                const bool is_reference =
                    map.has_key ? parameter.takes(ParameterType::element)
                                : parameter.takes(ParameterType::map) || parameter.takes(ParameterType::element);
                if (is_reference) {
                    made->map = use(analysis_.info(map).map);
                    if (map.has_key) made->key = key_of(map);
                    continue;
                }
            }
            if (parameter.takes_only(ParameterType::key)) {
                const Type* wanted = made->map.is_set() ? script_.maps[made->map.index()].key : nullptr;
                const typed::Expr* key = build(argument);
                made->key = wanted == nullptr ? nullptr : convert(key, wanted);
                continue;
            }
            const auto& known = analysis_.info(argument).literal;
            const bool is_compile_time =
                parameter.takes(ParameterType::string_literal) || parameter.takes(ParameterType::literal);
            const typed::Expr* value = known && known->is_text() && is_compile_time
                                           ? literal(*known, type_of(argument), argument.range, true)
                                           : build(argument);
            if (const auto wanted = left.conversions.find(i); wanted != left.conversions.end())
                value = convert(value, wanted->second);
            made->arguments.push_back(value);
        }
        return made;
    }

    /// find(@m, k, $v): has_key(@m, k) ? { $v = @m[k]; true } : false
    const typed::Expr* find(const ast::Call& node) {
        const auto& map = ast::as<ast::Map>(*node.arguments[0]);
        const typed::MapIndex index = use(analysis_.info(map).map);
        const typed::Map& target = script_.maps[index.index()];
        const typed::Expr* key = target.key == nullptr ? nullptr : convert(build(*node.arguments[1]), target.key);
        if (key != nullptr) key = kept(key, node.range);
        const typed::Builtin* row = analysis_.find_row("has_key");
        BUG_IF(row == nullptr, "no builtin has_key");
        auto* present = make<typed::Call>(typed::ExprKind::call, types_.boolean(), node.range);
        present->row = row;
        present->map = index;
        present->key = key;
        present->probe_kind = body_->kind();
        const std::uint32_t result = analysis_.info(*node.arguments[2]).variable;
        auto* value = make<typed::MapValue>(
            typed::ExprKind::map_value,
            target.value->is_aggregation() ? types_.integer(8, target.value->is_signed) : target.value, map.range);
        value->map = index;
        value->key = key;
        auto* assign = make<typed::AssignVariable>(typed::StmtKind::assign_variable, node.range);
        assign->variable = typed::VariableId(std::size_t{result});
        assign->value = convert(value, variable_type(body_->variables[result]));
        auto* found = make<typed::BlockExpr>(typed::ExprKind::block, types_.boolean(), node.range);
        found->block.statements.push_back(assign);
        found->value = integer(1, types_.boolean(), node.range);
        const typed::Expr* made =
            choose(present, found, integer(0, types_.boolean(), node.range), types_.boolean(), node.range);
        if (pending_.empty()) return made;
        auto* whole = make<typed::BlockExpr>(typed::ExprKind::block, types_.boolean(), node.range);
        whole->block.statements = std::exchange(pending_, {});
        whole->value = made;
        return whole;
    }

    // ---- values used twice

    /// Evaluating it again gives the same and does nothing.
    static bool is_pure(const typed::Expr& expr) {
        switch (expr.kind) {
            case typed::ExprKind::integer:
            case typed::ExprKind::string:
            case typed::ExprKind::variable:
            case typed::ExprKind::argument:
            case typed::ExprKind::arguments: return true;
            case typed::ExprKind::member: return is_pure(*typed::as<typed::MemberOf>(expr).base);
            case typed::ExprKind::cast: return is_pure(*typed::as<typed::Cast>(expr).operand);
            case typed::ExprKind::tuple: {
                const auto& elements = typed::as<typed::Tuple>(expr).elements;
                return std::all_of(elements.begin(), elements.end(),
                                   [](const typed::Expr* element) { return is_pure(*element); });
            }
            case typed::ExprKind::call: {
                // Who runs where stays the same while a probe runs.
                const auto& call = typed::as<typed::Call>(expr);
                constexpr std::string_view steady[] = {"pid", "tid",   "uid",      "gid",    "comm",
                                                       "cpu", "probe", "username", "cgroup", "ncpus"};
                return call.arguments.empty() &&
                       std::find(std::begin(steady), std::end(steady), call.row->name) != std::end(steady);
            }
            default: return false;
        }
    }

    /// The same value for a second use: kept in a hidden variable if need be; the assignment waits in pending_.
    const typed::Expr* kept(const typed::Expr* expr, Range range) {
        if (is_pure(*expr)) return expr;
        const typed::VariableId id = hidden_variable(expr->type);
        auto* assign = make<typed::AssignVariable>(typed::StmtKind::assign_variable, range);
        assign->variable = id;
        assign->value = expr;
        pending_.push_back(assign);
        return variable(id, expr->type, range);
    }

    // ---- statements

    typed::Block block(const ast::Block& from) {
        typed::Block to;
        for (const ast::Stmt* one : from.statements)
            statement(*one, to);
        if (from.value != nullptr) expression_statement(*from.value, from.value->range, to);
        return to;
    }

    const typed::Stmt* if_statement(const ast::IfExpr& node) {
        const ExprInfo& tested = analysis_.info(*node.condition);
        if (tested.literal) {
            auto* made = make<typed::BlockStmt>(typed::StmtKind::block, node.range);
            if (tested.literal->is_true())
                made->block = block(*node.then);
            else if (node.otherwise != nullptr)
                made->block = block(*node.otherwise);
            return made;
        }
        auto* made = make<typed::If>(typed::StmtKind::if_, node.range);
        made->condition = condition(*node.condition);
        made->then = block(*node.then);
        if (node.otherwise != nullptr) made->otherwise = block(*node.otherwise);
        return made;
    }

    void expression_statement(const ast::Expr& expr, Range range, typed::Block& to) {
        if (expr.kind == ast::ExprKind::if_) {
            to.statements.push_back(if_statement(ast::as<ast::IfExpr>(expr)));
            return;
        }
        if (expr.kind == ast::ExprKind::block) {
            auto* made = make<typed::BlockStmt>(typed::StmtKind::block, range);
            made->block = block(*ast::as<ast::BlockExpr>(expr).block);
            to.statements.push_back(made);
            return;
        }
        const ExprInfo& info = analysis_.info(expr);
        if (info.literal || (info.type != nullptr && info.type->kind == Kind::none))
            return;  // computed and thrown away: nothing to do
        auto* made = make<typed::ExprStmt>(typed::StmtKind::expression, range);
        made->expr = build(expr);
        to.statements.push_back(made);
    }

    void assign(const ast::Expr& target, const typed::Expr* value, Range range, typed::Block& to) {
        if (target.kind == ast::ExprKind::map) {
            const auto& map = ast::as<ast::Map>(target);
            auto* made = make<typed::AssignMap>(typed::StmtKind::assign_map, range);
            made->map = use(analysis_.info(map).map);
            made->key = key_of(map);
            made->value = convert(value, script_.maps[made->map.index()].value);
            to.statements.push_back(made);
            return;
        }
        const std::uint32_t index = analysis_.info(target).variable;
        auto* made = make<typed::AssignVariable>(typed::StmtKind::assign_variable, range);
        made->variable = typed::VariableId(std::size_t{index});
        made->value = convert(value, variable_type(body_->variables[index]));
        to.statements.push_back(made);
    }

    void compound_assign(const ast::CompoundAssign& node, typed::Block& to) {
        const typed::Expr* value = build(*node.value);
        if (node.target->kind == ast::ExprKind::variable) {
            const typed::Expr* old = place(*node.target);
            assign(*node.target, binary(node.op, old, value, result_of(node.op, *old, *value), node.range), node.range,
                   to);
            return;
        }
        const auto& map = ast::as<ast::Map>(*node.target);
        const MapInfo& info = analysis_.maps[analysis_.info(map).map];
        const Type* stored = types_.settled(info.value.now);
        const typed::Expr* key = key_of(map);
        if (key != nullptr) key = kept(key, node.range);
        const typed::Expr* old = map_value(map, key, stored);
        auto* made = make<typed::AssignMap>(typed::StmtKind::assign_map, node.range);
        made->map = use(analysis_.info(map).map);
        made->key = key;
        made->value = convert(binary(node.op, old, value, result_of(node.op, *old, *value), node.range), stored);
        for (const typed::Stmt* first : std::exchange(pending_, {}))
            to.statements.push_back(first);
        to.statements.push_back(made);
    }

    /// Type of `old op value`, as inference found it.
    const Type* result_of(ast::BinaryOp op, const typed::Expr& left, const typed::Expr& right) {
        if (left.type->kind == Kind::pointer) return left.type;
        const Type *a = as_side(left), *b = as_side(right);
        if (op == ast::BinaryOp::shift_left || op == ast::BinaryOp::shift_right) return types_.integer(8, a->is_signed);
        return types_.integer(8, op == ast::BinaryOp::subtract || is_signed_pair(a, b));
    }

    void statement(const ast::Stmt& stmt, typed::Block& to) {
        ast::visit(stmt,
                   ast::Overloaded{
                       [&](const ast::Let& node) {
                           if (node.value != nullptr) {
                               assign(*node.variable, build(*node.value), node.range, to);
                               return;
                           }
                           zero(*node.variable, node.range, to);
                       },
                       [&](const ast::Assign& node) {
                           const Type* type = analysis_.info(*node.value).type;
                           if (node.target->kind == ast::ExprKind::map && type != nullptr && type->is_aggregation()) {
                               aggregate(node, to);
                               return;
                           }
                           assign(*node.target, build(*node.value), node.range, to);
                       },
                       [&](const ast::CompoundAssign& node) { compound_assign(node, to); },
                       [&](const ast::Discard& node) { expression_statement(*node.value, node.range, to); },
                       [&](const ast::While& node) {
                           auto* made = make<typed::While>(typed::StmtKind::while_, node.range);
                           made->condition = condition(*node.condition);
                           made->body = block(*node.body);
                           to.statements.push_back(made);
                       },
                       [&](const ast::Unroll& node) {
                           auto* made = make<typed::Unroll>(typed::StmtKind::unroll, node.range);
                           made->count = analysis_.info(*node.count).literal->bits;
                           made->body = block(*node.body);
                           to.statements.push_back(made);
                       },
                       [&](const ast::ForRange& node) {
                           auto* made = make<typed::ForRange>(typed::StmtKind::for_range, node.range);
                           const std::uint32_t index = analysis_.info(*node.variable).variable;
                           made->variable = typed::VariableId(std::size_t{index});
                           const Type* type = variable_type(body_->variables[index]);
                           made->first = convert(build(*node.first), type);
                           made->last = convert(build(*node.last), type);
                           made->body = block(*node.body);
                           to.statements.push_back(made);
                       },
                       [&](const ast::ForMap& node) {
                           auto* made = make<typed::ForMap>(typed::StmtKind::for_map, node.range);
                           made->variable = typed::VariableId(std::size_t{analysis_.info(*node.variable).variable});
                           made->map = use(analysis_.info(*node.map).map);
                           made->body = block(*node.body);
                           to.statements.push_back(made);
                       },
                       [&](const ast::Break& node) {
                           to.statements.push_back(make<typed::Break>(typed::StmtKind::break_, node.range));
                       },
                       [&](const ast::Continue& node) {
                           to.statements.push_back(make<typed::Continue>(typed::StmtKind::continue_, node.range));
                       },
                       [&](const ast::Return& node) {
                           auto* made = make<typed::Return>(typed::StmtKind::return_, node.range);
                           if (node.value != nullptr) made->value = build(*node.value);
                           if (made->value != nullptr && body_->function != nullptr)
                               made->value = convert(made->value, body_->function->result);
                           to.statements.push_back(made);
                       },
                       [](const ast::ImportStmt&) {},
                       [&](const ast::BlockStmt& node) {
                           auto* made = make<typed::BlockStmt>(typed::StmtKind::block, node.range);
                           made->block = block(*node.block);
                           to.statements.push_back(made);
                       },
                       [&](const ast::ExprStmt& node) { expression_statement(*node.expr, node.range, to); },
                   });
    }

    /// `let $x;` starts from zero each time it is reached; what is reached once begins so anyway.
    void zero(const ast::Variable& node, Range range, typed::Block& to) {
        const std::uint32_t index = analysis_.info(node).variable;
        if (!body_->variables[index].is_repeated && body_->function == nullptr) return;
        auto* made = make<typed::ClearVariable>(typed::StmtKind::clear_variable, range);
        made->variable = typed::VariableId(std::size_t{index});
        to.statements.push_back(made);
    }

    void aggregate(const ast::Assign& node, typed::Block& to) {
        const auto& map = ast::as<ast::Map>(*node.target);
        const auto& written = ast::as<ast::Call>(*node.value);
        auto* made = make<typed::Aggregate>(typed::StmtKind::aggregate, node.range);
        auto* built = const_cast<typed::Call*>(&typed::as<typed::Call>(*call(written, written.arguments)));
        built->map = use(analysis_.info(map).map);
        built->key = key_of(map);
        built->type = script_.maps[built->map.index()].value;
        made->call = built;
        to.statements.push_back(made);
    }

    Analysis& analysis_;
    types::Table& types_;
    typed::Script script_;
    std::vector<typed::MapIndex> map_indices_;
    Body* body_ = nullptr;
    typed::Probe* probe_ = nullptr;
    std::vector<typed::VariableSlot> hidden_;
    std::size_t body_count_ = 0;
    std::vector<const typed::Stmt*> pending_;
    /// A program may name 64 maps (MAX_USED_MAPS of the verifier); some are our own: events, ledger, memory, stacks.
    static constexpr std::size_t kMostMaps = 54;
    std::unordered_set<std::uint32_t> used_maps_;           ///< of the body at hand
    std::unordered_set<const typed::Expr*> cast_literals_;  ///< literals that were given a type: (int64)5
};

}  // namespace

typed::Script build_typed(Analysis& analysis) {
    return Builder(analysis).run();
}

}  // namespace check
