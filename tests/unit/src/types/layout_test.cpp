#include "src/types/layout.h"

#include <gtest/gtest.h>

namespace types {
namespace {

TEST(Layout, IsMadeOnceForEachType) {
    Table table;
    program::Program program;
    Layouts layouts(program);
    EXPECT_EQ(layouts.of(table.integer(4, true)), layouts.of(table.integer(4, true)));
    EXPECT_EQ(program.layouts.size(), 1u);
}

TEST(Layout, NamesMembersAndBits) {
    Table table;
    program::Program program;
    Layouts layouts(program);
    Structure* structure = table.new_structure();
    structure->is_complete = true;
    structure->size = 4;
    Member worn;
    worn.name = "worn";
    worn.type = table.integer(4, false);
    worn.bit_offset = 3;
    worn.bit_size = 5;
    structure->members = {worn};
    const program::Layout layout =
        program.layouts[layouts.of(table.structure(structure)).index()].kind == program::LayoutKind::record
            ? program.layouts[layouts.of(table.structure(structure)).index()]
            : program::Layout{};
    ASSERT_EQ(layout.fields.size(), 1u);
    EXPECT_EQ(layout.fields[0].name, "worn");
    EXPECT_EQ(layout.fields[0].bit_offset, 3);
    EXPECT_EQ(layout.fields[0].bit_size, 5);
}

TEST(Layout, KeepsNamesOfAFormatFileApart) {
    Table table;
    program::Program program;
    Layouts layouts(program);
    program::ValueNames names;
    names.values = {{1, "ONE"}};
    const auto plain = layouts.of(table.integer(4, true));
    const auto named = layouts.of(table.integer(4, true), names);
    EXPECT_NE(plain, named);
    EXPECT_TRUE(program.layouts[plain.index()].names.values.empty());
    EXPECT_EQ(program.layouts[named.index()].names.values.size(), 1u);
}

}  // namespace
}  // namespace types
