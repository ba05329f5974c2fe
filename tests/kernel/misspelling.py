#!/usr/bin/env python3
"""Misspells, by one edit, the name of every builtin, every kind of probe, every option and a hundred events and fields, and looks for
the right name in the hint. The names come from the tables and the running kernel."""

import concurrent.futures
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402


def edits(word):
    """Ways to get a word wrong, the likelier ones first: a letter left out, two swapped, one doubled, one replaced."""
    middle = len(word) // 2
    if len(word) > 4:
        yield word[:middle] + word[middle + 1:]
        yield word[:middle] + word[middle + 1] + word[middle] + word[middle + 2:]
    yield word[:middle + 1] + word[middle] + word[middle + 1:]
    # arg0 to arg9 differ in nothing but what would be replaced.
    if not word[-1].isdigit():
        yield word[:-1] + ("x" if word[-1] != "x" else "z")


def misspelt(word, taken, turn):
    """One of the edits, another for each turn, that is no name by itself."""
    choices = [edit for edit in edits(word) if edit.lower() not in taken and edit != word]
    return choices[turn % len(choices)]


def hint_of(result):
    """The hint's lines: from "HINT:" on, or all that follows the label of the message."""
    return "\n".join(re.findall(r"^HINT: .*(?:\n(?!stdin:|ERROR|WARNING).*)*", result.stderr, re.M))


def compile_only(places, script, *words):
    return harness.run([places.bpfline, "--mode", "codegen", *words, "-e", script])


def complaint(right, wrong, result):
    if result.status == 0:
        return f"'{wrong}' for '{right}' was accepted\n{result}"
    if not re.search(rf"(?<![A-Za-z0-9_]){re.escape(right)}(?![A-Za-z0-9_])", hint_of(result)):
        return f"'{wrong}' for '{right}': the hint does not name it\n{result}"
    return None


def builtin_cases(places):
    rows = harness.rows(places)
    taken = {name for _, name, _ in rows}
    for turn, (table, name, example) in enumerate(rows):
        wrong = misspelt(name, taken, turn)
        if table == "probe":
            # The name of the kind before its first colon or brace.
            yield f"probe {name}", name, wrong, lambda places, wrong=wrong, example=example, name=name: compile_only(
                places, re.sub(rf"\b{name}\b", wrong, example, count=1))
        # The example of fail() has it in a branch that is never compiled.
        elif name != "fail" and harness.kinds_of(example) <= harness.KINDS and re.search(rf"\b{name}\b", example):
            yield f"builtin {name}", name, wrong, lambda places, wrong=wrong, example=example, name=name: compile_only(
                places, re.sub(rf"\b{name}\b", wrong, example), "--unsafe", "-c", "/bin/true")
        else:
            script = f'begin {{ {wrong}("x"); }}' if f"{name}(" in example else f"begin {{ print({wrong}); }}"
            yield f"builtin {name}", name, wrong, lambda places, script=script: compile_only(places, script)


def option_cases(places):
    text = harness.run([places.bpfline, "--help"]).stdout
    words = sorted(set(re.findall(r"^ +(?:-\w, )?--([a-z][a-z-]+)", text, re.M)))
    for turn, word in enumerate(words):
        # getopt takes the beginning of a long option for the whole: a letter less at the end is none.
        wrong = misspelt(word, set(words), turn)
        if any(other.startswith(wrong) for other in words):
            wrong = word + word[-1]
        yield f"option --{word}", "--" + word, "--" + wrong, lambda places, wrong=wrong: harness.run(
            [places.bpfline, "--" + wrong, "-e", "begin { }"])


def event_cases(places):
    """Every so-maniest event of the kernel, and a field of some."""
    kernel = harness.Kernel()
    events = sorted(pathlib.Path(kernel.tracefs, "available_events").read_text().split())
    events = [event for event in events if not event.startswith("ftrace:")]
    # Neighbours that are themselves one edit away (sys_enter_dup2, sys_enter_dup3) make poor questions.
    named = {event.lower() for event in events}
    chosen = events[::max(1, len(events) // 100)]
    for turn, event in enumerate(chosen):
        category, name = event.split(":")
        taken = {other.split(":")[1] for other in named}
        # Every fourth time the mistake is in the category.
        if turn % 4 == 3 and len(category) > 4:
            wrong = f"{misspelt(category, {other.split(':')[0] for other in named}, turn)}:{name}"
        else:
            wrong = f"{category}:{misspelt(name, taken, turn)}"
        yield f"event {event}", event, wrong, lambda places, wrong=wrong: compile_only(places, f"tracepoint:{wrong} {{ exit(); }}")
        text = pathlib.Path(kernel.tracefs, "events", category, name, "format").read_text()
        fields = [field for field in re.findall(r"field:[^;]*?(\w+)(?:\[\w*\])?;", text)
                  if not field.startswith("common_") and len(field) > 2 and field != "__syscall_nr"]
        if fields:
            field = fields[turn % len(fields)]
            wrong = misspelt(field, set(fields), turn)
            yield f"field {event} {field}", field, wrong, lambda places, event=event, wrong=wrong: compile_only(
                places, f"tracepoint:{event} {{ print(args.{wrong}); }}")


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    tally = harness.Tally(arguments.verbose)
    counts = {}

    def one(case):
        name, right, wrong, ask = case
        tally.add(name, complaint=complaint(right, wrong, ask(places)))

    cases = [*builtin_cases(places), *option_cases(places), *event_cases(places)]
    for name, *_ in cases:
        kind = name.split()[0]
        counts[kind] = counts.get(kind, 0) + 1
    print(", ".join(f"{count} {kind}s" for kind, count in counts.items()))
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, [case for case in cases if re.search(arguments.filter, case[0])]))
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
