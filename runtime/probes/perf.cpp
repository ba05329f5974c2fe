#include "runtime/probes/perf.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "runtime/base/text.h"

namespace probes::perf {
namespace {

std::string first_line(const std::string& path) {
    std::array<char, 64> text{};
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open()) return {};
    const ssize_t size = ::read(fd.get(), text.data(), text.size() - 1);
    return size <= 0 ? std::string() : std::string(base::trim(text.data()));
}

base::Error explained(std::string_view doing, int errnum) {
    base::Error error = base::error_from_errno(doing, errnum);
    if (errnum == EACCES || errnum == EPERM) {
        error.hint = "tracing needs root: try again with sudo";
        // Debian's and Ubuntu's level 3 asks for more than CAP_PERFMON.
        if (const std::string level = first_line("/proc/sys/kernel/perf_event_paranoid"); level > "2")
            error.hint += "; without CAP_SYS_ADMIN kernel.perf_event_paranoid must be at most 2, not " + level;
    }
    if (errnum == EMFILE) error.hint = "raise the limit of open files: ulimit -n";
    return error;
}

/// Threads of a process; the process itself if it cannot be looked at.
std::vector<int> threads_of(int pid) {
    std::vector<int> threads;
    const std::string path = "/proc/" + std::to_string(pid) + "/task";
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (directory)
        while (const dirent* entry = ::readdir(directory.get()))
            if (const auto thread = base::parse_digits(entry->d_name, 10)) threads.push_back(static_cast<int>(*thread));
    if (threads.empty()) threads.push_back(pid);
    return threads;
}

}  // namespace

// Two descriptors for each event: a wildcard over syscalls needs more than the usual 1,024. Raised only when it is
// needed, which is after the traced child was forked: that one keeps the usual limit.
bool raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return false;
    limit.rlim_cur = limit.rlim_max;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

perf_event_attr event(std::uint32_t type, std::uint64_t config) {
    perf_event_attr attributes;
    std::memset(&attributes, 0, sizeof attributes);
    attributes.size = sizeof attributes;
    attributes.type = type;
    attributes.config = config;
    // Counting begins when the program is in place, not before.
    attributes.disabled = 1;
    return attributes;
}

base::Result<base::Fd> open(const perf_event_attr& attributes, int pid, int cpu) {
    perf_event_attr copy = attributes;
    long fd = ::syscall(__NR_perf_event_open, &copy, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0 && errno == EMFILE && raise_file_limit())
        fd = ::syscall(__NR_perf_event_open, &copy, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) return explained("opening a perf event", errno);
    return base::Fd(static_cast<int>(fd));
}

base::Status attach(Links& links, base::Fd event, int program, std::uint64_t cookie) {
    bpf_attr request;
    std::memset(&request, 0, sizeof request);
    request.link_create.prog_fd = static_cast<std::uint32_t>(program);
    request.link_create.target_fd = static_cast<std::uint32_t>(event.get());
    request.link_create.attach_type = BPF_PERF_EVENT;
    request.link_create.perf_event.bpf_cookie = cookie;
    base::Fd link(static_cast<int>(::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request)));
    if (!link.is_open() && errno == EMFILE && raise_file_limit())
        link = base::Fd(static_cast<int>(::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request)));
    // Before 5.15 there are no links on perf events: the program belongs to the event itself, without a cookie.
    if (!link.is_open() && (errno != EINVAL || ::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program) != 0))
        return explained("putting a program on a perf event", errno);
    if (::ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) return explained("starting a perf event", errno);
    if (link.is_open()) links.fds.push_back(std::move(link));
    links.fds.push_back(std::move(event));
    return {};
}

base::Status attach_everywhere(Links& links, const kernel::KernelView& view, const perf_event_attr& attributes, int pid,
                               int program) {
    std::size_t opened = 0;
    base::Error last;
    const auto add = [&](const perf_event_attr& wanted, int thread, int cpu) -> bool {
        auto fd = open(wanted, thread, cpu);
        if (!fd.ok()) {
            last = fd.take_error();
            // A CPU went offline or a thread ended since we looked.
            return last.errnum == ENODEV || last.errnum == ESRCH;
        }
        if (auto status = attach(links, std::move(*fd), program); !status.ok()) {
            last = status.take_error();
            return false;
        }
        opened++;
        return true;
    };
    if (pid < 0) {
        for (int cpu : view.online_cpus())
            if (!add(attributes, -1, cpu)) return last;
    } else {
        // Threads that start later inherit the event, child processes do not.
        perf_event_attr inherited = attributes;
        inherited.inherit = 1;
        inherited.inherit_thread = 1;
        for (int thread : threads_of(pid))
            if (!add(inherited, thread, -1)) return last;
    }
    if (opened == 0) return last;
    links.hooks++;
    return {};
}

base::Result<std::uint32_t> dynamic_type(std::string_view source) {
    const std::string path = "/sys/bus/event_source/devices/" + std::string(source) + "/type";
    const auto type = base::parse_digits(first_line(path), 10);
    if (!type) {
        return base::Error{.message = "this kernel was built without " + std::string(source) + "s (no " + path + ")",
                           .errnum = EOPNOTSUPP};
    }
    return static_cast<std::uint32_t>(*type);
}

unsigned return_bit(std::string_view source) {
    // "config:0" on every kernel so far.
    const std::string text = first_line("/sys/bus/event_source/devices/" + std::string(source) + "/format/retprobe");
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos) return 0;
    return static_cast<unsigned>(base::parse_digits(std::string_view(text).substr(colon + 1), 10).value_or(0));
}

}  // namespace probes::perf
