// format::Sink: everything a run can print, one method each, as text or as JSON lines. The tracer decides what happens
// and when, a sink only how it looks and on which of the two writers it goes. Writers are flushed by their owner.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/format/context.h"
#include "runtime/format/map.h"
#include "runtime/format/value.h"
#include "runtime/format/writer.h"

namespace format {

class Sink {
  public:
    virtual ~Sink() = default;

    /// "Attached 3 probes"; not called with -q.
    virtual void attached(std::uint64_t probes) = 0;

    // -- what the script prints; payload is what follows the RecordHeader
    virtual void printf(const program::Printf& event, Bytes payload) = 0;
    virtual void print_value(const program::PrintValue& event, Bytes payload) = 0;
    virtual void print_map(program::MapId map, std::span<const MapElement> elements, const MapRequest& request) = 0;
    virtual void time(const program::Time& event) = 0;
    virtual void join(const program::Join& event, Bytes payload) = 0;
    /// What the file of cat() held.
    virtual void cat(std::string_view content) = 0;
    virtual void cat_failed(std::string_view path, int errnum) = 0;
    /// What the command of system() wrote to its standard output.
    virtual void system_output(std::string_view output) = 0;
    virtual void system_failed(std::string_view command, int exit_code) = 0;

    // -- what went wrong in the script
    virtual void errorf(const program::ErrorF& event, Bytes payload) = 0;
    /// A HelperFailed event: payload is its return code.
    virtual void helper_failed(const program::WarningPlace& place, std::int64_t return_code) = 0;
    virtual void runtime_warning(const program::WarningPlace& place) = 0;
    /// At the end: the warning of this place came `times` more often than it was shown.
    virtual void warning_repeated(const program::WarningPlace& place, std::uint64_t times) = 0;

    // -- lost events
    virtual void lost_events(std::uint64_t count) = 0;
    /// At the end, if any.
    virtual void total_lost_events(std::uint64_t count) = 0;

    /// Between the output of events and the final dump: two newlines in text.
    virtual void before_final_maps() = 0;

    /// The text of a path or command: cat("...") and system("...") format like printf.
    [[nodiscard]] virtual std::string text_of(std::span<const program::FormatOp> ops, Bytes payload) = 0;
};

struct SinkOptions {
    bool has_warnings = true;  ///< false: --no-warnings; warnf and the warnings of a running script are silent
    bool has_colour = false;   ///< of the lines that say ERROR and WARNING
};

/// out: standard output or -o; err: standard error. Both and the context must outlive the sink.
[[nodiscard]] std::unique_ptr<Sink> make_text_sink(FormatContext& context, Writer& out, Writer& err,
                                                   SinkOptions options = {});
[[nodiscard]] std::unique_ptr<Sink> make_json_sink(FormatContext& context, Writer& out, Writer& err,
                                                   SinkOptions options = {});

}  // namespace format
