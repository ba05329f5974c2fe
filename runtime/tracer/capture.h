// tracer::Captures: the files that skboutput() writes, in the format of tcpdump (pcap): raw IP packets with the time
// the probe saw them. One file a path, begun anew with the first packet of a run. Knows no events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace tracer {

class Captures {
  public:
    /// wall_ns: since 1970. original_size: of the packet; bytes may be fewer. An error is given once a path.
    [[nodiscard]] base::Status add(const std::string& path, std::int64_t wall_ns, std::uint32_t original_size,
                                   std::span<const std::byte> bytes);

  private:
    struct File {
        base::Fd fd;
        bool has_failed = false;
    };
    std::map<std::string, File> files_;
};

}  // namespace tracer
