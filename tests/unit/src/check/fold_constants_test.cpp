#include "src/check/fold_constants.h"

#include <gtest/gtest.h>

namespace check {
namespace {

using ast::BinaryOp;
using ast::UnaryOp;

std::string text(const Folded& folded) {
    if (!folded.value)
        return folded.error == FoldError::overflow    ? "overflow"
               : folded.error == FoldError::underflow ? "underflow"
                                                      : "refused";
    const Literal& value = *folded.value;
    if (value.is_text()) return "\"" + value.text + "\"";
    if (value.kind == Literal::Kind::boolean) return value.bits != 0 ? "true" : "false";
    return value.is_negative ? std::to_string(static_cast<std::int64_t>(value.bits)) : std::to_string(value.bits);
}
std::string folded(std::int64_t a, BinaryOp op, std::int64_t b) {
    return text(fold(op, Literal::of_signed(a), Literal::of_signed(b)));
}

TEST(FoldConstants, DividesTowardsZero) {
    EXPECT_EQ(folded(-5, BinaryOp::divide, 2), "-2");
    EXPECT_EQ(folded(-5, BinaryOp::modulo, 3), "-2");
    EXPECT_EQ(folded(17, BinaryOp::divide, -5), "-3");
    EXPECT_EQ(folded(17, BinaryOp::modulo, -5), "2");
}

TEST(FoldConstants, RefusesDivisionByZeroAndOverflow) {
    EXPECT_EQ(folded(9, BinaryOp::divide, 0), "overflow");
    EXPECT_EQ(folded(9, BinaryOp::modulo, 0), "overflow");
    EXPECT_EQ(text(fold(BinaryOp::add, Literal::of(UINT64_MAX), Literal::of(std::uint64_t{1}))), "overflow");
    EXPECT_EQ(folded(INT64_MAX, BinaryOp::multiply, 3), "overflow");
    EXPECT_EQ(text(fold(BinaryOp::multiply, Literal::of(UINT64_MAX), Literal::of(UINT64_MAX))), "overflow");
    EXPECT_EQ(folded(1, BinaryOp::shift_left, 64), "overflow");
    EXPECT_EQ(text(fold(UnaryOp::negate, Literal::of(std::uint64_t{1} << 63 | 1))), "underflow");
}

TEST(FoldConstants, ReachesTheEndsOf64Bits) {
    EXPECT_EQ(folded(INT64_MAX, BinaryOp::add, 1), "9223372036854775808");
    EXPECT_EQ(folded(1, BinaryOp::shift_left, 63), "9223372036854775808");
    EXPECT_EQ(folded(0xffffffff, BinaryOp::multiply, 0xffffffff), "18446744065119617025");
    EXPECT_EQ(text(fold(UnaryOp::negate, Literal::of(std::uint64_t{1} << 63))), "-9223372036854775808");
}

TEST(FoldConstants, TakesBitsOfLiteralsAsUnsigned) {
    EXPECT_EQ(text(fold(UnaryOp::bit_not, Literal::of(std::uint64_t{1}))), "18446744073709551614");
    EXPECT_EQ(folded(-1, BinaryOp::bit_and, 255), "255");
}

TEST(FoldConstants, CutsTextsFromTheFront) {
    const Literal word = Literal::of(std::string("walnut"));
    EXPECT_EQ(text(fold(BinaryOp::add, word, Literal::of(std::uint64_t{3}))), "\"nut\"");
    const Folded beyond = fold(BinaryOp::add, word, Literal::of(std::uint64_t{8}));
    EXPECT_EQ(text(beyond), "\"\"");
    EXPECT_EQ(beyond.error, FoldError::beyond_the_end);
    EXPECT_EQ(fold(BinaryOp::subtract, word, word).error, FoldError::strings);
    EXPECT_EQ(text(fold(BinaryOp::less, Literal::of(std::string("ant")), Literal::of(std::string("bee")))), "true");
}

TEST(FoldConstants, WrapsToTheWidthOfATypes) {
    types::Table table;
    EXPECT_EQ(wrap_to(table.integer(1, true), 200), static_cast<std::uint64_t>(-56));
    EXPECT_EQ(wrap_to(table.integer(2, false), 65537), 1u);
    EXPECT_EQ(wrap_to(table.boolean(), 256), 1u);
}

}  // namespace
}  // namespace check
