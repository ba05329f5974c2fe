// Entrance: types::CTypes.
#include "src/types/c_types.h"

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/program/argument.h"

namespace types {

namespace {

struct BaseName {
    std::string_view name;
    std::uint8_t size;
    bool is_signed;
};
// x86-64 and arm64 Linux agree on these; char is signed on x86-64 (arch_x86_64 is the only architecture so far).
constexpr std::array kBaseNames{
    BaseName{"int8", 1, true},       BaseName{"int16", 2, true},     BaseName{"int32", 4, true},
    BaseName{"int64", 8, true},      BaseName{"uint8", 1, false},    BaseName{"uint16", 2, false},
    BaseName{"uint32", 4, false},    BaseName{"uint64", 8, false},   BaseName{"char", 1, true},
    BaseName{"short", 2, true},      BaseName{"int", 4, true},       BaseName{"long", 8, true},
    BaseName{"unsigned", 4, false},  BaseName{"signed", 4, true},    BaseName{"s8", 1, true},
    BaseName{"s16", 2, true},        BaseName{"s32", 4, true},       BaseName{"s64", 8, true},
    BaseName{"u8", 1, false},        BaseName{"u16", 2, false},      BaseName{"u32", 4, false},
    BaseName{"u64", 8, false},       BaseName{"__s8", 1, true},      BaseName{"__s16", 2, true},
    BaseName{"__s32", 4, true},      BaseName{"__s64", 8, true},     BaseName{"__u8", 1, false},
    BaseName{"__u16", 2, false},     BaseName{"__u32", 4, false},    BaseName{"__u64", 8, false},
    BaseName{"int8_t", 1, true},     BaseName{"int16_t", 2, true},   BaseName{"int32_t", 4, true},
    BaseName{"int64_t", 8, true},    BaseName{"uint8_t", 1, false},  BaseName{"uint16_t", 2, false},
    BaseName{"uint32_t", 4, false},  BaseName{"uint64_t", 8, false}, BaseName{"__be16", 2, false},
    BaseName{"__be32", 4, false},    BaseName{"__be64", 8, false},   BaseName{"__le16", 2, false},
    BaseName{"__le32", 4, false},    BaseName{"__le64", 8, false},   BaseName{"size_t", 8, false},
    BaseName{"ssize_t", 8, true},    BaseName{"off_t", 8, true},     BaseName{"loff_t", 8, true},
    BaseName{"pid_t", 4, true},      BaseName{"uid_t", 4, false},    BaseName{"gid_t", 4, false},
    BaseName{"dev_t", 4, false},     BaseName{"mode_t", 2, false},   BaseName{"umode_t", 2, false},
    BaseName{"time_t", 8, true},     BaseName{"time64_t", 8, true},  BaseName{"sector_t", 8, false},
    BaseName{"uintptr_t", 8, false}, BaseName{"intptr_t", 8, true},  BaseName{"ino_t", 8, false},
    BaseName{"socklen_t", 4, false}, BaseName{"gfp_t", 4, false},    BaseName{"u_char", 1, false},
    BaseName{"uint", 4, false},      BaseName{"ulong", 8, false},    BaseName{"ushort", 2, false},
};

constexpr std::string_view kKernel = "vmlinux";

/// "unsigned long int" and its like: nullopt if a word is not C's.
std::optional<BaseName> combined(std::string_view spelling) {
    unsigned longs = 0;
    bool is_unsigned = false, is_known = false, is_short = false, is_char = false;
    for (std::string_view word : base::split(spelling, ' ')) {
        if (word.empty()) continue;
        if (word == "long")
            ++longs;
        else if (word == "unsigned")
            is_unsigned = true;
        else if (word == "short")
            is_short = true;
        else if (word == "char")
            is_char = true;
        else if (word != "int" && word != "signed")
            return std::nullopt;
        is_known = true;
    }
    if (!is_known) return std::nullopt;
    const std::uint8_t size = is_char ? 1 : is_short ? 2 : longs > 0 ? 8 : 4;
    return BaseName{"", size, !is_unsigned};
}

}  // namespace

const Type* base_type(Table& table, std::string_view name) {
    if (name == "void") return table.void_type();
    if (name == "bool" || name == "_Bool") return table.boolean();
    for (const BaseName& base : kBaseNames)
        if (base.name == name) return table.integer(base.size, base.is_signed);
    return nullptr;
}

CTypes::Source* CTypes::source(std::string_view module) {
    auto found = sources_.find(module);
    if (found == sources_.end()) {
        found = sources_.emplace(module, Source{}).first;
        found->second.module = module;
        found->second.btf = kernel_.types(module);
    }
    return found->second.btf == nullptr ? nullptr : &found->second;
}

const kernel::Btf* CTypes::btf() {
    const Source* kernel = source(kKernel);
    return kernel == nullptr ? nullptr : kernel->btf;
}

template <typename Find>
const Type* CTypes::search(const Find& find) {
    Source* kernel = source(kKernel);
    if (kernel == nullptr) return nullptr;
    if (const kernel::BtfId id = find(*kernel->btf); id != 0) return get(*kernel, id);
    for (const std::string& module : kernel_.btf_modules()) {
        Source* own = source(module);
        if (own == nullptr) continue;
        if (const kernel::BtfId id = find(*own->btf); id != 0) return get(*own, id);
    }
    return nullptr;
}

const Type* CTypes::structure(std::string_view name, bool is_union) {
    return search([&](const kernel::Btf& btf) { return btf.find(is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT, name); });
}

const Type* CTypes::enumeration(std::string_view name) {
    return search([&](const kernel::Btf& btf) {
        const kernel::BtfId id = btf.find(BTF_KIND_ENUM, name);
        return id != 0 ? id : btf.find(BTF_KIND_ENUM64, name);
    });
}

const Type* CTypes::named(std::string_view name) {
    if (const Type* type = base_type(table_, name)) return type;
    return search([&](const kernel::Btf& btf) {
        const kernel::BtfId id = btf.find(BTF_KIND_TYPEDEF, name);
        return id != 0 ? id : btf.find(BTF_KIND_INT, name);
    });
}

std::optional<Constant> CTypes::constant(std::string_view name) {
    Source* kernel = source(kKernel);
    if (kernel == nullptr) return std::nullopt;
    // Not in modules: every unknown word of a script would read all of them.
    const auto found = kernel->btf->find_constant(name);
    if (!found) return std::nullopt;
    return Constant{found->value, get(*kernel, found->enumeration)};
}

ProgramTypes* CTypes::program() {
    if (program_path_.empty()) return nullptr;
    const auto [place, is_new] = programs_.try_emplace(program_path_);
    if (is_new)
        if (auto debug_info = kernel_.debug_info(program_path_); debug_info.ok())
            place->second = std::make_unique<ProgramTypes>(table_, std::move(*debug_info));
    return place->second.get();
}

const Type* CTypes::from_btf(kernel::BtfId id, std::string_view module) {
    if ((id & program::kProgramType) != 0) {
        ProgramTypes* types = program();
        return types == nullptr ? table_.void_type() : types->from_id(id & ~program::kProgramType);
    }
    Source* own = source(module.empty() ? kKernel : module);
    return own == nullptr ? table_.void_type() : get(*own, id);
}

const Type* CTypes::get(Source& source, kernel::BtfId id) {
    // What a module shares with the kernel is the kernel's type, so that both compare equal.
    if (id < source.btf->first()) return from_btf(id);
    return source.known.get(table_, id, [&] { return make(source, id); });
}

const Type* CTypes::make(Source& source, kernel::BtfId id) {
    const kernel::Btf& btf = *source.btf;
    const auto from_btf = [&](kernel::BtfId other) { return get(source, other); };
    switch (btf.kind(id)) {
        case BTF_KIND_INT: {
            const auto integer = btf.integer(id);
            if (integer->is_bool && integer->size == 1) return table_.boolean();
            if (integer->size == 16) return table_.array(table_.integer(8, false), 2);  // __int128
            const bool is_usual = integer->size == 1 || integer->size == 2 || integer->size == 4 || integer->size == 8;
            return is_usual ? table_.integer(integer->size, integer->is_signed) : table_.none();
        }
        case BTF_KIND_PTR: {
            bool is_user = false;
            const kernel::BtfId target = btf.resolve(btf.referenced(id), &is_user);
            const AddressSpace space = is_user ? AddressSpace::user : AddressSpace::none;
            // A prototype cannot be called or read: a function pointer is a pointer to void.
            if (btf.kind(target) == BTF_KIND_FUNC_PROTO) return table_.pointer(table_.void_type(), space);
            return table_.pointer(from_btf(target), space);
        }
        case BTF_KIND_ARRAY: {
            const auto array = btf.array(id);
            // Only C's own `char` makes text; u8 and s8 arrays are numbers.
            const kernel::BtfId element = btf.resolve(array->element);
            if (btf.kind(element) == BTF_KIND_INT && btf.name(element) == "char" && array->count > 0)
                return table_.string(array->count);
            return table_.array(from_btf(array->element), array->count);
        }
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION: {
            Structure* structure = table_.new_structure();
            structure->is_union = btf.kind(id) == BTF_KIND_UNION;
            structure->name = (structure->is_union ? "union " : "struct ") + std::string(btf.name(id));
            structure->size = btf.byte_size(id);
            structure->btf_id = id;
            structure->complete = [this, &source](Structure& which) { complete(source, which); };
            return table_.structure(structure);
        }
        case BTF_KIND_FWD: {
            // Declared here, defined elsewhere, often in a module: looked for when a member is asked for.
            const bool is_union = btf.is_kind_flag(id);
            const std::string name(btf.name(id));
            Structure* structure = table_.new_structure();
            structure->is_union = is_union;
            structure->name = (is_union ? "union " : "struct ") + name;
            structure->complete = [this, name, is_union](Structure& which) {
                which.is_complete = true;
                const Type* full = this->structure(name, is_union);
                if (full == nullptr || full->structure == &which) return;
                if (!full->structure->is_complete && full->structure->complete)
                    full->structure->complete(*full->structure);
                which.members = full->structure->members;
                which.size = full->structure->size;
            };
            return table_.structure(structure);
        }
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64: {
            Enumeration* enumeration = table_.new_enumeration();
            if (!btf.name(id).empty()) enumeration->name = "enum " + std::string(btf.name(id));
            for (const kernel::BtfConstant& constant : btf.constants(id))
                enumeration->constants.emplace_back(constant.name, constant.value);
            return table_.enumeration(enumeration, std::max(1u, btf.byte_size(id)), btf.is_kind_flag(id));
        }
        case BTF_KIND_TYPEDEF:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_CONST:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_TYPE_TAG: {
            const kernel::BtfId target = btf.resolve(id);
            return target == id ? table_.void_type() : from_btf(target);
        }
        case BTF_KIND_FLOAT: return table_.none();
        default: return table_.void_type();
    }
}

void CTypes::complete(Source& source, Structure& structure) {
    const kernel::Btf& btf = *source.btf;
    structure.is_complete = true;
    for (const kernel::BtfMember& raw : btf.members(structure.btf_id)) {
        Member member;
        member.name = raw.name;
        member.type = get(source, raw.type);
        place_member(member, raw.bit_offset, raw.bit_size);
        member.is_user_pointer = member.type->kind == Kind::pointer && member.type->space == AddressSpace::user;
        structure.members.push_back(std::move(member));
    }
}

const Type* CTypes::spelled(std::string_view spelling, AddressSpace space) {
    std::string text = base::single_spaced(spelling);
    unsigned pointers = 0;
    std::string words;
    for (const std::string_view word : base::split(text, ' ')) {
        std::string kept;
        for (const char c : word) {
            if (c == '*')
                ++pointers;
            else
                kept += c;
        }
        if (kept.empty() || kept == "const" || kept == "volatile" || kept == "restrict" || kept == "__user" ||
            kept == "__rcu")
            continue;
        if (!words.empty()) words += ' ';
        words += kept;
    }
    const Type* type = nullptr;
    if (words.starts_with("struct "))
        type = structure(words.substr(7), false);
    else if (words.starts_with("union "))
        type = structure(words.substr(6), true);
    else if (words.starts_with("enum "))
        type = enumeration(words.substr(5));
    else if (const auto basic = combined(words))
        type = table_.integer(basic->size, basic->is_signed);
    else
        type = named(words);
    if (type == nullptr) return nullptr;
    for (unsigned i = 0; i < pointers; ++i)
        type = table_.pointer(type, space);
    return type;
}

}  // namespace types
