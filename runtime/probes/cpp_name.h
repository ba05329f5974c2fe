// probes cpp_name: C++ names as scripts write them (uprobe:BIN:cpp:"ns::fn"): demangled, compared without parameters
// and return types unless the pattern has some. Pure.
#pragma once

#include <string>
#include <string_view>

namespace probes {

/// "brew::boil(int, char)"; empty: not a mangled C++ name.
[[nodiscard]] std::string demangled(std::string_view symbol);

/// "brew::twice<long>" of "long brew::twice<long>(long)", "A::b" of "A::b(int) const".
[[nodiscard]] std::string_view without_parameters(std::string_view demangled);

/// A pattern with parameters is compared with the whole name, any other with the name alone.
[[nodiscard]] bool is_cpp_match(std::string_view pattern, std::string_view demangled);

}  // namespace probes
