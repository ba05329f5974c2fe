// kernel::Kallsyms: the kernel's symbols, out of the text of /proc/kallsyms: address → name and name → address.
// Names lie in one block, entries are 16 bytes: 122,000 symbols take 5 MB. Pure; reading the file is RealKernel's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/kernel/kernel_view.h"

namespace kernel {

/// Why no address is told: there was no text at all, or only zeros; `restriction` is kernel.kptr_restrict.
[[nodiscard]] base::Error explain_hidden(bool has_text, std::string_view restriction);

class Kallsyms {
  public:
    Kallsyms() = default;
    /// Lines "ADDRESS TYPE NAME[\t[MODULE]]". Addresses of 0 (kptr_restrict hides them) are left out.
    explicit Kallsyms(std::string_view text);

    [[nodiscard]] bool empty() const { return by_address_.empty(); }
    /// Name empty: before the first symbol, behind the last one's likely end.
    [[nodiscard]] Symbol find(std::uint64_t address) const;
    /// Global symbols first, the kernel's own before modules'.
    [[nodiscard]] std::optional<std::uint64_t> address_of(std::string_view name) const;
    /// Addresses of the text symbols of this name: of "vmlinux", a module, or of all ("").
    [[nodiscard]] std::vector<std::uint64_t> functions_of(std::string_view module, std::string_view name) const;
    /// Names that several text symbols of the kernel or of one module have; sorted by name and module.
    [[nodiscard]] std::vector<FunctionName> shared_names() const;
    /// Text symbols, sorted by name, with "vmlinux" for the kernel's own.
    [[nodiscard]] std::vector<FunctionName> functions() const;

  private:
    struct Entry {
        std::uint64_t address;
        std::uint32_t name;    ///< offset in names_, NUL-terminated
        std::uint16_t module;  ///< index into modules_; 0 = the kernel
        char type;             ///< as nm prints it: upper case = global
    };
    [[nodiscard]] std::string_view name_of(const Entry& entry) const { return names_.c_str() + entry.name; }

    std::string names_;
    std::vector<std::string> modules_{""};
    std::vector<Entry> by_address_;  ///< at equal addresses the better name comes last
};

}  // namespace kernel
