#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends an event to all clients of sio-server every minute, over D-Bus."""

import argparse
import json
import sys

from gi.repository import Gio, GLib

NAME = "org.sioglib.Server1"
PATH = "/org/sioglib/Server1"


def connect(options):
    if options.address is None:
        return Gio.bus_get_sync(Gio.BusType.SESSION if options.session else Gio.BusType.SYSTEM)
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(options.address, flags)


def on_sent(bus, result):
    try:
        print("sent to", bus.call_finish(result).unpack()[0], flush=True)
    except GLib.Error as error:
        # Perhaps it is back next time.
        print(f"broadcast-every-minute: {error.message}", file=sys.stderr, flush=True)


def broadcast(bus, options):
    arguments = GLib.Variant("(sss)", (options.namespace, options.event, json.dumps(options.args)))
    flags = Gio.DBusCallFlags.NO_AUTO_START
    bus.call(NAME, PATH, NAME, "Broadcast", arguments, None, flags, -1, None, on_sent)
    return GLib.SOURCE_CONTINUE


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("event", help="its name")
parser.add_argument("args", nargs="*", type=json.loads, help="its arguments, as JSON")
parser.add_argument("--interval", type=float, default=60, help="seconds between two events (60)")
parser.add_argument("--namespace", default="", help="only to this one")
parser.add_argument("--session", action="store_true", help="the server on the session bus")
parser.add_argument("--address", help="the server on the bus of this address")
options = parser.parse_args()
bus = connect(options)
broadcast(bus, options)
GLib.timeout_add(int(options.interval * 1000), broadcast, bus, options)
GLib.MainLoop().run()
