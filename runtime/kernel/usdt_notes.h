// kernel usdt_notes: the static probes (USDT, sys/sdt.h) of a program, out of its .note.stapsdt section, and the
// operands that say where their arguments are. Pure readers of hostile input: a broken note is left out. Given to
// runtime/probes; knows neither processes nor attaching.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/argument.h"

namespace kernel {

/// One place in the code; a probe that was inlined has several of one name.
struct UsdtNote {
    std::string provider, name;
    std::uint64_t address = 0;    ///< virtual address of the nop
    std::uint64_t semaphore = 0;  ///< virtual address of the 16-bit counter; 0: it has none
    std::string arguments;        ///< "-4@%eax 8@-16(%rbp)"
};

/// In the order of the section. No section gives an empty list.
[[nodiscard]] base::Result<std::vector<UsdtNote>> read_usdt_notes(const std::string& path);
[[nodiscard]] std::vector<UsdtNote> usdt_notes_of(std::span<const std::byte> image);

/// Virtual address of a symbol that an operand names.
using FindSymbol = std::function<std::optional<std::uint64_t>(std::string_view name)>;

/// "-4@%eax" and its like at `address`. nullopt: a form nobody can read in a program (vector registers, Intel syntax),
/// or an unknown symbol.
[[nodiscard]] std::optional<program::Operand> parse_usdt_operand(std::string_view text, std::uint64_t address,
                                                                 const FindSymbol& find_symbol);
/// The operands of a note, one for each argument.
[[nodiscard]] std::vector<std::string_view> split_usdt_arguments(std::string_view arguments);

}  // namespace kernel
