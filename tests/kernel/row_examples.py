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

# What an example is there to write to standard error.
SAYS = {"errorf": "ERROR: ", "warnf": "WARNING: ", "debugf": "WARNING: ", "fail": "ERROR: "}

# Seconds an example may watch before it is interrupted; most end by themselves.
WATCH = 1.4


def run_row(places, name, example):
    """A complaint or None."""
    words = [places.bpfline, "--unsafe"]
    kinds = harness.kinds_of(example)
    example = harness.lead_to_targets(example, places.targets)
    if "cpid" in example or kinds & {"profile", "uprobe", "uretprobe", "usdt", "watchpoint", "software"}:
        busy = ("spin 300" if "profile" in kinds else "naps 1 300" if "interval" in kinds else "usdt_forms" if "usdt" in kinds
                else "uprobe_args" if kinds & {"uprobe", "uretprobe"} else "signals 3")
        words += ["-c", f"{places.targets}/{busy}"]
    words += [f"--{kind}" for kind in ("test", "bench") if kind in kinds]
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
    if name in SAYS:
        # The message and the lines of its excerpt.
        errors = re.sub(rf"^stdin:\S+ {SAYS[name]}.*\n(?:(?!ERROR|WARNING).*\n)*", "", errors, flags=re.M)
    errors = harness.LEFT_OUT.sub("", errors)
    # An example that finds nothing to tell of says why.
    errors = re.sub(r"^Nothing was printed or stored:\n(?s:.*)", "", errors, flags=re.M)
    expected_status = 3 if name == "exit" else 0
    if result.timed_out or result.status != expected_status or errors:
        return f"{example}\n{result}"
    return None


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    kernel = harness.Kernel()
    tally = harness.Tally(arguments.verbose)

    def one(row):
        table, name, example = row
        skipped = kernel.lacks(harness.ROW_REQUIRES.get(name, []))
        tally.add(f"{table} {name}", complaint=None if skipped else run_row(places, name, example), skipped=skipped)

    every = [row for row in harness.rows(places) if re.search(arguments.filter, " ".join(row[:2]))]
    chosen = [row for row in every if harness.kinds_of(row[2]) <= harness.ROW_KINDS]
    others = [f"{table} {name}" for table, name, example in every if not harness.kinds_of(example) <= harness.ROW_KINDS]
    print(f"{len(others)} rows show kinds of probes that this machine need not have: {', '.join(others)}")
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, chosen))
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
