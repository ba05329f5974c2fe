// Values made of values: tuples, records, arrays; conversions between them; comparison; and keys, whose bytes must be
// equal where values are.
#include <algorithm>
#include <bit>

#include "runtime/base/bug.h"
#include "src/codegen/probe_emitter.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using typed::as;
using typed::ExprKind;
using types::Kind;

namespace {

bool is_composite(const types::Type* type) {
    return type->kind == Kind::tuple || type->kind == Kind::record;
}

}  // namespace

void ProbeEmitter::tuple_into(const typed::Tuple& expr, ir::Value destination, bool is_key) {
    const std::vector<types::Member>& members = members_of(expr.type);
    std::vector<std::uint32_t> order = expr.order;
    if (order.size() != expr.elements.size()) {
        order.clear();
        for (std::uint32_t i = 0; i < expr.elements.size(); ++i)
            order.push_back(i);
    }
    if (is_key && has_loose_bytes(expr.type)) clear(destination, expr.type->size);
    for (const std::uint32_t index : order) {
        const types::Member& member = members[index];
        into_as(*expr.elements[index], member.type, member_at(destination, member.offset), is_key);
    }
}

/// into(), for a destination of a type that may be wider than the expression's. Keys: the destination is zero already
/// where bytes may stay loose.
void ProbeEmitter::into_as(const typed::Expr& expr, const types::Type* type, ir::Value destination, bool is_key) {
    if (is_register(type)) {
        const ir::Value value =
            is_register(expr.type) ? convert_scalar(expr.type, type, scalar(expr)) : load_scalar(type, memory(expr));
        store_scalar(type, value, destination);
        return;
    }
    if (expr.type == type) {
        if (is_key)
            into_key(expr, destination);
        else
            into(expr, destination);
        return;
    }
    if (expr.kind == ExprKind::string && type->kind == Kind::string) {
        literal_into(as<typed::String>(expr).value, type->capacity, destination, is_key);
        return;
    }
    if (expr.kind == ExprKind::tuple && is_composite(type) &&
        members_of(type).size() == as<typed::Tuple>(expr).elements.size()) {
        const auto& tuple = as<typed::Tuple>(expr);
        if (is_key && has_loose_bytes(type)) clear(destination, type->size);
        for (std::size_t i = 0; i < tuple.elements.size(); ++i) {
            const std::size_t index = tuple.order.size() == tuple.elements.size() ? tuple.order[i] : i;
            const types::Member& member = members_of(type)[index];
            into_as(*tuple.elements[index], member.type, member_at(destination, member.offset), is_key);
        }
        return;
    }
    const ir::Value source = memory(expr);
    if (!is_key) {
        convert_memory(expr.type, source, type, destination);
        return;
    }
    const ir::Value converted = temporary(type);
    clear(converted, type->size);
    convert_memory(expr.type, source, type, converted);
    copy_as_key(type, destination, converted);
}

void ProbeEmitter::cast_into(const typed::Cast& expr, ir::Value destination, bool is_key) {
    ir::Builder& b = ir();
    const types::Type *from = expr.operand->type, *to = expr.type;
    if (!is_register(from)) {
        into_as(*expr.operand, to, destination, is_key);
        return;
    }
    const ir::Value value = scalar(*expr.operand);
    if (from->is_text_number() && to->kind == Kind::string) {
        text_of_number(from, value, destination, to->capacity);
        return;
    }
    if (to->kind == Kind::timestamp) {
        b.store(value, destination, 0, std::min(8u, alignment(destination)));
        const program::TextId format = text("%H:%M:%S");
        store_scalar(types().integer(4, false), b.i64(format.value), destination, 8);
        store_scalar(types().integer(4, false), b.i64(0), destination, 12);
        return;
    }
    // An integer's bytes, and zeros behind them.
    if (to->size > from->size) clear(destination, to->size);
    const std::uint32_t size = std::min(from->size, to->size);
    for (std::uint32_t done = 0; done < size;) {
        std::uint32_t piece = std::min(8u, std::bit_floor(size - done));
        piece = std::min(piece, alignment(destination, done));
        b.store(b.trunc(b.lshr(value, b.i64(done * 8)), ir::width_of_bytes(piece)), destination, done, piece);
        done += piece;
    }
}

ir::Value ProbeEmitter::cast_scalar(const typed::Cast& expr) {
    const types::Type *from = expr.operand->type, *to = expr.type;
    if (is_register(from)) return convert_scalar(from, to, scalar(*expr.operand));
    // The bytes of an array or string as a number.
    const ir::Value source = memory(*expr.operand);
    const std::uint32_t size = std::min({8u, from->size, std::max(1u, to->size)});
    if (size == 0) return ir().i64(0);
    return convert_scalar(from, to, load_bits(source, size, 0, static_cast<std::uint16_t>(size * 8), false));
}

ir::Value ProbeEmitter::convert_scalar(const types::Type* from, const types::Type* to, ir::Value value) {
    if (from == to) return value;
    if (to->kind == Kind::boolean)
        return from->kind == Kind::boolean ? value : ir().zext(ir().not_zero(value), Width::i64);
    return normalised(to, value);
}

void ProbeEmitter::convert_memory(const types::Type* from, ir::Value source, const types::Type* to,
                                  ir::Value destination) {
    ir::Builder& b = ir();
    if (from == to && from->kind != Kind::string) {
        copy(destination, source, to->size);
        return;
    }
    if (from->is_text_number() && to->kind == Kind::string) {
        text_of_number(from, load_scalar(from, source), destination, to->capacity);
        return;
    }
    if (is_register(to)) {
        const ir::Value value = is_register(from)
                                    ? load_scalar(from, source)
                                    : load_bits(source, std::min(8u, from->size), 0,
                                                static_cast<std::uint16_t>(std::min(8u, from->size) * 8), false);
        store_scalar(to, convert_scalar(from, to, value), destination);
        return;
    }
    if (from->kind == Kind::string && to->kind == Kind::string) {
        copy_text(destination, to->capacity, source, from->capacity);
        return;
    }
    if (from->kind == Kind::buffer && to->kind == Kind::buffer) {
        const std::uint32_t size = std::min(from->size, to->size);
        copy(destination, source, size);
        if (to->size < from->size) {
            const ir::Value length = load_scalar(types().integer(4, false), source);
            store_scalar(types().integer(4, false), b.umin(length, b.i64(to->capacity)), destination);
        }
        return;
    }
    if ((is_composite(from) || from->kind == Kind::structure) && (is_composite(to) || to->kind == Kind::structure)) {
        const std::vector<types::Member>&given = members_of(from), &wanted = members_of(to);
        for (std::size_t i = 0; i < std::min(given.size(), wanted.size()); ++i) {
            convert_memory(given[i].type, member_at(source, given[i].offset), wanted[i].type,
                           member_at(destination, wanted[i].offset));
        }
        return;
    }
    // Arrays, and strings as arrays: bytes, and zeros behind them.
    const std::uint32_t size = std::min(from->size, to->size);
    copy(destination, source, size);
    if (to->size > size) clear(member_at(destination, size), to->size - size);
}

ir::Value ProbeEmitter::difference(const types::Type* a_type, ir::Value a, const types::Type* b_type,
                                   ir::Value b_address) {
    ir::Builder& b = ir();
    if (is_register(a_type) && is_register(b_type))
        return b.xor_(load_scalar(a_type, a), load_scalar(b_type, b_address));
    if (a_type->kind == Kind::string && b_type->kind == Kind::string) {
        return compare_text(a, a_type->capacity, b_address, b_type->capacity, 0xffffffff);
    }
    if (is_composite(a_type) && is_composite(b_type)) {
        const std::vector<types::Member>&left = members_of(a_type), &right = members_of(b_type);
        if (left.size() != right.size()) return b.i64(1);
        ir::Value all = b.i64(0);
        for (std::size_t i = 0; i < left.size(); ++i) {
            all = b.or_(all, difference(left[i].type, member_at(a, left[i].offset), right[i].type,
                                        member_at(b_address, right[i].offset)));
        }
        return all;
    }
    if (a_type->kind == Kind::array && b_type->kind == Kind::array && a_type->element != b_type->element &&
        a_type->count == b_type->count && a_type->count <= 64) {
        ir::Value all = b.i64(0);
        for (std::uint64_t i = 0; i < a_type->count; ++i) {
            all = b.or_(all,
                        difference(a_type->element, member_at(a, static_cast<std::int64_t>(i * a_type->element->size)),
                                   b_type->element,
                                   member_at(b_address, static_cast<std::int64_t>(i * b_type->element->size))));
        }
        return all;
    }
    if (a_type->size != b_type->size) return b.i64(1);
    const std::uint32_t size = a_type->size;
    const std::uint32_t word = std::min(alignment(a), alignment(b_address));
    constexpr std::uint32_t kMostInline = 32;
    if (size / word <= kMostInline) {
        ir::Value all = b.i64(0);
        for (std::uint32_t done = 0; done < size;) {
            const std::uint32_t piece = std::min(word, std::bit_floor(size - done));
            const Width part = ir::width_of_bytes(piece);
            all = b.or_(all,
                        b.zext(b.xor_(b.load(part, a, done, piece), b.load(part, b_address, done, piece)), Width::i64));
            done += piece;
        }
        return all;
    }
    return compare_bytes(a, b_address, size);
}

// ---- keys

void ProbeEmitter::into_key(const typed::Expr& expr, ir::Value destination) {
    const types::Type* type = expr.type;
    if (is_register(type) || !has_loose_bytes(type)) {
        into(expr, destination);
        return;
    }
    switch (expr.kind) {
        case ExprKind::string: literal_into(as<typed::String>(expr).value, type->capacity, destination, true); return;
        case ExprKind::tuple: tuple_into(as<typed::Tuple>(expr), destination, true); return;
        case ExprKind::call:
            // Rows write up to the NUL, or zeros (emitter.h).
            clear(destination, type->size);
            call_into(as<typed::Call>(expr), destination);
            return;
        case ExprKind::cast: {
            const auto& cast = as<typed::Cast>(expr);
            // A string in a larger capacity.
            if (type->kind == Kind::string && cast.operand->type->kind == Kind::string &&
                cast.operand->type->capacity <= type->capacity) {
                const std::uint32_t given = cast.operand->type->capacity;
                if (const auto* literal =
                        cast.operand->kind == ExprKind::string ? &as<typed::String>(*cast.operand) : nullptr) {
                    literal_into(literal->value, type->capacity, destination, true);
                    return;
                }
                into_key(*cast.operand, destination);
                clear(member_at(destination, given), type->capacity - given);
                return;
            }
            if (type->kind == Kind::string && cast.operand->type->is_text_number()) {
                constexpr std::uint32_t kSize = types::kTextNumberCapacity;
                cast_into(cast, destination, true);
                clear(member_at(destination, kSize), type->capacity - kSize);
                return;
            }
            if (cast.operand->kind == ExprKind::tuple) {
                cast_into(cast, destination, true);
                return;
            }
            break;
        }
        default: break;
    }
    copy_as_key(type, destination, memory(expr));
}

void ProbeEmitter::copy_as_key(const types::Type* type, ir::Value destination, ir::Value source) {
    ir::Builder& b = ir();
    if (!has_loose_bytes(type)) {
        copy(destination, source, type->size);
        return;
    }
    if (type->kind == Kind::string) {
        clear(destination, type->size);
        copy_text(destination, type->capacity, source, type->capacity, true);
        return;
    }
    clear(destination, type->size);
    if (type->kind == Kind::buffer) {
        const ir::Value length = b.opaque(load_scalar(types().integer(4, false), source));
        store_scalar(types().integer(4, false), length, destination);
        b.if_then(b.compare(Compare::ule, length, b.i64(type->capacity)), [&] {
            helper(Helper::probe_read_kernel, {member_at(destination, 4), length, member_at(source, 4)});
        });
        return;
    }
    if (type->kind == Kind::array) {
        for (std::uint64_t i = 0; i < type->count; ++i) {
            const auto offset = static_cast<std::int64_t>(i * type->element->size);
            copy_as_key(type->element, member_at(destination, offset), member_at(source, offset));
        }
        return;
    }
    for (const types::Member& member : members_of(type)) {
        copy_as_key(member.type, member_at(destination, member.offset), member_at(source, member.offset));
    }
}

}  // namespace codegen
