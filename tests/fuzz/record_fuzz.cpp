// libFuzzer entry over everything that happens to a record after the ring: the tracer's decoding, printf, values, maps,
// histograms, stacks, in text and JSON. The program is fixed and has one event of every kind; the input is a sequence
// of records, each a u16 length and its bytes, and what is left over are a map's elements. Nothing runs: commands are
// swallowed, output is thrown away.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "runtime/format/context.h"
#include "runtime/format/sink.h"
#include "runtime/program/program.h"
#include "runtime/tracer/records.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_kernel.h"

namespace {

struct Nowhere : format::Writer {
    void write(std::string_view) override {}
    void flush() override {}
};

/// One layout of every kind; sizes chosen so that payloads are often too short and sometimes too long.
program::Program every_event() {
    using namespace program;
    Program p;
    p.files.push_back({.name = "stdin", .text = "begin { }\n"});
    p.texts = {"%H:%M:%S.%f", ""};
    MapSpec map;
    map.name = "@m";
    map.key_size = map.value_size = 8;
    p.maps.push_back(map);
    MapSpec histogram = map;
    histogram.name = "@h";
    histogram.aggregation.kind = AggregationKind::hist;
    histogram.aggregation.bucket_count = 65;
    histogram.value_size = 65 * 8;
    p.maps.push_back(histogram);

    for (unsigned kind = 0; kind <= static_cast<unsigned>(LayoutKind::ustack); ++kind) {
        Layout layout;
        layout.kind = static_cast<LayoutKind>(kind);
        layout.size = 24;
        layout.is_signed = kind % 2 == 0;
        layout.stack_limit = 16;
        layout.stacks = MapId(0);
        switch (layout.kind) {
            case LayoutKind::integer:
            case LayoutKind::pointer:
            case LayoutKind::enumeration:
                layout.size = 8;
                layout.names.values = {{1, "ONE"}, {4, "FOUR"}};
                break;
            case LayoutKind::boolean: layout.size = 1; break;
            case LayoutKind::array:
                layout.element = LayoutId(1);
                layout.count = 3;
                break;
            case LayoutKind::tuple:
            case LayoutKind::record: {
                // Only kinds before it: integer, boolean, text.
                for (std::uint32_t i = 1; i <= 3; ++i) {
                    Field field;
                    field.name = "f" + std::to_string(i);
                    field.offset = i * 5;
                    field.layout = LayoutId(i);
                    field.bit_size = i == 1 ? 3 : 0;
                    layout.fields.push_back(field);
                }
                break;
            }
            default: break;
        }
        p.layouts.push_back(layout);
    }
    p.maps[0].key = LayoutId(static_cast<std::size_t>(LayoutKind::integer));
    p.maps[0].value = LayoutId(static_cast<std::size_t>(LayoutKind::text));
    p.maps[1].key = p.maps[0].key;

    ProbeSpec probe;
    probe.name = "begin";
    p.probes = {probe, probe};
    p.end = {ProbeId(1)};
    WarningPlace place;
    place.span = {.file = FileId(0), .begin = 0, .end = 5};
    place.is_always_shown = true;
    p.warning_places = {place};

    std::vector<FormatOp> ops;
    for (unsigned conversion = 0; conversion <= static_cast<unsigned>(Conversion::gfp_flags); ++conversion) {
        for (std::size_t layout = 0; layout < p.layouts.size(); ++layout) {
            FormatOp op;
            op.text = "x";
            op.conversion = static_cast<Conversion>(conversion);
            op.width = static_cast<int>(layout);
            op.precision = conversion % 3 == 0 ? 4 : -1;
            op.bits = 8U << (layout % 4);
            op.offset = static_cast<std::uint32_t>(layout) * 3;
            op.layout = LayoutId(layout);
            ops.push_back(op);
        }
    }
    p.events.emplace_back(Printf{ops});
    p.events.emplace_back(ErrorF{ops, place.span, false});
    p.events.emplace_back(System{ops});
    for (std::size_t layout = 0; layout < p.layouts.size(); ++layout) {
        p.events.emplace_back(PrintValue{LayoutId(layout)});
    }
    p.events.emplace_back(PrintMap{.map = MapId(0), .top = 2, .div = 3});
    p.events.emplace_back(PrintMap{.map = MapId(1)});
    p.events.emplace_back(ClearMap{MapId(0)});
    p.events.emplace_back(ZeroMap{MapId(1)});
    p.events.emplace_back(Exit{});
    p.events.emplace_back(Time{"%H"});
    p.events.emplace_back(Join{.separator = ",", .count = 16, .size = 32});
    p.events.emplace_back(HelperFailed{PlaceId(0)});
    p.events.emplace_back(RuntimeWarning{PlaceId(0)});
    p.events.emplace_back(Unwatch{});
    return p;
}

void run_once(std::span<const std::byte> input, tracer::OutputFormat format) {
    static const program::Program program = every_event();
    static const test_support::FakeKernel kernel;
    test_support::FakeEngine engine;
    Nowhere nowhere;
    format::FormatContext context(program, kernel, [](program::MapId, std::uint64_t id, std::uint32_t frames) {
        return std::vector<std::uint64_t>(id % 5 < frames ? id % 5 : frames, id);
    });
    const std::unique_ptr<format::Sink> sink = format == tracer::OutputFormat::json
                                                   ? format::make_json_sink(context, nowhere, nowhere)
                                                   : format::make_text_sink(context, nowhere, nowhere);
    tracer::Options options;
    options.warnings = tracer::Warnings::all;
    tracer::Records records(
        program, engine, kernel, *sink, options,
        [](const std::string&) { return base::Result<tracer::CommandResult>(tracer::CommandResult{}); }, [] {});
    while (input.size() >= 2) {
        std::uint16_t length = 0;
        std::memcpy(&length, input.data(), sizeof(length));
        input = input.subspan(2);
        const std::size_t size = std::min<std::size_t>(length % 512, input.size());
        // Ids below 256, so that most records mean something.
        std::vector<std::byte> record(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
        for (const std::size_t at : {1U, 2U, 3U, 5U, 6U, 7U}) {
            if (at < record.size()) record[at] = std::byte{0};
        }
        records.take(record);
        // What a map holds is as hostile as a record: whole elements of the right size, their bytes from the input.
        for (std::uint32_t map = 0; map < 2; ++map) {
            program::MapContents& contents = engine.maps[map];
            contents.key_size = program.maps[map].key_size;
            contents.value_size = program.maps[map].value_size;
            contents.count = size / 16;
            contents.keys.assign(contents.count * contents.key_size, std::byte{0});
            contents.values.assign(contents.count * contents.value_size, std::byte{0});
            if (contents.count == 0) continue;
            std::memcpy(contents.keys.data(), record.data(), std::min(record.size(), contents.keys.size()));
            std::memcpy(contents.values.data(), record.data(), std::min(record.size(), contents.values.size()));
        }
        input = input.subspan(size);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> input(reinterpret_cast<const std::byte*>(data), size);
    run_once(input, tracer::OutputFormat::text);
    run_once(input, tracer::OutputFormat::json);
    return 0;
}
