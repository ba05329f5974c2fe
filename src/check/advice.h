// check/advice: what the writer of a wrong expression probably meant, as texts for hints. Pure functions over names and
// types; the passes that found the mistake ask for them. Knows no tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/types/type.h"

namespace check {

/// A function of C or of the kernel that has another name here; empty if it is none of those.
[[nodiscard]] std::string foreign_function(std::string_view name);
/// A word of other languages for a value (`NULL`, `True`); empty if it is none of those.
[[nodiscard]] std::string foreign_value(std::string_view name);
/// The header that says a constant of C (`AF_INET`), of those we answer; empty for others.
[[nodiscard]] std::string missing_header(std::string_view constant);
/// Why these two cannot be compared, if one is looked up only when it is printed.
[[nodiscard]] std::string unlike_comparison(const types::Type* a, const types::Type* b);
/// What a condition of this type would have to say.
[[nodiscard]] std::string no_condition(const types::Type* type);
/// A field was asked of something that has none.
[[nodiscard]] std::string no_fields(const types::Type* base, std::string_view field);
/// The way from a structure whose members are known to a member of one of the structures in it:
/// `__sk_common.skc_dport`.
[[nodiscard]] std::optional<std::string> path_to_member(const types::Type* structure, std::string_view name);

}  // namespace check
