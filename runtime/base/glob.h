// base::glob: the wildcards of attach points and listings. `*` matches any run of characters (':' and '/' too), a
// `[...]` pair one character of a set; everything else stands for itself, '?' included.
#pragma once

#include <string_view>

namespace base {

/// Has `*`, or a `[` with a `]` behind it.
[[nodiscard]] bool has_wildcard(std::string_view pattern);

/// The whole text matches. Sets: [abc], [a-z], [!a-z] or [^a-z]; a `[` without `]` stands for itself.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace base
