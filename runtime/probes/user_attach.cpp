#include "runtime/probes/user_attach.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/kernel/zip_member.h"
#include "runtime/probes/perf.h"

namespace probes {
namespace {

// BPF_TRACE_UPROBE_MULTI and BPF_F_UPROBE_MULTI_RETURN: Linux 6.6, unknown to the headers of Debian 12.
constexpr std::uint32_t kTraceUprobeMulti = 48;
constexpr std::uint32_t kMultiReturn = 1;

/// bpf_attr.link_create with the member of Linux 6.6.
struct MultiRequest {
    std::uint32_t program, target, attach_type, flags;
    std::uint64_t path, offsets, semaphores, cookies;
    std::uint32_t count, multi_flags, pid, padding;
};

/// Where the semaphore's offset goes in perf_event_attr.config (format/ref_ctr_offset: "config:32-63").
constexpr unsigned kSemaphoreShift = 32;

/// The kernel's own ENOTSUPP, which libc has no name for: an instruction that can be neither emulated nor moved.
constexpr int kNotSupported = 524;

std::string text_of(const program::Place& place) {
    return "attaching to " + place.target + ":" +
           (place.function.empty() ? std::to_string(place.address) : place.function);
}

base::Error explained(const program::Place& place, int errnum) {
    base::Error error = base::error_from_errno(text_of(place), errnum);
    if (errnum == kNotSupported) {
        error.message = text_of(place) + ": the kernel cannot trace the instruction there";
        error.errnum = EOPNOTSUPP;
    }
    if (errnum == EACCES || errnum == EPERM) error.hint = "tracing needs root: try again with sudo";
    if (errnum == ESRCH) error.hint = "the process has ended";
    if (errnum == EIO) error.hint = "the instruction there is one that cannot be traced";
    return error;
}

/// All places lie in one file and watch one process.
int link_all(const LoadedFunction& function, std::span<const program::Place> places, bool is_return) {
    std::vector<std::uint64_t> offsets, semaphores, cookies;
    for (const program::Place& place : places) {
        offsets.push_back(place.offset);
        semaphores.push_back(place.semaphore_offset);
        cookies.push_back(place.cookie);
    }
    const auto is_used = [](const std::vector<std::uint64_t>& values) {
        return std::any_of(values.begin(), values.end(), [](std::uint64_t value) { return value != 0; });
    };
    MultiRequest request{};
    request.program = static_cast<std::uint32_t>(function.fd);
    request.attach_type = kTraceUprobeMulti;
    const std::string file = kernel::file_of(places.front().target);
    request.path = reinterpret_cast<std::uintptr_t>(file.c_str());
    request.offsets = reinterpret_cast<std::uintptr_t>(offsets.data());
    if (is_used(semaphores)) request.semaphores = reinterpret_cast<std::uintptr_t>(semaphores.data());
    if (is_used(cookies)) request.cookies = reinterpret_cast<std::uintptr_t>(cookies.data());
    request.count = static_cast<std::uint32_t>(places.size());
    request.multi_flags = is_return ? kMultiReturn : 0;
    request.pid = places.front().pid < 0 ? 0 : static_cast<std::uint32_t>(places.front().pid);
    long fd = ::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request);
    if (fd < 0 && errno == EMFILE && perf::raise_file_limit())
        fd = ::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request);
    return fd < 0 ? -errno : static_cast<int>(fd);
}

/// One instruction that cannot be traced fails the whole link without being named: the list is then halved until the
/// bad ones stand alone and are left out.
int link_most(Links& links, const LoadedFunction& function, std::span<const program::Place> places, bool is_return) {
    const int fd = link_all(function, places, is_return);
    if (fd >= 0) {
        links.fds.emplace_back(fd);
        links.hooks += static_cast<unsigned>(places.size());
        return 0;
    }
    if (fd != -kNotSupported) return fd;
    if (places.size() == 1) {
        links.skipped.push_back(places.front().function);
        return fd;
    }
    const std::size_t half = places.size() / 2;
    const int first = link_most(links, function, places.first(half), is_return);
    if (first < 0 && first != -kNotSupported) return first;
    const int second = link_most(links, function, places.subspan(half), is_return);
    return first < 0 ? second : (second < 0 && second != -kNotSupported ? second : 0);
}

base::Status attach_events(Links& links, const LoadedFunction& function, std::span<const program::Place> places,
                           bool is_return) {
    auto type = perf::dynamic_type("uprobe");
    if (!type.ok()) return type.take_error();
    const std::uint64_t config = is_return ? std::uint64_t{1} << perf::return_bit("uprobe") : 0;
    for (const program::Place& place : places) {
        perf_event_attr attributes = perf::event(*type, config | place.semaphore_offset << kSemaphoreShift);
        const std::string file = kernel::file_of(place.target);
        attributes.uprobe_path = reinterpret_cast<std::uintptr_t>(file.c_str());
        attributes.probe_offset = place.offset;
        auto event = perf::open(attributes, place.pid, place.pid < 0 ? 0 : -1);
        if (!event.ok()) {
            if (event.error().hint.empty()) return explained(place, event.error().errnum);
            return event.take_error(text_of(place));
        }
        if (auto status = perf::attach(links, std::move(*event), function.fd, place.cookie); !status.ok())
            return status.take_error(text_of(place));
        links.hooks++;
    }
    return {};
}

}  // namespace

base::Result<Links> attach_to_files(const LoadedFunction& function, std::span<const program::Place> places,
                                    bool is_return) {
    Links links;
    const bool is_multi =
        function.function != nullptr && static_cast<std::uint32_t>(function.function->expected) == kTraceUprobeMulti;
    if (!is_multi) {
        if (auto status = attach_events(links, function, places, is_return); !status.ok()) return status.take_error();
        return links;
    }
    while (!places.empty()) {
        const program::Place& first = places.front();
        const auto end = std::find_if(places.begin(), places.end(), [&first](const program::Place& place) {
            return place.target != first.target || place.pid != first.pid;
        });
        const auto together = places.first(static_cast<std::size_t>(end - places.begin()));
        places = places.subspan(together.size());
        const int result = link_most(links, function, together, is_return);
        if (result == 0) continue;
        // A kernel that took the program for this and then does not know the link, or a file it cannot do it with.
        if (result != -EINVAL && result != -EOPNOTSUPP) return explained(first, -result);
        if (auto status = attach_events(links, function, together, is_return); !status.ok()) return status.take_error();
    }
    return links;
}

}  // namespace probes
