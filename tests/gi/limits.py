#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of limits in docs/guides/limits.md has all of them, with the defaults that objects have.
Usage: limits.py LIMITS.MD. Prints TAP."""

import pathlib
import re
import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import GObject, Sio  # noqa: E402

# Properties with these names are limits; of the client only what bounds memory.
LIMIT = re.compile(r"max-|enforce-limits|.*(-limit-action|-policy|-timeout)$")
CLIENT = re.compile(r"max-buffered-")


def objects():
    server = Sio.Server()
    yield server
    yield server.get_engine()
    yield server.get_recovery()
    yield Sio.MsgpackParser()
    yield Sio.Client.new("http://localhost/")


def show(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, GObject.GEnum):
        return value.value_nick
    return f"{value:.0f}"


def main():
    text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(Sio\w+:[a-z-]+)` \| (\S+) \|", text, re.M))
    failures, number = 0, 0
    for instance in objects():
        pattern = CLIENT if isinstance(instance, Sio.Client) else LIMIT
        for pspec in instance.list_properties():
            if not pattern.match(pspec.name) or not pspec.flags & GObject.ParamFlags.WRITABLE:
                continue
            name = f"{type(instance).__name__}"
            name = f"Sio{name}:{pspec.name}"
            value, default = show(instance.get_property(pspec.name)), show(pspec.default_value)
            documented = rows.pop(name, None)
            good = value == default == documented
            number += 1
            failures += not good
            print("ok" if good else "not ok", number, "-", name)
            if not good:
                print(f"# value {value}, default {default}, documented {documented}")
    number += 1
    print("ok" if not rows else "not ok", number, "- nothing else is in the table")
    if rows:
        print(f"# {sorted(rows)}")
    print(f"1..{number}")
    return 1 if failures or rows else 0


if __name__ == "__main__":
    sys.exit(main())
