// program::MapContents: every element of one map as it was read, flat, so that a map of a million keys costs little
// more than its bytes. Filled by an engine::Engine, handed by the tracer to runtime/format, which sorts and prints. It
// knows neither what the bytes mean (that is MapSpec and Layout) nor where they came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace program {

/// Element i: key = key_size bytes of `keys`, values = copies × value_size bytes of `values` (no kernel padding).
struct MapContents {
    std::uint32_t key_size = 0;    ///< 0 for scalars: one element without a key
    std::uint32_t value_size = 0;  ///< of one copy
    std::uint32_t copies = 1;      ///< 1, or one per possible CPU for per-CPU maps
    std::size_t count = 0;
    std::vector<std::byte> keys, values;

    [[nodiscard]] std::span<const std::byte> key(std::size_t i) const {
        return std::span(keys).subspan(i * key_size, key_size);
    }
    /// All copies of element i, back to back.
    [[nodiscard]] std::span<const std::byte> copies_of(std::size_t i) const {
        const std::size_t stride = std::size_t{value_size} * copies;
        return std::span(values).subspan(i * stride, stride);
    }
    /// The copy of one CPU (0 for plain maps).
    [[nodiscard]] std::span<const std::byte> value(std::size_t i, std::uint32_t copy = 0) const {
        return std::span(values).subspan((i * copies + copy) * value_size, value_size);
    }
};

}  // namespace program
