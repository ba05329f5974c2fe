// types::CTypes: C's names for types. Base names (char, long, u32, size_t, pid_t ...) are known without a kernel;
// structures, enumerations, other typedefs and enum constants come from the kernel's BTF, looked up by name when asked
// and completed member by member when needed. Taken by check and cdef. Must not know scripts: their own definitions
// (src/cdef) are asked first by the caller.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/kernel/btf.h"
#include "runtime/kernel/kernel_view.h"
#include "src/types/type.h"

namespace types {

struct Constant {
    std::uint64_t value = 0;
    const Type* type = nullptr;  ///< the enumeration, or an integer
};

/// char, int, u32, size_t, uint64, ...: what needs no BTF. nullptr: not one of them.
[[nodiscard]] const Type* base_type(Table& table, std::string_view name);

class CTypes {
  public:
    CTypes(Table& table, const kernel::KernelView& kernel) : table_(table), kernel_(kernel) {}

    [[nodiscard]] bool has_btf() { return btf() != nullptr; }
    /// struct or union by its bare name; nullptr: none.
    [[nodiscard]] const Type* structure(std::string_view name, bool is_union);
    [[nodiscard]] const Type* enumeration(std::string_view name);
    /// Base names and typedefs.
    [[nodiscard]] const Type* named(std::string_view name);
    [[nodiscard]] std::optional<Constant> constant(std::string_view name);
    [[nodiscard]] const Type* from_btf(kernel::BtfId id);
    /// A whole C spelling: "const struct sock *", "unsigned long", "char". Unknown structures give nullptr.
    [[nodiscard]] const Type* spelled(std::string_view spelling, AddressSpace space = AddressSpace::none);
    /// The BTF itself; nullptr if this kernel has none.
    [[nodiscard]] const kernel::Btf* btf();

  private:
    const Type* make(kernel::BtfId id);
    void complete(Structure& structure);

    Table& table_;
    const kernel::KernelView& kernel_;
    std::unique_ptr<kernel::Btf> btf_;
    bool is_asked_ = false;
    std::unordered_map<kernel::BtfId, const Type*> known_;
};

}  // namespace types
