#include "runtime/base/phases.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace base {
namespace {

std::int64_t clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

void Phases::begin(std::string_view name) {
    const std::int64_t now = clock_ns(CLOCK_MONOTONIC);
    if (phases_.empty()) {
        // What the kernel and the dynamic linker did before main() is only known as processor time.
        phases_.reserve(32);
        phases_.push_back({"exec, before main", now - clock_ns(CLOCK_PROCESS_CPUTIME_ID)});
    }
    begin(name, now);
}

void Phases::begin(std::string_view name, std::int64_t at_ns) {
    phases_.push_back({name, at_ns});
}

std::string Phases::table() {
    return table(clock_ns(CLOCK_MONOTONIC));
}

std::string Phases::table(std::int64_t at_ns) const {
    struct Sum {
        std::string_view name;
        std::int64_t ns = 0;
    };
    std::vector<Sum> sums;
    std::int64_t total = 0;
    for (std::size_t i = 0; i < phases_.size(); ++i) {
        const std::int64_t spent = (i + 1 < phases_.size() ? phases_[i + 1].began_ns : at_ns) - phases_[i].began_ns;
        total += spent;
        const auto same = std::ranges::find(sums, phases_[i].name, &Sum::name);
        if (same == sums.end())
            sums.push_back({phases_[i].name, spent});
        else
            same->ns += spent;
    }
    sums.push_back({"all", total});
    std::string text;
    for (const Sum& sum : sums) {
        std::array<char, 128> line{};
        const double share = total > 0 ? 100.0 * static_cast<double>(sum.ns) / static_cast<double>(total) : 0;
        std::snprintf(line.data(), line.size(), "%10.3f ms %5.1f %%  %.*s\n", static_cast<double>(sum.ns) / 1e6, share,
                      static_cast<int>(sum.name.size()), sum.name.data());
        text += line.data();
    }
    return text;
}

Phases& phases() {
    static Phases ours;
    return ours;
}

}  // namespace base
