// Against programs built with debug information (tests/kernel/targets).
#include "runtime/kernel/dwarf.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "runtime/kernel/calling_convention.h"
#include "runtime/kernel/elf_symbols.h"
#include "tests/support/targets.h"

namespace {

using kernel::DwarfType;

class DwarfOf : public testing::Test {
  protected:
    void open(const char* name) {
        path_ = test_support::target_path(name);
        if (path_.empty()) GTEST_SKIP() << "the target was not built";
        auto symbols = kernel::ElfSymbols::open(path_);
        ASSERT_TRUE(symbols.ok());
        symbols_ = std::make_unique<kernel::ElfSymbols>(std::move(*symbols));
        auto debug_info = kernel::DebugInfo::open(path_);
        ASSERT_TRUE(debug_info.ok()) << debug_info.error().message;
        debug_info_ = *debug_info;
    }
    kernel::DwarfFunction function(std::string_view name) const {
        const auto symbol = symbols_->find(name);
        const auto found = symbol ? debug_info_->function(symbol->address) : std::nullopt;
        return found.value_or(kernel::DwarfFunction{});
    }
    /// "int a: r112, long int h: stack 24".
    std::string describe(std::string_view name) const {
        const kernel::DwarfFunction found = function(name);
        const auto places = kernel::parameter_places(*debug_info_, found);
        std::string text;
        for (std::size_t i = 0; i < places.size(); i++) {
            using Kind = kernel::ParameterPlace::Kind;
            if (!text.empty()) text += ", ";
            text += debug_info_->spelling(found.parameters[i].type) + " " + found.parameters[i].name + ": ";
            switch (places[i].kind) {
                case Kind::registers:
                    text += "r" + std::to_string(places[i].first);
                    if (places[i].second >= 0) text += " r" + std::to_string(places[i].second);
                    break;
                case Kind::address: text += "at r" + std::to_string(places[i].first); break;
                case Kind::stack: text += "stack " + std::to_string(places[i].stack_offset); break;
                case Kind::unknown: text += "unknown"; break;
            }
        }
        return text;
    }

    std::string path_;
    std::unique_ptr<kernel::ElfSymbols> symbols_;
    std::shared_ptr<const kernel::DebugInfo> debug_info_;
};

class DwarfOfC : public DwarfOf {
  protected:
    void SetUp() override { open("uprobe_args"); }
};

// di = 112, si = 104, dx = 96, cx = 88, r8 = 72, r9 = 64
TEST_F(DwarfOfC, ParametersAreWhereTheAbiPutsThem) {
    EXPECT_EQ(describe("twice"), "int x: r112");
    EXPECT_EQ(describe("hidden"), "int x: r112") << "a static function";
    EXPECT_EQ(describe("take_pair"), "struct pair p: r112 r104, int after: r96");
    EXPECT_EQ(describe("take_small"), "struct small s: r112, int after: r104");
    EXPECT_EQ(describe("take_big"), "struct big b: stack 8, int after: r112");
    EXPECT_EQ(describe("give_big"), "int a: r104, int b: r96") << "the first register holds the result's address";
    EXPECT_EQ(describe("take_many"),
              "int a: r112, int b: r104, int c: r96, int d: r88, int e: r72, int f: r64, int g: stack 8, "
              "long int h: stack 16, unsigned char i: stack 24");
    EXPECT_EQ(describe("mixed"), "int a: r112, double b: unknown, long int c: r104, float d: unknown, _Bool e: r96");
    EXPECT_EQ(describe("typed"),
              "number_t n: r112, const node_t* list: r104, enum colour colour: r96, char letter: r88, "
              "const char* const* words: r72");
    EXPECT_EQ(describe("leaf"), "");
    EXPECT_FALSE(debug_info_->function(symbols_->find("twice")->address + 1)) << "not its first instruction";
    EXPECT_FALSE(debug_info_->function(0));
}

TEST_F(DwarfOfC, StructuresWithAllTheirMembers) {
    const kernel::DwarfId node = debug_info_->find(DwarfType::Kind::structure, "node");
    ASSERT_NE(node, 0u);
    EXPECT_EQ(debug_info_->type(node).size, 104u);
    std::string text;
    for (const kernel::DwarfMember& member : debug_info_->members(node)) {
        text += debug_info_->spelling(member.type) + " " + member.name + "@" + std::to_string(member.bit_offset);
        if (member.bit_size != 0) text += ":" + std::to_string(member.bit_size);
        text += "\n";
    }
    EXPECT_EQ(text,
              "struct node* next@0\nunion (anonymous) @64\nstruct (anonymous) @128\n"
              "unsigned int low@144:3\nunsigned int high@147:7\nint below@154:4\n_Bool is_last@160\n"
              "int[2][3] grid@192\nchar[2][8] names@384\nenum colour colour@512\nvoid (*)(int) callback@576\n"
              "const char* label@640\nstruct pair pair@704\n");
    const auto members = debug_info_->members(node);
    const DwarfType grid = debug_info_->type(members[7].type);
    EXPECT_EQ(grid.count, 2u);
    EXPECT_EQ(grid.inner_count, 3u);
    EXPECT_EQ(debug_info_->resolve(debug_info_->find(DwarfType::Kind::alias, "node_t")), node);
    EXPECT_TRUE(debug_info_->type(debug_info_->resolve(debug_info_->type(members[8].type).target)).is_char);
}

TEST_F(DwarfOfC, Enumerations) {
    const kernel::DwarfId colour = debug_info_->find(DwarfType::Kind::enumeration, "colour");
    ASSERT_NE(colour, 0u);
    const auto constants = debug_info_->constants(colour);
    ASSERT_EQ(constants.size(), 2u);
    EXPECT_EQ(constants[1].name, "BLUE");
    EXPECT_EQ(constants[1].value, 40u);
    EXPECT_FALSE(debug_info_->type(colour).is_signed);
    EXPECT_EQ(debug_info_->find(DwarfType::Kind::enumeration, "flavour"), 0u);
}

TEST_F(DwarfOfC, SourceLinesAndBack) {
    const auto twice = symbols_->find("twice");
    ASSERT_TRUE(twice);
    const auto begin = debug_info_->line(twice->address);
    ASSERT_TRUE(begin);
    EXPECT_TRUE(begin->file.ends_with("uprobe_args.c")) << begin->file;
    const auto addresses = debug_info_->addresses("uprobe_args.c", begin->line + 2, 0);
    ASSERT_EQ(addresses.size(), 1u);
    EXPECT_GT(addresses[0], twice->address);
    EXPECT_LT(addresses[0], twice->address + twice->size);
    EXPECT_EQ(debug_info_->line(addresses[0])->line, begin->line + 2);
    EXPECT_EQ(debug_info_->addresses("targets/uprobe_args.c", begin->line + 2, 0), addresses);
    EXPECT_TRUE(debug_info_->addresses("args.c", begin->line + 2, 0).empty()) << "half a name";
    EXPECT_TRUE(debug_info_->addresses("uprobe_args.c", 1, 0).empty());
    EXPECT_TRUE(debug_info_->addresses("other.c", begin->line, 0).empty());

    const auto near = debug_info_->near("uprobe_args.c", begin->line + 2);
    ASSERT_TRUE(near);
    EXPECT_EQ(near->before, begin->line + 2) << "the line itself";
    EXPECT_EQ(near->behind, begin->line + 3);
    EXPECT_EQ(debug_info_->near("uprobe_args.c", 1)->before, 0u);
    EXPECT_EQ(debug_info_->near("uprobe_args.c", 100000)->behind, 0u);
    EXPECT_FALSE(debug_info_->near("other.c", 1));
}

class DwarfOfCppInUnits : public DwarfOf, public testing::WithParamInterface<const char*> {
  protected:
    void SetUp() override { open(GetParam()); }
};
// Whole, and with types in units of their own as DWARF 4 and 5 have them.
INSTANTIATE_TEST_SUITE_P(Programs, DwarfOfCppInUnits,
                         testing::Values("uprobe_shapes", "uprobe_shapes_types4", "uprobe_shapes_types5"));

TEST_P(DwarfOfCppInUnits, MembersAndObjects) {
    EXPECT_EQ(describe("_ZN4shop4Item3addEi"), "shop::Item* const this: r112, int by: r104");
    EXPECT_EQ(describe("_ZNK4shop4Item3addEic"), "const shop::Item* const this: r112, int by: r104, char unit: r96");
    EXPECT_EQ(describe("_ZN4shop4sellENS_4ItemEi"), "shop::Item item: at r112, int at: r104");
    EXPECT_EQ(describe("_ZN4shop4lookERKNS_4ItemERi"), "const shop::Item& item: r112, int& result: r104");
    EXPECT_EQ(describe("_ZN4shop5twiceIlEET_S1_"), "long int x: r112");
    const kernel::DwarfId item = debug_info_->find(DwarfType::Kind::structure, "shop::Item");
    ASSERT_NE(item, 0u);
    const auto members = debug_info_->members(item);
    ASSERT_EQ(members.size(), 3u) << "two bases and a member; the static one lies elsewhere";
    EXPECT_EQ(members[0].name, "");
    EXPECT_EQ(members[1].bit_offset, 32u);
    EXPECT_EQ(members[2].name, "amount_");
    EXPECT_EQ(members[2].bit_offset, 96u);
}

TEST_F(DwarfOfC, StrippedFilesAreCompletedByTheirDebugFile) {
    const std::filesystem::path directory = std::filesystem::temp_directory_path() / "bpfline-dwarf-test";
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory / ".debug");
    const std::string stripped = (directory / "app").string(), debug = (directory / ".debug/app.debug").string();
    const std::string command = "objcopy --only-keep-debug " + path_ + " " + debug + " && objcopy --strip-all " +
                                "--add-gnu-debuglink=" + debug + " " + path_ + " " + stripped + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no objcopy here";
    const auto symbols = kernel::ElfSymbols::open(stripped);
    ASSERT_TRUE(symbols.ok());
    ASSERT_TRUE(symbols->find("hidden")) << "a static function";
    EXPECT_EQ(symbols->find("hidden")->address, symbols_->find("hidden")->address);
    EXPECT_TRUE(kernel::find_object(stripped, "counter").ok());
    EXPECT_TRUE(kernel::DebugInfo::open(stripped).ok());

    // Another build's file of the same name is not taken.
    std::filesystem::remove(debug);
    std::filesystem::copy_file(test_support::target_path("uprobe_shapes"), debug);
    EXPECT_FALSE(kernel::ElfSymbols::open(stripped)->find("hidden"));
    const auto none = kernel::DebugInfo::open(stripped);
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().message, "no debuginfo found for " + stripped);
    std::filesystem::remove_all(directory);
}

TEST(Dwarf, SplitOffIntoOtherFiles) {
    const std::filesystem::path directory = std::filesystem::temp_directory_path() / "bpfline-split-dwarf-test";
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    for (const std::string version : {"4", "5"}) {
        const std::string program = (directory / ("split" + version)).string();
        const std::string command = "cd " + directory.string() +
                                    " && echo 'int main(void) { return 0; }' | cc -g -gdwarf-" + version +
                                    " -gsplit-dwarf -x c - -o " + program + " 2>/dev/null";
        if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no compiler here";
        const auto opened = kernel::DebugInfo::open(program);
        // A compiler's start-up files may have debug information of their own.
        if (opened.ok()) continue;
        EXPECT_EQ(opened.error().message, "the debuginfo of " + program + " is in .dwo files, which are not read");
        EXPECT_EQ(opened.error().hint, "compile it without -gsplit-dwarf");
    }
    std::filesystem::remove_all(directory);
}

TEST(Dwarf, CompressedAndNotBombs) {
    const std::filesystem::path directory = std::filesystem::temp_directory_path() / "bpfline-packed-dwarf-test";
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    const std::string program = (directory / "packed").string();
    for (const std::string form : {"zlib", "zlib-gnu"}) {
        const std::string command = "objcopy --compress-debug-sections=" + form + " " +
                                    test_support::target_path("uprobe_args") + " " + program + " 2>/dev/null";
        if (std::system(command.c_str()) != 0) GTEST_SKIP() << "no objcopy here";
        EXPECT_TRUE(kernel::DebugInfo::open(program).ok()) << form;
    }
    // A section that says it is a terabyte when unpacked; nothing of that size is asked for.
    Elf64_Ehdr file{};
    std::memcpy(file.e_ident, ELFMAG, SELFMAG);
    file.e_ident[EI_CLASS] = ELFCLASS64;
    file.e_ident[EI_DATA] = ELFDATA2LSB;
    file.e_ident[EI_VERSION] = EV_CURRENT;
    file.e_type = ET_DYN;
    file.e_machine = EM_X86_64;
    file.e_version = EV_CURRENT;
    file.e_ehsize = sizeof file;
    file.e_shentsize = sizeof(Elf64_Shdr);
    file.e_shnum = 3;
    file.e_shstrndx = 1;
    const std::string names("\0.debug_info\0", 13);
    const Elf64_Chdr compression{ELFCOMPRESS_ZLIB, 0, 1ull << 40, 1};
    file.e_shoff = sizeof file + 16 + sizeof compression;
    std::array<Elf64_Shdr, 3> sections{};
    sections[1].sh_type = SHT_STRTAB;
    sections[1].sh_offset = sizeof file;
    sections[1].sh_size = names.size();
    sections[2].sh_name = 1;
    sections[2].sh_type = SHT_PROGBITS;
    sections[2].sh_flags = SHF_COMPRESSED;
    sections[2].sh_offset = sizeof file + 16;
    sections[2].sh_size = sizeof compression;
    sections[2].sh_addralign = 8;
    std::string image(reinterpret_cast<const char*>(&file), sizeof file);
    image += names + std::string(16 - names.size(), '\0');
    image.append(reinterpret_cast<const char*>(&compression), sizeof compression);
    image.append(reinterpret_cast<const char*>(sections.data()), sizeof sections);
    std::ofstream(program, std::ios::binary) << image;
    const auto opened = kernel::DebugInfo::open(program);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().message, "the compressed debuginfo of " + program +
                                          " is not read: section .debug_info of 24 bytes says that it unpacks to "
                                          "1099511627776");
    std::filesystem::remove_all(directory);
}

TEST(Dwarf, FilesWithoutAny) {
    EXPECT_EQ(kernel::DebugInfo::open("/no/such/file").error().errnum, ENOENT);
    EXPECT_FALSE(kernel::DebugInfo::open("/etc/passwd").ok());
}

}  // namespace
