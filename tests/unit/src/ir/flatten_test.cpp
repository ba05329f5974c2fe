// What comes out of the object: instructions of each program, relocations, func_info and line_info in instructions.
#include "src/ir/object.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "src/ir/ir.h"

namespace {

using ir::Builder;
using ir::Module;
using ir::Width;
using program::MapId;
using program::Relocation;

ir::Functions flatten(Module& module) {
    auto result = ir::emit_functions(module);
    EXPECT_TRUE(result.ok());
    return result.ok() ? *std::move(result) : ir::Functions{};
}

std::string_view string_at(const ir::Functions& functions, std::uint32_t offset) {
    // struct btf_header: the strings' offset and size are its last two words.
    std::uint32_t header[6];
    std::memcpy(header, functions.btf.data(), sizeof header);
    return reinterpret_cast<const char*>(functions.btf.data()) + header[1] + header[4] + offset;
}

TEST(Flatten, AModuleWithoutProgramsIsEmpty) {
    Module module;
    const ir::Functions result = flatten(module);
    EXPECT_TRUE(result.functions.empty());
    EXPECT_TRUE(result.btf.empty());
}

TEST(Flatten, ProgramsComeInOrderWithCleanNames) {
    Module module;
    for (int i = 0; i < 12; ++i) {  // more than nine: section p10 must not pass for p1
        Builder builder(module, module.begin_program("kprobe:do_*" + std::to_string(i), {}));
        builder.ret(static_cast<std::uint64_t>(i));
    }
    Builder same_name(module, module.begin_program("kprobe:do_*0", {}));
    same_name.ret(100);
    const ir::Functions result = flatten(module);
    ASSERT_EQ(result.functions.size(), 13U);
    for (std::size_t i = 0; i < 12; ++i) {
        EXPECT_EQ(result.functions[i].name, "kprobe_do__" + std::to_string(i));
        ASSERT_EQ(result.functions[i].insns.size(), 2U);
        EXPECT_EQ(result.functions[i].insns[0].imm, static_cast<int>(i));
    }
    EXPECT_EQ(result.functions[12].name, "kprobe_do__0");
}

TEST(Flatten, MapReferencesBecomeRelocations) {
    Module module;
    Builder builder(module, module.begin_program("p", {}));
    builder.call_helper(1, {builder.map_ref(MapId(std::size_t{7})), builder.argument(0)}, Builder::Returns::pointer);
    builder.atomic_add(builder.map_value(MapId(std::size_t{3})), builder.i64(1), 40);
    // A constant that looks like a map reference in its second half.
    builder.ret(builder.or_(builder.load(Width::i64, builder.argument(0)), builder.i64(0x0000001800000018)));
    const ir::Functions result = flatten(module);
    const program::Function& function = result.functions.at(0);
    ASSERT_EQ(function.relocations.size(), 2U);
    EXPECT_EQ(function.relocations[0].to, Relocation::To::map);
    EXPECT_EQ(function.relocations[0].map, MapId(std::size_t{7}));
    EXPECT_EQ(function.relocations[1].to, Relocation::To::map_value);
    EXPECT_EQ(function.relocations[1].map, MapId(std::size_t{3}));
    for (const Relocation& relocation : function.relocations) {
        const bpf_insn& insn = function.insns.at(relocation.insn);
        EXPECT_EQ(insn.code, BPF_LD | BPF_IMM | BPF_DW);
        EXPECT_EQ(function.insns.at(relocation.insn + 1).imm, 0);
    }
    // The offset is the access's, not the address's: llvm.bpf.pseudo knows no second half.
    EXPECT_TRUE(std::ranges::any_of(function.insns, [](const bpf_insn& insn) {
        return insn.code == (BPF_STX | BPF_ATOMIC | BPF_DW) && insn.off == 40;
    }));
}

TEST(Flatten, ACallbacksAddressIsADistanceInInstructions) {
    Module module;
    const ir::Function program = module.begin_program("p", {});
    const ir::Function first = module.begin_callback(program, "first", ir::kLoopCallback, {});
    const ir::Function second = module.begin_callback(program, "second", ir::kLoopCallback, {});
    Builder(module, first).ret(0);
    Builder(module, second).ret(1);
    Builder builder(module, program);
    for (const ir::Function callback : {second, first}) {
        builder.call_helper(181, {builder.i64(3), builder.address_of(callback), builder.null(), builder.i64(0)});
    }
    builder.ret(0);
    const ir::Functions result = flatten(module);
    const program::Function& function = result.functions.at(0);
    // Programs start at 0, callbacks where func_info says.
    ASSERT_EQ(function.func_info.size(), 3U);
    EXPECT_EQ(function.func_info[0].insn_off, 0U);
    std::vector<std::uint32_t> targets;
    for (std::uint32_t i = 0; i < function.insns.size(); ++i) {
        const bpf_insn& insn = function.insns[i];
        if (insn.code == (BPF_LD | BPF_IMM | BPF_DW) && insn.src_reg == BPF_PSEUDO_FUNC) {
            targets.push_back(i + 1 + static_cast<std::uint32_t>(insn.imm));
        }
    }
    EXPECT_EQ(targets, (std::vector<std::uint32_t>{function.func_info[2].insn_off, function.func_info[1].insn_off}));
    EXPECT_TRUE(function.relocations.empty());
}

TEST(Flatten, LinesCarryTheScriptsTextOfEveryFile) {
    Module module;
    const ir::FileId script = module.add_file("a.bt", "begin {\n  $x = 1;\n}\n");
    const ir::FileId imported = module.add_file("lib.bt", "fn f()\n\n  print(2);");
    Builder builder(module, module.begin_program("p", {script, 1, 1}));
    builder.set_location({script, 2, 3});
    builder.call_helper(5, {});
    builder.set_location({imported, 3, 5000});  // wider than BTF can say: no column
    builder.call_helper(5, {});
    builder.set_location({script, 3, 1});
    builder.ret(0);
    const ir::Functions result = flatten(module);
    struct Line {
        std::string_view file, text;
        std::uint32_t line, column;
        bool operator==(const Line&) const = default;
    };
    std::vector<Line> lines;
    std::uint32_t last = 0;
    for (const bpf_line_info& info : result.functions.at(0).line_info) {
        lines.push_back({string_at(result, info.file_name_off), string_at(result, info.line_off), info.line_col >> 10,
                         info.line_col & 1023});
        EXPECT_TRUE(lines.size() == 1 || info.insn_off > last);
        last = info.insn_off;
    }
    const std::vector<Line> wanted{{"a.bt", "  $x = 1;", 2, 3}, {"lib.bt", "  print(2);", 3, 0}, {"a.bt", "}", 3, 1}};
    EXPECT_EQ(lines, wanted);
}

TEST(Flatten, EachFunctionHasAFirstLine) {
    // Else the kernel says "missing bpf_line_info for func#1".
    Module module;
    const ir::Function program = module.begin_program("p", {});
    const ir::Function callback = module.begin_callback(program, "c", ir::kLoopCallback, {});
    Builder(module, program).ret(0);
    Builder(module, callback).ret(0);
    const ir::Functions result = flatten(module);
    const program::Function& function = result.functions.at(0);
    for (const bpf_func_info& info : function.func_info) {
        EXPECT_TRUE(std::ranges::any_of(function.line_info,
                                        [&](const bpf_line_info& line) { return line.insn_off == info.insn_off; }));
    }
}

TEST(Flatten, ATornObjectIsAnError) {
    Module module;
    Builder(module, module.begin_program("p", {})).ret(0);
    auto object = ir::emit(module);
    ASSERT_TRUE(object.ok());
    object->elf.resize(40);
    EXPECT_FALSE(ir::flatten(*object).ok());
    object->elf.clear();
    EXPECT_FALSE(ir::flatten(*object).ok());
}

}  // namespace
