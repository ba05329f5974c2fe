#!/usr/bin/env python3
"""Exact accounts: what was printed or stored and what is said to be lost or refused is what happened, to the last event, at full speed
and on every processor. And that system calls seen through the raw events are the same calls. Counts only, never times; bounded."""

import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from harness import expect  # noqa: E402

TESTS = []
# Over all processors: some seconds at full speed.
EVENTS = 10_000_000
CPUS = sorted(os.sched_getaffinity(0))


def test(function):
    TESTS.append(function)
    return function


def run(places, words, environment=None, timeout=120):
    """Status, standard output as bytes (it may be large), standard error."""
    with tempfile.TemporaryFile() as stdout:
        process = subprocess.Popen([places.bpfline, *map(str, words)], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                                   env=harness.clean_environment(environment))
        try:
            _, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            harness.end_with_children(process)
            raise harness.Failure("did not end in time") from error
        stdout.seek(0)
        return process.returncode, stdout.read(), errors.decode()


def ledger_of(output):
    """Rows of the line {"type": "ledger"}, by name of probe."""
    rows = {}
    for line in output.splitlines():
        if line.startswith(b'{"type": "ledger"'):
            for row in json.loads(line)["data"]:
                for name in row["probes"]:
                    rows[name] = row
    return rows


PROBE = "tracepoint:syscalls:sys_enter_getppid"


@test
def full_ring_on_every_processor(places):
    """Ten million events through a ring of one page: printed + lost = hits, on each processor."""
    for cpu in CPUS:
        calls = EVENTS // len(CPUS)
        status, output, errors = run(
            places, ["-f", "json", "-B", "full", "--ledger", "-c", f"taskset -c {cpu} {places.targets}/calls {calls}", "-e",
                     f'{PROBE} /pid == cpid/ {{ printf("%d", cpu); @[cpu] = count(); }}'], {"BPFTRACE_PERF_RB_PAGES": "1"})
        expect(status == 0, f"status {status}", errors)
        printed = output.count(b'{"type": "printf", "data": "%d"}' % cpu)
        lost = sum(int(number) for number in re.findall(rb'"type": "lost_events".*?(\d+)', output))
        row = ledger_of(output)[PROBE]
        expect(row["passed"] == calls, f"processor {cpu}: {row['passed']} of {calls} runs", errors)
        expect(row["sent"] == printed, f"processor {cpu}: {printed} printed, {row['sent']} sent", errors)
        expect(printed + row["lost"] == calls, f"processor {cpu}: {printed} printed + {row['lost']} lost, not {calls}", errors)
        expect(lost == row["lost"], f"processor {cpu}: {lost} lost by the stream, {row['lost']} by the ledger", errors)
        expect(row["lost"] > 0, "the ring was to be too small")


@test
def full_map(places):
    """Ten million updates of a map for a hundred keys: stored + refused = updates."""
    status, output, errors = run(
        places, ["-f", "json", "--ledger", "-c", f"{places.targets}/calls {EVENTS // len(CPUS)} {len(CPUS)}", "-e",
                 f"{PROBE} /pid == cpid/ {{ @m[rand % 200] = count(); }}"], {"BPFTRACE_MAP_KEYS_MAX": "100"})
    expect(status == 0, f"status {status}", errors)
    stored = {}
    for line in output.splitlines():
        found = json.loads(line)
        if found["type"] == "map":
            stored = found["data"]["@m"]
    row = ledger_of(output)[PROBE]
    calls = EVENTS // len(CPUS) * len(CPUS)
    expect(len(stored) == 100, f"{len(stored)} keys", errors)
    expect(sum(stored.values()) + row["map_full"] == calls, f"{sum(stored.values())} stored + {row['map_full']} refused, not {calls}",
           errors)
    expect(f"{row['map_full'] - 1}" in errors or f"{row['map_full']}" in errors, "the refused ones are told with their number", errors)


@test
def reader_that_sleeps(places):
    """Somebody who reads nothing for seconds: the traced program goes on, memory is bounded, and what is lost is counted."""
    calls = 3_000_000
    with tempfile.NamedTemporaryFile() as errors:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        script = (f"'{places.bpfline}' -q -c '{places.targets}/calls {calls}' -e '{PROBE} /pid == cpid/ "
                  f"{{ printf(\"%d\\n\", cpu); }}' 2>{errors.name} | (sleep 5; wc -l)")
        result = subprocess.run(["bash", "-c", f"set -o pipefail; {script}"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=60, env=harness.clean_environment(), check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        said = pathlib.Path(errors.name).read_text()
    expect(result.returncode == 0, f"status {result.returncode}", said)
    lost = sum(int(number) for number in re.findall(r"^Lost (\d+) events?\b", said, re.M))
    # Two empty lines at the end.
    printed = int(result.stdout) - 2
    expect(printed + lost == calls, f"{printed} printed + {lost} lost, not {calls}", said)
    expect(lost > 0, "nothing was lost: the reader was to be too slow")
    # A debug build with shared libraries needs some 80 MiB itself; three million lines waiting would be as much again.
    expect(after < max(before, 140 * 1024), f"{after} KiB")


@test
def head_ends_it_at_once(places):
    """| head -1 with a million events a second: one line, status 0."""
    result = subprocess.run(
        ["bash", "-c", f"set -o pipefail; '{places.bpfline}' -q -c '{places.targets}/calls 100000000' -e '{PROBE} /pid == cpid/ "
         "{ printf(\"line\\n\"); }' | head -1"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=harness.clean_environment(), check=False)
    expect((result.returncode, result.stdout) == (0, "line\n"), f"status {result.returncode}", result.stdout[:200] + result.stderr)


@test
def raw_events_show_the_same_calls(places):
    """Every entry and exit of a program that makes many kinds of calls, seen both ways: the same probes, as often."""
    script = ('tracepoint:syscalls:sys_enter_* /pid == cpid/ { @enter[probe] = count(); } '
              'tracepoint:syscalls:sys_exit_* /pid == cpid/ { @leave[probe, args.ret >= 0] = count(); } '
              'tracepoint:syscalls:sys_enter_read, tracepoint:syscalls:sys_enter_openat /pid == cpid/ { @n[probe] = count(); } '
              'tracepoint:syscalls:sys_enter_read /pid == cpid/ { @size = sum(args.count); @nr = max(args.__syscall_nr); }')
    seen = []
    for more in ([], ["--no-feature", "raw_syscalls"]):
        status, output, errors = run(places, [*more, "-q", "-f", "json", "-c", "/bin/ls -lR /etc/apt /usr/share/doc/bash", "-e", script],
                                     {"BPFTRACE_MAX_PROBES": "2000", "BPFTRACE_MAX_BPF_PROGS": "2000"}, timeout=300)
        expect(status == 0, f"status {status}", errors)
        maps = {}
        for line in output.splitlines():
            # The command's own lines stand between.
            if line.startswith(b'{"type": "map"'):
                maps.update(json.loads(line)["data"])
        seen.append(maps)
    raw, own = seen
    expect(len(raw["@enter"]) > 15 and len(raw["@leave"]) > 15, f"too few: {raw}")
    differences = [f"{name}[{key}]: raw {raw[name].get(key)}, tracepoint {own[name].get(key)}"
                   for name in ("@enter", "@leave", "@n") for key in sorted({*raw[name], *own[name]})
                   if raw[name].get(key) != own[name].get(key)]
    expect(not differences, "\n".join(differences))
    expect(raw["@nr"] == own["@nr"] and raw["@size"] == own["@size"], f"{raw} {own}")


@test
def iterators_lose_nothing(places):
    """A line for each of the kernel's symbols, a hundred thousand, through a ring of one page: it is read while they are gone through."""
    if not harness.Kernel().lacks(["kernel:6.0"]):
        status, output, errors = run(places, ["-q", "-e", 'config = { perf_rb_pages = 1 } iter:ksym { printf("line\\n"); @n = count(); }'])
        lines = output.splitlines()
        expect(status == 0 and errors == "", f"status {status}", errors)
        expect(len(lines) > 10_000 and lines.count(b"line") == int(lines[-1].removeprefix(b"@n: ")), f"{lines.count(b'line')} {lines[-1]}")


def assemble_32_bit(folder):
    """A program that calls getpid (20) by int $0x80 a hundred times and then leaves: 64-bit code, 32-bit system calls."""
    source = pathlib.Path(folder, "old_calls.c")
    source.write_text("""
int main(void) {
    for (int i = 0; i < 100; i++) {
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
    }
    return 0;
}
""")
    program = str(pathlib.Path(folder, "old_calls"))
    built = subprocess.run(["cc", "-O1", "-o", program, str(source)], capture_output=True, check=False)
    return program if built.returncode == 0 and subprocess.run([program], check=False).returncode == 0 else None


@test
def old_system_calls_are_passed_over(places):
    """20 is getpid for 32-bit calls and writev for others: neither probe sees the 32-bit ones, as the tracepoints do not."""
    with tempfile.TemporaryDirectory() as folder:
        program = assemble_32_bit(folder)
        if program is None:
            return
        for more in ([], ["--no-feature", "raw_syscalls"]):
            status, output, errors = run(
                places, [*more, "-q", "-c", program, "-e",
                         "tracepoint:syscalls:sys_enter_writev, tracepoint:syscalls:sys_exit_writev, tracepoint:syscalls:sys_enter_getpid "
                         "/pid == cpid/ { @seen = count(); } tracepoint:syscalls:sys_enter_exit_group /pid == cpid/ { @end = count(); }"])
            expect(status == 0, f"status {status}", errors)
            expect(b"@seen" not in output, f"{more}: seen", output.decode())
            expect(b"@end: 1" in output, f"{more}: its end is an ordinary call", output.decode())


@test
def ledger_says_why_it_is_empty(places):
    """No hits, all refused by the predicate: the reason and the table on standard error; -q asks for silence."""
    for script, command, words in (
            ("tracepoint:syscalls:sys_enter_acct { print(1); }", "/bin/true", "no hits while it was attached; the traced command ended first"),
            (f"{PROBE} /pid == 0/ {{ @ = count(); }}", f"{places.targets}/calls 50", "the predicate refused all ")):
        status, output, errors = run(places, ["-c", command, "-e", script])
        expect(status == 0 and output.strip() == b"", f"status {status}", output.decode())
        expect("Nothing was printed or stored:" in errors and words in errors and "missed" in errors, "the reason", errors)
        _, _, quiet = run(places, ["-q", "-c", command, "-e", script])
        expect(quiet == "", "-q", quiet)


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    arguments.jobs = 1
    return harness.run_functions(TESTS, harness.Places(arguments), arguments)


if __name__ == "__main__":
    sys.exit(main())
