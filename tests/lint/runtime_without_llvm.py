#!/usr/bin/env python3
"""Usage: runtime_without_llvm.py EXECUTABLE. Status 1 if it needs LLVM, directly or through another library."""

import subprocess
import sys

binary = sys.argv[1]
needed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
symbols = subprocess.run(["nm", "-C", binary], capture_output=True, text=True, check=True).stdout
bad = [line.strip() for line in needed.splitlines() if "LLVM" in line or "clang" in line]
bad += [line for line in symbols.splitlines() if "llvm::" in line or " LLVM" in line][:5]
for line in bad:
    print(line)
ours = sum(1 for line in symbols.splitlines() if " T " in line)
if ours < 100:
    print("the runtime's libraries are not in it")
    bad.append("")
print(f"{ours} functions, {len(needed.splitlines())} shared libraries")
sys.exit(1 if bad else 0)
