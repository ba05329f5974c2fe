#include "src/ast/arena.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ast {
namespace {

struct Counted {
    int* destroyed = nullptr;
    std::vector<int> list = {};
    ~Counted() { ++*destroyed; }
};

TEST(Arena, DestroysWhatItMadeOnce) {
    int destroyed = 0;
    {
        Arena arena;
        for (int i = 0; i < 2000; i++) {
            auto* counted = arena.make<Counted>(&destroyed);
            counted->list.assign(10, i);
        }
        EXPECT_EQ(destroyed, 0);
    }
    EXPECT_EQ(destroyed, 2000);
}

TEST(Arena, NodesAreZeroUnlessNamed) {
    struct Plain {
        int a;
        const char* b;
    };
    Arena arena;
    const Plain* plain = arena.make<Plain>();
    EXPECT_EQ(plain->a, 0);
    EXPECT_EQ(plain->b, nullptr);
}

TEST(Arena, TextsAreCopiesAndMayBeLong) {
    Arena arena;
    std::string text(100'000, 'x');
    const std::string_view copy = arena.text(text);
    const std::string_view small = arena.text(std::string_view("a\0b", 3));
    text.assign(text.size(), 'y');
    EXPECT_EQ(copy.front(), 'x');
    EXPECT_EQ(copy.size(), 100'000u);
    EXPECT_EQ(small, std::string_view("a\0b", 3));
    EXPECT_TRUE(arena.text("").empty());
}

TEST(Arena, KeepsAlignment) {
    Arena arena;
    for (int i = 0; i < 50; i++) {
        arena.text("x");
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.make<double>()) % alignof(double), 0u);
    }
}

}  // namespace
}  // namespace ast
