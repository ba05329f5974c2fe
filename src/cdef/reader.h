// cdef::Reader: C text -> entries of Definitions: preprocessor lines (conditions, object-like macros, #include) and
// declarations of struct, union, enum and typedef with C's layout rules for 64-bit Linux. Function-like macros, inline
// functions and declarations of functions are passed over. One mistake ends the piece it is in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/cdef/definitions.h"
#include "src/cdef/scan.h"

namespace cdef {

class Reader {
  public:
    Reader(Definitions& definitions, const Options& options, source::Diagnostics& diagnostics);

    void read(const Piece& piece);
    void include(std::string_view path, bool is_quoted, source::Range at);
    /// After the last piece: conditions must be closed.
    void finish();

  private:
    struct Condition {
        bool is_active;   ///< its lines count
        bool was_active;  ///< some branch counted already
        bool outer_active;
    };
    struct Declared {
        std::string name;
        const types::Type* type = nullptr;
    };
    struct Number {
        std::uint64_t value = 0;
        bool is_unsigned = false;
    };

    // -- preprocessor
    void read_text(std::string_view text, source::Range at);
    void directive(std::string_view line, source::Range at);
    [[nodiscard]] bool is_active() const { return conditions_.empty() || conditions_.back().is_active; }
    void define(std::string_view rest);
    std::vector<Token> expand(const std::vector<Token>& tokens, int depth = 0);
    bool condition(std::string_view rest);
    void refresh_constant(const std::string& name);

    // -- declarations
    void declarations(std::vector<Token> tokens, source::Range at);
    const types::Type* specifiers();
    const types::Type* structure(bool is_union);
    const types::Type* enumeration();
    void members(types::Structure& structure, bool is_packed);
    Declared declarator(const types::Type* base);
    void skip_attributes(bool* is_packed = nullptr, std::uint32_t* alignment = nullptr);
    void skip_to_semicolon();

    // -- constant expressions, C's precedence
    std::optional<Number> expression(int level = 0);
    std::optional<Number> unary();
    std::optional<std::string> text_of(const std::vector<Token>& tokens);

    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
    bool accept(std::string_view punctuation_or_word);
    void fail(std::string message);

    Definitions& definitions_;
    const Options& options_;
    source::Diagnostics& diagnostics_;
    std::map<std::string, std::vector<Token>, std::less<>> macros_;
    std::vector<Condition> conditions_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    bool is_plain_char_ = false;  ///< the last specifiers said `char` alone: its arrays are text
    source::Range place_;
    bool has_failed_ = false;
    int include_depth_ = 0;
    int nesting_ = 0;
};

}  // namespace cdef
