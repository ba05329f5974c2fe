#include <gtest/gtest.h>

#include "runtime/kernel/arch.h"

namespace {

std::size_t length_of(std::initializer_list<int> bytes, bool is_followed = true) {
    std::vector<std::byte> code;
    for (int byte : bytes)
        code.push_back(static_cast<std::byte>(byte));
    if (is_followed) code.resize(15, std::byte{0x90});
    return kernel::instruction_length(code);
}

TEST(Instructions, LengthsOfEveryEncoding) {
    const std::vector<std::vector<int>> whole{
        {0x55},                                            // push %rbp
        {0xf3, 0x0f, 0x1e, 0xfa},                          // endbr64
        {0x48, 0x89, 0xe5},                                // mov %rsp,%rbp
        {0x48, 0x83, 0xec, 0x20},                          // sub $0x20,%rsp
        {0x48, 0x81, 0xec, 0x00, 0x01, 0x00, 0x00},        // sub $0x100,%rsp
        {0x66, 0x81, 0xc3, 0x34, 0x12},                    // add $0x1234,%bx
        {0x48, 0x8b, 0x05, 1, 2, 3, 4},                    // mov disp(%rip),%rax
        {0x8b, 0x44, 0x24, 0x08},                          // mov 8(%rsp),%eax
        {0x8b, 0x04, 0x25, 1, 2, 3, 4},                    // mov 0x4030201,%eax
        {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8},              // movabs
        {0xb8, 1, 2, 3, 4},                                // mov $,%eax
        {0x66, 0xb8, 1, 2},                                // mov $,%ax
        {0x48, 0xa1, 1, 2, 3, 4, 5, 6, 7, 8},              // movabs moffs
        {0xf6, 0xc3, 0x01},                                // test $1,%bl
        {0xf6, 0xd3},                                      // not %bl
        {0x48, 0xf7, 0xc1, 1, 2, 3, 4},                    // test $,%rcx
        {0x48, 0xf7, 0xd9},                                // neg %rcx
        {0xe8, 1, 2, 3, 4},                                // call
        {0x0f, 0x84, 1, 2, 3, 4},                          // je
        {0x74, 0x10},                                      // je
        {0xc8, 0x10, 0x00, 0x00},                          // enter
        {0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0, 0, 0, 0},  // nopw
        {0x66, 0x0f, 0x3a, 0x0f, 0xc1, 0x08},              // palignr
        {0x0f, 0x38, 0xf0, 0x07},                          // movbe
        {0xc5, 0xf8, 0x77},                                // vzeroupper
        {0xc5, 0xfd, 0x70, 0xc1, 0x1b},                    // vpshufd
        {0xc4, 0xe2, 0x7d, 0x18, 0x05, 1, 2, 3, 4},        // vbroadcastss
        {0xc4, 0xe3, 0x7d, 0x39, 0xc1, 0x01},              // vextracti128
        {0x62, 0xf1, 0x7c, 0x48, 0x10, 0x07},              // vmovups %zmm
        {0x62, 0xf3, 0xf5, 0x48, 0x25, 0xc2, 0x96},        // vpternlogq
        {0x8f, 0xe9, 0x78, 0x81, 0xc1},                    // XOP: vfrczpd
        {0x8f, 0xc0},                                      // pop %rax
        {0xf0, 0x48, 0x0f, 0xb1, 0x0f},                    // lock cmpxchg
        {0xd9, 0x7c, 0x24, 0x02},                          // fnstcw
        {0x0f, 0x05},                                      // syscall
        {0x0f, 0x0b},                                      // ud2
        {0x6b, 0xc0, 0x07},
        {0x69, 0xc0, 1, 2, 3, 4},
        {0xc2, 8, 0},
        {0xc3},  // imul, imul, ret n, ret
    };
    for (const auto& bytes : whole) {
        std::vector<std::byte> code;
        for (int byte : bytes)
            code.push_back(static_cast<std::byte>(byte));
        const std::size_t size = code.size();
        EXPECT_EQ(kernel::instruction_length(code), size) << std::hex << bytes[0] << " exact";
        code.resize(15, std::byte{0x90});
        EXPECT_EQ(kernel::instruction_length(code), size) << std::hex << bytes[0] << " followed";
    }
}

TEST(Instructions, CutOffOrUnknownIsZero) {
    EXPECT_EQ(kernel::instruction_length({}), 0u);
    EXPECT_EQ(length_of({0xe8, 1, 2}, false), 0u);
    EXPECT_EQ(length_of({0x48}, false), 0u);
    EXPECT_EQ(length_of({0x06}), 0u);
    EXPECT_EQ(length_of({0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66}),
              0u);
}

TEST(Instructions, RegistersByTheirManyNames) {
    EXPECT_EQ(kernel::assembler_register("%rax"), 80u);
    EXPECT_EQ(kernel::assembler_register("eax"), 80u);
    EXPECT_EQ(kernel::assembler_register("%al"), 80u);
    EXPECT_EQ(kernel::assembler_register("%ah"), 81u);
    EXPECT_EQ(kernel::assembler_register("%bpl"), 32u);
    EXPECT_EQ(kernel::assembler_register("%r8d"), 72u);
    EXPECT_EQ(kernel::assembler_register("%r15b"), 0u);
    EXPECT_EQ(kernel::assembler_register("%rip"), 128u);
    EXPECT_EQ(kernel::assembler_register("%rsp"), 152u);
    EXPECT_FALSE(kernel::assembler_register("%xmm0"));
    EXPECT_FALSE(kernel::assembler_register("%r16"));
    EXPECT_FALSE(kernel::assembler_register("%"));
    EXPECT_EQ(kernel::dwarf_register(5), 112u) << "rdi";
    EXPECT_EQ(kernel::dwarf_register(1), 96u) << "rdx";
    EXPECT_FALSE(kernel::dwarf_register(17)) << "xmm0";
}

}  // namespace
