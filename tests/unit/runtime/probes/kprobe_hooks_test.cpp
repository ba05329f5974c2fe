// Which functions of a multi-link are named, and which must be given by address.
#include "runtime/probes/kprobe_hooks.h"

#include <gtest/gtest.h>

#include "tests/support/fake_kernel.h"

namespace {

program::Place place(std::string module, std::string function) {
    program::Place result;
    result.module = std::move(module);
    result.function = std::move(function);
    return result;
}

std::string text(std::span<const probes::kprobe::Hook> hooks) {
    std::string result;
    for (const auto& hook : hooks) {
        result += (result.empty() ? "" : " ") + hook.place->module + ":" + hook.place->function;
        if (hook.address != 0) result += "@" + std::to_string(hook.address & 0xfff'ffff);
    }
    return result;
}

TEST(KprobeHooks, NamesOfSeveralFunctionsBecomeTheirAddresses) {
    test_support::FakeKernel kernel;
    kernel.functions = {{"load_binary", "vmlinux"},
                        {"load_binary", "vmlinux"},
                        {"start", "ext4"},
                        {"start", "xfs"},
                        {"vfs_read", "vmlinux"}};
    kernel.kernel_symbols = {{0xffffffff80000010, {"load_binary", ""}},
                             {0xffffffff80000020, {"vfs_read", ""}},
                             {0xffffffff80000030, {"load_binary", ""}},
                             {0xffffffff80000040, {"start", "ext4"}},
                             {0xffffffff80000050, {"start", "xfs"}}};
    const std::vector<program::Place> places{place("vmlinux", "load_binary"), place("ext4", "start"),
                                             place("vmlinux", "vfs_read")};
    const auto hooks = probes::kprobe::name_hooks(kernel, places);
    EXPECT_EQ(text(hooks.by_name), "vmlinux:vfs_read");
    EXPECT_EQ(text(hooks.by_address), "vmlinux:load_binary@16 vmlinux:load_binary@48 ext4:start@64");
}

TEST(KprobeHooks, HiddenAddressesLeaveTheName) {
    test_support::FakeKernel kernel;
    kernel.functions = {{"load_binary", "vmlinux"}, {"load_binary", "vmlinux"}};
    kernel.kernel_symbols.clear();
    const std::vector<program::Place> places{place("vmlinux", "load_binary")};
    const auto hooks = probes::kprobe::name_hooks(kernel, places);
    EXPECT_EQ(text(hooks.by_name), "vmlinux:load_binary");
    EXPECT_EQ(text(hooks.by_address), "");
}

}  // namespace
