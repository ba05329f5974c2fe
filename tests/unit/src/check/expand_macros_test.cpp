#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

TEST(ExpandMacros, SaysWhatDoesNotMatch) {
    const Case cases[] = {
        {"macro peek() { @hidden++ } begin { peek(); }",
         "1:16-23: Unhygienic access to map: @hidden. Maps must be passed into the macro as arguments.\n"},
        {"macro bump($x) { $x++ } begin { bump(4); }",
         "1:33-40: Call to bump() has arguments that do not match any definition.\n1:38-39: Mismatched arg. bump() "
         "expects a variable for arg $x but got an "
         "expression.\n1:12-14: This is the argument in the closest definition.\n"},
        {"macro one(x) { x } begin { one(); }",
         "1:28-33: Call to one() has arguments that do not match any definition.\n1:1-10: The closest definition of "
         "one() has a different number of arguments. "
         "Expected: 1 but got 0\n"},
        {"macro ping() { pong() } macro pong() { ping() } begin { ping(); }",
         "1:40-46: Recursive macro call detected. Call chain: ping > pong > ping\n"},
        {"macro leave(x) { return; } begin { leave(1); }", "1:18-25: 'return' statement is not allowed in a macro\n"},
        {"macro dup(x) { x } macro dup(x) { x + 1 } begin { }",
         "1:20-29: Redefinition of macro: dup\n1:1-10: This is the original definition.\n"},
    };
    for (const Case& one : cases)
        EXPECT_EQ(errors(one.script), one.expected) << one.script;
}

TEST(ExpandMacros, KeepsItsOwnVariablesApart) {
    EXPECT_EQ(errors("macro own() { $t = 100; $t + 1 } begin { $t = \"text\"; print(own()); print($t); }"), "");
    EXPECT_NE(errors("macro use() { $outer } begin { $outer = 1; print(use()); }"), "");
}

TEST(ExpandMacros, EndsAnExplosion) {
    std::string script = "macro m0(x) { x + x } ";
    for (int i = 1; i < 24; ++i)
        script += "macro m" + std::to_string(i) + "(x) { m" + std::to_string(i - 1) + "(x) + m" +
                  std::to_string(i - 1) + "(x) } ";
    EXPECT_NE(errors(script + "begin { print(m23(1)); }"), "");
}

TEST(ExpandMacros, ReadsTheCommandLine) {
    check::Options options;
    options.parameters = {"41", "word", "2ms", ""};
    options.named_parameters = {{"depth", "8"}};
    options.bare_parameters = {"fast"};
    EXPECT_EQ(
        errors("begin { print(($1 + 1, str($2), $3, $#)); print(getopt(\"depth\", 3)); print(getopt(\"fast\")); }",
               options),
        "");
    EXPECT_EQ(
        checked("begin { print($4); print($9); print((getopt(\"depth\", 3), getopt(\"fast\"))); }", options).warnings,
        "1:15-17: Positional parameter $4 is empty or not provided.\n1:26-28: Positional parameter $9 is empty or not "
        "provided.\n");
    EXPECT_EQ(errors("begin { print((getopt(\"depth\"), getopt(\"fast\"))); }", options),
              "program command line option --depth expects a boolean (e.g. 'true') (value: 8)\n");
    EXPECT_EQ(errors("begin { print(getopt(\"fast\")); }", options),
              "unexpected program command line options: --depth\nHINT: expected program options: --fast\n");
    EXPECT_EQ(errors("begin { print(kaddr($1)); print((getopt(\"depth\", 3), getopt(\"fast\"))); }", options),
              "1:15-24: kaddr() expects a string literal (int provided)\nHINT: Use str($1) to treat $1 as a string\n");
}

TEST(ExpandMacros, ADefineStandsForItsExpression) {
    EXPECT_EQ(errors("#define HALF (nsecs / 2)\n#define MORE (HALF + 1)\n#define STEP 100ms\n"
                     "begin { print(MORE / STEP); print(MORE > HALF); }"),
              "");
    EXPECT_EQ(body("#define MORE (pid + 1)\nbegin { print(MORE * 2); }"),
              body("                      \nbegin { print((pid + 1) * 2); }"));
    // A mistake in it is shown where the word stands.
    EXPECT_EQ(errors("#define BAD (pid + \"x\")\nbegin { print(BAD); }"),
              "2:15-18: Type mismatch for '+': comparing uint32 with string[2]\n2:15-18: left (uint32)\n"
              "2:15-18: right (string[2])\n");
    EXPECT_EQ(errors("#define OPEN if (\nbegin { print(OPEN); }"),
              "2:15-19: Unknown identifier: 'OPEN'\nHINT: OPEN is defined as `if (`, which is no expression\n");
    EXPECT_EQ(errors("#define SELF (SELF + 1)\nbegin { print(SELF); }"),
              "2:15-19: Unknown identifier: 'SELF'\nHINT: SELF is defined as `( SELF + 1 )`, which is no expression\n");
}

}  // namespace
}  // namespace check_test
