// Expressions: scalar() gives a register, memory() an address, into() writes to one, condition() gives a truth value to
// branch on.
#include <algorithm>

#include "runtime/base/bug.h"
#include "src/codegen/probe_emitter.h"

namespace codegen {

using ir::Compare;
using ir::Width;
using program::ArgumentPlace;
using typed::as;
using typed::ExprKind;
using types::Kind;
using Likely = ir::Builder::Likely;

namespace {

/// Members and elements of what a pointer points at are read alone, not the whole of it.
struct Pointed {
    const typed::Load* load = nullptr;
    std::uint64_t offset = 0;
    bool is_plain = true;  ///< members of structures all the way: no union, no array
};

std::optional<Pointed> pointed(const typed::Expr& expr) {
    if (expr.kind == ExprKind::load && as<typed::Load>(expr).bit_size == 0) return Pointed{&as<typed::Load>(expr), 0};
    if (expr.kind == ExprKind::member) {
        const auto& member = as<typed::MemberOf>(expr);
        if (member.member.bit_size != 0 || member.base->type->kind != Kind::structure) return std::nullopt;
        auto base = pointed(*member.base);
        if (base) base->offset += member.member.offset;
        if (base) base->is_plain &= !member.member.is_in_union && !member.base->type->structure->is_union;
        return base;
    }
    if (expr.kind == ExprKind::element) {
        const auto& element = as<typed::Element>(expr);
        if (element.base->type->kind != Kind::array || element.index->kind != ExprKind::integer) return std::nullopt;
        const std::uint64_t index = as<typed::Integer>(*element.index).value;
        if (index >= element.base->type->count) return std::nullopt;
        auto base = pointed(*element.base);
        if (base) base->offset += index * element.type->size;
        if (base) base->is_plain = false;
        return base;
    }
    return std::nullopt;
}

/// A structure as the running kernel lays it out.
bool is_pointer_to_kernel_structure(const types::Type* type) {
    return type->kind == Kind::pointer && type->space == types::AddressSpace::kernel &&
           type->element->kind == Kind::structure && type->element->structure->btf_id != 0;
}

/// What the verifier itself reads there has to be a whole member, found without choosing between members of a union:
/// it takes the first that lies there ("cannot access ptr member ... with moff ...").
bool is_direct(const typed::Load& load, std::uint64_t offset, std::uint32_t size) {
    const types::Type* base = load.address->type;
    return is_pointer_to_kernel_structure(base) && !load.is_in_union && offset + size <= base->element->size &&
           (size == 1 || size == 2 || size == 4 || size == 8) && offset % size == 0;
}

/// A pointer the verifier knows the type of (PTR_TO_BTF_ID): it checks loads through it against the kernel's BTF and
/// guards them with an exception table entry, so that they cost one instruction instead of a helper's call. That
/// knowledge is lost in variables and casts, which is right: there the pointer may be another one.
bool is_known_to_verifier(const typed::Expr& expr, program::ProbeKind kind) {
    if (!is_pointer_to_kernel_structure(expr.type)) return false;
    if (expr.kind == ExprKind::call) return as<typed::Call>(expr).row->name == "curtask";
    if (expr.kind == ExprKind::argument) {
        // What a function returned may be an error code in a pointer's place.
        const program::Argument& argument = *as<typed::Argument>(expr).argument;
        return argument.place == ArgumentPlace::trampoline && argument.name != "retval" &&
               (kind == program::ProbeKind::fentry || kind == program::ProbeKind::fexit);
    }
    const auto from = pointed(expr);
    return from && from->is_plain && from->load->bit_size == 0 &&
           is_direct(*from->load, from->load->offset + from->offset, expr.type->size) &&
           is_known_to_verifier(*from->load->address, kind);
}

/// A member of an iterator's context, which is a pointer that the verifier knows, and takes for null until it is
/// tested.
bool is_member_of_iterator(const typed::Expr& expr, program::ProbeKind kind) {
    if (kind != program::ProbeKind::iter || !is_pointer_to_kernel_structure(expr.type)) return false;
    const auto from = pointed(expr);
    if (!from || from->load->bit_size != 0) return false;
    const typed::Expr& address = *from->load->address;
    return address.kind == ExprKind::call && as<typed::Call>(address).row->name == "ctx";
}

bool is_known_if_not_null(const typed::Expr& expr, program::ProbeKind kind) {
    if (is_known_to_verifier(expr, kind) || is_member_of_iterator(expr, kind)) return true;
    if (!is_pointer_to_kernel_structure(expr.type)) return false;
    const auto from = pointed(expr);
    return from && from->is_plain && from->load->bit_size == 0 &&
           is_direct(*from->load, from->load->offset + from->offset, expr.type->size) &&
           is_known_if_not_null(*from->load->address, kind);
}

Compare how_to_compare(typed::CompareOp op, bool is_signed) {
    switch (op) {
        case typed::CompareOp::equal: return Compare::eq;
        case typed::CompareOp::not_equal: return Compare::ne;
        case typed::CompareOp::less: return is_signed ? Compare::slt : Compare::ult;
        case typed::CompareOp::less_equal: return is_signed ? Compare::sle : Compare::ule;
        case typed::CompareOp::greater: return is_signed ? Compare::sgt : Compare::ugt;
        case typed::CompareOp::greater_equal: return is_signed ? Compare::sge : Compare::uge;
    }
    BUG("no such comparison");
}

const typed::String* literal_text(const typed::Expr& expr) {
    const typed::Expr* inner = &expr;
    // A cast to a larger capacity changes nothing of the text.
    while (inner->kind == ExprKind::cast && inner->type->kind == Kind::string &&
           as<typed::Cast>(*inner).operand->type->kind == Kind::string &&
           as<typed::Cast>(*inner).operand->type->capacity <= inner->type->capacity) {
        inner = as<typed::Cast>(*inner).operand;
    }
    return inner->kind == ExprKind::string ? &as<typed::String>(*inner) : nullptr;
}

std::string_view text_of(const typed::String& literal) {
    return std::string_view(literal.value).substr(0, literal.type->capacity);
}

}  // namespace

// ---- scalar

ir::Value ProbeEmitter::scalar(const typed::Expr& expr) {
    ir::Builder& b = ir();
    switch (expr.kind) {
        case ExprKind::integer: return b.i64(as<typed::Integer>(expr).value);
        case ExprKind::variable: {
            const auto id = as<typed::Variable>(expr).variable;
            return load_variable(id);
        }
        case ExprKind::map_value: return map_value_scalar(as<typed::MapValue>(expr));
        case ExprKind::call: return scalar_call(as<typed::Call>(expr));
        case ExprKind::argument: return argument_scalar(*as<typed::Argument>(expr).argument, expr.type);
        case ExprKind::member: return member_scalar(as<typed::MemberOf>(expr));
        case ExprKind::load: {
            const auto& load = as<typed::Load>(expr);
            return scalar_load(load, 0, expr.type, load.bit_offset, load.bit_size);
        }
        case ExprKind::element: return element_scalar(as<typed::Element>(expr));
        case ExprKind::unary: {
            const auto& unary = as<typed::Unary>(expr);
            switch (unary.op) {
                case typed::UnaryOp::bit_not: return normalised(expr.type, b.not_(scalar(*unary.operand)));
                case typed::UnaryOp::negate: return normalised(expr.type, b.neg(scalar(*unary.operand)));
                case typed::UnaryOp::logical_not: return b.zext(condition(expr), Width::i64);
            }
            BUG("no such operator");
        }
        case ExprKind::binary: return binary(as<typed::Binary>(expr));
        case ExprKind::compare:
        case ExprKind::logical: return b.zext(condition(expr), Width::i64);
        case ExprKind::choose: {
            const auto& choose = as<typed::Choose>(expr);
            const ir::Value slot = b.slot(Width::i64, "choice");
            b.if_else(
                condition(*choose.condition), [&] { b.store(scalar(*choose.then), slot); },
                [&] { b.store(scalar(*choose.otherwise), slot); });
            return b.load(Width::i64, slot);
        }
        case ExprKind::cast: return cast_scalar(as<typed::Cast>(expr));
        case ExprKind::block: {
            const auto& inner = as<typed::BlockExpr>(expr);
            block(inner.block);
            return scalar(*inner.value);
        }
        case ExprKind::increment: return increment(as<typed::Increment>(expr), true);
        case ExprKind::address_of: {
            const typed::Expr& target = *as<typed::AddressOf>(expr).target;
            if (target.kind == ExprKind::variable)
                return b.ptr_to_int(variable_address(as<typed::Variable>(target).variable));
            const auto& value = as<typed::MapValue>(target);
            return b.ptr_to_int(map_lookup(value.map, value.key));
        }
        case ExprKind::function_call: return call_function(as<typed::FunctionCall>(expr), {});
        case ExprKind::string:
        case ExprKind::arguments:
        case ExprKind::tuple: BUG("a value in memory taken for a scalar");
    }
    BUG("no such expression");
}

ir::Value ProbeEmitter::scalar_call(const typed::Call& call) {
    const ir::Value value = call.row->lower(*this, call, {});
    BUG_IF(!value, "a builtin without a value");
    ir::Builder& b = ir();
    if (ir::Builder::is_pointer(value)) return b.ptr_to_int(value);
    return b.resize(value, Width::i64, ir::Builder::width(value) != Width::i1 && call.type->is_signed);
}

// ---- condition

ir::Value ProbeEmitter::condition(const typed::Expr& expr) {
    ir::Builder& b = ir();
    if (expr.kind == ExprKind::compare) return compare(as<typed::Compare>(expr));
    if (expr.kind == ExprKind::unary && as<typed::Unary>(expr).op == typed::UnaryOp::logical_not) {
        return b.not_(condition(*as<typed::Unary>(expr).operand));
    }
    if (expr.kind == ExprKind::logical) {
        const auto& logical = as<typed::Logical>(expr);
        const ir::Value left = condition(*logical.left);
        const ir::Block from = b.current(), other = b.block("right"), end = b.block("logical");
        if (logical.is_and)
            b.branch(left, other, end);
        else
            b.branch(left, end, other);
        b.enter(other);
        const ir::Value right = condition(*logical.right);
        const ir::Block right_end = b.current();
        b.jump(end);
        b.enter(end);
        return b.phi({{b.boolean(!logical.is_and), from}, {right, right_end}});
    }
    if (!is_register(expr.type)) {
        // Of text: that there is some.
        const ir::Value address = memory(expr);
        return expr.type->size == 0 ? b.boolean(false) : b.not_zero(b.load(Width::i8, address, 0, 1));
    }
    return b.not_zero(scalar(expr));
}

ir::Value ProbeEmitter::compare(const typed::Compare& expr) {
    ir::Builder& b = ir();
    const typed::Expr &left = *expr.left, &right = *expr.right;
    if (is_register(left.type) && is_register(right.type)) {
        const ir::Value a = scalar(left);
        return b.compare(how_to_compare(expr.op, expr.is_signed_operation), a, scalar(right));
    }
    const Temporaries temporaries(*this);
    BUG_IF(expr.op != typed::CompareOp::equal && expr.op != typed::CompareOp::not_equal,
           "an order of values that have none");
    const bool wants_equal = expr.op == typed::CompareOp::equal;
    const bool are_text = left.type->kind == Kind::string && right.type->kind == Kind::string;
    const typed::String* literal = are_text ? literal_text(right) : nullptr;
    const typed::Expr& other = literal ? left : right;
    if (are_text && !literal) literal = literal_text(left);
    ir::Value differs;
    if (literal != nullptr) {
        differs = differs_from_literal(memory(other), other.type->capacity, text_of(*literal));
    } else {
        const ir::Value a = memory(left);
        differs = b.not_zero(difference(left.type, a, right.type, memory(right)));
    }
    return wants_equal ? b.not_(differs) : differs;
}

// ---- arithmetic

ir::Value ProbeEmitter::binary(const typed::Binary& expr) {
    ir::Builder& b = ir();
    const ir::Value left = scalar(*expr.left);
    const ir::Value right = scalar(*expr.right);
    const auto divide = [&](auto&& operation) {
        const auto constant = ir::Builder::constant_of(right);
        if (constant && *constant != 0) return operation();
        const ir::Value slot = b.slot(Width::i64, "quotient");
        b.if_else(
            b.is_zero(right),
            [&] {
                warn(program::WarningKind::division_by_zero, expr.range, {}, {}, false);
                b.store(b.i64(1), slot);
            },
            [&] { b.store(operation(), slot); }, Likely::no);
        return b.load(Width::i64, slot);
    };
    ir::Value result;
    switch (expr.op) {
        case typed::BinaryOp::add: result = b.add(left, right); break;
        case typed::BinaryOp::subtract: result = b.sub(left, right); break;
        case typed::BinaryOp::multiply: result = b.mul(left, right); break;
        case typed::BinaryOp::divide:
            result = divide([&] { return expr.is_signed_operation ? b.sdiv(left, right) : b.udiv(left, right); });
            break;
        case typed::BinaryOp::modulo:
            result = divide([&] { return expr.is_signed_operation ? b.srem(left, right) : b.urem(left, right); });
            break;
        case typed::BinaryOp::bit_and: result = b.and_(left, right); break;
        case typed::BinaryOp::bit_or: result = b.or_(left, right); break;
        case typed::BinaryOp::bit_xor: result = b.xor_(left, right); break;
        case typed::BinaryOp::shift_left: result = b.shl(left, right); break;
        case typed::BinaryOp::shift_right: result = b.lshr(left, right); break;  // logical, whatever the sign
    }
    return expr.type->kind == Kind::integer ? normalised(expr.type, result) : result;
}

ir::Value ProbeEmitter::increment(const typed::Increment& expr, bool is_used) {
    ir::Builder& b = ir();
    if (expr.target->kind == ExprKind::map_value)
        return increment_map(expr, as<typed::MapValue>(*expr.target), is_used);
    const auto id = as<typed::Variable>(*expr.target).variable;
    const types::Type* type = scope_->variables[id.index()].type;
    const std::uint64_t step = type->kind == Kind::pointer ? std::max(1u, type->element->size) : 1;
    const ir::Value old = load_variable(id);
    const ir::Value changed = normalised(type, expr.is_decrement ? b.sub(old, b.i64(step)) : b.add(old, b.i64(step)));
    store_variable(id, changed);
    return expr.is_prefix ? changed : old;
}

// ---- memory

ir::Value ProbeEmitter::memory(const typed::Expr& expr) {
    switch (expr.kind) {
        case ExprKind::variable:
            if (is_register(expr.type)) break;
            return variable_address(as<typed::Variable>(expr).variable);
        case ExprKind::map_value:
            if (is_register(expr.type)) break;
            return map_value_memory(as<typed::MapValue>(expr));
        case ExprKind::member:
            if (is_register(expr.type)) break;
            return member_memory(as<typed::MemberOf>(expr));
        case ExprKind::element:
            if (is_register(expr.type)) break;
            return element_memory(as<typed::Element>(expr));
        default: break;
    }
    const ir::Value place = temporary(expr.type);
    into(expr, place);
    return place;
}

void ProbeEmitter::into(const typed::Expr& expr, ir::Value destination) {
    ir::Builder& b = ir();
    if (is_register(expr.type)) {
        store_scalar(expr.type, scalar(expr), destination);
        return;
    }
    if (expr.type->size == 0) {
        discard(expr);
        return;
    }
    switch (expr.kind) {
        case ExprKind::string:
            literal_into(text_of(as<typed::String>(expr)), expr.type->capacity, destination, false);
            return;
        case ExprKind::variable:
        case ExprKind::map_value:
            if (expr.type->kind == Kind::string)
                copy_text(destination, expr.type->capacity, memory(expr), expr.type->capacity);
            else
                copy(destination, memory(expr), expr.type->size);
            return;
        case ExprKind::element:
        case ExprKind::member:
            if (const auto from = pointed(expr)) {
                const ir::Value address = b.add(scalar(*from->load->address), b.i64(from->load->offset + from->offset));
                read(destination, b.i64(expr.type->size), address, from->load->space, expr.range);
                return;
            }
            if (expr.kind == ExprKind::member && as<typed::MemberOf>(expr).base->kind == ExprKind::arguments) {
                argument_into(event_argument(as<typed::MemberOf>(expr).member), expr.type, destination);
                return;
            }
            copy(destination, memory(expr), expr.type->size);
            return;
        case ExprKind::call: call_into(as<typed::Call>(expr), destination); return;
        case ExprKind::argument: argument_into(*as<typed::Argument>(expr).argument, expr.type, destination); return;
        case ExprKind::arguments:
            // The type has a layout of its own: fields lie in the context with gaps, and behind those that are common.
            clear(destination, expr.type->size);
            for (const types::Member& member : members_of(expr.type)) {
                const program::Argument& argument = event_argument(member);
                if (is_register(member.type))
                    store_scalar(member.type, argument_scalar(argument, member.type), destination, member.offset);
                else
                    argument_into(argument, member.type, member_at(destination, member.offset));
            }
            return;
        case ExprKind::load: {
            const auto& load = as<typed::Load>(expr);
            read(destination, b.i64(expr.type->size), b.add(scalar(*load.address), b.i64(load.offset)), load.space,
                 expr.range);
            return;
        }
        case ExprKind::choose: {
            const auto& choose = as<typed::Choose>(expr);
            b.if_else(
                condition(*choose.condition), [&] { into_as(*choose.then, expr.type, destination, false); },
                [&] { into_as(*choose.otherwise, expr.type, destination, false); });
            return;
        }
        case ExprKind::cast: cast_into(as<typed::Cast>(expr), destination, false); return;
        case ExprKind::tuple: tuple_into(as<typed::Tuple>(expr), destination, false); return;
        case ExprKind::block: {
            const auto& inner = as<typed::BlockExpr>(expr);
            block(inner.block);
            into_as(*inner.value, expr.type, destination, false);
            return;
        }
        case ExprKind::function_call: (void)call_function(as<typed::FunctionCall>(expr), destination); return;
        case ExprKind::integer:
        case ExprKind::unary:
        case ExprKind::binary:
        case ExprKind::compare:
        case ExprKind::logical:
        case ExprKind::increment:
        case ExprKind::address_of: BUG("a scalar taken for a value in memory");
    }
}

void ProbeEmitter::call_into(const typed::Call& call, ir::Value destination) {
    const ir::Value result = call.row->lower(*this, call, destination);
    if (result && result.raw != destination.raw && ir::Builder::is_pointer(result))
        copy(destination, result, call.type->size);
}

// ---- through pointers

/// A pointer as the verifier knows it (is_known_to_verifier): only to load through. As a value it would not do, since
/// no arithmetic is allowed on it.
ir::Value ProbeEmitter::known_pointer(const typed::Expr& expr) {
    ir::Builder& b = ir();
    if (expr.kind == ExprKind::call) return helper(Helper::get_current_task_btf, {});
    if (expr.kind == ExprKind::argument)
        return b.load(Width::i64, context(), as<typed::Argument>(expr).argument->offset);
    const auto from = pointed(expr);
    const ir::Value base = b.int_to_ptr(known_pointer(*from->load->address));
    return b.load(Width::i64, base, static_cast<std::int64_t>(from->load->offset + from->offset));
}

void ProbeEmitter::with_known_pointer(const typed::Expr& expr, const std::function<void(ir::Value)>& use) {
    ir::Builder& b = ir();
    const auto unless_null = [&](ir::Value value) {
        b.if_then(b.compare(Compare::ne, value, b.i64(0)), [&] { use(value); });
    };
    const auto from = expr.kind == ExprKind::call || expr.kind == ExprKind::argument ? std::nullopt : pointed(expr);
    if (!from) return unless_null(known_pointer(expr));
    const auto offset = static_cast<std::int64_t>(from->load->offset + from->offset);
    if (is_member_of_iterator(expr, probe_.kind)) return unless_null(b.load(Width::i64, context(), offset));
    with_known_pointer(*from->load->address,
                       [&](ir::Value base) { unless_null(b.load(Width::i64, b.int_to_ptr(base), offset)); });
}

bool ProbeEmitter::with_kernel_structure(const typed::Expr& expr, const std::function<void(ir::Value)>& use) {
    const bool is_pointer = expr.type->kind == Kind::pointer;
    const auto from = is_pointer ? std::nullopt : pointed(expr);
    if (!is_pointer && !from) return false;
    const typed::Expr& pointer = is_pointer ? expr : *from->load->address;
    if (!is_known_if_not_null(pointer, probe_.kind)) return false;
    const auto offset = from ? static_cast<std::int64_t>(from->load->offset + from->offset) : 0;
    with_known_pointer(pointer, [&](ir::Value base) { use(ir().ptr_add(ir().int_to_ptr(base), offset)); });
    return true;
}

ir::Value ProbeEmitter::scalar_load(const typed::Load& expr, std::uint64_t extra_offset, const types::Type* type,
                                    std::uint16_t bit_offset, std::uint16_t bit_size, bool is_plain) {
    ir::Builder& b = ir();
    const std::uint64_t offset = expr.offset + extra_offset;
    if (is_plain && bit_size == 0 && is_direct(expr, offset, type->size) &&
        is_known_to_verifier(*expr.address, probe_.kind)) {
        const Width width = ir::width_of_bytes(type->size);
        const ir::Value base = b.int_to_ptr(known_pointer(*expr.address));
        const ir::Value value = b.load(width, base, static_cast<std::int64_t>(offset));
        return b.resize(value, Width::i64, type->is_signed);
    }
    const ir::Value pointer = scalar(*expr.address);
    if (expr.is_trusted && bit_size == 0) {
        // The verifier knows the type behind the pointer and guards the load with an exception table entry.
        const Width width = ir::width_of_bytes(type->size);
        return b.resize(b.load(width, b.int_to_ptr(pointer), static_cast<std::int64_t>(offset)), Width::i64,
                        type->is_signed);
    }
    const Temporaries temporaries(*this);
    const std::uint32_t size = bit_size == 0 ? type->size : std::min(8u, (bit_offset + bit_size + 7u) / 8u);
    const ir::Value place = stack_object(8);
    if (bit_size != 0) b.store(b.i64(0), place);
    read(place, b.i64(size), b.add(pointer, b.i64(offset)), expr.space, expr.range);
    return bit_size == 0 ? load_scalar(type, place) : load_bits(place, 8, bit_offset, bit_size, type->is_signed);
}

// ---- members and elements

ir::Value ProbeEmitter::member_scalar(const typed::MemberOf& expr) {
    const types::Member& member = expr.member;
    if (expr.base->kind == ExprKind::arguments) return argument_scalar(event_argument(member), expr.type);
    if (const auto from = pointed(*expr.base)) {
        return scalar_load(*from->load, from->offset + member.offset, expr.type, member.bit_offset, member.bit_size,
                           from->is_plain && !member.is_in_union && !expr.base->type->structure->is_union);
    }
    const ir::Value base = memory(*expr.base);
    if (member.bit_size == 0) return load_scalar(expr.type, base, member.offset);
    const std::uint32_t size = std::min(8u, (member.bit_offset + member.bit_size + 7u) / 8u);
    return load_bits(member_at(base, member.offset), size, member.bit_offset, member.bit_size, expr.type->is_signed);
}

ir::Value ProbeEmitter::member_memory(const typed::MemberOf& expr) {
    if (expr.base->kind == ExprKind::arguments || pointed(expr)) {
        const ir::Value place = temporary(expr.type);
        into(expr, place);
        return place;
    }
    return member_at(memory(*expr.base), expr.member.offset);
}

/// Element of an array or character of a string; beyond its end: 0 and a warning.
ir::Value ProbeEmitter::element_scalar(const typed::Element& expr) {
    ir::Builder& b = ir();
    const types::Type* base_type = expr.base->type;
    const std::uint64_t count = base_type->kind == Kind::array ? base_type->count : base_type->size;
    const std::uint32_t size = expr.type->size;
    const auto constant =
        expr.index->kind == ExprKind::integer ? std::optional(as<typed::Integer>(*expr.index).value) : std::nullopt;
    if (constant) {
        if (*constant >= count) {
            warn(program::WarningKind::out_of_bounds, expr.range, {}, {}, false);
            return b.i64(0);
        }
        if (const auto from = pointed(expr)) return scalar_load(*from->load, from->offset, expr.type, 0, 0, false);
        const auto offset = static_cast<std::int64_t>(*constant * size);
        return load_scalar(expr.type, memory(*expr.base), offset);
    }
    const auto from = pointed(*expr.base);
    const ir::Value base = from ? ir::Value{} : memory(*expr.base);
    const ir::Value index = b.opaque(scalar(*expr.index));
    const ir::Value slot = b.slot(Width::i64, "element");
    b.if_else(
        b.compare(Compare::ult, index, b.i64(count)),
        [&] {
            const ir::Value distance = b.mul(index, b.i64(size));
            if (from) {
                const Temporaries temporaries(*this);
                const ir::Value place = stack_object(8);
                const ir::Value address = b.add(scalar(*from->load->address), b.i64(from->load->offset + from->offset));
                read(place, b.i64(size), b.add(address, distance), from->load->space, expr.range);
                b.store(load_scalar(expr.type, place), slot);
                return;
            }
            const ir::Value address = b.ptr_add(base, distance);
            alignments_[address.raw] = std::min(alignment(base), std::max(1u, size & -size));
            b.store(load_scalar(expr.type, address), slot);
        },
        [&] {
            warn(program::WarningKind::out_of_bounds, expr.range, {}, {}, false);
            b.store(b.i64(0), slot);
        },
        Likely::yes);
    return b.load(Width::i64, slot);
}

ir::Value ProbeEmitter::element_memory(const typed::Element& expr) {
    ir::Builder& b = ir();
    const std::uint64_t count = expr.base->type->count;
    const std::uint32_t size = expr.type->size;
    const auto constant =
        expr.index->kind == ExprKind::integer ? std::optional(as<typed::Integer>(*expr.index).value) : std::nullopt;
    if (constant && *constant >= count) {
        warn(program::WarningKind::out_of_bounds, expr.range, {}, {}, false);
        return zero_memory(size);
    }
    if (constant && pointed(expr)) {
        const ir::Value place = temporary(expr.type);
        into(expr, place);
        return place;
    }
    const auto from = constant ? std::nullopt : pointed(*expr.base);
    if (from) {
        const ir::Value place = temporary(expr.type);
        const ir::Value index = b.opaque(scalar(*expr.index));
        b.if_else(
            b.compare(Compare::ult, index, b.i64(count)),
            [&] {
                const ir::Value address = b.add(scalar(*from->load->address), b.i64(from->load->offset + from->offset));
                read(place, b.i64(size), b.add(address, b.mul(index, b.i64(size))), from->load->space, expr.range);
            },
            [&] {
                warn(program::WarningKind::out_of_bounds, expr.range, {}, {}, false);
                clear(place, size);
            },
            Likely::yes);
        return place;
    }
    const ir::Value base = memory(*expr.base);
    if (constant) return member_at(base, static_cast<std::int64_t>(*constant * size));
    const ir::Value index = b.opaque(scalar(*expr.index));
    const ir::Block inside = b.block("inside"), outside = b.block("outside"), end = b.block("element");
    b.branch(b.compare(Compare::ult, index, b.i64(count)), inside, outside, Likely::yes);
    b.enter(inside);
    const ir::Value address = b.ptr_add(base, b.mul(index, b.i64(size)));
    b.jump(end);
    b.enter(outside);
    warn(program::WarningKind::out_of_bounds, expr.range, {}, {}, false);
    const ir::Value nothing = zero_memory(size);
    const ir::Block outside_end = b.current();
    b.jump(end);
    b.enter(end);
    const ir::Value result = b.phi({{address, inside}, {nothing, outside_end}});
    alignments_[result.raw] = std::min({alignment(base), std::max(1u, size & -size), 8u});
    return result;
}

}  // namespace codegen
