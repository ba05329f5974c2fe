// kernel::BtfBytes: the bytes of vmlinux BTF, mapped where the kernel allows it (no memory of ours, 0.06 ms), read
// otherwise. Owns the mapping. What the bytes mean is not its business.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "runtime/base/result.h"

namespace kernel {

class BtfBytes {
  public:
    /// path: raw BTF, or an ELF file with a .BTF section.
    [[nodiscard]] static base::Result<BtfBytes> open(const std::string& path);

    BtfBytes(BtfBytes&& other) noexcept;
    BtfBytes& operator=(BtfBytes&& other) noexcept;
    ~BtfBytes();

    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  private:
    BtfBytes() = default;
    void unmap();

    std::string read_;  ///< if it could not be mapped
    void* mapped_ = nullptr;
    std::size_t mapped_size_ = 0;
    std::span<const std::byte> bytes_;
};

}  // namespace kernel
