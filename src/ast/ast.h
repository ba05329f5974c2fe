// The AST: a script as it was written. Plain tagged structs, owned by an ast::Arena, immutable after parsing. Made by
// grammar/ through TreeBuilder; read by check (and by print for goldens and --fmt). Knows nothing of types, LLVM or
// the kernel. Every node has its source range; every expression has an id for side tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/source/source_file.h"

namespace ast {

// A record or an enumerator is one line, with what it means beside it.
// clang-format off

using source::Range;

/// Names and texts live in the arena (or are literals).
using Text = std::string_view;

struct Expr;
struct Stmt;
struct Block;

// ---- types as spelled ----------------------------------------------------------------------------------------------

/// "struct sock *", "uint8[4]", "string[64]", "typeof($x)".
struct TypeSpec {
    Range range;
    enum class Kind : std::uint8_t { named, structure, union_, enumeration, type_of } kind = Kind::named;
    Text name;                      ///< without struct/union/enum
    const Expr* of_expr = nullptr;  ///< typeof(expr)
    const TypeSpec* of_type = nullptr;  ///< typeof(type)
    struct Modifier {
        bool is_pointer = false;              ///< else an array or capacity
        std::optional<std::uint64_t> count;   ///< [4]; none for []
    };
    std::vector<Modifier> modifiers;  ///< left to right as written: int32*[4] = array of 4 pointers
};

// ---- expressions ---------------------------------------------------------------------------------------------------

enum class ExprKind : std::uint8_t {
    integer, string, boolean, character, variable, map, positional, parameter_count, identifier, call, field, tuple_index, index,
    unary, binary, increment, ternary, cast, tuple, record, size_of, offset_of, type_info, comptime, if_, block, address_of,
    type_argument,
};

struct Expr {
    ExprKind kind;
    std::uint32_t id;  ///< dense from 0 within one Script
    Range range;
};

enum class UnaryOp : std::uint8_t { logical_not, bit_not, negate, dereference };
enum class BinaryOp : std::uint8_t {
    multiply, divide, modulo, add, subtract, shift_left, shift_right, less, less_equal, greater, greater_equal, equal, not_equal,
    bit_and, bit_xor, bit_or, logical_and, logical_or,
};

struct Integer : Expr { std::uint64_t value; Text spelling; bool is_duration = false; };
struct String : Expr { Text value; };      ///< escapes done; may hold NULs
struct Boolean : Expr { bool value; };
struct Character : Expr { std::int8_t value; };
struct Variable : Expr { Text name; };     ///< with its $
struct Map : Expr { Text name; std::vector<const Expr*> keys; bool has_key = false; };  ///< with its @; keys as written between [ ]
struct Positional : Expr { std::uint64_t number; };  ///< $1 ...
struct ParameterCount : Expr {};           ///< $#
struct Identifier : Expr { Text name; };   ///< builtin, enum constant, #define, macro or its parameter
struct Call : Expr { Text name; Range name_range; std::vector<const Expr*> arguments; bool has_bang = false; };
struct Field : Expr { const Expr* base; Text name; Range name_range; bool is_arrow = false; };
struct TupleIndex : Expr { const Expr* base; std::uint64_t index; };          ///< $t.1
struct Index : Expr { const Expr* base; std::vector<const Expr*> indices; };  ///< base is not a map without key
struct Unary : Expr { UnaryOp op; const Expr* operand; };
struct Binary : Expr { BinaryOp op; const Expr* left; const Expr* right; Range op_range; };
struct Increment : Expr { bool is_decrement; bool is_prefix; const Expr* target; };  ///< Variable or Map
struct Ternary : Expr { const Expr* condition; const Expr* then; const Expr* otherwise; };  ///< then null: a ?: b
struct Cast : Expr { const TypeSpec* type; const Expr* operand; };            ///< range: the "(type)" part
struct Tuple : Expr { std::vector<const Expr*> elements; };
struct Record : Expr { struct Member { Text name; const Expr* value; Range name_range; }; std::vector<Member> members; };
struct SizeOf : Expr { const TypeSpec* type; const Expr* operand; };          ///< one of both
struct OffsetOf : Expr { const TypeSpec* type; const Expr* operand; std::vector<Text> path; };
struct TypeInfo : Expr { const TypeSpec* type; const Expr* operand; };
struct Comptime : Expr { const Expr* operand; };
struct IfExpr : Expr { const Expr* condition; const Block* then; const Block* otherwise; };  ///< otherwise may be null
struct BlockExpr : Expr { const Block* block; };
struct AddressOf : Expr { const Expr* target; };
struct TypeArgument : Expr { const TypeSpec* type; };  ///< typeof(T) as a call's argument

// ---- statements ----------------------------------------------------------------------------------------------------

enum class StmtKind : std::uint8_t {
    let, assign, compound_assign, discard, while_, unroll, for_range, for_map, break_, continue_, return_, import, block, expression,
};

/// Ranges: break, continue, return and expression statements include their ';', the others end before it.
struct Stmt {
    StmtKind kind;
    Range range;
};

/// { statements value }: value = final expression without ';', or null. A final if with else and a final block count as
/// an expression when they have values themselves. In the body of a probe or loop the value is simply thrown away.
/// `else if` makes a block that holds nothing but the inner if and has its range.
struct Block {
    Range range;
    std::vector<const Stmt*> statements;
    const Expr* value = nullptr;
};

struct Let : Stmt { const Variable* variable; const TypeSpec* type; const Expr* value; };  ///< type, value may be null
struct Assign : Stmt { const Expr* target; const Expr* value; };                           ///< Variable or Map
struct CompoundAssign : Stmt { BinaryOp op; const Expr* target; const Expr* value; };
struct Discard : Stmt { const Expr* value; };                                              ///< _ = e;
struct While : Stmt { const Expr* condition; const Block* body; };
struct Unroll : Stmt { const Expr* count; const Block* body; };
struct ForRange : Stmt { const Variable* variable; const Expr* first; const Expr* last; const Block* body; };
struct ForMap : Stmt { const Variable* variable; const Map* map; const Block* body; };
struct Break : Stmt {};
struct Continue : Stmt {};
struct Return : Stmt { const Expr* value; };  ///< may be null
struct ImportStmt : Stmt { Text path; };
struct BlockStmt : Stmt { const Block* block; };
struct ExprStmt : Stmt { const Expr* expr; };  ///< also if as a statement

// ---- top level -----------------------------------------------------------------------------------------------------

/// One attach point as raw text; runtime/probes parses it after positional parameters are substituted.
struct AttachPoint {
    Range range;
    Text text;       ///< as written, quotes kept
    Text name;       ///< "name=" prefix, or empty
};

struct Probe {
    Range range;
    std::vector<AttachPoint> attach_points;
    const Expr* predicate = nullptr;
    const Block* body = nullptr;
};

struct MacroParameter { enum class Kind : std::uint8_t { variable, map, expression } kind; Text name; Range range; };
/// Range: all of it; messages about a definition point at join(range, name_range), "macro name".
struct Macro { Range range; Text name; Range name_range; std::vector<MacroParameter> parameters; const Block* body; };
struct FunctionParameter { const Variable* variable; const TypeSpec* type; };
struct Function { Range range; Text name; Range name_range; std::vector<FunctionParameter> parameters; const TypeSpec* result; const Block* body; };
struct MapDeclaration { Range range; Text name; Text type; Range type_range; std::uint64_t max_entries; };
/// A preprocessor line or a struct/union/enum definition, verbatim; src/cdef parses it.
struct CDefinition { Range range; Text text; };
struct ConfigEntry {
    Range range; Text name; Text value;  ///< value: escapes done, integers as decimal digits
    enum class Kind : std::uint8_t { string, integer, boolean, word } kind;
    Range value_range;
};
struct Import { Range range; Text path; };

struct Comment { Range range; };  ///< for --fmt

struct Script {
    program::FileId file;
    std::optional<Range> shebang;  ///< "#!..." of the first line, without its line end
    std::vector<CDefinition> c_definitions;
    std::optional<Range> config_range;
    std::vector<ConfigEntry> config;
    std::vector<Import> imports;
    std::vector<MapDeclaration> map_declarations;
    std::vector<Macro> macros;
    std::vector<Function> functions;
    std::vector<Probe> probes;
    std::vector<Comment> comments;
    std::uint32_t expr_count = 0;  ///< ids are below this
};

/// Down-cast after looking at kind: as<ast::Call>(expr).
template <typename Node, typename From>
[[nodiscard]] const Node& as(const From& node) {
    return static_cast<const Node&>(node);
}

// clang-format on

}  // namespace ast
