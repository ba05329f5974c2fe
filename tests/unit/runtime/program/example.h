// One Program with something of everything, for dump and serialisation.
#pragma once

#include "runtime/program/program.h"
#include "runtime/program/record.h"

namespace program_test {

inline program::Layout layout(program::LayoutKind kind, std::uint32_t size, bool is_signed = false) {
    program::Layout out;
    out.kind = kind;
    out.size = size;
    out.is_signed = is_signed;
    return out;
}

inline program::Program example() {
    using namespace program;
    Program p;
    p.files.push_back({.name = "stdin", .text = "tracepoint:sched:sched_switch /pid/ { @x[comm] = hist(1); }"});
    p.texts = {"%H:%M", "tab\t\"q\""};
    p.btf = {std::byte{1}, std::byte{2}};
    p.layouts = {layout(LayoutKind::integer, 8, true), layout(LayoutKind::text, 16),   layout(LayoutKind::tuple, 24),
                 layout(LayoutKind::array, 32),        layout(LayoutKind::kstack, 16), layout(LayoutKind::record, 8)};
    const auto field = [](std::string name, std::uint32_t offset, LayoutId of, std::uint16_t bits = 0) {
        Field out;
        out.name = std::move(name);
        out.offset = offset;
        out.layout = of;
        out.bit_size = bits;
        return out;
    };
    p.layouts[2].fields = {field("", 0, LayoutId(0)), field("", 8, LayoutId(1))};
    p.layouts[3].element = LayoutId(0);
    p.layouts[3].count = 4;
    p.layouts[4].stack_limit = 127;
    p.layouts[4].stacks = MapId(1);
    p.layouts[5].fields = {field("a", 0, LayoutId(0), 3), field("b", 4, LayoutId(0))};
    p.layouts[0].names.values = {{1, "ONE"}, {2, "TWO"}};

    MapSpec histogram;
    histogram.name = "@x";
    histogram.kind = MapKind::percpu_hash;
    histogram.key_size = 16;
    histogram.value_size = 520;
    histogram.max_entries = 4096;
    histogram.flags = BPF_F_NO_PREALLOC;
    histogram.key = LayoutId(1);
    histogram.aggregation.kind = AggregationKind::hist;
    histogram.aggregation.bucket_count = 65;
    histogram.declared = {.file = FileId(0), .begin = 37, .end = 39};
    MapSpec stacks;
    stacks.role = MapRole::stacks;
    stacks.key_size = 8;
    stacks.value_size = 127 * 8;
    MapSpec events;
    events.name = "events";
    events.role = MapRole::events;
    events.kind = MapKind::ring_buffer;
    p.maps = {histogram, stacks, events};
    p.events_map = MapId(2);

    Function function;
    function.name = "sched_switch";
    function.type = BPF_PROG_TYPE_TRACEPOINT;
    const auto insn = [](int code, unsigned dst, unsigned src, int off, int imm) {
        bpf_insn out{};
        out.code = static_cast<std::uint8_t>(code);
        out.dst_reg = dst & 0xfU;
        out.src_reg = src & 0xfU;
        out.off = static_cast<std::int16_t>(off);
        out.imm = imm;
        return out;
    };
    function.insns = {insn(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 2), insn(0, 0, 0, 0, 0),
                      insn(BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0), insn(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
                      insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)};
    function.relocations = {{.insn = 0, .to = Relocation::To::map, .map = MapId(2)}};
    function.func_info = {{.insn_off = 0, .type_id = 3}};
    function.line_info = {{.insn_off = 0, .file_name_off = 1, .line_off = 2, .line_col = 1 << 10}};
    p.functions = {function};

    ProbeSpec probe;
    probe.name = "tracepoint:sched:sched_switch";
    probe.kind = ProbeKind::tracepoint;
    probe.span = {.file = FileId(0), .begin = 0, .end = 29};
    probe.function = FunctionId(0);
    p.probes = {probe};
    probe.name = "begin";
    probe.kind = ProbeKind::begin;
    probe.ledger_slot = 1;
    p.probes.push_back(probe);
    p.begin = {ProbeId(1)};

    AttachSpec attach;
    attach.probe = ProbeId(0);
    attach.kind = ProbeKind::tracepoint;
    attach.if_missing = MissingProbes::warn;
    Place place;
    place.target = "sched";
    place.function = "sched_switch";
    place.pid = 42;
    attach.places = {place};
    p.attachments = {attach};
    attach.kind = ProbeKind::profile;
    place = {};
    place.sampling = {.unit = SamplingUnit::hertz, .amount = 99, .type = 1, .config = 0};
    attach.places = {place, place};
    p.attachments.push_back(attach);

    FormatOp op;
    op.text = "n=";
    op.conversion = Conversion::signed_decimal;
    op.flags.left = true;
    op.width = 6;
    op.bits = 64;
    op.layout = LayoutId(0);
    FormatOp text;
    text.text = "\n";
    p.events = {Printf{{op, text}},
                ErrorF{{text}, {.file = FileId(0), .begin = 1, .end = 2}, true},
                Cat{{text}},
                System{{text}},
                PrintValue{LayoutId(2)},
                PrintMap{.map = MapId(0), .top = 5, .div = 1000},
                ClearMap{MapId(0)},
                ZeroMap{MapId(0)},
                Exit{},
                Time{"%H"},
                Join{.separator = " ", .count = 16, .size = 1024},
                HelperFailed{PlaceId(0)},
                RuntimeWarning{PlaceId(0)},
                Unwatch{}};
    WarningPlace warning;
    warning.kind = WarningKind::map_full;
    warning.span = {.file = FileId(0), .begin = 37, .end = 45};
    warning.helper = "map_update_elem";
    warning.ledger_slot = 2;
    warning.is_always_shown = true;
    p.warning_places = {warning};
    p.config.max_strlen = 64;
    p.config.str_trunc_trailer = "…";
    p.config.stack_mode = StackMode::raw;
    p.needs.add(Feature::bpf_loop);
    return p;
}

}  // namespace program_test
