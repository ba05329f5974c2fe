// live::Ring: the reading end of a BPF_MAP_TYPE_RINGBUF. Hands records over in order, waits for more, and decides when
// the kernel has to wake us: an event costs 0.1 us when nobody is woken and several microseconds when somebody is.
//
// Held-back consumer position: bpf_ringbuf_commit wakes the reader only if consumer_pos stands exactly at the record
// being committed. While events come fast the ring therefore publishes a position one record short of what it has
// read, so that no commit matches, and looks again every millisecond; when nothing comes for some rounds it publishes
// fully and sleeps in poll. An idle ring wakes at once, a busy one is at most a millisecond behind.
//
// Taken by live::LiveEngine. Must not know what a record holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/engine/engine.h"

namespace live {

class Ring {
  public:
    Ring() = default;
    ~Ring();
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    /// Maps the ring of `map`, whose size in bytes is `size`. Does not own the fd.
    [[nodiscard]] base::Status open(int map, std::size_t size);
    [[nodiscard]] bool is_open() const { return data_ != nullptr; }

    /// Every committed record; a record still being written by a program ends the round.
    std::size_t drain(engine::RecordSink& sink);
    /// See engine::Engine::wait.
    [[nodiscard]] engine::Wake wait(std::span<const int> other_fds, int timeout_ms);

  private:
    [[nodiscard]] bool has_records() const;
    /// The record's bytes, at a place that holds until the next call.
    [[nodiscard]] std::span<const std::byte> record_at(std::size_t at, std::size_t bytes);
    void publish(std::uint64_t position) const;
    /// Lets the next commit wake us. false: something was committed meanwhile.
    [[nodiscard]] bool arm();

    int map_ = -1;
    std::size_t size_ = 0, page_ = 0;
    std::byte* consumer_page_ = nullptr;  ///< writable: the position up to which we are done
    std::byte* producer_page_ = nullptr;  ///< read-only, followed by data_
    const std::byte* data_ = nullptr;
    std::vector<std::byte> wrapped_;  ///< the record that reaches over the end

    std::uint64_t position_ = 0;      ///< first record not yet read
    std::uint64_t held_back_ = 0;     ///< start of the last record read; what is published while busy
    bool is_busy_ = false;            ///< position_ is not published: no commit wakes us
    unsigned idle_rounds_ = 0;        ///< looked and found nothing, while busy
    std::uint64_t last_wake_ns_ = 0;  ///< when a commit last woke us
    bool was_woken_ = false;
};

}  // namespace live
