#include "runtime/kernel/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "runtime/base/fd.h"
#include "runtime/base/text.h"

namespace kernel {
namespace {

// A format file fits into one read; big seq_files (kallsyms) are handed over in pieces anyway.
constexpr std::size_t kPiece = 16 * 1024;

// More CPUs than any kernel configuration allows; keeps a hostile list from eating memory.
constexpr std::uint64_t kMostCpus = 65536;

}  // namespace

base::Result<std::string> read_text(const std::string& path) {
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open()) return base::error_from_errno("opening " + path, errno);
    std::string text;
    struct stat status {};
    if (::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        text.reserve(static_cast<std::size_t>(status.st_size));
    // The kernel's files do not say how long they are; thousands of them may be kept, so that none takes more than it
    // needs.
    std::array<char, kPiece> piece;  // not cleared: read() fills what is looked at
    for (;;) {
        const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
        if (got < 0) {
            if (errno == EINTR) continue;
            return base::error_from_errno("reading " + path, errno);
        }
        if (got == 0) return text;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
}

std::vector<std::string> file_names(const std::string& directory) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), ::closedir);
    if (!opened) return names;
    while (const dirent* entry = ::readdir(opened.get()))
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<int> parse_cpu_list(std::string_view text) {
    std::vector<int> cpus;
    for (std::string_view piece : base::split(base::trim(text), ',')) {
        const std::size_t dash = piece.find('-');
        const auto first = base::parse_digits(piece.substr(0, dash), 10);
        const auto last = dash == std::string_view::npos ? first : base::parse_digits(piece.substr(dash + 1), 10);
        if (!first || !last || *last >= kMostCpus) continue;
        for (std::uint64_t cpu = *first; cpu <= *last; cpu++)
            cpus.push_back(static_cast<int>(cpu));
    }
    return cpus;
}

}  // namespace kernel
