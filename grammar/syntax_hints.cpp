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
constexpr std::string_view kRange = "a loop over numbers is written `for ($i : 0..10) { ... }`; it ends before the 10";

/// Where a body should begin.
std::string hint_for_body(std::string_view script, std::size_t start, std::size_t at) {
    const std::string_view statement = trimmed(script.substr(start, at - start));
    const std::string_view rest = script.substr(at);
    const std::string_view keyword = first_word(statement);
    const bool is_else = keyword == "else" || trimmed(statement).ends_with("else");
    if (is_one_of(keyword, {"if", "while", "unroll"}) || is_else) {
        if (begins_with_operator(rest) && statement.find('(') == std::string_view::npos)
            return fmt::format("a condition with an operator stands in parentheses: `{} (...) {{ ... }}`",
                               is_else ? "else if" : keyword);
        return "what is done stands in braces, also if it is one statement: `{ ... }`";
    }
    // The head of a probe, which a brace is taken for where no block is open.
    const std::string_view before = trimmed(script.substr(0, at));
    const std::size_t last_line = before.rfind('\n') + 1;  // npos + 1 is 0
    if (before.substr(last_line).find("//") != std::string_view::npos) return "`//` begins a comment";
    if (before.ends_with('}')) return "there is one `}` too many before this";
    if (statement.ends_with(':')) return "the name of a probe has no blanks in it, e.g. `interval:1s`";
    if (first_word(rest) == "if" && !statement.empty() && keyword != "macro" && keyword != "fn")
        return "behind the probe comes /condition/ or the body: `{ if (...) { ... } }`";
    return {};
}

/// Where a statement should end.
std::string hint_for_end(std::string_view script, std::size_t start, std::size_t at) {
    const std::string_view statement = trimmed(script.substr(start, at - start));
    const std::string_view rest = script.substr(at);
    const std::string_view word = first_word(statement);
    if (rest.empty()) return "the script ends before its block does: is a `}` missing?";
    const bool is_name = !word.empty() && !(word[0] >= '0' && word[0] <= '9');
    if (is_assignment(rest) && is_name && word == statement)
        return fmt::format("names of variables begin with `$`, those of maps with `@`: `${} = ...`", word);
    if (is_one_of(word, {"elif", "elsif", "elseif"})) return "write `else if`";
    if (rest.starts_with(',') && word == statement && start >= 2 && script[start - 1] == '{' &&
        base::is_name_char(script[start - 2]))
        return "the name of a probe ends at `{`; several are written with commas: `kprobe:vfs_read, kprobe:vfs_write`";
    if (rest.starts_with(')')) return "no `(` belongs to it";
    return {};
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
    if (sentence == "expected '{'") return hint_for_body(script, start, at);
    if (sentence == "expected ';'") return hint_for_end(script, start, at);
    if (sentence == "expected ':'" || sentence == "expected variable in for loop") {
        const bool is_for = first_word(trimmed(script.substr(start, at - start))) == "for";
        return is_for ? std::string(kRange) : std::string();
    }
    if (is_assignment(rest) && (sentence == "expected '/' to close predicate" || sentence == "expected ')'"))
        return std::string(kCompare);
    if (rest.starts_with('#') && trimmed(script.substr(start, at - start)).empty())
        return "comments begin with `//`, or stand between `/*` and `*/`";
    return {};
}

}  // namespace grammar
