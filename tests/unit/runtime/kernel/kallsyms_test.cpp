#include "runtime/kernel/kallsyms.h"

#include <gtest/gtest.h>

namespace {

constexpr char kText[] =
    "0000000000000000 A fixed_percpu_data\n"
    "0000000000001000 A cpu_debug_store\n"
    "ffffffff81000000 T _stext\n"
    "ffffffff81000000 t local_twin\n"
    "ffffffff81000100 t helper\n"
    "ffffffff81000200 T vfs_read\n"
    "ffffffff81000200 W weak_twin\n"
    "ffffffff82000000 D jiffies\n"
    "ffffffffc0000000 t ext4_init\t[ext4]\n"
    "ffffffffc0000100 t helper\t[ext4]\n"
    "ffffffffc0001000 t bpf_prog_1\t[bpf]\n"
    "nonsense\n"
    "ffffffffc0002000 t last";

std::string found(const kernel::Kallsyms& symbols, std::uint64_t address) {
    const kernel::Symbol symbol = symbols.find(address);
    if (symbol.name.empty()) return "-";
    return symbol.name + "+" + std::to_string(symbol.offset) +
           (symbol.module.empty() ? "" : " [" + symbol.module + "]");
}

TEST(Kallsyms, AddressLiesInTheSymbolBeforeIt) {
    const kernel::Kallsyms symbols(kText);
    EXPECT_EQ(found(symbols, 0xffffffff81000000), "_stext+0") << "global text before a local twin";
    EXPECT_EQ(found(symbols, 0xffffffff810000ff), "_stext+255");
    EXPECT_EQ(found(symbols, 0xffffffff81000150), "helper+80");
    EXPECT_EQ(found(symbols, 0xffffffff81000201), "vfs_read+1");
    EXPECT_EQ(found(symbols, 0xffffffffc0000105), "helper+5 [ext4]");
    EXPECT_EQ(found(symbols, 0xffffffffc0001001), "bpf_prog_1+1 [bpf]");
    EXPECT_EQ(found(symbols, 0xffffffffc0002000), "last+0");
    EXPECT_EQ(found(symbols, 0xffffffffd0000000), "-") << "far behind the last one";
    EXPECT_EQ(found(symbols, 0xffffffff80ffffff), "-");
    EXPECT_EQ(found(symbols, 0x1001), "-") << "user space";
    EXPECT_EQ(found(symbols, 0), "-");
}

TEST(Kallsyms, NamesHaveAddresses) {
    const kernel::Kallsyms symbols(kText);
    EXPECT_EQ(symbols.address_of("vfs_read"), 0xffffffff81000200);
    EXPECT_EQ(symbols.address_of("jiffies"), 0xffffffff82000000);
    EXPECT_EQ(symbols.address_of("helper"), 0xffffffff81000100) << "the kernel's before a module's";
    EXPECT_EQ(symbols.address_of("vfs"), std::nullopt);
}

TEST(Kallsyms, ANameMayHaveSeveralFunctions) {
    using Addresses = std::vector<std::uint64_t>;
    const kernel::Kallsyms symbols(kText);
    EXPECT_EQ(symbols.functions_of("", "helper"), (Addresses{0xffffffff81000100, 0xffffffffc0000100}));
    EXPECT_EQ(symbols.functions_of("vmlinux", "helper"), Addresses{0xffffffff81000100});
    EXPECT_EQ(symbols.functions_of("ext4", "helper"), Addresses{0xffffffffc0000100});
    EXPECT_EQ(symbols.functions_of("", "jiffies"), Addresses{}) << "no function";
    EXPECT_TRUE(symbols.shared_names().empty()) << "the kernel's and a module's are told apart";
    const auto shared = kernel::Kallsyms(
                            "ffffffff81000000 t helper\nffffffff81000100 t one\nffffffff81000200 T helper\n"
                            "ffffffffc0000000 t one\t[ext4]\nffffffffc0000001 t one\t[ext4]\n")
                            .shared_names();
    ASSERT_EQ(shared.size(), 2u);
    EXPECT_EQ(shared[0].name + " " + shared[0].module, "helper vmlinux");
    EXPECT_EQ(shared[1].name + " " + shared[1].module, "one ext4");
}

TEST(Kallsyms, HiddenAddressesAreNoSymbols) {
    const kernel::Kallsyms symbols("0000000000000000 T vfs_read\n0000000000000000 T vfs_write\n");
    EXPECT_TRUE(symbols.empty());
    EXPECT_EQ(found(symbols, 0), "-");
    EXPECT_EQ(symbols.address_of("vfs_read"), std::nullopt);
    EXPECT_TRUE(kernel::Kallsyms("").empty());
}

TEST(Kallsyms, WhyNothingIsTold) {
    EXPECT_NE(kernel::explain_hidden(true, "0").message.find("CAP_SYSLOG"), std::string::npos);
    EXPECT_NE(kernel::explain_hidden(true, "1").hint.find("CAP_SYSLOG"), std::string::npos);
    EXPECT_NE(kernel::explain_hidden(true, "2").hint.find("sysctl kernel.kptr_restrict=1"), std::string::npos);
    EXPECT_NE(kernel::explain_hidden(false, "0").message.find("/proc/kallsyms"), std::string::npos);
}

TEST(Kallsyms, FunctionsAreSortedText) {
    std::string names;
    for (const auto& function : kernel::Kallsyms(kText).functions())
        names += function.module + ":" + function.name + " ";
    EXPECT_EQ(names,
              "vmlinux:_stext bpf:bpf_prog_1 ext4:ext4_init ext4:helper vmlinux:helper vmlinux:last "
              "vmlinux:local_twin vmlinux:vfs_read vmlinux:weak_twin ");
}

}  // namespace
