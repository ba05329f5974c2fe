// Words of eight bytes are looked through at once: (w - 0x01..) & ~w & 0x80.. has its lowest bit at the first zero byte
// (little-endian), and is zero if there is none. All loads are of eight bytes wherever the text begins: x86 does not
// mind, and neither do verifiers where the machine does not, except of the stack, which nobody can tell here.
#include "src/codegen/shared_functions.h"

#include <algorithm>
#include <array>
#include <bit>

#include "src/codegen/helpers.h"

namespace codegen {

using ir::Compare;
using ir::Width;

namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
constexpr std::uint32_t kWord = 8, kWordsPerRound = 4, kRound = kWord * kWordsPerRound;
/// Steps of a search that a verifier may walk one by one; each leaves it three ways to come back to, of which it
/// remembers 8,192.
constexpr std::uint32_t kMostSearchSteps = 1024;

std::uint64_t low_bytes(std::uint32_t size) {
    return size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * size)) - 1;
}

/// What the verifier takes for possible: it knows arguments by their types.
void return_if_null(ir::Builder& b, std::uint32_t arguments) {
    for (std::uint32_t i = 0; i < arguments; ++i) {
        const ir::Block absent = b.block("null"), present = b.block("present");
        b.branch(b.is_zero(b.argument(i)), absent, present, ir::Builder::Likely::no);
        b.enter(absent);
        b.ret(0);
        b.enter(present);
    }
}

/// Pieces of eight bytes and less behind the last whole round.
void for_rest(std::uint32_t begin, std::uint32_t size, const std::function<void(std::uint32_t, std::uint32_t)>& body) {
    while (begin < size) {
        const std::uint32_t piece = std::min(kWord, std::bit_floor(size - begin));
        body(begin, piece);
        begin += piece;
    }
}

}  // namespace

/// Tested at the end: older verifiers (6.1) take only jumps back, not an instruction that falls through to where
/// a loop begins ("back-edge from insn 243 to 244"), and a block that ends in a plain jump may be placed right there.
void counted(ir::Builder& b, std::uint64_t count, const std::function<void(ir::Value index)>& body) {
    if (count == 0) return;
    const ir::Block start = b.current(), inside = b.block("round"), end = b.block("loop_end");
    b.jump(inside);
    b.enter(inside);
    const ir::Value index = b.phi_pending(Width::i64);
    b.add_incoming(index, b.i64(0), start);
    body(index);
    const ir::Value next = b.add(index, b.i64(1));
    b.add_incoming(index, next, b.current());
    b.branch(b.compare(Compare::ult, next, b.i64(count)), inside, end);
    b.enter(end);
}

ir::Value load_piece(ir::Builder& b, ir::Value at, std::int64_t offset, std::uint32_t size) {
    return b.zext(b.load(ir::width_of_bytes(size), at, offset, size), Width::i64);
}

ir::Value zero_bytes(ir::Builder& b, ir::Value word, std::uint32_t size) {
    const ir::Value candidates = b.and_(b.sub(word, b.i64(kOnes & low_bytes(size))), b.not_(word));
    return b.and_(candidates, b.i64(kTops & low_bytes(size)));
}

ir::Value first_marked_byte(ir::Builder& b, ir::Value marks) {
    // 1 << 8 * i, times a constant that has i as its byte 7 - i.
    constexpr std::uint64_t kNumbers = 0x0001020304050607;
    const ir::Value lowest = b.lshr(b.and_(marks, b.neg(marks)), b.i64(7));
    return b.lshr(b.mul(lowest, b.i64(kNumbers)), b.i64(56));
}

void write_compare_text(ir::Builder& b, std::uint32_t size, bool has_end) {
    return_if_null(b, 2);
    const ir::Value left = b.argument(0), right = b.argument(1);
    const ir::Block equal = b.block("equal"), different = b.block("different");
    struct Piece {
        ir::Value counting;  ///< bits up to and with the NUL that are not the same
        ir::Value stop;      ///< not zero where the comparison ends
    };
    const auto look = [&](ir::Value a, ir::Value other, std::int64_t offset, std::uint32_t piece) {
        const ir::Value word = load_piece(b, a, offset, piece);
        const ir::Value zeros = zero_bytes(b, word, piece);
        const ir::Value apart = b.xor_(word, load_piece(b, other, offset, piece));
        const ir::Value counting = b.and_(apart, b.xor_(zeros, b.sub(zeros, b.i64(1))));
        return Piece{counting, b.or_(counting, zeros)};
    };
    // Four words a round and one way out: a verifier keeps every way out of every round in mind, and no more than
    // 8,192 of them.
    counted(b, size / kRound, [&](ir::Value index) {
        const ir::Value distance = b.mul(index, b.i64(kRound));
        const ir::Value a = b.ptr_add(left, distance), other = b.ptr_add(right, distance);
        std::array<Piece, kWordsPerRound> pieces;
        ir::Value any = b.i64(0);
        for (std::uint32_t i = 0; i < kWordsPerRound; ++i) {
            pieces[i] = look(a, other, std::int64_t{i} * kWord, kWord);
            any = b.or_(any, pieces[i].stop);
        }
        const ir::Block decide = b.block("decide"), more = b.block("more");
        b.branch(b.is_zero(any), more, decide);
        b.enter(decide);
        for (const Piece& piece : pieces) {
            const ir::Block here = b.block("here"), next = b.block("next");
            b.branch(b.not_zero(piece.stop), here, next);
            b.enter(here);
            b.branch(b.is_zero(piece.counting), equal, different);
            b.enter(next);
        }
        b.jump(different);  // one of them did stop it
        b.enter(more);
    });
    for_rest(size / kRound * kRound, size, [&](std::uint32_t offset, std::uint32_t bytes) {
        const Piece piece = look(left, right, offset, bytes);
        const ir::Block here = b.block("here"), more = b.block("more");
        b.branch(b.is_zero(piece.stop), more, here);
        b.enter(here);
        b.branch(b.is_zero(piece.counting), equal, different);
        b.enter(more);
    });
    // The shorter one is full: the longer must end here.
    if (has_end)
        b.branch(b.is_zero(b.load(Width::i8, left, size, 1)), equal, different);
    else
        b.jump(equal);
    b.enter(equal);
    b.ret(0);
    b.enter(different);
    b.ret(1);
}

void write_text_length(ir::Builder& b, std::uint32_t capacity) {
    return_if_null(b, 1);
    const ir::Value text = b.argument(0);
    const ir::Value begin = b.slot(Width::i64, "begin"), marks = b.slot(Width::i64, "marks");
    const ir::Block found = b.block("found");
    const auto look = [&](ir::Value at, std::int64_t offset, std::uint32_t piece, ir::Value distance) {
        const ir::Value zeros = zero_bytes(b, load_piece(b, at, offset, piece), piece);
        b.store(distance, begin);
        b.store(zeros, marks);
        const ir::Block more = b.block("more");
        b.branch(b.is_zero(zeros), more, found);
        b.enter(more);
    };
    counted(b, capacity / kWord, [&](ir::Value index) {
        const ir::Value distance = b.mul(index, b.i64(kWord));
        look(b.ptr_add(text, distance), 0, kWord, distance);
    });
    for_rest(capacity / kWord * kWord, capacity,
             [&](std::uint32_t offset, std::uint32_t piece) { look(text, offset, piece, b.i64(offset)); });
    b.ret(capacity);
    b.enter(found);
    b.ret(b.add(b.load(Width::i64, begin), first_marked_byte(b, b.load(Width::i64, marks))));
}

void write_compare_bytes(ir::Builder& b, std::uint32_t size) {
    return_if_null(b, 2);
    const ir::Value left = b.slot(Width::i64, "left"), right = b.slot(Width::i64, "right");
    const ir::Block differ = b.block("differ");
    const auto look = [&](ir::Value a, ir::Value other, std::int64_t offset, std::uint32_t piece) {
        const ir::Value one = load_piece(b, a, offset, piece), two = load_piece(b, other, offset, piece);
        b.store(one, left);
        b.store(two, right);
        const ir::Block same = b.block("same");
        b.branch(b.compare(Compare::eq, one, two), same, differ);
        b.enter(same);
    };
    counted(b, size / kWord, [&](ir::Value index) {
        const ir::Value distance = b.mul(index, b.i64(kWord));
        look(b.ptr_add(b.argument(0), distance), b.ptr_add(b.argument(1), distance), 0, kWord);
    });
    for_rest(size / kWord * kWord, size,
             [&](std::uint32_t offset, std::uint32_t piece) { look(b.argument(0), b.argument(1), offset, piece); });
    b.ret(0);
    b.enter(differ);
    const ir::Value one = b.load(Width::i64, left), two = b.load(Width::i64, right);
    // The lowest bit that differs, and from it the byte's place.
    const ir::Value apart = b.xor_(one, two);
    const ir::Value lowest = b.and_(apart, b.neg(apart));
    ir::Value shift = b.i64(0);
    for (std::uint32_t i = 1; i < kWord; ++i) {
        const ir::Value is_behind =
            b.zext(b.compare(Compare::uge, lowest, b.i64(std::uint64_t{1} << (8 * i))), Width::i64);
        shift = b.add(shift, b.shl(is_behind, b.i64(3)));
    }
    const auto byte = [&](ir::Value word) { return b.and_(b.lshr(word, shift), b.i64(0xff)); };
    b.ret(b.sub(byte(one), byte(two)));
}

void write_decimal(ir::Builder& b) {
    return_if_null(b, 1);
    constexpr std::uint64_t kHighest = 10'000'000'000'000'000'000U;
    const ir::Value destination = b.argument(0), number = b.argument(1);
    const ir::Value rest = b.slot(Width::i64, "rest"), length = b.slot(Width::i64, "length");
    const auto append = [&](ir::Value character) {
        const ir::Value at = b.and_(b.load(Width::i64, length), b.i64(kDecimalBytes - 1));  // 20 digits and a sign
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
    b.ret(0);
}

bool wants_loop_helper(std::uint32_t haystack_capacity, std::uint32_t needle_capacity) {
    return std::uint64_t{haystack_capacity} * needle_capacity > kMostSearchSteps;
}

namespace {

/// One byte of the needle, on to a new block where it fits: `ended` behind its last, `apart` where it is another one.
void compare_byte(ir::Builder& b, ir::Value haystack, std::uint32_t capacity, ir::Value needle, ir::Value start,
                  ir::Value place, ir::Block ended, ir::Block apart) {
    const ir::Value wanted = b.load(Width::i8, b.ptr_add(needle, place), 0, 1);
    const ir::Block more = b.block("more"), inside = b.block("inside"), same = b.block("same");
    b.branch(b.is_zero(wanted), ended, more);
    b.enter(more);
    const ir::Value spot = b.opaque(b.add(start, place));
    b.branch(b.compare(Compare::ult, spot, b.i64(capacity)), inside, apart);
    b.enter(inside);
    const ir::Value seen = b.load(Width::i8, b.ptr_add(haystack, spot), 0, 1);
    b.branch(b.compare(Compare::eq, seen, wanted), same, apart);
    b.enter(same);
}

void write_short_search(ir::Builder& b, std::uint32_t haystack_capacity, std::uint32_t needle_capacity) {
    return_if_null(b, 2);
    const ir::Value haystack = b.argument(0), needle = b.argument(1);
    const ir::Block absent = b.block("absent");
    counted(b, haystack_capacity, [&](ir::Value start) {
        const ir::Block found = b.block("found"), next = b.block("next"), goes_on = b.block("goes_on");
        counted(b, needle_capacity, [&](ir::Value index) {
            compare_byte(b, haystack, haystack_capacity, needle, start, index, found, next);
        });
        b.jump(found);
        b.enter(found);
        b.ret(start);
        b.enter(next);
        b.branch(b.is_zero(b.load(Width::i8, b.ptr_add(haystack, start), 0, 1)), absent, goes_on);
        b.enter(goes_on);
    });
    b.jump(absent);
    b.enter(absent);
    b.ret(~std::uint64_t{0});
}

/// What callbacks find behind their context, pointers on the function's stack.
struct SearchFrame {
    static constexpr std::int64_t kHaystack = 0, kNeedle = 8, kMemory = 16, kSize = 24;
};
/// In the memory that find_text was given.
struct SearchMemory {
    static constexpr std::int64_t kResult = 0, kStart = 8, kDiffers = 16;
};
static_assert(SearchMemory::kDiffers + 8 == kFindTextBytes);

void call_loop(ir::Builder& b, std::uint64_t count, ir::Function callback, ir::Value frame) {
    (void)b.call_helper(static_cast<std::uint32_t>(Helper::loop),
                        {b.i64(count), b.address_of(callback), frame, b.i64(0)});
}

/// Compares the byte `index` of the needle with the haystack from `start` on.
void write_byte_callback(ir::Builder& b, std::uint32_t haystack_capacity, std::uint32_t needle_capacity) {
    const ir::Value frame = b.argument(1);
    const ir::Value haystack = b.load_pointer(frame, SearchFrame::kHaystack);
    const ir::Value needle = b.load_pointer(frame, SearchFrame::kNeedle);
    const ir::Value memory = b.load_pointer(frame, SearchFrame::kMemory);
    const ir::Value start = b.opaque(b.load(Width::i64, memory, SearchMemory::kStart));
    const ir::Value place = b.opaque(b.argument(0));
    const ir::Block ended = b.block("needle_ended"), apart = b.block("apart"), bounded = b.block("bounded");
    b.branch(b.compare(Compare::ult, place, b.i64(needle_capacity)), bounded, ended);
    b.enter(bounded);
    compare_byte(b, haystack, haystack_capacity, needle, start, place, ended, apart);
    b.ret(0);
    b.enter(apart);
    b.store(b.i64(1), memory, SearchMemory::kDiffers);
    b.ret(1);
    b.enter(ended);
    b.ret(1);
}

/// Looks whether the needle stands at `index`. A long one takes a callback for each of its bytes, once the first fits.
void write_start_callback(ir::Builder& b, std::uint32_t haystack_capacity, std::uint32_t needle_capacity,
                          ir::Function byte_callback) {
    const ir::Value frame = b.argument(1);
    const ir::Value haystack = b.load_pointer(frame, SearchFrame::kHaystack);
    const ir::Value needle = b.load_pointer(frame, SearchFrame::kNeedle);
    const ir::Value memory = b.load_pointer(frame, SearchFrame::kMemory);
    const ir::Value start = b.opaque(b.argument(0));
    const ir::Block found = b.block("found"), next = b.block("next");
    if (!byte_callback.raw) {
        counted(b, needle_capacity, [&](ir::Value place) {
            compare_byte(b, haystack, haystack_capacity, needle, start, place, found, next);
        });
        b.jump(found);
    } else {
        compare_byte(b, haystack, haystack_capacity, needle, start, b.i64(0), found, next);
        b.store(start, memory, SearchMemory::kStart);
        b.store(b.i64(0), memory, SearchMemory::kDiffers);
        call_loop(b, needle_capacity, byte_callback, frame);
        b.branch(b.is_zero(b.load_volatile(Width::i64, memory, SearchMemory::kDiffers)), found, next);
    }
    b.enter(found);
    b.store(start, memory, SearchMemory::kResult);
    b.ret(1);
    b.enter(next);
    const ir::Block inside = b.block("start_inside"), ended = b.block("ended"), goes_on = b.block("goes_on");
    b.branch(b.compare(Compare::ult, start, b.i64(haystack_capacity)), inside, ended);
    b.enter(inside);
    b.branch(b.is_zero(b.load(Width::i8, b.ptr_add(haystack, start), 0, 1)), ended, goes_on);
    b.enter(ended);
    b.ret(1);
    b.enter(goes_on);
    b.ret(0);
}

}  // namespace

void write_find_text(ir::Module& module, ir::Function program, ir::Builder& b, ir::Location at,
                     const std::function<std::string()>& callback_name, std::uint32_t haystack_capacity,
                     std::uint32_t needle_capacity, bool has_loop_helper) {
    if (!has_loop_helper || !wants_loop_helper(haystack_capacity, needle_capacity)) {
        write_short_search(b, haystack_capacity, needle_capacity);
        return;
    }
    return_if_null(b, 3);
    const auto begin_callback = [&] { return module.begin_callback(program, callback_name(), ir::kLoopCallback, at); };
    ir::Function byte_callback{};
    if (needle_capacity > kMostSearchSteps) {
        byte_callback = begin_callback();
        ir::Builder inner(module, byte_callback);
        inner.set_location(at);
        write_byte_callback(inner, haystack_capacity, needle_capacity);
    }
    const ir::Function start_callback = begin_callback();
    {
        ir::Builder inner(module, start_callback);
        inner.set_location(at);
        write_start_callback(inner, haystack_capacity, needle_capacity, byte_callback);
    }
    const ir::Value frame = b.alloca_bytes(SearchFrame::kSize, 8, "frame");
    b.store(b.argument(0), frame, SearchFrame::kHaystack);
    b.store(b.argument(1), frame, SearchFrame::kNeedle);
    b.store(b.argument(2), frame, SearchFrame::kMemory);
    b.store(b.i64(~std::uint64_t{0}), b.argument(2), SearchMemory::kResult);
    call_loop(b, haystack_capacity, start_callback, frame);
    b.ret(b.load_volatile(Width::i64, b.argument(2), SearchMemory::kResult));
}

}  // namespace codegen
