// grammar/literals: numbers, strings and character literals as the language spells them, and what is wrong with them.
// Pure functions over the script's text for the lexer; they know neither tokens nor trees. (Parameters and
// configuration values that come from outside a script go through base::parse_integer, which says only yes or no.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace grammar {

/// What is wrong, and with which bytes of the text that was given.
struct LiteralFault {
    std::size_t begin = 0, end = 0;
    std::string message;
};

struct IntegerLiteral {
    std::uint64_t value = 0;
    bool is_duration = false;
    std::optional<LiteralFault> fault;
};

/// word: a digit and all letters, digits and underscores after it.
[[nodiscard]] IntegerLiteral read_integer(std::string_view word);

struct TextLiteral {
    std::string value;    ///< escapes done; may hold NULs
    std::size_t end = 0;  ///< behind the closing quote, or where reading stopped
    bool is_closed = true;
    std::optional<LiteralFault> fault;  ///< of an escape
};

/// From the opening quote at begin to the closing one; both on one line. quote: " or '.
[[nodiscard]] TextLiteral read_text(std::string_view script, std::size_t begin, char quote);

}  // namespace grammar
