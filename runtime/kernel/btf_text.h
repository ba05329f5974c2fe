// kernel btf_text: types as C would declare them: lists of names by pattern and full definitions, for -l and -lv.
// Knows BTF and C's declarators, nothing of probes or of the language's types.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/kernel/btf.h"
#include "runtime/kernel/kernel_view.h"

namespace kernel {

/// "struct list_head *next", "int (*open)(struct inode *, struct file *)": no semicolon.
[[nodiscard]] std::string declaration(const Btf& btf, BtfId type, std::string_view name);

/// A structure, union or enumeration with its members, a tab deeper each, ending with "};".
[[nodiscard]] std::string definition(const Btf& btf, BtfId type);

struct ListedType {
    std::string module;  ///< "vmlinux" or the module that defines it
    std::string name;    ///< "struct list_head"
    BtfId type = 0;
};

/// Whether a pattern asks for types: "struct X", "union X", "enum X".
[[nodiscard]] bool is_type_pattern(std::string_view pattern);

/// Every type that matches, sorted; a name defined several times is there as often.
[[nodiscard]] std::vector<ListedType> list_types(const KernelView& view, std::string_view pattern);

}  // namespace kernel
