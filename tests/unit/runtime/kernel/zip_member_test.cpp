#include "runtime/kernel/zip_member.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "runtime/kernel/elf_symbols.h"

namespace {

template <typename T>
void put(std::string& bytes, T value) {
    for (std::size_t i = 0; i < sizeof value; i++)
        bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

/// An archive as it grows, with its directory behind.
class Zip {
  public:
    /// Returns where the contents begin.
    std::size_t add(const std::string& name, const std::string& text, std::uint16_t method = 0) {
        const std::string extra = "extra";  // the directory has none: whoever takes its word for it errs by five bytes
        const auto begin = static_cast<std::uint32_t>(body_.size());
        put(body_, 0x04034b50u);
        entry(body_, text, method);
        put(body_, static_cast<std::uint16_t>(name.size()));
        put(body_, static_cast<std::uint16_t>(extra.size()));
        body_ += name + extra;
        const std::size_t result = body_.size();
        body_ += text;
        put(directory_, 0x02014b50u);
        put(directory_, std::uint16_t{20});
        entry(directory_, text, method);
        put(directory_, static_cast<std::uint16_t>(name.size()));
        directory_.append(12, '\0');  // extra, comment, disk, attributes
        put(directory_, begin);
        directory_ += name;
        return result;
    }
    [[nodiscard]] const std::string& directory() const { return directory_; }
    [[nodiscard]] std::string bytes(const std::string& comment = {}) const {
        std::string result = body_ + directory_;
        put(result, 0x06054b50u);
        result.append(8, '\0');
        put(result, static_cast<std::uint32_t>(directory_.size()));
        put(result, static_cast<std::uint32_t>(body_.size()));
        put(result, static_cast<std::uint16_t>(comment.size()));
        return result + comment;
    }

  private:
    /// From the version to the sizes, which both headers have alike.
    static void entry(std::string& bytes, const std::string& text, std::uint16_t method) {
        put(bytes, std::uint16_t{20});
        put(bytes, std::uint16_t{0});
        put(bytes, method);
        bytes.append(8, '\0');  // time, date, check sum
        put(bytes, static_cast<std::uint32_t>(text.size()));
        put(bytes, static_cast<std::uint32_t>(text.size()));
    }
    std::string body_, directory_;
};

/// One stored member, with every number where archives beyond four gigabytes have it; `begin` is where it lies.
std::string large_archive(const std::string& name, const std::string& text, std::uint64_t begin) {
    constexpr std::uint32_t kElsewhere = 0xffffffff;
    std::string local;
    put(local, 0x04034b50u);
    local.append(22, '\0');
    put(local, static_cast<std::uint16_t>(name.size()));
    put(local, std::uint16_t{0});
    local += name + text;
    std::string directory;
    put(directory, 0x02014b50u);
    directory.append(16, '\0');
    put(directory, kElsewhere);
    put(directory, kElsewhere);
    put(directory, static_cast<std::uint16_t>(name.size()));
    put(directory, std::uint16_t{5 + 28});
    directory.append(10, '\0');
    put(directory, kElsewhere);
    directory += name;
    directory += std::string("\x07\0\x01\0x", 5);  // another field first
    put(directory, std::uint16_t{1});
    put(directory, std::uint16_t{24});
    put(directory, std::uint64_t{text.size()});
    put(directory, std::uint64_t{text.size()});
    put(directory, begin);
    const std::uint64_t directory_begin = begin + local.size();
    std::string end;
    put(end, 0x06064b50u);
    end.append(36, '\0');
    put(end, std::uint64_t{directory.size()});
    put(end, directory_begin);
    put(end, 0x07064b50u);
    end.append(4, '\0');
    put(end, directory_begin + directory.size());
    end.append(4, '\0');
    put(end, 0x06054b50u);
    end.append(8, '\0');
    put(end, kElsewhere);
    put(end, kElsewhere);
    end.append(2, '\0');
    return local + directory + end;
}

class ZipFile : public testing::Test {
  protected:
    void write(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
    void TearDown() override { std::filesystem::remove(path_); }
    std::string path_ = std::filesystem::temp_directory_path() / ("bpfline-zip-" + std::to_string(::getpid()));
};

TEST_F(ZipFile, MembersByNameAndByPlace) {
    Zip zip;
    const std::size_t first = zip.add("a.txt", "some text"), packed = zip.add("packed.so", "xxxx", 8);
    const std::size_t empty = zip.add("empty", ""), last = zip.add("lib/b.so", "not a library");
    write(zip.bytes("a comment behind"));
    const auto found = kernel::find_zip_member(path_, "lib/b.so");
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->begin, last);
    EXPECT_EQ(found->size, 13u);
    EXPECT_EQ(kernel::zip_member_at(path_, first)->name, "a.txt");
    EXPECT_EQ(kernel::zip_member_at(path_, last + 12)->name, "lib/b.so");
    EXPECT_FALSE(kernel::zip_member_at(path_, last + 13));
    EXPECT_FALSE(kernel::zip_member_at(path_, packed)) << "compressed: nobody maps it";
    EXPECT_FALSE(kernel::zip_member_at(path_, empty));
    EXPECT_FALSE(kernel::zip_member_at(path_, 0)) << "a header";

    EXPECT_EQ(kernel::find_zip_member(path_, "b.so").error().errnum, ENOENT);
    EXPECT_EQ(kernel::find_zip_member(path_, "packed.so").error().errnum, ENOTSUP);
    EXPECT_EQ(kernel::find_zip_member("/no/such/file", "b.so").error().errnum, ENOENT);
    EXPECT_FALSE(kernel::ElfSymbols::open(path_ + "!/a.txt").ok()) << "no library, and not at a page";
}

TEST_F(ZipFile, ArchivesBeyondFourGigabytes) {
    // A hole of five gigabytes stands before the member.
    constexpr std::uint64_t kBegin = 5ull << 30;
    const std::string archive = large_archive("lib/far.so", "not a library", kBegin);
    std::ofstream file(path_, std::ios::binary);
    file.seekp(static_cast<std::streamoff>(kBegin));
    file << archive;
    file.close();
    const auto found = kernel::find_zip_member(path_, "lib/far.so");
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->begin, kBegin + 30 + 10);
    EXPECT_EQ(found->size, 13u);
    EXPECT_EQ(kernel::zip_member_at(path_, found->begin + 12)->name, "lib/far.so");
    EXPECT_FALSE(kernel::zip_member_at(path_, 100));
    // The same, small and damaged byte by byte.
    const std::string whole = large_archive("lib/far.so", "not a library", 0);
    write(whole);
    EXPECT_TRUE(kernel::find_zip_member(path_, "lib/far.so").ok());
    for (std::size_t at = 0; at < whole.size(); at++) {
        for (const char value : {'\xff', '\x7f', '\0'}) {
            std::string broken = whole;
            broken[at] = value;
            write(broken);
            (void)kernel::find_zip_member(path_, "lib/far.so");
            (void)kernel::zip_member_at(path_, 50);
        }
    }
}

TEST_F(ZipFile, PathsOfMembers) {
    const auto parts = kernel::member_path("/x/app.zip!/lib/b.so");
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->archive, "/x/app.zip");
    EXPECT_EQ(parts->member, "lib/b.so");
    EXPECT_EQ(kernel::file_of("/x/app.zip!/lib/b.so"), "/x/app.zip");
    EXPECT_EQ(kernel::file_of("/x/app"), "/x/app");
    EXPECT_FALSE(kernel::member_path("/x/app.zip"));
    EXPECT_FALSE(kernel::member_path("!/lib"));
    EXPECT_FALSE(kernel::member_path("/x/app.zip!/"));
    std::filesystem::create_directories(path_ + "!");
    std::ofstream(path_ + "!/file") << "x";
    EXPECT_FALSE(kernel::member_path(path_ + "!/file")) << "there is a file of this name";
    std::filesystem::remove_all(path_ + "!");
}

TEST_F(ZipFile, CutAndBrokenArchives) {
    Zip zip;
    zip.add("a.txt", "some text");
    zip.add("b.txt", "more text");
    const std::string whole = zip.bytes();
    for (std::size_t length = 0; length < whole.size(); length++) {
        write(whole.substr(0, length));
        EXPECT_FALSE(kernel::find_zip_member(path_, "a.txt").ok()) << length;
    }
    for (std::size_t at = 0; at < whole.size(); at++) {
        std::string broken = whole;
        broken[at] = static_cast<char>(0xff);
        write(broken);
        (void)kernel::find_zip_member(path_, "b.txt");
        (void)kernel::zip_member_at(path_, 50);
    }
    std::size_t entries = 0;
    const std::string& directory = zip.directory();
    kernel::read_zip_directory(std::as_bytes(std::span(directory.data(), directory.size() - 1)),
                               [&entries](const kernel::ZipEntry&) { return ++entries > 0; });
    EXPECT_EQ(entries, 1u) << "the second is cut";
}

}  // namespace
