// program::RecordHeader: the first bytes of every record in the ring buffer, written by the BPF program (src/codegen),
// read by runtime/tracer. The payload follows; its shape is the EventSpec's.
#pragma once

#include <cstdint>

namespace program {

struct RecordHeader {
    std::uint32_t event;  ///< EventId: index into Program::events
    std::uint32_t probe;  ///< ProbeId: index into Program::probes
};
static_assert(sizeof(RecordHeader) == 8);

/// Counters of one probe in the ledger map (PERCPU_ARRAY, entry = ProbeSpec::ledger_slot, value =
/// u64[kLedgerCounters]).
enum class LedgerCounter : std::uint8_t {
    refused,       ///< predicate false. Hits are refused + passed + unclaimed: one addition an event instead of two
    passed,        ///< predicate true (or none)
    sent,          ///< records submitted
    lost,          ///< records not sent: ring buffer full
    map_full,      ///< map updates refused (E2BIG, ENOMEM)
    failed_reads,  ///< probe_read_* that returned an error
    stack_lost,    ///< stacks that could not be captured or stored
    unclaimed,     ///< ended before the predicate, no scratch memory was free; counted as lost as well
};
constexpr unsigned kLedgerCounters = 8;

/// After the probes' entries of the ledger map come the warning places' (Program::warning_places), one entry each:
/// u64[kLedgerCounters], [0] = how often it happened. The BPF program sends an event only for the first per CPU.

}  // namespace program
