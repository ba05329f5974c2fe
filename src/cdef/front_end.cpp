#include "src/cdef/front_end.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runtime/base/fd.h"

extern char** environ;  // NOLINT: POSIX says so

namespace cdef {

namespace {

/// Nobody includes more into a script.
constexpr std::size_t kMostText = 64 << 20;

/// Standard output of a program and its status; -1: it could not be started.
int run(const std::vector<std::string>& words, std::string& output) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
    base::Fd reading(ends[0]), writing(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    std::vector<char*> argv;
    for (const std::string& word : words)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    pid_t child = -1;
    const int failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    writing.reset();
    if (failed != 0) return -1;
    std::array<char, 65536> part{};
    while (true) {
        const ssize_t size = read(reading.get(), part.data(), part.size());
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) break;
        if (output.size() < kMostText) output.append(part.data(), static_cast<std::size_t>(size));
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

FrontEndOutput preprocess(const std::string& header, const std::vector<std::string>& include_dirs) {
    FrontEndOutput made;
    bool is_installed = false;
    for (const char* compiler : {"clang", "gcc"}) {
        std::vector<std::string> words{compiler, "-E", "-dD", "-P", "-x", "c", "-D__BPF_TRACING__"};
        for (const std::string& folder : include_dirs)
            words.push_back("-I" + folder);
        words.push_back(header);
        std::string text;
        const int status = run(words, text);
        // 127 is what a spawned shell-less child leaves when there is no such program.
        if (status == -1 || status == 127) continue;
        is_installed = true;
        if (status != 0) continue;
        made.is_read = true;
        made.text = std::move(text);
        return made;
    }
    made.message = is_installed ? "the installed C compiler refuses it as well"
                                : "with a C compiler installed (package clang or gcc) more of C could be read";
    return made;
}

}  // namespace cdef
