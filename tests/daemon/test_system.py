#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may what on the system bus: the policy that is installed, PolicyKit that is mocked, and none
of it. Prints TAP."""

import os
import pathlib
import subprocess
import sys
import unittest
import xml.etree.ElementTree

from daemonbus import (
    ERROR,
    HERE,
    IS_ROOT,
    NAME,
    NOBODY,
    PATH,
    PATIENCE,
    POLKIT,
    Bus,
    Caller,
    Clients,
    Daemon,
    Process,
    main,
    wait_for,
)
from gi.repository import Gio, GLib

AUTHORITY = "/org/freedesktop/PolicyKit1/Authority"
DENIED = ERROR + "AccessDenied"
UID = NOBODY if IS_ROOT else os.getuid()


class Polkit:
    """CheckAuthorization as a piece of Python, and what it was asked."""

    def __init__(self, bus, answer):
        self.process = Process(
            [sys.executable, "-m", "dbusmock", "--system", POLKIT, AUTHORITY, POLKIT + ".Authority"],
            env={"DBUS_SYSTEM_BUS_ADDRESS": bus.address},
        )
        self.bus = bus.connect()
        wait_for(self.is_there, "the mock on the bus")
        self.set(answer)

    def is_there(self):
        return self.bus.call_sync(
            "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "NameHasOwner",
            GLib.Variant("(s)", (POLKIT,)), None, 0, -1, None,
        ).unpack()[0]

    def mock(self, method, signature, *args):
        return self.bus.call_sync(
            POLKIT, AUTHORITY, "org.freedesktop.DBus.Mock", method, GLib.Variant(signature, args), None, 0, -1, None
        ).unpack()

    def set(self, answer):
        self.mock(
            "AddMethod", "(sssss)", POLKIT + ".Authority", "CheckAuthorization",
            "(sa{sv})sa{ss}us", "(bba{ss})", f"ret = {answer}",
        )

    def questions(self):
        return self.mock("GetMethodCalls", "(s)", "CheckAuthorization")[0]

    def stop(self):
        self.bus.close_sync(None)
        self.process.stop()


class Base(unittest.TestCase):
    def setUp(self):
        self.bus = Bus(strict=True)
        self.addCleanup(self.bus.stop)

    def start(self, *sets):
        self.daemon = Daemon(self.bus, *sets)
        self.addCleanup(self.daemon.stop)

    def polkit(self, answer):
        polkit = Polkit(self.bus, answer)
        self.addCleanup(polkit.stop)
        return polkit

    def call(self, method, *args, interactive=False, groups=None, path=PATH, interface=NAME):
        """As a user without privileges; returns the answer, or raises AssertionError with the error."""
        argv = ["gdbus", "call", "--address", self.bus.address, "-d", NAME, "-o", path, "-m", f"{interface}.{method}"]
        if interactive:
            argv.append("-i")
        if IS_ROOT:
            group = f"--groups={groups}" if groups is not None else "--clear-groups"
            argv = ["setpriv", f"--reuid={UID}", f"--regid={UID}", group] + argv
        result = subprocess.run(argv + list(args), capture_output=True, text=True, timeout=PATIENCE)
        return result.stdout.strip() if result.returncode == 0 else result.stderr

    def metric(self, *name):
        if not IS_ROOT:
            return None
        caller = Caller(self.bus)
        try:
            return caller.metric(*name)
        finally:
            caller.close()


class WithPolkit(Base):
    METHODS = (
        ("read", "ListSockets", "{}", "", "false", "0", "0", "10"),
        ("read", "ListSocketsWithRooms", "{}", "", "false", "0", "0", "10"),
        ("read", "ListRooms", "{}", "", "false", "0", "0", "10"),
        ("read", "ListNamespaces"),
        ("read", "ListUserSockets", "ann"),
        ("read", "GetStats"),
        ("read", "ListRevocations"),
        ("read", "Subscribe", "['sockets']", "{}"),
        ("manage", "DisconnectSockets", "@as []", "{}"),
        ("manage", "JoinRooms", "@as []", "['a']"),
        ("manage", "LeaveRooms", "@as []", "['a']"),
        ("manage", "Revoke", "user", "ann", "0"),
        ("manage", "Unrevoke", "user", "ann"),
        ("emit", "Emit", "{}", "x", "[]"),
        ("emit", "Broadcast", "", "x", "[]"),
        ("emit", "Announce", "{}", "x", "", "info"),
        ("configure", "SetLogLevel", "info"),
        ("configure", "ReloadConfiguration"),
        ("configure", "Drain", "1"),
        ("configure", "Resume"),
    )

    def test_allowed(self):
        """Each method asks for its action, about the sender on the bus, and then does it."""
        polkit = self.polkit("(True, False, {})")
        self.start()
        for action, method, *args in self.METHODS:
            answer = self.call(method, *args)
            self.assertTrue(answer.startswith("("), f"{method}: {answer}")
        questions = polkit.questions()
        self.assertEqual(len(questions), len(self.METHODS))
        for (action, method, *_), (_, (subject, asked, details, flags, cancellation)) in zip(self.METHODS, questions):
            self.assertEqual(asked, f"{NAME}.{action}", method)
            self.assertEqual(subject[0], "system-bus-name")
            self.assertRegex(subject[1]["name"], r"^:\d+\.\d+$")
            self.assertEqual(details, {"method": method})
            self.assertEqual(flags, 0)
            self.assertTrue(cancellation)
        self.daemon.expect(rf"emit by uid {UID} at :\S+ \(dbus\) .*: done")

    def test_denied(self):
        self.polkit("(False, False, {})")
        self.start()
        methods = (*self.METHODS, ("read", "GetSocket", "nobody"))
        # The journal tells of ten in ten seconds: one of each action first.
        firsts = list({item[0]: item for item in reversed(methods)}.values())
        for item in firsts + [item for item in methods if item not in firsts]:
            _, method, *args = item
            self.assertIn(DENIED, self.call(method, *args), method)
            if item in firsts:
                self.daemon.expect(rf"{method} by uid {UID} at :\S+ \(dbus\): PolicyKit does not allow it")
        if IS_ROOT:
            self.assertEqual(self.metric("control", "denied", "dbus"), len(methods))
            self.assertEqual(self.metric("control", "acts", "dbus"), 0)

    def test_log_control(self):
        """The policy lets it through, reading is one action and writing another."""
        polkit = self.polkit(f"(args[1] == '{NAME}.read', False, {{}})")
        self.start()
        log = "org.freedesktop.LogControl1"

        def properties(method, *args):
            return self.call(method, log, *args, path="/org/freedesktop/LogControl1",
                             interface="org.freedesktop.DBus.Properties")

        self.assertEqual(properties("Get", "LogLevel"), "(<'info'>,)")
        self.assertIn(DENIED, properties("Set", "LogLevel", "<'debug'>"))
        self.assertEqual([question[1][1] for question in polkit.questions()], [f"{NAME}.read", f"{NAME}.configure"])
        self.daemon.expect(rf"log-control by uid {UID} at :\S+ \(dbus\): PolicyKit does not allow it")
        self.assertEqual(properties("Get", "LogLevel"), "(<'info'>,)")

    def test_stream_is_another_action(self):
        """Who may all but inspect may not read along."""
        polkit = self.polkit(f"(args[1] != '{NAME}.inspect', False, {{}})")
        self.start()
        self.assertTrue(self.call("GetStats").startswith("("))
        program = (
            "import os, sys\n"
            "from gi.repository import Gio, GLib\n"
            "flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT\n"
            "flags |= Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION\n"
            "bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], flags, None, None)\n"
            "fds = Gio.UnixFDList.new()\n"
            "handle = fds.append(os.pipe()[1])\n"
            "try:\n"
            f"  bus.call_with_unix_fd_list_sync('{NAME}', '{PATH}', '{NAME}', 'OpenEventStream',\n"
            "    GLib.Variant('(ha{sv})', (handle, {})), None, Gio.DBusCallFlags.NONE, -1, fds, None)\n"
            "except GLib.Error as error:\n"
            "  print(error.message)\n"
        )
        user = {"user": UID, "group": UID, "extra_groups": []} if IS_ROOT else {}
        result = subprocess.run(
            [sys.executable, "-c", program, self.bus.address], capture_output=True, text=True,
            timeout=PATIENCE, cwd="/", **user,
        )
        self.assertIn(DENIED, result.stdout + result.stderr)
        self.assertEqual(polkit.questions()[-1][1][1], NAME + ".inspect")
        self.daemon.expect(rf"OpenEventStream by uid {UID} at :\S+ \(dbus\): PolicyKit does not allow it")
        self.assertIn(self.metric("control", "denied", "dbus"), (1, None))

    def test_interactive(self):
        """A password is asked for only if the caller says so in the message."""
        polkit = self.polkit("(args[3] == 1, args[3] == 0, {})")
        self.start()
        answer = self.call("ListNamespaces")
        self.assertIn(DENIED, answer)
        self.assertIn("interactive", answer)
        self.assertTrue(self.call("ListNamespaces", interactive=True).startswith("("))
        self.assertEqual([question[1][3] for question in polkit.questions()], [0, 1])

    def test_slow_answers_keep_nobody(self):
        """While PolicyKit thinks, the server goes on."""
        self.polkit("(time.sleep(1), (True, False, {}))[1]")
        self.start()
        clients = Clients(self.daemon.url)
        self.addCleanup(clients.stop)
        process = Process(
            (["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"] if IS_ROOT else [])
            + ["gdbus", "call", "--address", self.bus.address, "-d", NAME, "-o", PATH, "-m", NAME + ".ListNamespaces"]
        )
        ident = clients.open()[0]
        clients.emit(ident, "latency", ack=True)
        process.expect(r"^\(")
        process.stop()

    @unittest.skipUnless(IS_ROOT, "being root takes root")
    def test_root_is_not_asked_about(self):
        polkit = self.polkit("(False, False, {})")
        self.start()
        caller = Caller(self.bus)
        self.addCleanup(caller.close)
        self.assertEqual(caller.call("ListNamespaces"), [("/", 0, 0)])
        self.assertEqual(polkit.questions(), [])


class WithoutPolkit(Base):
    def test_fails_closed(self):
        self.start()
        for method in ("ListNamespaces", "ReloadConfiguration"):
            answer = self.call(method)
            self.assertIn(DENIED, answer)
            self.assertIn("PolicyKit is not there", answer)
        self.daemon.expect(rf"ListNamespaces by uid {UID} .*: PolicyKit is not there")
        if IS_ROOT:
            self.assertEqual(self.metric("control", "denied", "dbus"), 2)

    @unittest.skipUnless(IS_ROOT, "being in a group takes root")
    def test_group_of_administrators(self):
        self.start("dbus.admin-group=daemon")
        self.assertIn(DENIED, self.call("ListNamespaces"))
        self.assertTrue(self.call("ListNamespaces", groups="daemon").startswith("("))

    def test_broken_polkit_fails_closed(self):
        self.polkit("1/0")
        self.start()
        answer = self.call("ListNamespaces")
        self.assertIn(DENIED, answer)
        self.assertIn("did not answer", answer)


class Policy(Base):
    def test_other_interfaces_are_out_of_reach(self):
        """The policy of the bus lets through what the object has, and nothing else."""
        self.start()
        if not IS_ROOT:
            self.skipTest("the server's user may more")
        result = subprocess.run(
            ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "gdbus", "call", "--address",
             self.bus.address, "-d", NAME, "-o", PATH, "-m", "org.example.Other.Method"],
            capture_output=True, text=True, timeout=PATIENCE,
        )
        self.assertIn("org.freedesktop.DBus.Error.AccessDenied", result.stderr)

    def test_actions_belong_to_the_server(self):
        file = HERE.parents[1] / "data/polkit/org.sioglib.Server1.policy"
        actions = {a.get("id"): a for a in xml.etree.ElementTree.parse(file).getroot().findall("action")}
        self.assertEqual(
            sorted(actions), [f"{NAME}.{a}" for a in ("configure", "emit", "inspect", "manage", "read")]
        )
        for name, action in actions.items():
            owner = action.find("annotate[@key='org.freedesktop.policykit.owner']")
            self.assertEqual(owner.text, "unix-user:sio-server", name)
            self.assertIn(action.find("defaults/allow_any").text, ("auth_admin",))
        self.assertEqual(actions[NAME + ".inspect"].find("defaults/allow_active").text, "auth_admin")


class Buses(unittest.TestCase):
    def test_none(self):
        """Without any bus all else works, and nobody is told of a system bus that nobody has."""
        daemon = Daemon(None)
        self.addCleanup(daemon.stop)
        clients = Clients(daemon.url)
        self.addCleanup(clients.stop)
        clients.emit(clients.open()[0], "latency", ack=True)
        self.assertIsNone(daemon.find("bus"))

    def test_none_of_a_session(self):
        daemon = Daemon(None, kind="session")
        self.addCleanup(daemon.stop)
        daemon.expect("Not on the session bus")

    def test_off(self):
        bus = Bus(strict=False)
        self.addCleanup(bus.stop)
        daemon = Daemon(bus, "dbus.bus=none")
        self.addCleanup(daemon.stop)
        connection = bus.connect()
        names = connection.call_sync(
            "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "ListNames", None, None, 0, -1, None
        ).unpack()[0]
        self.assertNotIn(NAME, names)
        connection.close_sync(None)

    def test_name_is_taken(self):
        bus = Bus(strict=False)
        self.addCleanup(bus.stop)
        first = Daemon(bus)
        self.addCleanup(first.stop)
        second = Daemon(bus)
        self.addCleanup(second.stop)
        second.expect(f"somebody else has the name {NAME}")

    def test_ready_means_on_the_bus(self):
        bus = Bus(strict=False)
        self.addCleanup(bus.stop)
        daemon = Daemon(bus, kind="session")
        self.addCleanup(daemon.stop)
        caller = Caller(bus)
        self.addCleanup(caller.close)
        # Daemon () returned at "listening on", so no waiting is needed here.
        self.assertEqual(caller.call("ListNamespaces"), [("/", 0, 0)])

    def test_bus_that_ends(self):
        bus = Bus(strict=False)
        daemon = Daemon(bus, kind="session")
        self.addCleanup(daemon.stop)
        caller = Caller(bus)
        caller.bus.set_exit_on_close(False)
        caller.call("Subscribe", "(asa{sv})", ["sockets"], {})
        bus.stop()
        daemon.expect("Not on the session bus")
        clients = Clients(daemon.url)
        self.addCleanup(clients.stop)
        clients.emit(clients.open()[0], "latency", ack=True)


if __name__ == "__main__":
    main()
