// cdef::Definitions: what the C part of a script says: structures, unions, enumerations, typedefs and constants by
// name. Made from the verbatim pieces the grammar kept (preprocessor lines, struct/union/enum definitions), completed
// by the kernel's types; read by check. Knows neither the script's tree nor its expressions. A mistake in the C text
// goes to the diagnostics, clang style.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "src/source/diagnostics.h"
#include "src/source/source_file.h"
#include "src/types/c_types.h"

namespace cdef {

/// One preprocessor line or definition of a script, in order.
struct Piece {
    source::Range range;
    std::string_view text;
};

struct Options {
    std::vector<std::string> include_dirs;   ///< -I, then the environment's
    std::vector<std::string> include_files;  ///< --include: as if #include stood first
    bool may_ask_compiler = true;            ///< for headers that our own reader does not understand
};

/// A value a bare word stands for: `#define N 5`, an enum's constant, `#define S "text"`.
using Value = std::variant<types::Constant, std::string>;

class Definitions {
  public:
    Definitions(types::Table& table, types::CTypes& kernel_types) : table_(table), kernel_types_(kernel_types) {}

    void read(std::span<const Piece> pieces, const Options& options, source::Diagnostics& diagnostics);

    /// The script's own first, then those of the traced program whose body is looked at (CTypes::look_into), then the
    /// kernel's. nullptr: nobody knows it.
    [[nodiscard]] const types::Type* structure(std::string_view name, bool is_union);
    [[nodiscard]] const types::Type* enumeration(std::string_view name);
    [[nodiscard]] const types::Type* named(std::string_view name);
    [[nodiscard]] std::optional<Value> constant(std::string_view name);
    /// What an object-like macro that is no constant stands for: `#define TASK ((struct task_struct *)curtask)`. The
    /// tokens as text, with macros in them replaced; nullptr: there is none of this name.
    [[nodiscard]] const std::string* expression(std::string_view name) const;
    /// Headers that were answered from BTF and the table of constants: what they define besides is not known.
    [[nodiscard]] const std::vector<std::string>& system_headers() const { return system_headers_; }
    /// `#define F(x) ...`: known to the C part only.
    [[nodiscard]] bool is_function_macro(std::string_view name) const { return function_macros_.contains(name); }
    /// Names of the script's own constants, for hints.
    [[nodiscard]] std::vector<std::string> constant_names() const;

  private:
    friend class Reader;
    types::Table& table_;
    types::CTypes& kernel_types_;
    std::map<std::string, const types::Type*, std::less<>> structures_, unions_, enumerations_, typedefs_;
    std::map<std::string, Value, std::less<>> constants_;
    std::set<std::string, std::less<>> function_macros_;
    std::map<std::string, std::string, std::less<>> expressions_;
    /// Headers of the kernel or libc that were answered without being read.
    std::vector<std::string> system_headers_;
};

}  // namespace cdef
