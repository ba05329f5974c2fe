// A whole map -> text or JSON: merges the CPUs' values, sorts, keeps the top, divides. Takes elements as they were read
// (engine::Element has the same shape, but this folder must not know engines) and hands the text on in chunks, so that
// a million keys need an index but no second copy.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "runtime/format/value.h"
#include "runtime/format/writer.h"

namespace format {

/// values: value_size bytes, or as many times that as there are possible CPUs.
struct MapElement {
    Bytes key, values;
};

struct MapRequest {
    std::uint64_t top = 0;    ///< keep the n largest; 0 = all
    std::uint64_t div = 0;    ///< divide values; 0 = 1
    bool is_at_exit = false;  ///< a scalar that was never set prints nothing
};

/// Text of a map, or one JSON line. `scratch` is used and left empty.
void write_map(Writer& out, std::string& scratch, FormatContext& context, program::MapId map,
               std::span<const MapElement> elements, const MapRequest& request);
void write_json_map(Writer& out, std::string& scratch, FormatContext& context, program::MapId map,
                    std::span<const MapElement> elements, const MapRequest& request);

}  // namespace format
