#!/usr/bin/env python3
"""Holds every #include of ours against layers.toml. Prints one line a violation; status 1 if there is any."""

import fnmatch
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = ("*.h", "*.cpp", "*.l", "*.yy")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
# Made by bison, flex and CMake; they exist in the build tree only.
GENERATED = {"grammar/parser.hpp", "grammar/lexer.hpp", "bpfline/version.h"}


def folder_of(path, folders):
    """The folder of the table that holds this path, or None."""
    parent = path.rsplit("/", 1)[0]
    return parent if parent in folders else None


def allowed(folder, header, rules):
    may = rules["folders"][folder]
    parent = header.rsplit("/", 1)[0]
    return parent in (folder, "runtime/base") or parent in may or header in may


def restricted(path, header, rules):
    """The reason why this file may not include this foreign header, or None."""
    for rule in rules["restricted"]:
        if any(header == h[:-1] if h.endswith("$") else header.startswith(h) for h in rule["headers"]):
            if not any(fnmatch.fnmatch(path, pattern) for pattern in rule["files"]):
                return rule["why"]
    return None


def check(path, text, rules, exists):
    """Yields (line number, message) for one file."""
    in_table = folder_of(path, rules["folders"])
    # Tests and their tools may look at everything, but by the same paths.
    is_test = path.startswith("tests/")
    if not is_test and in_table is None:
        yield 1, "this folder is not in layers.toml"
        return
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        ours, foreign = match.groups()
        if foreign:
            why = restricted(path, foreign, rules)
            if why:
                yield number, f"<{foreign}>: {why}"
            continue
        if ours not in GENERATED and not exists(ours):
            # Quotes are for our own headers, named from the root.
            yield number, f'"{ours}" is no path from the root of the repository'
        elif not is_test and not allowed(in_table, ours, rules):
            yield number, f'"{ours}": {in_table} may not include it'


def self_test(rules):
    """The rules themselves: each line is a file, an include, and whether it must be refused."""
    cases = [
        ("src/check/x.cpp", '#include "src/typed/typed.h"', False),
        ("src/check/x.cpp", '#include "src/codegen/emitter.h"', True),
        ("src/check/x.cpp", '#include "src/builtins/table.h"', True),
        ("src/codegen/x.cpp", '#include "src/ast/ast.h"', True),
        ("src/codegen/x.cpp", '#include "src/check/check.h"', True),
        ("src/builtins/x.cpp", '#include "src/check/call_site.h"', False),
        ("src/builtins/x.cpp", '#include "src/check/check.h"', True),
        ("src/commands/x.cpp", '#include "src/cli/report.h"', True),
        ("runtime/tracer/x.cpp", '#include "runtime/live/load.h"', True),
        ("runtime/format/x.cpp", '#include "src/types/type.h"', True),
        ("runtime/format/x.cpp", '#include "runtime/base/text.h"', False),
        ("src/ir/x.cpp", "#include <llvm/IR/Module.h>", False),
        ("src/ir/x.h", "#include <llvm/IR/Module.h>", True),
        ("src/driver/x.cpp", "  #  include <llvm/IR/Module.h>", True),
        ("runtime/live/x.cpp", "#include <bpf/bpf.h>", False),
        ("runtime/tracer/x.cpp", "#include <bpf/bpf.h>", True),
        ("runtime/base/x.h", "#include <fmt/format.h>", True),
        ("runtime/base/x.cpp", "#include <fmt/format.h>", False),
        ("runtime/base/x.cpp", "#include <iostream>", True),
        ("runtime/base/x.cpp", "#include <linux/bpf.h>", False),
        ("src/new_folder/x.cpp", "", True),
        ("src/check/x.cpp", '#include "typed.h"', True),
    ]
    failed = 0
    for path, line, is_refused in cases:
        found = list(check(path, line, rules, lambda header: "/" in header))
        if bool(found) != is_refused:
            print(f"self-test: {path}: {line}: {'not refused' if is_refused else found}")
            failed += 1
    return failed


def main():
    rules = tomllib.loads((ROOT / "tests/lint/layers.toml").read_text())
    failed = self_test(rules)
    files = 0
    for top in ("runtime", "src", "grammar", "tests"):
        for pattern in SOURCES:
            for file in sorted((ROOT / top).rglob(pattern)):
                path = file.relative_to(ROOT).as_posix()
                files += 1
                text = file.read_text(errors="replace")
                for number, message in check(path, text, rules, lambda header: (ROOT / header).is_file()):
                    print(f"{path}:{number}: {message}")
                    failed += 1
    print(f"{files} files, {failed} violations")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
