// golden/format: what --fmt makes of a script. What came out must come out again.
#include <gtest/gtest.h>

#include "grammar/parse.h"
#include "src/ast/format.h"
#include "src/source/render.h"
#include "tests/support/golden.h"

namespace {

std::string formatted(const std::string& text) {
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
    const auto file = sources.add("script", text);
    const ast::Script* script = grammar::parse(file, sources, arena, diagnostics, {});
    if (script != nullptr) return ast::format(*script, sources);
    return source::render(diagnostics.all().front(), sources, {});
}

std::string produce(const golden::Case& test) {
    std::string once = formatted(test.script);
    EXPECT_EQ(formatted(once), once);
    return once;
}

const bool registered = golden::add_folder("Format", BPFLINE_TESTS_DIR "/golden/format", produce);

}  // namespace
