#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""No class hides what bindings give every object, above all connect (): without it nobody could
connect a signal. Prints TAP."""

import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import GObject, Sio  # noqa: E402

# emit is the exception: users of Socket.IO look for it.
INHERITED = [
    "bind_property",
    "connect",
    "connect_after",
    "disconnect",
    "freeze_notify",
    "get_property",
    "handler_block",
    "notify",
    "ref",
    "set_property",
    "thaw_notify",
    "unref",
    "weak_ref",
]


def classes():
    for name in dir(Sio):
        value = getattr(Sio, name)
        if isinstance(value, type) and issubclass(value, GObject.Object):
            yield name, value


def hidden(cls):
    return [name for name in INHERITED if getattr(cls, name) is not getattr(GObject.Object, name)]


def signals_arrive():
    server = Sio.Server()
    seen = []
    server.connect("new-namespace", lambda _server, namespace: seen.append(namespace.get_name()))
    server.connect("notify::connect-timeout", lambda *_args: seen.append("notify"))
    namespace = server.of("/chat")
    server.props.connect_timeout = 1234
    for source, signal in [
        (server.get_engine(), "connection-error"),
        (server.get_engine(), "headers"),
        (namespace, "connection"),
        (namespace.get_adapter(), "join-room"),
    ]:
        source.disconnect(source.connect(signal, lambda *_args: None))
    return [] if seen == ["/chat", "notify"] else [f"the handlers saw {seen}"]


def main():
    checks = [(name, lambda cls=cls: hidden(cls)) for name, cls in classes()]
    checks.append(("signals", signals_arrive))
    print(f"1..{len(checks)}")
    status = 0 if len(checks) > 8 else 1
    for number, (name, check) in enumerate(checks, 1):
        problems = check()
        for problem in problems:
            print("#", problem)
            status = 1
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
    return status


if __name__ == "__main__":
    sys.exit(main())
