#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A window that serves a chat: its list follows the room. Usage: rooms_gtk.py ROOMS-GTK SIO-CAT"""

import json
import re
import subprocess
import sys

from gtk_window import WAIT, Display, Process, check, run

ROOMS, SIO_CAT = sys.argv[1:3]


def join(url, name):
    """A client that stays until its input ends."""
    client = Process([SIO_CAT, "-q", "-k", "-i", "--listen", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    client.child.stdin.write(json.dumps(["call me", name]) + "\n")
    client.child.stdin.flush()
    assert json.loads(client.child.stdout.readline())["type"] == "ack"
    return client


def main():
    display = Display("rooms-gtk")
    window = display.start([ROOMS], stdout=subprocess.PIPE, text=True)
    port = re.search(r":(\d+)", window.child.stdout.readline())[1]
    url = f"http://127.0.0.1:{port}/chat"

    display.shows("^Lobby$")
    ann = join(url, "Ann")
    join(url, "Bob")
    display.shows("^Ann$")
    display.shows("^Bob$")
    check("the window shows who comes, by the name they tell")
    display.picture("two")
    ann.stop()
    display.hides("^Ann$")
    display.shows("^Bob$")
    check("and no longer who has left")
    assert window.child.poll() is None
    window.child.terminate()
    window.child.wait(WAIT)


run(main)
