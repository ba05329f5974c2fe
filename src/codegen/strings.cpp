// Text in memory: capacity bytes, of which those up to the first NUL count; text that fills the capacity has none.
#include <algorithm>
#include <bit>

#include "src/codegen/probe_emitter.h"
#include "src/codegen/shared_functions.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using Likely = ir::Builder::Likely;

namespace {

/// Text up to this long is masked in place.
constexpr std::uint32_t kMostUnrolled = 64;
/// Below this a plain copy is cheaper than the helper that stops at the NUL.
constexpr std::uint32_t kMostPlainCopy = 128;

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

}  // namespace codegen
