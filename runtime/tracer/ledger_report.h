// tracer::LedgerReport: the ledger for people and programs: a row a probe with what it counted, and one sentence that
// says why nothing came of it, where nothing did. Rows are made before detaching (the kernel's own counts of missed
// runs go with the attachments); text and JSON are made of rows alone. Given the Ledger and an engine; knows no output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/program/program.h"
#include "runtime/tracer/ledger.h"

namespace tracer {

struct LedgerRow {
    std::vector<const std::string*> probes;  ///< one, or all that share the counters
    bool has_predicate = false;
    bool is_run_by_tracer = false;  ///< begin, end, self
    bool can_send = false;          ///< its program has something to print
    std::uint64_t hits = 0, passed = 0, sent = 0, lost = 0, map_full = 0, failed_reads = 0, stack_lost = 0;
    std::uint64_t missed = 0;                      ///< runs the kernel left out, as far as it counts them
    std::uint64_t run_count = 0, run_time_ns = 0;  ///< of the BPF program, shared or not; 0: not measured
};

/// Why the run ended, as far as it explains an empty result.
enum class RunEnd { none, child_ended, stopped };

class LedgerReport {
  public:
    LedgerReport(const program::Program& program, const Ledger& ledger, engine::Engine& engine);

    [[nodiscard]] const std::vector<LedgerRow>& rows() const { return rows_; }
    /// A table, widths fitted. At most `most` rows; of the rest is said how many they are. 0: all.
    [[nodiscard]] std::string text(std::size_t most) const;
    /// Why nothing came out: a line each for the probes that matter.
    [[nodiscard]] std::string explanation(RunEnd end) const;
    /// {"type": "ledger", "data": [...]} and a newline.
    [[nodiscard]] std::string json() const;
    /// One sentence with its remedy, for each kind of loss but full rings (Ledger::lost_sentence); empty: none.
    [[nodiscard]] std::string missed_sentence() const;
    [[nodiscard]] std::string stack_sentence() const;

  private:
    std::vector<LedgerRow> rows_;
};

}  // namespace tracer
