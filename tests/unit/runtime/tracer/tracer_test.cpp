#include "tests/unit/runtime/tracer/fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <thread>

namespace {

using tracer_test::Caught;
using tracer_test::end_line;
using tracer_test::exit_with;
using tracer_test::numbers;
using tracer_test::tick;
using tracer_test::TracerTest;

TEST_F(TracerTest, DoesThingsInOrder) {
    engine_.batches = {{tick(1)}, {exit_with(0)}};
    engine_.on_run[1] = {end_line()};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "tick 1\nend\n\n\n");
    EXPECT_EQ(err_.text(), "Attached 3 probes\n");
    // Everything is shown before the kernel is asked to let go.
    const std::vector<std::string> order{"load",   "globals", "run 0",  "attach 0", "stop",
                                         "settle", "run 1",   "read 1", "read 0",   "detach"};
    EXPECT_EQ(engine_.calls, order);
}

TEST_F(TracerTest, DetachesFirstWithoutGlobals) {
    program_.globals_map = {};
    engine_.batches = {{exit_with(0)}};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_LT(when("detach"), when("run 1"));
}

TEST_F(TracerTest, DropsWhatComesAfterExit) {
    engine_.batches = {{tick(1), exit_with(0), tick(2), tick(3)}};
    engine_.late = {tick(4)};
    engine_.on_run[1] = {end_line()};
    const tracer::Outcome outcome = run();
    EXPECT_EQ(out_.text(), "tick 1\nend\n\n\n");
    EXPECT_EQ(outcome.dropped, 3U);
    EXPECT_EQ(outcome.shown, 3U);
}

TEST_F(TracerTest, ShowsWhatWasCommittedBeforeItSettled) {
    engine_.on_wait = [](std::size_t count) {
        if (count == 1) raise(SIGTERM);
    };
    engine_.batches = {{tick(1)}};
    engine_.late = {tick(2)};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "tick 1\ntick 2\n\n\n");
}

TEST_F(TracerTest, ExitCodeIsTheLastOneModulo256) {
    engine_.batches = {{exit_with(300)}};
    EXPECT_EQ(run().exit_code, 44);
}

TEST_F(TracerTest, ExitInEndOverridesTheCode) {
    engine_.batches = {{exit_with(5)}};
    engine_.on_run[1] = {exit_with(-1, tracer_test::kEndProbe)};
    EXPECT_EQ(run().exit_code, 255);
}

TEST_F(TracerTest, ExitInBeginStillRunsEndAndDumpsMaps) {
    engine_.on_run[0] = {exit_with(0, tracer_test::kBeginProbe)};
    engine_.on_run[1] = {end_line()};
    engine_.maps[0] = numbers({{1, 7}});
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "end\n\n\n@n[1]: 7\n");
}

TEST_F(TracerTest, EndsByItselfWithNothingToWaitFor) {
    program_.attachments.clear();
    engine_.on_run[0] = {tick(1)};
    engine_.on_run[1] = {end_line()};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "tick 1\nend\n\n\n");
    EXPECT_EQ(err_.text(), "Attached 2 probes\n");
}

TEST_F(TracerTest, DumpsMapsInByteOrderOfNames) {
    engine_.batches = {{exit_with(0)}};
    engine_.maps[0] = numbers({{1, 7}, {2, 3}});
    engine_.maps[1] = numbers({{9, 9}});
    run();
    EXPECT_EQ(out_.text(), "\n\n@b[9]: 9\n@n[2]: 3\n@n[1]: 7\n");
}

TEST_F(TracerTest, DumpsNoMapsIfTheScriptSaysSo) {
    program_.config.print_maps_on_exit = false;
    engine_.batches = {{exit_with(0)}};
    engine_.maps[0] = numbers({{1, 7}});
    run();
    EXPECT_EQ(out_.text(), "\n\n");
}

TEST_F(TracerTest, MapEventsActWhenRead) {
    const auto event = [](std::uint32_t id) { return test_support::record(id, tracer_test::kTickProbe); };
    engine_.maps[0] = numbers({{1, 7}});
    engine_.batches = {{event(tracer_test::kPrintCount), event(tracer_test::kZero), event(tracer_test::kPrintCount),
                        event(tracer_test::kClear), event(tracer_test::kPrintCount), exit_with(0)}};
    run();
    EXPECT_EQ(out_.text(), "@n[1]: 7\n@n[1]: 0\n\n\n");
}

TEST_F(TracerTest, CountsLostEventsAsNoticedAndAtTheEnd) {
    engine_.ledger.assign(4 * program::kLedgerCounters, 0);
    engine_.ledger[2 * program::kLedgerCounters + static_cast<unsigned>(program::LedgerCounter::sent)] = 10;
    engine_.ledger[2 * program::kLedgerCounters + static_cast<unsigned>(program::LedgerCounter::lost)] = 57;
    engine_.batches = {{exit_with(0)}};
    EXPECT_EQ(run().lost, 57U);
    EXPECT_TRUE(err_.text().starts_with("Attached 3 probes\nLost 57 events\nWARNING: Total lost event count: 57\n"))
        << err_.text();
    ASSERT_EQ(said_.warnings.size(), 1U);
    EXPECT_EQ(said_.warnings[0].find("interval:s:1 lost 57 of 67;"), 0U);
}

TEST_F(TracerTest, AnEmptyRunSaysWhy) {
    engine_.ledger.assign(4 * program::kLedgerCounters, 0);
    engine_.ledger[2 * program::kLedgerCounters] = 4;  // refused
    engine_.batches = {{exit_with(0)}};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "\n\n");
    EXPECT_NE(err_.text().find("Nothing was printed or stored:\ninterval:s:1: the predicate refused all 4 of 4 hits\n"),
              std::string::npos)
        << err_.text();
}

TEST_F(TracerTest, ARunThatPrintedOrStoredDoesNot) {
    engine_.ledger.assign(4 * program::kLedgerCounters, 0);
    engine_.batches = {{tick(1), exit_with(0)}};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(err_.text(), "Attached 3 probes\n");
}

TEST_F(TracerTest, AMapWithElementsIsNotEmpty) {
    engine_.ledger.assign(4 * program::kLedgerCounters, 0);
    engine_.maps[0] = numbers({{1, 2}});
    engine_.batches = {{exit_with(0)}};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(err_.text(), "Attached 3 probes\n");
}

TEST_F(TracerTest, QuietRunsStayQuietWhenTheyAreEmpty) {
    engine_.ledger.assign(4 * program::kLedgerCounters, 0);
    options_.is_quiet = true;
    engine_.batches = {{exit_with(0)}};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(err_.text(), "");
}

TEST_F(TracerTest, LedgerOnDemand) {
    engine_.ledger.assign(4 * program::kLedgerCounters, 0);
    engine_.batches = {{tick(1), exit_with(0)}};
    options_.shows_ledger = true;
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_NE(err_.text().find("interval:s:1  "), std::string::npos) << err_.text();
    EXPECT_EQ(out_.text(), "tick 1\n\n\n");
}

TEST_F(TracerTest, LedgerAsJsonIsALineOfTheStream) {
    engine_.ledger.assign(4 * program::kLedgerCounters, 0);
    engine_.batches = {{tick(1), exit_with(0)}};
    options_.shows_ledger = true;
    options_.format = tracer::OutputFormat::json;
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_NE(out_.text().find("{\"type\": \"ledger\", \"data\": [{\"probes\": [\"begin\"]"), std::string::npos)
        << out_.text();
}

TEST_F(TracerTest, WarnsOncePerPlaceAndCountsTheRest) {
    engine_.ledger.assign(4 * program::kLedgerCounters, 0);
    engine_.ledger[3 * program::kLedgerCounters] = 12;
    const auto warning = test_support::record(tracer_test::kWarn, tracer_test::kTickProbe);
    engine_.batches = {{warning, warning, exit_with(0)}};
    run();
    const std::string said = err_.text();
    const std::size_t first = said.find("Divide or modulo by 0");
    ASSERT_NE(first, std::string::npos) << said;
    EXPECT_NE(said.find("11"), std::string::npos) << said;
}

TEST_F(TracerTest, FailedReadsAreShownOnDemandOnly) {
    const auto failed = test_support::record(tracer_test::kHelper, tracer_test::kTickProbe, std::int64_t{-14});
    engine_.batches = {{failed, exit_with(0)}};
    run();
    EXPECT_EQ(err_.text().find("Bad address"), std::string::npos);
    engine_.batches = {{failed, exit_with(0)}};
    options_.warnings = tracer::Warnings::all;
    run();
    EXPECT_NE(err_.text().find("Bad address"), std::string::npos);
    EXPECT_NE(err_.text().find("helper: probe_read_user, retcode: -14"), std::string::npos);
}

TEST_F(TracerTest, NoWarningsAreShownIfNotWanted) {
    const auto warning = test_support::record(tracer_test::kWarn, tracer_test::kTickProbe);
    options_.warnings = tracer::Warnings::none;
    options_.is_quiet = true;
    engine_.batches = {{warning, exit_with(0)}};
    run();
    EXPECT_EQ(err_.text(), "");
}

TEST_F(TracerTest, PrintsFilesAndCommands) {
    engine_.batches = {{test_support::record(tracer_test::kCat, tracer_test::kTickProbe),
                        test_support::record(tracer_test::kSystem, tracer_test::kTickProbe), exit_with(0)}};
    run();
    EXPECT_EQ(out_.text(), "Linux\nsaid\n\n\n\n");
    EXPECT_NE(err_.text().find("ERROR: command exited with code 3"), std::string::npos) << err_.text();
}

TEST_F(TracerTest, DryRunShowsNothing) {
    options_.is_dry_run = true;
    engine_.on_run[0] = {tick(1)};
    engine_.maps[0] = numbers({{1, 7}});
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "");
    EXPECT_EQ(err_.text(), "");
    EXPECT_EQ(when("run 1"), -1);
    EXPECT_GT(when("detach"), when("attach 0"));
}

TEST_F(TracerTest, JsonHasNoEmptyLines) {
    options_.format = tracer::OutputFormat::json;
    engine_.batches = {{tick(1), exit_with(0)}};
    run();
    EXPECT_EQ(out_.text(),
              "{\"type\": \"attached_probes\", \"count\": 3, \"data\": {\"probes\": 3}}\n"
              "{\"type\": \"printf\", \"data\": \"tick 1\\n\"}\n");
}

TEST_F(TracerTest, NoticeComesBeforeEverything) {
    options_.attached_notice = "__BPFTRACE_NOTIFY_PROBES_ATTACHED";
    options_.is_quiet = true;
    engine_.on_run[0] = {tick(1), exit_with(0, tracer_test::kBeginProbe)};
    run();
    EXPECT_EQ(out_.text(), "__BPFTRACE_NOTIFY_PROBES_ATTACHED\ntick 1\n\n\n");
}

TEST_F(TracerTest, SlowAttachingShowsWhatBeginPrinted) {
    engine_.on_run[0] = {tick(1)};
    engine_.attach_errors[0] = base::Error{.message = "no", .errnum = 1};
    EXPECT_EQ(run().exit_code, 255);
    EXPECT_EQ(out_.text(), "");
    program_.attachments[0].places.resize(1000);
    run();
    const std::string shown = out_.text();
    EXPECT_TRUE(shown.starts_with("tick 1\n")) << "before it is tried to attach to so many places";
    options_.attached_notice = "all";
    run();
    EXPECT_EQ(out_.text(), shown) << "whoever waits for the notice reads it first";
}

TEST_F(TracerTest, IteratorsAreReadWhileTheyRun) {
    program_.attachments[0].kind = program::ProbeKind::iter;
    engine_.iterations[0].emplace_back(std::vector<test_support::Record>{tick(1)});
    engine_.iterations[0].emplace_back(std::vector<test_support::Record>{});
    engine_.iterations[0].emplace_back(std::vector<test_support::Record>{tick(2), tick(3)});
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "tick 1\ntick 2\ntick 3\n\n\n");
    EXPECT_EQ(std::ranges::count(engine_.calls, "iterate 0"), 4);
    EXPECT_LT(when("iterate 0"), when("stop"));
}

TEST_F(TracerTest, ExitEndsAnIterator) {
    program_.attachments[0].kind = program::ProbeKind::iter;
    for (int i = 0; i < 100; ++i)
        engine_.iterations[0].emplace_back(std::vector<test_support::Record>{i == 1 ? exit_with(4) : tick(i)});
    EXPECT_EQ(run().exit_code, 4);
    EXPECT_EQ(out_.text(), "tick 0\n\n\n");
    EXPECT_EQ(std::ranges::count(engine_.calls, "iterate 0"), 2);
}

TEST_F(TracerTest, FailedIterationShowsNoMaps) {
    program_.attachments[0].kind = program::ProbeKind::iter;
    engine_.iterations[0].emplace_back(base::Error{.message = "iterating: no", .errnum = 5});
    EXPECT_EQ(run().exit_code, 255);
    EXPECT_EQ(std::ranges::count(engine_.calls, "read 0"), 0);
}

TEST_F(TracerTest, PinnedIteratorsSayWhere) {
    program_.attachments[0].kind = program::ProbeKind::iter;
    engine_.pins[0] = "/sys/fs/bpf/x";
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "Program pinned to /sys/fs/bpf/x\n\n\n");
}

TEST_F(TracerTest, RefusedLoadEndsTheRun) {
    engine_.load_result = base::Error{.message = "refused", .errnum = EINVAL, .hint = {}, .detail = {}};
    EXPECT_EQ(run().exit_code, 255);
    EXPECT_EQ(said_.errors, std::vector<std::string>{"refused"});
    EXPECT_EQ(out_.text() + err_.text(), "");
}

TEST_F(TracerTest, FailedAttachmentEndsTheRun) {
    engine_.attach_errors.emplace(0,
                                  base::Error{.message = "no such event", .errnum = ENOENT, .hint = {}, .detail = {}});
    EXPECT_EQ(run().exit_code, 255);
    const std::vector<std::string> expected{"no such event",
                                            "Unable to attach probe: interval:s:1. If this is expected, set the "
                                            "'missing_probes' config variable to 'warn'."};
    EXPECT_EQ(said_.errors, expected);
    EXPECT_EQ(out_.text(), "");
}

TEST_F(TracerTest, FailedAttachmentIsSkippedIfAllowed) {
    engine_.attach_errors.emplace(0,
                                  base::Error{.message = "no such event", .errnum = ENOENT, .hint = {}, .detail = {}});
    program_.attachments[0].if_missing = program::MissingProbes::warn;
    engine_.batches = {{exit_with(0)}};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(said_.warnings, std::vector<std::string>{"Unable to attach probe: interval:s:1. Skipping."});
    EXPECT_EQ(err_.text(), "Attached 2 probes\n");
}

TEST_F(TracerTest, NothingAttachedIsAnError) {
    program_.begin.clear();
    program_.end.clear();
    program_.attachments[0].if_missing = program::MissingProbes::ignore;
    engine_.attach_errors.emplace(0,
                                  base::Error{.message = "no such event", .errnum = ENOENT, .hint = {}, .detail = {}});
    EXPECT_EQ(run().exit_code, 255);
    EXPECT_EQ(said_.errors, std::vector<std::string>{"Attachment failed for all probes."});
}

TEST_F(TracerTest, StackedKindsAreAttachedLastToFirst) {
    program::AttachSpec uprobe = program_.attachments[0];
    uprobe.kind = program::ProbeKind::uprobe;
    program_.attachments = {uprobe, program_.attachments[0], uprobe, program_.attachments[0]};
    engine_.batches = {{exit_with(0)}};
    run();
    const std::vector<long> order{when("attach 1"), when("attach 3"), when("attach 2"), when("attach 0")};
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(TracerTest, OutputFileThatCannotBeOpened) {
    options_.output_path = "/no/such/directory/file";
    EXPECT_EQ(run().exit_code, 1);
    EXPECT_EQ(said_.errors, std::vector<std::string>{
                                "Failed to open output file: \"/no/such/directory/file\": No such file or directory"});
    EXPECT_TRUE(engine_.calls.empty() || engine_.calls == std::vector<std::string>{"detach"});
}

TEST_F(TracerTest, ChildRunsAndItsEndIsOurs) {
    options_.child_command = "/bin/sh -c exit";
    engine_.on_run[1] = {end_line()};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_GT(engine_.globals.child_pid, 0U);
    EXPECT_EQ(out_.text(), "end\n\n\n");
    EXPECT_EQ(said_.lines.back(), "Child exited with code: 0");
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child was left behind";
}

TEST_F(TracerTest, ChildThatOutlivesUsIsEnded) {
    options_.child_command = "sleep 1000";
    engine_.batches = {{exit_with(0)}};
    run();
    EXPECT_EQ(kill(static_cast<pid_t>(engine_.globals.child_pid), 0), -1);
}

TEST_F(TracerTest, ChildThatDoesNotExist) {
    options_.child_command = "no-such-binary-q x";
    EXPECT_EQ(run().exit_code, 1);
    EXPECT_EQ(said_.errors,
              std::vector<std::string>{"Failed to fork child: Path 'no-such-binary-q' does not exist or is "
                                       "not executable (No such file or directory)"});
}

TEST_F(TracerTest, ProcessThatDoesNotExist) {
    options_.pid = 4194001;
    EXPECT_EQ(run().exit_code, 1);
    EXPECT_EQ(said_.errors,
              std::vector<std::string>{"Failed to attach to pid: Unable to open pidfd (No such process)"});
}

TEST_F(TracerTest, EndOfTheWatchedProcessIsOurs) {
    const pid_t other = fork();
    if (other == 0) {
        pause();
        _exit(0);
    }
    options_.pid = other;
    engine_.on_wait = [other](std::size_t count) {
        if (count == 0) kill(other, SIGKILL);
    };
    EXPECT_EQ(run().exit_code, 0);
    waitpid(other, nullptr, 0);
}

// ---- signals --------------------------------------------------------------------------------------------------------

TEST_F(TracerTest, InterruptStopsAndDumps) {
    engine_.maps[0] = numbers({{1, 7}});
    engine_.on_run[1] = {end_line()};
    engine_.on_wait = [](std::size_t) { raise(SIGINT); };
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "end\n\n\n@n[1]: 7\n");
}

TEST_F(TracerTest, InterruptFromOutsideStopsAnIdleRun) {
    const pid_t child = fork();
    if (child == 0) {
        // A shell's background job: SIGINT ignored from the start.
        signal(SIGINT, SIG_IGN);
        engine_.on_wait = [](std::size_t count) {
            if (count == 0) {
                const pid_t me = getpid();
                if (fork() == 0) {
                    usleep(20'000);
                    kill(me, SIGINT);
                    _exit(0);
                }
            }
        };
        engine_.on_run[1] = {end_line()};
        const int code = run().exit_code;
        _exit(code == 0 && out_.text() == "end\n\n\n" ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(TracerTest, UserSignalShowsMapsAndGoesOn) {
    engine_.maps[0] = numbers({{1, 7}});
    engine_.on_wait = [](std::size_t count) { raise(count == 0 ? SIGUSR1 : SIGTERM); };
    run();
    EXPECT_EQ(out_.text(), "@n[1]: 7\n\n\n@n[1]: 7\n");
}

TEST_F(TracerTest, SelfProbesTakeTheUserSignal) {
    program::AttachSpec self = program_.attachments[0];
    self.kind = program::ProbeKind::self;
    program_.attachments.push_back(self);
    engine_.on_run[2] = {tick(9), exit_with(0)};
    engine_.on_wait = [](std::size_t) { raise(SIGUSR1); };
    run();
    EXPECT_EQ(err_.text(), "Attached 4 probes\n");
    EXPECT_EQ(out_.text(), "tick 9\n\n\n");
    EXPECT_EQ(when("attach 1"), -1);
}

TEST_F(TracerTest, SignalsArePutBack) {
    struct sigaction before = {}, after = {};
    sigset_t mask;
    sigaction(SIGPIPE, nullptr, &before);
    engine_.batches = {{exit_with(0)}};
    run();
    sigaction(SIGPIPE, nullptr, &after);
    EXPECT_EQ(before.sa_handler, after.sa_handler);
    sigprocmask(SIG_SETMASK, nullptr, &mask);
    EXPECT_FALSE(sigismember(&mask, SIGINT));
}

// ---- closed and slow readers ----------------------------------------------------------------------------------------

TEST_F(TracerTest, ClosedOutputStopsWithoutMapsAndStatus) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    options_.output_fd = ends[1];
    close(ends[0]);
    engine_.maps[0] = numbers({{1, 7}});
    engine_.batches = {{tick(1)}, {tick(2)}, {tick(3)}};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(when("read 0"), -1);
    EXPECT_NE(when("run 1"), -1);
    EXPECT_TRUE(said_.errors.empty());
    close(ends[1]);
}

TEST_F(TracerTest, ClosedOutputIsNoticedWhileNothingIsPrinted) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    options_.output_fd = ends[1];
    engine_.on_wait = [&](std::size_t count) {
        if (count == 0) close(ends[0]);
    };
    EXPECT_EQ(run().exit_code, 0);
    close(ends[1]);
}

TEST_F(TracerTest, SlowReaderGetsEverything) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    options_.output_fd = ends[1];
    // More than a pipe holds.
    constexpr int kTicks = 20'000;
    std::vector<test_support::Record> batch;
    for (int i = 0; i < kTicks; ++i)
        batch.push_back(tick(i));
    batch.push_back(exit_with(0));
    engine_.batches = {std::move(batch)};
    std::size_t lines = 0;
    std::thread reader([&] {
        char piece[1000];
        ssize_t got = 0;
        while ((got = read(ends[0], piece, sizeof(piece))) > 0)
            lines += static_cast<std::size_t>(std::count(piece, piece + got, '\n'));
    });
    EXPECT_EQ(run().exit_code, 0);
    close(ends[1]);
    reader.join();
    close(ends[0]);
    EXPECT_EQ(lines, kTicks + 2U);
    // The pipe was never made non-blocking for those who share it.
}

TEST_F(TracerTest, SecondSignalGivesUpAReaderThatDoesNotRead) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    options_.output_fd = ends[1];
    std::vector<test_support::Record> batch(20'000, tick(1));
    engine_.batches = {std::move(batch)};
    const pid_t me = getpid();
    const pid_t other = fork();
    if (other == 0) {
        for (int i = 0; i < 2; ++i) {
            usleep(30'000);
            kill(me, SIGTERM);
        }
        _exit(0);
    }
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    waitpid(other, nullptr, 0);
    close(ends[0]);
    close(ends[1]);
}

// ---- hostile records ------------------------------------------------------------------------------------------------

TEST_F(TracerTest, RecordsThatMakeNoSenseAreCounted) {
    engine_.batches = {
        {test_support::record(99, 0), test_support::record(0, 99), {}, test_support::Record(5), exit_with(0)}};
    EXPECT_EQ(run().malformed, 4U);
    EXPECT_EQ(out_.text(), "\n\n");
}

TEST_F(TracerTest, ShortPayloadsReadAsZero) {
    engine_.batches = {{test_support::record(tracer_test::kPrintTick, tracer_test::kTickProbe),
                        test_support::record(tracer_test::kExit, tracer_test::kTickProbe)}};
    EXPECT_EQ(run().exit_code, 0);
    EXPECT_EQ(out_.text(), "tick 0\n\n\n");
}

}  // namespace
