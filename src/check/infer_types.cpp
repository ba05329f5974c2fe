// Entrance: infer_types.
#include <fmt/format.h>

#include "src/ast/visit.h"
#include "src/check/advice.h"
#include "src/check/inference.h"

namespace check {

namespace {

/// Rounds that start from nothing; chains of assignments against the order of the script are rarely longer.
constexpr int kFreshRounds = 12;
/// Then types only widen: integers reach 64 bits and strings max_strlen, so this ends.
constexpr int kGrowingRounds = 40;

}  // namespace

// ---- rounds

void Inference::contribute(Slot& slot, const Type* type) {
    if (type == nullptr || type->kind == Kind::error || type->kind == Kind::none || type->kind == Kind::void_) return;
    if (slot.next == nullptr) {
        slot.next = type;
        return;
    }
    // First come, first served: what does not fit is reported at the end, and changes nothing.
    if (const Type* both = merge(types_, slot.next, type)) slot.next = both;
}

bool Inference::end_round() {
    bool has_changed = false;
    const auto end = [&](Slot& slot) {
        if (is_growing_ && slot.now != nullptr && slot.next != nullptr) {
            if (const Type* both = merge(types_, slot.now, slot.next)) slot.next = both;
            // A string that grows by a piece each round has no end of its own.
            if (slot.next->kind == Kind::string && slot.next->capacity > slot.now->capacity)
                slot.next = types_.string(
                    std::max(slot.next->capacity, static_cast<std::uint32_t>(analysis_.config.max_strlen)));
        }
        if (slot.next == nullptr) return;
        has_changed |= slot.next != slot.now;
        slot.now = slot.next;
        slot.next = nullptr;
    };
    for (MapInfo& map : analysis_.maps) {
        end(map.key);
        end(map.value);
    }
    analysis_.for_each_body([&](Body& body) {
        for (VariableInfo& variable : body.variables)
            end(variable.slot);
    });
    return has_changed;
}

void Inference::round() {
    has_unknown_ = false;
    analysis_.for_each_body([&](Body& body) { infer_body(body); });
}

/// What nothing was ever assigned to is a number.
void Inference::settle_rest() {
    analysis_.for_each_body([&](Body& body) {
        for (VariableInfo& variable : body.variables)
            if (variable.slot.now == nullptr) variable.slot.now = types_.integer(8, true);
    });
    for (MapInfo& map : analysis_.maps)
        if (map.value.now == nullptr && map.is_assigned)
            map.value.now = types_.integer(8, true);  // @m[1] = @m[2] alone
    for (MapInfo& map : analysis_.maps)
        if (map.value.now == nullptr && map.is_scalar.value_or(true) && map.key.now == nullptr) map.is_scalar = true;
}

void Inference::run() {
    const auto until_stable = [&](int most) {
        for (int i = 0; i < most; ++i) {
            round();
            if (!end_round()) return true;
        }
        return false;
    };
    bool is_stable = until_stable(kFreshRounds);
    if (has_unknown_) {
        is_guessing_ = true;
        is_stable = until_stable(kFreshRounds);
    }
    if (!is_stable) {
        is_growing_ = true;
        until_stable(kGrowingRounds);
    }
    settle_rest();
    is_growing_ = true;
    until_stable(kGrowingRounds);

    is_reporting_ = true;
    round();
    finish_maps();
}

void Inference::finish_maps() {
    for (MapInfo& map : analysis_.maps) {
        if (!map.declared_kind || !map.is_assigned || map.value.now == nullptr) continue;
        const bool is_per_cpu = map.value.now->is_aggregation();
        const bool says_per_cpu = *map.declared_kind == program::MapKind::percpu_hash ||
                                  *map.declared_kind == program::MapKind::lru_percpu_hash;
        if (is_per_cpu == says_per_cpu) continue;
        error(DiagnosticKind::bad_map, map.assigned,
              fmt::format("Incompatible map types. Type from declaration: {}. Type from value/key type: {}",
                          map.declaration->type, is_per_cpu ? "percpuhash" : "hash"));
    }
}

void Inference::infer_body(Body& body) {
    body_ = &body;
    loops_ = all_loops_ = 0;
    const bool is_of_program =
        program::KindSet::of(program::ProbeKind::uprobe, program::ProbeKind::uretprobe, program::ProbeKind::usdt)
            .has(body.kind());
    analysis_.kernel_types.look_into(is_of_program ? body.place().place.target : std::string());
    if (body.predicate != nullptr) condition(*body.predicate, body.predicate->range);
    block(*body.block);
    body_ = nullptr;
}

// ---- statements

/// Of a fn: what its last line says, asked once.
const Type* Inference::function_result(FunctionBody& function) {
    if (function.result != nullptr) return function.result;
    const ast::TypeSpec* spec = function.result_spec;
    Body* caller = std::exchange(body_, &function.body);
    const Type* type = spec == nullptr ? types_.void_type() : resolve(*spec, spec->range);
    body_ = caller;
    if (type == nullptr) return nullptr;
    if (type->kind == Kind::string && type->capacity == 0)
        type = types_.string(static_cast<std::uint32_t>(analysis_.config.max_strlen));
    if (type->kind == Kind::buffer && type->capacity == 0)
        type = types_.buffer(static_cast<std::uint32_t>(analysis_.config.max_strlen));
    if (!is_error(type) && type->kind != Kind::void_ && !is_storable(type)) {
        error(DiagnosticKind::unknown_type, spec->range,
              fmt::format("A function can not return a value of type '{}'", types::name_of(type)));
        type = types_.error();
    }
    // An error is said in the round that reports.
    return is_error(type) ? type : function.result = settled(type);
}

void Inference::return_value(const ast::Return& node) {
    FunctionBody& function = *body_->function;
    const Type* result = function_result(function);
    const Type* type = node.value == nullptr ? types_.void_type() : infer(*node.value);
    if (result == nullptr || type == nullptr || is_error(result) || is_error(type)) return;
    const Type* both = result == type ? result : merge(types_, result, type);
    const bool fits = (is_number(result) && is_number(type)) || (both != nullptr && settled(both) == result);
    if (!fits)
        error(DiagnosticKind::bad_jump, node.range,
              fmt::format("Function {}() is of type {} but returns {}", function.function->name, types::name_of(result),
                          types::name_of(type)));
}

void Inference::block(const ast::Block& block) {
    for (const ast::Stmt* one : block.statements)
        statement(*one);
    if (block.value == nullptr) return;
    if (block.value->kind == ast::ExprKind::if_)
        if_value(ast::as<ast::IfExpr>(*block.value), true);
    else
        infer(*block.value);
}

const Type* Inference::block_value(const ast::Block& block) {
    for (const ast::Stmt* one : block.statements)
        statement(*one);
    return block.value == nullptr ? types_.void_type() : infer(*block.value);
}

void Inference::condition(const ast::Expr& expr, Range range) {
    const Type* type = infer(expr);
    if (type == nullptr || is_error(type) || info(expr).literal || is_condition(type)) return;
    auto added = error(DiagnosticKind::bad_condition, range, fmt::format("Invalid condition: {}", kind_word(type)));
    if (std::string hint = no_condition(type); !hint.empty()) added.hint(std::move(hint));
}

const Type* Inference::declared_type(VariableInfo& variable) {
    if (variable.spec == nullptr) return nullptr;
    const Type* type = resolve(*variable.spec, variable.spec->range);
    if (type == nullptr || is_error(type)) return type;
    if (type->kind == Kind::string && type->capacity == 0)
        return types_.string(static_cast<std::uint32_t>(analysis_.config.max_strlen));
    if (type->kind == Kind::buffer && type->capacity == 0)
        return types_.buffer(static_cast<std::uint32_t>(analysis_.config.max_strlen));
    if (!is_storable(type)) {
        error(DiagnosticKind::unknown_type, variable.spec->range,
              fmt::format("A variable can not be of type '{}'", types::name_of(type)));
        return types_.error();
    }
    return type;
}

const Type* Inference::variable_type(VariableInfo& variable) {
    if (variable.is_broken) return types_.error();
    if (variable.spec != nullptr) {
        if (variable.declared == nullptr) variable.declared = declared_type(variable);
        return variable.declared;
    }
    return settled(variable.slot.read());
}

void Inference::warn_of_cast(const Type* from, const Type* to, Range range) {
    warning(
        DiagnosticKind::warn_cast, range,
        fmt::format("Expression of type: {} being cast to type: {}. This may cause unexpected results. Use an explicit "
                    "cast to silence this warning.",
                    types::name_of(from), types::name_of(to)))
        .verbose_only();
}

void Inference::warn_of_sign(const Type* from, const Type* to, Range range) {
    const bool are_integers = from->kind == Kind::integer && to->kind == Kind::integer;
    if (are_integers && from->size == 8 && from->is_signed != to->is_signed && !from->is_flexible())
        warn_of_cast(from, to, range);
}

void Inference::assign_variable(VariableInfo& variable, const Type* type, const Literal* literal, Range range) {
    if (variable.spec != nullptr) variable.declared = declared_type(variable);
    const Type* declared = variable.declared;
    if (is_reporting_ && is_error(type) && variable.spec == nullptr) variable.is_broken = true;
    if (type == nullptr || is_error(type) || is_error(declared) || variable.is_broken) return;
    if (!is_storable(type)) {
        error(DiagnosticKind::type_mismatch, range,
              fmt::format("Value '{}' cannot be assigned to a scratch variable.", types::name_of(type)));
        return;
    }
    const Type* have = declared;
    bool fits = true;
    if (declared != nullptr) {
        contribute(variable.slot, declared);
        const Type* both = merge(types_, declared, type);
        if (is_number(declared) && is_number(type)) {
            // A literal has to fit; other numbers are cut to the declared width.
            if (literal != nullptr && !literal->is_text() && declared->kind == Kind::integer) {
                const bool is_kept =
                    wrap_to(declared, literal->bits) == literal->bits &&
                    (declared->is_signed ? literal->is_negative == (static_cast<std::int64_t>(literal->bits) < 0)
                                         : !literal->is_negative);
                fits = is_kept;
            } else if (type->kind == Kind::integer && declared->kind == Kind::integer &&
                       type->is_signed != declared->is_signed && !type->is_flexible()) {
                warn_of_cast(type, declared, range);
            }
        } else {
            fits = both != nullptr &&
                   (both == declared || (declared->kind == Kind::pointer && type->kind == Kind::pointer));
        }
    } else {
        contribute(variable.slot, type);
        have = settled(variable.slot.now);
        if (have == nullptr) return;
        const Type* both = merge(types_, have, type);
        fits = both != nullptr && settled(both) == have;
        if (fits) warn_of_sign(type, have, range);
    }
    if (fits) return;
    error(DiagnosticKind::type_mismatch, range,
          fmt::format("Type mismatch for {}: trying to assign value of type '{}' when variable already has a type '{}'",
                      variable.name, types::name_of(type), types::name_of(have)));
}

void Inference::assign_map(const ast::Map& map, const Type* type, Range range) {
    MapInfo& target = analysis_.maps[info(map).map];
    map_key(map, map.range);
    info(map).type = type;
    if (type == nullptr || is_error(type) || target.is_broken) return;
    if (type->kind == Kind::void_ || type->kind == Kind::none) {
        error(DiagnosticKind::type_mismatch, range,
              fmt::format("Value '{}' cannot be assigned to a map.", types::name_of(type)));
        return;
    }
    contribute(target.value, type);
    const Type* have = settled(target.value.now);
    if (have == nullptr) return;
    const Type* both = merge(types_, have, type);
    if (both != nullptr && settled(both) == have) {
        warn_of_sign(type, have, range);
        return;
    }
    error(DiagnosticKind::type_mismatch, range,
          fmt::format("Type mismatch for {}: trying to assign value of type '{}' when map already has a type '{}'",
                      map.name, types::name_of(type), types::name_of(have)));
}

void Inference::assign_type(const ast::Expr& target, const Type* type, const Literal* literal, Range range) {
    if (target.kind == ast::ExprKind::map) {
        assign_map(ast::as<ast::Map>(target), type, range);
        return;
    }
    const std::uint32_t index = info(target).variable;
    if (index == kNoIndex) return;
    VariableInfo& variable = body_->variables[index];
    assign_variable(variable, type, literal, range);
    info(target).type = variable_type(variable);
}

void Inference::assign(const ast::Expr& target, const ast::Expr& value, Range range) {
    const bool is_map = target.kind == ast::ExprKind::map;
    if (is_map && value.kind == ast::ExprKind::call) aggregation_ = &value;
    const Type* type = nullptr;
    if (value.kind == ast::ExprKind::map) {
        const MapInfo& from = analysis_.maps[info(value).map];
        type = map_read(ast::as<ast::Map>(value), true);
        info(value).type = type;
        if (is_map && from.is_aggregation()) {
            const Type* aggregation = from.value.read();
            const std::string_view to = analysis_.input.sources.text(target.range),
                                   what = analysis_.input.sources.text(value.range);
            std::string name = types::name_of(types_.aggregation(aggregation->kind, true));
            name.resize(name.size() - 2);  // count_t: count
            auto added = error(
                DiagnosticKind::bad_aggregation, range,
                fmt::format("Map value '{}' cannot be assigned from one map to another. The function that returns this "
                            "type must be called "
                            "directly e.g. `{} = {}({});`.",
                            types::name_of(aggregation), to, name, aggregation->kind == Kind::count ? "" : "..."));
            if (aggregation->kind <= Kind::avg)
                added.hint(fmt::format(
                    "Add a cast to integer if you want the value of the aggregate, e.g. `{} = (int64){};`.", to, what));
            map_key(ast::as<ast::Map>(target), target.range);
            return;
        }
    } else {
        type = infer(value);
    }
    aggregation_ = nullptr;
    const auto& literal = info(value).literal;
    const bool is_aggregation = is_map && type != nullptr && type->is_aggregation();
    assign_type(target, type, literal ? &*literal : nullptr, is_aggregation ? value.range : range);
    // Each use of an aggregation says with which parameters: they are the map's.
    if (!is_reporting_ || !is_map || value.kind != ast::ExprKind::call || type == nullptr || !type->is_aggregation())
        return;
    const auto found = analysis_.calls.find(value.id);
    if (found == analysis_.calls.end()) return;
    program::Aggregation given = found->second.aggregation.value_or(program::Aggregation{});
    MapInfo& map = analysis_.maps[info(target).map];
    const Type* have = settled(map.value.now);
    if (have == nullptr || have->kind != type->kind) return;
    if (given.kind == program::AggregationKind::none)
        given.kind =
            static_cast<program::AggregationKind>(static_cast<int>(type->kind) - static_cast<int>(Kind::count) +
                                                  static_cast<int>(program::AggregationKind::count));
    given.is_signed = have->is_signed;
    if (!map.has_aggregation) {
        map.has_aggregation = true;
        map.aggregation = given;
        map.aggregation_range = value.range;
        return;
    }
    const program::Aggregation& first = map.aggregation;
    if (given.kind == program::AggregationKind::hist && given.hist_bits != first.hist_bits)
        error(DiagnosticKind::bad_aggregation, value.range, "Different bits in a single hist unsupported")
            .note(map.aggregation_range, "This is the first use.");
    if (given.kind == program::AggregationKind::lhist &&
        (given.lhist_min != first.lhist_min || given.lhist_max != first.lhist_max ||
         given.lhist_step != first.lhist_step))
        error(DiagnosticKind::bad_aggregation, value.range, "Different lhist bounds in a single map unsupported")
            .note(map.aggregation_range, "This is the first use.");
    if (given.kind == program::AggregationKind::tseries &&
        (given.tseries_interval != first.tseries_interval || given.tseries_count != first.tseries_count ||
         given.tseries_of != first.tseries_of))
        error(DiagnosticKind::bad_aggregation, value.range, "Different tseries bounds in a single map unsupported")
            .note(map.aggregation_range, "This is the first use.");
}

/// Reports what keeps a loop from going over this map.
bool Inference::can_iterate(const ast::ForMap& node, const MapInfo& map) {
    const Type* value = map.value.read();
    if (node.map->has_key)
        error(DiagnosticKind::bad_map, node.map->range,
              fmt::format("{} is one value of a map; a loop goes over the whole map",
                          analysis_.input.sources.text(node.map->range)));
    else if (map.is_scalar.value_or(false) && map.is_assigned)
        error(DiagnosticKind::bad_map, node.map->range,
              fmt::format("{} has no explicit keys (scalar map), and cannot be used for iteration", map.name));
    else if (value == nullptr || settled(map.key.read()) == nullptr)
        error(DiagnosticKind::undefined_map, node.map->range, fmt::format("Undefined map: {}", map.name));
    else if (value->is_aggregation() && value->kind > Kind::avg)
        error(DiagnosticKind::bad_map, node.map->range,
              fmt::format("Loop expression does not support type: {}", types::name_of(value)));
    else
        return true;
    return false;
}

void Inference::statement(const ast::Stmt& stmt) {
    ast::visit(
        stmt,
        ast::Overloaded{
            [&](const ast::Let& node) {
                if (node.value != nullptr) {
                    assign(*node.variable, *node.value, node.range);
                    return;
                }
                const std::uint32_t index = info(*node.variable).variable;
                if (index == kNoIndex) return;
                VariableInfo& variable = body_->variables[index];
                if (variable.spec != nullptr) {
                    variable.declared = declared_type(variable);
                    contribute(variable.slot, variable.declared);
                }
            },
            [&](const ast::Assign& node) { assign(*node.target, *node.value, node.range); },
            [&](const ast::CompoundAssign& node) {
                const Type* value = infer(*node.value);
                const Type* target = nullptr;
                if (node.target->kind == ast::ExprKind::map) {
                    const MapInfo& map = analysis_.maps[info(*node.target).map];
                    const Type* stored = settled(map.value.read());
                    map_key(ast::as<ast::Map>(*node.target), node.target->range);
                    target = stored != nullptr && stored->is_aggregation() ? types_.integer(8, false) : stored;
                    if (stored == nullptr)
                        target = value == nullptr ? nullptr : is_number(value) ? types_.flexible(1, 1) : value;
                } else {
                    target = infer(*node.target);
                }
                const Type* result = binary_result(node.op, *node.target, *node.value, target, value, node.range);
                assign_type(*node.target, result, nullptr, node.range);
            },
            [&](const ast::Discard& node) { infer(*node.value); },
            [&](const ast::While& node) {
                condition(*node.condition, node.range);
                ++all_loops_;
                block(*node.body);
                --all_loops_;
            },
            [&](const ast::Unroll& node) {
                // The largest count keeps a thousand statements below what the verifier walks through.
                constexpr std::uint64_t kMost = 100;
                infer(*node.count);
                const auto& count = info(*node.count).literal;
                if (!count || count->is_text())
                    error(DiagnosticKind::bad_literal_argument, node.range, "invalid unroll value");
                else if (!count->is_negative && count->bits > kMost)
                    error(DiagnosticKind::bad_literal_argument, node.range,
                          fmt::format("unroll maximum value is {}", kMost));
                else if (count->is_negative || count->bits == 0)
                    error(DiagnosticKind::bad_literal_argument, node.range, "unroll minimum value is 1");
                ++all_loops_;
                block(*node.body);
                --all_loops_;
            },
            [&](const ast::ForRange& node) {
                const Type* first = infer(*node.first);
                const Type* last = infer(*node.last);
                bool is_bad = is_error(first) || is_error(last);
                for (const ast::Expr* end : {node.first, node.last}) {
                    const Type* type = info(*end).type;
                    if (type == nullptr || is_error(type) || is_number(type)) continue;
                    is_bad = true;
                    error(
                        DiagnosticKind::bad_operand, ast::extent(*end),
                        fmt::format("Loop range requires an integer for its bounds, found '{}'", types::name_of(type)));
                }
                if (const std::uint32_t index = info(*node.variable).variable; index != kNoIndex) {
                    VariableInfo& variable = body_->variables[index];
                    if (is_bad && is_reporting_) variable.is_broken = true;
                    if (first != nullptr && last != nullptr && is_number(first) && is_number(last))
                        contribute(variable.slot,
                                   settled(merge(types_, as_integer(types_, first), as_integer(types_, last))));
                    info(*node.variable).type = variable_type(variable);
                }
                ++loops_;
                ++all_loops_;
                block(*node.body);
                --loops_;
                --all_loops_;
            },
            [&](const ast::ForMap& node) {
                const MapInfo& map = analysis_.maps[info(*node.map).map];
                const Type* key = settled(map.key.read());
                const Type* value = map.value.read();
                const bool is_bad = !can_iterate(node, map) && is_reporting_;
                const Type* element = value == nullptr ? nullptr : read_value(map);
                if (const std::uint32_t index = info(*node.variable).variable; index != kNoIndex) {
                    VariableInfo& variable = body_->variables[index];
                    if (is_bad) variable.is_broken = true;
                    if (key != nullptr && element != nullptr && !element->is_aggregation())
                        contribute(variable.slot, types_.tuple(std::vector<const Type*>{key, element}));
                    info(*node.variable).type = variable_type(variable);
                }
                ++loops_;
                ++all_loops_;
                block(*node.body);
                --loops_;
                --all_loops_;
            },
            [](const ast::Break&) {},
            [](const ast::Continue&) {},
            [&](const ast::Return& node) {
                if (body_->function != nullptr) return return_value(node);
                if (node.value == nullptr) return;
                const Type* type = infer(*node.value);
                if (type != nullptr && !is_error(type) && !is_number(type))
                    error(DiagnosticKind::bad_jump, node.range,
                          fmt::format("Probe return values can only be integers. Found {}", types::name_of(type)));
            },
            [](const ast::ImportStmt&) {},
            [&](const ast::BlockStmt& node) { block(*node.block); },
            [&](const ast::ExprStmt& node) {
                if (node.expr->kind == ast::ExprKind::if_) {
                    if_value(ast::as<ast::IfExpr>(*node.expr), true);
                    return;
                }
                const Type* type = infer(*node.expr);
                if (type == nullptr || is_error(type) || type->kind == Kind::void_ ||
                    node.expr->kind == ast::ExprKind::increment)
                    return;
                if (node.expr->kind == ast::ExprKind::call && ast::as<ast::Call>(*node.expr).name == "delete") return;
                warning(DiagnosticKind::warn_discarded, node.expr->range, "Return value discarded.").verbose_only();
            },
        });
}

void infer_types(Analysis& analysis) {
    Inference(analysis).run();
}

}  // namespace check
