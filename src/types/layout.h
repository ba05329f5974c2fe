// types::layout: Type -> program::Layout, the only bridge. Bytes in ring-buffer records, map keys and values are laid
// out as the Type says (sizes and member offsets are the same on both sides).
#pragma once

#include <unordered_map>

#include "runtime/program/program.h"
#include "src/types/type.h"

namespace types {

/// Adds layouts to a Program, one per Type.
class Layouts {
  public:
    explicit Layouts(program::Program& program) : program_(program) {}
    program::LayoutId of(const Type* type);
    /// An integer or enumeration with names from a format file's print fmt.
    program::LayoutId of(const Type* type, const program::ValueNames& names);
    /// kstack, ustack: the layout needs the map that holds the frames.
    void set_stacks(const Type* stack, program::MapId map);

  private:
    program::Program& program_;
    std::unordered_map<const Type*, program::LayoutId> known_;
    std::unordered_map<const Type*, program::MapId> stacks_;
};

}  // namespace types
