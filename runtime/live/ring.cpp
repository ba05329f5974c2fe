#include "runtime/live/ring.h"

#include <linux/bpf.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

#include "runtime/base/bug.h"

namespace live {
namespace {

/// While busy we look this often: long enough for hundreds of events, short enough not to be felt.
constexpr int kLookEveryMs = 1;
/// Rounds without a record until we ask to be woken again.
constexpr unsigned kIdleRounds = 8;
/// Two wakes within this time make the ring busy. Rarer events are cheaper woken for one by one.
constexpr std::uint64_t kBusyWithinNs = 2'000'000;
/// Records between two publications of the position within one drain: producers must not starve for room while a slow
/// sink works through a full ring.
constexpr std::uint64_t kPublishEveryBytes = 64 * 1024;
constexpr std::size_t kMostOtherFds = 31;

std::uint64_t now_ns() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t load_acquire(const std::byte* at) {
    return __atomic_load_n(reinterpret_cast<const std::uint64_t*>(at), __ATOMIC_ACQUIRE);
}

std::uint32_t load_length(const std::byte* at) {
    return __atomic_load_n(reinterpret_cast<const std::uint32_t*>(at), __ATOMIC_ACQUIRE);
}

}  // namespace

Ring::~Ring() {
    if (consumer_page_ != nullptr) munmap(consumer_page_, page_);
    if (producer_page_ != nullptr) munmap(producer_page_, page_ + size_);
}

base::Status Ring::open(int map, std::size_t size) {
    map_ = map;
    size_ = size;
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    void* consumer = mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (consumer == MAP_FAILED) return base::error_from_errno("mapping the event ring", errno);
    consumer_page_ = static_cast<std::byte*>(consumer);
    // The kernel would show the data twice in a row, so that no record wraps; the second view costs as much memory in
    // the books and page table entries in the kernel as the first, and one record a lap is copied instead.
    void* producer = mmap(nullptr, page_ + size_, PROT_READ, MAP_SHARED, map, static_cast<off_t>(page_));
    if (producer == MAP_FAILED) return base::error_from_errno("mapping the event ring", errno);
    producer_page_ = static_cast<std::byte*>(producer);
    data_ = producer_page_ + page_;
    position_ = held_back_ = load_acquire(consumer_page_);
    return {};
}

void Ring::publish(std::uint64_t position) const {
    // Sequentially consistent: the look at producer_pos that follows in arm() must not move in front of it.
    __atomic_store_n(reinterpret_cast<std::uint64_t*>(consumer_page_), position, __ATOMIC_SEQ_CST);
}

bool Ring::has_records() const {
    if (load_acquire(producer_page_) == position_) return false;
    return (load_length(data_ + (position_ & (size_ - 1))) & BPF_RINGBUF_BUSY_BIT) == 0;
}

std::span<const std::byte> Ring::record_at(std::size_t at, std::size_t bytes) {
    if (at + bytes <= size_) return {data_ + at, bytes};
    // Headers are 8 bytes at multiples of 8: only what follows can wrap.
    const std::size_t first = size_ - at;
    wrapped_.resize(bytes);
    std::memcpy(wrapped_.data(), data_ + at, first);
    std::memcpy(wrapped_.data() + first, data_, bytes - first);
    return wrapped_;
}

std::size_t Ring::drain(engine::RecordSink& sink) {
    if (data_ == nullptr) return 0;
    std::size_t count = 0, records = 0;
    std::uint64_t published = position_;
    // Read once: the producer writes this line all the time, and what comes later is the next round's, or a fast enough
    // producer would keep us here for ever.
    const std::uint64_t end = load_acquire(producer_page_);
    bool goes_on = true;
    while (goes_on && position_ < end) {
        const std::size_t at = position_ & (size_ - 1);
        const std::byte* header = data_ + at;
        const std::uint32_t length = load_length(header);
        if ((length & BPF_RINGBUF_BUSY_BIT) != 0) break;
        const std::uint32_t bytes = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
        held_back_ = position_;
        position_ += (std::uint64_t{bytes} + BPF_RINGBUF_HDR_SZ + 7) & ~std::uint64_t{7};
        ++records;
        if ((length & BPF_RINGBUF_DISCARD_BIT) == 0) {
            ++count;
            goes_on = sink.take(record_at(at + BPF_RINGBUF_HDR_SZ, bytes));
        }
        if (position_ - published >= kPublishEveryBytes) {
            published = held_back_;
            publish(held_back_);
        }
    }
    if (records == 0) return 0;
    idle_rounds_ = 0;
    if (was_woken_) {
        was_woken_ = false;
        const std::uint64_t now = now_ns();
        is_busy_ = is_busy_ || now - last_wake_ns_ < kBusyWithinNs;
        last_wake_ns_ = now;
    }
    publish(is_busy_ ? held_back_ : position_);
    return count;
}

bool Ring::arm() {
    is_busy_ = false;
    publish(position_);
    // A commit before the store above saw the old position and did not wake anybody.
    return load_acquire(producer_page_) == position_;
}

engine::Wake Ring::wait(std::span<const int> other_fds, int timeout_ms) {
    BUG_IF(other_fds.size() > kMostOtherFds, "more descriptors to wait for than Wake::ready has bits");
    engine::Wake wake;
    std::array<pollfd, kMostOtherFds + 1> fds{};
    for (std::size_t i = 0; i < other_fds.size(); ++i)
        fds[i] = {.fd = other_fds[i], .events = POLLIN, .revents = 0};
    fds[other_fds.size()] = {.fd = map_, .events = POLLIN, .revents = 0};
    const auto sleep = [&](std::size_t count, int limit_ms) {
        const int found = poll(fds.data(), count, limit_ms);
        for (std::size_t i = 0; found > 0 && i < other_fds.size(); ++i) {
            if (fds[i].revents != 0) wake.ready |= std::uint32_t{1} << i;
        }
    };

    if (data_ == nullptr) {
        sleep(other_fds.size(), timeout_ms);
        return wake;
    }
    if (is_busy_) {
        // Sleeps even if there is something already: that is the batching. Other descriptors end it early.
        const int limit = timeout_ms < 0 ? kLookEveryMs : std::min(timeout_ms, kLookEveryMs);
        for (int slept = 0; idle_rounds_ < kIdleRounds; ++idle_rounds_) {
            sleep(other_fds.size(), limit);
            wake.has_records = has_records();
            slept += limit;
            if (wake.has_records || wake.ready != 0 || (timeout_ms >= 0 && slept >= timeout_ms)) return wake;
        }
    }
    idle_rounds_ = 0;
    wake.has_records = !arm();
    if (wake.has_records && !has_records()) {
        // A program is between reserve and commit. Its commit wakes us: position_ is published.
        wake.has_records = false;
    }
    if (wake.has_records) {
        sleep(other_fds.size(), 0);
        was_woken_ = true;
        return wake;
    }
    sleep(other_fds.size() + 1, timeout_ms);
    wake.has_records = has_records();
    was_woken_ = wake.has_records;
    return wake;
}

}  // namespace live
