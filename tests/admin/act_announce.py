#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Announcements: who gets them, when, what they say, and what is remembered of them."""

import datetime
import getpass
import os

from act import check, run, until

TO, KIND = "^To$", "^Kind$"


def send(stage, response="_?Send"):
    """Returns what the question said."""
    stage.window.press("^_?(Send|Schedule)…$")
    stage.window.shows("^Send[?]$")
    return " ".join(stage.window.answer("^Send[?]$", response))


def got(stage, ident, event="announcement"):
    return stage.clients.got(ident, event)


def test_plain(stage, who):
    window = stage.window
    window.page("Announcements")
    window.shows("^Enter a title.$")
    assert not window.is_sensitive("^_?Send…")
    window.fill("^Title$", "Maintenance")
    window.fill("^Text$", "At noon, for an hour")
    window.choose("^Severity$", "Warning")
    window.shows("^4 recipients at the moment$")
    said = send(stage)
    assert "“Maintenance” to everyone at “This computer (session)”." in said and "4 recipients" in said, said
    for ident in who.values():
        message = stage.clients.expect_event(ident, "announcement")[0]
        assert (message["title"], message["text"], message["severity"]) == ("Maintenance", "At noon, for an hour", "warning")
        then = datetime.datetime.fromisoformat(message["time"].replace("Z", "+00:00"))
        assert abs(datetime.datetime.now(datetime.timezone.utc) - then).total_seconds() < 120, message
    window.told("^Sent, 4 recipients$")
    window.shows("^“Maintenance”$")
    user = os.environ.get("USER") or getpass.getuser()
    window.shows(f"^(tester|{user}|root) to everyone at “This computer \\(session\\)”, .*\\d\\d:\\d\\d")
    window.shows("^Sent, 4 recipients$")
    check("an announcement reaches everybody; the question names them, and the history says who, what, whom and when")


def test_event(stage, who):
    window = stage.window
    window.choose(KIND, "Any event")
    window.shows("^Enter the name of the event.$")
    window.fill("^Event$", "tick")
    for bad in ("[1,", "{}", ""):
        window.fill("^Arguments", bad)
        until(lambda: not window.is_sensitive("^_?Send…"), f"{bad!r} refused")
    window.fill("^Arguments", '[{"a": [1, 2]}, "x"]')
    until(lambda: window.is_sensitive("^_?Send…"), "good JSON")
    assert "event “tick” to everyone" in send(stage)
    for ident in who.values():
        assert stage.clients.expect_event(ident, "tick") == [{"a": [1, 2]}, "x"]
    window.told("^Sent, 4 recipients$")
    check("so does any event, with arguments that are checked while they are typed")


def test_audiences(stage, who):
    window = stage.window

    def try_audience(n, said, names, event):
        window.fill("^Event$", event)
        window.shows(f"^{n} recipients? at the moment$")
        assert said in send(stage)
        for name in names:
            stage.clients.expect_event(who[name], event)
        window.told(f"^Sent, {n} recipients?$")
        assert all(bool(got(stage, ident, event)) == (name in names) for name, ident in who.items()), event

    window.choose(TO, "A namespace")
    window.choose("^Namespace$", "/chat")
    try_audience(1, "everyone in namespace /chat", ["cat"], "to-namespace")
    window.choose(TO, "A room")
    window.shows("^Enter the name of the room.$")
    window.fill("^Room$", "kitchen")
    try_audience(1, "room “kitchen” of /chat", ["cat"], "to-room")
    window.choose(TO, "A user")
    window.fill("^User$", "ann")
    try_audience(2, "user “ann”", ["ann", "other"], "to-user")
    window.fill("^User$", "nobody")
    window.shows("^0 recipients at the moment$")
    window.choose(TO, "Selected sockets")
    window.shows("^Nothing is selected on the page of sockets.$")
    assert not window.is_sensitive("^_?Send…")
    window.page("Sockets")
    window.select("^Sockets$", who["bob"], who["cat"])
    window.page("Announcements")
    try_audience(2, "2 selected sockets", ["bob", "cat"], "to-selection")
    check("a namespace, a room, a user and selected sockets are audiences, and nobody else hears it")
    window.choose(TO, "Everyone")


def test_schedule(stage, who):
    window = stage.window

    def plan(event, seconds):
        window.fill("^Event$", event)
        time = (datetime.datetime.now() + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
        window.fill("^Date and time$", time)
        send(stage, "_?Schedule")
        window.told("^Scheduled$")

    window.press("^Later$")
    window.shows("^_?Schedule…$")
    for bad in ("soon", "2001-01-01 10:00", "2031-12-31 25:00", "2031-12-31 18:00:30 or so"):
        window.fill("^Date and time$", bad)
        window.shows("^Enter a time that is to come")
        assert not window.is_sensitive("^_?Schedule…")
    plan("never", 3600)
    window.shows("^Scheduled$")
    window.shows("^event “never”$")
    window.press("^_?Cancel$")
    window.hides("^event “never”$")
    check("what was scheduled can be cancelled")
    plan("in-time", 8)
    assert not got(stage, who["bob"], "in-time")
    window.shows("^event “in-time”$")
    for ident in who.values():
        stage.clients.expect_event(ident, "in-time")
    window.told("^Sent, 4 recipients$")
    window.hides("^Scheduled$")
    assert not any(got(stage, ident, "never") for ident in who.values())
    check("what was not goes out in time; a time that is none, or of the past, is refused")
    window.press("^Later$")


def count_sent(window):
    return len([text for text in window.look().texts() if text.startswith("Sent, ")])


def test_templates(stage, who):
    window = stage.window
    window.choose(KIND, "Announcement")
    window.fill("^Title$", "Good night")
    window.fill("^Text$", "See you")
    window.choose("^Severity$", "Critical")
    window.press("^Save as Template$")
    window.shows("^Without the audience and the time$")
    window.fill("^Name$", "Evening")
    window.answer("^Without the audience", "_?Save")
    window.fill("^Title$", "Something else")
    n_sent = count_sent(window)
    window.stop()
    window = stage.start_window()
    window.page("Announcements")
    until(lambda: count_sent(window) == n_sent > 0, f"{n_sent} that were sent")
    window.shows("^“Maintenance”$")
    check("the history is there when the program is started again")
    window.choose("^Template$", "Evening")
    until(lambda: window.read("^Title$") == "Good night", "the title of the template")
    assert window.read("^Text$") == "See you"
    window.shows("^4 recipients at the moment$")
    send(stage)
    message = until(lambda: next((args[0] for args in got(stage, who["bob"]) if args[0]["title"] == "Good night"), None),
                    "what the template says")
    assert message["severity"] == "critical", message
    window.told("^Sent, 4 recipients$")
    check("so are templates, which fill in what they are called for")
    window.press("^Remove Template$")
    until(lambda: "Evening" not in window.find("^Template$", ("combo box",)).texts(), "no template")
    window.press("^Clear$")
    window.shows("^Nothing yet$")
    window.stop()
    window = stage.start_window()
    window.page("Announcements")
    window.shows("^Nothing yet$")
    assert "Evening" not in window.find("^Template$", ("combo box",)).texts()
    check("what was removed stays away, templates and history alike")


def main(stage):
    stage.start_server()
    who = {"ann": stage.open("ann"), "other": stage.open("ann"), "bob": stage.open("bob"), "cat": stage.open("cat", "/chat")}
    stage.clients.emit(who["cat"], "join", "kitchen", ack=True)
    stage.start_window()
    test_plain(stage, who)
    test_event(stage, who)
    test_audiences(stage, who)
    test_schedule(stage, who)
    test_templates(stage, who)


run("act-announce", main)
