// kernel::MappingEvents: what every process maps for execution from now on, as the kernel reports it (perf's MMAP2,
// COMM and FORK records), so that addresses of processes that are gone by the time somebody asks still have names.
// Given to Symbolizer. Knows neither symbols nor what became of what it reported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/kernel/processes.h"

namespace kernel {

class MappingEvents {
  public:
    struct Handlers {
        std::function<void(std::uint32_t pid, Mapping mapping)> mapped;
        std::function<void(std::uint32_t pid)> executed;  ///< another program: its old mappings are gone
        std::function<void(std::uint32_t pid, std::uint32_t parent)> forked;
    };

    /// One buffer for each of these processors. Error: perf events are not allowed here.
    [[nodiscard]] static base::Result<MappingEvents> open(std::span<const int> cpus);
    MappingEvents(MappingEvents&& other) noexcept = default;
    MappingEvents& operator=(MappingEvents&& other) noexcept;
    ~MappingEvents();

    /// Hands over everything reported so far.
    void drain(const Handlers& handlers);

  private:
    struct Buffer {
        base::Fd event;
        void* memory = nullptr;
    };
    MappingEvents() = default;
    void unmap();

    std::vector<Buffer> buffers_;
};

/// One record: header and body, without the time behind it. Public for tests: a kernel's bytes are input like any
/// other.
void read_mapping_record(std::span<const std::byte> record, const MappingEvents::Handlers& handlers);

}  // namespace kernel
