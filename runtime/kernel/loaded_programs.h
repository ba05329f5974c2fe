// kernel loaded_programs: the BPF programs that are loaded now and the functions in them that BTF names: what
// fentry:bpf:... can be attached to. Needs the right to ask (CAP_BPF and CAP_SYS_ADMIN); without it there are none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace kernel {

struct LoadedProgramFunction {
    std::uint32_t program_id = 0;
    std::string name;
    std::uint32_t type_id = 0;  ///< of the function in the program's own BTF
};

/// By program id, functions in the program's order; programs without BTF are left out.
[[nodiscard]] std::vector<LoadedProgramFunction> loaded_program_functions();

/// For attaching to one of them.
struct OpenedProgramFunction {
    base::Fd program;
    std::uint32_t type_id = 0;
};
[[nodiscard]] base::Result<OpenedProgramFunction> open_program_function(std::uint32_t program_id,
                                                                        const std::string& name);

/// The BTF object of a loaded module, for programs bound to one of its functions.
[[nodiscard]] base::Result<base::Fd> open_module_btf(const std::string& module);

}  // namespace kernel
