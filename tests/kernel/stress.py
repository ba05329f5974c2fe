#!/usr/bin/env python3
"""Has the verifier judge random scripts: whatever the checker accepts, no verifier may refuse.

Scripts are put together of typed pieces (numbers, texts, tuples, buffers, stacks as variables, keys, values, elements of tuples and
printed values, inside loops and conditions), so that nearly all of them compile; those that do not are counted and left out. They are
loaded, not attached. --seed repeats a run."""

import pathlib
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

PROBES = ["begin", "interval:ms:100", "profile:hz:99", "tracepoint:syscalls:sys_enter_openat", "tracepoint:sched:sched_switch"]
INTEGERS = ["uint8", "int16", "uint32", "int64", "uint64"]


class Script:
    def __init__(self, generator):
        self.random = generator
        self.probe = generator.choice(PROBES)
        self.names = 0
        self.variables = []  # (type, name) in scope
        self.maps = []       # (key type or None, value type, name)
        self.depth = 0
        self.loops = 0

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def known(self, kind):
        return [name for known, name in self.variables if known == kind]

    # -- values

    def number(self, depth=2):
        pick = self.random.random()
        if names := self.known("int"):
            if pick < 0.3:
                return self.random.choice(names)
        if depth == 0 or pick < 0.45:
            return self.random.choice(["pid", "tid", "cpu", "nsecs", "rand", str(self.random.randint(0, 70000)), f"-{self.random.randint(1, 9)}"])
        if pick < 0.7:
            operator = self.random.choice(["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"])
            right = str(self.random.randint(1, 40)) if operator in ("<<", ">>", "/", "%") and self.random.random() < 0.6 else self.number(depth - 1)
            return f"({self.number(depth - 1)} {operator} {right})"
        if pick < 0.8:
            return f"({self.random.choice(INTEGERS)}){self.number(depth - 1)}"
        if pick < 0.86:
            return f"({self.condition(depth - 1)} ? {self.number(depth - 1)} : {self.number(depth - 1)})"
        if pick < 0.9:
            return f"strlen({self.text(depth - 1)})"
        if pick < 0.93:
            return f"{self.tuple(depth - 1)}.0"
        if pick < 0.96:
            return f"bswap((uint32){self.number(depth - 1)})"
        readable = [m for m in self.maps if m[1] == "int" and m[0] == "int"]
        return f"{self.random.choice(readable)[2]}[{self.number(0)}]" if readable else "gid"

    def text(self, depth=2):
        pick = self.random.random()
        if (names := self.known("text")) and pick < 0.4:
            return self.random.choice(names)
        if depth == 0 or pick < 0.6:
            return self.random.choice(["comm", '"abc"', '""', '"a longer text with blanks"', "str(kptr(curtask))", "str(uptr(nsecs), 20)"])
        if pick < 0.7:
            return f"({self.condition(depth - 1)} ? {self.text(depth - 1)} : {self.text(depth - 1)})"
        if pick < 0.8:
            return f"str_concat({self.text(depth - 1)}, {self.text(depth - 1)})"
        if pick < 0.9:
            return f"{self.tuple(depth - 1)}.1"
        readable = [m for m in self.maps if m[1] == "text" and m[0] == "int"]
        return f"{self.random.choice(readable)[2]}[{self.number(0)}]" if readable else "comm"

    def tuple(self, depth=1):
        if (names := self.known("tuple")) and self.random.random() < 0.5:
            return self.random.choice(names)
        return f"((uint64){self.number(max(depth, 0))}, {self.text(max(depth, 0))})"

    def condition(self, depth=1):
        pick = self.random.random()
        if pick < 0.35:
            return f"({self.number(max(depth, 0))} {self.random.choice(['<', '>', '==', '!=', '<=', '>='])} {self.number(max(depth, 0))})"
        if pick < 0.55:
            return f"({self.text(max(depth, 0))} {self.random.choice(['==', '!='])} {self.text(max(depth, 0))})"
        if pick < 0.65:
            return f"strcontains({self.text(0)}, {self.text(0)})"
        if pick < 0.75:
            return f"(strncmp({self.text(0)}, {self.text(0)}, {self.random.randint(1, 60)}) == 0)"
        if pick < 0.85 and depth > 0:
            return f"({self.condition(depth - 1)} {self.random.choice(['&&', '||'])} {self.condition(depth - 1)})"
        return f"({self.tuple(0)} == {self.tuple(0)})"

    def value(self, kind):
        return {"int": self.number, "text": self.text, "tuple": self.tuple}[kind]()

    # -- statements

    def block(self, count):
        outer = list(self.variables)
        lines = [self.statement() for _ in range(count)]
        self.variables = outer
        return "{ " + " ".join(lines) + " }"

    def map(self, key, value):
        fitting = [m for m in self.maps if (m[0], m[1]) == (key, value)]
        if fitting and self.random.random() < 0.5:
            return self.random.choice(fitting)[2]
        if len(self.maps) > 25:
            return fitting[0][2] if fitting else None
        name = self.name("@m")
        self.maps.append((key, value, name))
        return name

    def statement(self):
        pick = self.random.random()
        kind = self.random.choice(["int", "int", "text", "tuple"])
        if pick < 0.25:
            value = self.value(kind)
            name = self.name("$v")
            self.variables.append((kind, name))
            return f"let {name}: int64 = (int64){value};" if kind == "int" else f"{name} = {value};"
        if pick < 0.45:
            key = self.random.choice([None, "int", "text", "tuple"])
            target = self.map(key, kind)
            if target is None:
                return "print(1);"
            cast = "(int64)" if kind == "int" else ""
            where = f"[{self.key(key)}]" if key else ""
            return f"{target}{where} = {cast}{self.value(kind)};"
        if pick < 0.55:
            key = self.random.choice([None, "int", "text", "tuple"])
            how = self.random.choice(["count", "sum", "avg", "min", "max", "stats", "hist", "lhist"])
            target = self.map(key, how)
            if target is None:
                return "print(2);"
            argument = {"count": "", "lhist": f"{self.number(1)}, 0, 100, 10"}.get(how, f"(int64){self.number(1)}")
            return f"{target}{f'[{self.key(key)}]' if key else ''} = {how}({argument});"
        if pick < 0.65:
            values = [self.random.choice(["int", "text", "tuple"]) for _ in range(self.random.randint(1, 4))]
            return f'printf("{" ".join("%s" for _ in values)}\\n", {", ".join(self.value(one) for one in values)});'
        if pick < 0.72:
            return f"print({self.value(kind)});"
        if pick < 0.76:
            return self.random.choice(["print(kstack(3));", "@stacks[kstack(5), comm] = count();", "print(buf(kptr(curtask), 16));",
                                       'print(strftime("%H", nsecs));', "print(ksym(kaddr(\"schedule\")));", "time();",
                                       'join((uint64)curtask);', "print(username);", "print(ntop((uint32)1));"])
        if self.depth < 3:
            self.depth += 1
            body = self.block(self.random.randint(1, 3))
            self.depth -= 1
            if pick < 0.88:
                rest = f" else {self.block(1)}" if self.random.random() < 0.4 else ""
                return f"if ({self.condition()}) {body}{rest}"
            if self.loops < 2:
                self.loops += 1
                name = self.name("$i")
                iterable = [m[2] for m in self.maps if m[0] in ("int", "text", "tuple") and m[1] in ("int", "text", "tuple", "count", "sum")]
                if iterable and self.random.random() < 0.4:
                    return f"for ({name} : {self.random.choice(iterable)}) {{ print({name}.0); print({name}.1); {body} }}"
                return f"for ({name} : 0..{self.random.randint(1, 30)}) {body}"
            return f"unroll ({self.random.randint(1, 3)}) {body}"
        return f"print({self.number()});"

    def key(self, kind):
        return "(int64)" + self.number(1) if kind == "int" else self.value(kind)

    def write(self):
        body = self.block(self.random.randint(3, 9))
        config = f"config = {{ max_strlen = {self.random.choice([16, 64, 200, 1024, 4096, 16384])} }} " if self.random.random() < 0.5 else ""
        predicate = f" /{self.condition(0)}/" if self.random.random() < 0.3 else ""
        return f"{config}{self.probe}{predicate} {body}"


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--loader", default=str(harness.ROOT / "build/dev/tests/load_scripts"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    arguments = parser.parse_args()
    harness.need_root()
    tally = harness.Tally(arguments.verbose)
    scripts = {f"seed {arguments.seed} script {i}": Script(random.Random(arguments.seed * 100000 + i)).write() for i in range(arguments.count)}
    left_out = {}
    too_long = []
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        for name, text in scripts.items():
            listing.write("\t".join([name, "", "-e", text]) + "\n")
        listing.flush()
        loader = subprocess.run([arguments.loader, "-j", str(arguments.jobs), listing.name], stdout=subprocess.PIPE, text=True,
                                errors="replace", env=harness.clean_environment(), check=False)
    for line in loader.stdout.splitlines():
        verdict, name, *rest = line.split("\t", 2)
        complaint = rest[0].replace("\\n", "\n") if verdict == "FAIL" else None
        if complaint and (found := re.search(r"^stdin:\S+ ERROR: (.*)", complaint)):
            left_out.setdefault(re.sub(r"'[^']*'|[@$]\w+|\d+", "…", found[1]), []).append(name)
            continue
        # A million steps are the verifier's own limit, and a few lines can need more.
        if complaint and "BPF program is too large" in complaint:
            too_long.append(name)
            tally.add(name, skipped="takes the verifier more than its million steps")
            continue
        tally.add(name, complaint=f"{scripts[name]}\n{complaint}" if complaint else None)
    if len(too_long) * 100 > arguments.count:
        tally.add("the verifier's million steps are enough", complaint=f"not for {len(too_long)} of {arguments.count}: {too_long}")
    for message, names in sorted(left_out.items(), key=lambda one: -len(one[1])):
        print(f"{len(names)} do not compile: {message} ({names[0]})")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
