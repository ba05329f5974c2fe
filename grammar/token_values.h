// grammar/token_values: what a token or a half-finished production carries besides its place. Words are views of the
// script's text; TreeBuilder copies what it keeps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/ast/tree_builder.h"

namespace grammar {

using source::Range;
using Word = std::string_view;

struct Number {
    std::uint64_t value = 0;
    bool is_duration = false;
    Word spelling;
};

struct ConfigValue {
    std::string text;
    ast::ConfigEntry::Kind kind = ast::ConfigEntry::Kind::word;
};

/// condition, then and else of an if, before it is known where it began.
struct IfRest {
    const ast::Expr* condition = nullptr;
    const ast::Block* then = nullptr;
    const ast::Block* otherwise = nullptr;
};

/// Statements between braces; the tail, if any, is the last one and not followed by ';'.
struct BlockRest {
    std::vector<const ast::Stmt*> statements;
    const ast::Stmt* tail = nullptr;

    /// The tail was not the last one.
    void close_tail() {
        if (tail != nullptr) statements.push_back(tail);
        tail = nullptr;
    }
    void add(const ast::Stmt* stmt) {
        close_tail();
        statements.push_back(stmt);
    }
};

/// "$x +=", before its right side.
struct OpAssignStart {
    ast::BinaryOp op = ast::BinaryOp::add;
    const ast::Expr* target = nullptr;
};

using ExprList = std::vector<const ast::Expr*>;

}  // namespace grammar
