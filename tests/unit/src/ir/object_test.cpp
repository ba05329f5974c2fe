// Emission: what is refused, what the texts show, what the optimiser may and may not do.
#include "src/ir/object.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "src/ir/ir.h"

namespace {

using ir::Builder;
using ir::Compare;
using ir::Module;
using ir::Value;
using ir::Width;
using program::MapId;

std::size_t count_calls(const program::Function& function, int helper) {
    return static_cast<std::size_t>(std::ranges::count_if(function.insns, [&](const bpf_insn& insn) {
        return insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == 0 && insn.imm == helper;
    }));
}

TEST(Object, TooMuchStackIsAnError) {
    Module module;
    Builder builder(module, module.begin_program("p", {}));
    const Value frame = builder.alloca_bytes(600);
    builder.call_helper(16, {frame, builder.i64(600)});
    builder.ret(0);
    const auto result = ir::emit_functions(module);
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().message.find("stack limit"), std::string::npos) << result.error().message;
}

TEST(Object, TheTextsShowEachStage) {
    Module module;
    module.add_file("a.bt", "begin { }");
    Builder builder(module, module.begin_program("the_program", {ir::FileId{0}, 1, 1}));
    const Value slot = builder.slot(Width::i64, "counter");
    builder.store(builder.load(Width::i64, builder.argument(0)), slot);
    builder.ret(builder.opaque(builder.load(Width::i64, slot)));
    std::string unoptimised;
    std::string optimised;
    std::string assembly;
    ASSERT_TRUE(ir::emit_functions(module, {&unoptimised, &optimised, &assembly}).ok());
    EXPECT_NE(unoptimised.find("%counter = alloca"), std::string::npos);
    EXPECT_EQ(optimised.find("alloca"), std::string::npos) << "a slot of one width becomes a register";
    EXPECT_NE(assembly.find("the_program:"), std::string::npos);
    EXPECT_NE(assembly.find("r0 = *(u64 *)(r1 + 0)"), std::string::npos);
    EXPECT_EQ(assembly.find(".BTF"), std::string::npos);
    EXPECT_EQ(assembly.find("#APP"), std::string::npos);
}

TEST(Object, StableHelpersAreCalledOnceAndOnlyIfWanted) {
    Module module;
    Builder builder(module, module.begin_program("p", {}));
    const auto pid = [&] { return builder.call_helper(14, {}, Builder::Returns::integer, Builder::Effect::stable); };
    const auto now = [&] { return builder.call_helper(5, {}); };
    const Value place = builder.map_value(MapId(std::size_t{0}));
    builder.store(pid(), place, 0);
    builder.store(pid(), place, 8);
    builder.call_helper(8, {}, Builder::Returns::integer, Builder::Effect::stable);  // unused
    builder.store(now(), place, 16);
    builder.store(now(), place, 24);
    builder.ret(0);
    const auto result = ir::emit_functions(module);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(count_calls(result->functions[0], 14), 1U);
    EXPECT_EQ(count_calls(result->functions[0], 8), 0U);
    EXPECT_EQ(count_calls(result->functions[0], 5), 2U);
}

TEST(Object, VolatileLoadsAreNotMerged) {
    Module module;
    Builder builder(module, module.begin_program("p", {}));
    const Value place = builder.map_value(MapId(std::size_t{0}));
    const Value first = builder.load_volatile(Width::i64, place);
    const Value second = builder.load_volatile(Width::i64, place);
    builder.ret(builder.sub(first, second));
    const auto result = ir::emit_functions(module);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(std::ranges::count(result->functions[0].insns, BPF_LDX | BPF_MEM | BPF_DW, &bpf_insn::code), 2);
}

TEST(Object, CopiesUseTheWidestAccesses) {
    Module module;
    Builder builder(module, module.begin_program("p", {}));
    const Value place = builder.map_value(MapId(std::size_t{0}));
    builder.copy(builder.ptr_add(place, 256), place, 255);
    builder.ret(0);
    const auto result = ir::emit_functions(module);
    ASSERT_TRUE(result.ok());
    // 31 words, then 4, 2 and 1 bytes; LLVM's own unaligned memcpy would take 510 instructions.
    EXPECT_LT(result->functions[0].insns.size(), 80U);
}

TEST(Object, LoadsOfDifferentMemoryAreNotMergedIntoOneInstruction) {
    // "same insn cannot be used with different pointers": both branches do the same on the same registers, but one
    // reads the context and the other a map.
    Module module;
    Builder builder(module, module.begin_program("p", {}));
    const Value context = builder.argument(0);
    const ir::Block end = builder.block("end");
    const ir::Block one = builder.block("one");
    const ir::Block two = builder.block("two");
    const auto use = [&](Value place) {
        const Value value = builder.mul(builder.load(Width::i64, place, 8), builder.i64(3));
        return builder.mul(builder.xor_(value, builder.i64(5)), builder.i64(7));
    };
    builder.branch(builder.not_zero(builder.load(Width::i64, context)), one, two);
    builder.enter(one);
    const Value from_context = use(context);
    builder.jump(end);
    builder.enter(two);
    const Value from_map = use(builder.map_value(MapId(std::size_t{0})));
    builder.jump(end);
    builder.enter(end);
    builder.ret(builder.phi({{from_context, one}, {from_map, two}}));
    const auto result = ir::emit_functions(module);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(std::ranges::count(result->functions[0].insns, BPF_LDX | BPF_MEM | BPF_DW, &bpf_insn::code), 3);
}

#ifndef NDEBUG
TEST(ObjectDeathTest, AWrongModuleIsABug) {
    EXPECT_DEATH(
        {
            Module module;
            Builder builder(module, module.begin_program("p", {}));
            builder.add(builder.i64(1), builder.load(Width::i64, builder.argument(0)));
            (void)ir::emit(module);  // no return
        },
        "BUG:.*Basic Block in function 'p' does not have terminator");
}
#endif

}  // namespace
