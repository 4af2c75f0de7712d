#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples that steer sio-server over D-Bus, with a real server and official clients. Prints TAP."""

import os
import pathlib
import signal
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/daemon"))

from daemonbus import PATIENCE, Bus, Caller, Clients, Daemon, Process, main, wait_for  # noqa: E402


class Base(unittest.TestCase):
    def setUp(self):
        self.bus = Bus(strict=False)
        self.addCleanup(self.bus.stop)
        self.daemon = Daemon(self.bus, "namespace /chat.default=relay-to-joined-rooms", kind="session")
        self.addCleanup(self.daemon.stop)
        self.caller = Caller(self.bus)
        self.addCleanup(self.caller.close)
        self.clients = Clients(self.daemon.url)
        self.addCleanup(self.clients.stop)

    def example(self, name, *args):
        program = Process(
            [sys.executable, str(ROOT / "docs/examples" / name), *args],
            env={"DBUS_SESSION_BUS_ADDRESS": self.bus.address},
        )
        self.addCleanup(program.stop)
        return program


class KickIdle(Base):
    def test_who_sends_stays(self):
        idle, active, paused = self.clients.open(3)
        chat = self.clients.open(namespace="/chat")[0]
        self.clients.emit(paused, "latency", ack=True)
        # It begins to count later than here.
        started = time.monotonic()
        program = self.example("kick-idle.py", "6", "--interval=0.1", "--session", "--namespace", "/")

        def gone():
            self.clients.emit(active, "latency", ack=True)
            left = {r["id"] for r in self.clients.records() if "disconnected" in r}
            return left >= {idle, paused}

        wait_for(gone, "the idle ones left")
        self.assertGreater(time.monotonic() - started, 5)
        # Those of other namespaces, and who sends, are there.
        self.assertEqual([row[0] for row in self.caller.sockets()[0]], [active, chat])
        program.expect(f"^disconnected {idle}$")
        program.expect(f"^disconnected {paused}$")
        self.assertIsNone(program.find(f"{active}|{chat}"))
        # In the end it is idle, too.
        self.assertEqual(self.clients.expect_disconnected(active), "io server disconnect")
        program.stop("terminate")

    def test_dry_run(self):
        idle = self.clients.open(2)
        program = self.example("kick-idle.py", "0.2", "--interval=0.1", "--session", "--dry-run")
        for ident in idle:
            program.expect(f"^idle {ident}$")
        late = self.clients.open()[0]
        program.expect(f"^idle {late}$")
        self.assertEqual(self.caller.sockets()[1], 3)
        # Each is told of once.
        self.assertEqual(sorted(program.lines), sorted(f"idle {ident}" for ident in idle + [late]))

    def test_pages(self):
        n = 1200
        bench = Process(
            [os.environ["SIO_BENCH"], "idle", "-q", "-c", str(n), "-d", "600", "--settle", "0", self.daemon.url]
        )
        self.addCleanup(bench.stop, "kill")
        wait_for(lambda: self.caller.sockets(limit=1)[1] == n, f"{n} sockets: {bench.lines}")
        program = self.example("kick-idle.py", "0.1", "--interval=0.1", "--address", self.bus.address)
        wait_for(lambda: self.caller.sockets(limit=1)[1] == 0, "nobody")
        wait_for(lambda: len(program.lines) == n, f"{n} lines")
        self.assertEqual(len(set(program.lines)), n)

    def test_ends_with_the_server(self):
        program = self.example("kick-idle.py", "10", "--interval=0.1", "--session")
        self.daemon.process.terminate()
        self.assertEqual(program.process.wait(PATIENCE), 1)
        program.expect("^kick-idle: ")


class BroadcastEveryMinute(Base):
    def test_interval(self):
        first = self.clients.open()[0]
        chat = self.clients.open(namespace="/chat")[0]
        program = self.example(
            "broadcast-every-minute.py", "news", '{"a":[1,"ü"]}', "2", "--interval=0.2", "--session"
        )
        for ident in (first, chat):
            wait_for(lambda ident=ident: len(self.clients.got(ident, "news")) >= 3, f"three events at {ident}")
            self.assertEqual(self.clients.got(ident, "news")[2], [{"a": [1, "ü"]}, 2])
        program.expect("^sent to 2$")
        program.stop()
        # What was sent before comes before the answer.
        self.clients.emit(first, "latency", ack=True)
        n = len(self.clients.got(first, "news"))
        time.sleep(1)  # The time over which nothing comes
        self.clients.emit(first, "latency", ack=True)
        self.assertEqual(len(self.clients.got(first, "news")), n)

    def test_one_namespace(self):
        first = self.clients.open()[0]
        chat = self.clients.open(namespace="/chat")[0]
        program = self.example(
            "broadcast-every-minute.py", "news", "--interval=600", "--namespace=/chat", "--session"
        )
        self.assertEqual(self.clients.expect_event(chat, "news"), [])
        program.expect("^sent to 1$")
        self.clients.emit(first, "latency", ack=True)
        self.assertEqual(self.clients.got(first, "news"), [])

    def test_goes_on_without_the_server(self):
        program = self.example("broadcast-every-minute.py", "news", "--interval=0.1", "--session")
        program.expect("^sent to 0$")
        os.kill(self.daemon.process.pid, signal.SIGTERM)
        program.expect("^broadcast-every-minute: ")
        self.assertIsNone(program.process.poll())
        # Another one takes its place.
        other = Daemon(self.bus, kind="session")
        self.addCleanup(other.stop)
        clients = Clients(other.url)
        self.addCleanup(clients.stop)
        ident = clients.open()[0]
        self.assertEqual(clients.expect_event(ident, "news"), [])


if __name__ == "__main__":
    main()
