// tracer::ChildProcess: the command of -c. Forked before anything is attached, so that its pid is known, and held until
// release(); ended with us if it outlives the run. Takes the command as the user wrote it; knows nothing of probes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/tracer/signals.h"

namespace tracer {

/// Words between blanks; no quoting.
[[nodiscard]] std::vector<std::string> split_command(std::string_view command);
/// The file to execute: as given if there is a slash in it, else the first executable of that name along `path`.
[[nodiscard]] base::Result<std::string> find_executable(const std::string& word, std::string_view path);

class ChildProcess {
  public:
    ChildProcess() = default;
    /// Ends it if it still lives.
    ~ChildProcess();
    ChildProcess(ChildProcess&&) = delete;

    /// Forks; the child waits for release().
    [[nodiscard]] base::Status start(std::string_view command, const Signals& signals);
    /// Returns when it makes no more system calls of ours: to be called before probes are attached, which would see
    /// them.
    void wait_until_held();
    /// Lets it become the command; returns when it has, or with the reason why not.
    [[nodiscard]] base::Status release();
    /// SIGTERM, and after a while SIGKILL.
    void stop();

    [[nodiscard]] bool is_started() const { return pid_ > 0; }
    [[nodiscard]] int pid() const { return pid_; }
    /// Readable when it has ended.
    [[nodiscard]] int pidfd() const { return pidfd_.get(); }
    /// Collects its status: "Child exited with code: 3". Only when pidfd() is readable.
    [[nodiscard]] std::string reap();

  private:
    int pid_ = -1;
    bool has_ended_ = false;
    bool is_held_ = false;
    base::Fd pidfd_, hold_, exec_status_;
};

}  // namespace tracer
