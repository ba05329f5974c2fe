// kernel::DebugInfo: what the DWARF of one program or library says: the parameters of a function, the types they have,
// the code of a source line. Everything is looked up when asked for and given as plain values; types are named by ids.
// Given by a KernelView; taken by runtime/probes (arguments, source lines) and src/types (structures of the traced
// program). Knows no process and nothing of the language's types. Where parameters live: calling_convention.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/kernel/debug_files.h"
#include "runtime/kernel/kernel_view.h"

namespace kernel {

/// Where a type's description stands in the DWARF; 0 = void. Below 2^31.
using DwarfId = std::uint32_t;

struct DwarfType {
    enum class Kind : std::uint8_t {
        void_,
        integer,  ///< also characters
        boolean,
        floating,
        pointer,    ///< to target; also references and pointers to functions
        array,      ///< `count` of target
        structure,  ///< also C++ classes
        union_,
        enumeration,
        alias,      ///< typedef of target
        qualified,  ///< const, volatile ... target
        function,   ///< its type
        other,      ///< nothing this reader understands: no members, perhaps a size
    };
    Kind kind = Kind::void_;
    std::string name;        ///< without `struct`; C++: qualified ("brew::Tank"); empty: anonymous
    std::uint64_t size = 0;  ///< bytes
    bool is_signed = false;
    bool is_char = false;               ///< C's own char, which makes text
    bool is_declaration = false;        ///< defined in another place, if at all
    bool is_passed_by_address = false;  ///< C++: has a copy constructor or destructor of its own, as far as DWARF says
    DwarfId target = 0;
    std::uint64_t count = 0;
    std::uint64_t inner_count = 0;  ///< array of arrays: elements of one of those, all further dimensions together
};

/// Name empty: an anonymous structure, or a C++ base class; its members count as the outer one's.
struct DwarfMember {
    std::string name;
    DwarfId type = 0;
    std::uint64_t bit_offset = 0;
    std::uint32_t bit_size = 0;  ///< > 0: bit-field
};

struct DwarfConstant {
    std::string name;
    std::uint64_t value = 0;
};

struct DwarfParameter {
    std::string name;  ///< may be empty
    DwarfId type = 0;
    /// DWARF says that it is in this register (its number there) at the function's first instruction.
    std::optional<unsigned> entry_register;
    /// It is always this in this copy of the function, so nobody passes it.
    std::optional<std::int64_t> constant;
    bool has_place = false;  ///< DWARF says where it is, at some instruction or other
    /// A C++ object that is not simply copied: what is passed is the address of the caller's copy.
    bool is_address = false;
};

struct DwarfFunction {
    std::string name;
    std::uint64_t address = 0;
    std::vector<DwarfParameter> parameters;
    DwarfId result = 0;
};

/// Code of a source line.
struct DwarfLine {
    std::string file;
    std::uint32_t line = 0, column = 0;
};

class DebugInfo {
  public:
    /// Error with ENODATA: neither the file nor its separate debug file has any.
    [[nodiscard]] static base::Result<std::shared_ptr<const DebugInfo>> open(const std::string& path,
                                                                             const DebugFiles& debug_files = {});
    ~DebugInfo();
    DebugInfo(const DebugInfo&) = delete;
    DebugInfo& operator=(const DebugInfo&) = delete;

    /// The function that begins at this virtual address.
    [[nodiscard]] std::optional<DwarfFunction> function(std::uint64_t address) const;

    [[nodiscard]] DwarfType type(DwarfId id) const;
    /// Of a structure or union; a declaration's are those of the definition, wherever it stands.
    [[nodiscard]] std::vector<DwarfMember> members(DwarfId id) const;
    [[nodiscard]] std::vector<DwarfConstant> constants(DwarfId id) const;
    /// As DWARF spells it, '*' glued to the type: "int*", "const char*", "struct cog*", "long unsigned int".
    [[nodiscard]] std::string spelling(DwarfId id) const;
    /// Past typedefs and qualifiers; a declaration becomes its definition if there is one.
    [[nodiscard]] DwarfId resolve(DwarfId id) const;
    /// The definition of a named type of this kind (structure, union_, enumeration, alias). 0: none.
    [[nodiscard]] DwarfId find(DwarfType::Kind kind, std::string_view name) const;

    /// Where the code of a line of a file begins: once in each function that has some of it. Column 0 = any.
    [[nodiscard]] std::vector<std::uint64_t> addresses(std::string_view file, std::uint32_t line,
                                                       std::uint32_t column) const;
    /// For a line without code: the nearest ones before and behind that have some; 0: none. Nothing: no such file.
    struct NearLines {
        std::uint32_t before = 0, behind = 0;
    };
    [[nodiscard]] std::optional<NearLines> near(std::string_view file, std::uint32_t line) const;
    [[nodiscard]] std::optional<DwarfLine> line(std::uint64_t address) const;
    /// A line of a function that has no code of its own because the compiler put it into its callers. Walks everything:
    /// for messages.
    [[nodiscard]] std::optional<DwarfLine> inlined(std::string_view function) const;
    /// The same with the functions whose code was put there, innermost first; the last frame has no function. Empty:
    /// no line is known.
    [[nodiscard]] std::vector<SourceFrame> frames(std::uint64_t address) const;

  private:
    struct State;
    explicit DebugInfo(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace kernel
