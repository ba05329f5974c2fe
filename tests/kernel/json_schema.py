#!/usr/bin/env python3
"""Runs the declarative cases with -f json and holds every line they print against the schema of `bpfline --json-schema`.

The validator below knows the words that schema uses and complains about any other, so that the schema cannot say something that
nobody checks."""

import json
import pathlib
import re
import runpy
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402

NO_PROGRAM = re.compile(r"^(-l|-lv|-V|-h|--version|--help|--list|--fmt|--info|-d|--dry-run|-o|--mode)$")
KNOWN = {"$schema", "title", "description", "type", "required", "properties", "additionalProperties", "const", "enum", "oneOf", "anyOf",
         "$ref", "$defs", "items", "minProperties", "maxProperties", "minimum", "pattern"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def problems(value, schema, root):
    """Why the value does not fit, or None."""
    if schema is True:
        return None
    if schema is False:
        return "is not allowed"
    if unknown := set(schema) - KNOWN:
        raise ValueError(f"the schema uses {unknown}, which this test does not know")
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        if bad := problems(value, target, root):
            return bad
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_type(value, name) for name in names):
            return f"{value!r} is no {names}"
    if "const" in schema and value != schema["const"]:
        return f"{value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{value!r} is none of {schema['enum']}"
    if "minimum" in schema and isinstance(value, int) and value < schema["minimum"]:
        return f"{value} is too small"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        return f"{value!r} does not match {schema['pattern']}"
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                return f"{name} is missing"
        if len(value) < schema.get("minProperties", 0) or len(value) > schema.get("maxProperties", len(value)):
            return f"{len(value)} members"
        for name, member in value.items():
            inner = schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
            if bad := problems(member, inner, root):
                return f"{name}: {bad}"
    if isinstance(value, list) and "items" in schema:
        for element in value:
            if bad := problems(element, schema["items"], root):
                return bad
    for word, fits in (("oneOf", lambda n: n == 1), ("anyOf", lambda n: n >= 1)):
        if word in schema:
            found = [problems(value, one, root) for one in schema[word]]
            if not fits(found.count(None)):
                return f"{found.count(None)} of {word} fit: {'; '.join(str(bad) for bad in found if bad)}"
    return None


def main():
    arguments = harness.argument_parser(__doc__).parse_args()
    harness.need_root()
    places = harness.Places(arguments)
    kernel = harness.Kernel()
    tally = harness.Tally(arguments.verbose)
    schema = json.loads(subprocess.run([places.bpfline, "--json-schema"], check=True, capture_output=True, text=True).stdout)
    runner = runpy.run_path(str(harness.HERE / "runner"))
    lines = 0
    kinds = set()
    for folder in ("cases", "builtins", "probes"):
        for path in sorted((harness.HERE / folder).rglob("*.bt")):
            name = "/".join(path.parts[-2:])
            case = runner["Case"](path)
            words = shlex.split(case.one("run", "{script}"))
            if not re.search(arguments.filter, name) or any(NO_PROGRAM.match(word) for word in words) or "-" in words:
                continue
            if any(kernel.misses(requirement) for requirement in case.all("requires")) or case.one("kill"):
                continue
            with tempfile.TemporaryDirectory(prefix="bpfline-case-") as work:
                for value in case.all("file"):
                    file, _, text = value.partition(" ")
                    target = pathlib.Path(work, file)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with target.open("a") as out:
                        out.write(text + "\n")
                for key, value in (("script", str(path)), ("targets", places.targets), ("tmp", work), ("port", str(runner["free_port"]())),
                                   ("cpus", "2")):
                    words = [word.replace("{" + key + "}", value) for word in words]
                if child := case.one("child"):
                    words = ["-c", f"{places.targets}/{child}", *words]
                process = harness.Running([places.bpfline, "-f", "json", *words], cwd=work, timeout=harness.TIMEOUT,
                                          env=dict(value.split("=", 1) for value in case.all("env")), stdin="")
                result = process.finish()
            complaint = None
            for line in result.stdout.splitlines():
                # What a child prints is its own.
                if not line.startswith('{"type"'):
                    continue
                try:
                    value = json.loads(line)
                except ValueError as error:
                    complaint = f"no JSON: {error}\n{line}"
                    break
                lines += 1
                kinds.add(value["type"])
                if bad := problems(value, schema, schema):
                    complaint = f"{bad}\n{line}"
                    break
            tally.add(name, complaint=complaint)
    print(f"{lines} lines of {len(kinds)} kinds: {', '.join(sorted(kinds))}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
