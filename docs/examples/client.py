#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import GLib, Sio


def on_state(client, _pspec):
    if client.get_state() == Sio.ClientState.RECONNECTING:
        print("no connection", flush=True)


def on_answer(client, result):
    try:
        client.emit_with_ack_finish(result)
        print("delivered", flush=True)
    except GLib.Error as error:
        print(error.message, flush=True)


client = Sio.Client.new(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:3000/chat")
client.connect("notify::state", on_state)
client.connect("connect-error", lambda client, error, data: print(error.message, file=sys.stderr))
client.on("said", lambda client, message: print(message.get_args().get_string(0), flush=True))
client.open()

# Kept until there is a connection.
client.emit_with_ack_async("say", Sio.Args.new_from_string("hello"), 5000, None, on_answer)
GLib.MainLoop().run()
