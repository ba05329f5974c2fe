// check::Analysis: the state the passes of check share: the script's maps, the bodies to check with their variables,
// and what was found out about each expression (side tables by ast::Expr::id). Private to src/check.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "src/ast/arena.h"
#include "src/ast/ast.h"
#include "src/cdef/definitions.h"
#include "src/check/check.h"
#include "src/check/fold_constants.h"
#include "src/check/signature.h"
#include "src/typed/typed.h"
#include "src/types/c_types.h"
#include "src/types/type.h"

namespace check {

using source::DiagnosticKind;
using source::Range;
using types::Kind;
using types::Type;

constexpr std::uint32_t kNoIndex = 0xffffffff;

/// The type of a variable, map key or map value while it is being found. Each round of inference fills `next` from
/// nothing and reads what the round before it found, so that a type can also change its sign or shrink as its
/// neighbours become known.
struct Slot {
    const Type* now = nullptr;
    const Type* next = nullptr;
    [[nodiscard]] const Type* read() const { return now != nullptr ? now : next; }
};

struct VariableInfo {
    std::string name;  ///< as written, with $
    Range first;       ///< its declaration or first assignment, for notes
    const ast::TypeSpec* spec = nullptr;
    const Type* declared = nullptr;  ///< of `let $x: T`
    bool is_let = false, is_assigned = false, is_captured = false, is_loop_variable = false, is_hidden = false;
    bool is_broken = false;    ///< a mistake in what it was given has been reported; nothing more is said about it
    unsigned loop_depth = 0;   ///< loops around its declaration that become functions
    bool is_repeated = false;  ///< declared in a loop of any kind
    Slot slot;
};

struct MapInfo {
    std::string name;
    Range first;     ///< the name where it first occurs
    Range assigned;  ///< the name where it is first written
    const ast::MapDeclaration* declaration = nullptr;
    std::optional<program::MapKind> declared_kind;
    std::optional<bool> is_scalar;
    bool is_used = false, is_assigned = false;
    bool is_broken = false;  ///< used both with and without keys: said once, then nothing of it
    Slot key, value;
    program::Aggregation aggregation;
    bool has_aggregation = false;
    Range aggregation_range;
    [[nodiscard]] bool is_aggregation() const { return value.read() != nullptr && value.read()->is_aggregation(); }
};

/// What is known of one expression.
struct ExprInfo {
    const Type* type = nullptr;  ///< null: not known yet
    std::optional<Literal> literal;
    std::uint32_t variable = kNoIndex;
    std::uint32_t map = kNoIndex;
    std::uint32_t positional = 0;  ///< it was $n
    /// Field: of the event's arguments; also the bare `args`.
    const program::Argument* argument = nullptr;
    bool is_args = false;
    const typed::Builtin* row = nullptr;  ///< calls and identifiers
    std::uint32_t function = kNoIndex;    ///< call of a fn: index of Analysis::functions
};

/// What a row's functions left about one call.
struct CallInfo {
    const Signature* overload = nullptr;
    std::vector<program::FormatOp> format;
    std::string text;
    std::uint64_t number = 0;
    std::map<std::size_t, const Type*> conversions;
    std::optional<Literal> folded;
    const Type* folded_type = nullptr;  ///< null: the literal's own
    std::optional<program::Aggregation> aggregation;
};

/// One concrete attach point.
struct AttachPlace {
    program::ProbeKind kind{};
    std::string name;
    program::Place place;
    Range range;
};

/// One clause of the script after its attach points are known.
struct Clause {
    const ast::Probe* probe = nullptr;
    std::vector<AttachPlace> places;
};

/// A body that is checked once and built for each of its attach points: those of one clause that cannot tell apart.
struct Body {
    const ast::Probe* probe = nullptr;
    const ast::Expr* predicate = nullptr;
    const ast::Block* block = nullptr;
    std::size_t group = 0;
    std::vector<AttachPlace> places;
    program::ArgumentList arguments;
    const Type* arguments_type = nullptr;  ///< structure of all arguments, made when first asked for
    std::string arguments_error, arguments_hint;
    bool has_asked_arguments = false;
    bool is_told_name = false;  ///< `probe` is found out at run time: see typed::Probe
    std::vector<VariableInfo> variables;
    struct FunctionBody* function = nullptr;  ///< it is the body of a fn
    [[nodiscard]] const AttachPlace& place() const { return places.front(); }
    [[nodiscard]] program::ProbeKind kind() const { return places.front().kind; }
};

/// A fn as one body of a probe calls it: each of them gets a copy, so that everything in it is checked for its place.
struct FunctionBody {
    const ast::Function* function = nullptr;
    Body body;                                     ///< places: those of the calling body
    std::vector<const ast::Variable*> parameters;  ///< names; their indices stand in infos
    std::vector<const ast::TypeSpec*> types;       ///< of the parameters
    const ast::TypeSpec* result_spec = nullptr;    ///< null: it has none
    const Type* result = nullptr;                  ///< void_type() if it has none; null: not asked yet
};

class Analysis {
  public:
    Analysis(const Input& given, types::Table& table, source::Diagnostics& collector)
        : input(given),
          types(table),
          diagnostics(collector),
          kernel_types(table, given.kernel),
          definitions(table, kernel_types) {}

    const Input& input;
    types::Table& types;
    source::Diagnostics& diagnostics;
    types::CTypes kernel_types;
    cdef::Definitions definitions;
    program::Config config;
    ast::Arena arena;

    std::vector<Clause> clauses;
    std::deque<Body> bodies;  ///< in source order
    std::deque<FunctionBody> functions;
    std::vector<MapInfo> maps;  ///< in order of first use
    std::unordered_map<std::string, std::uint32_t> map_indices;
    std::deque<ExprInfo> infos;  ///< by id of the expanded trees
    std::unordered_map<std::uint32_t, CallInfo> calls;
    std::unordered_set<const ast::BlockExpr*> macro_blocks;
    std::unordered_map<std::uint32_t, const Type*> described;  ///< by id of a typeinfo(): the type it asks about
    std::unordered_map<std::string, std::vector<Signature>> signatures;

    [[nodiscard]] std::uint32_t new_id() {
        infos.emplace_back();
        return static_cast<std::uint32_t>(infos.size() - 1);
    }
    [[nodiscard]] ExprInfo& info(const ast::Expr& expr) { return infos[expr.id]; }
    [[nodiscard]] std::uint32_t map_index(std::string_view name);
    /// The row's signature, parsed once.
    [[nodiscard]] const std::vector<Signature>& signature(const typed::Builtin& row);
    /// The bodies of probes, then those of functions.
    template <typename Visit>
    void for_each_body(Visit&& visit) {
        for (Body& body : bodies)
            visit(body);
        for (FunctionBody& function : functions)
            visit(function.body);
    }
    [[nodiscard]] const typed::Builtin* find_row(std::string_view name) const {
        return input.builtins.find == nullptr ? nullptr : input.builtins.find(name);
    }
};

// ---- the passes, in order; each adds to analysis.diagnostics

/// configure.cpp: config block and environment -> analysis.config.
void configure(Analysis& analysis);
/// expand_probes.cpp: attach points -> clauses.
void expand_probes(Analysis& analysis);
/// expand_macros.cpp: clauses -> bodies: macros, positional and named parameters are gone.
void expand_macros(Analysis& analysis);
/// resolve_names.cpp: variables and maps -> indices; scopes.
void resolve_names(Analysis& analysis);
/// infer_types.cpp: types of everything, then all that depends on types is checked.
void infer_types(Analysis& analysis);
/// build_typed.cpp
[[nodiscard]] typed::Script build_typed(Analysis& analysis);

/// The value of $1 and its like: an integer literal, else a string.
struct ParameterValue {
    bool is_given = false;
    std::string text;
    std::optional<Literal> number;
};
[[nodiscard]] ParameterValue parameter_value(const Analysis& analysis, std::uint64_t number);
/// "$x" of a name the macro expansion made unique.
[[nodiscard]] std::string_view written_name(std::string_view name);
/// The word for a kind in messages: begin, end, self are "special".
[[nodiscard]] std::string_view kind_in_messages(program::ProbeKind kind);
/// Sorted out of a list of names: "did you mean `x`?" for the nearest, or nothing.
void add_nearest(source::Diagnostics::Added added, std::string_view word, const std::vector<std::string>& candidates);
/// The smallest signed type that holds it, as messages name it; flexible: adapts to its neighbour.
[[nodiscard]] const Type* literal_type(types::Table& types, const Literal& literal);

}  // namespace check
