// probes btf_prototype: a function's BTF prototype as arguments (fentry, fexit, rawtracepoint) and as text (-lv).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/kernel/btf.h"
#include "runtime/program/argument.h"

namespace probes {

/// "struct file * file" without the name: blanks around '*', qualifiers kept, "void" for 0.
[[nodiscard]] std::string spell_type(const kernel::Btf& btf, kernel::BtfId type);

/// Parameters from number `skip` on, the first of them in slot 0 of the program's context.
[[nodiscard]] program::ArgumentList prototype_arguments(const kernel::Btf& btf, kernel::BtfId prototype,
                                                        std::size_t skip);

/// One argument in slot `slot`.
[[nodiscard]] program::Argument slot_argument(const kernel::Btf& btf, std::string_view name, kernel::BtfId type,
                                              std::size_t slot);

/// "TYPE NAME" a line, as -lv prints them.
[[nodiscard]] std::vector<std::string> argument_lines(const program::ArgumentList& arguments);

}  // namespace probes
