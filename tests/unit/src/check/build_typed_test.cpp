#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

/// The typed tree of a begin body, without the declarations in front.
std::string built(std::string_view statements) {
    const std::string text = body("begin { " + std::string(statements) + " }");
    std::size_t at = text.find("probe begin\n");
    if (at == std::string::npos) return text;
    at += 12;
    while (text.compare(at, 6, "  let ") == 0)
        at = text.find('\n', at) + 1;
    return text.substr(at);
}

TEST(BuildTyped, SpellsOutSugar) {
    const Case cases[] = {
        {"$x = (uint8)5; $x += 2;",
         "  $x =\n    5 : uint64\n  $x =\n    + : uint64\n      $x : uint64\n      2 : uint64\n"},
        {"print(2 + 3 * 4);", "  call print : void\n    14 : int8\n"},
        {"print(0 ?: 8);", "  call print : void\n    8 : int8\n"},
        {"if (1) { print(1); } else { print(2); }", "  block\n    call print : void\n      1 : int8\n"},
    };
    for (const Case& one : cases)
        EXPECT_EQ(built(one.script), one.expected) << one.script;
}

TEST(BuildTyped, PutsCastsWhereValuesWiden) {
    EXPECT_EQ(built("@m = pid; @m = (uint64)3; clear(@m);"),
              "  @m =\n    cast : uint64\n      call pid : uint32\n  @m =\n    3 : uint64\n  call clear @m : void\n");
    EXPECT_EQ(built("@k[1, \"ab\"] = 1; @k[2, \"c\"] = 2; clear(@k);").find("cast : string"), std::string::npos);
}

TEST(BuildTyped, ComparesTextNumbersAsNumbers) {
    const std::string head = "$n = (int64)2; ";
    EXPECT_NE(built(head + "print(syscall_name($n) == \"write\");").find("1 : string[64]"), std::string::npos);
    EXPECT_EQ(built(head + "print(syscall_name($n) == syscall_name(3));").find("cast : string"), std::string::npos);
    EXPECT_NE(built(head + "print(syscall_name($n) == \"no such call\");").find("cast : string[64]"),
              std::string::npos);
    EXPECT_NE(built(head + "print(strlen(syscall_name($n)));").find("cast : string[64]"), std::string::npos);
    EXPECT_EQ(built(head + "print(syscall_name($n)); @[syscall_name($n)] = 1;").find("cast"), std::string::npos);
}

TEST(BuildTyped, ClearsWhatLetDeclaresWhereItIsReachedAgain) {
    EXPECT_EQ(built("let $x; $x = 1;").find("clear"), std::string::npos);
    EXPECT_NE(built("for $i : 0..3 { let $x; $x = 1; }").find("clear $x"), std::string::npos);
    EXPECT_NE(built("unroll(3) { let $x; $x = 1; }").find("clear $x"), std::string::npos);
    EXPECT_NE(body("fn f(): int64 { let $x; $x += 1; return $x; } begin { f(); }").find("clear $x"), std::string::npos);
}

TEST(BuildTyped, RefusesMoreMapsThanOneProgramMayUse) {
    std::string script = "begin { ";
    for (int i = 0; i < 70; ++i)
        script += "@m" + std::to_string(i) + " = 1; ";
    EXPECT_NE(errors(script + "}").find("Probe uses 70 maps, the kernel allows"), std::string::npos);
}

}  // namespace
}  // namespace check_test
