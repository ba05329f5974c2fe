#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

TEST(ExpandProbes, SaysWhatIsWrongWithAnAttachPoint) {
    const Case cases[] = {
        {"nosuchtype:thing { }",
         "1:1-17: Invalid probe type: nosuchtype\nHINT: a probe begins with its kind, e.g. `kprobe:vfs_read`; `bpfline "
         "-l` "
         "lists them\n"},
        {"begin:extra { }", "1:1-12: begin probe type requires 0 arguments, found 1\nHINT: write begin\n"},
        {"tracepoint:onlyone { }",
         "1:1-19: tracepoint probe type requires 2 arguments, found 1\nHINT: write tracepoint:CATEGORY:EVENT\n"},
        {"tracepoint:nocat_q*:ev { }",
         "1:1-23: Probe has no valid attach points. If this is expected, set the 'missing_probes' config variable to "
         "'warn'.\n"},
        {"interval:ms:$q { }",
         "1:1-15: invalid trailing character for positional param: q. Try quoting this entire part if this is "
         "intentional e.g. \"$q\".\n"},
    };
    for (const Case& one : cases)
        EXPECT_EQ(errors(one.script), one.expected) << one.script;
    EXPECT_EQ(
        errors("tracepoint:sched:sched_swich { }"),
        "1:1-29: No matches for tracepoint sched:sched_swich.\nHINT: did you mean `tracepoint:sched:sched_switch`?\n");
}

TEST(ExpandProbes, WarnsWhereTheScriptSaysSo) {
    EXPECT_EQ(warnings("config = { missing_probes = warn } begin { } tracepoint:sched:none_q { }"),
              "1:46-69: No matches for tracepoint sched:none_q. Skipping.\n"
              "1:46-69: Probe has no valid attach points. It is being removed which may cause issues with program "
              "behavior.\n");
    EXPECT_EQ(warnings("config = { missing_probes = ignore } begin { } tracepoint:sched:none_q { }"), "");
}

TEST(ExpandProbes, PutsParametersIntoAttachPoints) {
    check::Options options;
    options.parameters = {"GIN", "30"};
    EXPECT_NE(body("BE$1 { print(1); } interval:ms:$2 { }", options).find("interval:ms:30"), std::string::npos);
}

TEST(ExpandProbes, KeepsTheLimit) {
    check::Options options;
    options.environment_config = {{"max_probes", "1"}};
    EXPECT_NE(errors("begin { } end { }", options)
                  .find("Can't attach to 2 probes because it exceeds the current limit of 1 probes."),
              std::string::npos);
}

}  // namespace
}  // namespace check_test
