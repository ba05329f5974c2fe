// What a program and what it calls take of the stack together.
#include "src/ir/stack_depth.h"

#include <gtest/gtest.h>

#include "src/ir/ir.h"
#include "src/ir/object.h"
#include "tests/unit/src/ir/kernel.h"

namespace {

using ir::Builder;
using ir::Module;
using ir::Value;
using ir::Width;

constexpr ir::Parameter kNumber[] = {{"number"}};

/// Uses `bytes` of stack that no pass can do without.
void use_stack(Builder& b, std::size_t bytes) {
    const Value place = b.alloca_bytes(bytes);
    b.fill(place, 0, bytes);
    b.call_helper(16, {place, b.i64(bytes)});  // get_current_comm
}

TEST(StackDepth, IsOfTheDeepestChain) {
    Module module;
    const ir::Function program = module.begin_program("p", {});
    const ir::Function deep = module.begin_subprogram(program, "deep", kNumber, {});
    const ir::Function flat = module.begin_subprogram(program, "flat", kNumber, {});
    {
        Builder b(module, deep);
        use_stack(b, 160);
        b.ret(0);
    }
    {
        Builder b(module, flat);
        b.ret(b.argument(0));
    }
    Builder b(module, program);
    use_stack(b, 64);
    b.call(flat, {b.i64(1)});
    b.call(deep, {b.i64(1)});
    b.ret(0);
    const auto made = ir::emit_functions(module);
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(ir::stack_depth(made->functions[0]), 64U + 160U);
}

TEST(StackDepth, CallbacksCount) {
    Module module;
    const ir::Function program = module.begin_program("p", {});
    const ir::Function callback = module.begin_callback(program, "c", ir::kLoopCallback, {});
    {
        Builder b(module, callback);
        use_stack(b, 320);
        b.ret(0);
    }
    Builder b(module, program);
    use_stack(b, 200);
    b.call_helper(181, {b.i64(3), b.address_of(callback), b.null(), b.i64(0)});
    b.ret(0);
    const auto made = ir::emit_functions(module);
    ASSERT_FALSE(made.ok());
    EXPECT_NE(made.error().message.find("544 bytes of stack"), std::string::npos) << made.error().message;
}

TEST(StackDepth, LittleStackComputesAnew) {
    // Thirty addresses that two blocks have in common: kept from one to the other, or computed in both.
    const auto depth = [](ir::Aim aim) {
        Module module;
        Builder b(module, module.begin_program("p", {}));
        const Value base = b.map_value(program::MapId(std::size_t{0}));
        const Value asked = b.load(Width::i64, b.argument(0));
        for (std::uint64_t round = 1; round <= 2; ++round) {
            b.if_then(b.not_zero(b.and_(asked, b.i64(round))), [&] { b.call_helper(5, {}); });
            for (std::int64_t i = 1; i <= 30; ++i)
                b.call_helper(16, {b.ptr_add(base, 1000 * i), b.i64(16)});
        }
        b.ret(0);
        const auto made = ir::emit_functions(module, {}, aim);
        return made.ok() ? ir::stack_depth(made->functions[0]) : 0xffffffffU;
    };
    EXPECT_GT(depth(ir::Aim::speed), 128U);
    EXPECT_LE(depth(ir::Aim::little_stack), 64U);
}

TEST(SharedFunction, IsCheckedOnceAndItsResultIsAnyNumber) {
    if (!ir_test::may_use_bpf()) GTEST_SKIP() << "needs bpf";
    Module module;
    const ir::Function program = module.begin_program("p", {});
    constexpr ir::Parameter kText[] = {{"text", true, 64}};
    const ir::Function length = module.begin_shared(program, "length", kText, {});
    {
        Builder b(module, length);
        const ir::Block null = b.block("null"), given = b.block("given");
        b.branch(b.is_zero(b.argument(0)), null, given);
        b.enter(null);
        b.ret(0);
        b.enter(given);
        // A way out a round: written in place, each of forty uses would multiply them.
        for (std::int64_t i = 0; i < 64; ++i) {
            const ir::Block end = b.block("end"), more = b.block("more");
            b.branch(b.is_zero(b.load(Width::i8, b.argument(0), i)), end, more);
            b.enter(end);
            b.ret(static_cast<std::uint64_t>(i));
            b.enter(more);
        }
        b.ret(64);
    }
    Builder b(module, program);
    const Value text = b.alloca_bytes(64);
    b.fill(text, 0, 64);
    b.call_helper(16, {text, b.i64(16)});
    Value sum = b.i64(0);
    for (int i = 0; i < 40; ++i) {
        const Value known = b.call(length, {text});
        const ir::Block odd = b.block("odd"), even = b.block("even"), end = b.block("both");
        b.branch(b.not_zero(b.and_(known, b.i64(1))), odd, even);
        b.enter(odd);
        const Value twice = b.mul(known, b.i64(2));
        b.jump(end);
        b.enter(even);
        const Value once = b.add(known, b.i64(0));
        b.jump(end);
        b.enter(end);
        sum = b.add(sum, b.phi({{twice, odd}, {once, even}}));
    }
    b.ret(sum);
    const ir_test::Loaded loaded = ir_test::load(module);
    ASSERT_TRUE(loaded.is_ok);
    char comm[16] = {};
    std::FILE* file = std::fopen("/proc/self/comm", "r");
    ASSERT_NE(file, nullptr);
    ASSERT_EQ(std::fscanf(file, "%15s", comm), 1);
    std::fclose(file);
    const std::size_t size = strlen(comm);
    EXPECT_EQ(loaded.run(), 40 * (size % 2 == 1 ? 2 * size : size));
}

TEST(SharedFunction, IsLeftOutWhereNobodyCallsIt) {
    Module module;
    const ir::Function program = module.begin_program("p", {});
    Builder(module, module.begin_shared(program, "unused", kNumber, {})).ret(0);
    Builder(module, program).ret(0);
    const auto made = ir::emit_functions(module);
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made->functions[0].func_info.size(), 1U);
}

}  // namespace
