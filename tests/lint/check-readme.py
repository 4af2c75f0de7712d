#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The code in README.md is the code of docs/examples, which is compiled and run by tests.
Usage: check-readme.py SOURCE-ROOT"""

import pathlib
import re
import sys

EXAMPLES = {"c": "chat.c", "python": "chat.py"}


def main():
    root = pathlib.Path(sys.argv[1])
    readme = (root / "README.md").read_text(encoding="utf-8")
    status = 0
    for language, name in EXAMPLES.items():
        example = (root / "docs" / "examples" / name).read_text(encoding="utf-8")
        # The licence line and the interpreter are left out.
        code = re.sub(r"\A(#!.*\n)?.*SPDX-License-Identifier.*\n", "", example)
        found = re.search(rf"```{language}\n(.*?)```", readme, re.S)
        if found is None or found[1] != code:
            print(f"README.md: the {language} code differs from docs/examples/{name}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
