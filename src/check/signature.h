// check::Signature: the small language in which a builtin's row says how it is called. Rows (src/builtins) give the
// text, check_calls takes the parsed form for arity and type errors, docs print it as it stands. Knows types, but
// neither rows nor trees.
//
// clang-format off
//   signature = line { newline line }                      one line per overload, tried in order
//   line      = name [ "(" [ parameter { "," parameter } ] ")" ] [ "->" result ]        no "-> result": void
//   parameter = name ":" type { "|" type } [ "..." ] [ "=" default ]
//               "..."  any number of arguments (none, too), last parameter only
//               "="    may be left out; the text behind it is for the reader: lowering sees fewer arguments
//   type      = "any"              every value but void and none; a bare @m is its value (scalar maps)
//             | "int" | "bool" | "string" | "pointer" | "array" | "buffer" | "tuple" | "record" | "struct" | "enum"
//             | "stack" | "timestamp" | "inet" | "mac" | "ksym" | "usym" | "username" | "cgroup_path"
//             | "clock_value"      timestamp_mode
//             | "int literal" | "bool literal" | "string literal" | "literal"
//                                  known when compiling, after folding ($1, #define, 2*3)
//             | "map"              a bare @m: typed::Call::map, not an argument of lowering
//             | "element"          @m[key], or a bare scalar @m: typed::Call::map and ::key
//             | "key"              converted to the key type of the map before it: typed::Call::key
//             | "variable"         $v, by reference (handled by check: find)
//             | "type"             typeof(T)
//             | "word"             a bare word, taken as it is: CallArgument::word, typed::Call::words
//             | "{a|b|c}"          one of these bare words
//             | "clock" | "stack_mode" | "pid_namespace"      sets of words with the wordings users know:
//                                  {boot|monotonic|tai|sw_tai}  {bpftrace|perf|raw|build_id}  {curr_ns|init}
//   result    = "void" | "u8".."u64" | "i8".."i64" | "bool" | "string" (max_strlen) | "string[64]" | "buffer" (max_strlen)
//             | "inet" | "mac" | "timestamp" | "ksym" | "usym" | "username" | "cgroup_path"
//             | "kstack" | "ustack"              127 frames, mode of the config
//             | "aggregation"                    the map's type, by the row's name; signed if the first argument is
//             | ["trusted"] "struct X *" | "void *"  kernel pointer; trusted: the verifier follows it
//             | "depends"                        the row's `result` function says it
//   The row's `result` function, where there is one, goes before the text.
//
// A bool is taken where int is asked for, and an enumeration too; an array of one-byte integers where string is.
// clang-format on
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/types/type.h"

namespace check {

enum class ParameterType : std::uint8_t {
    any,
    integer,
    boolean,
    string,
    pointer,
    array,
    buffer,
    tuple,
    record,
    structure,
    enumeration,
    stack,
    timestamp,
    clock_value,
    inet,
    mac,
    ksym,
    usym,
    username,
    cgroup_path,
    integer_literal,
    boolean_literal,
    string_literal,
    literal,
    map,
    element,
    key,
    variable,
    type,
    word,
};

struct Parameter {
    std::string name;
    std::vector<ParameterType> types;
    std::vector<std::string> words;  ///< of {a|b} and of the named sets; empty with `word`: any
    std::string word_set;            ///< "clock", "stack_mode", "pid_namespace", or empty
    bool is_repeated = false;
    bool is_optional = false;
    std::string default_text;
    [[nodiscard]] bool takes(ParameterType type) const;
    [[nodiscard]] bool takes_only(ParameterType type) const { return types.size() == 1 && types.front() == type; }
};

struct Signature {
    std::string name;
    std::vector<Parameter> parameters;
    std::string result;  ///< "void" if the text has none
    [[nodiscard]] std::size_t fewest() const;
    [[nodiscard]] std::size_t most() const;  ///< SIZE_MAX with "..."
    /// The parameter that argument i falls to; null: too many.
    [[nodiscard]] const Parameter* parameter(std::size_t i) const;
};

/// What is wrong with a row's text, for the test that parses all rows.
struct SignatureError {
    std::string message;
    std::size_t offset = 0;
};

struct ParsedSignature {
    std::vector<Signature> overloads;
    std::optional<SignatureError> error;
};

[[nodiscard]] ParsedSignature parse_signature(std::string_view text);
/// Canonical spelling, one line per overload.
[[nodiscard]] std::string print(const std::vector<Signature>& overloads);

/// One argument as far as the signature is concerned.
struct GivenArgument {
    const types::Type* type = nullptr;  ///< none(): not known; fits anything
    bool is_literal = false;
    bool is_bare_map = false, is_element = false, is_variable = false, is_type = false, is_word = false;
    bool is_positional = false;  ///< $1
    std::string_view spelling;   ///< "$1", or the word
};

struct Mismatch {
    std::string message;
    std::string hint;
    std::optional<std::size_t> argument;  ///< report at this argument, else at the call
};

/// "str() requires at least one argument (0 provided)"; nullopt if some overload takes so many.
[[nodiscard]] std::optional<std::string> check_arity(const std::vector<Signature>& overloads, std::size_t given);
/// The overload that takes these arguments, or why the nearest does not. Arity must be right.
struct Choice {
    const Signature* overload = nullptr;
    std::optional<Mismatch> mismatch;
};
[[nodiscard]] Choice choose_overload(const std::vector<Signature>& overloads,
                                     const std::vector<GivenArgument>& arguments);

/// As messages name a type's kind: "int", "string", "tuple", "pointer", "kstack".
[[nodiscard]] std::string kind_word(const types::Type* type);

}  // namespace check
