#include "src/ast/print.h"

#include <fmt/format.h>

#include "src/ast/visit.h"

namespace ast {
namespace {

class Printer {
  public:
    void script(const Script& script);
    void operator()(const Expr& expr) { visit(expr, *this); }

    // Leaves
    void operator()(const Integer& e) { line("integer {}{}", e.value, e.is_duration ? " duration" : ""); }
    void operator()(const String& e) { line("string {}", quote(e.value)); }
    void operator()(const Boolean& e) { line("boolean {}", e.value); }
    void operator()(const Character& e) { line("character {}", static_cast<int>(e.value)); }
    void operator()(const Variable& e) { line("variable {}", e.name); }
    void operator()(const Positional& e) { line("positional {}", e.number); }
    void operator()(const ParameterCount&) { line("parameter_count"); }
    void operator()(const Identifier& e) { line("identifier {}", e.name); }
    void operator()(const TypeArgument& e) { line("type_argument {}", print(*e.type)); }

    // With children
    void operator()(const Map& e) { node(fmt::format("map {}", e.name), e.keys); }
    void operator()(const Call& e) { node(fmt::format("call {}{}", e.name, e.has_bang ? "!" : ""), e.arguments); }
    void operator()(const Field& e) { node(fmt::format("field {}{}", e.is_arrow ? "->" : ".", e.name), {e.base}); }
    void operator()(const TupleIndex& e) { node(fmt::format("tuple_index {}", e.index), {e.base}); }
    void operator()(const Index& e) {
        std::vector<const Expr*> children{e.base};
        children.insert(children.end(), e.indices.begin(), e.indices.end());
        node("index", children);
    }
    void operator()(const Unary& e) { node(fmt::format("unary {}", spelling(e.op)), {e.operand}); }
    void operator()(const Binary& e) { node(fmt::format("binary {}", spelling(e.op)), {e.left, e.right}); }
    void operator()(const Increment& e) {
        node(fmt::format("{} {}", e.is_prefix ? "prefix" : "postfix", e.is_decrement ? "--" : "++"), {e.target});
    }
    void operator()(const Ternary& e) {
        if (e.then == nullptr) return node("ternary ?:", {e.condition, e.otherwise});
        node("ternary", {e.condition, e.then, e.otherwise});
    }
    void operator()(const Cast& e) { node(fmt::format("cast {}", print(*e.type)), {e.operand}); }
    void operator()(const Tuple& e) { node("tuple", e.elements); }
    void operator()(const Record& e) {
        line("record");
        const Deeper deeper(*this);
        for (const Record::Member& member : e.members)
            node(fmt::format("member {}", member.name), {member.value});
    }
    void operator()(const SizeOf& e) { of("sizeof", e.type, e.operand); }
    void operator()(const TypeInfo& e) { of("typeinfo", e.type, e.operand); }
    void operator()(const OffsetOf& e) {
        std::string path;
        for (Text name : e.path)
            path += fmt::format(".{}", name);
        of(fmt::format("offsetof {}", path), e.type, e.operand);
    }
    void operator()(const Comptime& e) { node("comptime", {e.operand}); }
    void operator()(const IfExpr& e) {
        node("if", {e.condition});
        const Deeper deeper(*this);
        block("then", *e.then);
        if (e.otherwise != nullptr) block("else", *e.otherwise);
    }
    void operator()(const BlockExpr& e) { block("block", *e.block); }
    void operator()(const AddressOf& e) { node("address_of", {e.target}); }

    // Statements
    void operator()(const Let& s) {
        line("let {}{}", s.variable->name, s.type == nullptr ? "" : ": " + print(*s.type));
        if (s.value != nullptr) child(*s.value);
    }
    void operator()(const Assign& s) { node("assign", {s.target, s.value}); }
    void operator()(const CompoundAssign& s) { node(fmt::format("assign {}=", spelling(s.op)), {s.target, s.value}); }
    void operator()(const Discard& s) { node("discard", {s.value}); }
    void operator()(const While& s) { loop("while", {s.condition}, *s.body); }
    void operator()(const Unroll& s) { loop("unroll", {s.count}, *s.body); }
    void operator()(const ForRange& s) {
        loop(fmt::format("for {} in range", s.variable->name), {s.first, s.last}, *s.body);
    }
    void operator()(const ForMap& s) { loop(fmt::format("for {} in {}", s.variable->name, s.map->name), {}, *s.body); }
    void operator()(const Break&) { line("break"); }
    void operator()(const Continue&) { line("continue"); }
    void operator()(const Return& s) {
        line("return");
        if (s.value != nullptr) child(*s.value);
    }
    void operator()(const ImportStmt& s) { line("import {}", quote(s.path)); }
    void operator()(const BlockStmt& s) { block("block", *s.block); }
    void operator()(const ExprStmt& s) { visit(*s.expr, *this); }

    std::string take() { return std::move(text_); }

  private:
    struct Deeper {
        explicit Deeper(Printer& printer) : printer_(printer) { printer_.indent_ += 2; }
        ~Deeper() { printer_.indent_ -= 2; }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;
        Printer& printer_;
    };

    template <typename... Arguments>
    void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
        text_.append(indent_, ' ');
        fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
        text_ += '\n';
    }
    void child(const Expr& expr) {
        const Deeper deeper(*this);
        visit(expr, *this);
    }
    void node(std::string_view head, const std::vector<const Expr*>& children) {
        line("{}", head);
        for (const Expr* expr : children)
            child(*expr);
    }
    void of(std::string_view head, const TypeSpec* type, const Expr* operand) {
        if (type != nullptr) return line("{} {}", head, print(*type));
        node(head, {operand});
    }
    void loop(std::string_view head, const std::vector<const Expr*>& children, const Block& body) {
        node(head, children);
        const Deeper deeper(*this);
        block("do", body);
    }
    void block(std::string_view head, const Block& block) {
        line("{}", head);
        const Deeper deeper(*this);
        for (const Stmt* stmt : block.statements)
            visit(*stmt, *this);
        if (block.value == nullptr) return;
        line("value");
        child(*block.value);
    }

    std::string text_;
    std::size_t indent_ = 0;
};

void Printer::script(const Script& script) {
    for (const CDefinition& definition : script.c_definitions)
        line("c {}", quote(definition.text));
    for (const ConfigEntry& entry : script.config) {
        const bool is_string = entry.kind == ConfigEntry::Kind::string;
        line("config {} = {}", entry.name, is_string ? quote(entry.value) : std::string(entry.value));
    }
    for (const Import& import : script.imports)
        line("import {}", quote(import.path));
    for (const MapDeclaration& map : script.map_declarations)
        line("map {} = {}({})", map.name, map.type, map.max_entries);
    for (const Macro& macro : script.macros) {
        std::string parameters;
        for (const MacroParameter& parameter : macro.parameters)
            parameters += fmt::format("{}{}", parameters.empty() ? "" : ", ", parameter.name);
        line("macro {}({})", macro.name, parameters);
        const Deeper deeper(*this);
        block("block", *macro.body);
    }
    for (const Function& function : script.functions) {
        std::string parameters;
        for (const FunctionParameter& parameter : function.parameters)
            parameters += fmt::format("{}{}: {}", parameters.empty() ? "" : ", ", parameter.variable->name,
                                      print(*parameter.type));
        line("fn {}({}): {}", function.name, parameters, print(*function.result));
        const Deeper deeper(*this);
        block("block", *function.body);
    }
    for (const Probe& probe : script.probes) {
        line("probe");
        const Deeper deeper(*this);
        for (const AttachPoint& point : probe.attach_points)
            line("at {}{}{}", point.name, point.name.empty() ? "" : "=", point.text);
        if (probe.predicate != nullptr) node("predicate", {probe.predicate});
        block("block", *probe.body);
    }
}

std::string one_line(const Expr& expr) {
    std::string text = print(expr);
    while (text.ends_with('\n'))
        text.pop_back();
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) {
        const std::size_t next = text.find_first_not_of(' ', at + 1);
        text.replace(at, next - at, " ");
    }
    return text;
}

}  // namespace

std::string print(const Script& script) {
    Printer printer;
    printer.script(script);
    return printer.take();
}

std::string print(const Expr& expr) {
    Printer printer;
    printer(expr);
    return printer.take();
}

std::string print(const TypeSpec& type) {
    std::string text;
    switch (type.kind) {
        case TypeSpec::Kind::named: text = type.name; break;
        case TypeSpec::Kind::structure: text = fmt::format("struct {}", type.name); break;
        case TypeSpec::Kind::union_: text = fmt::format("union {}", type.name); break;
        case TypeSpec::Kind::enumeration: text = fmt::format("enum {}", type.name); break;
        case TypeSpec::Kind::type_of:
            text = fmt::format("typeof({})", type.of_type != nullptr ? print(*type.of_type) : one_line(*type.of_expr));
            break;
    }
    for (const TypeSpec::Modifier& modifier : type.modifiers) {
        if (!modifier.is_pointer) {
            text += modifier.count ? fmt::format("[{}]", *modifier.count) : "[]";
        } else {
            text += text.ends_with('*') ? "*" : " *";
        }
    }
    return text;
}

std::string quote(std::string_view text) {
    std::string quoted = "\"";
    for (char c : text) {
        switch (c) {
            case '\n': quoted += "\\n"; break;
            case '\t': quoted += "\\t"; break;
            case '\r': quoted += "\\r"; break;
            case '"': quoted += "\\\""; break;
            case '\\': quoted += "\\\\"; break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
                    quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
                } else {
                    quoted += c;
                }
        }
    }
    return quoted + '"';
}

}  // namespace ast
