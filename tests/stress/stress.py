#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Thousands of connections against bench-server: memory, descriptors, exhaustion, and what good
clients notice of bad ones. Prints TAP. Usage: stress.py BENCH-SERVER SIO-BENCH"""

import base64
import json
import os
import re
import resource
import socket
import subprocess
import sys
import time
import unittest

BENCH_SERVER, SIO_BENCH = sys.argv[1:3]
MAX_KB_PER_CONNECTION = 2.5
# What the allocator may keep or give back between two rounds.
FLAT_KB = 512
ENV = {**os.environ, "G_DEBUG": "fatal-criticals"}
TIMEOUT = 120


class Server:
    """A running bench-server; max_files lowers its limit of open descriptors."""

    def __init__(self, max_files=None):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (max_files, max_files))

        self.process = subprocess.Popen(
            [BENCH_SERVER, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENV,
            preexec_fn=limit if max_files else None,
        )
        line = self.process.stdout.readline()
        match = re.fullmatch(r"listening on (\d+)\n", line)
        if match is None:
            raise RuntimeError(f"bench-server said {line!r}")
        self.port = int(match[1])
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.process.terminate()
        self.log = self.process.communicate(timeout=TIMEOUT)[1]
        if self.process.returncode != 0:
            raise RuntimeError(f"bench-server ended with {self.process.returncode}: {self.log}")

    def n_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def command(self, scenario, *options):
        url = f"http://127.0.0.1:{self.port}"
        return [SIO_BENCH, "--json", "--quiet", "--pid", str(self.pid), *options, scenario, url]

    def bench(self, scenario, *options):
        run = subprocess.run(
            self.command(scenario, *options), capture_output=True, text=True, env=ENV, timeout=TIMEOUT
        )
        if not run.stdout:
            raise RuntimeError(f"sio-bench {scenario}: {run.stderr}")
        return json.loads(run.stdout)


def wait_for(condition, what):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def open_sockets(port, count):
    sockets = []
    for _ in range(count):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", port))
        sockets.append(connection)
    return sockets


def connect(port, data=b""):
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    connection.sendall(data)
    return connection


def websocket(port):
    """A WebSocket that has read its 101."""
    key = base64.b64encode(os.urandom(16)).decode()
    connection = connect(
        port,
        (
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n"
        ).encode(),
    )
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    return connection


def frame(opcode, payload, final=True, masked=True):
    head = bytes([(0x80 if final else 0) | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + len(payload).to_bytes(2, "big")
    else:
        head += bytes([bit | 127]) + len(payload).to_bytes(8, "big")
    return head + (b"\0\0\0\0" if masked else b"") + payload


def drain(connection):
    """Reads until the server ends it, or sent a close frame, which is its last one."""
    data = b"-"
    try:
        while data and not data.endswith(b"\x88\x00"):
            data = connection.recv(65536)
    except OSError:
        pass
    connection.close()


class Stress(unittest.TestCase):
    def assert_clean(self, result):
        self.assertEqual(result["errors"]["total"], 0, result["first_error"])

    def test_holds_9000_connections(self):
        with Server() as server:
            before = server.n_descriptors()
            result = server.bench("idle", "--connections", "9000", "--duration", "2")
            self.assert_clean(result)
            self.assertEqual(result["opened"], 9000)
            self.assertLessEqual(result["rss_per_connection_kb"], MAX_KB_PER_CONNECTION)
            wait_for(lambda: server.n_descriptors() == before, "descriptors are left over")

    def test_churn_leaves_nothing(self):
        with Server() as server:
            result = server.bench("churn", "--connections", "1000", "--rounds", "10")
            self.assert_clean(result)
            self.assertEqual(result["leftover_fds"], 0)
            self.assertLessEqual(result["rss_closed_kb"][-1] - result["rss_closed_kb"][1], FLAT_KB)

    def test_polling_churn_leaves_nothing(self):
        with Server() as server:
            before = server.n_descriptors()
            for _ in range(3):
                result = server.bench("polling-connect", "--duration", "1", "--concurrency", "200")
                self.assert_clean(result)
            wait_for(lambda: server.n_descriptors() == before, "descriptors are left over")

    def test_survives_descriptor_exhaustion(self):
        with Server(max_files=200) as server:
            before = server.n_descriptors()
            sockets = open_sockets(server.port, 400)
            wait_for(lambda: server.n_descriptors() >= 199, "the descriptors are not used up")
            start = server.cpu_seconds()
            time.sleep(1)  # The time over which it must not be busy
            self.assertLess(server.cpu_seconds() - start, 0.3)
            for connection in sockets:
                connection.close()
            wait_for(lambda: server.n_descriptors() <= before, "descriptors are left over")
            self.assert_clean(server.bench("echo", "--connections", "64", "--duration", "1"))
        self.assertEqual(server.log.count("cannot accept connections"), 1, server.log)

    def attack(self, make):
        """Good clients go on while bad ones come one after the other."""
        with Server() as server:
            good = subprocess.Popen(
                server.command("echo", "--connections", "50", "--duration", "3", "--rate", "2000"),
                stdout=subprocess.PIPE,
                text=True,
                env=ENV,
            )
            n_attacks = 0
            while good.poll() is None:
                make(server.port)
                n_attacks += 1
            result = json.loads(good.stdout.read())
            good.stdout.close()
            self.assert_clean(result)
            # Of 6000; the machine may be busy otherwise.
            self.assertGreater(result["count"], 300)
            self.assertGreater(n_attacks, 1)

    def test_unmasked_frames(self):
        def bad(port):
            connection = websocket(port)
            connection.sendall(frame(1, b"40", masked=False))
            drain(connection)

        self.attack(bad)

    def test_endless_fragments(self):
        def bad(port):
            connection = websocket(port)
            try:
                connection.sendall(frame(1, b"4", final=False))
                for _ in range(200):
                    connection.sendall(frame(0, b"x" * 10000, final=False))
            except OSError:
                pass
            drain(connection)

        self.attack(bad)

    def test_oversized_frames(self):
        def bad(port):
            connection = websocket(port)
            connection.sendall(b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"\0\0\0\0")
            drain(connection)

        self.attack(bad)

    def test_invalid_utf8(self):
        def bad(port):
            connection = websocket(port)
            connection.sendall(frame(1, b'42["\xff"]'))
            drain(connection)

        self.attack(bad)

    def test_deep_json(self):
        bombs = [b"42" + b"[" * 999_000, b'42["x",' + b'{"a":' * 190_000, b"40" + b'{"a":' * 190_000]

        def bad(port):
            for bomb in bombs:
                connection = websocket(port)
                connection.sendall(frame(1, b"40"))
                try:
                    connection.sendall(frame(1, bomb))
                except OSError:
                    pass
                drain(connection)

        self.attack(bad)

    def test_half_open_upgrades(self):
        held = []

        def bad(port):
            held.append(connect(port, b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"))
            held.append(websocket(port))

        self.attack(bad)
        for connection in held:
            connection.close()

    def test_slow_heads(self):
        held = []

        def bad(port):
            held.append(connect(port, b"GET /socket"))
            for connection in held[-200:]:
                try:
                    connection.sendall(b".")
                except OSError:
                    pass

        self.attack(bad)
        for connection in held:
            connection.close()

    def test_garbage(self):
        def bad(port):
            connection = connect(port, os.urandom(2000) + b"\r\n\r\n")
            drain(connection)

        self.attack(bad)


class TapResult(unittest.TestResult):
    count = 0

    def say(self, word, test, text=None):
        self.count += 1
        for line in (text or "").splitlines():
            print("#", line)
        print(f"{word} {self.count} - {test.id().rsplit('.', 1)[1]}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say("not ok", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.say("not ok", test, self.errors[-1][1])


def main():
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Stress)
    print(f"1..{suite.countTestCases()}")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    result = TapResult()
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
