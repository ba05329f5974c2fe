// Entrance: kernel::DebugInfo, over libdw.
#include "runtime/kernel/dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <unordered_map>

#include "runtime/kernel/elf_handle.h"

namespace kernel {
namespace {

// An id is the offset of a DIE in .debug_info; those in the file that dwz(1) moved common parts to have this bit.
constexpr DwarfId kInShared = 0x40000000;
// And those in .debug_types, which DWARF 4 has beside .debug_info, have these two.
constexpr DwarfId kInTypes = 0x60000000;
constexpr DwarfId kElsewhere = kInShared, kElsewhereOffset = 0x1fffffff;

// Hostile DWARF may point in circles, and nest without end.
constexpr unsigned kDeepest = 48;

struct DwarfEnd {
    void operator()(Dwarf* dwarf) const { ::dwarf_end(dwarf); }
};

std::string text_of(Dwarf_Die* die) {
    const char* name = ::dwarf_diename(die);
    return name == nullptr ? std::string() : std::string(name);
}

bool has_flag(Dwarf_Die* die, unsigned which) {
    Dwarf_Attribute attribute;
    bool value = false;
    return ::dwarf_attr(die, which, &attribute) != nullptr && ::dwarf_formflag(&attribute, &value) == 0 && value;
}

std::optional<std::uint64_t> number_of(Dwarf_Die* die, unsigned which) {
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (::dwarf_attr_integrate(die, which, &attribute) == nullptr || ::dwarf_formudata(&attribute, &value) != 0)
        return std::nullopt;
    return value;
}

bool type_die(Dwarf_Die* die, Dwarf_Die* type) {
    Dwarf_Attribute attribute;
    return ::dwarf_attr_integrate(die, DW_AT_type, &attribute) != nullptr &&
           ::dwarf_formref_die(&attribute, type) != nullptr;
}

/// Calls visit(child) for each child until it returns false.
template <typename Visit>
void for_each_child(Dwarf_Die* die, Visit visit) {
    Dwarf_Die child;
    if (::dwarf_child(die, &child) != 0) return;
    do {
        if (!visit(&child)) return;
    } while (::dwarf_siblingof(&child, &child) == 0);
}

bool is_scope(int tag) {
    return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
           tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

/// A function below this namespace or class has the address in it.
bool holds(Dwarf_Die* scope, std::uint64_t address, unsigned depth) {
    bool result = false;
    if (depth > kDeepest) return false;
    for_each_child(scope, [&](Dwarf_Die* child) {
        const int tag = ::dwarf_tag(child);
        if (tag == DW_TAG_subprogram) result = ::dwarf_haspc(child, address) == 1;
        if (is_scope(tag)) result = holds(child, address, depth + 1);
        return !result;
    });
    return result;
}

/// The value lies where a general register points to: not the frame's own registers (6 and 7 on x86-64), by which
/// variables on the stack are found.
bool is_base_register(unsigned operation) {
    return operation >= DW_OP_breg0 && operation <= DW_OP_breg15 && operation != DW_OP_breg6 &&
           operation != DW_OP_breg7;
}

/// Clang says it; gcc leaves it to be seen from the members: a destructor or a copy constructor that somebody wrote.
bool is_passed_by_address(Dwarf_Die* die) {
    if (const auto convention = number_of(die, DW_AT_calling_convention)) return *convention == DW_CC_pass_by_reference;
    const std::string name = text_of(die);
    bool result = false;
    for_each_child(die, [&](Dwarf_Die* child) {
        const char* text = ::dwarf_tag(child) == DW_TAG_subprogram ? ::dwarf_diename(child) : nullptr;
        if (text == nullptr || number_of(child, DW_AT_defaulted).value_or(0) == DW_DEFAULTED_in_class) return true;
        if (*text == '~') result = true;
        if (name != text) return !result;
        // A constructor with one parameter besides `this`, a reference to the class itself.
        unsigned parameters = 0;
        bool is_copy = false;
        for_each_child(child, [&](Dwarf_Die* parameter) {
            Dwarf_Die type, target;
            if (::dwarf_tag(parameter) != DW_TAG_formal_parameter || has_flag(parameter, DW_AT_artificial)) return true;
            parameters++;
            if (!type_die(parameter, &type) || !type_die(&type, &target)) return true;
            if (::dwarf_tag(&target) == DW_TAG_const_type) (void)type_die(&target, &target);
            const int tag = ::dwarf_tag(&type);
            is_copy = (tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type) &&
                      ::dwarf_dieoffset(&target) == ::dwarf_dieoffset(die);
            return true;
        });
        result |= parameters == 1 && is_copy;
        return !result;
    });
    return result;
}

std::optional<DwarfType::Kind> named_kind(int tag) {
    switch (tag) {
        case DW_TAG_structure_type:
        case DW_TAG_class_type: return DwarfType::Kind::structure;
        case DW_TAG_union_type: return DwarfType::Kind::union_;
        case DW_TAG_enumeration_type: return DwarfType::Kind::enumeration;
        case DW_TAG_typedef: return DwarfType::Kind::alias;
        default: return std::nullopt;
    }
}

bool is_c(Dwarf_Die* unit) {
    switch (::dwarf_srclang(unit)) {
        case DW_LANG_C:
        case DW_LANG_C89:
        case DW_LANG_C99:
        case DW_LANG_C11:
        case DW_LANG_Mips_Assembler: return true;
        default: return false;
    }
}

bool is_in_types(const Dwarf_Die* die) {
    Dwarf_Half version = 0;
    std::uint8_t kind = 0;
    return ::dwarf_cu_info(die->cu, &version, &kind, nullptr, nullptr, nullptr, nullptr, nullptr) == 0 && version < 5 &&
           kind == DW_UT_type;
}

/// Of a declaration that stands for a type in a unit of its own (-fdebug-types-section).
bool signed_type(Dwarf_Die* die, Dwarf_Die* type) {
    Dwarf_Attribute attribute;
    return ::dwarf_attr(die, DW_AT_signature, &attribute) != nullptr &&
           ::dwarf_formref_die(&attribute, type) != nullptr;
}

/// "b.c" and "src/b.c" mean "/home/x/src/b.c", "xb.c" does not.
bool is_file(std::string_view path, std::string_view wanted) {
    if (!path.ends_with(wanted)) return false;
    return path.size() == wanted.size() || wanted.starts_with('/') || path[path.size() - wanted.size() - 1] == '/';
}

}  // namespace

struct DebugInfo::State {
    struct Range {
        std::uint64_t begin, end;
    };
    struct Unit {
        Dwarf_Die die;
        std::vector<Range> ranges;                                      ///< of its code
        std::optional<std::unordered_map<DwarfId, std::string>> names;  ///< qualified, of types inside scopes
    };

    OpenElf file;
    std::unique_ptr<Dwarf, DwarfEnd> dwarf;
    std::vector<Unit> units;
    bool has_units = false;
    bool has_split_units = false;  ///< whose contents are in other files (-gsplit-dwarf)
    /// Kind and name → definition; made when first asked for a name.
    std::optional<std::map<std::pair<DwarfType::Kind, std::string>, DwarfId>> definitions;

    [[nodiscard]] bool die_of(DwarfId id, Dwarf_Die* die) const {
        if (id == 0) return false;
        if ((id & kElsewhere) == 0) return ::dwarf_offdie(dwarf.get(), id, die) != nullptr;
        const DwarfId offset = id & kElsewhereOffset;
        if ((id & kInTypes) == kInTypes) return ::dwarf_offdie_types(dwarf.get(), offset, die) != nullptr;
        Dwarf* shared = ::dwarf_getalt(dwarf.get());
        return shared != nullptr && ::dwarf_offdie(shared, offset, die) != nullptr;
    }
    [[nodiscard]] DwarfId id_of(Dwarf_Die* die) const {
        const Dwarf_Off offset = ::dwarf_dieoffset(die);
        DwarfId elsewhere = 0;
        if (::dwarf_cu_getdwarf(die->cu) != dwarf.get())
            elsewhere = kInShared;
        else if (is_in_types(die))
            elsewhere = kInTypes;
        // Beyond a gigabyte of .debug_info ids do not reach; such a type is not known then.
        if (offset >= kElsewhere || (elsewhere != 0 && offset > kElsewhereOffset)) return 0;
        return static_cast<DwarfId>(offset) | elsewhere;
    }

    const std::vector<Unit>& all_units() {
        if (has_units) return units;
        has_units = true;
        for (Dwarf* from : {dwarf.get(), ::dwarf_getalt(dwarf.get())}) {
            Dwarf_CU* at = nullptr;
            Dwarf_CU* next = nullptr;
            Dwarf_Die die, split;
            std::uint8_t kind = 0;
            while (from != nullptr && ::dwarf_get_units(from, at, &next, nullptr, &kind, &die, &split) == 0) {
                at = next;
                // DWARF 5 has a kind for them, before that GNU's attribute tells.
                if (kind == DW_UT_skeleton || ::dwarf_hasattr(&die, DW_AT_GNU_dwo_name) != 0) {
                    has_split_units = true;
                    continue;
                }
                if (kind == DW_UT_split_type) continue;
                Unit unit{.die = die, .ranges = {}, .names = {}};
                Dwarf_Addr base = 0, begin = 0, end = 0;
                std::ptrdiff_t offset = 0;
                while ((offset = ::dwarf_ranges(&die, offset, &base, &begin, &end)) > 0)
                    unit.ranges.push_back({begin, end});
                units.push_back(std::move(unit));
            }
        }
        return units;
    }

    Unit* unit_at(std::uint64_t address) {
        all_units();
        for (Unit& unit : units)
            for (const Range& range : unit.ranges)
                if (address >= range.begin && address < range.end) return &unit;
        return nullptr;
    }

    /// Calls visit(die, kind, qualified name) for every named type below `scope`.
    template <typename Visit>
    void for_each_type(Dwarf_Die* scope, const std::string& prefix, const Visit& visit) const {
        std::unordered_map<void*, std::string> declared;
        for_each_type(scope, prefix, visit, declared, 0);
    }

    /// declared: names of types that are declared inside a scope; their definitions may stand outside and refer to
    /// them.
    template <typename Visit>
    void for_each_type(Dwarf_Die* scope, const std::string& prefix, const Visit& visit,
                       std::unordered_map<void*, std::string>& declared, unsigned depth) const {
        if (depth > kDeepest) return;
        for_each_child(scope, [&](Dwarf_Die* child) {
            const int tag = ::dwarf_tag(child);
            const auto kind = named_kind(tag);
            if (!kind && !is_scope(tag)) return true;
            const std::string name = text_of(child);
            std::string full = name.empty() ? prefix + "(anonymous)" : prefix + name;
            Dwarf_Attribute attribute;
            Dwarf_Die declaration;
            if (kind && !prefix.empty() && has_flag(child, DW_AT_declaration)) {
                declared.emplace(child->addr, full);
            } else if (::dwarf_attr(child, DW_AT_specification, &attribute) != nullptr &&
                       ::dwarf_formref_die(&attribute, &declaration) != nullptr) {
                if (const auto known = declared.find(declaration.addr); known != declared.end()) full = known->second;
            }
            if (kind && !name.empty()) visit(child, *kind, full);
            if (is_scope(tag)) for_each_type(child, full + "::", visit, declared, depth + 1);
            return true;
        });
    }

    std::string qualified_name(Dwarf_Die* die) {
        std::string name = text_of(die);
        Dwarf_Die unit_die;
        if (name.empty() || ::dwarf_diecu(die, &unit_die, nullptr, nullptr) == nullptr || is_c(&unit_die)) return name;
        all_units();
        const auto unit = std::find_if(units.begin(), units.end(),
                                       [&unit_die](Unit& candidate) { return candidate.die.addr == unit_die.addr; });
        if (unit == units.end()) return name;
        if (!unit->names) {
            unit->names.emplace();
            for_each_type(&unit->die, "", [&](Dwarf_Die* type, DwarfType::Kind, const std::string& full) {
                if (full.find("::") != std::string::npos) unit->names->emplace(id_of(type), full);
            });
        }
        const auto known = unit->names->find(id_of(die));
        return known == unit->names->end() ? name : known->second;
    }

    DwarfId definition(DwarfType::Kind kind, std::string_view name) {
        if (!definitions) {
            definitions.emplace();
            all_units();
            for (Unit& unit : units)
                for_each_type(&unit.die, "", [&](Dwarf_Die* type, DwarfType::Kind type_kind, const std::string& full) {
                    if (has_flag(type, DW_AT_declaration)) return;
                    if (const DwarfId id = id_of(type); id != 0) definitions->try_emplace({type_kind, full}, id);
                });
        }
        const auto found = definitions->find({kind, std::string(name)});
        return found == definitions->end() ? 0 : found->second;
    }

    /// The subprogram below `scope` that begins at the address.
    bool find_function(Dwarf_Die* scope, std::uint64_t address, Dwarf_Die* result, unsigned depth = 0) const {
        bool is_found = false;
        if (depth > kDeepest) return false;
        for_each_child(scope, [&](Dwarf_Die* child) {
            const int tag = ::dwarf_tag(child);
            if (tag == DW_TAG_subprogram) {
                Dwarf_Addr entry = 0;
                if (::dwarf_entrypc(child, &entry) == 0 && entry == address) {
                    *result = *child;
                    is_found = true;
                }
            } else if (is_scope(tag)) {
                is_found = find_function(child, address, result, depth + 1);
            }
            return !is_found;
        });
        return is_found;
    }

    /// Begins of all subprograms below `scope` with the address behind their last byte.
    void add_functions(Dwarf_Die* scope, std::vector<Range>& ranges, unsigned depth = 0) const {
        if (depth > kDeepest) return;
        for_each_child(scope, [&](Dwarf_Die* child) {
            const int tag = ::dwarf_tag(child);
            Dwarf_Addr begin = 0, end = 0;
            if (tag == DW_TAG_subprogram) {
                if (::dwarf_lowpc(child, &begin) == 0 && ::dwarf_highpc(child, &end) == 0)
                    ranges.push_back({begin, end});
            } else if (is_scope(tag)) {
                add_functions(child, ranges, depth + 1);
            }
            return true;
        });
    }

    /// Calls visit(line, column, address) for every place where a statement of the file begins.
    template <typename Visit>
    void for_each_row(Unit& unit, std::string_view source, const Visit& visit);
    std::string spell(DwarfId id, unsigned depth);
    std::uint64_t array_count(Dwarf_Die* subrange) const;
    void add_members(Dwarf_Die* die, std::vector<DwarfMember>& members) const;
};

DebugInfo::DebugInfo(std::unique_ptr<State> state) : state_(std::move(state)) {}
DebugInfo::~DebugInfo() = default;

base::Result<std::shared_ptr<const DebugInfo>> DebugInfo::open(const std::string& path, const DebugFiles& debug_files) {
    auto file = open_elf(path);
    if (!file.ok()) return file.take_error();
    auto state = std::make_unique<State>();
    bool is_split = false;
    std::optional<std::string> refusal;
    const auto use = [&state, &is_split, &refusal](OpenElf& candidate) {
        if (auto reason = refuse_to_unpack(candidate.elf.get())) {
            refusal = std::move(reason);
            return false;
        }
        state->dwarf.reset(::dwarf_begin_elf(candidate.elf.get(), DWARF_C_READ, nullptr));
        // .debug_frame or .debug_line alone are not enough.
        if (!state->dwarf || state->all_units().empty()) {
            is_split |= state->has_split_units;
            return false;
        }
        state->file = std::move(candidate);
        return true;
    };
    if (!use(*file)) {
        *state = State();
        const std::string debug = debug_files.find(path, file->elf.get());
        auto other = debug.empty() ? base::Result<OpenElf>(base::Error{}) : open_elf(debug);
        if (!other.ok() || !use(*other)) {
            if (refusal) {
                return base::Error{.message = "the compressed debuginfo of " + path + " is not read: " + *refusal,
                                   .errnum = EFBIG,
                                   .hint = "objcopy --decompress-debug-sections makes a file that can be"};
            }
            if (is_split) {
                return base::Error{.message = "the debuginfo of " + path + " is in .dwo files, which are not read",
                                   .errnum = ENODATA,
                                   .hint = "compile it without -gsplit-dwarf"};
            }
            return base::Error{.message = "no debuginfo found for " + path, .errnum = ENODATA};
        }
    }
    return std::shared_ptr<const DebugInfo>(new DebugInfo(std::move(state)));
}

// ---- functions ------------------------------------------------------------------------------------------------------

std::optional<DwarfFunction> DebugInfo::function(std::uint64_t address) const {
    State::Unit* unit = state_->unit_at(address);
    Dwarf_Die die;
    if (unit == nullptr || !state_->find_function(&unit->die, address, &die)) return std::nullopt;
    DwarfFunction function;
    function.name = text_of(&die);
    function.address = address;
    Dwarf_Die type;
    if (type_die(&die, &type)) function.result = state_->id_of(&type);
    const auto add_parameters = [&](Dwarf_Die* from) {
        for_each_child(from, [&](Dwarf_Die* child) {
            if (::dwarf_tag(child) != DW_TAG_formal_parameter) return true;
            DwarfParameter parameter;
            parameter.name = text_of(child);
            if (type_die(child, &type)) parameter.type = state_->id_of(&type);
            Dwarf_Attribute attribute;
            Dwarf_Op* operations = nullptr;
            std::size_t count = 0;
            Dwarf_Sword constant = 0;
            parameter.has_place = ::dwarf_hasattr(child, DW_AT_location) != 0;
            if (::dwarf_attr(child, DW_AT_const_value, &attribute) != nullptr &&
                ::dwarf_formsdata(&attribute, &constant) == 0)
                parameter.constant = constant;
            if (::dwarf_attr(child, DW_AT_location, &attribute) != nullptr &&
                ::dwarf_getlocation_addr(&attribute, address, &operations, &count, 1) == 1 && count > 0) {
                const auto& first = operations[0];
                if (count == 1 && first.atom >= DW_OP_reg0 && first.atom <= DW_OP_reg31) {
                    parameter.entry_register = first.atom - DW_OP_reg0;
                } else if (count == 1 && first.atom == DW_OP_regx) {
                    parameter.entry_register = static_cast<unsigned>(first.number);
                } else if (count == 1 && is_base_register(first.atom) && first.number == 0) {
                    parameter.entry_register = first.atom - DW_OP_breg0;
                    parameter.is_address = true;
                }
                // Without optimisation the address was put on the stack first: DW_OP_fbreg, DW_OP_deref.
                parameter.is_address |= count == 2 && operations[1].atom == DW_OP_deref;
            }
            function.parameters.push_back(std::move(parameter));
            return true;
        });
    };
    add_parameters(&die);
    // A copy made by the optimiser may leave them to the function it was copied from.
    Dwarf_Attribute attribute;
    Dwarf_Die origin;
    if (function.parameters.empty() && ::dwarf_attr(&die, DW_AT_abstract_origin, &attribute) != nullptr &&
        ::dwarf_formref_die(&attribute, &origin) != nullptr)
        add_parameters(&origin);
    return function;
}

// ---- types ----------------------------------------------------------------------------------------------------------

std::uint64_t DebugInfo::State::array_count(Dwarf_Die* subrange) const {
    if (const auto count = number_of(subrange, DW_AT_count)) return *count;
    const auto last = number_of(subrange, DW_AT_upper_bound);
    const std::uint64_t first = number_of(subrange, DW_AT_lower_bound).value_or(0);
    // char name[]: no bound, or -1.
    if (!last || *last < first || *last == UINT64_MAX || *last == UINT32_MAX) return 0;
    return *last - first + 1;
}

DwarfType DebugInfo::type(DwarfId id) const {
    using Kind = DwarfType::Kind;
    DwarfType result;
    Dwarf_Die die, target;
    if (id == 0) return result;
    result.kind = Kind::other;
    if (!state_->die_of(id, &die)) return result;
    if (type_die(&die, &target)) result.target = state_->id_of(&target);
    const int size = ::dwarf_bytesize(&die);
    result.size = size < 0 ? 0 : static_cast<std::uint64_t>(size);
    result.is_declaration = has_flag(&die, DW_AT_declaration) || ::dwarf_hasattr(&die, DW_AT_signature) != 0;
    switch (::dwarf_tag(&die)) {
        case DW_TAG_base_type: {
            const auto encoding = number_of(&die, DW_AT_encoding).value_or(0);
            result.name = text_of(&die);
            result.is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
            result.is_char = result.name == "char";
            if (encoding == DW_ATE_boolean) result.kind = Kind::boolean;
            if (encoding == DW_ATE_float) result.kind = Kind::floating;
            if (result.is_signed || encoding == DW_ATE_unsigned || encoding == DW_ATE_unsigned_char ||
                encoding == DW_ATE_UTF)
                result.kind = Kind::integer;
            break;
        }
        case DW_TAG_pointer_type:
        case DW_TAG_reference_type:
        case DW_TAG_rvalue_reference_type:
            result.kind = Kind::pointer;
            result.size = sizeof(void*);
            break;
        case DW_TAG_typedef:
            result.kind = Kind::alias;
            result.name = state_->qualified_name(&die);
            break;
        case DW_TAG_const_type:
        case DW_TAG_volatile_type:
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type:
        case DW_TAG_immutable_type: result.kind = Kind::qualified; break;
        case DW_TAG_subroutine_type: result.kind = Kind::function; break;
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
        case DW_TAG_union_type:
            result.kind = ::dwarf_tag(&die) == DW_TAG_union_type ? Kind::union_ : Kind::structure;
            result.name = state_->qualified_name(&die);
            result.is_passed_by_address = is_passed_by_address(&die);
            break;
        case DW_TAG_enumeration_type: {
            result.kind = Kind::enumeration;
            result.name = state_->qualified_name(&die);
            if (result.target != 0) {
                result.is_signed = type(resolve(result.target)).is_signed;
            } else {
                for (const DwarfConstant& constant : constants(id))
                    result.is_signed |= static_cast<std::int64_t>(constant.value) < 0;
            }
            break;
        }
        case DW_TAG_array_type: {
            result.kind = Kind::array;
            std::size_t dimensions = 0;
            for_each_child(&die, [&](Dwarf_Die* child) {
                if (::dwarf_tag(child) != DW_TAG_subrange_type) return true;
                const std::uint64_t count = state_->array_count(child);
                if (dimensions++ == 0)
                    result.count = count;
                else
                    result.inner_count = std::max<std::uint64_t>(1, result.inner_count) * count;
                return true;
            });
            break;
        }
        default: break;
    }
    return result;
}

DwarfId DebugInfo::resolve(DwarfId id) const {
    for (unsigned step = 0; step < kDeepest && id != 0; step++) {
        const DwarfType described = type(id);
        if (described.is_declaration) {
            Dwarf_Die die, signed_die;
            if (state_->die_of(id, &die) && signed_type(&die, &signed_die)) {
                const DwarfId elsewhere = state_->id_of(&signed_die);
                return elsewhere == 0 ? id : elsewhere;
            }
            const DwarfId whole = described.name.empty() ? 0 : find(described.kind, described.name);
            return whole == 0 ? id : whole;
        }
        if (described.kind != DwarfType::Kind::alias && described.kind != DwarfType::Kind::qualified) return id;
        id = described.target;
    }
    return id;
}

DwarfId DebugInfo::find(DwarfType::Kind kind, std::string_view name) const {
    return state_->definition(kind, name);
}

void DebugInfo::State::add_members(Dwarf_Die* die, std::vector<DwarfMember>& members) const {
    for_each_child(die, [&](Dwarf_Die* child) {
        const int tag = ::dwarf_tag(child);
        if (tag != DW_TAG_member && tag != DW_TAG_inheritance) return true;
        // C++'s static members lie elsewhere; a virtual base is found through the object at run time.
        if (has_flag(child, DW_AT_external) || has_flag(child, DW_AT_declaration)) return true;
        if (tag == DW_TAG_inheritance && number_of(child, DW_AT_virtuality).value_or(0) != 0) return true;
        DwarfMember member;
        if (tag == DW_TAG_member) member.name = text_of(child);
        Dwarf_Die target;
        if (type_die(child, &target)) member.type = id_of(&target);
        Dwarf_Attribute attribute;
        std::uint64_t bytes = 0;
        if (::dwarf_attr(child, DW_AT_data_member_location, &attribute) != nullptr) {
            Dwarf_Word value = 0;
            Dwarf_Op* operations = nullptr;
            std::size_t count = 0;
            if (::dwarf_formudata(&attribute, &value) == 0)
                bytes = value;
            else if (::dwarf_getlocation(&attribute, &operations, &count) == 0 && count == 1 &&
                     operations[0].atom == DW_OP_plus_uconst)
                bytes = operations[0].number;
            else
                return true;
        }
        member.bit_offset = bytes * 8;
        member.bit_size = static_cast<std::uint32_t>(number_of(child, DW_AT_bit_size).value_or(0));
        if (const auto bits = number_of(child, DW_AT_data_bit_offset)) {
            member.bit_offset = *bits;
        } else if (const auto from_top = number_of(child, DW_AT_bit_offset); from_top && member.bit_size != 0) {
            // Before DWARF 4: counted from the most significant bit of the storage.
            std::uint64_t storage = number_of(child, DW_AT_byte_size).value_or(0);
            Dwarf_Word size = 0;
            if (storage == 0 && ::dwarf_aggregate_size(&target, &size) == 0) storage = size;
            member.bit_offset += storage * 8 - *from_top - member.bit_size;
        }
        members.push_back(std::move(member));
        return true;
    });
}

std::vector<DwarfMember> DebugInfo::members(DwarfId id) const {
    std::vector<DwarfMember> members;
    Dwarf_Die die;
    if (state_->die_of(resolve(id), &die)) state_->add_members(&die, members);
    return members;
}

std::vector<DwarfConstant> DebugInfo::constants(DwarfId id) const {
    std::vector<DwarfConstant> constants;
    Dwarf_Die die;
    if (!state_->die_of(id, &die)) return constants;
    for_each_child(&die, [&](Dwarf_Die* child) {
        Dwarf_Attribute attribute;
        Dwarf_Sword value = 0;
        if (::dwarf_tag(child) == DW_TAG_enumerator && ::dwarf_attr(child, DW_AT_const_value, &attribute) != nullptr &&
            ::dwarf_formsdata(&attribute, &value) == 0)
            constants.push_back({text_of(child), static_cast<std::uint64_t>(value)});
        return true;
    });
    return constants;
}

std::string DebugInfo::spelling(DwarfId id) const {
    return state_->spell(id, 0);
}

std::string DebugInfo::State::spell(DwarfId id, unsigned depth) {
    Dwarf_Die die;
    if (id == 0 || depth > kDeepest || !die_of(id, &die)) return "void";
    Dwarf_Die target, unit;
    (void)signed_type(&die, &die);
    const auto inner = [&] { return type_die(&die, &target) ? spell(id_of(&target), depth + 1) : "void"; };
    const auto tagged = [&](std::string_view keyword) {
        const std::string name = qualified_name(&die);
        const bool needs_keyword = ::dwarf_diecu(&die, &unit, nullptr, nullptr) == nullptr || is_c(&unit);
        if (name.empty()) return std::string(keyword) + " (anonymous)";
        return needs_keyword ? std::string(keyword) + " " + name : name;
    };
    switch (::dwarf_tag(&die)) {
        case DW_TAG_pointer_type: {
            if (type_die(&die, &target) && ::dwarf_tag(&target) == DW_TAG_subroutine_type) {
                const std::string prototype = spell(id_of(&target), depth + 1);
                const std::size_t open = prototype.find('(');
                return prototype.substr(0, open) + "(*)" + prototype.substr(std::min(open, prototype.size()));
            }
            return inner() + "*";
        }
        case DW_TAG_reference_type: return inner() + "&";
        case DW_TAG_rvalue_reference_type: return inner() + "&&";
        case DW_TAG_const_type:
        case DW_TAG_volatile_type: {
            const std::string word = ::dwarf_tag(&die) == DW_TAG_const_type ? "const" : "volatile";
            const std::string text = inner();
            return text.ends_with('*') || text.ends_with('&') ? text + " " + word : word + " " + text;
        }
        case DW_TAG_restrict_type:
        case DW_TAG_atomic_type: return inner();
        case DW_TAG_array_type: {
            std::string text = inner();
            for_each_child(&die, [&](Dwarf_Die* child) {
                if (::dwarf_tag(child) == DW_TAG_subrange_type) {
                    const std::uint64_t count = array_count(child);
                    text += count == 0 ? "[]" : "[" + std::to_string(count) + "]";
                }
                return true;
            });
            return text;
        }
        case DW_TAG_subroutine_type: {
            std::string text = inner() + " (";
            bool is_first = true;
            for_each_child(&die, [&](Dwarf_Die* child) {
                const int tag = ::dwarf_tag(child);
                if (tag != DW_TAG_formal_parameter && tag != DW_TAG_unspecified_parameters) return true;
                if (!std::exchange(is_first, false)) text += ", ";
                if (tag == DW_TAG_unspecified_parameters)
                    text += "...";
                else
                    text += type_die(child, &target) ? spell(id_of(&target), depth + 1) : "void";
                return true;
            });
            return text + ")";
        }
        case DW_TAG_structure_type:
        case DW_TAG_class_type: return tagged("struct");
        case DW_TAG_union_type: return tagged("union");
        case DW_TAG_enumeration_type: return tagged("enum");
        case DW_TAG_typedef: return qualified_name(&die);
        default: {
            const std::string name = text_of(&die);
            return name.empty() ? "void" : name;
        }
    }
}

// ---- source lines ---------------------------------------------------------------------------------------------------

template <typename Visit>
void DebugInfo::State::for_each_row(Unit& unit, std::string_view source, const Visit& visit) {
    Dwarf_Files* files = nullptr;
    std::size_t file_count = 0, line_count = 0;
    if (::dwarf_getsrcfiles(&unit.die, &files, &file_count) != 0) return;
    bool is_in_unit = false;
    for (std::size_t i = 0; i < file_count && !is_in_unit; i++)
        if (const char* name = ::dwarf_filesrc(files, i, nullptr, nullptr)) is_in_unit = is_file(name, source);
    Dwarf_Lines* lines = nullptr;
    if (!is_in_unit || ::dwarf_getsrclines(&unit.die, &lines, &line_count) != 0) return;
    for (std::size_t i = 0; i < line_count; i++) {
        Dwarf_Line* row = ::dwarf_onesrcline(lines, i);
        int number = 0, column = 0;
        bool is_statement = false, is_end = false;
        Dwarf_Addr address = 0;
        if (::dwarf_lineno(row, &number) != 0 || number <= 0) continue;
        if (::dwarf_linebeginstatement(row, &is_statement) != 0 || !is_statement) continue;
        if (::dwarf_lineendsequence(row, &is_end) != 0 || is_end || ::dwarf_lineaddr(row, &address) != 0) continue;
        if (::dwarf_linecol(row, &column) != 0 || column < 0) column = 0;
        const char* name = ::dwarf_linesrc(row, nullptr, nullptr);
        if (name != nullptr && is_file(name, source))
            visit(static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(column), address);
    }
}

std::vector<std::uint64_t> DebugInfo::addresses(std::string_view file, std::uint32_t line, std::uint32_t column) const {
    std::vector<std::uint64_t> result;
    state_->all_units();
    for (State::Unit& unit : state_->units) {
        std::vector<std::uint64_t> found;
        state_->for_each_row(unit, file, [&](std::uint32_t number, std::uint32_t at, std::uint64_t address) {
            if (number == line && (column == 0 || at == column)) found.push_back(address);
        });
        if (found.empty()) continue;
        std::sort(found.begin(), found.end());
        std::vector<State::Range> functions;
        state_->add_functions(&unit.die, functions);
        for (const State::Range& function : functions) {
            const auto first = std::lower_bound(found.begin(), found.end(), function.begin);
            if (first != found.end() && *first < function.end) result.push_back(*first);
        }
    }
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
}

std::optional<DebugInfo::NearLines> DebugInfo::near(std::string_view file, std::uint32_t line) const {
    std::optional<NearLines> result;
    state_->all_units();
    for (State::Unit& unit : state_->units) {
        state_->for_each_row(unit, file, [&](std::uint32_t number, std::uint32_t, std::uint64_t) {
            if (!result) result.emplace();
            if (number <= line) result->before = std::max(result->before, number);
            if (number > line && (result->behind == 0 || number < result->behind)) result->behind = number;
        });
    }
    return result;
}

std::optional<DwarfLine> DebugInfo::line(std::uint64_t address) const {
    State::Unit* unit = state_->unit_at(address);
    Dwarf_Line* row = unit == nullptr ? nullptr : ::dwarf_getsrc_die(&unit->die, address);
    int number = 0, column = 0;
    if (row == nullptr || ::dwarf_lineno(row, &number) != 0 || number <= 0) return std::nullopt;
    const char* name = ::dwarf_linesrc(row, nullptr, nullptr);
    if (::dwarf_linecol(row, &column) != 0 || column < 0) column = 0;
    return DwarfLine{name == nullptr ? "" : name, static_cast<std::uint32_t>(number),
                     static_cast<std::uint32_t>(column)};
}

std::optional<DwarfLine> DebugInfo::inlined(std::string_view function) const {
    std::optional<DwarfLine> result;
    const auto look = [&](const auto& self, Dwarf_Die* scope, unsigned depth) -> void {
        if (depth > kDeepest) return;
        for_each_child(scope, [&](Dwarf_Die* child) {
            const int tag = ::dwarf_tag(child);
            Dwarf_Addr entry = 0;
            if (tag == DW_TAG_inlined_subroutine && function == text_of(child) && ::dwarf_entrypc(child, &entry) == 0)
                result = line(entry);
            if (!result && (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram ||
                            tag == DW_TAG_lexical_block || is_scope(tag)))
                self(self, child, depth + 1);
            return !result;
        });
    };
    state_->all_units();
    for (State::Unit& unit : state_->units)
        if (!result) look(look, &unit.die, 0);
    return result;
}

std::vector<SourceFrame> DebugInfo::frames(std::uint64_t address) const {
    const auto innermost = line(address);
    State::Unit* unit = state_->unit_at(address);
    if (!innermost || unit == nullptr) return {};
    // From the outside inwards: each inlined body's own position, and where it stands in the one around it.
    std::vector<Dwarf_Die> inlined;
    Dwarf_Die at = unit->die;
    for (unsigned depth = 0; depth < kDeepest; depth++) {
        bool is_deeper = false;
        Dwarf_Die next;
        for_each_child(&at, [&](Dwarf_Die* child) {
            const int tag = ::dwarf_tag(child);
            const bool has_code =
                tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine;
            // Functions of namespaces and classes stand inside these, which have no code of their own.
            is_deeper = has_code ? ::dwarf_haspc(child, address) == 1 : is_scope(tag) && holds(child, address, depth);
            if (is_deeper) next = *child;
            return !is_deeper;
        });
        if (!is_deeper) break;
        if (::dwarf_tag(&next) == DW_TAG_inlined_subroutine) inlined.push_back(next);
        at = next;
    }
    std::vector<SourceFrame> result;
    Dwarf_Files* files = nullptr;
    std::size_t file_count = 0;
    (void)::dwarf_getsrcfiles(&unit->die, &files, &file_count);
    SourceFrame frame{.function = {}, .file = innermost->file, .line = innermost->line};
    for (std::size_t i = inlined.size(); i-- > 0;) {
        frame.function = text_of(&inlined[i]);
        result.push_back(frame);
        const auto file = number_of(&inlined[i], DW_AT_call_file);
        const char* name = file && *file < file_count ? ::dwarf_filesrc(files, *file, nullptr, nullptr) : nullptr;
        frame.file = name == nullptr ? "" : name;
        frame.line = static_cast<std::uint32_t>(number_of(&inlined[i], DW_AT_call_line).value_or(0));
    }
    frame.function.clear();
    result.push_back(std::move(frame));
    return result;
}

}  // namespace kernel
