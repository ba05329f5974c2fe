// Calls of the functions in shared_functions.h, and where text is compared without one. A program has one copy of each
// function it uses.
#include <algorithm>
#include <bit>

#include "src/codegen/probe_emitter.h"
#include "src/codegen/shared_functions.h"

namespace codegen {

using ir::Compare;
using ir::Width;

namespace {

/// Words that are compared in place; beyond, a call costs less than what it saves.
constexpr std::uint32_t kMostPieces = 8, kMostMeasuredPieces = 2;

}  // namespace

ir::Function ProbeEmitter::shared_function(SharedName name, std::span<const ir::Parameter> parameters,
                                           const std::function<void(ir::Builder&)>& write) {
    ir::Function& function = shared_functions_[name];
    if (!function) {
        const ir::Location at = script_.location(probe_.attach_point);
        // Memory that a global function was given is no map's key before 6.2 ("R2 type=mem expected=fp, pkt, pkt_meta,
        // map_key, map_value"). Signed division came later still, and has been asked for anyway.
        const bool is_walked = name.has_keys && !features().has(program::Feature::signed_division);
        const std::string own_name = script_.unique_name(name_);
        function = is_walked ? script_.module->begin_subprogram(main_.ir, own_name, parameters, at)
                             : script_.module->begin_shared(main_.ir, own_name, parameters, at);
        const ir::Function made = function;
        ir::Builder inner(*script_.module, made);
        inner.set_location(at);
        write(inner);
        return made;
    }
    return function;
}

ir::Value ProbeEmitter::compare_text(ir::Value left, std::uint32_t left_capacity, ir::Value right,
                                     std::uint32_t right_capacity, std::uint32_t limit) {
    ir::Builder& b = ir();
    if (left_capacity < right_capacity) {
        std::swap(left, right);
        std::swap(left_capacity, right_capacity);
    }
    const std::uint32_t size = std::min(right_capacity, limit);
    const bool has_end = size != limit && left_capacity != right_capacity;
    if (size == 0) return has_end ? b.zext(b.not_zero(b.load(Width::i8, left, 0, 1)), Width::i64) : b.i64(0);
    const std::uint32_t align = std::min(alignment(left), alignment(right));
    if (size / align > kMostPieces) {
        const ir::Parameter parameters[] = {{"longer", true, size + (has_end ? 1U : 0U)}, {"shorter", true, size}};
        const ir::Function function = shared_function({"compare_text", size, has_end}, parameters,
                                                      [&](ir::Builder& in) { write_compare_text(in, size, has_end); });
        return b.call(function, {left, right});
    }
    const ir::Value result = b.slot(Width::i64, "differs");
    const ir::Block equal = b.block("equal"), different = b.block("different"), done = b.block("compared");
    for (std::uint32_t offset = 0; offset < size;) {
        const std::uint32_t piece = std::min(align, std::bit_floor(size - offset));
        const ir::Value word = load_piece(b, left, offset, piece);
        const ir::Value zeros = zero_bytes(b, word, piece);
        const ir::Value apart = b.xor_(word, load_piece(b, right, offset, piece));
        const ir::Value counting = b.xor_(zeros, b.sub(zeros, b.i64(1)));  // up to and with the NUL
        const ir::Block same = b.block("same"), more = b.block("more");
        b.branch(b.is_zero(b.and_(apart, counting)), same, different);
        b.enter(same);
        b.branch(b.is_zero(zeros), more, equal);
        b.enter(more);
        offset += piece;
    }
    // The shorter one is full: the longer must end here.
    if (has_end)
        b.branch(b.is_zero(b.load(Width::i8, left, size, 1)), equal, different);
    else
        b.jump(equal);
    b.enter(equal);
    b.store(b.i64(0), result);
    b.jump(done);
    b.enter(different);
    b.store(b.i64(1), result);
    b.jump(done);
    b.enter(done);
    return b.load(Width::i64, result);
}

ir::Value ProbeEmitter::length_of_text(ir::Value text, std::uint32_t capacity) {
    ir::Builder& b = ir();
    if (capacity == 0) return b.i64(0);
    const std::uint32_t align = alignment(text);
    if (capacity / align > kMostMeasuredPieces) {
        const ir::Parameter parameters[] = {{"text", true, capacity}};
        const ir::Function function = shared_function({"text_length", capacity}, parameters,
                                                      [&](ir::Builder& in) { write_text_length(in, capacity); });
        return b.call(function, {text});
    }
    const ir::Value result = b.slot(Width::i64, "length");
    const ir::Block done = b.block("measured");
    for (std::uint32_t offset = 0; offset < capacity;) {
        const std::uint32_t piece = std::min(align, std::bit_floor(capacity - offset));
        const ir::Value zeros = zero_bytes(b, load_piece(b, text, offset, piece), piece);
        const ir::Block more = b.block("more");
        b.store(b.add(b.i64(offset), first_marked_byte(b, zeros)), result);
        b.branch(b.is_zero(zeros), more, done);
        b.enter(more);
        offset += piece;
    }
    b.store(b.i64(capacity), result);
    b.jump(done);
    b.enter(done);
    return b.load(Width::i64, result);
}

ir::Value ProbeEmitter::find_text(ir::Value haystack, std::uint32_t haystack_capacity, ir::Value needle,
                                  std::uint32_t needle_capacity) {
    ir::Builder& b = ir();
    if (needle_capacity == 0) return b.i64(0);
    if (haystack_capacity == 0) return b.sext(b.not_zero(b.load(Width::i8, needle, 0, 1)), Width::i64);
    const bool wants_helper = wants_loop_helper(haystack_capacity, needle_capacity);
    const bool has_helper = wants_helper && features().has(program::Feature::bpf_loop);
    if (has_helper) script_.need(program::Feature::bpf_loop);
    const ir::Parameter parameters[] = {
        {"haystack", true, haystack_capacity}, {"needle", true, needle_capacity}, {"memory", true, kFindTextBytes}};
    const ir::Location at = script_.location(probe_.attach_point);
    const ir::Function function =
        shared_function({"find_text", haystack_capacity, needle_capacity},
                        std::span(parameters).first(has_helper ? 3 : 2), [&](ir::Builder& in) {
                            write_find_text(
                                *script_.module, main_.ir, in, at, [&] { return script_.unique_name(name_); },
                                haystack_capacity, needle_capacity, has_helper);
                        });
    if (!has_helper) return b.call(function, {haystack, needle});
    const Temporaries temporaries(*this);
    const ir::Value memory = scratch(kFindTextBytes);
    clear(memory, kFindTextBytes);
    return b.call(function, {haystack, needle, memory});
}

ir::Value ProbeEmitter::compare_bytes(ir::Value left, ir::Value right, std::uint32_t size) {
    if (size == 0) return ir().i64(0);
    const ir::Parameter parameters[] = {{"left", true, size}, {"right", true, size}};
    const ir::Function function =
        shared_function({"compare_bytes", size}, parameters, [&](ir::Builder& in) { write_compare_bytes(in, size); });
    return ir().call(function, {left, right});
}

ir::Value ProbeEmitter::call_shared(std::string_view what, std::uint64_t variant, ir::Value number,
                                    const std::function<ir::Value(ir::Builder&, ir::Value)>& write) {
    static constexpr ir::Parameter kNumber[] = {{"number"}};
    const SharedName name{what, variant};
    // A call costs 4 of the 70 ns that a histogram takes.
    if (written_in_place_.insert(name).second) return write(ir(), number);
    const ir::Function function =
        shared_function(name, kNumber, [&](ir::Builder& in) { in.ret(write(in, in.argument(0))); });
    return ir().call(function, {number});
}

void ProbeEmitter::decimal_into(ir::Value number, ir::Value destination) {
    static constexpr ir::Parameter kParameters[] = {{"text", true, kDecimalBytes}, {"number"}};
    const ir::Function function = shared_function({"decimal"}, kParameters, write_decimal);
    (void)ir().call(function, {destination, number});
}

}  // namespace codegen
