// Walking the typed tree: calls back for what stands directly below a node. For analyses (body_plan, events) that look
// for something anywhere in a body; code generation proper has its own switches, with no default.
#pragma once

#include <functional>

#include "src/typed/typed.h"

namespace codegen {

struct Visitor {
    std::function<void(const typed::Expr&)> expr;
    std::function<void(const typed::Block&)> block;
};

/// In order of evaluation as far as the tree fixes one.
void visit_children(const typed::Expr& expr, const Visitor& visitor);
void visit_children(const typed::Stmt& stmt, const Visitor& visitor);

/// Whether `test` holds for the expression or any below it, statements of block expressions included.
[[nodiscard]] bool any_of(const typed::Expr& expr, const std::function<bool(const typed::Expr&)>& test);
/// The same for every expression of a block.
[[nodiscard]] bool any_of(const typed::Block& block, const std::function<bool(const typed::Expr&)>& test);

}  // namespace codegen
