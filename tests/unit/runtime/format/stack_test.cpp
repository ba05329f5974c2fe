#include "runtime/format/stack.h"

#include "tests/unit/runtime/format/fixture.h"

namespace {

using format::Style;
using format_test::Blob;
using program::LayoutId;
using program::LayoutKind;
using program::StackMode;

class Stack : public format_test::FormatTest {
  protected:
    Stack() {
        stacks[7] = {0xffffffff81100010, 0xffffffff81100404, 5};
        stacks[8] = {0x400010, 0x900000, 0};
        kernel.user_symbols[{42, 0x400000}] = {"main", "/bin/gear"};
    }

    LayoutId stack(LayoutKind kind, StackMode mode = StackMode::bpftrace, std::uint32_t limit = 127) {
        program::Layout layout;
        layout.kind = kind;
        layout.size = 16;
        layout.stack_mode = mode;
        layout.stack_limit = limit;
        layout.stacks = program::MapId(0);
        return add(layout);
    }
};

TEST_F(Stack, KernelFrames) {
    const Blob bytes = Blob().u64(7).u32(3).u32(0);
    const std::string frames = "\n        vfs_read+16\n        vfs_write+4\n        0x5\n";
    EXPECT_EQ(show(stack(LayoutKind::kstack), bytes), frames);
    EXPECT_EQ(json(stack(LayoutKind::kstack), bytes),
              "\"\\n        vfs_read+16\\n        vfs_write+4\\n        0x5\\n\"");
    EXPECT_EQ(show(stack(LayoutKind::kstack), bytes, Style::key), frames);
    EXPECT_EQ(show(stack(LayoutKind::kstack), bytes, Style::json_key), "\nvfs_read+16\nvfs_write+4\n0x5\n");
    EXPECT_EQ(show(stack(LayoutKind::kstack, StackMode::bpftrace, 2), bytes),
              "\n        vfs_read+16\n        vfs_write+4\n");
}

TEST_F(Stack, UserFrames) {
    EXPECT_EQ(show(stack(LayoutKind::ustack), Blob().u64(8).u32(3).u32(42)),
              "\n        main+16\n        main+5242880\n        0\n");
    EXPECT_EQ(show(stack(LayoutKind::ustack), Blob().u64(8).u32(1).u32(41)), "\n        0x400010\n");
}

TEST_F(Stack, PerfMode) {
    EXPECT_EQ(show(stack(LayoutKind::kstack, StackMode::perf), Blob().u64(7).u32(1).u32(0)),
              "\n\tffffffff81100010 vfs_read+16\n");
    EXPECT_EQ(show(stack(LayoutKind::ustack, StackMode::perf), Blob().u64(8).u32(1).u32(42)),
              "\n\t400010 main+16 (/bin/gear)\n");
    EXPECT_EQ(show(stack(LayoutKind::ustack, StackMode::perf), Blob().u64(8).u32(1).u32(41)),
              "\n\t400010 0x400010 ([unknown])\n");
}

TEST_F(Stack, RawAndBuildIdModes) {
    EXPECT_EQ(show(stack(LayoutKind::kstack, StackMode::raw), Blob().u64(7).u32(2).u32(0)),
              "\nffffffff81100010\nffffffff81100404\n");
    // No build id is known: the bare address.
    EXPECT_EQ(show(stack(LayoutKind::ustack, StackMode::build_id), Blob().u64(8).u32(1).u32(42)), "\n400010\n");
    const auto id = [](std::size_t size) { return std::vector<std::byte>(size, std::byte{0xa5}); };
    kernel.file_places[{42, 0x400010}] = {id(20), 0x1010};
    kernel.file_places[{42, 0x900000}] = {id(8), 0x2000};
    EXPECT_EQ(show(stack(LayoutKind::ustack, StackMode::build_id), Blob().u64(8).u32(2).u32(42)),
              "\na5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5 0x1010\na5a5a5a5a5a5a5a5000000000000000000000000 0x2000\n")
        << "a short one gets zeros behind";
    kernel.file_places[{42, 0x400010}] = {id(32), 0x1010};
    EXPECT_EQ(show(stack(LayoutKind::ustack, StackMode::build_id), Blob().u64(8).u32(1).u32(42)), "\n400010\n");
}

TEST_F(Stack, EmptyOrUnknownStackIsOneNewline) {
    EXPECT_EQ(show(stack(LayoutKind::kstack), Blob().u64(7).u32(0).u32(0)), "\n");
    EXPECT_EQ(show(stack(LayoutKind::kstack), Blob().u64(1234).u32(5).u32(0)), "\n");
}

TEST_F(Stack, InsideAKey) {
    const LayoutId key = group({stack(LayoutKind::kstack), integer(1)});
    const Blob bytes = Blob().u64(7).u32(2).u32(0).u8(1);
    EXPECT_EQ(show(key, bytes, Style::key), "\n        vfs_read+16\n        vfs_write+4\n, 1");
    EXPECT_EQ(show(key, bytes, Style::json_key), "\nvfs_read+16\nvfs_write+4\n,1");
}

}  // namespace
