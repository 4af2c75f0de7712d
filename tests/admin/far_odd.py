#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nothing that can be typed into sio-admin ends a server on Node: what would is refused, and the rest is done as it was
typed. See also the actions of test-admin-backend."""

from far import check, run, until

SOCKETS = "^Sockets$"
ASKED = "^The server was asked to do it$"


def emit(stage, event, arguments="[]"):
    stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event=event, Arguments=arguments)


def main(stage):
    stage.start_server()
    ann = stage.open()
    stage.start_window()
    stage.add_server()
    stage.window.page("Sockets")
    stage.window.select(SOCKETS, ann)
    for event in ("connect", "disconnect", "newListener"):
        emit(stage, event)
        stage.window.told(f"^Not done: “{event}” cannot be the name of an event$")
        assert stage.server.is_alive()
    check("events that would end a server are refused, and it is said why")
    for event, arguments, heard in (("__proto__", '[{"__proto__": {"a": 1}}]', None), ("_disconnect", '["/", true, null]', ["/", True, None]),
                                    ("ünïcødé 🙂", "[1e308, [[[[]]]]]", [1e308, [[[[]]]]])):
        emit(stage, event, arguments)
        stage.window.told(ASKED)
        assert stage.expect_heard(ann, event) == heard or heard is None
    emit(stage, "place", '[{"_placeholder": true, "num": 0}]')
    stage.window.told(f"{ASKED}|^Not done: ")
    assert stage.server.is_alive() and ann in stage.state()
    for room in ("__proto__", "connect", "🙂 /"):
        stage.act("^_?Join…", "^Join a Room$", "_?Join", Room=room)
        stage.window.told(ASKED)
        until(lambda: room in stage.rooms(ann), f"ann in {room!r}")
        stage.act("^_?Leave…", "^Leave a Room$", "_?Leave", Room=room)
        stage.window.told(ASKED)
        until(lambda: room not in stage.rooms(ann), f"ann not in {room!r}")
    assert list(stage.state()) == [ann] and stage.server.is_alive()
    check("odd names of events and rooms, and odd arguments, do what they say and no more")


run("far-odd", main)
