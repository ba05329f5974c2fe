// codegen::SyscallPlan: which events of system calls are seen through the raw events sys_enter and sys_exit instead of
// tracepoints of their own. A raw event costs half as much a call, and to let go of one takes microseconds where a
// tracepoint takes a grace period of the kernel, each: the difference between a second and half a minute for
// tracepoint:syscalls:*. Only where nobody can tell the difference: see the .cpp. Taken by codegen.cpp and
// ProbeEmitter.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/codegen/codegen.h"

namespace codegen {

struct SyscallEvent {
    bool is_exit = false;
    std::uint32_t number = 0;
};

/// What one BPF program has to know about the system calls it is for.
struct SyscallRole {
    bool is_raw = false;  ///< it is on the raw event and looks at the number itself
    bool is_exit = false;
    std::uint32_t number = 0;  ///< the only one, unless there is a table
    SyscallAccess access;      ///< if raw
};

class SyscallPlan {
  public:
    SyscallPlan(const typed::Script& script, const Options& options);

    /// The probe is one of a system call whose number is known.
    [[nodiscard]] const std::optional<SyscallEvent>& event(std::size_t probe) const { return events_[probe]; }
    /// It is seen through the raw event.
    [[nodiscard]] bool is_raw(std::size_t probe) const { return raw_[probe]; }
    /// Set if any probe is.
    [[nodiscard]] const std::optional<SyscallAccess>& access() const { return access_; }

  private:
    std::vector<std::optional<SyscallEvent>> events_;
    std::vector<bool> raw_;
    std::optional<SyscallAccess> access_;
};

}  // namespace codegen
