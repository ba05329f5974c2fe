#include "runtime/tracer/globals.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "runtime/base/fd.h"

namespace tracer {
namespace {

/// The tracer's pid as the kernel's outermost namespace counts, as far as /proc tells.
std::uint64_t outermost_pid() {
    const base::Fd file(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    std::array<char, 4096> text{};
    const ssize_t size = file.is_open() ? read(file.get(), text.data(), text.size() - 1) : 0;
    const char* line = size > 0 ? std::strstr(text.data(), "NStgid:") : nullptr;
    const std::uint64_t pid = line == nullptr ? 0 : std::strtoull(line + 7, nullptr, 10);
    return pid != 0 ? pid : static_cast<std::uint64_t>(getpid());
}

}  // namespace

program::Globals first_globals(std::uint64_t child_pid) {
    program::Globals globals{};
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    globals.start_ns = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
    globals.child_pid = child_pid;
    globals.tracer_pid = outermost_pid();
    struct stat pid_namespace = {};
    if (::stat("/proc/self/ns/pid", &pid_namespace) == 0) {
        // As the kernel writes device numbers inside, not as stat(2) packs them.
        // PROC_PID_INIT_INO: the first pid namespace's number is the same on every kernel. 0 spares the programs the
        // dearer question for a pid in a namespace.
        if (pid_namespace.st_ino == 0xEFFFFFFCU) return globals;
        globals.pidns_dev = std::uint64_t{major(pid_namespace.st_dev)} << 20 | minor(pid_namespace.st_dev);
        globals.pidns_ino = pid_namespace.st_ino;
    }
    return globals;
}

}  // namespace tracer
