#include "src/ast/tree_builder.h"

#include <gtest/gtest.h>

#include "src/ast/print.h"

namespace ast {
namespace {

struct Building {
    source::SourceMap sources;
    program::FileId file = sources.add("stdin", std::string(100, ' '));
    source::Diagnostics diagnostics;
    Arena arena;
    TreeBuilder build{file, arena, diagnostics};

    [[nodiscard]] Range at(std::uint32_t begin, std::uint32_t end) const { return {file, begin, end}; }
    const Expr* number(std::uint64_t value) { return build.integer(at(0, 1), value, "1", false); }
};

TEST(TreeBuilder, BracketsOnAMapAreItsKeyOnAnythingElseAnIndex) {
    Building b;
    const Expr* map = b.build.index(b.build.map(b.at(0, 2), "@m"), {b.number(1), b.number(2)}, b.at(5, 6));
    EXPECT_EQ(print(*map), "map @m\n  integer 1\n  integer 2\n");
    EXPECT_TRUE(as<Map>(*map).has_key);
    EXPECT_EQ(print(*b.build.index(map, {b.number(3)}, b.at(8, 9))),
              "index\n  map @m\n    integer 1\n    integer 2\n  integer 3\n");
}

TEST(TreeBuilder, SemicolonBelongsToSomeStatements) {
    Building b;
    EXPECT_EQ(b.build.end(b.build.break_(b.at(0, 5)), b.at(6, 7))->range.end, 7u);
    EXPECT_EQ(b.build.end(b.build.expression(b.number(1)), b.at(6, 7))->range.end, 7u);
    EXPECT_EQ(b.build.end(b.build.discard(b.at(0, 5), b.number(1)), b.at(6, 7))->range.end, 5u);
}

TEST(TreeBuilder, IfWithoutElseGivesNoValue) {
    Building b;
    const Block* one = b.build.block(b.at(0, 1), {}, b.build.expression(b.number(1)));
    ASSERT_NE(one->value, nullptr);
    const Expr* half = b.build.if_else(b.at(0, 1), b.number(1), one, nullptr);
    const Expr* whole = b.build.if_else(b.at(0, 1), b.number(1), one, one);
    EXPECT_EQ(b.build.block(b.at(0, 1), {}, b.build.expression(half))->value, nullptr);
    EXPECT_EQ(b.build.block(b.at(0, 1), {}, b.build.expression(whole))->value, whole);
}

TEST(TreeBuilder, DepthCountsThroughBlocksAndTypes) {
    Building b;
    const Expr* expr = b.number(1);
    std::uint32_t levels = 1;
    while (b.build.is_sound() && levels < 10 * kMaxDepth) {
        const Block* block = b.build.block(b.at(0, 1), {}, b.build.expression(expr));
        const TypeSpec* type = b.build.type_of(b.at(0, 1), {nullptr, b.build.block_expr(block)}, {});
        expr = b.build.size_of(b.at(0, 1), {type, nullptr});
        levels += 5;
    }
    EXPECT_LE(levels, kMaxDepth + 10);
    ASSERT_EQ(b.diagnostics.all().size(), 1u);
    EXPECT_EQ(b.diagnostics.all()[0].kind, source::DiagnosticKind::too_deep);
}

TEST(TreeBuilder, RefusesTheSameRecordNameOnce) {
    Building b;
    b.build.record(b.at(0, 9),
                   {{"a", b.number(1), b.at(1, 2)}, {"a", b.number(2), b.at(3, 4)}, {"a", b.number(3), b.at(5, 6)}});
    EXPECT_FALSE(b.build.is_sound());
    EXPECT_EQ(b.diagnostics.all().size(), 1u);
}

TEST(Print, TypesReadAsInScripts) {
    Building b;
    const TypeSpec* type =
        b.build.type(b.at(0, 1), TypeSpec::Kind::structure, "sock", {{true, {}}, {true, {}}, {false, 4}, {false, {}}});
    EXPECT_EQ(print(*type), "struct sock **[4][]");
}

TEST(Print, QuotesWhatCannotBeSeen) {
    EXPECT_EQ(quote(std::string_view("a\"\\\n\x01\0é", 7)), "\"a\\\"\\\\\\n\\x01\\x00\xc3\"");
}

}  // namespace
}  // namespace ast
