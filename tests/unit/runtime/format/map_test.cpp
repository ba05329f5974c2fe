#include "runtime/format/map.h"

#include "runtime/format/histogram.h"
#include "tests/unit/runtime/format/fixture.h"

namespace {

using format_test::Blob;
using program::AggregationKind;
using program::LayoutId;
using program::LayoutKind;
using program::MapId;
using program::MapSpec;

class Map : public format_test::FormatTest {
  protected:
    /// A keyed map; key unset = scalar.
    MapSpec& add_map(std::string name, LayoutId key, LayoutId value) {
        MapSpec spec;
        spec.name = std::move(name);
        spec.key = key;
        spec.value = value;
        spec.is_scalar = !key.is_set();
        spec.key_size = key.is_set() ? program.layouts[key.index()].size : 4;
        spec.value_size = (value.is_set() ? program.layouts[value.index()].size : 8) + (spec.is_scalar ? 8 : 0);
        program.maps.push_back(std::move(spec));
        elements.clear();
        return program.maps.back();
    }
    MapSpec& add_aggregation(std::string name, LayoutId key, AggregationKind kind, bool is_signed = false) {
        MapSpec& spec = add_map(std::move(name), key, LayoutId());
        spec.aggregation.kind = kind;
        spec.aggregation.is_signed = is_signed;
        const bool is_pair = kind == AggregationKind::min || kind == AggregationKind::max ||
                             kind == AggregationKind::avg || kind == AggregationKind::stats;
        if (kind == AggregationKind::hist) spec.aggregation.bucket_count = format::hist_bucket_count(0);
        spec.value_size = (is_pair ? 16 : 8) + (spec.is_scalar ? 8 : 0);
        if (kind == AggregationKind::hist) spec.value_size = 8 * 65 + (spec.is_scalar ? 8 : 0);
        return spec;
    }
    void put(const Blob& key, const Blob& values) { elements.emplace_back(key.bytes(), values.bytes()); }

    std::vector<format::MapElement> views() const {
        std::vector<format::MapElement> out;
        for (const auto& [key, values] : elements)
            out.push_back({key, values});
        return out;
    }
    std::string text(std::uint64_t top = 0, std::uint64_t div = 0, bool is_at_exit = false) {
        format_test::StringWriter writer;
        std::string scratch;
        format::write_map(writer, scratch, context, MapId(program.maps.size() - 1), views(), {top, div, is_at_exit});
        EXPECT_TRUE(scratch.empty());
        return writer.out;
    }
    std::string json(std::uint64_t top = 0, std::uint64_t div = 0, bool is_at_exit = false) {
        format_test::StringWriter writer;
        std::string scratch;
        format::write_json_map(writer, scratch, context, MapId(program.maps.size() - 1), views(),
                               {top, div, is_at_exit});
        return writer.out;
    }
    /// Counts of a histogram without bits: how often each value came.
    static Blob buckets(const std::vector<std::int64_t>& values, bool has_set_word = false) {
        std::vector<std::uint64_t> counts(65);
        for (const std::int64_t value : values)
            ++counts[format::hist_index(value, 0)];
        Blob blob;
        if (has_set_word) blob.u64(1);
        for (const std::uint64_t count : counts)
            blob.u64(count);
        return blob;
    }

    std::vector<std::pair<std::vector<std::byte>, std::vector<std::byte>>> elements;
    const std::string full = std::string(52, '@'), half = std::string(26, '@') + std::string(26, ' ');
};

TEST_F(Map, Scalars) {
    add_map("@n", LayoutId(), integer(8, true));
    put({}, Blob().u64(1).i64(-7));
    EXPECT_EQ(text(), "@n: -7\n");
    EXPECT_EQ(json(), R"({"type": "map", "data": {"@n": -7}})"
                      "\n");
    EXPECT_EQ(text(0, 3), "@n: -2\n");

    add_map("@t", LayoutId(), group({integer(1), FormatTest::text(4)}));
    put({}, Blob().u64(1).u8(1).text("q", 4));
    EXPECT_EQ(text(), "@t: (1, q)\n");
    EXPECT_EQ(json(), R"({"type": "map", "data": {"@t": [1,"q"]}})"
                      "\n");
}

TEST_F(Map, AScalarThatWasNeverSetShowsOnlyWhenAskedFor) {
    add_map("@n", LayoutId(), integer(8, true));
    put({}, Blob().u64(0).i64(99));
    EXPECT_EQ(text(0, 0, true), "");
    EXPECT_EQ(json(0, 0, true), "");
    EXPECT_EQ(text(), "@n: 0\n");
    EXPECT_EQ(json(), R"({"type": "map", "data": {"@n": 0}})"
                      "\n");
    elements.clear();
    EXPECT_EQ(text(0, 0, true), "");
    EXPECT_EQ(text(), "@n: 0\n");

    add_map("@s", LayoutId(), FormatTest::text(8));
    EXPECT_EQ(text(), "@s: \n");
    add_aggregation("@h", LayoutId(), AggregationKind::hist);
    EXPECT_EQ(text(), "@h:\n\n");
    EXPECT_EQ(json(), R"({"type": "hist", "data": {"@h": []}})"
                      "\n");
    add_map("@k", integer(8), integer(8));
    EXPECT_EQ(text(), "");
    EXPECT_EQ(json(), "");
}

TEST_F(Map, IntegersAreSortedByValueThenKey) {
    add_map("@who", FormatTest::text(4), integer(8, true));
    put(Blob().text("b", 4), Blob().i64(7));
    put(Blob().text("yy", 4), Blob().i64(-7));
    put(Blob().text("a", 4), Blob().i64(7));
    put(Blob().text("x", 4), Blob().i64(0));
    EXPECT_EQ(text(), "@who[yy]: -7\n@who[x]: 0\n@who[a]: 7\n@who[b]: 7\n");
    EXPECT_EQ(json(), R"({"type": "map", "data": {"@who": {"yy": -7, "x": 0, "a": 7, "b": 7}}})"
                      "\n");
    EXPECT_EQ(text(2), "@who[a]: 7\n@who[b]: 7\n");
    EXPECT_EQ(text(1, 2), "@who[b]: 3\n");
    EXPECT_EQ(text(0, 7), "@who[yy]: -1\n@who[x]: 0\n@who[a]: 1\n@who[b]: 1\n");
    EXPECT_EQ(text(~0ULL), text());
}

TEST_F(Map, SmallAndUnsignedValuesAreSortedAsNumbers) {
    add_map("@small", integer(1, true), integer(1, true));
    put(Blob().u8(10), Blob().u8(1));
    put(Blob().u8(0xff), Blob().u8(1));
    put(Blob().u8(9), Blob().u8(0xff));
    EXPECT_EQ(text(), "@small[9]: -1\n@small[-1]: 1\n@small[10]: 1\n");
    add_map("@big", integer(8), integer(8));
    put(Blob().u64(1), Blob().u64(~0ULL));
    put(Blob().u64(2), Blob().u64(1));
    EXPECT_EQ(text(), "@big[2]: 1\n@big[1]: 18446744073709551615\n");
}

TEST_F(Map, OtherValuesAreSortedByKey) {
    add_map("@p", integer(8, true), of(LayoutKind::pointer, 8));
    put(Blob().i64(2), Blob().u64(32));
    put(Blob().i64(1), Blob().u64(64));
    put(Blob().i64(-3), Blob().u64(99));
    EXPECT_EQ(text(), "@p[-3]: 0x63\n@p[1]: 0x40\n@p[2]: 0x20\n");
    add_map("@m", group({integer(8, true), FormatTest::text(4)}), group({integer(1), integer(1)}));
    put(Blob().i64(3).text("b", 4), Blob().u8(1).u8(1));
    put(Blob().i64(3).text("a", 4), Blob().u8(2).u8(2));
    put(Blob().i64(-3).text("z", 4), Blob().u8(0).u8(0));
    EXPECT_EQ(text(), "@m[-3, z]: (0, 0)\n@m[3, a]: (2, 2)\n@m[3, b]: (1, 1)\n");
    EXPECT_EQ(json(), R"({"type": "map", "data": {"@m": {"-3,z": [0,0], "3,a": [2,2], "3,b": [1,1]}}})"
                      "\n");
}

TEST_F(Map, CountsAndSumsAddUpOverCpus) {
    add_aggregation("@c", FormatTest::text(4), AggregationKind::count);
    put(Blob().text("two", 4), Blob().u64(1).u64(1));
    put(Blob().text("one", 4), Blob().u64(0).u64(1));
    EXPECT_EQ(text(), "@c[one]: 1\n@c[two]: 2\n");
    EXPECT_EQ(json(), R"({"type": "map", "data": {"@c": {"one": 1, "two": 2}}})"
                      "\n");
    add_aggregation("@s", FormatTest::text(4), AggregationKind::sum, true);
    put(Blob().text("m", 4), Blob().i64(-5).i64(1));
    put(Blob().text("n", 4), Blob().i64(-9).i64(0));
    EXPECT_EQ(text(), "@s[n]: -9\n@s[m]: -4\n");
    EXPECT_EQ(text(0, 3), "@s[n]: -3\n@s[m]: -1\n");
    // A scalar has the word "was set" in front on every CPU.
    add_aggregation("@u", LayoutId(), AggregationKind::sum);
    put({}, Blob().u64(0).u64(0).u64(1).u64(1ULL << 63));
    EXPECT_EQ(text(0, 0, true), "@u: 9223372036854775808\n");
}

TEST_F(Map, MinimumAndMaximumSkipCpusThatSawNothing) {
    add_aggregation("@lo", FormatTest::text(4), AggregationKind::min, true);
    put(Blob().text("b", 4), Blob().i64(0).u64(0).i64(4).u64(1).i64(9).u64(1));
    put(Blob().text("a", 4), Blob().i64(-30).u64(1).i64(0).u64(0).i64(0).u64(0));
    EXPECT_EQ(text(), "@lo[a]: -30\n@lo[b]: 4\n");
    add_aggregation("@hi", LayoutId(), AggregationKind::max, true);
    put({}, Blob().u64(1).i64(-8).u64(1).u64(1).i64(-3).u64(1).u64(0).i64(0).u64(0));
    EXPECT_EQ(text(), "@hi: -3\n");
    add_aggregation("@hi", LayoutId(), AggregationKind::max);
    put({}, Blob().u64(1).u64(0).u64(0));
    EXPECT_EQ(text(), "@hi: 0\n");
}

TEST_F(Map, Averages) {
    add_aggregation("@a", FormatTest::text(4), AggregationKind::avg, true);
    put(Blob().text("hi", 4), Blob().i64(100).u64(2).i64(0).u64(0));
    put(Blob().text("lo", 4), Blob().i64(-7).u64(1).i64(-8).u64(1));
    EXPECT_EQ(text(), "@a[lo]: -7\n@a[hi]: 50\n");
    EXPECT_EQ(json(), R"({"type": "stats", "data": {"@a": {"lo": -7, "hi": 50}}})"
                      "\n");
    EXPECT_EQ(text(1, 10), "@a[hi]: 5\n");
    add_aggregation("@z", LayoutId(), AggregationKind::avg);
    put({}, Blob().u64(1).u64(0).u64(0));
    EXPECT_EQ(text(), "@z: 0\n");
}

TEST_F(Map, Stats) {
    add_aggregation("@st", LayoutId(), AggregationKind::stats, true);
    put({}, Blob().u64(1).i64(-7).u64(1).u64(1).i64(-8).u64(1));
    EXPECT_EQ(text(), "@st: { .count = 2, .average = -7, .total = -15 }\n");
    EXPECT_EQ(json(), R"({"type": "stats", "data": {"@st": {"count": 2, "average": -7, "total": -15}}})"
                      "\n");
    program.config.legacy_stats = true;
    EXPECT_EQ(text(), "@st: count 2, average -7, total -15\n\n");
    program.config.legacy_stats = false;

    add_aggregation("@s", FormatTest::text(4), AggregationKind::stats);
    put(Blob().text("b", 4), Blob().u64(90).u64(1));
    put(Blob().text("a", 4), Blob().u64(50).u64(1));
    EXPECT_EQ(text(1), "@s[b]: { .count = 1, .average = 90, .total = 90 }\n");
    EXPECT_EQ(text(0, 10),
              "@s[a]: { .count = 1, .average = 5, .total = 50 }\n@s[b]: { .count = 1, .average = 9, .total = 90 }\n");
    EXPECT_EQ(json(), R"({"type": "stats", "data": {"@s": {"a": {"count": 1, "average": 50, "total": 50}, )"
                      R"("b": {"count": 1, "average": 90, "total": 90}}}})"
                      "\n");
}

TEST_F(Map, Histograms) {
    add_aggregation("@h", LayoutId(), AggregationKind::hist);
    put({}, buckets({3}, true));
    EXPECT_EQ(text(), "@h:\n[2, 4)                 1 |" + full + "|\n\n");
    EXPECT_EQ(json(), R"({"type": "hist", "data": {"@h": [{"min": 2, "max": 3, "count": 1}]}})"
                      "\n");
    elements.clear();
    put({}, buckets({}, true));  // zeroed
    EXPECT_EQ(text(0, 0, true), "@h:\n\n");

    add_aggregation("@k", FormatTest::text(4), AggregationKind::hist);
    put(Blob().text("many", 4), buckets({2, 2, 5}));
    put(Blob().text("few", 4), buckets({2}));
    EXPECT_EQ(text(), "@k[few]:\n[2, 4)                 1 |" + full + "|\n\n@k[many..]:\n[2, 4)                 2 |" +
                          full + "|\n[4, 8)                 1 |" + half + "|\n\n");
    EXPECT_EQ(text(1),
              "@k[many..]:\n[2, 4)                 2 |" + full + "|\n[4, 8)                 1 |" + half + "|\n\n");
    EXPECT_EQ(json(1), R"({"type": "hist", "data": {"@k": {"many..": [{"min": 2, "max": 3, "count": 2},)"
                       R"({"min": 4, "max": 7, "count": 1}]}}})"
                       "\n");
}

TEST_F(Map, HistogramsAddUpOverCpus) {
    MapSpec& spec = add_aggregation("@l", LayoutId(), AggregationKind::lhist);
    spec.aggregation.lhist_max = 4;
    spec.aggregation.lhist_step = 2;
    spec.aggregation.bucket_count = 4;
    spec.value_size = 8 + 4 * 8;
    put({}, Blob().u64(1).u64(0).u64(1).u64(0).u64(0).u64(1).u64(0).u64(1).u64(1).u64(0));
    EXPECT_EQ(text(), "@l:\n[0, 2)                 2 |" + full + "|\n[2, 4)                 1 |" + half + "|\n\n");
}

TEST_F(Map, BucketKeyedHistogramsAreGroupedByKey) {
    MapSpec& spec = add_aggregation("@h", FormatTest::text(5), AggregationKind::hist);
    spec.aggregation.is_bucket_keyed = true;
    spec.value_size = 8;
    const auto key = [](std::string_view name, std::int64_t value) {
        return Blob().text(name, 8).u32(format::hist_index(value, 0));
    };
    put(key("b", 5), Blob().u64(1).u64(1));
    put(key("a", 3), Blob().u64(1).u64(0));
    put(key("b", 3), Blob().u64(0).u64(1));
    EXPECT_EQ(text(), "@h[a]:\n[2, 4)                 1 |" + full + "|\n\n@h[b]:\n[2, 4)                 1 |" + half +
                          "|\n[4, 8)                 2 |" + full + "|\n\n");
    EXPECT_EQ(json(1), R"({"type": "hist", "data": {"@h": {"b": [{"min": 2, "max": 3, "count": 1},)"
                       R"({"min": 4, "max": 7, "count": 2}]}}})"
                       "\n");

    MapSpec& scalar = add_aggregation("@s", LayoutId(), AggregationKind::hist);
    scalar.aggregation.is_bucket_keyed = true;
    scalar.value_size = 8;
    EXPECT_EQ(text(0, 0, true), "");
    put(Blob().u32(format::hist_index(3, 0)), Blob().u64(2));
    EXPECT_EQ(text(0, 0, true), "@s:\n[2, 4)                 2 |" + full + "|\n\n");
}

TEST_F(Map, StacksAsKeysAndValues) {
    stacks[7] = {0xffffffff81100010};
    program::Layout layout;
    layout.kind = LayoutKind::kstack;
    layout.size = 16;
    layout.stack_limit = 3;
    const LayoutId stack = add(layout);
    add_aggregation("@x", group({stack, integer(1)}), AggregationKind::count);
    put(Blob().u64(7).u32(1).u32(0).u8(1), Blob().u64(1));
    EXPECT_EQ(text(), "@x[\n        vfs_read+16\n, 1]: 1\n");
    EXPECT_EQ(json(), R"({"type": "map", "data": {"@x": {"\nvfs_read+16\n,1": 1}}})"
                      "\n");
    add_aggregation("@", stack, AggregationKind::count);
    put(Blob().u64(1).u32(0).u32(0), Blob().u64(1));
    EXPECT_EQ(text(), "@[\n]: 1\n");
    add_map("@", LayoutId(), stack);
    put({}, Blob().u64(1).u64(7).u32(1).u32(0));
    EXPECT_EQ(text(), "@: \n        vfs_read+16\n\n");
}

TEST_F(Map, TimeSeries) {
    MapSpec& spec = add_aggregation("@ts", LayoutId(), AggregationKind::tseries);
    spec.aggregation.tseries_interval = 100'000'000;
    spec.aggregation.tseries_count = 10;
    spec.value_size = 24;
    kernel.tai_to_wall = 0;
    // 10:00:00.100 on a day of 2023, in tenths of a second.
    const std::uint64_t first = 1'700'042'400ULL * 10 + 1;
    const auto slot = [&](std::uint64_t epoch, std::uint64_t value) {
        put(Blob().u32(epoch % 10), Blob().u64(epoch).u64(value).u64(epoch * 100'000'000));
    };
    slot(first + 3, 5);
    slot(first, 1);
    slot(first + 1, 3);
    const std::string extremes = std::string(13, ' ') + "1" + std::string(51, ' ') + "5\n";
    EXPECT_EQ(text(), "@ts:\n" + extremes + "hh:mm:ss.ms  |" + std::string(51, '_') + "|\n" + "10:00:00.100 *" +
                          std::string(51, ' ') + "| 1\n" + "10:00:00.200 |" + std::string(25, ' ') + "*" +
                          std::string(25, ' ') + "| 3\n" + "10:00:00.300 |" + std::string(51, ' ') + "| -\n" +
                          "10:00:00.400 |" + std::string(51, ' ') + "* 5\n" + std::string(13, ' ') + "v" +
                          std::string(51, '_') + "v\n" + extremes + "\n");
    EXPECT_EQ(json(), R"({"type": "tseries", "data": {"@ts": [)"
                      R"({"interval_start":"2023-11-15T10:00:00.100000000","value":1},)"
                      R"({"interval_start":"2023-11-15T10:00:00.200000000","value":3},)"
                      R"({"interval_start":"2023-11-15T10:00:00.400000000","value":5}]}})"
                      "\n");
}

TEST_F(Map, TimeSeriesOfOneEpoch) {
    MapSpec& spec = add_aggregation("@t", LayoutId(), AggregationKind::tseries, true);
    spec.aggregation.tseries_interval = 1'000'000'000;
    spec.aggregation.tseries_count = 4;
    spec.aggregation.tseries_of = AggregationKind::avg;
    spec.value_size = 24;
    kernel.tai_to_wall = 0;
    const std::uint64_t epoch = 1'700'042'400;
    put(Blob().u32(epoch % 4), Blob().u64(epoch).u64(10).u64(1).u64(epoch).u64(6).u64(1));
    const std::string extremes = std::string(19, ' ') + "7" + std::string(51, ' ') + "9\n";
    EXPECT_EQ(text(), "@t:\n" + extremes + "hh:mm:ss.ns        |" + std::string(51, '_') + "|\n" +
                          "10:00:00.000000000 |" + std::string(25, ' ') + "*" + std::string(25, ' ') + "| 8\n" +
                          std::string(19, ' ') + "v" + std::string(51, '_') + "v\n" + extremes + "\n");
}

TEST_F(Map, LargeMapsAreHandedOnInChunks) {
    add_aggregation("@big", integer(8), AggregationKind::count);
    for (std::uint64_t i = 0; i < 50'000; ++i)
        put(Blob().u64(i * 7919 % 50'000), Blob().u64(1));
    format_test::StringWriter writer;
    std::string scratch;
    format::write_map(writer, scratch, context, MapId(0), views(), {});
    EXPECT_GT(writer.writes, 5u);
    EXPECT_LT(scratch.capacity(), 200'000u);
    EXPECT_TRUE(writer.out.starts_with("@big[0]: 1\n@big[1]: 1\n@big[2]: 1\n"));
    EXPECT_TRUE(writer.out.ends_with("@big[49999]: 1\n"));
}

TEST_F(Map, ElementsShorterThanTheirLayoutAreSafe) {
    for (const AggregationKind kind : {AggregationKind::count, AggregationKind::min, AggregationKind::stats,
                                       AggregationKind::hist, AggregationKind::tseries}) {
        MapSpec& spec = add_aggregation("@x", FormatTest::text(16), kind);
        spec.aggregation.tseries_interval = 1'000'000'000;
        put(Blob().u8('a'), Blob().u8(1));
        put({}, {});
        text();
        json();
    }
}

}  // namespace
