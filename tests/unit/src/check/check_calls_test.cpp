#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

TEST(CheckCalls, CountsArgumentsBeforeItLooksAtThem) {
    const Case cases[] = {
        {"begin { str(); }", "1:9-14: str() requires at least one argument (0 provided)\n"},
        {"begin { print(str(1, 2, 3)); }", "1:15-27: str() takes up to 2 arguments (3 provided)\n"},
        {"begin { @c = count(1); }", "1:14-22: count() requires no arguments (1 provided)\n"},
    };
    for (const Case& one : cases) {
        const std::string told = errors(one.script);
        EXPECT_EQ(told.substr(0, told.find("HINT")), one.expected) << one.script;
    }
}

TEST(CheckCalls, NamesTheTypeItGot) {
    const Case cases[] = {
        {"begin { print(kaddr(5)); }", "1:15-23: kaddr() expects a string literal (int provided)\n"},
        {"begin { @h = hist(\"a\"); }", "1:14-23: hist() only supports int arguments (string provided)\n"},
        {"begin { print(nsecs(foo)); }", "1:21-24: Invalid timestamp mode: foo\n"},
        {"begin { print(kstack(3, perf)); }", "1:15-30: Expected stack mode as first argument\n"},
    };
    for (const Case& one : cases)
        EXPECT_EQ(errors(one.script), one.expected) << one.script;
}

TEST(CheckCalls, KnowsWhereARowMayStand) {
    EXPECT_EQ(errors("begin { print(reg(\"ax\")); }"), "1:15-24: reg can not be used with \"begin\" probes\n");
    EXPECT_EQ(errors("begin { print(retval); }"),
              "1:15-21: The retval builtin can only be used with 'kretprobe' and 'uretprobe' and 'fentry' probes\n");
    EXPECT_EQ(errors("begin { system(\"ls\"); }").substr(0, 68),
              "1:9-21: system() is an unsafe function being used in safe mode\nHINT:");
    check::Options options;
    options.is_safe_mode = false;
    EXPECT_EQ(errors("begin { system(\"ls\"); }", options), "");
}

TEST(CheckCalls, KeepsAggregationsOnTheRightSide) {
    EXPECT_TRUE(errors("begin { $x = count(); }").starts_with("1:14-21: count() must be assigned directly to a map\n"));
    EXPECT_TRUE(
        errors("begin { @x = 1 + sum(2); }").starts_with("1:18-24: sum() must be assigned directly to a map\n"));
}

TEST(CheckCalls, FoldsWhatIsKnown) {
    EXPECT_NE(body("begin { print(strlen(\"four\")); }").find("4 : uint64"), std::string::npos);
    EXPECT_NE(body("begin { print(strerror(2)); }").find("\"No such file or directory\""), std::string::npos);
    EXPECT_NE(body("begin { print(sizeof(strerror(2))); }").find("64 : uint64"), std::string::npos);
}

TEST(CheckCalls, ChecksCallsOfFunctions) {
    const std::string fn = "fn f($a: uint8, $s: string[4]): int64 { return 1; } ";
    EXPECT_EQ(errors(fn + "begin { print(f(1, \"abc\")); }"), "");
    EXPECT_NE(errors(fn + "begin { print(f(1)); }").find("f() requires 2 arguments (1 provided)"), std::string::npos);
    EXPECT_NE(errors(fn + "begin { print(f(300, \"abc\")); }"), "");
    EXPECT_NE(errors(fn + "begin { print(f(1, \"too long\")); }"), "");
}

}  // namespace
}  // namespace check_test
