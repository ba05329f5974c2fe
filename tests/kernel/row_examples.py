#!/usr/bin/env python3
"""Runs the example that each row of the tables shows, as it stands: it must compile, load, attach and end without a complaint.

An example may wait for events of the whole machine; a child that does a bit of everything and an interrupt after a second see to that
it ends."""

import concurrent.futures
import pathlib
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

# Seconds an example may watch before it is interrupted; most end by themselves.
WATCH = 0.8


def run_row(places, name, example):
    """A complaint or None."""
    words = [places.bpfline, "--unsafe"]
    if "cpid" in example or "profile" in example:
        words += ["-c", f"{places.targets}/spin 300" if "profile" in example else f"{places.targets}/signals 3"]
    process = harness.Running([*words, "-e", example], timeout=30.0)
    if process.wait_for(r"^Attached", "stderr"):
        # Something for those that watch the machine.
        subprocess.run([f"{places.targets}/family", "1", "/bin/true"], stdin=subprocess.DEVNULL, check=False)
        end = time.monotonic() + WATCH
        while process.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        process.send(signal.SIGINT)
    result = process.finish()
    errors = re.sub(r"^Attached \d+ probes?\n", "", result.stderr, flags=re.M)
    if name in ("errorf", "warnf"):
        errors = re.sub(r"^stdin:\S+ (ERROR|WARNING): .*\n", "", errors, flags=re.M)
    expected_status = 3 if name == "exit" else 0
    if result.timed_out or result.status != expected_status or errors:
        return f"{example}\n{result}"
    return None


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    tally = harness.Tally(arguments.verbose)

    def one(row):
        table, name, example = row
        tally.add(f"{table} {name}", complaint=run_row(places, name, example))

    every = [row for row in harness.rows(places) if re.search(arguments.filter, " ".join(row[:2]))]
    chosen = [row for row in every if harness.kinds_of(row[2]) <= harness.KINDS]
    others = [f"{table} {name}" for table, name, example in every if not harness.kinds_of(example) <= harness.KINDS]
    print(f"{len(others)} rows show other kinds of probes than this suite runs: {', '.join(others)}")
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, chosen))
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
