// cdef::Reader: C text -> entries of Definitions: preprocessor lines (conditions, object-like macros, #include) and
// declarations of struct, union, enum and typedef with C's layout rules for 64-bit Linux. Inline functions and
// declarations of functions are passed over. One mistake ends the piece it is in; where that is a header, an installed
// C compiler's preprocessor is asked to make it simpler (front_end.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
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
    struct Macro {
        std::vector<Token> body;
        std::vector<std::string> parameters;
        bool is_function = false;  ///< NAME(...): only replaced where a parenthesis follows
        bool is_variadic = false;
    };
    struct Declared {
        std::string name;
        const types::Type* type = nullptr;
        std::uint32_t alignment = 1;  ///< by an attribute behind the name
    };
    struct Number {
        std::uint64_t value = 0;
        bool is_unsigned = false;
    };

    // -- preprocessor
    void read_text(std::string_view text, source::Range at);
    void directive(std::string_view line, std::size_t offset, source::Range at);
    [[nodiscard]] bool is_active() const { return conditions_.empty() || conditions_.back().is_active; }
    void define(std::string_view rest);
    std::vector<Token> expand(const std::vector<Token>& tokens, int depth = 0);
    /// The arguments of a call whose opening parenthesis stands at `at`, which moves behind the closing one.
    static std::optional<std::vector<std::vector<Token>>> arguments(const std::vector<Token>& tokens, std::size_t& at);
    static std::vector<Token> substitute(const Macro& macro, const std::vector<std::vector<Token>>& given);
    void know_kernel_version();
    bool condition(std::string_view rest);
    void refresh_constant(const std::string& name);
    bool define_type(const std::string& name, std::vector<Token> tokens);

    // -- declarations
    void declarations(std::vector<Token> tokens, source::Range at);
    const types::Type* specifiers();
    const types::Type* structure(bool is_union);
    const types::Type* enumeration();
    [[nodiscard]] bool is_another_enumerator(const std::string& name, std::uint64_t value) const;
    void members(types::Structure& structure, bool is_packed);
    Declared declarator(const types::Type* base);
    void skip_attributes(bool* is_packed = nullptr, std::uint32_t* alignment = nullptr);
    void aligned(std::uint32_t* alignment) const;
    /// Attributes behind the closing brace of the body that begins here.
    void attributes_behind(bool* is_packed, std::uint32_t* alignment);
    bool include_file(const std::string& path, source::Range at);
    void skip_to_semicolon();

    // -- constant expressions, C's precedence
    std::optional<Number> expression(int level = 0);
    std::optional<Number> unary();
    const types::Type* cast_type();
    std::optional<std::string> text_of(const std::vector<Token>& tokens);

    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
    bool accept(std::string_view punctuation_or_word);
    /// Where a mistake is, for people and as C's compilers write it.
    struct Spot {
        source::Range range;
        std::size_t line, column;
    };
    [[nodiscard]] Spot spot_of(std::size_t token) const;
    void fail(std::string message);  ///< at the next token
    void fail_at(std::size_t token, std::string message);
    [[nodiscard]] std::string in_file(std::string message) const;

    Definitions& definitions_;
    const Options& options_;
    source::Diagnostics& diagnostics_;
    std::map<std::string, Macro, std::less<>> macros_;
    std::vector<Condition> conditions_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    bool is_plain_char_ = false;  ///< the last specifiers said `char` alone: its arrays are text
    bool is_float_ = false;       ///< the last specifiers said float or double: nothing that a script can read
    source::Range place_;
    bool has_failed_ = false;
    std::vector<std::string> open_;       ///< structures whose members are being read
    bool has_any_failed_ = false;         ///< since a header began
    std::string* swallowed_ = nullptr;    ///< where a header's mistakes go while there is another way to read it
    std::set<std::string> once_;          ///< files with #pragma once
    std::string file_;                    ///< the header at hand; empty: the script
    std::size_t lines_read_ = 0;          ///< of the pieces before this one: the script's definitions count as one file
    std::size_t line_ = 1, column_ = 10;  ///< of the last #include's path; --include has it where C would
    bool has_places_ = true;              ///< the text at hand is what people wrote
    std::size_t directive_column_ = 1;    ///< of the word behind #
    std::string_view run_;                ///< the text whose declarations are being read; empty: a preprocessor line is
    std::size_t run_begin_ = 0;           ///< where in it the tokens' offsets begin
    std::size_t expanded_ = 0;            ///< tokens made by macros in this run, against explosions
    int include_depth_ = 0;
    int nesting_ = 0;
};

}  // namespace cdef
