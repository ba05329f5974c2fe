#!/usr/bin/env python3
"""order.py BPFLINE SCRIPT...: writes the linker's order of functions for release builds to standard output.

Runs BPFLINE under callgrind on each script, compiling all of them and running a small one, and prints the mangled names of the functions
that were executed: those that most scripts need first, each group in the order of first use. Laid out like that, a run touches a few
hundred pages of the program instead of thousands; see docs/performance.md. The result is checked in as cmake/release.order: names the
linker does not find cost nothing, functions the file does not name follow behind. Needs root and valgrind; a few seconds a script.
BPFLINE must have been linked with its symbols."""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile

LIVE = [
    ["-e", "begin { exit(); }"],
    ["-c", "/bin/true", "-e", 'tracepoint:syscalls:sys_enter_execve { printf("%s %s\\n", comm, str(args->filename));}'],
    ["-c", "/bin/true", "-e", "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }"],
    ["-c", "/bin/true", "-e", "tracepoint:sched:sched_switch { @[comm] = count(); @h = hist(nsecs); @s[kstack] = count(); }"],
]


def executed(words):
    """Mangled names in order of first use."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "callgrind.out")
        subprocess.run(["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={out}", *words],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=600)
        if not out.exists():
            sys.exit(f"order.py: valgrind left nothing behind for {words}")
        names = []
        for line in out.read_text(errors="replace").splitlines():
            # "fn=(12) name" the first time, "fn=(12)" later; 'N is a recursion's level
            if found := re.match(r"c?fn=\(\d+\) ([A-Za-z_.$][\w.$]*)", line):
                names.append(found[1].split("'")[0])
        return names


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program, scripts = sys.argv[1], sys.argv[2:]
    runs = [[program, *words] for words in LIVE] + [[program, "--mode", "codegen", script] for script in scripts]
    count, first = collections.Counter(), {}
    for number, words in enumerate(runs):
        print(f"order.py: {number + 1} of {len(runs)}", file=sys.stderr)
        for name in dict.fromkeys(executed(words)):
            count[name] += 1
            first.setdefault(name, len(first))
    # Those of the libraries that are shared are none of the linker's business.
    symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout.split()
    for name in sorted(count.keys() & set(symbols), key=lambda name: (-count[name], first[name])):
        print(name)


if __name__ == "__main__":
    main()
