// Entrances: parse_signature, check_arity, choose_overload.
#include "src/check/signature.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "runtime/base/text.h"

namespace check {

using types::Kind;
using types::Type;

namespace {

struct TypeWord {
    std::string_view spelling;
    ParameterType type;
};
constexpr std::array kTypeWords{
    TypeWord{"any", ParameterType::any},
    TypeWord{"int", ParameterType::integer},
    TypeWord{"integer", ParameterType::integer},
    TypeWord{"bool", ParameterType::boolean},
    TypeWord{"string", ParameterType::string},
    TypeWord{"pointer", ParameterType::pointer},
    TypeWord{"array", ParameterType::array},
    TypeWord{"buffer", ParameterType::buffer},
    TypeWord{"tuple", ParameterType::tuple},
    TypeWord{"record", ParameterType::record},
    TypeWord{"struct", ParameterType::structure},
    TypeWord{"enum", ParameterType::enumeration},
    TypeWord{"stack", ParameterType::stack},
    TypeWord{"timestamp", ParameterType::timestamp},
    TypeWord{"clock_value", ParameterType::clock_value},
    TypeWord{"inet", ParameterType::inet},
    TypeWord{"mac", ParameterType::mac},
    TypeWord{"ksym", ParameterType::ksym},
    TypeWord{"usym", ParameterType::usym},
    TypeWord{"username", ParameterType::username},
    TypeWord{"cgroup_path", ParameterType::cgroup_path},
    TypeWord{"int literal", ParameterType::integer_literal},
    TypeWord{"bool literal", ParameterType::boolean_literal},
    TypeWord{"string literal", ParameterType::string_literal},
    TypeWord{"literal", ParameterType::literal},
    TypeWord{"map", ParameterType::map},
    TypeWord{"element", ParameterType::element},
    TypeWord{"key", ParameterType::key},
    TypeWord{"variable", ParameterType::variable},
    TypeWord{"type", ParameterType::type},
    TypeWord{"word", ParameterType::word},
};

std::string_view spelling_of(ParameterType type) {
    for (const TypeWord& word : kTypeWords)
        if (word.type == type) return word.spelling;
    return "";
}

struct NamedWords {
    std::string_view name;
    std::array<std::string_view, 4> words;
};
constexpr std::array kNamedWords{
    NamedWords{"clock", {"boot", "monotonic", "tai", "sw_tai"}},
    NamedWords{"stack_mode", {"bpftrace", "perf", "raw", "build_id"}},
    NamedWords{"pid_namespace", {"curr_ns", "init", "", ""}},
};

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    ParsedSignature run() {
        ParsedSignature parsed;
        while (!failed_) {
            skip_blanks(true);
            if (at_ >= text_.size()) break;
            parsed.overloads.push_back(line());
        }
        if (parsed.overloads.empty()) fail("an empty signature");
        if (failed_) parsed.error = error_;
        return parsed;
    }

  private:
    void fail(std::string message) {
        if (!failed_) error_ = {std::move(message), at_};
        failed_ = true;
    }
    void skip_blanks(bool lines_too = false) {
        while (at_ < text_.size() && (text_[at_] == ' ' || (lines_too && text_[at_] == '\n')))
            ++at_;
    }
    bool take(std::string_view token) {
        skip_blanks();
        if (text_.substr(at_, token.size()) != token) return false;
        at_ += token.size();
        return true;
    }
    void want(std::string_view token) {
        if (!take(token)) fail(fmt::format("expected '{}'", token));
    }
    std::string_view name() {
        skip_blanks();
        const std::size_t begin = at_;
        while (at_ < text_.size() && base::is_name_char(text_[at_]))
            ++at_;
        if (begin == at_) fail("expected a name");
        return text_.substr(begin, at_ - begin);
    }

    Signature line() {
        Signature signature;
        signature.name = name();
        if (take("(") && !take(")")) {
            do
                signature.parameters.push_back(parameter());
            while (!failed_ && take(","));
            want(")");
        }
        signature.result = "void";
        if (take("->")) {
            skip_blanks();
            const std::size_t end = std::min(text_.find('\n', at_), text_.size());
            signature.result = base::trim(text_.substr(at_, end - at_));
            at_ = end;
        }
        skip_blanks();
        if (at_ < text_.size() && text_[at_] != '\n') fail("expected the end of the line");
        bool has_optional = false;
        for (const Parameter& parameter : signature.parameters) {
            if (has_optional && !parameter.is_optional && !parameter.is_repeated)
                fail("a required parameter behind an optional one");
            has_optional |= parameter.is_optional;
        }
        return signature;
    }

    Parameter parameter() {
        Parameter parameter;
        parameter.name = name();
        want(":");
        do {
            skip_blanks();
            if (take("{")) {
                parameter.types.push_back(ParameterType::word);
                do
                    parameter.words.emplace_back(name());
                while (!failed_ && take("|"));
                want("}");
                for (const NamedWords& set : kNamedWords)
                    if (std::equal(parameter.words.begin(), parameter.words.end(), set.words.begin(),
                                   set.words.begin() + (set.words[2].empty() ? 2 : 4)))
                        parameter.word_set = set.name;
                continue;
            }
            const std::size_t begin = at_;
            std::string word(name());
            const std::size_t after = at_;
            skip_blanks();
            if (text_.substr(at_, 7) == "literal") {
                at_ += 7;
                word += " literal";
            } else {
                at_ = after;
            }
            const auto known = std::find_if(kTypeWords.begin(), kTypeWords.end(),
                                            [&](const TypeWord& entry) { return entry.spelling == word; });
            if (known != kTypeWords.end()) {
                parameter.types.push_back(known->type);
                continue;
            }
            const auto set = std::find_if(kNamedWords.begin(), kNamedWords.end(),
                                          [&](const NamedWords& entry) { return entry.name == word; });
            if (set == kNamedWords.end()) {
                at_ = begin;
                fail(fmt::format("'{}' is no parameter type", word));
                break;
            }
            parameter.types.push_back(ParameterType::word);
            parameter.word_set = word;
            for (std::string_view entry : set->words)
                if (!entry.empty()) parameter.words.emplace_back(entry);
        } while (!failed_ && take("|"));
        if (take("...")) parameter.is_repeated = true;
        if (take("=")) {
            parameter.is_optional = true;
            skip_blanks();
            // Up to the comma or parenthesis that closes the parameter; a default may be a string holding either.
            const std::size_t begin = at_;
            bool is_quoted = false;
            int depth = 0;
            for (; at_ < text_.size(); ++at_) {
                const char c = text_[at_];
                if (c == '"') is_quoted = !is_quoted;
                if (is_quoted) continue;
                if (c == '(') ++depth;
                if (c == ')' && depth-- == 0) break;
                if (c == ',' && depth == 0) break;
            }
            parameter.default_text = base::trim(text_.substr(begin, at_ - begin));
        }
        return parameter;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool failed_ = false;
    SignatureError error_;
};

std::string counted(std::size_t number) {
    return number == 1 ? "one argument" : fmt::format("{} arguments", number);
}

/// Does one given argument fit one type of a parameter?
bool fits(const GivenArgument& given, ParameterType wanted) {
    const Kind kind = given.type->kind;
    const bool is_unknown =
        kind == Kind::error || (kind == Kind::none && !given.is_word && !given.is_type && !given.is_bare_map);
    const bool is_value = !given.is_word && !given.is_type;
    switch (wanted) {
        case ParameterType::map: return given.is_bare_map;
        case ParameterType::element: return given.is_element || given.is_bare_map;
        case ParameterType::variable: return given.is_variable;
        case ParameterType::type: return given.is_type;
        case ParameterType::word: return given.is_word;
        case ParameterType::key: return is_value;
        default: break;
    }
    if (!is_value) return false;
    if (is_unknown) {
        const bool wants_literal = wanted == ParameterType::integer_literal ||
                                   wanted == ParameterType::boolean_literal ||
                                   wanted == ParameterType::string_literal || wanted == ParameterType::literal;
        return !wants_literal || given.is_literal || kind == Kind::error;
    }
    const bool is_integer = kind == Kind::integer || kind == Kind::boolean ||
                            (kind == Kind::enumeration && !given.type->is_text_number()) ||
                            (kind >= Kind::count && kind <= Kind::avg);  // read as their merged integer
    const bool is_text = kind == Kind::string || (kind == Kind::array && given.type->element->kind == Kind::integer &&
                                                  given.type->element->size == 1);
    switch (wanted) {
        case ParameterType::any: return kind != Kind::void_;
        case ParameterType::integer: return is_integer || kind == Kind::timestamp_mode;
        case ParameterType::boolean: return kind == Kind::boolean || kind == Kind::integer;
        case ParameterType::string: return is_text;
        case ParameterType::pointer: return kind == Kind::pointer;
        case ParameterType::array: return kind == Kind::array;
        case ParameterType::buffer: return kind == Kind::buffer;
        case ParameterType::tuple: return kind == Kind::tuple;
        case ParameterType::record: return kind == Kind::record;
        case ParameterType::structure: return kind == Kind::structure;
        case ParameterType::enumeration: return kind == Kind::enumeration;
        case ParameterType::stack: return kind == Kind::kstack || kind == Kind::ustack;
        case ParameterType::timestamp: return kind == Kind::timestamp;
        case ParameterType::clock_value: return kind == Kind::timestamp_mode;
        case ParameterType::inet: return kind == Kind::inet;
        case ParameterType::mac: return kind == Kind::mac;
        case ParameterType::ksym: return kind == Kind::ksym;
        case ParameterType::usym: return kind == Kind::usym;
        case ParameterType::username: return kind == Kind::username;
        case ParameterType::cgroup_path: return kind == Kind::cgroup_path;
        case ParameterType::integer_literal: return given.is_literal && is_integer;
        case ParameterType::boolean_literal:
            return given.is_literal && (kind == Kind::boolean || kind == Kind::integer);
        case ParameterType::string_literal: return given.is_literal && kind == Kind::string;
        case ParameterType::literal: return given.is_literal;
        case ParameterType::map:
        case ParameterType::element:
        case ParameterType::key:
        case ParameterType::variable:
        case ParameterType::type:
        case ParameterType::word: break;
    }
    return false;
}

std::string provided(const GivenArgument& given) {
    if (given.is_word) return std::string(given.spelling);
    if (given.is_type) return "type";
    return kind_word(given.type);
}

Mismatch mismatch_of(const Signature& signature, const Parameter& parameter, const GivenArgument& given,
                     std::size_t index) {
    Mismatch mismatch;
    if (parameter.takes_only(ParameterType::map) || parameter.takes_only(ParameterType::element) ||
        (parameter.types.size() == 2 && parameter.takes(ParameterType::map) &&
         parameter.takes(ParameterType::element))) {
        mismatch.message = fmt::format("{}() expects a map argument", signature.name);
        mismatch.argument = index;
        return mismatch;
    }
    if (parameter.takes_only(ParameterType::word)) {
        if (parameter.word_set == "stack_mode" && !given.is_word) {
            mismatch.message = "Expected stack mode as first argument";
            return mismatch;
        }
        mismatch.argument = index;
        const std::string_view word = given.is_word ? given.spelling : std::string_view();
        const std::string seen = given.is_word ? std::string(word) : kind_word(given.type);
        if (parameter.word_set == "stack_mode")
            mismatch.message = fmt::format(
                "Error parsing stack mode: {}: Invalid value for stack_mode: valid values are bpftrace, raw, perf, and "
                "build_id.",
                signature.name);
        else if (parameter.word_set == "clock")
            mismatch.message = fmt::format("Invalid timestamp mode: {}", seen);
        else if (parameter.word_set == "pid_namespace")
            mismatch.message = fmt::format("Invalid PID namespace mode: {} (expects: curr_ns or init)", seen);
        else if (parameter.words.empty())
            mismatch.message = fmt::format("{}() expects a name ({} provided)", signature.name, seen);
        else
            mismatch.message = fmt::format("{}() expects one of {} ({} provided)", signature.name,
                                           fmt::join(parameter.words, ", "), seen);
        return mismatch;
    }
    if (parameter.takes_only(ParameterType::variable)) {
        mismatch.message = fmt::format("{}() expects a variable ({} provided)", signature.name, provided(given));
        mismatch.argument = index;
        return mismatch;
    }
    std::string wanted;
    bool wants_literal = false;
    for (const ParameterType type : parameter.types) {
        if (type == ParameterType::word) continue;
        if (!wanted.empty()) wanted += " or ";
        wanted += spelling_of(type);
        wants_literal |= type == ParameterType::string_literal || type == ParameterType::integer_literal ||
                         type == ParameterType::boolean_literal || type == ParameterType::literal;
    }
    if (wants_literal) {
        mismatch.message = fmt::format("{}() expects a {} ({} provided)", signature.name, wanted, provided(given));
        if (given.is_positional && parameter.takes(ParameterType::string_literal))
            mismatch.hint = fmt::format("Use str({0}) to treat {0} as a string", given.spelling);
    } else {
        mismatch.message =
            fmt::format("{}() only supports {} arguments ({} provided)", signature.name, wanted, provided(given));
    }
    return mismatch;
}

}  // namespace

bool Parameter::takes(ParameterType type) const {
    return std::find(types.begin(), types.end(), type) != types.end();
}

std::size_t Signature::fewest() const {
    return static_cast<std::size_t>(std::count_if(parameters.begin(), parameters.end(),
                                                  [](const Parameter& p) { return !p.is_optional && !p.is_repeated; }));
}

std::size_t Signature::most() const {
    if (!parameters.empty() && parameters.back().is_repeated) return std::numeric_limits<std::size_t>::max();
    return parameters.size();
}

const Parameter* Signature::parameter(std::size_t i) const {
    if (i < parameters.size()) return &parameters[i];
    if (!parameters.empty() && parameters.back().is_repeated) return &parameters.back();
    return nullptr;
}

ParsedSignature parse_signature(std::string_view text) {
    return Parser(text).run();
}

std::string print(const std::vector<Signature>& overloads) {
    std::string text;
    for (const Signature& signature : overloads) {
        if (!text.empty()) text += '\n';
        text += signature.name + '(';
        for (std::size_t i = 0; i < signature.parameters.size(); ++i) {
            const Parameter& parameter = signature.parameters[i];
            text += (i > 0 ? ", " : "") + parameter.name + ": ";
            bool is_first = true;
            for (const ParameterType type : parameter.types) {
                if (!is_first) text += '|';
                is_first = false;
                if (type == ParameterType::word && !parameter.words.empty())
                    text += fmt::format("{{{}}}", fmt::join(parameter.words, "|"));
                else
                    text += spelling_of(type);
            }
            if (parameter.is_repeated) text += "...";
            if (parameter.is_optional) text += " = " + parameter.default_text;
        }
        text += ") -> " + signature.result;
    }
    return text;
}

std::optional<std::string> check_arity(const std::vector<Signature>& overloads, std::size_t given) {
    std::size_t fewest = std::numeric_limits<std::size_t>::max(), most = 0;
    for (const Signature& signature : overloads) {
        if (given >= signature.fewest() && given <= signature.most()) return std::nullopt;
        fewest = std::min(fewest, signature.fewest());
        most = std::max(most, signature.most());
    }
    const std::string& name = overloads.front().name;
    if (most == 0) return fmt::format("{}() requires no arguments ({} provided)", name, given);
    if (fewest == most) return fmt::format("{}() requires {} ({} provided)", name, counted(fewest), given);
    if (given < fewest) return fmt::format("{}() requires at least {} ({} provided)", name, counted(fewest), given);
    return fmt::format("{}() takes up to {} ({} provided)", name, counted(most), given);
}

Choice choose_overload(const std::vector<Signature>& overloads, const std::vector<GivenArgument>& arguments) {
    Choice choice;
    std::size_t furthest = 0;
    for (const Signature& signature : overloads) {
        if (arguments.size() < signature.fewest() || arguments.size() > signature.most()) continue;
        std::optional<Mismatch> mismatch;
        std::size_t i = 0;
        for (; i < arguments.size() && !mismatch; ++i) {
            const Parameter& parameter = *signature.parameter(i);
            const GivenArgument& given = arguments[i];
            const bool fits_one = std::any_of(parameter.types.begin(), parameter.types.end(), [&](ParameterType type) {
                if (type == ParameterType::word && given.is_word && !parameter.words.empty())
                    return std::find(parameter.words.begin(), parameter.words.end(), given.spelling) !=
                           parameter.words.end();
                return fits(given, type);
            });
            if (!fits_one) mismatch = mismatch_of(signature, parameter, given, i);
        }
        if (!mismatch) {
            choice.overload = &signature;
            choice.mismatch.reset();
            return choice;
        }
        // The overload that fits longest is the one that was meant.
        if (!choice.mismatch || i > furthest) {
            furthest = i;
            choice.overload = &signature;
            choice.mismatch = std::move(mismatch);
        }
    }
    return choice;
}

std::string kind_word(const Type* type) {
    // usum_t and its like say their sign.
    return type->is_aggregation() ? types::name_of(type) : std::string(types::base_name_of(type));
}

}  // namespace check
