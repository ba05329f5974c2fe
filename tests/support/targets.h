// The small traced programs of tests/kernel/targets, as unit tests find them: built beside the test executables.
#pragma once

#include <string>
#include <string_view>

namespace test_support {

/// Path of a target, or "" if it was not built.
[[nodiscard]] std::string target_path(std::string_view name);

/// Runs a program without arguments to its end; its exit status, or -1.
int run_target(const std::string& path);

}  // namespace test_support
