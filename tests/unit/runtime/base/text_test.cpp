#include "runtime/base/text.h"

#include <gtest/gtest.h>

#include "runtime/base/duration.h"
#include "runtime/base/glob.h"

namespace {

TEST(Text, TrimAndSplit) {
    EXPECT_EQ(base::trim(" \t a b \r\n"), "a b");
    EXPECT_EQ(base::trim(" \n"), "");
    EXPECT_EQ(base::single_spaced("  char\t\tx [16] \r\n"), "char x [16]");
    EXPECT_EQ(base::single_spaced(" \t"), "");
    using Pieces = std::vector<std::string_view>;
    EXPECT_EQ(base::split("a,,b", ','), (Pieces{"a", "", "b"}));
    EXPECT_EQ(base::split("", ','), Pieces{""});
    EXPECT_EQ(base::join({"a", "b"}, ", "), "a, b");
    EXPECT_EQ(base::join({}, ", "), "");
    EXPECT_EQ(base::to_lower("BeGin_1"), "begin_1");
    EXPECT_TRUE(base::equals_ignoring_case("Kprobe", "kPROBE"));
    EXPECT_FALSE(base::equals_ignoring_case("kprobe", "kprobes"));
}

std::string integer(std::string_view text) {
    const auto value = base::parse_integer(text);
    if (!value) return "none";
    return (value->is_negative ? "-" : "") + std::to_string(value->magnitude);
}

TEST(Text, IntegersOfTheLanguage) {
    EXPECT_EQ(integer("0"), "0");
    EXPECT_EQ(integer("42"), "42");
    EXPECT_EQ(integer("-5"), "-5");
    EXPECT_EQ(integer("1_000_000"), "1000000");
    EXPECT_EQ(integer("0x1F"), "31");
    EXPECT_EQ(integer("0XfF_ff"), "65535");
    EXPECT_EQ(integer("0644"), "420");
    EXPECT_EQ(integer("0b101"), "5");
    EXPECT_EQ(integer("1e6"), "1000000");
    EXPECT_EQ(integer("9e18"), "9000000000000000000");
    EXPECT_EQ(integer("10UL"), "10");
    EXPECT_EQ(integer("10ull"), "10");
    EXPECT_EQ(integer("0xbul"), "11");
    EXPECT_EQ(integer("18446744073709551615"), "18446744073709551615");
    EXPECT_EQ(integer("-9223372036854775808"), "-9223372036854775808");
    for (const char* wrong : {"", "-", "abc", "12abc", "089", "1_", "_1", "0x", "0b2", "1e05", "12e3", "1e20", "10lll",
                              "5 ", "18446744073709551616", "-9223372036854775809", "1.5", "--1", "+1"})
        EXPECT_EQ(integer(wrong), "none") << wrong;
}

TEST(Duration, NanosecondsOfEachUnit) {
    EXPECT_EQ(base::parse_duration("5ns"), 5u);
    EXPECT_EQ(base::parse_duration("3us"), 3'000u);
    EXPECT_EQ(base::parse_duration("100ms"), 100'000'000u);
    EXPECT_EQ(base::parse_duration("1s"), 1'000'000'000u);
    EXPECT_EQ(base::parse_duration("2m"), 120'000'000'000u);
    EXPECT_EQ(base::parse_duration("1h"), 3'600'000'000'000u);
    EXPECT_EQ(base::parse_duration("1d"), 86'400'000'000'000u);
    EXPECT_EQ(base::parse_duration("1_000us"), 1'000'000u);
    for (const char* wrong : {"", "s", "1", "-1s", "1 s", "1sec", "1S", "99999999999d", "0x1s"})
        EXPECT_EQ(base::parse_duration(wrong), std::nullopt) << wrong;
}

TEST(Glob, StarsAndSets) {
    EXPECT_TRUE(base::glob_matches("*", ""));
    EXPECT_TRUE(base::glob_matches("", ""));
    EXPECT_FALSE(base::glob_matches("", "a"));
    EXPECT_TRUE(base::glob_matches("sys_*_openat", "sys_enter_openat"));
    EXPECT_FALSE(base::glob_matches("sys_*_openat", "sys_enter_openat2"));
    EXPECT_TRUE(base::glob_matches("*sched*", "a_sched:b"));
    EXPECT_TRUE(base::glob_matches("a*b*c", "aXbXbXc"));
    EXPECT_TRUE(base::glob_matches("**", "x"));
    EXPECT_TRUE(base::glob_matches("sys_[er]x", "sys_ex"));
    EXPECT_TRUE(base::glob_matches("[a-c]1", "b1"));
    EXPECT_FALSE(base::glob_matches("[a-c]1", "d1"));
    EXPECT_TRUE(base::glob_matches("[!a-c]1", "d1"));
    EXPECT_TRUE(base::glob_matches("[^a]*", "b"));
    EXPECT_TRUE(base::glob_matches("[]]x", "]x"));
    EXPECT_TRUE(base::glob_matches("a[1", "a[1"));
    EXPECT_FALSE(base::glob_matches("a?c", "abc")) << "'?' is no wildcard here";
    EXPECT_FALSE(base::glob_matches(std::string(200, '*') + "b", std::string(5000, 'a')));
}

TEST(Glob, WhatCountsAsAWildcard) {
    EXPECT_TRUE(base::has_wildcard("a*"));
    EXPECT_TRUE(base::has_wildcard("a[bc]"));
    EXPECT_FALSE(base::has_wildcard("a[bc"));
    EXPECT_FALSE(base::has_wildcard("a]b["));
    EXPECT_FALSE(base::has_wildcard("a?b"));
    EXPECT_FALSE(base::has_wildcard(""));
}

}  // namespace
