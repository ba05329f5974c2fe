// Entrance: types::Table. A description is turned into a string that spells every property that counts; equal strings
// give the same Type.
#include "src/types/type.h"

#include <algorithm>

#include "runtime/base/bug.h"

namespace types {

namespace {

std::uint32_t align_up(std::uint32_t value, std::uint32_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

void append_number(std::string& key, std::uint64_t number) {
    key += std::to_string(number);
    key += ',';
}

void append_pointer(std::string& key, const void* pointer) {
    append_number(key, reinterpret_cast<std::uintptr_t>(pointer));
}

/// Everything of a Type that makes it another one.
std::string key_of(const Type& type) {
    std::string key;
    append_number(key, static_cast<unsigned>(type.kind));
    // A structure can be named (by a pointer in itself) before its size is known.
    append_number(key, type.kind == Kind::structure ? 0 : type.size);
    append_number(key, type.is_signed ? 1 : 0);
    append_pointer(key, type.element);
    append_number(key, type.count);
    append_number(key, type.capacity);
    append_number(key, static_cast<unsigned>(type.space));
    append_number(key, type.is_trusted ? 1 : 0);
    append_pointer(key, type.structure);
    append_pointer(key, type.enumeration);
    append_number(key, static_cast<unsigned>(type.stack_mode));
    append_number(key, type.stack_limit);
    key += type.c_name;
    for (const Member& member : type.members) {
        key += '|';
        key += member.name;
        key += ':';
        append_pointer(key, member.type);
    }
    return key;
}

const char* mode_name(program::StackMode mode) {
    switch (mode) {
        case program::StackMode::bpftrace: return "bpftrace";
        case program::StackMode::perf: return "perf";
        case program::StackMode::raw: return "raw";
        case program::StackMode::build_id: return "build_id";
    }
    return "";
}

}  // namespace

struct Table::State {
    std::unordered_map<std::string, std::unique_ptr<Type>> interned;
    std::deque<Structure> structures;
    std::deque<Enumeration> enumerations;
};

Table::Table() : state_(std::make_unique<State>()) {}
Table::~Table() = default;

const Type* Table::intern(Type description) {
    auto& slot = state_->interned[key_of(description)];
    if (!slot) slot = std::make_unique<Type>(std::move(description));
    return slot.get();
}

const Type* Table::error() {
    Type type;
    type.kind = Kind::error;
    return intern(std::move(type));
}

const Type* Table::none() {
    return intern(Type{});
}

const Type* Table::void_type() {
    Type type;
    type.kind = Kind::void_;
    return intern(std::move(type));
}

const Type* Table::boolean() {
    Type type;
    type.kind = Kind::boolean;
    type.size = 1;
    return intern(std::move(type));
}

const Type* Table::integer(std::uint32_t size, bool is_signed) {
    BUG_IF(size != 1 && size != 2 && size != 4 && size != 8, "an integer of an odd size");
    Type type;
    type.kind = Kind::integer;
    type.size = size;
    type.is_signed = is_signed;
    return intern(std::move(type));
}

const Type* Table::flexible(std::uint32_t signed_size, std::uint32_t unsigned_size) {
    Type type;
    type.kind = Kind::integer;
    type.size = signed_size;
    type.is_signed = true;
    type.capacity = unsigned_size;
    return intern(std::move(type));
}

const Type* Table::settled(const Type* type) {
    switch (type->kind) {
        case Kind::integer: return type->is_flexible() ? integer(type->size, true) : type;
        case Kind::array: return array(settled(type->element), type->count);
        case Kind::tuple: {
            std::vector<const Type*> elements;
            for (const Member& member : type->members)
                elements.push_back(settled(member.type));
            return tuple(elements);
        }
        case Kind::record: {
            std::vector<std::pair<std::string, const Type*>> members;
            for (const Member& member : type->members)
                members.emplace_back(member.name, settled(member.type));
            return record(members);
        }
        default: return type;
    }
}

const Type* Table::string(std::uint32_t capacity) {
    Type type;
    type.kind = Kind::string;
    type.size = type.capacity = capacity;
    return intern(std::move(type));
}

const Type* Table::buffer(std::uint32_t capacity) {
    Type type;
    type.kind = Kind::buffer;
    type.capacity = capacity;
    type.size = capacity + 4;
    return intern(std::move(type));
}

const Type* Table::pointer(const Type* to, AddressSpace space, bool is_trusted) {
    Type type;
    type.kind = Kind::pointer;
    type.size = 8;
    type.element = to;
    type.space = space;
    type.is_trusted = is_trusted;
    return intern(std::move(type));
}

const Type* Table::array(const Type* element, std::uint64_t count) {
    Type type;
    type.kind = Kind::array;
    type.element = element;
    type.count = count;
    type.size = static_cast<std::uint32_t>(element->size * count);
    return intern(std::move(type));
}

const Type* Table::tuple(std::span<const Type* const> elements) {
    Type type;
    type.kind = Kind::tuple;
    std::uint32_t offset = 0, alignment = 1;
    for (const Type* element : elements) {
        const std::uint32_t wanted = std::max(1u, alignment_of(element));
        alignment = std::max(alignment, wanted);
        offset = align_up(offset, wanted);
        Member member;
        member.type = element;
        member.offset = offset;
        type.members.push_back(std::move(member));
        offset += element->size;
    }
    type.size = align_up(offset, alignment);
    return intern(std::move(type));
}

void place_member(Member& member, std::uint64_t bit_offset, std::uint64_t bit_size) {
    member.offset = static_cast<std::uint32_t>(bit_offset / 8);
    const std::uint64_t unit = std::max(1u, member.type->size);
    if (bit_size == 0 || unit > 8 || bit_size > unit * 8) return;
    std::uint64_t begin = bit_offset / (unit * 8) * unit;
    if (bit_offset + bit_size > (begin + unit) * 8) begin = bit_offset / 8;  // packed: crosses the unit
    if (bit_offset - begin * 8 + bit_size > 64) return;
    member.offset = static_cast<std::uint32_t>(begin);
    member.bit_offset = static_cast<std::uint16_t>(bit_offset - begin * 8);
    member.bit_size = static_cast<std::uint16_t>(bit_size);
}

const Type* Table::record(std::span<const std::pair<std::string, const Type*>> members) {
    Type type;
    type.kind = Kind::record;
    std::uint32_t offset = 0, alignment = 1;
    for (const auto& [name, element] : members) {
        const std::uint32_t wanted = std::max(1u, alignment_of(element));
        alignment = std::max(alignment, wanted);
        offset = align_up(offset, wanted);
        Member member;
        member.name = name;
        member.type = element;
        member.offset = offset;
        type.members.push_back(std::move(member));
        offset += element->size;
    }
    type.size = align_up(offset, alignment);
    return intern(std::move(type));
}

const Type* Table::structure(Structure* of) {
    Type type;
    type.kind = Kind::structure;
    type.structure = of;
    auto& slot = state_->interned[key_of(type)];
    if (!slot) slot = std::make_unique<Type>(std::move(type));
    slot->size = of->size;
    return slot.get();
}

const Type* Table::enumeration(const Enumeration* of, std::uint32_t size, bool is_signed) {
    Type type;
    type.kind = Kind::enumeration;
    type.enumeration = of;
    type.size = size;
    type.is_signed = is_signed;
    return intern(std::move(type));
}

const Type* Table::stack(bool is_user, program::StackMode mode, std::uint32_t limit) {
    Type type;
    type.kind = is_user ? Kind::ustack : Kind::kstack;
    type.size = 16;  // stack id, number of frames, pid: the frames lie in a map of their own
    type.stack_mode = mode;
    type.stack_limit = limit;
    return intern(std::move(type));
}

const Type* Table::simple(Kind kind) {
    Type type;
    type.kind = kind;
    switch (kind) {  // sizes: program::LayoutKind says what the bytes are
        case Kind::ksym:
        case Kind::username: type.size = 8; break;
        case Kind::usym:
        case Kind::timestamp:
        case Kind::cgroup_path: type.size = 16; break;
        case Kind::inet: type.size = 24; break;
        case Kind::mac: type.size = 6; break;
        case Kind::timestamp_mode: type.size = 4; break;
        case Kind::error:
        case Kind::none:
        case Kind::void_:
        case Kind::integer:
        case Kind::boolean:
        case Kind::string:
        case Kind::buffer:
        case Kind::pointer:
        case Kind::array:
        case Kind::tuple:
        case Kind::record:
        case Kind::structure:
        case Kind::enumeration:
        case Kind::kstack:
        case Kind::ustack:
        case Kind::count:
        case Kind::sum:
        case Kind::min:
        case Kind::max:
        case Kind::avg:
        case Kind::stats:
        case Kind::hist:
        case Kind::lhist:
        case Kind::tseries: BUG("not a simple kind");
    }
    return intern(std::move(type));
}

const Type* Table::aggregation(Kind kind, bool is_signed) {
    Type type;
    type.kind = kind;
    type.is_signed = is_signed;
    type.size = 8;
    return intern(std::move(type));
}

Structure* Table::new_structure() {
    return &state_->structures.emplace_back();
}
const Type* Table::text_of_numbers(std::string_view name,
                                   std::span<const std::pair<std::string, std::uint64_t>> texts) {
    for (const Enumeration& known : state_->enumerations)
        if (known.is_text && known.name == name) return enumeration(&known, 8, true);
    Enumeration* made = new_enumeration();
    made->name = name;
    made->is_text = true;
    made->constants.assign(texts.begin(), texts.end());
    return enumeration(made, 8, true);
}

Enumeration* Table::new_enumeration() {
    return &state_->enumerations.emplace_back();
}

std::uint32_t alignment_of(const Type* type) {
    switch (type->kind) {
        case Kind::array: return type->count == 0 ? 1 : alignment_of(type->element);
        case Kind::tuple:
        case Kind::record: {
            std::uint32_t alignment = 1;
            for (const Member& member : type->members)
                alignment = std::max(alignment, alignment_of(member.type));
            return alignment;
        }
        case Kind::structure: {
            if (type->structure->alignment != 0) return type->structure->alignment;
            std::uint32_t alignment = 1;
            for (const Member& member : type->structure->members)
                alignment = std::max(alignment, alignment_of(member.type));
            return alignment;
        }
        case Kind::buffer: return 4;  // starts with its u32 length
        case Kind::string:
        case Kind::mac:
        case Kind::none:
        case Kind::error:
        case Kind::void_: return 1;
        case Kind::integer:
        case Kind::boolean:
        case Kind::pointer:
        case Kind::enumeration:
        case Kind::timestamp_mode: return std::max(1u, std::min(8u, type->size));
        case Kind::ksym:
        case Kind::usym:
        case Kind::inet:
        case Kind::timestamp:
        case Kind::cgroup_path:
        case Kind::username:
        case Kind::kstack:
        case Kind::ustack:
        case Kind::count:
        case Kind::sum:
        case Kind::min:
        case Kind::max:
        case Kind::avg:
        case Kind::stats:
        case Kind::hist:
        case Kind::lhist:
        case Kind::tseries: return 8;
    }
    return 1;
}

std::string name_of(const Type* type) {
    const auto prefixed = [&](const char* name) { return std::string(type->is_signed ? "" : "u") + name; };
    switch (type->kind) {
        case Kind::error: return "error";
        case Kind::none: return "none";
        case Kind::void_: return "void";
        case Kind::integer:
            if (!type->c_name.empty()) return type->c_name;
            return (type->is_signed ? "int" : "uint") + std::to_string(type->size * 8);
        case Kind::boolean: return "bool";
        case Kind::string: return "string[" + std::to_string(type->capacity) + "]";
        case Kind::buffer: return "buffer[" + std::to_string(type->capacity) + "]";
        case Kind::pointer: return name_of(type->element) + " *";
        case Kind::array: {
            // int8[2][3] is an array of 2 arrays of 3: the outermost count stands first.
            std::string counts;
            const Type* element = type;
            for (; element->kind == Kind::array; element = element->element)
                counts += "[" + std::to_string(element->count) + "]";
            return name_of(element) + counts;
        }
        case Kind::tuple: {
            std::string text = "(";
            for (std::size_t i = 0; i < type->members.size(); ++i)
                text += (i > 0 ? "," : "") + name_of(type->members[i].type);
            return text + ")";
        }
        case Kind::record: {
            std::string text = "record { ";
            for (std::size_t i = 0; i < type->members.size(); ++i)
                text += (i > 0 ? ", ." : ".") + type->members[i].name + " = " + name_of(type->members[i].type);
            return text + " }";
        }
        case Kind::structure: return type->structure->name;
        case Kind::enumeration:
            if (type->is_text_number()) return "string[" + std::to_string(kTextNumberCapacity) + "]";
            if (type->enumeration == nullptr || type->enumeration->name.empty())
                return (type->is_signed ? "int" : "uint") + std::to_string(type->size * 8);
            return type->enumeration->name;
        case Kind::ksym: return "ksym_t";
        case Kind::usym: return "usym_t";
        case Kind::inet: return "inet";
        case Kind::mac: return "mac_address";
        case Kind::timestamp: return "timestamp";
        case Kind::timestamp_mode: return "timestamp_mode";
        case Kind::cgroup_path: return "cgroup_path_t";
        case Kind::username: return "username_t";
        case Kind::kstack:
            return std::string("kstack_") + mode_name(type->stack_mode) + "_" + std::to_string(type->stack_limit);
        case Kind::ustack:
            return std::string("ustack_") + mode_name(type->stack_mode) + "_" + std::to_string(type->stack_limit);
        case Kind::count: return "count_t";
        case Kind::sum: return prefixed("sum_t");
        case Kind::min: return prefixed("min_t");
        case Kind::max: return prefixed("max_t");
        case Kind::avg: return prefixed("avg_t");
        case Kind::stats: return prefixed("stats_t");
        case Kind::hist: return "hist_t";
        case Kind::lhist: return "lhist_t";
        case Kind::tseries: return "tseries_t";
    }
    return "";
}

std::string_view base_name_of(const Type* type) {
    switch (type->kind) {
        case Kind::error:
        case Kind::none: return "none";
        case Kind::void_: return "void";
        case Kind::enumeration: return type->is_text_number() ? "string" : "int";
        case Kind::integer: return "int";
        case Kind::boolean: return "bool";
        case Kind::string: return "string";
        case Kind::buffer: return "buffer";
        case Kind::pointer: return "pointer";
        case Kind::array: return "array";
        case Kind::tuple: return "tuple";
        case Kind::record: return "record";
        case Kind::structure: return "c_struct";
        case Kind::ksym: return "ksym_t";
        case Kind::usym: return "usym_t";
        case Kind::inet: return "inet";
        case Kind::mac: return "mac_address";
        case Kind::timestamp: return "timestamp";
        case Kind::timestamp_mode: return "timestamp_mode";
        case Kind::cgroup_path: return "cgroup_path_t";
        case Kind::username: return "username_t";
        case Kind::kstack: return "kstack";
        case Kind::ustack: return "ustack";
        case Kind::count: return "count_t";
        case Kind::sum: return "sum_t";
        case Kind::min: return "min_t";
        case Kind::max: return "max_t";
        case Kind::avg: return "avg_t";
        case Kind::stats: return "stats_t";
        case Kind::hist: return "hist_t";
        case Kind::lhist: return "lhist_t";
        case Kind::tseries: return "tseries_t";
    }
    return "";
}

std::uint32_t btf_id_of(const Type* type) {
    return type->kind == Kind::structure ? type->structure->btf_id : 0;
}

std::optional<Member> find_member(const Type* type, std::string_view name) {
    const std::vector<Member>* members = nullptr;
    if (type->kind == Kind::record || type->kind == Kind::tuple) members = &type->members;
    if (type->kind == Kind::structure) {
        if (!type->structure->is_complete && type->structure->complete) type->structure->complete(*type->structure);
        members = &type->structure->members;
    }
    if (members == nullptr) return std::nullopt;
    const bool is_union = type->kind == Kind::structure && type->structure->is_union;
    for (const Member& member : *members) {
        if (member.name != name) continue;
        Member found = member;
        found.is_in_union = is_union;
        return found;
    }
    // C11 anonymous members: their names count as the outer structure's.
    for (const Member& member : *members) {
        if (!member.name.empty() || member.type->kind != Kind::structure) continue;
        if (auto inner = find_member(member.type, name)) {
            inner->offset += member.offset;
            inner->is_in_union |= is_union;
            return inner;
        }
    }
    return std::nullopt;
}

}  // namespace types
