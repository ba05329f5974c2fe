#!/usr/bin/env python3
"""Holds the compiler's constant folder against the kernel: random expressions are written twice, once of literals, which fold, and once
of maps that hold the same values with the same types, which the kernel computes. Both must print the same.

--seed repeats a run. Expressions that the folder refuses on purpose (overflow, division by zero) are left out and counted."""

import pathlib
import random
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

TYPES = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
BINARY = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", "<=", ">", ">=", "==", "!=", "&&", "||"]
BATCH = 40


def value_of(generator, name):
    bits = int(re.sub(r"\D", "", name))
    low, high = (0, 2**bits - 1) if name.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    edges = [0, 1, 2, 3, 7, low, high, high // 2, low + 1, high - 1]
    if low < 0:
        edges += [-1, -2, -7]
    return generator.choice(edges) if generator.random() < 0.6 else generator.randint(low, high)


class Expressions:
    """Expressions over operands; text(True) is of literals, text(False) of maps."""

    def __init__(self, generator):
        self.generator = generator
        self.operands = []

    def operand(self):
        name = self.generator.choice(TYPES)
        self.operands.append((name, value_of(self.generator, name)))
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
        if operator in ("<<", ">>"):
            self.operands.append(("uint8", self.generator.choice([0, 1, 5, 31, 32, 63])))
            right = ("operand", len(self.operands) - 1)
        return ("binary", operator, self.make(depth - 1), right)

    def text(self, node, folds):
        kind = node[0]
        if kind == "operand":
            name, value = self.operands[node[1]]
            if not folds:
                # One map a type: a program may use no more than 64.
                return f"(({name})@{name}[{node[1]}])"
            # The smallest of all has no positive counterpart to be negated.
            literal = f"({value + 1} - 1)" if value == -(2**63) else str(value)
            return f"(({name}){literal})"
        if kind == "cast":
            return f"(({node[1]}){self.text(node[2], folds)})"
        if kind == "unary":
            return f"({node[1]}({self.text(node[2], folds)}))"
        if kind == "choose":
            return f"(({self.text(node[1], folds)}) != 0 ? (int64){self.text(node[2], folds)} : (int64){self.text(node[3], folds)})"
        return f"({self.text(node[2], folds)} {node[1]} {self.text(node[3], folds)})"


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
        for i in sorted(used):
            name = expressions.operands[i][0]
            lines.append(f"  @{name}[{i}] = ({name}){literal_of(expressions.operands[i])};")
        # One line an expression: a complaint names it.
        first = len(lines) + 1
        for i, node in enumerate(nodes):
            lines.append(f'  printf("{i} %s\\n", {expressions.text(node, True)});')
        lines.append("}")
        # A body of its own: what the folder refuses is refused alone.
        second = ["begin {"] + [f'  printf("{i} %s\\n", {expressions.text(node, False)});' for i, node in enumerate(nodes)] + ["}"]
        result = subprocess.run([places.bpfline, "-q", "-"], input="\n".join(lines + second), capture_output=True, text=True,
                                timeout=60, check=False, env=harness.clean_environment())
        refused = {int(line) for line in re.findall(r"^stdin:(\d+):\d+-\d+: ERROR: ", result.stderr, re.M)}
        known = {int(line) for line in re.findall(r"^stdin:(\d+):\d+-\d+: ERROR: (?:unable to fold literals|.*type mismatch)", result.stderr,
                                                  re.M | re.I)}
        if refused - known or (result.returncode != 0 and not refused):
            return [result.stderr + "\n" + "\n".join(lines + second)], 0, 0
        if refused:
            bad = {number - first if number < first + len(nodes) else number - first - len(nodes) - 2 for number in refused}
            left_out += len(bad)
            nodes = [node for i, node in enumerate(nodes) if i not in bad]
            continue
        values = {}
        for line in result.stdout.splitlines():
            if match := re.fullmatch(r"(\d+) (.*)", line):
                values.setdefault(int(match[1]), []).append(match[2])
        complaints = []
        for i, node in enumerate(nodes):
            both = values.get(i, [])
            if len(both) != 2 or both[0] != both[1]:
                complaints.append(f"{expressions.text(node, True)}\n  folded, computed: {both}")
        return complaints, len(nodes), left_out
    return [], 0, left_out


def literal_of(operand):
    name, value = operand
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
