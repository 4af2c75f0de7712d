#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every function that a server keeps is called, and released when it is removed or when what it was
given to is gone. Prints TAP."""

import gc
import sys
import weakref

import gi

gi.require_version("Sio", "1")
from gi.repository import GLib, Sio  # noqa: E402

ROOM = GLib.Regex.new("^/room-", 0, 0)
kept = {}  # name of a function → weak reference to it
called = set()


def keep(name, answer=None):
    """A function that notes that it was called."""

    class Function:
        def __call__(self, *args):
            called.add(name)
            if answer is not None:
                answer(*args)

    function = Function()
    kept[name] = weakref.ref(function)
    return function


def accept(*args):
    Sio.middleware_accept(args[-1])


def rename(_socket, _message, task):
    Sio.middleware_accept_as(task, "renamed", Sio.Args.new_from_string("text"))


def serve():
    server = Sio.Server()
    engine = server.get_engine()
    rooms = server.of_regex(ROOM)
    asked = server.of_func(keep("of_func", accept))
    removed = [
        (rooms.off, rooms.on("x", keep("removed on"))),
        (rooms.off, rooms.on_any_outgoing(keep("removed on_any_outgoing"))),
        (rooms.unuse, rooms.use(keep("removed use"))),
        (rooms.unuse_event, rooms.use_event(keep("removed use_event"))),
        (engine.unuse, engine.use(keep("removed engine.use"))),
        (server.off, server.once("x", keep("removed server.once"))),
    ]
    for function, handler in removed:
        function(handler)
    engine.use(keep("engine.use", accept))
    rooms.use(keep("use", accept))
    rooms.use_event(keep("use_event", rename))
    rooms.on("renamed", keep("on", lambda socket, message: message.reply(message.get_args())))
    rooms.prepend("renamed", keep("prepend"))
    rooms.once("renamed", keep("once"))
    rooms.on_any(keep("on_any"))
    rooms.prepend_any(keep("prepend_any"))
    rooms.on_any_outgoing(keep("on_any_outgoing"))
    rooms.prepend_any_outgoing(keep("prepend_any_outgoing"))
    asked.connect("connection", lambda _namespace, socket: prepare(socket))
    return server


def prepare(socket):
    socket.use(keep("socket.use", accept))
    socket.on("y", keep("socket.on", lambda _socket, message: message.reply(None)))
    socket.prepend("y", keep("socket.prepend"))
    socket.once("y", keep("socket.once"))
    socket.on_any(keep("socket.on_any"))
    socket.prepend_any(keep("socket.prepend_any"))
    socket.on_any_outgoing(keep("socket.on_any_outgoing"))
    socket.prepend_any_outgoing(keep("socket.prepend_any_outgoing"))
    if len(socket.list_handlers("y")) != 3:
        sys.exit("list_handlers")
    socket.emit("hello", None)


def ask(loop, address, namespace, event, answers):
    client = Sio.Client.new(address + namespace)

    def answered(source, result):
        answers.append(source.emit_with_ack_finish(result).get_json())
        source.close()

    client.connect("connected", lambda source: source.emit_with_ack_async(event, None, 5000, None, answered))
    client.connect("disconnected", lambda *_args: loop.quit())
    client.open()
    loop.run()


def run():
    loop = GLib.MainLoop()
    guard = GLib.timeout_add_seconds(20, loop.quit)
    server = serve()
    server.listen("tcp:127.0.0.1:0")
    address = server.get_engine().list_addresses()[0].rstrip("/")
    answers = []
    ask(loop, address, "/room-1", "x", answers)
    server.of("/room-1").emit("to nobody", None)
    ask(loop, address, "/asked", "y", answers)
    late = Sio.Client.new(address + "/room-1")
    late.connect("connected", lambda _client: (server.get_namespace("/room-1").emit("hello", None), loop.quit()))
    late.open()
    loop.run()
    late.close()
    server.close_async(None, lambda source, result: (source.close_finish(result), loop.quit()))
    loop.run()
    GLib.source_remove(guard)
    return answers


def main():
    answers = run()
    context = GLib.MainContext.default()
    for _turn in range(10):
        gc.collect()
        while context.iteration(False):
            pass
    checks = [("answers", answers == ['["text"]', "[]"])]
    for name, reference in sorted(kept.items()):
        checks.append((f"{name} is called", (name in called) == (not name.startswith("removed"))))
        checks.append((f"{name} is released", reference() is None))
    print(f"1..{len(checks)}")
    for number, (name, holds) in enumerate(checks, 1):
        print(f"{'ok' if holds else 'not ok'} {number} - {name}")
    return 0 if all(holds for _name, holds in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
