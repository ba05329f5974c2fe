#include "src/typed/print.h"

#include <fmt/format.h>

namespace typed {

namespace {

std::string_view word(UnaryOp op) {
    switch (op) {
        case UnaryOp::bit_not: return "~";
        case UnaryOp::negate: return "-";
        case UnaryOp::logical_not: return "!";
    }
    return "?";
}

std::string_view word(BinaryOp op) {
    switch (op) {
        case BinaryOp::add: return "+";
        case BinaryOp::subtract: return "-";
        case BinaryOp::multiply: return "*";
        case BinaryOp::divide: return "/";
        case BinaryOp::modulo: return "%";
        case BinaryOp::bit_and: return "&";
        case BinaryOp::bit_or: return "|";
        case BinaryOp::bit_xor: return "^";
        case BinaryOp::shift_left: return "<<";
        case BinaryOp::shift_right: return ">>";
    }
    return "?";
}

std::string_view word(CompareOp op) {
    switch (op) {
        case CompareOp::equal: return "==";
        case CompareOp::not_equal: return "!=";
        case CompareOp::less: return "<";
        case CompareOp::less_equal: return "<=";
        case CompareOp::greater: return ">";
        case CompareOp::greater_equal: return ">=";
    }
    return "?";
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (byte < 0x20 || byte >= 0x7f)
            out += fmt::format("\\x{:02x}", byte);
        else
            out += c;
    }
    return out + "\"";
}

class Printer {
  public:
    explicit Printer(const Script& script) : script_(script) {}

    std::string run() {
        for (const Map& map : script_.maps)
            print_map(map);
        for (const SubProgram& function : script_.functions) {
            variables_ = &function.variables;
            line(fmt::format("fn {} -> {}", function.name, types::name_of(function.result)));
            print_variables(function.variables);
            print_block(function.body);
        }
        for (const auto& probe : script_.probes) {
            variables_ = &probe->variables;
            line("probe " + probe->name);
            print_variables(probe->variables);
            if (probe->pid_filter) inner([&] { line(fmt::format("pid {}", *probe->pid_filter)); });
            if (probe->predicate)
                inner([&] {
                    line("predicate");
                    inner([&] { print_expr(probe->predicate); });
                });
            print_block(probe->body);
        }
        return std::move(out_);
    }

  private:
    void line(std::string_view text) {
        out_.append(depth_ * 2, ' ');
        out_ += text;
        out_ += '\n';
    }
    template <typename Body>
    void inner(Body&& body) {
        ++depth_;
        body();
        --depth_;
    }

    void print_map(const Map& map) {
        std::string text = fmt::format("map {}", map.name);
        if (map.key) text += fmt::format("[{}]", types::name_of(map.key));
        text += fmt::format(": {}", map.value ? types::name_of(map.value) : "none");
        if (map.max_entries) text += fmt::format(" max {}", *map.max_entries);
        line(text);
    }

    void print_variables(const std::vector<VariableSlot>& variables) {
        inner([&] {
            for (const VariableSlot& variable : variables)
                line(fmt::format("let {}: {}{}", variable.name, types::name_of(variable.type),
                                 variable.is_captured ? " captured" : ""));
        });
    }

    void print_block(const Block& block) {
        inner([&] {
            for (const Stmt* statement : block.statements)
                print_stmt(*statement);
        });
    }

    [[nodiscard]] std::string name_of(VariableId id) const {
        return id.is_set() && id.index() < variables_->size() ? (*variables_)[id.index()].name : std::string("$?");
    }
    [[nodiscard]] std::string name_of(MapIndex id) const {
        return id.is_set() && id.index() < script_.maps.size() ? script_.maps[id.index()].name : std::string("@?");
    }

    void print_stmt(const Stmt& stmt) {
        switch (stmt.kind) {
            case StmtKind::expression: print_expr(as<ExprStmt>(stmt).expr); return;
            case StmtKind::assign_variable: {
                const auto& node = as<AssignVariable>(stmt);
                line(name_of(node.variable) + " =");
                inner([&] { print_expr(node.value); });
                return;
            }
            case StmtKind::assign_map: {
                const auto& node = as<AssignMap>(stmt);
                line(name_of(node.map) + " =");
                inner([&] {
                    print_key(node.key);
                    print_expr(node.value);
                });
                return;
            }
            case StmtKind::aggregate: {
                const auto& node = as<Aggregate>(stmt);
                line(name_of(node.call->map) + " <-");
                inner([&] { print_expr(node.call); });
                return;
            }
            case StmtKind::if_: {
                const auto& node = as<If>(stmt);
                line("if");
                inner([&] { print_expr(node.condition); });
                line("then");
                print_block(node.then);
                if (!node.otherwise.statements.empty()) {
                    line("else");
                    print_block(node.otherwise);
                }
                return;
            }
            case StmtKind::while_: {
                const auto& node = as<While>(stmt);
                line("while");
                inner([&] { print_expr(node.condition); });
                line("do");
                print_block(node.body);
                return;
            }
            case StmtKind::unroll: {
                const auto& node = as<Unroll>(stmt);
                line(fmt::format("unroll {}", node.count));
                print_block(node.body);
                return;
            }
            case StmtKind::for_range: {
                const auto& node = as<ForRange>(stmt);
                line("for " + name_of(node.variable));
                inner([&] {
                    print_expr(node.first);
                    print_expr(node.last);
                });
                line("do");
                print_block(node.body);
                return;
            }
            case StmtKind::for_map: {
                const auto& node = as<ForMap>(stmt);
                line(fmt::format("for {} in {}", name_of(node.variable), name_of(node.map)));
                print_block(node.body);
                return;
            }
            case StmtKind::clear_variable:
                line(fmt::format("clear {}", name_of(as<ClearVariable>(stmt).variable)));
                return;
            case StmtKind::break_: line("break"); return;
            case StmtKind::continue_: line("continue"); return;
            case StmtKind::return_:
                line("return");
                if (as<Return>(stmt).value) inner([&] { print_expr(as<Return>(stmt).value); });
                return;
            case StmtKind::block:
                line("block");
                print_block(as<BlockStmt>(stmt).block);
                return;
        }
    }

    void print_key(const Expr* key) {
        if (!key) return;
        line("key");
        inner([&] { print_expr(key); });
    }

    void print_expr(const Expr* expr) {
        if (!expr) {
            line("nothing");
            return;
        }
        const std::string type = " : " + types::name_of(expr->type);
        const auto with = [&](std::string_view text) { line(std::string(text) + type); };
        const auto children = [&](std::initializer_list<const Expr*> nodes) {
            inner([&] {
                for (const Expr* node : nodes)
                    print_expr(node);
            });
        };
        switch (expr->kind) {
            case ExprKind::integer: {
                const std::uint64_t value = as<Integer>(*expr).value;
                with(expr->type->is_signed ? fmt::format("{}", static_cast<std::int64_t>(value))
                                           : fmt::format("{}", value));
                return;
            }
            case ExprKind::string: with(quoted(as<String>(*expr).value)); return;
            case ExprKind::variable: with(name_of(as<Variable>(*expr).variable)); return;
            case ExprKind::map_value: {
                const auto& node = as<MapValue>(*expr);
                with(name_of(node.map));
                inner([&] { print_key(node.key); });
                return;
            }
            case ExprKind::call: {
                const auto& node = as<Call>(*expr);
                std::string text = fmt::format("call {}", node.row->name);
                for (const std::string& bare : node.words)
                    text += " " + bare;
                if (node.map.is_set()) text += " " + name_of(node.map);
                if (!node.text.empty()) text += " text " + quoted(node.text);
                if (node.number != 0) text += fmt::format(" number {}", node.number);
                with(text);
                inner([&] {
                    print_key(node.key);
                    for (const Expr* argument : node.arguments)
                        print_expr(argument);
                });
                return;
            }
            case ExprKind::argument: with("args." + as<Argument>(*expr).argument->name); return;
            case ExprKind::arguments: with("args"); return;
            case ExprKind::member: {
                const auto& node = as<MemberOf>(*expr);
                std::string text = fmt::format("member {} at {}", node.member.name, node.member.offset);
                if (node.member.bit_size > 0)
                    text += fmt::format(" bits {}+{}", node.member.bit_offset, node.member.bit_size);
                with(text);
                children({node.base});
                return;
            }
            case ExprKind::load: {
                const auto& node = as<Load>(*expr);
                const char* space = node.space == types::AddressSpace::user     ? "user"
                                    : node.space == types::AddressSpace::kernel ? "kernel"
                                                                                : "any";
                std::string text = fmt::format("load {} +{}", space, node.offset);
                if (node.is_trusted) text += " trusted";
                if (node.bit_size > 0) text += fmt::format(" bits {}+{}", node.bit_offset, node.bit_size);
                with(text);
                children({node.address});
                return;
            }
            case ExprKind::element:
                with("element");
                children({as<Element>(*expr).base, as<Element>(*expr).index});
                return;
            case ExprKind::unary:
                with(word(as<Unary>(*expr).op));
                children({as<Unary>(*expr).operand});
                return;
            case ExprKind::binary: {
                const auto& node = as<Binary>(*expr);
                with(fmt::format("{}{}", word(node.op), node.is_signed_operation ? " signed" : ""));
                children({node.left, node.right});
                return;
            }
            case ExprKind::compare: {
                const auto& node = as<Compare>(*expr);
                with(fmt::format("{}{}", word(node.op), node.is_signed_operation ? " signed" : ""));
                children({node.left, node.right});
                return;
            }
            case ExprKind::logical: {
                const auto& node = as<Logical>(*expr);
                with(node.is_and ? "&&" : "||");
                children({node.left, node.right});
                return;
            }
            case ExprKind::choose: {
                const auto& node = as<Choose>(*expr);
                with("choose");
                children({node.condition, node.then, node.otherwise});
                return;
            }
            case ExprKind::cast:
                with("cast");
                children({as<Cast>(*expr).operand});
                return;
            case ExprKind::tuple:
                with("tuple");
                inner([&] {
                    for (const Expr* element : as<Tuple>(*expr).elements)
                        print_expr(element);
                });
                return;
            case ExprKind::block: {
                const auto& node = as<BlockExpr>(*expr);
                with("block");
                print_block(node.block);
                if (node.value) children({node.value});
                return;
            }
            case ExprKind::increment: {
                const auto& node = as<Increment>(*expr);
                with(fmt::format("{} {}", node.is_prefix ? "prefix" : "postfix", node.is_decrement ? "--" : "++"));
                children({node.target});
                return;
            }
            case ExprKind::address_of:
                with("address of");
                children({as<AddressOf>(*expr).target});
                return;
            case ExprKind::function_call: {
                const auto& node = as<FunctionCall>(*expr);
                with("fn " + script_.functions[node.function.index()].name);
                inner([&] {
                    for (const Expr* argument : node.arguments)
                        print_expr(argument);
                });
                return;
            }
        }
    }

    const Script& script_;
    const std::vector<VariableSlot>* variables_ = nullptr;
    std::string out_;
    std::size_t depth_ = 0;
};

}  // namespace

std::string print(const Script& script) {
    return Printer(script).run();
}

}  // namespace typed
