#include "src/driver/compile.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <set>

#include "grammar/parse.h"
#include "runtime/base/bug.h"
#include "runtime/base/phases.h"
#include "runtime/kernel/btf.h"
#include "runtime/kernel/syscalls.h"
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
    std::vector<std::string> imported_headers;
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
    if (request.command) options.child_program = request.command->substr(0, request.command->find(' '));
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
    options.include_dirs = request.include_dirs;
    options.include_dirs.insert(options.include_dirs.end(), request.environment_include_dirs.begin(),
                                request.environment_include_dirs.end());
    options.include_files = request.include_files;
    return options;
}

bool is_builtin(std::string_view word) {
    return builtins::find(word) != nullptr;
}

std::optional<codegen::SyscallAccess> syscall_access(const kernel::KernelView& kernel) {
    const auto types = kernel.btf();
    if (!types.ok()) return std::nullopt;
    const auto mark = kernel::find_compat_mark(*types);
    if (!mark) return std::nullopt;
    const kernel::SyscallRegisters registers = kernel::syscall_registers();
    return codegen::SyscallAccess{.arguments = registers.arguments,
                                  .number = registers.number,
                                  .compat_offset = mark->task_offset,
                                  .compat_mask = mark->mask};
}

/// Text -> trees, imports included (importer last).
std::vector<const ast::Script*> parse(const Request& request, Compilation& compilation) {
    const program::FileId file = compilation.sources.add(request.program->name, request.program->text);
    const ast::Script* script =
        grammar::parse(file, compilation.sources, compilation.arena, compilation.diagnostics, is_builtin);
    if (!script) return {};
    return load_imports(*script, compilation.sources, compilation.arena, compilation.diagnostics, is_builtin,
                        compilation.imported_headers);
}

/// How long each pass took, for whoever asked.
class PassClock {
  public:
    explicit PassClock(CompileNotes* notes) : notes_(notes), last_(std::chrono::steady_clock::now()) {
        base::phases().begin("parse");
    }
    /// The pass that ends now.
    void ended(std::string_view name, std::string_view next) {
        base::phases().begin(next);
        if (notes_ == nullptr) return;
        const auto now = std::chrono::steady_clock::now();
        notes_->passes.push_back({name, std::chrono::duration_cast<std::chrono::nanoseconds>(now - last_).count()});
        last_ = now;
    }

  private:
    CompileNotes* notes_;
    std::chrono::steady_clock::time_point last_;
};

/// Takes out the probes that this mode does not run.
void keep_probes_of(Mode mode, typed::Script& script, CompileNotes* notes) {
    using program::ProbeKind;
    if (mode == Mode::codegen || mode == Mode::compiler_bench) return;
    std::erase_if(script.probes, [&](const std::unique_ptr<typed::Probe>& probe) {
        const ProbeKind kind = probe->kind;
        if (kind == ProbeKind::begin || kind == ProbeKind::end) return false;
        if (notes != nullptr) {
            notes->left_out_tests |= kind == ProbeKind::test && mode != Mode::test;
            notes->left_out_benches |= kind == ProbeKind::bench && mode != Mode::bench;
        }
        if (mode == Mode::test) return kind != ProbeKind::test;
        if (mode == Mode::bench) return kind != ProbeKind::bench;
        return kind == ProbeKind::test || kind == ProbeKind::bench;
    });
    // What only sets up and tidies has nothing to do it for.
    const bool has_trials = std::any_of(script.probes.begin(), script.probes.end(), [](const auto& probe) {
        return probe->kind == ProbeKind::test || probe->kind == ProbeKind::bench;
    });
    if ((mode == Mode::test || mode == Mode::bench) && !has_trials) script.probes.clear();
}

std::optional<typed::Script> check_script(const Request& request, const kernel::KernelView& kernel,
                                          Compilation& compilation, PassClock& clock) {
    const auto scripts = parse(request, compilation);
    clock.ended("parse", "check");
    if (scripts.empty() || compilation.diagnostics.has_errors()) return std::nullopt;
    if (request.debug_stages.has(Stage::tokens))
        dump(grammar::token_dump(scripts.back()->file, compilation.sources, is_builtin));
    if (request.debug_stages.has(Stage::ast)) dump(ast::print(*scripts.back()));

    check::Options options = check_options(request);
    options.include_files.insert(options.include_files.end(), compilation.imported_headers.begin(),
                                 compilation.imported_headers.end());
    const auto parse_expression = [&compilation](std::string_view text) {
        return grammar::parse_expression(text, compilation.sources, compilation.arena, is_builtin);
    };
    const check::Input input{scripts, compilation.sources, kernel, {builtins::find, builtins::all},
                             options, parse_expression};
    auto typed = check::check(input, compilation.types, compilation.diagnostics);
    clock.ended("check", "codegen");
    if (compilation.diagnostics.has_errors()) return std::nullopt;
    return typed;
}

}  // namespace

std::optional<program::Program> compile(const Request& request, const kernel::KernelView& kernel, Reporter& reporter,
                                        CompileNotes* notes) {
    Compilation compilation;
    PassClock clock(notes);

    auto typed = check_script(request, kernel, compilation, clock);
    report(compilation, request, reporter);
    if (!typed) return std::nullopt;
    keep_probes_of(request.mode, *typed, notes);
    if (request.debug_stages.has(Stage::typed)) dump(typed::print(*typed));
    // After this no diagnostic of the script is possible.

    codegen::Options options;
    const auto is_disabled = [&request](std::string_view feature) {
        return std::ranges::find(request.disabled_features, feature) != request.disabled_features.end();
    };
    options.features = program::Features([&kernel, is_disabled](program::Feature feature) {
        if (feature == program::Feature::kprobe_multi && is_disabled("kprobe_multi")) return false;
        if (feature == program::Feature::uprobe_multi && is_disabled("uprobe_multi")) return false;
        return kernel.has(feature);
    });
    options.possible_cpus = kernel.possible_cpus();
    options.warn_failed_reads = request.warns_at_run_time;
    options.keeps_ledger = !is_disabled("ledger");
    if (!is_disabled("raw_syscalls")) {
        options.syscall_access = [&kernel] { return syscall_access(kernel); };
    }
    // Needed in any case: check lets several events share a body that asks for the probe's name.
    options.syscall_number = kernel::syscall_number;
    codegen::Generated generated = codegen::generate(*typed, compilation.types, compilation.sources, options);
    clock.ended("codegen", "optimise and emit (LLVM)");
    if (request.debug_stages.has(Stage::ir)) dump(generated.module->text());

    std::string optimised;
    std::string assembly;
    ir::EmitTexts texts;
    if (request.debug_stages.has(Stage::ir_opt)) texts.optimised = &optimised;
    if (request.debug_stages.has(Stage::assembly)) texts.assembly = &assembly;
    auto emitted = ir::emit_functions(*generated.module, texts);
    if (!emitted) {
        // What fails here is the limit of 512 bytes of stack. Once more, with what lived there in per-CPU maps, and
        // with values computed twice rather than kept.
        options.avoid_stack = true;
        generated = codegen::generate(*typed, compilation.types, compilation.sources, options);
        if (request.debug_stages.has(Stage::ir)) dump(generated.module->text());
        emitted = ir::emit_functions(*generated.module, texts, ir::Aim::little_stack);
    }
    clock.ended("emit", "hand over");
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
    PassClock clock(nullptr);
    auto typed = check_script(request, kernel, compilation, clock);
    report(compilation, request, reporter);
    if (!typed) return std::nullopt;
    std::vector<ListedProbe> probes;
    for (const auto& probe : typed->probes)
        probes.push_back({probe->name, probe->kind, probe->place});
    return probes;
}

int bench_compiler(const Request& request, const kernel::KernelView& kernel, Reporter& reporter) {
    constexpr int kRounds = 10;
    std::vector<CompileNotes::Pass> sums;
    for (int round = 0; round < kRounds; ++round) {
        CompileNotes notes;
        if (!compile(request, kernel, reporter, &notes)) return 1;
        if (sums.empty()) sums.resize(notes.passes.size());
        for (std::size_t i = 0; i < sums.size() && i < notes.passes.size(); ++i) {
            sums[i].name = notes.passes[i].name;
            sums[i].ns += notes.passes[i].ns;
        }
    }
    std::printf("%-41s%-15s%s\n", "Benchmark", "Time(ns)", "Iterations");
    std::puts(std::string(66, '-').c_str());
    for (const CompileNotes::Pass& pass : sums)
        std::printf("%-41s%-15lld%d\n", std::string(pass.name).c_str(), static_cast<long long>(pass.ns / kRounds),
                    kRounds);
    return 0;
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
