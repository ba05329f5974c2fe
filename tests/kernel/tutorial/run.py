#!/usr/bin/env python3
"""Runs the commands of the tutorial and holds what they print against what the lessons show.

    run.py BPFLINE [--only NAME] [-v]     compare; exit 1 if anything differs
    run.py BPFLINE --update [...]         write what the commands print now into the pages of both languages

The conventions of the lessons (docs/tutorial/README.md tells the reader the same):
  ```console            every line that begins with "$ " is a command, the lines up to the next one are what it prints,
                        standard output and standard error together. A command goes on in the next line after a backslash
                        or within quotes.
  ```console varying    the same, but numbers, the blanks that pad them, and the rows of a histogram may differ
  ```bt NAME            a script; it is written to the file NAME before the commands that follow (without NAME: not)
  ```file NAME          any other file
  …                     in a line: any text. Alone in a line: any number of lines.
Every command runs in a directory of its own page with BPFLINE's directory first in PATH. The lessons of both languages
must have the same commands and files in the same order (comments of scripts are translated, the rest is not). Besides
the lessons, the two READMEs and the language reference are read in the same way.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = ("en", "zh")  # the first is the one that is run
# Commands that watch the machine end by themselves within two seconds; a slow machine needs time to start them.
TIMEOUT_S = 30
FENCE = re.compile(r"^```(\w+)? ?(.*)$")


@dataclass
class Command:
    text: str
    output: list[str] = field(default_factory=list)
    varying: bool = False
    line: int = 0  # of the "$ " in the lesson, from 0
    end: int = 0   # one past the last line of output


@dataclass
class File:
    name: str
    text: str


def read_lesson(path):
    """The commands and files of a lesson, in order."""
    steps, lines = [], path.read_text(encoding="utf-8").split("\n")
    i = 0
    while i < len(lines):
        fence = FENCE.match(lines[i])
        i += 1
        if not fence:
            continue
        kind, rest = fence.group(1), fence.group(2).strip()
        start = i
        while i < len(lines) and lines[i] != "```":
            i += 1
        if i == len(lines):
            sys.exit(f"{path}:{start}: block without an end")
        if kind == "console":
            if rest not in ("", "varying"):
                sys.exit(f"{path}:{start}: console block marked '{rest}'")
            steps += read_commands(path, lines, start, i, rest == "varying")
        elif kind in ("bt", "file") and rest:
            steps.append(File(rest, "\n".join(lines[start:i]) + "\n"))
        i += 1
    return steps


def read_commands(path, lines, start, end, varying):
    commands, i = [], start
    while i < end:
        if not lines[i].startswith("$ "):
            sys.exit(f"{path}:{i + 1}: a console block begins with a command")
        command = Command(lines[i][2:], varying=varying, line=i)
        while i + 1 < end and (command.text.endswith("\\") or command.text.count("'") % 2 == 1):
            i += 1
            command.text += "\n" + lines[i]
        i += 1
        while i < end and not lines[i].startswith("$ "):
            command.output.append(lines[i])
            i += 1
        command.end = i
        commands.append(command)
    return commands


# ---- comparing ------------------------------------------------------------------------------------------------------

HISTOGRAM_ROW = re.compile(r"^[\[(].*[\])] +\d+ \|[@ ]{52}\|$")
NUMBER = re.compile(r"0x[0-9a-f]+|-?\d+")


def squeeze(lines):
    """Lines with everything replaced that a `varying` block lets differ."""
    result = []
    for line in lines:
        if HISTOGRAM_ROW.match(line):
            line = "(histogram rows)"
            if result and result[-1] == line:
                continue
        else:
            line = re.sub(r"[ \t]+", " ", NUMBER.sub("0", line)).rstrip()
        result.append(line)
    return result


def pattern_of(shown):
    """The shown lines as a regular expression over the whole output."""
    parts = []
    for line in shown:
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append("[^\n]*".join(re.escape(piece) for piece in line.split("…")) + "\n")
    return "".join(parts)


def agrees(command, shown, printed):
    if command.varying:
        shown, printed = squeeze(shown), squeeze(printed)
    # Empty lines around the output carry nothing in a page.
    text = "".join(line + "\n" for line in trim(printed))
    return re.fullmatch(pattern_of(trim(shown)), text) is not None


def trim(lines):
    lines = list(lines)
    while lines and not lines[-1].strip():
        lines.pop()
    return [line.rstrip() for line in lines]


# ---- running --------------------------------------------------------------------------------------------------------

def run(command, directory, binary):
    environment = dict(os.environ, PATH=f"{binary.parent}:/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL="C", TZ="UTC")
    environment.pop("BPFTRACE_COLOR", None)
    process = subprocess.Popen(["bash", "-c", command.text], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        printed, _ = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        printed, _ = process.communicate()
        printed += f"\n(still running after {TIMEOUT_S} s)".encode()
    lines = printed.decode("utf-8", "replace").split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return lines


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return [line for line in (re.sub(r"\s*(//|#(?!include|define|!)).*", "", line) for line in text.split("\n")) if line.strip()]


def pages_of(root):
    """name -> language -> path"""
    pages = {"README": {"en": root / "README.md", "zh": root / "README.zh-CN.md"},
             "language": {"en": root / "docs" / "language.md"}}
    for path in sorted((root / "docs" / "tutorial").glob("*/[0-9]*.md")):
        pages.setdefault(path.stem, {})[path.parent.name] = path
    return pages


def same_steps(name, lessons):
    """What differs between the languages; empty if nothing does."""
    first, *others = (lessons[language] for language in LANGUAGES)
    for language, other in zip(LANGUAGES[1:], others):
        if len(first) != len(other):
            return f"{name}: {len(first)} commands and files in {LANGUAGES[0]}, {len(other)} in {language}"
        for a, b in zip(first, other):
            if type(a) is not type(b):
                return f"{name}: commands and files come in another order in {language}"
            if isinstance(a, Command) and (a.text, a.varying) != (b.text, b.varying):
                return f"{name}: {LANGUAGES[0]} has\n    {a.text}\n{language} has\n    {b.text}"
            if isinstance(a, File) and (a.name, without_comments(a.text)) != (b.name, without_comments(b.text)):
                return f"{name}: {a.name} is not the same script in {language}"
    return ""


def write_output(path, updates):
    lines = path.read_text(encoding="utf-8").split("\n")
    for command, printed in sorted(updates, key=lambda update: -update[0].line):
        first_output = command.line + 1 + command.text.count("\n")
        lines[first_output:command.end] = trim(printed)
    path.write_text("\n".join(lines), encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bpfline", type=Path)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[3], help="of the source tree")
    parser.add_argument("--only", default="", help="only pages whose name begins so")
    parser.add_argument("--update", action="store_true", help="write what is printed now into the lessons")
    parser.add_argument("-v", action="store_true", help="name every command")
    arguments = parser.parse_args()
    binary = arguments.bpfline.resolve()
    if not os.access(binary, os.X_OK):
        sys.exit(f"{binary} is not a program")

    failures, commands_run = [], 0
    for name, paths in pages_of(arguments.root).items():
        if not name.startswith(arguments.only):
            continue
        if name != "language" and set(paths) != set(LANGUAGES):
            failures.append(f"{name}: there is a page in {', '.join(paths)} only")
        lessons = {language: read_lesson(path) for language, path in paths.items()}
        if len(lessons) == len(LANGUAGES):
            if difference := same_steps(name, lessons):
                failures.append(difference)
                continue
        updates = {language: [] for language in lessons}
        with tempfile.TemporaryDirectory(prefix="bpfline-tutorial-") as directory:
            for index, step in enumerate(next(iter(lessons.values()))):
                if isinstance(step, File):
                    target = Path(directory) / step.name
                    target.write_text(step.text, encoding="utf-8")
                    target.chmod(0o755)
                    continue
                if arguments.v:
                    print(f"{name}: {step.text}", flush=True)
                printed = run(step, directory, binary)
                commands_run += 1
                for language in lessons:
                    command = lessons[language][index]
                    if agrees(command, command.output, printed):
                        continue
                    if arguments.update:
                        updates[language].append((command, printed))
                    else:
                        failures.append(f"{paths[language]}:{command.line + 1}: $ {command.text}\n--- the lesson shows\n"
                                        + "\n".join(command.output) + "\n--- the command printed\n" + "\n".join(printed))
        for language, changed in updates.items():
            if changed:
                write_output(paths[language], changed)
                print(f"{paths[language].relative_to(arguments.root)}: {len(changed)} outputs written")
    for failure in failures:
        print(failure, end="\n\n")
    print(f"{commands_run} commands run, {len(failures)} differences")
    return 1 if failures or commands_run == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
