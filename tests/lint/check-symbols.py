#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the library exports, what its headers declare, and what the gir describes are the same.

Usage: check-symbols.py --library FILE [--gir FILE] [--not-in-gir FILE] HEADER…
"""

import argparse
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

GI = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"

AVAILABLE = r"SIO_(?:AVAILABLE|DEPRECATED)_IN_\w+(?:\s*\([^)]*\))?\s+"
TYPE = re.compile(AVAILABLE + r"G_DECLARE_\w+\s*\(\s*\w+\s*,\s*(\w+)")
FUNCTION = re.compile(AVAILABLE + r"(?!G_DECLARE_)[^;{}()]*?\b(\w+)\s*\(")
DATA = re.compile(AVAILABLE + r"extern\s+[^;()]*?\b(\w+)(?:\[\])?\s*;")


def exported(library):
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    names = set()
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        if kind != "A" and not name.startswith("_"):
            names.add(name.split("@")[0])
    return names


def declared(headers):
    names = set()
    for header in headers:
        with open(header, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", " ", file.read(), flags=re.DOTALL)
        text = re.sub(r"^\s*#.*(?:\\\n.*)*", "", text, flags=re.MULTILINE)
        names.update(f"{prefix}_get_type" for prefix in TYPE.findall(text))
        names.update(FUNCTION.findall(text))
        names.update(DATA.findall(text))
    return names


def unsafe_arrays(gir):
    """Arrays with a free function and (transfer full): Python would free their items twice."""
    for parent in ET.parse(gir).iter():
        value = parent.find(f"{GI}return-value")
        array = value.find(f"{GI}array") if value is not None else None
        if array is not None and array.get("name") == "GLib.PtrArray" and value.get("transfer-ownership") == "full":
            yield parent.get(f"{C}identifier") or parent.get("name")


def described(gir):
    names = set()
    for node in ET.parse(gir).iter():
        identifier = node.get(f"{C}identifier")
        if identifier is not None and node.tag in {GI + "function", GI + "method", GI + "constructor"}:
            names.add(identifier)
        get_type = node.get(f"{GLIB}get-type")
        if get_type not in (None, "intern"):
            names.add(get_type)
    return names


def excepted(path):
    names = set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split(maxsplit=1)
            if len(words) == 1:
                sys.exit(f"{path}: {words[0]} is listed without a reason")
            names.update(words[:1])
    return names


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--gir")
    parser.add_argument("--not-in-gir")
    parser.add_argument("headers", nargs="+")
    options = parser.parse_args()

    symbols, functions = exported(options.library), declared(options.headers)
    problems = [f"{name} is exported, but no installed header declares it with SIO_AVAILABLE_IN_…" for name in sorted(symbols - functions)]
    problems += [f"{name} is declared in an installed header, but not exported" for name in sorted(functions - symbols)]
    problems += [f"{name} is exported, but does not begin with sio_" for name in sorted(symbols) if not name.startswith("sio_")]
    if options.gir:
        inside = described(options.gir)
        problems += [f"{name} must return its array as (transfer container)" for name in unsafe_arrays(options.gir)]
        outside = excepted(options.not_in_gir) if options.not_in_gir else set()
        problems += [f"{name} is exported, but not in the gir" for name in sorted(symbols - inside - outside)]
        problems += [f"{name} is in the gir, but not exported" for name in sorted(inside - symbols)]
        problems += [f"{name} is listed as not in the gir, but is in it or is not exported" for name in sorted(outside - (symbols - inside))]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(symbols)} symbols")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
