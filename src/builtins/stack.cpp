// kstack, ustack. The type carries mode and depth; capturing is codegen's (codegen::Emitter::capture_stack).
#include <array>
#include <optional>

#include <fmt/format.h>

#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

constexpr std::uint32_t kDefaultFrames = 127;  // the kernel's own default (perf_event_max_stack)
constexpr std::uint64_t kMostFrames = 1024;

std::optional<program::StackMode> mode_of(std::string_view word) {
    if (word == "bpftrace" || word == "bpfline") return program::StackMode::bpftrace;
    if (word == "perf") return program::StackMode::perf;
    if (word == "raw") return program::StackMode::raw;
    if (word == "build_id") return program::StackMode::build_id;
    return std::nullopt;
}

const types::Type* stack_type(CallSite& site) {
    program::StackMode mode = site.config().stack_mode;
    std::uint64_t limit = kDefaultFrames;
    for (const CallArgument& argument : site.arguments()) {
        if (argument.word) mode = mode_of(*argument.word).value_or(mode);
        if (argument.integer) limit = *argument.integer;
    }
    if (limit > kMostFrames || limit == 0) limit = limit == 0 ? 1 : kMostFrames;
    return site.types().stack(site.name() == "ustack", mode, static_cast<std::uint32_t>(limit));
}

void check_stack(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.size() == 2 && arguments[0].integer) {
        site.error(DiagnosticKind::bad_call, site.range(), "Expected stack mode as first argument");
        return;
    }
    for (const CallArgument& argument : arguments) {
        if (argument.word) {
            if (mode_of(*argument.word) == program::StackMode::build_id && site.name() == "kstack")
                site.error(DiagnosticKind::bad_call, argument.range,
                           fmt::format("Error parsing stack mode: {}: Invalid value for stack_mode: valid values are "
                                       "bpftrace, raw, perf, and build_id.",
                                       site.name()));
        }
        if (argument.integer && *argument.integer > kMostFrames)
            site.error(DiagnosticKind::bad_literal_argument, site.range(),
                       fmt::format("{}([int limit]): limit shouldn't exceed {}, {} given", site.name(), kMostFrames,
                                   static_cast<std::int64_t>(*argument.integer)));
    }
}

ir::Value lower_stack(Emitter& e, const Call& call, ir::Value destination) {
    e.capture_stack(call.type, destination, call.range);
    return destination;
}

constexpr std::array kStack{
    typed::Builtin{.name = "kstack",
                   .signature = "kstack(mode: stack_mode = bpftrace, limit: int literal = 127) -> kstack\n"
                                "kstack(limit: int literal) -> kstack",
                   .form = Form::variable,
                   .doc = "The kernel stack, leaf first; symbols are looked up when it is printed.",
                   .example = R"(tracepoint:sched:sched_switch { @[kstack(5)] = count(); exit(); })",
                   .result = stack_type,
                   .check = check_stack,
                   .lower = lower_stack},
    typed::Builtin{.name = "ustack",
                   .signature = "ustack(mode: stack_mode = bpftrace, limit: int literal = 127) -> ustack\n"
                                "ustack(limit: int literal) -> ustack",
                   .form = Form::variable,
                   .doc = "The user stack of the current process, by frame pointers, leaf first.",
                   .example = R"(profile:hz:99 { @[ustack(5)] = count(); exit(); })",
                   .result = stack_type,
                   .check = check_stack,
                   .lower = lower_stack},
};
static_assert(typed::complete(kStack));

}  // namespace

std::span<const typed::Builtin> stack_rows() {
    return kStack;
}

}  // namespace builtins
