#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

TEST(InferTypes, RefusesWhatDoesNotGoTogether) {
    const Case cases[] = {
        {R"x(begin { $a = 5; $a = "text"; })x",
         "1:17-28: Type mismatch for $a: trying to assign value of type 'string[5]' when variable already has a type "
         "'int8'\n"},
        {R"x(begin { @a = "text"; @a = 5; })x",
         "1:22-28: Type mismatch for @a: trying to assign value of type 'int8' when map already has a type "
         "'string[5]'\n"},
        {R"x(begin { @a = count(); @a++; })x",
         "1:23-27: Type mismatch for @a: trying to assign value of type 'uint64' when map already has a type "
         "'count_t'\n"},
        {R"x(begin { @a = 1; @a = sum(2); })x",
         "1:22-28: Type mismatch for @a: trying to assign value of type 'sum_t' when map already has a type 'int8'\n"},
        {R"x(begin { @k[1] = 1; @k[1, 2] = 1; })x",
         "1:20-28: Argument mismatch for @k: trying to access with arguments: '(int8,int8)' when map expects "
         "arguments: 'int8'\n"},
        {R"x(begin { print("a" == 1); })x",
         "1:15-23: Type mismatch for '==': comparing string[2] with int8\n1:15-18: left (string[2])\n1:22-23: right "
         "(int8)\n"},
        {R"x(begin { $p = (int8 *)16; print($p * 2); })x",
         "1:32-38: The * operator can not be used on expressions of types int8 *, int8\n"},
        {R"x(begin { print(pid ? 1 : "one"); })x",
         "1:15-30: Branches must return the same type or compatible types: have 'int8' and 'string[4]'\n"},
        {R"x(begin { $s = "nut"; if ($s) { } })x",
         "1:21-32: Invalid condition: string\nHINT: compare the text, e.g. with `!= \"\"`\n"},
        {R"x(begin { let $b: uint8 = 256; })x",
         "1:9-28: Type mismatch for $b: trying to assign value of type 'int16' when variable already has a type "
         "'uint8'\n"},
        {R"x(begin { let $b: uint8 = -3; })x",
         "1:9-27: Type mismatch for $b: trying to assign value of type 'int8' when variable already has a type "
         "'uint8'\n"},
        {R"x(begin { print((int64)"abc"); })x", "1:15-22: Cannot cast from \"string[4]\" to \"int64\"\n"},
        {R"x(begin { print((uint8[3])(uint32)7); })x", "1:15-25: Cannot cast from \"uint32\" to \"uint8[3]\"\n"},
        {R"x(begin { print((struct nothing *)0); })x", "1:16-32: Cannot resolve unknown type \"struct nothing\"\n"},
        {R"x(begin { $t = (7, "x"); print($t.2); })x", "1:30-34: Invalid tuple index: 2. Found 2 elements in tuple.\n"},
        {R"x(begin { $i = 3; print($i.part); })x",
         "1:23-30: Can not access field 'part' on expression of type 'int8'\nHINT: a number has no fields; say what it "
         "points to: `((struct NAME *)...).part`\n"},
        {R"x(begin { print(9 / 0); })x", "1:15-20: unable to fold literals due to overflow or underflow\n"},
        {R"x(begin { $x = count(); })x",
         "1:14-21: count() must be assigned directly to a map\nHINT: write `@name = count();`: it adds to what is "
         "there\n"},
        {R"x(begin { @h = min(()); })x", "1:14-21: min() can not take a value of type 'none'\n"},
        {R"x(begin { unroll(150) { } })x", "1:9-24: unroll maximum value is 100\n"},
    };
    for (const Case& one : cases)
        EXPECT_EQ(errors(one.script), one.expected) << one.script;
}

TEST(InferTypes, AcceptsWhatOldScriptsDo) {
    for (const std::string_view script :
         {"begin { $found = 0; if (pid > 3) { $found = pid == 5; } print($found); }",
          "begin { $p = 0; $p = (int32 *)16; print($p); }",
          "begin { @x = @x + 1; @s[comm] = nsecs; print(nsecs - @s[comm]); }",
          "BEGIN { @ = count(); } END { if (@ > 3) { printf(\"%d\\n\", (int64)@); } }",
          "tracepoint:sched:sched_switch { @[args->prev_comm, args.next_pid] = count(); print((*args).prev_pid); }"})
        EXPECT_EQ(errors(script), "") << script;
}

TEST(InferTypes, WidensOverTheWholeProgram) {
    const auto slot = [](std::string_view script, std::string_view name) {
        const std::string typed = body(script);
        const std::size_t at = typed.find(name);
        return at == std::string::npos ? typed : typed.substr(at, typed.find('\n', at) - at);
    };
    EXPECT_NE(slot("begin { $n = 7; $n = 300; }", "$n").find("int16"), std::string::npos);
    EXPECT_NE(slot("begin { $n = 7; $n = (uint32)1; }", "$n").find("uint32"), std::string::npos) << "a literal adapts";
    EXPECT_NE(slot("begin { $n = (int8)-1; $n = (uint8)1; }", "$n").find("int16"), std::string::npos);
    EXPECT_NE(
        slot("begin { $s = \"a\"; } begin { @m[1] = \"abc\"; } end { @m[2] = \"abcdef\"; }", "@m").find("string[7]"),
        std::string::npos);
    EXPECT_NE(slot("begin { $t = (1, \"a\"); $t = (900, \"abcd\"); }", "$t").find("(int16,string[5])"),
              std::string::npos);
}

TEST(InferTypes, EndsWhereTypesGoInCircles) {
    EXPECT_EQ(errors("begin { @a = @b; @b = @a; $x = (uint64)1; $x = $x - 1; $x = -$x; @a = $x; }"), "");
    EXPECT_NE(errors("begin { $t = (1, 2); $t = ($t, 1); }"), "");
}

TEST(InferTypes, HintsAtNearNames) {
    EXPECT_EQ(
        errors("tracepoint:sched:sched_switch { print(args.prev_com); }"),
        "1:39-52: Struct/union of type 'struct tracepoint:sched:sched_switch_args' does not contain a field named "
        "'prev_com'\n"
        "HINT: did you mean `prev_comm`?\n"
        "HINT: arguments of this event: prev_comm, prev_pid, prev_prio, prev_state, next_comm, next_pid, next_prio\n");
    EXPECT_EQ(errors("tracepoint:sched:sched_switch { print(prev_pid); }"),
              "1:39-47: Unknown identifier: 'prev_pid'\nHINT: did you mean `args.prev_pid`?\n");
    EXPECT_EQ(errors("begin { pritnf(\"x\"); }"), "1:9-20: Unknown function: 'pritnf'\nHINT: did you mean `printf`?\n");
    EXPECT_EQ(errors("begin { @count = 1; print(@cuont); }"),
              "1:27-33: Undefined map: @cuont\nHINT: did you mean `@count`?\n");
}

TEST(InferTypes, TextNumbersBehaveAsStrings) {
    const std::string head = "begin { $n = (int64)2; ";
    EXPECT_EQ(errors(head + "print(strerror($n) + 1); }"),
              "1:30-46: Type mismatch for '+': comparing string[64] with int8\n1:30-42: left (string[64])\n"
              "1:45-46: right (int8)\n");
    EXPECT_EQ(errors(head + "print(strerror($n) < strerror($n)); }"),
              "1:30-57: The < operator can not be used on expressions of types string[64], string[64]\n");
    EXPECT_EQ(errors(head + "print((int64)strerror($n)); }"),
              "1:30-37: Cannot cast from \"string[64]\" to \"int64\"\n");
    EXPECT_EQ(errors(head + "printf(\"%d\", strerror($n)); }"),
              "1:24-50: unsupported format specifier for type 'string[64]': d\nHINT: `%s` prints it\n");
    EXPECT_EQ(errors(head + "if (strerror($n)) { } }"), "1:24-45: Invalid condition: string\n");
    EXPECT_EQ(errors(head + "@ = sum(strerror($n)); @m[strerror($n)] = 1; @m[3] = 2; }"),
              "1:28-45: sum() only supports integer arguments (string[64] provided)\n"
              "1:69-74: Argument mismatch for @m: trying to access with arguments: 'int8' when map expects arguments: "
              "'string[64]'\n");
    EXPECT_EQ(errors(head + "let $s: string[16] = strerror($n); }"),
              "1:24-57: Type mismatch for $s: trying to assign value of type 'string[64]' when variable already has a "
              "type 'string[16]'\n");
}

}  // namespace
}  // namespace check_test
