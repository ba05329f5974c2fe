// A time series -> a plot in text, or JSON rows. Merging CPUs and slots is map.cpp's; here come finished points.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/format/context.h"

namespace format {

struct SeriesPoint {
    std::uint64_t epoch = 0;  ///< TAI ns / interval
    std::uint64_t value = 0;  ///< signed if the aggregation is
};

/// What a plot shows: epochs [first, last].
struct SeriesRange {
    std::uint64_t first = 0, last = 0;
};

/// Points in ascending order of epoch, each within the range.
void append_series(std::string& out, FormatContext& context, const program::Aggregation& aggregation,
                   std::span<const SeriesPoint> points, SeriesRange range);
void append_json_series(std::string& out, FormatContext& context, const program::Aggregation& aggregation,
                        std::span<const SeriesPoint> points);

}  // namespace format
