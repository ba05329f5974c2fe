#include "grammar/syntax_hints.h"

#include <gtest/gtest.h>

namespace grammar {
namespace {

TEST(SyntaxHints, NothingToAddToWhatIsPlain) {
    EXPECT_EQ(syntax_hint("begin { print(1 }", 16, "expected ')'"), "");
    EXPECT_EQ(syntax_hint("begin { $a 5; }", 11, "expected ';'"), "");
    EXPECT_EQ(syntax_hint("begin { print( }", 15, "expected expression"), "");
}

TEST(SyntaxHints, PlacesBehindTheEndAreTheEnd) {
    EXPECT_NE(syntax_hint("begin { exit()", 14, "expected ';'"), "");
    EXPECT_NE(syntax_hint("begin { exit()", 1000, "expected ';'"), "");
    EXPECT_EQ(syntax_hint("", 0, "expected attach point"), "");
}

TEST(SyntaxHints, AComparisonIsNoAssignment) {
    EXPECT_NE(syntax_hint("begin /pid = 5/ {}", 11, "expected '/' to close predicate"), "");
    EXPECT_EQ(syntax_hint("begin /pid == 5/ {}", 11, "expected '/' to close predicate"), "");
}

TEST(SyntaxHints, QuotesAndBlanksOfWebPages) {
    EXPECT_NE(syntax_hint("begin { printf(\u201chi\u201d); }", 15, "expected expression"), "");
    EXPECT_NE(syntax_hint("begin\u00a0{ }", 5, "expected '{'"), "");
}

}  // namespace
}  // namespace grammar
