// The typed tree: what codegen reads. About twenty kinds, names resolved to ids, casts explicit, sugar gone (macros,
// imports, positional parameters, sizeof, comptime, enum constants and #defines are folded; += is spelled out; -> and .
// are gone; predicates stand apart). Made by check/build_typed, the last place that can report an error; codegen has no
// user errors.
//
// One typed::Probe per concrete attach point.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/program/argument.h"
#include "runtime/program/program.h"
#include "src/source/source_file.h"
#include "src/typed/builtin.h"
#include "src/types/type.h"

namespace typed {

// A record or an enumerator is one line, with what it means beside it.
// clang-format off

using source::Range;
using types::Type;
using VariableId = base::Id<struct VariableTag>;  ///< Probe::variables (or SubProgram::variables)
using MapIndex = base::Id<struct TypedMapTag>;    ///< Script::maps
using SubProgramId = base::Id<struct SubProgramTag>;  ///< Script::functions

struct Expr;
struct Stmt;

struct Block {
    std::vector<const Stmt*> statements;
};

// ---- expressions ---------------------------------------------------------------------------------------------------

enum class ExprKind : std::uint8_t {
    integer,        ///< literal of any scalar type
    string,         ///< literal text of type string
    variable,
    map_value,      ///< @m[key]; absent = zero. An aggregation map: merged over CPUs, type says as what
    call,           ///< builtin
    argument,       ///< one argument of the attach point (args.x, arg0, retval): where it lives says program::Argument
    arguments,      ///< `args` as a whole: type structure with is_event_arguments
    member,         ///< of a value in memory: tuple, record, struct held by value
    load,           ///< through a pointer: *(T *)(address + offset), bit-fields included
    element,        ///< base[index] of array or string held by value; out of bounds = 0 and a run-time warning
    unary,          ///< bit_not, negate on i64; logical_not
    binary,         ///< arithmetic on two 64-bit operands of one signedness
    compare,        ///< two operands of like type -> boolean
    logical,        ///< && ||, short circuit -> boolean
    choose,         ///< condition ? then : otherwise; also if as an expression
    cast,
    tuple,          ///< tuple or record literal: elements in member order, evaluated in `order`
    block,          ///< statements, then value (value may be null: type none)
    increment,      ///< ++ -- on a variable or map
    address_of,     ///< &$x, &@m
    function_call,  ///< fn of the script
};

struct Expr {
    ExprKind kind;
    const Type* type = nullptr;
    Range range;
};

struct Integer : Expr { std::uint64_t value = 0; };  ///< sign-extended to 64 bits if the type is signed
struct String : Expr { std::string value; };         ///< without NUL; type string[capacity >= size + 1], or smaller: cut
struct Variable : Expr { VariableId variable; };
struct MapValue : Expr { MapIndex map; const Expr* key = nullptr; };  ///< key: of the map's key type; null for scalars
struct Call : Expr {
    const Builtin* row = nullptr;
    std::vector<const Expr*> arguments;      ///< without map and key arguments; bare-word arguments stand in `words`
    std::vector<std::string> words;          ///< boot, monotonic, perf, ... in order
    MapIndex map;                            ///< print(@m), delete(@m, k), aggregations: unset if none
    const Expr* key = nullptr;
    std::vector<program::FormatOp> format;   ///< printf and its like: layout and offset still unset
    std::string text;                        ///< literal the row's check left for lowering
    std::uint64_t number = 0;                ///< the same
    program::ProbeKind probe_kind{};
};
struct Argument : Expr { const program::Argument* argument = nullptr; };
struct Arguments : Expr {};
struct MemberOf : Expr { const Expr* base = nullptr; types::Member member; };
struct Load : Expr {
    const Expr* address = nullptr;           ///< pointer value
    std::uint64_t offset = 0;
    types::AddressSpace space = types::AddressSpace::none;  ///< none: decide at run time by the address
    bool is_trusted = false;                 ///< direct load: the verifier follows the pointer
    bool is_in_union = false;                ///< a member that was found through a union
    std::uint16_t bit_offset = 0, bit_size = 0;
};
struct Element : Expr { const Expr* base = nullptr; const Expr* index = nullptr; };
enum class UnaryOp : std::uint8_t { bit_not, negate, logical_not };
struct Unary : Expr { UnaryOp op{}; const Expr* operand = nullptr; };
enum class BinaryOp : std::uint8_t { add, subtract, multiply, divide, modulo, bit_and, bit_or, bit_xor, shift_left, shift_right };
struct Binary : Expr { BinaryOp op{}; const Expr* left = nullptr; const Expr* right = nullptr; bool is_signed_operation = false; };
enum class CompareOp : std::uint8_t { equal, not_equal, less, less_equal, greater, greater_equal };
struct Compare : Expr { CompareOp op{}; const Expr* left = nullptr; const Expr* right = nullptr; bool is_signed_operation = false; };
struct Logical : Expr { bool is_and = false; const Expr* left = nullptr; const Expr* right = nullptr; };
struct Choose : Expr { const Expr* condition = nullptr; const Expr* then = nullptr; const Expr* otherwise = nullptr; };
/// integer/bool/enum/pointer among themselves; string, buffer, tuple, record to a wider one of the same shape; array <-> integer;
/// string -> array of int8; integer -> username, timestamp.
struct Cast : Expr { const Expr* operand = nullptr; };
struct Tuple : Expr {
    std::vector<const Expr*> elements;   ///< by member of `type`
    std::vector<std::uint32_t> order;    ///< evaluation order: indices into elements
};
struct BlockExpr : Expr { Block block; const Expr* value = nullptr; };
struct Increment : Expr { bool is_decrement = false, is_prefix = false; const Expr* target = nullptr; };  ///< Variable or MapValue
struct AddressOf : Expr { const Expr* target = nullptr; };
struct FunctionCall : Expr { SubProgramId function; std::vector<const Expr*> arguments; };

// ---- statements ----------------------------------------------------------------------------------------------------

enum class StmtKind : std::uint8_t { expression, clear_variable, assign_variable, assign_map, aggregate, if_, while_, unroll, for_range, for_map, break_, continue_, return_, block };

struct Stmt {
    StmtKind kind;
    Range range;
};

struct ExprStmt : Stmt { const Expr* expr = nullptr; };
struct ClearVariable : Stmt { VariableId variable; };                                      ///< `let $x;` where it may have an older value
struct AssignVariable : Stmt { VariableId variable; const Expr* value = nullptr; };      ///< value: of the variable's type
struct AssignMap : Stmt { MapIndex map; const Expr* key = nullptr; const Expr* value = nullptr; };  ///< value: of the map's value type
struct Aggregate : Stmt { const Call* call = nullptr; };                                  ///< call->map, call->key
struct If : Stmt { const Expr* condition = nullptr; Block then, otherwise; };
struct While : Stmt { const Expr* condition = nullptr; Block body; };
struct Unroll : Stmt { std::uint64_t count = 0; Block body; };
struct ForRange : Stmt { VariableId variable; const Expr* first = nullptr; const Expr* last = nullptr; Block body; };
struct ForMap : Stmt { VariableId variable; MapIndex map; Block body; };                  ///< variable: tuple (key, value)
struct Break : Stmt {};
struct Continue : Stmt {};
struct Return : Stmt { const Expr* value = nullptr; };
struct BlockStmt : Stmt { Block block; };

// ---- the whole ------------------------------------------------------------------------------------------------------

struct VariableSlot {
    std::string name;
    const Type* type = nullptr;
    bool is_captured = false;  ///< used inside a loop body and declared outside it
};

struct Map {
    std::string name;                  ///< with its @
    const Type* key = nullptr;         ///< null: scalar
    const Type* value = nullptr;       ///< plain, or an aggregation type
    program::Aggregation aggregation;  ///< kind none for plain maps; bucket_count filled
    std::optional<program::MapKind> declared_kind;
    std::optional<std::uint64_t> max_entries;  ///< declared
    Range declared;
};

struct Probe {
    std::string name;                  ///< full name
    program::ProbeKind kind{};
    program::Place place;
    Range attach_point;
    std::optional<program::MissingProbes> if_missing;
    program::ArgumentList arguments;   ///< of this attach point; Expr's point into it
    const Expr* predicate = nullptr;   ///< boolean or scalar
    std::optional<std::uint32_t> pid_filter;  ///< -p: implicit predicate
    Block body;
    std::vector<VariableSlot> variables;
    std::size_t group = 0;             ///< probes of one clause of the script have the same number
    std::optional<std::size_t> shared_body;  ///< probes with the same number have the same code: it cannot tell where it runs
    bool is_told_name = false;  ///< `probe` is not folded: the program finds out at run time which of them it is
};

struct SubProgram {
    std::string name;
    std::vector<VariableId> parameters;
    const Type* result = nullptr;
    Block body;
    std::vector<VariableSlot> variables;
};

struct Script {
    std::vector<std::unique_ptr<Probe>> probes;  ///< in source order (imports first), stable addresses
    std::vector<SubProgram> functions;
    std::vector<Map> maps;
    program::Config config;
    std::vector<std::shared_ptr<void>> owned;    ///< nodes
    /// Makes a node that lives as long as the script.
    template <typename Node>
    Node* make() {
        auto node = std::make_shared<Node>();
        Node* raw = node.get();
        owned.push_back(std::move(node));
        return raw;
    }
};

template <typename Node, typename From>
[[nodiscard]] const Node& as(const From& node) {
    return static_cast<const Node&>(node);
}

// clang-format on

}  // namespace typed
