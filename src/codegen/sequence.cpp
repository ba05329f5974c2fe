// The text of pinned iterators (bpf_seq_printf, bpf_seq_write), and how other iterators are slowed down.
#include "src/codegen/sequence.h"

#include <string>
#include <string_view>

#include "runtime/base/bug.h"
#include "src/codegen/probe_emitter.h"

namespace codegen {

using ir::Compare;
using program::Conversion;
using types::Kind;

namespace {

/// struct bpf_iter__TYPE begins with a pointer to struct bpf_iter_meta, which begins with one to the file.
constexpr std::int32_t kMeta = 0, kFile = 0;

bool is_number(const types::Type* type) {
    return type->kind == Kind::integer || type->kind == Kind::boolean || type->kind == Kind::pointer ||
           type->kind == Kind::enumeration;
}

/// The kernel knows "0", "+", "-" and blank in front of a width, and no precision.
std::string spelled(const program::FormatOp& op, std::string_view conversion) {
    std::string text = "%";
    if (op.flags.zero) text += '0';
    if (op.flags.left) text += '-';
    if (op.flags.plus) text += '+';
    if (op.flags.space) text += ' ';
    if (op.width >= 0) text += std::to_string(op.width);
    return text + std::string(conversion);
}

/// Of a number; empty: the kernel cannot.
std::string number_format(const program::FormatOp& op, const types::Type* type) {
    if (op.precision >= 0) return {};
    const bool is_pointer = op.conversion == Conversion::pointer || type->kind == Kind::pointer;
    switch (op.conversion) {
        case Conversion::signed_decimal: return spelled(op, "lld");
        case Conversion::unsigned_decimal: return spelled(op, "llu");
        case Conversion::hex: return op.flags.alternate ? std::string() : spelled(op, "llx");
        case Conversion::hex_upper: return op.flags.alternate ? std::string() : spelled(op, "llX");
        // Its own %p shows a number made up for the address.
        case Conversion::pointer: return op.width < 0 ? "0x%llx" : std::string();
        case Conversion::value:
            if (is_pointer) return op.width < 0 ? "0x%llx" : std::string();
            if (type->kind == Kind::integer) return spelled(op, type->is_signed ? "lld" : "llu");
            return {};
        default: return {};
    }
}

}  // namespace

bool is_pinned_iterator(program::ProbeKind kind, const program::Place& place) {
    return kind == program::ProbeKind::iter && !place.target.empty();
}

bool fits_sequence(const program::FormatOp& op, const types::Type* type) {
    if (op.conversion == Conversion::none) return true;
    if (type->kind == Kind::string) return op.conversion == Conversion::value && op.precision < 0;
    if (type->kind == Kind::boolean && op.conversion == Conversion::value) return op.width < 0;
    if (op.conversion == Conversion::character) return is_number(type) && op.width < 0;
    return is_number(type) && !number_format(op, type).empty();
}

ir::Value ProbeEmitter::sequence_file() {
    return ir().load_pointer(ir().load_pointer(context(), kMeta), kFile);
}

void ProbeEmitter::write_sequence(std::string_view text) {
    if (text.empty()) return;
    ir::Builder& b = ir();
    const Temporaries temporaries(*this);
    const ir::Value place = scratch_only(static_cast<std::uint32_t>(text.size()));
    b.store_bytes(place, std::string(text));
    helper(Helper::seq_write, {sequence_file(), place, b.i64(text.size())});
}

/// `data`: address of one word, the value or the address of a text.
void ProbeEmitter::print_sequence(const std::string& format, ir::Value data) {
    ir::Builder& b = ir();
    const Temporaries temporaries(*this);
    const std::string text = format + '\0';
    const ir::Value place = scratch_only(static_cast<std::uint32_t>(text.size()));
    b.store_bytes(place, text);
    helper(Helper::seq_printf, {sequence_file(), place, b.i64(text.size()), data, b.i64(8)});
}

void ProbeEmitter::write_sequence(std::span<const program::FormatOp> ops, std::span<const typed::Expr* const> values) {
    std::size_t next = 0;
    for (const program::FormatOp& op : ops) {
        write_sequence(op.text);
        if (op.conversion == Conversion::none || next >= values.size()) continue;
        const typed::Expr& value = *values[next++];
        BUG_IF(!fits_sequence(op, value.type), "a value that a pinned iterator cannot print");
        const Temporaries temporaries(*this);
        if (value.type->kind == Kind::string)
            write_sequence_text(op, value);
        else
            write_sequence_number(op, value);
    }
}

void ProbeEmitter::write_sequence_text(const program::FormatOp& op, const typed::Expr& value) {
    ir::Builder& b = ir();
    const std::uint32_t capacity = value.type->capacity;
    const ir::Value text = scratch_only(value.type->size);
    into(value, text);
    if (op.width >= 0) {
        const ir::Value data = stack_object(8);
        b.store(b.ptr_to_int(text), data);
        print_sequence(spelled(op, "s"), data);
        return;
    }
    // The kernel's %s cuts at half a kilobyte.
    const ir::Value length = b.opaque(length_of_text(text, capacity));
    b.if_then(b.compare(Compare::ule, length, b.i64(capacity)), [&] {
        helper(Helper::seq_write, {sequence_file(), text, length});
    });
}

void ProbeEmitter::write_sequence_number(const program::FormatOp& op, const typed::Expr& value) {
    ir::Builder& b = ir();
    ir::Value number = scalar(value);
    if (value.type->kind == Kind::boolean && op.conversion == Conversion::value) {
        b.if_else(
            b.not_zero(number), [&] { write_sequence("true"); }, [&] { write_sequence("false"); });
        return;
    }
    const ir::Value data = stack_object(8);
    if (op.conversion == Conversion::character) {
        b.store(number, data);
        helper(Helper::seq_write, {sequence_file(), data, b.i64(1)});
        return;
    }
    // printf cuts to what the conversion says: %d is 32 bits.
    if (op.conversion != Conversion::value && op.bits < 64) {
        const bool is_signed = op.conversion == Conversion::signed_decimal;
        number = b.resize(b.trunc(number, ir::width_of_bytes(op.bits / 8)), ir::Width::i64, is_signed);
    }
    b.store(number, data);
    print_sequence(number_format(op, value.type), data);
}

/// The kernel goes on to the next object until what it was asked for is written. A byte for each of them lets the
/// reader ask for as many as its ring can take, and read the ring before it asks again.
void ProbeEmitter::count_object() {
    ir::Builder& b = ir();
    const Temporaries temporaries(*this);
    const ir::Value place = stack_object(8);
    b.store(b.i64('\n'), place);
    helper(Helper::seq_write, {sequence_file(), place, b.i64(1)});
}

}  // namespace codegen
