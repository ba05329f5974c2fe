// Any bytes as a script: parsing ends with a tree or a diagnostic that can be rendered; a tree can be printed and
// formatted, and what --fmt writes parses again and stays as it is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "grammar/parse.h"
#include "src/ast/format.h"
#include "src/ast/print.h"
#include "src/source/render.h"

namespace {

// Words that begin with a v are values, so that both readings of "(word) - 1" are reached.
bool is_value(std::string_view word) {
    return word.starts_with('v');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
    const auto file = sources.add("stdin", std::string(reinterpret_cast<const char*>(data), size));
    const ast::Script* script = grammar::parse(file, sources, arena, diagnostics, is_value);
    for (const source::Diagnostic& diagnostic : diagnostics.all())
        (void)source::render(diagnostic, sources, {});
    if (script == nullptr) {
        if (!diagnostics.has_errors()) std::abort();  // refused without a word
        return 0;
    }
    (void)ast::print(*script);
    const auto once = sources.add("once", ast::format(*script, sources));
    const ast::Script* again = grammar::parse(once, sources, arena, diagnostics, is_value);
    if (again == nullptr || ast::format(*again, sources) != sources.file(once).text()) std::abort();
    return 0;
}
