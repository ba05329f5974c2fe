// Entrance: resolve_names: every $variable and @map gets its index; scopes, jumps and unreachable statements are
// checked, map declarations read.
//
// Variables belong to the block that first assigns them. Old scripts relied on probe-wide ones: where a name is unknown
// by block scope but was assigned in a block that has ended, the whole body is resolved again with that name belonging
// to the probe, and a warning says so. `let` and `for` came together with block scope: what they declare ends with the
// block.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "src/ast/visit.h"
#include "src/check/analysis.h"

namespace check {

namespace {

class Resolver {
  public:
    Resolver(Analysis& analysis, Body& body) : analysis_(analysis), body_(body) {}

    void run() {
        do {
            body_.variables.clear();
            scopes_.clear();
            ended_.clear();
            declared_inside_.clear();
            pending_.clear();
            warnings_ = probe_wide_;
            is_stale_ = false;
            loops_ = 0;
            scopes_.emplace_back();
            if (body_.predicate != nullptr) visit(*body_.predicate);
            if (body_.function != nullptr) declare_parameters(*body_.function);
            block(*body_.block, false);
        } while (is_stale_);
        for (Pending& one : pending_) {
            auto added = analysis_.diagnostics.add(one.kind, one.range, std::move(one.message));
            for (auto& [range, text] : one.notes)
                added.note(range, text);
            for (std::string& hint : one.hints)
                added.hint(std::move(hint));
        }
        for (const VariableInfo& variable : body_.variables)
            if (variable.is_let && !variable.is_assigned && !variable.is_loop_variable)
                analysis_.diagnostics.add(DiagnosticKind::warn_unused, variable.first,
                                          fmt::format("Variable {} was never assigned to.", variable.name));
    }

  private:
    struct Pending {
        DiagnosticKind kind;
        Range range;
        std::string message;
        std::vector<std::pair<Range, std::string>> notes;
        std::vector<std::string> hints;
    };
    Pending& report(DiagnosticKind kind, Range range, std::string message) {
        return pending_.emplace_back(Pending{kind, range, std::move(message), {}, {}});
    }

    // ---- variables

    std::uint32_t find(std::string_view name) const {
        for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope)
            if (const auto found = scope->find(name); found != scope->end()) return found->second;
        return kNoIndex;
    }

    std::uint32_t declare(const ast::Variable& variable, Range first) {
        VariableInfo info;
        info.name = written_name(variable.name);
        info.first = first;
        const bool is_wide = probe_wide_.contains(variable.name);
        info.loop_depth = is_wide ? 0 : loops_;
        info.is_repeated = all_loops_ > 0;
        const auto index = static_cast<std::uint32_t>(body_.variables.size());
        body_.variables.push_back(std::move(info));
        (is_wide ? scopes_.front() : scopes_.back())[variable.name] = index;
        use(variable, index);
        return index;
    }

    void use(const ast::Variable& variable, std::uint32_t index) {
        analysis_.info(variable).variable = index;
        if (body_.variables[index].loop_depth < loops_) body_.variables[index].is_captured = true;
    }

    void read(const ast::Variable& variable) {
        const std::uint32_t index = find(variable.name);
        if (index == kNoIndex) {
            if (ended_.contains(variable.name) && !probe_wide_.contains(variable.name)) {
                probe_wide_.insert(variable.name);
                is_stale_ = true;
            } else {
                auto& error = report(DiagnosticKind::undefined_variable, variable.range,
                                     fmt::format("Undefined or undeclared variable: {}", written_name(variable.name)));
                std::vector<std::string> names;
                for (const VariableInfo& known : body_.variables)
                    if (!known.is_hidden) names.push_back(known.name);
                const std::string_view name = written_name(variable.name);
                if (const auto inside = declared_inside_.find(variable.name); inside != declared_inside_.end())
                    error.hints.push_back(
                        inside->second ? fmt::format("{} is there as long as its loop; copy it to another variable in "
                                                     "the loop",
                                                     name)
                                       : fmt::format("the {0} above ended with its block; `let {0};` before the block "
                                                     "declares one for both places",
                                                     name));
                else if (auto near = nearest_name(name, names); !near.empty())
                    error.hints.push_back(std::move(near));
                else
                    error.hints.push_back(
                        fmt::format("`let {};` declares it; what is assigned first says its type", name));
            }
            analysis_.info(variable).variable = kNoIndex;
            analysis_.info(variable).type = analysis_.types.error();
            return;
        }
        const VariableInfo& info = body_.variables[index];
        if (!info.is_assigned && !info.is_loop_variable)
            report(DiagnosticKind::warn_unused, variable.range,
                   fmt::format("Variable used before it was assigned: {}", info.name));
        if (warnings_.erase(variable.name) > 0)
            report(DiagnosticKind::warn_scope, variable.range,
                   fmt::format("{0} is used outside the block it was assigned in; for this script it belongs to the "
                               "whole probe. Write `let {0};` before "
                               "the block",
                               info.name));
        use(variable, index);
    }

    static std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

    void assign(const ast::Variable& variable, Range statement) {
        const std::uint32_t index = find(variable.name);
        if (index == kNoIndex) {
            body_.variables[declare(variable, statement)].is_assigned = true;
            return;
        }
        body_.variables[index].is_assigned = true;
        use(variable, index);
    }

    void shadowed(std::string message, Range at, const VariableInfo& other) {
        report(DiagnosticKind::shadowing, at, std::move(message))
            .notes.emplace_back(other.first, other.is_let || other.is_loop_variable
                                                 ? "This is the initial declaration."
                                                 : "This is the initial assignment.");
    }

    void declare_parameters(const FunctionBody& function) {
        for (std::size_t i = 0; i < function.parameters.size(); ++i) {
            const ast::Variable& parameter = *function.parameters[i];
            visit(*function.types[i]);
            if (const std::uint32_t other = find(parameter.name); other != kNoIndex) {
                shadowed(fmt::format("Variable {} was already declared. Variable shadowing is not allowed.",
                                     written_name(parameter.name)),
                         parameter.range, body_.variables[other]);
                continue;
            }
            VariableInfo& info = body_.variables[declare(parameter, parameter.range)];
            info.is_let = info.is_assigned = true;
            info.spec = function.types[i];
        }
        if (function.result_spec != nullptr) visit(*function.result_spec);
    }

    // ---- maps

    Range name_range(const ast::Map& map) const {
        return {map.range.file, map.range.begin, map.range.begin + static_cast<std::uint32_t>(map.name.size())};
    }

    /// `claims`: used as a value, so having a key or not says what kind of map it is.
    void use_map(const ast::Map& map, bool claims, bool is_written) {
        for (const ast::Expr* key : map.keys)
            visit(*key);
        const std::uint32_t index = analysis_.map_index(map.name);
        analysis_.info(map).map = index;
        MapInfo& info = analysis_.maps[index];
        if (!info.is_used) info.first = name_range(map);
        info.is_used = true;
        if (is_written && !info.is_assigned) {
            info.is_assigned = true;
            info.assigned = name_range(map);
        }
        if (!claims) return;
        if (!info.is_scalar) {
            info.is_scalar = !map.has_key;
            return;
        }
        if (*info.is_scalar == !map.has_key) return;
        report(DiagnosticKind::scalar_and_keyed, map.range,
               map.has_key ? fmt::format("{} used as a map with an explicit key (non-scalar map), previously used "
                                         "without an explicit key (scalar map)",
                                         map.name)
                           : fmt::format("{} used as a map without an explicit key (scalar map), previously used with "
                                         "an explicit key (non-scalar map)",
                                         map.name));
        info.is_broken = true;
    }

    // ---- expressions

    void visit(const ast::TypeSpec& spec) {
        if (spec.of_expr != nullptr) described(*spec.of_expr);
        if (spec.of_type != nullptr) visit(*spec.of_type);
    }

    /// typeof(@m) asks about the map, whether it has keys or not.
    void described(const ast::Expr& expr) {
        if (expr.kind == ast::ExprKind::map)
            use_map(ast::as<ast::Map>(expr), ast::as<ast::Map>(expr).has_key, false);
        else
            visit(expr);
    }

    void visit(const ast::Expr& expr) {
        ast::visit(expr, ast::Overloaded{
                             [&](const ast::Integer&) {},
                             [&](const ast::String&) {},
                             [&](const ast::Boolean&) {},
                             [&](const ast::Character&) {},
                             [&](const ast::Variable& node) { read(node); },
                             [&](const ast::Map& node) { use_map(node, true, false); },
                             [&](const ast::Positional&) {},
                             [&](const ast::ParameterCount&) {},
                             [&](const ast::Identifier&) {},
                             [&](const ast::Call& node) { call(node); },
                             [&](const ast::Field& node) { visit(*node.base); },
                             [&](const ast::TupleIndex& node) { visit(*node.base); },
                             [&](const ast::Index& node) {
                                 visit(*node.base);
                                 for (const ast::Expr* index : node.indices)
                                     visit(*index);
                             },
                             [&](const ast::Unary& node) { visit(*node.operand); },
                             [&](const ast::Binary& node) {
                                 visit(*node.left);
                                 visit(*node.right);
                             },
                             [&](const ast::Increment& node) { target(*node.target); },
                             [&](const ast::Ternary& node) {
                                 visit(*node.condition);
                                 if (node.then != nullptr) visit(*node.then);
                                 visit(*node.otherwise);
                             },
                             [&](const ast::Cast& node) {
                                 visit(*node.type);
                                 visit(*node.operand);
                             },
                             [&](const ast::Tuple& node) {
                                 for (const ast::Expr* element : node.elements)
                                     visit(*element);
                             },
                             [&](const ast::Record& node) {
                                 for (const ast::Record::Member& member : node.members)
                                     visit(*member.value);
                             },
                             [&](const ast::SizeOf& node) { type_or_expr(node); },
                             [&](const ast::OffsetOf& node) { type_or_expr(node); },
                             [&](const ast::TypeInfo& node) {
                                 if (node.type != nullptr) visit(*node.type);
                                 if (node.operand != nullptr) described(*node.operand);
                             },
                             [&](const ast::Comptime& node) { visit(*node.operand); },
                             [&](const ast::IfExpr& node) {
                                 visit(*node.condition);
                                 block(*node.then, true);
                                 if (node.otherwise != nullptr) block(*node.otherwise, true);
                             },
                             [&](const ast::BlockExpr& node) { block(*node.block, true); },
                             [&](const ast::AddressOf& node) {
                                 if (node.target->kind == ast::ExprKind::map)
                                     use_map(ast::as<ast::Map>(*node.target), false, false);
                                 else
                                     visit(*node.target);
                             },
                             [&](const ast::TypeArgument& node) { visit(*node.type); },
                         });
    }

    template <typename Node>
    void type_or_expr(const Node& node) {
        if (node.type != nullptr) visit(*node.type);
        if (node.operand != nullptr) visit(*node.operand);
    }

    void call(const ast::Call& node) {
        for (std::size_t i = 0; i < node.arguments.size(); ++i) {
            const ast::Expr& argument = *node.arguments[i];
            if (argument.kind == ast::ExprKind::map)
                use_map(ast::as<ast::Map>(argument), ast::as<ast::Map>(argument).has_key,
                        false);  // print(@x) is about the map, print(@x[1]) about a value
            else if (node.name == "find" && i == 2 && argument.kind == ast::ExprKind::variable)
                find_result(ast::as<ast::Variable>(argument));
            else
                visit(argument);
        }
    }

    /// find(@m, key, $v): $v has to exist, and is written.
    void find_result(const ast::Variable& variable) {
        if (find(variable.name) == kNoIndex)
            read(variable);
        else
            assign(variable, variable.range);
    }

    // ---- statements

    /// ++ and += read as well as write; an undefined variable is an error, an absent map element is zero.
    void target(const ast::Expr& expr) {
        if (expr.kind == ast::ExprKind::map) {
            use_map(ast::as<ast::Map>(expr), true, true);
            return;
        }
        const auto& variable = ast::as<ast::Variable>(expr);
        const std::uint32_t index = find(variable.name);
        if (index != kNoIndex && body_.variables[index].is_let)
            body_.variables[index].is_assigned = true;  // starts at zero
        read(variable);
    }

    void block(const ast::Block& node, bool is_scope) {
        if (is_scope) scopes_.emplace_back();
        bool is_left = false, is_warned = false;
        for (const ast::Stmt* statement : node.statements) {
            if (is_left && !is_warned) {
                report(DiagnosticKind::warn_unreachable, statement->range, "Unreachable statement.");
                is_warned = true;
            }
            visit(*statement);
            is_left |= leaves(*statement);
        }
        if (node.value != nullptr) {
            if (is_left && !is_warned)
                report(DiagnosticKind::warn_unreachable, node.value->range, "Unreachable statement.");
            visit(*node.value);
        }
        if (is_scope) end_scope();
    }

    void end_scope() {
        for (const auto& [name, index] : scopes_.back()) {
            const VariableInfo& variable = body_.variables[index];
            if (variable.is_let || variable.is_loop_variable)
                declared_inside_[name] = variable.is_loop_variable;
            else
                ended_.insert(name);
        }
        scopes_.pop_back();
    }

    static bool leaves(const ast::Stmt& statement) {
        if (statement.kind == ast::StmtKind::return_) return true;
        if (statement.kind != ast::StmtKind::expression) return false;
        const ast::Expr& expr = *ast::as<ast::ExprStmt>(statement).expr;
        return expr.kind == ast::ExprKind::call && ast::as<ast::Call>(expr).name == "exit";
    }

    void jump(std::string_view word, Range range) {
        if (all_loops_ == 0)
            report(DiagnosticKind::bad_jump, range, fmt::format("'{}' statement is not allowed in a probe", word));
    }

    template <typename Function>
    void loop(Function&& body, bool is_callback) {
        ++all_loops_;
        if (is_callback) ++loops_;
        body();
        if (is_callback) --loops_;
        --all_loops_;
    }

    void loop_variable(const ast::Variable& variable) {
        const std::uint32_t other = find(variable.name);
        if (other != kNoIndex && !probe_wide_.contains(variable.name))
            shadowed(fmt::format("Loop declaration shadows existing variable: {}", written_name(variable.name)),
                     variable.range, body_.variables[other]);
        VariableInfo& info = body_.variables[declare(variable, variable.range)];
        info.is_loop_variable = info.is_assigned = true;
    }

    void visit(const ast::Stmt& stmt) {
        ast::visit(
            stmt,
            ast::Overloaded{
                [&](const ast::Let& node) {
                    if (node.value != nullptr) visit(*node.value);
                    if (node.type != nullptr) visit(*node.type);
                    const Range head{node.range.file, node.range.begin, node.variable->range.end};
                    const std::uint32_t other = find(node.variable->name);
                    if (other != kNoIndex && !probe_wide_.contains(node.variable->name)) {
                        shadowed(fmt::format("Variable {} was already declared. Variable shadowing is not allowed.",
                                             written_name(node.variable->name)),
                                 head, body_.variables[other]);
                        return;
                    }
                    VariableInfo& info = body_.variables[other != kNoIndex ? other : declare(*node.variable, head)];
                    if (other != kNoIndex) use(*node.variable, other);
                    info.is_let = true;
                    info.is_assigned |= node.value != nullptr;
                    info.spec = node.type;
                },
                [&](const ast::Assign& node) {
                    visit(*node.value);
                    if (node.target->kind == ast::ExprKind::map)
                        use_map(ast::as<ast::Map>(*node.target), true, true);
                    else
                        assign(ast::as<ast::Variable>(*node.target), node.range);
                },
                [&](const ast::CompoundAssign& node) {
                    visit(*node.value);
                    target(*node.target);
                },
                [&](const ast::Discard& node) { visit(*node.value); },
                [&](const ast::While& node) {
                    report(DiagnosticKind::warn_while, node.range,
                           "While loops are deprecated and may be removed in the future.")
                        .hints.emplace_back("use a `for` loop over a range instead, e.g. `for ($i : 0..10) { ... }`");
                    visit(*node.condition);
                    loop([&] { block(*node.body, true); }, true);
                },
                [&](const ast::Unroll& node) {
                    visit(*node.count);
                    loop([&] { block(*node.body, true); }, false);
                },
                [&](const ast::ForRange& node) {
                    visit(*node.first);
                    visit(*node.last);
                    loop(
                        [&] {
                            scopes_.emplace_back();
                            loop_variable(*node.variable);
                            block(*node.body, true);
                            end_scope();
                        },
                        true);
                },
                [&](const ast::ForMap& node) {
                    use_map(*node.map, false, false);
                    loop(
                        [&] {
                            scopes_.emplace_back();
                            loop_variable(*node.variable);
                            block(*node.body, true);
                            end_scope();
                        },
                        true);
                },
                [&](const ast::Break& node) { jump("break", node.range); },
                [&](const ast::Continue& node) { jump("continue", node.range); },
                [&](const ast::Return& node) {
                    if (node.value != nullptr) visit(*node.value);
                },
                [&](const ast::ImportStmt& node) {
                    report(DiagnosticKind::unsupported, node.range, "import is only possible at the top of a script");
                },
                [&](const ast::BlockStmt& node) { block(*node.block, true); },
                [&](const ast::ExprStmt& node) { visit(*node.expr); },
            });
    }

    Analysis& analysis_;
    Body& body_;
    std::vector<std::map<std::string_view, std::uint32_t>> scopes_;
    std::set<std::string_view> ended_;                  ///< names that blocks which are over assigned first
    std::map<std::string_view, bool> declared_inside_;  ///< names that those blocks declared; true: a loop's
    std::set<std::string_view> probe_wide_;             ///< found out on the way
    std::set<std::string_view> warnings_;               ///< probe-wide names not yet warned about
    std::vector<Pending> pending_;
    bool is_stale_ = false;
    unsigned loops_ = 0, all_loops_ = 0;  ///< loops_: bodies that may become callbacks of their own
};

std::string Resolver::nearest_name(std::string_view word, const std::vector<std::string>& names) {
    source::Diagnostics scratch;
    const Range nowhere{};
    add_nearest(scratch.add(DiagnosticKind::undefined_variable, nowhere, std::string(word)), word, names);
    return scratch.all().front().hints.empty() ? std::string() : scratch.all().front().hints.front();
}

void read_declarations(Analysis& analysis) {
    struct Kind {
        std::string_view name;
        program::MapKind kind;
    };
    constexpr Kind kinds[] = {{"percpulruhash", program::MapKind::lru_percpu_hash},
                              {"percpuhash", program::MapKind::percpu_hash},
                              {"lruhash", program::MapKind::lru_hash},
                              {"hash", program::MapKind::hash}};
    for (const ast::Script* script : analysis.input.scripts)
        for (const ast::MapDeclaration& declaration : script->map_declarations) {
            const auto known = std::find_if(std::begin(kinds), std::end(kinds),
                                            [&](const Kind& kind) { return kind.name == declaration.type; });
            if (known == std::end(kinds)) {
                analysis.diagnostics
                    .add(DiagnosticKind::bad_map, declaration.range,
                         fmt::format("Invalid bpf map type: {}", declaration.type))
                    .hint("Valid map types: percpulruhash, percpuhash, lruhash, hash");
                continue;
            }
            MapInfo& info = analysis.maps[analysis.map_index(declaration.name)];
            if (info.declaration != nullptr) {
                analysis.diagnostics
                    .add(DiagnosticKind::bad_map, declaration.range,
                         fmt::format("Redefinition of map: {}", declaration.name))
                    .note(info.declaration->range, "This is the original definition.");
                continue;
            }
            info.declaration = &declaration;
            info.declared_kind = known->kind;
        }
}

}  // namespace

void resolve_names(Analysis& analysis) {
    read_declarations(analysis);
    analysis.for_each_body([&](Body& body) { Resolver(analysis, body).run(); });
    for (const MapInfo& map : analysis.maps)
        if (map.declaration != nullptr && !map.is_used)
            analysis.diagnostics.add(DiagnosticKind::warn_unused, map.declaration->range,
                                     fmt::format("Unused map: {}", map.name));
}

}  // namespace check
