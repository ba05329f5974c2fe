#include "runtime/base/phases.h"

#include <gtest/gtest.h>

namespace {

TEST(Phases, AddUpWithoutGaps) {
    base::Phases phases;
    phases.begin("check", 0);
    phases.begin("load", 3'000'000);
    phases.begin("check", 4'000'000);
    EXPECT_EQ(phases.table(10'000'000),
              "     9.000 ms  90.0 %  check\n"
              "     1.000 ms  10.0 %  load\n"
              "    10.000 ms 100.0 %  all\n");
}

TEST(Phases, NothingBegunIsNothing) {
    EXPECT_EQ(base::Phases().table(5), "     0.000 ms   0.0 %  all\n");
}

TEST(Phases, TimeBeforeMainCountsAsWell) {
    base::Phases phases;
    phases.begin("rest");
    EXPECT_NE(phases.table().find("exec, before main"), std::string::npos);
}

}  // namespace
