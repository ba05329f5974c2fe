// Entrance: check::check.
#include "src/check/check.h"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/base/nearest.h"
#include "src/check/analysis.h"

namespace check {

std::uint32_t Analysis::map_index(std::string_view name) {
    const auto [found, is_new] = map_indices.try_emplace(std::string(name), static_cast<std::uint32_t>(maps.size()));
    if (is_new) maps.emplace_back().name = name;
    return found->second;
}

const std::vector<Signature>& Analysis::signature(const typed::Builtin& row) {
    const auto [found, is_new] = signatures.try_emplace(std::string(row.name));
    // A row that does not parse fails its own test; here it is a function nobody can call.
    if (is_new) found->second = parse_signature(row.signature).overloads;
    return found->second;
}

std::string_view written_name(std::string_view name) {
    return name.substr(0, name.find('#'));
}

std::string_view kind_in_messages(program::ProbeKind kind) {
    using enum program::ProbeKind;
    switch (kind) {
        case begin:
        case end:
        case self: return "special";
        case kprobe: return "kprobe";
        case kretprobe: return "kretprobe";
        case fentry: return "fentry";
        case fexit: return "fexit";
        case uprobe: return "uprobe";
        case uretprobe: return "uretprobe";
        case usdt: return "usdt";
        case tracepoint: return "tracepoint";
        case rawtracepoint: return "rawtracepoint";
        case interval: return "interval";
        case profile: return "profile";
        case software: return "software";
        case hardware: return "hardware";
        case watchpoint: return "watchpoint";
        case iter: return "iter";
        case test: return "test";
        case bench: return "bench";
    }
    return "";
}

void add_nearest(source::Diagnostics::Added added, std::string_view word, const std::vector<std::string>& candidates) {
    std::vector<std::string> unique = candidates;
    std::sort(unique.begin(), unique.end());
    unique.erase(std::unique(unique.begin(), unique.end()), unique.end());
    const auto near = base::nearest(word, std::span<const std::string>(unique));
    if (near.empty()) return;
    // Only what is as near as the nearest: "strcmp" is one letter from strncmp and from strcap, and who knows.
    constexpr unsigned kFar = 1000;
    const unsigned best = base::edit_distance(word, near.front(), kFar);
    std::string hint = fmt::format("did you mean `{}`", near.front());
    for (std::size_t i = 1; i < near.size() && base::edit_distance(word, near[i], kFar) == best; ++i) {
        const bool is_last = i + 1 == near.size() || base::edit_distance(word, near[i + 1], kFar) != best;
        hint += fmt::format("{}`{}`", is_last ? " or " : ", ", near[i]);
    }
    added.hint(hint + "?");
}

std::optional<typed::Script> check(const Input& input, types::Table& types, source::Diagnostics& diagnostics) {
    // The typed tree and its types point into what the passes found out: structures complete themselves from the
    // kernel's BTF when they are printed.
    auto analysis = std::make_shared<Analysis>(input, types, diagnostics);

    configure(*analysis);
    if (diagnostics.has_errors()) return std::nullopt;

    std::vector<cdef::Piece> pieces;
    for (const ast::Script* script : input.scripts)
        for (const ast::CDefinition& definition : script->c_definitions)
            pieces.push_back({definition.range, definition.text});
    cdef::Options c_options;
    c_options.include_dirs = input.options.include_dirs;
    c_options.include_files = input.options.include_files;
    if (!pieces.empty() || !c_options.include_files.empty()) analysis->definitions.read(pieces, c_options, diagnostics);
    if (diagnostics.has_errors()) return std::nullopt;

    expand_probes(*analysis);
    if (diagnostics.has_errors()) return std::nullopt;

    if (!input.options.is_listing) {
        expand_macros(*analysis);
        if (diagnostics.has_errors()) return std::nullopt;
        // Bodies stand for themselves now: no macro, no parameter, a copy for each kind of attach point.
        resolve_names(*analysis);
        // What names nothing has the type error and is silent from here on; the rest has its own mistakes to tell.
        infer_types(*analysis);
        if (diagnostics.has_errors()) return std::nullopt;
    }
    typed::Script script = build_typed(*analysis);
    if (diagnostics.has_errors()) return std::nullopt;
    // From here on nothing is the script's fault any more.
    script.owned.push_back(std::move(analysis));
    return script;
}

}  // namespace check
