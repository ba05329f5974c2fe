// Entrance: plan_body().
#include "src/codegen/body_plan.h"

#include <algorithm>

#include "src/codegen/walk.h"

namespace codegen {
namespace {

using typed::as;
using typed::StmtKind;

/// An unrolled loop is written out if that makes no more nodes than this; a callback costs its call and the verifier's
/// second look.
constexpr std::size_t kMostUnrolledNodes = 400;

/// Ways through a body double with each condition, and the verifier walks those apart that leave different constants
/// in variables it is asked about later. From so many conditions on, variables with such values are kept in memory, of
/// which it knows nothing.
constexpr std::size_t kManyConditions = 10;

bool has_loop(const typed::Block& block) {
    bool found = false;
    const Visitor visitor{[&](const typed::Expr& expr) { visit_children(expr, visitor); },
                          [&](const typed::Block& inner) { found |= has_loop(inner); }};
    for (const typed::Stmt* stmt : block.statements) {
        found |= stmt->kind == StmtKind::while_ || stmt->kind == StmtKind::for_range || stmt->kind == StmtKind::for_map;
        if (!found) visit_children(*stmt, visitor);
    }
    return found;
}

std::size_t count_nodes(const typed::Block& block) {
    std::size_t count = block.statements.size();
    (void)any_of(block, [&](const typed::Expr&) {
        ++count;
        return false;
    });
    return count;
}

class Planner {
  public:
    Planner(std::span<const typed::VariableSlot> variables, const program::Features& features)
        : features_(features), homes_(variables.size(), kUnseen), assigned_in_(variables.size(), nullptr) {
        for (const typed::VariableSlot& variable : variables)
            plan_.is_captured.push_back(variable.is_captured);
        plan_.needs_zero.resize(variables.size(), false);
        plan_.is_conditional.resize(variables.size(), false);
    }

    void assign_at_start(typed::VariableId variable, const typed::Block& body) {
        assigned_in_[variable.index()] = &body;
        homes_[variable.index()] = function_;
    }

    void expr(const typed::Expr& node) {
        if (node.kind == typed::ExprKind::variable) read(as<typed::Variable>(node).variable);
        // Its address may be written through; what it points at must outlive every statement.
        if (node.kind == typed::ExprKind::address_of) {
            const typed::Expr& target = *as<typed::AddressOf>(node).target;
            if (target.kind == typed::ExprKind::variable) {
                const std::size_t index = as<typed::Variable>(target).variable.index();
                plan_.needs_zero[index] = plan_.is_captured[index] = true;
            }
        }
        if (node.kind == typed::ExprKind::function_call) {
            const typed::SubProgramId called = as<typed::FunctionCall>(node).function;
            if (std::ranges::find(plan_.functions, called) == plan_.functions.end()) plan_.functions.push_back(called);
        }
        if (node.kind == typed::ExprKind::increment) {
            const typed::Expr& target = *as<typed::Increment>(node).target;
            if (target.kind == typed::ExprKind::variable) change(as<typed::Variable>(target).variable);
        }
        conditions_ += node.kind == typed::ExprKind::choose || node.kind == typed::ExprKind::logical ? 1 : 0;
        visit_children(node, visitor_);
    }

    void block(const typed::Block& node) {
        blocks_.push_back(&node);
        for (const typed::Stmt* stmt : node.statements)
            statement(*stmt);
        blocks_.pop_back();
    }

    BodyPlan take() {
        plan_.has_many_conditions = conditions_ >= kManyConditions;
        return std::move(plan_);
    }

  private:
    static constexpr std::uint32_t kUnseen = 0xffffffff;

    void touch(typed::VariableId variable) {
        std::uint32_t& home = homes_[variable.index()];
        if (home == kUnseen) home = function_;
        if (home != function_) plan_.is_captured[variable.index()] = true;
    }

    void read(typed::VariableId variable) {
        touch(variable);
        const typed::Block* assigned = assigned_in_[variable.index()];
        if (assigned == nullptr || std::ranges::find(blocks_, assigned) == blocks_.end()) {
            plan_.needs_zero[variable.index()] = true;
        }
    }

    /// Assigned anew, perhaps not on all ways.
    void change(typed::VariableId variable) {
        if (blocks_.empty() || assigned_in_[variable.index()] != blocks_.back())
            plan_.is_conditional[variable.index()] = true;
    }

    void assign(typed::VariableId variable, const typed::Block& where) {
        touch(variable);
        const typed::Block*& assigned = assigned_in_[variable.index()];
        if (assigned == nullptr)
            assigned = &where;
        else
            change(variable);
    }

    void callback(const typed::Stmt& stmt, const std::function<void()>& inside) {
        plan_.callbacks.insert(&stmt);
        const std::uint32_t outer = function_;
        function_ = ++functions_;
        inside();
        function_ = outer;
    }

    void statement(const typed::Stmt& stmt) {
        // Asked only where there is a loop: the answer costs a system call.
        const auto has_loop_helper = [this] { return features_.has(program::Feature::bpf_loop); };
        switch (stmt.kind) {
            case StmtKind::assign_variable:
                visit_children(stmt, visitor_);
                assign(as<typed::AssignVariable>(stmt).variable, *blocks_.back());
                return;
            case StmtKind::while_:
                if (!has_loop_helper()) break;
                callback(stmt, [&] { visit_children(stmt, visitor_); });
                return;
            case StmtKind::unroll: {
                const auto& unroll = as<typed::Unroll>(stmt);
                // A loop inside is a function of its own with variables of its own: written once, not once a copy.
                const bool is_small = unroll.count * count_nodes(unroll.body) <= kMostUnrolledNodes;
                if (!has_loop_helper() || (is_small && !has_loop(unroll.body))) break;
                callback(stmt, [&] { block(unroll.body); });
                return;
            }
            case StmtKind::for_range: {
                const auto& loop = as<typed::ForRange>(stmt);
                expr(*loop.first);
                expr(*loop.last);
                const auto inside = [&] {
                    assign(loop.variable, loop.body);
                    block(loop.body);
                };
                if (has_loop_helper())
                    callback(stmt, inside);
                else
                    inside();
                return;
            }
            case StmtKind::for_map: {
                const auto& loop = as<typed::ForMap>(stmt);
                callback(stmt, [&] {
                    assign(loop.variable, loop.body);
                    block(loop.body);
                });
                return;
            }
            case StmtKind::clear_variable:  // counts for nothing: only what is read before it is assigned needs it
            case StmtKind::expression:
            case StmtKind::assign_map:
            case StmtKind::aggregate:
            case StmtKind::if_: ++conditions_; break;
            case StmtKind::break_:
            case StmtKind::continue_:
            case StmtKind::return_:
            case StmtKind::block: break;
        }
        visit_children(stmt, visitor_);
    }

    const program::Features& features_;
    BodyPlan plan_;
    Visitor visitor_{[this](const typed::Expr& node) { expr(node); },
                     [this](const typed::Block& node) { block(node); }};
    std::size_t conditions_ = 0;
    std::uint32_t function_ = 0, functions_ = 0;    ///< the body itself is 0, callbacks count from 1
    std::vector<std::uint32_t> homes_;              ///< by variable: function of its first mention
    std::vector<const typed::Block*> assigned_in_;  ///< by variable: block of its first assignment
    std::vector<const typed::Block*> blocks_;       ///< around the current node
};

}  // namespace

BodyPlan plan_body(const typed::Block& body, const typed::Expr* predicate,
                   std::span<const typed::VariableSlot> variables, std::span<const typed::VariableId> parameters,
                   const program::Features& features) {
    Planner planner(variables, features);
    for (const typed::VariableId parameter : parameters)
        planner.assign_at_start(parameter, body);
    if (predicate != nullptr) planner.expr(*predicate);
    planner.block(body);
    return planner.take();
}

}  // namespace codegen
