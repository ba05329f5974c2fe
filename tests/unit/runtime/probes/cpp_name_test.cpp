#include "runtime/probes/cpp_name.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "runtime/kernel/files.h"
#include "runtime/probes/binary_path.h"

namespace {

TEST(CppName, Demangling) {
    EXPECT_EQ(probes::demangled("_ZN4brew4Tank4fillEi"), "brew::Tank::fill(int)");
    EXPECT_EQ(probes::demangled("main"), "");
    EXPECT_EQ(probes::demangled("_Z"), "");
    EXPECT_EQ(probes::demangled(""), "");
}

TEST(CppName, WithoutParametersAndResults) {
    const std::pair<const char*, const char*> rows[]{
        {"brew::Tank::fill(int)", "brew::Tank::fill"},
        {"A::b(int) const", "A::b"},
        {"A::b() const &", "A::b"},
        {"long brew::twice<long>(long)", "brew::twice<long>"},
        {"std::vector<int, std::allocator<int> > make<int>()", "make<int>"},
        {"(anonymous namespace)::run()", "(anonymous namespace)::run"},
        {"f(int) [clone .cold]", "f"},
        {"call(void (*)(int))", "call"},
        {"A::operator()(int) const", "A::operator()"},
        {"operator new(unsigned long)", "operator new"},
        {"A::operator unsigned long() const", "A::operator unsigned long"},
        {"vtable for A", "A"},
        {"main", "main"},
        {"", ""},
        {")", ")"},
    };
    for (const auto& [whole, name] : rows)
        EXPECT_EQ(probes::without_parameters(whole), name) << whole;
}

TEST(CppName, PatternsWithParenthesesMeanTheWhole) {
    const char* name = "brew::boil(int, char)";
    EXPECT_TRUE(probes::is_cpp_match("brew::boil", name));
    EXPECT_TRUE(probes::is_cpp_match("brew::*", name));
    EXPECT_TRUE(probes::is_cpp_match("brew::boil(int, char)", name));
    EXPECT_TRUE(probes::is_cpp_match("brew::boil(*char)", name));
    EXPECT_FALSE(probes::is_cpp_match("brew::boil(int)", name));
    EXPECT_FALSE(probes::is_cpp_match("boil", name));
    EXPECT_TRUE(probes::is_cpp_match("a::(anonymous namespace)::f", "a::(anonymous namespace)::f(int)"));
    EXPECT_TRUE(probes::is_cpp_match("A::operator()", "A::operator()(int) const"));
    EXPECT_FALSE(probes::is_cpp_match("a::(anonymous namespace)::f(long)", "a::(anonymous namespace)::f(int)"));
    EXPECT_TRUE(probes::is_cpp_match("brew::twice<long>", "long brew::twice<long>(long)"));
    EXPECT_TRUE(probes::is_cpp_match("brew::twice<long>(long)", "long brew::twice<long>(long)"));
}

TEST(BinaryPath, LibrariesInTheLinkersCache) {
    const auto cache = kernel::read_text("/etc/ld.so.cache");
    if (!cache.ok()) GTEST_SKIP() << "no cache here";
    EXPECT_TRUE(probes::library_in_cache(*cache, "libc.so.6").ends_with("/libc.so.6"));
    EXPECT_TRUE(probes::library_in_cache(*cache, "libc").ends_with("/libc.so.6"));
    EXPECT_EQ(probes::library_in_cache(*cache, "libnosuchthing"), "");
    EXPECT_EQ(probes::library_in_cache("", "libc"), "");
    // Cut off anywhere: nothing is read beyond the end.
    for (std::size_t size = 0; size < cache->size(); size += 97)
        (void)probes::library_in_cache(std::string_view(*cache).substr(0, size), "libc");
}

TEST(BinaryPath, NamesAndPatterns) {
    EXPECT_EQ(probes::find_binaries("uprobe", "/no/such/file", -1).paths.size(), 0u);
    EXPECT_EQ(probes::find_binaries("uprobe", "/etc/passwd", -1).paths.size(), 0u) << "not a program";
    const auto libc = probes::find_binaries("uprobe", "libc", -1).paths;
    ASSERT_EQ(libc.size(), 1u);
    EXPECT_TRUE(libc[0].starts_with('/')) << libc[0];
    const auto self = probes::find_binaries("uprobe", "", ::getpid()).paths;
    ASSERT_EQ(self.size(), 1u);
    EXPECT_TRUE(self[0].starts_with("/proc/" + std::to_string(::getpid()) + "/root/")) << self[0];
    const auto mapped = probes::find_binaries("uprobe", "*", ::getpid()).paths;
    EXPECT_GT(mapped.size(), 1u) << "the libraries too";
    const auto running = probes::find_running("sh").paths;
    const std::string own = std::filesystem::read_symlink("/proc/self/exe");
    EXPECT_NE(std::find(running.begin(), running.end(), own), running.end()) << "this process";
    EXPECT_NE(std::find(running.begin(), running.end(), std::filesystem::canonical("/bin/sh").string()), running.end())
        << "what -c will start";
    EXPECT_GE(running.size(), mapped.size() - 1);
    // /bin and /usr/bin are one: no warning about two.
    const auto shell = probes::find_binaries("uprobe", "sh", -1);
    EXPECT_EQ(shell.paths.size(), 1u);
    EXPECT_EQ(shell.warning, "");
}

}  // namespace
