// Which system calls' events are seen through the raw ones, and what the programs for them look like. Nothing is
// loaded.
#include "src/codegen/syscalls.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "src/ir/object.h"
#include "tests/unit/src/codegen/tree.h"

namespace codegen_test {
namespace {

using program::ProbeKind;

class Syscalls : public testing::Test {
  protected:
    Syscalls() {
        options_.syscall_number = [](std::string_view name) -> std::optional<std::uint32_t> {
            if (name == "read") return 0;
            if (name == "write") return 1;
            if (name == "getppid") return 110;
            return std::nullopt;
        };
        options_.syscall_access = [this]() -> std::optional<codegen::SyscallAccess> {
            ++asked_;
            return access_;
        };
    }

    typed::Probe& probe(const std::string& event, const std::string& category = "syscalls") {
        typed::Probe& added = tree_.probe(ProbeKind::tracepoint, "tracepoint:" + category + ":" + event);
        added.place.target = category;
        added.place.function = event;
        return added;
    }
    std::vector<bool> raw() {
        const codegen::SyscallPlan plan(tree_.script, options_);
        std::vector<bool> result;
        for (std::size_t i = 0; i < tree_.script.probes.size(); ++i)
            result.push_back(plan.is_raw(i));
        return result;
    }
    program::Program compiled() {
        codegen::Generated generated = codegen::generate(tree_.script, tree_.types, tree_.sources, options_);
        auto functions = ir::emit_functions(*generated.module, {nullptr, nullptr, nullptr});
        EXPECT_TRUE(functions.ok());
        return std::move(generated.program);
    }
    const Expr* argument(typed::Probe& of, std::uint32_t offset) {
        program::Argument made;
        made.name = "fd";
        made.offset = offset;
        made.type.size = 8;
        of.arguments.arguments.push_back(made);
        auto* node = tree_.expr<typed::Argument>(ExprKind::argument, tree_.u64());
        node->argument = &of.arguments.arguments.back();
        return node;
    }

    Tree tree_;
    codegen::Options options_;
    codegen::SyscallAccess access_{
        .arguments = {112, 104, 96, 56, 72, 64}, .number = 120, .compat_offset = 16, .compat_mask = 2};
    unsigned asked_ = 0;
};

TEST_F(Syscalls, RawWhereNobodyCanTell) {
    probe("sys_enter_read");
    probe("sys_exit_write");
    probe("sched_switch", "sched");
    EXPECT_EQ(raw(), (std::vector{true, true, false}));
}

TEST_F(Syscalls, OwnTracepointForUnknownNumbers) {
    probe("sys_enter_brand_new");
    EXPECT_EQ(raw(), std::vector{false});
    EXPECT_EQ(asked_, 0u) << "nothing to look up in the kernel's types";
}

TEST_F(Syscalls, OwnTracepointsWhereTheKernelDoesNotTell) {
    probe("sys_enter_read");
    options_.syscall_access = [] { return std::nullopt; };
    EXPECT_EQ(raw(), std::vector{false});
    options_.syscall_number = nullptr;
    EXPECT_EQ(raw(), std::vector{false});
}

TEST_F(Syscalls, KernelStacksNeedTheTracepoint) {
    probe("sys_enter_read");
    tree_.body({tree_.run(tree_.call("kstack", tree_.types.stack(false, program::StackMode::bpftrace, 3)))});
    EXPECT_EQ(raw(), std::vector{false});
}

TEST_F(Syscalls, ScalarArgumentsDoNot) {
    typed::Probe& read = probe("sys_enter_read");
    read.predicate = argument(read, 16);
    EXPECT_EQ(raw(), std::vector{true});
    read.arguments.arguments[0].is_common = true;
    EXPECT_EQ(raw(), std::vector{false});
    read.arguments.arguments[0].is_common = false;
    read.predicate = tree_.expr<typed::Arguments>(ExprKind::arguments, tree_.u64());
    EXPECT_EQ(raw(), std::vector{false}) << "the record as a whole is the tracepoint's";
}

TEST_F(Syscalls, AllBodiesOfOneEventGoTheSameWay) {
    probe("sys_enter_read");
    probe("sys_enter_write");
    probe("sys_enter_read");
    tree_.body({tree_.run(tree_.call("kstack", tree_.types.stack(false, program::StackMode::bpftrace, 3)))});
    EXPECT_EQ(raw(), (std::vector{false, true, false}));
}

TEST_F(Syscalls, ManyBodiesKeepTheirTracepoints) {
    for (int i = 0; i < 17; ++i)
        probe("sys_enter_read");
    probe("sys_exit_read");
    std::vector<bool> expected(18, false);
    expected[17] = true;
    EXPECT_EQ(raw(), expected);
}

TEST_F(Syscalls, OneProgramForASharedBody) {
    for (const char* event :
         {"sys_enter_read", "sys_enter_write", "sys_exit_read", "sys_enter_getppid", "sys_enter_read"})
        probe(event).shared_body = 0;
    const program::Program program = compiled();
    // Entry, return, and entry of read once more.
    ASSERT_EQ(program.functions.size(), 3u);
    for (const program::Function& function : program.functions)
        EXPECT_EQ(function.type, BPF_PROG_TYPE_RAW_TRACEPOINT);
    ASSERT_EQ(program.attachments.size(), 3u);
    EXPECT_EQ(program.attachments[0].places.size(), 3u);
    EXPECT_EQ(program.attachments[1].places.size(), 1u);
    EXPECT_EQ(program.attachments[2].places.size(), 1u);
    // Each probe has its own counters, and the table says which is which.
    const program::MapSpec* table = nullptr;
    for (const program::MapSpec& map : program.maps)
        if (map.role == program::MapRole::dispatch) table = &map;
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(table->max_entries, 111u);
    const auto entry = [&](std::size_t number) {
        return std::to_integer<unsigned>(table->initial[number * table->value_size]);
    };
    EXPECT_EQ(entry(0), 1u);
    EXPECT_EQ(entry(1), 2u);
    EXPECT_EQ(entry(2), 0u);
    EXPECT_EQ(entry(110), 4u);
    for (std::uint32_t i = 0; i < 5; ++i)
        EXPECT_EQ(program.probes[i].ledger_slot, i);
}

TEST_F(Syscalls, TableHoldsTheNamesWhereTheBodyAsks) {
    const typed::MapIndex map = tree_.map("@", tree_.text(32), tree_.i64());
    for (const char* event : {"sys_enter_read", "sys_enter_getppid"}) {
        typed::Probe& added = probe(event);
        added.shared_body = 0;
        added.is_told_name = true;
    }
    tree_.script.probes[0]->body.statements = {tree_.set(map, tree_.call("probe", tree_.text(32)), tree_.number(1))};
    tree_.script.probes[1]->body = tree_.script.probes[0]->body;
    const program::Program program = compiled();
    ASSERT_EQ(program.functions.size(), 1u);
    const auto table = std::ranges::find(program.maps, program::MapRole::dispatch, &program::MapSpec::role);
    ASSERT_NE(table, program.maps.end());
    EXPECT_STREQ(reinterpret_cast<const char*>(&table->initial[110 * table->value_size + 8]),
                 "tracepoint:syscalls:sys_enter_getppid");
}

TEST_F(Syscalls, CookiesTellProbesOfOtherKinds) {
    const typed::MapIndex map = tree_.map("@", tree_.text(32), tree_.i64());
    for (const char* name : {"kprobe:vfs_read", "kprobe:vfs_readv", "kprobe:vfs_write"}) {
        typed::Probe& added = tree_.probe(ProbeKind::kprobe, name);
        added.place.function = added.name.substr(7);
        added.shared_body = 0;
        added.is_told_name = true;
    }
    for (const auto& made : tree_.script.probes)
        made->body.statements = {tree_.set(map, tree_.call("probe", tree_.text(32)), tree_.number(1))};
    for (const bool has_multi : {true, false}) {
        program::FeatureSet features;
        if (has_multi) features.add(program::Feature::kprobe_multi);
        options_.features = features;
        const program::Program program = compiled();
        ASSERT_EQ(program.functions.size(), 1u);
        ASSERT_EQ(program.attachments.size(), has_multi ? 1u : 3u);
        std::vector<program::Place> places;
        for (const program::AttachSpec& attach : program.attachments)
            places.insert(places.end(), attach.places.begin(), attach.places.end());
        const auto table = std::ranges::find(program.maps, program::MapRole::dispatch, &program::MapSpec::role);
        ASSERT_NE(table, program.maps.end());
        EXPECT_EQ(table->max_entries, 3u);
        for (std::size_t i = 0; i < places.size(); ++i) {
            const std::byte* entry = &table->initial[places[i].cookie * table->value_size];
            EXPECT_EQ(std::to_integer<unsigned>(*entry), i + 1);
            EXPECT_EQ(reinterpret_cast<const char*>(entry + 8), "kprobe:" + places[i].function);
            EXPECT_EQ(program.probes[i].ledger_slot, i);
        }
    }
}

TEST_F(Syscalls, CookiesWhereOtherEventsShareTheBody) {
    for (const char* event : {"sys_enter_read", "sys_enter_write", "sched_switch"}) {
        typed::Probe& added = probe(event, event[1] == 'y' ? "syscalls" : "sched");
        added.shared_body = 0;
        added.is_told_name = true;
    }
    options_.syscall_access = [] { return std::nullopt; };
    const program::Program program = compiled();
    ASSERT_EQ(program.functions.size(), 1u);
    ASSERT_EQ(program.attachments.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(program.attachments[i].places.front().cookie, i);
}

}  // namespace
}  // namespace codegen_test
