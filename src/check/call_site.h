// check::CallSite: what a builtin's own `result` and `check` functions see of one call: arguments with their types and
// literal values, the probe it stands in, and the means to report. Given by check/check_calls and infer_types, taken by
// src/builtins. Must not know codegen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/kernel/kernel_view.h"
#include "runtime/program/program.h"
#include "src/source/diagnostics.h"
#include "src/types/type.h"

namespace check {

/// One argument as written, after folding.
struct CallArgument {
    source::Range range;
    const types::Type* type = nullptr;     ///< none() while inference does not know it yet
    std::optional<std::uint64_t> integer;  ///< literal integer or bool (two's complement); sign: see type
    std::optional<std::string> text;       ///< literal string
    std::optional<std::string> word;       ///< bare word that the signature takes as one (boot, perf, ...)
    std::optional<std::string> map;        ///< the argument is a map (name); with key: it is @m[key]
    bool map_has_key = false;
    bool is_positional_parameter = false;  ///< $1: "Use str($1) to treat $1 as a string"
    bool is_type = false;                  ///< typeof(T): type is T
    bool is_address_of_text = false;       ///< a field of an event whose text lies elsewhere (__data_loc char[])
    /// The argument is itself a call of a builtin: strftime wants to know which clock nsecs(...) was asked for.
    std::string_view callee;
    std::vector<std::string> callee_words;
};

class CallSite {
  public:
    virtual ~CallSite() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    [[nodiscard]] virtual source::Range range() const = 0;  ///< name to closing parenthesis
    [[nodiscard]] virtual std::span<const CallArgument> arguments() const = 0;
    [[nodiscard]] virtual types::Table& types() = 0;
    [[nodiscard]] virtual const program::Config& config() const = 0;
    [[nodiscard]] virtual const kernel::KernelView& kernel() const = 0;
    [[nodiscard]] virtual program::ProbeKind probe_kind() const = 0;
    [[nodiscard]] virtual const program::Place& place() const = 0;
    [[nodiscard]] virtual std::string_view probe_name() const = 0;
    /// Several probes share the body and the program says at run time which of them it is; the longest of their names.
    [[nodiscard]] virtual bool is_told_probe_name() const { return false; }
    [[nodiscard]] virtual std::size_t longest_probe_name() const { return probe_name().size(); }
    [[nodiscard]] virtual bool is_safe_mode() const = 0;
    [[nodiscard]] virtual bool has_child() const = 0;  ///< -c given
    [[nodiscard]] virtual bool is_in_loop() const = 0;
    /// Key and value of a map named in an argument, as far as known; null = not known (yet) or scalar.
    [[nodiscard]] virtual const types::Type* map_key(std::string_view map) const = 0;
    [[nodiscard]] virtual const types::Type* map_value(std::string_view map) const = 0;
    [[nodiscard]] virtual bool map_is_scalar(std::string_view map) const = 0;
    /// A type of the kernel's BTF by its C spelling ("struct task_struct"); null if the kernel has none.
    [[nodiscard]] virtual const types::Type* kernel_type(std::string_view spelling) = 0;
    /// The call's own result as settled by inference.
    [[nodiscard]] virtual const types::Type* result_type() const = 0;

    virtual source::Diagnostics::Added error(source::DiagnosticKind kind, source::Range range, std::string message) = 0;
    virtual source::Diagnostics::Added warning(source::DiagnosticKind kind, source::Range range,
                                               std::string message) = 0;

    // -- what lowering will find in typed::Call
    virtual void set_format(std::vector<program::FormatOp> ops) = 0;
    virtual void set_text(std::string text) = 0;
    virtual void set_number(std::uint64_t number) = 0;
    /// Aggregations: parameters of this use; differing ones on one map are reported by the caller.
    virtual void set_aggregation(const program::Aggregation& aggregation) = 0;
    /// The call is a constant: it is folded into this literal and lower is never called.
    virtual void fold(std::uint64_t value, const types::Type* type) = 0;
    /// `type`: what sizeof() says if it is more than the text needs.
    virtual void fold(std::string value, const types::Type* type = nullptr) = 0;
    /// Asks for a conversion of argument i to this type (an explicit typed::Cast is put around it).
    virtual void convert_argument(std::size_t index, const types::Type* to) = 0;
};

}  // namespace check
