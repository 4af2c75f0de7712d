#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
import gi

gi.require_version("Sio", "1")
from gi.repository import GLib, Sio


def on_say(socket, message):
    socket.to("lobby").emit_message("said", message)
    message.reply(None)


server = Sio.Server()
chat = server.of("/chat")
chat.connect("connection", lambda chat, socket: socket.join("lobby"))
chat.on("say", on_say)
server.listen("tcp:localhost:3000")
GLib.MainLoop().run()
