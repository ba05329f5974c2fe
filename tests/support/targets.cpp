#include "tests/support/targets.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace test_support {

std::string target_path(std::string_view name) {
    std::array<char, 4096> self;
    const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size());
    if (size <= 0) return {};
    std::string path(self.data(), static_cast<std::size_t>(size));
    path.resize(path.rfind('/') + 1);
    path += "targets/";
    path += name;
    return ::access(path.c_str(), X_OK) == 0 ? path : std::string();
}

int run_target(const std::string& path) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(path.c_str(), path.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace test_support
