// Attaching a program that counts, on the running kernel. Needs root; filters nothing, lives for milliseconds.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "runtime/kernel/real_kernel.h"
#include "runtime/probes/provider.h"
#include "tests/unit/runtime/probes/counter.h"

namespace {

using program::ProbeKind;

using test_support::Counter;

struct Attached {
    base::Result<probes::Links> links;
    std::unique_ptr<Counter> counter;
};

Attached attach(std::string_view text, int pid = -1) {
    static const kernel::RealKernel kernel;
    auto parts = probes::split_attach_point(text);
    const probes::Provider& row = *probes::find(parts[0]);
    parts.erase(parts.begin());
    Attached result{base::Error{}, std::make_unique<Counter>(row.type)};
    const auto target = row.parse(parts);
    if (!target.ok()) return result.links = base::Error{.message = target.error().message}, std::move(result);
    auto matches = row.list(kernel, target.value());
    if (!matches.ok()) return result.links = matches.take_error(), std::move(result);
    std::vector<program::Place> places;
    for (const probes::Match& match : *matches) {
        places.push_back(match.place);
        if (pid >= 0) places.back().pid = pid;
    }
    result.links = row.attach(kernel, result.counter->function(), places);
    return result;
}

class Attach : public testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0 || !Counter(BPF_PROG_TYPE_TRACEPOINT).is_loaded())
            GTEST_SKIP() << "needs root and the right to load programs";
    }
};

void sleep_ms(int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

void touch_pages(std::size_t pages) {
    auto* memory =
        static_cast<char*>(::mmap(nullptr, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::madvise(memory, pages * 4096, MADV_NOHUGEPAGE);
    for (std::size_t i = 0; i < pages; i++)
        memory[i * 4096] = 1;
    ::munmap(memory, pages * 4096);
}

TEST_F(Attach, TracepointFiresUntilItsLinksAreClosed) {
    auto [links, counter] = attach("tracepoint:syscalls:sys_enter_getppid");
    ASSERT_TRUE(links.ok()) << links.error().message;
    EXPECT_EQ(links->hooks, 1u);
    for (int i = 0; i < 10; i++)
        ::syscall(__NR_getppid);
    const std::uint64_t seen = counter->value();
    EXPECT_GE(seen, 10u);
    links->fds.clear();
    for (int i = 0; i < 10; i++)
        ::syscall(__NR_getppid);
    EXPECT_EQ(counter->value(), seen);
}

TEST_F(Attach, SeveralPlacesShareOneProgram) {
    auto [links, counter] = attach("tracepoint:syscalls:sys_*_getppid");
    ASSERT_TRUE(links.ok()) << links.error().message;
    EXPECT_EQ(links->hooks, 2u);
    for (int i = 0; i < 10; i++)
        ::syscall(__NR_getppid);
    EXPECT_GE(counter->value(), 20u);
}

TEST_F(Attach, ManyPlacesRaiseTheLimitOfOpenFiles) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit low = before;
    low.rlim_cur = 20;  // a dozen are open already
    if (before.rlim_max <= 100) GTEST_SKIP() << "the hard limit leaves no room";
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
    auto attached = attach("tracepoint:syscalls:sys_*_mk*");
    ASSERT_TRUE(attached.links.ok()) << attached.links.error().message;
    EXPECT_GE(attached.links->fds.size(), 12u) << "mkdir, mkdirat, mknod and mknodat, entry and return";
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_F(Attach, RawTracepoint) {
    auto [links, counter] = attach("rawtracepoint:sys_enter");
    ASSERT_TRUE(links.ok()) << links.error().message;
    for (int i = 0; i < 10; i++)
        ::syscall(__NR_getppid);
    EXPECT_GE(counter->value(), 10u);
}

TEST_F(Attach, IntervalTicksOnOneCpuProfileOnAll) {
    auto interval = attach("interval:ms:2");
    auto profile = attach("profile:hz:500");
    ASSERT_TRUE(interval.links.ok()) << interval.links.error().message;
    ASSERT_TRUE(profile.links.ok()) << profile.links.error().message;
    EXPECT_EQ(interval.links->hooks, 1u);
    EXPECT_EQ(profile.links->hooks, 1u);
    EXPECT_EQ(interval.links->fds.size(), 2u);
    EXPECT_EQ(profile.links->fds.size(), 2 * kernel::RealKernel().online_cpus().size());
    sleep_ms(60);
    EXPECT_GE(interval.counter->value(), 10u);
    EXPECT_LE(interval.counter->value(), 200u);
    EXPECT_GE(profile.counter->value(), 1u);
}

TEST_F(Attach, SoftwareEventOfThisProcessOnly) {
    auto [links, counter] = attach("software:page-faults:1", ::getpid());
    ASSERT_TRUE(links.ok()) << links.error().message;
    const std::uint64_t before = counter->value();
    touch_pages(300);
    std::thread([] { touch_pages(300); }).join();
    EXPECT_GE(counter->value() - before, 600u) << "threads that start later count too";
}

TEST_F(Attach, RefusalsSayWhatWasTried) {
    auto hardware = attach("hardware:cycles:1000000");
    if (!hardware.links.ok()) {
        EXPECT_NE(hardware.links.error().message.find("counting cycles"), std::string::npos)
            << hardware.links.error().message;
        EXPECT_FALSE(hardware.links.error().hint.empty());
    }
    auto rate = attach("profile:hz:100000000");
    ASSERT_FALSE(rate.links.ok());
    EXPECT_NE(rate.links.error().hint.find("perf_event_max_sample_rate"), std::string::npos)
        << rate.links.error().message;
    auto kprobe = attach("kprobe:vfs_read");
    if (!kprobe.links.ok()) {
        EXPECT_FALSE(kprobe.links.error().message.empty());
    }
}

}  // namespace
