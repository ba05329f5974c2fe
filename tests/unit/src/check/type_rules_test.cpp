#include "src/check/type_rules.h"

#include <gtest/gtest.h>

namespace check {
namespace {

using types::Kind;

TEST(TypeRules, MergesIntegersToOneThatHoldsBoth) {
    types::Table table;
    const auto merged = [&](const types::Type* a, const types::Type* b) { return types::name_of(merge(table, a, b)); };
    EXPECT_EQ(merged(table.integer(1, true), table.integer(2, true)), "int16");
    EXPECT_EQ(merged(table.integer(1, true), table.integer(1, false)), "int16");
    EXPECT_EQ(merged(table.integer(8, true), table.integer(4, false)), "int64");
    EXPECT_EQ(merged(table.integer(4, false), table.integer(1, true)), "int64");
    EXPECT_EQ(merged(table.integer(8, false), table.integer(1, true)), "int64");
}

TEST(TypeRules, LetsLiteralsAdapt) {
    types::Table table;
    const types::Type* two_hundred = table.flexible(2, 1);
    EXPECT_EQ(merge(table, two_hundred, table.integer(1, false)), table.integer(1, false));
    EXPECT_EQ(merge(table, table.integer(1, true), two_hundred), table.integer(2, true));
    EXPECT_EQ(table.settled(merge(table, two_hundred, table.flexible(1, 1))), table.integer(2, true));
    EXPECT_EQ(merge(table, table.flexible(1, 1), table.pointer(table.void_type())), table.pointer(table.void_type()));
}

TEST(TypeRules, TakesATextNumberForTheStringItStandsFor) {
    types::Table table;
    const std::pair<std::string, std::uint64_t> texts[] = {{"one", 1}, {"two", 2}};
    const types::Type *number = table.text_of_numbers("count", texts), *other = table.text_of_numbers("other", texts);
    EXPECT_EQ(types::name_of(number), "string[64]");
    EXPECT_EQ(merge(table, number, number), number);
    EXPECT_EQ(merge(table, number, table.string(5)), table.string(64));
    EXPECT_EQ(merge(table, table.string(100), number), table.string(100));
    EXPECT_EQ(merge(table, number, other), table.string(64));
    EXPECT_EQ(merge(table, number, table.integer(8, true)), nullptr);
    EXPECT_FALSE(is_number(number));
    EXPECT_TRUE(is_text(number));
    EXPECT_TRUE(can_cast(number, table.string(64)));
    EXPECT_FALSE(can_cast(number, table.string(16)));
    EXPECT_FALSE(can_cast(number, table.integer(8, true)));
}

TEST(TypeRules, MergesTuplesElementwiseAndRecordsByName) {
    types::Table table;
    const types::Type* first[] = {table.integer(1, true), table.string(2)};
    const types::Type* second[] = {table.integer(2, true), table.string(5)};
    EXPECT_EQ(types::name_of(merge(table, table.tuple(first), table.tuple(second))), "(int16,string[5])");
    EXPECT_EQ(merge(table, table.tuple(first), table.tuple(std::span(second).first(1))), nullptr);
    const std::pair<std::string, const types::Type*> ab[] = {{"a", table.integer(1, true)}, {"b", table.string(3)}};
    const std::pair<std::string, const types::Type*> ba[] = {{"b", table.string(9)}, {"a", table.integer(2, true)}};
    EXPECT_EQ(types::name_of(merge(table, table.record(ab), table.record(ba))),
              "record { .a = int16, .b = string[9] }");
}

TEST(TypeRules, KeepsKindsApart) {
    types::Table table;
    EXPECT_EQ(merge(table, table.integer(8, true), table.string(4)), nullptr);
    EXPECT_EQ(merge(table, table.simple(Kind::inet), table.simple(Kind::mac)), nullptr);
    EXPECT_EQ(merge(table, table.aggregation(Kind::sum, true), table.aggregation(Kind::count, false)), nullptr);
    EXPECT_EQ(merge(table, table.aggregation(Kind::sum, true), table.aggregation(Kind::sum, false)),
              table.aggregation(Kind::sum, true));
}

TEST(TypeRules, CastsWhatHasTheSameBytes) {
    types::Table table;
    const types::Type* byte = table.integer(1, false);
    EXPECT_TRUE(can_cast(table.integer(4, false), table.array(byte, 4)));
    EXPECT_FALSE(can_cast(table.integer(4, false), table.array(byte, 3)));
    EXPECT_FALSE(can_cast(table.integer(4, false), table.array(table.array(byte, 2), 2)));
    EXPECT_TRUE(can_cast(table.array(byte, 2), table.integer(8, false)));
    EXPECT_TRUE(can_cast(table.string(6), table.array(byte, 6)));
    EXPECT_FALSE(can_cast(table.string(7), table.string(2)));
    EXPECT_TRUE(can_cast(table.pointer(table.void_type()), table.integer(1, true)));
}

}  // namespace
}  // namespace check
