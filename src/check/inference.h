// check::Inference: finds the type of every expression. Rounds over all bodies until no variable, map key or map value
// changes its type any more; then one round more with `is_reporting`, in which everything that depends on types is
// checked by the same code that found them. Private to src/check; its methods are spread over infer_types.cpp (rounds,
// statements), infer_expressions.cpp, check_calls.cpp and type_names.cpp.
#pragma once

#include <map>
#include <tuple>

#include "src/check/analysis.h"
#include "src/check/call_site.h"
#include "src/check/type_rules.h"

namespace check {

class Inference {
  public:
    explicit Inference(Analysis& analysis) : analysis_(analysis), types_(analysis.types) {}

    void run();

  private:
    friend class Site;
    using Added = source::Diagnostics::Added;

    /// Of the events that one probe's wildcard stands for, only the first is complained about at each place.
    Added error(DiagnosticKind kind, Range range, std::string message) {
        if (!is_reporting_) return Added(nullptr);
        if (body_ != nullptr && body_->probe != nullptr) {
            const auto [said, is_first] = said_.try_emplace({kind, range.file, range.begin, range.end}, body_);
            if (!is_first && said->second != body_ && said->second->probe == body_->probe) return Added(nullptr);
        }
        return analysis_.diagnostics.add(kind, range, std::move(message));
    }
    Added warning(DiagnosticKind kind, Range range, std::string message) {
        return error(kind, range, std::move(message));
    }
    ExprInfo& info(const ast::Expr& expr) { return analysis_.info(expr); }
    static bool is_error(const Type* type) { return type != nullptr && type->kind == Kind::error; }
    /// Plain type of a value that is stored or shown.
    const Type* settled(const Type* type) { return type == nullptr ? nullptr : types_.settled(type); }

    // ---- infer_types.cpp: rounds and statements
    void round();
    void settle_rest();
    bool end_round();
    void contribute(Slot& slot, const Type* type);
    void infer_body(Body& body);
    void block(const ast::Block& block);
    const Type* block_value(const ast::Block& block);
    const Type* function_result(FunctionBody& function);
    void return_value(const ast::Return& node);
    void statement(const ast::Stmt& stmt);
    void assign(const ast::Expr& target, const ast::Expr& value, Range range);
    void assign_type(const ast::Expr& target, const Type* type, const Literal* literal, Range range);
    void assign_variable(VariableInfo& variable, const Type* type, const Literal* literal, Range range);
    /// Only with -v.
    void warn_of_cast(const Type* from, const Type* to, Range range);
    /// Both are 64 bits wide, there is nothing wider: some values change their sign.
    void warn_of_sign(const Type* from, const Type* to, Range range);
    void assign_map(const ast::Map& map, const Type* type, Range range);
    void condition(const ast::Expr& expr, Range range);
    const Type* declared_type(VariableInfo& variable);
    const Type* variable_type(VariableInfo& variable);
    bool can_iterate(const ast::ForMap& node, const MapInfo& map);
    void finish_maps();

    // ---- infer_expressions.cpp
    const Type* infer(const ast::Expr& expr);
    const Type* compute(const ast::Expr& expr);
    const Type* map_key(const ast::Map& map, Range range);
    const Type* keys_type(const std::vector<const ast::Expr*>& keys);
    const Type* use_key(MapInfo& map, const Type* key, Range range);
    const Type* map_read(const ast::Map& map, bool is_whole_right_side);
    const Type* read_value(const MapInfo& map);
    const Type* identifier(const ast::Identifier& node);
    const Type* field(const ast::Field& node);
    const Type* member_type(const types::Member& member, const Type* base_pointer);
    [[nodiscard]] bool is_one_of_several() const;
    const Type* refuse_in_function(std::string_view name, Range range);
    const Type* no_member(const ast::Field& node, const Type* base);
    const Type* element_of_tuple(const ast::Expr& node, const Type* base, std::uint64_t index);
    const Type* index(const ast::Index& node);
    const Type* unary(const ast::Unary& node);
    void expect_text_of_number(const ast::Expr& expr, const Type* other);
    bool keeps_type(ast::BinaryOp op, const Literal& left, const Literal& right, Literal& result);
    const Type* binary(const ast::Binary& node);
    const Type* binary_result(ast::BinaryOp op, const ast::Expr& left, const ast::Expr& right, const Type* a,
                              const Type* b, Range range);
    void mismatch(ast::BinaryOp op, const ast::Expr& left, const ast::Expr& right, const Type* a, const Type* b,
                  Range range);
    const Type* increment(const ast::Increment& node);
    const Type* ternary(const ast::Ternary& node);
    const Type* if_value(const ast::IfExpr& node, bool is_statement);
    const Type* branches(const Type* a, const Type* b, Range range);
    const Type* cast(const ast::Cast& node);
    const Type* size_of(const ast::SizeOf& node);
    const Type* offset_of(const ast::OffsetOf& node);
    const Type* described(const ast::Expr& expr);
    bool is_known(const ast::Expr& expr);
    const Type* known_now(const ast::Comptime& node);
    const Type* type_info(const ast::TypeInfo& node);
    const Type* type_info_member(const ast::Field& node);
    const Type* address_of(const ast::AddressOf& node);
    const Type* literal(const ast::Expr& expr, Literal value);

    // ---- infer_arguments.cpp
    bool is_args(const ast::Expr& expr);
    void ask_arguments();
    const Type* argument_type(const program::Argument& argument);
    bool has_fewer_arguments(std::string_view name);
    const Type* whole_arguments();
    const Type* argument_field(const ast::Field& node);
    const program::Argument* find_argument(std::string_view name);
    [[nodiscard]] static bool is_address_of_text(const program::Argument& argument);
    [[nodiscard]] bool is_address_of_text(const ast::Expr& expr);
    bool refuse_in_loop(std::string_view name, Range range);

    // ---- check_calls.cpp
    const Type* call(const ast::Call& node);
    const Type* call_function(const ast::Call& node, FunctionBody& function);
    const Type* call_row(const ast::Expr& node, std::string_view name, Range range, const typed::Builtin& row,
                         std::span<const ast::Expr* const> arguments);
    const Type* result_type(const typed::Builtin& row, const Signature& signature,
                            std::span<const CallArgument> arguments);
    void check_where(const typed::Builtin& row, std::string_view name, Range range);
    bool is_resolvable(std::string_view name);

    // ---- type_names.cpp
    /// nullptr: not known yet (typeof of something without a type); error(): reported.
    const Type* resolve(const ast::TypeSpec& spec, Range cast_range);
    const Type* resolve_name(const ast::TypeSpec& spec, Range cast_range);

    Analysis& analysis_;
    types::Table& types_;
    Body* body_ = nullptr;
    bool is_reporting_ = false;
    /// What has been reported where, and for which body first.
    std::map<std::tuple<DiagnosticKind, program::FileId, std::uint32_t, std::uint32_t>, const Body*> said_;
    bool is_guessing_ = false;  ///< what is unknown counts as a number: breaks circles like @x = @x + 1
    bool is_growing_ = false;   ///< rounds only widen any more: ends what would go to and fro
    bool has_unknown_ = false;
    unsigned loops_ = 0;  ///< for loops around: bodies that become callbacks
    unsigned all_loops_ = 0;
    const ast::Expr* aggregation_ = nullptr;  ///< the call that may be an aggregation
    std::unordered_map<std::uint32_t, const Type*> argument_types_;
};

}  // namespace check
