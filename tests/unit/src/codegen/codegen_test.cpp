// Trees made by hand, compiled, loaded and run on the kernel.
#include <gtest/gtest.h>

#include "tests/unit/src/codegen/kernel.h"

namespace codegen_test {
namespace {

using program::LedgerCounter;

/// The value `expr` has in a begin probe.
std::optional<std::int64_t> evaluate(Tree& tree, const Expr* expr) {
    const typed::MapIndex result = tree.map("@r");
    tree.body({tree.set(result, nullptr, expr)});
    Loaded loaded(tree);
    loaded.run();
    return loaded.scalar("@r");
}

template <typename Make>
std::optional<std::int64_t> value_of(Make&& make) {
    Tree tree;
    tree.probe();
    return evaluate(tree, make(tree));
}

/// A number the optimiser does not know: read from a map.
const Expr* hidden(Tree& tree, std::uint64_t value, const Type* type = nullptr) {
    static int number = 0;
    const typed::MapIndex map = tree.map("@hidden" + std::to_string(++number), nullptr, type ? type : tree.i64());
    typed::BlockExpr* block = tree.expr<typed::BlockExpr>(ExprKind::block, type ? type : tree.i64());
    block->block.statements.push_back(tree.set(map, nullptr, tree.number(value, type ? type : tree.i64())));
    block->value = tree.get(map);
    return block;
}

TEST(Codegen, EmptyProbeCountsItsHits) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    Loaded loaded(tree);
    loaded.run(0, 3);
    EXPECT_EQ(loaded.ledger(0, LedgerCounter::refused), 0u);
    EXPECT_EQ(loaded.ledger(0, LedgerCounter::passed), 3u);
    EXPECT_EQ(loaded.program().begin.size(), 1u);
    EXPECT_TRUE(loaded.program().attachments.empty());
}

TEST(Codegen, PredicateRefuses) {
    NEEDS_BPF();
    Tree tree;
    tree.probe().predicate = tree.compare(CompareOp::equal, hidden(tree, 3), tree.number(4));
    const typed::MapIndex map = tree.map("@x");
    tree.body({tree.set(map, nullptr, tree.number(1))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.ledger(0, LedgerCounter::refused), 1u);
    EXPECT_EQ(loaded.ledger(0, LedgerCounter::passed), 0u);
    EXPECT_EQ(loaded.scalar("@x"), std::nullopt);
}

TEST(Codegen, StoppedProgramsAreInert) {
    NEEDS_BPF();
    Tree tree;
    tree.probe(program::ProbeKind::rawtracepoint, "rawtracepoint:sched:sched_switch");
    Loaded loaded(tree);
    loaded.run();
    loaded.set_globals({.stopped = 1, .start_ns = 0, .child_pid = 0, .tracer_pid = 0, .pidns_dev = 0, .pidns_ino = 0});
    loaded.run();
    EXPECT_EQ(loaded.ledger(0, LedgerCounter::passed), 1u);
}

TEST(Codegen, PidFilterTakesThisProcessOnly) {
    NEEDS_BPF();
    for (const bool is_mine : {true, false}) {
        Tree tree;
        tree.probe().pid_filter = static_cast<std::uint32_t>(getpid()) + (is_mine ? 0 : 1);
        Loaded loaded(tree);
        loaded.run();
        EXPECT_EQ(loaded.ledger(0, LedgerCounter::passed), is_mine ? 1u : 0u);
    }
}

TEST(Codegen, FunctionNamesDifferWithinFifteenCharacters) {
    Tree tree;
    tree.probe(program::ProbeKind::tracepoint, "tracepoint:syscalls:sys_enter_getpeername");
    tree.probe(program::ProbeKind::tracepoint, "tracepoint:syscalls:sys_enter_getpgid");
    tree.probe(program::ProbeKind::tracepoint, "tracepoint:syscalls:sys_enter_getpeernames");
    const codegen::Generated generated = codegen::generate(tree.script, tree.types, tree.sources, {});
    const auto& functions = generated.program.functions;
    EXPECT_EQ(functions[0].name, "sys_enter_getpe");
    EXPECT_EQ(functions[2].name, "sys_enter_get_2");
    EXPECT_EQ(functions[0].type, BPF_PROG_TYPE_TRACEPOINT);
    EXPECT_EQ(generated.program.attachments.size(), 3u);
}

// ---- arithmetic

TEST(Expressions, ArithmeticIsThatOfSixtyFourBits) {
    NEEDS_BPF();
    EXPECT_EQ(value_of([](Tree& t) { return t.add(hidden(t, 40), t.number(2)); }), 42);
    EXPECT_EQ(value_of([](Tree& t) {
                  return t.binary(BinaryOp::divide, hidden(t, static_cast<std::uint64_t>(-7)), hidden(t, 2));
              }),
              -3);
    EXPECT_EQ(value_of([](Tree& t) {
                  return t.binary(BinaryOp::modulo, hidden(t, static_cast<std::uint64_t>(-7)), hidden(t, 2));
              }),
              -1);
    EXPECT_EQ(value_of([](Tree& t) {
                  return t.binary(BinaryOp::divide, hidden(t, static_cast<std::uint64_t>(-8)), hidden(t, 2), false);
              }),
              static_cast<std::int64_t>(0x7ffffffffffffffc));
    // >> is logical, whatever the sign
    EXPECT_EQ(value_of([](Tree& t) {
                  return t.binary(BinaryOp::shift_right, hidden(t, static_cast<std::uint64_t>(-7)), hidden(t, 1));
              }),
              9223372036854775804);
}

TEST(Expressions, DivisionByZeroIsOneAndWarnsOnce) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::MapIndex result = tree.map("@r");
    tree.body({tree.set(result, nullptr, tree.binary(BinaryOp::modulo, tree.number(91), hidden(tree, 0)))});
    Loaded loaded(tree);
    loaded.run(0, 5);
    EXPECT_EQ(loaded.scalar("@r"), 1);
    ASSERT_EQ(loaded.program().warning_places.size(), 1u);
    const program::WarningPlace& place = loaded.program().warning_places[0];
    EXPECT_EQ(place.kind, program::WarningKind::division_by_zero);
    const auto value = loaded.at("ledger", place.ledger_slot);
    ASSERT_TRUE(value);
    EXPECT_EQ(loaded.sum(*value, program::kLedgerCounters * 8, 0), 5u);
    EXPECT_GE(loaded.records().size(), 1u);
    EXPECT_LE(loaded.records().size(), Loaded::cpus());
}

TEST(Expressions, CastsCutAndExtend) {
    NEEDS_BPF();
    const auto cast = [](std::uint32_t size, bool is_signed, std::uint64_t value) {
        return value_of(
            [&](Tree& t) { return t.cast(t.i64(), t.cast(t.types.integer(size, is_signed), hidden(t, value))); });
    };
    EXPECT_EQ(cast(2, false, 65537), 1);
    EXPECT_EQ(cast(1, true, 200), -56);
    EXPECT_EQ(cast(1, false, 770), 2);
    EXPECT_EQ(cast(4, false, static_cast<std::uint64_t>(-1)), 4294967295);
    EXPECT_EQ(value_of([](Tree& t) { return t.cast(t.i64(), t.cast(t.types.boolean(), hidden(t, 6))); }), 1);
}

TEST(Expressions, NarrowIntegersAreCutWhenStored) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId narrow = tree.variable(tree.types.integer(1, false));
    const typed::MapIndex result = tree.map("@r");
    tree.body({tree.set(narrow, tree.cast(tree.types.integer(1, false), hidden(tree, 255))),
               tree.run(tree.increment(tree.get(narrow))), tree.set(result, nullptr, tree.get(narrow))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.scalar("@r"), 0);
}

TEST(Expressions, ShortCircuitSkipsTheRightSide) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId count = tree.variable();
    const typed::MapIndex result = tree.map("@r");
    const Expr* counted = tree.compare(CompareOp::greater, tree.increment(tree.get(count), true), tree.number(0));
    tree.body(
        {tree.set(count, tree.number(0)),
         tree.if_(tree.logical(true, tree.compare(CompareOp::equal, hidden(tree, 1), tree.number(2)), counted), {}),
         tree.if_(tree.logical(false, tree.compare(CompareOp::equal, hidden(tree, 1), tree.number(2)), counted), {}),
         tree.set(result, nullptr, tree.get(count))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.scalar("@r"), 1);
}

TEST(Expressions, IncrementGivesOldOrNewValue) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::MapIndex keyed = tree.map("@k", tree.i64()), result = tree.map("@r", tree.i64());
    const auto target = [&] { return tree.get(keyed, tree.number(7)); };
    tree.body({tree.run(tree.increment(target())), tree.set(result, tree.number(1), tree.increment(target())),
               tree.set(result, tree.number(2), tree.increment(target(), true)),
               tree.set(result, tree.number(3), tree.increment(target(), false, true))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 1);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 3);
    EXPECT_EQ(loaded.number("@r", std::int64_t{3}), 3);
    EXPECT_EQ(loaded.number("@k", std::int64_t{7}), 2);
}

TEST(Expressions, ElementsAreCheckedAgainstTheEnd) {
    NEEDS_BPF();
    for (const std::int64_t index : {0, 3, 4, -1}) {
        Tree tree;
        tree.probe();
        const Type* array = tree.types.array(tree.types.integer(2, true), 4);
        const typed::VariableId held = tree.variable(array);
        const typed::MapIndex result = tree.map("@r");
        // 1 | 2 << 16 | 3 << 32 | -4 << 48
        const Expr* bytes = hidden(tree, 0xfffc'0003'0002'0001);
        tree.body({tree.set(held, tree.cast(array, bytes)),
                   tree.set(result, nullptr,
                            tree.cast(tree.i64(),
                                      tree.element(tree.get(held), hidden(tree, static_cast<std::uint64_t>(index)),
                                                   tree.types.integer(2, true))))});
        Loaded loaded(tree);
        loaded.run();
        EXPECT_EQ(loaded.scalar("@r"), index == 0 ? 1 : index == 3 ? -4 : 0) << index;
        EXPECT_EQ(loaded.records().size(), index == 0 || index == 3 ? 0u : 1u);
    }
}

// ---- text and tuples

TEST(Text, EqualTextIsOneKeyWhateverStoodBehindItsEnd) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId text = tree.variable(tree.text(24));
    const typed::MapIndex map = tree.map("@k", tree.text(24));
    tree.body({tree.set(text, tree.string("a long text of its own", 24)), tree.set(text, tree.string("ab", 24)),
               tree.set(map, tree.get(text), tree.number(1)), tree.set(map, tree.string("ab", 24), tree.number(2)),
               tree.set(map, tree.cast(tree.text(24), tree.string("ab")), tree.number(3))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.keys("@k"), 1u);
    std::string key("ab");
    key.resize(24);
    EXPECT_EQ(loaded.number_of("@k", key), 3);
}

TEST(Text, LongTextInScratchIsCopiedAndCompared) {
    NEEDS_BPF();
    for (const std::uint32_t capacity : {64u, 100u, 1024u, 16384u}) {
        Tree tree;
        tree.probe();
        tree.script.config.max_strlen = capacity;
        std::string long_text(capacity / 2, 'x');
        const typed::VariableId a = tree.variable(tree.text(capacity)), b = tree.variable(tree.text(capacity));
        const typed::MapIndex result = tree.map("@r", tree.i64()), keyed = tree.map("@k", tree.text(capacity)),
                              value = tree.map("@v", nullptr, tree.text(capacity));
        tree.body({tree.set(a, tree.cast(tree.text(capacity), tree.string(long_text.substr(0, 60)))),
                   tree.set(value, nullptr, tree.get(a)), tree.set(b, tree.get(value)),
                   tree.set(result, tree.number(1), tree.compare(CompareOp::equal, tree.get(a), tree.get(b))),
                   tree.set(result, tree.number(2), tree.compare(CompareOp::equal, tree.get(a), tree.string("xx"))),
                   tree.set(b, tree.cast(tree.text(capacity), tree.string("xx"))),
                   tree.set(result, tree.number(3), tree.compare(CompareOp::equal, tree.get(a), tree.get(b))),
                   tree.set(result, tree.number(4), tree.compare(CompareOp::equal, tree.get(b), tree.string("xx"))),
                   tree.set(keyed, tree.get(b), tree.number(1))});
        Loaded loaded(tree);
        loaded.run();
        EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 1) << capacity;
        EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 0) << capacity;
        EXPECT_EQ(loaded.number("@r", std::int64_t{3}), 0) << capacity;
        EXPECT_EQ(loaded.number("@r", std::int64_t{4}), 1) << capacity;
        std::string key("xx");
        key.resize(capacity);
        EXPECT_EQ(loaded.number_of("@k", key), 1) << capacity;
    }
}

TEST(Text, DifferentCapacitiesCompareByTheirText) {
    NEEDS_BPF();
    const auto equal = [](const std::string& left, std::uint32_t left_capacity, const std::string& right,
                          std::uint32_t right_capacity) {
        Tree tree;
        tree.probe();
        const typed::VariableId a = tree.variable(tree.text(left_capacity)),
                                b = tree.variable(tree.text(right_capacity));
        const typed::MapIndex result = tree.map("@r");
        tree.body({tree.set(a, tree.string(left, left_capacity)), tree.set(b, tree.string(right, right_capacity)),
                   tree.set(result, nullptr, tree.compare(CompareOp::equal, tree.get(a), tree.get(b)))});
        Loaded loaded(tree);
        loaded.run();
        return loaded.scalar("@r") == 1;
    };
    EXPECT_TRUE(equal("abc", 4, "abc", 16));
    EXPECT_TRUE(equal("abc", 200, "abc", 16));
    EXPECT_FALSE(equal("abc", 4, "abcd", 16));
    EXPECT_FALSE(equal("abcdefgh", 9, "abcdefgi", 9));
    EXPECT_TRUE(equal("abcdefgh", 9, "abcdefgh", 300));
    EXPECT_TRUE(equal("", 1, "", 64));
    EXPECT_FALSE(equal(std::string(90, 'a') + "b", 100, std::string(90, 'a') + "c", 120));
    EXPECT_TRUE(equal(std::string(90, 'a') + "b", 100, std::string(90, 'a') + "b", 120));
}

TEST(Records, TupleKeysHaveNoStrayBytes) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::MapIndex map = tree.map("@k", tree.tuple({tree.types.integer(1, true), tree.text(3), tree.i64()}));
    const auto key = [&](const std::string& text) {
        return tree.make_tuple({tree.number(5, tree.types.integer(1, true)), tree.string(text, 3), tree.number(9)});
    };
    const typed::VariableId held = tree.variable(tree.tuple({tree.types.integer(1, true), tree.text(3), tree.i64()}));
    tree.body({tree.set(held, key("xyz")), tree.set(held, key("q")), tree.set(map, key("q"), tree.number(1)),
               tree.set(map, tree.get(held), tree.number(2))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.keys("@k"), 1u);
    std::string bytes("\x05q\0\0\0\0\0\0\x09\0\0\0\0\0\0\0", 16);
    EXPECT_EQ(loaded.number_of("@k", bytes), 2);
}

TEST(Records, TupleMembersAndComparison) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const Expr* made = tree.make_tuple({tree.number(3, tree.types.integer(1, true)), tree.string("ab"),
                                        tree.make_tuple({tree.number(7), tree.number(8)})});
    const typed::VariableId held = tree.variable(made->type);
    const typed::MapIndex result = tree.map("@r", tree.i64());
    tree.body(
        {tree.set(held, made), tree.set(result, tree.number(1), tree.member(tree.member(tree.get(held), 2), 1)),
         tree.set(result, tree.number(2), tree.compare(CompareOp::equal, tree.get(held), made)),
         tree.set(result, tree.number(3),
                  tree.compare(CompareOp::equal, tree.member(tree.get(held), 1), tree.string("ab"))),
         // made of what it overwrites
         tree.set(held, tree.make_tuple({tree.number(4, tree.types.integer(1, true)), tree.member(tree.get(held), 1),
                                         tree.make_tuple({tree.member(tree.member(tree.get(held), 2), 1),
                                                          tree.member(tree.member(tree.get(held), 2), 0)})})),
         tree.set(result, tree.number(4), tree.member(tree.member(tree.get(held), 2), 0)),
         tree.set(result, tree.number(5), tree.member(tree.member(tree.get(held), 2), 1)),
         tree.set(result, tree.number(6), tree.compare(CompareOp::not_equal, tree.get(held), made))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 8);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 1);
    EXPECT_EQ(loaded.number("@r", std::int64_t{3}), 1);
    EXPECT_EQ(loaded.number("@r", std::int64_t{4}), 8);
    EXPECT_EQ(loaded.number("@r", std::int64_t{5}), 7);
    EXPECT_EQ(loaded.number("@r", std::int64_t{6}), 1);
}

// ---- loops

TEST(Loops, WhileBreaksAndContinues) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId i = tree.variable(), sum = tree.variable();
    const typed::MapIndex result = tree.map("@r", tree.i64());
    const auto equals = [&](std::uint64_t value) {
        return tree.compare(CompareOp::equal, tree.get(i), tree.number(value));
    };
    tree.body(
        {tree.set(i, tree.number(0)), tree.set(sum, tree.number(0)),
         tree.while_(tree.compare(CompareOp::less, tree.get(i), tree.number(1000000)),
                     {tree.set(i, tree.add(tree.get(i), tree.number(1))), tree.if_(equals(3), {tree.continue_()}),
                      tree.if_(equals(300000), {tree.break_()}), tree.set(sum, tree.add(tree.get(sum), tree.get(i)))}),
         tree.set(result, tree.number(1), tree.get(i)), tree.set(result, tree.number(2), tree.get(sum))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 300000);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), std::int64_t{299999} * 300000 / 2 - 3);
}

TEST(Loops, NestedRangesKeepTheirVariables) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId outer = tree.variable(), inner = tree.variable(), count = tree.variable(),
                            limit = tree.variable();
    const typed::MapIndex result = tree.map("@r", tree.tuple({tree.i64(), tree.i64()}));
    tree.body(
        {tree.set(limit, hidden(tree, 4)), tree.set(count, tree.number(0)),
         tree.range(
             outer, tree.number(0), tree.get(limit),
             {tree.if_(tree.compare(CompareOp::equal, tree.get(outer), tree.number(1)), {tree.continue_()}),
              tree.range(inner, hidden(tree, static_cast<std::uint64_t>(-1)), tree.number(9),
                         {tree.if_(tree.compare(CompareOp::greater, tree.get(inner), tree.get(outer)), {tree.break_()}),
                          tree.set(count, tree.add(tree.get(count), tree.number(1))),
                          tree.set(result, tree.make_tuple({tree.get(outer), tree.get(inner)}), tree.get(count))})})});
    Loaded loaded(tree);
    loaded.run();
    // outer 0: -1 0; 2: -1..2; 3: -1..3
    EXPECT_EQ(loaded.keys("@r"), 2u + 4u + 5u);
    const std::int64_t last[2] = {3, 3};
    EXPECT_EQ(loaded.number_of("@r", bytes_of(last, 16)), 11);
    const std::int64_t skipped[2] = {1, 0};
    EXPECT_EQ(loaded.number_of("@r", bytes_of(skipped, 16)), std::nullopt);
}

TEST(Loops, EmptyRangeRunsNothing) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId i = tree.variable();
    const typed::MapIndex result = tree.map("@r", tree.i64());
    tree.body({tree.range(i, hidden(tree, 5), hidden(tree, 5), {tree.return_()}),
               tree.set(result, tree.number(1), tree.number(1)),
               tree.range(i, hidden(tree, 5), hidden(tree, 2), {tree.return_()}),
               tree.set(result, tree.number(2), tree.number(1))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 1);
}

TEST(Loops, ReturnLeavesTheWholeProbe) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId i = tree.variable(), j = tree.variable();
    const typed::MapIndex result = tree.map("@r", tree.i64());
    tree.body(
        {tree.range(
             i, tree.number(0), tree.number(5),
             {tree.range(j, tree.number(0), tree.number(5),
                         {tree.set(result, tree.number(1), tree.add(tree.get(result, tree.number(1)), tree.number(1))),
                          tree.if_(tree.compare(CompareOp::equal, tree.get(j), tree.number(2)), {tree.return_()})}),
              tree.set(result, tree.number(2), tree.number(1))}),
         tree.set(result, tree.number(3), tree.number(1))});
    Loaded loaded(tree);
    loaded.run(0, 2);  // the word that says so is cleared by the next run
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 6);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), std::nullopt);
    EXPECT_EQ(loaded.number("@r", std::int64_t{3}), std::nullopt);
}

TEST(Loops, UnrolledBodiesBreakAndContinueToo) {
    NEEDS_BPF();
    for (const std::uint64_t count : {std::uint64_t{10}, std::uint64_t{100}}) {
        Tree tree;
        tree.probe();
        const typed::VariableId i = tree.variable();
        const typed::MapIndex result = tree.map("@r", tree.i64());
        tree.body(
            {tree.set(i, tree.number(0)),
             tree.unroll(count,
                         {tree.run(tree.increment(tree.get(i))),
                          tree.if_(tree.compare(CompareOp::equal, tree.get(i), tree.number(3)), {tree.continue_()}),
                          tree.if_(tree.compare(CompareOp::equal, tree.get(i), tree.number(6)), {tree.break_()}),
                          tree.set(result, tree.get(i), tree.number(1))})});
        Loaded loaded(tree);
        loaded.run();
        EXPECT_EQ(loaded.keys("@r"), 4u);  // 1 2 4 5
    }
}

TEST(Loops, LargeCapturedVariablesLiveInScratch) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId i = tree.variable(), text = tree.variable(tree.text(1024));
    const typed::MapIndex result = tree.map("@r", tree.text(1024));
    tree.body({tree.set(text, tree.string("none", 1024)),
               tree.range(i, tree.number(0), tree.number(4),
                          {tree.set(result, tree.get(text), tree.get(i)),
                           tree.if_(tree.compare(CompareOp::equal, tree.get(i), tree.number(1)),
                                    {tree.set(text, tree.string("one", 1024))})})});
    Loaded loaded(tree);
    loaded.run();
    std::string none("none"), one("one");
    none.resize(1024);
    one.resize(1024);
    EXPECT_EQ(loaded.number_of("@r", none), 1);
    EXPECT_EQ(loaded.number_of("@r", one), 3);
}

TEST(Loops, OverMapsSeeEveryPair) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::MapIndex from = tree.map("@from", tree.text(8)), to = tree.map("@to", tree.i64(), tree.text(8)),
                          total = tree.map("@total");
    const typed::VariableId pair = tree.variable(tree.tuple({tree.text(8), tree.i64()})), sum = tree.variable();
    tree.body({tree.set(from, tree.string("a", 8), tree.number(10)),
               tree.set(from, tree.string("bc", 8), tree.number(20)), tree.set(sum, tree.number(0)),
               tree.each(pair, from,
                         {tree.set(sum, tree.add(tree.get(sum), tree.member(tree.get(pair), 1))),
                          tree.set(to, tree.member(tree.get(pair), 1), tree.member(tree.get(pair), 0))}),
               tree.set(total, nullptr, tree.get(sum))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.scalar("@total"), 30);
    ASSERT_TRUE(loaded.at("@to", std::int64_t{20}));
    EXPECT_STREQ(loaded.at("@to", std::int64_t{20})->c_str(), "bc");
}

TEST(Loops, ManyChunksOfScratchAreReachableFromCallbacks) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    constexpr std::uint32_t kCapacity = 16384;
    std::vector<typed::VariableId> texts;
    std::vector<const Stmt*> before, inside;
    const typed::MapIndex result = tree.map("@r", tree.i64());
    const typed::VariableId i = tree.variable();
    for (int n = 0; n < 12; ++n) {
        texts.push_back(tree.variable(tree.text(kCapacity)));
        before.push_back(tree.set(texts.back(), tree.string("t" + std::to_string(n), kCapacity)));
    }
    for (int n = 0; n < 12; ++n) {
        inside.push_back(tree.set(result, tree.number(static_cast<std::uint64_t>(n)),
                                  tree.compare(CompareOp::equal, tree.get(texts[static_cast<std::size_t>(n)]),
                                               tree.string("t" + std::to_string(n)))));
    }
    before.push_back(tree.range(i, tree.number(0), tree.number(1), inside));
    tree.body(before);
    Loaded loaded(tree);
    loaded.run();
    for (std::int64_t n = 0; n < 12; ++n)
        EXPECT_EQ(loaded.number("@r", n), 1) << n;
}

TEST(Loops, WithoutBpfLoopTheyAreWalkedThrough) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId i = tree.variable(), j = tree.variable();
    const typed::MapIndex result = tree.map("@r", tree.i64());
    tree.body({tree.set(i, tree.number(0)),
               tree.while_(tree.compare(CompareOp::less, tree.get(i), tree.number(20)),
                           {tree.run(tree.increment(tree.get(i))),
                            tree.if_(tree.compare(CompareOp::equal, tree.get(i), tree.number(12)), {tree.break_()})}),
               tree.set(result, tree.number(1), tree.get(i)),
               tree.range(j, tree.number(0), hidden(tree, 3),
                          {tree.set(result, tree.add(tree.get(j), tree.number(10)), tree.get(j))})});
    codegen::Options options;
    program::FeatureSet features = all_features();
    features.remove(program::Feature::bpf_loop);
    options.features = features;
    Loaded loaded(tree, options);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 12);
    EXPECT_EQ(loaded.number("@r", std::int64_t{12}), 2);
    EXPECT_EQ(loaded.number("@r", std::int64_t{13}), std::nullopt);
}

// ---- maps

TEST(Maps, PlainElementsAreChangedInPlace) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::MapIndex map = tree.map("@k", tree.i64());
    const Expr* key = tree.number(5);
    tree.body({tree.set(map, key, tree.add(tree.get(map, key), tree.number(3)))});
    Loaded loaded(tree);
    loaded.run(0, 4);
    EXPECT_EQ(loaded.number("@k", std::int64_t{5}), 12);
}

TEST(Maps, FullMapsAreCountedAndReported) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::MapIndex map = tree.map("@k", tree.i64());
    tree.script.maps[map.index()].max_entries = 4;
    const typed::VariableId i = tree.variable();
    tree.body({tree.range(i, tree.number(0), tree.number(10), {tree.set(map, tree.get(i), tree.number(1))})});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.keys("@k"), 4u);
    EXPECT_EQ(loaded.ledger(0, LedgerCounter::map_full), 6u);
    ASSERT_EQ(loaded.records().size(), 1u);
    EXPECT_EQ(loaded.records()[0].at<std::int64_t>(0), -E2BIG);
    EXPECT_TRUE(std::holds_alternative<program::HelperFailed>(loaded.program().events[loaded.records()[0].event]));
    EXPECT_TRUE(loaded.program().warning_places[0].is_always_shown);
}

TEST(Maps, DeleteAndHasKey) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::MapIndex map = tree.map("@m", tree.text(8)), scalar = tree.map("@s"),
                          result = tree.map("@r", tree.i64());
    const auto has = [&] { return tree.map_call("has_key", tree.types.boolean(), map, tree.string("u", 8)); };
    const auto remove = [&] { return tree.map_call("delete", tree.types.boolean(), map, tree.string("u", 8)); };
    tree.body({tree.set(result, tree.number(1), has()), tree.set(map, tree.string("u", 8), tree.number(1)),
               tree.set(result, tree.number(2), has()), tree.set(result, tree.number(3), remove()),
               tree.set(result, tree.number(4), remove()), tree.set(scalar, nullptr, tree.number(9)),
               tree.set(result, tree.number(5), tree.map_call("delete", tree.types.boolean(), scalar)),
               tree.set(result, tree.number(6), tree.map_call("len", tree.i64(), result))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 0);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 1);
    EXPECT_EQ(loaded.number("@r", std::int64_t{3}), 1);
    EXPECT_EQ(loaded.number("@r", std::int64_t{4}), 0);
    EXPECT_EQ(loaded.number("@r", std::int64_t{5}), 1);
    EXPECT_EQ(loaded.number("@r", std::int64_t{6}), 5);
    EXPECT_EQ(loaded.scalar("@s"), std::nullopt);
}

TEST(Maps, AggregationsAreKeptAndMerged) {
    NEEDS_BPF();
    using program::AggregationKind;
    Tree tree;
    tree.probe();
    program::Aggregation what;
    what.is_signed = true;
    const auto kind = [&](AggregationKind wanted) {
        what.kind = wanted;
        return what;
    };
    const typed::MapIndex count = tree.aggregation("@c", kind(AggregationKind::count)),
                          sum = tree.aggregation("@s", kind(AggregationKind::sum), tree.i64()),
                          average = tree.aggregation("@a", kind(AggregationKind::avg)),
                          least = tree.aggregation("@lo", kind(AggregationKind::min)),
                          most = tree.aggregation("@hi", kind(AggregationKind::max)),
                          result = tree.map("@r", tree.i64());
    const auto number = [&](std::int64_t value) { return tree.number(static_cast<std::uint64_t>(value)); };
    const auto read = [&](std::int64_t place, typed::MapIndex map, const Expr* key = nullptr) {
        return tree.set(result, number(place), tree.cast(tree.i64(), tree.get(map, key)));
    };
    tree.body({tree.aggregate("count", count), tree.aggregate("count", count),
               tree.aggregate("sum", sum, number(4), {number(40)}), tree.aggregate("sum", sum, number(4), {number(-2)}),
               tree.aggregate("avg", average, nullptr, {number(-7)}),
               tree.aggregate("avg", average, nullptr, {number(-8)}),
               tree.aggregate("min", least, nullptr, {number(8)}), tree.aggregate("min", least, nullptr, {number(-3)}),
               tree.aggregate("max", most, nullptr, {number(-8)}), tree.aggregate("max", most, nullptr, {number(-3)}),
               read(1, count), read(2, sum, number(4)), read(3, average), read(4, least), read(5, most),
               read(6, sum, number(99))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 2);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 38);
    EXPECT_EQ(loaded.number("@r", std::int64_t{3}), -7);
    EXPECT_EQ(loaded.number("@r", std::int64_t{4}), -3);
    EXPECT_EQ(loaded.number("@r", std::int64_t{5}), -3);
    EXPECT_EQ(loaded.number("@r", std::int64_t{6}), 0);
}

TEST(Maps, ScalarAggregationsSayWhetherTheyWereSet) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    program::Aggregation what;
    what.kind = program::AggregationKind::count;
    const typed::MapIndex count = tree.aggregation("@c", what), result = tree.map("@r", tree.i64());
    const auto is_set = [&] { return tree.map_call("has_key", tree.types.boolean(), count); };
    tree.body({tree.set(result, tree.number(1), is_set()), tree.aggregate("count", count),
               tree.set(result, tree.number(2), is_set()),
               tree.set(result, tree.number(3), tree.map_call("delete", tree.types.boolean(), count)),
               tree.set(result, tree.number(4), is_set())});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 0);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 1);
    EXPECT_EQ(loaded.number("@r", std::int64_t{3}), 1);
    EXPECT_EQ(loaded.number("@r", std::int64_t{4}), 0);
}

TEST(Maps, LoopsOverAggregationsSeeMergedValues) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    program::Aggregation what;
    what.kind = program::AggregationKind::count;
    const typed::MapIndex count = tree.aggregation("@c", what, tree.i64()), result = tree.map("@r", tree.i64());
    const typed::VariableId pair = tree.variable(tree.tuple({tree.i64(), tree.i64()}));
    tree.body(
        {tree.aggregate("count", count, tree.number(4)), tree.aggregate("count", count, tree.number(4)),
         tree.aggregate("count", count, tree.number(5)),
         tree.each(pair, count, {tree.set(result, tree.member(tree.get(pair), 0), tree.member(tree.get(pair), 1))})});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{4}), 2);
    EXPECT_EQ(loaded.number("@r", std::int64_t{5}), 1);
}

TEST(Maps, HistogramsCountTheirBuckets) {
    NEEDS_BPF();
    for (const std::uint32_t bits : {0u, 5u}) {
        Tree tree;
        tree.probe();
        program::Aggregation what;
        what.kind = program::AggregationKind::hist;
        what.hist_bits = bits;
        what.bucket_count = ((64 - bits) << bits) + 1;
        const typed::MapIndex map = tree.aggregation("@h", what, tree.types.integer(1, true)),
                              scalar = tree.aggregation("@s", what);
        const auto key = [&] { return tree.number(7, tree.types.integer(1, true)); };
        tree.body({tree.aggregate("hist", map, key(), {hidden(tree, 0)}),
                   tree.aggregate("hist", map, key(), {hidden(tree, 1)}),
                   tree.aggregate("hist", map, key(), {hidden(tree, 1)}),
                   tree.aggregate("hist", scalar, nullptr, {hidden(tree, 1)}),
                   tree.run(tree.map_call("has_key", tree.types.boolean(), map, key())),
                   tree.run(tree.map_call("delete", tree.types.boolean(), map,
                                          tree.number(8, tree.types.integer(1, true))))});
        Loaded loaded(tree);
        loaded.run();
        const program::MapSpec& spec = loaded.program().maps[loaded.id("@h").index()];
        EXPECT_EQ(spec.aggregation.is_bucket_keyed, bits == 5);
        if (bits == 5) {
            EXPECT_EQ(spec.key_size, 8u);
            const auto value = loaded.element("@h", std::string("\x07\0\0\0\x02\0\0\0", 8));
            ASSERT_TRUE(value);
            EXPECT_EQ(loaded.sum(*value, 8, 0), 2u);
        } else {
            const auto value = loaded.element("@h", std::string("\x07"));
            ASSERT_TRUE(value);
            EXPECT_EQ(loaded.sum(*value, what.bucket_count * 8, 2), 2u);
            EXPECT_EQ(loaded.sum(*value, what.bucket_count * 8, 1), 1u);
        }
        const auto one = loaded.at("@s", std::uint32_t{0});
        ASSERT_TRUE(one);
        EXPECT_EQ(loaded.sum(*one, what.bucket_count * 8 + 8, 3), 1u);
    }
}

TEST(Maps, LargeOnesAreNotPreallocated) {
    Tree tree;
    tree.probe();
    tree.map("@small", tree.i64());
    tree.map("@large", tree.text(1024));
    codegen::Options options;
    options.features = all_features();
    const codegen::Generated generated = codegen::generate(tree.script, tree.types, tree.sources, options);
    EXPECT_EQ(generated.program.maps[0].flags, 0u);
    EXPECT_EQ(generated.program.maps[1].flags, static_cast<std::uint32_t>(BPF_F_NO_PREALLOC));
}

// ---- events

TEST(Events, ValuesStandWhereTheFormatSays) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    tree.probe(program::ProbeKind::begin, "BEGIN");
    const typed::VariableId i = tree.variable(tree.types.integer(2, true));
    tree.body({tree.set(i, tree.number(static_cast<std::uint64_t>(-5), tree.types.integer(2, true))),
               tree.run(tree.print({tree.get(i), tree.string("some text"),
                                    tree.make_tuple({tree.number(1), tree.string("x")}),
                                    tree.call("comm", tree.text(16)), tree.increment(tree.get(i), true)}))});
    Loaded loaded(tree);
    loaded.run(1);
    const auto records = loaded.records();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].probe, 1u);
    EXPECT_EQ(records[0].at<std::int16_t>(loaded.offset(0, 0)), -5);
    EXPECT_EQ(records[0].text(loaded.offset(0, 1)), "some text");
    EXPECT_EQ(records[0].text(loaded.offset(0, 2) + 8), "x");
    EXPECT_EQ(records[0].text(loaded.offset(0, 3)).substr(0, 8), "test_cod");
    EXPECT_EQ(records[0].at<std::int64_t>(loaded.offset(0, 4)), -4);
    EXPECT_EQ(loaded.ledger(1, LedgerCounter::sent), 1u);
}

TEST(Events, FullRingIsCountedExactly) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId i = tree.variable();
    tree.body({tree.range(i, tree.number(0), tree.number(100000),
                          {tree.run(tree.print({tree.get(i), tree.string("padding", 64)}))})});
    Loaded loaded(tree);
    loaded.run();
    const std::uint64_t sent = loaded.ledger(0, LedgerCounter::sent), lost = loaded.ledger(0, LedgerCounter::lost);
    EXPECT_EQ(sent + lost, 100000u);
    EXPECT_GT(lost, 0u);
    EXPECT_EQ(loaded.records().size(), sent);
}

TEST(Events, ExitLeavesFromInsideALoop) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::VariableId i = tree.variable();
    const typed::MapIndex after = tree.map("@after");
    tree.body({tree.range(i, tree.number(0), tree.number(9),
                          {tree.if_(tree.compare(CompareOp::equal, tree.get(i), tree.number(2)),
                                    {tree.run(tree.call("exit", tree.types.void_type(), {tree.number(3)}))})}),
               tree.set(after, nullptr, tree.number(1))});
    Loaded loaded(tree);
    loaded.run();
    ASSERT_EQ(loaded.records().size(), 1u);
    EXPECT_EQ(loaded.records()[0].at<std::int64_t>(0), 3);
    EXPECT_EQ(loaded.scalar("@after"), std::nullopt);
}

// ---- memory of the traced program, stacks, fn

TEST(Memory, ReadsThroughPointers) {
    NEEDS_BPF();
    static const char kText[] = "from user memory";
    static const std::uint64_t kNumber = 0x1122334455667788;
    Tree tree;
    tree.probe();
    const Type* pointer = tree.types.pointer(tree.types.integer(8, false), types::AddressSpace::none);
    auto* load = tree.expr<typed::Load>(ExprKind::load, tree.u64());
    load->address = tree.number(address(&kNumber), pointer);
    auto* bits = tree.expr<typed::Load>(ExprKind::load, tree.types.integer(4, true));
    bits->address = load->address;
    bits->bit_offset = 4;
    bits->bit_size = 8;  // 0x78 -> bits 4..11 of ...7788 = 0x78
    auto* wrong = tree.expr<typed::Load>(ExprKind::load, tree.u64());
    wrong->address = tree.number(1, pointer);
    const typed::MapIndex result = tree.map("@r", tree.i64()), texts = tree.map("@t", tree.text(64));
    tree.body(
        {tree.set(result, tree.number(1), tree.cast(tree.i64(), load)),
         tree.set(result, tree.number(2), tree.cast(tree.i64(), bits)),
         tree.set(result, tree.number(3), tree.cast(tree.i64(), wrong)),
         tree.set(texts, tree.call("str", tree.text(64), {tree.number(address(kText), pointer)}), tree.number(1))});
    codegen::Options options;
    options.warn_failed_reads = true;
    Loaded loaded(tree, options);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 0x1122334455667788);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 0x78);
    EXPECT_EQ(loaded.number("@r", std::int64_t{3}), 0);
    EXPECT_EQ(loaded.ledger(0, LedgerCounter::failed_reads), 1u);
    ASSERT_EQ(loaded.records().size(), 1u);
    EXPECT_EQ(loaded.records()[0].at<std::int64_t>(0), -EFAULT);
    std::string key(kText);
    key.resize(64);
    EXPECT_EQ(loaded.number_of("@t", key), 1);
}

TEST(Stacks, EqualStacksHaveOneNumber) {
    NEEDS_BPF();
    for (const std::uint32_t limit : {3u, 127u, 1024u}) {
        Tree tree;
        tree.probe();
        const Type* stack = tree.types.stack(false, program::StackMode::bpftrace, limit);
        const typed::MapIndex map = tree.map("@k", stack);
        const typed::VariableId i = tree.variable();
        tree.body(
            {tree.range(i, tree.number(0), tree.number(3), {tree.set(map, tree.call("kstack", stack), tree.get(i))}),
             tree.run(tree.print({tree.call("kstack", stack)}))});
        Loaded loaded(tree);
        loaded.run();
        EXPECT_EQ(loaded.keys("@k"), 1u) << limit;
        ASSERT_EQ(loaded.records().size(), 1u);
        const Record record = loaded.records()[0];
        const auto frames = record.at<std::uint32_t>(8);
        EXPECT_GE(frames, 1u);
        EXPECT_LE(frames, limit);
        const auto stored = loaded.at("stacks" + std::to_string(limit), record.at<std::uint64_t>(0));
        ASSERT_TRUE(stored);
        std::uint64_t first = 0;
        std::memcpy(&first, stored->data(), 8);
        EXPECT_GT(first, std::uint64_t{1} << 63);
        EXPECT_EQ(loaded.ledger(0, LedgerCounter::stack_lost), 0u);
    }
}

TEST(SubPrograms, TakeArgumentsAndReturnValues) {
    NEEDS_BPF();
    Tree tree;
    typed::SubProgram& half = tree.script.functions.emplace_back();
    half.name = "half";
    half.result = tree.i64();
    half.variables = {{"$n", tree.i64(), false}, {"$t", tree.text(40), false}};
    half.parameters = {typed::VariableId(0), typed::VariableId(1)};
    auto* parameter = tree.expr<typed::Variable>(ExprKind::variable, tree.i64());
    parameter->variable = typed::VariableId(0);
    auto* text = tree.expr<typed::Variable>(ExprKind::variable, tree.text(40));
    text->variable = typed::VariableId(1);
    half.body.statements = {tree.if_(tree.compare(CompareOp::equal, text, tree.string("twice")),
                                     {tree.return_(tree.binary(BinaryOp::multiply, parameter, tree.number(2)))}),
                            tree.return_(tree.binary(BinaryOp::divide, parameter, tree.number(2)))};
    tree.probe();
    const typed::MapIndex result = tree.map("@r", tree.i64());
    const auto call = [&](const Expr* value, const std::string& how) {
        auto* node = tree.expr<typed::FunctionCall>(ExprKind::function_call, tree.i64());
        node->function = typed::SubProgramId(0);
        node->arguments = {value, tree.string(how, 40)};
        return node;
    };
    tree.body({tree.set(result, tree.number(1), call(call(hidden(tree, 40), "half"), "half")),
               tree.set(result, tree.number(2), call(hidden(tree, 21), "twice"))});
    Loaded loaded(tree);
    loaded.run();
    EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 10);
    EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 42);
}

TEST(Text, SearchAndLength) {
    NEEDS_BPF();
    for (const std::uint32_t capacity : {32u, 1024u}) {
        Tree tree;
        tree.probe();
        const typed::MapIndex result = tree.map("@r", tree.i64());
        const typed::VariableId text = tree.variable(tree.text(capacity));
        const auto find = [&](const std::string& needle) {
            return tree.call("strcontains", tree.types.boolean(), {tree.get(text), tree.string(needle)});
        };
        tree.body({tree.set(text, tree.string("tracer", capacity)), tree.set(result, tree.number(1), find("ace")),
                   tree.set(result, tree.number(2), find("acer!")), tree.set(result, tree.number(3), find("")),
                   tree.set(result, tree.number(4), tree.call("strlen", tree.u64(), {tree.get(text)}))});
        Loaded loaded(tree);
        loaded.run();
        EXPECT_EQ(loaded.number("@r", std::int64_t{1}), 1) << capacity;
        EXPECT_EQ(loaded.number("@r", std::int64_t{2}), 0) << capacity;
        EXPECT_EQ(loaded.number("@r", std::int64_t{3}), 1) << capacity;
        EXPECT_EQ(loaded.number("@r", std::int64_t{4}), 6) << capacity;
    }
}

TEST(Memory, WithoutStackEverythingStillLoads) {
    NEEDS_BPF();
    Tree tree;
    tree.probe();
    const typed::MapIndex map = tree.map("@k", tree.tuple({tree.i64(), tree.text(8)}));
    tree.body({tree.set(map, tree.make_tuple({tree.number(1), tree.string("a", 8)}), tree.number(5))});
    codegen::Options options;
    options.avoid_stack = true;
    Loaded loaded(tree, options);
    loaded.run(0, 2);
    EXPECT_EQ(loaded.keys("@k"), 1u);
    EXPECT_EQ(loaded.ledger(0, LedgerCounter::lost), 0u);
}

}  // namespace
}  // namespace codegen_test
