// program: a Program as text for people and golden tests: stable, one fact a line, nothing of this boot or machine.
// Layouts are written where they are used (`text[16]`, `(i64, bool)`), ids as names where there is one, defaults left
// out. How many instructions a function has changes with every improvement of the compiler, so that is asked for.
#pragma once

#include <string>

#include "runtime/program/program.h"

namespace program {

enum class Code : std::uint8_t {
    none,    ///< functions by name and type only
    counts,  ///< with their number of instructions
    listing  ///< every instruction
};

struct DumpOptions {
    Code code = Code::none;
    bool has_spans = false;  ///< where in the script things stand
};

[[nodiscard]] std::string dump(const Program& program, const DumpOptions& options = {});

// Names of enumerators, as the dump and messages spell them.
[[nodiscard]] std::string_view name_of(ProbeKind kind);
[[nodiscard]] std::string_view name_of(LayoutKind kind);
[[nodiscard]] std::string_view name_of(MapRole role);
[[nodiscard]] std::string_view name_of(MapKind kind);
[[nodiscard]] std::string_view name_of(AggregationKind kind);
[[nodiscard]] std::string_view name_of(WarningKind kind);
[[nodiscard]] std::string_view name_of(Feature feature);

/// "i64", "text[16]", "(u32, bool)", "{pid: u32}".
[[nodiscard]] std::string layout_text(const Program& program, LayoutId layout);

}  // namespace program
