// ast::TreeBuilder: makes the nodes of one script. It is what grammar actions may call, and the only place that knows
// how ranges are put together, what a block's value is, and how deep a script may nest. Takes places and words from
// grammar/, gives a finished Script; knows neither tokens nor how text is read.
//
// Ranges are what messages point at: a binary operation reaches from its left operand to its right one without
// parentheses around them, a cast is its "(type)".
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "src/ast/arena.h"
#include "src/ast/ast.h"
#include "src/source/diagnostics.h"

namespace ast {

/// Nodes on the way from a body to its deepest expression. Passes over the tree recurse and take up to some KiB of
/// stack a level in sanitizer builds; 500 levels are far below 8 MiB and far above anything a person writes.
inline constexpr std::uint32_t kMaxDepth = 500;

/// Argument of sizeof, typeof, typeinfo: one of both.
struct TypeOrExpr {
    const TypeSpec* type = nullptr;
    const Expr* expr = nullptr;
};

/// What stands behind the colon of a for: a map, or two ends.
struct LoopSource {
    const Map* map = nullptr;
    const Expr* first = nullptr;
    const Expr* last = nullptr;
};

class TreeBuilder {
  public:
    TreeBuilder(program::FileId file, Arena& arena, source::Diagnostics& diagnostics);

    /// False once something was refused; the reader of tokens then stops.
    [[nodiscard]] bool is_sound() const { return is_sound_; }
    /// "nesting is deeper than ..."; once.
    void refuse_depth(Range at);

    // expressions
    const Expr* integer(Range range, std::uint64_t value, Text spelling, bool is_duration);
    const Expr* string(Range range, Text value);
    const Expr* boolean(Range range, bool value);
    const Expr* character(Range range, std::int8_t value);
    const Variable* variable(Range range, Text name);
    const Map* map(Range range, Text name);
    const Expr* positional(Range range, std::uint64_t number);
    const Expr* parameter_count(Range range);
    const Expr* identifier(Range range, Text name);
    const Expr* call(Range range, Range name_range, Text name, std::vector<const Expr*> arguments, bool has_bang);
    const Expr* field(const Expr* base, Range name_range, Text name, bool is_arrow);
    const Expr* tuple_index(const Expr* base, Range index_range, std::uint64_t index);
    /// base[...]: on a map without a key it is the key.
    const Expr* index(const Expr* base, std::vector<const Expr*> indices, Range closing);
    const Expr* unary(UnaryOp op, Range op_range, const Expr* operand);
    const Expr* binary(BinaryOp op, Range op_range, const Expr* left, const Expr* right);
    /// Null if the target is neither variable nor map (reported).
    const Expr* increment(const Expr* target, Range op_range, bool is_decrement, bool is_prefix);
    const Expr* ternary(const Expr* condition, const Expr* then, const Expr* otherwise);
    const Expr* cast(Range parentheses, const TypeSpec* type, const Expr* operand);
    const Expr* tuple(Range range, std::vector<const Expr*> elements);
    /// A name given twice is reported.
    const Expr* record(Range range, std::vector<Record::Member> members);
    const Expr* size_of(Range range, TypeOrExpr of);
    const Expr* offset_of(Range range, TypeOrExpr of, std::vector<Text> path);
    const Expr* type_info(Range range, TypeOrExpr of);
    const Expr* comptime(Range range, const Expr* operand);
    const Expr* if_else(Range range, const Expr* condition, const Block* then, const Block* otherwise);
    const Expr* block_expr(const Block* block);
    const Expr* address_of(Range range, const Expr* target);
    const Expr* type_argument(Range range, TypeOrExpr of);

    // types
    const TypeSpec* type(Range range, TypeSpec::Kind kind, Text name, std::vector<TypeSpec::Modifier> modifiers);
    const TypeSpec* type_of(Range range, TypeOrExpr of, std::vector<TypeSpec::Modifier> modifiers);

    // statements
    const Stmt* let(Range range, const Variable* variable, const TypeSpec* type, const Expr* value);
    /// Whether '=' may stand behind it at all; what may not be changed is found by assign.
    [[nodiscard]] bool can_be_target(const Expr* target) const;
    const Stmt* assign(Range range, const Expr* target, const Expr* value);
    const Stmt* compound_assign(Range range, BinaryOp op, const Expr* target, const Expr* value);
    const Stmt* discard(Range range, const Expr* value);
    const Stmt* while_loop(Range range, const Expr* condition, const Block* body);
    const Stmt* unroll(Range range, const Expr* count, const Block* body);
    const Stmt* for_loop(Range range, const Variable* variable, LoopSource source, const Block* body);
    const Stmt* break_(Range range);
    const Stmt* continue_(Range range);
    const Stmt* return_(Range range, const Expr* value);
    const Stmt* import(Range range, Text path);
    const Stmt* expression(const Expr* expr);
    const Stmt* block_stmt(const Block* block);
    /// The statement ended with this ';'.
    const Stmt* end(const Stmt* stmt, Range semicolon);
    /// tail: the last statement, if no ';' followed it.
    const Block* block(Range range, std::vector<const Stmt*> statements, const Stmt* tail);
    /// `else if`: the inner if as a block.
    const Block* else_if(const Expr* inner);

    // top level
    void shebang(Range range);
    void comment(Range range);
    void c_definition(Range range, Text text);
    void config_entry(Range name_range, Text name, Range value_range, Text value, ConfigEntry::Kind kind);
    void config(Range range);
    void root_import(Range range, Text path);
    void map_declaration(Range range, Text name, Range type_range, Text type, std::uint64_t max_entries);
    void macro(Range range, Range name_range, Text name, std::vector<MacroParameter> parameters, const Block* body);
    void function(Range range, Range name_range, Text name, std::vector<FunctionParameter> parameters,
                  const TypeSpec* result, const Block* body);
    void probe(Range range, std::vector<AttachPoint> attach_points, const Expr* predicate, const Block* body);
    /// ';' behind an item; a map declaration takes it in.
    void root_semicolon(Range range);

    const Script* finish();

  private:
    template <typename Node>
    Node* make_expr(ExprKind kind, Range range, std::uint32_t depth);
    template <typename Node>
    Node* make_stmt(StmtKind kind, Range range, std::uint32_t depth);
    [[nodiscard]] std::uint32_t depth(const Expr* expr) const;
    [[nodiscard]] std::uint32_t depth(const void* other) const;
    [[nodiscard]] std::uint32_t depth(TypeOrExpr of) const;
    [[nodiscard]] std::uint32_t depth(const std::vector<const Expr*>& exprs) const;
    void refuse(source::DiagnosticKind kind, Range at, std::string message, std::string hint = {});
    [[nodiscard]] const Expr* value_of(const Stmt* stmt);

    Arena& arena_;
    source::Diagnostics& diagnostics_;
    Script* script_;
    std::vector<std::uint32_t> expr_depths_;                       ///< by expression id
    std::unordered_map<const void*, std::uint32_t> other_depths_;  ///< statements, blocks, types
    std::optional<Range> last_map_declaration_;
    bool is_sound_ = true;
};

}  // namespace ast
