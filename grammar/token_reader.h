// grammar::TokenReader: gives the parser one token after the other. It drives the generated lexer (lexer.l) and owns
// what that cannot express in patterns: which part of a script we are in, and the four places where the language
// depends on more than one token: attach points, "(" of a cast or a type, "{" and "if" at the start of a statement, and
// the "/" that closes a predicate (README.md). Everything is decided here by looking ahead in the text, so the parser
// never talks back.
//
// Mistakes found while reading go to the diagnostics; the parser then gets the error token and stops.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "grammar/parse.h"
#include "grammar/parser.hpp"

namespace grammar {

class TokenReader {
  public:
    TokenReader(program::FileId file, const source::SourceFile& source, ast::TreeBuilder& build,
                source::Diagnostics& diagnostics, const NameOracle& names);
    ~TokenReader();
    TokenReader(const TokenReader&) = delete;
    TokenReader& operator=(const TokenReader&) = delete;

    [[nodiscard]] Parser::symbol_type next();

    // ---- for lexer.l ---------------------------------------------------------------------------------------------

    /// Which tokens can come.
    enum class Mode : std::uint8_t {
        root,          ///< an item: a keyword of the top level, a C definition or a first attach point
        target,        ///< a further attach point
        after_target,  ///< , / or {
        body,          ///< everything between: heads of macros and functions, predicates, config, blocks
    };
    [[nodiscard]] Mode mode() const { return mode_; }
    /// A match begins and has so many bytes.
    void advance(std::size_t count) {
        begin_ = end_;
        end_ += count;
    }
    void extend() { end_++; }
    /// All but the first count bytes of the match are given back.
    void shorten(std::size_t count) { end_ = begin_ + count; }
    [[nodiscard]] std::size_t end() const { return end_; }
    [[nodiscard]] std::string_view script() const { return script_; }
    [[nodiscard]] Range range() const;
    [[nodiscard]] std::string_view matched() const { return script_.substr(begin_, end_ - begin_); }

    /// Of the comment that begins here, which is noted.
    [[nodiscard]] std::size_t comment_end();
    [[nodiscard]] bool has_unclosed_comment() const { return has_unclosed_comment_; }
    /// Of the "#..." that begins here: with the lines it continues on.
    [[nodiscard]] std::size_t line_end() const;
    /// True, and noted, if that was the script's first line and begins with #!
    [[nodiscard]] bool is_shebang();
    /// Bytes of the first word of a match if it is a keyword of the top level, else 0.
    [[nodiscard]] std::size_t root_keyword() const;
    /// The keyword is struct, union, enum or typedef ...
    [[nodiscard]] bool starts_definition() const;
    /// ... and this is where its definition ends.
    [[nodiscard]] std::size_t definition_end();
    /// Of the string or character literal that begins here.
    [[nodiscard]] std::size_t text_end(char quote) const;

    // Tokens out of what was matched.
    [[nodiscard]] Parser::symbol_type root_word() const;
    [[nodiscard]] Parser::symbol_type attach_point() const;
    [[nodiscard]] Parser::symbol_type c_definition();
    [[nodiscard]] Parser::symbol_type word() const;
    [[nodiscard]] Parser::symbol_type number();
    [[nodiscard]] Parser::symbol_type positional();
    [[nodiscard]] Parser::symbol_type text(char quote);
    [[nodiscard]] Parser::symbol_type open_parenthesis() const;
    [[nodiscard]] Parser::symbol_type open_brace() const;
    [[nodiscard]] Parser::symbol_type slash() const;
    /// The mistake is reported; "syntax: " is put before the message.
    Parser::symbol_type fault(source::DiagnosticKind kind, Range at, std::string_view message, std::string hint = {});
    Parser::symbol_type unclosed_text();
    Parser::symbol_type unclosed_comment();

  private:
    using Kind = Parser::symbol_kind_type;
    /// What the body mode reads, and so where it ends.
    enum class Item : std::uint8_t { block, predicate, map_declaration, import };
    enum class Bracket : std::uint8_t { plain, cast, square, brace };

    [[nodiscard]] std::size_t skip_blank(std::size_t at) const;
    [[nodiscard]] std::size_t skip_comment(std::size_t at) const;
    [[nodiscard]] std::size_t skip_quoted(std::size_t at) const;
    [[nodiscard]] std::size_t skip_brackets(std::size_t at) const;
    [[nodiscard]] std::size_t skip_modifiers(std::size_t at) const;
    [[nodiscard]] std::string_view word_at(std::size_t at) const;
    [[nodiscard]] char char_at(std::size_t at) const { return at < script_.size() ? script_[at] : '\0'; }
    /// What an expression can begin with; the ambiguous ones can also be a binary operator or a call's parenthesis.
    enum class Next : std::uint8_t { no_operand, operand, ambiguous };
    [[nodiscard]] Next next_at(std::size_t at) const;

    /// A type as far as one can see without knowing names.
    struct TypeAhead {
        bool is_type = false;
        bool is_definite = false;  ///< can be nothing else
        bool is_typeof = false;    ///< neither can this; where it ends is not known
        std::string_view word;     ///< the name if it is not definite
        std::size_t end = 0;       ///< behind its last modifier
    };
    [[nodiscard]] TypeAhead type_ahead(std::size_t at) const;
    [[nodiscard]] bool is_cast_ahead() const;
    [[nodiscard]] bool is_type_ahead() const;
    [[nodiscard]] bool stands_after_operand() const;
    [[nodiscard]] bool is_statement_start() const;
    void remember_values(std::string_view c_text);

    /// Keeps mode, brackets and the previous token up to date. False: refused.
    [[nodiscard]] bool follow(Kind kind, Range at);
    [[nodiscard]] bool follow_root(Kind kind, Range at);
    void enter(Mode mode, Item item);

    program::FileId file_;
    std::string_view script_;
    ast::TreeBuilder& build_;
    source::Diagnostics& diagnostics_;
    const NameOracle& names_;
    void* lexer_ = nullptr;  ///< flex's state

    Mode mode_ = Mode::root;
    Item item_ = Item::block;
    std::size_t begin_ = 0, end_ = 0;  ///< bytes of the token being read
    Kind previous_ = Parser::symbol_kind::S_YYEMPTY;
    bool previous_closed_cast_ = false;
    bool is_macro_head_ = false;
    bool has_unclosed_comment_ = false, has_unclosed_definition_ = false;
    bool has_items_ = false, has_config_ = false;
    std::vector<Bracket> open_;
    std::unordered_set<std::string_view> values_;  ///< defined by the script so far; views of script_
};

}  // namespace grammar
