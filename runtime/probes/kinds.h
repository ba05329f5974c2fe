// probes kinds: what table.cpp puts into the rows. One namespace per file of this folder; nobody outside includes this.
#pragma once

#include <optional>

#include "runtime/probes/provider.h"

namespace probes {

using Parts = std::span<const std::string>;
using Places = std::span<const program::Place>;
using Matches = base::Result<std::vector<Match>>;
using Arguments = base::Result<program::ArgumentList>;
using Attachment = base::Result<Links>;
using Lines = base::Result<std::vector<std::string>>;
using View = kernel::KernelView;

namespace begin_end {
Parsed<Target> parse_begin(Parts parts);
Parsed<Target> parse_end(Parts parts);
Parsed<Target> parse_self(Parts parts);
Parsed<Target> parse_test(Parts parts);
Parsed<Target> parse_bench(Parts parts);
Matches list(const View& view, const Target& target);
Matches list_self(const View& view, const Target& target);
}  // namespace begin_end

namespace tracepoint {
Parsed<Target> parse(Parts parts);
Matches list(const View& view, const Target& target);
std::vector<std::string> nearest(const View& view, const Target& target);
Arguments arguments(const View& view, const program::Place& place);
Attachment attach(const View& view, const LoadedFunction& function, Places places);
Lines describe(const View& view, const program::Place& place);
}  // namespace tracepoint

namespace timer {
Parsed<Target> parse_interval(Parts parts);
Parsed<Target> parse_profile(Parts parts);
Matches list(const View& view, const Target& target);
Attachment attach_interval(const View& view, const LoadedFunction& function, Places places);
Attachment attach_profile(const View& view, const LoadedFunction& function, Places places);
}  // namespace timer

namespace perf_event {
Parsed<Target> parse_software(Parts parts);
Parsed<Target> parse_hardware(Parts parts);
Matches list(const View& view, const Target& target);
std::vector<std::string> nearest(const View& view, const Target& target);
Attachment attach(const View& view, const LoadedFunction& function, Places places);
}  // namespace perf_event

namespace kprobe {
Parsed<Target> parse_kprobe(Parts parts);
Parsed<Target> parse_kretprobe(Parts parts);
Matches list(const View& view, const Target& target);
std::vector<std::string> nearest(const View& view, const Target& target);
Arguments arguments(const View& view, const program::Place& place);
Lines describe_kprobe(const View& view, const program::Place& place);
Lines describe_kretprobe(const View& view, const program::Place& place);
Attachment attach_kprobe(const View& view, const LoadedFunction& function, Places places);
Attachment attach_kretprobe(const View& view, const LoadedFunction& function, Places places);
}  // namespace kprobe

namespace raw_tracepoint {
Parsed<Target> parse(Parts parts);
Matches list(const View& view, const Target& target);
std::vector<std::string> nearest(const View& view, const Target& target);
Arguments arguments(const View& view, const program::Place& place);
Attachment attach(const View& view, const LoadedFunction& function, Places places);
Lines describe(const View& view, const program::Place& place);
}  // namespace raw_tracepoint

namespace fentry {
Parsed<Target> parse_fentry(Parts parts);
Parsed<Target> parse_fexit(Parts parts);
Matches list(const View& view, const Target& target);
std::vector<std::string> nearest(const View& view, const Target& target);
Arguments arguments_fentry(const View& view, const program::Place& place);
Arguments arguments_fexit(const View& view, const program::Place& place);
Attachment attach(const View& view, const LoadedFunction& function, Places places);
Lines describe_fentry(const View& view, const program::Place& place);
Lines describe_fexit(const View& view, const program::Place& place);
}  // namespace fentry

namespace uprobe {
Parsed<Target> parse_uprobe(Parts parts);
Parsed<Target> parse_uretprobe(Parts parts);
Matches list(const View& view, const Target& target);
std::vector<std::string> nearest(const View& view, const Target& target);
Arguments arguments(const View& view, const program::Place& place);
Lines describe(const View& view, const program::Place& place);
Attachment attach_uprobe(const View& view, const LoadedFunction& function, Places places);
Attachment attach_uretprobe(const View& view, const LoadedFunction& function, Places places);
}  // namespace uprobe

namespace usdt {
Parsed<Target> parse(Parts parts);
Matches list(const View& view, const Target& target);
std::vector<std::string> nearest(const View& view, const Target& target);
Arguments arguments(const View& view, const program::Place& place);
Attachment attach(const View& view, const LoadedFunction& function, Places places);
}  // namespace usdt

namespace watchpoint {
Parsed<Target> parse(Parts parts);
Matches list(const View& view, const Target& target);
Attachment attach(const View& view, const LoadedFunction& function, Places places);
}  // namespace watchpoint

namespace iter {
Parsed<Target> parse(Parts parts);
Matches list(const View& view, const Target& target);
std::vector<std::string> nearest(const View& view, const Target& target);
Attachment attach(const View& view, const LoadedFunction& function, Places places);
Lines describe(const View& view, const program::Place& place);
}  // namespace iter

// -- shared by the files above ---------------------------------------------------------------------------------------

/// "kprobe probe type requires 1 or 2 arguments, found 0", or nothing if the number is right.
[[nodiscard]] std::optional<TargetError> wrong_count(std::string_view kind, std::size_t found, std::size_t least,
                                                     std::size_t most);
[[nodiscard]] Target target_of(program::ProbeKind kind, Parts parts);
[[nodiscard]] std::string_view name_of(program::ProbeKind kind);
/// Sorts by name, then module, and removes repetitions.
void sort_matches(std::vector<Match>& matches);

}  // namespace probes
