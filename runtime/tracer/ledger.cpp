#include "runtime/tracer/ledger.h"

#include <algorithm>

#include <fmt/format.h>

namespace tracer {
namespace {

/// Probes named in the sentence about lost events; the rest is summed up.
constexpr std::size_t kMostNamed = 5;

}  // namespace

Ledger::Ledger(const program::Program& program) : program_(program) {
    for (const program::ProbeSpec& probe : program.probes)
        probe_slots_.push_back(probe.ledger_slot);
    std::ranges::sort(probe_slots_);
    probe_slots_.erase(std::ranges::unique(probe_slots_).begin(), probe_slots_.end());
    if (!program.ledger_map.is_set()) return;
    // No more than the map has, whatever the slots say.
    entries_ = program.maps[program.ledger_map.index()].max_entries;
}

void Ledger::refresh(engine::Engine& engine) {
    if (entries_ != 0) numbers_ = engine.read_ledger(0, entries_);
}

std::uint64_t Ledger::at(std::uint32_t slot, unsigned counter) const {
    const std::size_t index = std::size_t{slot} * program::kLedgerCounters + counter;
    return index < numbers_.size() ? numbers_[index] : 0;
}

std::uint64_t Ledger::of(program::ProbeId probe, program::LedgerCounter counter) const {
    return at(program_.probes[probe.index()].ledger_slot, static_cast<unsigned>(counter));
}

std::uint64_t Ledger::of(program::PlaceId place) const {
    return at(program_.warning_places[place.index()].ledger_slot, 0);
}

std::uint64_t Ledger::sum(program::LedgerCounter counter) const {
    std::uint64_t total = 0;
    for (const std::uint32_t slot : probe_slots_)
        total += at(slot, static_cast<unsigned>(counter));
    return total;
}

std::string Ledger::lost_sentence() const {
    struct Loss {
        std::uint64_t lost = 0, tried = 0;
        const std::string* name = nullptr;
    };
    std::vector<Loss> losses;
    std::vector<std::uint32_t> seen;
    for (std::size_t i = 0; i < program_.probes.size(); ++i) {
        const program::ProbeSpec& probe = program_.probes[i];
        const std::uint64_t lost = of(program::ProbeId(i), program::LedgerCounter::lost);
        if (lost == 0 || std::ranges::find(seen, probe.ledger_slot) != seen.end()) continue;
        seen.push_back(probe.ledger_slot);
        losses.push_back({lost, lost + of(program::ProbeId(i), program::LedgerCounter::sent), &probe.name});
    }
    if (losses.empty()) return {};
    std::ranges::stable_sort(losses, std::ranges::greater{}, &Loss::lost);
    std::string names;
    for (std::size_t i = 0; i < std::min(losses.size(), kMostNamed); ++i) {
        names +=
            fmt::format("{}{} lost {} of {}", i == 0 ? "" : ", ", *losses[i].name, losses[i].lost, losses[i].tried);
    }
    if (losses.size() > kMostNamed) names += fmt::format(", and {} more probes", losses.size() - kMostNamed);
    return names + "; the event buffer was full: print less, or set perf_rb_pages to a higher number";
}

}  // namespace tracer
