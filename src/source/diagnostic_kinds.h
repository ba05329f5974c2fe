// The table of diagnostic kinds: id (BL0001 ...), name, severity. A number is never used again. The message itself is
// written where it is found, since the wordings carry types and names; the kind is what tests, docs and -v name.
// To add one: append a line at the end of the list and a case under tests/golden/errors.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace source {

// clang-format off
#define BPFLINE_DIAGNOSTICS(X)                                                                            \
    X(syntax, error, "the text does not follow the grammar")                                              \
    X(literal, error, "a number or string literal is malformed or out of range")                          \
    X(section_order, error, "definitions stand in the wrong order")                                       \
    X(unknown_identifier, error, "a bare word names nothing")                                             \
    X(unknown_function, error, "a call names no function or macro")                                       \
    X(undefined_variable, error, "a scratch variable is read before anything is assigned to it")          \
    X(undefined_map, error, "a map is read that nothing writes")                                          \
    X(type_mismatch, error, "an assignment or comparison mixes types that do not fit")                    \
    X(key_mismatch, error, "a map is used with keys of another type")                                     \
    X(scalar_and_keyed, error, "a map is used both with and without keys")                                \
    X(shadowing, error, "a variable is declared twice")                                                   \
    X(bad_operand, error, "an operator does not take this type")                                          \
    X(bad_condition, error, "a condition is not an integer, bool or pointer")                             \
    X(unlike_branches, error, "branches of ?: or if have different types")                                \
    X(unknown_field, error, "a struct, record or event has no such field")                                \
    X(bad_access, error, "a field or element is taken of a value that has none")                          \
    X(unknown_type, error, "a type name is not known")                                                    \
    X(bad_cast, error, "a cast between these types does not exist")                                       \
    X(bad_index, error, "an index is out of range or not an integer")                                     \
    X(bad_jump, error, "break, continue or return where it is not allowed")                               \
    X(bad_call, error, "a call has the wrong number or kind of arguments")                                \
    X(bad_literal_argument, error, "an argument must be a literal in a certain range")                    \
    X(bad_format, error, "a format string does not fit its arguments")                                    \
    X(unsafe_call, error, "an unsafe function without --unsafe")                                          \
    X(wrong_probe, error, "a builtin that this kind of probe does not have")                              \
    X(bad_attach_point, error, "an attach point is malformed")                                            \
    X(unknown_probe_kind, error, "an attach point's first word is no kind of probe")                      \
    X(no_such_probe, error, "an attach point that this kernel does not have")                             \
    X(too_many_probes, error, "more attach points than max_probes, or programs than max_bpf_progs")           \
    X(bad_aggregation, error, "an aggregation is used other than assigned to a map")                      \
    X(bad_map, error, "a map declaration or map function does not fit the map")                           \
    X(bad_config, error, "a config entry is not known or has a bad value")                                \
    X(bad_parameter, error, "a positional or named parameter does not fit")                               \
    X(bad_macro, error, "a macro is defined or called wrongly")                                           \
    X(not_printable, error, "a value of this type cannot be printed")                                     \
    X(fold, error, "a constant expression overflows or divides by zero")                                  \
    X(unsupported, error, "part of the language that this version does not have yet")                     \
    X(import_failed, error, "an import cannot be found or read")                                          \
    X(bad_definition, error, "a C definition is malformed")                                               \
    X(kernel_lacks, error, "the kernel lacks what the script needs")                                      \
    X(user_failure, error, "fail() or static_assert() spoke")                                             \
    X(too_deep, error, "the script nests deeper than the limit")                                          \
    X(warn_discarded, warning, "a value is computed and thrown away")                                     \
    X(warn_unreachable, warning, "code after return or exit()")                                           \
    X(warn_cast, warning, "a cast that changes nothing or may surprise")                                  \
    X(warn_while, warning, "while loops are deprecated")                                                  \
    X(warn_unused, warning, "a map or variable is declared and not used")                                 \
    X(warn_parameter, warning, "a positional parameter is missing")                                       \
    X(warn_renamed, warning, "an old config name or one without effect")                                  \
    X(warn_unstable, warning, "an unstable feature is used")                                              \
    X(warn_missing_probe, warning, "an attach point is left out")                                         \
    X(warn_scope, warning, "an old script's variable is used outside its block")                          \
    X(warn_print_in_loop, warning, "print() of a map in a loop is asynchronous")                          \
    X(warn_truncated, warning, "a literal or length is cut to a limit")                                   \
    X(warn_address_as_text, warning, "%s prints the address of a text, not the text")                     \
    X(warn_other, warning, "anything else")                                                               \
    X(not_constant, error, "a value must be known before the script runs and is not")
// clang-format on

enum class DiagnosticKind : std::uint16_t {
#define X(name, severity, text) name,
    BPFLINE_DIAGNOSTICS(X)
#undef X
};

struct DiagnosticRow {
    DiagnosticKind kind;
    std::string_view name;
    bool is_error;
    std::string_view text;  ///< for docs/diagnostics.md
};

/// In enum order; row i is BL(i+1) with four digits.
[[nodiscard]] std::span<const DiagnosticRow> diagnostic_rows();

}  // namespace source
