// Loops as the kernel offers them: callbacks of bpf_loop and for_each_map_elem, and plain loops that verifiers walk
// through.
#include "runtime/base/bug.h"
#include "src/codegen/probe_emitter.h"
#include "src/codegen/scratch_layout.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using Likely = ir::Builder::Likely;

/// Writes a function that helpers call back and, with `call`, the call of the helper. The frame on the program's stack
/// is every callback's context.
void ProbeEmitter::callback(std::span<const ir::Parameter> parameters, unsigned frame_argument, source::Range at,
                            const std::function<void()>& body,
                            const std::function<void(ir::Value address, ir::Value frame)>& call) {
    Function& outer = *function_;
    const ir::Value outer_frame = frame();
    loops_.push_back({.is_callback = true, .may_leave = false, .on_break = {}, .on_continue = {}});

    Function inner;
    inner.kind = Function::Kind::callback;
    inner.caller = &outer;
    inner.stack_bytes = outer.stack_bytes;
    const ir::Location place = at.file.is_set() ? script_.location(at) : script_.location(probe_.attach_point);
    inner.ir = script_.module->begin_callback(main_.ir, script_.unique_name(name_), parameters, place);
    begin_function(inner);
    ir::Builder& b = *inner.builder;
    inner.frame = b.argument(frame_argument);
    b.set_location(place);
    b.jump(inner.prologue);
    b.enter(inner.body);
    function_ = &inner;
    body();
    if (!b.is_terminated()) b.ret(0);
    finish_callback(inner);
    function_ = &outer;

    const Loop loop = loops_.back();
    loops_.pop_back();
    call(ir().address_of(inner.ir), outer_frame);
    if (loop.may_leave) leave_if_asked(loop);
}

void ProbeEmitter::finish_callback(Function& function) {
    ir::Builder& b = *function.builder;
    b.enter(function.prologue);
    for (const auto& [object, size] : function.zeroed)
        b.fill(object, 0, size, alignment(object));
    if (!function.chunks.empty()) {
        const ir::Value key = b.alloca_bytes(8, 8, "slot");
        const ir::Block absent = b.block("no_chunk");
        for (const auto& [id, slot] : function.chunks) {
            ir::Value index = b.load(Width::i64, b.load_pointer(function.frame, Frame::kChunks), ScratchHeader::kSlot);
            if (id.is_large) {
                const ir::Value cpu = b.and_(helper(Helper::get_smp_processor_id, {}), b.i64(0xffffffff));
                index = b.add(b.mul(cpu, b.i64(kScratchSlots)), index);
            }
            b.store(b.trunc(index, Width::i32), key, 0, 4);
            const ir::Value address = lookup(script_.chunk(id, 0), key);
            const ir::Block present = b.block("chunk");
            b.branch(b.is_zero(address), absent, present, Likely::no);
            b.enter(present);
            b.store(address, slot);
        }
        b.jump(function.body);
        b.enter(absent);  // it was there a moment ago
        b.ret(function.kind == Function::Kind::callback ? 1 : 0);
        return;
    }
    b.jump(function.body);
}

ir::Value ProbeEmitter::loop_callback(ir::Value count, source::Range at,
                                      const std::function<void(ir::Value index)>& body) {
    script_.need(program::Feature::bpf_loop);
    ir::Value rounds;
    callback(
        ir::kLoopCallback, 1, at, [&] { body(ir().argument(0)); },
        [&](ir::Value address, ir::Value frame) {
            rounds = helper(Helper::loop, {count, address, frame, ir().i64(0)});
        });
    return rounds;
}

void ProbeEmitter::for_each_callback(typed::MapIndex map, source::Range at,
                                     const std::function<void(ir::Value key, ir::Value value)>& body) {
    script_.need(program::Feature::for_each_map_elem);
    callback(
        ir::kForEachCallback, 3, at, [&] { body(ir().argument(1), ir().argument(2)); },
        [&](ir::Value address, ir::Value frame) {
            helper(Helper::for_each_map_elem, {ir().map_ref(map_id(map)), address, frame, ir().i64(0)});
        });
}

void ProbeEmitter::plain_loop(std::uint64_t limit, ir::Value count, const std::function<void(ir::Value index)>& body) {
    ir::Builder& b = ir();
    const ir::Block end = b.block("loop_done");
    const ir::Block next = b.block("next_round");
    loops_.push_back({.is_callback = false, .may_leave = false, .on_break = end, .on_continue = next});
    const ir::Block start = b.current(), header = b.block("loop"), inside = b.block("round");
    b.jump(header);
    b.enter(header);
    const ir::Value index = b.phi_pending(Width::i64);
    b.add_incoming(index, b.i64(0), start);
    if (count)
        b.branch(b.compare(Compare::ult, index, count), inside, end);
    else
        b.jump(inside);
    b.enter(inside);
    body(index);
    if (!b.is_terminated()) b.jump(next);
    b.enter(next);
    const ir::Value following = b.add(index, b.i64(1));
    b.add_incoming(index, following, next);
    b.branch(b.compare(Compare::ult, following, b.i64(limit)), header, end);  // see codegen::counted()
    b.enter(end);
    loops_.pop_back();
}

/// Behind a loop whose body may have asked to leave more than the loop. The word lies in map memory: what a verifier
/// before 6.7 believes of the stack after one look at the callback it would take for the only possibility.
void ProbeEmitter::leave_if_asked(const Loop&) {
    ir::Builder& b = ir();
    const ir::Value asked = b.load_volatile(Width::i64, chunk({}), ScratchHeader::kLeave);
    b.if_then(
        b.not_zero(asked),
        [&] {
            if (function_->kind == Function::Kind::program) {
                b.jump(exit_);
                return;
            }
            if (function_->kind == Function::Kind::subprogram) {
                // Its callers look for kProbe; a mere return is done with here.
                b.if_then(b.compare(Compare::eq, asked, b.i64(Leave::kFunction)),
                          [&] { b.store_volatile(b.i64(Leave::kNot), chunk({}), ScratchHeader::kLeave); });
                b.jump(scope_->exit);
                return;
            }
            for (Loop& loop : loops_)
                loop.may_leave = true;
            b.ret(1);
        },
        Likely::no);
}

/// Ends the probe or the fn from wherever the code is; what follows is dead.
void ProbeEmitter::leave(std::uint64_t how) {
    ir::Builder& b = ir();
    switch (function_->kind) {
        case Function::Kind::program: b.jump(exit_); break;
        case Function::Kind::subprogram:
            if (how == Leave::kProbe) b.store_volatile(b.i64(how), chunk({}), ScratchHeader::kLeave);
            b.jump(scope_->exit);
            break;
        case Function::Kind::callback:
            b.store_volatile(b.i64(how), chunk({}), ScratchHeader::kLeave);
            for (Loop& loop : loops_)
                loop.may_leave = true;
            b.ret(1);
            break;
    }
    b.enter(b.block("unreached"));
}

void ProbeEmitter::leave_probe() {
    if (scope_->function != nullptr) subprograms_.at(scope_->function_index)->may_leave = true;
    leave(Leave::kProbe);
}

}  // namespace codegen
