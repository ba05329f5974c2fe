#include "src/builtins/names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "src/types/type.h"

namespace {

std::string text_of(std::string_view builtin, std::uint64_t number) {
    for (const auto& [text, value] : builtins::names_of(builtin).values)
        if (value == number) return text;
    return "";
}

TEST(Names, AreTheSystems) {
    EXPECT_EQ(text_of("strerror", 2), "No such file or directory");
    EXPECT_EQ(text_of("signal_name", 9), "Killed");
    EXPECT_EQ(text_of("syscall_name", 0), "read");
    EXPECT_EQ(text_of("syscall_name", 257), "openat");
    EXPECT_EQ(text_of("signal_name", 0), "");
}

TEST(Names, FitTheStringTheyStandForAndTellNumbersApart) {
    for (const std::string_view builtin : {"strerror", "signal_name", "syscall_name"}) {
        std::set<std::string> texts;
        for (const auto& [text, number] : builtins::names_of(builtin).values) {
            EXPECT_LT(text.size(), types::kTextNumberCapacity) << text;
            EXPECT_FALSE(text.empty()) << builtin << number;
            // `strerror(n) == "text"` compares numbers.
            EXPECT_TRUE(texts.insert(text).second) << text;
        }
    }
}

}  // namespace
