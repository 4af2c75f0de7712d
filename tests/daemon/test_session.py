#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every method, property and signal of org.sioglib.Server1 on a bus of one's own, with a real server
and official clients. Prints TAP."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
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
    Bus,
    Caller,
    Clients,
    Daemon,
    Process,
    error_of,
    main,
    make_token,
    s,
    strings,
    wait_for,
)
from gi.repository import Gio, GLib

INVALID = ERROR + "InvalidArgument"


class Base(unittest.TestCase):
    SETS = ()

    def setUp(self):
        self.bus = Bus(strict=False)
        self.addCleanup(self.bus.stop)
        self.daemon = Daemon(
            self.bus,
            "namespace /chat.default=relay-to-joined-rooms",
            *self.SETS,
            kind="session",
        )
        self.addCleanup(self.daemon.stop)
        self.caller = Caller(self.bus)
        self.addCleanup(self.caller.close)
        self.clients = Clients(self.daemon.url)
        self.addCleanup(self.clients.stop)

    def audit(self, pattern):
        self.daemon.expect(pattern)


class Interface(Base):
    def test_introspection_is_the_file(self):
        """What is installed for clients is what the server does, documented down to each argument."""
        file = HERE.parents[1] / "sio-server/control/dbus/org.sioglib.Server1.xml"
        text = self.caller.call("Introspect", interface="org.freedesktop.DBus.Introspectable")
        served = xml.etree.ElementTree.fromstring(text).find(f"interface[@name='{NAME}']")
        written = xml.etree.ElementTree.parse(file).getroot().find("interface")

        def members(interface):
            return sorted(
                (m.tag, m.get("name"), m.get("type"), tuple((a.get("name"), a.get("type")) for a in m.findall("arg")))
                for m in interface
                if m.tag in ("method", "signal", "property")
            )

        self.assertEqual(members(served), members(written))
        documentation = file.read_text()
        for tag, name, _, args in members(written):
            self.assertIn(f"      {name}:\n", documentation, f"{tag} {name} has no documentation")
            comment = documentation.split(f"      {name}:\n", 1)[1].split("-->", 1)[0]
            self.assertIn("@since: 0.1", comment, name)
            for arg, _ in args:
                self.assertIn(f"@{arg}:", comment, f"{name}: {arg}")

    def test_properties(self):
        get_all = self.caller.call("GetAll", "(s)", NAME, interface="org.freedesktop.DBus.Properties")
        self.assertEqual(sorted(get_all), ["ApiVersion", "ProtocolRevisions", "StartedAt", "Version"])
        self.assertEqual(get_all["ApiVersion"], 2)
        self.assertEqual(get_all["ProtocolRevisions"], [4])
        self.assertRegex(get_all["Version"], r"^\d+\.\d+\.\d+$")
        self.assertLess(abs(get_all["StartedAt"] / 1e6 - time.time()), 60)

    def test_old_clients_are_a_revision(self):
        self.daemon.config.write_text("[server]\nallow-eio3=true\n")
        self.assertEqual(self.caller.call("ReloadConfiguration"), [])
        value = self.caller.call(
            "Get", "(ss)", NAME, "ProtocolRevisions", interface="org.freedesktop.DBus.Properties"
        )
        self.assertEqual(value, [4, 3])


class Lists(Base):
    def test_sockets(self):
        first = self.clients.open()[0]
        polling = self.clients.open(transports=["polling"])[0]
        chat = self.clients.open(namespace="/chat")[0]
        rows, total, revision = self.caller.sockets()
        self.assertEqual([row[0] for row in rows], [first, polling, chat])
        self.assertEqual(total, 3)
        self.assertGreater(revision, 0)
        row = rows[0]
        self.assertEqual(row[1:5], ("/", "", "127.0.0.1", "websocket"))
        self.assertLess(abs(row[5] / 1e6 - time.time()), 60)
        self.assertTrue(all(n > 0 for n in row[9:13]), row)
        self.assertEqual(row[13], 0)
        self.clients.emit(first, "join", "kitchen", ack=True)
        self.assertEqual(self.caller.sockets()[0][0][7], 1)
        self.assertEqual(self.caller.sockets()[0][0][13], 1)

        def ids(**filters):
            return [row[0] for row in self.caller.sockets(**filters)[0]]

        self.assertEqual(ids(namespace=s("/chat")), [chat])
        self.assertEqual(ids(room=s("kitchen")), [first])
        self.assertEqual(ids(room=s(chat)), [chat])
        self.assertEqual(ids(transport=s("polling")), [polling])
        self.assertEqual(ids(text=s(polling[2:9].upper())), [polling])
        self.assertEqual(ids(text=s("127.0.0")), [first, polling, chat])
        self.assertEqual(ids(user=s("ann")), [])
        self.assertEqual(ids(connected_before=GLib.Variant("t", rows[1][5])), [first])
        self.assertEqual(ids(min_latency=GLib.Variant("u", 10**9)), [])
        self.assertEqual(ids(sort="id"), sorted([first, polling, chat]))
        self.assertEqual(ids(sort="id", descending=True), sorted([first, polling, chat], reverse=True))
        self.assertEqual(ids(sort="namespace", descending=True)[0], chat)
        self.assertEqual(ids(sort="events", descending=True)[0], first)
        for key in ("user", "address", "transport", "latency", "buffered", "connected",
                    "packets-in", "packets-out", "bytes-in", "bytes-out"):
            self.assertEqual(len(ids(sort=key)), 3, key)

    def test_sockets_with_rooms(self):
        self.daemon.config.write_text("[limits]\nmax-rooms-per-socket=200\n")
        self.caller.call("ReloadConfiguration")
        first, second = self.clients.open(2)
        self.caller.call("JoinRooms", "(asas)", [first], ["kitchen", "garden"])
        rooms = [f"room {i}" for i in range(60)]
        self.caller.call("JoinRooms", "(asas)", [second], rooms)
        self.caller.call("JoinRooms", "(asas)", [second], [room.upper() for room in rooms])

        def ask(revision, offset, limit):
            return self.caller.call(
                "ListSocketsWithRooms", "(a{sv}sbtuu)", {}, "", False, revision, offset, limit
            )

        rows, names, total, revision = ask(0, 0, 1)
        self.assertEqual(([row[0] for row in rows], total), ([first], 2))
        self.assertEqual([sorted(n) for n in names], [["garden", "kitchen"]])
        # Lists go on in either method.
        self.assertEqual(self.caller.sockets(revision=revision, offset=1, limit=1)[0][0][0], second)
        rows, names, _, _ = ask(revision, 1, 10)
        self.assertEqual(rows[0][7], 120)
        self.assertEqual(len(names[0]), 100)
        self.assertNotIn(second, names[0])
        error_of(self, INVALID, ask, 0, 0, 1001)

    def test_wrong_arguments(self):
        for kwargs in (
            {"limit": 0},
            {"limit": 1001},
            {"sort": "colour"},
            {"transport": s("pigeon")},
            {"text": s("x" * 257)},
            {"colour": s("red")},
            {"namespace": GLib.Variant("u", 1)},
        ):
            error_of(self, INVALID, self.caller.sockets, **kwargs)
        error_of(self, ERROR + "NotFound", self.caller.sockets, namespace=s("/nowhere"))
        error_of(self, INVALID, self.caller.rooms, sort="colour")

    def test_pages_fit_while_clients_come_and_go(self):
        ids = self.clients.open(25)
        rows, total, revision = self.caller.sockets(limit=10)
        self.assertEqual(([r[0] for r in rows], total), (ids[:10], 25))
        self.clients.close(*ids[10:13])
        late = self.clients.open(2)
        wait_for(lambda: self.caller.sockets()[1] == 24, "those who left")
        rows, total, same = self.caller.sockets(revision=revision, offset=10, limit=10)
        self.assertEqual(([r[0] for r in rows], total, same), (ids[13:20], 25, revision))
        rows, _, _ = self.caller.sockets(revision=revision, offset=20, limit=10)
        self.assertEqual([r[0] for r in rows], ids[20:])
        rows, _, _ = self.caller.sockets(revision=revision, offset=30, limit=10)
        self.assertEqual(rows, [])
        self.assertEqual([r[0] for r in self.caller.sockets()[0]][-2:], late)

    def test_out_of_sync(self):
        revision = self.caller.sockets()[2]
        error_of(self, ERROR + "OutOfSync", self.caller.sockets, revision=revision + 1000)
        error_of(self, ERROR + "OutOfSync", self.caller.rooms, revision=revision)
        # Lists of others are not there for us.
        other = Caller(self.bus)
        self.addCleanup(other.close)
        error_of(self, ERROR + "OutOfSync", other.sockets, revision=revision)
        # A few are kept for each caller.
        for _ in range(4):
            self.caller.sockets()
        error_of(self, ERROR + "OutOfSync", self.caller.sockets, revision=revision)

    def test_lists_go_with_their_caller(self):
        self.clients.open(2)
        other = Caller(self.bus)
        other.sockets()
        other.rooms()
        self.caller.sockets()
        self.assertEqual(self.caller.metric("control", "lists"), 3)
        other.close()
        wait_for(lambda: self.caller.metric("control", "lists") == 1, "the lists of the other one are gone")

    def test_rooms_and_namespaces(self):
        ids = self.clients.open(3)
        for ident in ids:
            self.clients.emit(ident, "join", "large", ack=True)
        self.clients.emit(ids[0], "join", "alone", ack=True)
        chat = self.clients.open(namespace="/chat")[0]
        self.clients.emit(chat, "join", "large", ack=True)
        rows, total, revision = self.caller.rooms(limit=2)
        self.assertEqual((rows, total), ([("/", "alone", 1), ("/", "large", 3)], 3))
        self.clients.close(chat)
        wait_for(lambda: self.caller.rooms()[1] == 2, "the room is gone")
        self.assertEqual(self.caller.rooms(revision=revision, offset=1, limit=2)[0], [("/", "large", 3)])
        self.assertEqual(self.caller.rooms(sort="members", descending=True)[0][0], ("/", "large", 3))
        self.assertEqual(self.caller.rooms(text=s("ALO"))[0], [("/", "alone", 1)])
        self.assertEqual(self.caller.rooms(namespace=s("/chat"))[0], [])
        self.assertEqual(self.caller.call("ListNamespaces"), [("/", 3, 2), ("/chat", 0, 0)])

    def test_socket(self):
        ident = self.clients.open(
            extraHeaders={"Cookie": "session=secret", "X-Team": "blue"},
            query={"colour": "red", "token": "secret"},
        )[0]
        self.clients.emit(ident, "join", "kitchen", ack=True)
        details = self.caller.call("GetSocket", "(s)", ident)
        self.assertEqual(details["id"], ident)
        self.assertEqual(details["rooms"], [ident, "kitchen"])
        self.assertEqual(details["headers"]["x-team"], "blue")
        self.assertEqual(details["headers"]["cookie"], "***")
        self.assertEqual(details["query"]["colour"], "red")
        self.assertEqual(details["query"]["token"], "***")
        self.assertEqual((details["protocol"], details["transport"], details["events"]), (4, "websocket", 1))
        self.assertNotIn("secret", str(details))
        error_of(self, ERROR + "NotFound", self.caller.call, "GetSocket", "(s)", "nobody")

    def test_stats(self):
        self.clients.open(2)
        stats = self.caller.call("GetStats")
        wait_for(lambda: self.caller.call("GetStats")["sockets"] == 2, "two sockets in the numbers")
        stats = self.caller.call("GetStats")
        self.assertEqual(stats["sessions"]["websocket"], 2)
        self.assertEqual(stats["log-level"], "info")
        self.assertEqual(stats["pid"], self.daemon.process.pid)
        # A thread looks for these.
        stats = wait_for(lambda: (s := self.caller.call("GetStats")).get("cpu-usec", 0) > 0 and s, "the process")
        self.assertGreater(stats["resident-bytes"], 1_000_000)
        count, total, ranges = stats["round-trips"]
        self.assertEqual(count, sum(n for _, n in ranges))
        self.assertGreaterEqual(total, 0)
        self.assertEqual(self.caller.metric("dbus", "connected"), 1)


class Acts(Base):
    def test_disconnect(self):
        ids = self.clients.open(3)
        n = self.caller.call("DisconnectSockets", "(asa{sv})", ids[:2] + ["nobody"], {})
        self.assertEqual(n, 2)
        self.assertEqual(self.clients.expect_disconnected(ids[0]), "io server disconnect")
        self.assertEqual(self.clients.expect_disconnected(ids[1]), "io server disconnect")
        n = self.caller.call(
            "DisconnectSockets", "(asa{sv})", ids[2:], {"close-connection": GLib.Variant("b", True)}
        )
        self.assertEqual(n, 1)
        self.clients.expect_disconnected(ids[2])
        self.assertEqual(self.caller.call("DisconnectSockets", "(asa{sv})", [], {}), 0)
        self.audit(rf"disconnect by uid {os.getuid()} at :\S+ \(dbus\) on sockets {ids[0]};.*: done")
        error_of(
            self, ERROR + "LimitExceeded", self.caller.call, "DisconnectSockets", "(asa{sv})", ["x"] * 1001, {}
        )

    def test_rooms(self):
        ids = self.clients.open(2)
        self.assertEqual(self.caller.call("JoinRooms", "(asas)", ids, ["a", "b"]), 2)
        self.assertEqual(self.caller.rooms()[0], [("/", "a", 2), ("/", "b", 2)])
        self.assertEqual(self.caller.call("LeaveRooms", "(asas)", ids[:1], ["a", ids[0]]), 1)
        self.assertEqual(self.caller.rooms()[0], [("/", "a", 1), ("/", "b", 2)])
        self.assertEqual(self.caller.sockets(room=s(ids[0]))[1], 1)
        self.audit(r"join by .*to a;b.*: done")
        self.audit(r"leave by .*: done")
        error_of(self, INVALID, self.caller.call, "JoinRooms", "(asas)", ids, [])
        error_of(self, INVALID, self.caller.call, "JoinRooms", "(asas)", ids, ["x" * 201])
        error_of(self, ERROR + "LimitExceeded", self.caller.call, "JoinRooms", "(asas)", ids, ["x"] * 101)

    def test_emit(self):
        first, second, third = self.clients.open(3)
        chat = self.clients.open(namespace="/chat")[0]
        self.clients.emit(first, "join", "kitchen", ack=True)
        self.clients.emit(second, "join", "kitchen", ack=True)

        def emit(n, event, **target):
            got = self.caller.call("Emit", "(a{sv}ss)", target, event, '["x",{"y":[1e3,"ü"]}]')
            self.assertEqual(got, n, event)

        emit(3, "all", namespace=s("/"))
        emit(4, "everywhere")
        emit(2, "room", rooms=strings("kitchen"))
        emit(1, "but", rooms=strings("kitchen"), **{"except": strings(first)})
        emit(3, "both", rooms=strings("kitchen"), ids=strings(second, third))
        emit(1, "one", ids=strings(chat, "nobody"))
        emit(0, "none", ids=strings())
        emit(0, "user", user=s("ann"))
        # Clients get everything in order: after the last one, nothing of the others is on its way.
        emit(4, "end")
        for ident in (first, second, third, chat):
            self.assertEqual(self.clients.expect_event(ident, "end"), ["x", {"y": [1000, "ü"]}])
        counts = {
            event: [len(self.clients.got(i, event)) for i in (first, second, third, chat)]
            for event in ("all", "everywhere", "room", "but", "both", "one", "none", "user")
        }
        self.assertEqual(
            counts,
            {
                "all": [1, 1, 1, 0],
                "everywhere": [1, 1, 1, 1],
                "room": [1, 1, 0, 0],
                "but": [0, 1, 0, 0],
                "both": [1, 1, 1, 0],
                "one": [0, 0, 0, 1],
                "none": [0, 0, 0, 0],
                "user": [0, 0, 0, 0],
            },
        )
        self.audit(r"emit by .* on event room, rooms kitchen \(2 sockets\): done")
        for event, args, code in (
            ("connect", "[]", "InvalidArgument"),
            ("", "[]", "InvalidArgument"),
            ("x", "{}", "InvalidArgument"),
            ("x", "[1,]", "InvalidArgument"),
            ("x", "[01]", "InvalidArgument"),
            ("x", "[" * 100 + "]" * 100, "InvalidArgument"),
            ("x", json.dumps(["y" * (1 << 20)]), "LimitExceeded"),
        ):
            error_of(self, ERROR + code, self.caller.call, "Emit", "(a{sv}ss)", {}, event, args)
        error_of(
            self, ERROR + "NotFound", self.caller.call, "Emit", "(a{sv}ss)", {"namespace": s("/no")}, "x", "[]"
        )

    def test_broadcast_and_announce(self):
        first = self.clients.open()[0]
        chat = self.clients.open(namespace="/chat")[0]
        self.assertEqual(self.caller.call("Broadcast", "(sss)", "/chat", "news", "[1]"), 1)
        self.assertEqual(self.caller.call("Broadcast", "(sss)", "", "more", "[2]"), 2)
        self.assertEqual(self.clients.expect_event(first, "more"), [2])
        self.assertEqual(self.clients.expect_event(chat, "news"), [1])
        self.assertEqual(self.clients.got(first, "news"), [])
        n = self.caller.call("Announce", "(a{sv}sss)", {}, "Maintenance", "at 20:00", "warning")
        self.assertEqual(n, 2)
        told = self.clients.expect_event(first, "announcement")[0]
        self.assertLess(abs(told.pop("time") / 1000 - time.time()), 60)
        self.assertEqual(told, {"title": "Maintenance", "text": "at 20:00", "severity": "warning"})
        self.audit(r"announce by .*warning.*: done")
        for title, text, severity in (("", "x", "info"), ("x", "y" * 4096, "info"), ("x", "", "loud")):
            error_of(self, INVALID, self.caller.call, "Announce", "(a{sv}sss)", {}, title, text, severity)

    def test_revocations(self):
        self.assertEqual(self.caller.call("ListRevocations"), [])
        self.assertEqual(self.caller.call("Revoke", "(sst)", "user", "ann", 0), 0)
        until = int(time.time() + 1000) * 10**6
        self.caller.call("Revoke", "(sst)", "token", "t-1", until)
        rows = sorted(self.caller.call("ListRevocations"))
        self.assertEqual([row[:2] for row in rows], [("token", "t-1"), ("user", "ann")])
        self.assertEqual(rows[0][3], until)
        self.caller.call("Unrevoke", "(ss)", "user", "ann")
        self.assertEqual(len(self.caller.call("ListRevocations")), 1)
        self.audit(r"revoke by .* on user ann: done")
        self.audit(r"unrevoke by .* on user ann: done")
        error_of(self, ERROR + "NotFound", self.caller.call, "Unrevoke", "(ss)", "user", "ann")
        error_of(self, INVALID, self.caller.call, "Revoke", "(sst)", "colour", "red", 0)
        error_of(self, INVALID, self.caller.call, "Revoke", "(sst)", "user", "", 0)

    def test_reload(self):
        self.daemon.config.write_text("[server]\npath=/elsewhere\nping-interval=3s\n")
        warnings = self.caller.call("ReloadConfiguration")
        self.assertEqual(len(warnings), 1)
        self.assertIn("path", warnings[0])
        self.audit(r"reload by .*: done")
        self.daemon.config.write_text("[server]\npink=yes\n[no]\n")
        text = error_of(self, ERROR + "Failed", self.caller.call, "ReloadConfiguration")
        self.assertIn("pink", text)
        self.assertIn("no", text)

    def test_drain(self):
        ids = self.clients.open(3)
        self.caller.call("Drain", "(u)", 1000)
        for ident in ids:
            self.clients.expect_disconnected(ident)
        self.assertEqual(self.caller.sockets()[1], 0)
        with self.assertRaises(AssertionError):
            self.clients.open()
        self.caller.call("Resume")
        self.clients.open()
        self.audit(r"drain by .*: done")
        self.audit(r"resume by .*: done")

    def test_log_level(self):
        self.caller.call("SetLogLevel", "(s)", "debug")
        self.assertEqual(self.caller.call("GetStats")["log-level"], "debug")
        self.audit(r"set-log-level by .* on debug: done")
        error_of(self, INVALID, self.caller.call, "SetLogLevel", "(s)", "loud")
        self.caller.call("ReloadConfiguration")
        self.assertEqual(self.caller.call("GetStats")["log-level"], "info")
        self.assertEqual(self.caller.metric("control", "acts", "dbus"), 2)


    def test_log_control(self):
        """What systemctl service-log-level asks; busctl is where systemd is."""
        path, interface = "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1"

        def ask(method, signature, *args):
            return self.caller.bus.call_sync(
                NAME, path, "org.freedesktop.DBus.Properties", method, GLib.Variant(signature, (interface, *args)),
                None, 0, PATIENCE * 1000, None).unpack()

        self.assertEqual(ask("GetAll", "(s)")[0],
                         {"LogLevel": "info", "LogTarget": "console", "SyslogIdentifier": "sio-server"})
        for level, ours in (("err", "error"), ("crit", "error"), ("warning", "warning"), ("debug", "debug")):
            ask("Set", "(ssv)", "LogLevel", s(level))
            self.assertEqual(self.caller.call("GetStats")["log-level"], ours)
            self.assertEqual(ask("Get", "(ss)", "LogLevel")[0], "err" if ours == "error" else ours)
        self.audit(r"set-log-level by .* on debug: done")
        for wrong in ("loud", "error"):
            error_of(self, INVALID, ask, "Set", "(ssv)", "LogLevel", s(wrong))
        for name, wrong in (("SyslogIdentifier", s("other")), ("LogLevel", GLib.Variant("u", 7))):
            with self.assertRaises(GLib.Error):
                ask("Set", "(ssv)", name, wrong)
        ask("Set", "(ssv)", "LogTarget", s("auto"))
        ask("Set", "(ssv)", "LogTarget", s("console"))
        error_of(self, ERROR + "NotSupported", ask, "Set", "(ssv)", "LogTarget", s("kmsg"))
        self.assertEqual(ask("Get", "(ss)", "LogLevel")[0], "debug")


class Users(Base):
    SECRET = b"0123456789abcdef0123456789abcdef"

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        secret = pathlib.Path(directory.name) / "secret"
        secret.write_bytes(self.SECRET)
        secret.chmod(0o600)
        self.SETS = ("auth.mode=optional", f"auth.secret-file={secret}")
        super().setUp()

    def test_users(self):
        ann, other = (self.clients.open(auth={"token": make_token("ann", self.SECRET)})[0] for _ in range(2))
        bob = self.clients.open(auth={"token": make_token("bob", self.SECRET)})[0]
        nobody = self.clients.open()[0]
        rows = self.caller.sockets(sort="user")[0]
        self.assertEqual([row[2] for row in rows], ["", "ann", "ann", "bob"])
        self.assertEqual({r[0] for r in self.caller.sockets(user=s("ann"))[0]}, {ann, other})
        self.assertEqual([r[0] for r in self.caller.sockets(text=s("BO"), user=s("bob"))[0]], [bob])
        self.assertEqual({r[0] for r in self.caller.call("ListUserSockets", "(s)", "ann")}, {ann, other})
        self.assertEqual(self.caller.call("ListUserSockets", "(s)", "carl"), [])
        error_of(self, INVALID, self.caller.call, "ListUserSockets", "(s)", "")
        details = self.caller.call("GetSocket", "(s)", bob)
        self.assertEqual((details["user"], details["roles"], details["token-id"]), ("bob", ["reader"], "of-bob"))
        self.assertNotIn("user", self.caller.call("GetSocket", "(s)", nobody))
        self.assertNotIn(make_token("bob", self.SECRET).split(".")[2], str(details))

        n = self.caller.call("Emit", "(a{sv}ss)", {"user": s("ann")}, "you", "[1]")
        self.assertEqual(n, 2)
        self.assertEqual(self.clients.expect_event(ann, "you"), [1])
        self.assertEqual(self.clients.expect_event(other, "you"), [1])

        self.assertEqual(self.caller.call("Revoke", "(sst)", "user", "ann", 0), 2)
        self.clients.expect_disconnected(ann)
        self.clients.expect_disconnected(other)
        self.assertEqual(self.caller.call("Revoke", "(sst)", "token", "of-bob", 0), 1)
        self.clients.expect_disconnected(bob)
        with self.assertRaises(AssertionError):
            self.clients.open(auth={"token": make_token("bob", self.SECRET)})
        self.caller.call("Unrevoke", "(ss)", "token", "of-bob")
        self.clients.open(auth={"token": make_token("bob", self.SECRET)})


class Subscriptions(Base):
    SETS = ("dbus.reader-timeout=400ms", "dbus.max-subscriptions=10")

    def subscribe(self, *topics, caller=None, interval=100):
        return (caller or self.caller).call(
            "Subscribe", "(asa{sv})", topics, {"min-interval": GLib.Variant("u", interval)}
        )

    def all(self, key):
        return [item for _, changes in self.caller.changes for item in changes.get(key, [])]

    def test_changes(self):
        cookie = self.subscribe("sockets", "rooms")
        first, second = self.clients.open(2)
        wait_for(lambda: len(self.all("added")) == 2, "both were added")
        self.assertEqual({row[0] for row in self.all("added")}, {first, second})
        self.assertEqual(self.caller.changes[0][0], cookie)
        self.clients.emit(first, "join", "kitchen", ack=True)
        wait_for(lambda: ("/", "kitchen", 1) in self.all("rooms"), "the room")
        wait_for(lambda: [row[7] for row in self.all("updated") if row[0] == first] == [1], "the row")
        self.clients.close(first)
        wait_for(lambda: (first, "/", "client namespace disconnect") in self.all("removed"), "it left")
        wait_for(lambda: ("/", "kitchen", 0) in self.all("rooms"), "the room is gone")

    def test_rooms_of_sockets(self):
        self.caller.call(
            "Subscribe", "(asa{sv})", ["sockets", "stats"],
            {key: GLib.Variant("b", True) for key in ("with-rooms", "with-events")},
        )
        ident = self.clients.open()[0]
        wait_for(lambda: self.all("added"), "it was added")
        self.assertEqual(self.all("added-rooms"), [[]])
        self.caller.call("JoinRooms", "(asas)", [ident], ["kitchen"])
        wait_for(lambda: self.all("updated"), "it was updated")
        self.assertEqual(self.all("updated-rooms"), [["kitchen"]])
        self.assertEqual(len(self.all("updated")), 1)
        self.clients.emit(ident, "join", "kitchen")
        wait_for(
            lambda: any(
                event[0] == "/" and event[3] == 1
                for _, changes in self.caller.changes
                for event in changes.get("stats", {}).get("events", [])
            ),
            "the event in the numbers",
        )

    def test_upgrade(self):
        self.subscribe("sockets")
        ident = self.clients.open(transports=["polling", "websocket"])[0]
        wait_for(
            lambda: [r for r in self.all("added") + self.all("updated") if r[0] == ident][-1:]
            and [r for r in self.all("added") + self.all("updated") if r[0] == ident][-1][4] == "websocket",
            "the other transport",
        )

    def test_coalesced(self):
        """Many changes of one socket are one row, and signals keep their distance."""
        ident = self.clients.open()[0]
        self.subscribe("sockets", interval=5000)
        for i in range(30):
            self.caller.call("JoinRooms", "(asas)", [ident], [f"room {i}"])
        wait_for(lambda: self.caller.changes, "a signal")
        self.assertEqual(len(self.caller.changes), 1)
        self.assertEqual([row[0] for row in self.all("updated")], [ident])
        # One that came and left in between is not told of.
        self.caller.changes.clear()
        gone = self.clients.open()[0]
        self.clients.close(gone)
        self.caller.call("JoinRooms", "(asas)", [ident], ["last"])
        wait_for(lambda: self.caller.changes, "a signal")
        self.assertNotIn(gone, str(self.caller.changes))

    def test_overflow(self):
        self.subscribe("rooms", interval=6000)
        ids = self.clients.open(6)
        self.caller.call("JoinRooms", "(asas)", ids, ["first"])
        wait_for(lambda: self.caller.changes, "a signal")
        # With 6 times 90 rooms there are more changes than a signal may have.
        for i, ident in enumerate(ids):
            rooms = [f"{i}-{j}" for j in range(90)]
            self.assertEqual(self.caller.call("JoinRooms", "(asas)", [ident], rooms), 1)
        wait_for(lambda: len(self.caller.changes) > 1, "another signal")
        self.assertEqual(self.caller.changes[1][1], {"overflow": True})

    def test_only_those_who_asked(self):
        other = Caller(self.bus)
        self.addCleanup(other.close)
        cookie = self.subscribe("sockets")
        self.clients.open()
        wait_for(lambda: self.all("added"), "a signal")
        self.assertEqual(other.changes, [])
        error_of(self, ERROR + "NotFound", other.call, "Unsubscribe", "(u)", cookie)
        self.caller.call("Unsubscribe", "(u)", cookie)
        error_of(self, ERROR + "NotFound", self.caller.call, "Unsubscribe", "(u)", cookie)
        self.assertEqual(self.caller.metric("dbus", "subscriptions"), 0)
        self.caller.changes.clear()
        self.subscribe("sockets", caller=other)
        self.clients.open()
        wait_for(lambda: other.changes, "a signal of the other")
        self.assertEqual(self.caller.changes, [])

    def test_statistics(self):
        self.subscribe("stats")
        wait_for(lambda: self.caller.changes, "numbers")
        stats = self.caller.changes[0][1]["stats"]
        self.assertEqual(stats["sockets"], 0)
        self.assertNotIn("events", stats)

    def test_leaving_the_bus_ends_it(self):
        other = Caller(self.bus)
        self.subscribe("sockets", caller=other)
        self.assertEqual(self.caller.metric("dbus", "subscriptions"), 1)
        other.close()
        wait_for(lambda: self.caller.metric("dbus", "subscriptions") == 0, "it is gone")

    def test_limits(self):
        for _ in range(8):
            self.subscribe("sockets")
        error_of(self, ERROR + "LimitExceeded", self.subscribe, "sockets")
        for _ in range(2):
            other = Caller(self.bus)
            self.addCleanup(other.close)
            self.subscribe("rooms", caller=other)
        error_of(self, ERROR + "LimitExceeded", self.subscribe, "rooms", caller=other)
        for topics, interval in (((), 100), (("colours",), 100), (("sockets",), 99)):
            error_of(self, INVALID, self.subscribe, *topics, interval=interval, caller=other)

    def test_one_that_stops_reading_is_dropped(self):
        reader = Process([sys.executable, str(HERE / "subscriber.py"), self.bus.address])
        self.addCleanup(reader.stop, "kill")
        reader.expect("^subscribed")
        self.clients.open()
        reader.expect("^changed")
        # It answers: it stays.
        self.assertEqual(self.caller.metric("dbus", "subscriptions"), 1)
        os.kill(reader.process.pid, signal.SIGSTOP)
        self.clients.open()
        wait_for(lambda: self.caller.metric("dbus", "subscribers_dropped") == 1, "it is dropped")
        self.assertEqual(self.caller.metric("dbus", "subscriptions"), 0)
        self.assertEqual(self.caller.metric("control", "denied", "dbus"), 1)
        self.audit(r"Subscribe by .*: the subscriber does not answer, and was dropped")


class Streams(Base):
    SETS = ("dbus.reader-timeout=5s", "dbus.stream-buffer=4K", "dbus.max-streams=2")

    def open(self, fd=None, **options):
        if fd is None:
            reader, fd = os.pipe()
            self.addCleanup(lambda: os.close(reader))
        else:
            reader = None
        fds = Gio.UnixFDList.new()
        handle = fds.append(fd)
        os.close(fd)
        self.caller.bus.call_with_unix_fd_list_sync(
            NAME,
            PATH,
            NAME,
            "OpenEventStream",
            GLib.Variant("(ha{sv})", (handle, {k.replace("_", "-"): v for k, v in options.items()})),
            None,
            0,
            5000,
            fds,
            None,
        )
        del fds
        if reader is not None:
            os.set_blocking(reader, False)
        return reader

    def lines(self, reader, text):
        try:
            text[0] += os.read(reader, 1 << 16).decode()
        except BlockingIOError:
            pass
        return [json.loads(line) for line in text[0].split("\n")[:-1]]

    def expect(self, reader, n):
        text = [""]
        wait_for(lambda: len(self.lines(reader, text)) >= n, f"{n} lines")
        return self.lines(reader, text)

    def test_all_kinds(self):
        reader = self.open(payload=GLib.Variant("b", True), outgoing=GLib.Variant("b", True))
        ident = self.clients.open()[0]
        self.clients.emit(ident, "hello \"you\"", {"a": [1]}, "ü\n")
        self.caller.call("Emit", "(a{sv}ss)", {"ids": strings(ident)}, "back", "[true]")
        self.clients.expect_event(ident, "back")
        self.clients.close(ident)
        lines = self.expect(reader, 4)
        self.assertEqual([line["type"] for line in lines], ["connect", "event", "event", "disconnect"])
        for line in lines:
            self.assertEqual((line["id"], line["namespace"], line["address"]), (ident, "/", "127.0.0.1"))
            self.assertLess(abs(line["time"] / 1000 - time.time()), 60)
        self.assertEqual(
            (lines[1]["direction"], lines[1]["event"], lines[1]["args"]),
            ("in", 'hello "you"', [{"a": [1]}, "ü\n"]),
        )
        self.assertEqual((lines[2]["direction"], lines[2]["event"], lines[2]["args"]), ("out", "back", [True]))
        self.assertEqual(lines[3]["reason"], "client namespace disconnect")
        self.audit(r"open-event-stream by .*: done")

    def test_filters(self):
        first, second = self.clients.open(2)
        chat = self.clients.open(namespace="/chat")[0]
        one = self.open(id=s(first))
        named = self.open(event=s("end"), payload=GLib.Variant("b", True), max_payload=GLib.Variant("u", 10))
        for ident in (second, chat, first):
            self.clients.emit(ident, "a", "secret")
        self.clients.emit(first, "end", "x" * 20)
        lines = self.expect(one, 2)
        self.assertEqual([(line["id"], line["event"]) for line in lines], [(first, "a"), (first, "end")])
        self.assertNotIn("args", lines[0])
        lines = self.expect(named, 1)
        self.assertEqual((lines[0]["event"], lines[0]["bytes"]), ("end", 24))
        self.assertNotIn("args", lines[0])

    def test_reader_that_leaves(self):
        reader = self.open()
        self.assertEqual(self.caller.metric("dbus", "streams"), 1)
        os.dup2(os.open("/dev/null", os.O_RDONLY), reader)
        wait_for(lambda: self.caller.metric("dbus", "streams") == 0, "the stream ended")
        self.assertEqual(self.caller.metric("dbus", "stream_readers_cut"), 0)

    def test_reader_that_stops(self):
        """What does not fit is counted, and in the end the reader is cut off."""
        reader = self.open(payload=GLib.Variant("b", True))
        ident = self.clients.open()[0]
        for _ in range(60):
            self.clients.emit(ident, "much", "x" * 3000)
        # The answer comes after all of them were handled.
        self.clients.emit(ident, "latency", ack=True)
        self.assertGreater(self.caller.metric("dbus", "stream_lines_lost"), 20)
        wait_for(lambda: self.caller.metric("dbus", "stream_readers_cut") == 1, "it is cut off")
        self.assertEqual(self.caller.metric("dbus", "streams"), 0)
        self.audit(r"OpenEventStream by .*: the reader does not read, and was cut off")

    def test_reader_that_is_slow_is_told(self):
        reader = self.open(payload=GLib.Variant("b", True))
        ident = self.clients.open()[0]
        for _ in range(40):
            self.clients.emit(ident, "much", "x" * 3000)
        self.clients.emit(ident, "latency", ack=True)
        lost = self.caller.metric("dbus", "stream_lines_lost")
        self.assertGreater(lost, 0)
        text = [""]

        def told():
            return sum(line.get("n", 0) for line in self.lines(reader, text) if line["type"] == "dropped")

        wait_for(lambda: told() == lost, f"the reader is told of {lost} lines")
        # What was not lost is there.
        events = [line for line in self.lines(reader, text) if line["type"] == "event"]
        self.assertEqual(len(events), 41 - lost)

    def test_wrong_descriptors(self):
        file = os.open(self.daemon.config, os.O_RDWR)
        error_of(self, INVALID, self.open, fd=file)
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, write_end)
        error_of(self, INVALID, self.open, fd=read_end)
        error_of(self, INVALID, self.open, colour=s("red"))
        self.open()
        self.open()
        error_of(self, ERROR + "LimitExceeded", self.open)


class Session(Base):
    @unittest.skipUnless(IS_ROOT, "being another user takes root")
    def test_foreign_user(self):
        result = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "gdbus", "call",
             "--address", self.bus.address, "-d", NAME, "-o", PATH, "-m", NAME + ".ListNamespaces"],
            capture_output=True, text=True, timeout=20,
        )
        self.assertIn(ERROR + "AccessDenied", result.stderr)
        self.audit(rf"ListNamespaces by uid {NOBODY} at :\S+ \(dbus\): the caller is another user")
        self.assertEqual(self.caller.metric("control", "denied", "dbus"), 1)


if __name__ == "__main__":
    main()
