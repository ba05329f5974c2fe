#include "runtime/program/dump.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "runtime/base/excerpt.h"
#include "runtime/program/disassemble.h"

namespace program {
namespace {

/// Layouts nest as deep as a script's types; a damaged program must not nest for ever.
constexpr unsigned kMostDepth = 32;
/// Names of values are shown up to here: an enum of the kernel has hundreds.
constexpr std::size_t kMostNames = 4;

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    return out + '"';
}

std::string names_text(const ValueNames& names) {
    if (names.values.empty()) return {};
    std::string out = names.is_flags ? fmt::format("<flags {}", quoted(names.delimiter)) : "<";
    for (std::size_t i = 0; i < std::min(names.values.size(), kMostNames); ++i) {
        out +=
            fmt::format("{}{}={}", i == 0 && !names.is_flags ? "" : " ", names.values[i].second, names.values[i].first);
    }
    if (names.values.size() > kMostNames) out += fmt::format(" +{}", names.values.size() - kMostNames);
    return out + ">";
}

std::string_view stack_mode_name(StackMode mode) {
    switch (mode) {
        case StackMode::bpftrace: return "bpftrace";
        case StackMode::perf: return "perf";
        case StackMode::raw: return "raw";
        case StackMode::build_id: return "build_id";
    }
    return "?";
}

/// The name of a map, or its number if it has none.
std::string map_name(const Program& program, MapId id) {
    if (!id.is_set()) return "none";
    if (id.index() >= program.maps.size()) return fmt::format("map?{}", id.value);
    const std::string& name = program.maps[id.index()].name;
    return name.empty() ? fmt::format("map{}", id.value) : name;
}

std::string layout_text_at(const Program& program, LayoutId id, unsigned depth);

std::string fields_text(const Program& program, const Layout& layout, unsigned depth) {
    std::string out;
    std::uint32_t expected = 0;
    for (const Field& field : layout.fields) {
        if (!out.empty()) out += ", ";
        if (!field.name.empty()) out += field.name + ": ";
        out += layout_text_at(program, field.layout, depth + 1);
        if (field.bit_size != 0) out += fmt::format(":{}+{}", field.bit_offset, field.bit_size);
        // Offsets only where a reader could not tell them by adding up.
        if (field.offset != expected) out += fmt::format("@{}", field.offset);
        const bool is_known = field.layout.index() < program.layouts.size();
        expected = field.offset + (is_known ? program.layouts[field.layout.index()].size : 0);
    }
    return out;
}

std::string layout_text_at(const Program& program, LayoutId id, unsigned depth) {
    if (!id.is_set()) return "none";
    if (id.index() >= program.layouts.size() || depth > kMostDepth) return "?";
    const Layout& layout = program.layouts[id.index()];
    switch (layout.kind) {
        case LayoutKind::integer:
            return fmt::format("{}{}{}", layout.is_signed ? 'i' : 'u', layout.size * 8, names_text(layout.names));
        case LayoutKind::enumeration:
            return fmt::format("enum {}{}{}", layout.is_signed ? 'i' : 'u', layout.size * 8, names_text(layout.names));
        case LayoutKind::text: return fmt::format("text[{}]", layout.size);
        case LayoutKind::buffer: return fmt::format("buffer[{}]", layout.size);
        case LayoutKind::array:
            return fmt::format("{}[{}]", layout_text_at(program, layout.element, depth + 1), layout.count);
        case LayoutKind::tuple: return fmt::format("({})", fields_text(program, layout, depth));
        case LayoutKind::record: return fmt::format("{{{}}}", fields_text(program, layout, depth));
        case LayoutKind::kstack:
        case LayoutKind::ustack:
            return fmt::format("{}({}, {} frames in {})", name_of(layout.kind), stack_mode_name(layout.stack_mode),
                               layout.stack_limit, map_name(program, layout.stacks));
        case LayoutKind::none:
        case LayoutKind::boolean:
        case LayoutKind::pointer:
        case LayoutKind::ksym:
        case LayoutKind::usym:
        case LayoutKind::inet:
        case LayoutKind::mac:
        case LayoutKind::timestamp:
        case LayoutKind::cgroup_path:
        case LayoutKind::username: return std::string(name_of(layout.kind));
    }
    return "?";
}

std::string span_text(const Program& program, const Span& span) {
    if (!span.file.is_set() || span.file.index() >= program.files.size()) return "nowhere";
    const SourceText& file = program.files[span.file.index()];
    return base::position_text(file.name, file.text, span.begin, span.end);
}

std::string_view conversion_name(Conversion conversion) {
    switch (conversion) {
        case Conversion::none: return "";
        case Conversion::signed_decimal: return "d";
        case Conversion::unsigned_decimal: return "u";
        case Conversion::octal: return "o";
        case Conversion::hex: return "x";
        case Conversion::hex_upper: return "X";
        case Conversion::pointer: return "p";
        case Conversion::character: return "c";
        case Conversion::value: return "s";
        case Conversion::buffer_ascii: return "r";
        case Conversion::buffer_hex: return "rx";
        case Conversion::buffer_spaced: return "rh";
        case Conversion::gfp_flags: return "gr";
    }
    return "?";
}

std::string operations_text(const Program& program, const std::vector<FormatOp>& ops) {
    std::string format, arguments;
    for (const FormatOp& op : ops) {
        format += op.text;
        if (op.conversion == Conversion::none) continue;
        format += '%';
        if (op.flags.left) format += '-';
        if (op.flags.plus) format += '+';
        if (op.flags.space) format += ' ';
        if (op.flags.alternate) format += '#';
        if (op.flags.zero) format += '0';
        if (op.width >= 0) format += fmt::format("{}", op.width);
        if (op.precision >= 0) format += fmt::format(".{}", op.precision);
        format += conversion_name(op.conversion);
        arguments += fmt::format(", {}", layout_text(program, op.layout));
        const bool is_integer = op.conversion >= Conversion::signed_decimal && op.conversion <= Conversion::hex_upper;
        if (is_integer && op.bits != 32) arguments += fmt::format(" as {} bits", op.bits);
        arguments += fmt::format(" @{}", op.offset);
    }
    return quoted(format) + arguments;
}

std::string event_text(const Program& program, const EventSpec& event, const DumpOptions& options) {
    return std::visit(
        [&](const auto& spec) -> std::string {
            using Spec = std::decay_t<decltype(spec)>;
            const auto place = [&](PlaceId id) { return fmt::format("place {}", id.value); };
            if constexpr (std::is_same_v<Spec, Printf>) {
                return "printf " + operations_text(program, spec.ops);
            } else if constexpr (std::is_same_v<Spec, ErrorF>) {
                std::string out = (spec.is_warning ? "warnf " : "errorf ") + operations_text(program, spec.ops);
                if (options.has_spans) out += " at " + span_text(program, spec.span);
                return out;
            } else if constexpr (std::is_same_v<Spec, Cat>) {
                return "cat " + operations_text(program, spec.ops);
            } else if constexpr (std::is_same_v<Spec, System>) {
                return "system " + operations_text(program, spec.ops);
            } else if constexpr (std::is_same_v<Spec, PrintValue>) {
                return fmt::format("print {}{}", layout_text(program, spec.layout),
                                   spec.names_inside ? " with names" : "");
            } else if constexpr (std::is_same_v<Spec, PrintMap>) {
                return fmt::format("print map {}{}{}", map_name(program, spec.map),
                                   spec.top == 0 ? "" : fmt::format(" top {}", spec.top),
                                   spec.div <= 1 ? "" : fmt::format(" div {}", spec.div));
            } else if constexpr (std::is_same_v<Spec, ClearMap>) {
                return "clear map " + map_name(program, spec.map);
            } else if constexpr (std::is_same_v<Spec, ZeroMap>) {
                return "zero map " + map_name(program, spec.map);
            } else if constexpr (std::is_same_v<Spec, Exit>) {
                return "exit";
            } else if constexpr (std::is_same_v<Spec, Time>) {
                return "time " + quoted(spec.format);
            } else if constexpr (std::is_same_v<Spec, Join>) {
                return fmt::format("join {} of {} x {}", quoted(spec.separator), spec.count, spec.size);
            } else if constexpr (std::is_same_v<Spec, HelperFailed>) {
                return "helper failed, " + place(spec.place);
            } else if constexpr (std::is_same_v<Spec, RuntimeWarning>) {
                return "warning, " + place(spec.place);
            } else if constexpr (std::is_same_v<Spec, Unwatch>) {
                return "unwatch";
            } else {
                static_assert(std::is_same_v<Spec, SkbOutput>, "an event without a line in the dump");
                return fmt::format("packet to {}, at most {} bytes", quoted(spec.path), spec.most);
            }
        },
        event);
}

std::string aggregation_text(const Aggregation& aggregation) {
    std::string out(name_of(aggregation.kind));
    if (aggregation.is_signed) out += " signed";
    if (aggregation.kind == AggregationKind::hist) out += fmt::format(" bits={}", aggregation.hist_bits);
    if (aggregation.kind == AggregationKind::lhist) {
        out += fmt::format(" {}..{} step {}", aggregation.lhist_min, aggregation.lhist_max, aggregation.lhist_step);
    }
    if (aggregation.bucket_count != 0) out += fmt::format(" buckets={}", aggregation.bucket_count);
    if (aggregation.is_bucket_keyed) out += " keyed by bucket";
    if (aggregation.kind == AggregationKind::tseries) {
        out += fmt::format(" of {} every {} ns, {} slots", name_of(aggregation.tseries_of),
                           aggregation.tseries_interval, aggregation.tseries_count);
    }
    return out;
}

std::string map_text(const Program& program, const MapSpec& map) {
    std::string out =
        fmt::format("{} {} {}", map.name.empty() ? "(unnamed)" : map.name, name_of(map.role), name_of(map.kind));
    if (map.is_scalar) out += " scalar";
    if (map.kind != MapKind::ring_buffer) {
        out += fmt::format(" key={} value={} entries={}", map.key_size, map.value_size, map.max_entries);
    }
    if (map.flags != 0) out += fmt::format(" flags={:#x}", map.flags);
    if (!map.initial.empty()) out += fmt::format(" initial={}", map.initial.size());
    if (map.key.is_set()) out += " [" + layout_text(program, map.key) + "]";
    if (map.value.is_set()) out += " -> " + layout_text(program, map.value);
    if (map.aggregation.kind != AggregationKind::none) out += " -> " + aggregation_text(map.aggregation);
    return out;
}

/// Types ours can have; others by number.
std::string program_type(bpf_prog_type type) {
    switch (type) {
        case BPF_PROG_TYPE_KPROBE: return "kprobe";
        case BPF_PROG_TYPE_TRACEPOINT: return "tracepoint";
        case BPF_PROG_TYPE_PERF_EVENT: return "perf_event";
        case BPF_PROG_TYPE_RAW_TRACEPOINT: return "raw_tracepoint";
        case BPF_PROG_TYPE_TRACING: return "tracing";
        case BPF_PROG_TYPE_LSM: return "lsm";
        case BPF_PROG_TYPE_SYSCALL: return "syscall";
        default: return fmt::format("type {}", static_cast<unsigned>(type));
    }
}

std::string function_text(const Program& program, const Function& function, const DumpOptions& options) {
    std::string out = fmt::format("{} {}", function.name, program_type(function.type));
    if (function.expected != static_cast<bpf_attach_type>(0)) {
        out += fmt::format(" expected={}", static_cast<unsigned>(function.expected));
    }
    if (!function.attach_to.empty()) out += " to " + function.attach_to;
    if (function.is_sleepable) out += " sleepable";
    if (options.code != Code::none) {
        out += fmt::format(" {} instructions, {} functions", function.insns.size(),
                           std::max<std::size_t>(function.func_info.size(), 1));
    }
    // Which maps it uses, each once, in the order of their numbers.
    std::vector<MapId> maps;
    for (const Relocation& relocation : function.relocations)
        maps.push_back(relocation.map);
    std::ranges::sort(maps);
    maps.erase(std::ranges::unique(maps).begin(), maps.end());
    for (std::size_t i = 0; i < maps.size(); ++i)
        out += (i == 0 ? " uses " : ", ") + map_name(program, maps[i]);
    out += '\n';
    if (options.code == Code::listing) out += disassemble(function.insns, "    ");
    return out;
}

std::string sampling_text(const Sampling& sampling) {
    std::string out;
    switch (sampling.unit) {
        case SamplingUnit::none: return {};
        case SamplingUnit::hertz: out = fmt::format(" {} Hz", sampling.amount); break;
        case SamplingUnit::nanoseconds: out = fmt::format(" every {} ns", sampling.amount); break;
        case SamplingUnit::events: out = fmt::format(" every {} events", sampling.amount); break;
    }
    if (sampling.type != 0 || sampling.config != 0) out += fmt::format(" perf {}:{}", sampling.type, sampling.config);
    return out;
}

std::string place_text(const Place& place) {
    std::string out;
    for (const std::string* part : {&place.module, &place.target, &place.function}) {
        if (part->empty()) continue;
        if (!out.empty()) out += ':';
        out += *part;
    }
    if (place.offset != 0) out += fmt::format("+{:#x}", place.offset);
    if (place.address != 0) out += fmt::format("{}address={:#x}", out.empty() ? "" : " ", place.address);
    if (place.cookie != 0) out += fmt::format(" cookie={}", place.cookie);
    if (place.semaphore_offset != 0) out += fmt::format(" semaphore={:#x}", place.semaphore_offset);
    if (place.pid >= 0) out += fmt::format(" pid={}", place.pid);
    return out + sampling_text(place.sampling);
}

std::string_view missing_name(MissingProbes missing) {
    switch (missing) {
        case MissingProbes::error: return "error";
        case MissingProbes::warn: return "warn";
        case MissingProbes::ignore: return "ignore";
    }
    return "?";
}

/// What differs from the defaults.
std::string config_text(const Config& config) {
    const Config standard;
    std::string out;
    const auto number = [&](const char* name, auto value, auto usual) {
        if (value != usual) out += fmt::format("  {} = {}\n", name, value);
    };
    number("max_strlen", config.max_strlen, standard.max_strlen);
    number("max_map_keys", config.max_map_keys, standard.max_map_keys);
    number("max_probes", config.max_probes, standard.max_probes);
    number("max_bpf_progs", config.max_bpf_progs, standard.max_bpf_progs);
    number("max_cat_bytes", config.max_cat_bytes, standard.max_cat_bytes);
    number("perf_rb_pages", config.perf_rb_pages, standard.perf_rb_pages);
    number("log_size", config.log_size, standard.log_size);
    number("on_stack_limit", config.on_stack_limit, standard.on_stack_limit);
    number("missing_probes", missing_name(config.missing_probes), missing_name(standard.missing_probes));
    number("print_maps_on_exit", config.print_maps_on_exit, standard.print_maps_on_exit);
    number("cpp_demangle", config.cpp_demangle, standard.cpp_demangle);
    number("lazy_symbolication", config.lazy_symbolication, standard.lazy_symbolication);
    number("show_debug_info", config.show_debug_info, standard.show_debug_info);
    number("use_blazesym", config.use_blazesym, standard.use_blazesym);
    number("legacy_stats", config.legacy_stats, standard.legacy_stats);
    number("stack_mode", stack_mode_name(config.stack_mode), stack_mode_name(standard.stack_mode));
    number("str_trunc_trailer", quoted(config.str_trunc_trailer), quoted(standard.str_trunc_trailer));
    number("license", quoted(config.license), quoted(standard.license));
    return out;
}

void section(std::string& out, std::string_view title, const std::string& body) {
    if (body.empty()) return;
    out += title;
    out += ":\n";
    out += body;
}

std::string probe_line(const Program& program, ProbeId id) {
    if (id.index() >= program.probes.size()) return fmt::format("  probe?{}\n", id.value);
    return fmt::format("  {} {}\n", id.value, program.probes[id.index()].name);
}

}  // namespace

std::string layout_text(const Program& program, LayoutId layout) {
    return layout_text_at(program, layout, 0);
}

std::string dump(const Program& program, const DumpOptions& options) {
    std::string out, body;
    for (std::size_t i = 0; i < program.texts.size(); ++i)
        body += fmt::format("  {} {}\n", i, quoted(program.texts[i]));
    section(out, "texts", body);

    body.clear();
    for (std::size_t i = 0; i < program.maps.size(); ++i) {
        body += fmt::format("  {} {}\n", i, map_text(program, program.maps[i]));
    }
    section(out, "maps", body);

    body.clear();
    for (std::size_t i = 0; i < program.functions.size(); ++i) {
        body += fmt::format("  {} {}", i, function_text(program, program.functions[i], options));
    }
    section(out, "functions", body);

    body.clear();
    for (std::size_t i = 0; i < program.probes.size(); ++i) {
        const ProbeSpec& probe = program.probes[i];
        body += fmt::format("  {} {} -> function {}, ledger {}", i, probe.name,
                            probe.function.is_set() ? static_cast<int>(probe.function.value) : -1, probe.ledger_slot);
        if (options.has_spans) body += " at " + span_text(program, probe.span);
        body += '\n';
    }
    section(out, "probes", body);

    body.clear();
    for (const ProbeId probe : program.begin)
        body += probe_line(program, probe);
    section(out, "begin", body);
    body.clear();
    for (const ProbeId probe : program.end)
        body += probe_line(program, probe);
    section(out, "end", body);

    body.clear();
    for (std::size_t i = 0; i < program.attachments.size(); ++i) {
        const AttachSpec& spec = program.attachments[i];
        body += fmt::format("  {} {} probe {}", i, name_of(spec.kind),
                            spec.probe.is_set() ? static_cast<int>(spec.probe.value) : -1);
        if (spec.if_missing != MissingProbes::error) body += fmt::format(" missing={}", missing_name(spec.if_missing));
        if (spec.places.size() == 1) {
            body += " at " + place_text(spec.places.front()) + '\n';
            continue;
        }
        body += fmt::format(", {} places\n", spec.places.size());
        for (const Place& place : spec.places)
            body += fmt::format("    {}\n", place_text(place));
    }
    section(out, "attachments", body);

    body.clear();
    for (std::size_t i = 0; i < program.events.size(); ++i) {
        body += fmt::format("  {} {}\n", i, event_text(program, program.events[i], options));
    }
    section(out, "events", body);

    body.clear();
    for (std::size_t i = 0; i < program.warning_places.size(); ++i) {
        const WarningPlace& place = program.warning_places[i];
        body += fmt::format("  {} {}", i, name_of(place.kind));
        if (!place.helper.empty()) body += " in " + place.helper;
        if (!place.text.empty()) body += " " + quoted(place.text);
        body += fmt::format(", ledger {}{}", place.ledger_slot, place.is_always_shown ? ", always shown" : "");
        if (options.has_spans) body += " at " + span_text(program, place.span);
        body += '\n';
    }
    section(out, "warning places", body);
    section(out, "config", config_text(program.config));

    body.clear();
    for (unsigned i = 0; i < kFeatureCount; ++i) {
        if (program.needs.has(static_cast<Feature>(i))) body += fmt::format("  {}\n", name_of(static_cast<Feature>(i)));
    }
    section(out, "needs", body);
    return out;
}

std::string_view name_of(ProbeKind kind) {
    static constexpr std::array<std::string_view, kProbeKindCount> kNames{
        "begin",     "end",        "kprobe",     "kretprobe",     "fentry",   "fexit",   "uprobe",
        "uretprobe", "usdt",       "tracepoint", "rawtracepoint", "interval", "profile", "software",
        "hardware",  "watchpoint", "iter",       "self",          "test",     "bench"};
    const auto index = static_cast<std::size_t>(kind);
    return index < kNames.size() ? kNames[index] : "?";
}

std::string_view name_of(LayoutKind kind) {
    switch (kind) {
        case LayoutKind::none: return "none";
        case LayoutKind::integer: return "integer";
        case LayoutKind::boolean: return "bool";
        case LayoutKind::text: return "text";
        case LayoutKind::buffer: return "buffer";
        case LayoutKind::pointer: return "pointer";
        case LayoutKind::array: return "array";
        case LayoutKind::tuple: return "tuple";
        case LayoutKind::record: return "record";
        case LayoutKind::enumeration: return "enum";
        case LayoutKind::ksym: return "ksym";
        case LayoutKind::usym: return "usym";
        case LayoutKind::inet: return "inet";
        case LayoutKind::mac: return "mac";
        case LayoutKind::timestamp: return "timestamp";
        case LayoutKind::cgroup_path: return "cgroup_path";
        case LayoutKind::username: return "username";
        case LayoutKind::kstack: return "kstack";
        case LayoutKind::ustack: return "ustack";
    }
    return "?";
}

std::string_view name_of(MapRole role) {
    switch (role) {
        case MapRole::user: return "user";
        case MapRole::scratch: return "scratch";
        case MapRole::zeros: return "zeros";
        case MapRole::ledger: return "ledger";
        case MapRole::globals: return "globals";
        case MapRole::events: return "events";
        case MapRole::stacks: return "stacks";
        case MapRole::dispatch: return "dispatch";
        case MapRole::texts: return "texts";
    }
    return "?";
}

std::string_view name_of(MapKind kind) {
    switch (kind) {
        case MapKind::array: return "array";
        case MapKind::percpu_array: return "percpu_array";
        case MapKind::hash: return "hash";
        case MapKind::percpu_hash: return "percpu_hash";
        case MapKind::lru_hash: return "lru_hash";
        case MapKind::lru_percpu_hash: return "lru_percpu_hash";
        case MapKind::ring_buffer: return "ring_buffer";
        case MapKind::prog_array: return "prog_array";
    }
    return "?";
}

std::string_view name_of(AggregationKind kind) {
    switch (kind) {
        case AggregationKind::none: return "none";
        case AggregationKind::count: return "count";
        case AggregationKind::sum: return "sum";
        case AggregationKind::min: return "min";
        case AggregationKind::max: return "max";
        case AggregationKind::avg: return "avg";
        case AggregationKind::stats: return "stats";
        case AggregationKind::hist: return "hist";
        case AggregationKind::lhist: return "lhist";
        case AggregationKind::tseries: return "tseries";
    }
    return "?";
}

std::string_view name_of(WarningKind kind) {
    switch (kind) {
        case WarningKind::helper_failed: return "helper_failed";
        case WarningKind::map_full: return "map_full";
        case WarningKind::lookup_absent: return "lookup_absent";
        case WarningKind::delete_absent: return "delete_absent";
        case WarningKind::division_by_zero: return "division_by_zero";
        case WarningKind::out_of_bounds: return "out_of_bounds";
        case WarningKind::stack_failed: return "stack_failed";
        case WarningKind::no_child: return "no_child";
        case WarningKind::loop_cut: return "loop_cut";
    }
    return "?";
}

std::string_view name_of(Feature feature) {
    switch (feature) {
        case Feature::signed_division: return "signed_division";
        case Feature::bpf_loop: return "bpf_loop";
        case Feature::for_each_map_elem: return "for_each_map_elem";
        case Feature::ring_buffer: return "ring_buffer";
        case Feature::lookup_percpu_elem: return "lookup_percpu_elem";
        case Feature::tai_clock: return "tai_clock";
        case Feature::link_perf_event: return "link_perf_event";
        case Feature::kprobe_multi: return "kprobe_multi";
        case Feature::uprobe_multi: return "uprobe_multi";
        case Feature::kernel_btf: return "kernel_btf";
        case Feature::strnlen_kfuncs: return "strnlen_kfuncs";
        case Feature::no_prealloc_tracing: return "no_prealloc_tracing";
        case Feature::kprobe: return "kprobe";
        case Feature::fentry: return "fentry";
    }
    return "?";
}

}  // namespace program
