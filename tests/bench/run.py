#!/usr/bin/env python3
"""run.py BUILD-FOLDER [--runs N] [--quick] [--only REGEX] [--soak]: the figures a user feels, side by side with apt's bpftrace.

Every pair of figures comes from interleaved runs of the two programs on this machine now; what counts is the ratio. Prints one table
with goal and result, and writes bench.json and bench.svg into BUILD-FOLDER/bench. --quick leaves out what takes minutes with bpftrace
(probing every system call) and takes 3 runs. --soak does none of this: it lets fifty million events with changing keys, strings and
stacks pass and looks whether memory stays what it was."""

import argparse
import ctypes
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

EXECVE_LINE = 'tracepoint:syscalls:sys_enter_execve { printf("%s %s\\n", comm, str(args->filename));}'
STATE_LINE = 'tracepoint:sock:inet_sock_set_state { printf("%s %d %d\\n", comm, pid, args->newstate); }'
GETPPID = "tracepoint:syscalls:sys_enter_getppid"
EVENTS = 1_000_000
# Programs on the raw event of all system calls run for everybody's: enough of ours that the others do not count.
BODY_CALLS = 2_000_000
# Runs of bpftrace that may take minutes end after this many seconds.
PATIENCE = 180
FUNCTIONS = 1000
WALK = ('BEGIN { $t = (struct task_struct *)curtask; printf("%d %s %d %s\\n", $t->pid, $t->real_parent->comm, $t->mm->map_count, '
        "str($t->fs->pwd.dentry->d_name.name)); exit(); }")


class Goal:
    """One row of the table. `reached` is filled in by a measurement; None: not measured here."""

    def __init__(self, key, work, text, is_met):
        self.key, self.work, self.text, self.is_met = key, work, text, is_met
        self.reached = None
        self.shown = "-"
        self.details = {}


def at_most(limit):
    return lambda value: value <= limit


# In the order they are printed.
GOALS = [
    Goal("begin_wall", "begin { exit(); }: start to exit, wall", "<= 1/15", at_most(1 / 15)),
    Goal("begin_cpu", "begin { exit(); }: processor time", "<= 1/4", at_most(1 / 4)),
    Goal("execve_wall", "execve line, -c /bin/true: start to exit, wall", "<= 1/15", at_most(1 / 15)),
    Goal("execve_rss", "execve line: peak memory", "<= 1/5", at_most(1 / 5)),
    Goal("curtask_wall", "begin { print curtask.pid; exit(); }: start to exit, wall", "<= 1/12", at_most(1 / 12)),
    Goal("walk_wall", "begin walks task, mm, fs and dentry: start to exit, wall", "<= 1/12", at_most(1 / 12)),
    Goal("list_wall", "-l: every probe there is", "<= 1", at_most(1)),
    Goal("list_fields_wall", "-lv 'tracepoint:*'", "<= 1", at_most(1)),
    Goal("all_syscalls_wall", "sys_enter_* (all) with @[probe] = count(): start to exit", "<= 1/200", at_most(1 / 200)),
    Goal("all_syscalls_attach", "the same: attaching and detaching alone", "<= 1/12", at_most(1 / 12)),
    Goal("uprobes_attach", f"{FUNCTIONS} uprobes: attaching and detaching", "<= 1/12", at_most(1 / 12)),
    Goal("states_wall", "inet_sock_set_state line, one connection: start to exit", "<= 1/4", at_most(1 / 4)),
    Goal("states_last_line", "the same: last line before the end, share of the run", "< 1", lambda value: value < 1),
    Goal("events_lost", "printf per system call, 1,000,000 at full speed: lost", "0", at_most(0)),
    Goal("events_slowdown", "the same: traced program, over an empty body", "<= 2x", at_most(2)),
    Goal("events_consumer", "the same: our processor time per printed event", "<= 1/10", at_most(1 / 10)),
    Goal("count_body", "@ = count(): time in the BPF program", "<= 1", at_most(1)),
    Goal("count_by_hand", "the same, over C by hand (clang -O2)", "<= 1.15x", at_most(1.15)),
    Goal("comm_body", "@[comm] = count(): time in the BPF program", "<= 1", at_most(1)),
    Goal("comm_by_hand", "the same, over C by hand", "<= 1.15x", at_most(1.15)),
    Goal("hist_body", "@ = hist(nsecs): time in the BPF program", "<= 1", at_most(1)),
    Goal("hist_by_hand", "the same, over C by hand", "<= 1.15x", at_most(1.15)),
    Goal("ledger_cost", "counting hits: what it adds to an event", "<= 10 ns", at_most(10)),
    Goal("map_print", "map of 1,000,000 keys: from the command's end to ours", "<= 1/4", at_most(1 / 4)),
    Goal("map_memory", "the same: peak memory over that of 100,000 keys", "<= 10x", at_most(10)),
    Goal("begin_cold", "begin { exit(); } with the program not in memory", "-", lambda value: True),
]
BY_KEY = {goal.key: goal for goal in GOALS}


class Bench:
    def __init__(self, folder, runs, is_quick):
        self.bpfline = folder / "bpfline"
        self.measure = folder / "bench" / "measure"
        self.calls = folder / "tests" / "targets" / "calls"
        self.tcp_once = folder / "tests" / "targets" / "tcp_once"
        self.functions = folder / "bench" / "functions"
        self.bpftrace = shutil.which("bpftrace")
        self.runs = runs
        self.is_quick = is_quick
        self.port = 20000
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("BPFTRACE_", "BPFLINE_"))}
        for path in (self.bpfline, self.measure, self.calls, self.tcp_once, self.functions):
            if not path.exists():
                sys.exit(f"bench: {path} is not built (./dev bench builds it)")

    def once(self, words, environment=None, stdout=subprocess.DEVNULL, is_vital=True):
        """{"wall": s, "cpu": s, "rss": MiB} of one run. A run that is not vital may fail: None."""
        with tempfile.NamedTemporaryFile("r") as figures:
            result = subprocess.run([self.measure, figures.name, *map(str, words)], stdin=subprocess.DEVNULL, stdout=stdout,
                                    stderr=subprocess.PIPE, env={**self.environment, **(environment or {})}, check=False)
            text = figures.read().split()
        if result.returncode or len(text) != 4 or text[3] != "0":
            if not is_vital:
                return None
            sys.exit(f"bench: {' '.join(map(str, words))}\n{result.stderr.decode()[-2000:]}")
        return {"wall": int(text[0]) / 1e9, "cpu": int(text[1]) / 1e9, "rss": int(text[2]) / 1024, "stderr": result.stderr.decode()}

    def both(self, old_words, new_words, runs=None, environment=None, old_runs=None):
        """Medians of interleaved runs, bpftrace's and ours. old_runs: fewer where a run of bpftrace takes half a minute."""
        runs = runs or self.runs
        figures = {"old": [], "new": []}
        for turn in range(runs):
            if self.bpftrace and turn < (old_runs or runs):
                figures["old"].append(self.once([self.bpftrace, *old_words], environment))
            figures["new"].append(self.once([self.bpfline, *new_words], environment))
        return {name: {key: statistics.median(run[key] for run in list_of) for key in ("wall", "cpu", "rss")} | {"runs": len(list_of)}
                for name, list_of in figures.items() if list_of}

    def ratio(self, key, figures, what, unit, scale):
        goal = BY_KEY[key]
        new = figures["new"][what]
        goal.details = {name: {what: found[what], "runs": found["runs"]} for name, found in figures.items()}
        if "old" in figures:
            old = figures["old"][what]
            goal.reached = new / old
            goal.shown = f"1/{old / new:.1f} ({new * scale:.1f} against {old * scale:.1f} {unit})"
        else:
            goal.shown = f"{new * scale:.1f} {unit}, no bpftrace to compare with"

    # -- start and stop -------------------------------------------------------------------------------------------------------

    def begin(self):
        figures = self.both(["-e", "BEGIN { exit(); }"], ["-e", "begin { exit(); }"])
        self.ratio("begin_wall", figures, "wall", "ms", 1000)
        self.ratio("begin_cpu", figures, "cpu", "ms", 1000)

    def execve(self):
        words = ["-c", "/bin/true", "-e", EXECVE_LINE]
        figures = self.both(words, words)
        self.ratio("execve_wall", figures, "wall", "ms", 1000)
        self.ratio("execve_rss", figures, "rss", "MiB", 1)

    def types(self):
        """Scripts that need the kernel's types."""
        figures = self.both(["-e", 'BEGIN { printf("%d\\n", curtask->pid); exit(); }'],
                            ["-e", 'begin { printf("%d\\n", curtask.pid); exit(); }'])
        self.ratio("curtask_wall", figures, "wall", "ms", 1000)
        self.ratio("walk_wall", self.both(["-e", WALK], ["-e", WALK]), "wall", "ms", 1000)

    def lists(self):
        self.ratio("list_wall", self.both(["-l"], ["-l"]), "wall", "ms", 1000)
        words = ["-lv", "tracepoint:*"]
        self.ratio("list_fields_wall", self.both(words, words), "wall", "ms", 1000)

    def many(self, words):
        """Attaching and letting go of hundreds of probes: bpftrace once, which varies little and may take half a minute; its wall less
        that of a run with one probe. Ours: the phases themselves. Both in seconds; None where bpftrace lost patience."""
        environment = {"BPFTRACE_MAX_PROBES": "2000", "BPFTRACE_MAX_BPF_PROGS": "2000"}
        old = None
        if self.bpftrace:
            bare = self.once([self.bpftrace, "-c", "/bin/true", "-e", "BEGIN { @ = count(); }"])["wall"]
            found = self.once(["/usr/bin/timeout", "-k", "5", str(PATIENCE), self.bpftrace, *words], environment, is_vital=False)
            old = {"wall": found["wall"], "attach": max(0, found["wall"] - bare)} if found else None
        news = []
        for _ in range(self.runs):
            found = self.once([self.bpfline, "--timing", *words], environment)
            found["attach"] = sum(phase_ms(found["stderr"], name) for name in ("attach", "detach")) / 1000
            news.append(found)
        return old, {key: statistics.median(found[key] for found in news) for key in ("wall", "attach")}

    def share(self, key, old, new):
        """One row out of two times in seconds."""
        goal = BY_KEY[key]
        goal.details = {"new": new, "old": old}
        goal.shown = f"{new * 1000:.1f} ms" + ("" if old else f", bpftrace was not done after {PATIENCE} s" if self.bpftrace else "")
        if old:
            goal.reached = new / old
            goal.shown = f"1/{old / new:.1f} ({new * 1000:.1f} against {old * 1000:.1f} ms)"

    def all_syscalls(self):
        old, new = self.many(["-c", "/bin/true", "-e", "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }"])
        self.share("all_syscalls_wall", old and old["wall"], new["wall"])
        self.share("all_syscalls_attach", old and old["attach"], new["attach"])

    def uprobes(self):
        old, new = self.many(["-c", str(self.functions), "-e", f"uprobe:{self.functions}:work_* {{ @ = count(); }}"])
        self.share("uprobes_attach", old and old["attach"], new["attach"])

    def states(self):
        def words():
            self.port += 1
            return ["-c", f"{self.tcp_once} {self.port}", "-e", STATE_LINE]

        figures = {"old": [], "new": []}
        shares = []
        for _ in range(self.runs):
            if self.bpftrace:
                figures["old"].append(self.once([self.bpftrace, *words()]))
            figures["new"].append(self.once([self.bpfline, *words()]))
            shares.append(self.last_line(words()))
        medians = {name: {"wall": statistics.median(run["wall"] for run in runs), "runs": len(runs)} for name, runs in figures.items() if runs}
        self.ratio("states_wall", medians, "wall", "ms", 1000)
        goal = BY_KEY["states_last_line"]
        goal.reached = statistics.median(shares)
        goal.shown = f"{goal.reached:.2f}"

    def last_line(self, words):
        """When the last line came, as a share of the run."""
        start = time.monotonic()
        process = subprocess.Popen([self.bpfline, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self.environment)
        last = start
        while data := os.read(process.stdout.fileno(), 65536):
            if re.search(rb"\w", data):
                last = time.monotonic()
        process.wait()
        return (last - start) / (time.monotonic() - start)

    # -- events -----------------------------------------------------------------------------------------------------------------

    def traced(self, program, script):
        """(seconds of the traced program alone, processor seconds of the tracer, printed, lost) for EVENTS calls."""
        with tempfile.TemporaryDirectory() as folder:
            output = pathlib.Path(folder, "out")
            with open(output, "wb") as stdout:
                tracer = subprocess.Popen([program, "-e", script], stdout=stdout, stderr=subprocess.PIPE, env=self.environment, text=True)
                self.wait_attached(tracer, output)
                figures = self.once([self.calls, str(EVENTS)])
                time.sleep(0.3)
                tracer.send_signal(2)
                errors = tracer.stderr.read()
                _, _, used = os.wait4(tracer.pid, 0)
                tracer.returncode = 0
            text = output.read_bytes()
        printed = text.count(b"event\n")
        lost = sum(int(count) for count in re.findall(r"^Lost (\d+) events", errors + text.decode(errors="replace"), re.M))
        return figures["wall"], used.ru_utime + used.ru_stime, printed, lost

    def wait_attached(self, tracer, output):
        """bpftrace says so before attaching and on standard output; a probe that fires is the only sure sign."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.is_attached(tracer.pid):
                time.sleep(0.3)
                return
            time.sleep(0.05)
        tracer.kill()
        sys.exit("bench: the tracer did not attach")

    @staticmethod
    def is_attached(pid):
        try:
            return any("perf_event" in os.readlink(f"/proc/{pid}/fd/{fd}") or "bpf_link" in os.readlink(f"/proc/{pid}/fd/{fd}")
                       for fd in os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            return False

    def events(self):
        runs = 3
        body = f'{GETPPID} /comm == "calls"/ {{ printf("event\\n"); }}'
        empty = f'{GETPPID} /comm == "nobody"/ {{ printf("event\\n"); }}'
        full, bare, old = [], [], []
        for _ in range(runs):
            full.append(self.traced(str(self.bpfline), body))
            bare.append(self.traced(str(self.bpfline), empty))
            if self.bpftrace:
                old.append(self.traced(self.bpftrace, body))
        wall = statistics.median(run[0] for run in full)
        goal = BY_KEY["events_lost"]
        goal.reached = max(run[3] for run in full)
        goal.shown = f"{goal.reached} ({EVENTS / wall / 1e6:.2f} million events a second)"
        goal.details = {"printed": [run[2] for run in full], "lost": [run[3] for run in full], "events_per_second": EVENTS / wall}
        goal = BY_KEY["events_slowdown"]
        goal.reached = wall / statistics.median(run[0] for run in bare)
        goal.shown = f"{goal.reached:.2f}x ({wall * 1e9 / EVENTS:.0f} ns a call)"
        goal = BY_KEY["events_consumer"]
        ours = statistics.median(run[1] / max(1, run[2]) for run in full)
        goal.shown = f"{ours * 1e9:.0f} ns an event"
        if old:
            theirs = statistics.median(run[1] / max(1, run[2]) for run in old)
            goal.reached = ours / theirs
            goal.shown = f"1/{theirs / ours:.1f} ({ours * 1e9:.0f} against {theirs * 1e9:.0f} ns; bpftrace lost {old[0][3]})"

    # -- time in the program, by the kernel's own clock ------------------------------------------------------------------------

    def body(self, key, action, by_hand):
        figures = []
        for program in ([self.bpftrace] if self.bpftrace else []) + [str(self.bpfline)]:
            costs = []
            for _ in range(3):
                costs.append(self.program_time(program, f'{GETPPID} /comm == "calls"/ {{ {action}; }}'))
            figures.append(min(costs))
        goal = BY_KEY[key + "_body"]
        goal.shown = f"{figures[-1]:.0f} ns"
        if len(figures) == 2:
            goal.reached = figures[1] / figures[0]
            goal.shown = f"{goal.reached:.2f} ({figures[1]:.0f} against {figures[0]:.0f} ns, the kernel's clock reads included)"
        if by_hand:
            goal = BY_KEY[key + "_by_hand"]
            goal.reached = figures[-1] / by_hand[key]
            goal.shown = f"{goal.reached:.2f}x ({figures[-1]:.0f} against {by_hand[key]:.0f} ns)"

    def written_by_hand(self):
        """Nanoseconds a run of the same bodies in C; nothing if there was no clang to compile them."""
        program = self.bpfline.parent / "bench" / "by_hand"
        code = program.with_suffix(".bpf.o")
        best = {}
        for _ in range(3 if program.exists() and code.exists() else 0):
            result = subprocess.run([program, code, self.calls, str(BODY_CALLS)], capture_output=True, text=True, check=False)
            for line in result.stdout.splitlines():
                name, cost = line.split()
                best[name] = min(float(cost), best.get(name, float("inf")))
        return best

    def program_time(self, program, script, *more):
        """run_time_ns / run_cnt of the program that ran the most while the generator ran."""
        statistics_fd = bpf(32, struct.pack("I", 0))  # BPF_ENABLE_STATS, BPF_STATS_RUN_TIME; on while this fd is open
        before = program_ids()
        tracer = subprocess.Popen([program, *more, "-e", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment)
        try:
            self.wait_attached(tracer, None)
            self.once([self.calls, str(BODY_CALLS)])
            best = (0, 0)
            for number in program_ids() - before:
                best = max(best, run_statistics(number))
        finally:
            tracer.send_signal(2)
            tracer.wait()
            if statistics_fd >= 0:
                os.close(statistics_fd)
        count, time_ns = best
        if count < BODY_CALLS:
            sys.exit("bench: the kernel's statistics do not show the runs")
        return time_ns / count

    def bodies(self):
        by_hand = self.written_by_hand()
        self.body("count", "@ = count()", by_hand)
        self.body("comm", "@[comm] = count()", by_hand)
        self.body("hist", "@ = hist(nsecs)", by_hand)
        # The same program with and without; medians of interleaved runs.
        costs = {"with": [], "without": []}
        for _ in range(5):
            costs["with"].append(self.program_time(str(self.bpfline), f"{GETPPID} {{ @ = count(); }}"))
            costs["without"].append(self.program_time(str(self.bpfline), f"{GETPPID} {{ @ = count(); }}", "--no-feature", "ledger"))
        goal = BY_KEY["ledger_cost"]
        goal.reached = statistics.median(costs["with"]) - statistics.median(costs["without"])
        goal.shown = f"{goal.reached:.1f} ns"

    def map_print(self):
        """A million keys: from the end of the traced command (its file) to the tracer's end; printing, and letting go."""
        figures, memory = {"old": [], "new": []}, []
        with tempfile.TemporaryDirectory() as folder:
            stamp = pathlib.Path(folder, "end")
            command = pathlib.Path(folder, "command")
            environment = {"BPFTRACE_MAP_KEYS_MAX": str(EVENTS + 10), "BPFTRACE_MAX_MAP_KEYS": str(EVENTS + 10)}
            for keys in (EVENTS, EVENTS // 10):
                command.write_text(f"#!/bin/sh\n{self.calls} {keys}\ndate +%s.%N > {stamp}\n")
                words = ["-c", f"/bin/sh {command}", "-e", f'{GETPPID} /comm == "calls"/ {{ @m[@i] = @i; @i++; }}']
                for name, program, runs in (("new", self.bpfline, 3), ("old", self.bpftrace, 1 if keys == EVENTS else 0)):
                    for _ in range(runs if program else 0):
                        found = self.once([program, *words], environment)
                        if keys == EVENTS:
                            figures[name].append(time.time() - float(stamp.read_text()))
                        if name == "new":
                            memory.append((keys, found["rss"]))
        goal = BY_KEY["map_print"]
        new = statistics.median(figures["new"])
        goal.shown = f"{new:.2f} s"
        if figures["old"]:
            old = statistics.median(figures["old"])
            goal.reached = new / old
            goal.shown = f"1/{old / new:.1f} ({new:.2f} against {old:.2f} s)"
        large, small = (statistics.median(rss for count, rss in memory if count == keys) for keys in (EVENTS, EVENTS // 10))
        goal = BY_KEY["map_memory"]
        goal.reached = large / small
        goal.shown = f"{goal.reached:.1f}x ({large:.0f} against {small:.0f} MiB)"

    def begin_cold(self):
        """The first run after its pages were thrown out of memory; ours only, nobody else's files."""
        walls = []
        for _ in range(3):
            fd = os.open(self.bpfline, os.O_RDONLY)
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)
            walls.append(self.once([self.bpfline, "-e", "begin { exit(); }"])["wall"])
        goal = BY_KEY["begin_cold"]
        goal.shown = f"{statistics.median(walls) * 1000:.1f} ms"

    # -- soak ---------------------------------------------------------------------------------------------------------------------

    def soak(self):
        """Fifty million events with changing keys, strings and stacks; memory every few seconds. Five minutes at most."""
        script = (f'{GETPPID} /comm == "calls"/ {{ @n = count(); @k[rand % 3000] = count(); @s[comm, rand % 100] = count(); '
                  '@u[ustack] = count(); @h[rand % 10] = hist(rand); if (rand % 16 == 0) { printf("%d %s %d\\n", pid, comm, rand); } '
                  'if (rand % 50000 == 0) { clear(@k); } }')
        with open(os.devnull, "wb") as nothing:
            tracer = subprocess.Popen([self.bpfline, "-e", script], stdout=nothing, stderr=subprocess.PIPE, env=self.environment)
        self.wait_attached(tracer, None)
        memory, end = [], time.monotonic() + 300
        events = 0
        while events < 50_000_000 and time.monotonic() < end:
            self.once([self.calls, "2500000"])
            events += 2_500_000
            memory.append(int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{tracer.pid}/status").read_text())[1]))
            print(f"soak: {events / 1e6:.1f} million events, {memory[-1] / 1024:.1f} MiB", file=sys.stderr)
        tracer.send_signal(2)
        tracer.communicate()
        # What is read once (symbols, the first batch) is there after a quarter; from then on nothing may be added.
        settled = memory[len(memory) // 4]
        grown = max(memory) - settled
        print(f"soak: {events} events, {settled / 1024:.1f} MiB after a quarter, {grown / 1024:.1f} MiB more at most, "
              f"status {tracer.returncode}")
        return 0 if grown <= 1024 and tracer.returncode == 0 else 1


def phase_ms(text, name):
    """Milliseconds of a phase of --timing."""
    found = re.search(rf"^ *([\d.]+) ms .*% +{name}$", text, re.MULTILINE)
    if not found:
        sys.exit(f"bench: --timing does not name the phase {name}\n{text}")
    return float(found[1])


# -- bpf(2) by hand: numbers of <linux/bpf.h> ------------------------------------------------------------------------------------

LIBC = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(144, b"\0"), 144)
    result = LIBC.syscall(321, command, buffer, 144)
    bpf.answer = buffer.raw
    return result


def program_ids():
    ids, last = set(), 0
    while bpf(11, struct.pack("I", last)) == 0:  # BPF_PROG_GET_NEXT_ID
        last = struct.unpack_from("I", bpf.answer, 4)[0]
        ids.add(last)
    return ids


def run_statistics(number):
    """(run_cnt, run_time_ns) of a program."""
    fd = bpf(13, struct.pack("I", number))  # BPF_PROG_GET_FD_BY_ID
    if fd < 0:
        return 0, 0
    info = ctypes.create_string_buffer(224)
    bpf(15, struct.pack("IIQ", fd, 224, ctypes.addressof(info)))  # BPF_OBJ_GET_INFO_BY_FD
    os.close(fd)
    # struct bpf_prog_info: run_time_ns at 192, run_cnt behind it.
    time_ns, count = struct.unpack_from("QQ", info.raw, 192)
    return count, time_ns


# -- what is written ----------------------------------------------------------------------------------------------------------------

def print_table():
    wide = max(len(goal.work) for goal in GOALS)
    print(f"{'work'.ljust(wide)}  {'goal'.ljust(8)}  reached")
    for goal in GOALS:
        mark = "" if goal.reached is None else ("  ok" if goal.is_met(goal.reached) else "  MISSED")
        print(f"{goal.work.ljust(wide)}  {goal.text.ljust(8)}  {goal.shown}{mark}")


def write_svg(path):
    """One bar a ratio on a logarithmic scale: what we need of what bpftrace needs."""
    import math
    rows = [goal for goal in GOALS if goal.reached and "1/" in goal.shown]
    line, left, width = 26, 430, 420
    height = line * (len(rows) + 3)
    lowest = min([goal.reached for goal in rows] + [1 / 1000])

    def x(value):
        return left + width * (1 - math.log(max(value, lowest)) / math.log(lowest))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 90}" height="{height}" font-family="sans-serif" font-size="13">',
             f'<rect width="100%" height="100%" fill="white"/><text x="10" y="20" font-size="15">bpfline, as a share of bpftrace '
             f'({platform.release()})</text>']
    for power in range(0, -7, -1):
        if 10 ** power < lowest:
            break
        parts.append(f'<line x1="{x(10 ** power):.0f}" y1="34" x2="{x(10 ** power):.0f}" y2="{height - 22}" stroke="#ddd"/>'
                     f'<text x="{x(10 ** power):.0f}" y="{height - 8}" text-anchor="middle" fill="#777">{"1" if power == 0 else f"1/{10 ** -power}"}'
                     "</text>")
    for number, goal in enumerate(rows):
        y = 40 + number * line
        color = "#2a7" if goal.is_met(goal.reached) else "#c63"
        work = goal.work.replace("&", "&amp;").replace("<", "&lt;")
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{work}</text>'
                     f'<rect x="{left}" y="{y}" width="{x(goal.reached) - left:.0f}" height="18" fill="{color}"/>'
                     f'<text x="{x(goal.reached) + 6:.0f}" y="{y + 14}">1/{1 / goal.reached:.0f}</text>')
    parts.append("</svg>")
    path.write_text("\n".join(parts) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--soak", action="store_true")
    parser.add_argument("--only", default="", help="only measurements whose name matches")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: needs root")
    folder = arguments.folder.resolve()
    bench = Bench(folder, 3 if arguments.quick else arguments.runs, arguments.quick)
    if arguments.soak:
        return bench.soak()
    steps = [("begin", bench.begin), ("execve", bench.execve), ("types", bench.types), ("lists", bench.lists), ("states", bench.states), ("events", bench.events), ("bodies", bench.bodies),
             ("begin_cold", bench.begin_cold)]
    if not arguments.quick:
        steps += [("map_print", bench.map_print), ("all_syscalls", bench.all_syscalls), ("uprobes", bench.uprobes)]
    for name, step in steps:
        if re.search(arguments.only, name):
            print(f"bench: {name} ...", file=sys.stderr)
            step()
    print_table()
    version = subprocess.run([bench.bpftrace, "--version"], capture_output=True, text=True, check=False).stdout.strip() if bench.bpftrace else None
    (folder / "bench").mkdir(exist_ok=True)
    (folder / "bench" / "bench.json").write_text(json.dumps({
        "kernel": platform.release(), "processors": os.cpu_count(), "runs": bench.runs, "peer": version,
        "rows": [{"key": goal.key, "work": goal.work, "goal": goal.text, "reached": goal.reached, "shown": goal.shown,
                  "is_met": None if goal.reached is None else goal.is_met(goal.reached), "details": goal.details} for goal in GOALS],
    }, indent=2) + "\n")
    write_svg(folder / "bench" / "bench.svg")
    print(f"written: {folder}/bench/bench.json, {folder}/bench/bench.svg", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
