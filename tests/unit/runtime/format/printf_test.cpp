#include "runtime/format/printf.h"

#include "runtime/format/parse_format.h"
#include "tests/unit/runtime/format/fixture.h"

namespace {

using format_test::Blob;
using program::LayoutId;
using program::LayoutKind;

struct Argument {
    LayoutId layout;
    Blob bytes;
};

class Printf : public format_test::FormatTest {
  protected:
    Argument i64(std::int64_t value) { return {integer(8, true), Blob().i64(value)}; }
    Argument u64(std::uint64_t value) { return {integer(8), Blob().u64(value)}; }
    Argument i8(std::int64_t value) { return {integer(1, true), Blob().number(static_cast<std::uint64_t>(value), 1)}; }
    Argument str(std::string_view value) {
        const auto size = static_cast<std::uint32_t>(value.size() + 1);
        return {text(size), Blob().text(value, size)};
    }
    Argument buf(std::string_view value) {
        const auto size = static_cast<std::uint32_t>(value.size() + 4);
        return {of(LayoutKind::buffer, size), Blob().u32(value.size()).text(value, value.size())};
    }

    std::string run(std::string_view format, const std::vector<Argument>& arguments = {}) {
        const format::ParsedFormat parsed = format::parse_format(format);
        EXPECT_FALSE(parsed.error) << parsed.error->message;
        EXPECT_EQ(parsed.arguments, arguments.size());
        std::vector<program::FormatOp> ops;
        std::vector<std::byte> payload;
        std::size_t next = 0;
        for (const format::FormatPiece& piece : parsed.pieces) {
            ops.push_back(format::to_op(piece));
            if (piece.conversion == program::Conversion::none) continue;
            const Argument& argument = arguments[next++];
            ops.back().layout = argument.layout;
            ops.back().offset = static_cast<std::uint32_t>(payload.size());
            payload.insert(payload.end(), argument.bytes.bytes().begin(), argument.bytes.bytes().end());
        }
        std::string out;
        format::append_printf(out, context, ops, payload);
        return out;
    }
};

TEST_F(Printf, Integers) {
    EXPECT_EQ(run("%d %i %u\n", {i64(12), i64(-12), i64(12)}), "12 -12 12\n");
    EXPECT_EQ(run("%x %X %o %p", {i64(3054), i64(3054), i64(64), i64(3054)}), "bee BEE 100 0xbee");
    EXPECT_EQ(run("[%6d][%-6d][%06d][%d]", {i64(345), i64(345), i64(345), i64(-345)}),
              "[   345][345   ][000345][-345]");
    EXPECT_EQ(run("[%+d][%+d]", {i64(6), i64(-6)}), "[+6][-6]");
    EXPECT_EQ(run("[% d][% d]", {i64(6), i64(-6)}), "[ 6][-6]");
    EXPECT_EQ(run("[%06d][%05d]", {i64(-42), i64(-7)}), "[-00042][-0007]");
    EXPECT_EQ(run("%#x %#X %#o %#x %#o", {i64(255), i64(255), i64(8), i64(0), i64(0)}), "0xff 0XFF 010 0 0");
    EXPECT_EQ(run("%08x|%-8x|%8x|", {i64(48879), i64(48879), i64(48879)}), "0000beef|beef    |    beef|");
    EXPECT_EQ(run("%#010x|%-#10x|%#10x|", {i64(0xbeef), i64(0xbeef), i64(0xbeef)}),
              "0x0000beef|0xbeef    |    0xbeef|");
    EXPECT_EQ(run("[%.3d][%6.3d][%-6.3d][%06.3d][%.0d]", {i64(5), i64(-5), i64(5), i64(5), i64(0)}),
              "[005][  -005][005   ][   005][]");
    EXPECT_EQ(run("[%+05d][%-05d][%020p]", {i64(7), i64(7), i64(4096)}), "[+0007][7    ][0x000000000000001000]");
}

TEST_F(Printf, WithoutALengthIntegersAre32BitsWide) {
    EXPECT_EQ(run("%d %u %ld %lx", {u64(4294967298), u64(4294967298), u64(4294967298), u64(4294967298)}),
              "2 2 4294967298 100000002");
    EXPECT_EQ(run("%d", {u64(8589934597)}), "5");
    EXPECT_EQ(run("%u %lu %hhx", {i8(-2), i8(-2), i8(-2)}), "4294967294 18446744073709551614 fe");
    EXPECT_EQ(run("%d %u %x %ld", {i8(-1), i8(-1), i8(-1), i8(-1)}), "-1 4294967295 ffffffff -1");
    EXPECT_EQ(run("%hhd %hhu %hd %hu", {i64(384), i64(384), i64(65540), i64(65540)}), "-128 128 4 4");
    EXPECT_EQ(run("%jd %zd %td %ji %zu", {i8(-3), i8(-4), i8(-5), i8(5), i8(6)}), "-3 -4 -5 5 6");
    EXPECT_EQ(run("%p", {Argument{of(LayoutKind::pointer, 8), Blob().u64(0xffff888012345678)}}), "0xffff888012345678");
}

TEST_F(Printf, CharactersBooleansPointersEnums) {
    EXPECT_EQ(run("%c%c|%4c|%-4c|", {i64(79), i64(75), i64(66), i64(67)}), "OK|   B|C   |");
    const Argument yes{of(LayoutKind::boolean, 1), Blob().u8(1)}, no{of(LayoutKind::boolean, 1), Blob().u8(0)};
    EXPECT_EQ(run("%d %d %u %s %-6s|", {yes, no, yes, no, yes}), "1 0 1 false true  |");
    const Argument pointer{of(LayoutKind::pointer, 8), Blob().u64(64)};
    EXPECT_EQ(run("%s %p %d", {pointer, pointer, pointer}), "0x40 0x40 64");
    const Argument top{named(LayoutKind::enumeration, 4, {{9, "TOP"}}), Blob().u32(9)};
    EXPECT_EQ(run("%s %d %x", {top, top, top}), "TOP 9 9");
    const Argument state{named(LayoutKind::integer, 4, {{10, "TCP_LISTEN"}}), Blob().u32(10)};
    EXPECT_EQ(run("%-12s %d", {state, state}), "TCP_LISTEN   10");
}

TEST_F(Printf, Text) {
    EXPECT_EQ(run("[%6s][%-6s][%s]", {str("abc"), str("abc"), str("abcdefgh")}), "[   abc][abc   ][abcdefgh]");
    EXPECT_EQ(run("[%.4s][%-8.3s][%8.2s]", {str("abcdefg"), str("abcdefg"), str("abcdefg")}),
              "[abcd][abc     ][      ab]");
    EXPECT_EQ(run("[%-10.10s]", {str("twelve chars")}), "[twelve cha]");
    EXPECT_EQ(run("%s:%s|100%%", {str(""), str("x")}), ":x|100%");
    EXPECT_EQ(run("%5s|%-5s|%s|%s", {i64(42), i64(42), i64(-42), u64(200)}), "   42|42   |-42|200");
    EXPECT_EQ(run("[%08s]", {str("ab")}), "[      ab]");
}

TEST_F(Printf, WholeCompositesArePadded) {
    const Argument pair{group({integer(1), text(3)}), Blob().u8(7).text("ab", 3)};
    EXPECT_EQ(run("[%-16s][%16s]", {pair, pair}), "[(7, ab)         ][         (7, ab)]");
    const Argument record{group({integer(1)}, {"k"}), Blob().u8(1)};
    EXPECT_EQ(run("%s|%12s|", {record, record}), "{ .k = 1 }|  { .k = 1 }|");
    const Argument inet{of(LayoutKind::inet, 24), Blob().u64(2).u64(0x0100007f).u64(0)};
    EXPECT_EQ(run("%12s|%-12s|", {inet, inet}), "   127.0.0.1|127.0.0.1   |");
}

TEST_F(Printf, Buffers) {
    const std::string_view bytes("Az\0\xff", 4);
    EXPECT_EQ(run("%r|%rx|%rh", {buf(bytes), buf(bytes), buf(bytes)}), "Az\\x00\\xff|\\x41\\x7a\\x00\\xff|41 7a 00 ff");
    EXPECT_EQ(run("[%6r][%-8rh]", {buf("ab"), buf("ab")}), "[    ab][61 62   ]");
}

TEST_F(Printf, StacksAreInsertedWithTheirNewlines) {
    stacks[3] = {0xffffffff81100010};
    program::Layout layout;
    layout.kind = LayoutKind::kstack;
    layout.size = 16;
    layout.stack_limit = 2;
    const Argument stack{add(layout), Blob().u64(3).u32(1).u32(0)};
    EXPECT_EQ(run("A%sB\n", {stack}), "A\n        vfs_read+16\nB\n");
}

TEST_F(Printf, GfpFlagsComeFromTheFormatFile) {
    EXPECT_EQ(run("%gr", {u64(0)}), "0");
    kernel.add_event("kmem", "kmalloc",
                     "print fmt: \"gfp_flags=%s\", (REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", "
                     "{( unsigned long)((( gfp_t)((((1UL))) << (10)) | ( gfp_t)((((1UL))) << (11))) & ~( gfp_t)0), "
                     "\"GFP_SLOW\"}, {( unsigned long)(( gfp_t)((((1UL))) << (10))), \"__GFP_DIRECT_RECLAIM\"}, "
                     "{( unsigned long)0x100u, \"__GFP_ZERO\"} ) : \"none\"");
    EXPECT_EQ(run("%gr %gr %gr %14gr", {u64(0xc00), u64(0x500), u64(0x100002), u64(0x100)}),
              "GFP_SLOW __GFP_DIRECT_RECLAIM|__GFP_ZERO 0x100002     __GFP_ZERO");
}

TEST_F(Printf, ShortPayloadPrintsZeros) {
    const program::FormatOp op = [&] {
        program::FormatOp made = format::to_op(format::parse_format("%d").pieces[0]);
        made.layout = integer(8);
        made.offset = 4000;
        return made;
    }();
    std::string out;
    format::append_printf(out, context, std::span(&op, 1), Blob().u32(77));
    EXPECT_EQ(out, "0");
}

}  // namespace
