#include "runtime/base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace {

using base::edit_distance;
using base::nearest;

constexpr std::array<std::string_view, 9> kNames{"pid",      "tid",   "printf", "print",           "strftime",
                                                 "filename", "flags", "mode",   "sys_enter_execve"};

TEST(Nearest, EditDistanceCountsSwapsOnceAndCaseHalf) {
    EXPECT_EQ(edit_distance("pdi", "pid", 10), 2u);
    EXPECT_EQ(edit_distance("PID", "pid", 10), 3u);
    EXPECT_EQ(edit_distance("abc", "xyz", 20), 6u);
    EXPECT_EQ(edit_distance("", "ab", 10), 4u);
    EXPECT_EQ(edit_distance("dry_run", "dry-run", 10), 1u);
    EXPECT_EQ(edit_distance("abcdef", "uvwxyz", 4), 5u) << "gives up above the limit";
}

TEST(Nearest, FindsTheMisspeltName) {
    EXPECT_EQ(nearest("filname", kNames).front(), "filename");
    EXPECT_EQ(nearest("fliename", kNames).front(), "filename");
    EXPECT_EQ(nearest("pirntf", kNames).front(), "printf");
    EXPECT_EQ(nearest("pdi", kNames).front(), "pid");
    EXPECT_EQ(nearest("Mode", kNames).front(), "mode");
    EXPECT_EQ(nearest("sys_enter_exec", kNames).front(), "sys_enter_execve");
}

TEST(Nearest, TakesABeginningForTheWhole) {
    EXPECT_EQ(nearest("strf", kNames).front(), "strftime");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
    EXPECT_TRUE(nearest("elephant", kNames).empty());
    EXPECT_TRUE(nearest("x", std::array<std::string_view, 1>{"pid"}).empty());
    EXPECT_TRUE(nearest("", kNames).empty());
}

TEST(Nearest, KeepsTheBestFew) {
    const std::array<std::string_view, 5> names{"aaaab", "aaaac", "aaaaa", "aaaad", "aaxxa"};
    const auto found = nearest("aaaa", names, 2);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0], "aaaab");
}

TEST(Nearest, WritesTheSentence) {
    EXPECT_EQ(base::did_you_mean({}), "");
    const std::array<std::string, 3> names{"a", "b", "c"};
    EXPECT_EQ(base::did_you_mean(std::span(names).first(1)), "did you mean `a`?");
    EXPECT_EQ(base::did_you_mean(names), "did you mean `a`, `b` or `c`?");
}

}  // namespace
