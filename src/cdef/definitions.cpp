#include "src/cdef/definitions.h"

#include "src/cdef/constants.h"
#include "src/cdef/reader.h"

namespace cdef {

void Definitions::read(std::span<const Piece> pieces, const Options& options, source::Diagnostics& diagnostics) {
    Reader reader(*this, options, diagnostics);
    for (const std::string& file : options.include_files)
        reader.include(file, true, {});
    for (const Piece& piece : pieces)
        reader.read(piece);
    reader.finish();
}

const types::Type* Definitions::structure(std::string_view name, bool is_union) {
    const auto& own = is_union ? unions_ : structures_;
    if (const auto found = own.find(name); found != own.end()) return found->second;
    if (types::ProgramTypes* program = kernel_types_.program())
        if (const types::Type* known = program->structure(name, is_union)) return known;
    return kernel_types_.structure(name, is_union);
}

const types::Type* Definitions::enumeration(std::string_view name) {
    if (const auto found = enumerations_.find(name); found != enumerations_.end()) return found->second;
    if (types::ProgramTypes* program = kernel_types_.program())
        if (const types::Type* known = program->enumeration(name)) return known;
    return kernel_types_.enumeration(name);
}

const types::Type* Definitions::named(std::string_view name) {
    if (const auto found = typedefs_.find(name); found != typedefs_.end()) return found->second;
    // Base names mean the same everywhere; what else the traced program calls so is what its script means.
    if (types::ProgramTypes* program = kernel_types_.program(); program && !types::base_type(table_, name))
        if (const types::Type* known = program->named(name)) return known;
    return kernel_types_.named(name);
}

std::optional<Value> Definitions::constant(std::string_view name) {
    if (const auto found = constants_.find(name); found != constants_.end()) return found->second;
    // What is an enumeration's in the kernel has its type, as from the header itself: SOCK_STREAM, IPPROTO_TCP.
    if (const auto known = kernel_types_.constant(name)) return Value(*known);
    if (system_headers_.empty()) return std::nullopt;
    const auto value = system_constant(name);
    if (!value) return std::nullopt;
    const bool is_small = *value >= INT32_MIN && *value <= INT32_MAX;
    return Value(types::Constant{static_cast<std::uint64_t>(*value), table_.integer(is_small ? 4 : 8, true)});
}

const std::string* Definitions::expression(std::string_view name) const {
    const auto found = expressions_.find(name);
    return found == expressions_.end() ? nullptr : &found->second;
}

std::vector<std::string> Definitions::constant_names() const {
    std::vector<std::string> names;
    for (const auto& [name, value] : constants_)
        names.push_back(name);
    for (const auto& [name, text] : expressions_)
        names.push_back(name);
    return names;
}

}  // namespace cdef
