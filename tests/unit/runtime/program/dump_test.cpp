#include "runtime/program/dump.h"

#include <gtest/gtest.h>

#include "runtime/program/disassemble.h"
#include "tests/unit/runtime/program/example.h"

namespace {

TEST(Dump, ShowsEverythingOnce) {
    EXPECT_EQ(program::dump(program_test::example()), R"(texts:
  0 "%H:%M"
  1 "tab\t\"q\""
maps:
  0 @x user percpu_hash key=16 value=520 entries=4096 flags=0x1 [text[16]] -> hist bits=0 buckets=65
  1 (unnamed) stacks hash key=8 value=1016 entries=1
  2 events events ring_buffer
functions:
  0 sched_switch tracepoint uses events
probes:
  0 tracepoint:sched:sched_switch -> function 0, ledger 0
  1 begin -> function 0, ledger 1
begin:
  1 begin
attachments:
  0 tracepoint probe 0 missing=warn at sched:sched_switch pid=42
  1 profile probe 0 missing=warn, 2 places
     99 Hz perf 1:0
     99 Hz perf 1:0
events:
  0 printf "n=%-6d\n", i64<ONE=1 TWO=2> as 64 bits @0
  1 warnf "\n"
  2 cat "\n"
  3 system "\n"
  4 print (i64<ONE=1 TWO=2>, text[16])
  5 print map @x top 5 div 1000
  6 clear map @x
  7 zero map @x
  8 exit
  9 time "%H"
  10 join " " of 16 x 1024
  11 helper failed, place 0
  12 warning, place 0
  13 unwatch
warning places:
  0 map_full in map_update_elem, ledger 2, always shown
config:
  max_strlen = 64
  stack_mode = raw
  str_trunc_trailer = "…"
needs:
  bpf_loop
)");
}

TEST(Dump, ShowsSpansAndCodeOnDemand) {
    const std::string text =
        program::dump(program_test::example(), {.code = program::Code::listing, .has_spans = true});
    EXPECT_NE(text.find("  0 sched_switch tracepoint 5 instructions, 1 functions uses events\n"
                        "       0: (18) r1 = map[2]\n"
                        "       2: (7b) *(u64 *)(r10 -8) = r1\n"
                        "       3: (b7) r0 = 0\n"
                        "       4: (95) exit\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("at stdin:1:1-30"), std::string::npos) << text;
}

TEST(Dump, WritesLayoutsWhereTheyAreUsed) {
    const program::Program p = program_test::example();
    EXPECT_EQ(program::layout_text(p, program::LayoutId(3)), "i64<ONE=1 TWO=2>[4]");
    EXPECT_EQ(program::layout_text(p, program::LayoutId(4)), "kstack(bpftrace, 127 frames in map1)");
    EXPECT_EQ(program::layout_text(p, program::LayoutId(5)), "{a: i64<ONE=1 TWO=2>:0+3, b: i64<ONE=1 TWO=2>@4}");
    EXPECT_EQ(program::layout_text(p, program::LayoutId()), "none");
    EXPECT_EQ(program::layout_text(p, program::LayoutId(99)), "?");
}

TEST(Dump, SurvivesALayoutInsideItself) {
    program::Program p = program_test::example();
    p.layouts[3].element = program::LayoutId(3);
    EXPECT_NE(program::layout_text(p, program::LayoutId(3)).find("?[4]"), std::string::npos);
}

TEST(Dump, NamesEveryEnumerator) {
    for (unsigned i = 0; i < program::kProbeKindCount; ++i)
        EXPECT_NE(program::name_of(program::ProbeKind(i)), "?") << i;
    for (unsigned i = 0; i < program::kFeatureCount; ++i)
        EXPECT_NE(program::name_of(program::Feature(i)), "?") << i;
    for (unsigned i = 0; i <= static_cast<unsigned>(program::LayoutKind::ustack); ++i)
        EXPECT_NE(program::name_of(program::LayoutKind(i)), "?") << i;
}

TEST(Disassemble, SpellsLikeTheVerifier) {
    const auto text = [](int code, unsigned dst, unsigned src, int off, int imm) {
        bpf_insn insn{};
        insn.code = static_cast<std::uint8_t>(code);
        insn.dst_reg = dst & 0xfU;
        insn.src_reg = src & 0xfU;
        insn.off = static_cast<std::int16_t>(off);
        insn.imm = imm;
        return program::disassemble(insn, nullptr);
    };
    EXPECT_EQ(text(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4), "r2 += -4");
    EXPECT_EQ(text(BPF_ALU | BPF_MOV | BPF_X, 2, 3, 0, 0), "w2 = w3");
    EXPECT_EQ(text(BPF_ALU64 | BPF_ARSH | BPF_K, 2, 0, 0, 8), "r2 s>>= 8");
    EXPECT_EQ(text(BPF_LDX | BPF_MEM | BPF_W, 1, 6, 16, 0), "r1 = *(u32 *)(r6 +16)");
    EXPECT_EQ(text(BPF_ST | BPF_MEM | BPF_B, 10, 0, -1, 7), "*(u8 *)(r10 -1) = 7");
    EXPECT_EQ(text(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 8, BPF_ADD), "lock *(u64 *)(r0 +8) += r1");
    EXPECT_EQ(text(BPF_JMP | BPF_JNE | BPF_K, 6, 0, -3, 0), "if r6 != 0x0 goto pc-3");
    EXPECT_EQ(text(BPF_JMP32 | BPF_JSGT | BPF_X, 6, 7, 2, 0), "if w6 s> w7 goto pc+2");
    EXPECT_EQ(text(BPF_JMP | BPF_CALL, 0, 0, 0, 131), "call #131");
    EXPECT_EQ(text(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 9), "call pc+9");
    EXPECT_EQ(text(BPF_JMP | BPF_JA, 0, 0, 5, 0), "goto pc+5");
    EXPECT_EQ(text(BPF_ALU64 | BPF_NEG, 3, 0, 0, 0), "r3 = -r3");
    EXPECT_EQ(text(BPF_ALU | BPF_END | BPF_X, 3, 0, 0, 16), "r3 = be16 r3");
}

}  // namespace
