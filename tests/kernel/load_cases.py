#!/usr/bin/env python3
"""Has a kernel's verifier judge everything the suite and the examples compile: loaded, not attached. In a guest also runs the cases
of guest_cases, which need what not every machine has (kprobes, fentry, modules), and the tests of machine.py and symbols.py.

On the running kernel, or with --guest 6.1 or 6.12 inside the guest of that release, where this file runs again with the host's
files and the guest's kernel. One boot for the whole list. A stage that loaded nothing fails."""

import os
import pathlib
import re
import runpy
import shlex
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

# A guest under emulation needs about half a second a script; the stage is to stay below eight minutes.
GUEST_LIMIT = 840

# Options that do something else than run a program.
NO_PROGRAM = re.compile(r"^(-l|-lv|-V|-h|--version|--help|--list|--fmt|--info)$")


class Script:
    """One to compile: the words of its command line, what it requires, and what writes the files it includes into a folder."""

    def __init__(self, name, words, requirements=(), write_files=None):
        self.name, self.words, self.requirements, self.write_files = name, words, requirements, write_files


def case_scripts(places):
    """The declarative cases that are meant to compile."""
    runner = runpy.run_path(str(harness.HERE / "runner"))
    for folder in ("cases", "builtins", "probes"):
        for path in sorted((harness.HERE / folder).rglob("*.bt")):
            case = runner["Case"](path)
            if case.one("exit", "0") != "0" and any("ERROR:" in text for _, text in case.directives):
                continue
            words = case.one("run", "{script}")
            for name, value in (("script", str(path)), ("targets", places.targets), ("tmp", "/tmp"), ("port", "4242"), ("cpus", "2")):
                words = words.replace("{" + name + "}", value)
            words = shlex.split(words)
            if "-" in words or any(NO_PROGRAM.match(word) for word in words) or case.one("exit") == "1":
                continue
            yield Script("/".join(path.parts[-3:]), [*child(case, words), *words], case.all("requires"),
                         case.write_files if case.all("file") else None)


def child(case, words):
    """-c changes what is compiled (cpid)."""
    return ["-c", "/bin/true"] if case.one("child") and "-c" not in words else []


def example_scripts():
    for path in sorted((harness.ROOT / "examples").rglob("*.bt")):
        yield Script("examples/" + path.name, ["--unsafe", "-c", "/bin/true", str(path)])


def row_scripts(places):
    kinds = harness.ROW_KINDS | (harness.GUEST_KINDS if os.environ.get("BPFLINE_GUEST") else set())
    for table, name, example in harness.rows(places):
        # No kernel of the suite lets a function be overridden.
        if harness.kinds_of(example) <= kinds and name != "override":
            words = ["--unsafe", "-c", "/bin/true", "-e", harness.lead_to_targets(example, places.targets)]
            words += [f"--{kind}" for kind in ("test", "bench") if kind in harness.kinds_of(example)]
            yield Script(f"{table}/{name}", words, harness.ROW_REQUIRES.get(name, []))


def missing_events(words, kernel):
    """Why a script cannot run here: an event it names and this kernel does not have. A script may say itself that it does not mind."""
    text = " ".join(pathlib.Path(word).read_text() if word.endswith(".bt") and os.path.exists(word) else word for word in words)
    if "missing_probes" in text:
        return None
    for category, event in re.findall(r"\b(?:tracepoint|t):(\w+):(\w+)(?![\w*$\[])", text):
        if reason := kernel.misses(f"event:{category}:{event}"):
            return reason
    return None


def run_here(places, arguments):
    kernel = harness.Kernel()
    tally = harness.Tally(arguments.verbose)
    sources = {"cases": lambda: case_scripts(places), "examples": example_scripts, "rows": lambda: row_scripts(places)}
    chosen = []
    for source in sources.values():
        for script in source():
            if not re.search(arguments.filter, script.name):
                continue
            reason = kernel.lacks(script.requirements)
            # Elsewhere than on the machine the suite is written for, an event may not exist.
            if reason is None and os.environ.get("BPFLINE_GUEST"):
                reason = missing_events(script.words, kernel)
            if reason:
                tally.add(script.name, skipped=reason)
            else:
                chosen.append(script)
    with tempfile.TemporaryDirectory() as home:
        listing = pathlib.Path(home, "list")
        lines = []
        for number, script in enumerate(chosen):
            assert not any("\t" in word or "\n" in word for word in script.words), script.name
            folder = ""
            if script.write_files:
                folder = f"{home}/{number}"
                os.mkdir(folder)
                script.write_files(folder)
            lines.append("\t".join([script.name, folder, *script.words]) + "\n")
        listing.write_text("".join(lines))
        settings = dict(setting.split("=", 1) for setting in arguments.set)
        loader = subprocess.Popen([arguments.loader, "-j", str(arguments.jobs), listing], stdout=subprocess.PIPE, text=True,
                                  errors="replace", env=harness.clean_environment({"BPFLINE_" + name.upper(): value
                                                                                   for name, value in settings.items()}))
        seen = set()
        for line in loader.stdout:
            verdict, name, *rest = line.rstrip("\n").split("\t", 2)
            seen.add(name)
            complaint = rest[0].replace("\\n", "\n") if verdict == "FAIL" else None
            # A literal longer than the limit is the script's own mistake then.
            if complaint and "max_strlen" in settings and "String is too long" in complaint:
                tally.add(name, skipped="holds a literal longer than max_strlen")
                continue
            tally.add(name, complaint=complaint)
        loader.wait()
        for script in chosen:
            if script.name not in seen:
                tally.add(script.name, complaint="the loader said nothing about it")
    return tally.finish()


def run_in_guest(arguments, own_words):
    """The same command in the guest, without --guest."""
    command = " ".join(shlex.quote(word) for word in [sys.executable, str(pathlib.Path(__file__).resolve()), *own_words])
    command += "; status=$?"
    # One boot for all. An optimised build starts several times faster there.
    release = harness.ROOT / "build/release/bpfline"
    scripts = [("runner", harness.HERE / "guest_cases"), ("machine.py",)]
    if arguments.guest != "6.1":
        scripts.append(("symbols.py",))
    for script, *what in scripts:
        words = [sys.executable, harness.HERE / script, "--binary", release if release.exists() else arguments.binary, "--targets",
                 arguments.targets, *what]
        command += "; " + " ".join(shlex.quote(str(word)) for word in words) + " || status=1"
    command += "; exit $status"
    start = time.monotonic()
    result = subprocess.run([str(harness.HERE / "guest"), "-k", arguments.guest, "-t", str(GUEST_LIMIT), str(harness.ROOT), command],
                            check=False)
    print(f"guest {arguments.guest}: {time.monotonic() - start:.0f} s")
    return result.returncode


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--loader", default=str(harness.ROOT / "build/dev/tests/load_scripts"))
    parser.add_argument("--guest", help="6.1 or 6.12")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a config value for every script")
    words = sys.argv[1:]
    arguments = parser.parse_args(words)
    harness.need_root()
    if arguments.guest:
        cut = words.index("--guest")
        return run_in_guest(arguments, words[:cut] + words[cut + 2:])
    return run_here(harness.Places(arguments), arguments)


if __name__ == "__main__":
    sys.exit(main())
