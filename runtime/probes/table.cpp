// The one table of probe kinds, and what is common to all of them: finding a row, taking an attach point apart.
#include <algorithm>
#include <tuple>

#include "runtime/base/glob.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "runtime/probes/kinds.h"

namespace probes {
namespace {

using program::ProbeKind;

constexpr std::array<Provider, program::kProbeKindCount> kRows{{
    {.kind = ProbeKind::begin,
     .name = "begin",
     .aliases = {},
     .target_form = "begin",
     .doc = "Runs once before anything is attached; several run in the script's order.",
     .example = R"(begin { printf("hello\n"); exit(); })",
     .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
     .is_kernel_side = false,
     .parse = begin_end::parse_begin,
     .list = begin_end::list,
     .nearest = nullptr,
     .arguments = nullptr,
     .attach = nullptr,
     .describe = nullptr},
    {.kind = ProbeKind::end,
     .name = "end",
     .aliases = {},
     .target_form = "end",
     .doc = "Runs once after everything is detached, before maps are printed.",
     .example = R"(begin { exit(); } end { printf("bye\n"); })",
     .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
     .is_kernel_side = false,
     .parse = begin_end::parse_end,
     .list = begin_end::list,
     .nearest = nullptr,
     .arguments = nullptr,
     .attach = nullptr,
     .describe = nullptr},
    {.kind = ProbeKind::kprobe,
     .name = "kprobe",
     .aliases = {"k"},
     .target_form = "kprobe:[MODULE:]FUNCTION[+OFFSET]",
     .doc = "Entry of a kernel function, or an instruction inside it; arguments by number (arg0), with BTF by name in "
            "args.",
     .example = R"(kprobe:do_nanosleep { printf("%d sleeps\n", pid); })",
     .type = BPF_PROG_TYPE_KPROBE,
     .is_kernel_side = true,
     .parse = kprobe::parse_kprobe,
     .list = kprobe::list,
     .nearest = kprobe::nearest,
     .arguments = kprobe::arguments,
     .attach = kprobe::attach_kprobe,
     .describe = kprobe::describe_kprobe},
    {.kind = ProbeKind::kretprobe,
     .name = "kretprobe",
     .aliases = {"kr"},
     .target_form = "kretprobe:[MODULE:]FUNCTION",
     .doc = "Return of a kernel function; its value is retval.",
     .example = R"(kretprobe:vfs_read { @bytes = hist(retval); })",
     .type = BPF_PROG_TYPE_KPROBE,
     .is_kernel_side = true,
     .parse = kprobe::parse_kretprobe,
     .list = kprobe::list,
     .nearest = kprobe::nearest,
     .arguments = nullptr,
     .attach = kprobe::attach_kretprobe,
     .describe = kprobe::describe_kretprobe},
    {.kind = ProbeKind::fentry,
     .name = "fentry",
     .aliases = {"f", "kfunc"},
     .target_form = "fentry:[MODULE:]FUNCTION",
     .doc = "Entry of a kernel function through a trampoline: cheaper than a kprobe, arguments typed by BTF in args.",
     .example = R"(fentry:vfs_read { printf("%d\n", args.count); })",
     .type = BPF_PROG_TYPE_TRACING,
     .is_kernel_side = true,
     .parse = fentry::parse_fentry,
     .list = fentry::list,
     .nearest = fentry::nearest,
     .arguments = fentry::arguments_fentry,
     .attach = fentry::attach,
     .describe = fentry::describe_fentry},
    {.kind = ProbeKind::fexit,
     .name = "fexit",
     .aliases = {"fr", "kretfunc"},
     .target_form = "fexit:[MODULE:]FUNCTION",
     .doc = "Return of a kernel function through a trampoline, with its arguments and retval.",
     .example = R"(fexit:vfs_read { printf("%d of %d\n", retval, args.count); })",
     .type = BPF_PROG_TYPE_TRACING,
     .is_kernel_side = true,
     .parse = fentry::parse_fexit,
     .list = fentry::list,
     .nearest = fentry::nearest,
     .arguments = fentry::arguments_fexit,
     .attach = fentry::attach,
     .describe = fentry::describe_fexit},
    {.kind = ProbeKind::uprobe,
     .name = "uprobe",
     .aliases = {"u"},
     .target_form = "uprobe:BINARY:FUNCTION[+OFFSET]",
     .doc = "Entry of a function of a program or library, or an instruction inside it.",
     .example = R"(uprobe:/bin/bash:readline { printf("%d\n", pid); })",
     .type = BPF_PROG_TYPE_KPROBE,
     .is_kernel_side = false,
     .parse = uprobe::parse_uprobe,
     .list = uprobe::list,
     .nearest = uprobe::nearest,
     .arguments = uprobe::arguments,
     .attach = uprobe::attach_uprobe,
     .describe = uprobe::describe},
    {.kind = ProbeKind::uretprobe,
     .name = "uretprobe",
     .aliases = {"ur"},
     .target_form = "uretprobe:BINARY:FUNCTION",
     .doc = "Return of a function of a program or library; its value is retval.",
     .example = R"(uretprobe:/bin/bash:readline { printf("%s\n", str(retval)); })",
     .type = BPF_PROG_TYPE_KPROBE,
     .is_kernel_side = false,
     .parse = uprobe::parse_uretprobe,
     .list = uprobe::list,
     .nearest = uprobe::nearest,
     .arguments = nullptr,
     .attach = uprobe::attach_uretprobe,
     .describe = nullptr},
    {.kind = ProbeKind::usdt,
     .name = "usdt",
     .aliases = {"U"},
     .target_form = "usdt:BINARY:[PROVIDER:]NAME",
     .doc = "A static probe that a program's author compiled in, with its arguments.",
     .example = R"(usdt:/usr/bin/app:shop:sale { printf("%d\n", arg0); })",
     .type = BPF_PROG_TYPE_KPROBE,
     .is_kernel_side = false,
     .parse = usdt::parse,
     .list = usdt::list,
     .nearest = usdt::nearest,
     .arguments = usdt::arguments,
     .attach = usdt::attach,
     .describe = nullptr},
    {.kind = ProbeKind::tracepoint,
     .name = "tracepoint",
     .aliases = {"t"},
     .target_form = "tracepoint:CATEGORY:EVENT",
     .doc = "An event of the kernel by category and name, with the fields of its format file in args.",
     .example = R"(tracepoint:syscalls:sys_enter_execve { printf("%s %s\n", comm, str(args.filename)); })",
     .type = BPF_PROG_TYPE_TRACEPOINT,
     .is_kernel_side = true,
     .parse = tracepoint::parse,
     .list = tracepoint::list,
     .nearest = tracepoint::nearest,
     .arguments = tracepoint::arguments,
     .attach = tracepoint::attach,
     .describe = tracepoint::describe},
    {.kind = ProbeKind::rawtracepoint,
     .name = "rawtracepoint",
     .aliases = {"rt"},
     .target_form = "rawtracepoint:[MODULE:]EVENT",
     .doc = "An event of the kernel before its record is made: cheapest, arguments as the kernel passes them.",
     .example = R"(rawtracepoint:sched_switch { @ = count(); })",
     .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
     .is_kernel_side = true,
     .parse = raw_tracepoint::parse,
     .list = raw_tracepoint::list,
     .nearest = raw_tracepoint::nearest,
     .arguments = raw_tracepoint::arguments,
     .attach = raw_tracepoint::attach,
     .describe = raw_tracepoint::describe},
    {.kind = ProbeKind::interval,
     .name = "interval",
     .aliases = {"i"},
     .target_form = "interval:UNIT:COUNT or interval:DURATION",
     .doc = "Runs at a fixed rate on one CPU; units are s, ms, us and hz, a duration is 100ms.",
     .example = R"(interval:s:1 { print(nsecs); exit(); })",
     .type = BPF_PROG_TYPE_PERF_EVENT,
     .is_kernel_side = false,
     .parse = timer::parse_interval,
     .list = timer::list,
     .nearest = nullptr,
     .arguments = nullptr,
     .attach = timer::attach_interval,
     .describe = nullptr},
    {.kind = ProbeKind::profile,
     .name = "profile",
     .aliases = {"p"},
     .target_form = "profile:UNIT:COUNT or profile:DURATION",
     .doc = "Runs at a fixed rate on every CPU, in whatever runs there; units as for interval.",
     .example = R"(profile:hz:99 { @[comm] = count(); })",
     .type = BPF_PROG_TYPE_PERF_EVENT,
     .is_kernel_side = false,
     .parse = timer::parse_profile,
     .list = timer::list,
     .nearest = nullptr,
     .arguments = nullptr,
     .attach = timer::attach_profile,
     .describe = nullptr},
    {.kind = ProbeKind::software,
     .name = "software",
     .aliases = {"s"},
     .target_form = "software:EVENT[:COUNT]",
     .doc = "Runs every COUNT events of a counter that the kernel keeps, such as page faults.",
     .example = R"(software:faults:100 { @[comm] = count(); })",
     .type = BPF_PROG_TYPE_PERF_EVENT,
     .is_kernel_side = true,
     .parse = perf_event::parse_software,
     .list = perf_event::list,
     .nearest = perf_event::nearest,
     .arguments = nullptr,
     .attach = perf_event::attach,
     .describe = nullptr},
    {.kind = ProbeKind::hardware,
     .name = "hardware",
     .aliases = {"h"},
     .target_form = "hardware:EVENT[:COUNT]",
     .doc = "Runs every COUNT events of a counter of the processor, such as cache misses.",
     .example = R"(hardware:cache-misses:1000000 { @[pid] = count(); })",
     .type = BPF_PROG_TYPE_PERF_EVENT,
     .is_kernel_side = true,
     .parse = perf_event::parse_hardware,
     .list = perf_event::list,
     .nearest = perf_event::nearest,
     .arguments = nullptr,
     .attach = perf_event::attach,
     .describe = nullptr},
    {.kind = ProbeKind::watchpoint,
     .name = "watchpoint",
     .aliases = {"w", "asyncwatchpoint", "aw"},
     .target_form = "watchpoint:ADDRESS:LENGTH:MODE",
     .doc = "Runs when memory is written (w), read or written (rw) or executed (x).",
     .example = R"(watchpoint:0x10000000:8:w { printf("hit\n"); })",
     .type = BPF_PROG_TYPE_PERF_EVENT,
     .is_kernel_side = false,
     .parse = watchpoint::parse,
     .list = watchpoint::list,
     .nearest = nullptr,
     .arguments = nullptr,
     .attach = watchpoint::attach,
     .describe = nullptr},
    {.kind = ProbeKind::iter,
     .name = "iter",
     .aliases = {"it"},
     .target_form = "iter:TYPE[:PIN]",
     .doc = "Runs once for each of the kernel's tasks, open files, maps and so on, then ends. With a PIN (a name below "
            "/sys/fs/bpf, or a path there) it runs whenever that file is read, until the file is removed, and prints "
            "into it.",
     .example = R"(iter:task { printf("%s\n", ctx.task.comm); })",
     .type = BPF_PROG_TYPE_TRACING,
     .is_kernel_side = true,
     .parse = iter::parse,
     .list = iter::list,
     .nearest = iter::nearest,
     .arguments = nullptr,
     .attach = iter::attach,
     .describe = iter::describe},
    {.kind = ProbeKind::self,
     .name = "self",
     .aliases = {},
     .target_form = "self:signal:SIGUSR1",
     .doc = "Runs when the tracer itself gets a signal.",
     .example = R"(self:signal:SIGUSR1 { print("now"); })",
     .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
     .is_kernel_side = false,
     .parse = begin_end::parse_self,
     .list = begin_end::list_self,
     .nearest = nullptr,
     .arguments = nullptr,
     .attach = nullptr,
     .describe = nullptr},
    {.kind = ProbeKind::test,
     .name = "test",
     .aliases = {},
     .target_form = "test:NAME",
     .doc = "A test case of a script, run with --test.",
     .example = R"(test:sum { return 2 + 2 == 4 ? 0 : 1; })",
     .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
     .is_kernel_side = false,
     .parse = begin_end::parse_test,
     .list = begin_end::list,
     .nearest = nullptr,
     .arguments = nullptr,
     .attach = nullptr,
     .describe = nullptr},
    {.kind = ProbeKind::bench,
     .name = "bench",
     .aliases = {},
     .target_form = "bench:NAME",
     .doc = "A piece of a script to be timed, run with --bench.",
     .example = R"(bench:count { @ = count(); })",
     .type = BPF_PROG_TYPE_RAW_TRACEPOINT,
     .is_kernel_side = false,
     .parse = begin_end::parse_bench,
     .list = begin_end::list,
     .nearest = nullptr,
     .arguments = nullptr,
     .attach = nullptr,
     .describe = nullptr},
}};

consteval bool rows_match_enum() {
    for (std::size_t i = 0; i < kRows.size(); i++) {
        const Provider& row = kRows[i];
        if (static_cast<std::size_t>(row.kind) != i) return false;
        if (row.name.empty() || row.target_form.empty() || row.doc.empty() || row.example.empty()) return false;
        if (row.doc.back() != '.' || !row.target_form.starts_with(row.name)) return false;
        if (row.parse == nullptr || row.list == nullptr) return false;
    }
    return true;
}
static_assert(rows_match_enum(), "one row per ProbeKind, in its order, each documented");

}  // namespace

std::span<const Provider> all() {
    return kRows;
}

const Provider& row(ProbeKind kind) {
    return kRows[static_cast<std::size_t>(kind)];
}

const Provider* find(std::string_view word) {
    if (word.empty()) return nullptr;
    // Exactly first: u is uprobe, U is usdt.
    for (const Provider& row : kRows)
        if (row.name == word || std::find(row.aliases.begin(), row.aliases.end(), word) != row.aliases.end())
            return &row;
    for (const Provider& row : kRows) {
        if (base::equals_ignoring_case(row.name, word)) return &row;
        for (std::string_view alias : row.aliases)
            if (base::equals_ignoring_case(alias, word)) return &row;
    }
    return nullptr;
}

std::vector<const Provider*> find_all(std::string_view pattern) {
    std::vector<const Provider*> result;
    if (!base::has_wildcard(pattern)) {
        if (const Provider* row = find(pattern)) result.push_back(row);
        return result;
    }
    const std::string lower = base::to_lower(pattern);
    for (const Provider& row : kRows)
        if (base::glob_matches(lower, row.name)) result.push_back(&row);
    return result;
}

std::vector<std::string> nearest_providers(std::string_view word) {
    base::Nearest search(base::to_lower(word));
    for (const Provider& row : kRows) {
        search.add(row.name);
        // One letter is near to any other.
        for (std::string_view alias : row.aliases)
            if (alias.size() > 2) search.add(alias);
    }
    return search.names();
}

std::vector<std::string> split_attach_point(std::string_view text) {
    std::vector<std::string> parts(1);
    bool is_quoted = false;
    for (std::size_t i = 0; i < text.size(); i++) {
        const char c = text[i];
        if (is_quoted && c == '\\' && i + 1 < text.size() && text[i + 1] == '"')
            parts.back() += text[++i];
        else if (c == '"')
            is_quoted = !is_quoted;
        else if (c == ':' && !is_quoted)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

std::string target_text(const Target& target) {
    // A usdt's provider is implied '*' there, so it is not part of what did not match.
    if (target.kind == ProbeKind::usdt) return target.target + ":" + target.function;
    return base::join(target.parts, ":");
}

std::optional<TargetError> wrong_count(std::string_view kind, std::size_t found, std::size_t least, std::size_t most) {
    if (found >= least && found <= most) return std::nullopt;
    std::string wanted = std::to_string(least);
    for (std::size_t n = least + 1; n <= most; n++)
        wanted += (n == most ? " or " : ", ") + std::to_string(n);
    return TargetError{std::string(kind) + " probe type requires " + wanted +
                           (wanted == "1" ? " argument" : " arguments") + ", found " + std::to_string(found),
                       "write " + std::string(find(kind)->target_form)};
}

Target target_of(ProbeKind kind, Parts parts) {
    Target target;
    target.kind = kind;
    target.parts.assign(parts.begin(), parts.end());
    for (const std::string& part : parts)
        target.has_wildcard |= base::has_wildcard(part);
    return target;
}

std::string_view name_of(ProbeKind kind) {
    return row(kind).name;
}

void sort_matches(std::vector<Match>& matches) {
    const auto key = [](const Match& match) { return std::tie(match.name, match.place.module); };
    std::sort(matches.begin(), matches.end(), [&](const Match& a, const Match& b) { return key(a) < key(b); });
    matches.erase(
        std::unique(matches.begin(), matches.end(), [&](const Match& a, const Match& b) { return key(a) == key(b); }),
        matches.end());
}

}  // namespace probes
