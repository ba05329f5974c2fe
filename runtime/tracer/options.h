// tracer::Options: how a run behaves, as the command line and the environment asked; tracer::Messages: how it speaks of
// itself. Given by src/driver.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/tracer/output.h"

namespace tracer {

enum class OutputFormat { text, json };

/// Which warnings of the running script are shown.
enum class Warnings {
    none,      ///< --no-warnings: also no warnf
    standard,  ///< places that are always shown
    all,       ///< -k: failed reads and look-ups too
};

/// What the run itself has to say; everything the script says goes through format::Sink.
class Messages {
  public:
    virtual ~Messages() = default;
    virtual void error(const base::Error& error) = 0;
    virtual void warning(std::string_view sentence) = 0;
    /// For -v only.
    virtual void verbose(std::string_view line) = 0;
};

struct Options {
    bool is_quiet = false;    ///< no "Attached N probes"
    bool is_dry_run = false;  ///< load, run begin, attach, end; print nothing
    OutputFormat format = OutputFormat::text;
    Buffering buffering = Buffering::line;
    Warnings warnings = Warnings::standard;
    std::string output_path;          ///< -o; empty = standard output
    std::string child_command;        ///< -c; empty = none
    std::optional<int> pid;           ///< -p: end when this process ends
    std::string attached_notice;      ///< a line for standard output once everything is attached; empty = none
    int output_fd = 1, error_fd = 2;  ///< tests bring their own
    bool shows_ledger = false;        ///< --ledger: at the end, what every probe counted; with the kernel's run times
    Messages* messages = nullptr;     ///< may be null
};

}  // namespace tracer
