#include "runtime/tracer/capture.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace tracer {
namespace {

/// https://www.tcpdump.org/manpages/pcap-savefile.5.html; in the machine's byte order, which readers tell by the magic.
struct FileHeader {
    std::uint32_t magic = 0xa1b23c4d;  ///< times in nanoseconds
    std::uint16_t major = 2, minor = 4;
    std::uint32_t zone = 0, accuracy = 0;
    std::uint32_t longest = 262144;
    std::uint32_t link_type = 101;  ///< LINKTYPE_RAW: begins with the IP header
};
static_assert(sizeof(FileHeader) == 24);

struct PacketHeader {
    std::uint32_t seconds, nanoseconds, captured, original;
};

bool write_all(int fd, const void* bytes, std::size_t size) {
    const char* at = static_cast<const char*>(bytes);
    while (size > 0) {
        const ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        at += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

}  // namespace

base::Status Captures::add(const std::string& path, std::int64_t wall_ns, std::uint32_t original_size,
                           std::span<const std::byte> bytes) {
    const auto [entry, is_new] = files_.try_emplace(path);
    File& file = entry->second;
    if (file.has_failed) return {};
    const auto fail = [&]() -> base::Status {
        const int errnum = errno;
        file.has_failed = true;
        return base::error_from_errno("writing packets to '" + path + "'", errnum);
    };
    if (is_new) {
        file.fd = base::Fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644));
        if (!file.fd.is_open()) return fail();
        const FileHeader header;
        if (!write_all(file.fd.get(), &header, sizeof(header))) return fail();
    }
    const PacketHeader packet{static_cast<std::uint32_t>(wall_ns / 1'000'000'000),
                              static_cast<std::uint32_t>(wall_ns % 1'000'000'000),
                              static_cast<std::uint32_t>(bytes.size()), original_size};
    std::vector<std::byte> whole(sizeof(packet) + bytes.size());
    std::memcpy(whole.data(), &packet, sizeof(packet));
    if (!bytes.empty()) std::memcpy(whole.data() + sizeof(packet), bytes.data(), bytes.size());
    if (!write_all(file.fd.get(), whole.data(), whole.size())) return fail();
    return {};
}

}  // namespace tracer
