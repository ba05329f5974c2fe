#include "grammar/parse.h"

#include <fmt/format.h>

#include "grammar/parser.hpp"
#include "grammar/token_reader.h"

namespace grammar {
namespace {

/// Offsets are 32 bits, flex counts in int; no script comes near.
constexpr std::size_t kMaxScriptSize = 64 * 1024 * 1024;

bool is_readable(program::FileId file, const source::SourceFile& source, source::Diagnostics& diagnostics) {
    if (source.text().size() <= kMaxScriptSize) return true;
    diagnostics.add(source::DiagnosticKind::syntax, source::Range{file, 0, 0},
                    fmt::format("syntax: the script is larger than {} MiB", kMaxScriptSize >> 20));
    return false;
}

}  // namespace

const ast::Script* parse(program::FileId file, const source::SourceMap& sources, ast::Arena& arena,
                         source::Diagnostics& diagnostics, const NameOracle& names) {
    const source::SourceFile& source = sources.file(file);
    if (!is_readable(file, source, diagnostics)) return nullptr;
    ast::TreeBuilder build(file, arena, diagnostics);
    TokenReader reader(file, source, build, diagnostics, names);
    Parser parser(reader, build, diagnostics);
    const bool is_accepted = parser.parse() == 0;
    return is_accepted && build.is_sound() ? build.finish() : nullptr;
}

const ast::Expr* parse_expression(std::string_view text, source::SourceMap& sources, ast::Arena& arena,
                                  const NameOracle& names) {
    // The value of a macro's body is the one place where an expression stands alone.
    const program::FileId file = sources.add("definitions.h", fmt::format("macro m() {{ {}\n}}", text));
    source::Diagnostics silent;
    const ast::Script* script = parse(file, sources, arena, silent, names);
    if (script == nullptr || silent.has_errors() || script->macros.size() != 1 || !script->probes.empty() ||
        !script->functions.empty() || !script->map_declarations.empty())
        return nullptr;
    const ast::Block& body = *script->macros.front().body;
    return body.statements.empty() ? body.value : nullptr;
}

std::string token_dump(program::FileId file, const source::SourceMap& sources, const NameOracle& names) {
    const source::SourceFile& source = sources.file(file);
    source::Diagnostics diagnostics;
    if (!is_readable(file, source, diagnostics)) return {};
    ast::Arena arena;
    ast::TreeBuilder build(file, arena, diagnostics);
    TokenReader reader(file, source, build, diagnostics, names);
    std::string text;
    for (;;) {
        const Parser::symbol_type symbol = reader.next();
        if (symbol.kind() == Parser::symbol_kind::S_YYEOF || symbol.kind() == Parser::symbol_kind::S_YYerror) break;
        const source::Position begin = source.position(symbol.location.begin);
        std::string spelled(sources.text(symbol.location));
        for (std::size_t at = spelled.find('\n'); at != std::string::npos; at = spelled.find('\n', at))
            spelled.replace(at, 1, "\\n");
        text += fmt::format("{}:{}\t{}\t{}\n", begin.line, begin.column, symbol.name(), spelled);
    }
    return text;
}

}  // namespace grammar
