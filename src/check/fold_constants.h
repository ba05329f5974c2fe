// check::fold_constants: what literals come to when operators meet them while compiling: exact C arithmetic on values
// between -2^63 and 2^64 - 1, refused on overflow and division by zero. Knows no names, maps or calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "src/ast/ast.h"
#include "src/types/type.h"

namespace check {

/// A literal's value. Integers carry their sign apart: 2^64 - 1 and -2^63 both fit.
struct Literal {
    enum class Kind : std::uint8_t { integer, boolean, string } kind = Kind::integer;
    std::uint64_t bits = 0;  ///< two's complement if is_negative
    bool is_negative = false;
    std::string text;
    /// Has a type of its own (enum constant, cast): does not adapt to its neighbour.
    const types::Type* type = nullptr;

    [[nodiscard]] static Literal of(std::uint64_t value) { return {Kind::integer, value, false, {}, nullptr}; }
    [[nodiscard]] static Literal of_signed(std::int64_t value) {
        return {Kind::integer, static_cast<std::uint64_t>(value), value < 0, {}, nullptr};
    }
    [[nodiscard]] static Literal of(bool value) { return {Kind::boolean, value ? 1u : 0u, false, {}, nullptr}; }
    [[nodiscard]] static Literal of(std::string text) { return {Kind::string, 0, false, std::move(text), nullptr}; }
    [[nodiscard]] bool is_text() const { return kind == Kind::string; }
    [[nodiscard]] bool is_true() const { return is_text() ? !text.empty() : bits != 0; }
};

enum class FoldError : std::uint8_t {
    overflow,        ///< "unable to fold literals due to overflow or underflow"
    underflow,       ///< "negative value will underflow": unary minus
    strings,         ///< "illegal literal operation with strings"
    not_foldable,    ///< string with int other than +: types do not match
    beyond_the_end,  ///< not an error: "abc" + 5, the text is empty
};

struct Folded {
    std::optional<Literal> value;
    std::optional<FoldError> error;  ///< beyond_the_end comes with a value
};

[[nodiscard]] Folded fold(ast::BinaryOp op, const Literal& left, const Literal& right);
[[nodiscard]] Folded fold(ast::UnaryOp op, const Literal& operand);

/// Cuts or extends 64 bits to what a value of this scalar type holds.
[[nodiscard]] std::uint64_t wrap_to(const types::Type* type, std::uint64_t bits);

}  // namespace check
