#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The chat window on a display of its own, through the death and the return of its server. It is
driven through its actions on D-Bus. Usage: chat_gtk.py CHAT-GTK SERVER SIO-CAT"""

import json
import os
import re
import subprocess
import sys

from gtk_window import WAIT, Display, Gio, GLib, Process, check, run, until

CHAT, SERVER, SIO_CAT = sys.argv[1:4]
APP = ("org.example.Chat", "/org/example/Chat")


def start_server(port=None):
    env = {**os.environ, "EXAMPLE_PORT": str(port)} if port else os.environ
    server = Process([SERVER], stdout=subprocess.PIPE, text=True, env=env)
    return server, int(re.search(r":(\d+)", server.child.stdout.readline())[1])


def main():
    display = Display("chat-gtk")
    server, port = start_server()
    url = f"http://127.0.0.1:{port}/chat"
    chat = display.start([CHAT, url])
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def act(action, *parameters):
        arguments = GLib.Variant("(sava{sv})", (action, list(parameters), {}))
        bus.call_sync(*APP, "org.gtk.Actions", "Activate", arguments, None, 0, -1)

    picture, shows, hides = display.picture, display.shows, display.hides

    shows("^Chat")
    hides("Retry")
    check("the window connects, and there is no banner")

    other = Process([SIO_CAT, "-q", "-k", "-i", "--listen", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    other.child.stdin.write('["say","hello from the shell"]\n')
    other.child.stdin.flush()
    assert json.loads(other.child.stdout.readline())["type"] == "ack"
    shows("^hello from the shell$")
    check("it shows what others say")
    act("say", GLib.Variant("s", "hello from the window"))
    record = json.loads(other.child.stdout.readline())
    assert (record["event"], record["args"]) == ("said", ["hello from the window"]), record
    shows("^hello from the window$")
    check("others hear what is said there")
    picture("connected")

    server.stop()
    shows(r"No connection, next attempt in \d+ s")
    shows("Retry")
    check("when the server dies a banner tells when the next attempt is made")
    act("say", GLib.Variant("s", "said without a connection"))
    shows("^said without a connection$")
    picture("no-connection")

    server, _ = start_server(port)
    act("retry")
    hides("Retry")
    check("the window finds the server again, and the banner goes")
    # Maybe nobody was there to hear what was kept. Whoever has an answer is there.
    other.child.stdin.write('["say","back again"]\n')
    other.child.stdin.flush()
    shows("^back again$")
    act("say", GLib.Variant("s", "the window is back"))
    until(lambda: (line := other.child.stdout.readline()) and "the window is back" in line, "the window's words")
    check("words go both ways again")
    picture("connected-again")
    assert chat.child.poll() is None
    chat.child.terminate()
    chat.child.wait(WAIT)


run(main)
