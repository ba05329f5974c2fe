#include "runtime/kernel/clocks.h"

#include <time.h>

#include <limits>

namespace kernel {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// A stepped clock (NTP, date -s) shows in printed times after at most this long; measuring for every event would cost
// more than printing it.
constexpr std::int64_t kRefreshAfter = kSecond;

// An interrupt or a preemption between two reads spoils a sample; the tightest of a few never is.
constexpr int kSamples = 8;

std::int64_t now(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time.tv_sec * kSecond + time.tv_nsec;
}

/// Wall clock minus the other one: the other is read before and after, and the tightest pair wins.
std::int64_t wall_minus(clockid_t clock) {
    std::int64_t tightest = std::numeric_limits<std::int64_t>::max(), difference = 0;
    for (int i = 0; i < kSamples; i++) {
        const std::int64_t before = now(clock);
        const std::int64_t wall = now(CLOCK_REALTIME);
        const std::int64_t after = now(clock);
        if (after - before >= tightest) continue;
        tightest = after - before;
        difference = wall - (before + (after - before) / 2);
    }
    return difference;
}

}  // namespace

void Clocks::refresh() {
    const std::int64_t moment = now(CLOCK_MONOTONIC_COARSE);
    if (measured_at_ >= 0 && moment - measured_at_ < kRefreshAfter) return;
    measured_at_ = moment;
    boot_to_wall_ = wall_minus(CLOCK_BOOTTIME);
    // TAI and wall clock share their nanoseconds: they differ by whole seconds (37 since 2017, 0 where nobody told the
    // kernel).
    const std::int64_t tai = wall_minus(CLOCK_TAI);
    tai_to_wall_ = (tai < 0 ? tai - kSecond / 2 : tai + kSecond / 2) / kSecond * kSecond;
}

std::int64_t Clocks::boot_to_wall_ns() {
    refresh();
    return boot_to_wall_;
}

std::int64_t Clocks::tai_to_wall_ns() {
    refresh();
    return tai_to_wall_;
}

std::int64_t Clocks::wall_now_ns() {
    return now(CLOCK_REALTIME);
}

}  // namespace kernel
