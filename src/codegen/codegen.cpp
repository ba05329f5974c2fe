// Entrance: generate(). Script -> maps, probes, attachments, and a function for each probe.
#include "src/codegen/codegen.h"

#include <utility>

#include "src/codegen/probe_emitter.h"
#include "src/codegen/script_state.h"

namespace codegen {
namespace {

using program::ProbeKind;

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
            return;
        case ProbeKind::iter:
            function.type = BPF_PROG_TYPE_TRACING;
            function.expected = BPF_TRACE_ITER;
            function.attach_to = "bpf_iter_" + probe.place.function;
            return;
    }
}

}  // namespace

Generated generate(const typed::Script& script, types::Table& types, const source::SourceMap& sources,
                   const Options& options) {
    ScriptState state(script, types, sources, options);
    program::Program& program = state.program;
    for (std::size_t i = 0; i < script.probes.size(); ++i) {
        const typed::Probe& probe = *script.probes[i];
        const program::ProbeId id(i);
        program::Function function;
        function.name = state.function_name(probe);
        set_type(function, probe);

        program::ProbeSpec spec;
        spec.name = probe.name;
        spec.kind = probe.kind;
        spec.span = probe.attach_point;
        spec.function = program::FunctionId(program.functions.size());
        spec.ledger_slot = static_cast<std::uint32_t>(i);
        program.probes.push_back(std::move(spec));

        ProbeEmitter(state, probe, id, function.name).emit();
        program.functions.push_back(std::move(function));
        if (probe.kind == ProbeKind::begin) {
            program.begin.push_back(id);
        } else if (probe.kind == ProbeKind::end) {
            program.end.push_back(id);
        } else {
            program::AttachSpec attach;
            attach.probe = id;
            attach.kind = probe.kind;
            attach.places.push_back(probe.place);
            attach.if_missing = probe.if_missing.value_or(script.config.missing_probes);
            attach.span = probe.attach_point;
            program.attachments.push_back(std::move(attach));
        }
    }
    return {std::move(state.program), std::move(state.module)};
}

}  // namespace codegen
