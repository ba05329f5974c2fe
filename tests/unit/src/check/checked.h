// Helper of check's tests: one script through grammar and check on the fake kernel; errors and warnings as users see
// them, or the typed tree as text.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "grammar/parse.h"
#include "src/ast/arena.h"
#include "src/builtins/table.h"
#include "src/check/check.h"
#include "src/source/render.h"
#include "src/typed/print.h"
#include "tests/support/fake_kernel.h"

namespace check_test {

struct Checked {
    std::string errors, warnings;  ///< positions and messages, without excerpts; hints behind
    std::string typed;             ///< empty if there were errors
};

inline std::string lines_of(const source::Diagnostic& diagnostic, const source::SourceMap& sources) {
    const auto place = [&](source::Range range) {
        const auto& file = sources.file(range.file);
        const auto begin = file.position(range.begin), end = file.position(range.end);
        return std::to_string(begin.line) + ":" + std::to_string(begin.column) + "-" + std::to_string(end.column) +
               ": ";
    };
    std::string text = (diagnostic.has_range ? place(diagnostic.range) : std::string()) + diagnostic.message + "\n";
    for (const auto& note : diagnostic.notes)
        text += place(note.range) + note.message + "\n";
    for (const auto& hint : diagnostic.hints)
        text += "HINT: " + hint + "\n";
    return text;
}

inline Checked checked(std::string_view script, const check::Options& options = {}) {
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
    types::Table types;
    const test_support::FakeKernel kernel;
    const auto is_builtin = [](std::string_view word) { return builtins::find(word) != nullptr; };
    const program::FileId file = sources.add("stdin", std::string(script));
    const ast::Script* tree = grammar::parse(file, sources, arena, diagnostics, is_builtin);
    Checked result;
    std::optional<typed::Script> typed;
    if (tree != nullptr) {
        const ast::Script* scripts[] = {tree};
        const auto parse_expression = [&](std::string_view text) {
            return grammar::parse_expression(text, sources, arena, is_builtin);
        };
        const check::Input input{scripts, sources, kernel, {builtins::find, builtins::all}, options, parse_expression};
        typed = check::check(input, types, diagnostics);
    }
    for (const source::Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.only_verbose) continue;
        (diagnostic.severity == source::Severity::error ? result.errors : result.warnings) +=
            lines_of(diagnostic, sources);
    }
    if (typed) result.typed = typed::print(*typed);
    return result;
}

inline std::string errors(std::string_view script, const check::Options& options = {}) {
    return checked(script, options).errors;
}
inline std::string warnings(std::string_view script, const check::Options& options = {}) {
    const Checked result = checked(script, options);
    EXPECT_EQ(result.errors, "") << script;
    return result.warnings;
}
/// The statements of the first body, without the tree around them.
inline std::string body(std::string_view script, const check::Options& options = {}) {
    const Checked result = checked(script, options);
    EXPECT_EQ(result.errors, "") << script;
    return result.typed;
}

struct Case {
    std::string_view script, expected;
};

}  // namespace check_test
