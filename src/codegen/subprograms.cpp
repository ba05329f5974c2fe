// fn of the script. Each program that uses one gets its own copy. Arguments are stored into the callee's variables,
// which lie in scratch memory, so their number is not limited by registers; the one real argument is the frame.
#include "src/codegen/probe_emitter.h"
#include "src/codegen/scratch_layout.h"

namespace codegen {

using ir::Compare;
using ir::Width;

namespace {

constexpr ir::Parameter kSubProgram[] = {{"frame", true}};

}  // namespace

void ProbeEmitter::emit_subprograms(const BodyPlan& plan) {
    for (const typed::SubProgramId id : plan.functions)
        emit_subprogram(id);
}

void ProbeEmitter::emit_subprogram(typed::SubProgramId id) {
    if (subprograms_.contains(static_cast<std::uint32_t>(id.index()))) return;
    const typed::SubProgram& source = script_.script.functions[id.index()];
    auto& entry = subprograms_[static_cast<std::uint32_t>(id.index())];
    entry = std::make_unique<SubProgram>();
    SubProgram& made = *entry;
    made.scope.function = &source;
    made.scope.function_index = static_cast<std::uint32_t>(id.index());
    made.scope.plan = plan_body(source.body, nullptr, source.variables, source.parameters, features());
    // Reached by callers: shared.
    for (const typed::VariableId parameter : source.parameters)
        made.scope.plan.is_captured[parameter.index()] = true;
    const source::Range at =
        source.body.statements.empty() ? probe_.attach_point : source.body.statements.front()->range;
    made.ir = script_.module->begin_subprogram(main_.ir, script_.unique_name(name_ + "_" + source.name), kSubProgram,
                                               script_.location(at));
    emit_subprograms(made.scope.plan);

    Scope* const outer_scope = scope_;
    Function* const outer = function_;
    (void)frame();
    open_scope(made.scope, source.variables);
    made.scope.result = take_scratch(source.result != nullptr ? std::max(8u, source.result->size) : 8);

    Function inner;
    inner.kind = Function::Kind::subprogram;
    inner.ir = made.ir;
    inner.caller = outer;
    inner.stack_bytes = outer->stack_bytes;
    begin_function(inner);
    ir::Builder& b = *inner.builder;
    inner.frame = b.argument(0);
    b.jump(inner.prologue);
    made.scope.exit = b.block("exit");
    b.enter(inner.body);
    function_ = &inner;
    scope_ = &made.scope;
    block(source.body);
    if (!b.is_terminated()) b.jump(made.scope.exit);
    b.enter(made.scope.exit);
    b.ret(source.result != nullptr && is_register(source.result) ? b.load(Width::i64, this->at(made.scope.result))
                                                                 : b.i64(0));
    finish_callback(inner);
    function_ = outer;
    scope_ = outer_scope;
}

ir::Value ProbeEmitter::call_function(const typed::FunctionCall& call, ir::Value destination) {
    ir::Builder& b = ir();
    SubProgram& called = *subprograms_.at(static_cast<std::uint32_t>(call.function.index()));
    const typed::SubProgram& source = *called.scope.function;
    // All of them first: an argument may call the same fn.
    std::vector<ir::Value> values;
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        const types::Type* type = source.variables[source.parameters[i].index()].type;
        if (is_register(type)) {
            values.push_back(convert_scalar(call.arguments[i]->type, type, scalar(*call.arguments[i])));
        } else {
            values.push_back(temporary(type));
            into_as(*call.arguments[i], type, values.back(), false);
        }
    }
    for (std::size_t i = 0; i < call.arguments.size(); ++i) {
        const Variable& parameter = called.scope.variables[source.parameters[i].index()];
        if (is_register(parameter.type))
            b.store(values[i], at(parameter.place));
        else
            copy(at(parameter.place), values[i], parameter.type->size);
    }
    const ir::Value result = b.call(called.ir, {frame()});
    if (called.may_leave) {
        if (scope_->function != nullptr) subprograms_.at(scope_->function_index)->may_leave = true;
        const ir::Value asked = b.load_volatile(Width::i64, chunk({}), ScratchHeader::kLeave);
        b.if_then(
            b.compare(Compare::eq, asked, b.i64(Leave::kProbe)), [&] { leave(Leave::kProbe); },
            ir::Builder::Likely::no);
    }
    if (destination) copy(destination, at(called.scope.result), source.result->size);
    return result;
}

}  // namespace codegen
