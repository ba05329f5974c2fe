#include "runtime/format/value.h"

#include "tests/unit/runtime/format/fixture.h"

namespace {

using format::Style;
using format_test::Blob;
using program::Layout;
using program::LayoutId;
using program::LayoutKind;

class Value : public format_test::FormatTest {
  protected:
    void expect(LayoutId layout, const Blob& bytes, std::string_view text, std::string_view as_json) {
        EXPECT_EQ(show(layout, bytes), text);
        EXPECT_EQ(json(layout, bytes), as_json);
    }
};

TEST_F(Value, Integers) {
    expect(integer(1), Blob().u8(250), "250", "250");
    expect(integer(1, true), Blob().u8(0xfb), "-5", "-5");
    expect(integer(2, true), Blob().u16(0x8000), "-32768", "-32768");
    expect(integer(4), Blob().u32(0xffffffff), "4294967295", "4294967295");
    expect(integer(4, true), Blob().u32(0xffffffff), "-1", "-1");
    expect(integer(8, true), Blob().u64(1ULL << 63), "-9223372036854775808", "-9223372036854775808");
    expect(integer(8), Blob().u64(0), "0", "0");
    expect(integer(8), Blob().u64(100), "100", "100");
    expect(integer(8), Blob().u64(12345678901), "12345678901", "12345678901");
}

TEST_F(Value, JsonIntegersADoubleCannotHoldAreStrings) {
    expect(integer(8), Blob().u64(9007199254740991), "9007199254740991", "9007199254740991");
    expect(integer(8), Blob().u64(9007199254740993), "9007199254740993", "\"9007199254740993\"");
    expect(integer(8), Blob().u64(~0ULL), "18446744073709551615", "\"18446744073709551615\"");
    expect(integer(8, true), Blob().i64(-9007199254740993), "-9007199254740993", "\"-9007199254740993\"");
    expect(integer(8), Blob().u64(1ULL << 60), "1152921504606846976", "1152921504606846976");
}

TEST_F(Value, BooleansAndPointers) {
    expect(of(LayoutKind::boolean, 1), Blob().u8(1), "true", "true");
    expect(of(LayoutKind::boolean, 1), Blob().u8(0), "false", "false");
    expect(of(LayoutKind::pointer, 8), Blob().u64(0x1000), "0x1000", "4096");
    expect(of(LayoutKind::pointer, 8), Blob().u64(0), "0x0", "0");
    expect(of(LayoutKind::pointer, 8), Blob().u64(0xffff888012345678), "0xffff888012345678",
           "\"18446612682375452280\"");
}

TEST_F(Value, Text) {
    expect(text(16), Blob().text("bash", 16), "bash", "\"bash\"");
    expect(text(1), Blob().u8(0), "", "\"\"");
    // No NUL: it was cut.
    expect(text(4), Blob().text("bash", 4), "bash..", "\"bash..\"");
    program.config.str_trunc_trailer = "~\"";
    expect(text(4), Blob().text("bash", 4), "bash~\"", "\"bash~\\\"\"");
}

TEST_F(Value, JsonEscapes) {
    EXPECT_EQ(json(text(32), Blob().text("tab\there \"q\" \\", 32)), R"("tab\there \"q\" \\")");
    EXPECT_EQ(json(text(32), Blob().text("\x01\x1f\x7f\r\n", 32)), "\"\\u0001\\u001f\x7f\\r\\n\"");
    EXPECT_EQ(json(text(32), Blob().text("na\xc3\xafve \xce\xa9 \xe2\x82\xac \xf0\x9f\x90\x9d", 32)),
              "\"na\xc3\xafve \xce\xa9 \xe2\x82\xac \xf0\x9f\x90\x9d\"");
    // A lone byte, a sequence that ends too early, an overlong one, a surrogate.
    EXPECT_EQ(json(text(8), Blob().text("a\xff z", 8)), "\"a\xef\xbf\xbd z\"");
    EXPECT_EQ(json(text(8), Blob().text("a\xc3", 8)), "\"a\xef\xbf\xbd\"");
    EXPECT_EQ(json(text(8), Blob().text("\xc0\x80", 8)), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
    EXPECT_EQ(json(text(8), Blob().text("\xed\xa0\x80", 8)), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST_F(Value, Buffers) {
    const LayoutId buffer = of(LayoutKind::buffer, 12);
    expect(buffer, Blob().u32(3).text(std::string_view("a\0b", 3), 8), "a\\x00b", "[97,0,98]");
    expect(buffer, Blob().u32(4).text("A\tB\\", 8), "A\\x09B\\", "[65,9,66,92]");
    expect(buffer, Blob().u32(2).text("\x80\xff", 8), "\\x80\\xff", "[128,255]");
    expect(buffer, Blob().u32(0).text("", 8), "", "[]");
    // A length beyond the buffer is cut to it.
    expect(buffer, Blob().u32(99).text("12345678", 8), "12345678", "[49,50,51,52,53,54,55,56]");
}

TEST_F(Value, ArraysTuplesRecords) {
    const LayoutId byte = integer(1);
    expect(array(byte, 4), Blob().u32(0x00010203), "[3,2,1,0]", "[3,2,1,0]");
    expect(array(array(byte, 2), 2), Blob().u32(0x04030201), "[[1,2],[3,4]]", "[[1,2],[3,4]]");
    const LayoutId pair = group({byte, text(4)});
    expect(pair, Blob().u8(1).text("abc", 4), "(1, abc)", "[1,\"abc\"]");
    expect(group({byte, pair}), Blob().u8(9).u8(1).text("x", 4), "(9, (1, x))", "[9,[1,\"x\"]]");
    expect(group({byte}), Blob().u8(1), "(1)", "[1]");
    const LayoutId record = group({byte, text(4)}, {"id", "tag"});
    expect(record, Blob().u8(9).text("z", 4), "{ .id = 9, .tag = z }", R"({"id": 9, "tag": "z"})");
    expect(group({byte, record}, {"a", "b"}), Blob().u8(1).u8(9).text("z", 4), "{ .a = 1, .b = { .id = 9, .tag = z } }",
           R"({"a": 1, "b": {"id": 9, "tag": "z"}})");
    expect(group({record, byte}), Blob().u8(9).text("z", 4).u8(1), "({ .id = 9, .tag = z }, 1)",
           R"([{"id": 9, "tag": "z"},1])");
    expect(of(LayoutKind::record, 0), Blob(), "{}", "{}");
    expect(group({of(LayoutKind::none, 4), byte}, {"f", "n"}), Blob().u32(7).u8(3), "{ .f = null, .n = 3 }",
           R"({"f": null, "n": 3})");
}

TEST_F(Value, BitFields) {
    Layout layout;
    layout.kind = LayoutKind::record;
    layout.size = 4;
    const LayoutId whole = integer(4), whole_signed = integer(4, true);
    const auto field = [](std::string name, std::uint16_t at, std::uint16_t bits, LayoutId type) {
        program::Field made;
        made.name = std::move(name);
        made.layout = type;
        made.bit_offset = at;
        made.bit_size = bits;
        return made;
    };
    layout.fields = {field("worn", 0, 3, whole), field("spare", 3, 5, whole), field("s", 8, 4, whole_signed),
                     field("high", 31, 1, whole)};
    expect(add(layout), Blob().u32(0x80000f00 | 5 | 17 << 3), "{ .worn = 5, .spare = 17, .s = -1, .high = 1 }",
           R"({"worn": 5, "spare": 17, "s": -1, "high": 1})");

    Layout wide;
    wide.kind = LayoutKind::record;
    wide.size = 12;
    wide.fields = {field("w", 4, 64, integer(8))};  // over nine bytes
    expect(add(wide), Blob().u64(0x123456789abcdef0).u32(0xf), "{ .w = 17375808098319191535 }",
           R"({"w": "17375808098319191535"})");
}

TEST_F(Value, Enumerations) {
    const LayoutId lane = named(LayoutKind::enumeration, 4, {{2, "SLOW"}, {3, "FAST"}});
    expect(lane, Blob().u32(3), "FAST", "3");
    expect(lane, Blob().u32(7), "7", "7");
    // A negative constant, kept sign-extended among the names.
    Layout layout = program.layouts[lane.index()];
    layout.is_signed = true;
    layout.names.values.emplace_back(~0ULL, "NONE");
    expect(add(layout), Blob().u32(0xffffffff), "NONE", "-1");
    for (std::uint64_t i = 100; i < 120; ++i)
        layout.names.values.emplace_back(i, "N" + std::to_string(i));
    const LayoutId many = add(layout);
    expect(many, Blob().u32(119), "N119", "119");
    expect(many, Blob().u32(0xffffffff), "NONE", "-1");
    expect(many, Blob().u32(120), "120", "120");
    EXPECT_EQ(show(group({lane, integer(4)}), Blob().u32(2).u32(1), Style::json_key), "SLOW,1");
}

TEST_F(Value, NamesOfFormatFilesShowOnlyWhereTheyMay) {
    const LayoutId state = named(LayoutKind::integer, 4, {{1, "TCP_ESTABLISHED"}, {7, "TCP_CLOSE"}});
    EXPECT_EQ(show(state, Blob().u32(7)), "7");
    EXPECT_EQ(show(state, Blob().u32(7), Style::names), "TCP_CLOSE");
    EXPECT_EQ(show(state, Blob().u32(9), Style::names), "9");
    EXPECT_EQ(show(state, Blob().u32(7), Style::key), "7");
    const LayoutId args = group({state, integer(4)}, {"state", "n"});
    expect(args, Blob().u32(7).u32(1), "{ .state = TCP_CLOSE, .n = 1 }", R"({"state": 7, "n": 1})");
    EXPECT_EQ(show(group({state, integer(4)}), Blob().u32(7).u32(1)), "(7, 1)");
}

TEST_F(Value, NamesOfFlags) {
    const LayoutId flags = named(LayoutKind::integer, 4, {{3, "RW"}, {1, "R"}, {2, "W"}, {8, "X"}}, true);
    EXPECT_EQ(show(flags, Blob().u32(9), Style::names), "R|X");
    EXPECT_EQ(show(flags, Blob().u32(0x4b), Style::names), "RW|X|0x40");
    EXPECT_EQ(show(flags, Blob().u32(0x40), Style::names), "0x40");
    EXPECT_EQ(show(flags, Blob().u32(0), Style::names), "0");
    const LayoutId with_zero = named(LayoutKind::integer, 4, {{0, "none"}, {1, "R"}}, true);
    EXPECT_EQ(show(with_zero, Blob().u32(0), Style::names), "none");
    EXPECT_EQ(show(with_zero, Blob().u32(1), Style::names), "R");
}

TEST_F(Value, Symbols) {
    const LayoutId ksym = of(LayoutKind::ksym, 8), usym = of(LayoutKind::usym, 16);
    expect(ksym, Blob().u64(0xffffffff81100004), "vfs_read", "\"vfs_read\"");
    expect(ksym, Blob().u64(0), "0", "\"0\"");
    expect(ksym, Blob().u64(5), "0x5", "\"0x5\"");
    kernel.user_symbols[{42, 0x400000}] = {"main", "/bin/gear"};
    kernel.user_symbols[{42, 0x500000}] = {"_ZN4gear4turnEi", "/bin/gear"};
    kernel.user_symbols[{42, 0x600000}] = {"_Znonsense", "/bin/gear"};
    expect(usym, Blob().u64(0x400010).u32(42).u32(0), "main", "\"main\"");
    expect(usym, Blob().u64(0x500010).u32(42).u32(0), "gear::turn(int)", "\"gear::turn(int)\"");
    expect(usym, Blob().u64(0x600010).u32(42).u32(0), "_Znonsense", "\"_Znonsense\"");
    expect(usym, Blob().u64(0x10).u32(42).u32(0), "0x10", "\"0x10\"");
    program.config.cpp_demangle = false;
    expect(usym, Blob().u64(0x500010).u32(42).u32(0), "_ZN4gear4turnEi", "\"_ZN4gear4turnEi\"");
}

TEST_F(Value, Addresses) {
    const LayoutId inet = of(LayoutKind::inet, 24), mac = of(LayoutKind::mac, 6);
    expect(inet, Blob().u64(2).u32(0x0100007f).u32(0).u64(0), "127.0.0.1", "\"127.0.0.1\"");
    expect(inet, Blob().u64(2).u64(0).u64(0), "0.0.0.0", "\"0.0.0.0\"");
    expect(inet, Blob().u64(10).u64(0xfd).u64(0x0500000000000000), "fd00::5", "\"fd00::5\"");
    expect(inet, Blob().u64(10).u64(0).u64(0x0100000000000000), "::1", "\"::1\"");
    expect(inet, Blob().u64(0).u64(0).u64(0), "", "\"\"");
    expect(mac, Blob().text("\x0a\x1b\x2c\x3d\x4e", 6), "0A:1B:2C:3D:4E:00", "\"0A:1B:2C:3D:4E:00\"");
}

TEST_F(Value, UsersAndControlGroups) {
    expect(of(LayoutKind::username, 8), Blob().u64(0), "root", "\"root\"");
    expect(of(LayoutKind::username, 8), Blob().u64(4711), "", "\"\"");
    program.texts = {"*"};
    kernel.cgroup_texts[9] = {"unified:/a/b", "cpu:/x"};
    expect(of(LayoutKind::cgroup_path, 16), Blob().u64(9).u64(0), "unified:/a/b,cpu:/x", "\"unified:/a/b,cpu:/x\"");
    expect(of(LayoutKind::cgroup_path, 16), Blob().u64(777).u64(0), "", "\"\"");
}

TEST_F(Value, Timestamps) {
    // Boot was at 1'700'000'000 s = 2023-11-14 22:13:20 UTC.
    program.texts = {"%H:%M:%S", "%S.%f", "%H:%M:%S.%L|%f", "", "[%%] %%f", "%F %T"};
    const LayoutId timestamp = of(LayoutKind::timestamp, 16);
    const auto at = [&](std::uint64_t ns, std::uint32_t format, std::uint32_t mode = 0) {
        return show(timestamp, Blob().u64(ns).u32(format).u32(mode));
    };
    EXPECT_EQ(at(0, 0), "22:13:20");
    EXPECT_EQ(at(5'000'000'000, 0), "22:13:25");
    EXPECT_EQ(at(5'000'007'000, 1), "25.000007");
    EXPECT_EQ(at(5'314'561'999, 1), "25.314561");
    EXPECT_EQ(at(5'314'561'999, 2), "22:13:25.314|314561");
    EXPECT_EQ(at(6'314'561'999, 2), "22:13:26.314|314561");
    EXPECT_EQ(at(0, 3), "(?)");
    EXPECT_EQ(at(0, 4), "[%] %f");
    EXPECT_EQ(at(0, 99), "(?)");
    EXPECT_EQ(json(timestamp, Blob().u64(0).u32(0).u32(0)), "\"22:13:20\"");
    // TAI is an absolute clock, 37 s ahead.
    EXPECT_EQ(at(1'700'000'037'000'000'000, 5, 1), "2023-11-14 22:13:20");
    kernel.boot_to_wall = 0;
    format::FormatContext other(program, kernel, {});
    std::string out;
    format::append_value(out, other, timestamp, Blob().u64(5).u32(0).u32(0), Style::plain);
    EXPECT_EQ(out, "(?)");
}

TEST_F(Value, WallTimeOfAnyFormat) {
    std::string out;
    context.append_wall_time(out, 1'700'000'000'000'000'000, "%H:%M:%S\n");
    context.append_wall_time(out, 1'700'000'000'000'000'000, "");
    context.append_wall_time(out, -1, "%S.%f");  // just before 1970
    EXPECT_EQ(out, "22:13:20\n59.999999");
}

TEST_F(Value, Keys) {
    const LayoutId byte = integer(1), pair = group({byte, byte});
    const LayoutId key = group({pair, text(4)});
    const Blob bytes = Blob().u8(1).u8(2).text("k z", 4);
    EXPECT_EQ(show(key, bytes, Style::key), "(1, 2), k z");
    EXPECT_EQ(show(key, bytes, Style::json_key), "(1,2),k z");
    EXPECT_EQ(show(group({key, byte}), Blob().u8(1).u8(2).text("k", 4).u8(3), Style::key), "((1, 2), k), 3");
    EXPECT_EQ(show(group({byte}), Blob().u8(6), Style::key), "6");
    const LayoutId record = group({byte, byte}, {"x", "y"});
    EXPECT_EQ(show(record, Blob().u8(1).u8(2), Style::key), "{ .x = 1, .y = 2 }");
    EXPECT_EQ(show(record, Blob().u8(1).u8(2), Style::json_key), "{.x=1,.y=2}");
    EXPECT_EQ(show(text(8), Blob().text("a, b", 8), Style::json_key), "a, b");
}

TEST_F(Value, Order) {
    const auto order = [&](LayoutId layout, const Blob& left, const Blob& right) {
        const std::uint64_t left_prefix = format::order_prefix(context, layout, left);
        const std::uint64_t right_prefix = format::order_prefix(context, layout, right);
        const int compared = format::compare_values(context, layout, left, right);
        if (left_prefix != right_prefix) {
            EXPECT_EQ(left_prefix < right_prefix, compared < 0);
        }
        return compared < 0 ? -1 : compared > 0 ? 1 : 0;
    };
    EXPECT_EQ(order(integer(1, true), Blob().u8(0xff), Blob().u8(1)), -1);
    EXPECT_EQ(order(integer(1), Blob().u8(0xff), Blob().u8(1)), 1);
    EXPECT_EQ(order(integer(8, true), Blob().i64(-5), Blob().i64(-4)), -1);
    EXPECT_EQ(order(text(16), Blob().text("pear", 16), Blob().text("fig", 16)), 1);
    EXPECT_EQ(order(text(16), Blob().text("fig", 16), Blob().text("figs", 16)), -1);
    EXPECT_EQ(order(text(16), Blob().text("eightchar1", 16), Blob().text("eightchar2", 16)), -1);
    EXPECT_EQ(order(text(4), Blob().text(std::string_view("a\0x", 3), 4), Blob().text("a", 4)), 0);
    EXPECT_EQ(order(text(4), Blob().text("\xff", 4), Blob().text("a", 4)), 1);
    const LayoutId pair = group({text(4), integer(1, true)});
    EXPECT_EQ(order(pair, Blob().text("b", 4).u8(3), Blob().text("b", 4).u8(0xfd)), 1);
    EXPECT_EQ(order(pair, Blob().text("a", 4).u8(9), Blob().text("b", 4).u8(0xfd)), -1);
}

TEST_F(Value, ANumberThatStandsForATextIsOrderedAsTheText) {
    Layout numbers;
    numbers.kind = LayoutKind::enumeration;
    numbers.size = 8;
    numbers.names.is_text = true;
    numbers.names.values = {{1, "pear"}, {2, "fig"}};
    const LayoutId layout = add(numbers);
    const auto is_before = [&](std::uint64_t left, std::uint64_t right) {
        const Blob a = Blob().u64(left), b = Blob().u64(right);
        EXPECT_LE(format::order_prefix(context, layout, a), format::order_prefix(context, layout, b));
        return format::compare_values(context, layout, a, b) < 0;
    };
    EXPECT_TRUE(is_before(2, 1));
    EXPECT_TRUE(is_before(7, 2));  // no text: "7"
}

TEST_F(Value, MissingBytesCountAsZero) {
    program.texts = {"%H"};
    const LayoutId byte = integer(1);
    const Blob none;
    EXPECT_EQ(show(integer(8), Blob().u8(7)), "7");
    EXPECT_EQ(show(array(byte, 3), Blob().u8(7)), "[7,0,0]");
    EXPECT_EQ(show(of(LayoutKind::buffer, 68), Blob().u32(64).u8('x')), "x");
    EXPECT_EQ(show(of(LayoutKind::inet, 24), Blob().u64(2).u8(127)), "127.0.0.0");
    Layout stack;
    stack.kind = LayoutKind::ustack;
    stack.size = 16;
    stack.stack_limit = 127;
    for (const LayoutId id :
         {integer(8), of(LayoutKind::boolean, 1), text(16), of(LayoutKind::buffer, 16), of(LayoutKind::pointer, 8),
          array(byte, 2), group({byte, byte}), group({byte}, {"b"}), of(LayoutKind::ksym, 8), of(LayoutKind::usym, 16),
          of(LayoutKind::inet, 24), of(LayoutKind::mac, 6), of(LayoutKind::timestamp, 16),
          of(LayoutKind::cgroup_path, 16), of(LayoutKind::username, 8), add(stack), LayoutId(), LayoutId(9999)}) {
        show(id, none);
        json(id, none);
        EXPECT_EQ(format::compare_values(context, id, none, none), 0);
    }
}

}  // namespace
