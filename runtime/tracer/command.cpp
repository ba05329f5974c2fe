#include "runtime/tracer/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tracer {
namespace {

/// Appends what is there; false at the end of the file.
bool read_available(int fd, std::string& out) {
    std::array<char, 16384> piece;
    for (;;) {
        const ssize_t got = read(fd, piece.data(), piece.size());
        if (got > 0) {
            out.append(piece.data(), static_cast<std::size_t>(got));
            continue;
        }
        if (got < 0 && errno == EINTR) continue;
        return got < 0 && errno == EAGAIN;
    }
}

int spawn_shell(const std::string& command, int standard_output, const Signals& signals, int& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, standard_output, STDOUT_FILENO);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &signals.original_mask());
    sigset_t defaults;
    sigemptyset(&defaults);
    // We ignore it; commands expect to die of it.
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    std::string shell = "sh", option = "-c", text = command;
    char* argv[] = {shell.data(), option.data(), text.data(), nullptr};
    const int result = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

}  // namespace

base::Result<CommandResult> run_command(const std::string& command, const Signals& signals,
                                        const std::function<bool()>& on_interrupt) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return base::error_from_errno("starting a command", errno);
    base::Fd reading(ends[0]), writing(ends[1]);
    // Ours alone: the command writes to the other end.
    fcntl(reading.get(), F_SETFL, O_NONBLOCK);

    int pid = -1;
    if (const int errnum = spawn_shell(command, writing.get(), signals, pid); errnum != 0) {
        return base::error_from_errno("starting a command", errnum);
    }
    writing.reset();
    const base::Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));

    CommandResult result;
    std::array<pollfd, 3> fds{pollfd{.fd = process.get(), .events = POLLIN, .revents = 0},
                              pollfd{.fd = signals.fd(), .events = POLLIN, .revents = 0},
                              pollfd{.fd = reading.get(), .events = POLLIN, .revents = 0}};
    for (;;) {
        if (poll(fds.data(), fds.size(), -1) < 0) continue;
        if (fds[2].revents != 0 && !read_available(reading.get(), result.output)) fds[2].fd = -1;
        if (fds[1].revents != 0 && !on_interrupt()) kill(pid, SIGKILL);
        // The shell's end counts, not the pipe's: something it left in the background may hold that open.
        if (fds[0].revents != 0 || (!process.is_open() && fds[2].fd < 0)) break;
    }
    if (fds[2].fd >= 0) (void)read_available(reading.get(), result.output);
    int status = 0;
    waitpid(pid, &status, 0);
    result.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return result;
}

}  // namespace tracer
