// types::place_member: where C's bit-fields lie.
#include <gtest/gtest.h>

#include "src/types/type.h"

namespace types {
namespace {

Member placed(const Type* type, std::uint64_t bit_offset, std::uint64_t bit_size) {
    Member member;
    member.type = type;
    place_member(member, bit_offset, bit_size);
    return member;
}

TEST(PlaceMember, CountsBytesForWhatIsNoBitField) {
    Table table;
    const Member member = placed(table.integer(4, true), 64, 0);
    EXPECT_EQ(member.offset, 8u);
    EXPECT_EQ(member.bit_size, 0);
}

TEST(PlaceMember, ReadsABitFieldInItsDeclaredUnit) {
    Table table;
    const Member member = placed(table.integer(4, false), 37, 3);
    EXPECT_EQ(member.offset, 4u);
    EXPECT_EQ(member.bit_offset, 5);
    EXPECT_EQ(member.bit_size, 3);
}

TEST(PlaceMember, FollowsAPackedOneAcrossItsUnit) {
    Table table;
    const Member member = placed(table.integer(4, false), 28, 12);
    EXPECT_EQ(member.offset, 3u);
    EXPECT_EQ(member.bit_offset, 4);
    EXPECT_EQ(member.bit_size, 12);
}

TEST(PlaceMember, TakesNoBitsThatNoNumberHolds) {
    Table table;
    EXPECT_EQ(placed(table.integer(8, false), 7, 60).bit_size, 0);
    EXPECT_EQ(placed(table.integer(4, false), 0, 33).bit_size, 0);
    EXPECT_EQ(placed(table.array(table.integer(8, false), 1u << 28), 8, 4).bit_size, 0);
}

}  // namespace
}  // namespace types
