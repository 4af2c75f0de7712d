#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of sockets: what it shows is what the server has, and what is done there happens at the server and its clients."""

from act import SERVER, check, is_automatic, run, s, until

SOCKETS = "^Sockets$"
SEARCH = "^Search by ID"


def names(rows):
    return [row.name for row in rows]


def row_of(rows, name):
    return next(row for row in rows if row.name == name)


def rooms_of(row):
    return [room for room in row["Rooms"].split(", ") if room and not is_automatic(room)]


def wait_rows(stage, *expected):
    rows = stage.window.rows(SOCKETS, lambda rows: set(names(rows)) == set(expected), f"{expected}")
    if expected:
        assert stage.window.has(f"^{len(expected)} socket|of {len(expected)} selected$")
    return {row.name: row for row in rows}


def test_list(stage, who):
    window = stage.window
    window.shows(SERVER)
    window.page("Sockets")
    rows = wait_rows(stage, *who.values())
    assert set(rows) == stage.sockets(), stage.sockets()
    row = rows[who["bob"]]
    assert (row["Namespace"], row["User"], row["Address"], row["Transport"]) == ("/", "bob", "127.0.0.1", "polling"), row
    assert rooms_of(rows[who["cat"]]) == ["kitchen"] and rows[who["cat"]]["Namespace"] == "/chat", rows[who["cat"]]
    window.rows(SOCKETS, lambda rows: all(row["Latency"].endswith("s") for row in rows), "round trips")
    check("all sockets are listed, with user, address, transport, rooms and latency")
    late = stage.open("late")
    wait_rows(stage, *who.values(), late)
    stage.clients.close(late)
    wait_rows(stage, *who.values())
    check("those that come and go do so in the list")


def test_sorting(stage, who):
    window = stage.window

    def sort_by(title, expected):
        header = window.find(SOCKETS, ("table",)).children[0]
        node = next(node for node in header.children if node.name.startswith(title))
        before = names(window.table(SOCKETS))
        assert before != expected, before
        window.click(node)
        window.rows(SOCKETS, lambda rows: names(rows) == expected, f"by {title}: {expected}")

    users = [who[name] for name in ("dave", "ann", "bob", "cat")]
    sort_by("User", users)
    sort_by("User", users[::-1])
    sort_by("User", users)
    sort_by("User", users[::-1])
    by_room = [who["dave"], who["cat"]]
    header = window.find(SOCKETS, ("table",)).children[0]
    window.click(next(node for node in header.children if node.name.startswith("Rooms")))
    window.rows(SOCKETS, lambda rows: [names(rows)[0], names(rows)[-1]] == by_room, "by the number of rooms")
    check("headers sort, and in the other direction when they are pressed again")


def test_filters(stage, who):
    window = stage.window
    for text, found in (("bob", "bob"), (who["ann"], "ann"), ("kitch", "cat")):
        window.fill(SEARCH, text)
        wait_rows(stage, who[found])
    window.fill(SEARCH, "127.0.0")
    wait_rows(stage, *who.values())
    window.fill(SEARCH, "nobody like that")
    window.shows("^Nothing Found$")
    window.fill(SEARCH, "")
    wait_rows(stage, *who.values())
    check("a text finds IDs, users, addresses and rooms; that nothing is found is said")
    window.choose("^Namespace$", "/chat")
    wait_rows(stage, who["cat"])
    window.choose("^Namespace$", "All Namespaces")
    window.choose("^Transport$", "Polling")
    wait_rows(stage, who["bob"])
    window.choose("^Transport$", "All Transports")
    wait_rows(stage, *who.values())
    check("so do namespace and transport")
    window.press("^Filter$")
    window.fill("^In _?room", "kitchen")
    wait_rows(stage, who["cat"])
    window.fill("^In _?room", "")
    window.fill("User", "ann")
    wait_rows(stage, who["ann"])
    window.fill("User", "")
    window.set_value("Latency in ms", 60000)
    window.shows("^Nothing Found$")
    window.press("Clear")
    wait_rows(stage, *who.values())
    window.set_value("Minutes connected", 100)
    window.shows("^Nothing Found$")
    window.key("Escape")
    window.shows("^Filter: active$")
    check("so do room, user, latency and age, and that something is filtered is seen")
    window.press("^Filter: active$")
    window.press("Clear")
    window.key("Escape")
    window.shows("^Filter$")
    wait_rows(stage, *who.values())


def test_columns(stage):
    window = stage.window

    def titles():
        return [node.name.split(",")[0] for node in window.find(SOCKETS, ("table",)).children[0].children]

    before = titles()
    assert "Latency" in before and "Data sent" not in before, before
    window.press("^Columns and Order$")
    window.toggle("^Latency$")
    window.toggle("^Data sent$")
    window.key("Escape")
    until(lambda: "Latency" not in titles() and "Data sent" in titles(), "other columns")
    window.rows(SOCKETS, lambda rows: all(row["Data sent"] not in ("", "–") for row in rows), "numbers of bytes")
    window.press("^Columns and Order$")
    window.toggle("^Latency$")
    window.toggle("^Data sent$")
    window.key("Escape")
    until(lambda: titles() == before, "the columns as before")
    check("columns are chosen")


def test_details(stage, who):
    window = stage.window
    window.select(SOCKETS, who["dave"])
    window.press("^Details$")
    window.shows("^blue$")
    texts = window.look().texts()
    assert "blue" in texts and "hush" not in " ".join(texts), texts
    assert any("••••••" in text for text in texts), texts
    assert "server" not in texts, texts
    window.press("^Show Passwords")
    window.shows("^hush$")
    window.press("^Show Passwords")
    window.hides("^hush$")
    window.select(SOCKETS, who["cat"])
    window.shows("^Leave “kitchen”$")
    texts = window.look().texts()
    details = stage.caller.call("GetSocket", "(s)", who["cat"])
    assert details["user"] in texts and "websocket" in texts, texts
    agent = details["headers"].get("user-agent")
    assert agent is None or agent in texts, texts
    window.press("^Copy ID$")
    assert window.clipboard(SEARCH) == who["cat"]
    check("details have query, headers, user and rooms; secrets are hidden until somebody wants to see them")
    window.press("^Leave “kitchen”$")
    window.shows("^Leave a Room$")
    assert window.read("^Room$") == "kitchen"
    window.answer("^Leave a Room$", "_?Leave")
    window.told("^Done, 1 socket concerned$")
    until(lambda: stage.rooms(who["cat"]) == [], "cat in no room")
    window.hides("^Leave “kitchen”$")
    check("from there a room is left")
    window.press("^Details$")


def test_single(stage, who):
    window, ann = stage.window, who["ann"]
    window.select(SOCKETS, ann)
    said = stage.act("^_?Join…", "^Join a Room$", "_?Join", Room="garden")
    assert ann in said and "This computer" in said, said
    window.told("^Done, 1 socket concerned$")
    assert stage.rooms(ann) == ["garden"]
    window.rows(SOCKETS, lambda rows: rooms_of(row_of(rows, ann)) == ["garden"], "ann in the garden")
    stage.act("^_?Leave…", "^Leave a Room$", "_?Leave", Room="garden")
    window.told("^Done, 1 socket concerned$")
    assert stage.rooms(ann) == []
    window.rows(SOCKETS, lambda rows: rooms_of(row_of(rows, ann)) == [], "ann in no room")
    check("one joins a room, and leaves it")
    window.press("^_?Emit…")
    window.shows("^Emit an Event$")
    assert not window.is_sensitive("^_?Emit$")
    window.fill("^Event$", "news")
    until(lambda: window.is_sensitive("^_?Emit$"), "something to emit")
    for bad in ("[1,", "{}", "nonsense", ""):
        window.fill("^Arguments", bad)
        until(lambda: not window.is_sensitive("^_?Emit$"), f"{bad!r} refused")
        window.shows("expected|invalid|JSON", ("label",))
    window.picture("emit-refused")
    window.fill("^Arguments", '["hello", {"n": [1, null, true]}]')
    until(lambda: window.is_sensitive("^_?Emit$"), "good JSON")
    assert ann in " ".join(window.answer("^Emit an Event$", "_?Emit"))
    assert stage.clients.expect_event(ann, "news") == ["hello", {"n": [1, None, True]}]
    window.told("^Done, 1 socket concerned$")
    assert all(not stage.clients.got(other, "news") for other in who.values() if other != ann)
    check("one gets an event; arguments that are no JSON are refused while they are typed")
    stage.act("^_?Disconnect$", "^Disconnect[?]$", "_?Cancel")
    assert ann in stage.sockets()
    said = stage.act("^_?Disconnect$", "^Disconnect[?]$", "_?Disconnect")
    assert ann in said, said
    assert stage.clients.expect_disconnected(ann) == "io server disconnect"
    window.told("^Done, 1 socket concerned$")
    del who["ann"]
    wait_rows(stage, *who.values())
    assert not window.is_sensitive("^_?Disconnect$")
    window.select(SOCKETS, who["dave"])
    said = stage.act("^_?Close$", "^Close Connections[?]$", "_?Close")
    assert who["dave"] in said, said
    assert stage.clients.expect_disconnected(who["dave"]) in ("transport close", "io server disconnect")
    window.told("^Done, 1 socket concerned$")
    del who["dave"]
    wait_rows(stage, *who.values())
    assert stage.sockets() == set(who.values())
    check("one is disconnected, or its connection is closed, after a question that names it")


def test_many(stage, who):
    window = stage.window
    some = [stage.open("many") for _ in range(3)] + [stage.open("many", "/chat")]
    wait_rows(stage, *who.values(), *some)
    window.select(SOCKETS, *some)
    window.shows(f"^4 of {len(some) + len(who)} selected$")
    said = stage.act("^_?Join…", "^Join a Room$", "_?Join", Room="hall")
    assert "4 sockets of 2 namespaces" in said, said
    window.told("^Done, 4 sockets concerned$")
    assert stage.sockets(room=s("hall")) == set(some)
    stage.act("^_?Leave…", "^Leave a Room$", "_?Leave", Room="hall")
    window.told("^Done, 4 sockets concerned$")
    assert stage.sockets(room=s("hall")) == set()
    stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event="all", Arguments="[4]")
    for ident in some:
        assert stage.clients.expect_event(ident, "all") == [4]
    window.told("^Done, 4 sockets concerned$")
    assert all(not stage.clients.got(other, "all") for other in who.values())
    check("several of two namespaces join, leave and get events at once")
    window.select(SOCKETS, *some[:2])
    window.focus(SOCKETS, ("table",))
    window.key("ctrl+c")
    shown = [name for name in names(window.table(SOCKETS)) if name in some[:2]]
    assert window.clipboard(SEARCH).split() == shown
    check("their IDs are copied")
    window.select(SOCKETS, *some[:2])
    said = stage.act("^_?Disconnect$", "^Disconnect[?]$", "_?Disconnect")
    assert "2 sockets of /" in said, said
    window.told("^Done, 2 sockets concerned$")
    assert {stage.clients.expect_disconnected(ident) for ident in some[:2]} == {"io server disconnect"}
    window.select(SOCKETS, *some[2:])
    stage.act("^_?Close$", "^Close Connections[?]$", "_?Close")
    for ident in some[2:]:
        stage.clients.expect_disconnected(ident)
    window.told("^Done, 2 sockets concerned$")
    wait_rows(stage, *who.values())
    assert stage.sockets() == set(who.values())
    check("several are disconnected, and connections of several closed")


def main(stage):
    stage.start_server()
    who = {"ann": stage.open("ann"), "bob": stage.open("bob", transports=["polling"]), "cat": stage.open("cat", "/chat"),
           "dave": stage.open(query={"colour": "blue", "credential": "hush", "password": "server"})}
    stage.clients.emit(who["cat"], "join", "kitchen", ack=True)
    stage.start_window()
    test_list(stage, who)
    test_sorting(stage, who)
    test_filters(stage, who)
    test_columns(stage)
    test_details(stage, who)
    test_single(stage, who)
    test_many(stage, who)


run("act-sockets", main)
