#include "runtime/format/sink.h"

#include "runtime/format/parse_format.h"
#include "tests/unit/runtime/format/fixture.h"

namespace {

using format_test::Blob;
using program::LayoutId;
using program::WarningKind;

class Sink : public format_test::FormatTest {
  protected:
    Sink() {
        program.files = {{"stdin", "begin { print(str(uptr(1))); }\nend { @x = 1 / $z; }\n"}};
        make({});
    }
    void make(format::SinkOptions options) {
        text_sink = format::make_text_sink(context, out, err, options);
        json_sink = format::make_json_sink(context, json_out, json_err, options);
    }

    /// Does the same with both sinks.
    template <typename Do>
    void both(Do act) {
        act(*text_sink);
        act(*json_sink);
    }
    void expect(std::string_view text, std::string_view error, std::string_view json,
                std::string_view json_error = "") {
        EXPECT_EQ(out.take(), text);
        EXPECT_EQ(err.take(), error);
        EXPECT_EQ(json_out.take(), json);
        EXPECT_EQ(json_err.take(), json_error);
    }
    std::vector<program::FormatOp> ops(std::string_view format, LayoutId layout) {
        std::vector<program::FormatOp> made;
        for (const format::FormatPiece& piece : format::parse_format(format).pieces) {
            made.push_back(format::to_op(piece));
            made.back().layout = layout;
        }
        return made;
    }
    program::WarningPlace place(WarningKind kind, std::uint32_t begin, std::uint32_t end, std::string helper = {}) {
        program::WarningPlace made;
        made.kind = kind;
        made.span = {program::FileId(0), begin, end};
        made.helper = std::move(helper);
        return made;
    }

    format_test::StringWriter out, err, json_out, json_err;
    std::unique_ptr<format::Sink> text_sink, json_sink;
};

TEST_F(Sink, AttachedProbes) {
    both([](format::Sink& sink) { sink.attached(1); });
    expect("", "Attached 1 probe\n", "{\"type\": \"attached_probes\", \"count\": 1, \"data\": {\"probes\": 1}}\n");
    both([](format::Sink& sink) { sink.attached(3); });
    expect("", "Attached 3 probes\n", "{\"type\": \"attached_probes\", \"count\": 3, \"data\": {\"probes\": 3}}\n");
}

TEST_F(Sink, EventsOfTheScript) {
    const program::Printf printf{ops("q\t\"%d\"\n", integer(8))};
    both([&](format::Sink& sink) { sink.printf(printf, Blob().u64(1)); });
    expect("q\t\"1\"\n", "", "{\"type\": \"printf\", \"data\": \"q\\t\\\"1\\\"\\n\"}\n");

    const program::PrintValue value{group({integer(1), text(2)})};
    both([&](format::Sink& sink) { sink.print_value(value, Blob().u8(1).text("z", 2)); });
    expect("(1, z)\n", "", "{\"type\": \"value\", \"data\": [1,\"z\"]}\n");

    both([](format::Sink& sink) { sink.time(program::Time{"%H:%M:%S\n"}); });
    expect("22:15:00\n", "", "{\"type\": \"time\", \"data\": \"22:15:00\\n\"}\n");

    both([](format::Sink& sink) { sink.cat("line a\nline b\n"); });
    expect("line a\nline b\n", "", "{\"type\": \"cat\", \"data\": \"line a\\nline b\\n\"}\n");

    both([](format::Sink& sink) { sink.system_output("out\n"); });
    expect("out\n\n", "", "{\"type\": \"syscall\", \"data\": \"out\\n\"}\n");
    EXPECT_EQ(text_sink->text_of(ops("/proc/%d/comm", integer(4)), Blob().u32(12)), "/proc/12/comm");
}

TEST_F(Sink, Join) {
    const program::Join join{" ", 16, 8};
    both([&](format::Sink& sink) { sink.join(join, Blob().u64(3).text("leaf5", 8).text("--fast", 8).text("7", 8)); });
    expect("leaf5 --fast 7\n", "", "{\"type\": \"join\", \"data\": \"leaf5 --fast 7\"}\n");
    both([&](format::Sink& sink) { sink.join(join, Blob().u64(999).text("x", 1)); });
    out.take(), json_out.take();  // nothing but safe
}

TEST_F(Sink, Maps) {
    program::MapSpec spec;
    spec.name = "@n";
    spec.is_scalar = true;
    spec.value = integer(8);
    spec.value_size = 16;
    program.maps.push_back(spec);
    const Blob value = Blob().u64(1).u64(7);
    const format::MapElement element{{}, value};
    both([&](format::Sink& sink) {
        sink.before_final_maps();
        sink.print_map(program::MapId(0), std::span(&element, 1), {.is_at_exit = true});
    });
    expect("\n\n@n: 7\n", "", "{\"type\": \"map\", \"data\": {\"@n\": 7}}\n");
}

TEST_F(Sink, FailedFilesAndCommands) {
    both([](format::Sink& sink) { sink.cat_failed("/x", ENOENT); });
    const std::string cat = "ERROR: failed to open file '/x' (No such file or directory)\n";
    expect("", cat, "", cat);
    both([](format::Sink& sink) { sink.system_failed("exit 5", 5); });
    const std::string system = "ERROR: command exited with code 5 (exit 5)\n";
    expect("", system, "", system);
}

TEST_F(Sink, ErrorfAndWarnf) {
    program::ErrorF error{ops("bad %d", integer(8)), {program::FileId(0), 8, 27}, false};
    both([&](format::Sink& sink) { sink.errorf(error, Blob().u64(5)); });
    expect("", "stdin:1:9-28: ERROR: bad 5\n",
           "{\"type\": \"errorf\", \"msg\": \"bad 5\", \"filename\": \"stdin\", \"line\": 1, \"col\": 9}\n");
    error.is_warning = true;
    both([&](format::Sink& sink) { sink.errorf(error, Blob().u64(5)); });
    expect("", "stdin:1:9-28: WARNING: bad 5\n",
           "{\"type\": \"warnf\", \"msg\": \"bad 5\", \"filename\": \"stdin\", \"line\": 1, \"col\": 9}\n");
    make({.has_warnings = false});
    both([&](format::Sink& sink) { sink.errorf(error, Blob().u64(5)); });
    expect("", "", "");
    make({.has_colour = true});
    both([&](format::Sink& sink) { sink.errorf(error, Blob().u64(5)); });
    EXPECT_EQ(err.take(), "\033[33mstdin:1:9-28: WARNING: bad 5\033[0m\n");
}

TEST_F(Sink, FailedHelpers) {
    const auto bad = place(WarningKind::helper_failed, 14, 26, "probe_read_user_str");
    both([&](format::Sink& sink) { sink.helper_failed(bad, -14); });
    expect("",
           "stdin:1:15-27: WARNING: Bad address\n"
           "Additional Info - helper: probe_read_user_str, retcode: -14\n"
           "begin { print(str(uptr(1))); }\n"
           "              ~~~~~~~~~~~~\n",
           "{\"type\": \"helper_error\", \"msg\": \"Bad address\", \"helper\": \"probe_read_user_str\", "
           "\"retcode\": -14, \"filename\": \"stdin\", \"line\": 1, \"col\": 15}\n");
    const auto absent = place(WarningKind::lookup_absent, 37, 39);
    both([&](format::Sink& sink) { sink.helper_failed(absent, 0); });
    expect("",
           "stdin:2:7-9: WARNING: Can't lookup map element because it does not exist.\n"
           "Additional Info - helper: map_lookup_elem, retcode: 0\n"
           "end { @x = 1 / $z; }\n"
           "      ~~\n",
           "{\"type\": \"helper_error\", \"msg\": \"Success\", \"helper\": \"map_lookup_elem\", \"retcode\": 0, "
           "\"filename\": \"stdin\", \"line\": 2, \"col\": 7}\n");
    both([&](format::Sink& sink) { sink.warning_repeated(place(WarningKind::map_full, 37, 43), 5); });
    EXPECT_EQ(err.take(),
              "stdin:2:7-13: WARNING: Map full; can't update element. Try increasing max_map_keys config or manually "
              "setting the max entries in a map declaration e.g. `let @a = hash(5000)` (5 more times)\n");
}

TEST_F(Sink, RuntimeWarnings) {
    both([&](format::Sink& sink) { sink.runtime_warning(place(WarningKind::division_by_zero, 42, 48)); });
    const std::string reason =
        "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.";
    expect("", "stdin:2:12-18: WARNING: " + reason + "\nend { @x = 1 / $z; }\n           ~~~~~~\n",
           "{\"type\": \"runtime_error\", \"msg\": \"" + reason +
               "\", \"filename\": \"stdin\", \"line\": 2, \"col\": 12}\n");
}

TEST_F(Sink, LostEvents) {
    both([](format::Sink& sink) {
        sink.lost_events(5);
        sink.total_lost_events(57);
    });
    const std::string total = "WARNING: Total lost event count: 57\n";
    expect("", "Lost 5 events\n" + total, "{\"type\": \"lost_events\", \"count\": 5, \"data\": {\"events\": 5}}\n",
           total);
}

}  // namespace
