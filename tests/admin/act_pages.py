#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Dashboard and latency: the figures are those of the server, and graphs can be read without seeing them."""

import re

from act import check, run, until

NUMBER = r"(\d+(?:\.\d+)?)"


def test_dashboard(stage, who):
    window = stage.window
    window.page("Dashboard")
    stats = stage.caller.call("GetStats")
    for title, value in (("Connections", 4), ("Polling", 1), ("Namespaces", 2), ("Rooms", stats["rooms"])):
        window.shows(f"^{title}: {value}$")
    assert len(stage.caller.rooms()[0]) >= stats["rooms"] > 3, stats["rooms"]
    window.shows(r"^Memory: \d+(\.\d+)?\sMB$")
    window.shows(r"^Up for: (\d+ min )?\d+ s$")
    check("connections, transports, namespaces, rooms, memory and uptime are those of the server")
    window.shows("^Nobody has left yet$")
    stage.clients.close(who.pop("dave"))
    window.shows("^Connections: 3$")
    window.shows("^client namespace disconnect$|^transport close$")
    reasons = {reason: count for _, _, _, reason, count in stage.caller.call("GetStats")["metrics"] if "disconnect" in reason}
    stage.caller.call("DisconnectSockets", "(asa{sv})", [who.pop("eve")], {})
    window.shows("^server namespace disconnect$")
    check(f"reasons of those who left are told {sorted(reasons)}")


def test_refusals(stage):
    window = stage.window
    described = window.described("^Coming and going$", "Refused")
    assert re.search(r"Connected .*, Disconnected .*, Refused .*, Errors ", described), described
    # Refused as long as nobody has seen it: a moment is a second long.

    def refuse():
        try:
            stage.clients.open(auth={"token": "no.such.token"})
        except AssertionError:
            return
        raise AssertionError("a client with a wrong token is let in")

    def seen():
        refuse()
        found = re.search(rf"Refused {NUMBER}", window.described("^Coming and going$", "Refused"))
        return found is not None and float(found[1]) > 0

    until(seen, "refused ones in the graph")
    check("refusals are seen")
    described = window.described("^Connections$", "All")
    assert re.search(r"All 2\b.*Polling 1\b", described), described
    check("graphs say in words what they show")


def wait_trips(stage):
    """Until each client has been asked again: the moment in which something was paused is over then."""
    def count():
        return stage.caller.call("GetStats")["round-trips"][0]

    before = count()
    until(lambda: count() >= before + 2 * len(stage.sockets()), "round trips")


def read_again(window):
    """The table and the words of the graph; made anew, as the one hides the other."""
    window.press("^Show as Table$")
    text = window.described("^Latency$", "50 %")
    window.press("^Show as Table$")
    return [dict(row) for row in window.rows("^Latency$", lambda rows: len(rows) > 1, "moments")], text


def test_latency(stage):
    window = stage.window
    window.page("Latency")
    window.described("^Latency$", rf"50 % {NUMBER}\s(µs|ms).*95 % {NUMBER}\s(µs|ms).*99 % {NUMBER}\s(µs|ms)")
    window.described("^Distribution of latency$", rf"Most often .*: {NUMBER} %")
    check("quantiles of round trips and their distribution are told")
    ids = stage.sockets()
    rows = window.rows("^Slowest connections$", lambda rows: {row.name for row in rows} == ids, f"slowest of {ids}")
    for row in rows:
        assert re.fullmatch(rf"{NUMBER}\s(µs|ms|s)", row["Latency"]), row
    check("the slowest connections are listed")
    window.press("^Show as Table$")
    rows = window.rows("^Latency$", lambda rows: len(rows) >= 2, "moments")
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d", row["Time"]) and int(row["Measured"]) > 0 for row in rows), rows
    assert [row["Time"] for row in rows] == sorted((row["Time"] for row in rows), reverse=True) or "23:59" in rows[-1]["Time"]
    check("the graph can be read as a table, the newest moment first")
    window.press("^Pause$")
    wait_trips(stage)
    # The last figures of that moment may be on their way.
    before = until(lambda: (first := read_again(window)) == read_again(window) and first, "a moment that is over")
    stage.open("late")
    wait_trips(stage)
    again = read_again(window)
    assert again == before, (before, again)
    window.rows("^Slowest connections$", lambda rows: {row.name for row in rows} == ids, "nobody new")
    window.press("^Pause$")
    window.rows("^Slowest connections$", lambda rows: len(rows) == len(ids) + 1, "the new one")
    window.press("^Show as Table$")
    window.described("^Latency$", "50 %")
    check("what is paused stays as it is, and goes on afterwards")


def test_cursor(stage):
    window = stage.window
    window.focus("^Latency$", ("image",))
    window.key("Left")
    first = window.described("^Latency$", r"^\d+ s ago: 50 % ")
    window.key("Left", "Left")
    later = until(lambda: (text := window.described("^Latency$", r" ago: ")) != first and text, "another moment")
    ages = [int(re.match(r"(\d+) s ago", text)[1]) for text in (first, later)]
    assert ages[1] == ages[0] + 2, (first, later)
    window.key("Home")
    window.described("^Latency$", r"^(9 min 59 s|10 min 0 s) ago: ")
    window.key("End")
    window.described("^Latency$", r"^0 s ago: ")
    window.key("Escape")
    until(lambda: " ago: " not in window.described("^Latency$", "50 %"), "no cursor")
    check("the keyboard goes through the moments")
    window.focus("^Distribution of latency$", ("image",))
    window.key("Home")
    until(lambda: "Most often" not in window.described("^Distribution of latency$", "%"), "a cursor")
    window.key("Escape")
    window.described("^Distribution of latency$", "Most often")
    check("and through the distribution")


def test_threshold(stage):
    window = stage.window
    window.set_value("Threshold in ms", 0)
    until(lambda: "threshold" not in window.described("^Latency$", "50 %").lower(), "no threshold")
    window.set_value("Threshold in ms", 250)
    window.described("^Latency$", r"[Tt]hreshold 250\sms")
    window.choose("^Time shown$", "2 Hours")
    window.described("^Latency$", "50 %")
    window.choose("^Time shown$", "10 Minutes")
    check("the threshold is told, too, and other spans of time are shown")


def main(stage):
    stage.start_server()
    who = {"ann": stage.open("ann"), "bob": stage.open("bob", transports=["polling"]), "dave": stage.open("dave"),
           "eve": stage.open("eve", "/chat")}
    stage.start_window()
    test_dashboard(stage, who)
    test_refusals(stage)
    test_latency(stage)
    test_cursor(stage)
    test_threshold(stage)


run("act-pages", main)
