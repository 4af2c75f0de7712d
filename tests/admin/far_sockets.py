#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of sockets with a server that is reached through its namespace for administration: what it shows is what the
server has, and what is done there happens at the server and its clients."""

from far import check, run, until

SOCKETS = "^Sockets$"
SEARCH = "^Search by ID"
# This protocol does not count.
ASKED = "^The server was asked to do it$"


def clients(rows):
    """But for administrators."""
    return {row.name: row for row in rows if row["Namespace"] != "/admin"}


def wait_rows(stage, *expected):
    return clients(stage.window.rows(SOCKETS, lambda rows: set(clients(rows)) == set(expected), f"{expected}"))


def rooms_of(row):
    return sorted(room for room in row["Rooms"].split(", ") if room)


def test_list(stage, who):
    window = stage.window
    window.page("Sockets")
    rows = wait_rows(stage, *who.values())
    assert set(rows) == set(stage.state()), stage.state()
    assert {rows[who[name]]["Namespace"] for name in ("ann", "bob")} == {"/"}, rows
    assert rows[who["cat"]]["Namespace"] == "/chat" and "kitchen" in rooms_of(rows[who["cat"]]), rows
    assert (rows[who["ann"]]["Transport"], rows[who["bob"]]["Transport"]) == ("websocket", "polling"), rows
    for ident, row in rows.items():
        assert rooms_of(row) == stage.rooms(ident), (rooms_of(row), stage.rooms(ident))
    # Administrators have sockets, too.
    assert any(row["Namespace"] == "/admin" for row in window.table(SOCKETS))
    check("all sockets are listed as the server has them")
    late = stage.open()
    wait_rows(stage, *who.values(), late)
    stage.clients.ask("close", late)
    wait_rows(stage, *who.values())
    check("those that come and go do so in the list")
    stage.clients.ask("ask", who["cat"], "join", "cellar")
    window.rows(SOCKETS, lambda rows: "cellar" in rooms_of(clients(rows)[who["cat"]]), "cat in the cellar")
    check("so do rooms of sockets")


def test_filters(stage, who):
    window = stage.window
    for text, found in (("kitch", "cat"), (who["ann"], "ann")):
        window.fill(SEARCH, text)
        wait_rows(stage, who[found])
    window.fill(SEARCH, "nobody like that")
    window.shows("^Nothing Found$")
    window.fill(SEARCH, "")
    wait_rows(stage, *who.values())
    window.choose("^Namespace$", "/chat")
    wait_rows(stage, who["cat"])
    window.choose("^Namespace$", "All Namespaces")
    window.choose("^Transport$", "Polling")
    wait_rows(stage, who["bob"])
    window.choose("^Transport$", "All Transports")
    wait_rows(stage, *who.values())
    check("a text, a namespace and a transport find some of them")


def test_details(stage, who):
    window = stage.window
    window.select(SOCKETS, who["dave"])
    window.press("^Details$")
    window.shows("^blue$")
    texts = window.look().texts()
    assert "hush" not in " ".join(texts) and any("••••••" in text for text in texts), texts
    window.press("^Show Passwords")
    window.shows("^hush$")
    window.press("^Show Passwords")
    window.hides("^hush$")
    window.select(SOCKETS, who["cat"])
    assert who["cat"] in stage.act("^Leave “kitchen”$", "^Leave a Room$", "_?Leave")
    window.told(ASKED)
    until(lambda: "kitchen" not in stage.rooms(who["cat"]), "cat not in the kitchen")
    window.hides("^Leave “kitchen”$")
    window.picture("details")
    window.press("^Details$")
    check("details have the query, hide secrets, and leave rooms")


def test_single(stage, who):
    window, ann = stage.window, who["ann"]
    window.select(SOCKETS, ann)
    assert ann in stage.act("^_?Join…", "^Join a Room$", "_?Join", Room="garden")
    window.told(ASKED)
    until(lambda: "garden" in stage.rooms(ann), "ann in the garden")
    window.rows(SOCKETS, lambda rows: "garden" in rooms_of(clients(rows)[ann]), "ann in the garden")
    stage.act("^_?Leave…", "^Leave a Room$", "_?Leave", Room="garden")
    window.told(ASKED)
    until(lambda: "garden" not in stage.rooms(ann), "ann not in the garden")
    window.rows(SOCKETS, lambda rows: "garden" not in rooms_of(clients(rows)[ann]), "ann not in the garden")
    check("one joins a room, and leaves it")
    stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event="news", Arguments='["hello", {"n": [1, null, true]}]')
    assert stage.expect_heard(ann, "news") == ["hello", {"n": [1, None, True]}]
    window.told(ASKED)
    assert not any(stage.heard(other, "news") for other in who.values() if other != ann)
    check("one gets an event, and nobody else")


def test_end(stage, who):
    window = stage.window
    window.select(SOCKETS, who["ann"])
    stage.act("^_?Disconnect$", "^Disconnect.$", "_?Cancel")
    assert who["ann"] in stage.state()
    assert who["ann"] in stage.act("^_?Disconnect$", "^Disconnect.$", "_?Disconnect")
    assert stage.expect_gone(who["ann"]) == "io server disconnect"
    window.told(ASKED)
    del who["ann"]
    wait_rows(stage, *who.values())
    window.select(SOCKETS, who["dave"])
    stage.act("^_?Close$", "^Close Connections.$", "_?Close")
    assert stage.expect_gone(who["dave"]) in ("io server disconnect", "transport close")
    window.told(ASKED)
    del who["dave"]
    wait_rows(stage, *who.values())
    assert set(stage.state()) == set(who.values())
    check("one is disconnected, or its connection is closed, after a question that names it")


def test_many(stage, who):
    window = stage.window
    some = [stage.open() for _ in range(2)] + [stage.open("/chat")]
    wait_rows(stage, *who.values(), *some)
    window.select(SOCKETS, *some)
    assert "3 sockets of 2 namespaces" in stage.act("^_?Join…", "^Join a Room$", "_?Join", Room="hall")
    window.told(ASKED)
    until(lambda: {ident for ident, (_, *rooms) in stage.state().items() if "hall" in rooms} == set(some), "three in the hall")
    stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event="all", Arguments="[3]")
    for ident in some:
        assert stage.expect_heard(ident, "all") == [3]
    window.told(ASKED)
    assert not any(stage.heard(other, "all") for other in who.values())
    stage.act("^_?Leave…", "^Leave a Room$", "_?Leave", Room="hall")
    window.told(ASKED)
    until(lambda: not any("hall" in rooms for rooms in stage.state().values()), "nobody in the hall")
    stage.act("^_?Disconnect$", "^Disconnect.$", "_?Disconnect")
    assert {stage.expect_gone(ident) for ident in some} == {"io server disconnect"}
    window.told(ASKED)
    wait_rows(stage, *who.values())
    check("several of two namespaces join, get events, leave and are disconnected at once")


def main(stage):
    stage.start_server()
    who = {"ann": stage.open(), "bob": stage.open(transports=["polling"]), "cat": stage.open("/chat"),
           "dave": stage.open(query={"colour": "blue", "password": "hush"})}
    stage.clients.ask("ask", who["cat"], "join", "kitchen")
    stage.start_window()
    stage.add_server()
    test_list(stage, who)
    test_filters(stage, who)
    test_details(stage, who)
    test_single(stage, who)
    test_end(stage, who)
    test_many(stage, who)


run("far-sockets", main)
