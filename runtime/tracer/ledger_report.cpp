#include "runtime/tracer/ledger_report.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "runtime/format/text.h"

namespace tracer {
namespace {

using program::LedgerCounter;

/// Lines of the explanation; more would hide what they say.
constexpr std::size_t kMostExplained = 10;

bool is_run_by_tracer(program::ProbeKind kind) {
    using enum program::ProbeKind;
    return program::KindSet::of(begin, end, self, test, bench).has(kind);
}

std::string title(const LedgerRow& row) {
    if (row.probes.size() == 1) return *row.probes.front();
    return fmt::format("{} and {} more", *row.probes.front(), row.probes.size() - 1);
}

std::string per_run(const LedgerRow& row) {
    return row.run_count == 0 ? "-" : fmt::format("{} ns", row.run_time_ns / row.run_count);
}

}  // namespace

LedgerReport::LedgerReport(const program::Program& program, const Ledger& ledger, engine::Engine& engine) {
    std::map<std::uint32_t, std::size_t> row_of_slot;
    std::vector<program::FunctionId> functions;
    for (std::size_t i = 0; i < program.probes.size(); ++i) {
        const program::ProbeSpec& probe = program.probes[i];
        const auto [found, is_new] = row_of_slot.try_emplace(probe.ledger_slot, rows_.size());
        if (!is_new) {
            rows_[found->second].probes.push_back(&probe.name);
            continue;
        }
        const auto of = [&](LedgerCounter counter) { return ledger.of(program::ProbeId(i), counter); };
        LedgerRow row;
        row.probes.push_back(&probe.name);
        row.is_run_by_tracer = is_run_by_tracer(probe.kind);
        row.passed = of(LedgerCounter::passed);
        row.hits = of(LedgerCounter::refused) + row.passed + of(LedgerCounter::unclaimed);
        row.sent = of(LedgerCounter::sent);
        row.lost = of(LedgerCounter::lost);
        row.map_full = of(LedgerCounter::map_full);
        row.failed_reads = of(LedgerCounter::failed_reads);
        row.stack_lost = of(LedgerCounter::stack_lost);
        rows_.push_back(std::move(row));
        functions.push_back(probe.function);
    }
    std::map<std::uint32_t, std::uint64_t> missed_by_function;
    for (std::size_t i = 0; i < program.attachments.size(); ++i) {
        const program::ProbeSpec& probe = program.probes[program.attachments[i].probe.index()];
        missed_by_function[probe.function.value] += engine.missed(i);
        LedgerRow& row = rows_[row_of_slot.at(probe.ledger_slot)];
        const std::uint64_t due = engine.ticks_due(i);
        if (due > row.hits) row.missed += due - row.hits;
    }
    // Probes of one program share its counts: they are the first one's.
    std::vector<std::uint32_t> seen;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (!functions[i].is_set() || std::ranges::find(seen, functions[i].value) != seen.end()) continue;
        seen.push_back(functions[i].value);
        const engine::RunStats stats = engine.run_stats(functions[i]);
        rows_[i].missed += stats.recursion_misses + missed_by_function[functions[i].value];
        rows_[i].run_count = stats.run_count;
        rows_[i].run_time_ns = stats.run_time_ns;
    }
}

std::string LedgerReport::text(std::size_t most) const {
    constexpr std::array kHeadings{"probe",    "hits",         "passed",      "sent",   "lost",
                                   "map full", "failed reads", "stacks lost", "missed", "a run"};
    using Cells = std::array<std::string, kHeadings.size()>;
    std::vector<Cells> lines(1);
    std::ranges::copy(kHeadings, lines[0].begin());
    std::size_t left_out = 0;
    for (const LedgerRow& row : rows_) {
        if (most != 0 && lines.size() > most) {
            ++left_out;
            continue;
        }
        const auto number = [](std::uint64_t value) { return fmt::format("{}", value); };
        lines.push_back({title(row), number(row.hits), number(row.passed), number(row.sent), number(row.lost),
                         number(row.map_full), number(row.failed_reads), number(row.stack_lost), number(row.missed),
                         per_run(row)});
    }
    std::array<std::size_t, kHeadings.size()> widths{};
    for (const Cells& cells : lines)
        for (std::size_t i = 0; i < cells.size(); ++i)
            widths[i] = std::max(widths[i], cells[i].size());
    std::string out;
    for (const Cells& cells : lines) {
        out += fmt::format("{:<{}}", cells[0], widths[0]);
        for (std::size_t i = 1; i < cells.size(); ++i)
            out += fmt::format("  {:>{}}", cells[i], widths[i]);
        out += '\n';
    }
    if (left_out != 0) out += fmt::format("... and {} more probes; --ledger shows them all\n", left_out);
    return out;
}

std::string LedgerReport::explanation(RunEnd end) const {
    std::string out;
    std::size_t lines = 0, silent = 0;
    const auto say = [&](const std::string& line) {
        if (++lines <= kMostExplained) out += line + '\n';
    };
    for (const LedgerRow& row : rows_) {
        if (row.is_run_by_tracer) continue;
        const std::string name = title(row);
        if (row.hits == 0) {
            ++silent;
            if (row.missed != 0) say(fmt::format("{}: the kernel left out all {} runs", name, row.missed));
        } else if (row.passed == 0) {
            say(fmt::format("{}: the predicate refused all {} of {} hits", name, row.hits, row.hits));
        } else if (row.lost != 0 && row.sent == 0) {
            say(fmt::format("{}: all {} events were lost", name, row.lost));
        } else if (row.map_full != 0) {
            say(fmt::format("{}: {} updates were refused, the map was full", name, row.map_full));
        } else if (row.failed_reads != 0) {
            say(fmt::format("{}: {} reads failed in {} runs of its body; -k says which", name, row.failed_reads,
                            row.passed));
        } else {
            say(fmt::format("{}: its body ran {} times and came to nothing that is printed or stored", name,
                            row.passed));
        }
    }
    if (silent != 0) {
        const char* until = end == RunEnd::child_ended ? "; the traced command ended first" : "";
        if (silent == 1 && lines == 0) {
            for (const LedgerRow& row : rows_)
                if (!row.is_run_by_tracer && row.hits == 0) out += title(row);
            out += fmt::format(": no hits while it was attached{}\n", until);
        } else {
            out += fmt::format("{} probes: no hits while they were attached{}\n", silent, until);
        }
    }
    return out;
}

std::string LedgerReport::json() const {
    std::string out = R"({"type": "ledger", "data": [)";
    bool is_first_row = true;
    for (const LedgerRow& row : rows_) {
        if (!is_first_row) out += ", ";
        is_first_row = false;
        out += R"({"probes": [)";
        for (std::size_t i = 0; i < row.probes.size(); ++i) {
            if (i != 0) out += ", ";
            format::append_json_string(out, *row.probes[i]);
        }
        out += ']';
        const auto add = [&out](std::string_view name, std::uint64_t value) {
            out += fmt::format(R"(, "{}": )", name);
            format::append_json_unsigned(out, value);
        };
        add("hits", row.hits);
        add("passed", row.passed);
        add("sent", row.sent);
        add("lost", row.lost);
        add("map_full", row.map_full);
        add("failed_reads", row.failed_reads);
        add("stacks_lost", row.stack_lost);
        add("missed", row.missed);
        add("runs", row.run_count);
        add("run_time_ns", row.run_time_ns);
        out += '}';
    }
    return out + "]}\n";
}

std::string LedgerReport::missed_sentence() const {
    std::uint64_t missed = 0;
    const LedgerRow* worst = nullptr;
    for (const LedgerRow& row : rows_) {
        missed += row.missed;
        if (row.missed != 0 && (worst == nullptr || row.missed > worst->missed)) worst = &row;
    }
    if (worst == nullptr) return {};
    return fmt::format(
        "the kernel left out {} runs (as far as it counts them), most of {}: another program was running on that "
        "processor; probe something that the others do not set off",
        missed, title(*worst));
}

std::string LedgerReport::stack_sentence() const {
    std::uint64_t lost = 0;
    for (const LedgerRow& row : rows_)
        lost += row.stack_lost;
    if (lost == 0) return {};
    return fmt::format("{} stacks could not be taken or kept: they count under an empty stack; ask for fewer frames",
                       lost);
}

}  // namespace tracer
