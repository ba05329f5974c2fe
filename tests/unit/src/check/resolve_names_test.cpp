#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

TEST(ResolveNames, KeepsVariablesInTheirBlocks) {
    const Case cases[] = {
        {"begin { $a = 1; if (1) { let $a = 2; } }",
         "1:26-32: Variable $a was already declared. Variable shadowing is not allowed.\n1:9-15: This is the initial "
         "assignment.\n"},
        {"begin { let $a = 1; let $a = 2; }",
         "1:21-27: Variable $a was already declared. Variable shadowing is not allowed.\n1:9-15: This is the initial "
         "declaration.\n"},
        {"begin { $y = $never + 2; }",
         "1:14-20: Undefined or undeclared variable: $never\nHINT: `let $never;` declares it; what is assigned first "
         "says "
         "its type\n"},
        {"begin { $i = 1; for $i : 0..3 { } }",
         "1:21-23: Loop declaration shadows existing variable: $i\n1:9-15: This is the initial assignment.\n"},
        {"begin { break; }", "1:9-15: 'break' statement is not allowed in a probe\n"},
        {"begin { @s = 1; @s[1] = 2; }",
         "1:17-22: @s used as a map with an explicit key (non-scalar map), previously used without an explicit key "
         "(scalar map)\n"},
        {"let @m = treemap(8); begin { @m[1] = 1; }",
         "1:1-21: Invalid bpf map type: treemap\nHINT: Valid map types: percpulruhash, percpuhash, lruhash, hash\n"},
    };
    for (const Case& one : cases)
        EXPECT_EQ(errors(one.script), one.expected) << one.script;
}

TEST(ResolveNames, FallsBackToTheProbeWithAWarning) {
    EXPECT_EQ(warnings("begin { if (pid > 0) { $deep = 7; } else { $deep = 8; } print($deep); }"),
              "1:63-68: $deep is used outside the block it was assigned in; for this script it belongs to the whole "
              "probe. Write `let $deep;` before the block\n");
    // Both names are still said when the second is found later.
    const std::string two = warnings("begin { if (pid > 0) { $a = 1; $b = 2; } print($a); print($b); }");
    EXPECT_NE(two.find("$a is used outside"), std::string::npos);
    EXPECT_NE(two.find("$b is used outside"), std::string::npos);
}

TEST(ResolveNames, WarnsOfWhatCanNotMatter) {
    EXPECT_EQ(warnings("begin { exit(); print(1); print(2); }"), "1:17-26: Unreachable statement.\n");
    EXPECT_EQ(warnings("begin { let $never; }"), "1:9-19: Variable $never was never assigned to.\n");
    EXPECT_EQ(warnings("let @idle = hash(8); begin { }"), "1:1-21: Unused map: @idle\n");
}

}  // namespace
}  // namespace check_test
