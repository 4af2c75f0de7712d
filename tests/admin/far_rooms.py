#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of rooms and namespaces with a server that is reached through its namespace for administration."""

from far import check, run, until

ROOMS = "^Rooms$"
NAMESPACES = "^Namespaces$"
MEMBERS = "^Members$"
ASKED = "^The server was asked to do it$"
PRIVATE = "^Show Private Rooms$"


def wait_rooms(stage, expected):
    """(namespace, room) → members"""
    def read(rows):
        return {(row["Namespace"], row["Room"]): int(row["Members"]) for row in rows}

    return read(stage.window.rows(ROOMS, lambda rows: read(rows) == expected, f"{expected}"))


def served(stage):
    counts = {}
    for nsp, *rooms in stage.state().values():
        for room in rooms:
            counts[nsp, room] = counts.get((nsp, room), 0) + 1
    return counts


def test_list(stage, who):
    window = stage.window
    window.page("Rooms")
    wait_rooms(stage, served(stage))
    stage.clients.ask("ask", who["bob"], "join", "attic")
    expected = served(stage)
    assert expected["/", "attic"] == 1
    wait_rooms(stage, expected)
    stage.clients.ask("ask", who["bob"], "leave", "attic")
    wait_rooms(stage, served(stage))
    check("rooms are listed with their members, and come and go")
    window.fill("^Search by room", "kitch")
    wait_rooms(stage, {key: n for key, n in served(stage).items() if "kitch" in key[1]})
    window.fill("^Search by room", "")
    check("a text finds some of them")


def test_private(stage, who):
    window = stage.window
    rooms = {row["Room"] for row in window.table(ROOMS)}
    assert not rooms & set(who.values())
    window.press(PRIVATE)
    window.rows(ROOMS, lambda rows: set(who.values()) <= {row["Room"] for row in rows}, "private rooms")
    window.select(ROOMS, who["cat"])
    until(lambda: window.is_sensitive("^_?Disconnect$"), "something to disconnect")
    assert not window.is_sensitive("^E?_?mpty$|^E_mpty$|^Empty$")
    window.press(PRIVATE)
    wait_rooms(stage, served(stage))
    check("those of one socket each are hidden until they are wanted, and cannot be emptied")


def test_members(stage, who):
    window = stage.window
    window.select(ROOMS, "kitchen")
    window.press(MEMBERS)
    window.rows(MEMBERS, lambda rows: {row.name for row in rows} == {who["ann"], who["bob"]}, "ann and bob")
    window.shows("^2 members in namespace /$")
    stage.clients.ask("ask", who["dave"], "join", "kitchen")
    window.rows(MEMBERS, lambda rows: {row.name for row in rows} == {who["ann"], who["bob"], who["dave"]}, "dave, too")
    window.picture("members")
    window.press(MEMBERS)
    check("members of a room are shown, and those who join")


def test_acts(stage, who):
    window = stage.window
    window.select(ROOMS, "kitchen")
    said = stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event="soup", Arguments='["hot"]')
    assert "kitchen" in said, said
    for name in ("ann", "bob", "dave"):
        assert stage.expect_heard(who[name], "soup") == ["hot"]
    assert not stage.heard(who["cat"], "soup")
    window.told(ASKED)
    stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event="disconnect")
    window.told("^Not done: “disconnect” cannot be the name of an event$")
    check("a room gets an event, and no one else; one that would end servers is refused")
    window.select(ROOMS, "kitchen")
    said = stage.act("^E_?mpty$", "^Empty the Room", "E?_?E?mpty")
    assert "kitchen" in said, said
    until(lambda: ("/", "kitchen") not in served(stage), "the kitchen is empty")
    window.told(ASKED)
    wait_rooms(stage, served(stage))
    assert set(stage.state()) == set(who.values())
    check("a room is emptied, and those that were in it stay connected")
    stage.clients.ask("ask", who["bob"], "join", "cellar")
    stage.clients.ask("ask", who["dave"], "join", "cellar")
    wait_rooms(stage, served(stage))
    window.select(ROOMS, "cellar")
    stage.act("^_?Disconnect$", "^Disconnect.$", "_?Cancel")
    assert set(stage.state()) == set(who.values())
    stage.act("^_?Disconnect$", "^Disconnect.$", "_?Disconnect")
    for name in ("bob", "dave"):
        assert stage.expect_gone(who.pop(name)) == "io server disconnect"
    window.told(ASKED)
    wait_rooms(stage, served(stage))
    assert set(stage.state()) == set(who.values())
    check("all in a room are disconnected, after a question, and no one else is")


def test_namespaces(stage, who):
    window = stage.window
    window.press("^Namespaces$")

    def counts(rows):
        return {row["Namespace"]: row["Sockets"] for row in rows}

    window.rows(NAMESPACES, lambda rows: {**counts(rows), "/admin": ""} == {"/": "1", "/chat": "1", "/admin": ""}, "namespaces")
    window.select(NAMESPACES, "/chat")
    assert not window.is_sensitive("^E_?mpty$")
    assert "everybody in /chat" in stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event="chat", Arguments="[1]")
    assert stage.expect_heard(who["cat"], "chat") == [1]
    assert not stage.heard(who["ann"], "chat")
    window.told(ASKED)
    window.select(NAMESPACES, "/chat")
    assert "everybody in /chat" in stage.act("^_?Disconnect$", "^Disconnect.$", "_?Disconnect")
    assert stage.expect_gone(who.pop("cat")) == "io server disconnect"
    window.told(ASKED)
    assert set(stage.state()) == set(who.values())
    assert stage.server.is_alive()
    check("namespaces are listed; all of one get an event and are disconnected")


def main(stage):
    stage.start_server()
    who = {"ann": stage.open(), "bob": stage.open(), "cat": stage.open("/chat"), "dave": stage.open()}
    for name in ("ann", "bob"):
        stage.clients.ask("ask", who[name], "join", "kitchen")
    stage.clients.ask("ask", who["cat"], "join", "garden")
    stage.start_window()
    stage.add_server()
    test_list(stage, who)
    test_private(stage, who)
    test_members(stage, who)
    test_acts(stage, who)
    test_namespaces(stage, who)


run("far-rooms", main)
