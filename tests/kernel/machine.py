#!/usr/bin/env python3
"""How tracing fits into a machine: few rights, processes with threads, processes that become another program, several tracers, and
nothing left behind. Each function is one test; those about functions of the kernel run where it has kprobes (the guest)."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from harness import expect  # noqa: E402

TESTS = []
HAS_KPROBES = os.path.exists("/sys/bus/event_source/devices/kprobe")
KPROBE_LIST = "/sys/kernel/debug/kprobes/list"
ENABLED_FUNCTIONS = "/sys/kernel/tracing/enabled_functions"


def test(function):
    TESTS.append(function)
    return function


def attached(process):
    expect(process.wait_for(r"^Attached \d+ probes?$", "stderr"), "did not attach",
           process.finish() if process.process.poll() is not None else None)


# CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH open tracefs, CAP_PERFMON and CAP_BPF do the rest. Root's own rights are what the bounding
# set leaves at exec.
FEW_RIGHTS = ["setpriv", "--bounding-set=-all,+dac_override,+dac_read_search,+perfmon,+bpf", "--inh-caps=-all"]


def allow_perf_events():
    if os.environ.get("BPFLINE_GUEST"):
        # Debian's own level 3 wants CAP_SYS_ADMIN for every perf event.
        pathlib.Path("/proc/sys/kernel/perf_event_paranoid").write_text("2")


@test
def four_capabilities_are_enough(places):
    """No CAP_SYS_ADMIN: every kind of probe this kernel has still attaches and sees what happens."""
    allow_perf_events()
    status = harness.run([*FEW_RIGHTS, "grep", "CapEff", "/proc/self/status"])
    expect(int(status.stdout.split()[1], 16) == (1 << 1 | 1 << 2 | 1 << 38 | 1 << 39), "the rights are what they should be", status)
    scripts = {
        'begin { printf("%d\\n", curtask.tgid == pid); exit(); }': r"^1$",
        "tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @ = count(); }": r"^@: 50$",
        "rawtracepoint:sys_enter /pid == cpid && args.id == 110/ { @ = count(); }": r"^@: 50$",
        "software:page-faults:1 /pid == cpid/ { @ = count(); }": r"^@: \d+$",
        "interval:ms:1 { print(2); exit(); }": r"^2$",
    }
    if harness.Kernel().version >= (6, 6):
        # Through a link; a perf event for it, as before 6.6, takes CAP_SYS_ADMIN.
        scripts["uprobe:libc:syscall /pid == cpid/ { @ = count(); }"] = r"^@: 50$"
    for script, pattern in scripts.items():
        result = harness.run([*FEW_RIGHTS, places.bpfline, "-c", f"{places.targets}/calls 50", "-e", script])
        expect(result.status == 0 and re.search(pattern, result.stdout, re.MULTILINE), script, result)


@test
def kernel_names_are_hidden(places):
    """Without CAP_SYSLOG: what is shown as a number is explained, and so is what cannot be looked up."""
    allow_perf_events()

    def run(script):
        return harness.run([*FEW_RIGHTS, places.bpfline, "-c", f"{places.targets}/calls 1", "-e", script])

    if harness.run([*FEW_RIGHTS, "grep", "-qm1", "^[^0]", "/proc/kallsyms"]).status == 0:
        return "this kernel shows its addresses to everybody"
    cause = "the kernel shows its addresses only to whoever has CAP_SYSLOG"
    # Not at a system call's entry: 6.1 finds no frames there.
    result = run("tracepoint:sched:sched_process_exit /pid == cpid/ { print(kstack(2)); @ = count(); }")
    expect(result.status == 0 and re.search(r"^        0x[0-9a-f]+$", result.stdout, re.MULTILINE), "numbers", result)
    expect(f"WARNING: Kernel functions are shown without names: {cause}; " in result.stderr, "the cause", result)
    result = run('begin { print(kaddr("schedule")); }')
    expect(result.status == 1 and "Failed to resolve kernel symbol: schedule" in result.stderr and f"HINT: {cause}" in result.stderr, "kaddr",
           result)
    result = run("tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { print(1); }")
    expect("names" not in result.stderr, "no word where no name was wanted", result)
    return None


@test
def threads_of_a_process(places):
    """-p sees all threads, those that were there and those that start later, and nobody else."""
    script = "import os, sys, threading\nsys.stdin.readline()\n" \
             "def work():\n    for _ in range(200): os.getppid()\n" \
             "threads = [threading.Thread(target=work) for _ in range(16)]\n" \
             "[t.start() for t in threads]\n[t.join() for t in threads]\n"
    for probe in ("tracepoint:syscalls:sys_enter_getppid", "uprobe:libc:getppid"):
        process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
        tracer = harness.Running([places.bpfline, "-p", str(process.pid), "-e", probe + " { @calls = count(); @threads[tid] = 1; } "
                                  "end { @n = len(@threads); clear(@threads); }"])
        attached(tracer)
        # Somebody else's calls do not count.
        subprocess.run([f"{places.targets}/calls", "100"], check=True)
        process.communicate(b"go\n")
        result = tracer.finish()
        expect(result.status == 0 and "@calls: 3200\n" in result.stdout and "@n: 16\n" in result.stdout, probe, result)


@test
def process_becomes_another_program(places):
    """-p goes on where the process calls exec: it is the same process."""
    process = subprocess.Popen(["sh", "-c", f"read line; exec {places.targets}/calls 300"], stdin=subprocess.PIPE)
    tracer = harness.Running([places.bpfline, "-p", str(process.pid), "-e",
                              "tracepoint:syscalls:sys_enter_getppid { @[comm] = count(); } software:page-faults:1 { @f[comm] = count(); }"])
    attached(tracer)
    process.communicate(b"go\n")
    result = tracer.finish()
    expect(result.status == 0 and "@[calls]: 300\n" in result.stdout and "@f[calls]: " in result.stdout, "both programs", result)


@test
def two_tracers_on_the_same_places(places):
    """Each counts everything, whatever kind of place it is."""
    script = "tracepoint:syscalls:sys_enter_getppid /comm == \"calls\"/ { @t = count(); } " \
             "rawtracepoint:sys_enter /comm == \"calls\" && args.id == 110/ { @rt = count(); } " \
             "uprobe:libc:syscall /comm == \"calls\"/ { @u = count(); }"
    if HAS_KPROBES:
        script += "kprobe:__x64_sys_getppid /comm == \"calls\"/ { @k = count(); } kretprobe:__x64_sys_getppid /comm == \"calls\"/ { @kr = count(); }"
    tracers = [harness.Running([places.bpfline, "-e", script]) for _ in range(2)]
    for tracer in tracers:
        attached(tracer)
    subprocess.run([f"{places.targets}/calls", "400"], check=True)
    for tracer in tracers:
        tracer.send(signal.SIGINT)
    for tracer in tracers:
        result = tracer.finish()
        counts = dict(re.findall(r"^@(\w+): (\d+)$", result.stdout, re.MULTILINE))
        expect(result.status == 0 and len(counts) == (5 if HAS_KPROBES else 3) and set(counts.values()) == {"400"}, "all of them", result)


def lines_of(path):
    try:
        with open(path) as file:
            return file.read().splitlines()
    except OSError:
        return []


@test
def violent_end_leaves_no_function_probed(places):
    """After kill -9 the kernel has let go of every kprobe, trampoline and link."""
    if not HAS_KPROBES:
        return "needs kprobes"
    before = lines_of(KPROBE_LIST), lines_of(ENABLED_FUNCTIONS)
    tracer = harness.Running([places.bpfline, "-e", "config = { missing_probes = warn } "
                              "kprobe:vfs_read* { @ = count(); } kretprobe:vfs_write { @r = count(); } "
                              "kprobe:vfs_read+9 { @o = count(); } fentry:vfs_open { @f = count(); }"])
    attached(tracer)
    expect((lines_of(KPROBE_LIST), lines_of(ENABLED_FUNCTIONS)) != before, "the kernel shows what is probed")
    tracer.send(signal.SIGKILL)
    tracer.finish()
    end = time.monotonic() + 30
    while (lines_of(KPROBE_LIST), lines_of(ENABLED_FUNCTIONS)) != before and time.monotonic() < end:
        time.sleep(0.1)
    expect((lines_of(KPROBE_LIST), lines_of(ENABLED_FUNCTIONS)) == before, "something is left")
    return None


def kernel_symbols():
    """Text symbols of the kernel itself, by name."""
    found = {}
    for line in lines_of("/proc/kallsyms"):
        words = line.split()
        if len(words) == 3 and words[1] in "tTwW":
            found.setdefault(words[2], int(words[0], 16))
    return found


def every(lines, step):
    return lines[step // 2::step]


def listed(places, pattern):
    result = harness.run([places.bpfline, "-l", pattern])
    expect(result.status == 0, pattern, result)
    return result.stdout.splitlines()


def attach_all(places, names, *options):
    """Attaches one body to all of them; whatever is refused is an error of the run."""
    with tempfile.NamedTemporaryFile("w", suffix=".bt") as script:
        script.write(",\n".join(names) + " /pid == 0/ { @ = 1 }\n")
        script.flush()
        result = harness.run([places.bpfline, "--dry-run", *options, script.name],
                             env={"BPFLINE_MAX_PROBES": "100000", "BPFLINE_MAX_BPF_PROGS": "10000"}, timeout=240)
    expect(result.status == 0 and "ERROR" not in result.stderr and "cannot be probed" not in result.stderr, f"{len(names)} of {names[0]}", result)


@test
def what_is_listed_attaches(places):
    """A sample of every kind's list, which wildcards expand to as well: each can be attached."""
    symbols = {}
    for line in lines_of("/proc/kallsyms"):
        symbols[line.split()[2]] = symbols.get(line.split()[2], 0) + 1
    single = ["--no-feature", "kprobe_multi"]
    counts = {}
    # What returns are listed for is the same, or less for fexit; under emulation the whole lists take seconds.
    for kind, other, step, options in (("kprobe", "kprobe", 200, []), ("kprobe", "kretprobe", 400, []), ("kprobe", "kprobe", 4000, single),
                                       ("kprobe", "kretprobe", 4000, single), ("fexit", "fexit", 4000, []), ("fexit", "fentry", 4000, []),
                                       ("tracepoint", "", 100, []), ("rawtracepoint", "", 80, []), ("software", "", 1, [])):
        names = counts[kind] = counts.get(kind) or listed(places, kind + ":*")
        # Without kprobe_multi each function costs its own event, and milliseconds.
        if kind == "kprobe" and harness.Kernel().version < (6, 6):
            step = 4000
        sample = every(names, step)
        # Several functions of one name, and names that the compiler made.
        if other:
            odd = [name for name in names if symbols.get(name.split(":")[-1], 0) > 1 or "." in name]
            sample += every(odd, max(1, len(odd) // (10 if step == 4000 else 100)))
        if sample:
            attach_all(places, [name.replace(kind, other or kind, 1) for name in sample], *options)
    for name in listed(places, "iter:*"):
        attach_all(places, [name])
    counts = {kind: len(names) for kind, names in counts.items()}
    expect(counts["tracepoint"] > 1000 and counts["rawtracepoint"] > 100 and counts["software"] > 10, f"whole lists: {counts}")
    expect(not HAS_KPROBES or min(counts["kprobe"], counts["fexit"]) > 30000, f"whole lists: {counts}")


@test
def functions_of_one_name(places):
    """All of them are meant, alone and in a wildcard, through one link and through events of their own."""
    if not HAS_KPROBES:
        return "needs kprobes"
    name = "load_elf_binary"  # of the ELF loaders for 64 and 32 bits
    expect(sum(line.split()[2] == name for line in lines_of("/proc/kallsyms")) == 2, f"{name} is not there twice")
    single = ["--no-feature", "kprobe_multi"]
    for text, option, count in ((f"kprobe:{name}", [], 2), (f"kprobe:vmlinux:{name}, kprobe:vfs_read", [], 3),
                                (f"kprobe:{name}, kprobe:vfs_read", single, 3), (f"kretprobe:{name}", [], 2),
                                ("kretprobe:load_elf_bin*, kretprobe:vfs_read", [], 3)):
        result = harness.run([places.bpfline, *option, "-c", f"{places.targets}/family 1 /bin/true", "-e",
                              text + " /ppid == cpid/ { @[func, comm] = count(); }"])
        seen = f"@[{name}, {'true' if text.startswith('kret') else 'family'}]: 1\n"
        expect(result.status == 0 and f"Attached {count} probes" in result.stderr and seen in result.stdout, text, result)
    lines = [line for line in listed(places, "kprobe:load_elf_*") if line.endswith(":" + name)]
    expect(len(lines) == 1, f"one line for the name: {lines}")
    return None


@test
def function_by_address(places):
    """kprobe:ADDRESS, in hexadecimal and decimal; only with --unsafe."""
    if not HAS_KPROBES:
        return "needs kprobes"
    address = kernel_symbols()["__x64_sys_getppid"]
    for spelling in (hex(address), str(address)):
        words = [places.bpfline, "-c", f"{places.targets}/calls 50", "-e", f"kprobe:{spelling} /pid == cpid/ {{ @[func, probe] = count(); }}"]
        refused = harness.run(words)
        expect(refused.status == 1 and "ERROR: Probing by address requires --unsafe" in refused.stderr, "without --unsafe", refused)
        result = harness.run([*words, "--unsafe"])
        expect(result.status == 0 and re.search(rf"^@\[__\w*_sys_getppid, kprobe:{address}\]: 50$", result.stdout, re.MULTILINE), spelling, result)
    return None


@test
def functions_that_no_list_names(places):
    """Every name of one function, of which ftrace lists one, alone and together; and one written in assembler, which ftrace cannot touch."""
    if not HAS_KPROBES:
        return "needs kprobes"
    symbols = kernel_symbols()
    listed = {line.split()[0] for line in lines_of("/sys/kernel/tracing/available_filter_functions")}
    names = sorted(name for name, address in symbols.items() if address == symbols["__x64_sys_getppid"] and "." not in name)
    expect(len(names) > 1 and not set(names) <= listed, f"names without a list: {names}")
    for name in names:
        result = harness.run([places.bpfline, "-c", f"{places.targets}/calls 50", "-e", f"kprobe:{name} /pid == cpid/ {{ @[probe] = count(); }}"])
        expect(result.status == 0 and f"@[kprobe:{name}]: 50\n" in result.stdout, name, result)
    result = harness.run([places.bpfline, "-c", f"{places.targets}/calls 50", "-e",
                          ", ".join(f"kprobe:{name}" for name in [names[0], "vfs_read"]) + " /pid == cpid/ { @[probe] = count(); }"])
    expect(result.status == 0 and f"@[kprobe:{names[0]}]: 50\n" in result.stdout, "through one link", result)
    # Debian's kernels let perf events touch only what ftrace can (CONFIG_KPROBE_EVENTS_ON_NOTRACE is off).
    name = "clear_page_erms"
    expect(name in symbols and name not in listed, f"{name} is no longer without a list")
    result = harness.run([places.bpfline, "-c", f"{places.targets}/faults 200", "-e", f"kprobe:{name} /pid == cpid/ {{ @ = count(); }}"])
    if result.status == 0:
        cleared = re.search(r"^@: (\d+)$", result.stdout, re.MULTILINE)
        expect(cleared and int(cleared[1]) >= 200, "pages cleared", result)
    else:
        expect("HINT: the kernel does not let this function be probed (notrace" in result.stderr, "why not", result)
    return None


@test
def arguments_on_the_stack(places):
    """The seventh and later ones, by number and by name."""
    if not HAS_KPROBES:
        return "needs kprobes"
    # do_mmap got vm_flags before pgoff in 6.9, which moved pgoff out of the registers.
    seventh = "arg6" if harness.Kernel().version >= (6, 9) else "arg6 == (uint64)args.populate ? 7 : 0"
    result = harness.run([places.bpfline, "-q", "-c", f"{places.targets}/maps_file {places.bpfline}", "-e",
                          f"kprobe:do_mmap /pid == cpid && args.pgoff == 7 && args.len == 12288/ {{ printf(\"%d %d\\n\", {seventh}, "
                          "args.uf != 0); }"])
    expect(result.status == 0 and re.search(r"^7 1$", result.stdout, re.MULTILINE), "pgoff", result)
    return None


@test
def function_without_trampoline(places):
    """The kernel refuses some that it lists as traceable: no wildcard stands for them, alone one is an error, or missing."""
    if not os.environ.get("BPFLINE_GUEST"):
        return "needs fentry"
    body = " /pid == cpid/ { @[probe] = count(); }"
    words = [places.bpfline, "-c", f"{places.targets}/calls 50", "-e"]
    result = harness.run([*words, "fentry:migrate_*, fentry:vfs_read" + body, "-v"])
    expect(result.status == 0 and "@[fentry:vmlinux:vfs_read]: " in result.stdout and
           "migrate_disable" not in result.stderr and "cannot be probed" not in result.stderr, "the others are attached", result)
    alone = harness.run([*words, "fentry:migrate_disable" + body])
    expect(alone.status == 255 and "does not let this function be traced by fentry" in alone.stderr, "alone", alone)
    missing = harness.run([*words, "config = { missing_probes = warn } fentry:migrate_disable, fentry:vfs_read" + body])
    expect(missing.status == 0 and "WARNING: Unable to attach probe: fentry:vmlinux:migrate_disable. Skipping." in missing.stderr and
           "@[fentry:vmlinux:vfs_read]: " in missing.stdout, "missing_probes", missing)
    return None


@test
def pinned_iterator_runs_without_us(places):
    """The program stays at its file, and whoever reads that gets its text; twice the same name is refused."""
    body = (" /ctx.task.pid == ctx.task.tgid/ { $c = ctx.task.comm; printf(\"%-16s|%5d %s %x\\n\", $c, 40 + 2, $c, 255); "
            "print(ctx.task.comm); if ($c == \"sh\") { print(pid > 0); } }")
    with tempfile.TemporaryDirectory() as folder:
        # A mount namespace of its own: nothing of it is left.
        commands = (f"mount -t bpf none {folder} && '{places.bpfline}' -e \"$1\" && cat {folder}/names && cat {folder}/names >/dev/null && "
                    f"'{places.bpfline}' -e \"$1\"; echo status $?; rm {folder}/names")
        result = harness.run(["unshare", "-m", "sh", "-c", commands, "sh", f"iter:task:\"{folder}/names\"{body}"])
        lines = result.stdout.splitlines()
        expect(lines[0] == f"Program pinned to {folder}/names" and re.search(r"^sh {14}\|   42 sh ff$", result.stdout, re.MULTILINE) and
               {"sh", "true"} <= set(lines), "its text", result)
        expect(lines[-1] == "status 255" and "pinning the iterator" in result.stderr, "the second one", result)
    return None


@test
def bpf_program_as_target(places):
    """fentry on another BPF program: listed, attached, counted."""
    if not os.environ.get("BPFLINE_GUEST"):
        return "needs fentry"
    other = harness.Running([places.bpfline, "-e", "tracepoint:syscalls:sys_enter_getppid /comm == \"calls\"/ { @seen = count(); }"])
    attached(other)
    listed = harness.run([places.bpfline, "-l", "fentry:bpf:*"])
    found = re.findall(r"^fentry:bpf:\d+:\S+$", listed.stdout, re.MULTILINE)
    expect(found, "the program is listed", listed)
    tracer = harness.Running([places.bpfline, "-e", found[0] + " /comm == \"calls\"/ { @runs = count(); }"])
    attached(tracer)
    subprocess.run([f"{places.targets}/calls", "50"], check=True)
    for process in (tracer, other):
        process.send(signal.SIGINT)
    result = tracer.finish()
    other.finish()
    counted = re.search(r"@runs: (\d+)", result.stdout)
    expect(counted and int(counted[1]) >= 50, "each of its runs", result)
    return None


@test
def missing_facility_in_one_sentence(places):
    """Where functions cannot be probed: the cause, and the nearest thing that works."""
    if HAS_KPROBES:
        return "needs a kernel without kprobes"
    for probe, event in (("kprobe:vfs_read", "tracepoint:syscalls:sys_enter_read"), ("kretprobe:vfs_read", "tracepoint:syscalls:sys_exit_read"),
                         ("kprobe:tcp_set_state", "tracepoint:sock:inet_sock_set_state")):
        result = harness.run([places.bpfline, "-e", probe + " { exit(); }"])
        lines = result.stderr.splitlines()
        expect(result.status != 0 and lines[0].startswith("ERROR: this kernel was built without kprobes") and
               lines[1] == f"HINT: the nearest thing that works here is {event}", probe, result)
    return None


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    if not shutil.which("setpriv"):
        print("setpriv (util-linux) is missing")
        return 1
    arguments.jobs = 1  # others' calls are counted, too
    return harness.run_functions(TESTS, harness.Places(arguments), arguments)


if __name__ == "__main__":
    sys.exit(main())
