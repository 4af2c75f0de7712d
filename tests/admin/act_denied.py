#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is not allowed by PolicyKit, which is mocked, is told so by each action, and nothing happens at the server."""

import os
import sys

if os.getuid() == 0:
    # Nobody asks about root; where programs are built may be closed to others.
    os.execvp("setpriv", ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+dac_override",
                          "--ambient-caps=+dac_override", "dbus-run-session", "--", sys.executable, *sys.argv])

import act  # noqa: E402
from act import Caller, Clients, Daemon, check, daemonbus, run, until  # noqa: E402
from test_system import Polkit  # noqa: E402

SERVER = "^This computer, Connected$"
SOCKETS = "^Sockets$"
NOT_DONE = "^Not done: not allowed: "
# Looking, and looking on, but no acts.
LOOKING = f"(args[1] in ('{daemonbus.NAME}.read', '{daemonbus.NAME}.inspect'), False, {{}})"


class Bus(daemonbus.Bus):
    def __init__(self):
        super().__init__(strict=True)
        act.ENVIRONMENT["DBUS_SYSTEM_BUS_ADDRESS"] = self.address


def test_sockets(stage, who):
    window, ann = stage.window, who["ann"]
    window.page("Sockets")
    window.rows(SOCKETS, lambda rows: {row.name for row in rows} == set(who.values()), "all sockets")
    window.select(SOCKETS, ann)
    for button, question, response, fields in (
            ("^_?Join…", "^Join a Room$", "_?Join", {"Room": "garden"}),
            ("^_?Leave…", "^Leave a Room$", "_?Leave", {"Room": "kitchen"}),
            ("^_?Emit…", "^Emit an Event$", "_?Emit", {"Event": "news"}),
            ("^_?Disconnect$", "^Disconnect[?]$", "_?Disconnect", {}),
            ("^_?Close$", "^Close Connections[?]$", "_?Close", {})):
        stage.act(button, question, response, **fields)
        window.told(NOT_DONE)
    check("nothing is done to sockets, and each time it is said that it is not allowed")


def test_rooms(stage):
    window = stage.window
    window.page("Rooms")
    window.select("^Rooms$", "kitchen")
    for button, question, response, fields in (
            ("^E_?mpty$", "^Empty the Room[?]$", "_?Empty", {}),
            ("^_?Emit…", "^Emit an Event$", "_?Emit", {"Event": "news"}),
            ("^_?Disconnect$", "^Disconnect[?]$", "_?Disconnect", {})):
        stage.act(button, question, response, **fields)
        window.told(NOT_DONE)
    check("nor to rooms")


def test_announcement(stage):
    window = stage.window
    window.page("Announcements")
    window.fill("^Title$", "Maintenance")
    window.press("^_?Send…$")
    window.answer("^Send[?]$", "_?Send")
    window.shows("not allowed: ")
    check("an announcement is not sent, and it is said why")


def main(stage):
    bus = Bus()
    stage.running.append(bus)
    polkit = Polkit(bus, LOOKING)
    stage.daemon = Daemon(bus, "namespace /.default=relay-to-joined-rooms", "auth.mode=optional",
                          f"auth.secret-file={stage.scratch}/secret")
    stage.caller = Caller(bus)
    stage.clients = Clients(stage.daemon.url)
    stage.running += [polkit, stage.daemon, stage.clients]
    who = {"ann": stage.open("ann"), "bob": stage.open("bob")}
    stage.clients.emit(who["ann"], "join", "kitchen", ack=True)
    stage.start_window()
    stage.window.shows(SERVER)
    test_sockets(stage, who)
    test_rooms(stage)
    test_announcement(stage)
    assert stage.sockets() == set(who.values()) and stage.rooms(who["ann"]) == ["kitchen"]
    for ident in who.values():
        # What was sent before would be there by now.
        stage.clients.emit(ident, "latency", ack=True)
        assert not stage.clients.got(ident, "news") and not stage.clients.got(ident, "announcement")
    asked = {question[1][1] for question in polkit.questions()}
    assert {f"{daemonbus.NAME}.manage", f"{daemonbus.NAME}.emit"} <= asked, asked
    check("the server has and got what it had before")
    polkit.set("(False, False, {})")
    stage.window.stop()
    stage.start_window()
    until(lambda: stage.window.has("^This computer, (?!Connect)"), "a server that may not be looked at")
    stage.window.shows("not allowed: ")
    assert not stage.window.has(who["ann"])
    check("whoever may not even look is told so")


run("act-denied", main)
