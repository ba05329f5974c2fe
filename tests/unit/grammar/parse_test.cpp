// Trees and messages are tested in golden/parse; here: the ranges of nodes, ids, and hostile scripts.
#include "grammar/parse.h"

#include <gtest/gtest.h>

#include <functional>

#include "src/ast/visit.h"

namespace grammar {
namespace {

struct Parsed {
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
    const ast::Script* script = nullptr;

    explicit Parsed(std::string text) {
        const auto file = sources.add("stdin", std::move(text));
        script = parse(file, sources, arena, diagnostics, {});
    }
    [[nodiscard]] std::string_view text(source::Range range) const { return sources.text(range); }
    [[nodiscard]] const ast::Block& body() const { return *script->probes.at(0).body; }
    [[nodiscard]] const ast::Stmt& stmt(std::size_t index = 0) const { return *body().statements.at(index); }
    /// Right side of the first assignment.
    [[nodiscard]] const ast::Expr& value() const { return *ast::as<ast::Assign>(stmt()).value; }
    [[nodiscard]] std::string message() const {
        return diagnostics.all().empty() ? "" : diagnostics.all().front().message;
    }
};

TEST(Parse, RangesOfExpressionsFollowTheConventions) {
    const struct {
        std::string_view expression, range;
    } cases[]{
        {"42", "42"},
        {"\"a b\"", "\"a b\""},
        {"$v", "$v"},
        {"f(1, 2)", "f(1, 2)"},
        {"$x.foo", "$x.foo"},
        {"$t.1.0", "$t.1.0"},
        {"($p + 1)->b", "$p + 1)->b"},  // from the base, not from its parenthesis
        {"@m[1, \"k\"]", "@m[1, \"k\"]"},
        {"1 + 2 * 3", "1 + 2 * 3"},
        {"(1 + 2) * (3 + 4)", "1 + 2) * (3 + 4"},
        {"(uint8)5", "(uint8)"},
        {"(struct x *)$p", "(struct x *)"},
        {"1 + (uint8)5", "1 + (uint8)5"},
        {"-(uint8)5", "-(uint8)5"},
        {"$a ? 1 : \"one\"", "$a ? 1 : \"one\""},
        {"if (1) { 2 } else { 3 }", "if (1) { 2 } else { 3 }"},
        {"(1, 2)", "(1, 2)"},
        {"(a = 1)", "(a = 1)"},
        {"sizeof(struct x)", "sizeof(struct x)"},
        {"$x++", "$x++"},
        {"--$x", "--$x"},
        {"&$x", "&$x"},
        {"$12", "$12"},
    };
    for (const auto& test : cases) {
        const Parsed parsed("begin { $r = " + std::string(test.expression) + "; }");
        ASSERT_NE(parsed.script, nullptr) << test.expression << ": " << parsed.message();
        EXPECT_EQ(parsed.text(parsed.value().range), test.range) << test.expression;
    }
}

TEST(Parse, ExtentOfACastReachesToItsOperand) {
    const Parsed parsed("begin { $r = (uint8)(int64)$p.x; }");
    EXPECT_EQ(parsed.text(ast::extent(parsed.value())), "(uint8)(int64)$p.x");
}

TEST(Parse, RangesOfStatementsFollowTheConventions) {
    const struct {
        std::string_view statement, range;
    } cases[]{
        {"$a = 5;", "$a = 5"},
        {"$a += 5;", "$a += 5"},
        {"let $a: uint8 = 5;", "let $a: uint8 = 5"},
        {"let $a: struct x *;", "let $a: struct x *"},
        {"break;", "break;"},
        {"continue ;", "continue ;"},
        {"return 7;", "return 7;"},
        {"print(1);", "print(1);"},
        {"while (1) { }", "while (1) { }"},
        {"unroll(3) { } ;", "unroll(3) { }"},
        {"for ($i : 0..3) { }", "for ($i : 0..3) { }"},
        {"if (1) { } else { }", "if (1) { } else { }"},
        {"_ = 5;", "_ = 5"},
        {"{ 1; }", "{ 1; }"},
    };
    for (const auto& test : cases) {
        const Parsed parsed("begin { " + std::string(test.statement) + " $end = 1; }");
        ASSERT_NE(parsed.script, nullptr) << test.statement << ": " << parsed.message();
        EXPECT_EQ(parsed.text(parsed.stmt().range), test.range) << test.statement;
    }
}

TEST(Parse, RangesOfItems) {
    const Parsed parsed(
        "config = { a = 1; b = x }\nimport \"y.bt\";\nlet @m = hash(3) ;\nmacro twice(v) { v }\n"
        "begin, nick=end /1/ { }");
    ASSERT_NE(parsed.script, nullptr) << parsed.message();
    EXPECT_EQ(parsed.text(*parsed.script->config_range), "config = { a = 1; b = x }");
    EXPECT_EQ(parsed.text(parsed.script->config[1].range), "b = x");
    EXPECT_EQ(parsed.text(parsed.script->config[1].value_range), "x");
    EXPECT_EQ(parsed.text(parsed.script->imports[0].range), "import \"y.bt\"");
    EXPECT_EQ(parsed.text(parsed.script->map_declarations[0].range), "let @m = hash(3) ;");
    const ast::Macro& macro = parsed.script->macros[0];
    EXPECT_EQ(parsed.text(source::join(macro.range, macro.name_range)), "macro twice");
    const ast::Probe& probe = parsed.script->probes[0];
    EXPECT_EQ(parsed.text(probe.range), "begin, nick=end /1/ { }");
    EXPECT_EQ(parsed.text(probe.attach_points[1].range), "end");
    EXPECT_EQ(probe.attach_points[1].name, "nick");
}

TEST(Parse, IdsAreDense) {
    const Parsed parsed("begin { $a = 1 + f(2, $b); if (@c[3]) { print(4) } }");
    ASSERT_NE(parsed.script, nullptr);
    EXPECT_LT(parsed.value().id, parsed.script->expr_count);
    EXPECT_EQ(parsed.script->expr_count, 12u);
}

TEST(Parse, RemembersComments) {
    const Parsed parsed("// one\nbegin /* two */ { /* three */ }");
    ASSERT_NE(parsed.script, nullptr);
    ASSERT_EQ(parsed.script->comments.size(), 3u);
    EXPECT_EQ(parsed.text(parsed.script->comments[1].range), "/* two */");
}

TEST(Parse, TextsOutliveTheSource) {
    ast::Arena arena;
    const ast::Script* script = nullptr;
    {
        source::SourceMap sources;
        source::Diagnostics diagnostics;
        const auto file = sources.add("stdin", "begin { name(\"text\"); }");
        script = parse(file, sources, arena, diagnostics, {});
    }
    const auto& call = ast::as<ast::Call>(*ast::as<ast::ExprStmt>(*script->probes[0].body->statements[0]).expr);
    EXPECT_EQ(call.name, "name");
    EXPECT_EQ(ast::as<ast::String>(*call.arguments[0]).value, "text");
}

std::string repeat(std::string_view text, std::size_t times) {
    std::string result;
    for (std::size_t i = 0; i < times; i++)
        result += text;
    return result;
}

TEST(Parse, HostileNestingIsRefusedAndNothingOverflows) {
    constexpr std::size_t kMany = 20'000;
    const std::string cases[]{
        "begin { $x = " + repeat("(", kMany) + "1" + repeat(")", kMany) + "; }",
        "begin " + repeat("{", kMany) + repeat("}", kMany),
        "begin { $x = " + repeat("!", kMany) + "1; }",
        "begin { if 1 { } " + repeat("else if 1 { } ", kMany) + "}",
        "begin { $x = " + repeat("1 ? 2 : ", kMany) + "3; }",
        "begin { $x = " + repeat("1 + ", kMany) + "3; }",
        "begin { $x = $y" + repeat(".a", kMany) + "; }",
        "begin { $x = $y" + repeat("[1]", kMany) + "; }",
        "begin { $x = " + repeat("(uint8)", kMany) + "1; }",
        "begin { " + repeat("f(", kMany) + repeat(")", kMany) + "; }",
        "begin { $x = sizeof(" + repeat("typeof(", kMany) + "int8" + repeat(")", kMany) + "); }",
        "begin { " + repeat("for $i : 0..2 { ", kMany) + repeat("}", kMany) + " }",
        "begin { $x = " + repeat("comptime ", kMany) + "1; }",
    };
    for (const std::string& text : cases) {
        const Parsed parsed(text);
        EXPECT_EQ(parsed.script, nullptr) << text.substr(0, 40);
        ASSERT_EQ(parsed.diagnostics.all().size(), 1u);
        EXPECT_EQ(parsed.diagnostics.all()[0].kind, source::DiagnosticKind::too_deep) << text.substr(0, 40);
    }
}

TEST(Parse, LongFlatScriptsAreFine) {
    EXPECT_NE(Parsed("begin { " + repeat("$x = 1; ", 20'000) + "}").script, nullptr);
    EXPECT_NE(Parsed(repeat("a,", 20'000) + "b { }").script, nullptr);
    EXPECT_NE(Parsed("begin { $x = " + repeat("1 + ", 400) + "1; }").script, nullptr);
    EXPECT_NE(Parsed("").script, nullptr);
}

TEST(Parse, StrangeBytesAreMistakesNotCrashes) {
    EXPECT_EQ(Parsed("begin { \x80 }").message(), "syntax: expected expression");
    EXPECT_EQ(Parsed("begin { é }").message(), "syntax: expected expression");
    EXPECT_EQ(Parsed(std::string("begin { \0 }", 11)).message(), "syntax: expected expression");
    EXPECT_EQ(Parsed(std::string("begin { f(\"a\0b\"); }", 19)).message(), "");
}

TEST(TokenDump, NamesTokensAndPlaces) {
    source::SourceMap sources;
    const auto file = sources.add("stdin", "begin {\n  $x = (int8)5; }");
    EXPECT_EQ(token_dump(file, sources, {}),
              "1:1\tATTACH_POINT\tbegin\n1:7\t{\t{\n2:3\tVARIABLE\t$x\n2:6\t=\t=\n2:8\tLPAREN_CAST\t(\n"
              "2:9\tIDENTIFIER\tint8\n2:13\t)\t)\n2:14\tINTEGER\t5\n2:15\t;\t;\n2:17\t}\t}\n");
}

}  // namespace
}  // namespace grammar
