// Any bytes shown with any layout, as text, key and JSON, and compared: nothing may be read beyond the bytes, however
// short they are. First byte = layout, the rest = the value.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/format/map.h"
#include "runtime/format/value.h"
#include "tests/fuzz/fuzz_kernel.h"
#include "tests/fuzz/fuzz_layouts.h"

namespace {

class CountingWriter : public format::Writer {
  public:
    void write(std::string_view text) override { written += text.size(); }
    void flush() override {}
    std::size_t written = 0;
};

program::Program with_maps(program::Program program) {
    for (const auto kind :
         {program::AggregationKind::none, program::AggregationKind::count, program::AggregationKind::min,
          program::AggregationKind::stats, program::AggregationKind::hist, program::AggregationKind::tseries}) {
        for (const bool is_scalar : {false, true}) {
            program::MapSpec spec;
            spec.name = "@m";
            spec.is_scalar = is_scalar;
            spec.aggregation.kind = kind;
            spec.aggregation.bucket_count = 65;
            spec.aggregation.tseries_interval = 1'000'000'000;
            spec.aggregation.tseries_count = 8;
            spec.value_size = 24;
            spec.value = program::LayoutId(program.layouts.size() - 2);
            spec.key = is_scalar ? program::LayoutId() : program::LayoutId(program.layouts.size() - 3);
            program.maps.push_back(spec);
        }
    }
    return program;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::EmptyKernel kernel;
    static const program::Program program = with_maps(fuzz::program_of_all_layouts());
    if (size == 0) return 0;
    format::FormatContext context(program, kernel, [](program::MapId, std::uint64_t id, std::uint32_t frames) {
        return std::vector<std::uint64_t>(frames, id);
    });

    // A copy of exact size, so that the sanitizer sees the first byte too far.
    const std::vector<std::byte> bytes(reinterpret_cast<const std::byte*>(data) + 1,
                                       reinterpret_cast<const std::byte*>(data) + size);
    const program::LayoutId layout(data[0] % program.layouts.size());
    std::string out;
    for (const format::Style style :
         {format::Style::plain, format::Style::names, format::Style::key, format::Style::json_key}) {
        format::append_value(out, context, layout, bytes, style);
    }
    format::append_json_value(out, context, layout, bytes);
    const format::Bytes left = format::Bytes(bytes).first(bytes.size() / 2);
    const format::Bytes right = format::Bytes(bytes).subspan(bytes.size() / 2);
    if (format::compare_values(context, layout, left, right) < 0 &&
        format::order_prefix(context, layout, left) > format::order_prefix(context, layout, right)) {
        __builtin_trap();
    }

    const format::MapElement elements[] = {{left, right}, {right, left}, {left, bytes}};
    CountingWriter writer;
    std::string scratch;
    for (std::size_t i = 0; i < program.maps.size(); ++i) {
        // count.
        format::write_map(writer, scratch, context, program::MapId(i), elements,
                          {.top = data[0] % 4u, .div = data[0] % 7u});
        format::write_json_map(writer, scratch, context, program::MapId(i), elements, {});
    }
    return 0;
}
