// uprobes and usdt probes on programs of tests/kernel/targets, on the running kernel. Needs root.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "runtime/kernel/dwarf.h"
#include "runtime/kernel/real_kernel.h"
#include "runtime/probes/listing.h"
#include "runtime/probes/provider.h"
#include "tests/support/targets.h"
#include "tests/unit/runtime/probes/counter.h"

namespace {

using test_support::Counter;

constexpr std::uint32_t kUprobeMulti = 48;  // BPF_TRACE_UPROBE_MULTI

const kernel::RealKernel& machine() {
    static const kernel::RealKernel kernel;
    return kernel;
}

/// "uprobe:{name}:function" of a target.
std::string point_of(std::string_view kind, const std::string& path, std::string_view rest) {
    return std::string(kind) + ":" + path + ":" + std::string(rest);
}

base::Result<std::vector<probes::Match>> matches_of(const std::string& text, bool is_unsafe = false) {
    auto parts = probes::split_attach_point(text);
    const probes::Provider& row = *probes::find(parts[0]);
    parts.erase(parts.begin());
    auto target = row.parse(parts);
    if (!target.ok()) return base::Error{.message = target.error().message};
    target.value().is_unsafe = is_unsafe;
    return row.list(machine(), target.value());
}

std::vector<std::string> names_of(const std::string& text) {
    std::vector<std::string> names;
    if (const auto matches = matches_of(text); matches.ok())
        for (const probes::Match& match : *matches)
            names.push_back(match.name);
    return names;
}

class UserAttach : public testing::Test {
  protected:
    void SetUp() override {
        path_ = test_support::target_path("uprobe_args");
        forms_ = test_support::target_path("usdt_forms");
        if (path_.empty() || forms_.empty()) GTEST_SKIP() << "the targets were not built";
    }
    static bool may_attach() { return ::geteuid() == 0 && Counter(BPF_PROG_TYPE_KPROBE).is_loaded(); }

    base::Result<probes::Links> attach(const std::string& text, const Counter& counter, bool is_unsafe = false,
                                       int pid = -1) {
        auto matches = matches_of(text, is_unsafe);
        if (!matches.ok()) return matches.take_error();
        std::vector<program::Place> places;
        for (const probes::Match& match : *matches) {
            places.push_back(match.place);
            places.back().pid = pid;
        }
        return probes::find(text.substr(0, text.find(':')))->attach(machine(), counter.function(), places);
    }
    /// Hits of one run of the program.
    std::uint64_t hits(const std::string& text, const std::string& program, std::uint32_t expected = 0) {
        const Counter counter(BPF_PROG_TYPE_KPROBE, expected);
        auto links = attach(text, counter);
        EXPECT_TRUE(links.ok()) << text << ": " << (links.ok() ? "" : links.error().message);
        EXPECT_EQ(test_support::run_target(program), 0);
        return counter.value();
    }

    std::string path_, forms_;
};

TEST_F(UserAttach, NamesAreSortedAndUnique) {
    const auto all = names_of(point_of("uprobe", path_, "ta*"));
    EXPECT_EQ(all, (std::vector<std::string>{"uprobe:" + path_ + ":take_big", "uprobe:" + path_ + ":take_many",
                                             "uprobe:" + path_ + ":take_pair", "uprobe:" + path_ + ":take_small"}));
    EXPECT_EQ(names_of(point_of("uprobe", path_, "nosuch")), std::vector<std::string>{});
    EXPECT_EQ(names_of(point_of("uprobe", path_, "twice+0x3")),
              std::vector<std::string>{"uprobe:" + path_ + ":twice+3"});
    EXPECT_EQ(names_of(point_of("uprobe", path_, "4660")), std::vector<std::string>{"uprobe:" + path_ + ":4660"});
    const auto forms = names_of(point_of("usdt", forms_, "registers"));
    EXPECT_EQ(forms,
              (std::vector<std::string>{"usdt:" + forms_ + ":forms:registers", "usdt:" + forms_ + ":other:registers"}));
    EXPECT_GE(names_of(point_of("usdt", forms_, "forms:twice")).size(), 2u) << "one name, several places";
    const auto listed = probes::list_pattern(machine(), "usdt:" + forms_ + ":*tw*");
    ASSERT_TRUE(listed.ok());
    EXPECT_EQ(listed->size(), 1u) << "but listed once";
}

TEST_F(UserAttach, DescribesParameters) {
    const auto matches = matches_of(point_of("uprobe", path_, "typed"));
    ASSERT_TRUE(matches.ok() && matches->size() == 1);
    const auto lines = probes::find("uprobe")->describe(machine(), matches->front().place);
    ASSERT_TRUE(lines.ok());
    EXPECT_EQ(*lines, (std::vector<std::string>{"number_t n", "const node_t* list", "enum colour colour", "char letter",
                                                "const char* const* words"}));
}

TEST_F(UserAttach, SourceLines) {
    const auto twice = matches_of(point_of("uprobe", path_, "twice"));
    const auto debug_info = machine().debug_info(path_);
    ASSERT_TRUE(debug_info.ok() && twice.ok() && !twice->empty());
    const auto begin = (*debug_info)->line(twice->front().place.address);
    ASSERT_TRUE(begin);
    const auto inside = matches_of("uprobe:" + path_ + "@uprobe_args.c:" + std::to_string(begin->line + 2));
    ASSERT_TRUE(inside.ok() && inside->size() == 1);
    EXPECT_EQ(inside->front().place.function, "twice");
    EXPECT_GT(inside->front().place.address, twice->front().place.address);
    EXPECT_EQ(inside->front().name, "uprobe:" + path_ + ":" + std::to_string(inside->front().place.address));
    const auto none = matches_of("uprobe:" + path_ + "@uprobe_args.c:1");
    ASSERT_FALSE(none.ok()) << "a comment";
    EXPECT_TRUE(none.error().message.starts_with("No matches for uprobe ")) << none.error().message;
    EXPECT_TRUE(none.error().hint.starts_with("uprobe_args.c has code in line ")) << none.error().hint;
}

TEST_F(UserAttach, EntriesReturnsAndOffsets) {
    if (!may_attach()) GTEST_SKIP() << "needs root and the right to load programs";
    EXPECT_EQ(hits(point_of("uprobe", path_, "twice"), path_), 3u);
    EXPECT_EQ(hits(point_of("uretprobe", path_, "twice"), path_), 3u);
    EXPECT_EQ(hits(point_of("uprobe", path_, "hidden"), path_), 1u);
    EXPECT_EQ(hits(point_of("uprobe", path_, "take_*"), path_), 4u);
    // push %rbp is one byte long.
    EXPECT_EQ(hits(point_of("uprobe", path_, "twice+1"), path_), 3u);
}

TEST_F(UserAttach, ManyByOneLink) {
    if (!may_attach()) GTEST_SKIP() << "needs root and the right to load programs";
    const Counter counter(BPF_PROG_TYPE_KPROBE, kUprobeMulti);
    if (!machine().features().has(program::Feature::uprobe_multi)) GTEST_SKIP() << "needs Linux 6.6";
    auto links = attach(point_of("uprobe", path_, "take_*"), counter);
    ASSERT_TRUE(links.ok()) << links.error().message;
    EXPECT_EQ(links->fds.size(), 1u);
    EXPECT_EQ(links->hooks, 4u);
    EXPECT_EQ(test_support::run_target(path_), 0);
    EXPECT_EQ(counter.value(), 4u);
    EXPECT_EQ(hits(point_of("uretprobe", path_, "take_*"), path_, kUprobeMulti), 4u);
    EXPECT_EQ(hits(point_of("usdt", forms_, "forms:gated"), forms_, kUprobeMulti), 3u) << "with its semaphore";
}

TEST_F(UserAttach, OffsetsAreCheckedUnlessUnsafe) {
    if (!may_attach()) GTEST_SKIP() << "needs root and the right to load programs";
    const Counter counter(BPF_PROG_TYPE_KPROBE);
    const auto refusal = [&](std::string_view rest) {
        auto links = attach(point_of("uprobe", path_, rest), counter);
        return links.ok() ? std::string("attached") : links.error().message;
    };
    EXPECT_TRUE(refusal("twice+4000").starts_with("Offset outside the function bounds ('twice' size is "))
        << refusal("twice+4000");
    EXPECT_EQ(refusal("twice+2"), "Could not add uprobe into middle of instruction: " + path_ + ":twice+2");
    EXPECT_EQ(refusal("0x9"), "Could not resolve address: " + path_ + ":0x9");
    EXPECT_TRUE(attach(point_of("uprobe", path_, "twice+2"), counter, true).ok()) << "attached, and nothing runs it";
}

TEST_F(UserAttach, OneProcessOnly) {
    if (!may_attach()) GTEST_SKIP() << "needs root and the right to load programs";
    const Counter perf(BPF_PROG_TYPE_KPROBE), multi(BPF_PROG_TYPE_KPROBE, kUprobeMulti);
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        char byte = 0;
        ::close(gate[1]);
        if (::read(gate[0], &byte, 1) != 1) ::_exit(126);
        ::execl(path_.c_str(), path_.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(gate[0]);
    auto by_event = attach(point_of("uprobe", path_, "twice"), perf, false, child);
    auto by_link = attach(point_of("uprobe", path_, "twice"), multi, false, child);
    ASSERT_TRUE(by_event.ok()) << by_event.error().message;
    EXPECT_EQ(test_support::run_target(path_), 0) << "another process of the same program";
    EXPECT_EQ(perf.value(), 0u);
    EXPECT_EQ(::write(gate[1], "x", 1), 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(perf.value(), 3u) << "the program it became";
    if (by_link.ok()) {
        EXPECT_EQ(multi.value(), 3u);
    }
    ::close(gate[1]);

    auto gone = attach(point_of("uprobe", path_, "twice"), perf, false, child);
    ASSERT_FALSE(gone.ok());
    EXPECT_EQ(gone.error().errnum, ESRCH);
    EXPECT_EQ(gone.error().hint, "the process has ended");
}

TEST_F(UserAttach, StaticProbesAndTheirSemaphores) {
    if (!may_attach()) GTEST_SKIP() << "needs root and the right to load programs";
    EXPECT_EQ(hits(point_of("usdt", forms_, "forms:memory"), forms_), 1u);
    EXPECT_EQ(hits(point_of("usdt", forms_, "twice"), forms_), 3u) << "all places of one name";
    EXPECT_EQ(hits(point_of("usdt", forms_, "gated"), forms_), 3u) << "fires only while its semaphore is up";
    EXPECT_EQ(hits(point_of("usdt", forms_, "*:*s"), forms_), 5u);
}

TEST_F(UserAttach, ArgumentsOfStaticProbes) {
    const auto text_of = [&](std::string_view name) {
        std::string text;
        const auto matches = matches_of(point_of("usdt", forms_, name));
        if (!matches.ok() || matches->empty()) return text;
        const auto list = probes::find("usdt")->arguments(machine(), matches->front().place);
        if (!list.ok()) return list.error().message;
        for (const program::Argument& argument : list->arguments)
            text += argument.name + ":" + argument.type.spelling + " ";
        return text;
    };
    EXPECT_EQ(text_of("forms:registers"),
              "arg0:uint64 arg1:int64 arg2:uint32 arg3:int32 arg4:uint16 arg5:int8 arg6:uint8 arg7:uint64 ");
    EXPECT_EQ(text_of("forms:symbols"), "arg0:int32 arg1:int32 arg2:uint64 arg3:int32 ");
    EXPECT_EQ(text_of("forms:floats"), "arg1:int32 ") << "no program sees a vector register";
    EXPECT_EQ(text_of("other:registers"), "");
}

}  // namespace
