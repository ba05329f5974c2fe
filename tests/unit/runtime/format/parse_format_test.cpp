#include "runtime/format/parse_format.h"

#include <gtest/gtest.h>

namespace {

using format::LengthModifier;
using format::parse_format;
using program::Conversion;

/// "text|spelling,width,precision,bits,flags" of every piece, joined by blanks; or the error.
std::string shape(std::string_view text) {
    const format::ParsedFormat parsed = parse_format(text);
    std::string out;
    for (const format::FormatPiece& piece : parsed.pieces) {
        if (!out.empty()) out += ' ';
        out += '<' + piece.text + '>';
        if (piece.conversion == Conversion::none) continue;
        out += piece.spelling + "," + std::to_string(piece.width) + "," + std::to_string(piece.precision) + "," +
               std::to_string(piece.bits) + ",";
        if (piece.flags.left) out += '-';
        if (piece.flags.plus) out += '+';
        if (piece.flags.space) out += '_';
        if (piece.flags.alternate) out += '#';
        if (piece.flags.zero) out += '0';
    }
    if (parsed.error) out += "!" + parsed.error->message;
    return out;
}

TEST(ParseFormat, Pieces) {
    EXPECT_EQ(shape(""), "");
    EXPECT_EQ(shape("plain\n"), "<plain\n>");
    EXPECT_EQ(shape("%d"), "<>d,-1,-1,32,");
    EXPECT_EQ(shape("a %s b %x\n"), "<a >s,-1,-1,32, < b >x,-1,-1,32, <\n>");
    EXPECT_EQ(shape("[%-10.3s]"), "<[>s,10,3,32,- <]>");
    EXPECT_EQ(shape("%+ #06lld"), "<>d,6,-1,64,+_#0");
    EXPECT_EQ(shape("%0-5d"), "<>d,5,-1,32,-0");
    EXPECT_EQ(shape("%.s"), "<>s,-1,0,32,");
}

TEST(ParseFormat, Lengths) {
    EXPECT_EQ(shape("%hhd%hd%ld%lld%jd%zd%td%Ld%p"),
              "<>d,-1,-1,8, <>d,-1,-1,16, <>d,-1,-1,64, <>d,-1,-1,64, <>d,-1,-1,64, <>d,-1,-1,64, <>d,-1,-1,64, "
              "<>d,-1,-1,64, <>p,-1,-1,64,");
    EXPECT_EQ(parse_format("%lld").pieces[0].length, LengthModifier::ll);
}

TEST(ParseFormat, Buffers) {
    EXPECT_EQ(shape("%r %rx %rh %gr"), "<>r,-1,-1,32, < >rx,-1,-1,32, < >rh,-1,-1,32, < >gr,-1,-1,32,");
}

TEST(ParseFormat, PercentThatConvertsNothingIsText) {
    EXPECT_EQ(shape("100%%"), "<100%>");
    EXPECT_EQ(shape("100%"), "<100%>");
    EXPECT_EQ(shape("%k and %-"), "<%k and %->");
    EXPECT_EQ(shape("%%%d%%"), "<%>d,-1,-1,32, <%>");
    EXPECT_EQ(shape("50% off"), "<50>o,-1,-1,32,_ <ff>");
    EXPECT_EQ(shape("%5y%d"), "<%5y>d,-1,-1,32,");
    EXPECT_EQ(shape("%%d"), "<%d>");
}

TEST(ParseFormat, Errors) {
    EXPECT_EQ(shape("%f"), "!unsupported format specifier: f");
    EXPECT_EQ(shape("%d %e %g"), "<>d,-1,-1,32,!unsupported format specifier: e");
    EXPECT_EQ(shape("%5.2G"), "!unsupported format specifier: G");
    EXPECT_EQ(shape("%*d"), "!a width or precision of * is not supported in a format string");
    EXPECT_EQ(shape("%.*s"), "!a width or precision of * is not supported in a format string");
    EXPECT_EQ(parse_format("ab%5f").error->begin, 2u);
    EXPECT_EQ(parse_format("ab%5f").error->end, 5u);
}

TEST(ParseFormat, PlacesAndCounts) {
    const format::ParsedFormat parsed = parse_format("a %s b %5d\n");
    EXPECT_EQ(parsed.arguments, 2u);
    ASSERT_EQ(parsed.pieces.size(), 3u);
    EXPECT_EQ(parsed.pieces[1].begin, 7u);
    EXPECT_EQ(parsed.pieces[1].end, 10u);
    const program::FormatOp op = format::to_op(parsed.pieces[1]);
    EXPECT_EQ(op.text, " b ");
    EXPECT_EQ(op.width, 5);
    EXPECT_EQ(op.conversion, Conversion::signed_decimal);
    EXPECT_EQ(parse_format("%99999999999d").pieces[0].width, 65536);
}

}  // namespace
