#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every code sample of the documentation is a piece of a program under docs/examples or of a rule
set, all of which are built and run by tests. Indentation and empty lines do not count.
Usage: check-samples.py SOURCE-ROOT"""

import pathlib
import re
import sys

SUFFIXES = {"c": ".c", "python": ".py", "vala": ".vala", "js": ".mjs", "ini": ".conf"}
# Programs that a reader is told to copy: the whole file must be shown.
WHOLE = {("README.md", "c"): "chat.c", ("README.md", "python"): "chat.py"}


def squeeze(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def contains(lines, piece):
    first = piece[0]
    return any(
        lines[i : i + len(piece)] == piece for i, line in enumerate(lines) if line == first
    )


def load_examples(root):
    examples = {}
    # Rule sets are examples as they are shipped.
    rules = (root / "data" / "rules").glob("*.conf")
    for path in sorted([*(root / "docs" / "examples").iterdir(), *rules]):
        for language, suffix in SUFFIXES.items():
            if path.suffix == suffix:
                text = path.read_text(encoding="utf-8")
                examples.setdefault(language, {})[path.name] = squeeze(text)
    return examples


def check_file(root, path, examples):
    name = str(path.relative_to(root))
    text = path.read_text(encoding="utf-8")
    errors = []
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.S | re.M):
        language, code = found[1], squeeze(found[2])
        if language not in SUFFIXES or not code:
            continue
        # Other configuration is in the example of all keys.
        if language == "ini" and not re.search(r"^(\[event |\[track |rules=)", found[2], re.M):
            continue
        line = text.count("\n", 0, found.start()) + 1
        if not any(contains(lines, code) for lines in examples.get(language, {}).values()):
            errors.append(f"{name}:{line}: no program in docs/examples has this {language} code")
    for (document, language), program in WHOLE.items():
        if document == name:
            # The licence line and the interpreter are left out.
            lines = [l for l in examples[language][program] if not re.match(r"#!|.*SPDX-Lic", l)]
            shown = re.search(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)
            if shown is None or squeeze(shown[1]) != lines:
                errors.append(f"{name}: the {language} code differs from docs/examples/{program}")
    return errors


def main():
    root = pathlib.Path(sys.argv[1])
    examples = load_examples(root)
    documents = [root / "README.md", *sorted((root / "docs").glob("**/*.md"))]
    errors = [error for path in documents for error in check_file(root, path, examples)]
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
