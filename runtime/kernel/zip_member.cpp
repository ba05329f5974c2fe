// Numbers and offsets are those of PKWARE's APPNOTE: 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (its end); beyond
// four gigabytes 4.3.14 (ZIP64 end), 4.3.15 (its locator) and 4.5.3 (the extra field).
#include "runtime/kernel/zip_member.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "runtime/base/fd.h"

namespace kernel {
namespace {

constexpr std::string_view kSeparator = "!/";

constexpr std::size_t kLocalSize = 30, kEntrySize = 46, kEndSize = 22;
constexpr std::uint32_t kLocalMark = 0x04034b50, kEntryMark = 0x02014b50, kEndMark = 0x06054b50;
constexpr std::size_t kLocatorSize = 20, kLargeEndSize = 56;
constexpr std::uint32_t kLocatorMark = 0x07064b50, kLargeEndMark = 0x06064b50;
/// Stands where a number has no room: it is in the ZIP64 end or the ZIP64 extra field.
constexpr std::uint32_t kElsewhere = 0xffffffff;
constexpr std::uint16_t kLargeField = 1;

/// A comment may stand behind the end record.
constexpr std::size_t kLongestComment = 0xffff;
/// A million members; more is no package of a program.
constexpr std::size_t kLargestDirectory = 64 << 20;

template <typename T>
T number_at(std::span<const std::byte> bytes, std::size_t at) {
    T value{};
    if (at + sizeof value <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::vector<std::byte> read_at(int fd, std::uint64_t offset, std::size_t size) {
    std::vector<std::byte> bytes(size);
    std::size_t got = 0;
    while (got < size) {
        const ssize_t part = ::pread(fd, bytes.data() + got, size - got, static_cast<off_t>(offset + got));
        if (part <= 0) break;
        got += static_cast<std::size_t>(part);
    }
    bytes.resize(got);
    return bytes;
}

struct Extent {
    std::uint64_t begin = 0, size = 0;
};

/// Of the directory; `end` is where its end record lies in the file, `record` the record's bytes.
std::optional<Extent> directory_extent(int fd, std::uint64_t end, std::span<const std::byte> record) {
    const Extent extent{number_at<std::uint32_t>(record, 16), number_at<std::uint32_t>(record, 12)};
    if (extent.begin != kElsewhere && extent.size != kElsewhere) return extent;
    if (end < kLocatorSize) return std::nullopt;
    const auto locator = read_at(fd, end - kLocatorSize, kLocatorSize);
    if (number_at<std::uint32_t>(locator, 0) != kLocatorMark) return std::nullopt;
    const auto large = read_at(fd, number_at<std::uint64_t>(locator, 8), kLargeEndSize);
    if (number_at<std::uint32_t>(large, 0) != kLargeEndMark) return std::nullopt;
    return Extent{number_at<std::uint64_t>(large, 48), number_at<std::uint64_t>(large, 40)};
}

/// Numbers that have no room in an entry, in this order: size, compressed size, place of the header.
bool read_large_field(std::span<const std::byte> extra, std::uint64_t& size, std::uint64_t& packed,
                      std::uint64_t& header) {
    while (extra.size() >= 4) {
        const std::size_t length = number_at<std::uint16_t>(extra, 2);
        if (4 + length > extra.size()) return false;
        if (number_at<std::uint16_t>(extra, 0) == kLargeField) {
            std::span<const std::byte> numbers = extra.subspan(4, length);
            for (std::uint64_t* value : {&size, &packed, &header}) {
                if (*value != kElsewhere) continue;
                if (numbers.size() < sizeof *value) return false;
                *value = number_at<std::uint64_t>(numbers, 0);
                numbers = numbers.subspan(sizeof *value);
            }
            return true;
        }
        extra = extra.subspan(4 + length);
    }
    return false;
}

/// An archive with its directory in memory.
struct Archive {
    base::Fd fd;
    std::vector<std::byte> directory;

    static base::Result<Archive> open(const std::string& path) {
        const base::Error no_archive{.message = path + " is no ZIP archive", .errnum = ENOEXEC};
        Archive result;
        result.fd = base::Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!result.fd.is_open()) return base::error_from_errno("opening " + path, errno);
        struct stat status {};
        if (::fstat(result.fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return no_archive;
        const auto size = static_cast<std::uint64_t>(status.st_size);
        const std::size_t tail_size = std::min<std::uint64_t>(size, kEndSize + kLongestComment);
        const auto tail = read_at(result.fd.get(), size - tail_size, tail_size);
        for (std::size_t at = tail.size() < kEndSize ? 0 : tail.size() - kEndSize + 1; at-- > 0;) {
            if (number_at<std::uint32_t>(tail, at) != kEndMark) continue;
            const auto extent =
                directory_extent(result.fd.get(), size - tail_size + at, std::span(tail).subspan(at, kEndSize));
            if (!extent || extent->size > kLargestDirectory || extent->begin > size) return no_archive;
            result.directory = read_at(result.fd.get(), extent->begin, static_cast<std::size_t>(extent->size));
            return result;
        }
        return no_archive;
    }

    /// The member's own header repeats name and extra field, and the latter may differ from the directory's.
    [[nodiscard]] std::optional<ZipMember> place(const ZipEntry& entry) const {
        const auto header = read_at(fd.get(), entry.header, kLocalSize);
        if (header.size() < kLocalSize || number_at<std::uint32_t>(header, 0) != kLocalMark) return std::nullopt;
        const std::uint64_t before =
            kLocalSize + number_at<std::uint16_t>(header, 26) + std::uint64_t{number_at<std::uint16_t>(header, 28)};
        return ZipMember{std::string(entry.name), entry.header + before, entry.size};
    }
};

}  // namespace

std::optional<MemberPath> member_path(const std::string& path) {
    const std::size_t at = path.find(kSeparator);
    if (at == std::string::npos || at == 0 || at + kSeparator.size() == path.size()) return std::nullopt;
    if (::access(path.c_str(), F_OK) == 0) return std::nullopt;
    return MemberPath{path.substr(0, at), path.substr(at + kSeparator.size())};
}

std::string file_of(const std::string& path) {
    const auto parts = member_path(path);
    return parts ? parts->archive : path;
}

void read_zip_directory(std::span<const std::byte> directory, const std::function<bool(const ZipEntry&)>& visit) {
    while (directory.size() >= kEntrySize && number_at<std::uint32_t>(directory, 0) == kEntryMark) {
        const std::size_t name = number_at<std::uint16_t>(directory, 28);
        const std::size_t extra = number_at<std::uint16_t>(directory, 30);
        const std::size_t whole = kEntrySize + name + extra + number_at<std::uint16_t>(directory, 32);
        if (whole > directory.size()) return;
        ZipEntry entry;
        entry.name = {reinterpret_cast<const char*>(directory.data()) + kEntrySize, name};
        entry.header = number_at<std::uint32_t>(directory, 42);
        entry.size = number_at<std::uint32_t>(directory, 24);
        std::uint64_t packed = number_at<std::uint32_t>(directory, 20);
        const bool is_large = entry.size == kElsewhere || entry.header == kElsewhere || packed == kElsewhere;
        const bool is_known = !is_large || read_large_field(directory.subspan(kEntrySize + name, extra), entry.size,
                                                            packed, entry.header);
        // Method 0; bit 0 of the flags: encrypted. Nothing in a file lies beyond the largest offset.
        constexpr std::uint64_t kLargestOffset = 0x7fffffffffffffff - (1 << 20);
        entry.is_stored = number_at<std::uint16_t>(directory, 10) == 0 &&
                          (number_at<std::uint16_t>(directory, 8) & 1) == 0 && is_known &&
                          entry.size < kLargestOffset && entry.header < kLargestOffset - entry.size;
        if (!visit(entry)) return;
        directory = directory.subspan(whole);
    }
}

base::Result<ZipMember> find_zip_member(const std::string& archive, std::string_view name) {
    auto opened = Archive::open(archive);
    if (!opened.ok()) return opened.take_error();
    std::optional<ZipEntry> found;
    read_zip_directory(opened->directory, [&](const ZipEntry& entry) {
        if (entry.name == name) found = entry;
        return !found;
    });
    if (!found) return base::Error{.message = archive + " has no member " + std::string(name), .errnum = ENOENT};
    if (!found->is_stored) {
        return base::Error{.message = std::string(name) + " is compressed inside " + archive,
                           .errnum = ENOTSUP,
                           .hint = "a program cannot run it from there; probe the file that it unpacks"};
    }
    const auto member = opened->place(*found);
    if (!member) return base::Error{.message = archive + " is damaged", .errnum = ENOEXEC};
    return *member;
}

std::optional<ZipMember> zip_member_at(const std::string& archive, std::uint64_t offset) {
    const auto opened = Archive::open(archive);
    if (!opened.ok()) return std::nullopt;
    std::optional<ZipMember> found;
    read_zip_directory(opened->directory, [&](const ZipEntry& entry) {
        if (!entry.is_stored || entry.header > offset || offset - entry.header > entry.size + 3 * kLongestComment)
            return true;
        found = opened->place(entry);
        if (found && (offset < found->begin || offset - found->begin >= found->size)) found.reset();
        return !found;
    });
    return found;
}

}  // namespace kernel
