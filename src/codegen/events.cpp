// Records in the ring buffer: reserved with their whole, constant size, written in place, submitted. No copy is made on
// the way, and bytes that nobody prints are not written.
#include <algorithm>

#include "runtime/program/record.h"
#include "src/codegen/probe_emitter.h"
#include "src/codegen/walk.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using typed::as;
using typed::ExprKind;
using Likely = ir::Builder::Likely;

namespace {

std::uint32_t round_up_8(std::uint32_t size) {
    return (size + 7) / 8 * 8;
}

}  // namespace

void ProbeEmitter::send(program::EventSpec event, std::uint32_t payload_size,
                        const std::function<void(ir::Value)>& fill) {
    ir::Builder& b = ir();
    const program::EventId id = script_.event(std::move(event));
    const ir::Value ring = b.map_ref(script_.ring());
    const ir::Value record =
        helper(Helper::ringbuf_reserve, {ring, b.i64(sizeof(program::RecordHeader) + payload_size), b.i64(0)});
    b.if_else(
        b.not_zero(record),
        [&] {
            const bool is_told = probe_number_ && function_->kind == Function::Kind::program;
            b.store(is_told ? b.or_(b.i64(id.index()), b.shl(probe_number_, b.i64(32)))
                            : b.i64(id.index() | std::uint64_t{id_.value} << 32),
                    record);
            fill(member_at(record, sizeof(program::RecordHeader)));
            // Flags 0: the kernel wakes the reader only if it has read everything before, and a busy reader sees to it
            // that it has not.
            helper(Helper::ringbuf_submit, {record, b.i64(0)});
            count(program::LedgerCounter::sent);
        },
        [&] { count(program::LedgerCounter::lost); }, Likely::yes);
}

/// May be evaluated while a record is reserved: it cannot leave the function, calls nothing back and changes nothing
/// that another argument reads.
bool ProbeEmitter::is_quiet(const typed::Expr& expr) const {
    const bool tells_failed_reads = script_.options.warn_failed_reads;
    return !any_of(expr, [&](const typed::Expr& part) {
        switch (part.kind) {
            case ExprKind::block:
            case ExprKind::function_call:
            case ExprKind::increment: return true;
            // These may have a warning to send, which belongs in front of the record.
            case ExprKind::element: return true;
            case ExprKind::binary: {
                const auto& binary = as<typed::Binary>(part);
                return (binary.op == typed::BinaryOp::divide || binary.op == typed::BinaryOp::modulo) &&
                       binary.right->kind != ExprKind::integer;
            }
            // Rows with arguments may loop (a search in a text) or end early. One whose result is written in place is
            // worth the exception: str, comm.
            case ExprKind::call: {
                const auto& call = as<typed::Call>(part);
                if (tells_failed_reads) return true;
                return call.row->is_asynchronous || (is_register(call.type) && !call.arguments.empty()) ||
                       call.map.is_set();
            }
            case ExprKind::map_value: return tells_failed_reads || part.type->is_aggregation();
            case ExprKind::load: return tells_failed_reads;
            default: return false;
        }
    });
}

program::LayoutId ProbeEmitter::layout_of(const typed::Expr& expr) {
    const program::ValueNames* names = nullptr;
    if (expr.kind == ExprKind::argument) names = &as<typed::Argument>(expr).argument->names;
    if (expr.kind == ExprKind::member) {
        const auto& member = as<typed::MemberOf>(expr);
        names = &member.member.names;
        if (names->values.empty() && member.base->kind == ExprKind::arguments)
            names = &event_argument(member.member).names;
    }
    if (names != nullptr && !names->values.empty()) return script_.layouts.of(expr.type, *names);
    return script_.layouts.of(expr.type);
}

std::uint32_t ProbeEmitter::place_arguments(std::vector<program::FormatOp>& ops,
                                            std::span<const typed::Expr* const> values) {
    std::uint32_t offset = 0;
    std::size_t next = 0;
    for (program::FormatOp& op : ops) {
        if (op.conversion == program::Conversion::none || next >= values.size()) continue;
        const typed::Expr& value = *values[next++];
        op.layout = layout_of(value);
        op.offset = offset;
        offset += round_up_8(value.type->size);
    }
    return offset;
}

void ProbeEmitter::send_formatted(const typed::Call& call, std::span<const typed::Expr* const> values,
                                  const std::function<program::EventSpec(std::vector<program::FormatOp>)>& make) {
    std::vector<program::FormatOp> ops = call.format;
    const std::uint32_t size = place_arguments(ops, values);
    send_values(make(std::move(ops)), size, values);
}

void ProbeEmitter::send_values(program::EventSpec event, std::uint32_t payload_size,
                               std::span<const typed::Expr* const> values) {
    // If one of them has to be evaluated before the record exists, so have all before it that it could change.
    std::size_t early_end = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!is_quiet(*values[i])) early_end = i + 1;
    }
    std::vector<ir::Value> early;
    for (std::size_t i = 0; i < early_end; ++i) {
        const typed::Expr& value = *values[i];
        const bool is_constant = value.kind == ExprKind::string || value.kind == ExprKind::integer;
        if (is_constant) {
            early.emplace_back();
        } else if (is_register(value.type)) {
            early.push_back(scalar(value));
        } else {
            early.push_back(temporary(value.type));
            into(value, early.back());
        }
    }
    send(std::move(event), payload_size, [&](ir::Value payload) {
        std::uint32_t offset = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const typed::Expr& value = *values[i];
            const ir::Value destination = member_at(payload, offset);
            if (i >= early.size() || !early[i])
                into(value, destination);
            else if (is_register(value.type))
                store_scalar(value.type, early[i], destination);
            else if (value.type->kind == types::Kind::string)
                copy_text(destination, value.type->capacity, early[i], value.type->capacity);
            else
                copy(destination, early[i], value.type->size);
            offset += round_up_8(value.type->size);
        }
    });
}

void ProbeEmitter::warn(program::WarningKind kind, source::Range at, std::string_view helper_name, ir::Value code,
                        bool is_only_verbose) {
    if (is_only_verbose && !script_.options.warn_failed_reads) return;
    ir::Builder& b = ir();
    std::string_view text;
    if (kind == program::WarningKind::stack_failed) {
        text = helper_name;
        helper_name = {};
    }
    const program::PlaceId place = script_.warning_place(kind, at, helper_name, text, !is_only_verbose);
    const Temporaries temporaries(*this);
    const ir::Value key = stack_object(4);
    b.store(b.i32(script_.program.warning_places[place.index()].ledger_slot), key, 0, 4);
    const ir::Value entry = lookup(script_.ledger(), key);
    b.if_then(
        b.not_zero(entry),
        [&] {
            const ir::Value before = b.atomic_fetch_add(entry, b.i64(1));
            b.if_then(
                b.is_zero(before),
                [&] {
                    if (code)
                        send(program::HelperFailed{place}, 8, [&](ir::Value payload) { b.store(code, payload); });
                    else
                        send(program::RuntimeWarning{place}, 0, [](ir::Value) {});
                },
                Likely::no);
        },
        Likely::yes);
}

}  // namespace codegen
