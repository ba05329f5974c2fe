#include "grammar/token_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "grammar/lexer.hpp"
#include "grammar/literals.h"
#include "runtime/base/text.h"

grammar::Parser::symbol_type bpfline_lex(void* lexer);

namespace grammar {
namespace {

using Kinds = Parser::symbol_kind;
using source::DiagnosticKind;

/// Names of types that no value can have: written in parentheses they are always a cast.
constexpr std::array<std::string_view, 16> kTypeNames{"int8",   "int16",  "int32",  "int64",  "uint8", "uint16",
                                                      "uint32", "uint64", "bool",   "string", "char",  "short",
                                                      "int",    "long",   "size_t", "void"};

constexpr std::array<std::string_view, 4> kDefinitionWords{"struct", "union", "enum", "typedef"};

template <std::size_t count>
bool is_one_of(std::string_view word, const std::array<std::string_view, count>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

TokenReader::TokenReader(program::FileId file, const source::SourceFile& source, ast::TreeBuilder& build,
                         source::Diagnostics& diagnostics, const NameOracle& names)
    : file_(file), script_(source.text()), build_(build), diagnostics_(diagnostics), names_(names) {
    bpfline_yylex_init_extra(this, &lexer_);
    bpfline_yy_scan_bytes(script_.data(), static_cast<int>(script_.size()), lexer_);
}

TokenReader::~TokenReader() {
    bpfline_yylex_destroy(lexer_);
}

Range TokenReader::range() const {
    return Range{file_, static_cast<std::uint32_t>(begin_), static_cast<std::uint32_t>(end_)};
}

// ---- following the script -------------------------------------------------------------------------------------------

Parser::symbol_type TokenReader::next() {
    if (!build_.is_sound()) return Parser::make_YYerror(range());
    Parser::symbol_type symbol = bpfline_lex(lexer_);
    if (!follow(symbol.kind(), symbol.location)) return Parser::make_YYerror(range());
    return symbol;
}

void TokenReader::enter(Mode mode, Item item) {
    mode_ = mode;
    item_ = item;
    if (mode == Mode::root) open_.clear();
}

bool TokenReader::follow_root(Kind kind, Range at) {
    const auto refuse = [&](std::string_view message) {
        fault(DiagnosticKind::section_order, at, message);
        return false;
    };
    is_macro_head_ = kind == Kinds::S_MACRO;
    switch (kind) {
        case Kinds::S_C_DEFINITION:
            if (!has_items_) return true;
            // The blanks behind a definition belong to it.
            while (char_at(at.end) == ' ' || char_at(at.end) == '\t')
                at.end++;
            return refuse("C definitions must appear before probes and functions");
        case Kinds::S_CONFIG:
            if (has_items_) return refuse("config must appear before probes and functions");
            if (has_config_) return refuse("duplicate config block");
            has_config_ = true;
            enter(Mode::body, Item::block);
            return true;
        case Kinds::S_ROOT_IMPORT:
            if (has_items_) return refuse("root imports must appear before probes and functions");
            enter(Mode::body, Item::import);
            return true;
        case Kinds::S_ROOT_LET:
            has_items_ = true;
            enter(Mode::body, Item::map_declaration);
            return true;
        case Kinds::S_MACRO:
        case Kinds::S_FN:
            has_items_ = true;
            enter(Mode::body, Item::block);
            return true;
        case Kinds::S_ATTACH_POINT:
            has_items_ = true;
            enter(Mode::after_target, Item::block);
            return true;
        default: return true;
    }
}

bool TokenReader::follow(Kind kind, Range at) {
    if (mode_ == Mode::root && kind != Kinds::S_LBRACE) {
        previous_ = kind;
        return follow_root(kind, at);
    }
    bool closes_cast = false;
    switch (kind) {
        case Kinds::S_ATTACH_POINT: enter(Mode::after_target, Item::block); break;
        case Kinds::S_COMMA:
            if (mode_ == Mode::after_target) enter(Mode::target, Item::block);
            break;
        case Kinds::S_PREDICATE_OPEN: enter(Mode::body, Item::predicate); break;
        case Kinds::S_PREDICATE_CLOSE: enter(Mode::after_target, Item::block); break;
        case Kinds::S_LPAREN:
        case Kinds::S_LPAREN_TYPE: open_.push_back(Bracket::plain); break;
        case Kinds::S_LPAREN_CAST: open_.push_back(Bracket::cast); break;
        case Kinds::S_LBRACKET: open_.push_back(Bracket::plain); break;
        case Kinds::S_LBRACE:
        case Kinds::S_LBRACE_STATEMENT:
            if (mode_ != Mode::body) enter(Mode::body, Item::block);
            is_macro_head_ = false;
            open_.push_back(Bracket::plain);
            break;
        case Kinds::S_RPAREN:
        case Kinds::S_RBRACKET:
        case Kinds::S_RBRACE:
            // One too many stays where it is: the parser refuses it.
            if (open_.empty()) break;
            closes_cast = open_.back() == Bracket::cast;
            open_.pop_back();
            if (!open_.empty()) break;
            if (kind == Kinds::S_RBRACE && item_ == Item::block) enter(Mode::root, Item::block);
            if (kind == Kinds::S_RPAREN && item_ == Item::map_declaration) enter(Mode::root, Item::block);
            break;
        case Kinds::S_SEMICOLON:
            if (item_ == Item::import && open_.empty()) enter(Mode::root, Item::block);
            break;
        case Kinds::S_IDENTIFIER:
            if (is_macro_head_) values_.insert(matched());
            break;
        default: break;
    }
    previous_ = kind;
    previous_closed_cast_ = closes_cast;
    if (open_.size() > ast::kMaxDepth) {
        build_.refuse_depth(at);
        return false;
    }
    return true;
}

bool TokenReader::stands_after_operand() const {
    switch (previous_) {
        case Kinds::S_IDENTIFIER:
        case Kinds::S_VARIABLE:
        case Kinds::S_MAP:
        case Kinds::S_INTEGER:
        case Kinds::S_STRING:
        case Kinds::S_CHARACTER:
        case Kinds::S_TRUE:
        case Kinds::S_FALSE:
        case Kinds::S_POSITIONAL:
        case Kinds::S_PARAMETER_COUNT:
        case Kinds::S_RBRACKET: return true;
        case Kinds::S_NOT: return false;
        case Kinds::S_RPAREN: return !previous_closed_cast_;
        default: return false;
    }
}

bool TokenReader::is_statement_start() const {
    return previous_ == Kinds::S_LBRACE || previous_ == Kinds::S_LBRACE_STATEMENT || previous_ == Kinds::S_RBRACE ||
           previous_ == Kinds::S_SEMICOLON;
}

// ---- looking ahead --------------------------------------------------------------------------------------------------

std::size_t TokenReader::skip_comment(std::size_t at) const {
    if (char_at(at + 1) == '/') return std::min(script_.find('\n', at), script_.size());
    const std::size_t close = script_.find("*/", at + 2);
    return close == std::string_view::npos ? script_.size() : close + 2;
}

std::size_t TokenReader::skip_blank(std::size_t at) const {
    for (;;) {
        while (at < script_.size() && is_blank(script_[at]))
            at++;
        if (char_at(at) != '/' || (char_at(at + 1) != '/' && char_at(at + 1) != '*')) return at;
        at = skip_comment(at);
    }
}

std::size_t TokenReader::skip_quoted(std::size_t at) const {
    const char quote = script_[at++];
    while (at < script_.size() && script_[at] != quote && script_[at] != '\n')
        at += script_[at] == '\\' ? 2 : 1;
    return std::min(at + 1, script_.size());
}

// From an opening bracket to behind its partner; npos if there is none.
std::size_t TokenReader::skip_brackets(std::size_t at) const {
    const char open = script_[at];
    const char close = open == '(' ? ')' : '}';
    std::size_t depth = 0;
    while (at < script_.size()) {
        const char c = script_[at];
        if (c == '"' || c == '\'') {
            at = skip_quoted(at);
            continue;
        }
        if (c == '/' && (char_at(at + 1) == '/' || char_at(at + 1) == '*')) {
            at = skip_comment(at);
            continue;
        }
        at++;
        if (c == open) depth++;
        if (c == close && --depth == 0) return at;
    }
    return std::string_view::npos;
}

std::string_view TokenReader::word_at(std::size_t at) const {
    if (!base::is_name_start(char_at(at))) return {};
    std::size_t end = at;
    while (base::is_name_char(char_at(end)))
        end++;
    return script_.substr(at, end - at);
}

// "*" and "[3]" and "[]", as many as there are.
std::size_t TokenReader::skip_modifiers(std::size_t at) const {
    for (;;) {
        const std::size_t next = skip_blank(at);
        if (char_at(next) == '*') {
            at = next + 1;
        } else if (char_at(next) == '[') {
            std::size_t end = skip_blank(next + 1);
            if (base::is_digit(char_at(end)))
                while (base::is_name_char(char_at(end)))
                    end++;
            end = skip_blank(end);
            if (char_at(end) != ']') return at;
            at = end + 1;
        } else {
            return at;
        }
    }
}

TokenReader::TypeAhead TokenReader::type_ahead(std::size_t at) const {
    TypeAhead ahead;
    at = skip_blank(at);
    std::string_view word = word_at(at);
    if (word.empty() || word == "true" || word == "false") return ahead;
    at += word.size();
    if (word == "struct" || word == "union" || word == "enum") {
        at = skip_blank(at);
        const std::string_view name = word_at(at);
        if (name.empty()) return ahead;
        at += name.size();
        ahead.is_definite = true;
    } else if (word == "typeof" && char_at(skip_blank(at)) == '(') {
        // No need to look for its end, which would make nested ones slow.
        ahead.is_type = ahead.is_typeof = true;
        return ahead;
    } else if (is_one_of(word, kTypeNames)) {
        ahead.is_definite = true;
    } else {
        ahead.word = word;
    }
    ahead.is_type = true;
    ahead.end = skip_modifiers(at);
    // "(x *)" and "(x[])": nothing but a type ends so.
    const char last = char_at(ahead.end - 1);
    if (ahead.end > at && (last == '*' || (last == ']' && char_at(ahead.end - 2) == '['))) ahead.is_definite = true;
    return ahead;
}

TokenReader::Next TokenReader::next_at(std::size_t at) const {
    const char c = char_at(at), d = char_at(at + 1);
    if (base::is_name_char(c) || c == '$' || c == '@' || c == '"' || c == '\'' || c == '~') return Next::operand;
    if (c == '!') return d == '=' ? Next::no_operand : Next::operand;
    if ((c == '+' || c == '-') && d == c) {
        const char target = char_at(skip_blank(at + 2));
        return target == '$' || target == '@' ? Next::operand : Next::no_operand;
    }
    if (c == '(') return Next::ambiguous;
    if (c == '-') return d == '=' || d == '>' ? Next::no_operand : Next::ambiguous;
    if (c == '*') return d == '=' ? Next::no_operand : Next::ambiguous;
    if (c == '&') return d == '=' || d == '&' ? Next::no_operand : Next::ambiguous;
    return Next::no_operand;
}

// Behind "(" where an operand is expected.
bool TokenReader::is_cast_ahead() const {
    const TypeAhead type = type_ahead(end_);
    if (!type.is_type || type.is_typeof) return type.is_typeof;
    const std::size_t close = skip_blank(type.end);
    if (char_at(close) != ')') return false;
    const Next next = next_at(skip_blank(close + 1));
    if (type.is_definite) {
        // "(uint8)" with nothing behind it is left to be an unknown word; a pointer type is a cast without an operand.
        return next != Next::no_operand || char_at(close - 1) == '*' || char_at(skip_blank(close + 1)) == '-' ||
               char_at(skip_blank(close + 1)) == '{';
    }
    if (next == Next::no_operand || (names_ && names_(type.word))) return false;
    // A macro's parameter may be given a type: (T)v is a cast, (x) - 1 is not.
    return next == Next::operand || !values_.contains(type.word);
}

// Behind "sizeof(" and its like: a bare word is a type, anything more is an expression.
bool TokenReader::is_type_ahead() const {
    const TypeAhead type = type_ahead(end_);
    if (!type.is_type || type.is_typeof) return type.is_typeof;
    const char next = char_at(skip_blank(type.end));
    return next == ')' || next == ',';
}

// ---- what patterns cannot match -------------------------------------------------------------------------------------

std::size_t TokenReader::comment_end() {
    const std::size_t end = skip_comment(begin_);
    has_unclosed_comment_ = char_at(begin_ + 1) == '*' && (end < begin_ + 4 || script_.substr(end - 2, 2) != "*/");
    build_.comment(Range{file_, static_cast<std::uint32_t>(begin_), static_cast<std::uint32_t>(end)});
    // The rest of an unclosed one is not read: the parser stops here anyway.
    return has_unclosed_comment_ ? end_ : end;
}

std::size_t TokenReader::line_end() const {
    // A path in <> may hold what looks like the start of a comment: without an end it is none.
    const std::size_t last_close = script_.rfind("*/");
    std::size_t at = begin_;
    while (at < script_.size() && script_[at] != '\n') {
        if (script_[at] == '\\' && char_at(at + 1) == '\n') {
            at += 2;
        } else if (script_[at] == '/' && char_at(at + 1) == '*' && last_close != std::string_view::npos &&
                   at + 2 <= last_close) {
            at = skip_comment(at);
        } else {
            at++;
        }
    }
    while (at > begin_ && script_[at - 1] == '\r')
        at--;
    return at;
}

bool TokenReader::is_shebang() {
    if (begin_ != 0 || !matched().starts_with("#!")) return false;
    build_.shebang(range());
    return true;
}

std::size_t TokenReader::root_keyword() const {
    constexpr std::array<std::string_view, 5> kKeywords{"macro", "fn", "config", "let", "import"};
    const std::string_view word = word_at(begin_);
    if (!is_one_of(word, kKeywords) && !is_one_of(word, kDefinitionWords)) return 0;
    // "let:x" and "config*" are attach points, if strange ones.
    const char next = char_at(begin_ + word.size());
    return next == ':' || next == '*' || next == '$' || next == '.' ? 0 : word.size();
}

bool TokenReader::starts_definition() const {
    return is_one_of(matched(), kDefinitionWords);
}

std::size_t TokenReader::definition_end() {
    const bool is_typedef = matched() == "typedef";
    const auto unclosed = [this] {
        has_unclosed_definition_ = true;
        return script_.size();
    };
    std::size_t at = end_;
    for (bool has_body = false; !has_body;) {
        at = skip_blank(at);
        if (at >= script_.size()) return unclosed();
        const char c = char_at(at);
        if (c == ';') return at + 1;
        if (c == '"' || c == '\'') {
            at = skip_quoted(at);
        } else if (c == '(' || c == '{') {
            at = skip_brackets(at);
            if (at == std::string_view::npos) return unclosed();
            has_body = c == '{' && !is_typedef;
        } else {
            at++;
        }
    }
    for (;;) {
        const std::size_t next = skip_blank(at);
        const std::string_view word = word_at(next);
        const std::size_t after_word = skip_blank(next + word.size());
        if (word == "__attribute__" && char_at(after_word) == '(') {
            at = skip_brackets(after_word);
            if (at == std::string_view::npos) return unclosed();
            continue;
        }
        if (char_at(next) == ';') return next + 1;
        // "} __packed;": an attach point has no ';' behind it.
        if (!word.empty() && char_at(after_word) == ';') return after_word + 1;
        return at;
    }
}

std::size_t TokenReader::text_end(char quote) const {
    return read_text(script_, begin_, quote).end;
}

// ---- tokens ---------------------------------------------------------------------------------------------------------

Parser::symbol_type TokenReader::fault(DiagnosticKind kind, Range at, std::string_view message, std::string hint) {
    auto added = diagnostics_.add(kind, at, fmt::format("syntax: {}", message));
    if (!hint.empty()) added.hint(std::move(hint));
    return Parser::make_YYerror(at);
}

/// So much of an unterminated string is repeated: enough to find it.
constexpr std::size_t kShown = 16;

// The place of an unterminated string is the token behind it.
Parser::symbol_type TokenReader::unclosed_text() {
    const std::size_t at = mode_ == Mode::body ? skip_blank(end_) : script_.size();
    std::size_t end = at;
    while (base::is_name_char(char_at(end)))
        end++;
    if (end == at && at < script_.size()) end++;
    const std::string_view text = script_.substr(begin_, std::min(kShown, end_ - begin_));
    return fault(DiagnosticKind::literal, Range{file_, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)},
                 "unterminated string",
                 fmt::format("no quote ends what begins with {}", text.substr(0, text.find_first_of("\r\n"))));
}

Parser::symbol_type TokenReader::unclosed_comment() {
    return fault(DiagnosticKind::syntax, range(), "unterminated comment");
}

Parser::symbol_type TokenReader::root_word() const {
    const std::string_view word = matched();
    if (word == "macro") return Parser::make_MACRO(range());
    if (word == "fn") return Parser::make_FN(range());
    if (word == "config") return Parser::make_CONFIG(range());
    if (word == "let") return Parser::make_ROOT_LET(range());
    return Parser::make_ROOT_IMPORT(range());
}

Parser::symbol_type TokenReader::attach_point() const {
    ast::AttachPoint point;
    point.range = range();
    point.text = matched();
    // "name=": only blanks between the word and the sign.
    const std::string_view name = word_at(begin_);
    std::size_t at = begin_ + name.size();
    while (char_at(at) == ' ' || char_at(at) == '\t')
        at++;
    if (!name.empty() && char_at(at) == '=' && at < end_) {
        at++;
        while (char_at(at) == ' ' || char_at(at) == '\t')
            at++;
        if (at < end_) {
            point.name = name;
            point.text = script_.substr(at, end_ - at);
            point.range.begin = static_cast<std::uint32_t>(at);
        }
    }
    return Parser::make_ATTACH_POINT(point, range());
}

Parser::symbol_type TokenReader::c_definition() {
    if (has_unclosed_definition_) {
        const auto end = static_cast<std::uint32_t>(script_.size());
        return fault(DiagnosticKind::syntax, Range{file_, end, end}, "expected '}'");
    }
    remember_values(matched());
    return Parser::make_C_DEFINITION(matched(), range());
}

// Names a C definition makes known as values: of a #define, and everything between the braces of an enum (more than its
// constants, but a name in there is hardly a type's).
void TokenReader::remember_values(std::string_view c_text) {
    const std::size_t begin = begin_;
    const std::size_t end = begin_ + c_text.size();
    if (c_text.starts_with('#')) {
        const std::size_t directive = skip_blank(begin + 1);
        if (word_at(directive) == "define") values_.insert(word_at(skip_blank(directive + 6)));
        return;
    }
    if (!c_text.starts_with("enum")) return;
    for (std::size_t at = script_.find('{', begin); at < end;) {
        at = skip_blank(at + 1);
        const std::string_view word = word_at(at);
        if (word.empty()) continue;
        values_.insert(word);
        at += word.size() - 1;
    }
}

Parser::symbol_type TokenReader::word() const {
    const std::string_view word = matched();
    const Range at = range();
    const auto identifier = [&] { return Parser::make_IDENTIFIER(word, at); };
    // Names of fields and types may be any word.
    switch (previous_) {
        case Kinds::S_DOT:
        case Kinds::S_ARROW:
        case Kinds::S_STRUCT:
        case Kinds::S_UNION:
        case Kinds::S_ENUM: return identifier();
        default: break;
    }
    const std::size_t next = skip_blank(end_);
    if (word == "if") return is_statement_start() ? Parser::make_IF_STATEMENT(at) : Parser::make_IF(at);
    if (word == "else") return Parser::make_ELSE(at);
    if (word == "for") return Parser::make_FOR(at);
    if (word == "while") return Parser::make_WHILE(at);
    if (word == "unroll") return Parser::make_UNROLL(at);
    if (word == "break") return Parser::make_BREAK(at);
    if (word == "continue") return Parser::make_CONTINUE(at);
    if (word == "return") return Parser::make_RETURN(at);
    if (word == "let") return Parser::make_LET(at);
    if (word == "true") return Parser::make_TRUE(at);
    if (word == "false") return Parser::make_FALSE(at);
    if (char_at(next) == '(') {
        if (word == "sizeof") return Parser::make_SIZEOF(at);
        if (word == "typeof") return Parser::make_TYPEOF(at);
        if (word == "typeinfo") return Parser::make_TYPEINFO(at);
        if (word == "offsetof") return Parser::make_OFFSETOF(at);
    }
    if (!word_at(next).empty()) {
        if (word == "struct") return Parser::make_STRUCT(at);
        if (word == "union") return Parser::make_UNION(at);
        if (word == "enum") return Parser::make_ENUM(at);
    }
    if (word == "comptime" && (next_at(next) != Next::no_operand || char_at(next) == '{'))
        return Parser::make_COMPTIME(at);
    if (is_statement_start()) {
        if (word == "import" && char_at(next) == '"') return Parser::make_IMPORT(at);
        if (word == "_" && char_at(next) == '=' && char_at(next + 1) != '=') return Parser::make_DISCARD(at);
    }
    return identifier();
}

Parser::symbol_type TokenReader::number() {
    const IntegerLiteral literal = read_integer(matched());
    if (literal.fault) {
        const Range at{file_, static_cast<std::uint32_t>(begin_ + literal.fault->begin),
                       static_cast<std::uint32_t>(begin_ + literal.fault->end)};
        return fault(DiagnosticKind::literal, at, literal.fault->message);
    }
    return Parser::make_INTEGER(Number{literal.value, literal.is_duration, matched()}, range());
}

Parser::symbol_type TokenReader::positional() {
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    const auto number = base::parse_digits(matched().substr(1), 10);
    if (!number || *number == 0 || *number > kMost)
        return fault(DiagnosticKind::literal, range(),
                     fmt::format("param {} is out of integer range [1, {}]", matched(), kMost));
    return Parser::make_POSITIONAL(*number, range());
}

Parser::symbol_type TokenReader::text(char quote) {
    TextLiteral literal = read_text(script_, begin_, quote);
    if (literal.fault) {
        const Range at{file_, static_cast<std::uint32_t>(literal.fault->begin),
                       static_cast<std::uint32_t>(literal.fault->end)};
        return fault(DiagnosticKind::literal, at, literal.fault->message);
    }
    if (!literal.is_closed) return unclosed_text();
    if (quote == '"') return Parser::make_STRING(std::move(literal.value), range());
    if (literal.value.size() != 1)
        return fault(DiagnosticKind::literal, range(), "a character literal holds exactly one character",
                     "a text stands in double quotes");
    return Parser::make_CHARACTER(static_cast<std::int8_t>(literal.value[0]), range());
}

Parser::symbol_type TokenReader::open_parenthesis() const {
    switch (previous_) {
        case Kinds::S_SIZEOF:
        case Kinds::S_TYPEOF:
        case Kinds::S_TYPEINFO:
        case Kinds::S_OFFSETOF:
            return is_type_ahead() ? Parser::make_LPAREN_TYPE(range()) : Parser::make_LPAREN(range());
        default: break;
    }
    // name!( is a call too; "x !(" can be nothing else.
    const bool is_bang_call = previous_ == Kinds::S_NOT && begin_ >= 2 && char_at(begin_ - 1) == '!' &&
                              base::is_name_char(char_at(begin_ - 2));
    if (!stands_after_operand() && !is_bang_call && is_cast_ahead()) return Parser::make_LPAREN_CAST(range());
    return Parser::make_LPAREN(range());
}

Parser::symbol_type TokenReader::open_brace() const {
    return is_statement_start() ? Parser::make_LBRACE_STATEMENT(range()) : Parser::make_LBRACE(range());
}

Parser::symbol_type TokenReader::slash() const {
    const bool closes = item_ == Item::predicate && char_at(skip_blank(end_)) == '{';
    return closes ? Parser::make_PREDICATE_CLOSE(range()) : Parser::make_SLASH(range());
}

}  // namespace grammar
