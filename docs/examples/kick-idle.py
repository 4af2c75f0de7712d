#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disconnects sockets of sio-server that are connected but have sent no event for a while, over D-Bus.

Acknowledgements and answers to pings are no events. What was sent before this program began to look is not known
to it: a socket that ever sent something has that time from then on."""

import argparse
import sys
import time

from gi.repository import Gio, GLib

NAME = "org.sioglib.Server1"
PATH = "/org/sioglib/Server1"
PAGE = 500


def connect(options):
    if options.address is None:
        return Gio.bus_get_sync(Gio.BusType.SESSION if options.session else Gio.BusType.SYSTEM)
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(options.address, flags)


def call(bus, method, arguments):
    flags = Gio.DBusCallFlags.NO_AUTO_START
    return bus.call_sync(NAME, PATH, NAME, method, arguments, None, flags, -1).unpack()


def list_sockets(bus, namespace):
    """All rows, page by page. The pages of one revision fit together while clients come and go."""
    filters = {"namespace": GLib.Variant("s", namespace)} if namespace else {}
    rows, offset, total, revision = [], 0, 1, 0
    while offset < total:
        arguments = GLib.Variant("(a{sv}sbtuu)", (filters, "connected", False, revision, offset, PAGE))
        page, total, revision = call(bus, "ListSockets", arguments)
        rows += page
        offset += PAGE
    return rows


def update(known, rows, now):
    """By id: the number of events, and since when it has been that."""
    table = {}
    for row in rows:
        ident, connected_at, events = row[0], row[5] / 1e6, row[13]
        if ident in known and known[ident][0] == events:
            table[ident] = known[ident]
        elif events == 0:
            table[ident] = (0, connected_at)
        else:
            table[ident] = (events, now)
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seconds", type=float, help="how long a socket may send nothing")
    parser.add_argument("--interval", type=float, default=10, help="seconds between two looks (10)")
    parser.add_argument("--namespace", help="only sockets of this one")
    parser.add_argument("--dry-run", action="store_true", help="only tell who would be disconnected")
    parser.add_argument("--session", action="store_true", help="the server on the session bus")
    parser.add_argument("--address", help="the server on the bus of this address")
    options = parser.parse_args()
    bus = connect(options)
    known, told = {}, set()
    while True:
        now = time.time()
        known = update(known, list_sockets(bus, options.namespace), now)
        told &= known.keys()
        idle = [i for i, (_, since) in known.items() if now - since >= options.seconds and i not in told]
        for start in range(0, len(idle), PAGE):
            if not options.dry_run:
                arguments = GLib.Variant("(asa{sv})", (idle[start : start + PAGE], {}))
                call(bus, "DisconnectSockets", arguments)
        for ident in idle:
            print("idle" if options.dry_run else "disconnected", ident, flush=True)
        told.update(idle)
        time.sleep(options.interval)


try:
    main()
except GLib.Error as error:
    sys.exit(f"kick-idle: {error.message}")
except KeyboardInterrupt:
    pass
