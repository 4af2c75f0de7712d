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


def without_connection(port):
    """Settings, handlers and what is waited for, as a program sees them."""
    client = Sio.Client.new(f"http://127.0.0.1:{port}/foo")
    manager = client.get_manager()
    for name, value in [("watch-network", False), ("watch-sleep", False), ("metered-policy", Sio.MeteredPolicy.WAIT)]:
        manager.set_property(name, value)
        assert manager.get_property(name) == value, name
    assert client.get_property("waiting-for") == Sio.WaitingFor.NOTHING
    assert manager.get_waiting_for() == Sio.WaitingFor.NOTHING
    try:
        manager.trust_file("/nonexistent.pem")
        sys.exit("trusted a file that is not there")
    except GLib.Error as error:
        assert error.matches(GLib.file_error_quark(), GLib.FileError.NOENT), error
    ids = [client.on("x", print), client.once("x", print)]
    ids.insert(0, client.prepend("x", print))
    assert list(client.list_handlers("x")) == ids, client.list_handlers("x")
    client.off_event("x")
    assert not client.list_handlers("x")
    first = client.on_any(print)
    assert [client.prepend_any(print), first] == list(client.list_any())
    client.off_any()
    assert not client.list_any()
    outgoing = client.on_any_outgoing(print)
    assert [client.prepend_any_outgoing(print), outgoing] == list(client.list_any_outgoing())
    client.off_any_outgoing()
    assert not client.list_any_outgoing()


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
        without_connection(port)
        client.on_any_outgoing(lambda client, message: seen.append(("sent", message.get_event())))
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
        ("sent", "echo"),
        ("ack", '["text",42,true]'),
        ("sent", "ask"),
        ("question", "why"),
        ("answered", '["because"]'),
        ("state", "disconnected"),
        ("disconnected", "io client disconnect"),
    ]
    if seen != expected:
        sys.exit(f"expected {expected}\ngot      {seen}")


main()
