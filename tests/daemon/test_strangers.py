#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is on the bus and means no good: arguments of all kinds, too many calls, names, and a bus that goes and comes."""

import os
import random
import sys
import unittest
import xml.etree.ElementTree

sys.dont_write_bytecode = True

from daemonbus import ERROR, HERE, NAME, PATH, Bus, Caller, Clients, Daemon, Process, main, wait_for  # noqa: E402
from gi.repository import Gio, GLib  # noqa: E402

XML = HERE.parents[1] / "sio-server/control/dbus/org.sioglib.Server1.xml"
TEXTS = ("", "/", "/chat", "a", "sockets", "rooms", "[]", "[1]", "{}", "[" * 5000, "\"", "ann", "user", "token", "info", "debug",
         "warning", "connect", "disconnect", "é" * 100, "x" * 256, "x" * 257, "x" * 100_000, "\x01", "%s%n", "../..", "latency")
NUMBERS = (0, 1, 2, 100, 500, 1000, 1001, 65535, 2**31 - 1, 2**31, 2**32 - 1)
LARGE = (*NUMBERS, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
KEYS = ("namespace", "room", "rooms", "ids", "user", "text", "transport", "connected-before", "min-latency", "except", "close",
        "min-interval", "events", "directions", "max-bytes", "", "x" * 1000)


def of_type(dice, signature):
    """A value of a type, as GLib.Variant wants it in a tuple."""
    if signature == "s":
        return dice.choice(TEXTS)
    if signature == "b":
        return dice.random() < 0.5
    if signature in "uh":
        return 0 if signature == "h" else dice.choice(NUMBERS)
    if signature == "t":
        return dice.choice(LARGE)
    if signature == "x":
        return dice.choice((*NUMBERS, -1, -(2**63), 2**63 - 1))
    if signature == "as":
        return [dice.choice(TEXTS) for _ in range(dice.choice((0, 1, 2, 3, 101, 1001)))]
    if signature == "a{sv}":
        values = {}
        for _ in range(dice.choice((0, 1, 2, 5))):
            kind = dice.choice(("s", "b", "u", "t", "x", "as", "a{sv}"))
            values[dice.choice(KEYS)] = GLib.Variant(kind, of_type(dice, kind))
        return values
    raise AssertionError(f"the test knows nothing of the type {signature}")


class Strangers(unittest.TestCase):
    def start(self, *sets):
        self.bus = Bus(strict=False)
        self.addCleanup(self.bus.stop)
        self.daemon = Daemon(self.bus, "namespace /chat.default=relay-to-joined-rooms", *sets, kind="session")
        self.addCleanup(self.daemon.stop)
        self.caller = Caller(self.bus)
        self.clients = Clients(self.daemon.url)
        self.addCleanup(self.clients.stop)

    def send(self, results, method, value):
        def done(bus, result):
            try:
                results.append(bus.call_finish(result))
            except GLib.Error as error:
                results.append(error)

        self.caller.bus.call(NAME, PATH, NAME, method, value, None, 0, 60_000, None, done)

    def test_arguments_of_all_kinds(self):
        """Whatever is sent, there is an answer: the result or an error of ours."""
        self.start()
        dice = random.Random(7)
        methods = {
            method.get("name"): [arg.get("type") for arg in method.findall("arg") if arg.get("direction") != "out"]
            for method in xml.etree.ElementTree.parse(XML).getroot().iter("method")
        }
        self.assertGreater(len(methods), 20)
        del methods["Drain"]
        self.clients.open(3)
        results = []
        n = 0
        for _ in range(60):
            for method, types in methods.items():
                value = GLib.Variant(f"({''.join(types)})", tuple(of_type(dice, kind) for kind in types))
                self.send(results, method, value)
                n += 1
            wait_for(lambda: len(results) == n, "all answers")
        errors = [Gio.DBusError.get_remote_error(r) for r in results if isinstance(r, GLib.Error)]
        self.assertEqual([e for e in errors if e is None or not e.startswith(ERROR)], [])
        self.assertGreater(len(errors), 100)
        self.assertLess(len(errors), n - 100)
        self.assertNotIn(ERROR + "Failed", errors)
        # It still does what it should.
        ident = self.clients.open()[0]
        self.assertEqual(self.caller.call("GetSocket", "(s)", ident)["id"], ident)

    def test_other_signatures(self):
        self.start()
        for method, value in (("ListSockets", "()"), ("ListSockets", "(a{sv}sbtui)"), ("GetStats", "(s)"), ("Nothing", "()")):
            results = []
            zeros = {"()": (), "(a{sv}sbtui)": ({}, "", False, 0, 0, -1), "(s)": ("x",)}[value]
            self.send(results, method, GLib.Variant(value, zeros))
            error = wait_for(lambda: results, "an answer")[0]
            self.assertIn(Gio.DBusError.get_remote_error(error),
                          (f"org.freedesktop.DBus.Error.{kind}" for kind in ("InvalidArgs", "UnknownMethod")))

    def test_a_thousand_calls_at_once(self):
        self.start()
        ident = self.clients.open()[0]
        results = []
        for _ in range(1000):
            self.send(results, "Subscribe", GLib.Variant("(asa{sv})", (["sockets"], {})))
            self.send(results, "ListSockets", GLib.Variant("(a{sv}sbtuu)", ({}, "", False, 0, 0, 1000)))
        self.clients.emit(ident, "latency", ack=True)
        wait_for(lambda: len(results) == 2000, "all answers")
        errors = [Gio.DBusError.get_remote_error(r) for r in results if isinstance(r, GLib.Error)]
        # Ours, and that of the bus, which lets only so many wait.
        self.assertLessEqual(set(errors), {ERROR + "LimitExceeded", "org.freedesktop.DBus.Error.LimitsExceeded"})
        self.assertEqual(self.caller.metric("dbus", "subscriptions"), 8)
        self.assertLessEqual(self.caller.metric("control", "lists"), 4)

    def test_name_cannot_be_taken_away(self):
        self.start()
        other = Caller(self.bus)
        self.addCleanup(other.close)
        # Replace what exists, and do not queue: it "exists".
        answer = other.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                                     GLib.Variant("(su)", (NAME, 2 | 4)), None, 0, -1, None)
        self.assertEqual(answer.unpack(), (3,))
        self.caller.call("GetStats")

    def test_bus_that_comes_back(self):
        """Calls that wait when the bus ends harm nothing; the server is on the next one."""
        self.start()
        self.caller.bus.set_exit_on_close(False)
        self.caller.call("Subscribe", "(asa{sv})", ["sockets", "rooms", "stats"], {})
        results = []
        for _ in range(200):
            self.send(results, "ListSockets", GLib.Variant("(a{sv}sbtuu)", ({}, "", False, 0, 0, 1000)))
        self.bus.process.stop("kill")
        self.daemon.expect("Not on the session bus")
        self.clients.open(3)
        wait_for(lambda: len(results) == 200, "the end of all calls")
        if os.path.exists(f"{self.bus.dir}/bus"):
            os.unlink(f"{self.bus.dir}/bus")
        self.bus.process = Process(["dbus-daemon", f"--config-file={self.bus.dir}/bus.conf", "--nofork", "--nopidfile",
                                    "--print-address"])
        self.bus.process.expect("unix:")

        def listed():
            caller = Caller(self.bus)
            try:
                return caller.sockets()[1] == 3
            except GLib.Error:
                return False
            finally:
                caller.close()

        wait_for(listed, "lists on the next bus")
        self.assertEqual(len(self.clients.open(1, namespace="/chat")), 1)


if __name__ == "__main__":
    main()
