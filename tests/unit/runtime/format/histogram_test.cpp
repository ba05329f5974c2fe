#include "runtime/format/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

using program::Aggregation;
using program::AggregationKind;

Aggregation hist(std::uint32_t bits = 0) {
    Aggregation made;
    made.kind = AggregationKind::hist;
    made.hist_bits = bits;
    made.bucket_count = format::hist_bucket_count(bits);
    return made;
}

Aggregation lhist(std::int64_t min, std::int64_t max, std::int64_t step) {
    Aggregation made;
    made.kind = AggregationKind::lhist;
    made.lhist_min = min;
    made.lhist_max = max;
    made.lhist_step = step;
    made.bucket_count = format::lhist_bucket_count(min, max, step);
    return made;
}

std::vector<std::uint64_t> count(const Aggregation& aggregation, const std::vector<std::int64_t>& values) {
    std::vector<std::uint64_t> counts(aggregation.bucket_count);
    for (const std::int64_t value : values) {
        ++counts.at(
            aggregation.kind == AggregationKind::hist
                ? format::hist_index(value, aggregation.hist_bits)
                : format::lhist_index(value, aggregation.lhist_min, aggregation.lhist_max, aggregation.lhist_step));
    }
    return counts;
}

std::string draw(const Aggregation& aggregation, const std::vector<std::int64_t>& values, std::uint64_t div = 0) {
    std::string out;
    format::append_histogram(out, aggregation, count(aggregation, values), div);
    return out;
}

/// Only label and count of every row.
std::string labels(const Aggregation& aggregation, const std::vector<std::int64_t>& values) {
    const std::string rows = draw(aggregation, values);
    std::string out;
    for (std::size_t at = 0; at < rows.size(); at = rows.find('\n', at) + 1) {
        const std::string row = rows.substr(at, rows.find(" |", at) - at);
        const std::size_t blank = row.find_last_of(' ');
        if (!out.empty()) out += "; ";
        out += row.substr(0, row.find_last_not_of(' ', blank) + 1) + "=" + row.substr(blank + 1);
    }
    return out;
}

const std::string kFull(52, '@'), kHalf = std::string(26, '@') + std::string(26, ' '), kNone(52, ' ');

TEST(Histogram, NegativeAndZero) {
    EXPECT_EQ(draw(hist(), {-3, 0, 1, 1, 6}),
              "(..., 0)               1 |" + kHalf + "|\n" + "[0]                    1 |" + kHalf + "|\n" +
                  "[1]                    2 |" + kFull + "|\n" + "[2, 4)                 0 |" + kNone + "|\n" +
                  "[4, 8)                 1 |" + kHalf + "|\n");
}

TEST(Histogram, LargeLabels) {
    EXPECT_EQ(labels(hist(), {700, 1500, 9000}), "[512, 1K)=1; [1K, 2K)=1; [2K, 4K)=0; [4K, 8K)=0; [8K, 16K)=1");
    EXPECT_EQ(labels(hist(), {1 << 19}), "[512K, 1M)=1");
    EXPECT_EQ(labels(hist(), {2147483648, 4294967296}), "[2G, 4G)=1; [4G, 8G)=1");
    EXPECT_EQ(labels(hist(), {std::int64_t{1} << 40}), "[1T, 2T)=1");
    EXPECT_EQ(labels(hist(), {std::int64_t{1} << 50}), "[1P, 2P)=1");
    EXPECT_EQ(labels(hist(), {std::int64_t{1} << 62}), "[4E, 8E)=1");
}

TEST(Histogram, Bits) {
    EXPECT_EQ(labels(hist(1), {5, 6, 9}), "[4, 6)=1; [6, 8)=1; [8, 12)=1");
    EXPECT_EQ(labels(hist(2), {3, 9, 11}), "[3]=1; [4]=0; [5]=0; [6]=0; [7]=0; [8, 10)=1; [10, 12)=1");
    EXPECT_EQ(labels(hist(3), {100, 111, 127}), "[96, 104)=1; [104, 112)=1; [112, 120)=0; [120, 128)=1");
    EXPECT_EQ(labels(hist(2), {2000, 2100}), "[1792, 2048)=1; [2048, 2560)=1");
    EXPECT_EQ(labels(hist(2), {1048576, 1500000}), "[1024K, 1280K)=1; [1280K, 1536K)=1");
    EXPECT_EQ(labels(hist(2), {1030}), "[1024, 1280)=1");
    EXPECT_EQ(labels(hist(3), {1 << 14}), "[16K, 18K)=1");
    EXPECT_EQ(labels(hist(4), {70000}), "[68K, 72K)=1");
    EXPECT_EQ(labels(hist(5), {6, 7}), "[6]=1; [7]=1");
}

TEST(Histogram, IndexAndBoundsAgree) {
    for (std::uint32_t bits = 0; bits <= 5; ++bits) {
        const std::uint32_t buckets = format::hist_bucket_count(bits);
        EXPECT_EQ(format::hist_index(std::numeric_limits<std::int64_t>::max(), bits), buckets - 1);
        std::uint64_t expected = 0;
        for (std::uint32_t index = 1; index < buckets; ++index) {
            const format::Bucket bucket = format::hist_bucket(index, bits);
            ASSERT_EQ(static_cast<std::uint64_t>(bucket.low), expected);
            ASSERT_EQ(format::hist_index(bucket.low, bits), index);
            ASSERT_EQ(format::hist_index(static_cast<std::int64_t>(bucket.high - 1), bits), index);
            expected = bucket.high;
        }
        EXPECT_EQ(expected, std::uint64_t{1} << 63);
    }
    EXPECT_EQ(format::hist_bucket_count(0), 65u);
    EXPECT_EQ(format::hist_bucket_count(5), 1889u);
    EXPECT_EQ(format::hist_index(-1, 3), 0u);
}

TEST(Histogram, BarsRoundDownInSinglePrecision) {
    const std::string third(17, '@');
    EXPECT_EQ(draw(hist(), {0, 0, 0, 1}), "[0]                    3 |" + kFull + "|\n" + "[1]                    1 |" +
                                              third + std::string(35, ' ') + "|\n");
}

TEST(Histogram, DivisorKeepsRows) {
    EXPECT_EQ(draw(hist(), {5, 5, 17}, 2), "[4, 8)                 1 |" + kFull + "|\n" + "[8, 16)                0 |" +
                                               kNone + "|\n" + "[16, 32)               0 |" + kNone + "|\n");
    EXPECT_EQ(draw(hist(), {5}, 2), "[4, 8)                 0 |" + kNone + "|\n");
    EXPECT_EQ(draw(lhist(0, 10, 5), {5, 5}, 2), "[5, 10)                2 |" + kFull + "|\n");
}

TEST(Histogram, NothingCountedNothingDrawn) {
    EXPECT_EQ(draw(hist(), {}), "");
    std::string out;
    format::append_json_histogram(out, hist(), count(hist(), {}), 0);
    EXPECT_EQ(out, "[]");
}

TEST(Histogram, Linear) {
    EXPECT_EQ(labels(lhist(0, 30, 10), {-4, 12, 12, 30}), "(..., 0)=1; [0, 10)=0; [10, 20)=2; [20, 30)=0; [30, ...)=1");
    EXPECT_EQ(labels(lhist(0, 4, 1), {2, 4}), "[2]=1; [3]=0; [4, ...)=1");
    EXPECT_EQ(labels(lhist(0, 10, 4), {9, 1}), "[0, 4)=1; [4, 8)=0; [8, ...)=1");
    EXPECT_EQ(labels(lhist(0, 7, 3), {2, 6, 7}), "[0, 3)=1; [3, 6)=0; [6, ...)=2");
    EXPECT_EQ(labels(lhist(0, 4096, 1024), {2500}), "[2K, 3K)=1");
    EXPECT_EQ(labels(lhist(0, 16384, 2048), {100, 4096}), "[0, 2K)=1; [2K, 4K)=0; [4K, 6K)=1");
    EXPECT_EQ(labels(lhist(0, 8388608, 1048576), {3145728}), "[3M, 4M)=1");
    EXPECT_EQ(labels(lhist(5, 15, 5), {7, 3, 14}), "(..., 5)=1; [5, 10)=1; [10, 15)=1");
    EXPECT_EQ(labels(lhist(0, 20480, 1024), {20480}), "[20K, ...)=1");
}

TEST(Histogram, LinearIndexAndBoundsAgree) {
    for (const std::int64_t step : {1, 3, 10}) {
        for (std::int64_t value = -5; value < 150; ++value) {
            const std::uint32_t index = format::lhist_index(value, 7, 100, step);
            const format::Bucket bucket = format::lhist_bucket(index, 7, 100, step);
            ASSERT_LT(index, format::lhist_bucket_count(7, 100, step));
            ASSERT_TRUE(!bucket.has_low || value >= bucket.low);
            ASSERT_TRUE(!bucket.has_high || value < static_cast<std::int64_t>(bucket.high));
        }
    }
}

TEST(Histogram, Json) {
    const auto json = [](const Aggregation& aggregation, const std::vector<std::int64_t>& values) {
        std::string out;
        format::append_json_histogram(out, aggregation, count(aggregation, values), 0);
        return out;
    };
    EXPECT_EQ(json(hist(), {0, 5, -2}),
              R"([{"max": -1, "count": 1},{"min": 0, "max": 0, "count": 1},{"min": 1, "max": 1, "count": 0},)"
              R"({"min": 2, "max": 3, "count": 0},{"min": 4, "max": 7, "count": 1}])");
    EXPECT_EQ(json(hist(2), {20}), R"([{"min": 20, "max": 23, "count": 1}])");
    EXPECT_EQ(json(lhist(0, 8, 4), {-2, 9}),
              R"([{"max": -1, "count": 1},{"min": 0, "max": 3, "count": 0},{"min": 4, "max": 7, "count": 0},)"
              R"({"min": 8, "count": 1}])");
}

}  // namespace
