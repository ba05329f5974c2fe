// program: a Program to and from bytes, so that it can be compiled here and run there, or stored with a recording. The
// format is ours and versioned; bytes of another version are refused, not guessed at. Reading believes nothing: sizes
// are held against what is left, enumerators against their range, ids against the vectors they index, so that a damaged
// file is an Error and never a crash later on.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/program.h"

namespace program {

[[nodiscard]] std::vector<std::byte> serialize(const Program& program);
[[nodiscard]] base::Result<Program> deserialize(std::span<const std::byte> bytes);

/// Whether every id is unset or leads somewhere, every jump-free reference stays inside its vector.
[[nodiscard]] base::Status check_references(const Program& program);

[[nodiscard]] base::Status write_file(const Program& program, const std::string& path);
[[nodiscard]] base::Result<Program> read_file(const std::string& path);

}  // namespace program
