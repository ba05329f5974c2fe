#include "src/cdef/scan.h"

#include <gtest/gtest.h>

namespace {

std::string words(std::string_view text) {
    std::string all;
    for (const cdef::Token& token : cdef::scan(text))
        if (token.kind != cdef::TokenKind::end) all += (all.empty() ? "" : "|") + token.text;
    return all;
}

TEST(Scan, LeavesOutCommentsAndContinuations) {
    EXPECT_EQ(words("a /* b */ c // d\n e\\\n f"), "a|c|e|f");
    EXPECT_EQ(words("a /* never closed"), "a");
    EXPECT_EQ(words("x<<=1 ... -> ##"), "x|<<|=|1|...|->|##");
}

TEST(Scan, ReadsNumbers) {
    const auto number = [](std::string_view text) { return cdef::scan(text).front(); };
    EXPECT_EQ(number("0x1Fu").value, 31u);
    EXPECT_TRUE(number("0x1Fu").is_unsigned);
    EXPECT_EQ(number("0644").value, 420u);
    EXPECT_EQ(number("0b101").value, 5u);
    EXPECT_EQ(number("1'000").value, 1000u);
    EXPECT_EQ(number("10ULL").value, 10u);
    EXPECT_TRUE(number("10ULL").is_plain);
    // Numbers of the script's language: whoever wants a C number must not take them for one.
    EXPECT_FALSE(number("100ms").is_plain);
    EXPECT_FALSE(number("1e6").is_plain);
    EXPECT_EQ(number("100ms").text, "100ms");
}

TEST(Scan, UndoesEscapes) {
    EXPECT_EQ(cdef::scan("\"a\\n\\x41\\101\\\"\"").front().text, "a\nAA\"");
    EXPECT_EQ(cdef::scan("'\\0'").front().value, 0u);
    EXPECT_EQ(cdef::scan("\"open").front().text, "open");
}

TEST(Scan, NeverFailsOnHostileText) {
    EXPECT_EQ(cdef::scan("\x01").front().kind, cdef::TokenKind::other);
    EXPECT_EQ(cdef::scan("\xff$@").size(), 4u);
    EXPECT_EQ(cdef::scan("").size(), 1u);
}

}  // namespace
