#include "runtime/kernel/tracefs.h"

#include <dirent.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "runtime/base/text.h"
#include "runtime/kernel/files.h"

namespace kernel {
namespace {

base::Error not_for_us(const std::string& path) {
    base::Error error = base::error_from_errno("reading " + path, EACCES);
    error.hint = "tracing needs root: try again with sudo";
    return error;
}

/// Names of subdirectories, unsorted.
std::vector<std::string> subdirectories(const std::string& path) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (!directory) return names;
    while (const dirent* entry = ::readdir(directory.get()))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    return names;
}

/// Category and event are parts of a path: no way out of the events directory.
bool is_plain_name(std::string_view name) {
    return !name.empty() && name[0] != '.' && name.find('/') == std::string_view::npos &&
           name.find('\0') == std::string_view::npos;
}

}  // namespace

Tracefs::Tracefs(std::vector<std::string> mount_points, bool may_mount)
    : mount_points_(std::move(mount_points)), may_mount_(may_mount) {}

base::Result<std::string> Tracefs::root() {
    if (!root_.empty()) return root_;
    for (const std::string& point : mount_points_) {
        const std::string events = point + "/events";
        if (::access(events.c_str(), R_OK | X_OK) == 0) return root_ = point;
        // The root directory of tracefs has mode 0700: "not allowed to look" means it is there.
        if (errno == EACCES) return not_for_us(events);
    }
    const std::string& point = mount_points_.front();
    if (may_mount_) {
        const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
        if (::mount("tracefs", point.c_str(), "tracefs", flags, nullptr) == 0) return root_ = point;
        const int errnum = errno;
        base::Error error = base::error_from_errno("tracefs is not mounted, and mounting it at " + point, errnum);
        error.hint = errnum == EPERM    ? "tracing needs root: try again with sudo"
                     : errnum == ENODEV ? "this kernel was built without tracing (CONFIG_FTRACE)"
                                        : "mount it by hand: mount -t tracefs tracefs " + point;
        return error;
    }
    return base::error_from_errno("opening " + point + "/events", ENOENT);
}

base::Result<std::string> Tracefs::event_file(std::string_view category, std::string_view event,
                                              std::string_view file) {
    const std::string name = std::string(category) + "/" + std::string(event) + "/" + std::string(file);
    if (const auto found = files_.find(name); found != files_.end()) return found->second;
    if (!is_plain_name(category) || !is_plain_name(event))
        return base::error_from_errno("event " + std::string(category) + ":" + std::string(event), ENOENT);
    auto point = root();
    if (!point.ok()) return point.take_error();
    auto text = read_text(*point + "/events/" + name);
    if (!text.ok()) {
        if (text.error().errnum == EACCES) return not_for_us(*point + "/events/" + name);
        return text.take_error();
    }
    return files_.emplace(name, std::move(*text)).first->second;
}

base::Result<std::string> Tracefs::format(std::string_view category, std::string_view event) {
    return event_file(category, event, "format");
}

base::Result<std::uint64_t> Tracefs::id(std::string_view category, std::string_view event) {
    auto text = event_file(category, event, "id");
    if (!text.ok()) return text.take_error();
    const auto id = base::parse_digits(base::trim(*text), 10);
    if (!id) return base::Error{.message = "the id file of event " + std::string(event) + " holds no number"};
    return *id;
}

base::Result<std::vector<std::string>> Tracefs::events() {
    if (!events_.empty()) return events_;
    auto point = root();
    if (!point.ok()) return point.take_error();
    // One file instead of 2,500 directories; it lacks only ftrace:*, which perf cannot open either.
    const auto text = read_text(*point + "/available_events");
    if (text.ok()) {
        for (std::string_view line : base::split(*text, '\n'))
            if (line.find(':') != std::string_view::npos) events_.emplace_back(base::trim(line));
    }
    if (events_.empty()) {
        auto scanned = scan_directories(*point);
        if (!scanned.ok()) return scanned.take_error();
        events_ = std::move(*scanned);
    }
    std::sort(events_.begin(), events_.end());
    events_.erase(std::unique(events_.begin(), events_.end()), events_.end());
    return events_;
}

base::Result<std::vector<std::string>> Tracefs::scan_directories(const std::string& root) const {
    std::vector<std::string> names;
    for (const std::string& category : subdirectories(root + "/events"))
        for (const std::string& event : subdirectories(root + "/events/" + category))
            names.push_back(category + ":" + event);
    if (names.empty()) return base::error_from_errno("listing " + root + "/events", ENOENT);
    return names;
}

}  // namespace kernel
