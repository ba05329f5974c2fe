// source::Diagnostics: collects what is wrong with the user's script. Every pass adds, the pipeline stops after a pass
// that added an error, src/cli prints. Kinds are numbered for good in diagnostic_kinds.h.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "src/source/diagnostic_kinds.h"
#include "src/source/source_file.h"

namespace source {

enum class Severity : std::uint8_t { error, warning };

/// Further place of the same diagnostic: "This is the initial assignment.".
struct Note {
    Range range;
    std::string message;
};

struct Diagnostic {
    DiagnosticKind kind{};
    Severity severity = Severity::error;
    bool has_range = true;  ///< false: printed without position and excerpt
    Range range;
    std::string message;  ///< one or more lines, without "ERROR: "
    std::vector<Note> notes;
    std::vector<std::string> hints;
    bool only_verbose = false;  ///< about code that is all right as a rule: shown with -v only
};

class Diagnostics {
  public:
    /// The returned reference is for chaining notes and hints at once; it does not live past the next add.
    class Added {
      public:
        explicit Added(Diagnostic* diagnostic) : diagnostic_(diagnostic) {}
        Added& note(Range range, std::string message) {
            if (diagnostic_) diagnostic_->notes.push_back({range, std::move(message)});
            return *this;
        }
        Added& hint(std::string text) {
            if (diagnostic_) diagnostic_->hints.push_back(std::move(text));
            return *this;
        }
        Added& verbose_only() {
            if (diagnostic_) diagnostic_->only_verbose = true;
            return *this;
        }

      private:
        Diagnostic* diagnostic_;  ///< null: the same diagnostic was there already
    };

    /// Message is the finished text; the kind gives number and severity. An identical one (kind, range, message) is
    /// added once only.
    Added add(DiagnosticKind kind, Range range, std::string message);
    Added add(DiagnosticKind kind, std::string message);  ///< without a place

    [[nodiscard]] bool has_errors() const { return error_count_ > 0; }
    [[nodiscard]] const std::vector<Diagnostic>& all() const { return diagnostics_; }

  private:
    std::vector<Diagnostic> diagnostics_;
    std::size_t error_count_ = 0;
};

}  // namespace source
