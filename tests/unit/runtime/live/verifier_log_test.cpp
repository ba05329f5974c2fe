#include "runtime/live/verifier_log.h"

#include <gtest/gtest.h>

#include "tests/unit/runtime/live/assemble.h"

namespace {

constexpr const char* kLog = R"(0: R1=ctx() R10=fp0
; $x = 1; @ stdin:2
0: (b7) r0 = 0                        ; R0_w=0
1: (bf) r0 = r2
R2 !read_ok
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
)";

TEST(VerifierLog, NamesInstructionAndReason) {
    const live::Refusal refusal = live::read_verifier_log(kLog);
    ASSERT_TRUE(refusal.insn.has_value());
    EXPECT_EQ(*refusal.insn, 1U);
    EXPECT_EQ(refusal.reason, "R2 !read_ok");
}

TEST(VerifierLog, TakesTheLastRemark) {
    const live::Refusal refusal = live::read_verifier_log(
        "func#0 @0\n7: (79) r1 = *(u64 *)(r1 +8)\nfrom 3 to 9: R0=0\n9: (95) exit\nR1 type=ctx expected=fp\n");
    EXPECT_EQ(refusal.insn, 9U);
    EXPECT_EQ(refusal.reason, "R1 type=ctx expected=fp");
}

TEST(VerifierLog, SurvivesAnything) {
    EXPECT_EQ(live::read_verifier_log("").reason, "");
    EXPECT_FALSE(live::read_verifier_log("99999999999999999999999: (").insn.has_value());
    EXPECT_EQ(live::read_verifier_log("no newline at the end").reason, "no newline at the end");
}

TEST(VerifierLog, FindsTheScriptLine) {
    const program::Program p = assemble::refused();
    const auto place = live::place_of(p, p.functions[0], 2);
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(place->file, "stdin");
    EXPECT_EQ(place->line, 2U);
    EXPECT_EQ(place->column, 3U);
    EXPECT_EQ(live::place_of(p, p.functions[0], 0)->line, 1U);
}

TEST(VerifierLog, KnowsNoLineWithoutLineInfo) {
    program::Program p = assemble::refused();
    p.btf.resize(20);
    EXPECT_EQ(live::place_of(p, p.functions[0], 2)->file, "");
    p.functions[0].line_info.clear();
    EXPECT_FALSE(live::place_of(p, p.functions[0], 2).has_value());
}

}  // namespace
