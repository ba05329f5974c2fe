#!/usr/bin/env python3
"""What a run as a whole must do: the first users' lines as typed, how it ends, what it leaves behind, where its output goes, what it
counts when it cannot keep up. Each function is one test."""

import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from harness import expect  # noqa: E402

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def bpfline(places, *words, **how):
    return harness.Running([places.bpfline, *words], **how)


def target(places, *words):
    """Runs a target to its end; its pid."""
    process = subprocess.Popen([f"{places.targets}/{words[0]}", *words[1:]], stdin=subprocess.DEVNULL)
    expect(process.wait(20) == 0, f"the target {words} failed")
    return process.pid


def attached(process):
    expect(process.wait_for(r"^Attached \d+ probes?$", "stderr"), "did not attach", process.finish() if process.process.poll() is not None
           else None)


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


# -- the first users' lines ------------------------------------------------------------------------------------------------------

EXECVE_LINE = r'tracepoint:syscalls:sys_enter_execve { printf("%s %s\n", comm, str(args->filename));}'
STATE_LINE = r'tracepoint:sock:inet_sock_set_state { printf("%s %d %d\n", comm, pid, args->newstate); }'
TIMES_LINE = (r'tracepoint:sock:inet_sock_set_state { printf("%s - %d -> %d - %d - %s\n",strftime("%H:%M:%S.%L", nsecs), '
              r'args->oldstate, args->newstate, pid, comm); }')


def as_typed(places, line, activity):
    """Runs a line until the activity has passed, then Ctrl-C; the whole result."""
    process = bpfline(places, "-e", line)
    attached(process)
    pid = activity()
    process.send(signal.SIGINT)
    result = process.finish()
    expect(not result.timed_out and result.status == 0, "did not end well", result)
    expect(result.stderr == "Attached 1 probe\n", "standard error", result)
    expect(result.stdout.endswith("\n\n\n") or result.stdout == "\n\n", "the two newlines", result)
    return result, pid


@test
def line_execve(places):
    """Programs that are started."""
    result, _ = as_typed(places, EXECVE_LINE, lambda: target(places, "family", "3", "/bin/true"))
    expect(len(re.findall(r"^family /bin/true$", result.stdout, re.M)) == 3, "three programs were started", result)


@test
def line_states(places):
    """New states of sockets."""
    result, pid = as_typed(places, STATE_LINE, lambda: target(places, "tcp_once", free_port()))
    states = re.findall(rf"^tcp_once {pid} (\d+)$", result.stdout, re.M)
    expect(states == ["10", "2", "1", "3", "1", "4", "8", "9", "5", "7", "7", "7"], f"states {states}", result)


@test
def line_times(places):
    """The same with old states and the time of day, to the millisecond."""
    before = time.time()
    result, pid = as_typed(places, TIMES_LINE, lambda: target(places, "tcp_once", free_port(), "30"))
    found = re.findall(rf"^(\d\d):(\d\d):(\d\d)\.(\d\d\d) - (\d+) -> (\d+) - {pid} - tcp_once$", result.stdout, re.M)
    changes = [(int(old), int(new)) for *_, old, new in found]
    expect(changes == [(7, 10), (7, 2), (2, 1), (10, 3), (3, 1), (1, 4), (1, 8), (8, 9), (4, 5), (5, 7), (9, 7), (10, 7)],
           f"changes {changes}", result)

    def seconds(row):
        return int(row[0]) * 3600 + int(row[1]) * 60 + int(row[2]) + int(row[3]) / 1000

    first, last = seconds(found[0]), seconds(found[-1])
    expect(0.029 < (last - first) % 86400 < 5, f"thirty milliseconds lie between the ends, not {last - first}", result)
    # The event's own time of day, not the time it is printed: within what this test took.
    midnight = before - before % 86400
    expect(-0.1 <= (midnight + first - before + 43200) % 86400 - 43200 <= time.time() - before + 0.1, "time of day", result)


# -- how a run ends ---------------------------------------------------------------------------------------------------------------

PRINT_EACH = 'tracepoint:syscalls:sys_enter_getppid /comm == str($1)/ { @n++; printf("%d\\n", @n); }'


def numbers(text):
    return [int(line) for line in text.split("\n") if line.isdigit()]


def stops_on(places, number):
    with tempfile.TemporaryDirectory() as folder:
        # A name nobody else has: another test may make the same calls at the same time.
        alias = pathlib.Path(folder, f"calls-{os.getpid()}")
        alias.symlink_to(f"{places.targets}/calls")
        process = bpfline(places, "-e", PRINT_EACH + ' end { printf("end\\n"); }', alias.name)
        attached(process)
        subprocess.run([alias, "3000"], check=True)
        process.send(number)
        result = process.finish()
    expect(result.status == 0 and not result.timed_out, "did not end well", result)
    expect(result.stdout == "".join(f"{i}\n" for i in range(1, 3001)) + "end\n\n\n@n: 3000\n", "3000 lines, end, the map",
           result.stdout[-200:])


@test
def interrupt_drains(places):
    """Ctrl-C right after the last event: all events are shown, then end, then the maps."""
    stops_on(places, signal.SIGINT)


@test
def terminate_drains(places):
    """SIGTERM likewise."""
    stops_on(places, signal.SIGTERM)


@test
def child_end_drains(places):
    """The child's last act is an event; its end ends the run."""
    script = PRINT_EACH.replace("comm == str($1)", "pid == cpid") + " end { clear(@n); }"
    result = bpfline(places, "-q", "-c", f"{places.targets}/calls 3000", "-e", script).finish()
    expect(result.status == 0, "status", result)
    expect(numbers(result.stdout) == list(range(1, 3001)), "3000 lines", result.stdout[-200:])


@test
def exit_drains(places):
    """Everything sent before exit() is shown, nothing after it."""
    script = ('tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @n++; printf("%d\\n", @n); if (@n == 500) { exit(4); } } '
              'end { clear(@n); }')
    result = bpfline(places, "-q", "-c", f"{places.targets}/calls 3000", "-e", script).finish()
    expect(result.status == 4, "the script's status", result)
    expect(numbers(result.stdout) == list(range(1, 501)), "500 lines", result.stdout[-200:])


@test
def closed_output_ends(places):
    """| head -1: one line, no map dump, status 0, at once."""
    process = subprocess.Popen([places.bpfline, "-q", "-e", 'interval:ms:5 { printf("line\\n"); @n = count(); }'], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=harness.clean_environment())
    try:
        line = process.stdout.readline()
        process.stdout.close()
        status = process.wait(10)
        errors = process.stderr.read().decode()
    finally:
        if process.poll() is None:
            harness.end_with_children(process)
            raise harness.Failure("went on after nobody listened any more")
    expect((line, status, errors) == (b"line\n", 0, ""), f"{line!r}, status {status}, {errors!r}")


@test
def closed_output_in_a_shell(places):
    """The same as people type it."""
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; '{places.bpfline}' -q -e 'interval:ms:5 {{ print(1); @n = 1; }}' | head -1"],
        capture_output=True, text=True, timeout=20, env=harness.clean_environment(), check=False)
    expect((result.stdout, result.stderr, result.returncode) == ("1\n", "", 0), f"{result}")


@test
def watched_process_ends(places):
    """-p: only its events, and its end is the end."""
    victim = subprocess.Popen([f"{places.targets}/obeys"])
    other = subprocess.Popen([f"{places.targets}/obeys"])
    try:
        process = bpfline(places, "-p", victim.pid, "-e",
                          "tracepoint:syscalls:sys_enter_getppid { @[pid] = count(); } end { printf(\"%d\\n\", len(@)); }")
        attached(process)
        time.sleep(0.1)
        os.kill(victim.pid, signal.SIGUSR1)
        victim.wait()
        result = process.finish()
    finally:
        for child in (victim, other):
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
    expect(result.status == 0 and not result.timed_out, "did not end with the process", result)
    expect(re.fullmatch(rf"1\n\n\n@\[{victim.pid}\]: \d+\n", result.stdout), "one process only", result)


@test
def child_is_ended(places):
    """If we end first, the child is told to."""
    script = f'interval:ms:50 {{ printf("%d\\n", cpid); exit(); }}'
    result = bpfline(places, "-q", "-c", f"{places.targets}/naps 100 100", "-e", script).finish()
    expect(result.status == 0 and not result.timed_out, "status", result)
    pid = numbers(result.stdout)[0]
    expect(not os.path.exists(f"/proc/{pid}"), f"the child {pid} still lives", result)


@test
def child_fails(places):
    """A child's bad end is not ours."""
    result = bpfline(places, "-c", "/bin/false", "-e", 'end { printf("end\\n"); }').finish()
    expect((result.status, result.stdout) == (0, "end\n\n\n"), "status", result)


@test
def child_waits_for_the_probes(places):
    """Not one of the child's first calls is missed, its own start included."""
    script = 'tracepoint:syscalls:sys_enter_execve /pid == cpid/ { printf("%s\\n", str(args.filename)); }'
    result = bpfline(places, "-q", "-c", f"{places.targets}/calls 1", "-e", script).finish()
    expect(result.stdout == f"{places.targets}/calls\n\n\n", "the child's execve", result)


@test
def dry_run_starts_nothing(places):
    """--dry-run runs neither the child nor the probes."""
    with tempfile.TemporaryDirectory() as folder:
        result = bpfline(places, "--dry-run", "-c", f"/bin/touch {folder}/made", "-e",
                         'begin { printf("begin\\n"); @x = 1; } interval:ms:1 { printf("tick\\n"); }').finish()
        expect((result.status, result.stdout) == (0, ""), "prints nothing", result)
        expect(not os.path.exists(folder + "/made"), "the child has run", result)


# -- what it leaves behind ----------------------------------------------------------------------------------------------------------

def loaded_programs():
    """Ids of all BPF programs in the kernel (BPF_PROG_GET_NEXT_ID = 11)."""
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = (ctypes.c_uint32 * 32)()
    ids, last = set(), 0
    while True:
        attributes[0] = last
        if libc.syscall(321, 11, ctypes.byref(attributes), 128) < 0:
            return ids
        last = attributes[1]
        ids.add(last)


def leaves_nothing(places, number):
    before = loaded_programs()
    process = bpfline(places, "-e", "tracepoint:syscalls:sys_enter_getppid { @ = count(); } profile:hz:50 { @p = count(); }")
    attached(process)
    during = loaded_programs() - before
    expect(len(during) >= 2, f"two programs are loaded, not {len(during)}")
    process.send(number)
    process.finish()
    # The kernel lets go after a grace period.
    end = time.monotonic() + 10
    while loaded_programs() & during and time.monotonic() < end:
        time.sleep(0.02)
    expect(not loaded_programs() & during, f"programs are still there: {loaded_programs() & during}")


@test
def nothing_stays_attached(places):
    """After Ctrl-C and after a violent end no program is left in the kernel."""
    leaves_nothing(places, signal.SIGINT)
    leaves_nothing(places, signal.SIGKILL)


# -- what it counts -----------------------------------------------------------------------------------------------------------------

def accounts(places, calls, threads, **how):
    """Printed + lost = made, to the last one, where the ring is too small."""
    made = calls * threads
    result = bpfline(places, "-c", f"{places.targets}/calls {calls} {threads}", "-B", "full", "-e",
                     'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { printf("%d\\n", pid); @n = count(); }',
                     env={"BPFTRACE_PERF_RB_PAGES": "1"}, timeout=60, **how).finish()
    expect(result.status == 0 and not result.timed_out, "status", result.stderr)
    printed = len(numbers(result.stdout))
    lost = sum(int(count) for count in re.findall(r"^Lost (\d+) events?\b", result.stderr, re.M))
    total = re.findall(r"^WARNING: Total lost event count: (\d+)", result.stderr, re.M)
    expect(f"@n: {made}\n" in result.stdout, "every call was counted", result.stdout[-100:])
    expect(printed + lost == made, f"{printed} printed + {lost} lost = {printed + lost}, not {made}", result.stderr)
    expect(total == ([str(lost)] if lost else []), f"total {total}", result.stderr)
    return printed, lost


@test
def lost_events_are_counted(places):
    """One thread, a ring of one page."""
    printed, lost = accounts(places, 300000, 1)
    expect(lost > 0, f"the ring was to be too small; {printed} printed")


@test
def lost_events_are_counted_over_threads(places):
    """Threads on all processors."""
    accounts(places, 50000, 4)


@test
def lost_events_in_json(places):
    """Lost events are objects in the stream."""
    result = bpfline(places, "-f", "json", "-c", f"{places.targets}/calls 300000", "-B", "full", "-e",
                     'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { printf("%d", pid); }',
                     env={"BPFTRACE_PERF_RB_PAGES": "1"}, timeout=60).finish()
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    lost = sum(found["count"] for found in objects if found["type"] == "lost_events")
    printed = sum(1 for found in objects if found["type"] == "printf")
    expect(lost > 0 and printed + lost == 300000, f"{printed} printed, {lost} lost", result.stderr)


@test
def half_a_million_events(places):
    """As fast as one thread makes them, with the default ring: whatever is lost is counted. That nothing is, ./dev bench shows."""
    result = bpfline(places, "-q", "-B", "full", "-c", f"{places.targets}/calls 500000", "-e",
                     'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { printf("%d\\n", pid); }', timeout=60).finish()
    printed = len(numbers(result.stdout))
    lost = sum(int(count) for count in re.findall(r"^Lost (\d+) events?\b", result.stderr, re.M))
    expect(printed + lost == 500000, f"{printed} printed, {lost} lost", result.stderr)


@test
def slow_reader(places):
    """Somebody who does not read: nothing blocks for ever, printed and lost add up."""
    process = subprocess.Popen(
        ["bash", "-c", f"'{places.bpfline}' -c '{places.targets}/calls 200000' -e 'tracepoint:syscalls:sys_enter_getppid /pid == cpid/ "
         "{ printf(\"%d\\n\", pid); }' | (sleep 1; cat)"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=harness.clean_environment())
    try:
        output, errors = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        harness.end_with_children(process)
        raise harness.Failure("did not end")
    lost = sum(int(count) for count in re.findall(r"^Lost (\d+) events?\b", errors, re.M))
    expect(len(numbers(output)) + lost == 200000, f"{len(numbers(output))} printed, {lost} lost", errors)


@test
def full_maps_are_counted(places):
    """New keys in a full map: the ones that went in stand, the others are reported with their number."""
    result = bpfline(places, "-e", "begin { for ($i : 0..1000) { @m[$i] = 1; } printf(\"%d\\n\", len(@m)); }",
                     env={"BPFTRACE_MAX_MAP_KEYS": "100"}).finish()
    expect(result.stdout.startswith("100\n\n\n") and result.stdout.count("@m[") == 100, "100 keys", result)
    expect("Map full; can't update element." in result.stderr and "~~~" in result.stderr, "the place is shown", result)
    expect("899" in result.stderr, "the other 899 are counted in one line", result)
    expect(result.stderr.count("Map full") <= 2, "not a line for each", result)


# -- where it goes --------------------------------------------------------------------------------------------------------------------

@test
def output_file(places):
    """-o: everything the script prints goes to the file, the rest does not."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "out")
        path.write_text("old and long content that must go away\n" * 3)
        result = bpfline(places, "-o", path, "-c", "/bin/echo own", "-e", 'begin { printf("hello\\n"); @x = 1; }').finish()
        expect(path.read_text() == "hello\n\n\n@x: 1\n", f"the file holds {path.read_text()!r}", result)
        expect((result.stdout, result.stderr) == ("own\n", "Attached 1 probe\n"), "streams", result)
        result = bpfline(places, "-o", folder + "/no/where", "-e", "begin { }").finish()
        expect(result.status == 1 and result.stderr == f'ERROR: Failed to open output file: "{folder}/no/where": No such file or directory\n',
               "refused", result)


@test
def json_stream(places):
    """-f json: each line is an object with a type; maps come last."""
    script = ('begin { printf("%s\\n", "a\\"b"); print((1, "x")); time("%Y"); @h = hist(5); @m["k", 1] = 2; @a = avg(3); @c = count(); } '
              'end { print(@c); }')
    result = bpfline(places, "-f", "json", "-e", script).finish()
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    types = [found["type"] for found in objects]
    expect(types == ["attached_probes", "printf", "value", "time", "map", "stats", "map", "hist", "map"], f"{types}", result)
    expect(objects[0]["data"] == {"probes": 2} and objects[0]["count"] == 2, "two probes", result)
    expect("Attached" not in result.stderr, "told in the stream", result)


@test
def line_buffering(places):
    """A line is there as soon as it is complete, also in a pipe; with -B full at the end."""
    script = 'begin { printf("now\\n"); } interval:ms:400 { exit(); }'
    process = bpfline(places, "-q", "-e", script)
    expect(process.wait_for("^now$") and process.process.poll() is None, "the line comes while it runs", process.finish())
    process.finish()
    process = bpfline(places, "-q", "-B", "none", "-e", 'begin { printf("part"); } interval:ms:400 { exit(); }')
    expect(process.wait_for("part") and process.process.poll() is None, "-B none: half a line, too", process.finish())
    process.finish()
    process = bpfline(places, "-B", "full", "-e", script)
    attached(process)
    time.sleep(0.1)
    early = process.text("stdout")
    result = process.finish()
    expect(early == "" and result.stdout == "now\n\n\n", f"-B full: early {early!r}", result)


@test
def shebang_script(places):
    """A script that names us in its first line, with parameters and options of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "tool.bt")
        path.write_text(f'#!{places.bpfline}\n// shows its parameters\nbegin {{ print(($1, str($2), getopt("loud"))); }}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        result = harness.run([str(path), "5", "pear", "--", "--loud"])
        expect((result.status, result.stdout) == (0, "(5, pear, true)\n\n\n"), "parameters", result)


@test
def called_as_bpftrace(places):
    """Through a symbolic link of that name: its version line, no subcommands, its name in the messages."""
    with tempfile.TemporaryDirectory() as folder:
        alias = pathlib.Path(folder, "bpftrace")
        alias.symlink_to(places.bpfline)
        result = harness.run([alias, "--version"])
        expect(re.fullmatch(r"bpftrace v0\.26\.1 \(bpfline \d+\.\d+\.\d+\)\n", result.stdout) and result.status == 0, "version", result)
        pathlib.Path(folder, "record").write_text('begin { printf("script\\n"); }')
        result = harness.run([alias, "record"], cwd=folder)
        expect((result.status, result.stdout) == (0, "script\n\n\n"), "a script named record is run", result)
        pathlib.Path(folder, "s.bt").write_text('#!/usr/bin/env bpftrace\nBEGIN { printf("env\\n"); }')
        pathlib.Path(folder, "s.bt").chmod(0o755)
        result = harness.run([folder + "/s.bt"], env={"PATH": folder + ":" + os.environ["PATH"]})
        expect((result.status, result.stdout) == (0, "env\n\n\n"), "a script that names bpftrace", result)


@test
def reserved_words(places):
    """Words that will be commands are none of our script's names; with a directory in front they are."""
    with tempfile.TemporaryDirectory() as folder:
        for word in "record test learn why doctor migrate lsp snapshot workload".split():
            pathlib.Path(folder, word).write_text('begin { printf("script\\n"); }')
            result = harness.run([places.bpfline, word], cwd=folder)
            expect("script" not in result.stdout, f"{word} was taken for a script", result)
            expect(result.status != 0 and f"./{word}" in result.stderr or result.status == 0, f"{word}: says what to do", result)
            result = harness.run([places.bpfline, "./" + word], cwd=folder)
            expect(result.stdout == "script\n\n\n", f"./{word} is a script", result)


@test
def version_and_help(places):
    """On standard output, without rights; no argument at all is a mistake."""
    result = harness.run([places.bpfline, "-V"])
    expect(result.status == 0 and re.fullmatch(r"bpfline v\d+\.\d+\.\d+\n", result.stdout) and not result.stderr, "version", result)
    help_text = harness.run([places.bpfline, "--help"])
    expect(help_text.status == 0 and "--dry-run" in help_text.stdout and not help_text.stderr, "help", help_text)
    result = harness.run([places.bpfline])
    expect((result.status, result.stdout, result.stderr) == (1, "", help_text.stdout), "no arguments: the same on standard error", result)
    result = harness.run([places.bpfline, "-x"])
    expect(result.status == 1 and result.stderr.startswith("bpfline: invalid option -- 'x'\n"), "unknown option", result)


def unprivileged(places, *words):
    """As nobody, from a place nobody can read."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = pathlib.Path(folder, "bpfline")
        shutil.copy(places.bpfline, copy)
        copy.chmod(0o755)
        return harness.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", str(copy), *words])


@test
def without_rights(places):
    """One sentence on what is missing and one on how to get it."""
    result = unprivileged(places, "-e", "begin { exit(); }")
    expect(result.status == 1 and result.stdout == "", "refused", result)
    lines = result.stderr.splitlines()
    expect(len(lines) <= 2 and re.match(r"ERROR: Missing CAP_\w+ capability, please run bpfline as the root user\.", lines[0]),
           "what is missing", result)
    expect(len(lines) == 2 and lines[1].startswith("HINT: "), "how to get it", result)
    for words in (["--help"], ["--version"]):
        result = unprivileged(places, *words)
        expect(result.status == 0, f"{words} needs no rights", result)


@test
def debug_stages(places):
    """-d: each stage has something to show."""
    for stage in "tokens ast typed ir ir-opt program asm".split():
        result = harness.run([places.bpfline, "-d", stage, "-q", "--dry-run", "-e", "begin { @x = 1; }"])
        expect(result.status == 0 and len(result.stdout) > 20, f"-d {stage}", result)


@test
def verifier_log(places):
    """-d verifier shows what the kernel's verifier said."""
    result = harness.run([places.bpfline, "-d", "verifier", "-q", "-e", "begin { @x = 1; exit(); }"])
    expect(result.status == 0 and "processed" in result.stdout, "the log", result)


# -- what the kernel has ----------------------------------------------------------------------------------------------------------------

def available_events():
    kernel = harness.Kernel()
    lines = pathlib.Path(kernel.tracefs, "available_events").read_text().split()
    return kernel, sorted(f"tracepoint:{line}" for line in lines)


@test
def lists_every_event(places):
    """-l tracepoint:* is what the kernel says it has."""
    _, events = available_events()
    result = harness.run([places.bpfline, "-l", "tracepoint:*"])
    listed = result.stdout.splitlines()
    # The kernel also names events that cannot be attached to (ftrace's own records); they have no place in either list alone.
    expect(sorted(set(events) ^ set(listed), key=str) == [] or all(":ftrace:" in event for event in set(events) ^ set(listed)),
           f"differ: {sorted(set(events) ^ set(listed))[:10]}")
    expect(listed == sorted(set(listed), key=lambda name: name.encode()), "sorted, each once")


@test
def reads_every_format(places):
    """-lv shows every field of every event of this kernel as its format file has it."""
    kernel, _ = available_events()
    result = harness.run([places.bpfline, "-lv", "tracepoint:*"], timeout=60)
    expect(result.status == 0 and not result.stderr, "status", result.stderr)
    listed, current = {}, None
    for line in result.stdout.splitlines():
        if line.startswith("    "):
            listed[current].append(line[4:])
        else:
            current = line
            listed[current] = []
    wrong = []
    for name, fields in listed.items():
        _, category, event = name.split(":")
        text = pathlib.Path(kernel.tracefs, "events", category, event, "format").read_text()
        expected = [field for field in re.findall(r"field:(.*?);", text) if not re.search(r"\bcommon_\w+$", field)]
        if fields != expected:
            wrong.append(f"{name}: {fields} but the file has {expected}")
    expect(len(listed) > 300, f"only {len(listed)} events")
    expect(not wrong, f"{len(wrong)} events differ\n" + "\n".join(wrong[:5]))


@test
def every_event_loads(places):
    """print(args) of every field of a sample of events: sizes, arrays, texts and names of all shapes that exist here."""
    kernel, events = available_events()
    chosen = [event for event in events if not event.startswith("tracepoint:syscalls:")]
    # Spread over all categories.
    chosen = chosen[::max(1, len(chosen) // 120)]
    script = " ".join(f"{event} /pid == cpid/ {{ print(args); }}" for event in chosen)
    result = harness.run([places.bpfline, "-q", "--dry-run", "-c", "/bin/true", "-e", script], timeout=120)
    expect(result.status == 0 and not result.stderr, f"{len(chosen)} events", str(result)[:3000])


@test
def two_at_once(places):
    """Two runs do not disturb each other."""
    script = 'tracepoint:syscalls:sys_enter_getppid /comm == "calls"/ { @ = count(); }'
    first, second = bpfline(places, "-e", script), bpfline(places, "-e", script)
    attached(first)
    attached(second)
    target(places, "calls", "500")
    for process in (first, second):
        process.send(signal.SIGINT)
        result = process.finish()
        found = re.search(r"@: (\d+)", result.stdout)
        # Other tests make such calls, too.
        expect(result.status == 0 and found and int(found[1]) >= 500, "all counted", result)


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    # Tests that look at the whole machine or filter by name only run by themselves, the others two at a time.
    alone = {"nothing_stays_attached", "interrupt_drains", "terminate_drains", "child_end_drains", "exit_drains", "two_at_once",
             "lost_events_are_counted", "lost_events_are_counted_over_threads", "half_a_million_events"}
    status = 0
    for functions, jobs in (([f for f in TESTS if f.__name__ in alone], 1), ([f for f in TESTS if f.__name__ not in alone], arguments.jobs)):
        arguments.jobs = jobs
        if any(re.search(arguments.filter, function.__name__) for function in functions):
            status |= harness.run_functions(functions, places, arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
