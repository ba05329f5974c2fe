// Maps of the script: keys, look-ups, updates in place. An update through the helper costs 100 ns more than a look-up
// and an add, so elements that exist are changed where they are, and those that do not are made of zeros first.
#include <algorithm>

#include "runtime/base/bug.h"
#include "runtime/program/record.h"
#include "src/codegen/probe_emitter.h"
#include "src/codegen/shared_functions.h"
#include "src/codegen/walk.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using program::AggregationKind;
using typed::as;
using typed::ExprKind;
using types::Kind;
using Likely = ir::Builder::Likely;

namespace {

/// Scalars: { u64 is_set; value }.
constexpr std::int64_t kIsSet = 0, kScalarValue = 8;

std::uint32_t bucket_offset(const typed::Map& map) {
    return map.key == nullptr ? 0 : (map.key->size + 3) / 4 * 4;
}

/// 0 or a negative errno. The JIT calls the map's own function, which before 6.4 returned an int: the upper half of the
/// register is not its sign.
ir::Value update(Emitter& e, program::MapId map, ir::Value key, ir::Value value, std::uint64_t flags) {
    ir::Builder& b = e.ir();
    const ir::Value result = e.helper(Helper::map_update_elem, {b.map_ref(map), key, value, b.i64(flags)});
    return b.sext(b.trunc(result, Width::i32), Width::i64);
}

}  // namespace

ir::Value ProbeEmitter::lookup(program::MapId map, ir::Value key) {
    return helper(Helper::map_lookup_elem, {ir().map_ref(map), key});
}

/// Address of the key's bytes, as equal for equal keys as the kernel's hash needs them.
ir::Value ProbeEmitter::key_of(typed::MapIndex index, const typed::Expr* key) {
    const types::Type* type = map(index).key;
    BUG_IF(type == nullptr || key == nullptr, "a key where there is none");
    if (key->type == type && !is_register(type) && !has_loose_bytes(type) && key->kind != ExprKind::tuple)
        return memory(*key);
    const ir::Value place = scratch(type->size);
    if (key->type == type)
        into_key(*key, place);
    else
        into_as(*key, type, place, true);
    return place;
}

ir::Value ProbeEmitter::bucket_key_of(typed::MapIndex index, const typed::Expr* key, ir::Value bucket) {
    const typed::Map& target = map(index);
    const std::uint32_t offset = bucket_offset(target);
    const ir::Value place = scratch(offset + 4);
    if (target.key != nullptr) {
        if (offset != target.key->size) clear(place, offset);
        into_as(*key, target.key, place, true);
    }
    ir().store(ir().resize(bucket, Width::i32, false), place, offset, 4);
    return place;
}

/// Element 0: at a direct address, or this CPU's, of which the verifier wants to hear that it is not null.
ir::Value ProbeEmitter::scalar_map_address(typed::MapIndex index) {
    ir::Builder& b = ir();
    if (script_.spec(index).kind == program::MapKind::array) return b.map_value(map_id(index));
    const Temporaries temporaries(*this);
    const ir::Value key = stack_object(4);
    b.store(b.i32(0), key, 0, 4);
    return lookup(map_id(index), key);
}

ir::Value ProbeEmitter::map_lookup(typed::MapIndex index, const typed::Expr* key) {
    ir::Builder& b = ir();
    const program::MapSpec& spec = script_.spec(index);
    if (!spec.is_scalar || spec.aggregation.is_bucket_keyed) return lookup(map_id(index), key_of(index, key));
    const ir::Value element = scalar_map_address(index);
    if (spec.kind == program::MapKind::array) return member_at(element, kScalarValue);
    const ir::Block present = b.block("present"), absent = b.block("absent"), end = b.block("element");
    b.branch(b.is_zero(element), absent, present, Likely::no);
    b.enter(present);  // arithmetic only here: verifiers allow none on what may be null
    const ir::Value value = member_at(element, kScalarValue);
    b.jump(end);
    b.enter(absent);  // cannot be
    const ir::Value nothing = zero_memory(spec.value_size);
    b.jump(end);
    b.enter(end);
    return b.phi({{value, present}, {nothing, absent}});
}

void ProbeEmitter::update_failed(source::Range at, ir::Value code) {
    count(program::LedgerCounter::map_full);
    warn(program::WarningKind::map_full, at, "map_update_elem", code, false);
}

/// Looks up, makes the element of zeros if it is absent, and runs `body` with its address.
void ProbeEmitter::upsert(program::MapId map, ir::Value key, std::uint32_t value_size, source::Range at,
                          const std::function<void(ir::Value)>& body) {
    ir::Builder& b = ir();
    const ir::Value found = lookup(map, key);
    const ir::Block from = b.current(), absent = b.block("absent"), present = b.block("present"),
                    full = b.block("full"), end = b.block("updated");
    b.branch(b.is_zero(found), absent, present);
    b.enter(absent);
    // Another CPU may be first: then this fails and the look-up finds its element.
    const ir::Value code = update(*this, map, key, zero_memory(value_size), BPF_NOEXIST);
    const ir::Value made = lookup(map, key);
    const ir::Block made_in = b.current();
    b.branch(b.is_zero(made), full, present, Likely::no);
    b.enter(full);
    update_failed(at, code);
    b.jump(end);
    b.enter(present);
    const ir::Value element = b.phi({{found, from}, {made, made_in}});
    body(element);
    if (!b.is_terminated()) b.jump(end);
    b.enter(end);
}

void ProbeEmitter::map_upsert(typed::MapIndex index, const typed::Expr* key, source::Range at,
                              const std::function<void(ir::Value)>& body) {
    ir::Builder& b = ir();
    const program::MapSpec& spec = script_.spec(index);
    BUG_IF(spec.aggregation.is_bucket_keyed, "a bucket-keyed map without a bucket");
    if (!spec.is_scalar) {
        upsert(map_id(index), key_of(index, key), spec.value_size, at, body);
        return;
    }
    const ir::Value element = scalar_map_address(index);
    const auto set = [&] {
        b.store(b.i64(1), element, kIsSet);
        body(member_at(element, kScalarValue));
    };
    if (spec.kind == program::MapKind::array)
        set();
    else
        b.if_then(b.not_zero(element), set, Likely::yes);
}

void ProbeEmitter::bucket_upsert(typed::MapIndex index, const typed::Expr* key, ir::Value bucket, source::Range at,
                                 const std::function<void(ir::Value)>& body) {
    upsert(map_id(index), bucket_key_of(index, key, bucket), script_.spec(index).value_size, at, body);
}

/// Runs `body` with the key of every bucket an element of a bucket-keyed map can have.
void ProbeEmitter::for_each_bucket(typed::MapIndex index, const typed::Expr* key,
                                   const std::function<void(ir::Value)>& body) {
    ir::Builder& b = ir();
    const typed::Map& target = map(index);
    const std::uint32_t offset = bucket_offset(target);
    const ScratchPlace place = take_scratch(offset + 4);
    if (target.key != nullptr) {
        clear(at(place), offset);
        into_as(*key, target.key, at(place), true);
    }
    const std::uint64_t buckets = target.aggregation.kind == AggregationKind::tseries ? target.aggregation.tseries_count
                                                                                      : target.aggregation.bucket_count;
    loop_callback(b.i64(buckets), {}, [&](ir::Value bucket) {
        const ir::Value whole = at(place);
        ir().store(ir().trunc(bucket, Width::i32), whole, offset, 4);
        body(whole);
    });
}

ir::Value ProbeEmitter::map_delete(typed::MapIndex index, const typed::Expr* key) {
    ir::Builder& b = ir();
    const program::MapSpec& spec = script_.spec(index);
    if (spec.aggregation.is_bucket_keyed) {
        const ScratchPlace was_there = take_scratch(8);
        b.store(b.i64(0), at(was_there));
        for_each_bucket(index, key, [&](ir::Value whole) {
            const ir::Value result = helper(Helper::map_delete_elem, {ir().map_ref(map_id(index)), whole});
            ir().if_then(ir().is_zero(ir().trunc(result, Width::i32)), [&] { ir().store(ir().i64(1), at(was_there)); });
        });
        return b.load(Width::i64, at(was_there));
    }
    if (!spec.is_scalar) {
        const ir::Value result = helper(Helper::map_delete_elem, {b.map_ref(map_id(index)), key_of(index, key)});
        return b.zext(b.is_zero(b.trunc(result, Width::i32)), Width::i64);
    }
    if (spec.kind == program::MapKind::array) {
        const ir::Value element = scalar_map_address(index);
        const ir::Value was_set = b.load(Width::i64, element, kIsSet);
        clear(element, spec.value_size);
        return was_set;
    }
    const ir::Value was_set = b.slot(Width::i64, "was_set");
    b.store(b.i64(0), was_set);
    const Temporaries temporaries(*this);
    const ir::Value zero = stack_object(4);
    b.store(b.i32(0), zero, 0, 4);
    counted(b, script_.options.possible_cpus, [&](ir::Value cpu) {
        const ir::Value element = percpu_lookup(b, map_id(index), zero, cpu);
        b.if_then(b.not_zero(element), [&] {
            b.store(b.or_(b.load(Width::i64, was_set), b.load(Width::i64, element, kIsSet)), was_set);
            clear(element, spec.value_size);
        });
    });
    return b.load(Width::i64, was_set);
}

ir::Value ProbeEmitter::map_has_key(typed::MapIndex index, const typed::Expr* key) {
    ir::Builder& b = ir();
    const program::MapSpec& spec = script_.spec(index);
    if (spec.aggregation.is_bucket_keyed) {
        const ScratchPlace is_there = take_scratch(8);
        b.store(b.i64(0), at(is_there));
        for_each_bucket(index, key, [&](ir::Value whole) {
            ir().if_then(ir().not_zero(lookup(map_id(index), whole)), [&] {
                ir().store(ir().i64(1), at(is_there));
                ir().ret(1);
            });
        });
        return b.load(Width::i64, at(is_there));
    }
    if (!spec.is_scalar) return b.zext(b.not_zero(lookup(map_id(index), key_of(index, key))), Width::i64);
    const ir::Value value = map_lookup(index, nullptr);
    return b.zext(b.not_zero(b.load(Width::i64, value, kIsSet - kScalarValue)), Width::i64);
}

/// Keys of a map with an element for each key and bucket: elements without one of the same key in a lower bucket.
ir::Value ProbeEmitter::count_bucket_keys(typed::MapIndex index) {
    ir::Builder& b = ir();
    const typed::Map& target = map(index);
    const std::uint32_t offset = bucket_offset(target);
    const std::uint64_t buckets = target.aggregation.kind == AggregationKind::tseries ? target.aggregation.tseries_count
                                                                                      : target.aggregation.bucket_count;
    const ScratchPlace count = take_scratch(8), is_lowest = take_scratch(8), own = take_scratch(8),
                       place = take_scratch(offset + 4);
    b.store(b.i64(0), at(count));
    for_each_callback(index, {}, [&](ir::Value key, ir::Value) {
        ir::Builder& each = ir();
        const ir::Value bucket = each.zext(each.load(Width::i32, key, offset, 4), Width::i64);
        copy(at(place), key, offset);
        each.store(bucket, at(own));
        each.store(each.i64(1), at(is_lowest));
        // Downwards: buckets next to each other are the rule.
        loop_callback(each.umin(bucket, each.i64(buckets)), {}, [&](ir::Value step) {
            ir::Builder& in = ir();
            const ir::Value lower = in.sub(in.sub(in.load(Width::i64, at(own)), step), in.i64(1));
            const ir::Value whole = at(place);
            in.store(in.trunc(lower, Width::i32), whole, offset, 4);
            in.if_then(in.not_zero(lookup(map_id(index), whole)), [&] {
                in.store(in.i64(0), at(is_lowest));
                in.ret(1);
            });
        });
        each.store(each.add(each.load(Width::i64, at(count)), each.load(Width::i64, at(is_lowest))), at(count));
    });
    return b.load(Width::i64, at(count));
}

ir::Value ProbeEmitter::map_length(typed::MapIndex index) {
    const program::MapSpec& spec = script_.spec(index);
    if (spec.is_scalar && !spec.aggregation.is_bucket_keyed) return map_has_key(index, nullptr);
    if (spec.aggregation.is_bucket_keyed) return count_bucket_keys(index);
    // The helper says how many elements it called back for.
    script_.need(program::Feature::for_each_map_elem);
    ir::Value visited;
    callback(
        ir::kForEachCallback, 3, {}, [] {},
        [&](ir::Value address, ir::Value frame) {
            visited = helper(Helper::for_each_map_elem, {ir().map_ref(map_id(index)), address, frame, ir().i64(0)});
        });
    return visited;
}

// ---- reading

void ProbeEmitter::report_absent(source::Range at) {
    if (script_.options.warn_failed_reads)
        warn(program::WarningKind::lookup_absent, at, "map_lookup_elem", ir().i64(0), true);
}

ir::Value ProbeEmitter::map_value_scalar(const typed::MapValue& expr) {
    ir::Builder& b = ir();
    const program::MapSpec& spec = script_.spec(expr.map);
    if (spec.aggregation.kind != AggregationKind::none) return map_merged(expr.map, expr.key);
    const types::Type* type = map(expr.map).value;
    if (spec.is_scalar) return load_scalar(type, map_lookup(expr.map, nullptr));
    const Temporaries temporaries(*this);
    const ir::Value found = lookup(map_id(expr.map), key_of(expr.map, expr.key));
    const ir::Value slot = b.slot(Width::i64, "element");
    b.if_else(
        b.not_zero(found), [&] { b.store(load_scalar(type, found), slot); },
        [&] {
            report_absent(expr.range);
            b.store(b.i64(0), slot);
        });
    return b.load(Width::i64, slot);
}

/// The element itself, not a copy; zeros if it is absent.
ir::Value ProbeEmitter::map_value_memory(const typed::MapValue& expr) {
    ir::Builder& b = ir();
    const program::MapSpec& spec = script_.spec(expr.map);
    if (spec.aggregation.kind == AggregationKind::stats && expr.type->kind == Kind::record) return merged_stats(expr);
    if (spec.aggregation.kind != AggregationKind::none) return zero_memory(std::max(8u, expr.type->size));
    if (spec.is_scalar) return map_lookup(expr.map, nullptr);
    const ir::Value found = lookup(map_id(expr.map), key_of(expr.map, expr.key));
    const ir::Block from = b.current(), absent = b.block("absent"), end = b.block("element");
    b.branch(b.is_zero(found), absent, end);
    b.enter(absent);
    report_absent(expr.range);
    const ir::Value nothing = zero_memory(spec.value_size);
    const ir::Block absent_end = b.current();
    b.jump(end);
    b.enter(end);
    return b.phi({{found, from}, {nothing, absent_end}});
}

// ---- writing

/// @m[k] += v, spelled @m[k] = @m[k] + v: an atomic add where the value has 8 bytes, so that no CPU's is lost.
bool ProbeEmitter::add_in_place(const typed::AssignMap& stmt) {
    ir::Builder& b = ir();
    const types::Type* type = map(stmt.map).value;
    if (stmt.value->kind != ExprKind::binary || type->kind != Kind::integer || type->size != 8) return false;
    const auto& sum = as<typed::Binary>(*stmt.value);
    if (sum.op != typed::BinaryOp::add && sum.op != typed::BinaryOp::subtract) return false;
    const typed::Expr* left = sum.left;
    while (left->kind == ExprKind::cast && left->type->kind == Kind::integer && left->type->size == 8)
        left = as<typed::Cast>(*left).operand;
    if (left->kind != ExprKind::map_value || as<typed::MapValue>(*left).map != stmt.map ||
        as<typed::MapValue>(*left).key != stmt.key)
        return false;
    ir::Value addend = scalar(*sum.right);
    if (sum.op == typed::BinaryOp::subtract) addend = b.neg(addend);
    map_upsert(stmt.map, stmt.key, stmt.range, [&](ir::Value element) { b.atomic_add(element, addend); });
    return true;
}

void ProbeEmitter::assign_map(const typed::AssignMap& stmt) {
    ir::Builder& b = ir();
    const program::MapSpec& spec = script_.spec(stmt.map);
    const types::Type* type = map(stmt.map).value;
    if (add_in_place(stmt)) return;
    if (is_register(type)) {
        const ir::Value value = is_register(stmt.value->type)
                                    ? convert_scalar(stmt.value->type, type, scalar(*stmt.value))
                                    : load_scalar(type, memory(*stmt.value));
        if (spec.is_scalar) {
            map_upsert(stmt.map, nullptr, stmt.range, [&](ir::Value element) { store_scalar(type, value, element); });
            return;
        }
        const ir::Value key = key_of(stmt.map, stmt.key);
        const ir::Value found = lookup(map_id(stmt.map), key);
        b.if_else(
            b.not_zero(found), [&] { store_scalar(type, value, found); },
            [&] {
                const ir::Value place = stack_object(8);
                store_scalar(type, value, place);
                const ir::Value code = update(*this, map_id(stmt.map), key, place, BPF_ANY);
                b.if_then(
                    b.compare(Compare::slt, code, b.i64(0)), [&] { update_failed(stmt.range, code); }, Likely::no);
            });
        return;
    }
    if (type->size == 0) {
        discard(*stmt.value);
        return;
    }
    // A value made by a call goes straight to its place, unless what it is made of could be overwritten.
    const auto reads_map = [&](const typed::Expr& part) {
        return part.kind == ExprKind::map_value || part.kind == ExprKind::block ||
               part.kind == ExprKind::function_call || part.kind == ExprKind::increment;
    };
    const bool is_direct = stmt.value->type == type && !any_of(*stmt.value, reads_map) &&
                           (stmt.value->kind == ExprKind::call || stmt.value->kind == ExprKind::load ||
                            stmt.value->kind == ExprKind::argument || stmt.value->kind == ExprKind::arguments ||
                            stmt.value->kind == ExprKind::string);
    if (is_direct || spec.is_scalar) {
        const ir::Value made = is_direct ? ir::Value{} : temporary(type);
        if (!is_direct) into_as(*stmt.value, type, made, false);
        map_upsert(stmt.map, stmt.key, stmt.range, [&](ir::Value element) {
            if (is_direct)
                into(*stmt.value, element);
            else if (type->kind == Kind::string)
                copy_text(element, type->capacity, made, type->capacity);
            else
                copy(element, made, type->size);
        });
        return;
    }
    const ir::Value made = temporary(type);
    into_as(*stmt.value, type, made, false);
    const ir::Value key = key_of(stmt.map, stmt.key);
    const ir::Value found = lookup(map_id(stmt.map), key);
    b.if_else(
        b.not_zero(found),
        [&] {
            if (type->kind == Kind::string)
                copy_text(found, type->capacity, made, type->capacity);
            else
                copy(found, made, type->size);
        },
        [&] {
            const ir::Value code = update(*this, map_id(stmt.map), key, made, BPF_ANY);
            b.if_then(
                b.compare(Compare::slt, code, b.i64(0)), [&] { update_failed(stmt.range, code); }, Likely::no);
        });
}

ir::Value ProbeEmitter::increment_map(const typed::Increment& expr, const typed::MapValue& target, bool is_used) {
    ir::Builder& b = ir();
    const types::Type* type = map(target.map).value;
    const std::uint64_t step = type->kind == Kind::pointer ? std::max(1u, type->element->size) : 1;
    const ir::Value change = b.i64(expr.is_decrement ? ~step + 1 : step);
    const ir::Value old = b.slot(Width::i64, "old");
    if (is_used) b.store(b.i64(0), old);
    map_upsert(target.map, target.key, expr.range, [&](ir::Value element) {
        if (type->size == 8 && !is_used) {
            b.atomic_add(element, change);
        } else if (type->size == 8) {
            b.store(b.atomic_fetch_add(element, change), old);
        } else {
            const ir::Value before = load_scalar(type, element);
            store_scalar(type, b.add(before, change), element);
            b.store(before, old);
        }
    });
    if (!is_used) return {};
    const ir::Value before = b.load(Width::i64, old);
    return expr.is_prefix ? normalised(type, b.add(before, change)) : before;
}

}  // namespace codegen
