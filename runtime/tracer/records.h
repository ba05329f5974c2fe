// tracer::Records: what each record of the ring makes happen: prints through the sink, reads, empties and zeroes maps
// through the engine, runs commands, and remembers that exit() came by. The second hostile input after the script: a
// record is believed only as far as it fits its own size, and one that names no event or probe is counted and dropped.
//
// Given by the tracer's loop, which looks at the state after each drain. Must not know signals' meaning or attaching.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/format/sink.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"
#include "runtime/tracer/capture.h"
#include "runtime/tracer/command.h"
#include "runtime/tracer/ledger.h"
#include "runtime/tracer/options.h"

namespace tracer {

/// Runs a command of system(); tests and the fuzzer bring one that runs nothing.
using CommandRunner = std::function<base::Result<CommandResult>(const std::string& command)>;

class Records final : public engine::RecordSink {
  public:
    struct Counts {
        std::uint64_t handled = 0;
        std::uint64_t errors = 0;     ///< of those: errorf()
        std::uint64_t dropped = 0;    ///< came after exit()
        std::uint64_t malformed = 0;  ///< name no event, or are too short to say
    };

    /// flush: makes what was printed so far visible (before a command runs). All must outlive this.
    Records(const program::Program& program, engine::Engine& engine, const kernel::KernelView& kernel,
            format::Sink& sink, const Options& options, CommandRunner run_command, std::function<void()> flush);

    bool take(std::span<const std::byte> record) override;

    /// exit() was called: nothing but the records of end probes is shown any more.
    [[nodiscard]] bool has_exited() const { return has_exited_; }
    /// The last exit()'s code, as the process's status.
    [[nodiscard]] int exit_status() const { return static_cast<int>(exit_code_ & 0xff); }
    [[nodiscard]] const Counts& counts() const { return counts_; }

    /// A whole map, as print(@x) and the end of the run show it.
    void print_map(program::MapId map, const format::MapRequest& request);
    /// Warnings that came more often than they were shown, one line a place.
    void print_repeated_warnings(const Ledger& ledger);

  private:
    void handle(const program::EventSpec& event, std::span<const std::byte> payload);
    void cat(const program::Cat& event, std::span<const std::byte> payload);
    void system(const program::System& event, std::span<const std::byte> payload);
    void packet(const program::SkbOutput& event, std::span<const std::byte> payload);
    /// Whether this place's warning is shown now; counts it.
    [[nodiscard]] bool admits(program::PlaceId place);
    [[nodiscard]] bool is_shown(const program::WarningPlace& place) const;
    void report(base::Status status, const char* doing);

    const program::Program& program_;
    engine::Engine& engine_;
    const kernel::KernelView& kernel_;  ///< for the clocks
    format::Sink& sink_;
    const Options& options_;
    CommandRunner run_command_;
    std::function<void()> flush_;
    Captures captures_;
    std::vector<bool> is_end_probe_;            ///< by ProbeId
    std::vector<bool> is_place_shown_;          ///< by PlaceId: its warning has been printed
    std::vector<format::MapElement> elements_;  ///< of the map being printed; kept for its memory
    bool has_exited_ = false;
    std::int64_t exit_code_ = 0;
    Counts counts_;
};

}  // namespace tracer
