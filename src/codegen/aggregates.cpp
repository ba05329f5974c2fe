// Per-CPU values read as one: the same merging as runtime/format/map does at the end, done in the program for
// `(int64)@c`, `@c > 5` and loops over maps.
#include "runtime/base/bug.h"
#include "src/codegen/probe_emitter.h"
#include "src/codegen/shared_functions.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using program::AggregationKind;

ir::Value ProbeEmitter::percpu_lookup(ir::Builder& b, program::MapId map, ir::Value key, ir::Value cpu) {
    const auto call = [&](Helper which, std::initializer_list<ir::Value> arguments) {
        return b.call_helper(static_cast<std::uint32_t>(which), arguments, ir::Builder::Returns::pointer);
    };
    // Before 5.19 only this CPU's value can be had.
    if (!features().has(program::Feature::lookup_percpu_elem))
        return call(Helper::map_lookup_elem, {b.map_ref(map), key});
    script_.need(program::Feature::lookup_percpu_elem);
    return call(Helper::map_lookup_percpu_elem, {b.map_ref(map), key, cpu});
}

/// long merge(key, second): number or total; count or is_set to where `second` points. A function, as a loop over all
/// CPUs that the verifier walks on every way that leads to it costs too much where there are hundreds of them.
void ProbeEmitter::write_merge(ir::Builder& b, typed::MapIndex index) {
    const program::MapSpec& spec = script_.spec(index);
    const program::Aggregation& aggregation = spec.aggregation;
    const std::int64_t base = spec.is_scalar ? 8 : 0;
    const ir::Value key = b.argument(0);
    const ir::Value number = b.slot(Width::i64, "number"), second = b.slot(Width::i64, "second");
    for (const unsigned argument : {0U, 1U}) {
        const ir::Block null = b.block("null"), given = b.block("given");
        b.branch(b.is_zero(b.argument(argument)), null, given, ir::Builder::Likely::no);
        b.enter(null);  // the verifier knows arguments by their types
        b.ret(0);
        b.enter(given);
    }
    b.store(b.i64(0), number);
    b.store(b.i64(0), second);
    const std::uint64_t copies =
        features().has(program::Feature::lookup_percpu_elem) ? script_.options.possible_cpus : 1;
    counted(b, copies, [&](ir::Value cpu) {
        const ir::Value element = percpu_lookup(b, map_id(index), key, cpu);
        b.if_then(b.not_zero(element), [&] {
            const ir::Value value = b.load(Width::i64, element, base);
            switch (aggregation.kind) {
                case AggregationKind::count:
                case AggregationKind::sum: b.store(b.add(b.load(Width::i64, number), value), number); return;
                case AggregationKind::avg:
                case AggregationKind::stats:
                    b.store(b.add(b.load(Width::i64, number), value), number);
                    b.store(b.add(b.load(Width::i64, second), b.load(Width::i64, element, base + 8)), second);
                    return;
                case AggregationKind::min:
                case AggregationKind::max: {
                    const bool is_min = aggregation.kind == AggregationKind::min;
                    const Compare better = is_min ? (aggregation.is_signed ? Compare::slt : Compare::ult)
                                                  : (aggregation.is_signed ? Compare::sgt : Compare::ugt);
                    b.if_then(b.not_zero(b.load(Width::i64, element, base + 8)), [&] {
                        const ir::Value is_first = b.is_zero(b.load(Width::i64, second));
                        b.if_then(b.or_(is_first, b.compare(better, value, b.load(Width::i64, number))),
                                  [&] { b.store(value, number); });
                        b.store(b.i64(1), second);
                    });
                    return;
                }
                case AggregationKind::none:
                case AggregationKind::hist:
                case AggregationKind::lhist:
                case AggregationKind::tseries: return;
            }
        });
    });
    b.store(b.load(Width::i64, second), b.argument(1));
    b.ret(b.load(Width::i64, number));
}

/// Words of the element summed over CPUs (min, max: the best of them): number or total, and is_set or count. `key`:
/// memory that may be written, too, as the verifier sees it.
std::pair<ir::Value, ir::Value> ProbeEmitter::merged_words(typed::MapIndex index, ir::Value key) {
    ir::Builder& b = ir();
    const program::MapSpec& spec = script_.spec(index);
    const ir::Parameter parameters[] = {{"key", true, spec.is_scalar ? 4U : spec.key_size}, {"second", true, 8}};
    const ir::Function merge = shared_function({"merge", index.index(), 0, true}, parameters,
                                               [&](ir::Builder& in) { write_merge(in, index); });
    const Temporaries temporaries(*this);
    const ir::Value second = stack_object(8);
    b.store(b.i64(0), second);
    const ir::Value number = b.call(merge, {key, second});
    return {number, b.load(Width::i64, second)};
}

ir::Value ProbeEmitter::merged(typed::MapIndex index, ir::Value key) {
    const auto [total, counted_values] = merged_words(index, key);
    const program::Aggregation& aggregation = script_.spec(index).aggregation;
    if (aggregation.kind != AggregationKind::avg && aggregation.kind != AggregationKind::stats) return total;
    return average_of(aggregation, total, counted_values);
}

ir::Value ProbeEmitter::average_of(const program::Aggregation& aggregation, ir::Value total, ir::Value counted_values) {
    ir::Builder& b = ir();
    const ir::Value average = b.slot(Width::i64, "average");
    b.store(b.i64(0), average);
    b.if_then(b.not_zero(counted_values), [&] {
        b.store(aggregation.is_signed ? b.sdiv(total, counted_values) : b.udiv(total, counted_values), average);
    });
    return b.load(Width::i64, average);
}

ir::Value ProbeEmitter::map_merged(typed::MapIndex index, const typed::Expr* key) {
    const program::MapSpec& spec = script_.spec(index);
    BUG_IF(spec.aggregation.is_bucket_keyed, "a histogram is no number");
    const Temporaries temporaries(*this);
    if (!spec.is_scalar) return merged(index, key_of(index, key));
    const ir::Value zero = stack_object(4);
    ir().store(ir().i32(0), zero, 0, 4);
    return merged(index, zero);
}

/// The record that a stats() element reads as: count, average, total.
ir::Value ProbeEmitter::merged_stats(const typed::MapValue& expr) {
    ir::Builder& b = ir();
    const ir::Value record = temporary(expr.type);
    const Temporaries temporaries(*this);
    ir::Value key;
    if (script_.spec(expr.map).is_scalar) {
        key = stack_object(4);
        b.store(b.i32(0), key, 0, 4);
    } else {
        key = key_of(expr.map, expr.key);
    }
    const auto [total, count] = merged_words(expr.map, key);
    b.store(count, record);
    b.store(average_of(script_.spec(expr.map).aggregation, total, count), record, 8);
    b.store(total, record, 16);
    return record;
}

void ProbeEmitter::add_to_bucket(typed::MapIndex index, const typed::Expr* key, ir::Value bucket, source::Range at) {
    ir::Builder& b = ir();
    const program::Aggregation& aggregation = script_.spec(index).aggregation;
    if (aggregation.is_bucket_keyed) {
        bucket_upsert(index, key, bucket, at, [&](ir::Value count) { b.atomic_add(count, b.i64(1)); });
        return;
    }
    map_upsert(index, key, at, [&](ir::Value buckets) {
        // The arithmetic keeps within bounds; the verifier wants to see it.
        const ir::Value known = b.opaque(bucket);
        b.if_then(
            b.compare(Compare::ult, known, b.i64(aggregation.bucket_count)),
            [&] { b.atomic_add(b.ptr_add(buckets, b.shl(known, b.i64(3))), b.i64(1)); }, ir::Builder::Likely::yes);
    });
}

}  // namespace codegen
