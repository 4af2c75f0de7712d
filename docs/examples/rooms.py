#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A chat with rooms: join, say, ask everybody in a room and collect the answers. Who loses the
connection gets back into the rooms, also after a restart."""

import json
import os
import signal
import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import Gio, GLib, Sio


def values(*items):
    """Arguments of an event or an answer, from Python values."""
    return Sio.Args.new_from_json(json.dumps(items), -1)


def authenticate(chat, socket, task):
    auth = socket.get_handshake().get_auth()
    name = auth.get_object().get_string_member_with_default("name", "") if auth else ""
    if name:
        socket.set_data(auth)
        Sio.middleware_accept(task)
    else:
        Sio.middleware_reject(task, "tell your name in auth", None)


def name_of(socket):
    return socket.get_data().get_object().get_string_member("name")


def on_join(socket, message):
    room = message.get_args().get_string(0)
    if room is None:
        return  # it was no string
    socket.join(room)
    socket.to(room).emit("joined", values(room, name_of(socket)))
    message.reply(values(chat.get_room(room).get_n_members()))


def on_say(socket, message):
    room, text = message.get_args().get_string(0), message.get_args().get_string(1)
    if room is None or text is None:
        return
    socket.to(room).emit("said", values(room, name_of(socket), text))
    message.reply(None)


def on_ask(socket, message):
    def answered(broadcast, result):
        responses = broadcast.emit_with_ack_finish(result)
        answers = [args.get_string(0) for args in responses.list()]
        message.reply(values(answers, responses.is_complete()))

    room, question = message.get_args().get_string(0), message.get_args().slice(1)
    if room is not None:
        socket.to(room).emit_with_ack_async("question", question, 5000, None, answered)


def start(recovery, result):
    try:
        recovery.load_finish(result)
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
    server.listen("tcp:localhost:3000")


def stop():
    saved = lambda recovery, result: loop.quit()
    server.close_async(None, lambda *_: recovery.save_async(sessions, None, saved))


loop = GLib.MainLoop()
server = Sio.Server()
chat = server.of("/chat")
chat.use(authenticate)
chat.on("join", on_join)
chat.on("say", on_say)
chat.on("ask", on_ask)
sessions = Gio.File.new_for_path(os.environ.get("STATE_DIRECTORY", ".") + "/rooms.sessions")
recovery = server.get_recovery()
recovery.set_enabled(True)
recovery.load_async(sessions, None, start)
GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, stop)
loop.run()
