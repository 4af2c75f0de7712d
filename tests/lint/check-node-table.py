#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/guides/from-node.md is complete and true: symbols, properties and signals that it names
exist, so do the tests, no row is without one or a reason, and every public member that the type
definitions of socket.io and engine.io declare has a row (if these packages are installed).
Usage: check-node-table.py SOURCE-ROOT HEADER…"""

import pathlib
import re
import sys

# Type definitions: file, class or interface, and how the table writes its members.
DEFINITIONS = [
    ("socket.io/dist/index.d.ts", "class Server", "io."),
    ("socket.io/dist/index.d.ts", "interface ServerOptions", ""),
    ("socket.io/dist/namespace.d.ts", "class Namespace", "nsp."),
    ("socket.io/dist/socket.d.ts", "class Socket", "socket."),
    ("socket.io/dist/broadcast-operator.d.ts", "class BroadcastOperator", "op."),
    ("socket.io/dist/broadcast-operator.d.ts", "class RemoteSocket", "remote."),
    ("socket.io/dist/socket-types.d.ts", "interface Handshake", "handshake."),
    ("socket.io/dist/socket-types.d.ts", "interface SocketReservedEventsMap", ""),
    ("socket.io/dist/namespace.d.ts", "interface NamespaceReservedEventsMap", ""),
    ("socket.io/dist/namespace.d.ts", "interface ServerReservedEventsMap", ""),
    ("engine.io/build/server.d.ts", "interface ServerOptions", ""),
    ("engine.io/build/server.d.ts", "interface AttachOptions", ""),
    ("engine.io/build/server.d.ts", "class BaseServer", "io.engine."),
    ("engine.io/build/server.d.ts", "class Server", "io.engine."),
    ("engine.io/build/socket.d.ts", "class Socket", "conn."),
    ("socket.io-adapter/dist/in-memory-adapter.d.ts", "class Adapter", "adapter."),
]
# Declared, but for the implementation only.
INTERNAL = {"constructor"}


def members(text, name):
    """The public members of a class or interface."""
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.S)
    start = re.search(rf"\b{name}\b", text)
    if start is None:
        return None
    # The body begins at the first brace that ends a line outside of the type parameters.
    body = re.search(r"^[^\n]*\{\n(.*?)^\}", text[start.start() :], re.S | re.M)
    found = set()
    depth = 0
    for line in body[1].splitlines():
        statement = line.strip()
        if depth == 0 and statement and not statement.startswith("static "):
            match = re.match(
                r"(?:readonly |abstract |get |set )*([A-Za-z]\w*)\s*(?:<.*?>)?\??\s*[(:<]", statement
            )
            if match and not re.match(r"(private|protected)\b", statement):
                found.add(match[1])
        depth += line.count("{") - line.count("}")
    return found - INTERNAL


def read_rows(text):
    """(line number, cells) of each row of each table, without the heads."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("| ") and not line.startswith("| Node |"):
            yield number, [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def check_symbols(root, headers, text):
    declared = set(re.findall(r"\b(?:sio_\w+(?= \()|SIO_[A-Z_0-9]+)", headers))
    sources = "".join(p.read_text(encoding="utf-8") for p in (root / "libsio-glib").rglob("*.c"))
    for name in sorted(set(re.findall(r"\b(?:sio_\w+(?= \()|SIO_[A-Z_0-9]+)", text)) - declared):
        yield f"no header declares {name}"
    for name in sorted(set(re.findall(r"`(Sio\w+::?[a-z-]+)`", text))):
        if f" * {name}:\n" not in sources:
            yield f"nothing documents {name}"


def check_rows(root, text):
    tests = {}
    for path in (root / "tests").rglob("*"):
        if path.suffix in (".c", ".mjs", ".py") and "node_modules" not in path.parts:
            tests.setdefault(path.name, []).append(path)
            tests.setdefault(f"{path.parent.name}/{path.name}", []).append(path)
    for number, cells in read_rows(text):
        if len(cells) != 3 or not cells[0] or not cells[1]:
            yield f"line {number}: expected “| Node | here | test |”, each filled in"
            continue
        if cells[2] == "–":
            if not re.match(r"none: |internal in Node", cells[1]):
                yield f"line {number}: without a test the second cell must begin with “none: ” and the reason"
            continue
        if cells[1].startswith("see ["):
            continue
        test = re.fullmatch(r"`([\w./-]+): (.+)`", cells[2])
        if test is None or len(tests.get(test[1], [])) != 1:
            yield f"line {number}: expected “`file: test`” with a file that exists once in tests/, not {cells[2]}"
            continue
        content = tests[test[1]][0].read_text(encoding="utf-8")
        if not re.search(rf"[\"'`/]{re.escape(test[2])}[\"'`]", content):
            yield f"line {number}: {test[1]} has no test “{test[2]}”"


def check_members(root, text):
    packages = root / "tests" / "npm" / "node_modules"
    if not (packages / "socket.io").is_dir():
        return
    left = "\n".join(code for _, cells in read_rows(text) for code in re.findall(r"`([^`]+)`", cells[0]))
    for file, name, prefix in DEFINITIONS:
        found = members((packages / file).read_text(encoding="utf-8"), name)
        if not found:
            yield f"{file}: expected members of “{name}”"
            continue
        for member in sorted(found):
            if not re.search(rf"(?<![\w.]){re.escape(prefix + member)}\b", left, re.M):
                yield f"{file}: {name} has “{member}”, expected “{prefix}{member}” in a first cell"


def main():
    root = pathlib.Path(sys.argv[1])
    headers = "".join(pathlib.Path(name).read_text(encoding="utf-8") for name in sys.argv[2:])
    text = (root / "docs" / "guides" / "from-node.md").read_text(encoding="utf-8")
    errors = [
        *check_symbols(root, headers, text),
        *check_rows(root, text),
        *check_members(root, text),
    ]
    for error in errors:
        print(f"from-node.md: {error}", file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
