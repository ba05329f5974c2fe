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


def run_cases(corpus, binary, extra):
    """The ids of those that fail, how many pass, how many there are (0: the runner broke), what it printed."""
    run = subprocess.run([sys.executable, corpus / "run.py", os.path.abspath(binary), *extra], capture_output=True, text=True,
                         errors="replace", check=False)
    counts = re.search(r"^(\d+) passed, (\d+) failed$", run.stdout, re.MULTILINE)
    failed = re.findall(r"^FAIL (\S+) \(", run.stdout, re.MULTILINE)
    passed, total = (int(counts[1]), int(counts[1]) + int(counts[2])) if counts else (0, 0)
    return failed, passed, total, run.stdout + run.stderr


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
    failed, passed, total, said = run_cases(corpus, binary, extra)
    if total == 0:
        print(said[-2000:])
        return 1
    known = known_failures()
    new = [case for case in failed if case not in known]
    alone = 0
    # Some results depend on how soon a processor is free (a map printed before its next update). Once more, alone.
    if 0 < len(new) <= 5:
        again, fine, tried, said = run_cases(corpus, binary, ["--jobs", "1", "--id", f"^({'|'.join(map(re.escape, new))})$"])
        if tried == len(new):
            passed, alone = passed + fine, fine
            print("pass when they are run alone:", *(case for case in new if case not in again))
            new = again
    if new:
        print(said)
        print("fail and are not in known_failures.txt:", *new)
    print(f"{passed} of {total} cases pass ({100 * passed / max(total, 1):.1f} %), {sum(case in known for case in failed)} known failures, "
          f"{alone} pass only alone")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
