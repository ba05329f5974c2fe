// tracer::Signals: the signals of a run as a file descriptor, and everything about them that has to be put back: for
// us at the end, for a child before it becomes another program. While it lives, SIGINT, SIGTERM, SIGHUP and SIGUSR1
// arrive only through take(), and a closed pipe is an error of write() instead of a death.
#pragma once

#include <csignal>
#include <optional>

#include "runtime/base/fd.h"

namespace tracer {

class Signals {
  public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Readable while a signal waits.
    [[nodiscard]] int fd() const { return fd_.get(); }
    /// The next waiting signal.
    [[nodiscard]] std::optional<int> take();
    /// In a forked child, before exec: the mask and dispositions we were started with. Async-signal-safe.
    void restore() const;

    [[nodiscard]] const sigset_t& original_mask() const { return original_mask_; }

  private:
    struct Disposition {
        int signal = 0;
        struct sigaction original = {};
    };

    base::Fd fd_;
    sigset_t original_mask_;
    Disposition dispositions_[5];
};

}  // namespace tracer
