// kernel::Clocks: what to add to the clocks that programs read (boot, tai) to get wall-clock time.
#pragma once

#include <cstdint>

namespace kernel {

class Clocks {
  public:
    std::int64_t boot_to_wall_ns();
    std::int64_t tai_to_wall_ns();
    static std::int64_t wall_now_ns();

  private:
    void refresh();

    std::int64_t measured_at_ = -1;  ///< coarse monotonic clock; -1 = never
    std::int64_t boot_to_wall_ = 0, tai_to_wall_ = 0;
};

}  // namespace kernel
