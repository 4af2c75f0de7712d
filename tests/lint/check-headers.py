#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The umbrella header brings every installed header, and installed headers bring installed ones only.

Usage: check-headers.py UMBRELLA HEADER…     (HEADER: every installed header)
"""

import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+["<](?P<name>[^">]+)[">]', re.MULTILINE)


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def main(umbrella, headers):
    umbrella = pathlib.Path(umbrella)
    installed = {pathlib.Path(header).name: pathlib.Path(header) for header in headers}
    installed.setdefault(umbrella.name, umbrella)
    problems = []
    brought = set(includes(umbrella))
    for name in sorted(set(installed) - brought - {umbrella.name}):
        problems.append(f"{umbrella.name} does not include {name}")
    for name, path in sorted(installed.items()):
        for other in includes(path):
            if other.endswith("-private.h") or (other.startswith("sio") and other not in installed):
                problems.append(f"{name} includes {other}, which is not installed")
        if "#pragma once" not in path.read_text(encoding="utf-8"):
            problems.append(f"{name} has no #pragma once")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(installed)} installed headers")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
