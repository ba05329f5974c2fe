#include "src/codegen/walk.h"

namespace codegen {

using typed::as;
using typed::ExprKind;
using typed::StmtKind;

void visit_children(const typed::Expr& expr, const Visitor& visitor) {
    const auto visit = [&](const typed::Expr* child) {
        if (child != nullptr) visitor.expr(*child);
    };
    switch (expr.kind) {
        case ExprKind::integer:
        case ExprKind::string:
        case ExprKind::variable:
        case ExprKind::argument:
        case ExprKind::arguments: return;
        case ExprKind::map_value: visit(as<typed::MapValue>(expr).key); return;
        case ExprKind::call: {
            const auto& call = as<typed::Call>(expr);
            for (const typed::Expr* argument : call.arguments)
                visit(argument);
            visit(call.key);
            return;
        }
        case ExprKind::member: visit(as<typed::MemberOf>(expr).base); return;
        case ExprKind::load: visit(as<typed::Load>(expr).address); return;
        case ExprKind::element:
            visit(as<typed::Element>(expr).base);
            visit(as<typed::Element>(expr).index);
            return;
        case ExprKind::unary: visit(as<typed::Unary>(expr).operand); return;
        case ExprKind::binary:
            visit(as<typed::Binary>(expr).left);
            visit(as<typed::Binary>(expr).right);
            return;
        case ExprKind::compare:
            visit(as<typed::Compare>(expr).left);
            visit(as<typed::Compare>(expr).right);
            return;
        case ExprKind::logical:
            visit(as<typed::Logical>(expr).left);
            visit(as<typed::Logical>(expr).right);
            return;
        case ExprKind::choose:
            visit(as<typed::Choose>(expr).condition);
            visit(as<typed::Choose>(expr).then);
            visit(as<typed::Choose>(expr).otherwise);
            return;
        case ExprKind::cast: visit(as<typed::Cast>(expr).operand); return;
        case ExprKind::tuple:
            for (const typed::Expr* element : as<typed::Tuple>(expr).elements)
                visit(element);
            return;
        case ExprKind::block:
            visitor.block(as<typed::BlockExpr>(expr).block);
            visit(as<typed::BlockExpr>(expr).value);
            return;
        case ExprKind::increment: visit(as<typed::Increment>(expr).target); return;
        case ExprKind::address_of: visit(as<typed::AddressOf>(expr).target); return;
        case ExprKind::function_call:
            for (const typed::Expr* argument : as<typed::FunctionCall>(expr).arguments)
                visit(argument);
            return;
    }
}

void visit_children(const typed::Stmt& stmt, const Visitor& visitor) {
    const auto visit = [&](const typed::Expr* child) {
        if (child != nullptr) visitor.expr(*child);
    };
    switch (stmt.kind) {
        case StmtKind::expression: visit(as<typed::ExprStmt>(stmt).expr); return;
        case StmtKind::assign_variable: visit(as<typed::AssignVariable>(stmt).value); return;
        case StmtKind::assign_map:
            visit(as<typed::AssignMap>(stmt).value);
            visit(as<typed::AssignMap>(stmt).key);
            return;
        case StmtKind::aggregate: visit(as<typed::Aggregate>(stmt).call); return;
        case StmtKind::if_:
            visit(as<typed::If>(stmt).condition);
            visitor.block(as<typed::If>(stmt).then);
            visitor.block(as<typed::If>(stmt).otherwise);
            return;
        case StmtKind::while_:
            visit(as<typed::While>(stmt).condition);
            visitor.block(as<typed::While>(stmt).body);
            return;
        case StmtKind::unroll: visitor.block(as<typed::Unroll>(stmt).body); return;
        case StmtKind::for_range:
            visit(as<typed::ForRange>(stmt).first);
            visit(as<typed::ForRange>(stmt).last);
            visitor.block(as<typed::ForRange>(stmt).body);
            return;
        case StmtKind::for_map: visitor.block(as<typed::ForMap>(stmt).body); return;
        case StmtKind::clear_variable:
        case StmtKind::break_:
        case StmtKind::continue_: return;
        case StmtKind::return_: visit(as<typed::Return>(stmt).value); return;
        case StmtKind::block: visitor.block(as<typed::BlockStmt>(stmt).block); return;
    }
}

bool any_of(const typed::Expr& expr, const std::function<bool(const typed::Expr&)>& test) {
    if (test(expr)) return true;
    bool found = false;
    visit_children(expr, {[&](const typed::Expr& child) { found = found || any_of(child, test); },
                          [&](const typed::Block& block) { found = found || any_of(block, test); }});
    return found;
}

bool any_of(const typed::Block& block, const std::function<bool(const typed::Expr&)>& test) {
    bool found = false;
    const Visitor visitor{[&](const typed::Expr& child) { found = found || any_of(child, test); },
                          [&](const typed::Block& inner) { found = found || any_of(inner, test); }};
    for (const typed::Stmt* stmt : block.statements) {
        if (!found) visit_children(*stmt, visitor);
    }
    return found;
}

}  // namespace codegen
