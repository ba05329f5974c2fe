// types::Type: what the compiler knows of a value. Interned in a types::Table and compared by pointer; never changed
// after it is made, except that a structure's members are completed on first use. Made by check and cdef, read by
// codegen; turned into program::Layout by types/layout (the only bridge). Knows nothing of trees, LLVM or the kernel's
// files.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/program/layout.h"
#include "runtime/program/program.h"

namespace types {

enum class Kind : std::uint8_t {
    error,      ///< of an expression that was already reported; silent afterwards
    none,       ///< not known yet (inference), or a call without a value
    void_,      ///< C's void, as a pointee
    integer,    ///< size 1 2 4 8, is_signed
    boolean,    ///< size 1
    string,     ///< capacity = bytes, NUL included where there is one: "abc" is string[4]
    buffer,     ///< capacity = content bytes; size = capacity + 4
    pointer,    ///< element = pointee, space
    array,      ///< element, count
    tuple,      ///< fields without names, C struct layout
    record,     ///< fields with names, C struct layout
    structure,  ///< struct or union of the script, of BTF, or an event's arguments
    enumeration,
    ksym,
    usym,
    inet,
    mac,
    timestamp,
    timestamp_mode,
    cgroup_path,
    username,
    kstack,
    ustack,  ///< stack_mode, stack_limit
    count,
    sum,
    min,
    max,
    avg,
    stats,
    hist,
    lhist,
    tseries,  ///< a map's value made by an aggregation; is_signed
};

enum class AddressSpace : std::uint8_t { none, kernel, user };

struct Type;

struct Member {
    std::string name;  ///< empty: tuple element, or an anonymous struct/union whose members are looked up through it
    const Type* type = nullptr;
    std::uint32_t offset = 0;
    std::uint16_t bit_offset = 0, bit_size = 0;  ///< bit_size > 0: bit-field in the storage at offset
    bool is_user_pointer = false;
    bool is_in_union = false;  ///< found through a union: the kernel's verifier may take it for another member
    /// Event arguments only: index into the event's program::ArgumentList, else -1.
    std::int32_t argument = -1;
    program::ValueNames names;  ///< from print fmt
};

/// Puts a member of a C structure at its bits, counted from the structure's begin; bit_size 0: it is no bit-field. A
/// bit-field is read as the compiler does it, in the unit of its declared type; what no 64-bit number holds is a plain
/// member.
void place_member(Member& member, std::uint64_t bit_offset, std::uint64_t bit_size);

/// A struct or union. Incomplete until members are asked for (Table::complete).
struct Structure {
    std::string name;  ///< "struct sock", "union u"; events: "struct tracepoint:syscalls:sys_enter_openat_args"
    bool is_union = false;
    bool is_complete = false;
    bool is_event_arguments = false;  ///< lives in the context; members say where (argument)
    std::uint32_t size = 0;
    std::uint32_t alignment = 0;  ///< bytes; 0 = the widest member's
    std::vector<Member> members;
    std::uint32_t btf_id = 0;  ///< 0 = not from BTF
    std::function<void(Structure&)>
        complete;  ///< fills members and sets is_complete; called by find_member on first use
};

struct Enumeration {
    std::string name;      ///< "enum lvl"; empty for an anonymous one
    bool is_text = false;  ///< see Type::is_text_number
    std::vector<std::pair<std::string, std::uint64_t>> constants;
};

struct Type {
    Kind kind = Kind::none;
    std::uint32_t size = 0;  ///< bytes; what sizeof() gives
    bool is_signed = false;
    const Type* element = nullptr;
    std::uint64_t count = 0;     ///< array: elements
    std::uint32_t capacity = 0;  ///< string, buffer
    AddressSpace space = AddressSpace::none;
    bool is_trusted = false;      ///< pointer the verifier follows itself (curtask, fentry arguments)
    std::vector<Member> members;  ///< tuple, record
    Structure* structure = nullptr;
    const Enumeration* enumeration = nullptr;
    program::StackMode stack_mode = program::StackMode::bpftrace;
    std::uint32_t stack_limit = 0;
    std::string c_name;  ///< integer that came from C and prints as such ("char", "long"); usually empty

    [[nodiscard]] bool is_integer() const { return kind == Kind::integer; }
    /// Of a literal that adapts to its neighbour (inference only): size is the smallest signed one, capacity the
    /// smallest unsigned one that holds it. Table::settled makes the plain type of it.
    [[nodiscard]] bool is_flexible() const { return kind == Kind::integer && capacity != 0; }
    /// A string[64] that travels as the number it is the text of (strerror, signal_name, syscall_name): what prints or
    /// keeps it never writes the text down, everything else converts it to the string it says it is.
    [[nodiscard]] bool is_text_number() const {
        return kind == Kind::enumeration && enumeration != nullptr && enumeration->is_text;
    }
    [[nodiscard]] bool is_aggregation() const { return kind >= Kind::count; }
    /// Held in a register as one i64: integer, boolean, pointer, enumeration, ksym, username.
    [[nodiscard]] bool is_scalar() const {
        return kind == Kind::integer || kind == Kind::boolean || kind == Kind::pointer || kind == Kind::enumeration ||
               kind == Kind::ksym || kind == Kind::username || kind == Kind::timestamp_mode;
    }
};

/// Capacity of the string that a text number stands for.
inline constexpr std::uint32_t kTextNumberCapacity = 64;

/// Makes and owns types; equal descriptions give the same pointer.
class Table {
  public:
    Table();
    ~Table();
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    [[nodiscard]] const Type* error();
    [[nodiscard]] const Type* none();
    [[nodiscard]] const Type* void_type();
    [[nodiscard]] const Type* boolean();
    [[nodiscard]] const Type* integer(std::uint32_t size, bool is_signed);
    /// Of a non-negative literal: see Type::is_flexible.
    [[nodiscard]] const Type* flexible(std::uint32_t signed_size, std::uint32_t unsigned_size);
    /// The same type without flexible integers in it, also inside tuples, records and arrays.
    [[nodiscard]] const Type* settled(const Type* type);
    [[nodiscard]] const Type* string(std::uint32_t capacity);
    [[nodiscard]] const Type* buffer(std::uint32_t capacity);
    [[nodiscard]] const Type* pointer(const Type* to, AddressSpace space = AddressSpace::none, bool is_trusted = false);
    [[nodiscard]] const Type* array(const Type* element, std::uint64_t count);
    [[nodiscard]] const Type* tuple(std::span<const Type* const> elements);
    [[nodiscard]] const Type* record(std::span<const std::pair<std::string, const Type*>> members);
    /// Takes over the size: call again once it is known.
    [[nodiscard]] const Type* structure(Structure* of);
    [[nodiscard]] const Type* enumeration(const Enumeration* of, std::uint32_t size, bool is_signed = false);
    /// A number printed as one of these texts, also in keys and JSON; made once per name.
    [[nodiscard]] const Type* text_of_numbers(std::string_view name,
                                              std::span<const std::pair<std::string, std::uint64_t>> texts);
    [[nodiscard]] const Type* stack(bool is_user, program::StackMode mode, std::uint32_t limit);
    /// ksym, usym, inet, mac, timestamp, timestamp_mode, cgroup_path, username
    [[nodiscard]] const Type* simple(Kind kind);
    [[nodiscard]] const Type* aggregation(Kind kind, bool is_signed);

    /// New, empty, owned by the table.
    Structure* new_structure();
    Enumeration* new_enumeration();

  private:
    const Type* intern(Type description);
    struct State;
    std::unique_ptr<State> state_;
};

/// As C lays it out inside structures; strings and mac: 1, buffers: 4.
[[nodiscard]] std::uint32_t alignment_of(const Type* type);
/// As messages spell it: "int8", "string[4]", "struct sock *", "(int8,string[2])", "count_t", "kstack_bpftrace_127".
[[nodiscard]] std::string name_of(const Type* type);
/// What typeinfo() calls its kind: "int", "string", "pointer", "c_struct", "count_t".
[[nodiscard]] std::string_view base_name_of(const Type* type);
/// Of a structure of the kernel; else 0.
[[nodiscard]] std::uint32_t btf_id_of(const Type* type);
/// Member by name, through anonymous members; offset is from the outermost. nullopt = no such member.
[[nodiscard]] std::optional<Member> find_member(const Type* type, std::string_view name);

}  // namespace types
