#!/usr/bin/env python3
"""A script and what --fmt makes of it compile to the same instructions: every example, and every case that runs as a file of its own.

Formatting twice changes nothing either. Compared is the assembly of -d asm without places in the source. Compiles only."""

import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

# A part of them goes another way than a plain file (parameters, a child's path); instructions they must have anyway.
FEWEST = 200


def output(places, words, folder):
    done = subprocess.run([places.bpfline, *words], capture_output=True, text=True, errors="replace", cwd=folder, check=False,
                          env=harness.clean_environment(), timeout=60)
    return done.stdout if done.returncode == 0 else None


def instructions(places, text, file):
    """The code of the script; None: it needs more than the file to compile."""
    file.write_text(text, errors="surrogateescape")
    assembly = output(places, ["--unsafe", "--mode", "codegen", "-d", "asm", file.name], file.parent)
    if assembly is None:
        return None
    code = re.split(r"^\s*\.section\s+\.BTF", assembly, maxsplit=1, flags=re.MULTILINE)[0]
    lines = (re.sub(r"\s*#.*", "", line).strip() for line in code.splitlines())
    return [line for line in lines if line and not line.startswith((".", "Ltmp"))]


def check(places, path):
    """A complaint, None, or False where there is nothing to compare."""
    text = path.read_text(errors="surrogateescape")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, path.name)
        before = instructions(places, text, file)
        once = output(places, ["--fmt", path.name], folder)
        if not before or once is None:
            return False
        after = instructions(places, once, file)
        if output(places, ["--fmt", path.name], folder) != once:
            return "formatting it again changes it"
        return None if after == before else f"compiles to other instructions after --fmt:\n{once}"


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    places = harness.Places(arguments)
    here = pathlib.Path(__file__).resolve().parent
    paths = [*sorted((harness.ROOT / "examples").glob("*.bt")), *sorted((here / "cases").glob("*/*.bt"))]
    tally = harness.Tally(arguments.verbose)
    compared = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for path, complaint in zip(paths, pool.map(lambda path: check(places, path), paths)):
            if complaint is False:
                continue
            compared += 1
            tally.add(f"{path.parent.name}/{path.name}", complaint=complaint)
    if compared < FEWEST:
        tally.add("enough scripts compile by themselves", complaint=f"only {compared} of {len(paths)}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
