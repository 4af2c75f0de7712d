#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Administrators of a server that is measured, for compare-daemon: a subscriber to everything, or one who asks for pages
of sockets and for the metrics and tells how long that took.

    controllers.py subscribe ADDRESS
    controllers.py ask ADDRESS METRICS_URL N
"""

import json
import statistics
import sys
import time
import urllib.request

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402


def connect(address):
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(address, flags)


def call(bus, method, arguments):
    return bus.call_sync("org.sioglib.Server1", "/org/sioglib/Server1", "org.sioglib.Server1", method, arguments, None, 0, 30000)


def subscribe(address):
    bus = connect(address)
    bus.signal_subscribe("org.sioglib.Server1", None, "Changed", None, None, 0, lambda *_: None)
    call(bus, "Subscribe", GLib.Variant("(asa{sv})", (["sockets", "rooms", "stats"], {"min-interval": GLib.Variant("u", 100)})))
    print("subscribed", flush=True)
    GLib.MainLoop().run()


def ask(address, url, times):
    bus = connect(address)
    pages, metrics = [], []
    for number in range(times):
        arguments = GLib.Variant("(a{sv}sbtuu)", ({}, "latency", True, 0, 500 * (number % 10), 500))
        started = time.perf_counter()
        rows = call(bus, "ListSockets", arguments).get_child_value(0)
        pages.append(time.perf_counter() - started)
        assert rows.n_children() == 500, rows.n_children()
        started = time.perf_counter()
        with urllib.request.urlopen(url) as answer:
            assert b"socketio_" in answer.read()
        metrics.append(time.perf_counter() - started)
        # Past what is kept for a moment.
        time.sleep(0.3)
    print(json.dumps({name: {"median_ms": statistics.median(values) * 1000, "worst_ms": max(values) * 1000}
                      for name, values in (("page", pages), ("metrics", metrics))}))


if __name__ == "__main__":
    if sys.argv[1] == "subscribe":
        subscribe(sys.argv[2])
    else:
        ask(sys.argv[2], sys.argv[3], int(sys.argv[4]))
