// Statements. Each gives its place in the script to the instructions it makes, so that a verifier's refusal names the
// line.
#include <algorithm>

#include "runtime/base/bug.h"
#include "src/codegen/probe_emitter.h"
#include "src/codegen/scratch_layout.h"
#include "src/codegen/walk.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using typed::as;
using typed::ExprKind;
using typed::StmtKind;
using Likely = ir::Builder::Likely;

namespace {

/// The most rounds bpf_loop makes (BPF_MAX_LOOPS).
constexpr std::uint64_t kMostRounds = 8 * 1024 * 1024;
/// Without bpf_loop (before 5.17): rounds a verifier is asked to walk through.
constexpr std::uint64_t kMostPlainRounds = 1024;

}  // namespace

void ProbeEmitter::block(const typed::Block& block) {
    for (const typed::Stmt* stmt : block.statements)
        statement(*stmt);
}

void ProbeEmitter::statement(const typed::Stmt& stmt) {
    const Temporaries temporaries(*this);
    ir::Builder& b = ir();
    b.set_location(script_.location(stmt.range));
    switch (stmt.kind) {
        case StmtKind::expression: discard(*as<typed::ExprStmt>(stmt).expr); return;
        case StmtKind::assign_variable: {
            const auto& assign = as<typed::AssignVariable>(stmt);
            assign_variable(assign.variable, *assign.value);
            return;
        }
        case StmtKind::clear_variable: clear_variable(as<typed::ClearVariable>(stmt).variable); return;
        case StmtKind::assign_map: assign_map(as<typed::AssignMap>(stmt)); return;
        case StmtKind::aggregate: {
            const typed::Call& call = *as<typed::Aggregate>(stmt).call;
            (void)call.row->lower(*this, call, {});
            return;
        }
        case StmtKind::if_: {
            const auto& choice = as<typed::If>(stmt);
            const ir::Value holds = condition(*choice.condition);
            if (choice.otherwise.statements.empty())
                b.if_then(holds, [&] { block(choice.then); });
            else
                b.if_else(
                    holds, [&] { block(choice.then); }, [&] { block(choice.otherwise); });
            return;
        }
        case StmtKind::while_: while_loop(as<typed::While>(stmt)); return;
        case StmtKind::unroll: unroll(as<typed::Unroll>(stmt)); return;
        case StmtKind::for_range: for_range(as<typed::ForRange>(stmt)); return;
        case StmtKind::for_map: for_map(as<typed::ForMap>(stmt)); return;
        case StmtKind::break_: break_or_continue(true); return;
        case StmtKind::continue_: break_or_continue(false); return;
        case StmtKind::return_: return_from(as<typed::Return>(stmt)); return;
        case StmtKind::block: block(as<typed::BlockStmt>(stmt).block); return;
    }
}

/// An expression whose value nobody wants.
void ProbeEmitter::discard(const typed::Expr& expr) {
    ir::Builder& b = ir();
    switch (expr.kind) {
        case ExprKind::increment: (void)increment(as<typed::Increment>(expr), false); return;
        case ExprKind::choose: {
            const auto& choose = as<typed::Choose>(expr);
            b.if_else(
                condition(*choose.condition), [&] { discard(*choose.then); }, [&] { discard(*choose.otherwise); });
            return;
        }
        case ExprKind::block:
            block(as<typed::BlockExpr>(expr).block);
            if (as<typed::BlockExpr>(expr).value != nullptr) discard(*as<typed::BlockExpr>(expr).value);
            return;
        case ExprKind::call: {
            const auto& call = as<typed::Call>(expr);
            const bool has_memory = !is_register(expr.type) && expr.type->size != 0;
            (void)call.row->lower(*this, call, has_memory ? temporary(expr.type) : ir::Value{});
            return;
        }
        case ExprKind::function_call: {
            const bool has_memory = !is_register(expr.type) && expr.type->size != 0;
            (void)call_function(as<typed::FunctionCall>(expr), has_memory ? temporary(expr.type) : ir::Value{});
            return;
        }
        default: break;
    }
    if (is_register(expr.type))
        (void)scalar(expr);
    else if (expr.type->size != 0)
        (void)memory(expr);
}

void ProbeEmitter::assign_variable(typed::VariableId id, const typed::Expr& value) {
    const types::Type* type = scope_->variables[id.index()].type;
    if (is_register(type)) {
        const ir::Value given = is_register(value.type) ? convert_scalar(value.type, type, scalar(value))
                                                        : load_scalar(type, memory(value));
        store_variable(id, given);
        return;
    }
    // What is written may be made of what is overwritten: $t = ($t.1, $t.0).
    const bool reads_itself = value.kind != ExprKind::variable && any_of(value, [&](const typed::Expr& part) {
                                  return part.kind == ExprKind::variable && as<typed::Variable>(part).variable == id;
                              });
    if (reads_itself) {
        const ir::Value copied = temporary(type);
        into_as(value, type, copied, false);
        if (type->kind == types::Kind::string)
            copy_text(variable_address(id), type->capacity, copied, type->capacity);
        else
            copy(variable_address(id), copied, type->size);
        return;
    }
    into_as(value, type, variable_address(id), false);
}

void ProbeEmitter::clear_variable(typed::VariableId id) {
    const Variable& found = variable(id);
    if (!found.needs_zero) return;
    if (is_register(found.type))
        store_variable(id, ir().i64(0));
    else
        clear(variable_address(id), found.type->size);
}

void ProbeEmitter::while_loop(const typed::While& loop) {
    const auto round = [&] {
        const ir::Value holds = condition(*loop.condition);
        ir::Builder& b = ir();
        const ir::Block inside = b.block("holds"), stop = b.block("stops");
        b.branch(holds, inside, stop);
        b.enter(stop);
        if (loops_.back().is_callback)
            b.ret(1);
        else
            b.jump(loops_.back().on_break);
        b.enter(inside);
        block(loop.body);
    };
    if (scope_->plan.callbacks.contains(&loop))
        warn_if_cut(loop_callback(ir().i64(kMostRounds), loop.range, [&](ir::Value) { round(); }), {}, loop.range);
    else
        plain_loop(kMostPlainRounds, {}, [&](ir::Value) { round(); });
}

void ProbeEmitter::unroll(const typed::Unroll& loop) {
    if (scope_->plan.callbacks.contains(&loop)) {
        loop_callback(ir().i64(loop.count), loop.range, [&](ir::Value) { block(loop.body); });
        return;
    }
    ir::Builder& b = ir();
    const ir::Block end = b.block("unrolled");
    for (std::uint64_t i = 0; i < loop.count; ++i) {
        const ir::Block next = b.block("copy");
        loops_.push_back({.is_callback = false, .may_leave = false, .on_break = end, .on_continue = next});
        block(loop.body);
        loops_.pop_back();
        if (!b.is_terminated()) b.jump(next);
        b.enter(next);
    }
    b.jump(end);
    b.enter(end);
}

void ProbeEmitter::for_range(const typed::ForRange& loop) {
    ir::Builder& b = ir();
    const types::Type* type = scope_->variables[loop.variable.index()].type;
    const bool is_signed = loop.first->type->is_signed || loop.last->type->is_signed || type->is_signed;
    const ir::Value first = scalar(*loop.first), last = scalar(*loop.last);
    const ir::Value is_some = b.compare(is_signed ? Compare::slt : Compare::ult, first, last);
    const ir::Value rounds = b.select(is_some, b.sub(last, first), b.i64(0));
    if (!scope_->plan.callbacks.contains(&loop)) {
        plain_loop(kMostPlainRounds, rounds, [&](ir::Value index) {
            store_variable(loop.variable, ir().add(first, index));
            block(loop.body);
        });
        return;
    }
    const auto constant = ir::Builder::constant_of(first);
    const ScratchPlace kept = constant ? ScratchPlace{} : take_scratch(8);
    if (!constant) b.store(first, at(kept));
    // A verifier that can tell that there is no round never looks at the callback, removes it as dead code, and then
    // misses it ("verifier bug: No program to jit"): the word out of map memory is 0, but it cannot know that.
    const ir::Value unknown_zero = b.lshr(b.load_volatile(Width::i64, chunk({}), ScratchHeader::kLeave), b.i64(2));
    const auto known_rounds = ir::Builder::constant_of(rounds);
    const bool may_be_cut = !known_rounds || *known_rounds > kMostRounds;
    const ScratchPlace wanted = may_be_cut ? take_scratch(8) : ScratchPlace{};
    if (may_be_cut) b.store(rounds, at(wanted));
    const ir::Value made =
        loop_callback(b.umin(b.add(rounds, unknown_zero), b.i64(kMostRounds)), loop.range, [&](ir::Value index) {
            ir::Builder& in = ir();
            store_variable(loop.variable, in.add(constant ? in.i64(*constant) : in.load(Width::i64, at(kept)), index));
            block(loop.body);
        });
    if (may_be_cut) warn_if_cut(made, b.load(Width::i64, at(wanted)), loop.range);
}

/// Behind a loop that the kernel may have ended. `wanted`: rounds the script asked for; none: without end.
void ProbeEmitter::warn_if_cut(ir::Value made, ir::Value wanted, source::Range at) {
    ir::Builder& b = ir();
    ir::Value is_cut = b.compare(Compare::eq, made, b.i64(kMostRounds));
    if (wanted) is_cut = b.and_(is_cut, b.compare(Compare::ugt, wanted, b.i64(kMostRounds)));
    b.if_then(
        is_cut, [&] { warn(program::WarningKind::loop_cut, at, {}, {}, false); }, Likely::no);
}

void ProbeEmitter::for_map(const typed::ForMap& loop) {
    const typed::Map& walked = map(loop.map);
    const types::Type* pair = scope_->variables[loop.variable.index()].type;
    const std::vector<types::Member>& members = members_of(pair);
    BUG_IF(members.size() != 2, "a loop over a map whose variable is no pair");
    for_each_callback(loop.map, loop.range, [&](ir::Value key, ir::Value value) {
        const ir::Value to = variable_address(loop.variable);
        const ir::Value to_key = member_at(to, members[0].offset), to_value = member_at(to, members[1].offset);
        convert_memory(walked.key, key, members[0].type, to_key);
        if (walked.aggregation.kind != program::AggregationKind::none) {
            // The loop's key may not be written, which is asked of what is handed to a function.
            const Temporaries temporaries(*this);
            const ir::Value own_key = scratch(walked.key->size);
            copy(own_key, key, walked.key->size);
            const ir::Value number = merged(loop.map, own_key);
            if (is_register(members[1].type))
                store_scalar(members[1].type, number, to_value);
            else
                clear(to_value, members[1].type->size);
        } else {
            convert_memory(walked.value, value, members[1].type, to_value);
        }
        block(loop.body);
    });
}

void ProbeEmitter::break_or_continue(bool is_break) {
    ir::Builder& b = ir();
    BUG_IF(loops_.empty(), "break or continue outside of loops");
    const Loop& loop = loops_.back();
    if (loop.is_callback)
        b.ret(is_break ? 1 : 0);
    else
        b.jump(is_break ? loop.on_break : loop.on_continue);
    b.enter(b.block("unreached"));
}

void ProbeEmitter::return_from(const typed::Return& stmt) {
    ir::Builder& b = ir();
    if (scope_->function != nullptr) {
        if (stmt.value != nullptr) {
            const types::Type* type = scope_->function->result;
            if (is_register(type))
                b.store(convert_scalar(stmt.value->type, type, scalar(*stmt.value)), at(scope_->result));
            else if (type->size != 0)
                into_as(*stmt.value, type, at(scope_->result), false);
        }
        leave(Leave::kFunction);
        return;
    }
    if (stmt.value != nullptr) {
        if (!is_register(stmt.value->type))
            discard(*stmt.value);
        else if (const ir::Value value = scalar(*stmt.value);
                 result_slot_ && function_->kind == Function::Kind::program)
            b.store(value, result_slot_);
    }
    leave(Leave::kProbe);
}

}  // namespace codegen
