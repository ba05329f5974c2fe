#!/usr/bin/env python3
"""Holds the compiler's constant folder against the kernel: random expressions are written three times, of literals, which fold, and of
maps and of variables that hold the same values with the same types, which the kernel computes. All must print the same. ++ and -- stand
in the literals' text as what they give.

--seed repeats a run. Expressions that the folder refuses on purpose (overflow, division by zero) are left out and counted."""

import pathlib
import random
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
TYPES = [*INTEGERS, "bool"]
STEPS = ["++{}", "--{}", "{}++", "{}--"]
BINARY = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", "<=", ">", ">=", "==", "!=", "&&", "||"]
BATCH = 40


def limits(name):
    bits = int(re.sub(r"\D", "", name))
    return (0, 2**bits - 1) if name.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def value_of(generator, name):
    if name == "bool":
        return generator.randint(0, 1)
    low, high = limits(name)
    bits = high.bit_length()
    edges = [0, 1, 2, 3, 7, low, high, high // 2, low + 1, high - 1, 2 ** generator.randint(0, bits) % (high + 1)]
    if low < 0:
        edges += [-1, -2, -7]
    return generator.choice(edges) if generator.random() < 0.6 else generator.randint(low, high)


class Expressions:
    """Expressions over operands; text(node, how) writes them of "literals", "maps" or "variables"."""

    def __init__(self, generator):
        self.generator = generator
        self.operands = []

    def operand(self):
        name = self.generator.choice(TYPES)
        self.operands.append((name, value_of(self.generator, name)))
        if name != "bool" and self.generator.random() < 0.1:
            return ("step", self.generator.choice(STEPS), ("operand", len(self.operands) - 1))
        return ("operand", len(self.operands) - 1)

    def make(self, depth):
        roll = self.generator.random()
        if depth == 0 or roll < 0.1:
            return self.operand()
        if roll < 0.2:
            return ("cast", self.generator.choice(TYPES), self.make(depth - 1))
        if roll < 0.28:
            return ("unary", self.generator.choice("-~!"), self.make(depth - 1))
        if roll < 0.33:
            return ("choose", self.make(depth - 1), self.make(depth - 1), self.make(depth - 1))
        operator = self.generator.choice(BINARY)
        right = self.make(depth - 1)
        if operator in ("<<", ">>") and self.generator.random() < 0.8:
            self.operands.append(("uint8", self.generator.choice([0, 1, 5, 7, 8, 15, 16, 31, 32, 33, 63])))
            right = ("operand", len(self.operands) - 1)
        return ("binary", operator, self.make(depth - 1), right)

    def place(self, index, how):
        name = self.operands[index][0]
        # One map a type: a program may use no more than 64.
        return f"@{name}[{index}]" if how == "maps" else f"$v{index}"

    def text(self, node, how):
        kind = node[0]
        if kind == "operand":
            name, value = self.operands[node[1]]
            return f"(({name}){literal_of(value) if how == 'literals' else self.place(node[1], how)})"
        if kind == "step":
            name, value = self.operands[node[2][1]]
            if how != "literals":
                return f"(({name})({node[1].format(self.place(node[2][1], how))}))"
            low, high = limits(name)
            changed = value + (1 if "++" in node[1] else -1)
            wrapped = low if changed > high else high if changed < low else changed
            return f"(({name}){literal_of(value if node[1].startswith('{') else wrapped)})"
        if kind == "cast":
            return f"(({node[1]}){self.text(node[2], how)})"
        if kind == "unary":
            return f"({node[1]}({self.text(node[2], how)}))"
        if kind == "choose":
            return f"(({self.text(node[1], how)}) != 0 ? (int64){self.text(node[2], how)} : (int64){self.text(node[3], how)})"
        return f"({self.text(node[2], how)} {node[1]} {self.text(node[3], how)})"


def printed_line(number, expression):
    return f'  printf("{number} %s\\n", {expression});'


def run_batch(places, generator):
    """(complaints, compared, left out)"""
    expressions = Expressions(generator)
    nodes = [expressions.make(generator.randint(1, 3)) for _ in range(BATCH)]
    left_out = 0
    while nodes:
        used = set()

        def collect(node):
            if node[0] == "operand":
                used.add(node[1])
            for part in node[1:]:
                if isinstance(part, tuple):
                    collect(part)

        for node in nodes:
            collect(node)
        lines = ["config = { print_maps_on_exit = false }", "begin {"]
        values = {i: f"({expressions.operands[i][0]}){literal_of(expressions.operands[i][1])}" for i in sorted(used)}
        lines += [f"  {expressions.place(i, 'maps')} = {value};" for i, value in values.items()]
        # One line an expression: a complaint names it.
        first = len(lines) + 1
        for i, node in enumerate(nodes):
            lines.append(printed_line(i, expressions.text(node, "literals")))
        lines.append("}")
        # Bodies of their own: what the folder refuses is refused alone.
        second = ["begin {"] + [printed_line(i, expressions.text(node, "maps")) for i, node in enumerate(nodes)] + ["}"]
        second += ["begin {"] + [f"  let $v{i}: {expressions.operands[i][0]} = {value};" for i, value in values.items()]
        second += [printed_line(i, expressions.text(node, "variables")) for i, node in enumerate(nodes)] + ["}"]
        result = subprocess.run([places.bpfline, "-q", "-"], input="\n".join(lines + second), capture_output=True, text=True,
                                timeout=60, check=False, env=harness.clean_environment())
        refused = {int(line) for line in re.findall(r"^stdin:(\d+):\d+-\d+: ERROR: ", result.stderr, re.M)}
        known = {int(line) for line in re.findall(r"^stdin:(\d+):\d+-\d+: ERROR: (?:unable to fold literals|.*type mismatch)", result.stderr,
                                                  re.M | re.I)}
        if refused - known or (result.returncode != 0 and not refused):
            return [result.stderr + "\n" + "\n".join(lines + second)], 0, 0
        if refused:
            bad = {number - first for number in refused if number < first + len(nodes)}
            bad |= {number - first - len(nodes) - 2 for number in refused if first + len(nodes) + 2 <= number < first + 2 * len(nodes) + 2}
            after = first + 2 * len(nodes) + 4 + len(values)
            bad |= {number - after for number in refused if number >= after}
            left_out += len(bad)
            nodes = [node for i, node in enumerate(nodes) if i not in bad]
            continue
        printed = {}
        for line in result.stdout.splitlines():
            if match := re.fullmatch(r"(\d+) (.*)", line):
                printed.setdefault(int(match[1]), []).append(match[2])
        complaints = []
        for i, node in enumerate(nodes):
            all_three = printed.get(i, [])
            if len(all_three) != 3 or len(set(all_three)) != 1:
                complaints.append(expressions.text(node, "literals") + f"\n  folded, computed of maps, of variables: {all_three}")
        return complaints, len(nodes), left_out
    return [], 0, left_out


def literal_of(value):
    # The smallest of all has no positive counterpart to be negated.
    return f"({value + 1} - 1)" if value == -(2**63) else str(value)


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batches", type=int, default=12)
    arguments = parser.parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    tally = harness.Tally(arguments.verbose)
    compared = left_out = 0
    for batch in range(arguments.batches):
        complaints, count, refused = run_batch(places, random.Random(arguments.seed * 1000 + batch))
        compared += count
        left_out += refused
        tally.add(f"seed {arguments.seed} batch {batch}", complaint="\n".join(complaints) or None)
    print(f"{compared} expressions compared, {left_out} that do not fold left out")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
