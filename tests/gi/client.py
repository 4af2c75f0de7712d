#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client in Python talks to the official server. Usage: client.py SERVER.MJS"""

import subprocess
import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import GLib, Sio  # noqa: E402

seen = []
loop = GLib.MainLoop()


def answered(client, result):
    args = client.emit_with_ack_finish(result)
    seen.append(("ack", args.get_json()))
    client.emit("ask", Sio.Args.new_from_variant(GLib.Variant("(s)", ("why",))))


def question(client, message):
    seen.append(("question", message.get_args().get_string(0)))
    message.reply(Sio.Args.new_from_variant(GLib.Variant("(s)", ("because",))))


def done(client, message):
    seen.append(("answered", message.get_json()))
    client.close()


def connected(client):
    args = Sio.Args.new_from_variant(GLib.Variant("(sib)", ("text", 42, True)))
    client.emit_with_ack_async("echo", args, 5000, None, answered)


def disconnected(client, reason, details):
    seen.append(("disconnected", reason))
    loop.quit()


def main():
    server = subprocess.Popen(["node", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = int(server.stdout.readline().split()[-1])
        client = Sio.Client.new(f"http://127.0.0.1:{port}/foo")
        # Signals of GObject are still reachable by these names.
        client.connect("connected", connected)
        client.connect("disconnected", disconnected)
        client.connect("notify::state", lambda object, pspec: seen.append(("state", client.get_state().value_nick)))
        client.get_manager().connect("opened", lambda manager: seen.append(("opened", manager.get_uri()[:4])))
        client.on("question", question)
        client.on("answered", done)
        client.open()
        GLib.timeout_add_seconds(20, loop.quit)
        loop.run()
    finally:
        server.kill()
        server.wait()
    expected = [
        ("state", "connecting"),
        ("opened", "http"),
        ("state", "connected"),
        ("ack", '["text",42,true]'),
        ("question", "why"),
        ("answered", '["because"]'),
        ("state", "disconnected"),
        ("disconnected", "io client disconnect"),
    ]
    if seen != expected:
        sys.exit(f"expected {expected}\ngot      {seen}")


main()
