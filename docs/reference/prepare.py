#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a guide ready for gi-docgen: its first heading becomes the title of the page, links to other
guides and documents lead to their pages, and in tables so do `sio_functions ()`, `SioClass:properties`
and `SioClass::signals`.
Usage: prepare.py GUIDE OUTPUT GIR [PAGE…]; PAGE is the file name of a document that has a page."""

import pathlib
import re
import sys
import textwrap
import xml.etree.ElementTree as ElementTree

CORE = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
FRAGMENTS = {"method": "method", "constructor": "ctor", "function": "func"}
TYPES = {"class": "class", "interface": "iface", "record": "struct"}


def read_symbols(gir):
    """What the table calls a symbol, and the link to it."""
    namespace = ElementTree.parse(gir).getroot().find(f"{CORE}namespace")
    links = {}
    for element in namespace:
        kind = element.tag.removeprefix(CORE)
        if kind == "function":
            links[f"{element.get(f'{C}identifier')} ()"] = f"func@Sio.{element.get('name')}"
        if kind not in TYPES:
            continue
        links[f"Sio{element.get('name')}"] = f"{TYPES[kind]}@Sio.{element.get('name')}"
        for child in element:
            kind = child.tag.removeprefix(CORE)
            owner, name = element.get("name"), child.get("name")
            if kind in FRAGMENTS:
                links[f"{child.get(f'{C}identifier')} ()"] = f"{FRAGMENTS[kind]}@Sio.{owner}.{name}"
            elif kind == "property":
                links[f"Sio{owner}:{name}"] = f"property@Sio.{owner}:{name}"
            elif kind == "{http://www.gtk.org/introspection/glib/1.0}signal":
                links[f"Sio{owner}::{name}"] = f"signal@Sio.{owner}::{name}"
    return links


def main():
    source, output, pages = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[4:]
    symbols = read_symbols(sys.argv[3])
    text = re.sub(r"\A<!--.*?-->\n", "", source.read_text(encoding="utf-8"), flags=re.S)
    heading = re.match(r"\s*# (.+)\n", text)
    if heading is None:
        sys.exit(f"{source}: expected the first line to be a heading, like “# Rooms”")

    def link(match):
        name, anchor = pathlib.PurePath(match[1]).name, match[2] or ""
        return f"]({name[:-3]}.html{anchor})" if name in pages else match[0]

    def link_symbols(row):
        return re.sub(r"`([^`]+)`", lambda code: f"[{symbols[code[1]]}]" if code[1] in symbols else code[0], row[0])

    body = re.sub(r"\]\(([\w./-]+\.md)(#[\w-]+)?\)", link, text[heading.end() :])
    body = re.sub(r"^\|.*$", link_symbols, body, flags=re.M)
    # A sample that is a piece of a function begins at the margin here.
    body = re.sub(
        r"^(```\w+\n)(.*?)^```$",
        lambda code: code[1] + textwrap.dedent(code[2]) + "```",
        body,
        flags=re.S | re.M,
    )
    output.write_text(f"Title: {heading[1]}\nSlug: {source.stem}\n\n# {heading[1]}\n{body}", encoding="utf-8")


if __name__ == "__main__":
    main()
