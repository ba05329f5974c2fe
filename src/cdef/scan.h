// cdef::scan: C text -> tokens. Comments and line continuations are gone, lines are kept apart by a token of their own
// only where a preprocessor line ends (the caller scans one such line at a time). Hostile text gives tokens of kind
// other, never an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cdef {

enum class TokenKind : std::uint8_t { word, number, string, character, punctuation, other, end };

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;          ///< string and character: content with escapes done
    bool is_plain = true;      ///< number without a suffix that only the script's language knows (100ms, 1e6)
    std::uint64_t value = 0;   ///< number, character
    bool is_unsigned = false;  ///< number with a u suffix or beyond int64
    std::size_t offset = 0;    ///< byte in the scanned text
    std::size_t size = 0;      ///< bytes of it there
};

/// Ends with one token of kind end.
[[nodiscard]] std::vector<Token> scan(std::string_view text);

}  // namespace cdef
