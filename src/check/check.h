// check: ast::Script -> typed::Script. Runs the passes (expand_macros, expand_probes, resolve_names, infer_types,
// check_calls, fold_constants, build_typed) in order; every mistake of the user's script that the grammar let through
// is reported here and nowhere later. Must not know codegen, ir or the table of builtins: the rows come in as a lookup.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/kernel/kernel_view.h"
#include "src/ast/ast.h"
#include "src/source/diagnostics.h"
#include "src/typed/typed.h"
#include "src/types/type.h"

namespace check {

/// The rows of all builtins, by name; several rows never share a name (overloads stand in one row's signature).
struct BuiltinTable {
    const typed::Builtin* (*find)(std::string_view name) = nullptr;
    std::span<const typed::Builtin* const> (*all)() = nullptr;  ///< for near names
};

/// What the command line and the environment say.
struct Options {
    bool is_safe_mode = true;
    bool has_child = false;               ///< -c
    std::string child_program;            ///< its first word
    std::optional<std::uint32_t> pid;     ///< -p
    std::vector<std::string> parameters;  ///< $1 ...
    /// --name=value after --
    std::map<std::string, std::string> named_parameters;
    std::set<std::string> bare_parameters;  ///< names given as --flag without a value
    /// Lower-case config name -> value, already stripped of BPFTRACE_ or BPFLINE_.
    std::map<std::string, std::string> environment_config;
    std::string probe_filter;                ///< --probe-filter regex; empty = none
    std::vector<std::string> include_dirs;   ///< -I, then CPATH's
    std::vector<std::string> include_files;  ///< --include
    bool is_listing = false;                 ///< -l FILE: only expand attach points
};

/// A parsed script and the files it imports (already loaded by driver/imports), importer last.
struct Input {
    std::span<const ast::Script* const> scripts;
    const source::SourceMap& sources;
    const kernel::KernelView& kernel;
    BuiltinTable builtins;
    const Options& options;
    /// The tree of an expression that a #define stands for; null: the text is none.
    std::function<const ast::Expr*(std::string_view text)> parse_expression = {};
};

/// nullopt if errors were added to diagnostics.
[[nodiscard]] std::optional<typed::Script> check(const Input& input, types::Table& types,
                                                 source::Diagnostics& diagnostics);

}  // namespace check
