#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Dashboard, latency and announcements with a server that is reached through its namespace for administration."""

import datetime
import re

from far import KIND, check, run, until


def test_dashboard(stage, who):
    window = stage.window
    window.page("Dashboard")
    # The clients, and sio-admin.
    window.shows(f"^Connections: {len(who) + 1}$")
    window.shows("^Polling: 1$")
    window.shows("^Namespaces: 3$")
    rooms = {(nsp, room) for nsp, *rooms in stage.state().values() for room in rooms}
    window.shows(f"^Rooms: {len(rooms)}$")
    window.shows(r"^Up for: \d")
    late = stage.open()
    window.shows(f"^Connections: {len(who) + 2}$")
    stage.clients.ask("close", late)
    window.shows(f"^Connections: {len(who) + 1}$")
    window.shows("^(transport close|client namespace disconnect|client disconnect)$")
    check("the dashboard has the server's numbers, and why somebody left")
    window.picture("dashboard")


def test_latency(stage):
    window = stage.window
    window.page("Latency")
    window.shows("^This server does not measure the round trips of its clients")
    window.described("^Latency$", r"This connection \S+\s(µs|ms|s)")
    window.press("^Show as Table$")
    rows = window.rows("^Latency$", lambda rows: len(rows) > 0, "moments")
    assert rows[0] is not None
    window.press("^Show as Table$")
    check("of the latency it is said that it is the one of this connection, and it is measured")
    window.picture("latency")


def send(stage, expected, dialog="_?Send"):
    """Returns what the confirmation says."""
    window = stage.window
    window.shows(f"^{expected} recipients? at the moment$")
    window.press("^_?Send…$")
    said = " ".join(window.answer(r"^Send\?$", dialog))
    assert f"{expected} recipient" in said, said
    window.shows(f"^Sent, {expected} recipients? expected$")
    return said


def test_announcements(stage, who):
    window = stage.window

    def got(title, *names):
        for name in names:
            until(lambda: any(message[0]["title"] == title for message in stage.heard(who[name], "announcement")), f"{title} at {name}")
        for name in who:
            if name not in names:
                assert not any(message[0]["title"] == title for message in stage.heard(who[name], "announcement")), name

    window.page("Announcements")
    window.shows("^Enter a title")
    assert not window.is_sensitive("^_?Send…$")
    window.fill("^Title$", "To all")
    assert "everyone" in send(stage, 4).lower()
    got("To all", *who)
    window.choose("^To$", "A namespace")
    window.choose("^Namespace$", "/chat")
    window.fill("^Title$", "To a namespace")
    assert "/chat" in send(stage, 1)
    got("To a namespace", "cat")
    window.choose("^To$", "A room")
    window.choose("^Namespace$", "/")
    window.fill("^Room$", "kitchen")
    window.fill("^Title$", "To a room")
    assert "kitchen" in send(stage, 2)
    got("To a room", "ann", "bob")
    check("announcements reach everyone, a namespace, a room, and no one else; their number is told before and after")
    window.page("Sockets")
    window.select("^Sockets$", who["ann"], who["cat"])
    window.page("Announcements")
    window.choose("^To$", "Selected sockets")
    window.fill("^Title$", "To some")
    send(stage, 2)
    got("To some", "ann", "cat")
    check("so they do a selection")
    if KIND == "node":
        window.choose("^To$", "A user")
        window.fill("^User$", "alice")
        window.fill("^Title$", "To a user")
        send(stage, 4)
        got("To a user", *who)
        window.fill("^User$", "nobody")
        window.shows("^0 recipients at the moment$")
        check("and all sockets of a user")
    window.choose("^To$", "Everyone")
    window.choose("^Kind$", "Any event")
    window.fill("^Event$", "disconnect")
    window.fill("^Arguments", "[]")
    window.press("^_?Send…$")
    window.answer(r"^Send\?$", "_?Send")
    window.shows("^Not sent: “disconnect” cannot be the name of an event$")
    assert stage.server.is_alive()
    window.fill("^Event$", "tick")
    window.fill("^Arguments", "[1")
    until(lambda: not window.is_sensitive("^_?Send…$"), "bad JSON refused")
    window.fill("^Arguments", "[1, 2]")
    until(lambda: window.is_sensitive("^_?Send…$"), "good JSON")
    send(stage, 4)
    for ident in who.values():
        assert stage.expect_heard(ident, "tick") == [1, 2]
    check("any event is sent, but for those that would end a server")
    window.picture("announcements")


def test_schedule(stage, who):
    window = stage.window
    window.press("^Later$")
    window.fill("^Date and time$", "2001-01-01 10:00")
    window.shows("^Enter a time that is to come")
    assert not window.is_sensitive("^_?Schedule…$")
    window.fill("^Date and time$", "2099-01-01 10:00")
    window.fill("^Event$", "never")
    window.press("^_?Schedule…$")
    window.answer(r"^Send\?$", "_?Schedule")
    window.shows("^Scheduled$", ("label",))
    window.press("^_?Cancel$")
    until(lambda: not window.has("^_?Cancel$"), "nothing planned")
    soon = datetime.datetime.now() + datetime.timedelta(minutes=1 if datetime.datetime.now().second < 50 else 2)
    window.fill("^Date and time$", soon.strftime("%Y-%m-%d %H:%M"))
    window.fill("^Event$", "later")
    window.press("^_?Schedule…$")
    window.answer(r"^Send\?$", "_?Schedule")
    assert not stage.heard(who["ann"], "later")
    return "later"


def main(stage):
    stage.start_server()
    who = {"ann": stage.open(), "bob": stage.open(transports=["polling"]), "cat": stage.open("/chat"), "dave": stage.open()}
    for name in ("ann", "bob"):
        stage.clients.ask("ask", who[name], "join", "kitchen")
    stage.start_window()
    stage.add_server()
    test_dashboard(stage, who)
    test_announcements(stage, who)
    planned = test_schedule(stage, who)
    test_latency(stage)
    # It is due within a minute or two, whatever page is seen.
    for _ in range(6):
        try:
            stage.expect_heard(who["ann"], planned)
            break
        except AssertionError:
            pass
    assert all(stage.expect_heard(ident, planned) for ident in who.values())
    check("a planned one is sent when it is due, and one that was cancelled is not")
    assert not stage.heard(who["ann"], "never")


run("far-pages", main)
