#!/usr/bin/env python3
"""Runs the reference programs of reference.txt and compares what they print byte for byte."""

import concurrent.futures
import pathlib
import re
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

BLOCK = re.compile(r"^\*\*(?P<title>[^*]+)\*\*(?: \(`(?P<options>[^`]+)`\))?\n```\n# (?P<program>.*)\n(?P<output>(?:(?!```).*\n)*)```$", re.M)


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    tally = harness.Tally(arguments.verbose)
    text = (harness.HERE / "reference.txt").read_text()
    blocks = list(BLOCK.finditer(text))
    if len(blocks) != text.count("\n**"):
        tally.add("reference.txt", complaint=f"{text.count(chr(10) + '**')} titles but {len(blocks)} blocks that can be read")

    def one(block):
        program, parameters = block["program"].rsplit("}", 1)
        expected = "".join("\n" if line == "·" else line + "\n" for line in block["output"].split("\n")[:-1])
        words = [*shlex.split(block["options"] or ""), "-e", program + "}", *parameters.split()]
        result = harness.run([places.bpfline, *words])
        if result.stdout == expected and result.status == 0:
            return tally.add(block["title"], seconds=result.seconds)
        return tally.add(block["title"], complaint=f"expected\n{expected}--- got {result}")

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        list(pool.map(one, [block for block in blocks if re.search(arguments.filter, block["title"])]))
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
