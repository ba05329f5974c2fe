// Clocks and what is made of them.
#include <array>
#include <cstddef>

#include "src/builtins/groups.h"
#include "src/builtins/lowering.h"

namespace builtins {

namespace {

ir::Value lower_nsecs(Emitter& e, const Call& call, ir::Value) {
    const std::string_view clock = call.words.empty() ? std::string_view("boot") : std::string_view(call.words[0]);
    if (clock == "monotonic") return e.helper(Helper::ktime_get_ns, {});
    if (clock == "tai" || clock == "sw_tai") return e.helper(Helper::ktime_get_tai_ns, {});
    return e.helper(Helper::ktime_get_boot_ns, {});
}

ir::Value lower_elapsed(Emitter& e, const Call&, ir::Value) {
    return e.ir().sub(e.helper(Helper::ktime_get_boot_ns, {}), e.global(offsetof(program::Globals, start_ns)));
}

// -- strftime("%H:%M:%S", nsecs): { u64 ns; u32 text; u32 mode }, see program/layout.h

const types::Type* strftime_type(CallSite& site) {
    return site.types().simple(types::Kind::timestamp);
}

void check_strftime(CallSite& site) {
    const auto arguments = site.arguments();
    if (arguments.size() < 2) return;
    const CallArgument& time = arguments[1];
    program::TimestampMode mode = program::TimestampMode::boot;
    if (time.callee == "nsecs" && !time.callee_words.empty()) {
        if (time.callee_words[0] == "monotonic") {
            site.error(DiagnosticKind::bad_call, site.range(), "strftime() can not take a monotonic timestamp")
                .hint("nsecs without an argument counts from boot, and that can be turned into a time of day");
            return;
        }
        if (time.callee_words[0] == "tai") mode = program::TimestampMode::tai;
        if (time.callee_words[0] == "sw_tai") mode = program::TimestampMode::sw_tai;
    }
    if (time.integer && time.type && time.type->is_signed && static_cast<std::int64_t>(*time.integer) < 0)
        site.error(DiagnosticKind::bad_literal_argument, site.range(),
                   "strftime() does not accept negative timestamps");
    site.set_number(static_cast<std::uint64_t>(mode));
}

ir::Value lower_strftime(Emitter& e, const Call& call, ir::Value destination) {
    ir::Builder& b = e.ir();
    b.store(e.scalar(*call.arguments[1]), destination);
    b.store(b.i32(e.text(literal_text(call, 0)).value), destination, 8);
    b.store(b.i32(static_cast<std::uint32_t>(call.number)), destination, 12);
    return destination;
}

// -- time("%H:%M:%S\n"): wall clock when the event is read

ir::Value lower_time(Emitter& e, const Call& call, ir::Value) {
    std::string format = call.arguments.empty() ? std::string("%H:%M:%S\n") : literal_text(call, 0);
    e.send(program::Time{std::move(format)}, 0, [](ir::Value) {});
    return {};
}

constexpr std::array kTime{
    typed::Builtin{.name = "nsecs",
                   .signature = "nsecs(clock: clock = boot) -> u64",
                   .form = Form::variable,
                   .doc = "Nanoseconds on the chosen clock; without an argument since boot, suspend included.",
                   .example = R"(begin { print(nsecs > 0); })",
                   .lower = lower_nsecs},
    typed::Builtin{.name = "elapsed",
                   .signature = "elapsed() -> u64",
                   .form = Form::variable,
                   .doc = "Nanoseconds since tracing started.",
                   .example = R"(begin { print(elapsed < 60s); })",
                   .lower = lower_elapsed},
    typed::Builtin{.name = "time",
                   .signature = "time(format: string literal = \"%H:%M:%S\\n\") -> void",
                   .is_asynchronous = true,
                   .doc = "Prints the time of day as strftime(3) spells it, taken when the event is read. Without an "
                          "argument a newline follows.",
                   .example = R"(begin { time("%H:%M:%S\n"); })",
                   .lower = lower_time},
    typed::Builtin{.name = "strftime",
                   .signature = "strftime(format: string literal, time: int) -> timestamp",
                   .doc = "The wall-clock time of a `nsecs` value, spelled by strftime(3) when it is printed; `%f` is "
                          "microseconds, `%L` milliseconds.",
                   .example = R"(begin { printf("%s\n", strftime("%H:%M:%S.%L", nsecs)); })",
                   .result = strftime_type,
                   .check = check_strftime,
                   .lower = lower_strftime},
};
static_assert(typed::complete(kTime));

}  // namespace

std::span<const typed::Builtin> time_rows() {
    return kTime;
}

}  // namespace builtins
