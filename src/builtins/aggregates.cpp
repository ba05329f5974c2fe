// Aggregations: assigned to a map, kept per CPU, merged when read. Value bytes are those of program::Aggregation. All
// adds are atomic: a profile or interval body interrupts a tracepoint's on the same CPU, and plain adds lost one update
// in ten thousand in a test.
#include <array>

#include <fmt/format.h>

#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

bool is_signed_argument(CallSite& site) {
    const auto arguments = site.arguments();
    return !arguments.empty() && arguments[0].type && arguments[0].type->is_signed;
}

/// "sum() only supports integer arguments (string[5] provided)"
void need_integer(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.empty() || !arguments[0].type) return;
    const types::Type& type = *arguments[0].type;
    if (type.is_integer() || type.kind == types::Kind::boolean || type.kind == types::Kind::enumeration ||
        type.kind == types::Kind::error || type.kind == types::Kind::none || type.kind == types::Kind::count ||
        type.kind == types::Kind::sum || type.kind == types::Kind::min || type.kind == types::Kind::max ||
        type.kind == types::Kind::avg)
        return;
    site.error(DiagnosticKind::bad_call, site.range(),
               fmt::format("{}() only supports integer arguments ({} provided)", site.name(), types::name_of(&type)));
}

program::Aggregation plain(CallSite& site, program::AggregationKind kind) {
    program::Aggregation aggregation;
    aggregation.kind = kind;
    aggregation.is_signed = is_signed_argument(site);
    return aggregation;
}

// -- count, sum, avg, stats

const types::Type* count_type(CallSite& site) {
    return site.types().aggregation(types::Kind::count, true);
}
void check_count(CallSite& site) {
    program::Aggregation aggregation;
    aggregation.kind = program::AggregationKind::count;
    aggregation.is_signed = true;
    site.set_aggregation(aggregation);
}
ir::Value lower_count(Emitter& e, const Call& call, ir::Value) {
    e.map_upsert(call.map, call.key, call.range, [&](ir::Value value) { e.ir().atomic_add(value, e.ir().i64(1)); });
    return {};
}

const types::Type* sum_type(CallSite& site) {
    return site.types().aggregation(types::Kind::sum, is_signed_argument(site));
}
void check_sum(CallSite& site) {
    need_integer(site);
    site.set_aggregation(plain(site, program::AggregationKind::sum));
}
ir::Value lower_sum(Emitter& e, const Call& call, ir::Value) {
    const ir::Value addend = e.scalar(*call.arguments[0]);
    e.map_upsert(call.map, call.key, call.range, [&](ir::Value value) { e.ir().atomic_add(value, addend); });
    return {};
}

const types::Type* avg_type(CallSite& site) {
    return site.types().aggregation(types::Kind::avg, is_signed_argument(site));
}
const types::Type* stats_type(CallSite& site) {
    return site.types().aggregation(types::Kind::stats, is_signed_argument(site));
}
void check_avg(CallSite& site) {
    need_integer(site);
    site.set_aggregation(plain(site, program::AggregationKind::avg));
}
void check_stats(CallSite& site) {
    need_integer(site);
    site.set_aggregation(plain(site, program::AggregationKind::stats));
}
ir::Value lower_total_and_count(Emitter& e, const Call& call, ir::Value) {
    const ir::Value addend = e.scalar(*call.arguments[0]);
    e.map_upsert(call.map, call.key, call.range, [&](ir::Value value) {
        e.ir().atomic_add(value, addend);
        e.ir().atomic_add(value, e.ir().i64(1), 8);
    });
    return {};
}

// -- min, max: { u64 value; u64 is_set }

const types::Type* min_type(CallSite& site) {
    return site.types().aggregation(types::Kind::min, is_signed_argument(site));
}
const types::Type* max_type(CallSite& site) {
    return site.types().aggregation(types::Kind::max, is_signed_argument(site));
}
void check_min(CallSite& site) {
    need_integer(site);
    site.set_aggregation(plain(site, program::AggregationKind::min));
}
void check_max(CallSite& site) {
    need_integer(site);
    site.set_aggregation(plain(site, program::AggregationKind::max));
}

ir::Value lower_extreme(Emitter& e, const Call& call, bool is_min) {
    ir::Builder& b = e.ir();
    const ir::Value candidate = e.scalar(*call.arguments[0]);
    const bool is_signed = e.map(call.map).aggregation.is_signed;
    const ir::Compare how =
        is_min ? (is_signed ? ir::Compare::slt : ir::Compare::ult) : (is_signed ? ir::Compare::sgt : ir::Compare::ugt);
    e.map_upsert(call.map, call.key, call.range, [&](ir::Value value) {
        // The slot is this CPU's; only a program that interrupts this one can change it in between, and it wins at most
        // once a level. Two tries by compare-exchange cover one interrupt between load and exchange, a third its own
        // successor.
        const ir::Block done = b.block("extreme");
        for (int attempt = 0; attempt < 3; ++attempt) {
            const ir::Block better = b.block("better");
            const ir::Block again = b.block("again");
            const ir::Value old = b.load_volatile(ir::Width::i64, value);
            const ir::Value is_set = b.load_volatile(ir::Width::i64, value, 8);
            b.branch(b.or_(b.is_zero(is_set), b.compare(how, candidate, old)), better, done);
            b.enter(better);
            const ir::Value seen = b.atomic_compare_exchange(value, old, candidate);
            b.store_volatile(b.i64(1), value, 8);
            b.branch(b.compare(ir::Compare::eq, seen, old), done, again);
            b.enter(again);
        }
        b.jump(done);
        b.enter(done);
    });
    return {};
}
ir::Value lower_min(Emitter& e, const Call& call, ir::Value) {
    return lower_extreme(e, call, true);
}
ir::Value lower_max(Emitter& e, const Call& call, ir::Value) {
    return lower_extreme(e, call, false);
}

// -- hist(n[, bits]); the arithmetic is format::hist_index's

const types::Type* hist_type(CallSite& site) {
    return site.types().aggregation(types::Kind::hist, false);
}

void check_hist(CallSite& site) {
    const auto arguments = site.arguments();
    program::Aggregation aggregation;
    aggregation.kind = program::AggregationKind::hist;
    if (arguments.size() > 1 && !arguments[1].integer) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   "hist: invalid bits value, need integer literal");
        return;
    }
    if (arguments.size() > 1 && arguments[1].integer) {
        const std::uint64_t bits = *arguments[1].integer;
        if (bits > 5) {
            site.error(DiagnosticKind::bad_literal_argument, site.range(),
                       fmt::format("hist: bits {} must be 0..5", static_cast<std::int64_t>(bits)));
            return;
        }
        aggregation.hist_bits = static_cast<std::uint32_t>(bits);
    }
    // bucket 0 is for negative values; the top one holds 2^62 and above
    aggregation.bucket_count = ((63 - aggregation.hist_bits + 1) << aggregation.hist_bits) + 1;
    site.set_aggregation(aggregation);
}

/// Index of the top set bit of a non-zero i64, by halves: BPF has no such instruction.
ir::Value top_bit(ir::Builder& b, ir::Value value) {
    ir::Value rest = value;
    ir::Value index = b.i64(0);
    for (const std::uint64_t step : {32, 16, 8, 4, 2, 1}) {
        const ir::Value upper = b.lshr(rest, b.i64(step));
        const ir::Value has = b.not_zero(upper);
        rest = b.select(has, upper, rest);
        index = b.or_(index, b.select(has, b.i64(step), b.i64(0)));
    }
    return index;
}

ir::Value hist_bucket(ir::Builder& b, ir::Value value, std::uint64_t bits) {
    const ir::Value bucket = b.slot(ir::Width::i64, "bucket");
    b.if_else(
        b.compare(ir::Compare::slt, value, b.i64(0)), [&] { b.store(b.i64(0), bucket); },
        [&] {
            b.if_else(
                b.compare(ir::Compare::ult, value, b.i64(std::uint64_t{1} << bits)),
                [&] { b.store(b.add(value, b.i64(1)), bucket); },
                [&] {
                    const ir::Value level = b.sub(top_bit(b, value), b.i64(bits));
                    const ir::Value part = b.and_(b.lshr(value, level), b.i64((std::uint64_t{1} << bits) - 1));
                    b.store(b.add(b.add(b.shl(b.add(level, b.i64(1)), b.i64(bits)), part), b.i64(1)), bucket);
                });
        });
    return b.load(ir::Width::i64, bucket);
}

ir::Value lower_hist(Emitter& e, const Call& call, ir::Value) {
    const std::uint64_t bits = e.map(call.map).aggregation.hist_bits;
    const ir::Value bucket =
        e.call_shared("hist", bits, e.scalar(*call.arguments[0]),
                      [&](ir::Builder& b, ir::Value value) { return hist_bucket(b, value, bits); });
    e.add_to_bucket(call.map, call.key, bucket, call.range);
    return {};
}

// -- lhist(n, min, max, step)

const types::Type* lhist_type(CallSite& site) {
    return site.types().aggregation(types::Kind::lhist, false);
}

void check_lhist(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.size() < 4) return;
    constexpr std::array<std::string_view, 3> kNames{"min", "max", "step"};
    std::array<std::int64_t, 3> values{};
    for (std::size_t i = 0; i < 3; ++i) {
        const CallArgument& argument = arguments[i + 1];
        if (!argument.integer) return;
        values[i] = static_cast<std::int64_t>(*argument.integer);
        if (argument.type && argument.type->is_signed && values[i] < 0) {
            site.error(DiagnosticKind::bad_literal_argument, site.range(),
                       fmt::format("lhist: invalid {} value (must be non-negative literal)", kNames[i]));
            return;
        }
    }
    const auto [min, max, step] = values;
    if (step < 1) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   fmt::format("lhist() step must be >= 1 ({} provided)", step));
        return;
    }
    if (min > max) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   fmt::format("lhist() min must be less than max (provided min {} and max {})", min, max));
        return;
    }
    const std::int64_t range = max - min;
    if (step > range) {
        site.error(
            DiagnosticKind::bad_literal_argument, site.range(),
            fmt::format("lhist() step is too large for the given range (provided step {} for range {})", step, range));
        return;
    }
    const std::int64_t buckets = range / step;
    if (buckets > 1000) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   fmt::format("lhist() too many buckets, must be <= 1000 (would need {})", buckets));
        return;
    }
    program::Aggregation aggregation;
    aggregation.kind = program::AggregationKind::lhist;
    aggregation.lhist_min = min;
    aggregation.lhist_max = max;
    aggregation.lhist_step = step;
    aggregation.bucket_count = static_cast<std::uint32_t>(buckets + 2);
    site.set_aggregation(aggregation);
}

ir::Value lhist_bucket(ir::Builder& b, ir::Value value, const program::Aggregation& aggregation) {
    const auto min = static_cast<std::uint64_t>(aggregation.lhist_min);
    const auto max = static_cast<std::uint64_t>(aggregation.lhist_max);
    const auto step = static_cast<std::uint64_t>(aggregation.lhist_step);
    const ir::Value bucket = b.slot(ir::Width::i64, "bucket");
    b.if_else(
        b.compare(ir::Compare::slt, value, b.i64(min)), [&] { b.store(b.i64(0), bucket); },
        [&] {
            b.if_else(
                b.compare(ir::Compare::sgt, value, b.i64(max)), [&] { b.store(b.i64(1 + (max - min) / step), bucket); },
                [&] { b.store(b.add(b.udiv(b.sub(value, b.i64(min)), b.i64(step)), b.i64(1)), bucket); });
        });
    return b.load(ir::Width::i64, bucket);
}

ir::Value lower_lhist(Emitter& e, const Call& call, ir::Value) {
    // One function a map: all calls for it have the same limits.
    const program::Aggregation& aggregation = e.map(call.map).aggregation;
    const ir::Value bucket =
        e.call_shared("lhist", call.map.index(), e.scalar(*call.arguments[0]),
                      [&](ir::Builder& b, ir::Value value) { return lhist_bucket(b, value, aggregation); });
    e.add_to_bucket(call.map, call.key, bucket, call.range);
    return {};
}

// -- tseries(n, interval, count[, how]): see program::Aggregation for the value's words

const types::Type* tseries_type(CallSite& site) {
    return site.types().aggregation(types::Kind::tseries, is_signed_argument(site));
}

void check_tseries(CallSite& site) {
    using program::AggregationKind;
    const auto arguments = site.arguments();
    if (arguments.size() < 3) return;
    switch (site.config().unstable_tseries) {
        case program::Config::Gate::enable: break;
        case program::Config::Gate::warn:
            site.warning(DiagnosticKind::warn_unstable, site.range(),
                         "Script is using an unstable feature: tseries. To prevent this warning you must explicitly "
                         "enable it in the config e.g. unstable_tseries=enable");
            break;
        case program::Config::Gate::error:
            site.error(DiagnosticKind::unsupported, site.range(),
                       "tseries feature is not enabled by default. To enable this unstable feature, set the config "
                       "flag to enable. unstable_tseries=enable");
            return;
    }
    if (!arguments[1].integer || !arguments[2].integer) return;
    const auto interval = static_cast<std::int64_t>(*arguments[1].integer);
    const auto count = static_cast<std::int64_t>(*arguments[2].integer);
    constexpr std::int64_t kMostIntervals = 1'000'000;
    if (interval < 1) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   fmt::format("tseries() interval_ns must be >= 1 ({} provided)", interval));
        return;
    }
    if (count < 1) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   fmt::format("tseries() num_intervals must be >= 1 ({} provided)", count));
        return;
    }
    if (count >= kMostIntervals) {
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   fmt::format("tseries() num_intervals must be < {} ({} provided)", kMostIntervals, count));
        return;
    }
    program::Aggregation aggregation;
    aggregation.kind = AggregationKind::tseries;
    aggregation.is_signed = is_signed_argument(site);
    aggregation.is_bucket_keyed = true;
    aggregation.tseries_interval = static_cast<std::uint64_t>(interval);
    aggregation.tseries_count = static_cast<std::uint32_t>(count);
    if (arguments.size() > 3 && arguments[3].text) {
        constexpr std::pair<std::string_view, AggregationKind> kinds[] = {{"avg", AggregationKind::avg},
                                                                          {"max", AggregationKind::max},
                                                                          {"min", AggregationKind::min},
                                                                          {"sum", AggregationKind::sum}};
        bool is_known = false;
        for (const auto& [name, kind] : kinds)
            if (name == *arguments[3].text) {
                aggregation.tseries_of = kind;
                is_known = true;
            }
        if (!is_known) {
            site.error(DiagnosticKind::bad_literal_argument, site.range(),
                       fmt::format("tseries() expects one of the following aggregation functions: avg, max, min, sum "
                                   "(\"{}\" provided)",
                                   *arguments[3].text));
            return;
        }
    }
    site.set_aggregation(aggregation);
}

ir::Value lower_tseries(Emitter& e, const Call& call, ir::Value) {
    using program::AggregationKind;
    ir::Builder& b = e.ir();
    const program::Aggregation& aggregation = e.map(call.map).aggregation;
    const ir::Value number = e.scalar(*call.arguments[0]);
    const ir::Value now = e.helper(Helper::ktime_get_tai_ns, {});
    const ir::Value epoch = b.udiv(now, b.i64(aggregation.tseries_interval));
    const ir::Value slot = b.urem(epoch, b.i64(aggregation.tseries_count));
    const AggregationKind how = aggregation.tseries_of;
    const bool is_signed = aggregation.is_signed;
    e.bucket_upsert(call.map, call.key, slot, call.range, [&](ir::Value value) {
        constexpr std::int64_t kNumber = 8, kExtra = 16;
        b.if_then(b.compare(ir::Compare::ne, b.load(ir::Width::i64, value), epoch), [&] {
            b.store(b.i64(0), value, kNumber);
            b.store(b.i64(0), value, kExtra);
            b.store(epoch, value);
        });
        switch (how) {
            case AggregationKind::avg:
                b.atomic_add(value, number, kNumber);
                b.atomic_add(value, b.i64(1), kExtra);
                return;
            case AggregationKind::sum:
                b.atomic_add(value, number, kNumber);
                b.store(b.i64(1), value, kExtra);
                return;
            case AggregationKind::min:
            case AggregationKind::max: {
                const ir::Compare better = how == AggregationKind::min
                                               ? (is_signed ? ir::Compare::slt : ir::Compare::ult)
                                               : (is_signed ? ir::Compare::sgt : ir::Compare::ugt);
                const ir::Value is_first = b.is_zero(b.load(ir::Width::i64, value, kExtra));
                const ir::Value is_better = b.compare(better, number, b.load(ir::Width::i64, value, kNumber));
                b.if_then(b.or_(is_first, is_better), [&] { b.store(number, value, kNumber); });
                b.store(b.i64(1), value, kExtra);
                return;
            }
            default:
                b.store(number, value, kNumber);
                b.store(now, value, kExtra);
                return;
        }
    });
    return {};
}

constexpr std::array kAggregates{
    typed::Builtin{.name = "count",
                   .signature = "count() -> aggregation",
                   .form = Form::aggregation,
                   .doc = "How often it was reached.",
                   .example = R"(begin { @n = count(); })",
                   .result = count_type,
                   .check = check_count,
                   .lower = lower_count},
    typed::Builtin{.name = "sum",
                   .signature = "sum(value: any) -> aggregation",
                   .form = Form::aggregation,
                   .doc = "Sum of the values.",
                   .example = R"(begin { @bytes = sum(40); })",
                   .result = sum_type,
                   .check = check_sum,
                   .lower = lower_sum},
    typed::Builtin{.name = "avg",
                   .signature = "avg(value: any) -> aggregation",
                   .form = Form::aggregation,
                   .doc = "Average of the values, truncated toward zero.",
                   .example = R"(begin { @size = avg(10); })",
                   .result = avg_type,
                   .check = check_avg,
                   .lower = lower_total_and_count},
    typed::Builtin{.name = "stats",
                   .signature = "stats(value: any) -> aggregation",
                   .form = Form::aggregation,
                   .doc = "Count, average and total of the values.",
                   .example = R"(begin { @size = stats(10); })",
                   .result = stats_type,
                   .check = check_stats,
                   .lower = lower_total_and_count},
    typed::Builtin{.name = "min",
                   .signature = "min(value: any) -> aggregation",
                   .form = Form::aggregation,
                   .doc = "Smallest of the values.",
                   .example = R"(begin { @least = min(3); })",
                   .result = min_type,
                   .check = check_min,
                   .lower = lower_min},
    typed::Builtin{.name = "max",
                   .signature = "max(value: any) -> aggregation",
                   .form = Form::aggregation,
                   .doc = "Largest of the values.",
                   .example = R"(begin { @most = max(3); })",
                   .result = max_type,
                   .check = check_max,
                   .lower = lower_max},
    typed::Builtin{.name = "hist",
                   .signature = "hist(value: int, bits: int = 0) -> aggregation",
                   .form = Form::aggregation,
                   .doc = "Histogram by powers of two; with bits (0 to 5) each power is cut into 2^bits buckets.",
                   .example = R"(begin { @sizes = hist(700); })",
                   .result = hist_type,
                   .check = check_hist,
                   .lower = lower_hist},
    typed::Builtin{
        .name = "lhist",
        .signature = "lhist(value: int, min: int literal, max: int literal, step: int literal) -> aggregation",
        .form = Form::aggregation,
        .doc = "Histogram with buckets of equal width between min and max (at most 1000).",
        .example = R"(begin { @ms = lhist(12, 0, 100, 10); })",
        .result = lhist_type,
        .check = check_lhist,
        .lower = lower_lhist},
    typed::Builtin{.name = "tseries",
                   .signature = "tseries(value: int, interval_ns: int literal, num_intervals: int literal, how: string "
                                "literal = last) -> aggregation",
                   .form = Form::aggregation,
                   .doc = "The values over time: one for each of the last num_intervals intervals, the last value seen "
                          "or, with how, their avg, max, min or sum.",
                   .example = R"(config = { unstable_tseries = enable } begin { @t = tseries(8, 1s, 4); })",
                   .since = "6.1",
                   .result = tseries_type,
                   .check = check_tseries,
                   .lower = lower_tseries},
};
static_assert(typed::complete(kAggregates));

}  // namespace

std::span<const typed::Builtin> aggregate_rows() {
    return kAggregates;
}

}  // namespace builtins
