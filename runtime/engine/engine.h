// engine::Engine: the door to everything that *runs* a program::Program. runtime/live runs it in this kernel, tests
// bring a fake that hands over prepared records, a later milestone one that replays recordings. The tracer drives it
// and never asks which one it is.
//
// Life cycle, in order: load, set_globals, run (begin), attach, iterate/drain/wait ..., set_globals (stopped), settle,
// run (end), drain, read_map, detach. Stopped programs return at their first instruction, so everything can be shown
// before detach, which costs a kernel grace period per tracepoint, is paid for. Without a globals map detach comes
// first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/map_contents.h"
#include "runtime/program/program.h"

namespace engine {

/// Takes records in ring-buffer order. The bytes live until the call returns.
class RecordSink {
  public:
    virtual ~RecordSink() = default;
    /// Whole record, RecordHeader first. false = stop draining after this one (the rest stays in the ring).
    virtual bool take(std::span<const std::byte> record) = 0;
};

/// What became of attaching one AttachSpec.
struct Attached {
    unsigned hooks = 0;                     ///< what "Attached N probes" counts; 0 with a failure
    std::vector<std::string> skipped = {};  ///< functions of a wildcard that the kernel refused
    std::string pinned = {};                ///< the file that now runs the program
};

/// Why a wait ended.
struct Wake {
    bool has_records = false;
    std::uint32_t ready = 0;  ///< bit i: other_fds[i] is readable, or in error (a closed pipe)
};

/// Kernel's own figures for one program.
struct RunStats {
    std::uint64_t run_count = 0, run_time_ns = 0;  ///< counted only while somebody asked the kernel to
    std::uint64_t recursion_misses = 0;
    std::uint32_t instructions = 0;  ///< what the verifier walked through
};

class Engine {
  public:
    virtual ~Engine() = default;

    /// Creates maps, loads BTF and every function. A verifier refusal is an Error whose message names probe and script
    /// line and whose detail is the verifier's log. `program` must outlive the engine's use.
    [[nodiscard]] virtual base::Status load(const program::Program& program) = 0;
    /// Overwrites the globals map's value. Also tells the engine the child's pid: places of kinds that watch one
    /// process attach to it where Place::pid is unset.
    virtual void set_globals(const program::Globals& globals) = 0;
    /// Runs a begin, end or self function once, in this process.
    [[nodiscard]] virtual base::Status run(program::FunctionId function) = 0;
    /// The same, of a test or bench function: gives what its body returned.
    [[nodiscard]] virtual base::Result<std::int64_t> run_for_result(program::FunctionId function) {
        base::Status ran = run(function);
        if (!ran.ok()) return ran.take_error();
        return std::int64_t{0};
    }
    /// From now on run_stats() counts; false: this engine cannot.
    virtual bool keep_time() { return false; }
    /// Attaches attachments[index].
    [[nodiscard]] virtual base::Result<Attached> attach(std::size_t index) = 0;
    /// Runs attachments[index], an iterator that is not pinned, over some more objects, few enough for their records to
    /// fit the ring. false: it is through.
    [[nodiscard]] virtual base::Result<bool> iterate(std::size_t index) {
        static_cast<void>(index);
        return false;
    }
    /// Hands over every record committed so far; returns how many. Never waits.
    virtual std::size_t drain(engine::RecordSink& sink) = 0;
    /// Sleeps until a record is committed or one of other_fds becomes readable; timeout_ms < 0 = no limit.
    [[nodiscard]] virtual Wake wait(std::span<const int> other_fds, int timeout_ms) = 0;
    /// Returns when no program that was running at the call still runs: after set_globals with `stopped`, nothing more
    /// is committed.
    virtual void settle() = 0;

    /// All elements of a map, in no particular order. Scalars: one element, no key, the whole {is_set, value}.
    [[nodiscard]] virtual base::Result<program::MapContents> read_map(program::MapId map) = 0;
    [[nodiscard]] virtual base::Status clear_map(program::MapId map) = 0;
    /// Every value to zero, keys kept (scalar: is_set stays).
    [[nodiscard]] virtual base::Status zero_map(program::MapId map) = 0;
    /// Frames of a stored stack, at most `frames`; empty if it is not there.
    [[nodiscard]] virtual std::vector<std::uint64_t> read_stack(program::MapId stacks, std::uint64_t id,
                                                                std::uint32_t frames) = 0;
    /// Ledger entries [first, first + count), each summed over CPUs: count * kLedgerCounters numbers. Empty: no ledger.
    [[nodiscard]] virtual std::vector<std::uint64_t> read_ledger(std::uint32_t first, std::uint32_t count) = 0;
    /// Runs of attachments[index] that the kernel left out and counts at the attachment itself; gone after detach().
    [[nodiscard]] virtual std::uint64_t missed(std::size_t index) {
        static_cast<void>(index);
        return 0;
    }
    /// How often attachments[index], an interval, was due until set_globals said `stopped`; 0: it is none, or nobody
    /// has said so yet. The kernel leaves out a tick that comes while another program runs on the processor, and does
    /// not count it: what the probe counted less was left out.
    [[nodiscard]] virtual std::uint64_t ticks_due(std::size_t index) {
        static_cast<void>(index);
        return 0;
    }
    [[nodiscard]] virtual RunStats run_stats(program::FunctionId function) = 0;

    /// Removes the watchpoints at this address.
    virtual void unwatch(std::uint64_t address) = 0;
    /// Removes every attachment; returns when the kernel has let go of them. Harmless when repeated.
    virtual void detach() = 0;
};

}  // namespace engine
