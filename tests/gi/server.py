#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server in Python, as a user would write it; serve.test.mjs talks to it."""

import signal
import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import GLib, Sio  # noqa: E402


def json_args(text):
    return Sio.Args.new_from_json(text, -1)


def said(socket, message):
    """The same arguments to everybody else in the room, never decoded."""
    socket.to("lobby").emit_message("said", message)
    message.reply(None)


def add(_socket, message):
    args = message.get_args()
    message.reply(json_args(f"[{args.get_int64(0) + args.get_int64(1)}]"))


def reverse(_socket, message):
    data = message.get_args().get_bytes(0).get_data()
    message.reply(Sio.Args.new_from_bytes(GLib.Bytes.new(data[::-1])))


def ask_back(socket, message):
    def answered(source, result):
        try:
            answer = source.emit_with_ack_finish(result)
            message.reply(Sio.Args.new_from_string(f"you said {answer.get_string(0)}"))
        except GLib.Error as error:
            message.reply(Sio.Args.new_from_string(f"failed: {error.message}"))

    socket.emit_with_ack_async("question", Sio.Args.new_from_string("how are you?"), 5000, None, answered)


def connection(_namespace, socket):
    socket.join("lobby")
    socket.connect("disconnected", lambda s, reason, _detail: print(f"disconnected: {reason}", flush=True))


def authenticate(_namespace, socket, task):
    """Answers later, as one that asks a database would."""

    def decide():
        auth = socket.get_handshake().get_auth()
        token = auth.get_object().get_string_member_with_default("token", "") if auth else ""
        if token == "secret":
            Sio.middleware_accept(task)
        else:
            Sio.middleware_reject(task, "wrong token", None)
        return GLib.SOURCE_REMOVE

    GLib.idle_add(decide)


def main():
    server = Sio.Server()
    chat = server.of("/chat")
    chat.connect("connection", connection)
    chat.on("say", said)
    chat.on("add", add)
    chat.on("reverse", reverse)
    chat.on("ask back", ask_back)
    server.of("/private").use(authenticate)

    server.listen("tcp:127.0.0.1:0")
    loop = GLib.MainLoop()

    def stop():
        def closed(source, result):
            source.close_finish(result)
            loop.quit()

        server.close_async(None, closed)
        return GLib.SOURCE_REMOVE

    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, stop)
    for address in server.get_engine().list_addresses():
        print(f"listening on {address}", flush=True)
    loop.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
