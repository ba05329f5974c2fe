#include "src/commands/trace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "src/commands/privileges.h"
#include "src/driver/driver.h"

namespace commands {
namespace {

using driver::Action;

// What diagnostics call a program that has no file.
constexpr char kNoFile[] = "stdin";

base::Result<std::string> read_to_end(int fd, const std::string& path) {
    std::string text;
    std::array<char, 16384> part;
    while (true) {
        const ssize_t size = read(fd, part.data(), part.size());
        if (size == 0) return text;
        if (size > 0) {
            text.append(part.data(), static_cast<std::size_t>(size));
            continue;
        }
        const int errnum = errno;
        if (errnum == EINTR) continue;
        return base::Error{fmt::format("failed to read file '{}': {}", path, std::strerror(errnum)), errnum, {}, {}};
    }
}

base::Result<driver::Program> read_program(const std::string& path) {
    if (path == "-") {
        base::Result<std::string> text = read_to_end(STDIN_FILENO, kNoFile);
        if (!text) return text.take_error();
        return driver::Program{kNoFile, std::move(*text)};
    }
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        const int errnum = errno;
        return base::Error{fmt::format("failed to open file '{}': {}", path, std::strerror(errnum)), errnum, {}, {}};
    }
    base::Result<std::string> text = read_to_end(fd, path);
    close(fd);
    if (!text) return text.take_error();
    if (text->starts_with("\x7f"
                          "ELF")) {
        return base::Error{fmt::format("'{}' is a program, not a script", path),
                           ENOEXEC,
                           fmt::format("its functions: -l 'uprobe:{0}:*', its static probes: -l 'usdt:{0}:*'", path),
                           {}};
    }
    return driver::Program{path, std::move(*text)};
}

bool is_file(const std::string& path) {
    struct stat status;
    return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// One word after -l is a script if there is such a file, else a pattern.
base::Result<void> find_what_to_list(driver::Request& request, driver::Reporter& reporter) {
    const std::string& pattern = request.list_pattern;
    if (is_file(pattern) || pattern == "-") {
        base::Result<driver::Program> program = read_program(pattern);
        if (!program) return program.take_error();
        request.program = std::move(*program);
        request.list_pattern.clear();
    } else if (pattern.find('.') != std::string::npos && pattern.find_first_of(":*") == std::string::npos) {
        reporter.warning(
            fmt::format("It appears that '{}' is a filename but the file does not exist. Treating '{}' as a "
                        "search pattern.",
                        pattern, pattern));
    }
    return {};
}

// pidfd_open is the same question the tracer asks later; here it is asked before anything is compiled.
base::Result<void> check_process(std::int32_t pid) {
    const long fd = syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) {
        const int errnum = errno;
        return base::Error{
            fmt::format("Failed to attach to pid: Unable to open pidfd ({})", std::strerror(errnum)), errnum, {}, {}};
    }
    close(static_cast<int>(fd));
    return {};
}

// These look at the program alone.
bool works_without_rights(const driver::Request& request) {
    return request.action == Action::format || request.mode == driver::Mode::codegen;
}

}  // namespace

int trace(driver::Request request, const Source& source, std::string_view program_name, driver::Reporter& reporter) {
    if (!works_without_rights(request)) {
        if (const auto refusal = missing_privilege(program_name)) {
            reporter.error(*refusal);
            return 1;
        }
    }
    if (source.text) {
        request.program = driver::Program{kNoFile, *source.text};
    } else if (source.path) {
        base::Result<driver::Program> program = read_program(*source.path);
        if (!program) {
            reporter.error(program.error());
            return 1;
        }
        request.program = std::move(*program);
    } else if (request.action == Action::list && !request.list_pattern.empty()) {
        if (const auto found = find_what_to_list(request, reporter); !found) {
            reporter.error(found.error());
            return 1;
        }
    }
    if (request.pid) {
        if (const auto process = check_process(*request.pid); !process) {
            reporter.error(process.error());
            return 1;
        }
    }
    return driver::run(request, reporter);
}

}  // namespace commands
