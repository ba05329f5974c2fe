// Entrance: name_use().
#include "src/check/probe_name.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "src/ast/visit.h"
#include "src/check/type_rules.h"

namespace check {

namespace {

constexpr std::string_view kName = "probe";

/// Functions that take any text for an argument. Of the first group the first argument is the format, which is known
/// while compiling; strncmp's count is a number.
constexpr std::array<std::string_view, 6> kFormatting{"printf", "errorf", "warnf", "debugf", "system", "cat"};
constexpr std::array<std::string_view, 7> kTaking{"print",  "strncmp", "strcontains", "strstr",
                                                  "strlen", "delete",  "has_key"};
/// The compiler may not reach these, and whether it does the name may decide.
constexpr std::array<std::string_view, 3> kDemanding{"fail", "static_assert", "assert_str"};

template <std::size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

class Reader {
  public:
    NameUse read(const ast::Probe& probe) {
        if (probe.predicate != nullptr) expr(*probe.predicate, false);
        block(*probe.body, false);
        return has_demands_ && use_ == NameUse::value ? NameUse::constant : use_;
    }

  private:
    void expr(const ast::Expr& node, bool may_be_text) {
        ast::visit(node, ast::Overloaded{
                             [&](const ast::Identifier& from) {
                                 if (from.name == kName) found(may_be_text);
                             },
                             [&](const ast::Map& from) { all(from.keys, true); },
                             [&](const ast::Tuple& from) { all(from.elements, true); },
                             [&](const ast::Record& from) {
                                 for (const ast::Record::Member& member : from.members)
                                     expr(*member.value, true);
                             },
                             [&](const ast::Binary& from) {
                                 const bool compares = is_comparison(from.op);
                                 expr(*from.left, compares);
                                 expr(*from.right, compares);
                             },
                             [&](const ast::Ternary& from) {
                                 expr(*from.condition, false);
                                 if (from.then != nullptr) expr(*from.then, may_be_text);
                                 expr(*from.otherwise, may_be_text);
                             },
                             [&](const ast::IfExpr& from) {
                                 expr(*from.condition, false);
                                 block(*from.then, may_be_text);
                                 if (from.otherwise != nullptr) block(*from.otherwise, may_be_text);
                             },
                             [&](const ast::BlockExpr& from) { block(*from.block, may_be_text); },
                             [&](const ast::Call& from) { call(from); },
                             [&](const ast::Field& from) { expr(*from.base, false); },
                             [&](const ast::TupleIndex& from) { expr(*from.base, false); },
                             [&](const ast::Index& from) {
                                 expr(*from.base, false);
                                 all(from.indices, false);
                             },
                             [&](const ast::Unary& from) { expr(*from.operand, false); },
                             [&](const ast::Increment& from) { expr(*from.target, false); },
                             [&](const ast::AddressOf& from) { expr(*from.target, false); },
                             [&](const ast::Cast& from) {
                                 type(from.type);
                                 known([&] { expr(*from.operand, false); });
                             },
                             [&](const ast::Comptime& from) { known([&] { expr(*from.operand, false); }); },
                             [&](const ast::SizeOf& from) { measured(from); },
                             [&](const ast::OffsetOf& from) { measured(from); },
                             [&](const ast::TypeInfo& from) { measured(from); },
                             [&](const ast::TypeArgument& from) { type(from.type); },
                             [](const ast::Integer&) {},
                             [](const ast::String&) {},
                             [](const ast::Boolean&) {},
                             [](const ast::Character&) {},
                             [](const ast::Variable&) {},
                             [](const ast::Positional&) {},
                             [](const ast::ParameterCount&) {},
                         });
    }

    void block(const ast::Block& node, bool may_be_text) {
        for (const ast::Stmt* stmt : node.statements)
            statement(*stmt);
        if (node.value != nullptr) expr(*node.value, may_be_text);
    }

    void statement(const ast::Stmt& node) {
        ast::visit(node, ast::Overloaded{
                             [&](const ast::Let& from) {
                                 type(from.type);
                                 if (from.value != nullptr) expr(*from.value, true);
                             },
                             [&](const ast::Assign& from) {
                                 expr(*from.target, false);
                                 expr(*from.value, true);
                             },
                             [&](const ast::CompoundAssign& from) {
                                 expr(*from.target, false);
                                 expr(*from.value, false);
                             },
                             [&](const ast::Discard& from) { expr(*from.value, true); },
                             [&](const ast::While& from) {
                                 expr(*from.condition, false);
                                 block(*from.body, false);
                             },
                             [&](const ast::Unroll& from) {
                                 known([&] { expr(*from.count, false); });
                                 block(*from.body, false);
                             },
                             [&](const ast::ForRange& from) {
                                 expr(*from.first, false);
                                 expr(*from.last, false);
                                 block(*from.body, false);
                             },
                             [&](const ast::ForMap& from) { block(*from.body, false); },
                             [&](const ast::Return& from) {
                                 if (from.value != nullptr) expr(*from.value, false);
                             },
                             [&](const ast::BlockStmt& from) { block(*from.block, false); },
                             [&](const ast::ExprStmt& from) { expr(*from.expr, false); },
                             [](const ast::Break&) {},
                             [](const ast::Continue&) {},
                             [](const ast::ImportStmt&) {},
                         });
    }

    void call(const ast::Call& node) {
        has_demands_ = has_demands_ || is_one_of(kDemanding, node.name);
        const bool formats = is_one_of(kFormatting, node.name);
        if (!formats && !is_one_of(kTaking, node.name)) {
            // May ask for a literal, or fold what it is given.
            known([&] { all(node.arguments, false); });
            return;
        }
        for (std::size_t i = 0; i < node.arguments.size(); ++i)
            expr(*node.arguments[i], !formats || i > 0);
    }

    template <typename Node>
    void measured(const Node& node) {
        type(node.type);
        if (node.operand != nullptr) known([&] { expr(*node.operand, false); });
    }

    void type(const ast::TypeSpec* spec) {
        for (; spec != nullptr; spec = spec->of_type) {
            // sizeof(probe): to the parser it may be a type's name.
            if (spec->kind == ast::TypeSpec::Kind::named && spec->name == kName) found(false);
            if (spec->of_expr != nullptr) known([&] { expr(*spec->of_expr, false); });
        }
    }

    void all(const std::vector<const ast::Expr*>& nodes, bool may_be_text) {
        for (const ast::Expr* node : nodes)
            expr(*node, may_be_text);
    }

    /// What `inside` reads must be known while compiling, however deep it stands.
    template <typename Inside>
    void known(const Inside& inside) {
        ++known_;
        inside();
        --known_;
    }

    void found(bool may_be_text) {
        if (!may_be_text || known_ != 0)
            use_ = NameUse::constant;
        else if (use_ == NameUse::none)
            use_ = NameUse::value;
    }

    NameUse use_ = NameUse::none;
    bool has_demands_ = false;
    unsigned known_ = 0;
};

}  // namespace

NameUse name_use(const ast::Probe& probe) {
    return Reader().read(probe);
}

}  // namespace check
