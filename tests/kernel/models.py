#!/usr/bin/env python3
"""Holds what is printed against models written here a second time: numbers of printf against the C library, buckets and labels of
hist and lhist, the order of maps, and what top and div of print() leave. The values are random; --seed gives others."""

import collections
import ctypes
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

C = ctypes.CDLL(None)
SUFFIXES = ["", "K", "M", "G", "T", "P", "E"]
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def truncated(value, divisor):
    """C's division."""
    return abs(value) // divisor * (1 if value >= 0 else -1)


# ---- printf


def formatted(spec, value, is_long):
    buffer = ctypes.create_string_buffer(512)
    argument = ctypes.c_longlong(value) if is_long else ctypes.c_int(ctypes.c_int32(value & 0xFFFFFFFF).value)
    C.snprintf(buffer, len(buffer), spec.encode(), argument)
    return buffer.value.decode()


def printf_script(generator):
    script, want = "", ""
    for _ in range(40):
        flags = "".join(c for c in "-+ #0" if generator.random() < 0.25)
        width = generator.choice(["", "1", "5", "12", "20"])
        precision = generator.choice(["", "", "", ".0", ".3", ".10", "."])
        length = generator.choice(["", "hh", "h", "l", "ll", "j", "z", "t"])
        spec = f"%{flags}{width}{precision}{length}{generator.choice('diuoxX')}"
        value = generator.choice([0, 1, -1, generator.randint(-(10**5), 10**5), generator.randint(INT64_MIN + 1, INT64_MAX)])
        script += f'printf("[{spec}]\\n", (int64){value}); '
        want += f"[{formatted(spec, value, length in ('l', 'll', 'j', 'z', 't'))}]\n"
    return script, want


# ---- histograms


def rows(counts, label):
    text, most = "", max(counts.values())
    for index in range(min(counts), max(counts) + 1):
        count = counts.get(index, 0)
        bar = int(ctypes.c_float(ctypes.c_float(count / most).value * 52).value)
        text += f"{label(index):<16}{count:>8} |{'@' * bar:<52}|\n"
    return text + "\n"


def hist_index(value, bits):
    if value < 0:
        return 0
    if value < 2**bits:
        return value + 1
    level = value.bit_length() - 1 - bits
    return ((level + 1) << bits) + ((value >> level) & (2**bits - 1)) + 1


def hist_label(index, bits):
    def bound(at):
        """The least value of a bucket, and how many it has."""
        if at - 1 < 2**bits:
            return at - 1, 1
        level = ((at - 1) >> bits) - 1
        return (2**bits + ((at - 1) & (2**bits - 1))) << level, 1 << level

    def text(at):
        value, width = bound(at)
        decade = (width.bit_length() - 1) // 10
        return f"{value >> (10 * decade)}{SUFFIXES[decade]}"

    if index == 0:
        return "(..., 0)"
    if bound(index)[1] == 1:
        return f"[{bound(index)[0]}]"
    return f"[{text(index)}, {text(index + 1)})"


def hist_script(generator):
    bits = generator.randint(0, 5)
    most = generator.choice([10, 100, 5000, 10**6, 2**31, 2**50, INT64_MAX])
    kinds = [lambda: generator.randint(0, most), lambda: generator.randint(0, 50), lambda: 2 ** generator.randint(0, 62), lambda: -generator.randint(0, 9)]
    values = [generator.choice(kinds)() for _ in range(generator.randint(1, 30))]
    script = "".join(f"@h = hist((int64){value}, {bits}); " for value in values) + "print(@h); clear(@h); "
    return script, "@h:\n" + rows(collections.Counter(hist_index(value, bits) for value in values), lambda index: hist_label(index, bits))


def lhist_script(generator):
    low = generator.choice([0, 0, 10, 100, 1024])
    step = generator.choice([1, 2, 5, 7, 10, 100, 1024, 2048, 1048576])
    high = low + step * generator.randint(1, 20) + generator.choice([0, 0, step // 2])
    buckets = (high - low) // step
    values = [generator.choice([generator.randint(low, high), generator.randint(0, 2 * high), -3]) for _ in range(generator.randint(1, 20))]

    def index(value):
        return 0 if value < low else 1 + buckets if value > high else 1 + (value - low) // step

    def number(value):
        if step % 1024 != 0 or value == 0 or value % 1024 != 0:
            return str(value)
        return f"{value >> 20}M" if value % 2**20 == 0 else f"{value >> 10}K"

    def label(at):
        if at == 0:
            return f"(..., {number(low)})"
        start = low + (at - 1) * step
        if at == 1 + buckets:
            return f"[{number(start)}, ...)"
        return f"[{start}]" if step == 1 else f"[{number(start)}, {number(start + step)})"

    script = "".join(f"@l = lhist((int64){value}, {low}, {high}, {step}); " for value in values) + "print(@l); clear(@l); "
    return script, "@l:\n" + rows(collections.Counter(map(index, values)), label)


# ---- maps

KEYS = {
    "int": lambda g: (g.choice([g.randint(-300, 300), g.randint(-(2**40), 2**40)]),),
    "string": lambda g: ("".join(g.choice("abAB z") for _ in range(g.randint(0, 5))),),
    "int, string": lambda g: (g.randint(-5, 5), "".join(g.choice("ab") for _ in range(g.randint(0, 3)))),
    "bool, int": lambda g: (g.random() < 0.5, g.randint(-3, 3)),
}
STORED = {
    "int64": lambda g: g.choice([g.randint(-9, 9), g.randint(-(2**62), 2**62)]),
    "uint64": lambda g: g.choice([g.randint(0, 9), g.randint(0, 2**64 - 1)]),
    "int8": lambda g: g.randint(-100, 100),
    "string": lambda g: "".join(g.choice("xyz") for _ in range(g.randint(0, 4))),
}
MERGED = {
    "sum": sum,
    "max": max,
    "min": min,
    "avg": lambda values: truncated(sum(values), len(values)),
}


def literal(value):
    if isinstance(value, bool):
        return str(value).lower()
    return f"(int64){value}" if isinstance(value, int) else f'"{value}"'


def shown(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def map_script(generator):
    make_key = KEYS[generator.choice(sorted(KEYS))]
    kind = generator.choice(sorted(STORED) + sorted(MERGED) + ["count"])
    keys = [make_key(generator) for _ in range(generator.randint(1, 12))]
    script, entries = "", {}
    for _ in range(2 * len(keys)):
        key = generator.choice(keys)
        place = f"@m[{', '.join(map(literal, key))}]"
        if kind == "count":
            script += f"{place} = count(); "
            entries[key] = entries.get(key, 0) + 1
        elif kind in STORED:
            value = STORED[kind](generator)
            script += f'{place} = "{value}"; ' if kind == "string" else f"{place} = ({kind}){value}; "
            entries[key] = value
        else:
            value = generator.randint(-50, 50)
            script += f"{place} = {kind}((int64){value}); "
            entries.setdefault(key, []).append(value)
    if kind in MERGED:
        entries = {key: MERGED[kind](values) for key, values in entries.items()}

    def order(entry):
        key = tuple(part.encode() if isinstance(part, str) else part for part in entry[0])
        return key if kind == "string" else (entry[1], key)

    top, div = generator.choice([0, 0, 1, 2, 5]), generator.choice([1, 1, 3, 10])
    want = ""
    for key, value in sorted(entries.items(), key=order)[-top:]:
        want += f"@m[{', '.join(map(shown, key))}]: {value if kind == 'string' else truncated(value, div)}\n"
    return script + f"print(@m, {top}, {div}); clear(@m); ", want


SCRIPTS = {"printf": printf_script, "hist": hist_script, "lhist": lhist_script, "maps": map_script}


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=25, help="of each model")
    arguments = parser.parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    tally = harness.Tally(arguments.verbose)
    for name, make in SCRIPTS.items():
        for run in range(arguments.runs):
            script, want = make(random.Random(f"{name} {arguments.seed} {run}"))
            result = harness.run([places.bpfline, "-q", "--no-warnings", "-e", f"begin {{ {script}}}"])
            is_same = result.stdout == want + "\n\n"
            tally.add(f"{name} {run}", complaint=None if is_same else f"{script}\nwanted\n{want}\n{result}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
