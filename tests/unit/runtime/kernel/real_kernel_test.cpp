// Against the running kernel, read-only and without root where /proc and /sys allow it; what needs tracefs or BPF
// skips visibly without them.
#include "runtime/kernel/real_kernel.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "runtime/kernel/tracefs.h"

namespace {

namespace fs = std::filesystem;

extern "C" __attribute__((noinline)) int a_function_of_this_test(int x) {
    asm volatile("");
    return x + 1;
}

class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string name = (fs::temp_directory_path() / "bpfline-test-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~TemporaryDirectory() { fs::remove_all(path); }
    fs::path path;
};

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

TEST(Tracefs, SecondMountPointServesToo) {
    TemporaryDirectory directory;
    fs::create_directories(directory.path / "empty");
    write(directory.path / "debug/events/sched/sched_switch/id", "314\n");
    write(directory.path / "debug/events/sched/sched_switch/format", "name: sched_switch\n");
    write(directory.path / "debug/events/sched/enable", "0\n");
    write(directory.path / "debug/events/irq/b/id", "1\n");
    write(directory.path / "debug/events/irq/a/id", "2\n");
    kernel::Tracefs tracefs({(directory.path / "empty").string(), (directory.path / "debug").string()}, false);
    EXPECT_EQ(*tracefs.id("sched", "sched_switch"), 314u);
    EXPECT_EQ(*tracefs.format("sched", "sched_switch"), "name: sched_switch\n");
    EXPECT_EQ(tracefs.id("sched", "nothing").error().errnum, ENOENT);
    EXPECT_EQ(tracefs.id("sched/sched_switch", "x").error().errnum, ENOENT);
    EXPECT_EQ(tracefs.id("..", "debug").error().errnum, ENOENT);
    EXPECT_EQ(*tracefs.events(), (std::vector<std::string>{"irq:a", "irq:b", "sched:sched_switch"}));
}

TEST(Tracefs, NowhereMountedIsAnError) {
    TemporaryDirectory directory;
    kernel::Tracefs tracefs({directory.path.string()}, false);
    EXPECT_EQ(tracefs.events().error().errnum, ENOENT);
    EXPECT_FALSE(tracefs.id("a", "b").ok());
}

TEST(RealKernel, ConstructingOneReadsNothing) {
    const auto before = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; i++)
        kernel::RealKernel kernel;
    const auto spent = std::chrono::steady_clock::now() - before;
    EXPECT_LT(spent, std::chrono::milliseconds(50)) << "1,000 of them";
}

TEST(RealKernel, AnswersAboutTheMachine) {
    const kernel::RealKernel kernel;
    EXPECT_FALSE(kernel.release().empty());
    EXPECT_FALSE(kernel.online_cpus().empty());
    EXPECT_GE(kernel.possible_cpus(), kernel.online_cpus().size());
    EXPECT_EQ(kernel.user_name(0), "root");
    EXPECT_EQ(kernel.user_name(4'000'000'000), std::nullopt);
    EXPECT_EQ(*kernel.executable(::getpid()), fs::read_symlink("/proc/self/exe").string());
    EXPECT_EQ(kernel.executable(0x7ffffff0).error().errnum, ESRCH);
    EXPECT_EQ(kernel.read_file("/no/such/file").error().errnum, ENOENT);
    EXPECT_TRUE(kernel.read_file("/proc/self/status").ok());
}

TEST(RealKernel, ClocksLeadToTheWallClock) {
    const kernel::RealKernel kernel;
    const auto now = [](clockid_t clock) {
        timespec time{};
        ::clock_gettime(clock, &time);
        return time.tv_sec * 1'000'000'000 + time.tv_nsec;
    };
    const std::int64_t offset = kernel.boot_to_wall_ns();
    const std::int64_t wall = now(CLOCK_REALTIME);
    const std::int64_t by_boot = now(CLOCK_BOOTTIME) + offset;
    EXPECT_LT(std::abs(by_boot - wall), 5'000'000);
    EXPECT_LT(std::abs(now(CLOCK_TAI) + kernel.tai_to_wall_ns() - now(CLOCK_REALTIME)), 5'000'000);
    EXPECT_EQ(kernel.tai_to_wall_ns() % 1'000'000'000, 0);
    EXPECT_LT(std::abs(kernel.wall_now_ns() - now(CLOCK_REALTIME)), 5'000'000);
}

TEST(RealKernel, UserAddressesHaveNames) {
    const kernel::RealKernel kernel;
    const auto pid = static_cast<std::uint32_t>(::getpid());
    const auto address = reinterpret_cast<std::uint64_t>(&a_function_of_this_test);
    const kernel::Symbol symbol = kernel.user_symbol(pid, address + 2);
    EXPECT_EQ(symbol.name, "a_function_of_this_test");
    EXPECT_EQ(symbol.offset, 2u);
    EXPECT_EQ(symbol.module, fs::read_symlink("/proc/self/exe").string());
    EXPECT_EQ(a_function_of_this_test(1), 2);

    const kernel::Symbol library = kernel.user_symbol(pid, reinterpret_cast<std::uint64_t>(&::getpid));
    EXPECT_NE(library.name.find("getpid"), std::string::npos) << library.name;
    EXPECT_NE(library.module.find("libc"), std::string::npos) << library.module;

    EXPECT_EQ(kernel.user_symbol(pid, 8).name, "");
    EXPECT_EQ(kernel.user_symbol(0x7ffffff0, address).name, "");

    const auto place = kernel.file_place(pid, reinterpret_cast<std::uint64_t>(&::getpid));
    if (!place) GTEST_SKIP() << "libc has no build id here";
    EXPECT_EQ(place->build_id.size(), 20u);
    EXPECT_GT(place->offset, 0u);
}

TEST(RealKernel, CgroupIdsLeadBackToPaths) {
    const kernel::RealKernel kernel;
    std::string root;
    for (const char* path : {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"})
        if (root.empty() && fs::exists(fs::path(path) / "cgroup.procs")) root = path;
    if (root.empty()) GTEST_SKIP() << "no cgroup2 mounted";
    const auto id = kernel.cgroup_id(root);
    ASSERT_TRUE(id.ok());
    struct stat status {};
    ASSERT_EQ(::stat(root.c_str(), &status), 0);
    EXPECT_EQ(*id, status.st_ino);
    EXPECT_EQ(kernel.cgroup_paths(*id, "unified"), std::vector<std::string>{"unified:/"});
    EXPECT_EQ(kernel.cgroup_paths(*id, "no_such_hierarchy"), std::vector<std::string>{});
    EXPECT_EQ(kernel.cgroup_id("/no/such/cgroup").error().errnum, ENOENT);
}

TEST(RealKernel, KernelSymbols) {
    const kernel::RealKernel kernel;
    const auto address = kernel.symbol_address("vfs_read");
    if (!address) GTEST_SKIP() << "kallsyms hides addresses here";
    const kernel::Symbol symbol = kernel.kernel_symbol(*address + 3);
    EXPECT_EQ(symbol.name, "vfs_read");
    EXPECT_EQ(symbol.offset, 3u);
    EXPECT_EQ(symbol.module, "");
    const auto functions = kernel.traceable_functions();
    ASSERT_TRUE(functions.ok());
    EXPECT_GT(functions->size(), 1000u);
}

TEST(RealKernel, Tracepoints) {
    const kernel::RealKernel kernel;
    const auto names = kernel.tracepoints();
    if (!names.ok()) GTEST_SKIP() << names.error().message;
    EXPECT_GT(names->size(), 100u);
    EXPECT_TRUE(std::is_sorted(names->begin(), names->end()));
    EXPECT_TRUE(std::binary_search(names->begin(), names->end(), "sched:sched_switch"));
    EXPECT_GT(*kernel.tracepoint_id("sched", "sched_switch"), 0u);
    EXPECT_NE(kernel.tracepoint_format("sched", "sched_switch")->find("prev_comm"), std::string::npos);
    EXPECT_EQ(kernel.tracepoint_id("sched", "no_such_event").error().errnum, ENOENT);
}

TEST(RealKernel, TypesAreMapped) {
    const kernel::RealKernel kernel;
    const auto bytes = kernel.btf();
    if (!bytes.ok()) GTEST_SKIP() << bytes.error().message;
    EXPECT_GT(bytes->size(), 100'000u);
    EXPECT_EQ(bytes->data(), kernel.btf()->data()) << "mapped once";
    // The same bytes out of a file.
    TemporaryDirectory directory;
    const std::string copy = (directory.path / "btf").string();
    std::ofstream(copy, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes->data()), static_cast<std::streamsize>(bytes->size()));
    const kernel::RealKernel other({.btf_path = copy, .traceable_functions_path = {}});
    ASSERT_TRUE(other.btf().ok());
    EXPECT_EQ(other.btf()->size(), bytes->size());
    const kernel::RealKernel none({.btf_path = "/no/such/btf", .traceable_functions_path = {}});
    EXPECT_EQ(none.btf().error().errnum, ENOENT);
    const kernel::RealKernel wrong({.btf_path = "/proc/self/exe", .traceable_functions_path = {}});
    EXPECT_FALSE(wrong.btf().ok());
}

TEST(RealKernel, FeaturesAreFoundByTrying) {
    const kernel::RealKernel kernel;
    static_cast<void>(kernel.btf());
    const auto before = std::chrono::steady_clock::now();
    const program::FeatureSet features = kernel.features();
    const auto spent = std::chrono::steady_clock::now() - before;
    RecordProperty("microseconds",
                   static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(spent).count()));
    // Assumed without the right to load, found with it: the same for every supported kernel.
    using program::Feature;
    for (const Feature feature : {Feature::bpf_loop, Feature::for_each_map_elem, Feature::ring_buffer,
                                  Feature::link_perf_event, Feature::no_prealloc_tracing})
        EXPECT_TRUE(features.has(feature)) << static_cast<int>(feature);
    EXPECT_EQ(features, kernel.features());
    if (::geteuid() != 0) GTEST_SKIP() << "the rest needs the right to load programs";
    if (kernel.release().starts_with("6.18")) {
        EXPECT_TRUE(features.has(Feature::signed_division));
        EXPECT_TRUE(features.has(Feature::lookup_percpu_elem));
        EXPECT_TRUE(features.has(Feature::tai_clock));
        EXPECT_TRUE(features.has(Feature::uprobe_multi));
        EXPECT_TRUE(features.has(Feature::strnlen_kfuncs));
        EXPECT_TRUE(features.has(Feature::kernel_btf));
        RecordProperty("kprobe_multi", features.has(Feature::kprobe_multi));
    }
}

}  // namespace
