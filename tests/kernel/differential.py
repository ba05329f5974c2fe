#!/usr/bin/env python3
"""Runs the scripts of differential/ with apt's bpftrace (0.17) and with bpfline: the output must be the same.

What is known to differ between 0.17 and the language of today is levelled, nothing else:
  the banner "Attaching N probes...", which 0.17 writes to standard output;
  with "json: yes": both print JSON, compared as objects, without the banner object's new "count" and the two newlines 0.17 adds;
  with "trailing: yes": the blank that 0.17 puts behind "@h:"."""

import concurrent.futures
import json
import os
import pathlib
import re
import runpy
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

RUNNER = runpy.run_path(str(harness.HERE / "runner"))


def directive(text, name):
    match = re.search(rf"^// {name}: (.*)$", text, re.M)
    return match[1] if match else ""


def level_text(output, trailing):
    output = re.sub(r"^Attaching \d+ probes?\.\.\.\n", "", output)
    return re.sub(r"[ ]+$", "", output, flags=re.M) if trailing else output


def level_json(output):
    objects = []
    for line in output.splitlines():
        if not line.strip():
            continue
        found = json.loads(line)
        if found["type"] == "attached_probes":
            found.pop("count", None)
        objects.append(found)
    return json.dumps(objects, indent=1)


def compare(path, places, bpftrace):
    """A complaint or None."""
    text = path.read_text()
    is_json = directive(text, "json") == "yes"
    words = ["-f", "json"] if is_json else []
    outputs = []
    for program in (bpftrace, places.bpfline):
        with tempfile.TemporaryDirectory() as folder:
            child = directive(text, "child").replace("{port}", str(RUNNER["free_port"]()))
            more = ["-c", f"{places.targets}/{child}"] if child else []
            result = harness.run([program, *words, *more, path, *directive(text, "parameters").split()], cwd=folder, timeout=60)
        if result.timed_out or result.status != 0:
            return f"{program}: {result}"
        outputs.append(level_json(result.stdout) if is_json else level_text(result.stdout, directive(text, "trailing") == "yes"))
    if outputs[0] == outputs[1]:
        return None
    return f"bpftrace printed\n{outputs[0]}\nbpfline printed\n{outputs[1]}"


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    tally = harness.Tally(arguments.verbose)
    bpftrace = shutil.which("bpftrace")
    if bpftrace is None or os.path.realpath(bpftrace) == places.bpfline:
        tally.add("all", skipped="needs program:bpftrace")
        print("no bpftrace to compare with (./dev deps installs it)")
        return tally.finish()

    def one(path):
        tally.add(path.stem, complaint=compare(path, places, bpftrace))

    chosen = [path for path in sorted((harness.HERE / "differential").glob("*.bt")) if re.search(arguments.filter, path.stem)]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, chosen))
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
