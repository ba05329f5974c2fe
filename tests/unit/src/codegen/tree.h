// Typed trees made by hand, in a line each: tests of codegen say what they compile without a parser or type checker in
// between. Every variable and map is an int64 unless a type is given.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/bug.h"
#include "src/builtins/table.h"
#include "src/codegen/codegen.h"
#include "src/typed/typed.h"

namespace codegen_test {

using typed::BinaryOp;
using typed::Block;
using typed::CompareOp;
using typed::Expr;
using typed::ExprKind;
using typed::Stmt;
using typed::StmtKind;
using types::Type;

class Tree {
  public:
    types::Table types;
    source::SourceMap sources;
    typed::Script script;

    Tree() { file_ = sources.add("stdin", "begin { first }\nsecond line\n"); }

    // -- types
    const Type* i64() { return types.integer(8, true); }
    const Type* u64() { return types.integer(8, false); }
    const Type* text(std::uint32_t capacity) { return types.string(capacity); }
    const Type* tuple(std::vector<const Type*> elements) { return types.tuple(elements); }

    // -- probes, variables, maps
    typed::Probe& probe(program::ProbeKind kind = program::ProbeKind::begin, std::string name = "begin") {
        auto& added = *script.probes.emplace_back(std::make_unique<typed::Probe>());
        added.name = std::move(name);
        added.kind = kind;
        added.attach_point = {file_, 0, 5};
        probe_ = &added;
        return added;
    }
    typed::VariableId variable(const Type* type = nullptr) {
        probe_->variables.push_back({"$v", type ? type : i64(), false});
        return typed::VariableId(probe_->variables.size() - 1);
    }
    typed::MapIndex map(const std::string& name, const Type* key = nullptr, const Type* value = nullptr) {
        typed::Map added;
        added.name = name;
        added.key = key;
        added.value = value ? value : i64();
        added.declared = {file_, 0, 5};
        script.maps.push_back(std::move(added));
        return typed::MapIndex(script.maps.size() - 1);
    }
    typed::MapIndex aggregation(const std::string& name, program::Aggregation what, const Type* key = nullptr) {
        const typed::MapIndex index = map(name, key, types.aggregation(types::Kind::count, true));
        script.maps[index.index()].aggregation = what;
        return index;
    }

    // -- expressions
    template <typename Node>
    Node* expr(ExprKind kind, const Type* type) {
        auto* node = script.make<Node>();
        node->kind = kind;
        node->type = type;
        node->range = {file_, 8, 13};
        return node;
    }
    const Expr* number(std::uint64_t value, const Type* type = nullptr) {
        auto* node = expr<typed::Integer>(ExprKind::integer, type ? type : i64());
        node->value = value;
        return node;
    }
    const Expr* string(const std::string& value, std::uint32_t capacity = 0) {
        auto* node = expr<typed::String>(ExprKind::string,
                                         text(capacity ? capacity : static_cast<std::uint32_t>(value.size() + 1)));
        node->value = value;
        return node;
    }
    const Expr* get(typed::VariableId id) {
        auto* node = expr<typed::Variable>(ExprKind::variable, probe_->variables[id.index()].type);
        node->variable = id;
        return node;
    }
    const Expr* get(typed::MapIndex map, const Expr* key = nullptr, const Type* type = nullptr) {
        auto* node = expr<typed::MapValue>(ExprKind::map_value, type ? type : script.maps[map.index()].value);
        node->map = map;
        node->key = key;
        return node;
    }
    const Expr* binary(BinaryOp op, const Expr* left, const Expr* right, bool is_signed = true) {
        auto* node = expr<typed::Binary>(ExprKind::binary, is_signed ? i64() : u64());
        node->op = op;
        node->left = left;
        node->right = right;
        node->is_signed_operation = is_signed;
        return node;
    }
    const Expr* add(const Expr* left, const Expr* right) { return binary(BinaryOp::add, left, right); }
    const Expr* compare(CompareOp op, const Expr* left, const Expr* right, bool is_signed = true) {
        auto* node = expr<typed::Compare>(ExprKind::compare, types.boolean());
        node->op = op;
        node->left = left;
        node->right = right;
        node->is_signed_operation = is_signed;
        return node;
    }
    const Expr* logical(bool is_and, const Expr* left, const Expr* right) {
        auto* node = expr<typed::Logical>(ExprKind::logical, types.boolean());
        node->is_and = is_and;
        node->left = left;
        node->right = right;
        return node;
    }
    const Expr* choose(const Expr* condition, const Expr* yes, const Expr* no) {
        auto* node = expr<typed::Choose>(ExprKind::choose, yes->type);
        node->condition = condition;
        node->then = yes;
        node->otherwise = no;
        return node;
    }
    const Expr* cast(const Type* type, const Expr* operand) {
        auto* node = expr<typed::Cast>(ExprKind::cast, type);
        node->operand = operand;
        return node;
    }
    const Expr* make_tuple(std::vector<const Expr*> elements) {
        std::vector<const Type*> element_types;
        for (const Expr* element : elements)
            element_types.push_back(element->type);
        auto* node = expr<typed::Tuple>(ExprKind::tuple, tuple(element_types));
        for (std::uint32_t i = 0; i < elements.size(); ++i)
            node->order.push_back(i);
        node->elements = std::move(elements);
        return node;
    }
    const Expr* member(const Expr* base, std::size_t index) {
        auto* node = expr<typed::MemberOf>(ExprKind::member, base->type->members[index].type);
        node->base = base;
        node->member = base->type->members[index];
        return node;
    }
    const Expr* element(const Expr* base, const Expr* index, const Type* type) {
        auto* node = expr<typed::Element>(ExprKind::element, type);
        node->base = base;
        node->index = index;
        return node;
    }
    const Expr* increment(const Expr* target, bool is_prefix = false, bool is_decrement = false) {
        auto* node = expr<typed::Increment>(ExprKind::increment, i64());
        node->target = target;
        node->is_prefix = is_prefix;
        node->is_decrement = is_decrement;
        return node;
    }
    typed::Call* call(const std::string& name, const Type* type, std::vector<const Expr*> arguments = {}) {
        auto* node = expr<typed::Call>(ExprKind::call, type);
        node->row = builtins::find(name);
        BUG_IF(node->row == nullptr, "no such builtin");
        node->arguments = std::move(arguments);
        return node;
    }
    typed::Call* map_call(const std::string& name, const Type* type, typed::MapIndex map, const Expr* key = nullptr,
                          std::vector<const Expr*> arguments = {}) {
        typed::Call* node = call(name, type, std::move(arguments));
        node->map = map;
        node->key = key;
        return node;
    }
    /// printf with one op per value.
    const Expr* print(std::vector<const Expr*> values) {
        std::vector<const Expr*> arguments{string("format")};
        arguments.insert(arguments.end(), values.begin(), values.end());
        typed::Call* node = call("printf", types.void_type(), std::move(arguments));
        program::FormatOp op;
        op.text = " ";
        op.conversion = program::Conversion::value;
        node->format.assign(values.size(), op);
        return node;
    }

    // -- statements
    template <typename Node>
    Node* stmt(StmtKind kind) {
        auto* node = script.make<Node>();
        node->kind = kind;
        node->range = {file_, 8, 13};
        return node;
    }
    const Stmt* run(const Expr* value) {
        auto* node = stmt<typed::ExprStmt>(StmtKind::expression);
        node->expr = value;
        return node;
    }
    const Stmt* set(typed::VariableId id, const Expr* value) {
        auto* node = stmt<typed::AssignVariable>(StmtKind::assign_variable);
        node->variable = id;
        node->value = value;
        return node;
    }
    const Stmt* set(typed::MapIndex map, const Expr* key, const Expr* value) {
        auto* node = stmt<typed::AssignMap>(StmtKind::assign_map);
        node->map = map;
        node->key = key;
        node->value = value;
        return node;
    }
    const Stmt* aggregate(const std::string& name, typed::MapIndex map, const Expr* key = nullptr,
                          std::vector<const Expr*> arguments = {}) {
        auto* node = stmt<typed::Aggregate>(StmtKind::aggregate);
        node->call = map_call(name, types.aggregation(types::Kind::count, true), map, key, std::move(arguments));
        return node;
    }
    const Stmt* if_(const Expr* condition, std::vector<const Stmt*> then, std::vector<const Stmt*> otherwise = {}) {
        auto* node = stmt<typed::If>(StmtKind::if_);
        node->condition = condition;
        node->then.statements = std::move(then);
        node->otherwise.statements = std::move(otherwise);
        return node;
    }
    const Stmt* while_(const Expr* condition, std::vector<const Stmt*> body) {
        auto* node = stmt<typed::While>(StmtKind::while_);
        node->condition = condition;
        node->body.statements = std::move(body);
        return node;
    }
    const Stmt* unroll(std::uint64_t count, std::vector<const Stmt*> body) {
        auto* node = stmt<typed::Unroll>(StmtKind::unroll);
        node->count = count;
        node->body.statements = std::move(body);
        return node;
    }
    const Stmt* range(typed::VariableId id, const Expr* first, const Expr* last, std::vector<const Stmt*> body) {
        auto* node = stmt<typed::ForRange>(StmtKind::for_range);
        node->variable = id;
        node->first = first;
        node->last = last;
        node->body.statements = std::move(body);
        return node;
    }
    const Stmt* each(typed::VariableId id, typed::MapIndex map, std::vector<const Stmt*> body) {
        auto* node = stmt<typed::ForMap>(StmtKind::for_map);
        node->variable = id;
        node->map = map;
        node->body.statements = std::move(body);
        return node;
    }
    const Stmt* break_() { return stmt<typed::Break>(StmtKind::break_); }
    const Stmt* continue_() { return stmt<typed::Continue>(StmtKind::continue_); }
    const Stmt* return_(const Expr* value = nullptr) {
        auto* node = stmt<typed::Return>(StmtKind::return_);
        node->value = value;
        return node;
    }
    void body(std::vector<const Stmt*> statements) { probe_->body.statements = std::move(statements); }

  private:
    program::FileId file_;
    typed::Probe* probe_ = nullptr;
};

}  // namespace codegen_test
