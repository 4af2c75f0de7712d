#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server that is marked as production has a colour and a word of its own, and questions about it say so."""

import os
import pathlib
import struct
import subprocess

from act import SERVER, check, run, until

NPM = pathlib.Path(__file__).resolve().parent.parent / "interop" / "lib" / "npm.mjs"


def has_red_edge(stage):
    """Along the header of the window."""
    data = stage.display.screen.read_bytes()
    head = struct.unpack(">25I", data[:100])
    start = head[0] + head[19] * 12
    for y in range(12):
        blue, green, red = data[start + y * head[12] + 300 * 4 :][:3]
        if red > 180 and green < 100 and blue < 100:
            return True
    return False


def add_server(stage):
    window = stage.window
    window.press("^Add a Server$")
    window.fill("^Address$", stage.daemon.url)
    window.fill("^Name in the list$", "Shop")
    window.fill("^User name$", "admin")
    window.fill("^Password$", "secret")
    window.press("^Production$")
    window.press("^_?Save$")


def main(stage):
    script = "const { load } = await import(process.argv[1]); console.log(load('bcryptjs').hashSync('secret', 4));"
    hashed = subprocess.run([os.environ["SIO_NODE"], "--input-type=module", "-e", script, str(NPM)], check=True,
                            capture_output=True, text=True).stdout.strip()
    (stage.scratch / "passwords").write_text(f"admin:{hashed}\n")
    stage.start_server("admin.enabled=true", "admin.mode=development", f"admin.password-file={stage.scratch}/passwords")
    ann = stage.open("ann")
    window = stage.start_window()
    window.shows(SERVER)
    window.page("Announcements")
    window.shows("^Enter a title.$")
    window.fill("^Title$", "Sale")
    assert not window.has("^Production$", ("label",))
    assert not has_red_edge(stage)
    window.press("^_?Send…$")
    window.answer("^Send[?]$", "_?Cancel")
    check("a server that is not marked is asked about as usual")
    add_server(stage)
    window.shows("^Shop, production, Connected$")
    window.shows("^Production$", ("label",))
    until(lambda: has_red_edge(stage), "red edge of the header")
    window.picture("marked")
    check("one that is has a word and a colour in the window")
    window.shows("^1 recipient at the moment$")
    window.press("^_?Send…$")
    texts = " ".join(window.answer("^Send in Production[?]$", "_?Cancel"))
    assert "“Sale” to everyone at “Shop”" in texts and "1 recipient" in texts, texts
    window.press("^_?Send…$")
    # What is at hand is not to do it.
    window.shows("^Send in Production[?]$")
    window.key("Return")
    window.hides("^Send in Production[?]$")
    assert not stage.clients.got(ann, "announcement")
    window.press("^_?Send…$")
    window.answer("^Send in Production[?]$", "_?Send")
    assert stage.clients.expect_event(ann, "announcement")[0]["title"] == "Sale"
    window.told("^Sent, 1 recipient")
    assert len(stage.clients.got(ann, "announcement")) == 1
    check("announcements to it take one more thought")


run("act-production", main)
