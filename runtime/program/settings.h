// program::settings: what a Config says, one name and value a setting, for whoever asks by name (the `config` builtin).
// Words are the ones a config block accepts. How they are set is src/check's matter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/program/program.h"

namespace program {

struct Setting {
    std::string_view name;  ///< as in a config block
    std::variant<std::uint64_t, bool, std::string> value;
};

/// In the order of the documentation; deprecated names are not among them.
[[nodiscard]] std::vector<Setting> settings(const Config& config);

}  // namespace program
