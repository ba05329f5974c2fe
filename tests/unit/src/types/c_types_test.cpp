#include "src/types/c_types.h"

#include <gtest/gtest.h>

#include "tests/support/btf_writer.h"
#include "tests/support/fake_kernel.h"

namespace types {
namespace {

using test_support::BtfWriter;

/// struct box { char tag[6]; unsigned a : 3, b : 5; struct box *next; }; enum lane { SLOW = 2, FAST = 7 }; typedef
/// unsigned my_id;
std::vector<std::byte> sample() {
    BtfWriter btf;
    const auto character = btf.type("char", BTF_KIND_INT, 0, 1);
    btf.word(BTF_INT_SIGNED << 24 | 8);
    const auto number = btf.type("unsigned int", BTF_KIND_INT, 0, 4);
    btf.word(32);
    const auto array = btf.type("", BTF_KIND_ARRAY, 0, 0);
    btf.word(character);
    btf.word(number);
    btf.word(6);
    const auto box = btf.type("box", BTF_KIND_STRUCT, 4, 24, true);
    const auto pointer = box + 1;
    for (const auto& [name, type, offset] :
         {std::tuple{"tag", array, 0u}, std::tuple{"a", number, 3u << 24 | 64u},
          std::tuple{"b", number, 5u << 24 | 67u}, std::tuple{"next", pointer, 128u}}) {
        btf.word(btf.name(name));
        btf.word(type);
        btf.word(offset);
    }
    EXPECT_EQ(btf.type("", BTF_KIND_PTR, 0, box), pointer);
    btf.type("lane", BTF_KIND_ENUM, 2, 4);
    for (const auto& [name, value] : {std::pair{"SLOW", 2u}, std::pair{"FAST", 7u}}) {
        btf.word(btf.name(name));
        btf.word(value);
    }
    btf.type("my_id", BTF_KIND_TYPEDEF, 0, number);
    return btf.bytes();
}

TEST(CTypes, KnowsBaseNamesWithoutBtf) {
    Table table;
    const test_support::FakeKernel kernel;
    CTypes types(table, kernel);
    EXPECT_FALSE(types.has_btf());
    EXPECT_EQ(types.named("u32"), table.integer(4, false));
    EXPECT_EQ(types.named("size_t"), table.integer(8, false));
    EXPECT_EQ(types.spelled("const unsigned long"), table.integer(8, false));
    EXPECT_EQ(types.spelled("const char *", AddressSpace::user),
              table.pointer(table.integer(1, true), AddressSpace::user));
    EXPECT_EQ(types.named("nowhere_t"), nullptr);
    EXPECT_EQ(types.structure("box", false), nullptr);
}

TEST(CTypes, CompletesStructuresWhenAsked) {
    Table table;
    test_support::FakeKernel kernel;
    kernel.btf_bytes = sample();
    CTypes types(table, kernel);
    const Type* box = types.structure("box", false);
    ASSERT_NE(box, nullptr);
    EXPECT_EQ(name_of(box), "struct box");
    EXPECT_EQ(box->size, 24u);
    const auto tag = find_member(box, "tag");
    ASSERT_TRUE(tag);
    EXPECT_EQ(tag->type, table.string(6)) << "char arrays are text";
    const auto b = find_member(box, "b");
    ASSERT_TRUE(b);
    EXPECT_EQ(b->offset, 8u);
    EXPECT_EQ(b->bit_offset, 3);
    EXPECT_EQ(b->bit_size, 5);
    const auto next = find_member(box, "next");
    ASSERT_TRUE(next);
    EXPECT_EQ(next->offset, 16u);
    EXPECT_EQ(next->type->element, box);
}

TEST(CTypes, FindsConstantsAndTypedefs) {
    Table table;
    test_support::FakeKernel kernel;
    kernel.btf_bytes = sample();
    CTypes types(table, kernel);
    EXPECT_EQ(types.named("my_id"), table.integer(4, false));
    const auto fast = types.constant("FAST");
    ASSERT_TRUE(fast);
    EXPECT_EQ(fast->value, 7u);
    EXPECT_EQ(fast->type, types.enumeration("lane"));
    EXPECT_FALSE(types.constant("MEDIUM"));
}

TEST(CTypes, SurvivesCutBytes) {
    const std::vector<std::byte> whole = sample();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Table table;
        test_support::FakeKernel kernel;
        kernel.btf_bytes.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CTypes types(table, kernel);
        (void)types.structure("box", false);
        (void)types.constant("FAST");
    }
}

}  // namespace
}  // namespace types
