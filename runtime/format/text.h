// Small pieces of text: numbers and JSON strings, appended without allocations or locales, since they are what an event
// costs. Bytes that may be missing are read here too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace format {

void append_unsigned(std::string& out, std::uint64_t value);
void append_signed(std::string& out, std::int64_t value);
/// Without 0x.
void append_hex(std::string& out, std::uint64_t value);
/// Exactly `digits` digits, zero-padded.
void append_padded(std::string& out, std::uint64_t value, unsigned digits);

/// A number, or a string holding it if a double cannot represent it exactly (then JSON readers would change it).
void append_json_unsigned(std::string& out, std::uint64_t value);
void append_json_signed(std::string& out, std::int64_t value);

/// With its quotes. Valid UTF-8 passes, every other byte from 0x80 up becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// Without quotes.
void append_json_escaped(std::string& out, std::string_view text);

/// The bytes [offset, offset + size) as far as they exist.
[[nodiscard]] inline std::span<const std::byte> slice(std::span<const std::byte> bytes, std::size_t offset,
                                                      std::size_t size) {
    if (offset >= bytes.size()) return {};
    return bytes.subspan(offset, size < bytes.size() - offset ? size : bytes.size() - offset);
}

/// A little-endian integer of up to 8 bytes; missing bytes are zero.
[[nodiscard]] inline std::uint64_t read_unsigned(std::span<const std::byte> bytes, std::size_t offset,
                                                 std::size_t size) {
    std::uint64_t value = 0;
    const auto part = slice(bytes, offset, size < 8 ? size : 8);
    if (!part.empty()) std::memcpy(&value, part.data(), part.size());
    return value;
}

/// The lower `bits` of value, sign-extended.
[[nodiscard]] inline std::int64_t sign_extend(std::uint64_t value, unsigned bits) {
    if (bits == 0 || bits >= 64) return static_cast<std::int64_t>(value);
    const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
    value &= (sign << 1) - 1;
    return static_cast<std::int64_t>((value ^ sign) - sign);
}

}  // namespace format
