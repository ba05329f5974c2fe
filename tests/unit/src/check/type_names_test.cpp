#include "tests/unit/src/check/checked.h"

namespace check_test {
namespace {

/// What typeinfo() says of a type as it is spelled.
std::string full_name(std::string_view spelling, std::string_view definitions = "") {
    const std::string text =
        body(std::string(definitions) + " config = { unstable_typeinfo = enable } begin { print(typeinfo(" +
             std::string(spelling) + ").full_type); }");
    const std::size_t begin = text.rfind('"', text.rfind('"') - 1) + 1;
    return text.substr(begin, text.rfind('"') - begin);
}

TEST(TypeNames, AreReadLeftToRight) {
    EXPECT_EQ(full_name("int32"), "int32");
    EXPECT_EQ(full_name("uint64 *"), "uint64 *");
    EXPECT_EQ(full_name("int32*[4]"), "int32 *[4]");
    EXPECT_EQ(full_name("int8[2][3]"), "int8[2][3]");
    EXPECT_EQ(full_name("string[9]"), "string[9]");
    EXPECT_EQ(full_name("buffer[4]"), "buffer[4]");
    EXPECT_EQ(full_name("bool"), "bool");
    EXPECT_EQ(full_name("size_t"), "uint64");
    EXPECT_EQ(full_name("struct s *", "struct s { int x; };"), "struct s *");
    EXPECT_EQ(full_name("typeof(1 == 1)"), "bool");
}

TEST(TypeNames, SaysWhichItDoesNotKnow) {
    EXPECT_EQ(errors("begin { $x = (struct nope *)0; }"), "1:15-28: Cannot resolve unknown type \"struct nope\"\n");
    EXPECT_EQ(errors("begin { print(sizeof(nope)); }"), "1:22-26: Cannot resolve unknown type \"nope\"\n");
    EXPECT_EQ(errors("begin { print((enum nope)1); }"), "1:15-26: Unknown enum: nope\n");
    EXPECT_NE(errors("begin { print(sizeof(int64[99999999])); }"), "");
    EXPECT_NE(errors("begin { print(sizeof(string[99999999])); }"), "");
}

TEST(TypeNames, TakesABuiltinWhereNoTypeHasItsName) {
    EXPECT_EQ(errors("begin { print(sizeof(uid)); }"), "");
}

TEST(TypeNames, OfAMapWithKeysIsTheKeys) {
    EXPECT_NE(body("begin { @m[1, \"a\"] = (int64)2; print(sizeof(typeof(@m))); clear(@m); }").find("3 : uint64"),
              std::string::npos);
}

}  // namespace
}  // namespace check_test
