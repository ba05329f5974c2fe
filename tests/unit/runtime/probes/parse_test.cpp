// Attach points as text → canonical name, or the error as users know it.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "runtime/base/nearest.h"
#include "runtime/probes/listing.h"
#include "runtime/probes/provider.h"
#include "tests/support/fake_kernel.h"

namespace {

using program::ProbeKind;
using program::SamplingUnit;

test_support::FakeKernel fake() {
    test_support::FakeKernel kernel;
    kernel.files["/proc/modules"] = "ext4 1024 1 - Live 0x0\n";
    return kernel;
}

// What compiling would do with the text: every name it stands for, or "error: ...".
std::string resolved(std::string_view text) {
    static const test_support::FakeKernel kernel = fake();
    std::vector<std::string> parts = probes::split_attach_point(text);
    const probes::Provider* row = probes::find(parts[0]);
    if (row == nullptr) return "unknown";
    parts.erase(parts.begin());
    const auto target = row->parse(parts);
    if (!target.ok()) return "error: " + target.error().message;
    const auto matches = row->list(kernel, target.value());
    if (!matches.ok()) return "refused: " + matches.error().message;
    std::string names;
    for (const probes::Match& match : *matches)
        names += (names.empty() ? "" : " ") + match.name;
    return names.empty() ? "no matches for " + probes::target_text(target.value()) : names;
}

struct Row {
    std::string_view text, expected;
};

void check(std::span<const Row> rows) {
    for (const Row& row : rows)
        EXPECT_EQ(resolved(row.text), row.expected) << row.text;
}

TEST(ParseTarget, BeginAndEnd) {
    const Row rows[] = {
        {"begin", "begin"},
        {"BEGIN", "begin"},
        {"end", "end"},
        {"End", "end"},
        {"begin:extra", "error: begin probe type requires 0 arguments, found 1"},
        {"END:a:b", "error: end probe type requires 0 arguments, found 2"},
        {"self:signal:SIGUSR1", "self:signal:SIGUSR1"},
        {"self:signal:SIGHUP", "error: SIGHUP is not a supported signal"},
        {"self", "error: self probe type requires 2 arguments, found 0"},
        {"test:one", "test:one"},
        {"test", "error: test probe type requires 1 argument, found 0"},
        {"bench:two", "bench:two"},
    };
    check(rows);
}

TEST(ParseTarget, Tracepoint) {
    const Row rows[] = {
        {"tracepoint:sched:sched_switch", "tracepoint:sched:sched_switch"},
        {"t:sched:sched_switch", "tracepoint:sched:sched_switch"},
        {"T:sched:sched_switch", "tracepoint:sched:sched_switch"},
        {"TracePoint:sched:sched_switch", "tracepoint:sched:sched_switch"},
        {"tracepoint:\"sched\":sched_switch", "tracepoint:sched:sched_switch"},
        {"tracepoint:raw_syscalls:*", "tracepoint:raw_syscalls:sys_enter tracepoint:raw_syscalls:sys_exit"},
        {"tracepoint:raw_*:sys_e*t", "tracepoint:raw_syscalls:sys_exit"},
        {"tracepoint:*:sys_exit_exec*", "tracepoint:syscalls:sys_exit_execve"},
        {"tracepoint:*sched_sw*", "tracepoint:sched:sched_switch"},
        {"tracepoint:raw_syscalls:sys_[e]nter", "tracepoint:raw_syscalls:sys_enter"},
        {"tracepoint:sched:no*", "no matches for sched:no*"},
        {"tracepoint:zed:nothing", "no matches for zed:nothing"},
        {"tracepoint", "error: tracepoint probe type requires 2 arguments, found 0"},
        {"tracepoint:onlyone", "error: tracepoint probe type requires 2 arguments, found 1"},
        {"tracepoint:a:b:c", "error: tracepoint probe type requires 2 arguments, found 3"},
        {"tracepoint::", "no matches for :"},
    };
    check(rows);
}

TEST(ParseTarget, Timers) {
    const Row rows[] = {
        {"interval:s:1", "interval:s:1"},
        {"interval:ms:15", "interval:ms:15"},
        {"i:us:5000", "interval:us:5000"},
        {"interval:hz:40", "interval:hz:40"},
        {"interval:ms:0x10", "interval:ms:16"},
        {"interval:hz:1e3", "interval:hz:1000"},
        {"interval:1s", "interval:us:1000000"},
        {"interval:30ms", "interval:us:30000"},
        {"interval:40000", "interval:us:40"},
        {"interval:1000", "interval:us:1"},
        {"interval:2m", "interval:us:120000000"},
        {"profile:hz:99", "profile:hz:99"},
        {"p:1s", "profile:us:1000000"},
        {"interval", "error: interval probe type requires 1 or 2 arguments, found 0"},
        {"interval:ms:10:3", "error: interval probe type requires 1 or 2 arguments, found 3"},
        {"profile:ms:1:2:3", "error: profile probe type requires 1 or 2 arguments, found 4"},
        {"interval:fortnight:3", "error: fortnight is not an accepted unit of time"},
        {"interval:m:3", "error: m is not an accepted unit of time"},
        {"profile:ns:3", "error: ns is not an accepted unit of time"},
        {"interval:ms:zero", "error: Invalid rate of interval probe: invalid integer: zero"},
        {"interval:ms:", "error: Invalid rate of interval probe: invalid integer: "},
        {"interval:ms:10x", "error: Invalid rate of interval probe: invalid integer: 10x"},
        {"profile:often", "error: Invalid rate of profile probe: invalid integer: often"},
        {"interval:200", "error: Invalid rate of interval probe. Minimum is 1000 or 1us. Found: 200 nanoseconds"},
        {"interval:999ns", "error: Invalid rate of interval probe. Minimum is 1000 or 1us. Found: 999 nanoseconds"},
        {"interval:us:0", "error: interval frequency should be a positive integer"},
        {"profile:hz:-4", "error: profile frequency should be a positive integer"},
        {"interval:s:99999999999999", "error: Invalid rate of interval probe. 99999999999999s is too long"},
    };
    check(rows);
}

TEST(ParseTarget, TimersSample) {
    const auto sampling = [](std::string_view text) {
        auto parts = probes::split_attach_point(text);
        const auto* row = probes::find(parts[0]);
        parts.erase(parts.begin());
        return row->parse(parts).value().sampling;
    };
    EXPECT_EQ(sampling("interval:ms:15").unit, SamplingUnit::nanoseconds);
    EXPECT_EQ(sampling("interval:ms:15").amount, 15'000'000u);
    EXPECT_EQ(sampling("interval:1500").amount, 1500u) << "the name rounds, the clock does not";
    EXPECT_EQ(sampling("profile:hz:99").unit, SamplingUnit::hertz);
    EXPECT_EQ(sampling("profile:hz:99").amount, 99u);
    EXPECT_EQ(sampling("software:faults").amount, 100u);
    EXPECT_EQ(sampling("software:cs:7").unit, SamplingUnit::events);
    EXPECT_EQ(sampling("software:cs:7").amount, 7u);
    EXPECT_EQ(sampling("hardware:cycles").type, 0u);
    EXPECT_EQ(sampling("software:cpu").type, 1u);
}

TEST(ParseTarget, SoftwareAndHardware) {
    const Row rows[] = {
        {"software:page-faults:200", "software:page-faults:200"},
        {"s:faults", "software:faults:100"},
        {"software:dummy:", "software:dummy:1"},
        {"software:cpu:*", "software:cpu:1000000"},
        {"hardware:cache-misses:1000", "hardware:cache-misses:1000"},
        {"h:branches", "hardware:branches:100000"},
        {"software", "error: software probe type requires 1 or 2 arguments, found 0"},
        {"software:no_such_event_q:1", "error: no_such_event_q is not a software probe"},
        {"hardware:faults:1", "error: faults is not a hardware probe"},
        {"software::1", "error:  is not a software probe"},
        {"software:*:1", "error: wildcards are not allowed for software probe type"},
        {"hardware:*", "error: wildcards are not allowed for hardware probe type"},
        {"software:faults:x", "error: Invalid count for software probe: invalid integer: x"},
        {"software:faults:0", "error: software count should be a positive integer"},
    };
    check(rows);
}

TEST(ParseTarget, Kprobe) {
    const Row rows[] = {
        {"kprobe:vfs_read", "kprobe:vfs_read"},
        {"k:vfs_read", "kprobe:vfs_read"},
        {"kprobe:vmlinux:vfs_read", "kprobe:vmlinux:vfs_read"},
        {"kprobe:vfs_*", "kprobe:vfs_read kprobe:vfs_write"},
        {"kprobe:*:ext4*", "kprobe:ext4:ext4_sync_file"},
        {"kprobe:ext4:ext4_sync_file", "kprobe:ext4:ext4_sync_file"},
        {"kprobe:vfs_read+0x10", "kprobe:vfs_read+16"},
        {"kretprobe:vfs_read", "kretprobe:vfs_read"},
        {"kr:vfs_r*", "kretprobe:vfs_read"},
        {"kprobe:0xffffffff81100000", "kprobe:18446744071579893760"},
        {"kprobe:nosuch", "no matches for nosuch"},
        {"kprobe:ext4:vfs_read", "no matches for ext4:vfs_read"},
        {"kprobe:vmlinux:ext4_sync_file", "no matches for vmlinux:ext4_sync_file"},
        {"kprobe", "error: kprobe probe type requires 1 or 2 arguments, found 0"},
        {"kretprobe:a:b:c", "error: kretprobe probe type requires 1 or 2 arguments, found 3"},
        {"kprobe:vfs_read+zz", "error: Invalid offset: invalid integer: zz"},
        {"kretprobe:vfs_read+4", "error: Offset not allowed"},
        {"kprobe:nomod:f", "refused: specified module nomod in probe kprobe:nomod:f is not loaded."},
    };
    check(rows);
}

TEST(ParseTarget, KprobeWildcardsLeaveOutWhatTheKernelRefuses) {
    test_support::FakeKernel kernel = fake();
    kernel.functions = {{"do_int3", "vmlinux"},       {"do_nanosleep", "vmlinux"}, {"do_part.part.0", "vmlinux"},
                        {"do_twice", "ext4"},         {"do_twice", "vmlinux"},     {"do_twice", "vmlinux"},
                        {"do_what.isra.0", "vmlinux"}};
    kernel.files["/sys/kernel/debug/kprobes/blacklist"] = "0xffffffff81001000-0xffffffff81001010\tdo_int3\n";
    const auto names = [&](std::string_view text) {
        auto parts = probes::split_attach_point(text);
        const probes::Provider& row = *probes::find(parts[0]);
        parts.erase(parts.begin());
        const auto matches = row.list(kernel, row.parse(parts).value());
        std::string result;
        for (const probes::Match& match : *matches)
            result += match.name + " of " + match.place.module + "; ";
        return result;
    };
    EXPECT_EQ(
        names("kprobe:do_*"),
        "kprobe:do_nanosleep of vmlinux; kprobe:do_twice of ext4; kprobe:do_twice of vmlinux; kprobe:do_what.isra.0 of "
        "vmlinux; ");
    EXPECT_EQ(names("kprobe:*:do_tw*"), "kprobe:ext4:do_twice of ext4; kprobe:vmlinux:do_twice of vmlinux; ");
    EXPECT_EQ(names("kprobe:do_int3"), "kprobe:do_int3 of vmlinux; ") << "the kernel says what it thinks of it";
}

TEST(ParseTarget, OthersByTheirWords) {
    const Row rows[] = {
        {"fentry", "error: fentry probe type requires 1 or 2 arguments, found 0"},
        {"kfunc:", "error: fentry/fexit should specify a function"},
        {"rawtracepoint:a:b:c", "error: rawtracepoint probe type requires 1 or 2 arguments, found 3"},
        {"rt:sched_switch", "rawtracepoint:sched_switch"},
        {"rawtracepoint:vmlinux:sched_sw*", "rawtracepoint:vmlinux:sched_switch"},
        {"rawtracepoint:sys_enter_openat", "no matches for sys_enter_openat"},
        {"iter:*", "error: iter probe type does not support wildcards"},
        {"iter:nosuch", "refused: iter nosuch not available for your kernel version."},
        {"watchpoint:0x10000000:8:w", "watchpoint:268435456:8:w"},
        {"w:4096:4:wr", "watchpoint:4096:4:rw"},
        {"aw:4096:1:x", "watchpoint:4096:1:x"},
        {"watchpoint:0x0:8:w", "error: watchpoint must be attached to a non-zero address"},
        {"watchpoint:1:3:w", "error: watchpoint length must be one of (1,2,4,8)"},
        {"watchpoint:1:8:q", "error: watchpoint mode must be combination of (r,w,x)"},
        {"watchpoint:1:8:ww", "error: watchpoint modes may not be duplicated"},
        {"watchpoint:1:8:r", "error: invalid watchpoint mode: r"},
        {"uprobe", "error: uprobe probe type requires 2 or 3 arguments, found 0"},
        {"uprobe:/usr/bin/true", "error: uprobe probe type requires 2 or 3 arguments, found 1"},
        {"uprobe:/no/such/bin:f", "refused: uprobe target file '/no/such/bin' does not exist or is not executable"},
        {"uprobe:/bin/sh:f+zz", "error: Invalid offset: invalid integer: zz"},
        {"uretprobe:/bin/sh:f+1", "error: Offset not allowed"},
        {"usdt:/usr/bin/true", "error: usdt probe type requires 2 or 3 arguments, found 1"},
        {"usdt:/no/such/bin:a:b", "refused: usdt target file '/no/such/bin' does not exist or is not executable"},
    };
    check(rows);
}

TEST(ParseTarget, QuotesProtectSpecialCharacters) {
    using Parts = std::vector<std::string>;
    EXPECT_EQ(probes::split_attach_point("uprobe:\"/a:b\":f"), (Parts{"uprobe", "/a:b", "f"}));
    EXPECT_EQ(probes::split_attach_point("uprobe:./x:cpp:\"ns::fn(int, char)\""),
              (Parts{"uprobe", "./x", "cpp", "ns::fn(int, char)"}));
    EXPECT_EQ(probes::split_attach_point(R"(u:"a\"b":c)"), (Parts{"u", "a\"b", "c"}));
    EXPECT_EQ(probes::split_attach_point("begin"), Parts{"begin"});
    EXPECT_EQ(probes::split_attach_point(""), Parts{""});
    EXPECT_EQ(probes::split_attach_point("a:"), (Parts{"a", ""}));
}

TEST(ProviderTable, NamesAndAliasesFindTheirRow) {
    std::set<std::string_view> words;
    for (const probes::Provider& row : probes::all()) {
        EXPECT_EQ(&probes::row(row.kind), &row);
        EXPECT_EQ(probes::find(row.name), &row);
        EXPECT_TRUE(words.insert(row.name).second);
        for (std::string_view alias : row.aliases) {
            if (alias.empty()) continue;
            EXPECT_EQ(probes::find(alias), &row) << alias;
            EXPECT_TRUE(words.insert(alias).second) << alias;
        }
    }
    EXPECT_EQ(probes::find("u")->kind, ProbeKind::uprobe);
    EXPECT_EQ(probes::find("U")->kind, ProbeKind::usdt);
    EXPECT_EQ(probes::find("KPROBE")->kind, ProbeKind::kprobe);
    EXPECT_EQ(probes::find(""), nullptr);
    EXPECT_EQ(probes::find("probe"), nullptr);
    EXPECT_EQ(probes::find_all("k*").size(), 2u);
    EXPECT_EQ(probes::find_all("*probe").size(), 4u);
    EXPECT_EQ(probes::find_all("x*").size(), 0u);
    EXPECT_EQ(probes::find_all("t").size(), 1u);
}

// Every way to slip once: a letter too few, doubled, wrong, or two swapped.
std::vector<std::string> misspelt(const std::string& name, std::size_t step) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < name.size(); i += step) {
        std::string word = name;
        word.erase(i, 1);
        result.push_back(word);
        result.push_back(name.substr(0, i) + name[i] + name.substr(i));
        word = name;
        word[i] = name[i] == 'q' ? 'w' : 'q';
        result.push_back(word);
        if (i + 1 < name.size() && name[i] != name[i + 1]) {
            word = name;
            std::swap(word[i], word[i + 1]);
            result.push_back(word);
        }
    }
    return result;
}

TEST(ProviderTable, MisspeltKindsAreFound) {
    std::size_t tried = 0;
    for (const probes::Provider& row : probes::all()) {
        if (row.name.size() < 4) continue;
        for (const std::string& word : misspelt(std::string(row.name), 1)) {
            if (probes::find(word) != nullptr) continue;
            const auto near = probes::nearest_providers(word);
            EXPECT_NE(std::find(near.begin(), near.end(), row.name), near.end()) << word << " for " << row.name;
            tried++;
        }
    }
    EXPECT_GT(tried, 200u);
}

std::vector<std::string> nearest_events(const kernel::KernelView& kernel, const std::string& category,
                                        const std::string& event) {
    probes::Target target;
    target.kind = ProbeKind::tracepoint;
    target.target = category;
    target.function = event;
    return probes::row(ProbeKind::tracepoint).nearest(kernel, target);
}

TEST(NearestEvents, MisspeltEventsAndCategoriesAreFoundFirst) {
    const test_support::FakeKernel kernel;
    std::size_t tried = 0;
    const std::vector<std::string> names = kernel.tracepoints().value();
    for (const std::string& name : names) {
        const std::string category = name.substr(0, name.find(':')), event = name.substr(name.find(':') + 1);
        for (const std::string& word : misspelt(event, 3)) {
            if (std::find(names.begin(), names.end(), category + ":" + word) != names.end()) continue;
            const auto near = nearest_events(kernel, category, word);
            ASSERT_FALSE(near.empty()) << category << ":" << word;
            EXPECT_EQ(near[0], "tracepoint:" + name) << category << ":" << word;
            tried++;
        }
        if (category.size() < 3) continue;
        for (const std::string& word : misspelt(category, 2)) {
            const auto near = nearest_events(kernel, word, event);
            ASSERT_FALSE(near.empty()) << word << ":" << event;
            EXPECT_EQ(near[0], "tracepoint:" + name) << word << ":" << event;
            tried++;
        }
    }
    EXPECT_GT(tried, 300u);
    // Both at once, and a name of its own elsewhere.
    EXPECT_EQ(nearest_events(kernel, "shced", "sched_swich").at(0), "tracepoint:sched:sched_switch");
    EXPECT_EQ(nearest_events(kernel, "syscall", "sys_enter_openat").at(0), "tracepoint:syscalls:sys_enter_openat");
    EXPECT_EQ(nearest_events(kernel, "nonsense", "sys_enter_openat").at(0), "tracepoint:syscalls:sys_enter_openat");
    EXPECT_TRUE(nearest_events(kernel, "zzzz", "qqqq").empty());
}

TEST(NearestFields, MisspeltFieldsAreFoundFirst) {
    const test_support::FakeKernel kernel;
    std::size_t tried = 0, first = 0;
    const auto names = kernel.tracepoints();
    for (const std::string& name : *names) {
        program::Place place;
        place.target = name.substr(0, name.find(':'));
        place.function = name.substr(name.find(':') + 1);
        const auto arguments = probes::row(ProbeKind::tracepoint).arguments(kernel, place);
        ASSERT_TRUE(arguments.ok()) << name;
        std::vector<std::string> fields;
        for (const auto& argument : arguments->arguments)
            if (!argument.is_common) fields.push_back(argument.name);
        for (const std::string& field : fields) {
            if (field.size() < 5) continue;
            for (const std::string& word : misspelt(field, 2)) {
                if (std::find(fields.begin(), fields.end(), word) != fields.end()) continue;
                const auto near = base::nearest(word, fields);
                EXPECT_NE(std::find(near.begin(), near.end(), field), near.end()) << word << " for " << field;
                if (!near.empty() && near[0] == field) first++;
                tried++;
            }
        }
    }
    EXPECT_GT(tried, 300u);
    EXPECT_GT(first * 100, tried * 95) << first << " of " << tried;
}

std::string listed(std::string_view pattern) {
    static const test_support::FakeKernel kernel = fake();
    const auto names = probes::list_pattern(kernel, pattern);
    if (!names.ok()) return "error: " + names.error().message;
    std::string text;
    for (const auto& line : *names)
        text += line.match.name + "\n";
    return text;
}

TEST(Listing, PatternsAsUsersWriteThem) {
    EXPECT_EQ(listed("tracepoint:sched:sched_switch"), "tracepoint:sched:sched_switch\n");
    EXPECT_EQ(listed("t:raw_syscalls:*"), "tracepoint:raw_syscalls:sys_enter\ntracepoint:raw_syscalls:sys_exit\n");
    EXPECT_EQ(listed("tracepoint:zed:*"), "");
    EXPECT_EQ(listed("bogus:*"), "");
    EXPECT_EQ(listed("uprobe:./missing:*"), "");
    EXPECT_EQ(
        listed("software:c*"),
        "software:context-switches:\nsoftware:cpu-clock:\nsoftware:cpu-migrations:\nsoftware:cpu:\nsoftware:cs:\n");
    EXPECT_EQ(listed("hardware:b*"),
              "hardware:backend-stalls:\nhardware:branch-instructions:\nhardware:branch-misses:\n"
              "hardware:branches:\nhardware:bus-cycles:\n");
    EXPECT_EQ(listed("interval:*"), "interval:hz:\ninterval:ms:\ninterval:s:\ninterval:us:\n");
    EXPECT_EQ(listed("profile:*"), "profile:hz:\nprofile:ms:\nprofile:s:\nprofile:us:\n");
    EXPECT_EQ(listed("self:*"), "self:signal:SIGUSR1\n");
    EXPECT_EQ(listed("*nanosleep*"), "kprobe:do_nanosleep\n");
    EXPECT_EQ(listed("kretprobe:vfs_*"), "kretprobe:vfs_read\nkretprobe:vfs_write\n");
    EXPECT_EQ(listed("kprobe:vmlinux:vfs_r*"), "kprobe:vmlinux:vfs_read\n");
    EXPECT_EQ(listed("tracepoint:task:task_rename,tracepoint:raw_syscalls:sys_exit"),
              "tracepoint:task:task_rename\ntracepoint:raw_syscalls:sys_exit\n");
    EXPECT_EQ(listed("rawtracepoint:*:task_r*"), "rawtracepoint:vmlinux:task_rename\n");
    EXPECT_EQ(listed("tracepoint:*task_re*"), "tracepoint:task:task_rename\n");
}

TEST(Listing, EverythingIsInTheOrderOfKinds) {
    const std::string all = listed("");
    EXPECT_EQ(all, listed("*"));
    EXPECT_EQ(all, listed("*:*"));
    const auto hardware = all.find("hardware:"), kprobe = all.find("kprobe:"), raw = all.find("rawtracepoint:"),
               software = all.find("software:"), tracepoint = all.find("\ntracepoint:");
    EXPECT_LT(hardware, kprobe);
    EXPECT_LT(kprobe, raw);
    EXPECT_LT(raw, software);
    EXPECT_LT(software, tracepoint);
    EXPECT_EQ(all.find("kretprobe:"), std::string::npos);
}

TEST(Listing, ListsAndAttachPointsAgree) {
    // Whatever a listing names can be written into a script and comes back under the same name.
    const test_support::FakeKernel kernel = fake();
    const auto everything = probes::list_pattern(kernel, "*");
    for (const auto& line : *everything) {
        if (line.kind != ProbeKind::tracepoint && line.kind != ProbeKind::kprobe &&
            line.kind != ProbeKind::rawtracepoint)
            continue;
        EXPECT_EQ(resolved(line.match.name), line.match.name);
    }
    EXPECT_EQ(probes::listing_name(ProbeKind::interval, "interval:ms:9"), "interval:ms:");
    EXPECT_EQ(probes::listing_name(ProbeKind::software, "software:faults:7"), "software:faults:");
    EXPECT_EQ(probes::listing_name(ProbeKind::tracepoint, "tracepoint:a:b"), "tracepoint:a:b");
}

TEST(Listing, ArgumentLinesAreTheKernels) {
    const test_support::FakeKernel kernel;
    const auto lines = [&](const std::string& category, const std::string& event) {
        program::Place place;
        place.target = category;
        place.function = event;
        std::string text;
        const auto described = probes::row(ProbeKind::tracepoint).describe(kernel, place);
        for (const std::string& line : *described)
            text += line + "\n";
        return text;
    };
    EXPECT_EQ(lines("sched", "sched_switch"),
              "char prev_comm[16]\npid_t prev_pid\nint prev_prio\nlong prev_state\nchar next_comm[16]\npid_t "
              "next_pid\nint next_prio\n");
    EXPECT_EQ(lines("sched", "sched_process_exec"), "__data_loc char[] filename\npid_t pid\npid_t old_pid\n");
    EXPECT_EQ(lines("raw_syscalls", "sys_enter"), "long id\nunsigned long args[6]\n");
}

}  // namespace
