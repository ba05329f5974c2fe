#include "src/cdef/definitions.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/fake_kernel.h"

namespace {

class Definitions : public testing::Test {
  protected:
    void read(const std::string& text) {
        const program::FileId file = sources.add("test", text);
        const cdef::Piece piece{{file, 0, static_cast<std::uint32_t>(text.size())}, sources.file(file).text()};
        definitions.read(std::span(&piece, 1), options, diagnostics);
    }
    std::uint64_t number(std::string_view name) {
        const auto value = definitions.constant(name);
        if (!value || !std::holds_alternative<types::Constant>(*value)) return 0xdead;
        return std::get<types::Constant>(*value).value;
    }
    const types::Type* structure(std::string_view name) { return definitions.structure(name, false); }
    types::Member member(std::string_view of, std::string_view name) {
        const auto found = types::find_member(structure(of), name);
        return found ? *found : types::Member{};
    }
    std::string first_message() const {
        return diagnostics.all().empty() ? std::string() : diagnostics.all().front().message;
    }

    test_support::FakeKernel kernel;
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    types::Table table;
    types::CTypes kernel_types{table, kernel};
    cdef::Definitions definitions{table, kernel_types};
    cdef::Options options;
};

TEST_F(Definitions, MacrosAreConstants) {
    read("#define A 5\n#define B (A << 2 | 1)\n#define S \"te\" \"xt\"\n");
    EXPECT_EQ(number("A"), 5u);
    EXPECT_EQ(number("B"), 21u);
    EXPECT_EQ(std::get<std::string>(*definitions.constant("S")), "text");
}

TEST_F(Definitions, OtherMacrosKeepTheirTokens) {
    read(
        "#define WAIT 100ms\n#define BIG 1e6\n#define NEXT(x) ((x) + 1)\n#define N NEXT(pid)\n"
        "#define T (\"a\\n\" + $x[@m])\n#define EMPTY\n");
    EXPECT_EQ(*definitions.expression("WAIT"), "100ms");
    EXPECT_EQ(*definitions.expression("BIG"), "1e6");
    EXPECT_EQ(*definitions.expression("N"), "( ( pid ) + 1 )");
    EXPECT_EQ(*definitions.expression("T"), "( \"a\\012\" + $x [ @m ] )");
    EXPECT_EQ(definitions.expression("NEXT"), nullptr);
    EXPECT_EQ(definitions.expression("EMPTY"), nullptr);
    EXPECT_EQ(number("WAIT"), 0xdeadu);
}

TEST_F(Definitions, FloatsTakeTheirSpaceAndCannotBeRead) {
    read("struct s { float f; double d; int x; float *p; float a[3]; char c; };\n");
    EXPECT_EQ(member("s", "d").offset, 8u);
    EXPECT_EQ(member("s", "x").offset, 16u);
    EXPECT_EQ(member("s", "c").offset, 44u);
    EXPECT_EQ(structure("s")->size, 48u);
    EXPECT_EQ(member("s", "f").type->kind, types::Kind::none);
    EXPECT_EQ(member("s", "a").type->kind, types::Kind::none);
    EXPECT_EQ(member("s", "p").type->kind, types::Kind::pointer);
}

TEST_F(Definitions, MacrosCanNameTypes) {
    read("struct pair { int a, b; };\n#define PAIR struct pair\n#define POINTER PAIR *\n#define WIDE unsigned long\n");
    EXPECT_EQ(definitions.named("PAIR"), structure("pair"));
    EXPECT_EQ(types::name_of(definitions.named("POINTER")), "struct pair *");
    EXPECT_EQ(types::name_of(definitions.named("WIDE")), "uint64");
    EXPECT_TRUE(diagnostics.all().empty());
}

TEST_F(Definitions, FunctionLikeMacrosAreExpanded) {
    read(
        "#define MAX(a, b) ((a) > (b) ? (a) : (b))\n#define GLUE(x, y) x##y\n#define N MAX(3, 2 + 5)\n"
        "struct s { char GLUE(na, me)[N]; };\n");
    EXPECT_EQ(number("N"), 7u);
    EXPECT_EQ(member("s", "name").type->size, 7u);
    EXPECT_TRUE(diagnostics.all().empty());
}

TEST_F(Definitions, ConditionsChooseLines) {
    read("#if defined(NOPE) || 0\n#define W 1\n#elif 2 > 1\n#define W 2\n#else\n#define W 3\n#endif\n");
    EXPECT_EQ(number("W"), 2u);
}

TEST_F(Definitions, UnknownWordsInConditionsAreZero) {
    read("#if !NOPE\n#define A 1\n#endif\n#if NOPE == 0 && NOPE < 3\n#define B 2\n#endif\n");
    EXPECT_EQ(number("A"), 1u);
    EXPECT_EQ(number("B"), 2u);
    EXPECT_TRUE(diagnostics.all().empty());
}

TEST_F(Definitions, ConditionsAreExpressions) {
    for (const char* text : {"#if\n#endif\n", "#if 1 / 0\n#endif\n", "#if 1 +\n#endif\n", "#if 1 2\n#endif\n"}) {
        diagnostics = {};
        read(text);
        EXPECT_EQ(first_message(), "definitions.h:1:2: error: #if needs a constant expression") << text;
    }
}

TEST_F(Definitions, CastsInMacrosCutValues) {
    read(
        "#define A ((unsigned char)300)\n#define B ((signed char)200)\n#define C ((unsigned)-1)\n#define D "
        "((u16)65537)\n"
        "#define E ((long)(int)0x80000000)\n#define F ((short int)70000)\n#define G ((unsigned long)1 << 40)\n");
    EXPECT_EQ(number("A"), 44u);
    EXPECT_EQ(number("B"), static_cast<std::uint64_t>(-56));
    EXPECT_EQ(number("C"), 0xffffffffu);
    EXPECT_EQ(number("D"), 1u);
    EXPECT_EQ(number("E"), 0xffffffff80000000u);
    EXPECT_EQ(number("F"), 4464u);
    EXPECT_EQ(number("G"), std::uint64_t{1} << 40);
}

TEST_F(Definitions, WhatIsNoDirectiveIsAnError) {
    read("#define 5 6\n");
    EXPECT_EQ(first_message(), "definitions.h:1:2: error: macro name must be an identifier");
    diagnostics = {};
    read("#defin A 6\n");
    EXPECT_EQ(first_message(), "definitions.h:1:2: error: invalid preprocessing directive '#defin'");
    diagnostics = {};
    read("#pragma pack(1)\n#line 3\n#warning old\n#\n");
    EXPECT_EQ(first_message(), "");
}

TEST_F(Definitions, StructuresAreLaidOutAsInC) {
    read("struct s { char a; int b; char c[3]; long d; union { short e; char f[4]; }; struct s *next; };");
    EXPECT_EQ(member("s", "b").offset, 4u);
    EXPECT_EQ(member("s", "c").type->kind, types::Kind::string);
    EXPECT_EQ(member("s", "d").offset, 16u);
    EXPECT_EQ(member("s", "f").offset, 24u);
    EXPECT_EQ(member("s", "next").offset, 32u);
    EXPECT_EQ(structure("s")->size, 40u);
}

TEST_F(Definitions, PackedAndAlignedStructures) {
    read(
        "struct p { char a; int b; short c; } __attribute__((packed)); struct q { char a; } "
        "__attribute__((aligned(16)));"
        "struct r { char a; struct p in; };");
    EXPECT_EQ(member("p", "b").offset, 1u);
    EXPECT_EQ(structure("p")->size, 7u);
    EXPECT_EQ(structure("q")->size, 16u);
    EXPECT_EQ(member("r", "in").offset, 1u);
}

TEST_F(Definitions, AlignedMembers) {
    read("struct a { char c; int x __attribute__((aligned(16))); char d[3] __aligned(8); };");
    EXPECT_EQ(member("a", "x").offset, 16u);
    EXPECT_EQ(member("a", "d").offset, 24u);
    EXPECT_EQ(structure("a")->size, 32u);
}

TEST_F(Definitions, BitFieldsShareTheirUnits) {
    read("struct b { unsigned a : 3, b : 5, c : 30; unsigned char d : 2; };");
    EXPECT_EQ(member("b", "b").bit_offset, 3u);
    EXPECT_EQ(member("b", "c").offset, 4u);
    EXPECT_EQ(member("b", "c").bit_size, 30u);
}

TEST_F(Definitions, EnumerationsCount) {
    read("enum e { ZERO, TEN = 10, NEXT, LESS = -1 };");
    EXPECT_EQ(number("NEXT"), 11u);
    EXPECT_EQ(static_cast<std::int64_t>(number("LESS")), -1);
}

TEST_F(Definitions, EnumerationsMaySayTheirSize) {
    read("enum small : unsigned char { S = 200 }; enum plain { P = 200 };");
    EXPECT_EQ(definitions.enumeration("small")->size, 1u);
    EXPECT_EQ(definitions.enumeration("plain")->size, 4u);
    EXPECT_EQ(number("S"), 200u);
}

TEST_F(Definitions, KernelHeadersNeedNotBeThere) {
    read("#include <linux/socket.h>\n#define FAMILY AF_INET6\n");
    EXPECT_EQ(number("AF_INET"), 2u);
    EXPECT_EQ(number("FAMILY"), 10u);
    EXPECT_EQ(number("__NR_openat"), 257u);
    EXPECT_EQ(number("EPERM"), 1u);
    EXPECT_EQ(number("O_CREAT"), 0100u);
    EXPECT_TRUE(diagnostics.all().empty());
}

TEST_F(Definitions, ConstantsOfHeadersAreUnknownWithoutThem) {
    read("#define X 1\n");
    EXPECT_FALSE(definitions.constant("AF_INET"));
}

TEST_F(Definitions, AnUnknownHeaderIsAnError) {
    read("#include <no/such_q.h>\n");
    EXPECT_EQ(first_message(), "definitions.h:1:10: fatal error: 'no/such_q.h' file not found");
    diagnostics = {};
    read("#define A 1\n\n#  include \"no_q.h\"\n");
    EXPECT_EQ(first_message(), "definitions.h:3:12: fatal error: 'no_q.h' file not found");
}

TEST_F(Definitions, OwnHeadersAreRead) {
    const std::string folder = testing::TempDir();
    std::ofstream(folder + "own_q.h") << "#pragma once\n#define OWN 70\nstruct own { int a; };\n";
    options.include_dirs = {folder};
    read("#include <own_q.h>\n#include \"own_q.h\"\n");
    EXPECT_EQ(number("OWN"), 70u);
    EXPECT_EQ(structure("own")->size, 4u);
    EXPECT_TRUE(diagnostics.all().empty());
}

TEST_F(Definitions, MistakesOfHeadersNameTheHeader) {
    const std::string folder = testing::TempDir();
    std::ofstream(folder + "bad_q.h") << "struct bad { nosuch_t a; };\n";
    std::ofstream(folder + "outer_q.h") << "#define X 1\n#include <no/such_q.h>\n";
    options.include_dirs = {folder};
    read("#include <bad_q.h>\n");
    EXPECT_EQ(first_message(), "bad_q.h:1:14: error: unknown type name 'nosuch_t'");
    diagnostics = {};
    read("#include <outer_q.h>\n");
    EXPECT_EQ(first_message(), "outer_q.h:2:10: fatal error: 'no/such_q.h' file not found");
}

TEST_F(Definitions, AStructureDoesNotHoldItself) {
    read("struct s { int a; struct s b[2]; };");
    EXPECT_EQ(first_message(), "definitions.h:1:32: error: field has incomplete type 'struct s'");
}

TEST_F(Definitions, NamesStandForOneThing) {
    read("struct s { int a; char a; };");
    EXPECT_EQ(first_message(), "definitions.h:1:24: error: duplicate member 'a'");
    diagnostics = {};
    read("struct t { int a; char b[4]; };\nstruct t { int a; char b[4]; };");
    EXPECT_EQ(first_message(), "");
    read("enum e { A = 1, B }; enum e { A = 1, B };");
    EXPECT_EQ(first_message(), "");
    read("enum f { B };");
    EXPECT_EQ(first_message(), "definitions.h:1:10: error: redefinition of enumerator 'B'");
    diagnostics = {};
    read("enum g { C, C };");
    EXPECT_EQ(first_message(), "definitions.h:1:13: error: redefinition of enumerator 'C'");
    diagnostics = {};
    read("struct t { int a; char b[5]; };");
    EXPECT_EQ(first_message(), "definitions.h:1:8: error: redefinition of 't'");
}

TEST_F(Definitions, AMacroThatMakesItselfEnds) {
    read("#define A B B\n#define B A A\nstruct s { int A; };\n#define F(x) F(x) F(x)\nint F(1);\n");
    SUCCEED();
}

}  // namespace
