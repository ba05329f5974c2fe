#include "runtime/kernel/print_format.h"

#include <array>
#include <set>
#include <utility>
#include <vector>

#include "runtime/base/text.h"

namespace kernel {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// The deepest expression of 6.18 (GFP_TRANSHUGE) nests 17 parentheses at three levels each; the bound keeps hostile
// text from eating our stack.
constexpr unsigned kDeepest = 400;

/// What a subexpression came to: a constant with its C type's width and sign, a field of the record, or neither.
struct Operand {
    enum class Kind { unknown, constant, field } kind = Kind::unknown;
    std::uint64_t value = 0;  ///< extended to 64 bits by its own sign
    bool is_64 = false;
    bool is_unsigned = false;
    std::string_view field;
};

Operand constant(std::uint64_t value, bool is_64, bool is_unsigned) {
    if (!is_64) {
        const auto low = static_cast<std::uint32_t>(value);
        value =
            is_unsigned ? low : static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(low)));
    }
    return {.kind = Operand::Kind::constant, .value = value, .is_64 = is_64, .is_unsigned = is_unsigned, .field = {}};
}

/// Recursive descent over one expression; every parse_* leaves at_ behind what it understood.
class Evaluator {
  public:
    explicit Evaluator(std::string_view text) : text_(text) {}

    Operand whole() {
        Operand result = ternary();
        skip_space();
        return at_ == text_.size() && !failed_ ? result : Operand{};
    }

  private:
    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] >= '\t' && text_[at_] <= '\r')))
            at_++;
    }
    char peek() {
        skip_space();
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool take(std::string_view token) {
        skip_space();
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }
    std::string_view take_name() {
        skip_space();
        const std::size_t begin = at_;
        if (at_ < text_.size() && base::is_name_start(text_[at_]))
            while (at_ < text_.size() && base::is_name_char(text_[at_]))
                at_++;
        return text_.substr(begin, at_ - begin);
    }
    Operand fail() {
        failed_ = true;
        return {};
    }

    Operand ternary() {
        if (failed_ || ++depth_ > kDeepest) return fail();
        Operand condition = binary(0);
        if (peek() == '?') {
            at_++;
            const Operand yes = ternary();
            if (!take(":")) return fail();
            const Operand no = ternary();
            condition = condition.kind == Operand::Kind::constant ? (condition.value ? yes : no) : Operand{};
        }
        depth_--;
        return condition;
    }

    struct Operator {
        std::string_view text;
        int precedence;
    };
    // Longer spellings first, so that "<" does not eat half of "<<".
    static constexpr std::array<Operator, 18> kOperators{{{"||", 1},
                                                          {"&&", 2},
                                                          {"==", 6},
                                                          {"!=", 6},
                                                          {"<<", 8},
                                                          {">>", 8},
                                                          {"<=", 7},
                                                          {">=", 7},
                                                          {"|", 3},
                                                          {"^", 4},
                                                          {"&", 5},
                                                          {"<", 7},
                                                          {">", 7},
                                                          {"+", 9},
                                                          {"-", 9},
                                                          {"*", 10},
                                                          {"/", 10},
                                                          {"%", 10}}};

    const Operator* peek_operator() {
        skip_space();
        for (const Operator& op : kOperators)
            if (text_.substr(at_).starts_with(op.text)) return &op;
        return nullptr;
    }

    Operand binary(int lowest) {
        Operand left = unary();
        while (!failed_) {
            const Operator* op = peek_operator();
            if (op == nullptr || op->precedence <= lowest) break;
            at_ += op->text.size();
            if (++depth_ > kDeepest) return fail();
            const Operand right = binary(op->precedence);
            depth_--;
            left = apply(op->text, left, right);
        }
        return left;
    }

    static Operand apply(std::string_view op, const Operand& left, const Operand& right) {
        using Kind = Operand::Kind;
        if (op == "&" && left.kind == Kind::field && right.kind == Kind::constant) return left;
        if (op == "&" && left.kind == Kind::constant && right.kind == Kind::field) return right;
        if (left.kind != Kind::constant || right.kind != Kind::constant) return {};
        const bool is_shift = op == "<<" || op == ">>";
        // C's usual conversions: the wider type wins, at equal width the unsigned one. A shift keeps the left type.
        const bool is_64 = is_shift ? left.is_64 : left.is_64 || right.is_64;
        bool is_unsigned = left.is_unsigned;
        if (!is_shift) {
            if (left.is_64 == right.is_64)
                is_unsigned = left.is_unsigned || right.is_unsigned;
            else
                is_unsigned = left.is_64 ? left.is_unsigned : right.is_unsigned;
        }
        const std::uint64_t a = constant(left.value, is_64, is_unsigned).value;
        const std::uint64_t b = is_shift ? right.value : constant(right.value, is_64, is_unsigned).value;
        const auto sa = static_cast<std::int64_t>(a), sb = static_cast<std::int64_t>(b);
        const auto result = [&](std::uint64_t value) { return constant(value, is_64, is_unsigned); };
        const auto truth = [](bool value) { return constant(value ? 1 : 0, false, false); };
        if (is_shift) {
            if (b >= (is_64 ? 64u : 32u)) return {};
            if (op == "<<") return result(a << b);
            return result(is_unsigned ? a >> b : static_cast<std::uint64_t>(sa >> b));
        }
        if (op == "|") return result(a | b);
        if (op == "^") return result(a ^ b);
        if (op == "&") return result(a & b);
        if (op == "+") return result(a + b);
        if (op == "-") return result(a - b);
        if (op == "*") return result(a * b);
        if (op == "/" || op == "%") {
            if (b == 0) return {};
            // -2^63 / -1 does not fit and traps on x86.
            if (!is_unsigned && sb == -1) return result(op == "/" ? 0 - a : 0);
            if (is_unsigned) return result(op == "/" ? a / b : a % b);
            return result(static_cast<std::uint64_t>(op == "/" ? sa / sb : sa % sb));
        }
        if (op == "||") return truth(a || b);
        if (op == "&&") return truth(a && b);
        if (op == "==") return truth(a == b);
        if (op == "!=") return truth(a != b);
        if (op == "<") return truth(is_unsigned ? a < b : sa < sb);
        if (op == ">") return truth(is_unsigned ? a > b : sa > sb);
        if (op == "<=") return truth(is_unsigned ? a <= b : sa <= sb);
        if (op == ">=") return truth(is_unsigned ? a >= b : sa >= sb);
        return {};
    }

    Operand unary() {
        if (failed_ || ++depth_ > kDeepest) return fail();
        Operand result;
        const char c = peek();
        if (c == '-' || c == '+' || c == '~' || c == '!') {
            at_++;
            const Operand operand = unary();
            if (operand.kind == Operand::Kind::constant) {
                if (c == '-') result = constant(0 - operand.value, operand.is_64, operand.is_unsigned);
                if (c == '+') result = operand;
                if (c == '~') result = constant(~operand.value, operand.is_64, operand.is_unsigned);
                if (c == '!') result = constant(operand.value == 0 ? 1 : 0, false, false);
            }
        } else if (c == '(') {
            result = parenthesised();
        } else if (base::is_digit(c)) {
            result = number();
        } else if (base::is_name_start(c)) {
            result = name();
        } else {
            return fail();
        }
        depth_--;
        return result;
    }

    // "( unsigned long)x", "(gfp_t)x", "(void *)x" are casts; "(x)" is not. A single unknown word counts as a type if
    // an operand follows that could not continue an expression.
    Operand parenthesised() {
        at_++;
        const std::size_t inside = at_;
        if (const auto type = cast_type()) {
            const Operand operand = unary();
            return operand.kind == Operand::Kind::constant ? convert(operand, *type) : operand;
        }
        at_ = inside;
        const Operand result = ternary();
        return take(")") ? result : fail();
    }

    std::optional<std::string_view> cast_type() {
        skip_space();
        const std::size_t begin = at_;
        unsigned words = 0;
        while (!take_name().empty())
            words++;
        if (words == 0) return std::nullopt;
        bool has_star = false;
        while (take("*"))
            has_star = true;
        skip_space();
        const std::string_view type = base::trim(text_.substr(begin, at_ - begin));
        if (!take(")")) return std::nullopt;
        const char next = peek();
        const bool starts_operand = next == '(' || base::is_name_char(next) || next == '~' || next == '!';
        if (starts_operand) return type;
        const bool is_type_name = has_star || words > 1 || type.ends_with("_t") || find_type(type) != nullptr;
        if (is_type_name && (next == '-' || next == '+')) return type;
        return std::nullopt;
    }

    struct TypeName {
        std::string_view name;
        unsigned bits;
        bool is_unsigned;
    };
    static const TypeName* find_type(std::string_view name) {
        // What format files of 6.1 to 6.18 cast to; another name leaves the value as it is.
        static constexpr std::array<TypeName, 37> kTypes{{{"int", 32, false},
                                                          {"signed", 32, false},
                                                          {"signed int", 32, false},
                                                          {"unsigned", 32, true},
                                                          {"unsigned int", 32, true},
                                                          {"char", 8, false},
                                                          {"signed char", 8, false},
                                                          {"unsigned char", 8, true},
                                                          {"short", 16, false},
                                                          {"unsigned short", 16, true},
                                                          {"long", 64, false},
                                                          {"long int", 64, false},
                                                          {"unsigned long", 64, true},
                                                          {"unsigned long int", 64, true},
                                                          {"long long", 64, false},
                                                          {"unsigned long long", 64, true},
                                                          {"long unsigned int", 64, true},
                                                          {"u8", 8, true},
                                                          {"u16", 16, true},
                                                          {"u32", 32, true},
                                                          {"u64", 64, true},
                                                          {"s8", 8, false},
                                                          {"s16", 16, false},
                                                          {"s32", 32, false},
                                                          {"s64", 64, false},
                                                          {"__u8", 8, true},
                                                          {"__u16", 16, true},
                                                          {"__u32", 32, true},
                                                          {"__u64", 64, true},
                                                          {"__s32", 32, false},
                                                          {"__s64", 64, false},
                                                          {"size_t", 64, true},
                                                          {"gfp_t", 32, true},
                                                          {"fmode_t", 32, true},
                                                          {"blk_opf_t", 32, true},
                                                          {"vm_fault_t", 32, true},
                                                          {"__kernel_rwf_t", 32, false}}};
        for (const TypeName& type : kTypes)
            if (type.name == name) return &type;
        return nullptr;
    }

    static Operand convert(const Operand& operand, std::string_view spelled) {
        const std::string name = base::single_spaced(spelled);
        const TypeName* type = find_type(name);
        if (type == nullptr) return operand;
        std::uint64_t value = operand.value;
        if (type->bits < 32) {
            const unsigned unused = 64 - type->bits;
            value = type->is_unsigned
                        ? value << unused >> unused
                        : static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
            return constant(value, false, false);  // promoted to int
        }
        return constant(value, type->bits == 64, type->is_unsigned);
    }

    Operand number() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && base::is_name_char(text_[at_]))
            at_++;
        std::string_view word = text_.substr(begin, at_ - begin);
        const bool is_decimal = word[0] != '0';
        unsigned longs = 0;
        bool is_unsigned = false;
        while (!word.empty()) {
            const char c = word.back();
            if (c == 'l' || c == 'L')
                longs++;
            else if (c == 'u' || c == 'U')
                is_unsigned = true;
            else
                break;
            word.remove_suffix(1);
        }
        std::optional<std::uint64_t> value;
        if (word.size() > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X'))
            value = base::parse_digits(word.substr(2), 16);
        else if (word.size() > 1 && word[0] == '0')
            value = base::parse_digits(word.substr(1), 8);
        else
            value = base::parse_digits(word, 10);
        if (!value || longs > 2) return {};
        // The first of int, (unsigned int,) long, (unsigned long) that holds it; decimal ones never turn unsigned.
        bool is_64 = longs > 0;
        if (!is_64) {
            if (*value > 0xffffffffu || (is_decimal && !is_unsigned && *value > 0x7fffffffu))
                is_64 = true;
            else if (*value > 0x7fffffffu)
                is_unsigned = true;
        }
        if (is_64 && *value > 0x7fffffffffffffffu) is_unsigned = true;
        return constant(*value, is_64, is_unsigned);
    }

    // REC->field is a field; every other name is an enumerator that the kernel did not replace, a macro, a call.
    Operand name() {
        const std::string_view word = take_name();
        if (word == "REC" && take("->")) {
            const std::string_view field = take_name();
            if (!field.empty() && peek() != '[' && peek() != '.' && !text_.substr(at_).starts_with("->"))
                return {.kind = Operand::Kind::field, .field = field};
        }
        return fail();
    }

    std::string_view text_;
    std::size_t at_ = 0;
    unsigned depth_ = 0;
    bool failed_ = false;
};

// Index just behind the string or character literal that begins at text[at].
std::size_t literal_end(std::string_view text, std::size_t at) {
    const char quote = text[at];
    for (at++; at < text.size(); at++) {
        if (text[at] == '\\')
            at++;
        else if (text[at] == quote)
            return at + 1;
    }
    return text.size();
}

// The pieces of text[at...] between commas, up to the bracket that closes the one before `at`; strings and inner
// brackets are skipped. `end` becomes the index of that closing bracket (or text.size()).
std::vector<std::string_view> arguments(std::string_view text, std::size_t at, std::size_t& end) {
    std::vector<std::string_view> pieces;
    std::size_t begin = at, depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"' || c == '\'') {
            at = literal_end(text, at);
            continue;
        }
        if (c == '(' || c == '{' || c == '[') depth++;
        if (c == ')' || c == '}' || c == ']') {
            if (depth == 0) break;
            depth--;
        }
        if (c == ',' && depth == 0) {
            pieces.push_back(base::trim(text.substr(begin, at - begin)));
            begin = at + 1;
        }
        at++;
    }
    pieces.push_back(base::trim(text.substr(begin, at - begin)));
    end = at;
    return pieces;
}

// One or more string literals next to each other ("APIC_" "ID"), which C joins.
std::optional<std::string> string_value(std::string_view text) {
    std::string result;
    std::size_t at = 0;
    if (text.empty()) return std::nullopt;
    while (at < text.size()) {
        if (text[at] != '"') return std::nullopt;
        const std::size_t end = literal_end(text, at);
        for (std::size_t i = at + 1; i + 1 < end; i++) {
            char c = text[i];
            if (c == '\\' && i + 2 < end) {
                c = text[++i];
                if (c == 'n') c = '\n';
                if (c == 't') c = '\t';
            }
            result += c;
        }
        at = end;
        while (at < text.size() && base::trim(text.substr(at, 1)).empty())
            at++;
    }
    return result;
}

}  // namespace

std::optional<std::uint64_t> constant_value(std::string_view expression) {
    const Operand result = Evaluator(expression).whole();
    if (result.kind != Operand::Kind::constant) return std::nullopt;
    return result.value;
}

std::map<std::string, program::ValueNames, std::less<>> value_names(std::string_view print_fmt) {
    std::map<std::string, program::ValueNames, std::less<>> result;
    std::set<std::string, std::less<>> ambiguous;
    constexpr std::string_view kFlags = "__print_flags", kSymbolic = "__print_symbolic";
    std::size_t at = 0;
    while ((at = print_fmt.find("__print_", at)) != kNone) {
        const std::string_view rest = print_fmt.substr(at);
        at += 8;
        const bool is_flags = rest.starts_with(kFlags);
        if (!is_flags && !rest.starts_with(kSymbolic)) continue;
        std::string_view tail = rest.substr(is_flags ? kFlags.size() : kSymbolic.size());
        if (tail.starts_with("_u64")) tail.remove_prefix(4);
        const std::size_t open = tail.find_first_not_of(' ');
        if (open == kNone || tail[open] != '(') continue;

        std::size_t end = 0;
        const auto pieces = arguments(tail, open + 1, end);
        if (end == tail.size()) break;  // never closed: the text was cut
        at = static_cast<std::size_t>(tail.data() - print_fmt.data()) + end;
        const Operand subject = Evaluator(pieces[0]).whole();
        if (subject.kind != Operand::Kind::field) continue;
        program::ValueNames names{.is_flags = is_flags, .delimiter = {}, .values = {}};
        std::size_t first = 1;
        if (is_flags) {
            if (pieces.size() < 2) continue;
            names.delimiter = string_value(pieces[1]).value_or("|");
            first = 2;
        }
        for (std::size_t i = first; i < pieces.size(); i++) {
            if (pieces[i].size() < 2 || pieces[i].front() != '{') continue;
            std::size_t close = 0;
            const auto entry = arguments(pieces[i], 1, close);
            if (entry.size() != 2) continue;
            const auto value = constant_value(entry[0]);
            auto name = string_value(entry[1]);
            if (value && name) names.values.emplace_back(*value, std::move(*name));
        }
        if (names.values.empty()) continue;
        const std::string field(subject.field);
        const auto [place, is_new] = result.try_emplace(field, names);
        if (!is_new && (place->second.is_flags != names.is_flags || place->second.values != names.values))
            ambiguous.insert(field);
    }
    for (const std::string& field : ambiguous)
        result.erase(field);
    return result;
}

}  // namespace kernel
