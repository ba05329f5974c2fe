// types::CTypes: C's names for types. Base names (char, long, u32, size_t, pid_t ...) are known without a kernel;
// structures, enumerations, other typedefs and enum constants come from the kernel's BTF, looked up by name when asked
// and completed member by member when needed. Taken by check and cdef. Must not know scripts: their own definitions
// (src/cdef) are asked first by the caller.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/kernel/btf.h"
#include "runtime/kernel/kernel_view.h"
#include "src/types/known_types.h"
#include "src/types/program_types.h"
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
    /// A type of vmlinux, or of a module's BTF, whose ids number on from vmlinux's.
    [[nodiscard]] const Type* from_btf(kernel::BtfId id, std::string_view module = {});
    /// A whole C spelling: "const struct sock *", "unsigned long", "char". Unknown structures give nullptr.
    [[nodiscard]] const Type* spelled(std::string_view spelling, AddressSpace space = AddressSpace::none);
    /// The file of user space whose functions the script's body is about: ids with program::kProgramType name its
    /// types. Empty: none. Opened when its types are asked for.
    void look_into(const std::string& path) { program_path_ = path; }
    /// Its types by its DWARF; nullptr: no file, or it has none.
    [[nodiscard]] ProgramTypes* program();
    /// The BTF itself; nullptr if this kernel has none.
    [[nodiscard]] const kernel::Btf* btf();
    [[nodiscard]] const kernel::KernelView& kernel() const { return kernel_; }

  private:
    /// One BTF and the types made of it. Ids below its own are the kernel's.
    struct Source {
        const kernel::Btf* btf = nullptr;
        std::string module;
        KnownTypes<kernel::BtfId> known;
    };
    /// null: there is no such BTF
    Source* source(std::string_view module);
    /// vmlinux's types first, then those of each module: the first that has it.
    template <typename Find>
    const Type* search(const Find& find);
    const Type* get(Source& source, kernel::BtfId id);
    const Type* make(Source& source, kernel::BtfId id);
    void complete(Source& source, Structure& structure);

    Table& table_;
    const kernel::KernelView& kernel_;
    std::string program_path_;
    std::map<std::string, std::unique_ptr<ProgramTypes>> programs_;  ///< by path; null: without DWARF
    std::map<std::string, Source, std::less<>> sources_;             ///< by module; stable addresses
};

}  // namespace types
