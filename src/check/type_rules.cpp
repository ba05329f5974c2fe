#include "src/check/type_rules.h"

#include <algorithm>

namespace check {

using types::Kind;
using types::Table;
using types::Type;

namespace {

const Type* merge_integers(Table& table, const Type* a, const Type* b) {
    if (a->is_flexible() && b->is_flexible())
        return table.flexible(std::max(a->size, b->size), std::max(a->capacity, b->capacity));
    if (b->is_flexible()) std::swap(a, b);
    if (a->is_flexible()) return table.integer(std::max(b->is_signed ? a->size : a->capacity, b->size), b->is_signed);
    if (a->is_signed == b->is_signed) return table.integer(std::max(a->size, b->size), a->is_signed);
    const Type* with_sign = a->is_signed ? a : b;
    const Type* without = a->is_signed ? b : a;
    if (with_sign->size > without->size) return with_sign;
    return table.integer(std::min(8u, 2 * std::max(a->size, b->size)), true);
}

const Type* merge_members(Table& table, const Type* a, const Type* b) {
    if (a->members.size() != b->members.size()) return nullptr;
    if (a->kind == Kind::tuple) {
        std::vector<const Type*> elements;
        for (std::size_t i = 0; i < a->members.size(); ++i) {
            elements.push_back(merge(table, a->members[i].type, b->members[i].type));
            if (elements.back() == nullptr) return nullptr;
        }
        return table.tuple(elements);
    }
    std::vector<std::pair<std::string, const Type*>> members;
    for (const types::Member& member : a->members) {
        const auto same = std::find_if(b->members.begin(), b->members.end(),
                                       [&](const types::Member& other) { return other.name == member.name; });
        if (same == b->members.end()) return nullptr;
        const Type* both = merge(table, member.type, same->type);
        if (both == nullptr) return nullptr;
        members.emplace_back(member.name, both);
    }
    return table.record(members);
}

const Type* merge_pointers(Table& table, const Type* a, const Type* b) {
    const bool is_same = a->element == b->element;
    if (!is_same && a->element->kind != Kind::void_ && b->element->kind != Kind::void_) return nullptr;
    const Type* element = a->element->kind == Kind::void_ ? b->element : a->element;
    return table.pointer(element, a->space == b->space ? a->space : types::AddressSpace::none,
                         a->is_trusted && b->is_trusted);
}

}  // namespace

bool is_number(const Type* type) {
    return type->kind == Kind::integer || type->kind == Kind::boolean ||
           (type->kind == Kind::enumeration && !type->is_text_number());
}

bool is_text(const Type* type) {
    return type->kind == Kind::string || type->is_text_number();
}

const Type* as_string(Table& table, const Type* type) {
    return type->is_text_number() ? table.string(types::kTextNumberCapacity) : type;
}

bool is_condition(const Type* type) {
    return is_number(type) || type->kind == Kind::pointer || type->kind == Kind::ksym || type->kind == Kind::username;
}

bool is_comparable_in_memory(const Type* type) {
    switch (type->kind) {
        case Kind::string:
        case Kind::array:
        case Kind::inet:
        case Kind::mac:
        case Kind::usym:
        case Kind::timestamp: return true;
        case Kind::tuple:
        case Kind::record:
            return std::all_of(type->members.begin(), type->members.end(), [](const types::Member& member) {
                return member.type->is_scalar() || is_comparable_in_memory(member.type);
            });
        default: return false;
    }
}

const Type* as_integer(Table& table, const Type* type) {
    if (type->kind == Kind::boolean) return table.flexible(1, 1);
    if (type->kind == Kind::enumeration) return table.integer(type->size, type->is_signed);
    return type;
}

bool is_signed_pair(const Type* a, const Type* b) {
    const auto decides = [](const Type* type) { return !type->is_flexible() && type->kind != Kind::boolean; };
    if (decides(a) && decides(b)) return a->is_signed || b->is_signed;
    if (decides(a)) return a->is_signed;
    if (decides(b)) return b->is_signed;
    return true;
}

bool is_comparison(ast::BinaryOp op) {
    return op == ast::BinaryOp::less || op == ast::BinaryOp::less_equal || op == ast::BinaryOp::greater ||
           op == ast::BinaryOp::greater_equal || op == ast::BinaryOp::equal || op == ast::BinaryOp::not_equal;
}

const Type* merge(Table& table, const Type* a, const Type* b) {
    if (a == b) return a;
    if (a->kind == Kind::error || b->kind == Kind::error) return table.error();
    if (is_number(a) && is_number(b)) return merge_integers(table, as_integer(table, a), as_integer(table, b));
    if (is_text(a) && is_text(b))
        return table.string(std::max(as_string(table, a)->capacity, as_string(table, b)->capacity));
    // A literal stands for an address when the other is one: $p = 0.
    if (a->kind == Kind::pointer && b->is_flexible()) return a;
    if (b->kind == Kind::pointer && a->is_flexible()) return b;
    if (a->kind != b->kind) return nullptr;
    switch (a->kind) {
        case Kind::buffer: return table.buffer(std::max(a->capacity, b->capacity));
        case Kind::pointer: return merge_pointers(table, a, b);
        case Kind::tuple:
        case Kind::record: return merge_members(table, a, b);
        case Kind::array: {
            if (a->count != b->count) return nullptr;
            // Elements lie next to each other: nothing to widen but literals.
            return table.settled(a) == table.settled(b) ? table.settled(a) : nullptr;
        }
        case Kind::structure: return a->structure == b->structure ? a : nullptr;
        case Kind::count:
        case Kind::sum:
        case Kind::min:
        case Kind::max:
        case Kind::avg:
        case Kind::stats:
        case Kind::hist:
        case Kind::lhist:
        case Kind::tseries: return table.aggregation(a->kind, a->is_signed || b->is_signed);
        case Kind::kstack:
        case Kind::ustack:
        case Kind::error:
        case Kind::none:
        case Kind::void_:
        case Kind::integer:
        case Kind::boolean:
        case Kind::string:
        case Kind::enumeration:
        case Kind::ksym:
        case Kind::usym:
        case Kind::inet:
        case Kind::mac:
        case Kind::timestamp:
        case Kind::timestamp_mode:
        case Kind::cgroup_path:
        case Kind::username: return nullptr;
    }
    return nullptr;
}

bool can_cast(const Type* from, const Type* to) {
    if (from == to) return true;
    if (from->is_text_number()) return to->kind == Kind::string && to->capacity >= types::kTextNumberCapacity;
    switch (to->kind) {
        case Kind::integer:
            if (from->kind == Kind::array)
                return from->element->is_scalar() && from->size <= to->size && from->size > 0;
            return from->is_scalar();
        case Kind::boolean: return is_condition(from);
        case Kind::enumeration: return is_number(from);
        case Kind::pointer: return is_number(from) || from->kind == Kind::pointer || from->kind == Kind::ksym;
        case Kind::string: return from->kind == Kind::string && from->capacity <= to->capacity;
        case Kind::buffer: return from->kind == Kind::buffer && from->capacity <= to->capacity;
        case Kind::array: {
            const bool is_flat = to->element->kind == Kind::integer || to->element->kind == Kind::boolean;
            if (!is_flat) return false;
            if (is_number(from) || from->kind == Kind::pointer) return from->size == to->size;
            if (from->kind == Kind::string) return to->element->size == 1 && to->size >= from->size;
            return from->kind == Kind::array && from->element->is_scalar() && from->size == to->size;
        }
        case Kind::username:
        case Kind::timestamp: return is_number(from);
        case Kind::ksym: return is_number(from) || from->kind == Kind::pointer;
        case Kind::tuple:
        case Kind::record:
        case Kind::structure:
        case Kind::usym:
        case Kind::inet:
        case Kind::mac:
        case Kind::cgroup_path:
        case Kind::timestamp_mode:
        case Kind::kstack:
        case Kind::ustack:
        case Kind::void_:
        case Kind::none:
        case Kind::error:
        case Kind::count:
        case Kind::sum:
        case Kind::min:
        case Kind::max:
        case Kind::avg:
        case Kind::stats:
        case Kind::hist:
        case Kind::lhist:
        case Kind::tseries: return from->kind == to->kind && from->size == to->size;
    }
    return false;
}

const Type* untrusted(Table& table, const Type* pointer) {
    return pointer->is_trusted ? table.pointer(pointer->element, pointer->space) : pointer;
}

bool is_storable(const Type* type) {
    return type->kind != Kind::void_ && type->kind != Kind::none && !type->is_aggregation();
}

}  // namespace check
