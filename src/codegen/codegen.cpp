// Entrance: generate(). Script -> maps, probes, attachments, and a function for each probe.
#include "src/codegen/codegen.h"

#include <algorithm>
#include <compare>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/codegen/probe_emitter.h"
#include "src/codegen/script_state.h"
#include "src/codegen/shared_body.h"

namespace codegen {
namespace {

using program::ProbeKind;

// Values of bpf_attach_type that elder headers do not name.
constexpr auto kTraceKprobeMulti = static_cast<bpf_attach_type>(42);
constexpr auto kTraceUprobeMulti = static_cast<bpf_attach_type>(48);

/// How several places of one body are attached by one link; nothing: one by one. Of a multi-link the program is asked
/// for when it is loaded, so all places of the body must be fit for it.
std::optional<bpf_attach_type> multi_link(const typed::Script& script, const typed::Probe& probe,
                                          const Options& options) {
    // Even for one place: unlike a perf event for it, the link needs no CAP_SYS_ADMIN.
    if (program::KindSet::of(ProbeKind::uprobe, ProbeKind::uretprobe, ProbeKind::usdt).has(probe.kind))
        return options.features.has(program::Feature::uprobe_multi) ? std::optional(kTraceUprobeMulti) : std::nullopt;
    if (!probe.shared_body || (probe.kind != ProbeKind::kprobe && probe.kind != ProbeKind::kretprobe))
        return std::nullopt;
    if (!options.features.has(program::Feature::kprobe_multi)) return std::nullopt;
    // ftrace's places are entries and returns of functions by name.
    for (const auto& other : script.probes)
        if (other->shared_body == probe.shared_body && (other->place.offset != 0 || other->place.function.empty()))
            return std::nullopt;
    return kTraceKprobeMulti;
}

void set_type(program::Function& function, const typed::Probe& probe) {
    switch (probe.kind) {
        case ProbeKind::begin:
        case ProbeKind::end:
        case ProbeKind::self:
        case ProbeKind::test:
        case ProbeKind::bench:  // run by BPF_PROG_TEST_RUN, which this type has on all our kernels
        case ProbeKind::rawtracepoint: function.type = BPF_PROG_TYPE_RAW_TRACEPOINT; return;
        case ProbeKind::tracepoint: function.type = BPF_PROG_TYPE_TRACEPOINT; return;
        case ProbeKind::interval:
        case ProbeKind::profile:
        case ProbeKind::software:
        case ProbeKind::hardware:
        case ProbeKind::watchpoint: function.type = BPF_PROG_TYPE_PERF_EVENT; return;
        case ProbeKind::kprobe:
        case ProbeKind::kretprobe:
        case ProbeKind::uprobe:
        case ProbeKind::uretprobe:
        case ProbeKind::usdt: function.type = BPF_PROG_TYPE_KPROBE; return;
        case ProbeKind::fentry:
        case ProbeKind::fexit:
            function.type = BPF_PROG_TYPE_TRACING;
            function.expected = probe.kind == ProbeKind::fentry ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT;
            function.attach_to = probe.place.function;
            if (probe.place.module == "bpf")
                function.attach_to = "bpf:" + probe.place.target + ":" + probe.place.function;
            else if (!probe.place.module.empty() && probe.place.module != "vmlinux")
                function.attach_to = probe.place.module + ":" + probe.place.function;
            return;
        case ProbeKind::iter:
            function.type = BPF_PROG_TYPE_TRACING;
            function.expected = BPF_TRACE_ITER;
            function.attach_to = "bpf_iter_" + probe.place.function;
            return;
    }
}

/// By probe: told from the others of its body by the number of the system call. On the raw event there is nothing else;
/// on tracepoints only if it works for all of the body.
std::vector<bool> numbered(const typed::Script& script, const SyscallPlan& syscalls) {
    std::set<std::size_t> mixed;  // bodies
    for (std::size_t i = 0; i < script.probes.size(); ++i)
        if (const auto& body = script.probes[i]->shared_body; body && !syscalls.event(i)) mixed.insert(*body);
    std::vector<bool> result(script.probes.size());
    for (std::size_t i = 0; i < result.size(); ++i) {
        const typed::Probe& probe = *script.probes[i];
        const bool is_told = probe.is_told_name && probe.shared_body && !mixed.contains(*probe.shared_body);
        result[i] = syscalls.event(i) && (syscalls.is_raw(i) || is_told);
    }
    return result;
}

/// By probe: the number of its function, which is that of its first probe. One program may serve the probes of a shared
/// body, unless it has to be of another type, or would have to run twice for one event.
std::vector<std::size_t> functions_of(const typed::Script& script, const SyscallPlan& syscalls,
                                      const std::vector<bool>& is_numbered) {
    struct Key {
        std::size_t body = 0;
        bool is_raw = false, is_exit = false;
        std::size_t repetition = 0;
        auto operator<=>(const Key&) const = default;
    };
    std::vector<std::size_t> groups(script.probes.size());
    std::map<Key, std::size_t> first;
    std::set<std::pair<Key, std::uint32_t>> taken;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const typed::Probe& probe = *script.probes[i];
        groups[i] = i;
        if (!probe.shared_body || !program::kManyPlaces.has(probe.kind)) continue;
        Key key{*probe.shared_body, syscalls.is_raw(i)};
        // Each number once, and entry and return lie in different registers.
        if (is_numbered[i]) {
            key.is_exit = syscalls.event(i)->is_exit;
            while (!taken.insert({key, syscalls.event(i)->number}).second)
                ++key.repetition;
        }
        groups[i] = first.try_emplace(key, i).first->second;
    }
    return groups;
}

/// By probe: what its place is attached with, for the program to tell it from its others.
std::vector<std::uint64_t> cookies_of(const typed::Script& script, const std::vector<bool>& is_numbered,
                                      const std::vector<std::size_t>& groups) {
    std::vector<std::uint64_t> cookies(groups.size()), next(groups.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const typed::Probe& probe = *script.probes[i];
        cookies[i] = probe.is_told_name && !is_numbered[i] ? next[groups[i]]++ : probe.place.cookie;
    }
    return cookies;
}

/// The table of the probes whose function is that of probe `first`; `key_of`: by what they are told apart.
template <typename KeyOf>
program::MapId write_table(ScriptState& state, const std::vector<std::size_t>& groups, std::size_t first,
                           const KeyOf& key_of) {
    const auto& probes = state.script.probes;
    const typed::Probe& probe = *probes[first];
    std::uint64_t highest = 0;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        if (groups[i] == first) highest = std::max(highest, key_of(i));
        // All of the body, wherever else they ended: it is what the type of `probe` says.
        if (probe.shared_body && probes[i]->shared_body == probe.shared_body)
            longest = std::max(longest, probes[i]->name.size());
    }
    const std::size_t size = ProbeTable::kName + (probe.is_told_name ? (longest + 1 + 7) / 8 * 8 : 0);
    std::vector<std::byte> content((highest + 1) * size);
    for (std::size_t i = first; i < groups.size(); ++i) {
        if (groups[i] != first) continue;
        std::byte* entry = content.data() + key_of(i) * size;
        const auto number = static_cast<std::uint32_t>(i + 1);
        std::memcpy(entry, &number, sizeof number);
        const std::string& name = probes[i]->name;
        if (probe.is_told_name) std::memcpy(entry + ProbeTable::kName, name.data(), name.size());
    }
    return state.table(std::move(content), static_cast<std::uint32_t>(size));
}

/// What the function of probe `first`, the first of its group, has to know to tell its probes apart.
SharedBody shared_body_of(ScriptState& state, const SyscallPlan& syscalls, const std::vector<bool>& is_numbered,
                          const std::vector<std::size_t>& groups, const std::vector<std::uint64_t>& cookies,
                          std::size_t first) {
    const typed::Probe& probe = *state.script.probes[first];
    SharedBody shared;
    if (!is_numbered[first]) {
        if (probe.is_told_name)
            shared.table = write_table(state, groups, first, [&](std::size_t i) { return cookies[i]; });
        return shared;
    }
    const auto& event = syscalls.event(first);
    SyscallRole& role = shared.syscall.emplace();
    role.is_raw = syscalls.is_raw(first);
    role.is_exit = event->is_exit;
    role.number = event->number;
    if (role.is_raw) role.access = *syscalls.access();
    if (probe.is_told_name || std::ranges::count(groups, first) > 1)
        shared.table =
            write_table(state, groups, first, [&](std::size_t i) { return std::uint64_t{syscalls.event(i)->number}; });
    return shared;
}

}  // namespace

Generated generate(const typed::Script& script, types::Table& types, const source::SourceMap& sources,
                   const Options& options) {
    ScriptState state(script, types, sources, options);
    program::Program& program = state.program;
    const SyscallPlan syscalls(script, options);
    const std::vector<bool> is_numbered = numbered(script, syscalls);
    const std::vector<std::size_t> groups = functions_of(script, syscalls, is_numbered);
    const std::vector<std::uint64_t> cookies = cookies_of(script, is_numbered, groups);
    /// What the first probe of a function left for the others.
    struct Shared {
        program::FunctionId function;
        std::uint32_t ledger_slot = 0;
        bool is_multi = false, is_told = false;
    };
    std::map<std::size_t, Shared> shared;
    for (std::size_t i = 0; i < script.probes.size(); ++i) {
        const typed::Probe& probe = *script.probes[i];
        const program::ProbeId id(i);
        program::ProbeSpec spec;
        spec.name = probe.name;
        spec.kind = probe.kind;
        spec.span = probe.attach_point;
        spec.ledger_slot = static_cast<std::uint32_t>(i);
        const auto known = shared.find(groups[i]);
        const bool is_first = known == shared.end();
        bool is_multi = false;
        if (is_first) {
            program::Function function;
            function.name = state.function_name(probe);
            set_type(function, probe);
            if (const auto link = multi_link(script, probe, options)) {
                function.expected = *link;
                is_multi = true;
            }
            SharedBody body = shared_body_of(state, syscalls, is_numbered, groups, cookies, i);
            if (body.syscall && body.syscall->is_raw) {
                function.type = BPF_PROG_TYPE_RAW_TRACEPOINT;
                is_multi = true;
            }
            spec.function = program::FunctionId(program.functions.size());
            shared[groups[i]] = {spec.function, spec.ledger_slot, is_multi, body.table.is_set()};
            program.probes.push_back(std::move(spec));
            ProbeEmitter(state, probe, id, function.name, std::move(body)).emit();
            program.functions.push_back(std::move(function));
        } else {
            spec.function = known->second.function;
            if (!known->second.is_told) spec.ledger_slot = known->second.ledger_slot;
            is_multi = known->second.is_multi;
            program.probes.push_back(std::move(spec));
        }
        program::Place place = probe.place;
        place.cookie = cookies[i];
        if (probe.kind == ProbeKind::begin) {
            program.begin.push_back(id);
        } else if (probe.kind == ProbeKind::end) {
            program.end.push_back(id);
        } else if (!is_first && is_multi) {
            // One link for all of them: the first probe's.
            const auto attach = std::ranges::find_if(program.attachments, [&](const program::AttachSpec& other) {
                return program.probes[other.probe.index()].function == program.probes[i].function;
            });
            attach->places.push_back(std::move(place));
        } else {
            program::AttachSpec attach;
            attach.probe = id;
            attach.kind = probe.kind;
            attach.places.push_back(std::move(place));
            attach.if_missing = probe.if_missing.value_or(script.config.missing_probes);
            attach.span = probe.attach_point;
            program.attachments.push_back(std::move(attach));
        }
    }
    return {std::move(state.program), std::move(state.module)};
}

}  // namespace codegen
