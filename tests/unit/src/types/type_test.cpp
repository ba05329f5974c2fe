#include "src/types/type.h"

#include <gtest/gtest.h>

namespace types {
namespace {

TEST(Type, IsTheSameForTheSameDescription) {
    Table table;
    EXPECT_EQ(table.integer(4, true), table.integer(4, true));
    EXPECT_NE(table.integer(4, true), table.integer(4, false));
    EXPECT_EQ(table.pointer(table.string(4)), table.pointer(table.string(4)));
    EXPECT_NE(table.pointer(table.void_type(), AddressSpace::user),
              table.pointer(table.void_type(), AddressSpace::kernel));
}

TEST(Type, IsSpelledAsMessagesSpellIt) {
    Table table;
    Structure* sock = table.new_structure();
    sock->name = "struct sock";
    const Type* pair[] = {table.integer(1, true), table.string(2)};
    EXPECT_EQ(name_of(table.integer(8, false)), "uint64");
    EXPECT_EQ(base_name_of(table.integer(8, false)), "int");
    EXPECT_EQ(base_name_of(table.aggregation(Kind::count, true)), "count_t");
    EXPECT_EQ(name_of(table.pointer(table.structure(sock))), "struct sock *");
    EXPECT_EQ(name_of(table.tuple(pair)), "(int8,string[2])");
    EXPECT_EQ(name_of(table.array(table.array(table.integer(1, false), 3), 2)), "uint8[2][3]");
    EXPECT_EQ(name_of(table.aggregation(Kind::sum, false)), "usum_t");
    EXPECT_EQ(name_of(table.aggregation(Kind::count, false)), "count_t");
    EXPECT_EQ(name_of(table.stack(false, program::StackMode::bpftrace, 127)), "kstack_bpftrace_127");
}

TEST(Type, LaysTuplesOutLikeC) {
    Table table;
    const Type* members[] = {table.integer(1, true), table.integer(8, true), table.string(3)};
    const Type* tuple = table.tuple(members);
    EXPECT_EQ(tuple->members[1].offset, 8u);
    EXPECT_EQ(tuple->members[2].offset, 16u);
    EXPECT_EQ(tuple->size, 24u);
}

TEST(Type, TakesItsSizeOverWhenAStructureIsCompleted) {
    Table table;
    Structure* node = table.new_structure();
    node->name = "struct node";
    const Type* type = table.structure(node);
    EXPECT_EQ(type->size, 0u);
    Member next;
    next.name = "next";
    next.type = table.pointer(type);
    node->members.push_back(next);
    node->size = 8;
    EXPECT_EQ(table.structure(node), type);
    EXPECT_EQ(type->size, 8u);
}

TEST(Type, FindsMembersThroughAnonymousOnes) {
    Table table;
    Structure* inner = table.new_structure();
    inner->is_complete = true;
    const auto member = [](std::string name, const Type* type, std::uint32_t offset) {
        Member made;
        made.name = std::move(name);
        made.type = type;
        made.offset = offset;
        return made;
    };
    inner->members = {member("deep", table.integer(4, true), 4)};
    Structure* outer = table.new_structure();
    outer->complete = [&](Structure& which) {
        which.is_complete = true;
        which.members = {member("flat", table.integer(8, true), 0), member("", table.structure(inner), 16)};
    };
    const auto found = find_member(table.structure(outer), "deep");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->offset, 20u);
    EXPECT_FALSE(find_member(table.structure(outer), "none"));
}

TEST(Type, SettlesLiteralsInsideTuples) {
    Table table;
    const Type* members[] = {table.flexible(1, 1), table.string(2)};
    EXPECT_EQ(table.settled(table.tuple(members))->members[0].type, table.integer(1, true));
}

}  // namespace
}  // namespace types
