#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules for tracked files that a machine can check: licence line, length, lock files.

Usage: check-sources.py SOURCE-ROOT
"""

import json
import pathlib
import re
import subprocess
import sys

SPDX = "SPDX-License-Identifier: LGPL-2.1-or-later"
SOURCES = {".build", ".c", ".css", ".gresource", ".h", ".html", ".in", ".js", ".mjs", ".py", ".sh", ".ui", ".vala", ".xml", ".yml"}
MAX_FILE, WARN_FILE = 1200, 800
MAX_FUNCTION = 150


def tracked(root):
    out = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, capture_output=True).stdout
    for name in out.decode().split("\0"):
        path = pathlib.Path(root, name)
        if name and path.is_file() and not path.is_symlink():
            yield name, path


def functions(lines):
    """(line number, length, name) of functions in GNU style: braces in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            name = next((m[1] for text in lines[start - 2 :: -1] if (m := re.match(r"(\w+) \(", text))), "?")
            yield start, number - start + 1, name
            start = None


def check(name, path):
    suffix = path.suffix
    data = path.read_bytes()
    script = data.startswith(b"#!")
    if suffix in SOURCES or script:
        head = data[:600].decode("utf-8", "replace").splitlines()[:3]
        if not any(SPDX in line for line in head):
            yield f'{name}:1: "{SPDX}" is missing on top'
    if suffix in {".c", ".h", ".py", ".mjs", ".js", ".vala"}:
        lines = data.decode("utf-8").splitlines()
        if len(lines) > MAX_FILE:
            yield f"{name}: {len(lines)} lines, at most {MAX_FILE}"
        elif len(lines) > WARN_FILE:
            print(f"warning: {name}: {len(lines)} lines; two things in one?")
        if suffix in {".c", ".h"}:
            for number, line in enumerate(lines, 1):
                if re.match(r" \* .*%[A-Z][A-Z0-9_]+\b", line):
                    yield f"{name}:{number}: constants in documentation are written as `NULL`, not %NULL"
        if suffix == ".c":
            for line, length, function in functions(lines):
                if length > MAX_FUNCTION:
                    yield f"{name}:{line}: {function} has {length} lines, at most {MAX_FUNCTION}"
    if path.name == "package-lock.json":
        for package, entry in json.loads(data)["packages"].items():
            if "resolved" in entry:
                yield f"{name}: {package} carries a download address"


def main(root):
    problems = [problem for name, path in tracked(root) for problem in check(name, path)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
