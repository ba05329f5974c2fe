// program::Program: THE CONTRACT between compiler and runtime, values only. src/driver/compile makes one, an
// engine::Engine runs it, tracer and format read it. It names no fd, no address of this boot and no path of the
// compiling machine except what the script said, so it can be written to a file and read back (serialize.h).
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/program/features.h"
#include "runtime/program/ids.h"
#include "runtime/program/layout.h"
#include "runtime/program/probe_kind.h"

namespace program {

// A record or an enumerator is one line, with what it means beside it.
// clang-format off

/// For excerpts under run-time warnings. name is "stdin" for -e and -.
struct SourceText {
    std::string name, text;
};

/// Bytes [begin, end) of files[file].text.
struct Span {
    FileId file;
    std::uint32_t begin = 0, end = 0;
};

// ---- functions ------------------------------------------------------------------------------------------------------

struct Relocation {
    enum class To : std::uint8_t {
        map,        ///< ld_imm64 with src_reg BPF_PSEUDO_MAP_FD: the loader writes the map's fd
        map_value,  ///< ld_imm64 with src_reg BPF_PSEUDO_MAP_VALUE: fd, offset 0 (imm of the second half)
    };
    std::uint32_t insn = 0;  ///< index of the first half of the ld_imm64
    To to = To::map;
    MapId map;
};

/// One BPF program with its callbacks behind it, ready for BPF_PROG_LOAD after relocation.
struct Function {
    std::string name;                       ///< also the program's name in the kernel (first 15 characters)
    bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
    bpf_attach_type expected = static_cast<bpf_attach_type>(0);
    std::string attach_to;                  ///< BTF name for fentry (MODULE:FUNCTION, bpf:NUMBER:FUNCTION), tp_btf, iter
    bool is_sleepable = false;
    std::vector<bpf_insn> insns;
    std::vector<Relocation> relocations;
    std::vector<bpf_func_info> func_info;   ///< insn_off in instructions
    std::vector<bpf_line_info> line_info;   ///< insn_off in instructions
};

// ---- probes ---------------------------------------------------------------------------------------------------------

/// One attach point after expansion: what the `probe` builtin says, where it stands in the script, what runs.
struct ProbeSpec {
    std::string name;                ///< "tracepoint:sched:sched_switch"
    ProbeKind kind = ProbeKind::begin;
    Span span;                       ///< the attach point's text
    FunctionId function;
    std::uint32_t ledger_slot = 0;   ///< entry of the ledger map
};

enum class SamplingUnit : std::uint8_t { none, hertz, nanoseconds, events };

/// perf_event sampling: `type`/`config` as in perf_event_attr; interval fires on one CPU, the others on all.
struct Sampling {
    SamplingUnit unit = SamplingUnit::none;
    std::uint64_t amount = 0;  ///< frequency in Hz, period in ns, or count of events
    std::uint32_t type = 0;
    std::uint64_t config = 0;
};

/// A concrete place to attach to; which members count depends on the kind.
struct Place {
    std::string module, function, target;  ///< tracepoint: target = category, function = event; uprobe: target = path
    std::uint64_t offset = 0, address = 0, cookie = 0, semaphore_offset = 0;
    Sampling sampling;
    int pid = -1;  ///< -p / -c; -1 = every process
    /// uprobe: inside a function, where the script says. Attaching first sees whether an instruction begins there: a
    /// breakpoint in the middle of one breaks the program. Not with --unsafe.
    bool needs_check = false;
};

enum class MissingProbes : std::uint8_t { error, warn, ignore };

struct AttachSpec {
    ProbeId probe;
    ProbeKind kind = ProbeKind::begin;
    std::vector<Place> places;  ///< more than one: a multi-link
    MissingProbes if_missing = MissingProbes::error;
    Span span;
};

// ---- maps -----------------------------------------------------------------------------------------------------------

enum class MapRole : std::uint8_t {
    user,     ///< a map of the script: dumped at exit
    scratch,  ///< per-CPU working memory of programs
    zeros,    ///< never written: initial values of large elements
    ledger,   ///< see record.h
    globals,  ///< one value shared by all programs: stopped word, start time (see Globals)
    events,   ///< the ring buffer
    stacks,   ///< stack id -> frames
    dispatch, ///< which probe an event belongs to, where one program looks for several
    texts,    ///< never written: what numbers are called, by number (strerror, signal_name, syscall_name)
};

enum class MapKind : std::uint8_t { array, percpu_array, hash, percpu_hash, lru_hash, lru_percpu_hash, ring_buffer, prog_array };

/// What a user map's values mean. `none` = plain value of MapSpec::value.
enum class AggregationKind : std::uint8_t { none, count, sum, min, max, avg, stats, hist, lhist, tseries };

/// Value bytes per CPU: count, sum: u64. min, max: u64 value, u64 is_set. avg, stats: u64 total, u64 count.
/// hist, lhist: u64 buckets[bucket_count] (bucket arithmetic: runtime/format/histogram.h). tseries: always
/// is_bucket_keyed with slot = epoch % tseries_count for a bucket, epoch = TAI ns / tseries_interval, and the value per
/// CPU is u64 epoch, u64 number, u64 extra; number and extra are total and count for avg, value and 1 for min, max and
/// sum, value and its TAI ns otherwise. A slot of another epoch starts anew; epoch 0 is an unused slot.
struct Aggregation {
    AggregationKind kind = AggregationKind::none;
    bool is_signed = false;          ///< sum, min, max, avg, stats: of the argument
    std::uint32_t hist_bits = 0;     ///< hist
    std::int64_t lhist_min = 0, lhist_max = 0, lhist_step = 1;
    std::uint32_t bucket_count = 0;  ///< hist, lhist
    /// Histogram too large for one value: the map's key is (key, u32 bucket), value u64. The bucket stands at the next
    /// multiple of 4 behind the key (a scalar's at 0), and a scalar has no is_set word: no elements is unset.
    bool is_bucket_keyed = false;
    std::uint64_t tseries_interval = 0;
    std::uint32_t tseries_count = 0;
    AggregationKind tseries_of = AggregationKind::none;  ///< avg, max, min, sum; none = last value
};

/// Scalar user maps are one-element arrays whose value is { u64 is_set; value }: never assigned or cleared prints
/// nothing at exit, `@x = 0` prints 0. Keyed maps hold the bare value.
struct MapSpec {
    std::string name;  ///< with its @
    MapRole role = MapRole::user;
    MapKind kind = MapKind::hash;
    std::uint32_t key_size = 4, value_size = 8;  ///< bytes as the kernel sees them (value: per CPU)
    std::uint32_t max_entries = 1;
    std::uint32_t flags = 0;                     ///< BPF_F_*
    LayoutId key, value;                         ///< user maps; key unset for scalars; value unset for aggregations
    Aggregation aggregation;
    bool is_scalar = false;
    Span declared;                               ///< where the script first names it
    std::vector<std::byte> initial;              ///< arrays: the first elements as the run begins; zeros behind them
};

/// The value of the map with role `globals`.
struct Globals {
    std::uint64_t stopped;     ///< non-zero: every attached program returns at once; begin, end and self do not look at it
    std::uint64_t start_ns;    ///< boot clock when tracing started (`elapsed`)
    std::uint64_t child_pid;   ///< `cpid`; 0 = no -c
    std::uint64_t tracer_pid;  ///< the tracer's own tgid in the initial pid namespace
    std::uint64_t pidns_dev, pidns_ino;  ///< the tracer's pid namespace (stat of /proc/self/ns/pid), for pid/tid
};

// ---- events ---------------------------------------------------------------------------------------------------------

enum class Conversion : std::uint8_t {
    none,          ///< text only
    signed_decimal, unsigned_decimal, octal, hex, hex_upper, pointer, character,
    value,         ///< %s: default form of the value
    buffer_ascii,  ///< %r
    buffer_hex,    ///< %rx
    buffer_spaced, ///< %rh
    gfp_flags,     ///< %gr
};

struct FormatFlags {
    bool left = false, plus = false, space = false, alternate = false, zero = false;
};

/// `text` first, then, unless conversion is none, the argument at `offset` of the payload.
struct FormatOp {
    std::string text;
    Conversion conversion = Conversion::none;
    FormatFlags flags;
    std::int32_t width = -1, precision = -1;  ///< -1 = not given
    std::uint32_t bits = 32;                  ///< integer conversions: 8, 16, 32, 64; value is cut to it
    std::uint32_t offset = 0;                 ///< from the payload's start (after RecordHeader)
    LayoutId layout;
};

struct Printf { std::vector<FormatOp> ops; };
struct ErrorF { std::vector<FormatOp> ops; Span span; bool is_warning = false; };  ///< errorf, warnf
struct Cat { std::vector<FormatOp> ops; };      ///< the formatted text is a path
struct System { std::vector<FormatOp> ops; };   ///< the formatted text is a command
struct PrintValue { LayoutId layout; bool names_inside = false; };  ///< payload = the value
struct PrintMap { MapId map; std::uint64_t top = 0, div = 0; };     ///< no payload
struct ClearMap { MapId map; };
struct ZeroMap { MapId map; };
struct Exit {};                                 ///< payload: i64 exit code
struct Time { std::string format; };            ///< wall clock when read
struct Join { std::string separator; std::uint32_t count = 0, size = 0; };  ///< payload: u64 n, then count strings of size bytes
/// A helper failed. payload: i64 return code (negative errno), place in Program::warning_places.
struct HelperFailed { PlaceId place; };
/// Something the program itself noticed (division by zero, ...). No payload.
struct RuntimeWarning { PlaceId place; };
struct Unwatch {};                              ///< payload: u64 address
/// A packet for the capture file at path. payload: u64 boot ns, u32 bytes captured, u32 size of the packet, then `most`
/// bytes of which those captured count.
struct SkbOutput { std::string path; std::uint32_t most = 0; };

using EventSpec = std::variant<Printf, ErrorF, Cat, System, PrintValue, PrintMap, ClearMap, ZeroMap, Exit, Time, Join,
                               HelperFailed, RuntimeWarning, Unwatch, SkbOutput>;

enum class WarningKind : std::uint8_t {
    helper_failed,   ///< "Bad address": strerror of the return code
    map_full,        ///< "Map full; can't update element. Try increasing ..."
    lookup_absent,   ///< "Can't lookup map element because it does not exist."
    delete_absent,   ///< "Can't delete map element because it does not exist."
    division_by_zero,
    out_of_bounds,
    stack_failed,    ///< "Error reading kstack." / ustack: see `text`
    no_child,        ///< "No child command (`-c`); cpid is zero"
    loop_cut,        ///< "The loop ended after 8388608 rounds, ..."
};

/// A place of the script that can warn at run time, with what is counted for it in the ledger map.
struct WarningPlace {
    WarningKind kind = WarningKind::helper_failed;
    Span span;
    std::string helper;             ///< "probe_read_user_str"
    std::string text;               ///< extra text some kinds need
    std::uint32_t ledger_slot = 0;
    bool is_always_shown = false;   ///< also without -k
};

// ---- configuration --------------------------------------------------------------------------------------------------

struct Config {
    std::uint64_t max_strlen = 1024;
    std::uint64_t max_map_keys = 4096;
    std::uint64_t max_probes = 1024;
    std::uint64_t max_bpf_progs = 1024;
    std::uint64_t max_cat_bytes = 10240;
    std::uint64_t perf_rb_pages = 0;  ///< 0 = 4 MiB, at most 1/64 of available memory
    std::uint64_t log_size = 1'000'000;
    std::uint64_t on_stack_limit = 32;
    MissingProbes missing_probes = MissingProbes::error;
    bool print_maps_on_exit = true;
    bool cpp_demangle = true;
    bool lazy_symbolication = true;
    bool show_debug_info = false;
    bool use_blazesym = false;
    bool legacy_stats = false;  ///< stats_format = legacy
    StackMode stack_mode = StackMode::bpftrace;
    enum class UserSymbols : std::uint8_t { automatic, per_pid, per_program, none } cache_user_symbols = UserSymbols::automatic;
    std::string str_trunc_trailer = "..";
    std::string license = "GPL";
    enum class Gate : std::uint8_t { enable, warn, error };
    Gate unstable_tseries = Gate::warn, unstable_dw_ustack = Gate::warn, unstable_typeinfo = Gate::error,
         unstable_import_statement = Gate::error;
};

// ---- the whole ------------------------------------------------------------------------------------------------------

struct Program {
    std::uint32_t version = 1;
    std::vector<SourceText> files;
    std::vector<std::string> texts;   ///< strftime formats, cgroup filters, ...
    std::vector<std::byte> btf;       ///< BTF of our own functions; may be empty
    std::vector<Layout> layouts;
    std::vector<MapSpec> maps;
    std::vector<Function> functions;
    std::vector<ProbeSpec> probes;
    std::vector<AttachSpec> attachments;    ///< everything but begin and end, in source order
    std::vector<ProbeId> begin, end;        ///< in source order
    std::vector<EventSpec> events;
    std::vector<WarningPlace> warning_places;
    Config config;
    FeatureSet needs;
    MapId events_map, ledger_map, globals_map;  ///< unset if not needed
};

// clang-format on

}  // namespace program
