// golden/parse: the tree of a script, or its syntax error with the excerpt.
#include "grammar/parse.h"
#include "src/ast/print.h"
#include "src/source/render.h"
#include "tests/support/golden.h"

namespace {

// "//# values a b": words that are values, as builtins are.
grammar::NameOracle oracle(const golden::Case& test) {
    const auto found = test.settings.find("values");
    const std::string values = found == test.settings.end() ? "" : " " + found->second + " ";
    return [values](std::string_view word) { return values.find(" " + std::string(word) + " ") != std::string::npos; };
}

std::string produce(const golden::Case& test) {
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
    const auto file = sources.add("script", test.script);
    const ast::Script* script = grammar::parse(file, sources, arena, diagnostics, oracle(test));
    if (script != nullptr) return ast::print(*script);
    std::string text;
    for (const source::Diagnostic& diagnostic : diagnostics.all())
        text += source::render(diagnostic, sources, {});
    return text;
}

const bool registered = golden::add_folder("Parse", BPFLINE_TESTS_DIR "/golden/parse", produce);

}  // namespace
