// Entrance: types::Layouts::of.
#include "src/types/layout.h"

#include "runtime/base/bug.h"

namespace types {

namespace {

program::LayoutKind layout_kind(Kind kind) {
    switch (kind) {
        case Kind::error:
        case Kind::none:
        case Kind::void_: return program::LayoutKind::none;
        case Kind::integer: return program::LayoutKind::integer;
        case Kind::boolean: return program::LayoutKind::boolean;
        case Kind::string: return program::LayoutKind::text;
        case Kind::buffer: return program::LayoutKind::buffer;
        case Kind::pointer: return program::LayoutKind::pointer;
        case Kind::array: return program::LayoutKind::array;
        case Kind::tuple: return program::LayoutKind::tuple;
        case Kind::record:
        case Kind::structure: return program::LayoutKind::record;
        case Kind::enumeration: return program::LayoutKind::enumeration;
        case Kind::ksym: return program::LayoutKind::ksym;
        case Kind::usym: return program::LayoutKind::usym;
        case Kind::inet: return program::LayoutKind::inet;
        case Kind::mac: return program::LayoutKind::mac;
        case Kind::timestamp: return program::LayoutKind::timestamp;
        case Kind::timestamp_mode: return program::LayoutKind::integer;
        case Kind::cgroup_path: return program::LayoutKind::cgroup_path;
        case Kind::username: return program::LayoutKind::username;
        case Kind::kstack: return program::LayoutKind::kstack;
        case Kind::ustack: return program::LayoutKind::ustack;
        // One merged value of an aggregation is a plain 64-bit integer.
        case Kind::count:
        case Kind::sum:
        case Kind::min:
        case Kind::max:
        case Kind::avg: return program::LayoutKind::integer;
        case Kind::stats:
        case Kind::hist:
        case Kind::lhist:
        case Kind::tseries: return program::LayoutKind::none;
    }
    return program::LayoutKind::none;
}

}  // namespace

program::LayoutId Layouts::of(const Type* type) {
    BUG_IF(type == nullptr, "a layout of nothing");
    if (const auto known = known_.find(type); known != known_.end()) return known->second;

    program::Layout layout;
    layout.kind = layout_kind(type->kind);
    layout.size = type->size;
    layout.is_signed = type->is_signed;
    if (type->kind == Kind::array) {
        layout.element = of(type->element);
        layout.count = static_cast<std::uint32_t>(type->count);
    }
    if (type->kind == Kind::structure && !type->structure->is_complete && type->structure->complete)
        type->structure->complete(*type->structure);
    const std::vector<Member>& members = type->kind == Kind::structure ? type->structure->members : type->members;
    for (const Member& member : members) {
        program::Field field;
        field.name = member.name;
        field.offset = member.offset;
        field.layout = member.names.values.empty() ? of(member.type) : of(member.type, member.names);
        field.bit_offset = member.bit_offset;
        field.bit_size = member.bit_size;
        layout.fields.push_back(std::move(field));
    }
    if (type->kind == Kind::enumeration && type->enumeration != nullptr)
        layout.names.is_text = type->enumeration->is_text;
    if (type->kind == Kind::enumeration && type->enumeration != nullptr)
        for (const auto& [name, value] : type->enumeration->constants)
            layout.names.values.emplace_back(value, name);
    if (type->kind == Kind::kstack || type->kind == Kind::ustack) {
        layout.stack_mode = type->stack_mode;
        layout.stack_limit = type->stack_limit;
        if (const auto map = stacks_.find(type); map != stacks_.end()) layout.stacks = map->second;
    }
    const program::LayoutId id(program_.layouts.size());
    program_.layouts.push_back(std::move(layout));
    known_.emplace(type, id);
    return id;
}

program::LayoutId Layouts::of(const Type* type, const program::ValueNames& names) {
    if (names.values.empty() || (type->kind != Kind::integer && type->kind != Kind::enumeration)) return of(type);
    program::Layout layout = program_.layouts[of(type).index()];
    layout.names = names;
    const program::LayoutId id(program_.layouts.size());
    program_.layouts.push_back(std::move(layout));
    return id;
}

void Layouts::set_stacks(const Type* stack, program::MapId map) {
    stacks_[stack] = map;
    if (const auto known = known_.find(stack); known != known_.end())
        program_.layouts[known->second.index()].stacks = map;
}

}  // namespace types
