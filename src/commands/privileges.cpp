#include "src/commands/privileges.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace commands {
namespace {

// Numbers of <linux/capability.h>; they are ABI.
struct Capability {
    unsigned bit;
    std::string_view name;
};
constexpr unsigned kSysAdmin = 21;  // includes what CAP_BPF and CAP_PERFMON (both since 5.8) allow
constexpr std::array kForBpf{Capability{39, "CAP_BPF"}, Capability{38, "CAP_PERFMON"}};
// tracefs belongs to root and is closed to others.
constexpr std::array kForFiles{Capability{2, "CAP_DAC_READ_SEARCH"}, Capability{1, "CAP_DAC_OVERRIDE"}};

std::string_view field(std::string_view status, std::string_view name) {
    const std::size_t start = status.find(name);
    if (start == std::string_view::npos) return {};
    std::string_view rest = status.substr(start + name.size());
    while (!rest.empty() && (rest[0] == '\t' || rest[0] == ' '))
        rest.remove_prefix(1);
    return rest.substr(0, rest.find('\n'));
}

std::uint64_t number(std::string_view text, int base) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
}

// "Uid:  real effective saved fs"
std::uint64_t effective_uid(std::string_view status) {
    std::string_view uids = field(status, "\nUid:");
    const std::size_t end = uids.find_first_of(" \t");
    if (end == std::string_view::npos) return 0;
    return number(uids.substr(end + 1, uids.find_first_of(" \t", end + 1) - end - 1), 10);
}

std::string read_small_file(const char* path) {
    std::string text;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return text;
    std::array<char, 4096> part;
    ssize_t size = 0;
    while ((size = read(fd, part.data(), part.size())) > 0)
        text.append(part.data(), static_cast<std::size_t>(size));
    close(fd);
    return text;
}

base::Error missing(std::string_view capability, std::string_view program_name) {
    base::Error error;
    error.message = fmt::format("Missing {} capability, please run {} as the root user.", capability, program_name);
    error.hint = fmt::format(
        "sudo {} ..., or give the program the capabilities CAP_BPF, CAP_PERFMON, "
        "CAP_DAC_READ_SEARCH and CAP_DAC_OVERRIDE",
        program_name);
    return error;
}

}  // namespace

std::optional<base::Error> missing_privilege(std::string_view status, std::string_view lockdown,
                                             std::string_view program_name) {
    const std::uint64_t held = number(field(status, "\nCapEff:"), 16);
    const auto has = [&](unsigned bit) { return (held >> bit & 1) != 0; };
    if (!has(kSysAdmin)) {
        for (const Capability& capability : kForBpf)
            if (!has(capability.bit)) return missing(capability.name, program_name);
    }
    if (effective_uid(status) != 0) {
        for (const Capability& capability : kForFiles)
            if (!has(capability.bit)) return missing(capability.name, program_name);
    }
    if (lockdown.find("[confidentiality]") != std::string_view::npos) {
        base::Error error;
        error.message =
            "Kernel lockdown is enabled and set to 'confidentiality'.\n"
            "In this mode the kernel lets no program read its memory, so nothing can be traced.\n"
            "It is turned off by the kernel parameter lockdown=integrity (or none) at the next start,\n"
            "or by switching off Secure Boot where that turns it on.";
        return error;
    }
    return {};
}

std::optional<base::Error> missing_privilege(std::string_view program_name) {
    return missing_privilege(read_small_file("/proc/self/status"), read_small_file("/sys/kernel/security/lockdown"),
                             program_name);
}

}  // namespace commands
