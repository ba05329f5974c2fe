// BTF of a kernel and of a module split from it, and the C that both are printed as.
#include "runtime/kernel/btf.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/kernel/btf_text.h"
#include "runtime/kernel/real_kernel.h"
#include "tests/support/btf_writer.h"
#include "tests/support/fake_kernel.h"

namespace {

using test_support::BtfWriter;

/// Ids of the types a test asks for.
struct Sample {
    BtfWriter kernel, module;
    std::uint32_t number, character, pair, colour, level, all, handler, forward;
    std::uint32_t own_pair, own, outer;

    Sample() {
        number = kernel.integer("int", 4, BTF_INT_SIGNED);
        character = kernel.integer("char", 1, BTF_INT_SIGNED);
        pair = kernel.compound(BTF_KIND_STRUCT, "pair", 8, {{"first", number}, {"second", number, 32}});
        colour = kernel.enumeration("colour", {{"RED", 3}, {"BLUE", 40}});
        level = kernel.enumeration("level", {{"LOW", static_cast<std::uint32_t>(-2)}, {"HIGH", 1}}, true);
        forward = kernel.type("hidden", BTF_KIND_FWD, 0, 0);
        const auto to_forward = kernel.refer(BTF_KIND_PTR, forward);
        const auto constant = kernel.refer(BTF_KIND_CONST, character);
        const auto text = kernel.refer(BTF_KIND_PTR, constant);
        const auto constant_text = kernel.refer(BTF_KIND_CONST, text);
        const auto to_pair = kernel.refer(BTF_KIND_PTR, pair);
        const auto signature = kernel.prototype(number, {{"p", to_pair}, {"name", text}, {"", 0}});
        handler = kernel.refer(BTF_KIND_PTR, signature);
        const auto handlers = kernel.array(handler, 4);
        const auto nothing = kernel.prototype(0, {});
        const auto callback = kernel.refer(BTF_KIND_PTR, nothing);
        const auto maker = kernel.prototype(callback, {{"", number}});
        const auto to_maker = kernel.refer(BTF_KIND_PTR, maker);
        const auto row = kernel.array(number, 3);
        const auto grid = kernel.array(row, 2);
        const auto to_grid = kernel.refer(BTF_KIND_PTR, grid);
        const auto flexible = kernel.array(character, 0);
        const auto alias = kernel.refer(BTF_KIND_TYPEDEF, pair, "pair_t");
        const auto inner = kernel.compound(BTF_KIND_STRUCT, "", 4, {{"low", number, 0, 3}, {"high", number, 3, 5}});
        const auto choice =
            kernel.compound(BTF_KIND_UNION, "", 8, {{"", inner}, {"both", alias}, {"as_text", flexible}});
        const auto unnamed = kernel.enumeration("", {{"ON", 1}});
        all = kernel.compound(BTF_KIND_STRUCT, "all", 200,
                              {{"next", to_forward},
                               {"name", text, 64},
                               {"label", constant_text, 128},
                               {"handlers", handlers, 192},
                               {"make", to_maker, 448},
                               {"grid", grid, 512},
                               {"to_grid", to_grid, 704},
                               {"", choice, 768},
                               {"state", unnamed, 832},
                               {"colour", colour, 864},
                               {"tail", flexible, 896}});

        module = BtfWriter::split_from(kernel);
        const auto to_kernels = module.refer(BTF_KIND_PTR, pair);
        own = module.compound(BTF_KIND_STRUCT, "own", 16, {{"base", to_kernels}, {"count", number, 64}});
        own_pair = module.compound(BTF_KIND_STRUCT, "pair", 4, {{"only", number}});
        outer = module.compound(BTF_KIND_UNION, "outer", 16, {{"own", own}, {"colour", colour}});
    }
};

TEST(Btf, SplitTypesNumberOnFromTheKernels) {
    const Sample sample;
    const auto base_bytes = sample.kernel.bytes(), module_bytes = sample.module.bytes();
    const kernel::Btf base(base_bytes);
    const kernel::Btf module(module_bytes, &base);
    EXPECT_EQ(module.first(), base.size());
    EXPECT_EQ(module.size(), sample.outer + 1u);
    EXPECT_EQ(module.name(sample.own), "own");
    EXPECT_EQ(module.name(sample.colour), "colour") << "a type of the kernel's";
    EXPECT_EQ(base.kind(sample.own), BTF_KIND_UNKN) << "the kernel knows nothing of it";
    const auto members = module.members(sample.own);
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(members[0].name, "base");
    EXPECT_EQ(module.referenced(members[0].type), sample.pair);
    EXPECT_EQ(members[1].type, sample.number);
    EXPECT_EQ(module.find(BTF_KIND_STRUCT, "pair"), sample.own_pair) << "the module's own comes first";
    EXPECT_EQ(module.find(BTF_KIND_STRUCT, "all"), sample.all);
    EXPECT_EQ(base.find(BTF_KIND_STRUCT, "pair"), sample.pair);
    EXPECT_EQ(base.find(BTF_KIND_STRUCT, "own"), 0u);
    EXPECT_EQ(module.find_constant("BLUE")->value, 40u);
    std::vector<kernel::BtfId> own;
    module.for_each([&own](kernel::BtfId id, std::uint32_t, std::string_view) { own.push_back(id); });
    EXPECT_EQ(own.size(), 4u) << "its own only";
}

TEST(Btf, CutAndBrokenSplitBytes) {
    const Sample sample;
    const auto base_bytes = sample.kernel.bytes();
    const kernel::Btf base(base_bytes);
    const auto whole = sample.module.bytes();
    for (std::size_t i = 0; i < whole.size(); i++) {
        auto bytes = whole;
        bytes[i] = std::byte{0xff};
        const kernel::Btf broken(bytes, &base);
        for (kernel::BtfId id = 0; id < broken.size(); id++) {
            (void)kernel::declaration(broken, id, "x");
            (void)broken.resolve(id);
        }
        bytes.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i));
        const kernel::Btf cut(bytes, &base);
        (void)cut.find(BTF_KIND_UNION, "outer");
    }
}

TEST(BtfText, EveryFormOfDeclaration) {
    const Sample sample;
    const auto bytes = sample.kernel.bytes();
    const kernel::Btf btf(bytes);
    EXPECT_EQ(kernel::definition(btf, sample.all),
              "struct all {\n"
              "\tstruct hidden *next;\n"
              "\tconst char *name;\n"
              "\tconst char * const label;\n"
              "\tint (*handlers[4])(struct pair *p, const char *name, ...);\n"
              "\tvoid (* (*make)(int))(void);\n"
              "\tint grid[2][3];\n"
              "\tint (*to_grid)[2][3];\n"
              "\tunion {\n"
              "\t\tstruct {\n"
              "\t\t\tint low: 3;\n"
              "\t\t\tint high: 5;\n"
              "\t\t};\n"
              "\t\tpair_t both;\n"
              "\t\tchar as_text[0];\n"
              "\t};\n"
              "\tenum {\n"
              "\t\tON = 1,\n"
              "\t} state;\n"
              "\tenum colour colour;\n"
              "\tchar tail[0];\n"
              "};");
    EXPECT_EQ(kernel::definition(btf, sample.colour), "enum colour {\n\tRED = 3,\n\tBLUE = 40,\n};");
    EXPECT_EQ(kernel::definition(btf, sample.level), "enum level {\n\tLOW = -2,\n\tHIGH = 1,\n};");
    EXPECT_EQ(kernel::declaration(btf, sample.handler, ""), "int (*)(struct pair *p, const char *name, ...)");
    EXPECT_EQ(kernel::declaration(btf, 0, "x"), "void x");
}

TEST(BtfText, ModulesPrintTheKernelsTypesByName) {
    const Sample sample;
    const auto base_bytes = sample.kernel.bytes(), module_bytes = sample.module.bytes();
    const kernel::Btf base(base_bytes);
    const kernel::Btf module(module_bytes, &base);
    EXPECT_EQ(kernel::definition(module, sample.outer), "union outer {\n\tstruct own own;\n\tenum colour colour;\n};");
    EXPECT_EQ(kernel::definition(module, sample.own), "struct own {\n\tstruct pair *base;\n\tint count;\n};");
}

TEST(BtfText, ListsOfKernelAndModules) {
    const Sample sample;
    test_support::FakeKernel kernel;
    kernel.btf_bytes = sample.kernel.bytes();
    kernel.module_btf_bytes["ext4"] = sample.module.bytes();
    const auto names = [&kernel](std::string_view pattern) {
        std::string text;
        for (const kernel::ListedType& type : kernel::list_types(kernel, pattern))
            text += type.module + ":" + type.name + " ";
        return text;
    };
    EXPECT_EQ(names("struct *"), "vmlinux:struct all ext4:struct own ext4:struct pair vmlinux:struct pair ");
    EXPECT_EQ(names("struct p*"), "ext4:struct pair vmlinux:struct pair ");
    EXPECT_EQ(names("union outer"), "ext4:union outer ");
    EXPECT_EQ(names("enum  level"), "vmlinux:enum level ");
    EXPECT_EQ(names("struct nothing"), "");
    EXPECT_TRUE(kernel::is_type_pattern(" union x"));
    EXPECT_FALSE(kernel::is_type_pattern("structure"));
}

TEST(BtfText, EveryTypeOfThisKernel) {
    const kernel::RealKernel kernel;
    const kernel::Btf* btf = kernel.types();
    if (btf == nullptr) GTEST_SKIP() << "this kernel has no types";
    std::size_t braces = 0, count = 0;
    for (const char* pattern : {"struct *", "union *", "enum *"}) {
        for (const kernel::ListedType& type : kernel::list_types(kernel, pattern)) {
            const kernel::Btf* owner = kernel.types(type.module);
            ASSERT_NE(owner, nullptr) << type.module;
            const std::string text = kernel::definition(*owner, type.type);
            EXPECT_TRUE(text.starts_with(type.name + " {")) << text;
            EXPECT_TRUE(text.ends_with("};")) << text;
            braces += static_cast<std::size_t>(std::ranges::count(text, '{') != std::ranges::count(text, '}'));
            count++;
        }
    }
    EXPECT_EQ(braces, 0u);
    EXPECT_GT(count, 1000u);
}

}  // namespace
