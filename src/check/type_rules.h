// check::type_rules: which types go together and what comes of it: pure functions over types. Taken
// by infer_types and build_typed.
#pragma once

#include <optional>
#include <string>

#include "src/ast/ast.h"
#include "src/types/type.h"

namespace check {

/// The type a slot needs to hold both, or null if there is none: integers widen, strings, buffers and tuples
/// elementwise, signed wins among aggregations.
[[nodiscard]] const types::Type* merge(types::Table& table, const types::Type* a, const types::Type* b);

/// Integers, bools and enumerations: what arithmetic takes.
[[nodiscard]] bool is_number(const types::Type* type);
/// Strings, and numbers that stand for one.
[[nodiscard]] bool is_text(const types::Type* type);
/// As it behaves as a value: a number that stands for a string as that string.
[[nodiscard]] const types::Type* as_string(types::Table& table, const types::Type* type);
/// What conditions, && and || take: numbers and pointers.
[[nodiscard]] bool is_condition(const types::Type* type);
/// Values that == can compare in memory.
[[nodiscard]] bool is_comparable_in_memory(const types::Type* type);
/// As it behaves in arithmetic: an enumeration or bool as the integer it is.
[[nodiscard]] const types::Type* as_integer(types::Table& table, const types::Type* type);
/// Signed once both sides have adapted to each other.
[[nodiscard]] bool is_signed_pair(const types::Type* a, const types::Type* b);
/// "==", "<<"
[[nodiscard]] bool is_comparison(ast::BinaryOp op);

/// Is the explicit cast allowed? Literals of enumerations are checked by the caller.
[[nodiscard]] bool can_cast(const types::Type* from, const types::Type* to);
/// The pointer once arithmetic or a cast moved it: the verifier does not follow it any more ("math between rcu_ptr_
/// pointer and register with unbounded min value is not allowed").
[[nodiscard]] const types::Type* untrusted(types::Table& table, const types::Type* pointer);
/// Storable in a variable or map.
[[nodiscard]] bool is_storable(const types::Type* type);

}  // namespace check
