#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Subscribes to changes over the bus whose address is the argument, and prints what comes."""

import sys

from gi.repository import Gio, GLib

FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], FLAGS, None, None)
bus.signal_subscribe(
    None, "org.sioglib.Server1", "Changed", None, None, 0, lambda *args: print("changed", flush=True)
)
bus.call_sync(
    "org.sioglib.Server1",
    "/org/sioglib/Server1",
    "org.sioglib.Server1",
    "Subscribe",
    GLib.Variant("(asa{sv})", (["sockets"], {"min-interval": GLib.Variant("u", 100)})),
    None,
    0,
    -1,
    None,
)
print("subscribed", flush=True)
GLib.MainLoop().run()
