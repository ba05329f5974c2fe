// probes btf_prototype: a function's BTF prototype as arguments (fentry, fexit, rawtracepoint) and as text (-lv).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/kernel/btf.h"
#include "runtime/kernel/kernel_view.h"
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

/// Parameters as the calling convention passes them: in registers of struct pt_regs, then on the stack. Those it passes
/// in ways that cannot be told from BTF are left out.
[[nodiscard]] program::ArgumentList register_arguments(const kernel::Btf& btf, kernel::BtfId prototype);

/// A kernel function's prototype in the types of the kernel or of a module ("" = whoever has it).
struct FoundFunction {
    const kernel::Btf* btf = nullptr;
    std::string module;
    kernel::BtfId function = 0, prototype = 0;
};
/// Error: the kernel has no types at all, or they do not name the function.
[[nodiscard]] base::Result<FoundFunction> find_function(const kernel::KernelView& view, std::string_view module,
                                                        std::string_view name);
/// Sets the module that the arguments' type ids belong to.
void set_module(program::ArgumentList& arguments, const std::string& module);

/// "TYPE NAME" a line, as -lv prints them.
[[nodiscard]] std::vector<std::string> argument_lines(const program::ArgumentList& arguments);

}  // namespace probes
