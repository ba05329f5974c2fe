// The groups' rows, one function a file. For table.cpp only.
#pragma once

#include <span>

#include "src/typed/builtin.h"

namespace builtins {

std::span<const typed::Builtin> context_rows();
std::span<const typed::Builtin> time_rows();
std::span<const typed::Builtin> argument_rows();
std::span<const typed::Builtin> memory_rows();
std::span<const typed::Builtin> stack_rows();
std::span<const typed::Builtin> symbol_rows();
std::span<const typed::Builtin> network_rows();
std::span<const typed::Builtin> output_rows();
std::span<const typed::Builtin> map_rows();
std::span<const typed::Builtin> aggregate_rows();
std::span<const typed::Builtin> process_rows();
std::span<const typed::Builtin> string_rows();
std::span<const typed::Builtin> assertion_rows();
std::span<const typed::Builtin> type_rows();

}  // namespace builtins
