// kernel::Btf: reads the type information a kernel carries (BTF, Documentation/bpf/btf.rst) out of its bytes, on
// demand: one pass notes where each type begins, everything else is looked at when asked for. A module's BTF is split:
// its types and strings number on from the kernel's, which it refers to. Given the bytes by a KernelView; taken by
// src/types/c_types and runtime/probes. Knows nothing of the language's types. Hostile bytes give "not found", never a
// read outside the span.
#pragma once

#include <linux/btf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kernel {

using BtfId = std::uint32_t;  ///< 0 = void

/// A struct's or union's member.
struct BtfMember {
    std::string_view name;  ///< empty: anonymous struct or union
    BtfId type = 0;
    std::uint32_t bit_offset = 0;
    std::uint32_t bit_size = 0;  ///< > 0: bit-field
};

struct BtfConstant {
    std::string_view name;
    std::uint64_t value = 0;  ///< sign-extended if the enum is signed
};

struct BtfParameter {
    std::string_view name;
    BtfId type = 0;  ///< 0 as the last one: "..."
};

struct BtfInteger {
    std::uint32_t size = 0;  ///< bytes
    bool is_signed = false, is_char = false, is_bool = false;
};

struct BtfArray {
    BtfId element = 0;
    std::uint32_t count = 0;
};

/// Members of the first structure of each name, in one walk over the bytes and without an index: for the few facts that
/// nearly every run needs. Unnamed members have no name; empty: no such structure. Base BTF (vmlinux) only.
[[nodiscard]] std::vector<std::vector<BtfMember>> find_structs(std::span<const std::byte> bytes,
                                                               std::span<const std::string_view> names);

class Btf {
  public:
    /// The bytes, and what they are split from, must outlive the reader. Broken bytes make an empty one.
    explicit Btf(std::span<const std::byte> bytes, const Btf* base = nullptr);

    [[nodiscard]] std::size_t size() const { return first_ + offsets_.size(); }  ///< ids are below this
    [[nodiscard]] BtfId first() const { return first_; }  ///< ids below this are the base's; 0: there is none
    [[nodiscard]] const Btf* base() const { return base_; }
    [[nodiscard]] std::uint32_t kind(BtfId id) const;  ///< BTF_KIND_*; BTF_KIND_UNKN if there is no such type (or void)
    [[nodiscard]] std::string_view name(BtfId id) const;
    [[nodiscard]] std::uint32_t byte_size(BtfId id) const;  ///< int, enum, struct, union, float; 0 otherwise
    [[nodiscard]] BtfId referenced(BtfId id) const;   ///< of pointer, typedef, const, volatile, restrict, tags, func
    [[nodiscard]] bool is_kind_flag(BtfId id) const;  ///< struct: has bit-fields; enum: signed
    [[nodiscard]] std::vector<BtfMember> members(BtfId id) const;
    [[nodiscard]] std::vector<BtfConstant> constants(BtfId id) const;
    [[nodiscard]] std::vector<BtfParameter> parameters(BtfId id) const;  ///< of a function prototype
    [[nodiscard]] std::optional<BtfInteger> integer(BtfId id) const;
    [[nodiscard]] std::optional<BtfArray> array(BtfId id) const;

    /// First type of this kind and name; in split BTF its own types first, then the base's. 0: none.
    [[nodiscard]] BtfId find(std::uint32_t kind, std::string_view name) const;
    /// The enum that has this constant, and its value.
    struct FoundConstant {
        BtfId enumeration = 0;
        std::uint64_t value = 0;
    };
    [[nodiscard]] std::optional<FoundConstant> find_constant(std::string_view name) const;
    /// Every type in order of id; of split BTF only its own.
    void for_each(const std::function<void(BtfId, std::uint32_t kind, std::string_view name)>& visit) const;
    /// Past const, volatile, restrict, typedef and type tags; `is_user` is set if a tag on the way says so.
    [[nodiscard]] BtfId resolve(BtfId id, bool* is_user = nullptr) const;

  private:
    [[nodiscard]] const btf_type* type(BtfId id) const;
    template <typename T>
    [[nodiscard]] std::span<const T> trailing(BtfId id) const;
    [[nodiscard]] std::string_view text(std::uint32_t offset) const;
    [[nodiscard]] BtfId own_begin() const { return base_ == nullptr ? 1 : first_; }
    [[nodiscard]] std::vector<std::uint32_t> name_offsets(std::string_view name) const;

    const Btf* base_ = nullptr;
    BtfId first_ = 0;
    std::uint32_t first_string_ = 0;  ///< offsets below this lie in the base's strings
    std::span<const std::byte> types_, strings_;
    std::vector<std::uint32_t> offsets_;  ///< of type first_ + i within types_; the base's [0] is void
};

}  // namespace kernel
