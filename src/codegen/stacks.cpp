// Stacks: frames are taken into scratch memory, numbered by a hash of theirs and stored once in a map of the script. A
// number is only reused for the very same frames: where the hash meets another stack, the next numbers are tried.
// get_stackid would confuse stacks that share a bucket, or drop one.
#include <algorithm>

#include "runtime/program/record.h"
#include "src/codegen/probe_emitter.h"
#include "src/codegen/shared_functions.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using Likely = ir::Builder::Likely;

namespace {

/// BPF_F_USER_STACK
constexpr std::uint64_t kUserStack = 256;
/// Numbers tried for one stack. With 64 bits of hash even the second is hardly ever needed.
constexpr std::uint64_t kTries = 2;
/// Odd, with bits all over: 2^64 divided by the golden ratio, and a prime.
constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15, kMix = 0xff51afd7ed558ccd;

}  // namespace

/// long store(frames, count): the stack's number, or 0 if it could not be stored.
void ProbeEmitter::write_store(ir::Builder& b, program::MapId stacks, std::uint32_t limit) {
    const ir::Value frames = b.argument(0), count = b.argument(1);
    const ir::Block null = b.block("null"), given = b.block("given");
    b.branch(b.is_zero(frames), null, given, Likely::no);
    b.enter(null);  // the verifier knows arguments by their types
    b.ret(0);
    b.enter(given);
    // By exclusive or: from `index < count` or `count - index` the verifier would learn what count is at each way out
    // of a loop, and walk everything behind it once for every possible count.
    const auto is_frame = [&](ir::Value index) { return b.not_zero(b.opaque(b.xor_(count, index))); };
    const ir::Value hash = b.slot(Width::i64, "hash");
    b.store(b.mul(count, b.i64(kSpread)), hash);
    const ir::Block hashed = b.block("hashed");
    counted(b, limit, [&](ir::Value index) {
        const ir::Block more = b.block("more");
        b.branch(is_frame(index), more, hashed);
        b.enter(more);
        const ir::Value frame = b.load(Width::i64, b.ptr_add(frames, b.shl(index, b.i64(3))));
        ir::Value mixed = b.mul(b.xor_(b.load(Width::i64, hash), frame), b.i64(kMix));
        mixed = b.xor_(mixed, b.lshr(mixed, b.i64(32)));
        b.store(mixed, hash);
    });
    b.jump(hashed);
    b.enter(hashed);
    const ir::Value key = b.alloca_bytes(8, 8, "id");
    const ir::Value map = b.map_ref(stacks);
    const auto lookup = [&] {
        return b.call_helper(static_cast<std::uint32_t>(Helper::map_lookup_elem), {map, key},
                             ir::Builder::Returns::pointer);
    };
    counted(b, kTries, [&](ir::Value attempt) {
        // 0 stands for "no stack".
        const ir::Value id = b.or_(b.add(b.load(Width::i64, hash), b.shl(attempt, b.i64(1))), b.i64(1));
        b.store(id, key);
        const ir::Value found = lookup();
        const ir::Block present = b.block("present"), absent = b.block("absent"), stored = b.block("stored"),
                        check = b.block("check");
        const ir::Block failed = b.block("failed"), other = b.block("other");
        const ir::Block found_in = b.current();
        b.branch(b.is_zero(found), absent, present);
        b.enter(absent);
        const ir::Value result =
            b.call_helper(static_cast<std::uint32_t>(Helper::map_update_elem), {map, key, frames, b.i64(BPF_NOEXIST)});
        b.branch(b.is_zero(b.trunc(result, Width::i32)), stored, check);  // an int before 6.4
        b.enter(stored);
        b.ret(id);
        b.enter(check);  // full, or another CPU was first
        const ir::Value again = lookup();
        const ir::Block again_in = b.current();
        b.branch(b.is_zero(again), failed, present);
        b.enter(failed);
        b.ret(0);
        b.enter(present);
        const ir::Value known = b.phi({{found, found_in}, {again, again_in}});
        counted(b, limit, [&](ir::Value index) {
            const ir::Block more = b.block("more"), same = b.block("same");
            const ir::Value offset = b.shl(index, b.i64(3));
            const ir::Value theirs = b.load(Width::i64, b.ptr_add(known, offset));
            const ir::Block last = b.block("last");
            b.branch(is_frame(index), more, last);
            b.enter(last);  // the kernel clears what is behind the frames
            b.branch(b.is_zero(theirs), stored, other);
            b.enter(more);
            b.branch(b.compare(Compare::eq, theirs, b.load(Width::i64, b.ptr_add(frames, offset))), same, other);
            b.enter(same);
        });
        b.jump(stored);
        b.enter(other);
    });
    b.ret(0);
}

void ProbeEmitter::capture_stack(const types::Type* stack, ir::Value destination, source::Range at) {
    ir::Builder& b = ir();
    const bool is_user = stack->kind == types::Kind::ustack;
    const std::uint32_t limit = std::max(1u, stack->stack_limit);
    const program::MapId map = script_.stacks(stack);

    const ir::Parameter parameters[] = {{"frames", true, limit * 8}, {"count", false}};
    const ir::Function store = shared_function({"store_stack", limit, 0, true}, parameters,
                                               [&](ir::Builder& in) { write_store(in, map, limit); });

    const Temporaries temporaries(*this);
    const ir::Value frames = scratch_only(limit * 8);
    const ir::Value id = b.slot(Width::i64, "stack"), count_of = b.slot(Width::i64, "frames");
    b.store(b.i64(0), id);
    b.store(b.i64(0), count_of);
    const ir::Value size = helper(
        Helper::get_stack, {context(), frames, b.i64(std::uint64_t{limit} * 8), b.i64(is_user ? kUserStack : 0)});
    const auto failed = [&] {
        count(program::LedgerCounter::stack_lost);
        warn(program::WarningKind::stack_failed, at, is_user ? "ustack" : "kstack", size, true);
    };
    b.if_else(
        b.compare(Compare::sgt, size, b.i64(0)),
        [&] {
            const ir::Value number = b.lshr(size, b.i64(3));
            const ir::Value stored = b.call(store, {frames, number});
            b.if_else(
                b.not_zero(stored),
                [&] {
                    b.store(stored, id);
                    b.store(number, count_of);
                },
                failed, Likely::yes);
        },
        // No frames at all is an answer: a kernel thread has no user stack.
        [&] { b.if_then(b.not_zero(size), failed); }, Likely::yes);
    const unsigned align = alignment(destination);
    b.store(b.load(Width::i64, id), destination, 0, align);
    const ir::Value pid = is_user ? b.lshr(helper(Helper::get_current_pid_tgid, {}), b.i64(32)) : b.i64(0);
    b.store(b.or_(b.load(Width::i64, count_of), b.shl(pid, b.i64(32))), destination, 8, align);
}

}  // namespace codegen
