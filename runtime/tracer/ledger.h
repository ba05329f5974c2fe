// tracer::Ledger: what the programs counted about themselves, per probe and per warning place, read from the engine as
// one block. Answers how many events were lost since last asked and where. See program/record.h for the shape.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/program/program.h"
#include "runtime/program/record.h"

namespace tracer {

class Ledger {
  public:
    explicit Ledger(const program::Program& program);

    /// Reads everything anew.
    void refresh(engine::Engine& engine);
    [[nodiscard]] std::uint64_t of(program::ProbeId probe, program::LedgerCounter counter) const;
    /// false: the engine counts nothing.
    [[nodiscard]] bool is_known() const { return !numbers_.empty(); }
    /// How often a warning place happened.
    [[nodiscard]] std::uint64_t of(program::PlaceId place) const;
    /// Over all probes; probes that share a slot count once.
    [[nodiscard]] std::uint64_t sum(program::LedgerCounter counter) const;
    /// One sentence: which probes lost events, how many of how many, and what to do about it. Empty if none.
    [[nodiscard]] std::string lost_sentence() const;

  private:
    [[nodiscard]] std::uint64_t at(std::uint32_t slot, unsigned counter) const;

    const program::Program& program_;
    std::uint32_t entries_ = 0;
    std::vector<std::uint32_t> probe_slots_;  ///< without repetitions
    std::vector<std::uint64_t> numbers_;      ///< entries_ * kLedgerCounters
};

}  // namespace tracer
