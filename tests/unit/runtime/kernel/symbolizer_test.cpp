// Against processes of this test's own. What needs perf events skips visibly without the right to them.
#include "runtime/kernel/symbolizer.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "runtime/kernel/files.h"
#include "runtime/kernel/real_kernel.h"
#include "tests/support/targets.h"

namespace {

extern "C" __attribute__((noinline)) int a_symbol_of_this_test(int x) {
    asm volatile("");
    return x + 1;
}

std::uint64_t address_of_symbol() {
    return reinterpret_cast<std::uintptr_t>(&a_symbol_of_this_test);
}

/// First executable mapping of a file in a process.
std::optional<kernel::Mapping> mapping_of(std::uint32_t pid, const std::string& path) {
    const auto text = kernel::read_text("/proc/" + std::to_string(pid) + "/maps");
    if (text.ok())
        for (const kernel::Mapping& mapping : kernel::parse_maps(*text))
            if (mapping.path == path) return mapping;
    return std::nullopt;
}

TEST(Symbolizer, OwnFunction) {
    kernel::Symbolizer symbolizer;
    const auto pid = static_cast<std::uint32_t>(::getpid());
    const kernel::Symbol symbol = symbolizer.find(pid, address_of_symbol() + 1);
    EXPECT_EQ(symbol.name, "a_symbol_of_this_test");
    EXPECT_EQ(symbol.offset, 1u);
    EXPECT_TRUE(symbol.module.ends_with("test_kernel")) << symbol.module;
    EXPECT_TRUE(symbolizer.find(pid, 1).name.empty());
    EXPECT_TRUE(symbolizer.find(0x7fffffff, address_of_symbol()).name.empty()) << "no such process";
}

TEST(Symbolizer, ProcessThatIsGoneKeepsItsNames) {
    kernel::Symbolizer symbolizer;
    // A copy of this process: the same addresses.
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const auto pid = static_cast<std::uint32_t>(child);
    symbolizer.remember(pid);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(symbolizer.find(pid, address_of_symbol()).name, "a_symbol_of_this_test");
}

TEST(Symbolizer, FunctionsOfCompilersAtRunTime) {
    kernel::Symbolizer symbolizer;
    const auto pid = static_cast<std::uint32_t>(::getpid());
    void* code = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(code, MAP_FAILED);
    const auto begin = reinterpret_cast<std::uintptr_t>(code);
    const std::string file = "/tmp/perf-" + std::to_string(pid) + ".map";
    std::ofstream(file) << std::hex << begin << " 20 LazyCompile:~first a.js:1\n"
                        << begin + 0x40 << " 10 second\nnonsense\n";
    EXPECT_EQ(symbolizer.find(pid, begin + 0x1f).name, "LazyCompile:~first a.js:1");
    EXPECT_EQ(symbolizer.find(pid, begin + 0x1f).offset, 0x1fu);
    EXPECT_EQ(symbolizer.find(pid, begin + 0x20).name, "");
    EXPECT_EQ(symbolizer.find(pid, begin + 0x45).name, "second");
    std::filesystem::remove(file);
    ::munmap(code, 4096);
}

TEST(Symbolizer, ProgramThatWasReplacedWhileItRuns) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: /proc/PID/map_files";
    const std::string target = test_support::target_path("uprobe_args");
    if (target.empty()) GTEST_SKIP() << "the target was not built";
    // System programs have no symbols, so a copy of this very test sleeps.
    const std::filesystem::path copy = std::filesystem::temp_directory_path() / "bpfline-replaced";
    std::filesystem::copy_file("/proc/self/exe", copy, std::filesystem::copy_options::overwrite_existing);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(copy.c_str(), copy.c_str(), "--gtest_filter=Helper.DISABLED_SleepsLong",
                "--gtest_also_run_disabled_tests", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    const auto pid = static_cast<std::uint32_t>(child);
    std::optional<kernel::Mapping> mapping;
    for (int i = 0; i < 3000 && !mapping; i++) {
        ::usleep(1000);
        mapping = mapping_of(pid, copy.string());
    }
    ASSERT_TRUE(mapping);
    std::filesystem::remove(copy);
    std::filesystem::copy_file(target, copy);

    const auto own = kernel::ElfSymbols::open("/proc/self/exe");
    ASSERT_TRUE(own.ok());
    const auto function = own->find("a_symbol_of_this_test");
    ASSERT_TRUE(function);
    const std::uint64_t offset = *own->offset_of_address(function->address);
    const std::uint64_t address = mapping->begin + offset - mapping->file_offset;
    kernel::Symbolizer symbolizer;
    EXPECT_EQ(symbolizer.find(pid, address).name, "a_symbol_of_this_test");
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::filesystem::remove(copy);
}

TEST(Symbolizer, WatchedProcessIsKnownWithoutHavingBeenAskedFor) {
    const std::string target = test_support::target_path("uprobe_args");
    if (target.empty()) GTEST_SKIP() << "the target was not built";
    const kernel::RealKernel machine;
    const auto cpus = machine.online_cpus();
    if (!kernel::MappingEvents::open(cpus).ok()) GTEST_SKIP() << "perf events are not allowed here";
    kernel::Symbolizer symbolizer;
    symbolizer.watch(cpus);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(target.c_str(), target.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    std::optional<kernel::Mapping> mapping;
    for (int i = 0; i < 3000 && !mapping; i++)
        mapping = mapping_of(static_cast<std::uint32_t>(child), target);
    ::waitpid(child, nullptr, 0);
    ASSERT_TRUE(mapping) << "it was gone too soon for the test";
    const auto symbols = kernel::ElfSymbols::open(target);
    const auto leaf = symbols->find("leaf");
    ASSERT_TRUE(leaf);
    const std::uint64_t address = mapping->begin + *symbols->offset_of_address(leaf->address) - mapping->file_offset;
    const kernel::Symbol symbol = symbolizer.find(static_cast<std::uint32_t>(child), address + 4);
    EXPECT_EQ(symbol.name, "leaf");
    EXPECT_EQ(symbol.module, target);
}

TEST(Symbolizer, ChildOfAProcessThatNobodyAskedFor) {
    const kernel::RealKernel machine;
    const auto cpus = machine.online_cpus();
    if (!kernel::MappingEvents::open(cpus).ok()) GTEST_SKIP() << "perf events are not allowed here";
    kernel::Symbolizer symbolizer;
    symbolizer.watch(cpus);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    // It never was another program, so its code was ours.
    EXPECT_EQ(symbolizer.find(static_cast<std::uint32_t>(child), address_of_symbol()).name, "a_symbol_of_this_test");
}

TEST(MappingEvents, RecordsOfAnyBytes) {
    std::vector<std::string> seen;
    kernel::MappingEvents::Handlers handlers;
    handlers.mapped = [&](std::uint32_t pid, kernel::Mapping m) {
        seen.push_back("map " + std::to_string(pid) + " " + std::to_string(m.begin) + "-" + std::to_string(m.end) +
                       " " + std::to_string(m.file_offset) + " " + m.path);
    };
    handlers.executed = [&](std::uint32_t pid) { seen.push_back("exec " + std::to_string(pid)); };
    handlers.forked = [&](std::uint32_t pid, std::uint32_t parent) {
        seen.push_back("fork " + std::to_string(pid) + " of " + std::to_string(parent));
    };
    std::vector<std::byte> bytes;
    const auto put = [&bytes](const auto&... values) {
        const auto one = [&bytes](const auto& value) {
            const auto* from = reinterpret_cast<const std::byte*>(&value);
            bytes.insert(bytes.end(), from, from + sizeof value);
        };
        (one(values), ...);
    };
    const auto header = [](std::uint32_t type, std::uint16_t misc) { return perf_event_header{type, misc, 0}; };
    const std::uint32_t pid = 7, parent = 5, zero = 0;
    const std::uint64_t begin = 4096, length = 8192, offset = 1024, none = 0;
    put(header(PERF_RECORD_MMAP2, 0), pid, pid, begin, length, offset, none, none, none, zero, zero);
    for (char c : std::string("/bin/x"))
        bytes.push_back(static_cast<std::byte>(c));
    kernel::read_mapping_record(bytes, handlers);  // the name is not terminated
    for (std::size_t size = 0; size < bytes.size() - 6; size += 4)
        kernel::read_mapping_record(std::span(bytes).first(size), handlers);
    bytes.clear();
    put(header(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC), pid, pid, zero);
    kernel::read_mapping_record(bytes, handlers);
    bytes.clear();
    put(header(PERF_RECORD_COMM, 0), pid, pid, zero);  // a thread renamed itself
    kernel::read_mapping_record(bytes, handlers);
    bytes.clear();
    put(header(PERF_RECORD_FORK, 0), pid, parent, pid, parent);
    kernel::read_mapping_record(bytes, handlers);
    bytes.clear();
    put(header(PERF_RECORD_FORK, 0), pid, pid, parent, pid);  // a thread
    kernel::read_mapping_record(bytes, handlers);
    EXPECT_EQ(seen, (std::vector<std::string>{"map 7 4096-12288 1024 /bin/x", "exec 7", "fork 7 of 5"}));
}

/// Not a test: what ProgramThatWasReplacedWhileItRuns runs.
TEST(Helper, DISABLED_SleepsLong) {
    ::sleep(20);
}

}  // namespace
