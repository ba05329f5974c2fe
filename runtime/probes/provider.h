// probes::Provider: what a probe kind is. One row per program::ProbeKind in table.cpp, in enum order; a kind's whole
// behaviour is its own file. src/check parses, lists and asks for arguments; runtime/live attaches.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/base/result.h"
#include "runtime/kernel/kernel_view.h"
#include "runtime/program/argument.h"
#include "runtime/program/probe_kind.h"
#include "runtime/program/program.h"

namespace probes {

/// A user's mistake in an attach point. Spans are the attach point's: the caller has them.
struct TargetError {
    std::string message;  ///< as bpftrace says it: "tracepoint probe type requires 2 arguments, found 1"
    std::string hint;     ///< may be empty
};

/// A parsed attach point, before wildcards are expanded. Fields not used by a kind stay empty.
struct Target {
    program::ProbeKind kind = program::ProbeKind::begin;
    std::string target;              ///< category, path, module
    std::string function;            ///< event, function, glob
    std::vector<std::string> parts;  ///< everything after the provider, split at ':' (quotes removed)
    std::uint64_t offset = 0, address = 0;
    program::Sampling sampling;
    bool has_wildcard = false;
    /// -l: parts may be missing or wildcards everywhere, and names come out as listings spell them ("software:cpu:").
    bool is_listing = false;
    int pid = -1;            ///< -p: whose files and mappings user-space kinds look at; -1 = ours
    std::string command;     ///< -c: its first word, the program that will run
    bool is_unsafe = false;  ///< --unsafe: do not look whether a place is one that can be attached to
};

template <typename T>
class [[nodiscard]] Parsed {
  public:
    Parsed(T value) : state_(std::move(value)) {}
    Parsed(TargetError error) : state_(std::move(error)) {}
    [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
    [[nodiscard]] T& value() { return std::get<T>(state_); }
    [[nodiscard]] const T& value() const { return std::get<T>(state_); }
    [[nodiscard]] const TargetError& error() const { return std::get<TargetError>(state_); }

  private:
    std::variant<T, TargetError> state_;
};

/// What one concrete attach point is called and where it attaches.
struct Match {
    std::string name;  ///< full name: "tracepoint:sched:sched_switch"
    program::Place place;
    std::string warning = {};  ///< to be said to the user, once for each text; usually empty
};

/// Things an attached probe keeps open; closing the fds detaches.
struct Links {
    std::vector<base::Fd> fds;              ///< in closing order: link first, then perf event
    unsigned hooks = 0;                     ///< what "Attached N probes" counts
    std::vector<std::string> skipped = {};  ///< of many places those the kernel refused; the others are attached
    base::Fd iterator = {};   ///< iter that is not pinned: each read runs it over as many objects as bytes
    std::string pinned = {};  ///< iter: the file it was pinned to
};

/// What attaching needs to know about a loaded function.
struct LoadedFunction {
    int fd = -1;
    const program::Function* function = nullptr;
};

struct Provider {
    program::ProbeKind kind;
    std::string_view name;                    ///< canonical spelling
    std::array<std::string_view, 3> aliases;  ///< case-sensitive where they collide (u / U); may be empty
    std::string_view target_form;             ///< "tracepoint:category:event"
    std::string_view doc;                     ///< one sentence, printed into docs/probes.md
    std::string_view example;                 ///< a runnable script
    bpf_prog_type type;
    bool is_kernel_side;  ///< listed by -l without a pattern
    /// parts = text after the provider's name, split at ':' outside quotes. No kernel access.
    Parsed<Target> (*parse)(std::span<const std::string> parts);
    /// Every attach point that matches: -l AND wildcard expansion, so the two cannot disagree. A target without
    /// wildcard yields one match, or none if it does not exist. Sorted by byte. An Error is about the attach point as
    /// well ("uprobe target file '/x' does not exist or is not executable").
    base::Result<std::vector<Match>> (*list)(const kernel::KernelView&, const Target&);
    /// For an attach point that does not exist: nearest existing names, best first. May be null.
    std::vector<std::string> (*nearest)(const kernel::KernelView&, const Target&);
    /// What `args` means at one concrete place. Error: none (message says why). May be null: no args.
    base::Result<program::ArgumentList> (*arguments)(const kernel::KernelView&, const program::Place&);
    /// Live engine only. May be null for kinds that are run, not attached (begin, end).
    base::Result<Links> (*attach)(const kernel::KernelView&, const LoadedFunction&, std::span<const program::Place>);
    /// -lv: argument lines as the kernel spells them, without indentation. May be null.
    base::Result<std::vector<std::string>> (*describe)(const kernel::KernelView&, const program::Place&) = nullptr;
};

/// All rows in enum order.
[[nodiscard]] std::span<const Provider> all();
[[nodiscard]] const Provider& row(program::ProbeKind kind);
/// By name or alias: names in any case (`BEGIN`, `Kprobe`), aliases exactly. nullptr = unknown.
[[nodiscard]] const Provider* find(std::string_view word);
/// Every row whose name matches a wildcard ("k*"), in enum order; aliases do not count. Without wildcard: find's.
[[nodiscard]] std::vector<const Provider*> find_all(std::string_view pattern);
/// The word nearest to an unknown provider, for hints: names and the longer aliases.
[[nodiscard]] std::vector<std::string> nearest_providers(std::string_view word);

/// An attach point's text split at ':' outside quotes, quotes removed (\" inside them is a quote): provider first.
[[nodiscard]] std::vector<std::string> split_attach_point(std::string_view text);
/// What stands behind "No matches for tracepoint ": "syscalls:nonsense", "/bin/bash:nosuch".
[[nodiscard]] std::string target_text(const Target& target);

}  // namespace probes
