// Diagnostic -> the lines that users read: position, message, excerpt with markers, notes, hints.
#pragma once

#include <string>

#include "src/source/diagnostics.h"

namespace source {

struct RenderOptions {
    bool colour = false;
    bool show_number = false;  ///< -v: "BL0042"
};

/// Ends with a newline.
[[nodiscard]] std::string render(const Diagnostic& diagnostic, const SourceMap& sources, const RenderOptions& options);

}  // namespace source
