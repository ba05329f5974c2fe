// Entrance: types::ProgramTypes.
#include "src/types/program_types.h"

#include <algorithm>

namespace types {

namespace {

using Dwarf = kernel::DwarfType::Kind;

bool is_usual_size(std::uint64_t size) {
    return size == 1 || size == 2 || size == 4 || size == 8;
}

}  // namespace

const Type* ProgramTypes::structure(std::string_view name, bool is_union) {
    const kernel::DwarfId id = debug_info_->find(is_union ? Dwarf::union_ : Dwarf::structure, name);
    return id == 0 ? nullptr : from_id(id);
}

const Type* ProgramTypes::enumeration(std::string_view name) {
    const kernel::DwarfId id = debug_info_->find(Dwarf::enumeration, name);
    if (id == 0) return nullptr;
    const kernel::DwarfType described = debug_info_->type(id);
    Enumeration* enumeration = table_.new_enumeration();
    enumeration->name = "enum " + described.name;
    for (kernel::DwarfConstant& constant : debug_info_->constants(id))
        enumeration->constants.emplace_back(std::move(constant.name), constant.value);
    return table_.enumeration(enumeration,
                              static_cast<std::uint32_t>(is_usual_size(described.size) ? described.size : 4),
                              described.is_signed);
}

const Type* ProgramTypes::named(std::string_view name) {
    const kernel::DwarfId id = debug_info_->find(Dwarf::alias, name);
    return id == 0 ? nullptr : from_id(id);
}

const Type* ProgramTypes::from_id(kernel::DwarfId id) {
    const kernel::DwarfId resolved = debug_info_->resolve(id);
    if (resolved == 0) return table_.void_type();
    return known_.get(table_, resolved, [&] { return make(resolved); });
}

const Type* ProgramTypes::make(kernel::DwarfId id) {
    const kernel::DwarfType described = debug_info_->type(id);
    switch (described.kind) {
        case Dwarf::integer:
        // A member or argument that is an enumeration prints as its number; names come with a cast to the enum.
        case Dwarf::enumeration:
            if (described.size == 16) return table_.array(table_.integer(8, false), 2);  // __int128
            return is_usual_size(described.size)
                       ? table_.integer(static_cast<std::uint32_t>(described.size), described.is_signed)
                       : table_.none();
        case Dwarf::boolean: return described.size == 1 ? table_.boolean() : table_.none();
        case Dwarf::pointer: {
            const kernel::DwarfId target = debug_info_->resolve(described.target);
            // A prototype cannot be called or read: a function pointer is a pointer to void.
            if (debug_info_->type(target).kind == Dwarf::function)
                return table_.pointer(table_.void_type(), AddressSpace::user);
            return table_.pointer(from_id(target), AddressSpace::user);
        }
        case Dwarf::array: return make_array(described);
        case Dwarf::structure:
        case Dwarf::union_: {
            Structure* structure = table_.new_structure();
            structure->is_union = described.kind == Dwarf::union_;
            structure->name = (structure->is_union ? "union " : "struct ") + described.name;
            structure->size = static_cast<std::uint32_t>(described.size);
            structure->is_complete = described.is_declaration;
            structure->complete = [this, id](Structure& which) { complete(which, id); };
            return table_.structure(structure);
        }
        case Dwarf::void_:
        case Dwarf::function: return table_.void_type();
        case Dwarf::floating:
        case Dwarf::alias:
        case Dwarf::qualified:
        case Dwarf::other: return table_.none();
    }
    return table_.none();
}

const Type* ProgramTypes::make_array(const kernel::DwarfType& array) {
    // Floating-point numbers are nothing here, and so are rows of them.
    if (from_id(array.target)->kind == Kind::none) return table_.none();
    // Only C's own `char` makes text; arrays of other one-byte types are numbers.
    const bool is_text = debug_info_->type(debug_info_->resolve(array.target)).is_char;
    const auto row = [&](std::uint64_t count) {
        if (is_text && count > 0) return table_.string(static_cast<std::uint32_t>(count));
        return table_.array(from_id(array.target), count);
    };
    if (array.inner_count == 0) return row(array.count);
    return table_.array(row(array.inner_count), array.count);
}

void ProgramTypes::complete(Structure& structure, kernel::DwarfId id) {
    structure.is_complete = true;
    for (kernel::DwarfMember& raw : debug_info_->members(id)) {
        Member member;
        member.name = std::move(raw.name);
        member.type = from_id(raw.type);
        place_member(member, raw.bit_offset, raw.bit_size);
        member.is_user_pointer = member.type->kind == Kind::pointer;
        structure.members.push_back(std::move(member));
    }
}

}  // namespace types
