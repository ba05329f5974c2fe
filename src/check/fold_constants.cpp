// Entrances: fold, evaluate.
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

namespace {

std::uint64_t arithmetic(const typed::Binary& binary, std::uint64_t a, std::uint64_t b) {
    const auto sa = static_cast<std::int64_t>(a), sb = static_cast<std::int64_t>(b);
    switch (binary.op) {
        case typed::BinaryOp::add: return a + b;
        case typed::BinaryOp::subtract: return a - b;
        case typed::BinaryOp::multiply: return a * b;
        case typed::BinaryOp::divide:
            if (b == 0) return a;
            if (!binary.is_signed_operation) return a / b;
            return sb == -1 ? 0 - a : static_cast<std::uint64_t>(sa / sb);  // INT64_MIN / -1 wraps
        case typed::BinaryOp::modulo:
            if (b == 0) return 0;
            if (!binary.is_signed_operation) return a % b;
            return sb == -1 ? 0 : static_cast<std::uint64_t>(sa % sb);
        case typed::BinaryOp::bit_and: return a & b;
        case typed::BinaryOp::bit_or: return a | b;
        case typed::BinaryOp::bit_xor: return a ^ b;
        case typed::BinaryOp::shift_left: return a << (b & 63);   // the BPF instruction masks the count
        case typed::BinaryOp::shift_right: return a >> (b & 63);  // logical, whatever the sign
    }
    return 0;
}

bool compares(const typed::Compare& compare, std::uint64_t a, std::uint64_t b) {
    const auto sa = static_cast<std::int64_t>(a), sb = static_cast<std::int64_t>(b);
    const bool is_less = compare.is_signed_operation ? sa < sb : a < b;
    switch (compare.op) {
        case typed::CompareOp::equal: return a == b;
        case typed::CompareOp::not_equal: return a != b;
        case typed::CompareOp::less: return is_less;
        case typed::CompareOp::less_equal: return is_less || a == b;
        case typed::CompareOp::greater: return !is_less && a != b;
        case typed::CompareOp::greater_equal: return !is_less;
    }
    return false;
}

}  // namespace

std::optional<std::uint64_t> evaluate(const typed::Expr& expr) {
    switch (expr.kind) {
        case typed::ExprKind::integer: return typed::as<typed::Integer>(expr).value;
        case typed::ExprKind::unary: {
            const auto& unary = typed::as<typed::Unary>(expr);
            const auto operand = evaluate(*unary.operand);
            if (!operand) return std::nullopt;
            switch (unary.op) {
                case typed::UnaryOp::bit_not: return ~*operand;
                case typed::UnaryOp::negate: return 0 - *operand;
                case typed::UnaryOp::logical_not: return *operand == 0 ? 1 : 0;
            }
            return std::nullopt;
        }
        case typed::ExprKind::binary: {
            const auto& binary = typed::as<typed::Binary>(expr);
            const auto left = evaluate(*binary.left), right = evaluate(*binary.right);
            if (!left || !right) return std::nullopt;
            return arithmetic(binary, *left, *right);
        }
        case typed::ExprKind::compare: {
            const auto& compare = typed::as<typed::Compare>(expr);
            if (!compare.left->type->is_scalar()) return std::nullopt;
            const auto left = evaluate(*compare.left), right = evaluate(*compare.right);
            if (!left || !right) return std::nullopt;
            return compares(compare, *left, *right) ? 1 : 0;
        }
        case typed::ExprKind::logical: {
            const auto& logical = typed::as<typed::Logical>(expr);
            const auto left = evaluate(*logical.left);
            if (!left) return std::nullopt;
            if ((*left != 0) != logical.is_and) return logical.is_and ? 0 : 1;
            const auto right = evaluate(*logical.right);
            if (!right) return std::nullopt;
            return *right != 0 ? 1 : 0;
        }
        case typed::ExprKind::choose: {
            const auto& choose = typed::as<typed::Choose>(expr);
            const auto condition = evaluate(*choose.condition);
            if (!condition) return std::nullopt;
            return evaluate(*condition != 0 ? *choose.then : *choose.otherwise);
        }
        case typed::ExprKind::cast: {
            const auto& cast = typed::as<typed::Cast>(expr);
            if (!expr.type->is_scalar() || !cast.operand->type->is_scalar()) return std::nullopt;
            const auto operand = evaluate(*cast.operand);
            if (!operand) return std::nullopt;
            return wrap_to(expr.type, *operand);
        }
        case typed::ExprKind::string:
        case typed::ExprKind::variable:
        case typed::ExprKind::map_value:
        case typed::ExprKind::call:
        case typed::ExprKind::argument:
        case typed::ExprKind::arguments:
        case typed::ExprKind::member:
        case typed::ExprKind::load:
        case typed::ExprKind::element:
        case typed::ExprKind::tuple:
        case typed::ExprKind::block:
        case typed::ExprKind::increment:
        case typed::ExprKind::address_of:
        case typed::ExprKind::function_call: break;
    }
    return std::nullopt;
}

}  // namespace check
