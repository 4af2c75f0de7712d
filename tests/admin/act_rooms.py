#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of rooms and namespaces: members and activity as the server has them, and what is done to all of a room."""

from act import check, run, s, until

ROOMS, NAMESPACES, MEMBERS = "^Rooms$", "^Namespaces$", "^Members$"


def numbers(rows, title="Members"):
    return {(row["Namespace"], row.name): int(row[title]) for row in rows}


def at_server(stage):
    """Without those that sockets have of their own."""
    ids = stage.sockets()
    return {(nsp, name): n for nsp, name, n in stage.caller.rooms()[0] if name not in ids}


def join(stage, room, *ids):
    stage.caller.call("JoinRooms", "(asas)", list(ids), [room])


def test_list(stage, who):
    window = stage.window
    window.page("Rooms")
    expected = at_server(stage)
    assert expected["/", "hall"] == 3 and expected["/chat", "kitchen"] == 1, expected
    rows = window.rows(ROOMS, lambda rows: numbers(rows) == expected, f"{expected}")
    assert window.has(f"^{len(expected)} rooms$")
    counts = [int(row["Members"]) for row in rows]
    assert counts == sorted(counts, reverse=True), counts
    check("rooms are listed with their members, those with the most first")
    before = int(next(row for row in rows if row.name == "hall")["Came and went"])
    stage.caller.call("LeaveRooms", "(asas)", [who["dave"]], ["hall"])
    window.rows(ROOMS, lambda rows: numbers(rows)["/", "hall"] == 2, "one less")
    join(stage, "hall", who["dave"])
    window.rows(ROOMS, lambda rows: any(row.name == "hall" and int(row["Came and went"]) == before + 2 for row in rows),
                "one who left and came back")
    check("so is how many came and went")
    window.fill("^Search by room", "kitch")
    window.rows(ROOMS, lambda rows: [row.name for row in rows] == ["kitchen"], "what was searched for")
    window.fill("^Search by room", "no such room")
    window.shows("^Nothing Found$")
    window.fill("^Search by room", "")
    window.rows(ROOMS, lambda rows: numbers(rows) == expected, "all rooms again")
    check("they can be searched")


def test_private(stage, who):
    window = stage.window
    window.press("^Show Private Rooms$")
    window.rows(ROOMS, lambda rows: set(who.values()) <= {row.name for row in rows}, "private rooms")
    window.press("^Show Private Rooms$")
    window.rows(ROOMS, lambda rows: not set(who.values()) & {row.name for row in rows}, "no private rooms")
    check("the rooms that sockets have of their own are hidden, until somebody wants to see them")


def test_members(stage, who):
    window = stage.window
    window.press("^Members$")
    window.shows("^No Room Chosen$")
    window.select(ROOMS, "hall")
    window.shows("^3 members in namespace /$")
    window.rows(MEMBERS, lambda rows: {row.name for row in rows} == {who["ann"], who["bob"], who["dave"]}, "members of the hall")
    late = stage.open("late")
    join(stage, "hall", late)
    window.shows("^4 members in namespace /$")
    stage.clients.close(late)
    window.shows("^3 members in namespace /$")
    window.rows(MEMBERS, lambda rows: len(rows) == 3, "three again")
    check("the members of a room are shown, and who comes and goes")
    window.press("^Members$")


def test_acts(stage, who):
    window = stage.window
    window.select(ROOMS, "hall")
    window.press("^_?Emit…")
    window.fill("^Event$", "news")
    window.fill("^Arguments", "[oops")
    until(lambda: not window.is_sensitive("^_?Emit$"), "bad JSON refused")
    window.fill("^Arguments", '["hall"]')
    until(lambda: window.is_sensitive("^_?Emit$"), "good JSON")
    assert "room “hall” of /" in " ".join(window.answer("^Emit an Event$", "_?Emit"))
    for name in ("ann", "bob", "dave"):
        assert stage.clients.expect_event(who[name], "news") == ["hall"]
    window.told("^Done, 3 sockets concerned$")
    assert not stage.clients.got(who["cat"], "news")
    check("everybody in a room gets an event")
    said = stage.act("^E_?mpty$", "^Empty the Room[?]$", "_?Empty")
    assert "room “hall” of /" in said and "stay connected" in said, said
    window.told("^Done, 3 sockets concerned$")
    assert stage.sockets(room=s("hall")) == set()
    assert stage.sockets() == set(who.values())
    window.rows(ROOMS, lambda rows: "hall" not in [row.name for row in rows], "no hall")
    check("a room is emptied, and its members stay connected")
    join(stage, "garden", who["ann"], who["dave"])
    window.rows(ROOMS, lambda rows: "garden" in [row.name for row in rows], "a garden")
    window.select(ROOMS, "garden")
    stage.act("^_?Disconnect$", "^Disconnect[?]$", "_?Cancel")
    assert stage.sockets() == set(who.values())
    assert "room “garden” of /" in stage.act("^_?Disconnect$", "^Disconnect[?]$", "_?Disconnect")
    for name in ("ann", "dave"):
        assert stage.clients.expect_disconnected(who.pop(name)) == "io server disconnect"
    window.told("^Done, 2 sockets concerned$")
    assert stage.sockets() == set(who.values())
    check("the members of a room are disconnected, after a question that names it")


def test_namespaces(stage, who):
    window = stage.window
    window.press(NAMESPACES)
    expected = {name: sockets for name, sockets, _rooms in stage.caller.call("ListNamespaces")}
    window.rows(NAMESPACES, lambda rows: {row.name: int(row["Sockets"]) for row in rows} == expected, f"{expected}")
    assert window.has(f"^{len(expected)} namespaces$")
    check("namespaces are listed with the number of their sockets")
    window.select(NAMESPACES, "/chat")
    assert not window.is_sensitive("^E_?mpty$")
    said = stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event="everyone", Arguments="[]")
    assert "everybody in /chat" in said, said
    assert stage.clients.expect_event(who["cat"], "everyone") == []
    window.told("^Done, 1 socket concerned$")
    assert not stage.clients.got(who["bob"], "everyone")
    assert "everybody in /chat" in stage.act("^_?Disconnect$", "^Disconnect[?]$", "_?Disconnect")
    assert stage.clients.expect_disconnected(who.pop("cat")) == "io server disconnect"
    window.told("^Done, 1 socket concerned$")
    assert stage.sockets() == set(who.values())
    check("everybody in a namespace gets an event, and is disconnected")


def main(stage):
    stage.start_server()
    who = {name: stage.open(name) for name in ("ann", "bob", "dave")}
    who["cat"] = stage.open("cat", "/chat")
    join(stage, "hall", who["ann"], who["bob"], who["dave"])
    stage.clients.emit(who["cat"], "join", "kitchen", ack=True)
    stage.start_window()
    test_list(stage, who)
    test_private(stage, who)
    test_members(stage, who)
    test_acts(stage, who)
    test_namespaces(stage, who)


run("act-rooms", main)
