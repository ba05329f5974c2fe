// Entrance: kernel::Btf.
#include "runtime/kernel/btf.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace kernel {

namespace {

constexpr std::uint16_t kMagic = 0xeb9f;

/// Bytes behind the common part of a type: so many, and so many for each thing counted.
struct Trailing {
    std::uint8_t fixed = 0, each = 0;
    bool is_known = false;
};

constexpr auto kTrailing = [] {
    std::array<Trailing, 32> table{};  // as many kinds as the type word has bits for
    for (const unsigned kind : {BTF_KIND_PTR, BTF_KIND_FWD, BTF_KIND_TYPEDEF, BTF_KIND_VOLATILE, BTF_KIND_CONST,
                                BTF_KIND_RESTRICT, BTF_KIND_FUNC, BTF_KIND_FLOAT, BTF_KIND_TYPE_TAG})
        table[kind] = {0, 0, true};
    table[BTF_KIND_INT] = {sizeof(std::uint32_t), 0, true};
    table[BTF_KIND_ARRAY] = {sizeof(btf_array), 0, true};
    table[BTF_KIND_VAR] = {sizeof(btf_var), 0, true};
    table[BTF_KIND_DECL_TAG] = {sizeof(btf_decl_tag), 0, true};
    table[BTF_KIND_STRUCT] = table[BTF_KIND_UNION] = {0, sizeof(btf_member), true};
    table[BTF_KIND_ENUM] = {0, sizeof(btf_enum), true};
    table[BTF_KIND_ENUM64] = {0, sizeof(btf_enum64), true};
    table[BTF_KIND_FUNC_PROTO] = {0, sizeof(btf_param), true};
    table[BTF_KIND_DATASEC] = {0, sizeof(btf_var_secinfo), true};
    return table;
}();

/// nullopt: a kind this reader does not know, where reading must end.
std::optional<std::size_t> trailing_size(std::uint32_t kind, std::uint32_t count) {
    const Trailing& trailing = kTrailing[kind % kTrailing.size()];
    if (!trailing.is_known) return std::nullopt;
    return trailing.fixed + std::size_t{count} * trailing.each;
}

}  // namespace

Btf::Btf(std::span<const std::byte> bytes, const Btf* base) : base_(base) {
    if (base_ != nullptr) {
        first_ = static_cast<BtfId>(base_->size());
        first_string_ = static_cast<std::uint32_t>(base_->strings_.size());
    }
    btf_header header;
    if (bytes.size() < sizeof header) return;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != kMagic || header.hdr_len > bytes.size()) return;
    const auto body = bytes.subspan(header.hdr_len);
    if (header.type_off > body.size() || header.type_len > body.size() - header.type_off) return;
    if (header.str_off > body.size() || header.str_len > body.size() - header.str_off) return;
    types_ = body.subspan(header.type_off, header.type_len);
    strings_ = body.subspan(header.str_off, header.str_len);
    if (reinterpret_cast<std::uintptr_t>(types_.data()) % alignof(btf_type) != 0) {
        types_ = {};
        return;
    }

    offsets_.reserve(types_.size() / 24);  // a type takes about that much on average
    if (base_ == nullptr) offsets_.push_back(0);
    std::size_t at = 0;
    while (at + sizeof(btf_type) <= types_.size()) {
        const auto* head = reinterpret_cast<const btf_type*>(types_.data() + at);
        const auto more = trailing_size(BTF_INFO_KIND(head->info), BTF_INFO_VLEN(head->info));
        if (!more || *more > types_.size() - at - sizeof(btf_type)) break;
        offsets_.push_back(static_cast<std::uint32_t>(at));
        at += sizeof(btf_type) + *more;
    }
}

std::vector<std::vector<BtfMember>> find_structs(std::span<const std::byte> bytes,
                                                 std::span<const std::string_view> names) {
    std::vector<std::vector<BtfMember>> found(names.size());
    btf_header header;
    if (bytes.size() < sizeof header) return found;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.magic != kMagic || header.hdr_len > bytes.size()) return found;
    const auto body = bytes.subspan(header.hdr_len);
    if (header.type_off > body.size() || header.type_len > body.size() - header.type_off) return found;
    if (header.str_off > body.size() || header.str_len > body.size() - header.str_off) return found;
    const auto types = body.subspan(header.type_off, header.type_len);
    const std::string_view strings(reinterpret_cast<const char*>(body.data()) + header.str_off, header.str_len);
    const auto text = [strings](std::uint32_t offset) -> std::string_view {
        if (offset >= strings.size()) return {};
        return {strings.data() + offset, strnlen(strings.data() + offset, strings.size() - offset)};
    };
    std::vector<std::uint32_t> offsets;
    for (const std::string_view name : names) {
        const std::string pattern = std::string(1, '\0') + std::string(name) + std::string(1, '\0');
        const auto* at =
            static_cast<const char*>(::memmem(strings.data(), strings.size(), pattern.data(), pattern.size()));
        // 0 is the empty name: never asked for.
        offsets.push_back(at == nullptr ? 0 : static_cast<std::uint32_t>(at + 1 - strings.data()));
    }
    auto wanted = static_cast<std::size_t>(offsets.size() - static_cast<std::size_t>(std::ranges::count(offsets, 0u)));
    for (std::size_t at = 0; wanted != 0 && at + sizeof(btf_type) <= types.size();) {
        btf_type head;
        std::memcpy(&head, types.data() + at, sizeof head);
        const std::uint32_t count = BTF_INFO_VLEN(head.info);
        const auto more = trailing_size(BTF_INFO_KIND(head.info), count);
        if (!more || *more > types.size() - at - sizeof head) break;
        if (BTF_INFO_KIND(head.info) == BTF_KIND_STRUCT && head.name_off != 0) {
            const auto which = static_cast<std::size_t>(std::ranges::find(offsets, head.name_off) - offsets.begin());
            if (which < offsets.size() && found[which].empty()) {
                for (std::uint32_t i = 0; i < count; ++i) {
                    btf_member raw;
                    std::memcpy(&raw, types.data() + at + sizeof head + i * sizeof raw, sizeof raw);
                    const bool has_bits = BTF_INFO_KFLAG(head.info);
                    found[which].push_back({text(raw.name_off), raw.type,
                                            has_bits ? BTF_MEMBER_BIT_OFFSET(raw.offset) : raw.offset,
                                            has_bits ? BTF_MEMBER_BITFIELD_SIZE(raw.offset) : 0});
                }
                --wanted;
            }
        }
        at += sizeof head + *more;
    }
    return found;
}

const btf_type* Btf::type(BtfId id) const {
    if (id < first_) return base_->type(id);
    if (id == 0 || id >= size()) return nullptr;
    return reinterpret_cast<const btf_type*>(types_.data() + offsets_[id - first_]);
}

template <typename T>
std::span<const T> Btf::trailing(BtfId id) const {
    const btf_type* head = type(id);
    if (head == nullptr) return {};
    return {reinterpret_cast<const T*>(head + 1), BTF_INFO_VLEN(head->info)};
}

std::string_view Btf::text(std::uint32_t offset) const {
    if (offset < first_string_) return base_->text(offset);
    offset -= first_string_;
    if (offset >= strings_.size()) return {};
    const char* begin = reinterpret_cast<const char*>(strings_.data()) + offset;
    return {begin, strnlen(begin, strings_.size() - offset)};
}

std::uint32_t Btf::kind(BtfId id) const {
    const btf_type* head = type(id);
    return head == nullptr ? std::uint32_t{BTF_KIND_UNKN} : BTF_INFO_KIND(head->info);
}

std::string_view Btf::name(BtfId id) const {
    const btf_type* head = type(id);
    return head == nullptr ? std::string_view() : text(head->name_off);
}

std::uint32_t Btf::byte_size(BtfId id) const {
    const btf_type* head = type(id);
    if (head == nullptr) return 0;
    switch (BTF_INFO_KIND(head->info)) {
        case BTF_KIND_INT:
        case BTF_KIND_ENUM:
        case BTF_KIND_ENUM64:
        case BTF_KIND_STRUCT:
        case BTF_KIND_UNION:
        case BTF_KIND_FLOAT:
        case BTF_KIND_DATASEC: return head->size;
        default: return 0;
    }
}

BtfId Btf::referenced(BtfId id) const {
    const btf_type* head = type(id);
    if (head == nullptr) return 0;
    switch (BTF_INFO_KIND(head->info)) {
        case BTF_KIND_PTR:
        case BTF_KIND_TYPEDEF:
        case BTF_KIND_CONST:
        case BTF_KIND_VOLATILE:
        case BTF_KIND_RESTRICT:
        case BTF_KIND_FUNC:
        case BTF_KIND_FUNC_PROTO:  // the return type
        case BTF_KIND_VAR:
        case BTF_KIND_DECL_TAG:
        case BTF_KIND_TYPE_TAG: return head->type;
        default: return 0;
    }
}

bool Btf::is_kind_flag(BtfId id) const {
    const btf_type* head = type(id);
    return head != nullptr && BTF_INFO_KFLAG(head->info) != 0;
}

std::vector<BtfMember> Btf::members(BtfId id) const {
    std::vector<BtfMember> members;
    if (kind(id) != BTF_KIND_STRUCT && kind(id) != BTF_KIND_UNION) return members;
    const bool has_bit_fields = is_kind_flag(id);
    for (const btf_member& raw : trailing<btf_member>(id)) {
        BtfMember member;
        member.name = text(raw.name_off);
        member.type = raw.type;
        member.bit_offset = has_bit_fields ? BTF_MEMBER_BIT_OFFSET(raw.offset) : raw.offset;
        member.bit_size = has_bit_fields ? BTF_MEMBER_BITFIELD_SIZE(raw.offset) : 0;
        members.push_back(member);
    }
    return members;
}

std::vector<BtfConstant> Btf::constants(BtfId id) const {
    std::vector<BtfConstant> constants;
    const bool is_signed = is_kind_flag(id);
    if (kind(id) == BTF_KIND_ENUM)
        for (const btf_enum& raw : trailing<btf_enum>(id))
            constants.push_back(
                {text(raw.name_off), is_signed ? static_cast<std::uint64_t>(std::int64_t{raw.val})
                                               : static_cast<std::uint64_t>(static_cast<std::uint32_t>(raw.val))});
    if (kind(id) == BTF_KIND_ENUM64)
        for (const btf_enum64& raw : trailing<btf_enum64>(id))
            constants.push_back({text(raw.name_off), std::uint64_t{raw.val_hi32} << 32 | raw.val_lo32});
    return constants;
}

std::vector<BtfParameter> Btf::parameters(BtfId id) const {
    std::vector<BtfParameter> parameters;
    if (kind(id) == BTF_KIND_FUNC_PROTO)
        for (const btf_param& raw : trailing<btf_param>(id))
            parameters.push_back({text(raw.name_off), raw.type});
    return parameters;
}

std::optional<BtfInteger> Btf::integer(BtfId id) const {
    if (kind(id) != BTF_KIND_INT) return std::nullopt;
    std::uint32_t encoding = 0;
    std::memcpy(&encoding, type(id) + 1, sizeof encoding);
    const std::uint32_t flags = BTF_INT_ENCODING(encoding);
    return BtfInteger{byte_size(id), (flags & BTF_INT_SIGNED) != 0, (flags & BTF_INT_CHAR) != 0,
                      (flags & BTF_INT_BOOL) != 0};
}

std::optional<BtfArray> Btf::array(BtfId id) const {
    if (kind(id) != BTF_KIND_ARRAY) return std::nullopt;
    btf_array raw;
    std::memcpy(&raw, type(id) + 1, sizeof raw);
    return BtfArray{raw.type, raw.nelems};
}

/// Where the strings hold this whole name. Comparing numbers is several times faster than comparing the names of a
/// hundred thousand types; a kernel's strings are all different, a module's may repeat the kernel's.
std::vector<std::uint32_t> Btf::name_offsets(std::string_view wanted) const {
    std::vector<std::uint32_t> offsets;
    if (base_ != nullptr) offsets = base_->name_offsets(wanted);
    std::string pattern(wanted.size() + 2, '\0');
    wanted.copy(pattern.data() + 1, wanted.size());
    const std::string_view strings(reinterpret_cast<const char*>(strings_.data()), strings_.size());
    const char* at = strings.data();
    while (at != nullptr) {
        const auto rest = static_cast<std::size_t>(strings.data() + strings.size() - at);
        at = static_cast<const char*>(::memmem(at, rest, pattern.data(), pattern.size()));
        if (at == nullptr) break;
        ++at;
        offsets.push_back(first_string_ + static_cast<std::uint32_t>(at - strings.data()));
    }
    return offsets;
}

BtfId Btf::find(std::uint32_t wanted, std::string_view wanted_name) const {
    if (wanted_name.empty() || wanted_name.find('\0') != std::string_view::npos) return 0;
    const auto offsets = name_offsets(wanted_name);
    if (offsets.empty()) return 0;
    const auto search = [&](const Btf& where) -> BtfId {
        for (BtfId id = where.own_begin(); id < where.size(); ++id) {
            const btf_type* head = where.type(id);
            if (BTF_INFO_KIND(head->info) != wanted) continue;
            for (const std::uint32_t offset : offsets)
                if (head->name_off == offset) return id;
        }
        return 0;
    };
    const BtfId own = search(*this);
    return own != 0 || base_ == nullptr ? own : search(*base_);
}

std::optional<Btf::FoundConstant> Btf::find_constant(std::string_view wanted) const {
    if (wanted.empty() || wanted.find('\0') != std::string_view::npos) return std::nullopt;
    const auto offsets = name_offsets(wanted);
    if (offsets.empty()) return std::nullopt;
    const auto is_wanted = [&](std::uint32_t name) {
        return std::find(offsets.begin(), offsets.end(), name) != offsets.end();
    };
    const auto search = [&](const Btf& where) -> std::optional<FoundConstant> {
        for (BtfId id = where.own_begin(); id < where.size(); ++id) {
            const std::uint32_t type_kind = where.kind(id);
            bool is_found = false;
            if (type_kind == BTF_KIND_ENUM)
                for (const btf_enum& raw : where.trailing<btf_enum>(id))
                    is_found |= is_wanted(raw.name_off);
            if (type_kind == BTF_KIND_ENUM64)
                for (const btf_enum64& raw : where.trailing<btf_enum64>(id))
                    is_found |= is_wanted(raw.name_off);
            if (!is_found) continue;
            for (const BtfConstant& constant : where.constants(id))
                if (constant.name == wanted) return FoundConstant{id, constant.value};
        }
        return std::nullopt;
    };
    const auto own = search(*this);
    return own || base_ == nullptr ? own : search(*base_);
}

void Btf::for_each(const std::function<void(BtfId, std::uint32_t, std::string_view)>& visit) const {
    for (BtfId id = own_begin(); id < size(); ++id)
        visit(id, kind(id), name(id));
}

BtfId Btf::resolve(BtfId id, bool* is_user) const {
    // A chain in real BTF is a handful long; a loop can only come from broken bytes.
    for (int steps = 0; steps < 64; ++steps) {
        switch (kind(id)) {
            case BTF_KIND_TYPE_TAG:
                if (is_user != nullptr && name(id) == "user") *is_user = true;
                [[fallthrough]];
            case BTF_KIND_CONST:
            case BTF_KIND_VOLATILE:
            case BTF_KIND_RESTRICT:
            case BTF_KIND_TYPEDEF: id = referenced(id); break;
            default: return id;
        }
    }
    return 0;
}

}  // namespace kernel
