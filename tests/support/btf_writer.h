// Bytes of a BTF blob, written type by type, as the tests of its readers want them.
#pragma once

#include <linux/btf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace test_support {

/// Ids count from 1; in a module's BTF, which is split from a base, behind the base's.
class BtfWriter {
  public:
    BtfWriter() = default;
    [[nodiscard]] static BtfWriter split_from(const BtfWriter& base) {
        BtfWriter module;
        module.strings_.clear();
        module.last_ = base.last_;
        module.first_string_ = static_cast<std::uint32_t>(base.strings_.size());
        return module;
    }

    std::uint32_t name(std::string_view text) {
        if (text.empty()) return 0;
        const auto at = static_cast<std::uint32_t>(strings_.size());
        strings_ += text;
        strings_ += '\0';
        return first_string_ + at;
    }
    void word(std::uint32_t value) {
        const auto* bytes = reinterpret_cast<const std::byte*>(&value);
        types_.insert(types_.end(), bytes, bytes + sizeof value);
    }
    /// The common part; what a kind has behind it follows by word(). The new type's id.
    std::uint32_t type(std::string_view text, std::uint32_t kind, std::uint32_t count, std::uint32_t size_or_type,
                       bool flag = false) {
        word(name(text));
        word(kind << 24 | count | (flag ? 1u << 31 : 0));
        word(size_or_type);
        return ++last_;
    }

    // -- whole types
    std::uint32_t integer(std::string_view text, std::uint32_t size, std::uint32_t encoding = 0) {
        const std::uint32_t id = type(text, BTF_KIND_INT, 0, size);
        word(encoding << 24 | size * 8);
        return id;
    }
    std::uint32_t array(std::uint32_t element, std::uint32_t count) {
        const std::uint32_t id = type("", BTF_KIND_ARRAY, 0, 0);
        word(element);
        word(0);
        word(count);
        return id;
    }
    std::uint32_t refer(std::uint32_t kind, std::uint32_t to, std::string_view text = {}) {
        return type(text, kind, 0, to);
    }
    struct Named {
        std::string_view name;
        std::uint32_t value;      ///< type of a member or parameter, value of a constant
        std::uint32_t place = 0;  ///< member: offset in bits
        std::uint32_t bits = 0;   ///< member: size of a bit-field
    };
    /// kind: struct or union.
    std::uint32_t compound(std::uint32_t kind, std::string_view text, std::uint32_t size,
                           const std::vector<Named>& members) {
        const std::uint32_t id = type(text, kind, static_cast<std::uint32_t>(members.size()), size, true);
        for (const Named& member : members) {
            word(name(member.name));
            word(member.value);
            word(member.bits << 24 | member.place);
        }
        return id;
    }
    std::uint32_t enumeration(std::string_view text, const std::vector<Named>& constants, bool is_signed = false) {
        const std::uint32_t id = type(text, BTF_KIND_ENUM, static_cast<std::uint32_t>(constants.size()), 4, is_signed);
        for (const Named& constant : constants) {
            word(name(constant.name));
            word(constant.value);
        }
        return id;
    }
    std::uint32_t prototype(std::uint32_t result, const std::vector<Named>& parameters) {
        const std::uint32_t id = type("", BTF_KIND_FUNC_PROTO, static_cast<std::uint32_t>(parameters.size()), result);
        for (const Named& parameter : parameters) {
            word(name(parameter.name));
            word(parameter.value);
        }
        return id;
    }

    [[nodiscard]] std::vector<std::byte> bytes() const {
        btf_header header{};
        header.magic = 0xeb9f;
        header.version = 1;
        header.hdr_len = sizeof header;
        header.type_len = static_cast<std::uint32_t>(types_.size());
        header.str_off = header.type_len;
        header.str_len = static_cast<std::uint32_t>(strings_.size());
        std::vector<std::byte> all(sizeof header + types_.size() + strings_.size());
        std::memcpy(all.data(), &header, sizeof header);
        if (!types_.empty()) std::memcpy(all.data() + sizeof header, types_.data(), types_.size());
        std::memcpy(all.data() + sizeof header + types_.size(), strings_.data(), strings_.size());
        return all;
    }

  private:
    std::vector<std::byte> types_;
    std::string strings_ = std::string(1, '\0');
    std::uint32_t last_ = 0;
    std::uint32_t first_string_ = 0;
};

}  // namespace test_support
