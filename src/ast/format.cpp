#include "src/ast/format.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/bug.h"
#include "runtime/base/text.h"
#include "src/ast/print.h"
#include "src/ast/visit.h"

namespace ast {
namespace {

constexpr std::size_t kIndent = 2;

/// How tightly an expression binds; an operand that binds less tightly than its place needs gets parentheses.
enum class Level : std::uint8_t {
    ternary,
    logical_or,
    logical_and,
    bit_or,
    bit_xor,
    bit_and,
    equality,
    relation,
    shift,
    sum,
    product,
    unary,
    postfix,
};

Level level_of(BinaryOp op) {
    switch (op) {
        case BinaryOp::multiply:
        case BinaryOp::divide:
        case BinaryOp::modulo: return Level::product;
        case BinaryOp::add:
        case BinaryOp::subtract: return Level::sum;
        case BinaryOp::shift_left:
        case BinaryOp::shift_right: return Level::shift;
        case BinaryOp::less:
        case BinaryOp::less_equal:
        case BinaryOp::greater:
        case BinaryOp::greater_equal: return Level::relation;
        case BinaryOp::equal:
        case BinaryOp::not_equal: return Level::equality;
        case BinaryOp::bit_and: return Level::bit_and;
        case BinaryOp::bit_xor: return Level::bit_xor;
        case BinaryOp::bit_or: return Level::bit_or;
        case BinaryOp::logical_and: return Level::logical_and;
        case BinaryOp::logical_or: return Level::logical_or;
    }
    BUG("a binary operator of no kind");
}

Level level_of(const Expr& expr) {
    switch (expr.kind) {
        case ExprKind::ternary: return Level::ternary;
        case ExprKind::binary: return level_of(as<Binary>(expr).op);
        case ExprKind::unary:
        case ExprKind::cast:
        case ExprKind::comptime:
        case ExprKind::address_of: return Level::unary;
        case ExprKind::increment: return as<Increment>(expr).is_prefix ? Level::unary : Level::postfix;
        default: return Level::postfix;
    }
}

Level above(Level level) {
    return static_cast<Level>(static_cast<std::uint8_t>(level) + 1);
}

class Formatter {
  public:
    Formatter(const Script& script, const source::SourceMap& sources)
        : script_(script), whole_(sources.file(script.file).text()), comments_(script.comments) {}

    std::string run();

    // Expressions: their text is appended to the line being written.
    void operator()(const Integer& e) { out_ += e.spelling; }
    void operator()(const String& e) { out_ += slice(e.range); }
    void operator()(const Boolean& e) { out_ += e.value ? "true" : "false"; }
    void operator()(const Character& e) { out_ += slice(e.range); }
    void operator()(const Variable& e) { out_ += e.name; }
    void operator()(const Map& e) {
        out_ += e.name;
        if (e.has_key) list("[", e.keys, "]");
    }
    void operator()(const Positional& e) { out_ += fmt::format("${}", e.number); }
    void operator()(const ParameterCount&) { out_ += "$#"; }
    void operator()(const Identifier& e) { out_ += e.name; }
    void operator()(const Call& e) {
        out_ += e.name;
        if (e.has_bang) out_ += '!';
        list("(", e.arguments, ")");
    }
    void operator()(const Field& e) {
        operand(*e.base, Level::postfix);
        out_ += e.is_arrow ? "->" : ".";
        out_ += e.name;
    }
    void operator()(const TupleIndex& e) {
        operand(*e.base, Level::postfix);
        out_ += fmt::format(".{}", e.index);
    }
    void operator()(const Index& e) {
        operand(*e.base, Level::postfix);
        list("[", e.indices, "]");
    }
    void operator()(const Unary& e) {
        out_ += spelling(e.op);
        // "- -x" is not "--x", and "*(x)" stays apart from what would make "/*".
        if (e.op == UnaryOp::negate && begins_with_minus(*e.operand)) out_ += ' ';
        operand(*e.operand, Level::unary);
    }
    void operator()(const Binary& e) {
        const Level level = level_of(e.op);
        operand(*e.left, level);
        out_ += fmt::format(" {} ", spelling(e.op));
        operand(*e.right, above(level));
    }
    void operator()(const Increment& e) {
        const char* op = e.is_decrement ? "--" : "++";
        if (e.is_prefix) out_ += op;
        visit(*e.target, *this);
        if (!e.is_prefix) out_ += op;
    }
    void operator()(const Ternary& e) {
        operand(*e.condition, Level::logical_or);
        if (e.then == nullptr) {
            out_ += " ?: ";
        } else {
            out_ += " ? ";
            operand(*e.then, Level::ternary);
            out_ += " : ";
        }
        operand(*e.otherwise, Level::ternary);
    }
    void operator()(const Cast& e) {
        out_ += fmt::format("({})", type(*e.type));
        operand(*e.operand, Level::unary);
    }
    void operator()(const Tuple& e) { list("(", e.elements, e.elements.size() == 1 ? ",)" : ")"); }
    void operator()(const Record& e) {
        out_ += '(';
        for (const Record::Member& member : e.members) {
            if (&member != e.members.data()) out_ += ", ";
            out_ += fmt::format("{} = ", member.name);
            visit(*member.value, *this);
        }
        out_ += ')';
    }
    void operator()(const SizeOf& e) { of("sizeof", e.type, e.operand); }
    void operator()(const TypeInfo& e) { of("typeinfo", e.type, e.operand); }
    void operator()(const OffsetOf& e) {
        out_ += "offsetof(";
        type_or_expr(e.type, e.operand);
        const char* separator = ", ";
        for (Text name : e.path) {
            out_ += separator;
            out_ += name;
            separator = ".";
        }
        out_ += ')';
    }
    void operator()(const Comptime& e) {
        out_ += "comptime ";
        operand(*e.operand, Level::unary);
    }
    void operator()(const IfExpr& e) { if_else(e, true); }
    void operator()(const BlockExpr& e) { block(*e.block, true); }
    void operator()(const AddressOf& e) {
        out_ += '&';
        visit(*e.target, *this);
    }
    void operator()(const TypeArgument& e) { out_ += type(*e.type); }

    // Statements: without the ';' and the newline, which statement() writes.
    void operator()(const Let& s) {
        out_ += fmt::format("let {}", s.variable->name);
        if (s.type != nullptr) out_ += fmt::format(": {}", type(*s.type));
        if (s.value == nullptr) return;
        out_ += " = ";
        visit(*s.value, *this);
    }
    void operator()(const Assign& s) {
        visit(*s.target, *this);
        out_ += " = ";
        visit(*s.value, *this);
    }
    void operator()(const CompoundAssign& s) {
        visit(*s.target, *this);
        out_ += fmt::format(" {}= ", spelling(s.op));
        visit(*s.value, *this);
    }
    void operator()(const Discard& s) {
        out_ += "_ = ";
        visit(*s.value, *this);
    }
    void operator()(const While& s) { loop("while ", *s.condition, *s.body); }
    void operator()(const Unroll& s) {
        out_ += "unroll (";
        visit(*s.count, *this);
        out_ += ") ";
        block(*s.body, false);
    }
    void operator()(const ForRange& s) {
        out_ += fmt::format("for {} : ", s.variable->name);
        operand(*s.first, Level::postfix);
        out_ += "..";
        operand(*s.last, Level::postfix);
        out_ += ' ';
        block(*s.body, false);
    }
    void operator()(const ForMap& s) {
        out_ += fmt::format("for {} : {} ", s.variable->name, s.map->name);
        block(*s.body, false);
    }
    void operator()(const Break&) { out_ += "break"; }
    void operator()(const Continue&) { out_ += "continue"; }
    void operator()(const Return& s) {
        out_ += "return";
        if (s.value == nullptr) return;
        out_ += ' ';
        visit(*s.value, *this);
    }
    void operator()(const ImportStmt& s) { out_ += fmt::format("import {}", quote(s.path)); }
    void operator()(const BlockStmt& s) { block(*s.block, false); }
    void operator()(const ExprStmt& s) {
        if (s.expr->kind == ExprKind::if_) return if_else(as<IfExpr>(*s.expr), false);
        visit(*s.expr, *this);
    }

  private:
    /// A thing of the top level, in the order of the text.
    struct Item {
        Range range;
        enum class Kind : std::uint8_t { verbatim, config, import, map, macro, function, probe } kind;
        std::size_t index = 0;
    };

    [[nodiscard]] std::string_view slice(Range range) const {
        return whole_.substr(range.begin, range.end - range.begin);
    }
    [[nodiscard]] std::vector<Item> items() const;
    void item(const Item& item);
    void probe(const Probe& probe);
    void head(std::string_view word, Text name);

    void indent() { out_.append(depth_ * kIndent, ' '); }
    void list(std::string_view open, const std::vector<const Expr*>& exprs, std::string_view close);
    void of(std::string_view word, const TypeSpec* type, const Expr* operand);
    void type_or_expr(const TypeSpec* type, const Expr* expr);
    [[nodiscard]] std::string type(const TypeSpec& type);
    void operand(const Expr& expr, Level least);
    [[nodiscard]] bool has_parentheses(const Expr& expr) const;
    [[nodiscard]] static bool begins_with_minus(const Expr& expr);

    void if_else(const IfExpr& expr, bool is_value);
    void loop(std::string_view word, const Expr& condition, const Block& body);
    void block(const Block& block, bool is_value);
    void body_of_item(const Block& block, bool is_value);
    void block_lines(const Block& block, bool is_value);
    template <typename Write>
    void line(Range range, std::string_view end, Write write);

    [[nodiscard]] bool has_blank_line(std::uint32_t begin, std::uint32_t end) const;
    [[nodiscard]] bool is_on_line_of_code(const Comment& comment) const;
    void space_before(std::uint32_t begin);
    void comment_lines(const Comment& comment);
    void comments_before(std::uint32_t offset);
    void comment_behind(std::uint32_t end);

    const Script& script_;
    std::string_view whole_;
    const std::vector<Comment>& comments_;
    std::size_t next_comment_ = 0;
    std::string out_;
    std::size_t depth_ = 0;
    std::optional<std::uint32_t> last_end_;  ///< in the text, of what was written last in this block
};

// ---- comments and blank lines -------------------------------------------------------------------------------------

bool Formatter::has_blank_line(std::uint32_t begin, std::uint32_t end) const {
    std::size_t newlines = 0;
    for (std::size_t at = begin; at < end && at < whole_.size(); at++) {
        if (whole_[at] == '\n') newlines++;
        if (whole_[at] != '\n' && whole_[at] != ' ' && whole_[at] != '\t' && whole_[at] != '\r') newlines = 0;
        if (newlines == 2) return true;
    }
    return false;
}

// One blank line if the script had some before this byte; none at the start of a block.
void Formatter::space_before(std::uint32_t begin) {
    if (last_end_ && has_blank_line(*last_end_, begin)) out_ += '\n';
}

void Formatter::comment_lines(const Comment& comment) {
    std::string_view text = slice(comment.range);
    const bool is_block = text.starts_with("/*");
    text.remove_prefix(2);
    if (is_block && text.ends_with("*/")) text.remove_suffix(2);
    const std::vector<std::string_view> lines = base::split(text, '\n');
    for (std::size_t i = 0; i < lines.size(); i++) {
        std::string_view words = base::trim(lines[i]);
        if (is_block) {
            // The frame of stars is not part of what is said.
            while (words.starts_with('*'))
                words.remove_prefix(1);
            words = base::trim(words);
            if (words.empty() && (i == 0 || i + 1 == lines.size()) && lines.size() > 1) continue;
        } else {
            // Indentation behind the slashes is the writer's.
            words = std::string_view(lines[i].data(), lines[i].size());
            while (!words.empty() && (words.back() == ' ' || words.back() == '\r' || words.back() == '\t'))
                words.remove_suffix(1);
        }
        indent();
        out_ += "//";
        if (is_block && !words.empty()) out_ += ' ';
        if (!is_block && !words.empty() && base::is_name_char(words.front())) out_ += ' ';
        out_ += words;
        out_ += '\n';
    }
    last_end_ = comment.range.end;
}

void Formatter::comments_before(std::uint32_t offset) {
    for (; next_comment_ < comments_.size() && comments_[next_comment_].range.begin < offset; next_comment_++) {
        space_before(comments_[next_comment_].range.begin);
        comment_lines(comments_[next_comment_]);
    }
}

bool Formatter::is_on_line_of_code(const Comment& comment) const {
    const std::string_view text = slice(comment.range);
    if (text.find('\n') != std::string_view::npos) return false;
    const char next = comment.range.end < whole_.size() ? whole_[comment.range.end] : '\n';
    return next == '\n' || next == '\r';
}

// A comment that stands last on the line where the thing before it ended stays there.
void Formatter::comment_behind(std::uint32_t end) {
    if (next_comment_ >= comments_.size()) return;
    const Comment& comment = comments_[next_comment_];
    if (comment.range.begin < end || !is_on_line_of_code(comment)) return;
    const std::string_view between = whole_.substr(end, comment.range.begin - end);
    if (between.find_first_not_of(" \t;,") != std::string_view::npos) return;
    const std::size_t depth = std::exchange(depth_, 0);
    out_ += ' ';
    comment_lines(comment);
    out_.pop_back();
    depth_ = depth;
    next_comment_++;
}

// ---- expressions

void Formatter::list(std::string_view open, const std::vector<const Expr*>& exprs, std::string_view close) {
    out_ += open;
    for (const Expr* expr : exprs) {
        if (expr != exprs.front()) out_ += ", ";
        visit(*expr, *this);
    }
    out_ += close;
}

void Formatter::type_or_expr(const TypeSpec* spec, const Expr* expr) {
    if (spec != nullptr) {
        out_ += type(*spec);
    } else if (expr->kind == ExprKind::identifier) {
        // sizeof((x)): without its parentheses the word would be a type.
        out_ += fmt::format("({})", as<Identifier>(*expr).name);
    } else {
        visit(*expr, *this);
    }
}

void Formatter::of(std::string_view word, const TypeSpec* spec, const Expr* expr) {
    out_ += word;
    out_ += '(';
    type_or_expr(spec, expr);
    out_ += ')';
}

std::string Formatter::type(const TypeSpec& spec) {
    if (spec.kind != TypeSpec::Kind::type_of) return print(spec);
    const std::string saved = std::exchange(out_, {});
    of("typeof", spec.of_type, spec.of_expr);
    std::string text = std::exchange(out_, saved);
    TypeSpec modifiers;
    modifiers.modifiers = spec.modifiers;
    return text + print(modifiers);
}

// The script's own parentheses around an operand: nothing but the operand stands between them.
bool Formatter::has_parentheses(const Expr& expr) const {
    const Range range = extent(expr);
    std::size_t before = range.begin;
    while (before > 0 && (whole_[before - 1] == ' ' || whole_[before - 1] == '\t' || whole_[before - 1] == '\n'))
        before--;
    std::size_t behind = range.end;
    while (behind < whole_.size() && (whole_[behind] == ' ' || whole_[behind] == '\t' || whole_[behind] == '\n'))
        behind++;
    return before > 0 && whole_[before - 1] == '(' && behind < whole_.size() && whole_[behind] == ')';
}

void Formatter::operand(const Expr& expr, Level least) {
    const Level level = level_of(expr);
    const bool is_needed = level < least;
    const bool is_kept = (expr.kind == ExprKind::binary || expr.kind == ExprKind::ternary) && has_parentheses(expr);
    if (!is_needed && !is_kept) return visit(expr, *this);
    out_ += '(';
    visit(expr, *this);
    out_ += ')';
}

bool Formatter::begins_with_minus(const Expr& expr) {
    if (expr.kind == ExprKind::unary) return as<Unary>(expr).op == UnaryOp::negate;
    return expr.kind == ExprKind::increment && as<Increment>(expr).is_prefix && as<Increment>(expr).is_decrement;
}

// ---- statements

void Formatter::if_else(const IfExpr& expr, bool is_value) {
    out_ += "if ";
    operand(*expr.condition, Level::unary);
    out_ += ' ';
    block(*expr.then, is_value);
    if (expr.otherwise == nullptr) return;
    out_ += " else ";
    // else if: a block that is nothing but the inner if.
    const Block& otherwise = *expr.otherwise;
    const Expr* inner = otherwise.value;
    if (inner == nullptr && otherwise.statements.size() == 1 &&
        otherwise.statements.front()->kind == StmtKind::expression)
        inner = as<ExprStmt>(*otherwise.statements.front()).expr;
    if (inner != nullptr && inner->kind == ExprKind::if_ && inner->range.begin == otherwise.range.begin)
        return if_else(as<IfExpr>(*inner), is_value);
    block(otherwise, is_value);
}

void Formatter::loop(std::string_view word, const Expr& condition, const Block& body) {
    out_ += word;
    operand(condition, Level::unary);
    out_ += ' ';
    block(body, false);
}

// A line of a block; write gives it without its end.
template <typename Write>
void Formatter::line(Range range, std::string_view end, Write write) {
    // A comment in the middle of a statement goes above it, one in a nested block stays there.
    const bool has_block = slice(range).find('{') != std::string_view::npos;
    comments_before(has_block ? range.begin : range.end);
    space_before(range.begin);
    indent();
    write();
    out_ += end;
    last_end_ = range.end;
    comment_behind(range.end);
    out_ += '\n';
}

bool ends_with_block(const Stmt& stmt) {
    switch (stmt.kind) {
        case StmtKind::while_:
        case StmtKind::unroll:
        case StmtKind::for_range:
        case StmtKind::for_map:
        case StmtKind::block: return true;
        case StmtKind::expression: return as<ExprStmt>(stmt).expr->kind == ExprKind::if_;
        default: return false;
    }
}

void Formatter::block_lines(const Block& block, bool is_value) {
    const std::optional<std::uint32_t> outer_end = std::exchange(last_end_, std::nullopt);
    depth_++;
    for (const Stmt* stmt : block.statements)
        line(stmt->range, ends_with_block(*stmt) ? "" : ";", [&] { visit(*stmt, *this); });
    if (block.value != nullptr) {
        // Thrown away it is a statement like the others: with a ';'.
        const Expr& value = *block.value;
        const bool is_blocklike = value.kind == ExprKind::if_ || value.kind == ExprKind::block;
        line(extent(value), is_value || is_blocklike ? "" : ";", [&] {
            if (value.kind == ExprKind::if_) return if_else(as<IfExpr>(value), is_value);
            if (value.kind == ExprKind::block) return this->block(*as<BlockExpr>(value).block, is_value);
            visit(value, *this);
        });
    }
    comments_before(block.range.end);
    depth_--;
    last_end_ = outer_end;
}

void Formatter::block(const Block& block, bool is_value) {
    // Comments before the brace would end up inside: they belong to what the block belongs to, so that is fine.
    const bool has_comment = next_comment_ < comments_.size() && comments_[next_comment_].range.begin < block.range.end;
    if (block.statements.empty() && block.value == nullptr && !has_comment) {
        out_ += "{}";
        return;
    }
    out_ += "{\n";
    block_lines(block, is_value);
    indent();
    out_ += '}';
}

// ---- top level

std::vector<Formatter::Item> Formatter::items() const {
    std::vector<Item> all;
    const auto add = [&all](const auto& list, Item::Kind kind) {
        for (std::size_t i = 0; i < list.size(); i++)
            all.push_back({list[i].range, kind, i});
    };
    if (script_.shebang) all.push_back({*script_.shebang, Item::Kind::verbatim, 0});
    add(script_.c_definitions, Item::Kind::verbatim);
    if (script_.config_range) all.push_back({*script_.config_range, Item::Kind::config, 0});
    add(script_.imports, Item::Kind::import);
    add(script_.map_declarations, Item::Kind::map);
    add(script_.macros, Item::Kind::macro);
    add(script_.functions, Item::Kind::function);
    add(script_.probes, Item::Kind::probe);
    std::stable_sort(all.begin(), all.end(),
                     [](const Item& a, const Item& b) { return a.range.begin < b.range.begin; });
    return all;
}

void Formatter::body_of_item(const Block& body, bool is_value) {
    out_ += '\n';
    block(body, is_value);
}

void Formatter::head(std::string_view word, Text name) {
    out_ += fmt::format("{} {}(", word, name);
}

void Formatter::probe(const Probe& probe) {
    for (const AttachPoint& point : probe.attach_points) {
        if (&point != probe.attach_points.data()) out_ += ",\n";
        if (!point.name.empty()) out_ += fmt::format("{}=", point.name);
        out_ += point.text;
    }
    if (probe.predicate != nullptr) {
        out_ += "\n/";
        const std::size_t begin = out_.size();
        visit(*probe.predicate, *this);
        if (out_[begin] == '*') out_.insert(begin, 1, ' ');  // together they would begin a comment
        out_ += '/';
    }
    body_of_item(*probe.body, false);
}

void Formatter::item(const Item& item) {
    switch (item.kind) {
        case Item::Kind::verbatim: {
            // A backslash at the end of the text joins nothing; with more lines behind it, it would.
            const std::string_view text = slice(item.range);
            out_ += text.substr(0, text.find_last_not_of("\\\r\n") + 1);
            break;
        }
        case Item::Kind::config:
            out_ += "config = {\n";
            depth_++;
            last_end_.reset();
            for (const ConfigEntry& entry : script_.config)
                line(entry.range, ";", [&] { out_ += fmt::format("{} = {}", entry.name, slice(entry.value_range)); });
            comments_before(item.range.end);
            depth_--;
            out_ += '}';
            break;
        case Item::Kind::import: out_ += fmt::format("import {};", quote(script_.imports[item.index].path)); break;
        case Item::Kind::map: {
            const MapDeclaration& map = script_.map_declarations[item.index];
            out_ += fmt::format("let {} = {}({});", map.name, map.type, map.max_entries);
            break;
        }
        case Item::Kind::macro: {
            const Macro& macro = script_.macros[item.index];
            head("macro", macro.name);
            for (const MacroParameter& parameter : macro.parameters) {
                if (&parameter != macro.parameters.data()) out_ += ", ";
                out_ += parameter.name;
            }
            out_ += ')';
            body_of_item(*macro.body, true);
            break;
        }
        case Item::Kind::function: {
            const Function& function = script_.functions[item.index];
            head("fn", function.name);
            for (const FunctionParameter& parameter : function.parameters) {
                if (&parameter != function.parameters.data()) out_ += ", ";
                out_ += fmt::format("{}: {}", parameter.variable->name, type(*parameter.type));
            }
            out_ += fmt::format("): {}", type(*function.result));
            body_of_item(*function.body, true);
            break;
        }
        case Item::Kind::probe: probe(script_.probes[item.index]); break;
    }
}

std::string Formatter::run() {
    for (const Item& next : items()) {
        // Comments in the head of a probe have no line of their own there.
        std::uint32_t head_end = next.range.begin;
        if (next.kind == Item::Kind::probe) head_end = script_.probes[next.index].body->range.begin;
        if (next.kind == Item::Kind::macro) head_end = script_.macros[next.index].body->range.begin;
        if (next.kind == Item::Kind::function) head_end = script_.functions[next.index].body->range.begin;
        comments_before(head_end);
        space_before(next.range.begin);
        item(next);
        last_end_ = next.range.end;
        comment_behind(next.range.end);
        out_ += '\n';
    }
    comments_before(static_cast<std::uint32_t>(whole_.size()) + 1);
    return std::move(out_);
}

}  // namespace

std::string format(const Script& script, const source::SourceMap& sources) {
    return Formatter(script, sources).run();
}

}  // namespace ast
