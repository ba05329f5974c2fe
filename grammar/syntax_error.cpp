// Parser::report_syntax_error: which sentence a token gets that does not fit. Asked by the generated parser, which
// shows its stack (symbol 0 is the last one read) and, through LAC, exactly the tokens that could have come instead.
//
// The sentences are those users of the language know: first by the last symbol ("expected variable after 'let'"), then
// "expected expression" where an operand should begin, else what would close the innermost thing that is open.
#include <fmt/format.h>

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <utility>

#include "grammar/parser.hpp"
#include "grammar/syntax_hints.h"
#include "grammar/token_reader.h"

namespace grammar {
namespace {

using Kinds = Parser::symbol_kind;
using Kind = Parser::symbol_kind_type;

class Acceptable {
  public:
    explicit Acceptable(const Parser::context& context) {
        std::array<Kind, Kinds::YYNTOKENS> list{};
        const int count = context.expected_tokens(list.data(), Kinds::YYNTOKENS);
        for (int i = 0; i < count; i++)
            set_.set(static_cast<std::size_t>(list[static_cast<std::size_t>(i)]));
    }
    [[nodiscard]] bool has(Kind kind) const { return set_.test(static_cast<std::size_t>(kind)); }
    /// The only one, if there is only one.
    [[nodiscard]] std::optional<Kind> only() const {
        if (set_.count() != 1) return std::nullopt;
        for (std::size_t i = 0; i < set_.size(); i++)
            if (set_.test(i)) return static_cast<Kind>(i);
        return std::nullopt;
    }
    [[nodiscard]] bool has_operand() const { return has(Kinds::S_VARIABLE) && has(Kinds::S_INTEGER); }

  private:
    std::bitset<Kinds::YYNTOKENS> set_;
};

std::string quoted(Kind kind) {
    return fmt::format("expected '{}'", Parser::symbol_name(kind));
}

// What ends the thing this symbol opens; empty if it opens none.
std::string closer(Kind kind) {
    switch (kind) {
        case Kinds::S_LPAREN:
        case Kinds::S_LPAREN_CAST:
        case Kinds::S_LPAREN_TYPE: return "expected ')'";
        case Kinds::S_LBRACKET: return "expected ']'";
        case Kinds::S_LBRACE:
        case Kinds::S_LBRACE_STATEMENT:
        case Kinds::S_ROOT_IMPORT: return "expected ';'";
        case Kinds::S_PREDICATE_OPEN: return "expected '/' to close predicate";
        case Kinds::S_IF:
        case Kinds::S_IF_STATEMENT:
        case Kinds::S_ELSE:
        case Kinds::S_WHILE:
        case Kinds::S_UNROLL:
        case Kinds::S_FOR:
        case Kinds::S_MACRO:
        case Kinds::S_FN:
        case Kinds::S_CONFIG:
        case Kinds::S_ATTACH_POINT:
        case Kinds::S_attach_point_list:
        case Kinds::S_attach_points: return "expected '{'";
        default: return {};
    }
}

}  // namespace

void Parser::report_syntax_error(const context& found) const {
    const auto symbol = [&](std::size_t back) {
        const auto index = static_cast<stack_type::index_type>(back);
        return index < yystack_.size() ? yystack_[index].kind() : Kinds::S_YYEMPTY;
    };
    const std::size_t depth = static_cast<std::size_t>(yystack_.size());
    const Acceptable acceptable(found);
    const Kind last = symbol(0);
    const bool is_end = found.token() == Kinds::S_YYEOF;
    source::Range at = found.location();

    const auto message = [&]() -> std::string {
        switch (last) {
            case Kinds::S_LET: return "expected variable after 'let'";
            case Kinds::S_ROOT_LET:
                at = yystack_[0].location;
                return "root-level let statements need to be map declarations, e.g. let @a = hash(2);";
            case Kinds::S_MACRO: return "expected macro name";
            case Kinds::S_FN: return "expected function name";
            case Kinds::S_DOT: return "expected field name after '.'";
            case Kinds::S_ARROW: return "expected field name after '->'";
            case Kinds::S_FOR: return "expected variable in for loop";
            case Kinds::S_ROOT_IMPORT:
            case Kinds::S_IMPORT: return "expected string after 'import'";
            case Kinds::S_LPAREN:
                if (symbol(1) == Kinds::S_FOR) return "expected variable in for loop";
                if (symbol(3) == Kinds::S_ROOT_LET || symbol(4) == Kinds::S_ROOT_LET)
                    return "expected positive integer for map declaration max entries";
                break;
            case Kinds::S_ASSIGN:
                if (symbol(2) == Kinds::S_ROOT_LET) return "expected map type name";
                if (acceptable.has(Kinds::S_STRING) && !acceptable.has_operand()) return "expected config value";
                break;
            default: break;
        }

        if (acceptable.has(Kinds::S_ATTACH_POINT)) return "expected attach point";
        if (acceptable.has_operand())
            return is_end && acceptable.has(Kinds::S_RBRACE) ? "expected '}'" : "expected expression";
        // Prefix operators that take a name only; their binary namesakes would take any operand.
        if (last == Kinds::S_AMPERSAND) return "address-of operator (&) can only be used on a map or variable";
        if ((last == Kinds::S_INCREMENT || last == Kinds::S_DECREMENT) && acceptable.has(Kinds::S_VARIABLE))
            return "increment/decrement requires a variable or map";
        if (acceptable.has(Kinds::S_VARIABLE) && acceptable.has(Kinds::S_MAP))
            return "expected macro argument ($var, @map, or identifier)";
        if (acceptable.has(Kinds::S_VARIABLE)) return "expected function argument ($var)";
        if (acceptable.has(Kinds::S_STRUCT)) return "expected type name";
        if (acceptable.has(Kinds::S_RANGE) && last != Kinds::S_MAP) return "expected map or range in for loop";
        if (const auto only = acceptable.only()) {
            if (*only == Kinds::S_IDENTIFIER) return "expected identifier";
            if (*only == Kinds::S_PREDICATE_CLOSE) return closer(Kinds::S_PREDICATE_OPEN);
            return quoted(*only);
        }
        if (last == Kinds::S_LBRACE && acceptable.has(Kinds::S_RBRACE)) return quoted(Kinds::S_RBRACE);

        // A "?" whose ":" does not come is itself what does not fit: "$a ? 1;" lacks its ';' before the "?".
        std::size_t closed = 0, colons = 0;
        for (std::size_t back = 0; back < depth; back++) {
            const Kind kind = symbol(back);
            if (kind == Kinds::S_RPAREN || kind == Kinds::S_RBRACKET || kind == Kinds::S_RBRACE) closed++;
            if (closed == 0 && kind == Kinds::S_COLON) colons++;
            if (closed == 0 && kind == Kinds::S_QUESTION) {
                if (colons > 0) {
                    colons--;
                } else {
                    at = yystack_[static_cast<stack_type::index_type>(back)].location;
                }
            }
            const std::string close = closer(kind);
            if (close.empty()) continue;
            const bool is_bracket = kind == Kinds::S_LPAREN || kind == Kinds::S_LPAREN_CAST ||
                                    kind == Kinds::S_LPAREN_TYPE || kind == Kinds::S_LBRACKET ||
                                    kind == Kinds::S_LBRACE || kind == Kinds::S_LBRACE_STATEMENT;
            if (!is_bracket || closed == 0) return close;
            closed--;
        }
        return "expected attach point";
    }();
    auto added = diagnostics.add(source::DiagnosticKind::syntax, at, "syntax: " + message);
    if (std::string hint = syntax_hint(reader.script(), at.begin, message); !hint.empty()) added.hint(std::move(hint));
}

// Required by the skeleton; everything that goes wrong is reported above or by the token reader.
void Parser::error(const location_type& /*at*/, const std::string& /*message*/) {}

}  // namespace grammar
