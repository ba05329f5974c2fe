// live: what the kernel's verifier said about a program it refused: which instruction, why, and which line of the
// script that instruction came from. Pure text work on the log and on the program's own line_info; no kernel access.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace live {

struct Refusal {
    std::optional<std::uint32_t> insn;  ///< the last one the verifier looked at
    std::string reason;                 ///< its last remark: "R1 invalid mem access 'scalar'"
};

[[nodiscard]] Refusal read_verifier_log(std::string_view log);

struct ScriptPlace {
    std::string file;
    std::uint32_t line = 0, column = 0;  ///< from 1; column 0 = unknown
};

/// Where `insn` comes from: the line_info entry nearest before it. Nothing without line_info.
[[nodiscard]] std::optional<ScriptPlace> place_of(const program::Program& program, const program::Function& function,
                                                  std::uint32_t insn);

}  // namespace live
