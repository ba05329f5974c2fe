#!/usr/bin/env python3
"""Where names, arguments and source lines come from: separate debug files, packed tables, libraries that come and go, compilers at run
time, containers, deleted files. Each function is one test."""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from harness import expect  # noqa: E402

TESTS = []
ON_CALL = "tracepoint:syscalls:sys_enter_getppid /pid == cpid/"


def test(function):
    TESTS.append(function)
    return function


def trace(places, script, command, *words, **how):
    """The standard output of a run that ended well."""
    result = harness.run([places.bpfline, "-q", *words, "-c", command, "-e", script], **how)
    expect(result.status == 0 and not result.timed_out, "did not end well", result)
    return result.stdout


def attached(process):
    expect(process.wait_for(r"^Attached \d+ probes?$", "stderr"), "did not attach",
           process.finish() if process.process.poll() is not None else None)


def frames(text):
    """The names in a printed stack, leaf first."""
    return re.findall(r"^ *(\S.*?)\+\d+(?:@.*)?$", text, re.MULTILINE)


# -- separate debug files ---------------------------------------------------------------------------------------------------------

# A static function's name, the names and types of parameters, and a line of the source.
THREE_THINGS = ('config = { show_debug_info = true } uprobe:APP:hidden { print(args.x); } uprobe:APP:leaf { print(ustack(2)); } '
                'uprobe:APP@uprobe_args.c:71 { @line = count(); }')


class Program:
    """A stripped copy of a target, and its debug file."""

    def __init__(self, places, folder, *options):
        self.path = pathlib.Path(folder, "bin", "app")
        self.debug = pathlib.Path(folder, "app.debug")
        self.path.parent.mkdir()
        source = f"{places.targets}/uprobe_args"
        subprocess.run(["objcopy", "--only-keep-debug", source, self.debug], check=True)
        subprocess.run(["objcopy", "--strip-all", *(option.replace("DEBUG", str(self.debug)) for option in options), source, self.path],
                       check=True, stderr=subprocess.DEVNULL)

    def has_all(self, places, *words):
        output = trace(places, THREE_THINGS.replace("APP", str(self.path)), str(self.path), *words)
        expect(output.startswith("6\n"), "the argument", output)
        expect(re.search(r"^ +leaf\+0@\S*uprobe_args\.c:\d+\n +middle\+\d+@\S*uprobe_args\.c:\d+$", output, re.MULTILINE), "lines", output)
        expect("@line: 3\n" in output, "the probe on a line", output)

    def lacks_all(self, places):
        result = harness.run([places.bpfline, "-e", f"uprobe:{self.path}:hidden {{ print(1); }}"])
        expect(result.status != 0 and "No matches for uprobe" in result.stderr, "the name is found nevertheless", result)


@test
def debug_file_by_build_id(places):
    """DIR/.build-id/xx/yyy.debug with --debuginfo DIR."""
    with tempfile.TemporaryDirectory() as folder:
        program = Program(places, folder)
        notes = subprocess.run(["readelf", "-n", program.path], capture_output=True, text=True, check=True).stdout
        found = re.search(r"Build ID: ([0-9a-f]{2})([0-9a-f]+)", notes)
        expect(found, "the linker writes build ids", notes)
        program.lacks_all(places)
        place = pathlib.Path(folder, "store", ".build-id", found[1], found[2] + ".debug")
        place.parent.mkdir(parents=True)
        shutil.move(program.debug, place)
        program.has_all(places, "--debuginfo", f"/nowhere:{folder}/store")


@test
def debug_file_by_link(places):
    """.gnu_debuglink: .debug beside the program, and the directories of --debuginfo."""
    with tempfile.TemporaryDirectory() as folder:
        program = Program(places, folder, "--add-gnu-debuglink=DEBUG")
        program.lacks_all(places)
        program.has_all(places, "--debuginfo", f"+{folder}")
        beside = program.path.parent / ".debug"
        beside.mkdir()
        shutil.move(program.debug, beside)
        program.has_all(places)


@test
def packed_table(places):
    """.gnu_debugdata: names of static functions, in probes and in stacks."""
    if not shutil.which("xz"):
        return "no xz"
    with tempfile.TemporaryDirectory() as folder:
        program = Program(places, folder)
        table = pathlib.Path(folder, "table")
        subprocess.run(["objcopy", "--strip-debug", f"{places.targets}/uprobe_args", table], check=True)
        subprocess.run(["xz", table], check=True)
        program.lacks_all(places)
        subprocess.run(["objcopy", f"--add-section=.gnu_debugdata={table}.xz", program.path], check=True)
        output = trace(places, f"uprobe:{program.path}:hidden {{ print(arg0 & 0xff); print(ustack(2)); }}", str(program.path))
        expect(output.startswith("6\n") and frames(output) == ["hidden", "main"], "names", output)
    return None


# -- other ways to write it down --------------------------------------------------------------------------------------------------

@test
def types_in_units_of_their_own(places):
    """-fdebug-types-section, in DWARF 4 and 5: members, base classes, names of types."""
    for version in ("4", "5"):
        program = f"{places.targets}/uprobe_shapes_types{version}"
        output = trace(places, f'uprobe:{program}:cpp:"shop::Item::add(int)" {{ print((args.by, args.this.amount_, args.this.price, args.this.name)); }} '
                       f'uprobe:{program}:cpp:"shop::sell" {{ print((args.at, args.item.amount_)); }}', program)
        expect(output.startswith("(4, 30, 5, apple)\n(90, 35)\n"), "members", output)
        listed = harness.run([places.bpfline, "-lv", f"uprobe:{program}:*look*"])
        expect("    const shop::Item& item\n" in listed.stdout, "the type's name", listed)
        program = f"{places.targets}/uprobe_args_types{version}"
        output = trace(places, f"uprobe:{program}:typed {{ print((args.list.as_int, args.list.next.below, ((struct node *)arg1).pair.second)); }} "
                       f"uprobe:{program}:take_pair {{ print(args.p); }}", program)
        expect(output.startswith("{ .first = -5000000000, .second = 77 }\n(12, -3, 9)\n"), "members in C", output)


@test
def copies_of_the_optimiser(places):
    """A copy with fewer parameters: what is always the same is told, what is not there is not made up."""
    program = f"{places.targets}/copied"
    symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    copy = re.search(r" t (part\.\S+)$", symbols, re.MULTILINE)
    if not copy:
        return "the compiler made no copy"
    output = trace(places, f"uprobe:{program}:{copy[1]} {{ print((args.n, args.always)); }}", program)
    expect(output.startswith("(1, 200)\n(41, 200)\n"), "values", output)
    return None


# -- libraries in archives --------------------------------------------------------------------------------------------------------

PAGE = 4096


def pack(archive, library, method=zipfile.ZIP_STORED):
    """A ZIP with the library as lib/plugin.so, its bytes at the beginning of a page; where they begin."""
    name = "lib/plugin.so"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("notes.txt", "first\n" * 50)
        info = zipfile.ZipInfo(name)
        info.compress_type = method
        header = 30 + len(name)
        pad = -(file.fp.tell() + header + 4) % PAGE
        info.extra = struct.pack("<HH", 0xd935, pad) + bytes(pad)
        begin = file.fp.tell() + header + len(info.extra)
        file.writestr(info, pathlib.Path(library).read_bytes())
    return begin


@test
def library_inside_an_archive(places):
    """archive.zip!/lib/x.so: by name, with arguments, by line, in stacks; members that nobody can map are refused."""
    library = f"{places.targets}/libplugin.so"
    symbols = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout
    address = int(re.search(r"^([0-9a-f]+) T plugin_sum$", symbols, re.MULTILINE)[1], 16)
    loads = subprocess.run(["readelf", "-lW", library], capture_output=True, text=True, check=True).stdout
    offset, virtual = re.search(r"LOAD\s+(0x[0-9a-f]+) (0x[0-9a-f]+) \S+ \S+ \S+ R E", loads).groups()
    with tempfile.TemporaryDirectory() as folder:
        archive = f"{folder}/app.zip"
        place = pack(archive, library) + address - int(virtual, 16) + int(offset, 16)
        member = f'"{archive}!/lib/plugin.so"'
        script = (f'uprobe:{member}:plugin_sum {{ @sum = sum(args.a + args.b); @[probe] = count(); printf("%s", ustack(perf, 1)); }} '
                  f"uretprobe:{member}:plugin_* {{ @back = sum(retval); }} uprobe:{member}:plugin_sum+1 {{ @inside = count(); }}")
        output = trace(places, script, f"{places.targets}/uprobe_maps {archive} {place} 5")
        for line in ("@sum: 30", "@back: 30", "@inside: 5", f"@[uprobe:{archive}!/lib/plugin.so:plugin_sum]: 5"):
            expect(line + "\n" in output, line, output)
        expect(output.count(f"plugin_sum+0 ({archive})") == 5, "names in stacks", output)

        def refusal(path):
            result = harness.run([places.bpfline, "-e", f'uprobe:"{path}":plugin_sum {{ print(1); }}'])
            expect(result.status == 1, "refused", result)
            return result.stderr

        pack(f"{folder}/small.zip", library, zipfile.ZIP_DEFLATED)
        expect("lib/plugin.so is compressed inside" in refusal(f"{folder}/small.zip!/lib/plugin.so"), "compressed")
        expect("has no member lib/other.so" in refusal(f"{archive}!/lib/other.so"), "no such member")
        expect("is no ZIP archive" in refusal(f"{library}!/lib/plugin.so"), "no archive")
        expect("does not exist" in refusal(f"{folder}/none.zip!/lib/plugin.so"), "no such file")


# -- stacks -----------------------------------------------------------------------------------------------------------------------

@test
def names_at_fixed_addresses(places):
    """A program that is not relocatable."""
    program = f"{places.targets}/uprobe_fixed"
    output = trace(places, f'uprobe:{program}:leaf {{ print(ustack(3)); print(usym(reg("ip"))); }}', program)
    expect(frames(output) == ["leaf", "middle", "main"] and output.rstrip().endswith("\nleaf"), "names", output)


@test
def names_of_a_library_that_is_gone(places):
    """Loaded and unloaded many times; the stack is printed when everything is over."""
    for words in ("3", "40"):
        output = trace(places, ON_CALL + " { @[ustack(5)] = count(); }", f"{places.targets}/uprobe_loads {places.targets}/libplugin.so {words}")
        for name in ("back", "plugin_call", "main"):
            expect(name in frames(output), name, output)


@test
def probes_in_a_library_that_comes_and_goes(places):
    """A uprobe fires in every round, and the tracer survives the unloading."""
    library = f"{places.targets}/libplugin.so"
    output = trace(places, f"uprobe:{library}:plugin_sum {{ @calls = count(); @sum = sum(args.a + args.b); }} "
                   f"uretprobe:{library}:plugin_call {{ @back = sum(retval); }}", f"{places.targets}/uprobe_loads {library} 20")
    expect("@calls: 20\n" in output and "@sum: 230\n" in output and "@back: 230\n" in output, "twenty rounds", output)


@test
def names_of_compiled_code(places):
    """/tmp/perf-PID.map."""
    output = trace(places, ON_CALL + ' { printf("%s", ustack(4)); }', f"{places.targets}/uprobe_compiles")
    expect("compiled:loop file.js:7" in frames(output), "the name", output)
    output = trace(places, ON_CALL + ' { printf("%s", ustack(perf, 4)); }', f"{places.targets}/uprobe_compiles")
    expect(re.search(r"compiled:loop file\.js:7\+\d+ \(\[perf map\]\)", output), "the module", output)


@test
def names_before_exec(places):
    """Stacks of what a process was before it became another program."""
    output = trace(places, ON_CALL + " { @[comm, ustack(3)] = count(); }",
                   f"{places.targets}/uprobe_becomes {places.targets}/uprobe_loads {places.targets}/libplugin.so")
    found = {match[1]: frames(match[2]) for match in re.finditer(r"^@\[(\w+), \n(.*?)^\]: 1$", output, re.MULTILINE | re.DOTALL)}
    expect(found.get("uprobe_becomes", [])[:2] == ["before", "main"], "the first program's", output)
    expect("back" in found.get("uprobe_loads", []) and "plugin_call" in found["uprobe_loads"], "the second program's", output)


@test
def names_of_what_ran_before(places):
    """A process that was there before the tracer and is gone when its stack is shown."""
    victim = subprocess.Popen([f"{places.targets}/uprobe_waits"], stdin=subprocess.PIPE)
    try:
        script = 'tracepoint:syscalls:sys_enter_getppid /comm == "uprobe_waits"/ { @[ustack(2)] = count(); }'
        process = harness.Running([places.bpfline, "-e", script])
        attached(process)
        victim.communicate(b"go\n", timeout=20)
        process.send(2)
        result = process.finish()
        expect(result.status == 0 and sorted(frames(result.stdout)) == ["in_child", "in_parent", "main", "main"], "names", result)
    finally:
        victim.kill()
        victim.wait()


@test
def names_of_a_deleted_program(places):
    """The file is gone, the process lives: its bytes are still to be had. Probes by -p, stacks by name."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "sleeper")
        shutil.copy(f"{places.targets}/uprobe_args", copy)
        script = f"uprobe:{copy}:leaf {{ printf(\"%s\", ustack(3)); }} uprobe:{copy}:middle {{ @ = count(); }}"
        process = harness.Running([places.bpfline, "-e", script])
        attached(process)
        victim = subprocess.Popen([copy])
        copy.unlink()
        expect(process.wait_for(r"leaf"), "nothing was printed", process.finish() if process.process.poll() is not None else None)
        victim.wait(20)
        process.send(2)
        result = process.finish()
        expect(frames(result.stdout) == ["leaf", "middle", "main"], "names", result)


@test
def probes_in_a_replaced_program(places):
    """-p on a process whose program was upgraded since: what runs is probed, not what lies there now."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "waits")
        for point in ("uprobe:in_parent", f"uprobe:{copy}:in_parent"):
            shutil.copy(f"{places.targets}/uprobe_waits", copy)
            victim = subprocess.Popen([copy], stdin=subprocess.PIPE)
            try:
                copy.unlink()
                shutil.copy(f"{places.targets}/calls", copy)
                process = harness.Running([places.bpfline, "-p", victim.pid, "-e", point + ' { printf("%s", ustack(2)); }'])
                attached(process)
                victim.communicate(b"go\n", timeout=20)
                result = process.finish()
                expect(result.status == 0 and frames(result.stdout) == ["in_parent", "main"], point, result)
            finally:
                victim.kill()
                victim.wait()


@test
def names_in_another_mount_namespace(places):
    """A container's file of the same name is another file: stacks and probes take the container's."""
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        return "no mount namespaces"
    with tempfile.TemporaryDirectory() as folder:
        inside = pathlib.Path(folder, "inside")
        inside.mkdir()
        program = inside / "program"
        shutil.copy(f"{places.targets}/calls", program)
        # In there the directory is another one, with another program of the same name, which waits to be told to go on.
        shell = (f"mount -t tmpfs none {inside} && cp {places.targets}/uprobe_args {program} && echo ready && read go && exec {program}")
        victim = subprocess.Popen(["unshare", "--mount", "sh", "-c", shell], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            expect(victim.stdout.readline() == "ready\n", "the container did not start")
            script = f"uprobe:{program}:leaf {{ printf(\"%s\", ustack(3)); }}"
            process = harness.Running([places.bpfline, "-p", victim.pid, "-e", script])
            attached(process)
            victim.communicate("go\n", timeout=20)
            result = process.finish()
            expect(result.status == 0 and frames(result.stdout) == ["leaf", "middle", "main"], "names", result)
        finally:
            victim.kill()
            victim.wait()
    return None


@test
def demangled_names(places):
    """C++ in stacks and usym; cpp_demangle = false leaves them as they are in the file."""
    program = f"{places.targets}/uprobe_shapes"
    point = f'uprobe:{program}:cpp:"shop::look" {{ print(ustack(1)); print(usym(reg("ip"))); }}'
    output = trace(places, point, program)
    expect(output.startswith("\n        shop::look(shop::Item const&, int&)+0\n\nshop::look(shop::Item const&, int&)\n"), "names", output)
    output = trace(places, "config = { cpp_demangle = false } " + point, program)
    expect("_ZN4shop4lookERKNS_4ItemERi+0\n" in output, "as in the file", output)


@test
def build_ids(places):
    """The mode build_id: 40 digits and the offset in the file, also when the process is gone."""
    program = f"{places.targets}/uprobe_args"
    notes = subprocess.run(["readelf", "-nW", program], capture_output=True, text=True, check=True).stdout
    wanted = re.search(r"Build ID: ([0-9a-f]+)", notes)
    expect(wanted, "the linker writes build ids", notes)
    output = trace(places, f"uprobe:{program}:leaf {{ @[ustack(build_id, 3)] = count(); }}", program)
    found = re.findall(r"^ *([0-9a-f]{40}) 0x([0-9a-f]+)$", output, re.MULTILINE)
    expect(len(found) == 3 and {number for number, _ in found} == {wanted[1].ljust(40, "0")}, "three frames of the program", output)
    symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    leaf = int(re.search(r"^([0-9a-f]+) T leaf$", symbols, re.MULTILINE)[1], 16)
    loads = subprocess.run(["readelf", "-lW", program], capture_output=True, text=True, check=True).stdout
    offset, address = re.search(r"LOAD\s+(0x[0-9a-f]+) (0x[0-9a-f]+) \S+ \S+ \S+ R E", loads).groups()
    expect(int(found[0][1], 16) == leaf - int(address, 16) + int(offset, 16), "the leaf's offset", output)


@test
def inlined_functions(places):
    """A probe on one says what can be probed instead; a stack shows it."""
    program = f"{places.targets}/uprobe_inlined"
    result = harness.run([places.bpfline, "-e", f"uprobe:{program}:inner {{ print(1); }}"])
    hint = re.search(r"HINT: the compiler put inner into its callers; a line of it can be probed: (\S+)$", result.stderr, re.MULTILINE)
    expect(result.status == 1 and "No matches for uprobe" in result.stderr and hint, "the hint", result)
    output = trace(places, hint[1] + " { print(func); }", program)
    expect(output.startswith("outer\n"), "the line of the hint", output)
    output = trace(places, "config = { show_debug_info = true } " + ON_CALL + " { print(ustack(3)); }", program)
    places_in_source = re.findall(r"^        (?:(\[inlined\] \w+)|(\w+)\+\d+)@\S*?(\w+\.[ch]):\d+$", output, re.MULTILINE)
    expect([inlined or name for inlined, name, _ in places_in_source][:4] == ["[inlined] call_here", "[inlined] inner", "outer", "main"],
           "the stack", output)
    expect([file for *_, file in places_in_source][:3] == ["here.h", "uprobe_inlined.c", "uprobe_inlined.c"], "the files", output)


# -- targets that go away ---------------------------------------------------------------------------------------------------------

@test
def target_becomes_another_program(places):
    """A probed process that calls exec: what it was fires, what it is does not, the run ends well."""
    program = f"{places.targets}/uprobe_becomes"
    output = trace(places, f"uprobe:{program}:before {{ @before = count(); @argument = args.value; }} uretprobe:{program}:before {{ @back = count(); }}",
                   f"{program} {program} {places.targets}/calls 10")
    expect("@before: 2\n" in output and "@back: 2\n" in output, "both", output)


@test
def target_is_killed_inside(places):
    """Ended by a signal in the middle of a probed function."""
    program = f"{places.targets}/uprobe_args"
    result = harness.run([places.bpfline, "--unsafe", "-c", program, "-e",
                          f'uprobe:{program}:leaf {{ @in = count(); signal("KILL"); }} uretprobe:{program}:middle {{ @out = count(); }}'])
    expect(not result.timed_out and "@in: 1\n" in result.stdout and "@out" not in result.stdout, "killed inside", result)


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    return harness.run_functions(TESTS, harness.Places(arguments), arguments)


if __name__ == "__main__":
    sys.exit(main())
