// The engine on the real kernel, with programs assembled by hand. Needs root; skipped visibly without.
#include "runtime/live/live_engine.h"

#include <linux/bpf.h>
#include <sched.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>

#include "runtime/kernel/real_kernel.h"
#include "runtime/live/bpf_call.h"
#include "tests/unit/runtime/live/assemble.h"

namespace {

/// Counts records and checks that each is one of the sender's.
struct Counting : engine::RecordSink {
    std::uint64_t count = 0, wrong = 0;
    std::uint64_t next = 0;
    bool take(std::span<const std::byte> record) override {
        ++count;
        std::uint64_t sequence = 0;
        if (record.size() == 24) std::memcpy(&sequence, record.data() + 8, sizeof(sequence));
        if (sequence == 0 || sequence > assemble::kEventsPerRun) ++wrong;
        return true;
    }
};

class LiveEngineTest : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root";
    }
    const kernel::RealKernel kernel_;
};

TEST_F(LiveEngineTest, NothingIsLostUncounted) {
    program::Program p = assemble::sender();
    // So small that most is lost, and so large that most arrives.
    for (const std::uint64_t pages : {1U, 2U, 64U}) {
        p.config.perf_rb_pages = pages;
        live::LiveEngine engine(kernel_, {});
        ASSERT_TRUE(engine.load(p).ok());
        constexpr std::uint64_t kRuns = 20'000;
        std::atomic<bool> is_done = false;
        std::thread producer([&] {
            for (std::uint64_t i = 0; i < kRuns; ++i)
                (void)engine.run(program::FunctionId(0));
            is_done = true;
        });
        Counting sink;
        while (!is_done) {
            (void)engine.wait({}, 1);
            engine.drain(sink);
        }
        producer.join();
        while (engine.drain(sink) != 0) {
        }
        const std::vector<std::uint64_t> ledger = engine.read_ledger(0, 1);
        const std::uint64_t sent = ledger[static_cast<unsigned>(program::LedgerCounter::sent)];
        const std::uint64_t lost = ledger[static_cast<unsigned>(program::LedgerCounter::lost)];
        EXPECT_EQ(sent + lost, kRuns * assemble::kEventsPerRun);
        EXPECT_EQ(sink.count, sent) << pages << " pages";
        EXPECT_EQ(sink.wrong, 0U);
    }
}

TEST_F(LiveEngineTest, IdleRingWakesAtOnceAndBusyOneCatchesUp) {
    program::Program p = assemble::sender();
    p.config.perf_rb_pages = 64;
    live::LiveEngine engine(kernel_, {});
    ASSERT_TRUE(engine.load(p).ok());
    Counting sink;
    // Each burst is sent while we wait without limit: a wake that gets lost hangs here.
    for (int burst = 0; burst < 40; ++burst) {
        std::thread producer([&] {
            if (burst % 4 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(12));
            (void)engine.run(program::FunctionId(0));
        });
        const std::uint64_t wanted = sink.count + assemble::kEventsPerRun;
        while (sink.count < wanted) {
            (void)engine.wait({}, -1);
            engine.drain(sink);
        }
        producer.join();
    }
    EXPECT_EQ(sink.count, 40U * assemble::kEventsPerRun);
}

TEST_F(LiveEngineTest, SinkMayStopADrain) {
    struct One : engine::RecordSink {
        bool take(std::span<const std::byte>) override { return false; }
    } one;
    program::Program p = assemble::sender();
    p.config.perf_rb_pages = 16;
    live::LiveEngine engine(kernel_, {});
    ASSERT_TRUE(engine.load(p).ok());
    ASSERT_TRUE(engine.run(program::FunctionId(0)).ok());
    EXPECT_EQ(engine.drain(one), 1U);
    EXPECT_TRUE(engine.wait({}, -1).has_records);
    Counting rest;
    EXPECT_EQ(engine.drain(rest), assemble::kEventsPerRun - 1U);
    EXPECT_EQ(engine.drain(rest), 0U);
}

TEST_F(LiveEngineTest, GlobalsArriveAndStatisticsCount) {
    program::Program p = assemble::sender();
    live::LiveEngine engine(kernel_, {.keeps_verifier_logs = true, .counts_time = true});
    ASSERT_TRUE(engine.load(p).ok());
    engine.set_globals({.stopped = 1, .start_ns = 42, .child_pid = 0, .tracer_pid = 7, .pidns_dev = 0, .pidns_ino = 0});
    const base::Result<program::MapContents> globals = engine.read_map(p.globals_map);
    ASSERT_TRUE(globals.ok());
    program::Globals seen{};
    std::memcpy(&seen, globals->values.data(), sizeof(seen));
    EXPECT_EQ(seen.start_ns, 42U);
    ASSERT_TRUE(engine.run(program::FunctionId(0)).ok());
    EXPECT_GE(engine.run_stats(program::FunctionId(0)).instructions, p.functions[0].insns.size());
    EXPECT_NE(engine.verifier_log(program::FunctionId(0)).find("processed"), std::string::npos);
    engine.settle();
    engine.detach();
    engine.detach();
}

TEST_F(LiveEngineTest, RefusalNamesTheScriptLine) {
    const program::Program p = assemble::refused();
    live::LiveEngine engine(kernel_, {});
    const base::Status loaded = engine.load(p);
    ASSERT_FALSE(loaded.ok());
    EXPECT_TRUE(loaded.error().message.starts_with("Error loading BPF program for begin. Error code: -"))
        << loaded.error().message;
    EXPECT_TRUE(loaded.error().message.ends_with("Use -v for full kernel error log.")) << loaded.error().message;
    EXPECT_EQ(
        loaded.error().hint,
        "the kernel's verifier refused the code made for stdin:2:3: R2 !read_ok; this is a fault of bpfline, not of "
        "the script");
    EXPECT_NE(loaded.error().detail.find("processed"), std::string::npos);
}

TEST_F(LiveEngineTest, AProgramThatIsTooLongNamesTheLimit) {
    program::Program p = assemble::refused();
    program::Function& function = p.functions[0];
    // r0 = 0; do r0 += 1 while (r0 < 2000000)
    function.insns = {assemble::mov(0, 0), assemble::add(0, 1), assemble::jump_if(BPF_JLT, 0, 2000000, -2),
                      assemble::leave()};
    live::LiveEngine engine(kernel_, {});
    const base::Status loaded = engine.load(p);
    ASSERT_FALSE(loaded.ok());
    EXPECT_TRUE(loaded.error().hint.starts_with(
        "what is at stdin:1:1 is more than the kernel takes: its verifier takes a million steps at most"))
        << loaded.error().hint;
}

TEST_F(LiveEngineTest, ManyFunctionsLoadTogether) {
    program::Program p = assemble::sender();
    for (int i = 0; i < 40; ++i)
        p.functions.push_back(p.functions[0]);
    live::LiveEngine engine(kernel_, {});
    ASSERT_TRUE(engine.load(p).ok());
    for (std::size_t i = 0; i < p.functions.size(); ++i)
        ASSERT_TRUE(engine.run(program::FunctionId(i)).ok());
    p.functions[17] = assemble::refused().functions[0];
    p.functions[17].func_info.clear();
    p.functions[17].line_info.clear();
    live::LiveEngine other(kernel_, {});
    EXPECT_FALSE(other.load(p).ok());
}

TEST_F(LiveEngineTest, BtfWeCannotReadIsNoMistakeUnlessNeeded) {
    program::Program p = assemble::sender();
    p.btf.assign(64, std::byte{0x55});
    live::LiveEngine engine(kernel_, {});
    EXPECT_TRUE(engine.load(p).ok());
    // A callback cannot do without.
    p.functions[0].insns.insert(
        p.functions[0].insns.begin(),
        {assemble::insn(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_FUNC, 0, 0), assemble::insn(0, 0, 0, 0, 0)});
    for (program::Relocation& relocation : p.functions[0].relocations)
        relocation.insn += 2;
    live::LiveEngine other(kernel_, {});
    EXPECT_FALSE(other.load(p).ok());
}

/// The sender on a system call hardly anybody makes, several times: a function each, since a tracepoint takes the same
/// program only once (EEXIST).
program::Program attached_sender(std::size_t times) {
    program::Program p = assemble::sender();
    p.config.perf_rb_pages = 16;
    p.functions[0].type = BPF_PROG_TYPE_TRACEPOINT;
    p.probes[0].name = "tracepoint:syscalls:sys_enter_sched_get_priority_max";
    p.probes[0].kind = program::ProbeKind::tracepoint;
    p.begin.clear();
    program::AttachSpec spec;
    spec.kind = program::ProbeKind::tracepoint;
    spec.places.emplace_back();
    spec.places[0].target = "syscalls";
    spec.places[0].function = "sys_enter_sched_get_priority_max";
    for (std::size_t i = 0; i < times; ++i) {
        if (i > 0) {
            p.functions.push_back(p.functions[0]);
            p.probes.push_back(p.probes[0]);
        }
        p.probes[i].function = program::FunctionId(i);
        spec.probe = program::ProbeId(i);
        p.attachments.push_back(spec);
    }
    return p;
}

TEST_F(LiveEngineTest, AttachesAndLeavesNothingBehind) {
    const program::Program p = attached_sender(3);
    Counting sink;
    {
        live::LiveEngine engine(kernel_, {});
        ASSERT_TRUE(engine.load(p).ok());
        for (std::size_t i = 0; i < p.attachments.size(); ++i) {
            const base::Result<engine::Attached> attached = engine.attach(i);
            ASSERT_TRUE(attached.ok()) << attached.error().message;
            EXPECT_EQ(attached->hooks, 1U);
        }
        (void)sched_get_priority_max(SCHED_OTHER);
        engine.settle();
        engine.drain(sink);
        EXPECT_EQ(sink.count, 3U * assemble::kEventsPerRun);
        engine.detach();
        (void)sched_get_priority_max(SCHED_OTHER);
        EXPECT_EQ(engine.drain(sink), 0U);
    }
    (void)sched_get_priority_max(SCHED_OTHER);
}

TEST_F(LiveEngineTest, MissingEventIsAnError) {
    program::Program p = attached_sender(1);
    p.attachments[0].places[0].function = "no_such_event";
    live::LiveEngine engine(kernel_, {});
    ASSERT_TRUE(engine.load(p).ok());
    const base::Result<engine::Attached> attached = engine.attach(0);
    ASSERT_FALSE(attached.ok());
    EXPECT_EQ(attached.error().errnum, ENOENT);
}

// ---- maps -----------------------------------------------------------------------------------------------------------

class LiveMapTest : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root";
    }
    void create(program::MapKind kind, std::uint32_t value_size, std::uint32_t entries, std::uint32_t flags = 0) {
        program_.maps = {assemble::map_spec("@x", program::MapRole::user, kind, 8, value_size, entries)};
        if (kind == program::MapKind::array || kind == program::MapKind::percpu_array) program_.maps[0].key_size = 4;
        program_.maps[0].flags = flags;
        base::Result<std::vector<live::LiveMap>> maps = live::create_maps(program_, kernel_.possible_cpus());
        ASSERT_TRUE(maps.ok()) << maps.error().message;
        maps_ = std::move(maps).value();
    }
    /// Every CPU's copy of element `key` is key * 10 + cpu.
    void fill(std::uint64_t keys) {
        const live::LiveMap& map = maps_[0];
        const std::size_t stride = (std::size_t{map.spec->value_size} + 7) / 8 * 8;
        std::vector<std::byte> value(map.transfer_size());
        for (std::uint64_t key = 0; key < keys; ++key) {
            for (std::size_t cpu = 0; cpu * stride < value.size(); ++cpu) {
                const std::uint64_t number = key * 10 + cpu;
                std::memcpy(value.data() + cpu * stride, &number, std::min<std::size_t>(8, map.spec->value_size));
            }
            ASSERT_EQ(live::update_element(map.fd.get(), &key, value.data(), BPF_ANY), 0);
        }
    }
    [[nodiscard]] program::MapContents read() const {
        base::Result<program::MapContents> contents = live::read_contents(maps_[0]);
        EXPECT_TRUE(contents.ok());
        return std::move(contents).value();
    }
    static std::uint64_t number(std::span<const std::byte> bytes) {
        std::uint64_t out = 0;
        std::memcpy(&out, bytes.data(), std::min<std::size_t>(bytes.size(), 8));
        return out;
    }
    void expect_filled(std::uint64_t keys) const {
        const program::MapContents contents = read();
        ASSERT_EQ(contents.count, keys);
        std::map<std::uint64_t, std::uint64_t> seen;
        for (std::size_t i = 0; i < contents.count; ++i) {
            for (std::uint32_t cpu = 0; cpu < contents.copies; ++cpu) {
                ASSERT_EQ(number(contents.value(i, cpu)), number(contents.key(i)) * 10 + cpu);
            }
            ++seen[number(contents.key(i))];
        }
        EXPECT_EQ(seen.size(), keys);
    }

    const kernel::RealKernel kernel_;
    program::Program program_;
    std::vector<live::LiveMap> maps_;
};

TEST_F(LiveMapTest, ReadsAllOfAHash) {
    create(program::MapKind::hash, 8, 20'000);
    fill(20'000);
    expect_filled(20'000);
}

TEST_F(LiveMapTest, ReadsEveryCpuOfALargeHash) {
    create(program::MapKind::percpu_hash, 8, 5'000, BPF_F_NO_PREALLOC);
    fill(5'000);
    expect_filled(5'000);
}

TEST_F(LiveMapTest, LeavesOutTheKernelsPadding) {
    create(program::MapKind::percpu_hash, 4, 10);
    fill(3);
    const program::MapContents contents = read();
    EXPECT_EQ(contents.value_size, 4U);
    EXPECT_EQ(contents.values.size(), 3U * 4 * contents.copies);
    expect_filled(3);
}

TEST_F(LiveMapTest, ReadsLargeValues) {
    create(program::MapKind::percpu_hash, 4096, 100);
    fill(100);
    expect_filled(100);
}

TEST_F(LiveMapTest, ReadsAnEmptyHash) {
    create(program::MapKind::lru_hash, 8, 100);
    EXPECT_EQ(read().count, 0U);
}

TEST_F(LiveMapTest, ClearsAndZeroesHashes) {
    for (const auto kind : {program::MapKind::hash, program::MapKind::percpu_hash}) {
        create(kind, 16, 10'000, BPF_F_NO_PREALLOC);
        fill(10'000);
        ASSERT_TRUE(live::zero_contents(maps_[0]).ok());
        const program::MapContents zeroed = read();
        EXPECT_EQ(zeroed.count, 10'000U);
        EXPECT_TRUE(std::ranges::all_of(zeroed.values, [](std::byte b) { return b == std::byte{0}; }));
        ASSERT_TRUE(live::clear_contents(maps_[0]).ok());
        EXPECT_EQ(read().count, 0U);
        ASSERT_TRUE(live::clear_contents(maps_[0]).ok());
        fill(10);
        expect_filled(10);
    }
}

TEST_F(LiveMapTest, ZeroedScalarsStaySet) {
    for (const auto kind : {program::MapKind::array, program::MapKind::percpu_array}) {
        create(kind, 16, 1);
        program_.maps[0].is_scalar = true;
        const std::uint32_t key = 0;
        std::vector<std::uint64_t> value(maps_[0].transfer_size() / 8);
        for (std::size_t i = 0; i < value.size(); i += 2) {
            value[i] = 1;
            value[i + 1] = 77;
        }
        ASSERT_EQ(live::update_element(maps_[0].fd.get(), &key, value.data(), BPF_ANY), 0);
        ASSERT_TRUE(live::zero_contents(maps_[0]).ok());
        program::MapContents contents = read();
        EXPECT_EQ(contents.count, 1U);
        EXPECT_EQ(contents.key_size, 0U);
        EXPECT_EQ(number(contents.value(0)), 1U);
        EXPECT_EQ(number(contents.value(0).subspan(8)), 0U);
        ASSERT_TRUE(live::clear_contents(maps_[0]).ok());
        EXPECT_EQ(number(read().value(0)), 0U);
    }
}

TEST_F(LiveMapTest, SumsEntriesOverCpus) {
    create(program::MapKind::percpu_array, 16, 10);
    for (std::uint32_t key = 0; key < 10; ++key) {
        std::vector<std::uint64_t> value(maps_[0].transfer_size() / 8);
        for (std::size_t i = 0; i < value.size(); i += 2) {
            value[i] = key;
            value[i + 1] = 100;
        }
        ASSERT_EQ(live::update_element(maps_[0].fd.get(), &key, value.data(), BPF_ANY), 0);
    }
    const std::uint64_t cpus = maps_[0].cpus;
    for (const auto& [first, count] : {std::pair{0U, 10U}, std::pair{3U, 2U}, std::pair{9U, 1U}, std::pair{8U, 2U}}) {
        const std::vector<std::uint64_t> sums = live::sum_entries(maps_[0], first, count);
        ASSERT_EQ(sums.size(), 2U * count);
        for (std::uint32_t i = 0; i < count; ++i) {
            EXPECT_EQ(sums[2 * i], (first + i) * cpus);
            EXPECT_EQ(sums[2 * i + 1], 100 * cpus);
        }
    }
}

TEST_F(LiveMapTest, SaysWhichMapCouldNotBeMade) {
    program_.maps = {
        assemble::map_spec("@huge", program::MapRole::user, program::MapKind::hash, 8, 1U << 30, 1U << 30)};
    const base::Result<std::vector<live::LiveMap>> maps = live::create_maps(program_, kernel_.possible_cpus());
    ASSERT_FALSE(maps.ok());
    EXPECT_NE(maps.error().message.find("Failed to create map '@huge'"), std::string::npos);
}

TEST(LiveLoad, RingIsAPowerOfTwoAndNotTooLarge) {
    EXPECT_EQ(live::ring_bytes(0, std::uint64_t{8} << 30, 4096), 4U << 20);
    EXPECT_EQ(live::ring_bytes(0, 0, 4096), 4U << 20);
    // 1/64 of 100 MiB is not a power of two.
    EXPECT_EQ(live::ring_bytes(0, 100 << 20, 4096), 1U << 20);
    EXPECT_EQ(live::ring_bytes(0, 1 << 20, 4096), 64U << 10);
    EXPECT_EQ(live::ring_bytes(1, 0, 4096), 4096U);
    EXPECT_EQ(live::ring_bytes(5, 0, 4096), 8U * 4096);
}

TEST(LiveLoad, NamesForTheKernel) {
    EXPECT_EQ(live::kernel_name("@by-comm.x"), "by_comm.x");
    EXPECT_EQ(live::kernel_name("@"), "");
    EXPECT_EQ(live::kernel_name("a_name_longer_than_the_kernel_takes").size(), 15U);
}

}  // namespace
