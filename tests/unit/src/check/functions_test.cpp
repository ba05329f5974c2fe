// fn of the script: parameters, results, who may call whom; folding that leaves to the machine what it would see
// otherwise.
#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

TEST(Functions, ArgumentsAndResultsHaveTheTypesTheySay) {
    EXPECT_EQ(errors("fn f($x: int64): int64 { return $x; } begin { print(f(1)); print(f((uint8)2) + 1); }"), "");
    EXPECT_EQ(errors("fn f($x: int64): int64 { return $x; } begin { f(\"a\"); }"),
              "1:49-52: Type mismatch for $x: trying to assign value of type 'string[2]' when variable already has a "
              "type 'int64'\n");
    EXPECT_EQ(errors("fn f($x: int64): int64 { return \"a\"; } begin { f(1); }"),
              "1:26-37: Function f() is of type int64 but returns string[2]\n");
    EXPECT_EQ(errors("fn f($x: int64): int64 { return $x; } begin { f(); }"),
              "1:47-50: f() requires 1 argument (0 provided)\n1:4-5: This is the definition.\n");
}

TEST(Functions, DoNotCallThemselves) {
    EXPECT_EQ(
        errors("fn f($x: int64): int64 { return g($x); } fn g($x: int64): int64 { return f($x); } begin { f(1); }"),
        "1:74-79: fn f() calls itself\nHINT: programs in the kernel have no recursion; a loop can do it\n");
}

TEST(Functions, SeeNothingOfTheEvent) {
    EXPECT_EQ(errors("fn f(): int64 { return args.x; } begin { f(); }"),
              "1:24-28: 'args' builtin is not allowed in a function\nHINT: give it to the function as an argument\n");
}

TEST(Functions, AreDefinedOnce) {
    EXPECT_NE(
        errors("fn f(): int64 { return 1; } fn f(): int64 { return 2; } begin { f(); }").find("Redefinition of fn: f"),
        std::string::npos);
    EXPECT_NE(errors("fn pid(): int64 { return 1; } begin { }").find("has the name of a builtin"), std::string::npos);
}

TEST(Functions, StandBesideTheProbesInTheTypedTree) {
    const Checked result = checked("fn f($x: int64): int64 { return $x * 2; } begin { print(f(4)); }");
    EXPECT_EQ(result.errors, "");
    EXPECT_NE(result.typed.find("fn f"), std::string::npos) << result.typed;
}

TEST(Folding, LeavesMixedSignsToTheMachine) {
    // Exact arithmetic would say true; 64 bits compared as signed say false.
    EXPECT_EQ(body("begin { print((int64)-7 <= (uint64)10069750499914019039); }").find("1 : bool"), std::string::npos);
    EXPECT_NE(body("begin { print((int64)-7 <= (int64)9); }").find("1 : bool"), std::string::npos);
}

TEST(Folding, ALiteralWithACastDoesNotAdapt) {
    EXPECT_NE(body("begin { $u = (uint64)5; print((int64)7 < $u); }").find("< signed"), std::string::npos);
    EXPECT_EQ(body("begin { $u = (uint64)5; print(7 < $u); }").find("< signed"), std::string::npos);
}

TEST(Builtins, RefuseMoreMapsThanTheKernelTakes) {
    std::string script = "begin { ";
    for (int i = 0; i < 60; ++i)
        script += "@m" + std::to_string(i) + " = 1; ";
    EXPECT_NE(errors(script + "}").find("Probe uses 60 maps, the kernel allows 54"), std::string::npos);
}

TEST(Builtins, AnswerQuestionsWhileCompiling) {
    EXPECT_EQ(
        errors("begin { static_assert(is_integer(pid) && is_str(comm) && !is_ptr(1) && is_literal(2 + 3), \"x\"); }"),
        "");
    EXPECT_EQ(errors("begin { static_assert(sizeof(uint16) == 4, \"wrong size\"); }"), "1:9-57: wrong size\n");
    EXPECT_EQ(errors("begin { fail(\"stop at %d %5s|%x\", 12, \"ab\", 255); }"), "1:9-49: stop at 12    ab|ff\n");
}

TEST(Functions, TypesMayAskForOthers) {
    // What typeof() holds is copied for each body like the rest: its parts must not be taken for the caller's.
    EXPECT_NE(body("fn f($t: typeof((1, \"ab\"))): typeof($t) { return $t; } begin { print(f((5, \"x\"))); }")
                  .find("5 : int8"),
              std::string::npos);
    EXPECT_EQ(
        errors("fn f($k: typeof(@m[1])): typeof(@m[1]) { return $k; } begin { @m[1] = (int64)2; print(f(@m[1])); }"),
        "");
}

}  // namespace
}  // namespace check_test
