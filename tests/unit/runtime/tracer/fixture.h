// A run of the tracer over a FakeEngine: builds small programs, catches what is printed, and gives both back. Output
// goes through pipes or files, never through the test's own standard output.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/base/fd.h"
#include "runtime/program/record.h"
#include "runtime/tracer/tracer.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_kernel.h"

namespace tracer_test {

/// Ids of what the fixture's program holds.
enum : std::uint32_t { kBeginProbe, kEndProbe, kTickProbe };
enum : std::uint32_t { kPrintTick, kExit, kPrintEnd, kPrintCount, kClear, kZero, kWarn, kCat, kSystem, kHelper };

inline program::FormatOp text_op(std::string text) {
    program::FormatOp op;
    op.text = std::move(text);
    return op;
}

/// begin, end and an interval; prints "tick", "end", the map @n, and everything else an event can be.
inline program::Program small_program() {
    program::Program p;
    p.files.push_back({.name = "stdin", .text = "interval:s:1 { print(1); @n = 1; }"});
    program::Layout number_layout;
    number_layout.kind = program::LayoutKind::integer;
    number_layout.size = 8;
    number_layout.is_signed = true;
    p.layouts.push_back(number_layout);
    const auto map = [&p](std::string name) {
        program::MapSpec spec;
        spec.name = std::move(name);
        spec.key_size = 8;
        spec.key = spec.value = program::LayoutId(0);
        p.maps.push_back(spec);
    };
    map("@n");
    map("@b");
    program::MapSpec ledger;
    ledger.role = program::MapRole::ledger;
    ledger.kind = program::MapKind::percpu_array;
    ledger.max_entries = 4;
    ledger.value_size = program::kLedgerCounters * 8;
    p.maps.push_back(ledger);
    p.ledger_map = program::MapId(2);
    program::MapSpec globals;
    globals.role = program::MapRole::globals;
    globals.kind = program::MapKind::array;
    globals.value_size = sizeof(program::Globals);
    p.maps.push_back(globals);
    p.globals_map = program::MapId(3);

    const auto probe = [&p](std::string name, program::ProbeKind kind, std::uint32_t function) {
        p.functions.push_back({});
        program::ProbeSpec spec;
        spec.name = std::move(name);
        spec.kind = kind;
        spec.function = program::FunctionId(function);
        spec.ledger_slot = function;
        p.probes.push_back(spec);
    };
    probe("begin", program::ProbeKind::begin, 0);
    probe("end", program::ProbeKind::end, 1);
    probe("interval:s:1", program::ProbeKind::interval, 2);
    p.begin.emplace_back(0U);
    p.end.emplace_back(1U);
    program::AttachSpec tick;
    tick.probe = program::ProbeId(2);
    tick.kind = program::ProbeKind::interval;
    tick.places.emplace_back();
    p.attachments.push_back(tick);

    program::FormatOp number = text_op("tick ");
    number.conversion = program::Conversion::signed_decimal;
    number.bits = 64;
    number.layout = program::LayoutId(0);
    p.events.emplace_back(program::Printf{{number, text_op("\n")}});
    p.events.emplace_back(program::Exit{});
    p.events.emplace_back(program::Printf{{text_op("end\n")}});
    p.events.emplace_back(program::PrintMap{.map = program::MapId(0)});
    p.events.emplace_back(program::ClearMap{program::MapId(0)});
    p.events.emplace_back(program::ZeroMap{program::MapId(0)});
    p.events.emplace_back(program::RuntimeWarning{program::PlaceId(0)});
    p.events.emplace_back(program::Cat{{text_op("/proc/sys/kernel/ostype")}});
    p.events.emplace_back(program::System{{text_op("echo said; exit 3")}});
    p.events.emplace_back(program::HelperFailed{program::PlaceId(1)});
    program::WarningPlace division;
    division.kind = program::WarningKind::division_by_zero;
    division.span = {.file = program::FileId(0), .begin = 15, .end = 23};
    division.ledger_slot = 3;
    division.is_always_shown = true;
    program::WarningPlace read = division;
    read.kind = program::WarningKind::helper_failed;
    read.helper = "probe_read_user";
    read.is_always_shown = false;
    p.warning_places = {division, read};
    return p;
}

/// One i64 key and one i64 value each.
inline program::MapContents numbers(const std::vector<std::pair<std::int64_t, std::int64_t>>& elements) {
    program::MapContents contents{
        .key_size = 8, .value_size = 8, .copies = 1, .count = elements.size(), .keys = {}, .values = {}};
    for (const auto& [key, value] : elements) {
        const auto* k = reinterpret_cast<const std::byte*>(&key);
        const auto* v = reinterpret_cast<const std::byte*>(&value);
        contents.keys.insert(contents.keys.end(), k, k + 8);
        contents.values.insert(contents.values.end(), v, v + 8);
    }
    return contents;
}

inline test_support::Record tick(std::int64_t number) {
    return test_support::record(kPrintTick, kTickProbe, number);
}
inline test_support::Record exit_with(std::int64_t code, std::uint32_t probe = kTickProbe) {
    return test_support::record(kExit, probe, code);
}
inline test_support::Record end_line() {
    return test_support::record(kPrintEnd, kEndProbe);
}

struct Said : tracer::Messages {
    std::vector<std::string> errors, warnings, lines;
    void error(const base::Error& error) override { errors.push_back(error.message); }
    void warning(std::string_view sentence) override { warnings.emplace_back(sentence); }
    void verbose(std::string_view line) override { lines.emplace_back(line); }
};

/// A file in memory that remembers what was written to it.
class Caught {
  public:
    Caught() : fd_(memfd_create("caught", MFD_CLOEXEC)) {}
    [[nodiscard]] int fd() const { return fd_.get(); }
    [[nodiscard]] std::string text() const {
        std::string out;
        char piece[4096];
        ssize_t got = 0;
        for (off_t at = 0; (got = pread(fd_.get(), piece, sizeof(piece), at)) > 0; at += got) {
            out.append(piece, static_cast<std::size_t>(got));
        }
        return out;
    }

  private:
    base::Fd fd_;
};

class TracerTest : public testing::Test {
  protected:
    tracer::Outcome run() {
        options_.messages = &said_;
        if (options_.output_fd == 1) options_.output_fd = out_.fd();
        options_.error_fd = err_.fd();
        return tracer::run(program_, engine_, kernel_, options_);
    }
    /// Position of a call in what the engine was asked; -1 if it never was.
    [[nodiscard]] long when(const std::string& call) const {
        const auto found = std::find(engine_.calls.begin(), engine_.calls.end(), call);
        return found == engine_.calls.end() ? -1 : found - engine_.calls.begin();
    }

    program::Program program_ = small_program();
    test_support::FakeEngine engine_;
    test_support::FakeKernel kernel_;
    tracer::Options options_;
    Said said_;
    Caught out_, err_;
};

}  // namespace tracer_test
