#include "runtime/format/tseries.h"

#include <algorithm>

#include "runtime/format/text.h"

namespace format {
namespace {

using program::Aggregation;

/// The plot: columns 0 and 52 are its edges.
constexpr std::uint64_t kLastColumn = 52;
/// The line of extremes: minimum left-aligned, maximum right-aligned.
constexpr std::size_t kMinimumColumns = 21, kMaximumColumns = 32;

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

__extension__ using Wide = unsigned __int128;  // 52 * 2^64

struct Resolution {
    std::string_view suffix;  ///< of the header
    unsigned digits = 0;      ///< of a second's fraction
};

Resolution resolution_of(const Aggregation& aggregation, SeriesRange range) {
    // One epoch alone has no spacing to show, and gets the finest.
    const std::uint64_t spacing = range.first == range.last ? 0 : aggregation.tseries_interval;
    if (spacing >= kNsPerSecond) return {"", 0};
    if (spacing >= 1'000'000) return {".ms", 3};
    if (spacing >= 1'000) return {".us", 6};
    return {".ns", 9};
}

void append_number(std::string& out, const Aggregation& aggregation, std::uint64_t value) {
    if (aggregation.is_signed) {
        append_signed(out, static_cast<std::int64_t>(value));
    } else {
        append_unsigned(out, value);
    }
}

bool is_less(const Aggregation& aggregation, std::uint64_t left, std::uint64_t right) {
    return aggregation.is_signed ? static_cast<std::int64_t>(left) < static_cast<std::int64_t>(right) : left < right;
}

void append_epoch_time(std::string& out, FormatContext& context, const Aggregation& aggregation, std::uint64_t epoch,
                       std::string_view format, std::string_view before_fraction, unsigned digits) {
    const std::int64_t wall = context.wall_ns(epoch * aggregation.tseries_interval, program::TimestampMode::tai);
    context.append_wall_time(out, wall, format);
    if (digits == 0) return;
    std::uint64_t fraction = static_cast<std::uint64_t>(wall) % kNsPerSecond;
    for (unsigned i = digits; i < 9; ++i)
        fraction /= 10;
    out += before_fraction;
    append_padded(out, fraction, digits);
}

}  // namespace

void append_series(std::string& out, FormatContext& context, const Aggregation& aggregation,
                   std::span<const SeriesPoint> points, SeriesRange range) {
    std::uint64_t minimum = 0, maximum = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const std::uint64_t value = points[i].value;
        if (i == 0 || is_less(aggregation, value, minimum)) minimum = value;
        if (i == 0 || is_less(aggregation, maximum, value)) maximum = value;
    }
    if (minimum == maximum) {
        // The one value stands in the middle. At the ends of the number range only one side can move.
        const bool is_lowest = !is_less(aggregation, minimum - 1, minimum);
        const bool is_highest = !is_less(aggregation, maximum, maximum + 1);
        if (!is_lowest) --minimum;
        if (!is_highest) ++maximum;
    }
    const auto column_of = [&](std::uint64_t value) {
        return static_cast<std::size_t>(Wide{kLastColumn} * (value - minimum) / (maximum - minimum));
    };

    const Resolution resolution = resolution_of(aggregation, range);
    const std::size_t time_columns = 8 + (resolution.digits == 0 ? 0 : resolution.digits + 1);
    std::string extremes(time_columns + 1, ' ');
    std::string number;
    append_number(number, aggregation, minimum);
    extremes += number;
    if (number.size() < kMinimumColumns) extremes.append(kMinimumColumns - number.size(), ' ');
    number.clear();
    append_number(number, aggregation, maximum);
    if (number.size() < kMaximumColumns) extremes.append(kMaximumColumns - number.size(), ' ');
    extremes += number;
    extremes += '\n';

    out += extremes;
    std::string header("hh:mm:ss");
    header += resolution.suffix;
    header.resize(time_columns + 1, ' ');
    out += header;
    out += '|';
    out.append(kLastColumn - 1, '_');
    out += "|\n";

    const bool has_zero =
        aggregation.is_signed && static_cast<std::int64_t>(minimum) < 0 && static_cast<std::int64_t>(maximum) > 0;
    auto point = points.begin();
    for (std::uint64_t i = 0; i <= range.last - range.first; ++i) {
        const std::uint64_t epoch = range.first + i;
        append_epoch_time(out, context, aggregation, epoch, "%H:%M:%S", ".", resolution.digits);
        out += ' ';
        const std::size_t plot = out.size();
        out.append(kLastColumn + 1, ' ');
        out[plot] = out[plot + kLastColumn] = '|';
        if (has_zero) out[plot + column_of(0)] = '.';
        if (point != points.end() && point->epoch == epoch) {
            out[plot + column_of(point->value)] = '*';
            out += ' ';
            append_number(out, aggregation, point->value);
            ++point;
        } else {
            out += " -";
        }
        out += '\n';
    }

    out.append(time_columns + 1, ' ');
    out += 'v';
    out.append(kLastColumn - 1, '_');
    out += "v\n";
    out += extremes;
}

void append_json_series(std::string& out, FormatContext& context, const Aggregation& aggregation,
                        std::span<const SeriesPoint> points) {
    out += '[';
    bool is_first = true;
    for (const SeriesPoint& point : points) {
        if (!is_first) out += ',';
        is_first = false;
        out += "{\"interval_start\":\"";
        append_epoch_time(out, context, aggregation, point.epoch, "%Y-%m-%dT%H:%M:%S", ".", 9);
        out += "\",\"value\":";
        if (aggregation.is_signed) {
            append_json_signed(out, static_cast<std::int64_t>(point.value));
        } else {
            append_json_unsigned(out, point.value);
        }
        out += '}';
    }
    out += ']';
}

}  // namespace format
