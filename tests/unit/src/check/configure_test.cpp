#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

TEST(Configure, RefusesUnknownKeysAndValues) {
    const Case cases[] = {
        {"config = { max_strlne = 5 } begin { }",
         "1:12-26: max_strlne: not a known configuration option\nHINT: did you mean `max_strlen`?\n"},
        {"config = { btf = \"x\" } begin { }", "1:12-21: btf: can only be set as an environment variable\n"},
        {"config = { print_maps_on_exit = perhaps } begin { }",
         "1:12-40: print_maps_on_exit: Invalid bool value: valid values are true, false, 1 or 0.\n"},
        {"config = { max_map_keys = \"many\" } begin { }", "1:12-33: max_map_keys: expecting a number, got many\n"},
        {"config = { stack_mode = round } begin { }",
         "1:12-30: stack_mode: Invalid value for stack_mode: valid values are bpftrace, raw, perf, and build_id.\n"},
    };
    for (const Case& one : cases)
        EXPECT_EQ(errors(one.script), one.expected) << one.script;
}

TEST(Configure, WarnsOfOldNames) {
    EXPECT_EQ(warnings("config = { BPFTRACE_STRLEN = 64 } begin { }"),
              "1:12-32: strlen has been renamed, please use max_strlen\n");
    EXPECT_EQ(warnings("config = { unstable_macro = 1 } begin { }"),
              "1:12-30: unstable_macro is deprecated and has no effect\n");
}

TEST(Configure, LetsTheEnvironmentWin) {
    check::Options options;
    options.environment_config = {{"max_strlen", "6"}, {"some_other_program", "x"}};
    EXPECT_EQ(errors("config = { max_strlen = 80 } begin { print(\"abcdefghij\"); }", options),
              "1:44-56: String is too long (over 6 bytes): abcdefghij\n");
    options.environment_config = {{"max_strlen", "lots"}};
    EXPECT_EQ(errors("begin { }", options), "max_strlen: expecting a number, got lots\n");
}

}  // namespace
}  // namespace check_test
