#include "src/cdef/scan.h"

#include <array>
#include <cctype>

namespace cdef {

namespace {

bool is_word_start(char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}
int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'z') return c - 'a' + 10;
    if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
    return 99;
}

class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::vector<Token> run() {
        while (true) {
            skip_blank();
            Token token;
            token.offset = at_;
            if (at_ >= text_.size()) {
                tokens_.push_back(std::move(token));
                return std::move(tokens_);
            }
            read(token);
            token.size = at_ - token.offset;
            tokens_.push_back(std::move(token));
        }
    }

  private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    void skip_blank() {
        while (at_ < text_.size()) {
            if (std::isspace(static_cast<unsigned char>(peek())) != 0) {
                ++at_;
            } else if (peek() == '\\' && (peek(1) == '\n' || peek(1) == '\r')) {
                at_ += 2;
            } else if (peek() == '/' && peek(1) == '/') {
                while (at_ < text_.size() && peek() != '\n')
                    ++at_;
            } else if (peek() == '/' && peek(1) == '*') {
                const std::size_t end = text_.find("*/", at_ + 2);
                at_ = end == std::string_view::npos ? text_.size() : end + 2;
            } else {
                return;
            }
        }
    }

    void read(Token& token) {
        const char c = peek();
        if (is_word_start(c)) {
            token.kind = TokenKind::word;
            while (is_word(peek()))
                token.text += text_[at_++];
        } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
            read_number(token);
        } else if (c == '"' || c == '\'') {
            read_quoted(token, c);
        } else {
            read_punctuation(token);
        }
    }

    void read_number(Token& token) {
        token.kind = TokenKind::number;
        const std::size_t begin = at_;
        int base = 10;
        if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
            base = 16;
            at_ += 2;
        } else if (peek() == '0' && (peek(1) == 'b' || peek(1) == 'B')) {
            base = 2;
            at_ += 2;
        } else if (peek() == '0') {
            base = 8;
        }
        while (digit_of(peek()) < base || (peek() == '\'' && digit_of(peek(1)) < base)) {
            if (peek() != '\'')
                token.value = token.value * static_cast<unsigned>(base) + static_cast<unsigned>(digit_of(peek()));
            ++at_;
        }
        while (is_word(peek()) || peek() == '.') {
            if (peek() == 'u' || peek() == 'U')
                token.is_unsigned = true;
            else if (peek() != 'l' && peek() != 'L')
                token.is_plain = false;
            ++at_;
        }
        token.text = text_.substr(begin, at_ - begin);
        if (token.value >> 63) token.is_unsigned = true;
    }

    void read_quoted(Token& token, char quote) {
        token.kind = quote == '"' ? TokenKind::string : TokenKind::character;
        ++at_;
        while (at_ < text_.size() && peek() != quote && peek() != '\n') {
            if (peek() != '\\') {
                token.text += text_[at_++];
                continue;
            }
            ++at_;
            const char escape = peek();
            ++at_;
            switch (escape) {
                case 'n': token.text += '\n'; break;
                case 't': token.text += '\t'; break;
                case 'r': token.text += '\r'; break;
                case 'a': token.text += '\a'; break;
                case 'x': {
                    int value = 0;
                    while (digit_of(peek()) < 16)
                        value = (value * 16 + digit_of(text_[at_++])) & 0xff;
                    token.text += static_cast<char>(value);
                    break;
                }
                default:
                    if (escape >= '0' && escape <= '7') {
                        int value = escape - '0';
                        for (int i = 0; i < 2 && digit_of(peek()) < 8; ++i)
                            value = value * 8 + digit_of(text_[at_++]);
                        token.text += static_cast<char>(value);
                    } else {
                        token.text += escape;
                    }
            }
        }
        if (at_ < text_.size()) ++at_;
        if (token.kind == TokenKind::character && !token.text.empty())
            token.value =
                static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<signed char>(token.text[0])));
    }

    void read_punctuation(Token& token) {
        static constexpr std::array<std::string_view, 13> kLong{
            "...", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "->", "##", "++", "--"};
        token.kind = TokenKind::punctuation;
        for (const std::string_view candidate : kLong)
            if (text_.substr(at_).starts_with(candidate)) {
                token.text = candidate;
                at_ += candidate.size();
                return;
            }
        if (static_cast<unsigned char>(peek()) < 0x20 || static_cast<unsigned char>(peek()) >= 0x7f)
            token.kind = TokenKind::other;
        token.text = text_[at_++];
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> scan(std::string_view text) {
    return Scanner(text).run();
}

}  // namespace cdef
