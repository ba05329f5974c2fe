#include "grammar/syntax_hints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"

namespace grammar {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The word that begins a text; empty if none does.
std::string_view first_word(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), base::is_name_char);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Behind the last ; { or } before a byte: where the statement begins, if no string holds one of them.
std::size_t statement_start(std::string_view script, std::size_t at) {
    const std::size_t end = script.substr(0, at).find_last_of(";{}");
    return end == std::string_view::npos ? 0 : end + 1;
}

bool is_assignment(std::string_view rest) {
    return rest.starts_with('=') && !rest.starts_with("==");
}

bool begins_with_operator(std::string_view rest) {
    constexpr std::string_view kOperators = "=!<>&|+-*/%^";
    return !rest.empty() && kOperators.find(rest[0]) != std::string_view::npos;
}

constexpr std::string_view kCompare = "`==` compares; a single `=` assigns";
constexpr std::string_view kLoop =
    "a loop is written `for ($i : 0..10) { ... }` over numbers, `for ($kv : @map) { ... }` over a map";
constexpr std::string_view kFunction =
    "a function is written `fn name($x : int64) : int64 { ... }`, a macro `macro name(x) { ... }`";

/// Words that begin a statement or an item in other languages.
struct Foreign {
    std::string_view word, hint;
};
constexpr Foreign kForeign[] = {
    {"elif", "write `else if`"},
    {"elsif", "write `else if`"},
    {"elseif", "write `else if`"},
    {"foreach", kLoop},
    {"do", "there is no `do`; loops are `for` and `while`"},
    {"switch", "there is no `switch`; write `if ... else if ...`"},
    {"goto", "there is no `goto`"},
    {"function", kFunction},
    {"func", kFunction},
    {"def", kFunction},
    {"sub", kFunction},
};
std::string_view foreign_word(std::string_view word) {
    for (const Foreign& one : kForeign)
        if (one.word == word) return one.hint;
    return {};
}

/// The word that ends a text; empty if none does.
std::string_view last_word(std::string_view text) {
    const auto begin = std::find_if_not(text.rbegin(), text.rend(), base::is_name_char);
    return text.substr(static_cast<std::size_t>(text.rend() - begin));
}

/// Of the brace that ends a text: where its partner stands, if no string or comment holds one of them.
std::size_t opening_brace(std::string_view text) {
    std::size_t depth = 0;
    for (std::size_t at = text.size(); at-- > 0;) {
        if (text[at] == '}') depth++;
        if (text[at] == '{' && --depth == 0) return at;
    }
    return 0;
}

/// A type of C that has several words.
std::string hint_for_type(std::string_view before, std::string_view word) {
    if (!is_one_of(word, {"int", "long", "char", "short", "unsigned", "signed"})) return {};
    const std::string_view first = last_word(trimmed(before));
    if (!is_one_of(first, {"unsigned", "signed", "long", "short"})) return {};
    const std::string_view width = word == "char"                        ? "8"
                                   : word == "short" || first == "short" ? "16"
                                   : word == "long" || first == "long"   ? "64"
                                                                         : "32";
    return fmt::format("a type is one word here: `{}int{}`", first == "unsigned" || word == "unsigned" ? "u" : "",
                       width);
}

/// Where a body should begin.
std::string hint_for_body(std::string_view script, std::size_t start, std::size_t at) {
    const std::string_view statement = trimmed(script.substr(start, at - start));
    const std::string_view rest = script.substr(at);
    const std::string_view keyword = first_word(statement);
    const bool is_else = keyword == "else" || statement.ends_with("else");
    if (is_one_of(keyword, {"if", "while", "unroll"}) || is_else) {
        if (begins_with_operator(rest))
            return fmt::format("the whole condition stands in parentheses: `{} (...) {{ ... }}`",
                               is_else ? "else if" : keyword);
        return "what is done stands in braces, also if it is one statement: `{ ... }`";
    }
    if (const auto hint = foreign_word(keyword); !hint.empty()) return std::string(hint);
    // The head of a probe, which a brace is taken for where no block is open.
    const std::string_view before = trimmed(script.substr(0, at));
    const std::size_t last_line = before.rfind('\n') + 1;  // npos + 1 is 0
    if (before.substr(last_line).find("//") != std::string_view::npos) return "`//` begins a comment";
    if (before.ends_with('}')) {
        // `if { ... }`: what stands in the braces is taken for the condition.
        const std::string_view word = last_word(trimmed(before.substr(0, opening_brace(before))));
        if (is_one_of(word, {"if", "while", "unroll"}))
            return fmt::format("the condition is missing: `{} (...) {{ ... }}`", word);
        return "there is one `}` too many before this";
    }
    if (statement.ends_with(':')) return "the name of a probe has no blanks in it, e.g. `interval:1s`";
    if (is_one_of(keyword, {"macro", "fn", "config"})) return {};
    if (first_word(rest) == "if" && !statement.empty())
        return "behind the probe comes /condition/ or the body: `{ if (...) { ... } }`";
    const std::string_view next = rest.substr(0, rest.find_first_of(" \t\r\n,/{"));
    if (next.find_first_of("($@") != std::string_view::npos) return "what is done stands in braces: `{ ... }`";
    if (next.find(':') != std::string_view::npos) return "probes with the same body are separated by commas";
    if (!statement.empty() && !first_word(next).empty())
        return fmt::format("the parts of a probe's name are joined by colons, as in `{}:{}`", statement, next);
    return {};
}

/// Where a statement should end.
std::string hint_for_end(std::string_view script, std::size_t start, std::size_t at) {
    const std::string_view statement = trimmed(script.substr(start, at - start));
    const std::string_view rest = script.substr(at);
    const std::string_view word = first_word(statement);
    const bool is_word = !word.empty() && word == statement && !(word[0] >= '0' && word[0] <= '9');
    if (rest.empty() && first_word(statement) != "import")
        return "the script ends before its block does: is a `}` missing?";
    if (const auto hint = foreign_word(word); !hint.empty()) return std::string(hint);
    if (is_one_of(word, {"int", "long", "char", "unsigned", "auto", "var", "const", "my", "local"}))
        return "a variable has no type before it: `$x = ...`, or `let $x : int64 = ...`";
    if (is_assignment(rest) && is_word)
        return fmt::format("names of variables begin with `$`, those of maps with `@`: `${} = ...`", word);
    if (rest.starts_with('"') && is_word)
        return fmt::format("what a function is given stands in parentheses: `{}(...)`", word);
    if (rest.starts_with(":=")) return "`=` assigns";
    if (rest.starts_with(',')) {
        if (is_word && start >= 2 && script[start - 1] == '{' && base::is_name_char(script[start - 2]))
            return "the name of a probe ends at `{`; several are written with commas: `kprobe:vfs_read, "
                   "kprobe:vfs_write`";
        if (statement.find('=') != std::string_view::npos) return "entries and statements end with `;`";
    }
    if (rest.starts_with(')')) return "no `(` belongs to it";
    return {};
}

/// Where a predicate should end.
std::string hint_for_predicate(std::string_view script, std::size_t start, std::size_t at) {
    if (!is_assignment(script.substr(at))) return {};
    const std::string_view head = script.substr(start, at - start);
    const std::size_t open = head.find(" /");
    if (open != std::string_view::npos && head.find('/', open + 2) != std::string_view::npos)
        return "what is done stands in braces: `/condition/ { ... }`";
    return std::string(kCompare);
}

}  // namespace

std::string syntax_hint(std::string_view script, std::size_t at, std::string_view sentence) {
    at = std::min(at, script.size());
    const std::string_view rest = script.substr(at);
    const std::string_view word = first_word(rest);
    // What word processors and web pages make of quotes and blanks.
    for (const std::string_view quote : {"\u201c", "\u201d", "\u201e", "\u2018", "\u2019"})
        if (rest.starts_with(quote)) return "a text stands in straight quotes: \"...\"";
    if (rest.starts_with("\u00a0")) return "this blank is a no-break space; write a plain one";
    if (word == "and") return "write `&&`";
    if (word == "or") return "write `||`";
    const std::size_t start = statement_start(script, at);
    const std::string_view statement = trimmed(script.substr(start, at - start));
    if (rest.starts_with('#') && statement.empty()) return "comments begin with `//`, or stand between `/*` and `*/`";
    if (sentence == "expected '{'") return hint_for_body(script, start, at);
    if (sentence == "expected ';'") {
        if (auto hint = hint_for_type(script.substr(0, at), word); !hint.empty() && first_word(statement) == "let")
            return hint;
        return hint_for_end(script, start, at);
    }
    if (sentence == "expected '/' to close predicate") return hint_for_predicate(script, start, at);
    if (sentence == "expected ':'" || sentence == "expected variable in for loop")
        return first_word(statement) == "for" ? std::string(kLoop) : std::string();
    if (sentence == "expected expression") {
        if (is_one_of(word, {"struct", "union", "enum"})) return "a cast stands in parentheses: `(struct NAME *)...`";
        if (rest.starts_with('[')) return "several values together are a tuple: `(1, 2)`";
    }
    if (sentence == "expected ')'") {
        if (auto hint = hint_for_type(script.substr(0, at), word); !hint.empty()) return hint;
        if (is_assignment(rest)) return std::string(kCompare);
        if (rest.starts_with('"')) return "is a comma missing?";
        return std::string(foreign_word(first_word(statement)));
    }
    return {};
}

}  // namespace grammar
