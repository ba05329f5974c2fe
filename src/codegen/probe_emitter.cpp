// The program itself: prologue, scratch claim, ways out. Entrance: ProbeEmitter::emit().
//
//   entry:    which probe of a shared body; a system call's raw event: another call, or a 32-bit one? -> return
//             stopped? -> return            (a stopped program must be inert)
//             ledger; -p's filter
//   early:    claim of scratch, if the predicate needs some
//             predicate; passed++ or refused++
//   late:     claim of scratch, if only the body does
//   body, exit: give the slot back; return 0
#include "src/codegen/probe_emitter.h"

#include <cstddef>

#include "runtime/base/bug.h"
#include "runtime/program/record.h"
#include "src/codegen/scratch_layout.h"
#include "src/codegen/sequence.h"
#include "src/codegen/walk.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using Likely = ir::Builder::Likely;

namespace {

/// Runs in the tracer, also while everything else is stopped.
bool runs_when_stopped(program::ProbeKind kind) {
    return kind == program::ProbeKind::begin || kind == program::ProbeKind::end || kind == program::ProbeKind::self;
}

/// struct bpf_iter__TYPE: the first member points to the iteration's state, the second to what it is at.
constexpr std::int32_t kIteratorObject = 8;

bool returns_value(program::ProbeKind kind) {
    return kind == program::ProbeKind::test || kind == program::ProbeKind::bench;
}

}  // namespace

ProbeEmitter::ProbeEmitter(ScriptState& script, const typed::Probe& probe, program::ProbeId id, const std::string& name,
                           SharedBody shared)
    : script_(script), probe_(probe), id_(id), name_(name), shared_(std::move(shared)) {}

ProbeEmitter::~ProbeEmitter() = default;

void ProbeEmitter::begin_function(Function& function) {
    function.builder = std::make_unique<ir::Builder>(*script_.module, function.ir);
    ir::Builder& b = *function.builder;
    function.prologue = b.block("prologue");
    function.body = b.block("body");
}

void ProbeEmitter::emit() {
    const ir::Location at = script_.location(probe_.attach_point);
    main_.kind = Function::Kind::program;
    main_.ir = script_.module->begin_program(name_, at);
    begin_function(main_);
    ir::Builder& b = ir();
    b.set_location(at);
    claim_early_ = b.block("claim_early");
    claim_late_ = b.block("claim_late");
    exit_ = b.block("exit");
    return_ = b.block("return");
    lost_ = b.block("lost");
    const ir::Block ready = b.block("ready"), refused = b.block("refused"), passed = b.block("passed");
    if (returns_value(probe_.kind)) {
        result_slot_ = b.slot(Width::i64, "result");
        b.store(b.i64(0), result_slot_);
    }

    find_probe();
    const bool is_pinned = is_pinned_iterator(probe_.kind, probe_.place);
    if (probe_.kind == program::ProbeKind::iter) {
        // Behind the last object the kernel calls once more, with a null pointer in its place, for a last line to be
        // written.
        const ir::Block object = b.block("object");
        b.branch(b.is_zero(b.load(Width::i64, context(), kIteratorObject)), return_, object, Likely::no);
        b.enter(object);
        if (!is_pinned) count_object();
    }
    // What is pinned outlives the run.
    if (!runs_when_stopped(probe_.kind) && !is_pinned) {
        b.branch(b.not_zero(global(offsetof(program::Globals, stopped))), return_, ready, Likely::no);
        b.enter(ready);
    } else {
        b.jump(ready);
        b.enter(ready);
    }
    {
        const Temporaries temporaries(*this);
        const ir::Value key = stack_object(4);
        b.store(shared_.table.is_set() ? b.trunc(probe_number_, Width::i32)
                                       : b.i32(script_.program.probes[id_.index()].ledger_slot),
                key, 0, 4);
        // The claim of scratch memory uses the key's place, too.
        ledger_ = script_.options.keeps_ledger ? lookup(script_.ledger(), key) : b.map_value(script_.globals());
    }
    if (script_.options.keeps_ledger) {
        const ir::Block counted = b.block("counted");
        b.branch(b.is_zero(ledger_), return_, counted, Likely::no);
        b.enter(counted);
    }
    b.jump(main_.prologue);  // clears variables; goes on to claim_early

    // fns first: their variables' scratch must not overlap with anybody's temporaries.
    scope_storage_.plan = plan_body(probe_.body, probe_.predicate, probe_.variables, {}, features());
    scope_storage_.exit = exit_;
    emit_subprograms(scope_storage_.plan);
    scope_ = &scope_storage_;
    open_scope(scope_storage_, probe_.variables);

    const ir::Block predicate = b.block("predicate");
    b.enter(predicate);
    is_in_predicate_ = true;
    if (probe_.pid_filter) {
        const ir::Block same = b.block("same_process");
        b.branch(pid_matches(*probe_.pid_filter), same, refused);
        b.enter(same);
    }
    if (probe_.predicate != nullptr) {
        const Temporaries temporaries(*this);
        b.set_location(script_.location(probe_.predicate->range));
        b.branch(condition(*probe_.predicate), passed, refused);
        b.enter(passed);
    } else {
        b.jump(passed);
        b.enter(passed);
    }
    is_in_predicate_ = false;
    count(program::LedgerCounter::passed);
    b.jump(claim_late_);

    b.enter(main_.body);
    block(probe_.body);
    if (!b.is_terminated()) b.jump(exit_);

    // What was left open. Stores of zeros and claims stand before everything that uses them.
    b.set_location(at);
    b.enter(main_.prologue);
    for (const auto& [object, size] : main_.zeroed)
        b.fill(object, 0, size, alignment(object));
    b.jump(claim_early_);
    b.enter(claim_early_);
    if (is_claim_early_ && has_scratch()) {
        write_claim(predicate);
        b.enter(claim_late_);
        b.jump(main_.body);
        b.enter(refused);
        count(program::LedgerCounter::refused);
        b.jump(exit_);
    } else {
        b.jump(predicate);
        b.enter(claim_late_);
        write_claim(main_.body);
        b.enter(refused);
        count(program::LedgerCounter::refused);
        b.jump(return_);
    }
    b.enter(lost_);
    if (is_claim_early_) count(program::LedgerCounter::unclaimed);
    count(program::LedgerCounter::lost);
    b.jump(return_);
    b.enter(exit_);
    if (has_scratch()) {
        // Whoever interrupts from here on may take the slot.
        b.store_volatile(b.i64(0), chunk({}), ScratchHeader::kBusy);
    }
    b.jump(return_);
    b.enter(return_);
    // 0: the perf event of a tracepoint or sample is not written to a buffer nobody reads.
    b.ret(result_slot_ ? b.load(Width::i64, result_slot_) : b.i64(0));
}

/// The number of the system call.
ir::Value ProbeEmitter::syscall_number() {
    ir::Builder& b = ir();
    if (!shared_.syscall->is_raw) return b.load(Width::i32, context(), 8);  // __syscall_nr
    // sys_enter(regs, id), sys_exit(regs, ret)
    if (!shared_.syscall->is_exit) return b.trunc(b.load(Width::i64, context(), 8), Width::i32);
    const Temporaries temporaries(*this);
    return b.trunc(saved_register(shared_.syscall->access.number), Width::i32);
}

/// Of the registers the system call was made with; the raw events' first argument, a plain number to the verifier.
ir::Value ProbeEmitter::saved_register(std::uint32_t offset) {
    ir::Builder& b = ir();
    const ir::Value place = stack_object(8);
    const ir::Value address = b.add(b.load(Width::i64, context(), 0), b.i64(offset));
    helper(Helper::probe_read_kernel, {place, b.i64(8), address});
    return b.load(Width::i64, place);
}

/// Which of the probes that share the body runs: the table says. Leaves the program if it is none of them, or not its
/// one system call.
void ProbeEmitter::find_probe() {
    ir::Builder& b = ir();
    if (shared_.table.is_set()) {
        const ir::Block listed = b.block("listed"), wanted = b.block("wanted");
        probe_entry_ = table_entry();
        b.branch(b.is_zero(probe_entry_), return_, listed, Likely::no);
        b.enter(listed);
        const ir::Value probe = b.load(Width::i32, probe_entry_, 0, 4);
        b.branch(b.is_zero(probe), return_, wanted, Likely::no);
        b.enter(wanted);
        probe_number_ = b.sub(b.zext(probe, Width::i64), b.i64(1));
    } else if (shared_.syscall && shared_.syscall->is_raw) {
        const ir::Block wanted = b.block("wanted");
        b.branch(b.compare(Compare::eq, syscall_number(), b.i32(shared_.syscall->number)), wanted, return_, Likely::no);
        b.enter(wanted);
    }
    if (!shared_.syscall || !shared_.syscall->is_raw) return;
    const SyscallAccess& access = shared_.syscall->access;
    const ir::Block native = b.block("native");
    // The verifier knows the task's type and lets it be read directly, without a call.
    const ir::Value task =
        b.call_helper(static_cast<std::uint32_t>(Helper::get_current_task_btf), {}, ir::Builder::Returns::pointer);
    const ir::Value status = b.load(Width::i32, task, access.compat_offset, 4);
    b.branch(b.is_zero(b.and_(status, b.i32(access.compat_mask))), native, return_, Likely::yes);
    b.enter(native);
}

ir::Value ProbeEmitter::table_entry() {
    ir::Builder& b = ir();
    const Temporaries temporaries(*this);
    const ir::Value which =
        shared_.syscall ? syscall_number() : b.trunc(helper(Helper::get_attach_cookie, {context()}), Width::i32);
    const ir::Value key = stack_object(4);
    b.store(which, key, 0, 4);
    return lookup(shared_.table, key);
}

ir::Value ProbeEmitter::probe_name(std::uint32_t capacity) {
    BUG_IF(!shared_.table.is_set(), "a probe's name that nobody knows");
    if (function_->kind == Function::Kind::program) return member_at(probe_entry_, ProbeTable::kName);
    ir::Builder& b = ir();
    const ir::Value entry = table_entry();
    const ir::Block present = b.block("present"), absent = b.block("absent"), end = b.block("name");
    b.branch(b.is_zero(entry), absent, present, Likely::no);
    b.enter(absent);  // cannot be: it was found at the start
    const ir::Value nothing = zero_memory(capacity);
    const ir::Block absent_end = b.current();
    b.jump(end);
    // Not before the look: the verifier allows no arithmetic on what may be null.
    b.enter(present);
    const ir::Value name = member_at(entry, ProbeTable::kName);
    b.jump(end);
    b.enter(end);
    return b.phi({{name, present}, {nothing, absent_end}});
}

/// Arguments as the tracepoint's record has them: __syscall_nr, then six words or the returned value.
ir::Value ProbeEmitter::syscall_argument(const program::Argument& argument, const types::Type* type) {
    constexpr std::uint32_t kNumber = 8, kFirst = 16;
    ir::Builder& b = ir();
    if (argument.offset == kNumber) return normalised(type, b.sext(syscall_number(), Width::i64));
    if (shared_.syscall->is_exit) return normalised(type, b.load(Width::i64, context(), 8));
    const std::size_t index = (argument.offset - kFirst) / 8;
    const auto& registers = shared_.syscall->access.arguments;
    BUG_IF(argument.offset < kFirst || index >= registers.size(), "no such argument of a system call");
    const Temporaries temporaries(*this);
    return normalised(type, saved_register(registers[index]));
}

/// The first free slot of this CPU. Exchange, not a counter: programs that may be preempted do not nest like brackets.
void ProbeEmitter::write_claim(ir::Block then) {
    ir::Builder& b = ir();
    if (main_.frame) {
        b.store(b.argument(0), main_.frame, Frame::kContext);
        b.store(ledger_, main_.frame, Frame::kLedger);
    }
    if (!has_scratch()) {
        b.jump(then);
        return;
    }
    for (const auto& [id, size] : used_chunks_)
        (void)script_.chunk(id, size);
    const ChunkId first{};
    const ir::Value key = main_.stack.front().at;  // the ledger's
    const ir::Block claimed = b.block("claimed");
    std::vector<ir::Builder::Incoming> slots;
    for (std::uint32_t slot = 0; slot < kScratchSlots; ++slot) {
        const ir::Block present = b.block("slot"), free = b.block("free"), next = b.block("busy");
        b.store(b.i32(slot), key, 0, 4);
        const ir::Value address = lookup(script_.chunk(first, 0), key);
        b.branch(b.is_zero(address), lost_, present, Likely::no);
        b.enter(present);
        const ir::Value busy = b.atomic_exchange(address, b.i64(1), ScratchHeader::kBusy);
        b.branch(b.is_zero(busy), free, next, Likely::yes);
        b.enter(free);
        // Kept in memory: of a slot number in a register the verifier would walk the body once for each value.
        if (used_chunks_.size() > 1) b.store_volatile(b.i64(slot), address, ScratchHeader::kSlot);
        b.jump(claimed);
        slots.push_back({address, free});
        b.enter(next);
    }
    b.jump(lost_);
    b.enter(claimed);
    const ir::Value header = b.phi(slots);
    b.store(header, main_.chunks.at(first));
    b.store_volatile(b.i64(0), header, ScratchHeader::kLeave);
    for (const auto& [id, size] : used_chunks_) {
        if (id == first) continue;
        ir::Value index = b.load_volatile(Width::i64, header, ScratchHeader::kSlot);
        if (id.is_large) {
            const ir::Value cpu = b.and_(helper(Helper::get_smp_processor_id, {}), b.i64(0xffffffff));
            index = b.add(b.mul(cpu, b.i64(kScratchSlots)), index);
        }
        b.store(b.trunc(index, Width::i32), key, 0, 4);
        const ir::Value address = lookup(script_.chunk(id, 0), key);
        const ir::Block present = b.block("chunk"), absent = b.block("no_chunk");
        b.branch(b.is_zero(address), absent, present, Likely::no);
        b.enter(absent);
        b.store_volatile(b.i64(0), header, ScratchHeader::kBusy);
        b.jump(lost_);
        b.enter(present);
        b.store(address, main_.chunks.at(id));
    }
    if (main_.frame) {
        std::int64_t offset = Frame::kChunks;
        for (const ChunkId id : chunk_order_) {
            if (offset < Frame::kSize) b.store(b.load_pointer(main_.chunks.at(id)), main_.frame, offset);
            offset += 8;
        }
    }
    for (const auto& [id, piece] : main_.zeroed_scratch)
        clear(member_at(b.load_pointer(main_.chunks.at(id)), piece.first), piece.second);
    b.jump(then);
}

ir::Value ProbeEmitter::context() {
    if (function_->kind == Function::Kind::program) return ir().argument(0);
    // The program stored it on its stack, where the verifier keeps its type.
    return ir().load_pointer(function_->frame, Frame::kContext);
}

ir::Value ProbeEmitter::ledger() {
    if (function_->kind == Function::Kind::program) return ledger_;
    return ir().load_pointer(function_->frame, Frame::kLedger);
}

ir::Value ProbeEmitter::frame() {
    if (!function_->frame) {
        BUG_IF(function_->kind != Function::Kind::program, "a callback without its frame");
        function_->frame = ir().alloca_bytes(Frame::kSize, 8, "frame");
        function_->stack_bytes += Frame::kSize;
        if (is_in_predicate_) is_claim_early_ = true;
        // With callbacks comes the word by which they say "leave".
        need_chunk({});
    }
    return function_->frame;
}

void ProbeEmitter::count(program::LedgerCounter counter) {
    if (!script_.options.keeps_ledger) return;
    ir().atomic_add(ledger(), ir().i64(1), static_cast<std::int64_t>(counter) * 8);
}

ir::Value ProbeEmitter::global(std::size_t offset_in_globals) {
    return ir().load(Width::i64, ir().map_value(script_.globals()), static_cast<std::int64_t>(offset_in_globals));
}

/// The process as the tracer's pid namespace numbers it; 0 stands for the initial one, where the cheaper helper says
/// the same.
ir::Value ProbeEmitter::pid_matches(std::uint32_t pid) {
    ir::Builder& b = ir();
    const ir::Value matches = b.slot(Width::i64, "process");
    const ir::Value inode = global(offsetof(program::Globals, pidns_ino));
    b.if_else(
        b.is_zero(inode), [&] { b.store(b.lshr(helper(Helper::get_current_pid_tgid, {}), b.i64(32)), matches); },
        [&] {
            const Temporaries temporaries(*this);
            const ir::Value ids = scratch(8);  // struct bpf_pidns_info { u32 pid; u32 tgid; }
            b.store(b.i64(0), ids);
            helper(Helper::get_ns_current_pid_tgid,
                   {global(offsetof(program::Globals, pidns_dev)), inode, ids, b.i64(8)});
            b.store(b.zext(b.load(Width::i32, ids, 4, 4), Width::i64), matches);
        });
    return b.compare(Compare::eq, b.load(Width::i64, matches), b.i64(pid));
}

}  // namespace codegen
