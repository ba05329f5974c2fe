// driver::Reporter: the door through which sentences for the user leave the program.
//
// The driver and what it calls produce texts; src/cli/report.cpp is the one implementation that writes them to a
// terminal and knows about colours and streams; tests bring their own. Everything goes to standard error. What a
// script prints does not pass here (that is format's sink), nor do listings and dumps (standard output).
#pragma once

#include <string_view>

#include "runtime/base/result.h"

namespace driver {

enum class Severity { error, warning };

class Reporter {
  public:
    virtual ~Reporter() = default;

    /// "ERROR: sentence", then "HINT: hint" if there is one.
    virtual void error(std::string_view sentence, std::string_view hint = {}) = 0;
    /// The same for the system's refusals; the detail (a verifier log) only with -v.
    virtual void error(const base::Error& error) = 0;
    /// "WARNING: sentence"; silent with --no-warnings.
    virtual void warning(std::string_view sentence, std::string_view hint = {}) = 0;
    /// A diagnostic as source::render wrote it (position, label, excerpt, hint); only its first line is coloured.
    virtual void diagnostic(Severity severity, std::string_view rendered) = 0;
    /// A line without label: "Attached 3 probes", "Lost 12 events". The caller decides about -q.
    virtual void line(std::string_view text) = 0;
    /// A line for -v only.
    virtual void verbose(std::string_view text) = 0;
};

}  // namespace driver
