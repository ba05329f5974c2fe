// Entrances: fold, wrap_to.
#include "src/check/fold_constants.h"

#include <limits>

#include "src/check/type_rules.h"

namespace check {

namespace {

/// Wide enough for every sum and difference of two 64-bit values of either sign.
__extension__ typedef __int128 Wide;

constexpr Wide kSmallest = std::numeric_limits<std::int64_t>::min();
constexpr Wide kLargest = std::numeric_limits<std::uint64_t>::max();

Wide wide(const Literal& literal) {
    return literal.is_negative ? Wide{static_cast<std::int64_t>(literal.bits)} : Wide{literal.bits};
}

Folded integer(Wide value) {
    if (value < kSmallest || value > kLargest) return {std::nullopt, FoldError::overflow};
    Literal literal;
    literal.bits = static_cast<std::uint64_t>(value);
    literal.is_negative = value < 0;
    return {literal, std::nullopt};
}

Folded boolean(bool value) {
    return {Literal::of(value), std::nullopt};
}

/// Bitwise operators work on the two's complement; a negative operand makes the result one of int64.
Folded bitwise(std::uint64_t bits, bool is_signed) {
    Literal literal;
    literal.bits = bits;
    literal.is_negative = is_signed && static_cast<std::int64_t>(bits) < 0;
    return {literal, std::nullopt};
}

template <typename T>
bool holds(ast::BinaryOp op, const T& a, const T& b) {
    switch (op) {
        case ast::BinaryOp::less: return a < b;
        case ast::BinaryOp::less_equal: return a <= b;
        case ast::BinaryOp::greater: return a > b;
        case ast::BinaryOp::greater_equal: return a >= b;
        case ast::BinaryOp::equal: return a == b;
        case ast::BinaryOp::not_equal: return a != b;
        case ast::BinaryOp::multiply:
        case ast::BinaryOp::divide:
        case ast::BinaryOp::modulo:
        case ast::BinaryOp::add:
        case ast::BinaryOp::subtract:
        case ast::BinaryOp::shift_left:
        case ast::BinaryOp::shift_right:
        case ast::BinaryOp::bit_and:
        case ast::BinaryOp::bit_xor:
        case ast::BinaryOp::bit_or:
        case ast::BinaryOp::logical_and:
        case ast::BinaryOp::logical_or: break;
    }
    return false;
}

Folded fold_texts(ast::BinaryOp op, const Literal& left, const Literal& right) {
    if (left.is_text() && right.is_text()) {
        if (is_comparison(op)) return boolean(holds(op, left.text, right.text));
        return {std::nullopt, FoldError::strings};
    }
    if (op == ast::BinaryOp::add && left.is_text() && !right.is_negative) {
        if (right.bits > left.text.size()) return {Literal::of(std::string()), FoldError::beyond_the_end};
        return {Literal::of(left.text.substr(right.bits)), std::nullopt};
    }
    return {std::nullopt, FoldError::not_foldable};
}

}  // namespace

Folded fold(ast::BinaryOp op, const Literal& left, const Literal& right) {
    if (op == ast::BinaryOp::logical_and) return boolean(left.is_true() && right.is_true());
    if (op == ast::BinaryOp::logical_or) return boolean(left.is_true() || right.is_true());
    if (left.is_text() || right.is_text()) return fold_texts(op, left, right);
    if (is_comparison(op)) return boolean(holds(op, wide(left), wide(right)));

    const Wide a = wide(left), b = wide(right);
    const bool is_signed = left.is_negative || right.is_negative;
    switch (op) {
        case ast::BinaryOp::add: return integer(a + b);
        case ast::BinaryOp::subtract: return integer(a - b);
        case ast::BinaryOp::multiply: {
            Wide product = 0;
            if (__builtin_mul_overflow(a, b, &product)) return {std::nullopt, FoldError::overflow};
            return integer(product);
        }
        case ast::BinaryOp::divide:
            if (b == 0) return {std::nullopt, FoldError::overflow};
            return integer(a / b);
        case ast::BinaryOp::modulo:
            if (b == 0) return {std::nullopt, FoldError::overflow};
            return integer(a % b);
        case ast::BinaryOp::shift_left:
            if (b < 0 || b > 63) return {std::nullopt, FoldError::overflow};
            return integer(a * (Wide{1} << static_cast<int>(b)));
        case ast::BinaryOp::shift_right:
            if (b < 0 || b > 63) return {std::nullopt, FoldError::overflow};
            return integer(a >> static_cast<int>(b));
        case ast::BinaryOp::bit_and: return bitwise(left.bits & right.bits, is_signed);
        case ast::BinaryOp::bit_or: return bitwise(left.bits | right.bits, is_signed);
        case ast::BinaryOp::bit_xor: return bitwise(left.bits ^ right.bits, is_signed);
        case ast::BinaryOp::less:
        case ast::BinaryOp::less_equal:
        case ast::BinaryOp::greater:
        case ast::BinaryOp::greater_equal:
        case ast::BinaryOp::equal:
        case ast::BinaryOp::not_equal:
        case ast::BinaryOp::logical_and:
        case ast::BinaryOp::logical_or: break;
    }
    return {std::nullopt, FoldError::not_foldable};
}

Folded fold(ast::UnaryOp op, const Literal& operand) {
    if (operand.is_text()) return {std::nullopt, FoldError::not_foldable};
    switch (op) {
        case ast::UnaryOp::logical_not: return boolean(!operand.is_true());
        // ~1 is 18446744073709551614, not -2: the peer's literals are unsigned under ~.
        case ast::UnaryOp::bit_not: return bitwise(~operand.bits, false);
        case ast::UnaryOp::negate: {
            Folded folded = integer(-wide(operand));
            if (folded.error) folded.error = FoldError::underflow;
            return folded;
        }
        case ast::UnaryOp::dereference: break;
    }
    return {std::nullopt, FoldError::not_foldable};
}

std::uint64_t wrap_to(const types::Type* type, std::uint64_t bits) {
    if (type->kind == types::Kind::boolean) return bits != 0 ? 1 : 0;
    if (type->size >= 8 || type->size == 0) return bits;
    const unsigned width = type->size * 8;
    bits &= (std::uint64_t{1} << width) - 1;
    if (type->is_signed && (bits >> (width - 1)) != 0) bits |= ~((std::uint64_t{1} << width) - 1);
    return bits;
}

}  // namespace check
