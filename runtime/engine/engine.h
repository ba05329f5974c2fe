// engine::Engine: the door to everything that *runs* a program::Program. runtime/live runs it in this kernel, tests
// bring a fake that hands over prepared records, a later milestone one that replays recordings. The tracer drives it
// and never asks which one it is.
//
// Life cycle, in order: load, set_globals, run (begin), attach, drain/wait ..., detach, run (end), drain, read_map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/program.h"

namespace engine {

/// Takes records in ring-buffer order. The bytes live until the call returns.
class RecordSink {
  public:
    virtual ~RecordSink() = default;
    /// Whole record, RecordHeader first. false = stop draining now (the rest stays in the ring).
    virtual bool take(std::span<const std::byte> record) = 0;
};

/// One element of a map. values: one for plain maps, one per possible CPU for per-CPU maps; each value_size bytes.
struct Element {
    std::vector<std::byte> key;
    std::vector<std::byte> values;  ///< value_size * n, back to back (no kernel padding)
};

/// What became of attaching one AttachSpec.
struct Attached {
    unsigned hooks = 0;  ///< what "Attached N probes" counts; 0 with a failure
};

/// Why a wait ended.
struct Wake {
    bool has_records = false;
    std::uint32_t ready = 0;  ///< bit i: other_fds[i] is readable
};

/// Kernel's own figures for one program.
struct RunStats {
    std::uint64_t run_count = 0, run_time_ns = 0, recursion_misses = 0;
};

class Engine {
  public:
    virtual ~Engine() = default;

    /// Creates maps, loads BTF and every function. A verifier refusal is an Error whose message names probe and script
    /// line and whose detail is the verifier's log.
    [[nodiscard]] virtual base::Status load(const program::Program& program) = 0;
    /// Overwrites the globals map's value.
    virtual void set_globals(const program::Globals& globals) = 0;
    /// Runs a begin or end function once, in this process.
    [[nodiscard]] virtual base::Status run(program::FunctionId function) = 0;
    /// Attaches attachments[index].
    [[nodiscard]] virtual base::Result<Attached> attach(std::size_t index) = 0;
    /// Hands over every record committed so far; returns how many. Never waits.
    virtual std::size_t drain(engine::RecordSink& sink) = 0;
    /// Sleeps until a record is committed or one of other_fds becomes readable; timeout_ms < 0 = no limit.
    [[nodiscard]] virtual Wake wait(std::span<const int> other_fds, int timeout_ms) = 0;

    /// All elements of a map, in no particular order. Scalars: one element, key empty.
    [[nodiscard]] virtual base::Result<std::vector<Element>> read_map(program::MapId map) = 0;
    [[nodiscard]] virtual base::Status clear_map(program::MapId map) = 0;
    /// Every value to zero, keys kept (scalar: is_set stays).
    [[nodiscard]] virtual base::Status zero_map(program::MapId map) = 0;
    /// Frames of a stored stack, at most `frames`; empty if it is not there.
    [[nodiscard]] virtual std::vector<std::uint64_t> read_stack(program::MapId stacks, std::uint64_t id,
                                                                std::uint32_t frames) = 0;
    /// Ledger entry summed over CPUs: kLedgerCounters numbers.
    [[nodiscard]] virtual std::vector<std::uint64_t> read_ledger(std::uint32_t slot) = 0;
    [[nodiscard]] virtual RunStats run_stats(program::FunctionId function) = 0;

    /// Removes every attachment; returns when the kernel has let go of them.
    virtual void detach() = 0;
};

}  // namespace engine
