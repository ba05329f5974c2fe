// types::ProgramTypes: the structures, unions, enumerations and typedefs of one traced program or library, out of its
// DWARF, as types of the language. Looked up by name or id when asked and completed member by member when needed.
// Given by CTypes, which is told whose body is being checked; all pointers in here point to user space.
#pragma once

#include <memory>
#include <string_view>

#include "runtime/kernel/dwarf.h"
#include "src/types/known_types.h"
#include "src/types/type.h"

namespace types {

class ProgramTypes {
  public:
    ProgramTypes(Table& table, std::shared_ptr<const kernel::DebugInfo> debug_info)
        : table_(table), debug_info_(std::move(debug_info)) {}

    /// By bare name; nullptr: none.
    [[nodiscard]] const Type* structure(std::string_view name, bool is_union);
    [[nodiscard]] const Type* enumeration(std::string_view name);
    /// Typedefs.
    [[nodiscard]] const Type* named(std::string_view name);
    [[nodiscard]] const Type* from_id(kernel::DwarfId id);

  private:
    const Type* make(kernel::DwarfId id);
    const Type* make_array(const kernel::DwarfType& array);
    void complete(Structure& structure, kernel::DwarfId id);

    Table& table_;
    std::shared_ptr<const kernel::DebugInfo> debug_info_;
    KnownTypes<kernel::DwarfId> known_;
};

}  // namespace types
