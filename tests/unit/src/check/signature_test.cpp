#include "src/check/signature.h"

#include <gtest/gtest.h>

#include "src/builtins/table.h"

namespace check {
namespace {

std::vector<Signature> parsed(std::string_view text) {
    ParsedSignature result = parse_signature(text);
    EXPECT_FALSE(result.error) << text << ": " << (result.error ? result.error->message : "");
    return result.overloads;
}

TEST(Signature, PrintsWhatItRead) {
    for (const std::string_view text : {"nsecs(clock: {boot|monotonic|tai|sw_tai} = boot) -> u64",
                                        "printf(format: string literal, values: any...) -> void",
                                        "print(value: map|any, top: int literal = 0, div: int literal = 1) -> void",
                                        "time(format: string literal = \"%H, %M\") -> void",
                                        "kstack(mode: {bpftrace|perf|raw|build_id}, limit: int literal) -> "
                                        "kstack\nkstack(limit: int literal) -> kstack"})
        EXPECT_EQ(print(parsed(text)), text);
    EXPECT_EQ(print(parsed("pid")), "pid() -> void");
}

TEST(Signature, RefusesWhatMakesNoSense) {
    EXPECT_TRUE(parse_signature("").error);
    EXPECT_TRUE(parse_signature("f(a: number)").error);
    EXPECT_TRUE(parse_signature("f(a: int = 1, b: int)").error);
    EXPECT_TRUE(parse_signature("f(a: int").error);
}

TEST(Signature, CountsArguments) {
    const auto arity = [](std::string_view text, std::size_t given) {
        return check_arity(parsed(text), given).value_or("fits");
    };
    EXPECT_EQ(arity("f()", 0), "fits");
    EXPECT_EQ(arity("f()", 1), "f() requires no arguments (1 provided)");
    EXPECT_EQ(arity("zero(map: map)", 2), "zero() requires one argument (2 provided)");
    EXPECT_EQ(arity("lhist(a: int, b: int, c: int, d: int)", 3), "lhist() requires 4 arguments (3 provided)");
    EXPECT_EQ(arity("str(p: pointer, n: int = 1)", 0), "str() requires at least one argument (0 provided)");
    EXPECT_EQ(arity("str(p: pointer, n: int = 1)", 3), "str() takes up to 2 arguments (3 provided)");
    EXPECT_EQ(arity("exit(code: int = 0)", 2), "exit() takes up to one argument (2 provided)");
    EXPECT_EQ(arity("printf(f: string literal, v: any...)", 40), "fits");
}

TEST(Signature, NamesWhatItWanted) {
    types::Table table;
    GivenArgument number, text, word;
    number.type = table.integer(8, false);
    text.type = table.string(4);
    word.type = table.none();
    word.is_word = true;
    word.spelling = "lunar";
    const auto mismatch = [](std::string_view signature, std::vector<GivenArgument> given) {
        const std::vector<Signature> overloads = parsed(signature);
        const Choice choice = choose_overload(overloads, given);
        return choice.mismatch ? choice.mismatch->message : std::string("fits");
    };
    EXPECT_EQ(mismatch("hist(n: int)", {text}), "hist() only supports int arguments (string provided)");
    EXPECT_EQ(mismatch("kaddr(s: string literal)", {number}), "kaddr() expects a string literal (int provided)");
    EXPECT_EQ(mismatch("kaddr(s: string literal)", {text}), "kaddr() expects a string literal (string provided)");
    EXPECT_EQ(mismatch("clear(m: map)", {number}), "clear() expects a map argument");
    EXPECT_EQ(mismatch("nsecs(clock: clock = boot)", {word}), "Invalid timestamp mode: lunar");
    EXPECT_EQ(mismatch("ksym(a: int|pointer)", {text}),
              "ksym() only supports int or pointer arguments (string provided)");
    EXPECT_EQ(mismatch("kstack(mode: stack_mode)\nkstack(limit: int)", {number}), "fits");
}

TEST(Signature, UnderstandsEveryRow) {
    for (const typed::Builtin* row : builtins::all()) {
        const ParsedSignature result = parse_signature(row->signature);
        EXPECT_FALSE(result.error) << row->name << ": " << result.error->message << " in " << row->signature;
        for (const Signature& overload : result.overloads)
            EXPECT_EQ(overload.name, row->name);
    }
}

}  // namespace
}  // namespace check
