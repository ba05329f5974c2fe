#include "tests/support/fake_engine.h"

#include <poll.h>

#include <algorithm>

#include "runtime/program/record.h"

namespace test_support {

base::Status FakeEngine::load(const program::Program&) {
    calls.emplace_back("load");
    return load_result;
}

void FakeEngine::set_globals(const program::Globals& value) {
    globals = value;
    calls.emplace_back(value.stopped != 0 ? "stop" : "globals");
}

base::Status FakeEngine::run(program::FunctionId function) {
    calls.push_back("run " + std::to_string(function.value));
    for (const Record& one : on_run[function.value])
        ring_.push_back(one);
    return {};
}

base::Result<engine::Attached> FakeEngine::attach(std::size_t index) {
    calls.push_back("attach " + std::to_string(index));
    if (const auto error = attach_errors.find(index); error != attach_errors.end()) return error->second;
    const auto count = hooks.find(index);
    const auto pin = pins.find(index);
    return engine::Attached{.hooks = count == hooks.end() ? 1 : count->second,
                            .pinned = pin == pins.end() ? std::string() : pin->second};
}

base::Result<bool> FakeEngine::iterate(std::size_t index) {
    calls.push_back("iterate " + std::to_string(index));
    auto& steps = iterations[index];
    if (steps.empty()) return false;
    base::Result<std::vector<Record>> step = std::move(steps.front());
    steps.pop_front();
    if (!step.ok()) return step.take_error();
    for (Record& one : *std::move(step))
        ring_.push_back(std::move(one));
    return true;
}

std::size_t FakeEngine::drain(engine::RecordSink& sink) {
    std::size_t count = 0;
    bool goes_on = true;
    while (goes_on && !ring_.empty()) {
        const Record one = std::move(ring_.front());
        ring_.pop_front();
        ++count;
        goes_on = sink.take(one);
    }
    return count;
}

engine::Wake FakeEngine::wait(std::span<const int> other_fds, int timeout_ms) {
    if (on_wait) on_wait(waits_);
    ++waits_;
    engine::Wake wake;
    if (!batches.empty()) {
        for (Record& one : batches.front())
            ring_.push_back(std::move(one));
        batches.pop_front();
        wake.has_records = true;
        timeout_ms = 0;
    }
    std::vector<pollfd> fds;
    for (const int fd : other_fds)
        fds.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    if (poll(fds.data(), fds.size(), timeout_ms) > 0) {
        for (std::size_t i = 0; i < fds.size(); ++i) {
            if (fds[i].revents != 0) wake.ready |= std::uint32_t{1} << i;
        }
    }
    return wake;
}

void FakeEngine::settle() {
    calls.emplace_back("settle");
    for (Record& one : late)
        ring_.push_back(std::move(one));
    late.clear();
}

base::Result<program::MapContents> FakeEngine::read_map(program::MapId map) {
    calls.push_back("read " + std::to_string(map.value));
    const auto found = maps.find(map.value);
    return found == maps.end() ? program::MapContents{} : found->second;
}

base::Status FakeEngine::clear_map(program::MapId map) {
    calls.push_back("clear " + std::to_string(map.value));
    program::MapContents& contents = maps[map.value];
    contents.keys.clear();
    contents.values.clear();
    contents.count = 0;
    return {};
}

base::Status FakeEngine::zero_map(program::MapId map) {
    calls.push_back("zero " + std::to_string(map.value));
    std::ranges::fill(maps[map.value].values, std::byte{0});
    return {};
}

std::vector<std::uint64_t> FakeEngine::read_stack(program::MapId, std::uint64_t id, std::uint32_t frames) {
    std::vector<std::uint64_t> found = stacks[id];
    found.resize(std::min<std::size_t>(found.size(), frames));
    return found;
}

std::vector<std::uint64_t> FakeEngine::read_ledger(std::uint32_t first, std::uint32_t count) {
    if (ledger.empty()) return {};
    std::vector<std::uint64_t> numbers(std::size_t{count} * program::kLedgerCounters);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const std::size_t at = std::size_t{first} * program::kLedgerCounters + i;
        if (at < ledger.size()) numbers[i] = ledger[at];
    }
    return numbers;
}

engine::RunStats FakeEngine::run_stats(program::FunctionId) {
    return {};
}

void FakeEngine::unwatch(std::uint64_t address) {
    calls.push_back("unwatch " + std::to_string(address));
}

void FakeEngine::detach() {
    if (std::ranges::find(calls, "detach") == calls.end()) calls.emplace_back("detach");
}

}  // namespace test_support
