#!/usr/bin/env python3
"""Has the verifier judge random scripts: whatever the checker accepts, no verifier may refuse.

Scripts are put together of typed pieces: numbers, texts, tuples, records, buffers, stacks, addresses as variables, keys, values,
elements of tuples and printed values, in loops, conditions, functions and macros, from a few statements to some hundred. Nearly all of
them compile; those that do not are counted and left out. They are loaded, not attached. --seed repeats a run. How many steps the
verifier took is printed: a million is its limit."""

import pathlib
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

PROBES = ["begin", "interval:ms:100", "profile:hz:99", "tracepoint:syscalls:sys_enter_openat", "tracepoint:sched:sched_switch",
          "rawtracepoint:sched_switch", "kprobe:vfs_read", "kretprobe:vfs_read", "software:page-faults:100", "iter:task"]
INTEGERS = ["uint8", "int8", "int16", "uint16", "uint32", "int32", "int64", "uint64", "bool"]
# What the probe's own event has, as numbers and texts.
ARGUMENTS = {"tracepoint:syscalls:sys_enter_openat": (["args.dfd", "args.flags"], ["str(args.filename)"]),
             "tracepoint:sched:sched_switch": (["args.prev_pid", "args.next_prio", "(int64)args.prev_state"],
                                               ["args.prev_comm", "args.next_comm"]),
             "kprobe:vfs_read": (["arg0", "arg2"], ["str(arg1)"]), "kretprobe:vfs_read": (["retval"], []),
             "iter:task": (["ctx.task.pid", "ctx.task.tgid"], ["ctx.task.comm"])}
TYPES = """struct inner { char tag[12]; short s; int list[5]; };
struct outer { long a; struct inner in; struct inner many[3]; unsigned bits : 5; unsigned more : 11; union { int u; char c[4]; }; };
"""


class Script:
    def __init__(self, generator):
        self.random = generator
        self.probe = generator.choice(PROBES)
        self.names = 0
        self.variables = []  # (type, name) in scope
        self.constant = set()  # those nobody may assign
        self.maps = []       # (key type or None, value type, name)
        self.depth = 0
        self.loops = 0
        self.functions = []  # (result, [types], name)
        self.macros = []
        self.is_function = False

    def pick(self, *choices):
        return self.random.choice(choices)

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def known(self, kind):
        return [name for known, name in self.variables if known == kind]

    # -- values

    def small(self):
        return str(self.random.randint(0, 40))

    def literal(self):
        return self.pick(str(self.random.randint(0, 70000)), f"-{self.random.randint(1, 9)}", "0", "1", "255", "0x7fffffff", "0xffffffff",
                         "0x7fffffffffffffff", "-2147483648", "(uint64)-1")

    def arguments(self, what):
        return [] if self.is_function or self.loops else ARGUMENTS.get(self.probe, ([], []))[what]

    def number(self, depth=2):
        pick = self.random.random()
        if names := self.known("int"):
            if pick < 0.3:
                return self.random.choice(names)
        if depth <= 0 or pick < 0.45:
            plain = ["pid", "tid", "cpu", "nsecs", "rand", "uid", "elapsed", "ncpus", "curtask.pid", "curtask.real_parent.tgid", "ppid",
                     self.literal(), self.literal()]
            return self.random.choice(plain + self.arguments(0) * 2)
        if pick < 0.62:
            operator = self.pick("+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>")
            right = str(self.random.randint(1, 40)) if operator in ("<<", ">>", "/", "%") and self.random.random() < 0.6 else self.number(depth - 1)
            return f"({self.number(depth - 1)} {operator} {right})"
        if pick < 0.7:
            return f"({self.random.choice(INTEGERS)}){self.number(depth - 1)}"
        if pick < 0.75:
            return f"({self.condition(depth - 1)} ? {self.number(depth - 1)} : {self.number(depth - 1)})"
        return self.rare_number(depth)

    def rare_number(self, depth):
        structs, buffers = self.known("struct"), self.known("buffer")
        of_maps = [m for m in self.maps if m[1] in ("int", "count", "sum", "min", "max", "avg") and m[0] in (None, "int", "text", "tuple")]
        keyed = [m for m in self.maps if m[0] is not None and m[1] in ("int", "text", "tuple", "count")]
        choices = [
            lambda: f"strlen({self.text(depth - 1)})", lambda: f"{self.tuple(depth - 1)}.0", lambda: f"bswap((uint32){self.number(depth - 1)})",
            lambda: f"(uint64)strncmp({self.text(0)}, {self.text(0)}, {self.random.randint(1, 60)})",
            lambda: f"strstr({self.text(0)}, {self.text(0)})", lambda: f"memcmp({self.random.choice(self.known('text') or ['comm'])}, comm, {self.random.randint(1, 3)})",
            lambda: f"(int64){self.text(0)}[{self.index()}]", lambda: f"(-({self.number(depth - 1)}))", lambda: f"(~{self.number(depth - 1)})",
            lambda: f"(int64)(!{self.number(depth - 1)})", lambda: f"(int64){self.condition(depth - 1)}", lambda: f"{self.record(depth - 1)}.n",
            lambda: f"(int64)*(int32 *)kptr({self.number(0)})", lambda: f"(int64)curtask.comm[{self.index()}]", lambda: "sizeof(struct outer)",
            lambda: f"(int64)pton(\"10.1.2.3\")[{self.index()}]", lambda: "gid",
        ]
        if structs:
            one = self.random.choice(structs)
            choices += [lambda: f"(int64){one}.{self.pick('a', 'in.s', 'in.list[2]', 'many[1].list[4]', 'bits', 'more', 'u', 'in.tag[3]')}",
                        lambda: f"(int64){one}.in.list[{self.index()}]", lambda: f"(int64){one}.many[{self.index()}].list[{self.index()}]"]
        if pointers := self.known("pointer"):
            there = self.random.choice(pointers)
            choices += [lambda: f"(int64){there}->{self.pick('a', 'in.s', 'in.list[2]', 'bits', 'more', 'u')}",
                        lambda: f"(int64){there}->in.list[{self.index()}]", lambda: f"(int64){there}->many[{self.index()}].s"]
        if of_maps:
            kind, value, name = self.random.choice(of_maps)
            choices += [lambda: f"(int64){self.element(name, kind)}"] * 4
            if value == "int":
                choices += [lambda: f"({self.pick('++', '--')}{self.element(name, kind)})", lambda: f"({self.element(name, kind)}{self.pick('++', '--')})"]
        if keyed:
            key, _, target = self.random.choice(keyed)
            choices += [lambda: f"len({target})", lambda: f"(int64)has_key({target}, {self.whole_key(key)})",
                        lambda: f"(int64)delete({target}, {self.whole_key(key)})"]
        if assignable := [v for v in self.known("int") if v not in self.constant]:
            choices += [lambda: f"({self.random.choice(assignable)}{self.pick('++', '--')})", lambda: f"({self.pick('++', '--')}{self.random.choice(assignable)})"]
        if fns := [f for f in self.functions if f[0] == "int"]:
            choices += [lambda: self.call(self.random.choice(fns), depth)] * 3
        if self.macros:
            choices += [lambda: f"{self.random.choice(self.macros)}({self.number(depth - 1)})"] * 2
        return self.random.choice(choices)()

    def call(self, function, depth):
        return f"{function[2]}({', '.join(self.value(kind, depth - 1) if kind != 'int' else '(int64)' + self.number(depth - 1) for kind in function[1])})"

    def text(self, depth=2):
        pick = self.random.random()
        if (names := self.known("text")) and pick < 0.4:
            return self.random.choice(names)
        if depth <= 0 or pick < 0.55:
            plain = ["comm", '"abc"', '""', '"a longer text with blanks"', "str(kptr(curtask))", "str(uptr(nsecs), 20)",
                     f"str(kptr(curtask), {self.pick('pid', 'cpu', '7', 'rand')})", "curtask.comm"]
            return self.random.choice(plain + self.arguments(1) * 2)
        if pick < 0.65:
            return f"({self.condition(depth - 1)} ? {self.text(depth - 1)} : {self.text(depth - 1)})"
        if pick < 0.75:
            return f"str_concat({self.text(depth - 1)}, {self.text(depth - 1)})"
        if pick < 0.83:
            return f"{self.tuple(depth - 1)}.1"
        if pick < 0.87:
            return f"{self.record(depth - 1)}.t"
        if pick < 0.9:
            return self.pick(f"(string[64])strerror({self.number(0)})", f"(string[64])signal_name({self.number(0)})", "probe",
                             f"(string[64])syscall_name({self.number(0)})")
        if (structs := self.known("struct")) and pick < 0.93:
            return f"str({self.random.choice(structs)}.in.tag)"
        if (fns := [f for f in self.functions if f[0] == "text"]) and pick < 0.96:
            return self.call(self.random.choice(fns), depth)
        readable = [m for m in self.maps if m[1] == "text" and m[0] in ("int", "text", "tuple")]
        if not readable:
            return "comm"
        key, _, name = self.random.choice(readable)
        return f"{name}[{self.key(key)}]"

    def tuple(self, depth=1):
        if (names := self.known("tuple")) and self.random.random() < 0.5:
            return self.random.choice(names)
        return f"((uint64){self.number(max(depth, 0))}, {self.text(max(depth, 0))})"

    def record(self, depth=1):
        if (names := self.known("record")) and self.random.random() < 0.6:
            return self.random.choice(names)
        return f"(n=(int64){self.number(max(depth, 0))}, t={self.text(max(depth, 0))}, b=(uint8){self.number(0)})"

    def wide(self, depth=1):
        """A tuple of tuples, nobody's variable."""
        return f"({self.number(depth)}, {self.tuple(depth)}, ((int8){self.number(0)}, {self.text(0)}, (uint16)5), {self.record(depth)})"

    def condition(self, depth=1):
        pick = self.random.random()
        if pick < 0.35:
            return f"({self.number(max(depth, 0))} {self.pick('<', '>', '==', '!=', '<=', '>=')} {self.number(max(depth, 0))})"
        if pick < 0.55:
            return f"({self.text(max(depth, 0))} {self.pick('==', '!=')} {self.text(max(depth, 0))})"
        if pick < 0.65:
            return f"strcontains({self.text(0)}, {self.text(0)})"
        if pick < 0.75:
            return f"(strncmp({self.text(0)}, {self.text(0)}, {self.random.randint(1, 60)}) == 0)"
        if pick < 0.85 and depth > 0:
            return f"({self.condition(depth - 1)} {self.pick('&&', '||')} {self.condition(depth - 1)})"
        if pick < 0.88 and depth > 0:
            return f"(!{self.condition(depth - 1)})"
        return f"({self.tuple(0)} == {self.tuple(0)})"

    def other(self):
        """A value that is printed or is a key, and nothing else is done with."""
        choices = ["kstack(3)", "kstack", "ustack(4)", "buf(kptr(curtask), 16)", 'strftime("%H:%M:%S", nsecs)', 'ksym(kaddr("schedule"))',
                   "usym(nsecs)", "username", "ntop((uint32)1)", 'ntop(pton("fd00::5"))', "macaddr(kptr(curtask))", "cgroup_path(cgroup)",
                   "curtask.comm", f"buf(kptr(curtask), {self.pick('pid', 'cpu', '7', 'rand')})", "curtask.se", f"strerror({self.number(0)})"]
        if self.probe == "iter:task" or self.is_function:
            choices = [choice for choice in choices if "stack" not in choice]
        for kind in ("struct", "record", "pointer"):
            choices += self.known(kind)
        return self.random.choice(choices)

    def value(self, kind, depth=2):
        make = {"int": self.number, "text": self.text, "tuple": self.tuple, "record": self.record}.get(kind)
        return make(depth) if make else self.other()

    # -- statements

    def block(self, count):
        outer = list(self.variables)
        lines = [self.statement() for _ in range(count)]
        self.variables = outer
        return "{ " + " ".join(lines) + " }"

    def body(self, first=""):
        self.depth += 1
        text = self.block(self.random.randint(1, 3))
        self.depth -= 1
        return f"{{ {first} {text[1:]}"

    def map(self, key, value):
        fitting = [m for m in self.maps if (m[0], m[1]) == (key, value)]
        if fitting and self.random.random() < 0.5:
            return self.random.choice(fitting)[2]
        if len(self.maps) > 25:
            return fitting[0][2] if fitting else None
        name = self.name("@m")
        self.maps.append((key, value, name))
        return name

    def key_kind(self):
        return self.pick(None, "int", "text", "tuple", "pair", "record")

    def statement(self):
        pick = self.random.random()
        kind = self.pick("int", "int", "text", "tuple", "record")
        if pick < 0.2:
            return self.declaration(kind)
        if pick < 0.25 and (assignable := [v for v in self.known("int") if v not in self.constant]):
            name = self.random.choice(assignable)
            return self.pick(f"{name} = (int64){self.number()};", f"{name} {self.pick('+', '-', '*', '|', '^', '&')}= (int64){self.number(1)};", f"{name}++;")
        if pick < 0.4:
            # Key and value first: they may read any map but one that is only now made.
            key = self.key_kind()
            where, value = f"[{self.key(key)}]" if key else "", self.value(kind)
            if (target := self.map(key, kind)) is None:
                return "print(1);"
            if kind != "int":
                return f"{target}{where} = {value};"
            if self.random.random() < 0.3:
                return self.pick(f"{target}{where} {self.pick('+=', '-=', '|=')} (int64){value};", f"{target}{where}++;", f"--{target}{where};")
            return f"{target}{where} = (int64){value};"
        if pick < 0.5:
            return self.aggregation()
        if pick < 0.58:
            values = [self.pick("int", "text", "tuple", "record", "other") for _ in range(self.random.randint(1, 6))]
            return f'printf("{" ".join("%s" for _ in values)}\\n", {", ".join(self.value(one) for one in values)});'
        if pick < 0.64:
            return f"print({self.value(self.pick('int', 'text', 'tuple', 'record', 'other'))});"
        if pick < 0.66:
            return f"print({self.wide()});"
        if pick < 0.75:
            return self.side_effect()
        if self.depth < 4:
            return self.nested(pick)
        return f"print({self.number()});"

    def declaration(self, kind):
        pick = self.random.random()
        name = self.name("$v")
        if pick < 0.1:
            self.variables.append(("struct", name))
            return f"{name} = *(struct outer *){self.pick('kptr(curtask)', 'uptr(nsecs)', 'curtask')};"
        if pick < 0.18:
            self.variables.append(("pointer", name))
            return f"{name} = (struct outer *){self.pick('kptr(curtask)', 'uptr(nsecs)', '(nsecs & 0xffff)')};"
        value = self.value(kind)
        self.variables.append((kind, name))
        return f"let {name}: int64 = (int64){value};" if kind == "int" else f"{name} = {value};"

    def aggregation(self):
        key = self.key_kind()
        how = self.pick("count", "sum", "avg", "min", "max", "stats", "hist", "hist3", "lhist", "tseries")
        where, number = f"[{self.key(key)}]" if key else "", self.number(1)
        if (target := self.map(key, how)) is None:
            return "print(2);"
        arguments = {"count": "", "lhist": f"{number}, 0, 100, 10", "hist3": f"{number}, 3", "tseries": f"(int64){number}, 1s, 5"}
        return f"{target}{where} = {how.rstrip('3')}({arguments.get(how, f'(int64){number}')});"

    def side_effect(self):
        choices = [f"@stacks[{'comm' if self.probe == 'iter:task' or self.is_function else 'kstack(5), comm'}] = count();", "time();",
                   'join((uint64)curtask);', f"@others[{self.number(0)}] = buf(kptr(curtask), 32);", 'cat("/proc/%d/comm", pid);']
        if self.maps:
            key, value, name = self.random.choice(self.maps)
            choices += [f"clear({name});", f"zero({name});", f"print({name});"]
            if key and value in ("count", "sum", "int"):
                choices.append(f"print({name}, 3);")
            if key:
                choices += [f"delete({name}, {self.whole_key(key)});"] * 2
            else:
                choices.append(f"delete({name});")
        if self.loops and self.depth > 1 and not self.is_function:
            choices.append(self.pick("if (rand % 100 == 7) { return; }", "if (rand % 100 == 7) { exit(); }"))
        return self.random.choice(choices)

    def nested(self, pick):
        if pick < 0.86:
            text = f"if ({self.condition()}) {self.body()}"
            while self.random.random() < 0.25:
                text += f" else if ({self.condition(0)}) {self.body()}"
            return text + (f" else {self.body()}" if self.random.random() < 0.4 else "")
        if self.loops >= 3:
            return f"unroll ({self.random.randint(1, 3)}) {self.body()}"
        self.loops += 1
        kind = self.random.random()
        iterable = [m for m in self.maps if m[0] in ("int", "text", "tuple") and m[1] in ("int", "text", "tuple", "count", "sum", "avg", "max")]
        outer = list(self.variables)
        name = self.name("$i")
        ending = self.pick("", "", "if (rand % 9 == 1) { break; }", "if (rand % 9 == 1) { continue; }")
        if iterable and kind < 0.35 and not self.is_function:
            key, value, target = self.random.choice(iterable)
            self.variables.append((key, f"{name}.0"))
            self.constant.add(f"{name}.0")
            if value in ("int", "text"):
                self.variables.append((value, f"{name}.1"))
                self.constant.add(f"{name}.1")
            text = f"for ({name} : {target}) " + self.body(f"print({name}.0); print({name}.1); {ending}")
        elif kind < 0.7:
            text = f"for ({name} : {self.pick('0', '2', f'((int64){self.number(0)})')}..{self.pick(str(self.random.randint(3, 30)), f'((int64){self.number(0)})')}) "
            self.variables.append(("int", name))
            self.constant.add(name)
            text += self.body(ending)
        elif kind < 0.9:
            self.constant.add(name)
            text = f"let {name}: int64 = 0; while ({name} < {self.random.randint(1, 50)}) " + self.body(f"{name}++; {ending}")
        else:
            text = f"unroll ({self.random.randint(1, 12)}) {self.body()}"
        self.variables = outer
        return text

    def index(self):
        return self.pick("0", "1", "2", "pid", "cpu", "rand % 5", *self.known("unsigned"))

    def element(self, name, kind):
        return f"{name}[{self.key(kind)}]" if kind else name

    def whole_key(self, kind):
        """As a function's argument: several keys are a tuple."""
        return f"({self.key(kind)})" if kind == "pair" else self.key(kind)

    def key(self, kind):
        if kind == "int":
            return "(int64)" + self.number(1)
        if kind == "pair":
            return f"(int64){self.number(0)}, {self.text(0)}, (uint8){self.number(0)}"
        return self.value(kind)

    # -- the whole

    def function(self):
        result, parameters = self.pick("int", "text"), [self.pick("int", "text") for _ in range(self.random.randint(0, 3))]
        name = self.name("f")
        outer, self.variables = self.variables, [(kind, f"$p{i}") for i, kind in enumerate(parameters)]
        self.is_function = True
        head = ", ".join(f"$p{i} : {'int64' if kind == 'int' else 'string[64]'}" for i, kind in enumerate(parameters))
        early = f"if ({self.condition(0)}) {{ return {self.returned(result)}; }} " if self.random.random() < 0.4 else ""
        lines = " ".join(self.statement() for _ in range(self.random.randint(0, 4)))
        text = f"fn {name}({head}) : {'int64' if result == 'int' else 'string[64]'} {{ {early}{lines} return {self.returned(result)}; }}\n"
        self.is_function = False
        self.variables = outer
        self.functions.append((result, parameters, name))
        return text

    def returned(self, kind):
        return f"(int64){self.number(1)}" if kind == "int" else f"(string[64]){self.pick('comm', chr(34) + 'abc' + chr(34))}"

    def write(self, count=None):
        config = f"config = {{ max_strlen = {self.pick(16, 64, 200, 1024, 4096, 16384)} }}\n" if self.random.random() < 0.5 else ""
        head = ""
        if self.random.random() < 0.25:
            head += "".join(self.function() for _ in range(self.random.randint(1, 3)))
        if self.random.random() < 0.3:
            name = self.name("twice")
            head += f"macro {name}(x) {{ let $t: int64 = (int64)(x); $t += 1; $t * 2 }}\n"
            self.macros.append(name)
        predicate = f" /{self.condition(0)}/" if self.random.random() < 0.3 else ""
        body = self.block(count or self.pick(3, 5, 7, 9, 9, 20, 40))
        return f"{config}{TYPES}{head}{self.probe}{predicate} {body}"


def main():
    parser = harness.argument_parser(__doc__)
    parser.add_argument("--loader", default=str(harness.ROOT / "build/dev/tests/load_scripts"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--statements", type=int, help="of each script's outermost block")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a configuration variable for all scripts")
    parser.add_argument("--write", metavar="FOLDER", help="write the scripts there and stop")
    arguments = parser.parse_args()
    scripts = {f"seed {arguments.seed} script {i}": Script(random.Random(arguments.seed * 100000 + i)).write(arguments.statements)
               for i in range(arguments.count)}
    if arguments.write:
        for name, text in scripts.items():
            (pathlib.Path(arguments.write) / (name.replace(" ", "_") + ".bt")).write_text(text + "\n")
        return 0
    harness.need_root()
    tally = harness.Tally(arguments.verbose)
    environment = harness.clean_environment() | {f"BPFTRACE_{one.split('=')[0].upper()}": one.split("=")[1] for one in arguments.set}
    with tempfile.TemporaryDirectory() as folder:
        listing = pathlib.Path(folder) / "list"
        with listing.open("w") as lines:
            for i, (name, text) in enumerate(scripts.items()):
                path = pathlib.Path(folder) / f"{i}.bt"
                path.write_text(text + "\n")
                lines.write("\t".join([name, "", str(path)]) + "\n")
        loader = subprocess.run([arguments.loader, "-s", "-j", str(arguments.jobs), str(listing)], stdout=subprocess.PIPE, text=True,
                                errors="replace", env=environment, check=False)
    left_out = {}
    steps = []
    for line in loader.stdout.splitlines():
        verdict, name, *rest = line.split("\t", 2)
        complaint = rest[0].replace("\\n", "\n") if verdict == "FAIL" else None
        if complaint and (found := re.search(r"^\S+:\d+:\S+ ERROR: (.*)", complaint)):
            left_out.setdefault(re.sub(r"'[^']*'|[@$]\w+|\d+", "…", found[1]), []).append(name)
            continue
        if not complaint and rest:
            steps.append((int(rest[0]), name))
        tally.add(name, complaint=f"{scripts[name]}\n{complaint}" if complaint else None)
    for message, names in sorted(left_out.items(), key=lambda one: -len(one[1])):
        print(f"{len(names)} do not compile: {message} ({names[0]})")
    if steps:
        steps.sort()
        print(f"steps of the verifier: half of the scripts at most {steps[len(steps) // 2][0]}, the most {steps[-1][0]} ({steps[-1][1]})")
    if sum(map(len, left_out.values())) * 2 > len(scripts):
        tally.add("most scripts compile", complaint=f"{sum(map(len, left_out.values()))} of {len(scripts)} do not")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
