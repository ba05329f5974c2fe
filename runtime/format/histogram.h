// Histograms: which bucket a value falls into, what a bucket's bounds are, and the rows as text and JSON. The bucket
// arithmetic is the specification of what src/codegen emits; its tests compare with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "runtime/program/program.h"

namespace format {

/// [low, high); an open end is not there.
struct Bucket {
    std::int64_t low = 0;
    std::uint64_t high = 0;  ///< exclusive; up to 2^63
    bool has_low = true, has_high = true;
};

// -- hist(value, bits): powers of two, each cut into 2^bits parts
[[nodiscard]] std::uint32_t hist_bucket_count(std::uint32_t bits);
[[nodiscard]] std::uint32_t hist_index(std::int64_t value, std::uint32_t bits);
[[nodiscard]] Bucket hist_bucket(std::uint32_t index, std::uint32_t bits);

// -- lhist(value, min, max, step)
[[nodiscard]] std::uint32_t lhist_bucket_count(std::int64_t min, std::int64_t max, std::int64_t step);
[[nodiscard]] std::uint32_t lhist_index(std::int64_t value, std::int64_t min, std::int64_t max, std::int64_t step);
[[nodiscard]] Bucket lhist_bucket(std::uint32_t index, std::int64_t min, std::int64_t max, std::int64_t step);

/// Rows from the first to the last non-zero bucket, each with its newline; nothing if all are zero. div divides the
/// counts of a hist (0 counts as 1); an lhist ignores it.
void append_histogram(std::string& out, const program::Aggregation& aggregation, std::span<const std::uint64_t> counts,
                      std::uint64_t div);
/// [{"min": 0, "max": 0, "count": 1},...]
void append_json_histogram(std::string& out, const program::Aggregation& aggregation,
                           std::span<const std::uint64_t> counts, std::uint64_t div);

}  // namespace format
