#include "runtime/format/histogram.h"

#include <bit>

#include "runtime/format/text.h"

namespace format {
namespace {

using program::Aggregation;
using program::AggregationKind;

/// Columns of a row: label, count, bar.
constexpr std::size_t kLabelColumns = 16, kCountColumns = 8, kBarColumns = 52;

bool is_linear(const Aggregation& aggregation) {
    return aggregation.kind == AggregationKind::lhist;
}

Bucket bucket_of(const Aggregation& aggregation, std::uint32_t index) {
    return is_linear(aggregation)
               ? lhist_bucket(index, aggregation.lhist_min, aggregation.lhist_max, aggregation.lhist_step)
               : hist_bucket(index, aggregation.hist_bits);
}

/// First and one past the last non-zero bucket.
struct Rows {
    std::uint32_t first = 0, end = 0;
    std::uint64_t divisor = 1;
};

Rows rows_of(const Aggregation& aggregation, std::span<const std::uint64_t> counts, std::uint64_t div) {
    Rows rows;
    rows.divisor = is_linear(aggregation) || div == 0 ? 1 : div;
    auto end = static_cast<std::uint32_t>(counts.size());
    while (end > 0 && counts[end - 1] == 0)
        --end;
    while (rows.first < end && counts[rows.first] == 0)
        ++rows.first;
    rows.end = end;
    return rows;
}

/// A bound of a hist: value / 1024^d and the suffix of d, where d comes from the width of the bucket that starts here
/// and not from the value, so that the bounds of one decade's buckets stay whole numbers.
void append_hist_bound(std::string& out, std::uint64_t value, std::uint32_t bits) {
    const int top = value == 0 ? 0 : 63 - std::countl_zero(value);
    const int width = top > static_cast<int>(bits) ? top - static_cast<int>(bits) : 0;
    const int decade = width / 10;
    append_unsigned(out, value >> (10 * decade));
    if (decade > 0) out += " KMGTPE"[decade];
}

/// A bound of an lhist: K and M only if the step is a whole number of K.
void append_lhist_bound(std::string& out, std::int64_t value, std::int64_t step) {
    constexpr std::int64_t kKilo = 1024, kMega = kKilo * 1024;
    if (step % kKilo != 0 || value == 0 || value % kKilo != 0) {
        append_signed(out, value);
    } else if (value % kMega == 0) {
        append_signed(out, value / kMega);
        out += 'M';
    } else {
        append_signed(out, value / kKilo);
        out += 'K';
    }
}

void append_label(std::string& out, const Aggregation& aggregation, const Bucket& bucket) {
    const auto append_bound = [&](std::uint64_t value) {
        if (is_linear(aggregation)) {
            append_lhist_bound(out, static_cast<std::int64_t>(value), aggregation.lhist_step);
        } else {
            append_hist_bound(out, value, aggregation.hist_bits);
        }
    };
    const auto low = static_cast<std::uint64_t>(bucket.low);
    if (!bucket.has_low) {
        out += "(..., ";
        append_bound(bucket.high);
        out += ')';
    } else if (!bucket.has_high) {
        out += '[';
        append_bound(low);
        out += ", ...)";
    } else if (bucket.high - low == 1) {
        out += '[';
        append_signed(out, bucket.low);
        out += ']';
    } else {
        out += '[';
        append_bound(low);
        out += ", ";
        append_bound(bucket.high);
        out += ')';
    }
}

void pad_to(std::string& out, std::size_t columns, std::size_t used) {
    if (used < columns) out.append(columns - used, ' ');
}

/// Whole columns of the bar. In single precision because that is what users' eyes and tests compare with: a third of
/// 52 must round as it does there.
std::size_t bar_length(std::uint64_t count, std::uint64_t largest) {
    if (largest == 0) return 0;
    const float share = static_cast<float>(count) / static_cast<float>(largest);
    return static_cast<std::size_t>(share * static_cast<float>(kBarColumns));
}

}  // namespace

std::uint32_t hist_bucket_count(std::uint32_t bits) {
    return ((64 - bits) << bits) + 1;
}

std::uint32_t hist_index(std::int64_t value, std::uint32_t bits) {
    if (value < 0) return 0;
    const auto number = static_cast<std::uint64_t>(value);
    if (number < std::uint64_t{1} << bits) return static_cast<std::uint32_t>(number) + 1;
    const auto top = static_cast<std::uint32_t>(63 - std::countl_zero(number));
    const std::uint32_t shift = top - bits;
    const std::uint64_t part = (number >> shift) & ((std::uint64_t{1} << bits) - 1);
    return ((shift + 1) << bits) + static_cast<std::uint32_t>(part) + 1;
}

Bucket hist_bucket(std::uint32_t index, std::uint32_t bits) {
    if (index == 0) return Bucket{.low = 0, .high = 0, .has_low = false, .has_high = true};
    const std::uint32_t number = index - 1;
    if (number < std::uint32_t{2} << bits) return Bucket{.low = number, .high = std::uint64_t{number} + 1};
    const std::uint32_t shift = (number >> bits) - 1;
    const std::uint64_t part = (number & ((std::uint32_t{1} << bits) - 1)) + (std::uint64_t{1} << bits);
    return Bucket{.low = static_cast<std::int64_t>(part << shift), .high = (part + 1) << shift};
}

std::uint32_t lhist_bucket_count(std::int64_t min, std::int64_t max, std::int64_t step) {
    return static_cast<std::uint32_t>((max - min) / step) + 2;
}

std::uint32_t lhist_index(std::int64_t value, std::int64_t min, std::int64_t max, std::int64_t step) {
    if (value < min) return 0;
    if (value > max) value = max;
    return static_cast<std::uint32_t>((value - min) / step) + 1;
}

Bucket lhist_bucket(std::uint32_t index, std::int64_t min, std::int64_t max, std::int64_t step) {
    if (index == 0)
        return Bucket{.low = 0, .high = static_cast<std::uint64_t>(min), .has_low = false, .has_high = true};
    const std::int64_t low = min + (std::int64_t{index} - 1) * step;
    const bool is_last = index + 1 >= lhist_bucket_count(min, max, step);
    return Bucket{.low = low, .high = static_cast<std::uint64_t>(low + step), .has_low = true, .has_high = !is_last};
}

void append_histogram(std::string& out, const Aggregation& aggregation, std::span<const std::uint64_t> counts,
                      std::uint64_t div) {
    const Rows rows = rows_of(aggregation, counts, div);
    std::uint64_t largest = 0;
    for (std::uint32_t i = rows.first; i < rows.end; ++i)
        largest = std::max(largest, counts[i] / rows.divisor);

    std::string number;
    for (std::uint32_t i = rows.first; i < rows.end; ++i) {
        const std::uint64_t count = counts[i] / rows.divisor;
        const std::size_t start = out.size();
        append_label(out, aggregation, bucket_of(aggregation, i));
        pad_to(out, kLabelColumns, out.size() - start);
        number.clear();
        append_unsigned(number, count);
        pad_to(out, kCountColumns, number.size());
        out += number;
        out += " |";
        const std::size_t bar = bar_length(count, largest);
        out.append(bar, '@');
        pad_to(out, kBarColumns, bar);
        out += "|\n";
    }
}

void append_json_histogram(std::string& out, const Aggregation& aggregation, std::span<const std::uint64_t> counts,
                           std::uint64_t div) {
    const Rows rows = rows_of(aggregation, counts, div);
    out += '[';
    for (std::uint32_t i = rows.first; i < rows.end; ++i) {
        if (i != rows.first) out += ',';
        const Bucket bucket = bucket_of(aggregation, i);
        out += '{';
        if (bucket.has_low) {
            out += "\"min\": ";
            append_json_signed(out, bucket.low);
            out += ", ";
        }
        if (bucket.has_high) {
            out += "\"max\": ";
            append_json_signed(out, static_cast<std::int64_t>(bucket.high - 1));
            out += ", ";
        }
        out += "\"count\": ";
        append_json_unsigned(out, counts[i] / rows.divisor);
        out += '}';
    }
    out += ']';
}

}  // namespace format
