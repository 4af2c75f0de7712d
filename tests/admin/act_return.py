#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The local server comes after the window, is killed, and comes back: what the window says of it, and that its rows are right."""

from act import SERVER, check, run


def main(stage):
    window = stage.start_window()
    window.shows("^No Server$")
    check("without a server the window says so")
    stage.start_server()
    ids = {stage.open("ann"), stage.open("bob", "/chat")}
    window.shows(SERVER)
    window.page("Sockets")
    window.rows("^Sockets$", lambda rows: {row.name for row in rows} == ids, f"{ids}")
    check("a server that is started later appears by itself")
    stage.kill_server()
    window.shows(r"^This computer \(session\), Connecting again")
    window.shows("^_?Retry$", ("button",))
    window.picture("lost")
    assert not window.is_sensitive("^_?Disconnect$", ("button",))
    window.page("Announcements")
    window.shows("^The server takes no orders: it is read-only, or not connected.$")
    check("when it is killed that is seen, and nothing can be ordered")
    stage.start_server()
    ids = {stage.open(name) for name in ("cat", "dave", "eve")}
    window.shows(SERVER)
    window.hides("^_?Retry$", ("button",))
    window.page("Sockets")
    window.rows("^Sockets$", lambda rows: {row.name for row in rows} == ids, f"{ids}")
    window.page("Rooms")
    window.rows("^Rooms$", lambda rows: {row.name: row["Members"] for row in rows if row.name == "all-users"} == {"all-users": "3"},
                "rooms of the new server")
    window.page("Dashboard")
    window.shows("^Connections: 3$")
    check("when it is back it is connected by itself, and rows and figures are those of the new one")
    one = min(ids)
    window.page("Sockets")
    window.select("^Sockets$", one)
    stage.act("^_?Emit…", "^Emit an Event$", "_?Emit", Event="again", Arguments="[]")
    assert stage.clients.expect_event(one, "again") == []
    window.told("^Done, 1 socket concerned$")
    check("it takes orders again")


run("act-return", main)
