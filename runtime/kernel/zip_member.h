// kernel zip_member: libraries inside ZIP archives, which some linkers (Android's) map without unpacking them. Named
// "archive.zip!/lib/x.so" wherever a program or library is named by its path. Only members that are stored as they are
// can be mapped, so only these are of any use here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace kernel {

/// "archive.zip" and "lib/x.so" of "archive.zip!/lib/x.so". Nothing where a file of just that name exists.
struct MemberPath {
    std::string archive, member;
};
[[nodiscard]] std::optional<MemberPath> member_path(const std::string& path);
/// What to open, map or attach to: the archive of such a path, any other path as it is.
[[nodiscard]] std::string file_of(const std::string& path);

/// Where a member's bytes lie in the archive.
struct ZipMember {
    std::string name;
    std::uint64_t begin = 0, size = 0;
};
/// Error with ENOENT: no such member; ENOTSUP: compressed; ENOEXEC: no archive.
[[nodiscard]] base::Result<ZipMember> find_zip_member(const std::string& archive, std::string_view name);
/// The stored member that a byte of the archive belongs to. Nothing: none, or no archive.
[[nodiscard]] std::optional<ZipMember> zip_member_at(const std::string& archive, std::uint64_t offset);

/// An entry of an archive's directory.
struct ZipEntry {
    std::string_view name;
    std::uint64_t header = 0;  ///< where the member's own header begins
    std::uint64_t size = 0;    ///< unpacked
    bool is_stored = false;
};
/// Calls visit for each entry until it returns false. `directory`: the bytes of the central directory.
void read_zip_directory(std::span<const std::byte> directory, const std::function<bool(const ZipEntry&)>& visit);

}  // namespace kernel
