#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes a guide ready for gi-docgen: its first heading becomes the title of the page, and links
to other guides and documents lead to their pages.
Usage: prepare.py GUIDE OUTPUT [PAGE…]; PAGE is the file name of a document that has a page."""

import pathlib
import re
import sys


def main():
    source, output, pages = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]
    text = re.sub(r"\A<!--.*?-->\n", "", source.read_text(encoding="utf-8"), flags=re.S)
    heading = re.match(r"\s*# (.+)\n", text)
    if heading is None:
        sys.exit(f"{source}: expected the first line to be a heading, like “# Rooms”")

    def link(match):
        name, anchor = pathlib.PurePath(match[1]).name, match[2] or ""
        return f"]({name[:-3]}.html{anchor})" if name in pages else match[0]

    body = re.sub(r"\]\(([\w./-]+\.md)(#[\w-]+)?\)", link, text[heading.end() :])
    output.write_text(f"Title: {heading[1]}\nSlug: {source.stem}\n{body}", encoding="utf-8")


if __name__ == "__main__":
    main()
