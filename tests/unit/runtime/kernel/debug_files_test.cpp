// Files made with objcopy from a program of tests/kernel/targets.
#include "runtime/kernel/debug_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runtime/kernel/dwarf.h"
#include "runtime/kernel/elf_symbols.h"
#include "tests/support/targets.h"

namespace {

namespace fs = std::filesystem;

/// "app", stripped, and "app.debug" with what was taken away.
class Stripped : public testing::Test {
  protected:
    void SetUp() override {
        target_ = test_support::target_path("uprobe_args");
        if (target_.empty()) GTEST_SKIP() << "the target was not built";
        directory_ = fs::temp_directory_path() / ("bpfline-debug-files-" + std::to_string(::getpid()));
        fs::remove_all(directory_);
        fs::create_directories(directory_ / "bin");
        app_ = directory_ / "bin/app";
        debug_ = directory_ / "app.debug";
        if (!run("objcopy --only-keep-debug " + target_ + " " + debug_.string()) ||
            !run("objcopy --strip-all " + target_ + " " + app_.string()))
            GTEST_SKIP() << "no objcopy here";
    }
    void TearDown() override { fs::remove_all(directory_); }

    static bool run(const std::string& command) { return std::system((command + " 2>/dev/null").c_str()) == 0; }
    void change(const std::string& options) const { ASSERT_TRUE(run("objcopy " + options + " " + app_.string())); }
    /// The debug file moves to this place below the test's directory.
    void place(const std::string& where) const {
        fs::create_directories((directory_ / where).parent_path());
        fs::rename(debug_, directory_ / where);
    }
    static kernel::DebugFiles files(const std::vector<std::string>& words) { return kernel::DebugFiles(words); }
    /// A static function's name and DWARF are found.
    [[nodiscard]] bool is_whole(const kernel::DebugFiles& debug_files = {}) const {
        const auto symbols = kernel::ElfSymbols::open(app_, debug_files);
        const bool has_name = symbols.ok() && symbols->find("hidden");
        const bool has_object = kernel::find_object(app_, "counter", debug_files).ok();
        const bool has_dwarf = kernel::DebugInfo::open(app_, debug_files).ok();
        EXPECT_EQ(has_name, has_dwarf);
        EXPECT_EQ(has_name, has_object);
        return has_name;
    }
    [[nodiscard]] std::string build_id_name() const {
        static constexpr char kDigits[] = "0123456789abcdef";
        std::string name;
        const auto symbols = kernel::ElfSymbols::open(app_);
        for (const std::byte byte : symbols->build_id()) {
            name += kDigits[std::to_integer<unsigned>(byte) >> 4];
            name += kDigits[std::to_integer<unsigned>(byte) & 15];
        }
        if (name.size() < 4) return {};
        return ".build-id/" + name.substr(0, 2) + "/" + name.substr(2) + ".debug";
    }

    std::string target_;
    fs::path directory_, app_, debug_;
};

TEST_F(Stripped, NothingIsFoundWhereNothingIs) {
    EXPECT_FALSE(is_whole());
    EXPECT_TRUE(is_whole(files({directory_}))) << "without a link the name is app.debug";
    place("other.debug");
    EXPECT_FALSE(is_whole(files({directory_, "/no/such/directory", "", "+"})));
}

TEST_F(Stripped, ByBuildIdInAnotherDirectory) {
    if (build_id_name().empty()) GTEST_SKIP() << "the linker writes no build ids";
    place("store/" + build_id_name());
    EXPECT_FALSE(is_whole());
    EXPECT_TRUE(is_whole(files({directory_ / "store"})));
    EXPECT_TRUE(is_whole(files({"/no/such/directory", directory_.string() + "/store/"})));
}

TEST_F(Stripped, ByLinkInTheUsualPlacesAndInOthers) {
    change("--add-gnu-debuglink=" + debug_.string());
    EXPECT_FALSE(is_whole());
    EXPECT_TRUE(is_whole(files({directory_})));
    place("bin/.debug/app.debug");
    EXPECT_TRUE(is_whole());
    fs::create_symlink(app_, directory_ / "link");
    EXPECT_TRUE(kernel::DebugInfo::open(directory_ / "link").ok()) << "beside the file that the link means";
    debug_ = directory_ / "bin/.debug/app.debug";
    place("bin/other/app.debug");
    EXPECT_FALSE(is_whole());
    EXPECT_TRUE(is_whole(files({"other"}))) << "relative: beside the program";
    debug_ = directory_ / "bin/other/app.debug";
    place("tree" + app_.parent_path().string() + "/app.debug");
    EXPECT_TRUE(is_whole(files({directory_ / "tree"}))) << "with the program's own path below it";
}

TEST_F(Stripped, CheckSumWhereThereAreNoBuildIds) {
    ASSERT_TRUE(run("objcopy --remove-section=.note.gnu.build-id " + debug_.string()));
    change("--remove-section=.note.gnu.build-id");
    change("--add-gnu-debuglink=" + debug_.string());
    place("bin/.debug/app.debug");
    EXPECT_TRUE(is_whole());
    EXPECT_TRUE(is_whole(files({"+.debug"})));
    // The same contents in other bytes.
    std::ofstream(directory_ / "bin/.debug/app.debug", std::ios::app | std::ios::binary) << "x";
    EXPECT_FALSE(is_whole());
    EXPECT_FALSE(is_whole(files({"+" + (directory_ / "bin/.debug").string()})));
    EXPECT_TRUE(is_whole(files({directory_ / "bin/.debug"}))) << "whoever names the directory without + wants it so";
}

TEST_F(Stripped, AnotherBuildIsNotTakenByItsName) {
    if (build_id_name().empty()) GTEST_SKIP() << "the linker writes no build ids";
    change("--add-gnu-debuglink=" + debug_.string());
    ASSERT_TRUE(run("objcopy --only-keep-debug " + test_support::target_path("uprobe_shapes") + " " + debug_.string()));
    EXPECT_FALSE(is_whole(files({directory_})));
}

TEST_F(Stripped, PackedTableInside) {
    const std::string packed = (directory_ / "packed").string();
    if (!run("objcopy --strip-debug " + target_ + " " + packed + " && xz -f " + packed)) GTEST_SKIP() << "no xz here";
    change("--add-section .gnu_debugdata=" + packed + ".xz");
    const auto symbols = kernel::ElfSymbols::open(app_);
    ASSERT_TRUE(symbols.ok());
    const auto hidden = symbols->find("hidden");
    ASSERT_TRUE(hidden);
    EXPECT_EQ(hidden->address, kernel::ElfSymbols::open(target_)->find("hidden")->address);
    EXPECT_TRUE(kernel::find_object(app_, "counter").ok());
    EXPECT_EQ(kernel::DebugInfo::open(app_).error().errnum, ENODATA) << "it has names, no types";
}

TEST_F(Stripped, PackedTableThatIsNone) {
    const fs::path nonsense = directory_ / "nonsense";
    std::ofstream(nonsense) << "not packed at all";
    change("--add-section .gnu_debugdata=" + nonsense.string());
    const auto symbols = kernel::ElfSymbols::open(app_);
    ASSERT_TRUE(symbols.ok());
    EXPECT_FALSE(symbols->find("hidden"));
}

}  // namespace
