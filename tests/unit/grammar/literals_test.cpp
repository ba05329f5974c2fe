#include "grammar/literals.h"

#include <gtest/gtest.h>

namespace grammar {
namespace {

TEST(Literals, ReadsIntegersOfEveryBase) {
    const struct {
        std::string_view text;
        std::uint64_t value;
        bool is_duration = false;
    } cases[]{
        {"0", 0},
        {"42", 42},
        {"1_000_000", 1'000'000},
        {"0x1F", 0x1f},
        {"0XfF_ff", 0xffff},
        {"0xe5", 0xe5},
        {"0644", 0644},
        {"00", 0},
        {"0b1101", 13},
        {"1e6", 1'000'000},
        {"9e18", 9'000'000'000'000'000'000},
        {"10ul", 10},
        {"3ull", 3},
        {"4294967295u", 4294967295},
        {"4294967296ul", 4294967296},
        {"18446744073709551615", 18446744073709551615u},
        {"0xfful", 255},
        {"5ns", 5, true},
        {"3us", 3'000, true},
        {"1_5ms", 15'000'000, true},
        {"2m", 120'000'000'000, true},
        {"1h", 3'600'000'000'000, true},
        {"1d", 86'400'000'000'000, true},
        {"0x10s", 16'000'000'000, true},
    };
    for (const auto& test : cases) {
        const IntegerLiteral literal = read_integer(test.text);
        EXPECT_FALSE(literal.fault) << test.text << ": " << literal.fault->message;
        EXPECT_EQ(literal.value, test.value) << test.text;
        EXPECT_EQ(literal.is_duration, test.is_duration) << test.text;
    }
}

TEST(Literals, SaysWhatIsWrongWithAnIntegerAndWhere) {
    const struct {
        std::string_view text;
        std::size_t begin, end;
        std::string_view message;
    } cases[]{
        {"12abc", 2, 5, "invalid integer suffix 'abc'"},
        {"5S", 1, 2, "invalid integer suffix 'S'"},
        {"1_2__", 4, 5, "trailing underscore in integer literal"},
        {"089", 0, 3, "invalid trailing bytes: 89"},
        {"0b12", 0, 4, "invalid trailing bytes: 12"},
        {"10UL", 0, 4, "invalid trailing bytes: 10UL"},
        {"1e05", 0, 4, "invalid trailing bytes: 1e05"},
        {"1e3ms", 0, 5, "invalid trailing bytes: 1e3ms"},
        {"10e3", 0, 4, "coefficient part of scientific literal must be 1-9: 10e3"},
        {"0e3", 0, 3, "coefficient part of scientific literal must be 1-9: 0e3"},
        {"2e19", 0, 4, "overflow error, maximum value is 18446744073709551615: 2e19"},
        {"1e99999999999999999999", 0, 22,
         "overflow error, maximum value is 18446744073709551615: 1e99999999999999999999"},
        {"0x10000000000000000", 0, 19, "overflow error, maximum value is 18446744073709551615: 0x10000000000000000"},
        {"5000000000u", 0, 11, "overflow error, maximum value is 4294967295: 5000000000u"},
        {"0x", 0, 2, "invalid integer: "},
        {"0b", 0, 2, "invalid integer: "},
        {"3e", 1, 2, "invalid integer suffix 'e'"},
    };
    for (const auto& test : cases) {
        const IntegerLiteral literal = read_integer(test.text);
        ASSERT_TRUE(literal.fault) << test.text;
        EXPECT_EQ(literal.fault->message, test.message);
        EXPECT_EQ(literal.fault->begin, test.begin) << test.text;
        EXPECT_EQ(literal.fault->end, test.end) << test.text;
    }
}

TEST(Literals, ReadsEscapes) {
    const TextLiteral literal = read_text(R"(x "a\n\t\r\"\\\0\101\x41\x5g" y)", 2, '"');
    EXPECT_FALSE(literal.fault);
    EXPECT_TRUE(literal.is_closed);
    EXPECT_EQ(literal.value, std::string_view("a\n\t\r\"\\\0AA\x05g", 11));
    EXPECT_EQ(literal.end, 29u);
}

TEST(Literals, TextEndsOnItsLine) {
    EXPECT_FALSE(read_text("\"abc", 0, '"').is_closed);
    EXPECT_FALSE(read_text("\"ab\nc\"", 0, '"').is_closed);
    EXPECT_FALSE(read_text("\"ab\\", 0, '"').is_closed);
    EXPECT_FALSE(read_text("\"ab\\\"", 0, '"').is_closed);
    EXPECT_EQ(read_text("\"ab\nc\"", 0, '"').end, 3u);
}

TEST(Literals, KnowsWhichEscapeIsWrong) {
    const TextLiteral unknown = read_text(R"("ab\q")", 0, '"');
    ASSERT_TRUE(unknown.fault);
    EXPECT_EQ(unknown.fault->message, R"(invalid escape character '\q')");
    EXPECT_EQ(unknown.fault->begin, 4u);
    const TextLiteral octal = read_text(R"("\400")", 0, '"');
    ASSERT_TRUE(octal.fault);
    EXPECT_EQ(octal.fault->message, R"(octal escape sequence out of range '\400')");
    EXPECT_EQ(octal.fault->end, 5u);
    ASSERT_TRUE(read_text(R"("\xg")", 0, '"').fault);
    // Behind the other quote's escape only the own one is an escape.
    EXPECT_TRUE(read_text(R"("\'")", 0, '"').fault);
    EXPECT_FALSE(read_text(R"('\'')", 0, '\'').fault);
}

}  // namespace
}  // namespace grammar
