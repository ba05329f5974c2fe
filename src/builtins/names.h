// Names of numbers that strerror, signal_name and syscall_name speak: put in when the value is printed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace builtins {

struct NumberNames {
    std::string_view name;  ///< of the builtin
    std::vector<std::pair<std::string, std::uint64_t>> values;
};

/// For "strerror", "signal_name" and "syscall_name".
[[nodiscard]] const NumberNames& names_of(std::string_view builtin);

}  // namespace builtins
