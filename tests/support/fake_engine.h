// test support: an engine::Engine without a kernel. Hands over records a test prepared, by the moment they are
// "committed", answers map reads from tables, and writes down what it was asked to do, so that the tracer's order of
// things, its exits and its output are tested without root. Maps that are cleared or zeroed change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine/engine.h"

namespace test_support {

using Record = std::vector<std::byte>;

/// A record's bytes: header, then the payload's parts one after the other as they lie in memory.
template <typename... Parts>
Record record(std::uint32_t event, std::uint32_t probe, const Parts&... parts) {
    Record out;
    const auto append = [&out](const void* from, std::size_t size) {
        const auto* bytes = static_cast<const std::byte*>(from);
        out.insert(out.end(), bytes, bytes + size);
    };
    append(&event, sizeof(event));
    append(&probe, sizeof(probe));
    (append(&parts, sizeof(parts)), ...);
    return out;
}

class FakeEngine : public engine::Engine {
  public:
    // -- prepared by the test
    std::map<std::uint32_t, std::vector<Record>> on_run;  ///< FunctionId -> records its run commits
    /// Batches committed one after the other: one becomes available with each wait().
    std::deque<std::vector<Record>> batches;
    std::map<std::uint32_t, program::MapContents> maps;          ///< by MapId
    std::map<std::uint64_t, std::vector<std::uint64_t>> stacks;  ///< by stack id
    std::vector<std::uint64_t> ledger;  ///< kLedgerCounters numbers per entry; empty: it keeps none
    base::Status load_result;
    std::map<std::size_t, base::Error> attach_errors;  ///< by index of the attachment
    std::map<std::size_t, unsigned> hooks;             ///< by index; 1 where nothing is said
    std::map<std::size_t, std::uint64_t> due;          ///< by index: ticks of an interval
    std::map<std::size_t, std::string> pins;           ///< by index: where it is pinned to
    /// By index, what each step of an iterator commits; an error ends it.
    std::map<std::size_t, std::deque<base::Result<std::vector<Record>>>> iterations;
    /// Called at the start of every wait, with how often it was called before.
    std::function<void(std::size_t)> on_wait;
    /// What a stopped program still commits before it is settled.
    std::vector<Record> late;

    // -- seen by the test
    std::vector<std::string> calls;  ///< "load", "run 0", "attach 1", "settle", "detach", ...
    program::Globals globals{};

    [[nodiscard]] base::Status load(const program::Program& program) override;
    void set_globals(const program::Globals& value) override;
    [[nodiscard]] base::Status run(program::FunctionId function) override;
    [[nodiscard]] base::Result<engine::Attached> attach(std::size_t index) override;
    [[nodiscard]] base::Result<bool> iterate(std::size_t index) override;
    std::size_t drain(engine::RecordSink& sink) override;
    [[nodiscard]] engine::Wake wait(std::span<const int> other_fds, int timeout_ms) override;
    void settle() override;
    [[nodiscard]] base::Result<program::MapContents> read_map(program::MapId map) override;
    [[nodiscard]] base::Status clear_map(program::MapId map) override;
    [[nodiscard]] base::Status zero_map(program::MapId map) override;
    [[nodiscard]] std::vector<std::uint64_t> read_stack(program::MapId stacks_map, std::uint64_t id,
                                                        std::uint32_t frames) override;
    [[nodiscard]] std::vector<std::uint64_t> read_ledger(std::uint32_t first, std::uint32_t count) override;
    [[nodiscard]] std::uint64_t ticks_due(std::size_t index) override { return due[index]; }
    [[nodiscard]] engine::RunStats run_stats(program::FunctionId function) override;
    void unwatch(std::uint64_t address) override;
    void detach() override;

  private:
    std::deque<Record> ring_;
    std::size_t waits_ = 0;
};

}  // namespace test_support
