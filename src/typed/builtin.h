// typed::Builtin: what a builtin is, one row of the tables in src/builtins. check reads name, signature, where and the
// check functions, codegen calls lower; docs/builtins.md is printed from the rows. The function types are only
// forward-declared here (dependency inversion: the row files include check/call_site.h and codegen/emitter.h, nobody
// else does both).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/program/probe_kind.h"
#include "src/ir/value_fwd.h"

namespace check {
class CallSite;
}
namespace codegen {
class Emitter;
}
namespace types {
struct Type;
}

namespace typed {

struct Call;

/// How a builtin may be written.
enum class Form : std::uint8_t {
    function,     ///< f(...)
    variable,     ///< pid; also pid()
    aggregation,  ///< only as the whole right side of an assignment to a map
};

struct Builtin {
    std::string_view name;
    /// In the user's language, one line per overload:
    ///   nsecs(clock: clock = boot) -> u64        printf(format: string literal, values: any...) -> void
    /// Parameter types: int, bool, string, pointer, array, buffer, map, key, any, `literal` after int or string, words
    /// joined by |, or a set of bare words {boot|monotonic}. `= x` optional, `...` any number. See check/signature.h.
    std::string_view signature;
    Form form = Form::function;
    program::KindSet where = program::KindSet::all();  ///< probe kinds that may use it
    std::uint32_t helper = 0;      ///< BPF helper it needs (kernel feature check); 0 = none beyond the usual
    bool is_unsafe = false;        ///< needs --unsafe
    bool is_asynchronous = false;  ///< happens when the event is read
    bool works_pinned = false;     ///< asynchronous, but not in a pinned iterator, whose events nobody reads
    std::string_view doc;          ///< one or two sentences, printed into docs/builtins.md
    std::string_view example;      ///< a whole runnable script
    std::string_view since = {};   ///< first kernel, if not all of ours; may be empty
    /// Result type where the signature cannot say it (depends on arguments). Called again and again during inference:
    /// must not report.
    const types::Type* (*result)(check::CallSite&) = nullptr;
    /// Once types are settled: further checks and reports, beyond arity and types of the signature.
    void (*check)(check::CallSite&) = nullptr;
    /// Scalars: returns the i64. Values in memory: writes them to `destination` (never null then) and returns it. void:
    /// returns {}.
    ir::Value (*lower)(codegen::Emitter&, const Call&, ir::Value destination) = nullptr;
};

/// Documentation, example and lowering are present in every row; checked where the tables are defined.
consteval bool complete(std::span<const Builtin> rows) {
    for (const Builtin& row : rows)
        if (row.name.empty() || row.signature.empty() || row.doc.empty() || row.example.empty() || row.lower == nullptr)
            return false;
    return true;
}

}  // namespace typed
