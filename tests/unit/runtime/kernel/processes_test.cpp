#include "runtime/kernel/processes.h"

#include <gtest/gtest.h>

#include "runtime/kernel/cgroups.h"
#include "runtime/kernel/files.h"

namespace {

TEST(Processes, ExecutableMappingsOnly) {
    const auto maps = kernel::parse_maps(
        "55d0-55d1 r--p 00000000 fe:00 10                         /usr/bin/cat\n"
        "55d1000-55d5000 r-xp 00002000 fe:00 10                   /usr/bin/cat\n"
        "7f00000-7f01000 r-xp 00000000 00:00 0 \n"
        "7f02000-7f03000 r-xp 00001000 fe:00 11                   /tmp/a b (deleted)\n"
        "7ffd000-7ffe000 r-xp 00000000 00:00 0                    [vdso]\n"
        "broken\n"
        "zz-yy r-xp 0 0 0 x\n");
    ASSERT_EQ(maps.size(), 4u);
    EXPECT_EQ(maps[0].begin, 0x55d1000u);
    EXPECT_EQ(maps[0].file_offset, 0x2000u);
    EXPECT_EQ(maps[0].path, "/usr/bin/cat");
    EXPECT_TRUE(maps[0].is_file());
    EXPECT_EQ(maps[0].inode, 10u);
    EXPECT_EQ(maps[1].path, "");
    EXPECT_FALSE(maps[1].is_file());
    EXPECT_EQ(maps[2].path, "/tmp/a b");
    EXPECT_EQ(maps[3].path, "[vdso]");
    EXPECT_FALSE(maps[3].is_file());
}

TEST(Cgroups, HierarchiesOutOfTheMounts) {
    using Mounts = std::vector<kernel::CgroupHierarchy>;
    EXPECT_EQ(kernel::parse_cgroup_mounts("proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n"),
              (Mounts{{"unified", "/sys/fs/cgroup"}}));
    EXPECT_EQ(kernel::parse_cgroup_mounts("cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n"
                                          "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
                                          "cgroup2 /mnt/again cgroup2 rw 0 0\n"),
              (Mounts{{"cpu", "/sys/fs/cgroup/cpu"}, {"unified", "/sys/fs/cgroup/unified"}}));
    EXPECT_EQ(kernel::parse_cgroup_mounts(""), Mounts{});
}

TEST(Files, ListsOfCpus) {
    EXPECT_EQ(kernel::parse_cpu_list("0-3,5\n"), (std::vector<int>{0, 1, 2, 3, 5}));
    EXPECT_EQ(kernel::parse_cpu_list("0\n"), std::vector<int>{0});
    EXPECT_EQ(kernel::parse_cpu_list(""), std::vector<int>{});
    EXPECT_EQ(kernel::parse_cpu_list("0-99999999999,x,-,3"), std::vector<int>{3});
}

}  // namespace
