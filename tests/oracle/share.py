#!/usr/bin/env python3
"""Runs the corpus of expected results, where there is one, and prints the share of cases that pass.

Usage: share.py BINARY [BINARY...] [-- arguments for the corpus' own runner]; the first binary that exists is used.
The corpus is looked for in $BPFLINE_ORACLE and in ../shared/oracle beside this checkout. Status: 77 (skipped) without
corpus or binary, 1 if a case fails that known_failures.txt does not name, else 0."""

import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77  # what ctest's SKIP_RETURN_CODE is set to


def find_corpus():
    for place in (os.environ.get("BPFLINE_ORACLE"), HERE.parent.parent.parent / "shared" / "oracle"):
        if place and (pathlib.Path(place) / "run.py").is_file():
            return pathlib.Path(place)
    return None


def known_failures():
    """Case id → reason, from lines "ID reason"."""
    known = {}
    for line in (HERE / "known_failures.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            case, _, reason = line.partition(" ")
            known[case] = reason.strip()
    return known


def main():
    words = sys.argv[1:]
    extra = []
    if "--" in words:
        cut = words.index("--")
        words, extra = words[:cut], words[cut + 1:]
    binary = next((word for word in words if os.access(word, os.X_OK)), None)
    corpus = find_corpus()
    if corpus is None or binary is None:
        print("skipped: no corpus here" if corpus is None else "skipped: no binary to run")
        return SKIPPED
    run = subprocess.run([sys.executable, corpus / "run.py", os.path.abspath(binary), *extra], capture_output=True, text=True,
                         errors="replace")
    failed = re.findall(r"^FAIL (\S+) \(", run.stdout, re.MULTILINE)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", run.stdout, re.MULTILINE)
    if not counts:
        print(run.stdout[-2000:], run.stderr[-2000:])
        return 1
    known = known_failures()
    new = [case for case in failed if case not in known]
    if new:
        print(run.stdout)
        print("fail and are not in known_failures.txt:", *new)
    passed, total = int(counts[1]), int(counts[1]) + int(counts[2])
    print(f"{passed} of {total} cases pass ({100 * passed / max(total, 1):.1f} %), {len(failed) - len(new)} known failures")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
