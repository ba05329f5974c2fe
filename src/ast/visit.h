// ast::visit: from a node's tag to its struct, in one switch. A kind that is missing here does not compile
// (-Werror=switch); a visitor that lacks an overload does not either. Used by every pass over the tree.
#pragma once

#include <utility>

#include "runtime/base/bug.h"
#include "src/ast/ast.h"

namespace ast {

template <typename Visitor>
decltype(auto) visit(const Expr& expr, Visitor&& visitor) {
    switch (expr.kind) {
        case ExprKind::integer: return visitor(as<Integer>(expr));
        case ExprKind::string: return visitor(as<String>(expr));
        case ExprKind::boolean: return visitor(as<Boolean>(expr));
        case ExprKind::character: return visitor(as<Character>(expr));
        case ExprKind::variable: return visitor(as<Variable>(expr));
        case ExprKind::map: return visitor(as<Map>(expr));
        case ExprKind::positional: return visitor(as<Positional>(expr));
        case ExprKind::parameter_count: return visitor(as<ParameterCount>(expr));
        case ExprKind::identifier: return visitor(as<Identifier>(expr));
        case ExprKind::call: return visitor(as<Call>(expr));
        case ExprKind::field: return visitor(as<Field>(expr));
        case ExprKind::tuple_index: return visitor(as<TupleIndex>(expr));
        case ExprKind::index: return visitor(as<Index>(expr));
        case ExprKind::unary: return visitor(as<Unary>(expr));
        case ExprKind::binary: return visitor(as<Binary>(expr));
        case ExprKind::increment: return visitor(as<Increment>(expr));
        case ExprKind::ternary: return visitor(as<Ternary>(expr));
        case ExprKind::cast: return visitor(as<Cast>(expr));
        case ExprKind::tuple: return visitor(as<Tuple>(expr));
        case ExprKind::record: return visitor(as<Record>(expr));
        case ExprKind::size_of: return visitor(as<SizeOf>(expr));
        case ExprKind::offset_of: return visitor(as<OffsetOf>(expr));
        case ExprKind::type_info: return visitor(as<TypeInfo>(expr));
        case ExprKind::comptime: return visitor(as<Comptime>(expr));
        case ExprKind::if_: return visitor(as<IfExpr>(expr));
        case ExprKind::block: return visitor(as<BlockExpr>(expr));
        case ExprKind::address_of: return visitor(as<AddressOf>(expr));
        case ExprKind::type_argument: return visitor(as<TypeArgument>(expr));
    }
    BUG("an expression of no kind");
}

template <typename Visitor>
decltype(auto) visit(const Stmt& stmt, Visitor&& visitor) {
    switch (stmt.kind) {
        case StmtKind::let: return visitor(as<Let>(stmt));
        case StmtKind::assign: return visitor(as<Assign>(stmt));
        case StmtKind::compound_assign: return visitor(as<CompoundAssign>(stmt));
        case StmtKind::discard: return visitor(as<Discard>(stmt));
        case StmtKind::while_: return visitor(as<While>(stmt));
        case StmtKind::unroll: return visitor(as<Unroll>(stmt));
        case StmtKind::for_range: return visitor(as<ForRange>(stmt));
        case StmtKind::for_map: return visitor(as<ForMap>(stmt));
        case StmtKind::break_: return visitor(as<Break>(stmt));
        case StmtKind::continue_: return visitor(as<Continue>(stmt));
        case StmtKind::return_: return visitor(as<Return>(stmt));
        case StmtKind::import: return visitor(as<ImportStmt>(stmt));
        case StmtKind::block: return visitor(as<BlockStmt>(stmt));
        case StmtKind::expression: return visitor(as<ExprStmt>(stmt));
    }
    BUG("a statement of no kind");
}

/// Several lambdas as one visitor.
template <typename... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};

/// All bytes of an expression; its range names less for a cast, whose messages point at "(type)". Without parentheses
/// around it.
[[nodiscard]] inline Range extent(const Expr& expr) {
    const Expr* last = &expr;
    while (last->kind == ExprKind::cast)
        last = as<Cast>(*last).operand;
    return Range{expr.range.file, expr.range.begin, last->range.end};
}

/// The spelling in scripts: "<<", "!".
[[nodiscard]] std::string_view spelling(BinaryOp op);
[[nodiscard]] std::string_view spelling(UnaryOp op);

}  // namespace ast
