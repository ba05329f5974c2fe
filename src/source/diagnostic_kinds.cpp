#include "src/source/diagnostic_kinds.h"

#include <array>

namespace source {
namespace {

constexpr bool error = true;     // NOLINT(readability-identifier-naming): the words of the table
constexpr bool warning = false;  // NOLINT(readability-identifier-naming)

constexpr std::array kRows{
#define X(name, severity, text) DiagnosticRow{DiagnosticKind::name, #name, severity, text},
    BPFLINE_DIAGNOSTICS(X)
#undef X
};

constexpr bool rows_match_enum() {
    for (std::size_t i = 0; i < kRows.size(); i++)
        if (static_cast<std::size_t>(kRows[i].kind) != i || kRows[i].text.empty()) return false;
    return true;
}
static_assert(rows_match_enum());

}  // namespace

std::span<const DiagnosticRow> diagnostic_rows() {
    return kRows;
}

}  // namespace source
