// golden/errors: what a mistaken script is told, one folder a diagnostic kind. The fake kernel answers, so that a case
// says the same everywhere.
#include "grammar/parse.h"
#include "src/builtins/table.h"
#include "src/check/check.h"
#include "src/driver/imports.h"
#include "src/source/render.h"
#include "tests/support/fake_kernel.h"
#include "tests/support/golden.h"

namespace {

std::string produce(const golden::Case& test) {
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
    types::Table types;
    const test_support::FakeKernel kernel;
    const auto is_builtin = [](std::string_view word) { return builtins::find(word) != nullptr; };
    const auto file = sources.add("script", test.script);
    const ast::Script* script = grammar::parse(file, sources, arena, diagnostics, is_builtin);
    std::vector<std::string> headers;
    std::vector<const ast::Script*> scripts;
    if (script != nullptr) scripts = driver::load_imports(*script, sources, arena, diagnostics, is_builtin, headers);
    if (!scripts.empty()) {
        const check::Options options;
        const auto parse_expression = [&](std::string_view of) {
            return grammar::parse_expression(of, sources, arena, is_builtin);
        };
        const check::Input input{scripts, sources, kernel, {builtins::find, builtins::all}, options, parse_expression};
        (void)check::check(input, types, diagnostics);
    }
    std::string text;
    source::RenderOptions options;
    options.show_number = true;
    for (const source::Diagnostic& diagnostic : diagnostics.all())
        text += source::render(diagnostic, sources, options);  // those of -v, too
    return text.empty() ? "no diagnostic\n" : text;
}

const bool registered = golden::add_folder("Errors", BPFLINE_TESTS_DIR "/golden/errors", produce);

}  // namespace
