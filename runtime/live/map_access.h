// live: reading, emptying and zeroing maps of the kernel from outside, whatever their kind. A LiveMap is a map that was
// created for a MapSpec; everything here hides how the kernel wants to be asked (batches where they exist, key by key
// elsewhere, per-CPU values rounded up to 8 bytes). Must not know what the bytes mean.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/program/map_contents.h"
#include "runtime/program/program.h"

namespace live {

struct LiveMap {
    base::Fd fd;
    const program::MapSpec* spec = nullptr;
    std::uint32_t cpus = 1;  ///< possible CPUs, for per-CPU kinds

    [[nodiscard]] bool is_per_cpu() const;
    [[nodiscard]] bool is_hash() const;
    /// Bytes the kernel copies per lookup: value_size, or its multiple of 8 for each possible CPU.
    [[nodiscard]] std::size_t transfer_size() const;
};

[[nodiscard]] base::Result<program::MapContents> read_contents(const LiveMap& map);
[[nodiscard]] base::Status clear_contents(const LiveMap& map);
[[nodiscard]] base::Status zero_contents(const LiveMap& map);

/// Sums `count` entries from `first` of a per-CPU array of u64s; value_size / 8 numbers each.
[[nodiscard]] std::vector<std::uint64_t> sum_entries(const LiveMap& map, std::uint32_t first, std::uint32_t count);

}  // namespace live
