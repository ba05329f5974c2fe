#include "src/ast/tree_builder.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/ast/visit.h"

namespace ast {
namespace {

constexpr std::string_view kOneBracket = "a key of several parts stands in one pair of brackets: `@name[a, b]`";
constexpr std::string_view kNoElement = "elements can not be written; a map keeps values under keys: `@name[key]`";
constexpr std::string_view kImmutable =
    "Tuples and records are immutable once created. Consider creating a new value and assigning it instead.";

/// @m["x"]["y"]: a second bracket behind a map's key.
bool is_map_element(const Expr& target) {
    return as<Index>(target).base->kind == ExprKind::map;
}

}  // namespace

TreeBuilder::TreeBuilder(program::FileId file, Arena& arena, source::Diagnostics& diagnostics)
    : arena_(arena), diagnostics_(diagnostics), script_(arena.make<Script>()) {
    script_->file = file;
}

// ---- depth and refusals ---------------------------------------------------------------------------------------------

std::uint32_t TreeBuilder::depth(const Expr* expr) const {
    return expr == nullptr ? 0 : expr_depths_[expr->id];
}

std::uint32_t TreeBuilder::depth(const void* other) const {
    const auto found = other_depths_.find(other);
    return found == other_depths_.end() ? 0 : found->second;
}

std::uint32_t TreeBuilder::depth(TypeOrExpr of) const {
    return std::max(depth(static_cast<const void*>(of.type)), depth(of.expr));
}

std::uint32_t TreeBuilder::depth(const std::vector<const Expr*>& exprs) const {
    std::uint32_t deepest = 0;
    for (const Expr* expr : exprs)
        deepest = std::max(deepest, depth(expr));
    return deepest;
}

void TreeBuilder::refuse(source::DiagnosticKind kind, Range at, std::string message, std::string hint) {
    auto added = diagnostics_.add(kind, at, std::move(message));
    if (!hint.empty()) added.hint(std::move(hint));
    is_sound_ = false;
}

void TreeBuilder::refuse_depth(Range at) {
    if (!is_sound_) return;
    // The whole nest may span megabytes: its first byte is place enough.
    at.end = std::min(at.end, at.begin + 1);
    refuse(source::DiagnosticKind::too_deep, at, fmt::format("the script nests deeper than {} levels", kMaxDepth));
}

template <typename Node>
Node* TreeBuilder::make_expr(ExprKind kind, Range range, std::uint32_t depth) {
    Node* node = arena_.make<Node>();
    node->kind = kind;
    node->id = script_->expr_count++;
    node->range = range;
    expr_depths_.push_back(depth + 1);
    if (depth >= kMaxDepth) refuse_depth(range);
    return node;
}

template <typename Node>
Node* TreeBuilder::make_stmt(StmtKind kind, Range range, std::uint32_t depth) {
    Node* node = arena_.make<Node>();
    node->kind = kind;
    node->range = range;
    other_depths_[static_cast<const Stmt*>(node)] = depth + 1;
    if (depth >= kMaxDepth) refuse_depth(range);
    return node;
}

// ---- expressions ----------------------------------------------------------------------------------------------------

const Expr* TreeBuilder::integer(Range range, std::uint64_t value, Text spelling, bool is_duration) {
    auto* node = make_expr<Integer>(ExprKind::integer, range, 0);
    node->value = value;
    node->spelling = arena_.text(spelling);
    node->is_duration = is_duration;
    return node;
}

const Expr* TreeBuilder::string(Range range, Text value) {
    auto* node = make_expr<String>(ExprKind::string, range, 0);
    node->value = arena_.text(value);
    return node;
}

const Expr* TreeBuilder::boolean(Range range, bool value) {
    auto* node = make_expr<Boolean>(ExprKind::boolean, range, 0);
    node->value = value;
    return node;
}

const Expr* TreeBuilder::character(Range range, std::int8_t value) {
    auto* node = make_expr<Character>(ExprKind::character, range, 0);
    node->value = value;
    return node;
}

const Variable* TreeBuilder::variable(Range range, Text name) {
    auto* node = make_expr<Variable>(ExprKind::variable, range, 0);
    node->name = arena_.text(name);
    return node;
}

const Map* TreeBuilder::map(Range range, Text name) {
    auto* node = make_expr<Map>(ExprKind::map, range, 0);
    node->name = arena_.text(name);
    return node;
}

const Expr* TreeBuilder::positional(Range range, std::uint64_t number) {
    auto* node = make_expr<Positional>(ExprKind::positional, range, 0);
    node->number = number;
    return node;
}

const Expr* TreeBuilder::parameter_count(Range range) {
    return make_expr<ParameterCount>(ExprKind::parameter_count, range, 0);
}

const Expr* TreeBuilder::identifier(Range range, Text name) {
    auto* node = make_expr<Identifier>(ExprKind::identifier, range, 0);
    node->name = arena_.text(name);
    return node;
}

const Expr* TreeBuilder::call(Range range, Range name_range, Text name, std::vector<const Expr*> arguments,
                              bool has_bang) {
    auto* node = make_expr<Call>(ExprKind::call, range, depth(arguments));
    node->name = arena_.text(name);
    node->name_range = name_range;
    node->arguments = std::move(arguments);
    node->has_bang = has_bang;
    return node;
}

const Expr* TreeBuilder::field(const Expr* base, Range name_range, Text name, bool is_arrow) {
    auto* node = make_expr<Field>(ExprKind::field, source::join(base->range, name_range), depth(base));
    node->base = base;
    node->name = arena_.text(name);
    node->name_range = name_range;
    node->is_arrow = is_arrow;
    return node;
}

const Expr* TreeBuilder::tuple_index(const Expr* base, Range index_range, std::uint64_t index) {
    auto* node = make_expr<TupleIndex>(ExprKind::tuple_index, source::join(base->range, index_range), depth(base));
    node->base = base;
    node->index = index;
    return node;
}

const Expr* TreeBuilder::index(const Expr* base, std::vector<const Expr*> indices, Range closing) {
    const Range range = source::join(base->range, closing);
    const std::uint32_t below = std::max(depth(base), depth(indices));
    if (base->kind == ExprKind::map && !as<Map>(*base).has_key) {
        auto* node = make_expr<Map>(ExprKind::map, range, below);
        node->name = as<Map>(*base).name;
        node->keys = std::move(indices);
        node->has_key = true;
        return node;
    }
    auto* node = make_expr<Index>(ExprKind::index, range, below);
    node->base = base;
    node->indices = std::move(indices);
    return node;
}

const Expr* TreeBuilder::unary(UnaryOp op, Range op_range, const Expr* operand) {
    auto* node = make_expr<Unary>(ExprKind::unary, source::join(op_range, extent(*operand)), depth(operand));
    node->op = op;
    node->operand = operand;
    return node;
}

const Expr* TreeBuilder::binary(BinaryOp op, Range op_range, const Expr* left, const Expr* right) {
    auto* node = make_expr<Binary>(ExprKind::binary, source::join(left->range, extent(*right)),
                                   std::max(depth(left), depth(right)));
    node->op = op;
    node->op_range = op_range;
    node->left = left;
    node->right = right;
    return node;
}

const Expr* TreeBuilder::increment(const Expr* target, Range op_range, bool is_decrement, bool is_prefix) {
    if (target->kind != ExprKind::variable && target->kind != ExprKind::map) {
        refuse(source::DiagnosticKind::syntax, op_range, "syntax: increment/decrement requires a variable or map");
        return nullptr;
    }
    const Range range = is_prefix ? source::join(op_range, target->range) : source::join(target->range, op_range);
    auto* node = make_expr<Increment>(ExprKind::increment, range, depth(target));
    node->is_decrement = is_decrement;
    node->is_prefix = is_prefix;
    node->target = target;
    return node;
}

const Expr* TreeBuilder::ternary(const Expr* condition, const Expr* then, const Expr* otherwise) {
    auto* node = make_expr<Ternary>(ExprKind::ternary, source::join(condition->range, extent(*otherwise)),
                                    std::max({depth(condition), depth(then), depth(otherwise)}));
    node->condition = condition;
    node->then = then;
    node->otherwise = otherwise;
    return node;
}

const Expr* TreeBuilder::cast(Range parentheses, const TypeSpec* type, const Expr* operand) {
    auto* node =
        make_expr<Cast>(ExprKind::cast, parentheses, std::max(depth(static_cast<const void*>(type)), depth(operand)));
    node->type = type;
    node->operand = operand;
    return node;
}

const Expr* TreeBuilder::tuple(Range range, std::vector<const Expr*> elements) {
    auto* node = make_expr<Tuple>(ExprKind::tuple, range, depth(elements));
    node->elements = std::move(elements);
    return node;
}

const Expr* TreeBuilder::record(Range range, std::vector<Record::Member> members) {
    std::uint32_t below = 0;
    for (std::size_t i = 0; i < members.size(); i++) {
        below = std::max(below, depth(members[i].value));
        for (std::size_t j = 0; j < i; j++) {
            if (members[j].name != members[i].name || !is_sound_) continue;
            refuse(source::DiagnosticKind::syntax, source::join(members[i].name_range, extent(*members[i].value)),
                   fmt::format("syntax: Named argument list already contains name: {}", members[i].name));
        }
    }
    auto* node = make_expr<Record>(ExprKind::record, range, below);
    for (Record::Member& member : members)
        member.name = arena_.text(member.name);
    node->members = std::move(members);
    return node;
}

const Expr* TreeBuilder::size_of(Range range, TypeOrExpr of) {
    auto* node = make_expr<SizeOf>(ExprKind::size_of, range, depth(of));
    node->type = of.type;
    node->operand = of.expr;
    return node;
}

const Expr* TreeBuilder::offset_of(Range range, TypeOrExpr of, std::vector<Text> path) {
    auto* node = make_expr<OffsetOf>(ExprKind::offset_of, range, depth(of));
    node->type = of.type;
    node->operand = of.expr;
    for (Text& name : path)
        name = arena_.text(name);
    node->path = std::move(path);
    return node;
}

const Expr* TreeBuilder::type_info(Range range, TypeOrExpr of) {
    auto* node = make_expr<TypeInfo>(ExprKind::type_info, range, depth(of));
    node->type = of.type;
    node->operand = of.expr;
    return node;
}

const Expr* TreeBuilder::comptime(Range range, const Expr* operand) {
    auto* node = make_expr<Comptime>(ExprKind::comptime, range, depth(operand));
    node->operand = operand;
    return node;
}

const Expr* TreeBuilder::if_else(Range range, const Expr* condition, const Block* then, const Block* otherwise) {
    const std::uint32_t below = std::max({depth(condition), depth(static_cast<const void*>(then)),
                                          otherwise == nullptr ? 0 : depth(static_cast<const void*>(otherwise))});
    auto* node = make_expr<IfExpr>(ExprKind::if_, range, below);
    node->condition = condition;
    node->then = then;
    node->otherwise = otherwise;
    return node;
}

const Expr* TreeBuilder::block_expr(const Block* block) {
    auto* node = make_expr<BlockExpr>(ExprKind::block, block->range, depth(static_cast<const void*>(block)));
    node->block = block;
    return node;
}

const Expr* TreeBuilder::address_of(Range range, const Expr* target) {
    auto* node = make_expr<AddressOf>(ExprKind::address_of, range, depth(target));
    node->target = target;
    return node;
}

const Expr* TreeBuilder::type_argument(Range range, TypeOrExpr of) {
    const TypeSpec* spec = type_of(range, of, {});
    auto* node = make_expr<TypeArgument>(ExprKind::type_argument, range, depth(static_cast<const void*>(spec)));
    node->type = spec;
    return node;
}

// ---- types ----------------------------------------------------------------------------------------------------------

const TypeSpec* TreeBuilder::type(Range range, TypeSpec::Kind kind, Text name,
                                  std::vector<TypeSpec::Modifier> modifiers) {
    auto* node = arena_.make<TypeSpec>();
    node->range = range;
    node->kind = kind;
    node->name = arena_.text(name);
    node->modifiers = std::move(modifiers);
    other_depths_[node] = 1;
    return node;
}

const TypeSpec* TreeBuilder::type_of(Range range, TypeOrExpr of, std::vector<TypeSpec::Modifier> modifiers) {
    auto* node = arena_.make<TypeSpec>();
    node->range = range;
    node->kind = TypeSpec::Kind::type_of;
    node->of_expr = of.expr;
    node->of_type = of.type;
    node->modifiers = std::move(modifiers);
    const std::uint32_t below = depth(of);
    other_depths_[node] = below + 1;
    if (below >= kMaxDepth) refuse_depth(range);
    return node;
}

// ---- statements -----------------------------------------------------------------------------------------------------

const Stmt* TreeBuilder::let(Range range, const Variable* variable, const TypeSpec* type, const Expr* value) {
    auto* node = make_stmt<Let>(StmtKind::let, range,
                                std::max(depth(value), type == nullptr ? 0 : depth(static_cast<const void*>(type))));
    node->variable = variable;
    node->type = type;
    node->value = value;
    return node;
}

bool TreeBuilder::can_be_target(const Expr* target) const {
    switch (target->kind) {
        case ExprKind::variable:
        case ExprKind::map:
        case ExprKind::field:
        case ExprKind::tuple_index:
        case ExprKind::index: return true;
        default: return false;
    }
}

const Stmt* TreeBuilder::assign(Range range, const Expr* target, const Expr* value) {
    if (target->kind == ExprKind::field || target->kind == ExprKind::tuple_index) {
        refuse(source::DiagnosticKind::syntax, range, fmt::format("syntax: {}", kImmutable));
    } else if (target->kind == ExprKind::index) {
        refuse(source::DiagnosticKind::syntax, range, "syntax: invalid assignment target",
               std::string(is_map_element(*target) ? kOneBracket : kNoElement));
    }
    auto* node = make_stmt<Assign>(StmtKind::assign, range, std::max(depth(target), depth(value)));
    node->target = target;
    node->value = value;
    return node;
}

const Stmt* TreeBuilder::compound_assign(Range range, BinaryOp op, const Expr* target, const Expr* value) {
    if (target->kind == ExprKind::field || target->kind == ExprKind::tuple_index) {
        refuse(source::DiagnosticKind::syntax, range, fmt::format("syntax: {}", kImmutable));
    } else if (target->kind == ExprKind::index) {
        refuse(source::DiagnosticKind::syntax, range, "syntax: invalid assignment target",
               std::string(is_map_element(*target) ? kOneBracket : kNoElement));
    }
    auto* node = make_stmt<CompoundAssign>(StmtKind::compound_assign, range, std::max(depth(target), depth(value)));
    node->op = op;
    node->target = target;
    node->value = value;
    return node;
}

const Stmt* TreeBuilder::discard(Range range, const Expr* value) {
    auto* node = make_stmt<Discard>(StmtKind::discard, range, depth(value));
    node->value = value;
    return node;
}

const Stmt* TreeBuilder::while_loop(Range range, const Expr* condition, const Block* body) {
    auto* node =
        make_stmt<While>(StmtKind::while_, range, std::max(depth(condition), depth(static_cast<const void*>(body))));
    node->condition = condition;
    node->body = body;
    return node;
}

const Stmt* TreeBuilder::unroll(Range range, const Expr* count, const Block* body) {
    auto* node =
        make_stmt<Unroll>(StmtKind::unroll, range, std::max(depth(count), depth(static_cast<const void*>(body))));
    node->count = count;
    node->body = body;
    return node;
}

const Stmt* TreeBuilder::for_loop(Range range, const Variable* variable, LoopSource source, const Block* body) {
    const std::uint32_t below =
        std::max({depth(source.first), depth(source.last), depth(static_cast<const void*>(body))});
    if (source.map != nullptr) {
        auto* node = make_stmt<ForMap>(StmtKind::for_map, range, below);
        node->variable = variable;
        node->map = source.map;
        node->body = body;
        return node;
    }
    auto* node = make_stmt<ForRange>(StmtKind::for_range, range, below);
    node->variable = variable;
    node->first = source.first;
    node->last = source.last;
    node->body = body;
    return node;
}

const Stmt* TreeBuilder::break_(Range range) {
    return make_stmt<Break>(StmtKind::break_, range, 0);
}

const Stmt* TreeBuilder::continue_(Range range) {
    return make_stmt<Continue>(StmtKind::continue_, range, 0);
}

const Stmt* TreeBuilder::return_(Range range, const Expr* value) {
    auto* node = make_stmt<Return>(StmtKind::return_, range, depth(value));
    node->value = value;
    return node;
}

const Stmt* TreeBuilder::import(Range range, Text path) {
    auto* node = make_stmt<ImportStmt>(StmtKind::import, range, 0);
    node->path = arena_.text(path);
    return node;
}

const Stmt* TreeBuilder::expression(const Expr* expr) {
    auto* node = make_stmt<ExprStmt>(StmtKind::expression, extent(*expr), depth(expr));
    node->expr = expr;
    return node;
}

const Stmt* TreeBuilder::block_stmt(const Block* block) {
    auto* node = make_stmt<BlockStmt>(StmtKind::block, block->range, depth(static_cast<const void*>(block)));
    node->block = block;
    return node;
}

const Stmt* TreeBuilder::end(const Stmt* stmt, Range semicolon) {
    const bool takes_semicolon = stmt->kind == StmtKind::break_ || stmt->kind == StmtKind::continue_ ||
                                 stmt->kind == StmtKind::return_ || stmt->kind == StmtKind::expression;
    // Still ours to change: nobody else sees a node before the script is finished.
    if (takes_semicolon) const_cast<Stmt*>(stmt)->range.end = semicolon.end;
    return stmt;
}

// The expression a final statement stands for; null if it gives nothing.
const Expr* TreeBuilder::value_of(const Stmt* stmt) {
    if (stmt->kind == StmtKind::block) {
        const Block* inner = as<BlockStmt>(*stmt).block;
        return inner->value == nullptr ? nullptr : block_expr(inner);
    }
    if (stmt->kind != StmtKind::expression) return nullptr;
    const Expr* expr = as<ExprStmt>(*stmt).expr;
    if (expr->kind != ExprKind::if_) return expr;
    const auto& branches = as<IfExpr>(*expr);
    const bool has_value =
        branches.then->value != nullptr && branches.otherwise != nullptr && branches.otherwise->value != nullptr;
    return has_value ? expr : nullptr;
}

const Block* TreeBuilder::block(Range range, std::vector<const Stmt*> statements, const Stmt* tail) {
    auto* node = arena_.make<Block>();
    node->range = range;
    std::uint32_t below = 0;
    for (const Stmt* stmt : statements)
        below = std::max(below, depth(static_cast<const void*>(stmt)));
    if (tail != nullptr) {
        below = std::max(below, depth(static_cast<const void*>(tail)));
        node->value = value_of(tail);
        if (node->value == nullptr) statements.push_back(tail);
    }
    node->statements = std::move(statements);
    other_depths_[node] = below + 1;
    if (below >= kMaxDepth) refuse_depth(range);
    return node;
}

const Block* TreeBuilder::else_if(const Expr* inner) {
    return block(inner->range, {}, expression(inner));
}

// ---- top level ------------------------------------------------------------------------------------------------------

void TreeBuilder::shebang(Range range) {
    script_->shebang = range;
}

void TreeBuilder::comment(Range range) {
    script_->comments.push_back({range});
}

void TreeBuilder::c_definition(Range range, Text text) {
    script_->c_definitions.push_back({range, arena_.text(text)});
}

void TreeBuilder::config_entry(Range name_range, Text name, Range value_range, Text value, ConfigEntry::Kind kind) {
    script_->config.push_back(
        {source::join(name_range, value_range), arena_.text(name), arena_.text(value), kind, value_range});
}

void TreeBuilder::config(Range range) {
    script_->config_range = range;
}

void TreeBuilder::root_import(Range range, Text path) {
    script_->imports.push_back({range, arena_.text(path)});
}

void TreeBuilder::map_declaration(Range range, Text name, Range type_range, Text type, std::uint64_t max_entries) {
    script_->map_declarations.push_back({range, arena_.text(name), arena_.text(type), type_range, max_entries});
    last_map_declaration_ = range;
}

void TreeBuilder::macro(Range range, Range name_range, Text name, std::vector<MacroParameter> parameters,
                        const Block* body) {
    for (MacroParameter& parameter : parameters)
        parameter.name = arena_.text(parameter.name);
    script_->macros.push_back({range, arena_.text(name), name_range, std::move(parameters), body});
    last_map_declaration_.reset();
}

void TreeBuilder::function(Range range, Range name_range, Text name, std::vector<FunctionParameter> parameters,
                           const TypeSpec* result, const Block* body) {
    script_->functions.push_back({range, arena_.text(name), name_range, std::move(parameters), result, body});
    last_map_declaration_.reset();
}

void TreeBuilder::probe(Range range, std::vector<AttachPoint> attach_points, const Expr* predicate, const Block* body) {
    for (AttachPoint& point : attach_points) {
        point.text = arena_.text(point.text);
        point.name = arena_.text(point.name);
    }
    script_->probes.push_back({range, std::move(attach_points), predicate, body});
    last_map_declaration_.reset();
}

void TreeBuilder::root_semicolon(Range range) {
    if (!last_map_declaration_) return;
    script_->map_declarations.back().range.end = range.end;
    last_map_declaration_.reset();
}

const Script* TreeBuilder::finish() {
    return script_;
}

}  // namespace ast
