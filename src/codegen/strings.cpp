// Text in memory: capacity bytes, of which those up to the first NUL count; text that fills the capacity has none.
// Words of eight bytes are looked through at once: (w - 0x01..) & ~w & 0x80.. has its lowest bit at the first zero byte
// (little-endian), and is zero if there is none.
#include <algorithm>
#include <array>
#include <bit>

#include "src/codegen/probe_emitter.h"
#include "src/codegen/scratch_layout.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using Likely = ir::Builder::Likely;

namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
/// Text up to this long is compared or masked without a loop.
constexpr std::uint32_t kMostUnrolled = 64;
constexpr std::uint32_t kWordsPerRound = 4;
/// Steps of a search that a verifier may walk one by one; each leaves it three ways to come back to, of which it
/// remembers 8,192.
constexpr std::uint32_t kMostSearchSteps = 1024;
/// Below this a plain copy is cheaper than the helper that stops at the NUL.
constexpr std::uint32_t kMostPlainCopy = 128;

std::uint64_t low_bytes(std::uint32_t size) {
    return size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
}

/// Non-zero if one of the `size` bytes of `word` is; the lowest bit set is the top bit of the first.
ir::Value zero_bytes(ir::Builder& b, ir::Value word, std::uint32_t size) {
    const ir::Value candidates = b.and_(b.sub(word, b.i64(kOnes & low_bytes(size))), b.not_(word));
    return b.and_(candidates, b.i64(kTops & low_bytes(size)));
}

ir::Value load_piece(ir::Builder& b, ir::Value at, std::int64_t offset, std::uint32_t size) {
    return b.zext(b.load(ir::width_of_bytes(size), at, offset, size), Width::i64);
}

}  // namespace

void ProbeEmitter::literal_into(std::string_view text, std::uint32_t capacity, ir::Value destination, bool is_key) {
    std::string bytes(text.substr(0, capacity));
    // A NUL, and zeros to the next word: as cheap as the NUL alone. Keys, to the end.
    std::uint32_t size = std::min<std::uint32_t>(capacity, (static_cast<std::uint32_t>(bytes.size()) / 8 + 1) * 8);
    if (is_key) {
        constexpr std::uint32_t kMostStored = 128;
        if (capacity <= std::max(size, kMostStored))
            size = capacity;
        else
            clear(destination, capacity);
    }
    bytes.resize(size, '\0');
    ir().store_bytes(destination, bytes, 0, alignment(destination));
}

void ProbeEmitter::text_of_number(const types::Type* type, ir::Value number, ir::Value destination,
                                  std::uint32_t capacity) {
    ir::Builder& b = ir();
    constexpr std::uint32_t kSize = types::kTextNumberCapacity;
    const program::MapId texts = script_.texts_of(type);
    const std::uint64_t count = script_.program.maps[texts.index()].value_size / kSize;
    const ir::Value index = b.opaque(number);
    const ir::Block listed = b.block("listed"), named = b.block("named"), unnamed = b.block("unnamed"),
                    done = b.block("text");
    b.branch(b.compare(Compare::ult, index, b.i64(count)), listed, unnamed, Likely::yes);
    b.enter(listed);
    const ir::Value text = b.ptr_add(b.map_value(texts), b.mul(index, b.i64(kSize)));
    b.branch(b.not_zero(b.load(Width::i8, text)), named, unnamed, Likely::yes);
    b.enter(named);
    copy(destination, text, kSize);
    b.jump(done);
    b.enter(unnamed);
    clear(destination, kSize);
    decimal_into(number, destination);
    b.jump(done);
    b.enter(done);
    if (capacity > kSize) b.store(b.constant(Width::i8, 0), destination, kSize, 1);
}

void ProbeEmitter::decimal_into(ir::Value number, ir::Value destination) {
    ir::Builder& b = ir();
    constexpr std::uint64_t kHighest = 10'000'000'000'000'000'000U;
    const ir::Value rest = b.slot(Width::i64, "rest"), length = b.slot(Width::i64, "length");
    const auto append = [&](ir::Value character) {
        const ir::Value at = b.and_(b.load(Width::i64, length), b.i64(31));  // 20 digits and a sign: below 32
        b.store(b.trunc(character, Width::i8), b.ptr_add(destination, at), 0, 1);
        b.store(b.add(at, b.i64(1)), length);
    };
    b.store(b.i64(0), length);
    b.store(number, rest);
    b.if_then(b.compare(Compare::slt, number, b.i64(0)), [&] {
        append(b.i64('-'));
        b.store(b.neg(number), rest);
    });
    const ir::Value is_begun = b.slot(Width::i64, "begun");
    b.store(b.i64(0), is_begun);
    for (std::uint64_t unit = kHighest; unit > 0; unit /= 10) {
        const ir::Value value = b.load(Width::i64, rest);
        const ir::Value digit = b.udiv(value, b.i64(unit));
        const auto put = [&] {
            append(b.add(digit, b.i64('0')));
            b.store(b.sub(value, b.mul(digit, b.i64(unit))), rest);
            b.store(b.i64(1), is_begun);
        };
        if (unit == 1)
            put();
        else
            b.if_then(b.not_zero(b.or_(digit, b.load(Width::i64, is_begun))), put);
    }
}

void ProbeEmitter::copy_text(ir::Value destination, std::uint32_t capacity, ir::Value source,
                             std::uint32_t source_capacity, bool is_key) {
    ir::Builder& b = ir();
    const std::uint32_t size = std::min(capacity, source_capacity);
    if (size == 0 || destination.raw == source.raw) return;
    const unsigned align = std::min(alignment(destination), alignment(source));
    if (is_key && size <= kMostUnrolled && align == 8) {
        copy_text_masked(destination, source, size);
        return;
    }
    if (!is_key && size <= kMostPlainCopy) {
        copy(destination, source, size);
    } else {
        const ir::Value copied = helper(Helper::probe_read_kernel_str, {destination, b.i64(size), source});
        // The helper ends with a NUL in any case, and a text that fills its capacity has none.
        b.if_then(
            b.compare(Compare::eq, copied, b.i64(size)),
            [&] { b.store(b.load(Width::i8, source, size - 1, 1), destination, size - 1, 1); }, Likely::no);
    }
    if (capacity > size && !is_key) b.store(b.constant(Width::i8, 0), destination, size, 1);
}

/// All bytes behind the NUL come out zero.
void ProbeEmitter::copy_text_masked(ir::Value destination, ir::Value source, std::uint32_t size) {
    ir::Builder& b = ir();
    ir::Value alive = b.i64(~std::uint64_t{0});
    for (std::uint32_t done = 0; done < size;) {
        const std::uint32_t piece = std::min(8u, std::bit_floor(size - done));
        const ir::Value word = load_piece(b, source, done, piece);
        const ir::Value zeros = zero_bytes(b, word, piece);
        // Everything below the first zero byte; all ones if there is none.
        const ir::Value before = b.sub(b.lshr(b.and_(zeros, b.neg(zeros)), b.i64(7)), b.i64(1));
        const ir::Value kept = b.and_(b.and_(word, before), alive);
        b.store(b.resize(kept, ir::width_of_bytes(piece), false), destination, done, piece);
        alive = b.and_(alive, b.neg(b.zext(b.is_zero(zeros), Width::i64)));
        done += piece;
    }
}

ir::Value ProbeEmitter::differs_from_literal(ir::Value text, std::uint32_t capacity, std::string_view literal) {
    ir::Builder& b = ir();
    if (literal.size() > capacity) return b.boolean(true);
    std::string bytes(literal);
    if (bytes.size() < capacity) bytes.push_back('\0');
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const unsigned align = alignment(text);
    ir::Value all = b.i64(0);
    for (std::uint32_t done = 0; done < size;) {
        const std::uint32_t piece = std::min<std::uint32_t>(align, std::bit_floor(size - done));
        std::uint64_t wanted = 0;
        for (std::uint32_t i = 0; i < piece; ++i)
            wanted |= std::uint64_t{static_cast<unsigned char>(bytes[done + i])} << (8 * i);
        all = b.or_(all, b.xor_(load_piece(b, text, done, piece), b.i64(wanted)));
        done += piece;
    }
    return b.not_zero(all);
}

ir::Value ProbeEmitter::compare_text(ir::Value left, std::uint32_t left_capacity, ir::Value right,
                                     std::uint32_t right_capacity, std::uint32_t limit) {
    ir::Builder& b = ir();
    const std::uint32_t size = std::min({left_capacity, right_capacity, limit});
    const ir::Value result = b.slot(Width::i64, "differs");
    const ir::Block equal = b.block("equal"), different = b.block("different"), done = b.block("compared");
    const unsigned align = std::min(alignment(left), alignment(right));
    // Goes on where all bytes are equal and none is the NUL.
    const auto compare_piece = [&](ir::Value a, ir::Value other, std::int64_t offset, std::uint32_t piece) {
        const ir::Value word = load_piece(b, a, offset, piece);
        const ir::Value zeros = zero_bytes(b, word, piece);
        const ir::Value apart = b.xor_(word, load_piece(b, other, offset, piece));
        const ir::Value counting = b.xor_(zeros, b.sub(zeros, b.i64(1)));  // up to and with the NUL
        const ir::Block same = b.block("same"), more = b.block("more");
        b.branch(b.is_zero(b.and_(apart, counting)), same, different);
        b.enter(same);
        b.branch(b.is_zero(zeros), more, equal);
        b.enter(more);
    };
    std::uint32_t offset = 0;
    if (size > kMostUnrolled) {
        // Four words a round and one way out: a verifier keeps every way out of every round in mind, and no more than
        // 8,192 of them.
        const std::uint32_t group = align * kWordsPerRound;
        counted(size / group, [&](ir::Value index) {
            const ir::Value distance = b.mul(index, b.i64(group));
            const ir::Value a = b.ptr_add(left, distance), other = b.ptr_add(right, distance);
            std::array<ir::Value, kWordsPerRound> counting, stops;
            ir::Value any = b.i64(0);
            for (std::uint32_t i = 0; i < kWordsPerRound; ++i) {
                const ir::Value word = load_piece(b, a, std::int64_t{i} * align, align);
                const ir::Value zeros = zero_bytes(b, word, align);
                const ir::Value apart = b.xor_(word, load_piece(b, other, std::int64_t{i} * align, align));
                counting[i] = b.and_(apart, b.xor_(zeros, b.sub(zeros, b.i64(1))));
                stops[i] = b.or_(counting[i], zeros);
                any = b.or_(any, stops[i]);
            }
            const ir::Block decide = b.block("decide"), more = b.block("more");
            b.branch(b.is_zero(any), more, decide);
            b.enter(decide);
            for (std::uint32_t i = 0; i < kWordsPerRound; ++i) {
                const ir::Block here = b.block("here"), next = b.block("next");
                b.branch(b.not_zero(stops[i]), here, next);
                b.enter(here);
                b.branch(b.is_zero(counting[i]), equal, different);
                b.enter(next);
            }
            b.jump(different);  // one of them did stop it
            b.enter(more);
        });
        offset = size / group * group;
    }
    while (offset < size) {
        const std::uint32_t piece = std::min<std::uint32_t>(align, std::bit_floor(size - offset));
        compare_piece(left, right, offset, piece);
        offset += piece;
    }
    // The shorter one is full: the longer must end here.
    if (size == limit || left_capacity == right_capacity) {
        b.jump(equal);
    } else {
        const ir::Value longer = left_capacity > right_capacity ? left : right;
        b.branch(b.is_zero(b.load(Width::i8, longer, size, 1)), equal, different);
    }
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
    const ir::Value result = b.slot(Width::i64, "length");
    const ir::Block done = b.block("measured");
    const unsigned align = alignment(text);
    const auto look = [&](ir::Value at, std::int64_t offset, std::uint32_t piece, ir::Value begin) {
        const ir::Value zeros = zero_bytes(b, load_piece(b, at, offset, piece), piece);
        const ir::Block found = b.block("found"), more = b.block("more");
        b.branch(b.is_zero(zeros), more, found);
        b.enter(found);
        const ir::Value first = b.and_(zeros, b.neg(zeros));
        ir::Value length = begin;
        for (std::uint32_t i = 1; i < piece; ++i) {
            length = b.add(length,
                           b.zext(b.compare(Compare::uge, first, b.i64(std::uint64_t{0x80} << (8 * i))), Width::i64));
        }
        b.store(length, result);
        b.jump(done);
        b.enter(more);
    };
    std::uint32_t offset = 0;
    if (capacity > kMostUnrolled) {
        counted(capacity / align, [&](ir::Value index) {
            const ir::Value distance = b.mul(index, b.i64(align));
            look(b.ptr_add(text, distance), 0, align, distance);
        });
        offset = capacity / align * align;
    }
    while (offset < capacity) {
        const std::uint32_t piece = std::min<std::uint32_t>(align, std::bit_floor(capacity - offset));
        look(text, offset, piece, b.i64(offset));
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
    const std::uint64_t steps = std::uint64_t{haystack_capacity} * needle_capacity;
    if (steps <= kMostSearchSteps || !features().has(program::Feature::bpf_loop)) {
        const ir::Value result = b.slot(Width::i64, "found_at");
        b.store(b.i64(~std::uint64_t{0}), result);
        const ir::Block done = b.block("searched");
        counted(haystack_capacity, [&](ir::Value start) {
            const ir::Block found = b.block("found"), next = b.block("next");
            counted(needle_capacity, [&](ir::Value index) {
                const ir::Value wanted = b.load(Width::i8, b.ptr_add(needle, index), 0, 1);
                const ir::Block more = b.block("more"), inside = b.block("inside"), same = b.block("same");
                b.branch(b.is_zero(wanted), found, more);
                b.enter(more);
                const ir::Value at = b.add(start, index);
                b.branch(b.compare(Compare::ult, at, b.i64(haystack_capacity)), inside, next);
                b.enter(inside);
                b.branch(b.compare(Compare::eq, b.load(Width::i8, b.ptr_add(haystack, at), 0, 1), wanted), same, next);
                b.enter(same);
            });
            b.jump(found);
            b.enter(found);
            b.store(start, result);
            b.jump(done);
            b.enter(next);
            const ir::Block goes_on = b.block("goes_on");
            b.branch(b.is_zero(b.load(Width::i8, b.ptr_add(haystack, start), 0, 1)), done, goes_on);
            b.enter(goes_on);
        });
        b.jump(done);
        b.enter(done);
        return b.load(Width::i64, result);
    }
    // Too many steps to walk: a callback for each place, which finds both texts through the frame. A long needle takes
    // a callback for each of its bytes as well, once the first one fits.
    const bool is_long = needle_capacity > kMostSearchSteps;
    // A callback may not put pointers to its own stack into its caller's frame: "cannot spill pointers to stack into stack
    // frame of the caller". What may lie there is small.
    const auto off_the_stack = [&](ir::Value text, std::uint32_t capacity) {
        const auto most = std::max<std::uint64_t>(script_.script.config.on_stack_limit, kMostUnrolled);
        if (function_->kind == Function::Kind::program || capacity > most) return text;
        const ir::Value moved = scratch_only(capacity);
        copy(moved, text, capacity);
        return moved;
    };
    haystack = off_the_stack(haystack, haystack_capacity);
    needle = off_the_stack(needle, needle_capacity);
    const ScratchPlace result = take_scratch(8);
    const ScratchPlace begin = is_long ? take_scratch(8) : result, differs = is_long ? take_scratch(8) : result;
    b.store(b.i64(~std::uint64_t{0}), at(result));
    b.store(haystack, frame(), Frame::kOperands);
    b.store(needle, frame(), Frame::kOperands + 8);
    loop_callback(b.i64(haystack_capacity), {}, [&](ir::Value index) {
        ir::Builder& in = ir();
        const ir::Value text = in.load_pointer(function_->frame, Frame::kOperands);
        const ir::Value looked_for = in.load_pointer(function_->frame, Frame::kOperands + 8);
        const ir::Value start = in.opaque(index);
        const ir::Block found = in.block("found"), next = in.block("next");
        // One byte of the needle: on to `same` where it fits.
        const auto compare_byte = [&](ir::Builder& at_byte, ir::Value hay, ir::Value pin, ir::Value first,
                                      ir::Value place, ir::Block ended, ir::Block apart) {
            const ir::Value wanted = at_byte.load(Width::i8, at_byte.ptr_add(pin, place), 0, 1);
            const ir::Block more = at_byte.block("more"), inside = at_byte.block("inside"),
                            same = at_byte.block("same");
            at_byte.branch(at_byte.is_zero(wanted), ended, more);
            at_byte.enter(more);
            const ir::Value spot = at_byte.opaque(at_byte.add(first, place));
            at_byte.branch(at_byte.compare(Compare::ult, spot, at_byte.i64(haystack_capacity)), inside, apart);
            at_byte.enter(inside);
            const ir::Value seen = at_byte.load(Width::i8, at_byte.ptr_add(hay, spot), 0, 1);
            at_byte.branch(at_byte.compare(Compare::eq, seen, wanted), same, apart);
            at_byte.enter(same);
        };
        if (!is_long) {
            counted(needle_capacity,
                    [&](ir::Value place) { compare_byte(in, text, looked_for, start, place, found, next); });
            in.jump(found);
        } else {
            compare_byte(in, text, looked_for, start, in.i64(0), found, next);
            in.store(start, at(begin));
            in.store(in.i64(0), at(differs));
            loop_callback(in.i64(needle_capacity), {}, [&](ir::Value index_of_byte) {
                ir::Builder& inner = ir();
                const ir::Value hay = inner.load_pointer(function_->frame, Frame::kOperands);
                const ir::Value pin = inner.load_pointer(function_->frame, Frame::kOperands + 8);
                const ir::Value first = inner.opaque(inner.load(Width::i64, at(begin)));
                const ir::Value place = inner.opaque(index_of_byte);
                const ir::Block ended = inner.block("pin_ended"), apart = inner.block("apart"),
                                bounded = inner.block("bounded");
                inner.branch(inner.compare(Compare::ult, place, inner.i64(needle_capacity)), bounded, ended);
                inner.enter(bounded);
                compare_byte(inner, hay, pin, first, place, ended, apart);
                inner.ret(0);
                inner.enter(apart);
                inner.store(inner.i64(1), at(differs));
                inner.ret(1);
                inner.enter(ended);
                inner.ret(1);
            });
            in.branch(in.is_zero(in.load(Width::i64, at(differs))), found, next);
        }
        in.enter(found);
        in.store(start, at(result));
        in.ret(1);
        in.enter(next);
        const ir::Block inside = in.block("start_inside"), ended = in.block("ended"), goes_on = in.block("goes_on");
        in.branch(in.compare(Compare::ult, start, in.i64(haystack_capacity)), inside, ended);
        in.enter(inside);
        in.branch(in.is_zero(in.load(Width::i8, in.ptr_add(text, start), 0, 1)), ended, goes_on);
        in.enter(ended);
        in.ret(1);
        in.enter(goes_on);
    });
    return b.load(Width::i64, at(result));
}

}  // namespace codegen
