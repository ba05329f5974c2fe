#!/usr/bin/env python3
"""Runs every script of examples/ beside a bit of activity, interrupts it, and looks for what it is there to show."""

import concurrent.futures
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

EXAMPLES = harness.ROOT / "examples"

# Example → what to do beside it (targets), and a pattern that its output must contain. {port} is a free one.
SHOWS = {
    "execve_line": (["family 1 /bin/true"], r"^family /bin/true$"),
    "tcp_line": (["tcp_once {port}"], r"^tcp_once \d+ 10$"),
    "tcp_times": (["tcp_once {port}"], r"^\d\d:\d\d:\d\d\.\d{3} - 7 -> 10 - \d+ - tcp_once$"),
    "tcp_states": (["tcp_once {port}"],
                   r"^\d\d:\d\d:\d\d\.\d{3} +\d+ +tcp_once +0\.0\.0\.0|127\.0\.0\.1:\d+ +\S+:\d+ +CLOSE +LISTEN +0$(?s:.*)"
                   r"LAST_ACK +CLOSE +\d+$"),
    "tcp_connects": (["tcp_once {port}"], r"^\d+ tcp_once -> 127\.0\.0\.1:{port} connected after \d+ us$"),
    "syscalls_by_program": (["calls 2000"], r"^@\[calls\]: \d{4,}$"),
    "syscalls_by_name": (["calls 20000"], r"^@calls\[getppid\]: \d{5,}$"),
    "syscalls_per_second": (["naps 100 10"], r"^\d\d:\d\d:\d\d @calls: \d+$"),
    "top_by_syscalls": (["calls 200000"], r"^-- \d\d:\d\d:\d\d$(?s:.*)^@calls\[\d+, calls\]: \d+$"),
    "slow_syscalls": (["naps 2 30"], r"^\d+ +naps +clock_nanosleep +3\d ms$|^\d+ +naps +clock_nanosleep +\d+ ms$"),
    "failed_syscalls": (["file_io {tmp}/f"], r"^@failed\[file_io, openat, No such file or directory\]: 1$"),
    "open_files": (["file_io {tmp}/f"], r"^\d+ +file_io +-2 {tmp}/f\.missing$"),
    "read_sizes": (["file_io {tmp}/f"], r"^@bytes\[file_io\]:$(?s:.*)^\[4K, 4608\)|^\[4096, 4608\) +1 \|"),
    "read_latency": (["file_io {tmp}/f"], r"^@us\[file_io\]:$"),
    "written_bytes": (["file_io {tmp}/f"], r"^@sum\[file_io\]: 7305$"),
    "exec_tree": (["family 1 /bin/true"], r"^fork +\d+ +family +-> (\d+)$(?s:.*)^exec +\1 +true +/bin/true$"),
    "exec_arguments": (["family 1 /bin/echo one two"], r"^\d+ +family +/bin/echo one two$"),
    "exit_codes": (["family 2"], r"^\d\d:\d\d:\d\d family \(\d+\) ended with 11$"),
    "signals": (["signals 5 10"], r"^@sent\[signals, User defined signal 1, signals\]: 5$"),
    "context_switches": (["naps 20 2"], r"^@\[naps, waits\]: \d+$"),
    "run_queue_delay": (["naps 20 2"], r"^@us:$"),
    "off_cpu_stacks": (["naps 300 1"], r"^@\[$(?s:.*)\+\d+$"),
    "kernel_profile": (["file_io {tmp}/f", "spin 300"], r"^@\[(?s:.*)\]: \d+$"),
    "processor_use": (["spin 300"], r"^@samples\[\d+, spin\]: \d+$"),
    "page_faults": (["faults 500"], r"^@user\[faults\]: \d{3,}$"),
    "block_io_sizes": ([], r""),  # a machine may be without a disk
    "interrupts": ([], r""),
    "soft_interrupts": (["naps 50 2"], r"^@count\[\d+\]: \d+$"),
    "kernel_memory": (["family 20"], r"^@sites\[\S+\]: \d+$(?s:.*)^@sizes:$"),
    "timers": ([], r"^MS +TICKS$(?s:.*)^\d+ +5$"),
    "open_descriptors": ([], r"^\d+ +bpfline +0 \S"),
    "mapped_memory": ([], r"^@mapped_kib\[bpfline\]: \d{4,}$"),
    "ancestors": (["family 1 /bin/true"], r"^true\(\d+\) < family\(\d+\) < python3\(\d+\) < "),
    "naps": (["naps 2 30"], r"^naps +\d+ +of python3 +0\.030 s$"),
    "read_files": (["file_io {tmp}/f"], r"^@bytes\[file_io, f\]: \d+$"),
    "open_modes": (["file_io {tmp}/f"], r"^@opened\[file_io, \w+, creates\]: 1$"),
    "last_opened": (["file_io {tmp}/f"], r"^file_io +\d+ +\d+ ms {tmp}/f\.missing$"),
    "wakers": (["naps 100 5"], r"^@wakes\[.+, naps\]: \d+$"),
    "watched_command": (["file_io {tmp}/f"], r"^{tmp}/f\.missing: No such file or directory$"),
    "work_items": ([], r""),  # a kernel with nothing to do puts nothing off
    "countdown": ([], r"^three\.\.\. two\.\.\. one\.\.\. go$"),
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def run_example(path, places, kernel):
    """(complaint or None, reason to skip or None)"""
    text = path.read_text()
    if not text.startswith("//"):
        return "the first line is no comment that says what it shows", None
    if path.stem not in SHOWS:
        return "not in the list of what the examples show (script_examples.py)", None
    for category, event in re.findall(r"tracepoint:(\w+):(\w+)", text):
        if reason := kernel.misses(f"event:{category}:{event}"):
            return None, reason
    activity, pattern = SHOWS[path.stem]
    names = {"{port}": free_port(), "{tmp}": f"/tmp/bpfline-example-{path.stem}"}
    pathlib.Path(names["{tmp}"]).mkdir(exist_ok=True)
    for name, value in names.items():
        pattern = pattern.replace(name, value)
        activity = [words.replace(name, value) for words in activity]
    try:
        # At most two seconds: it looks at the whole machine.
        process = harness.Running([places.bpfline, path], timeout=30.0)
        if not process.wait_for(r"^Attached", "stderr"):
            return f"did not attach\n{process.finish()}", None
        start = time.monotonic()
        for words in activity:
            subprocess.run([f"{places.targets}/{words.split()[0]}", *words.split()[1:]], stdout=subprocess.DEVNULL, check=True)
        while process.process.poll() is None and time.monotonic() - start < 1.3:
            time.sleep(0.02)
        process.send(signal.SIGINT)
        result = process.finish()
    finally:
        for file in pathlib.Path(names["{tmp}"]).iterdir():
            file.unlink()
        pathlib.Path(names["{tmp}"]).rmdir()
    errors = re.sub(r"^Attached \d+ probes?\n", "", result.stderr, flags=re.M)
    errors = harness.LEFT_OUT.sub("", errors)
    # On a quiet machine some examples find nothing, and say so.
    errors = re.sub(r"^Nothing was printed or stored:\n(?s:.*)", "", errors, flags=re.M)
    if result.timed_out or result.status != 0 or errors:
        return f"{result}", None
    if not re.search(pattern, result.stdout, re.M):
        return f"does not show {pattern}\n{result}", None
    return None, None


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    kernel = harness.Kernel()
    tally = harness.Tally(arguments.verbose)

    def one(path):
        start = time.monotonic()
        complaint, skipped = run_example(path, places, kernel)
        # The kernel drops a timer's tick that interrupts another program's body, and one tick is all some examples have.
        if complaint and complaint.startswith("does not show"):
            complaint, skipped = run_example(path, places, kernel)
        tally.add(path.stem, complaint=complaint, skipped=skipped, seconds=time.monotonic() - start)

    chosen = [path for path in sorted(EXAMPLES.rglob("*.bt")) if re.search(arguments.filter, path.stem)]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, chosen))
    for name in sorted(set(SHOWS) - {path.stem for path in EXAMPLES.rglob("*.bt")}):
        tally.add(name, complaint="there is no such example")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
