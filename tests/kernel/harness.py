"""What every kernel test shares: where things are, running one process with a time limit and nothing left behind, what this kernel
has, and counting what passed. Python's standard library only. A test is a function or a script; this file knows none of them."""

import argparse
import concurrent.futures
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# A case is ended after this long; a loaded machine is slow, an emulated one slower, a hang is for ever.
TIMEOUT = 90.0 if os.environ.get("BPFLINE_GUEST") else 20.0


class Places:
    """The programs under test, from the command line that ctest gives."""

    def __init__(self, arguments):
        self.bpfline = str(pathlib.Path(arguments.binary).resolve())
        self.targets = str(pathlib.Path(arguments.targets).resolve()) if arguments.targets else ""
        self.gen_docs = str(pathlib.Path(arguments.gen_docs).resolve()) if arguments.gen_docs else ""


def argument_parser(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--binary", default=str(ROOT / "build/dev/bpfline"), help="the bpfline to test")
    parser.add_argument("--targets", default=str(ROOT / "build/dev/tests/targets"), help="folder of the traced programs")
    parser.add_argument("--gen-docs", default=str(ROOT / "build/dev/gen_docs"), help="prints the tables")
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2), help="cases at once")
    parser.add_argument("--filter", default="", help="only cases whose name matches this regular expression")
    parser.add_argument("-v", "--verbose", action="store_true", help="name the cases that pass, too")
    return parser


# Other tests trace at the same time: what the kernel leaves out because one of their programs runs is said, and is no fault.
LEFT_OUT = re.compile(r"^WARNING: the kernel left out \d+ runs.*\n", re.MULTILINE)


def clean_environment(extra=None):
    """The caller's, without what would change how bpfline behaves; UTC, so that times of day can be expected."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BPFTRACE_", "BPFLINE_", "__BPFTRACE"))}
    kept.update({"LC_ALL": "C", "TZ": "UTC"})
    kept.pop("NOTIFY_SOCKET", None)
    kept.update(extra or {})
    return kept


def children_of(pid):
    """Pids of the processes below pid, nearest first."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    for child in list(found):
        found += children_of(child)
    return found


def end_with_children(process):
    """Ends a process of ours and what it started, by pid."""
    pids = children_of(process.pid)
    for pid in [process.pid, *pids]:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass


class Result:
    def __init__(self, status, stdout, stderr, seconds, timed_out):
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.seconds = seconds
        self.timed_out = timed_out

    def __str__(self):
        shown = f"status {self.status}{' (timed out)' if self.timed_out else ''}, {self.seconds:.2f} s\n"
        shown += "--- stdout\n" + self.stdout + ("" if self.stdout.endswith("\n") or not self.stdout else "\n(no newline)\n")
        return shown + "--- stderr\n" + self.stderr


class Running:
    """A process whose output is collected while it runs, so that a test can wait for a line and then act."""

    def __init__(self, argv, cwd=None, env=None, stdin="", stdout=subprocess.PIPE, timeout=TIMEOUT):
        self.start = time.monotonic()
        self.deadline = self.start + timeout
        self.process = subprocess.Popen([str(word) for word in argv], cwd=cwd, env=clean_environment(env), stdin=subprocess.PIPE,
                                        stdout=stdout, stderr=subprocess.PIPE)
        self.pid = self.process.pid
        self._chunks = {"stdout": [], "stderr": []}
        self._grown = threading.Condition()
        self._threads = []
        for name in ("stdout", "stderr"):
            stream = getattr(self.process, name)
            if stream is None:
                continue
            thread = threading.Thread(target=self._collect, args=(name, stream), daemon=True)
            thread.start()
            self._threads.append(thread)
        try:
            if stdin:
                self.process.stdin.write(stdin.encode())
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def _collect(self, name, stream):
        while True:
            data = os.read(stream.fileno(), 1 << 16)
            with self._grown:
                if data:
                    self._chunks[name].append(data)
                self._grown.notify_all()
            if not data:
                stream.close()
                return

    def text(self, name):
        with self._grown:
            return b"".join(self._chunks[name]).decode(errors="surrogateescape")

    def wait_for(self, pattern, name="stdout"):
        """True once the pattern is found in what came so far; False when the process is gone or the time is up."""
        expression = re.compile(pattern, re.MULTILINE)
        while True:
            if expression.search(self.text(name)):
                return True
            if self.process.poll() is not None or time.monotonic() > self.deadline:
                return bool(expression.search(self.text(name)))
            with self._grown:
                self._grown.wait(0.05)

    def send(self, number):
        if self.process.poll() is None:
            os.kill(self.pid, number)

    def finish(self):
        timed_out = False
        try:
            self.process.wait(max(0.1, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            timed_out = True
            end_with_children(self.process)
            self.process.wait()
        for thread in self._threads:
            # A grandchild that holds the pipe open must not hold us.
            thread.join(2.0)
        return Result(self.process.returncode, self.text("stdout"), self.text("stderr"), time.monotonic() - self.start, timed_out)


def run(argv, **how):
    return Running(argv, **how).finish()


class Kernel:
    """What the running kernel has, found without asking bpfline."""

    TRACEFS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")

    def __init__(self):
        self.version = tuple(int(word) for word in re.match(r"(\d+)\.(\d+)", platform.release()).groups())
        self.tracefs = next((place for place in self.TRACEFS if os.path.isdir(place + "/events")), None)
        if self.tracefs is None and os.geteuid() == 0:
            subprocess.run(["mount", "-t", "tracefs", "none", self.TRACEFS[0]], check=False)
            self.tracefs = self.TRACEFS[0] if os.path.isdir(self.TRACEFS[0] + "/events") else None

    def lacks(self, requirements):
        """The first reason to skip out of several requirements, or None."""
        return next((reason for requirement in requirements if (reason := self.misses(requirement))), None)

    def misses(self, requirement):
        """None if this kernel or machine has what a case requires, else the reason to skip it."""
        kind, _, rest = requirement.partition(":")
        if kind == "event":
            has = self.tracefs and os.path.isdir(f"{self.tracefs}/events/{rest.replace(':', '/')}")
        elif kind == "kernel":
            has = self.version >= tuple(int(word) for word in rest.split("."))
        elif kind == "program":
            has = shutil.which(rest) is not None
        elif kind == "path":
            has = os.path.exists(rest)
        elif kind == "symbol":
            has = any(line.split()[2] == rest for line in open("/proc/kallsyms"))
        elif kind == "writes-user-memory":
            has = "none" in self._lockdown()
        else:
            raise ValueError(f"unknown requirement '{requirement}'")
        return None if has else f"needs {requirement}"

    @staticmethod
    def _lockdown():
        """How far the kernel is closed to root; securityfs, which tells, is not mounted everywhere."""
        def read(folder):
            try:
                with open(folder + "/lockdown") as file:
                    return re.search(r"\[(\w+)\]", file.read())[1]
            except OSError:
                return None

        if (state := read("/sys/kernel/security")) is not None:
            return state
        with tempfile.TemporaryDirectory() as folder:
            if subprocess.run(["mount", "-t", "securityfs", "none", folder], capture_output=True, check=False).returncode:
                return "none"
            state = read(folder)
            subprocess.run(["umount", folder], check=False)
        return state or "none"


# The kinds that need nothing but the kernel's own files ...
KINDS = {"begin", "end", "interval", "profile", "tracepoint"}
# ... those that every machine of the suite can run as well, given a program of ours where they watch one ...
ROW_KINDS = KINDS | {"uprobe", "uretprobe", "usdt", "rawtracepoint", "software", "watchpoint", "iter", "self", "test", "bench"}
# ... and those that only the guest's kernels have.
GUEST_KINDS = {"kprobe", "kretprobe", "fentry", "fexit"}
ALIASES = {"i": "interval", "p": "profile", "t": "tracepoint"}


def lead_to_targets(example, targets):
    """An example that watches a program everybody knows, watching one of ours instead."""
    for shown, own in (("libc:malloc", f"{targets}/uprobe_args:twice"), ("/bin/bash:readline", f"{targets}/uprobe_args:twice"),
                       ('"readline"', '"twice"'), ("/usr/bin/app:shop:sale", f"{targets}/usdt_forms:forms:registers")):
        example = example.replace(shown, own)
    return example


def kinds_of(script):
    """The kinds of a script's probes: what stands before the braces of the outermost level, up to the first colon."""
    text = re.sub(r"//.*|/\*.*?\*/", "", script, flags=re.DOTALL if "/*" in script else 0)
    kinds, depth, start, is_string = set(), 0, 0, False
    for position, char in enumerate(text):
        if char == '"' and text[position - 1] != "\\":
            is_string = not is_string
        elif is_string:
            continue
        elif char == "{":
            if depth == 0:
                head = text[start:position].split("/")[0] if ":/" not in text[start:position] else text[start:position]
                for point in re.split(r",(?![^/]*\))", head):
                    if (match := re.match(r"[\s;]*([A-Za-z]+)\s*(:|$)", point)):
                        kind = match[1].lower()
                        kinds.add(ALIASES.get(kind, kind))
            depth += 1
        elif char == "}":
            depth -= 1
            start = position + 1
    return kinds


# What the example of a row needs that not every kernel has or allows.
ROW_REQUIRES = {"write_user": ["writes-user-memory"], "percpu_kaddr": ["symbol:runqueues"]}


def rows(places):
    """(table, name, example) of every builtin and every kind of probe."""
    text = subprocess.run([places.gen_docs, "rows"], capture_output=True, text=True, check=True).stdout
    return [line.split("\t", 2) for line in text.splitlines()]


class Tally:
    """Counts and prints. A name is printed at once when it fails or is skipped: a skip must be seen."""

    def __init__(self, is_verbose):
        self.is_verbose = is_verbose
        self.passed = self.failed = 0
        self.skips = {}
        self._lock = threading.Lock()

    def add(self, name, complaint=None, skipped=None, seconds=0.0):
        with self._lock:
            if skipped:
                self.skips[skipped] = self.skips.get(skipped, 0) + 1
                print(f"SKIP {name}: {skipped}")
            elif complaint:
                self.failed += 1
                print(f"FAIL {name}\n" + "".join(f"    {line}\n" for line in complaint.rstrip("\n").split("\n")), end="")
            else:
                self.passed += 1
                if self.is_verbose:
                    print(f"ok   {name} ({seconds:.2f} s)")
            sys.stdout.flush()

    def finish(self):
        """Prints the counts; the exit status. No case at all is a failure, and so is a skip where none is allowed."""
        skipped = sum(self.skips.values())
        for reason, count in sorted(self.skips.items()):
            print(f"{count} skipped: {reason}")
        print(f"{self.passed} passed, {self.failed} failed, {skipped} skipped")
        if self.passed + self.failed == 0:
            print("no case ran")
            return 1
        if skipped and os.environ.get("BPFLINE_NO_SKIPS"):
            print("no skip is allowed here (BPFLINE_NO_SKIPS)")
            return 1
        return 1 if self.failed else 0


class Failure(Exception):
    """Raised by a test function: what was expected and what came."""


def expect(condition, message, result=None):
    if not condition:
        raise Failure(message + (f"\n{result}" if result is not None else ""))


def run_functions(functions, places, arguments):
    """Test functions f(places), each named by its own name and explained by its docstring."""
    tally = Tally(arguments.verbose)

    def one(function):
        name = function.__name__
        start = time.monotonic()
        try:
            skipped = function(places)
        except Failure as failure:
            tally.add(name, complaint=str(failure))
        except Exception as exception:  # a test that breaks is a test that fails
            tally.add(name, complaint=f"{type(exception).__name__}: {exception}")
        else:
            tally.add(name, skipped=skipped, seconds=time.monotonic() - start)

    chosen = [function for function in functions if re.search(arguments.filter, function.__name__)]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, chosen))
    return tally.finish()


def need_root():
    if os.geteuid() != 0:
        print("kernel tests need root")
        sys.exit(1)
