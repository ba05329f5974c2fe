// types::KnownTypes: the types made so far of one description (a BTF, the DWARF of one file), by its ids, each made
// once however often it is asked for. Given and taken by CTypes and ProgramTypes; knows neither format.
#pragma once

#include <unordered_map>

#include "src/types/type.h"

namespace types {

template <typename Id>
class KnownTypes {
  public:
    /// What make() gives for this id. What leads back to itself before it is made is void there: only structures may,
    /// and those are completed later, so anything else is a broken description.
    template <typename Make>
    const Type* get(Table& table, Id id, const Make& make) {
        if (const auto known = types_.find(id); known != types_.end()) return known->second;
        if (depth_ >= kDeepest) return table.void_type();
        types_[id] = table.void_type();
        ++depth_;
        const Type* type = make();
        --depth_;
        return types_[id] = type;
    }

  private:
    /// Pointers to arrays of pointers ...: real types nest a handful deep.
    static constexpr unsigned kDeepest = 64;

    std::unordered_map<Id, const Type*> types_;
    unsigned depth_ = 0;  ///< of types being made inside one another
};

}  // namespace types
