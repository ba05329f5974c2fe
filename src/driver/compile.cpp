#include "src/driver/compile.h"

#include <cstdio>
#include <memory>
#include <set>

#include "grammar/parse.h"
#include "runtime/base/bug.h"
#include "runtime/program/dump.h"
#include "src/ast/arena.h"
#include "src/ast/format.h"
#include "src/ast/print.h"
#include "src/builtins/table.h"
#include "src/check/check.h"
#include "src/codegen/codegen.h"
#include "src/driver/imports.h"
#include "src/ir/object.h"
#include "src/source/render.h"
#include "src/typed/print.h"

namespace driver {

namespace {

/// What all passes of one compilation share; lives until its Program is made.
struct Compilation {
    source::SourceMap sources;
    source::Diagnostics diagnostics;
    ast::Arena arena;
    types::Table types;
};

void dump(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

/// All errors before all warnings, each in the order they were found.
void report(const Compilation& compilation, const Request& request, Reporter& reporter) {
    source::RenderOptions options;
    options.show_number = request.is_verbose;
    for (const bool errors : {true, false})
        for (const source::Diagnostic& diagnostic : compilation.diagnostics.all()) {
            if ((diagnostic.severity == source::Severity::error) != errors) continue;
            if (diagnostic.only_verbose && !request.is_verbose) continue;
            reporter.diagnostic(errors ? Severity::error : Severity::warning,
                                source::render(diagnostic, compilation.sources, options));
        }
}

check::Options check_options(const Request& request) {
    check::Options options;
    options.is_safe_mode = !request.is_unsafe_allowed;
    options.has_child = request.command.has_value();
    if (request.pid) options.pid = static_cast<std::uint32_t>(*request.pid);
    options.parameters = request.parameters;
    for (const NamedParameter& parameter : request.named_parameters) {
        if (parameter.value)
            options.named_parameters[parameter.name] = *parameter.value;
        else
            options.bare_parameters.insert(parameter.name);
    }
    for (const ConfigValue& value : request.config)
        options.environment_config[value.key] = value.value;
    options.probe_filter = request.probe_filter;
    options.is_listing = request.action == Action::list;
    return options;
}

bool is_builtin(std::string_view word) {
    return builtins::find(word) != nullptr;
}

/// Text -> trees, imports included (importer last).
std::vector<const ast::Script*> parse(const Request& request, Compilation& compilation) {
    const program::FileId file = compilation.sources.add(request.program->name, request.program->text);
    const ast::Script* script =
        grammar::parse(file, compilation.sources, compilation.arena, compilation.diagnostics, is_builtin);
    if (!script) return {};
    return load_imports(*script, compilation.sources, compilation.arena, compilation.diagnostics, is_builtin);
}

std::optional<typed::Script> check_script(const Request& request, const kernel::KernelView& kernel,
                                          Compilation& compilation) {
    const auto scripts = parse(request, compilation);
    if (scripts.empty() || compilation.diagnostics.has_errors()) return std::nullopt;
    if (request.debug_stages.has(Stage::tokens))
        dump(grammar::token_dump(scripts.back()->file, compilation.sources, is_builtin));
    if (request.debug_stages.has(Stage::ast)) dump(ast::print(*scripts.back()));

    const check::Options options = check_options(request);
    const check::Input input{scripts, compilation.sources, kernel, {builtins::find, builtins::all}, options};
    auto typed = check::check(input, compilation.types, compilation.diagnostics);
    if (compilation.diagnostics.has_errors()) return std::nullopt;
    return typed;
}

}  // namespace

std::optional<program::Program> compile(const Request& request, const kernel::KernelView& kernel, Reporter& reporter) {
    Compilation compilation;

    auto typed = check_script(request, kernel, compilation);
    report(compilation, request, reporter);
    if (!typed) return std::nullopt;
    if (request.debug_stages.has(Stage::typed)) dump(typed::print(*typed));
    // After this no diagnostic of the script is possible.

    codegen::Options options;
    options.features = kernel.features();
    options.possible_cpus = kernel.possible_cpus();
    options.warn_failed_reads = request.warns_at_run_time;
    codegen::Generated generated = codegen::generate(*typed, compilation.types, compilation.sources, options);
    if (request.debug_stages.has(Stage::ir)) dump(generated.module->text());

    std::string optimised;
    std::string assembly;
    ir::EmitTexts texts;
    if (request.debug_stages.has(Stage::ir_opt)) texts.optimised = &optimised;
    if (request.debug_stages.has(Stage::assembly)) texts.assembly = &assembly;
    auto emitted = ir::emit_functions(*generated.module, texts);
    if (!emitted) {
        reporter.error(emitted.take_error("generating code"));
        return std::nullopt;
    }
    dump(optimised);
    dump(assembly);

    program::Program program = std::move(generated.program);
    BUG_IF(emitted->functions.size() != program.functions.size(), "codegen and ir disagree about the functions");
    for (std::size_t i = 0; i < program.functions.size(); ++i) {
        program::Function& function = program.functions[i];
        program::Function& made = emitted->functions[i];
        function.insns = std::move(made.insns);
        function.relocations = std::move(made.relocations);
        function.func_info = std::move(made.func_info);
        function.line_info = std::move(made.line_info);
    }
    program.btf = std::move(emitted->btf);
    if (request.debug_stages.has(Stage::program)) dump(program::dump(program));
    return program;
}

std::optional<std::vector<ListedProbe>> list_probes(const Request& request, const kernel::KernelView& kernel,
                                                    Reporter& reporter) {
    Compilation compilation;
    auto typed = check_script(request, kernel, compilation);
    report(compilation, request, reporter);
    if (!typed) return std::nullopt;
    std::vector<ListedProbe> probes;
    for (const auto& probe : typed->probes)
        probes.push_back({probe->name, probe->kind, probe->place});
    return probes;
}

int format_script(const Request& request, Reporter& reporter) {
    Compilation compilation;
    const program::FileId file = compilation.sources.add(request.program->name, request.program->text);
    const ast::Script* script =
        grammar::parse(file, compilation.sources, compilation.arena, compilation.diagnostics, is_builtin);
    if (!script || compilation.diagnostics.has_errors()) {
        report(compilation, request, reporter);
        return 1;
    }
    const std::string text = ast::format(*script, compilation.sources);
    if (!request.output_path) {
        dump(text);
        return 0;
    }
    // Whole or not at all: beside the target, then renamed over it.
    const std::string beside = *request.output_path + ".new";
    std::FILE* out = std::fopen(beside.c_str(), "w");
    const bool is_written = out && std::fwrite(text.data(), 1, text.size(), out) == text.size();
    const bool is_closed = out && std::fclose(out) == 0;
    if (!is_written || !is_closed || std::rename(beside.c_str(), request.output_path->c_str()) != 0) {
        reporter.error(base::error_from_errno("Failed to open output file: \"" + *request.output_path + "\"", errno));
        std::remove(beside.c_str());
        return 1;
    }
    return 0;
}

}  // namespace driver
