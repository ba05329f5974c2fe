#include "runtime/tracer/child_process.h"

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace tracer {
namespace {

/// What a command may take to end after SIGTERM.
constexpr int kPatienceMs = 1000;
/// Exit status of a child that was never released, and of one that could not execute its command (as a shell says it).
constexpr int kNotExecuted = 127;

base::Error fork_error(std::string reason, int errnum) {
    return base::Error{
        .message = "Failed to fork child: " + std::move(reason), .errnum = errnum, .hint = {}, .detail = {}};
}

bool is_executable(const std::string& path) {
    struct stat status = {};
    return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

base::Result<base::Fd> open_pidfd(int pid) {
    const long fd = syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) return base::error_from_errno("Unable to open pidfd", errno);
    return base::Fd(static_cast<int>(fd));
}

/// Path and arguments in memory that the child itself has written. Memory inherited by fork has no page of its own in
/// the child before the first access, and a program on sys_enter_execve, which may not fault, would read an empty path.
struct Arguments {
    char* path = nullptr;
    char** argv = nullptr;
};

Arguments copy_arguments(const std::string& path, const std::vector<std::string>& words) {
    std::size_t bytes = path.size() + 1 + (words.size() + 1) * sizeof(char*);
    for (const std::string& word : words)
        bytes += word.size() + 1;
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return {};
    Arguments out{.path = nullptr, .argv = static_cast<char**>(memory)};
    char* text = static_cast<char*>(memory) + (words.size() + 1) * sizeof(char*);
    const auto put = [&text](const std::string& from) {
        std::memcpy(text, from.c_str(), from.size() + 1);
        char* at = text;
        text += from.size() + 1;
        return at;
    };
    for (std::size_t i = 0; i < words.size(); ++i)
        out.argv[i] = put(words[i]);
    out.argv[words.size()] = nullptr;
    out.path = put(path);
    return out;
}

// What the child says when all that is left to do is to wait and to exec; anything else is an errno.
constexpr int kHeld = 0;

/// One number out of the pipe; false at its end.
bool read_number(int fd, int& number) {
    ssize_t got = 0;
    do {
        got = read(fd, &number, sizeof(number));
    } while (got < 0 && errno == EINTR);
    return got == static_cast<ssize_t>(sizeof(number));
}

[[noreturn]] void become(const std::string& path, const std::vector<std::string>& words, const Signals& signals,
                         int hold, int exec_status) {
    // If we are killed without a chance to clean up. Not inherited over exec of set-user-id programs, which may stay.
    // Had the tracer gone before this call, read() below would find the end of the pipe.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const Arguments arguments = copy_arguments(path, words);
    if (write(exec_status, &kHeld, sizeof(kHeld)) != sizeof(kHeld)) _exit(kNotExecuted);
    // The scripts see this call's end, and that it gave 4, as they do with the peer's.
    // End of file: the tracer went away, or ended before it let us go.
    int go = 0;
    if (!read_number(hold, go) || arguments.argv == nullptr) _exit(kNotExecuted);
    signals.restore();
    execv(arguments.path, arguments.argv);
    const int errnum = errno;
    (void)!write(exec_status, &errnum, sizeof(errnum));
    _exit(kNotExecuted);
}

}  // namespace

std::vector<std::string> split_command(std::string_view command) {
    std::vector<std::string> words;
    while (!command.empty()) {
        const std::size_t end = command.find(' ');
        if (end != 0) words.emplace_back(command.substr(0, end));
        command = end == std::string_view::npos ? std::string_view{} : command.substr(end + 1);
    }
    return words;
}

base::Result<std::string> find_executable(const std::string& word, std::string_view path) {
    std::vector<std::string> matches;
    if (word.find_first_of("*?[") != std::string::npos) {
        glob_t found = {};
        if (glob(word.c_str(), 0, nullptr, &found) == 0) {
            for (std::size_t i = 0; i < found.gl_pathc; ++i) {
                if (is_executable(found.gl_pathv[i])) matches.emplace_back(found.gl_pathv[i]);
            }
        }
        globfree(&found);
    } else if (word.find('/') != std::string::npos) {
        if (is_executable(word)) matches.push_back(word);
    } else {
        while (!word.empty() && matches.empty() && !path.empty()) {
            const std::size_t end = path.find(':');
            const std::string_view directory = path.substr(0, end);
            // An empty element means the current directory.
            const std::string candidate = (directory.empty() ? "." : std::string(directory)) + "/" + word;
            if (is_executable(candidate)) matches.push_back(candidate);
            path = end == std::string_view::npos ? std::string_view{} : path.substr(end + 1);
        }
    }
    if (matches.size() == 1) return matches.front();
    if (matches.empty()) {
        return fork_error(
            fmt::format("Path '{}' does not exist or is not executable ({})", word, std::strerror(ENOENT)), ENOENT);
    }
    return fork_error(
        fmt::format("Path '{}' must refer to a unique binary but matched {} binaries", word, matches.size()), EINVAL);
}

ChildProcess::~ChildProcess() {
    stop();
}

base::Status ChildProcess::start(std::string_view command, const Signals& signals) {
    const std::vector<std::string> words = split_command(command);
    const char* path = std::getenv("PATH");
    base::Result<std::string> executable =
        find_executable(words.empty() ? std::string() : words.front(), path == nullptr ? "/usr/bin:/bin" : path);
    if (!executable.ok()) return executable.take_error();

    int hold[2], exec_status[2];
    if (pipe2(hold, O_CLOEXEC) != 0) return fork_error(std::strerror(errno), errno);
    base::Fd hold_read(hold[0]);
    hold_ = base::Fd(hold[1]);
    if (pipe2(exec_status, O_CLOEXEC) != 0) return fork_error(std::strerror(errno), errno);
    exec_status_ = base::Fd(exec_status[0]);
    base::Fd exec_write(exec_status[1]);

    const int pid = fork();
    if (pid < 0) return fork_error(std::strerror(errno), errno);
    if (pid == 0) {
        // Our copy of the other end would keep read() waiting for ever.
        hold_.reset();
        become(*executable, words, signals, hold_read.get(), exec_write.get());
    }
    pid_ = pid;
    base::Result<base::Fd> pidfd = open_pidfd(pid);
    if (!pidfd.ok()) return pidfd.take_error("Failed to fork child");
    pidfd_ = std::move(pidfd).value();
    return {};
}

void ChildProcess::wait_until_held() {
    int held = kHeld;
    if (is_started() && !is_held_) (void)read_number(exec_status_.get(), held);
    is_held_ = true;
}

base::Status ChildProcess::release() {
    wait_until_held();
    const int go = 1;
    if (write(hold_.get(), &go, sizeof(go)) != sizeof(go)) return fork_error("it ended before it was started", 0);
    hold_.reset();
    int errnum = 0;
    const bool has_failed = read_number(exec_status_.get(), errnum);
    exec_status_.reset();
    // Closed by exec: it worked.
    if (!has_failed) return {};
    return fork_error(std::strerror(errnum), errnum);
}

std::string ChildProcess::reap() {
    int status = 0;
    if (has_ended_ || waitpid(pid_, &status, 0) != pid_) return {};
    has_ended_ = true;
    if (WIFSIGNALED(status)) return fmt::format("Child terminated by signal: {}", WTERMSIG(status));
    return fmt::format("Child exited with code: {}", WEXITSTATUS(status));
}

void ChildProcess::stop() {
    if (pid_ < 0 || has_ended_) return;
    // A held child sees the end of its pipe.
    hold_.reset();
    kill(pid_, SIGTERM);
    pollfd end{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    if (!pidfd_.is_open() || poll(&end, 1, kPatienceMs) != 1) kill(pid_, SIGKILL);
    (void)reap();
}

}  // namespace tracer
