#include "src/builtins/names.h"

#include <csignal>
#include <cstring>

#include "runtime/base/bug.h"

namespace builtins {

namespace {

constexpr int kLastErrno = 133;  // EHWPOISON, include/uapi/asm-generic/errno.h
constexpr int kLastSignal = 64;  // SIGRTMAX

NumberNames error_texts() {
    NumberNames names{"strerror", {}};
    for (int number = 0; number <= kLastErrno; ++number)
        names.values.emplace_back(std::strerror(number), number);
    return names;
}

NumberNames signal_texts() {
    NumberNames names{"signal_name", {}};
    for (int number = 1; number <= kLastSignal; ++number)
        names.values.emplace_back(strsignal(number), number);
    return names;
}

NumberNames syscall_names() {
    NumberNames names{"syscall_name", {}};
    constexpr std::pair<std::string_view, std::uint64_t> kSyscalls[] = {
#include "src/builtins/syscalls_x86_64.inc"
    };
    for (const auto& [name, number] : kSyscalls)
        names.values.emplace_back(name, number);
    return names;
}

}  // namespace

const NumberNames& names_of(std::string_view builtin) {
    static const NumberNames errors = error_texts();
    static const NumberNames signals = signal_texts();
    static const NumberNames syscalls = syscall_names();
    if (builtin == errors.name) return errors;
    if (builtin == signals.name) return signals;
    BUG_IF(builtin != syscalls.name, "a builtin without names");
    return syscalls;
}

}  // namespace builtins
