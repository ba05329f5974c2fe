#include "runtime/tracer/ledger_report.h"

#include <gtest/gtest.h>

#include "tests/unit/runtime/tracer/fixture.h"

namespace {

using tracer_test::kTickProbe;

/// A report over a ledger whose tick probe counted this.
struct Counted {
    explicit Counted(std::vector<std::uint64_t> tick) : ledger(program) {
        engine.ledger.assign(4 * program::kLedgerCounters, 0);
        std::ranges::copy(tick, engine.ledger.begin() + kTickProbe * program::kLedgerCounters);
        ledger.refresh(engine);
    }
    std::string why(tracer::RunEnd end = tracer::RunEnd::stopped) {
        return tracer::LedgerReport(program, ledger, engine).explanation(end);
    }

    program::Program program = tracer_test::small_program();
    test_support::FakeEngine engine;
    tracer::Ledger ledger;
};

TEST(LedgerReport, SaysWhyNothingCame) {
    EXPECT_EQ(Counted({0}).why(), "interval:s:1: no hits while it was attached\n");
    EXPECT_EQ(Counted({0}).why(tracer::RunEnd::child_ended),
              "interval:s:1: no hits while it was attached; the traced command ended first\n");
    EXPECT_EQ(Counted({7}).why(), "interval:s:1: the predicate refused all 7 of 7 hits\n");
    EXPECT_EQ(Counted({2, 5, 0, 5}).why(), "interval:s:1: all 5 events were lost\n");
    EXPECT_EQ(Counted({2, 5, 0, 0, 5}).why(), "interval:s:1: 5 updates were refused, the map was full\n");
    EXPECT_EQ(Counted({2, 5, 0, 0, 0, 4}).why(), "interval:s:1: 4 reads failed in 5 runs of its body; -k says which\n");
    EXPECT_EQ(Counted({2, 5}).why(),
              "interval:s:1: its body ran 5 times and came to nothing that is printed or stored\n");
}

TEST(LedgerReport, TableHasARowForEachProbe) {
    Counted counted({1, 9, 8, 1, 0, 0, 0});
    const tracer::LedgerReport report(counted.program, counted.ledger, counted.engine);
    EXPECT_EQ(report.text(0),
              "probe         hits  passed  sent  lost  map full  failed reads  stacks lost  missed  a run\n"
              "begin            0       0     0     0         0             0            0       0      -\n"
              "end              0       0     0     0         0             0            0       0      -\n"
              "interval:s:1    10       9     8     1         0             0            0       0      -\n");
    EXPECT_NE(report.text(1).find("... and 2 more probes"), std::string::npos);
}

TEST(LedgerReport, TicksThatWereDueAndDidNotRunAreMissed) {
    Counted counted({0, 9});
    counted.engine.due[0] = 12;
    const tracer::LedgerReport report(counted.program, counted.ledger, counted.engine);
    EXPECT_EQ(report.rows().back().missed, 3u);
    EXPECT_TRUE(report.missed_sentence().starts_with(
        "the kernel left out 3 runs (as far as it counts them), most of interval:s:1"))
        << report.missed_sentence();
}

TEST(LedgerReport, JsonHasTheSameNumbers) {
    Counted counted({1, 9, 8, 1, 2, 3, 4});
    const std::string json = tracer::LedgerReport(counted.program, counted.ledger, counted.engine).json();
    EXPECT_TRUE(json.starts_with(R"({"type": "ledger", "data": [{"probes": ["begin"])")) << json;
    EXPECT_NE(json.find(R"({"probes": ["interval:s:1"], "hits": 10, "passed": 9, "sent": 8, "lost": 1, "map_full": 2, )"
                        R"("failed_reads": 3, "stacks_lost": 4, "missed": 0, "runs": 0, "run_time_ns": 0}]})"),
              std::string::npos)
        << json;
}

TEST(LedgerReport, ProbesOfOneSlotAreOneRow) {
    Counted counted({10});
    counted.program.probes.push_back(counted.program.probes[kTickProbe]);
    counted.program.probes.back().name = "interval:s:2";
    const tracer::LedgerReport report(counted.program, counted.ledger, counted.engine);
    ASSERT_EQ(report.rows().size(), 3u);
    EXPECT_EQ(report.rows()[2].probes.size(), 2u);
    EXPECT_NE(report.text(0).find("interval:s:1 and 1 more"), std::string::npos);
}

TEST(LedgerReport, LostStacksComeWithARemedy) {
    Counted none({1});
    EXPECT_EQ(tracer::LedgerReport(none.program, none.ledger, none.engine).stack_sentence(), "");
    Counted counted({0, 9, 0, 0, 0, 0, 4});
    EXPECT_TRUE(tracer::LedgerReport(counted.program, counted.ledger, counted.engine)
                    .stack_sentence()
                    .starts_with("4 stacks could not be taken"));
}

}  // namespace
