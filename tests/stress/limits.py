#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What good clients and the server's memory notice of a client that does not read, and of floods.
Prints TAP: counters and memory decide; the latencies, with and without, are printed, and decide with
--latency, which takes a machine without other work. Usage: limits.py [--latency] BENCH-SERVER SIO-BENCH"""

import base64
import json
import os
import socket
import subprocess
import sys
import threading
import time

LATENCY = "--latency" in sys.argv
BENCH_SERVER, SIO_BENCH = [argument for argument in sys.argv[1:] if argument != "--latency"]
BUDGET = 4 * 1024 * 1024
SLACK_KB = 4096  # what the allocator keeps, and what all share
DURATION = 3
ROUNDS = 3 if LATENCY else 1  # with and without in turn; medians count
TIMEOUT = 60
number = 0
good = True


def check(condition, name, detail):
    global number, good
    number += 1
    good &= bool(condition)
    print(f"{'ok' if condition else 'not ok'} {number} - {name}: {detail}", flush=True)


class Server:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [BENCH_SERVER, "--port", "0", *options], stdout=subprocess.PIPE, text=True
        )
        self.port = int(self.process.stdout.readline().split()[-1])
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.process.terminate()
        self.process.wait(TIMEOUT)

    def rss_kb(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

    def start(self, scenario, host, *options):
        """Good clients come from ::1, bad ones from 127.0.0.1."""
        return subprocess.Popen(
            [SIO_BENCH, "--json", "--quiet", "--allow-errors", *options, scenario, f"http://{host}:{self.port}"],
            stdout=subprocess.PIPE, text=True,
        )

    def bench(self, scenario, *options):
        run = self.start(scenario, "[::1]", "--duration", str(DURATION), "--pid", str(self.pid), *options)
        return json.loads(run.communicate(timeout=TIMEOUT)[0])


class Client:
    """A WebSocket in the default namespace."""

    def __init__(self, port, host="::1", receive_buffer=None):
        self.connection = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.connection.settimeout(TIMEOUT)
        self.connection.connect((host, port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.connection.sendall(
            (
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\n\r\n"
            ).encode()
        )
        self.data = b""
        self.read_until(b"\r\n\r\n")
        self.connection.sendall(frame("40"))
        self.read_until(b'40{"sid"')

    def read_until(self, text):
        while text not in self.data:
            got = self.connection.recv(4096)
            if not got:
                raise ConnectionError("the server closed the connection")
            self.data += got

    def stats(self):
        self.data = b""
        self.connection.sendall(frame('421["stats"]'))
        self.read_until(b"431[")
        self.read_until(b"]")
        values = json.loads(self.data[self.data.index(b"431[") + 3 :].split(b"]")[0] + b"]")
        return dict(zip(("dropped", "slow", "limited", "refused", "buffered"), values))


def frame(text):
    payload = text.encode()
    assert len(payload) < 126
    return bytes([0x81, 0x80 | len(payload)]) + b"\0\0\0\0" + payload


class Background:
    """Does something again and again while it is entered, and measures the server's memory."""

    def __init__(self, server, step=lambda: time.sleep(0.02)):
        self.server, self.step, self.stop = server, step, threading.Event()
        self.threads = [threading.Thread(target=self.run), threading.Thread(target=self.watch)]
        self.most_kb = 0

    def run(self):
        # Bad clients would not take their processor time from the good ones and the server.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
        while not self.stop.is_set():
            self.step()

    def watch(self):
        while not self.stop.is_set():
            self.most_kb = max(self.most_kb, self.server.rss_kb())
            time.sleep(0.02)

    def __enter__(self):
        self.before_kb = self.server.rss_kb()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_exc):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    @property
    def grown_kb(self):
        return self.most_kb - self.before_kb


def p99(results):
    return sorted(result["latency_p99_us"] for result in results)[len(results) // 2]


def compare(name, quiet, loaded, factor):
    before, after = p99(quiet), p99(loaded)
    text = f"p99 {before:.0f} µs without, {after:.0f} µs with: {after / before:.2f} times, to reach {factor}"
    if LATENCY:
        check(after <= before * factor, f"{name}, latency of others", text)
    else:
        print(f"# {name}: {text}", flush=True)
    errors = sum(result["errors"]["total"] for result in loaded)
    check(errors == 0, f"{name}, others are served", f"{errors} errors")


def slow_consumer(policy, is_volatile):
    name = f"slow consumer, {policy}, {'volatile' if is_volatile else 'ordinary'} events"
    options = ["--slow-consumer-policy", policy, "--max-buffered", str(BUDGET), *(["--volatile"] if is_volatile else [])]
    # 10 MB a second for each receiver
    load = ["--connections", "10", "--rate", "2500", "--payload", "4000"]
    dropped = is_volatile and policy != "close"
    with Server(*options) as server:
        quiet, loaded, grown = [], [], []
        for _ in range(ROUNDS):
            quiet.append(server.bench("broadcast", *load))
            slow = Client(server.port, "127.0.0.1", receive_buffer=4096)
            slow.connection.settimeout(0.05)
            with Background(server, lambda: read_slowly(slow.connection)) as background:
                loaded.append(server.bench("broadcast", *load))
                stats = Client(server.port).stats()
                # A busy machine sends less in that time than what the budget and the kernel hold.
                for _ in range(20):
                    if stats["dropped"] > 0 if dropped else stats["slow"] == len(loaded):
                        break
                    server.bench("broadcast", *load)
                    stats = Client(server.port).stats()
            grown.append(background.grown_kb)
            slow.connection.close()
        expected = 0 if dropped else ROUNDS
        check(stats["slow"] == expected, f"{name}, disconnected", f"{stats['slow']} sessions")
        check((stats["dropped"] > 0) == dropped, f"{name}, dropped", f"{stats['dropped']} messages")
        check(max(grown) <= BUDGET // 1024 + SLACK_KB, f"{name}, memory",
              f"{max(grown)} KB more with a budget of {BUDGET // 1024} KB")
        check(stats["buffered"] <= BUDGET, f"{name}, buffered", f"{stats['buffered']} bytes")
        compare(name, quiet, loaded, 1.5)


def read_slowly(connection):
    """1 KB a second"""
    time.sleep(0.1)
    try:
        connection.recv(100)
    except OSError:
        pass


class Pace:
    """Does things so many times a second, as far as it gets."""

    def __init__(self, rate, batch, do):
        self.interval, self.batch, self.do = batch / rate, batch, do
        self.start = self.due = time.monotonic()
        self.count = 0

    def step(self):
        self.do()
        self.count += self.batch
        self.due += self.interval
        time.sleep(max(0, self.due - time.monotonic()))

    def rate(self):
        return self.count / (time.monotonic() - self.start)


GOOD = ["--connections", "10", "--rate", "1000"]


def event_flood():
    name = "flood of events"
    block = frame('42["echo","x"]') * 1000
    with Server("--max-events", "200") as server:
        quiet, loaded, grown, rates = [], [], [], []
        sent = 0
        for _ in range(ROUNDS):
            quiet.append(server.bench("echo", *GOOD))
            bad = Client(server.port, "127.0.0.1")
            flood = Pace(100000, 1000, lambda: bad.connection.sendall(block))
            with Background(server, flood.step) as background:
                loaded.append(server.bench("echo", *GOOD))
            rates.append(flood.rate())
            grown.append(background.grown_kb)
            sent += flood.count
        # What passes comes back and nobody reads it.
        least = sent - ROUNDS * 200 * (DURATION + 5)
        watcher = Client(server.port)
        end = time.monotonic() + TIMEOUT
        while watcher.stats()["limited"] < least and time.monotonic() < end:
            time.sleep(0.1)
        limited = watcher.stats()["limited"]
        check(least <= limited <= sent, f"{name}, dropped",
              f"{limited} of {sent} events, {min(rates):.0f} a second")
        check(max(grown) <= SLACK_KB, f"{name}, memory", f"{max(grown)} KB more")
        compare(name, quiet, loaded, 3)


def n_descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def connection_flood():
    name = "flood of connections"
    with Server("--max-per-address", "100") as server:
        quiet, loaded, grown, rates = [], [], [], []
        before = n_descriptors(server)
        held = server.start("idle", "127.0.0.1", "--connections", "100", "--duration", "100")
        end = time.monotonic() + TIMEOUT
        while n_descriptors(server) < before + 100 and time.monotonic() < end:
            time.sleep(0.05)
        attempts = 0

        def attempt():
            for _ in range(50):
                connection = socket.socket()
                connection.setblocking(False)
                connection.connect_ex(("127.0.0.1", server.port))
                connection.close()

        for _ in range(ROUNDS):
            quiet.append(server.bench("echo", *GOOD))
            flood = Pace(20000, 50, attempt)
            with Background(server, flood.step) as background:
                loaded.append(server.bench("echo", *GOOD))
            rates.append(flood.rate())
            grown.append(background.grown_kb)
            attempts += flood.count
        refused = Client(server.port).stats()["refused"]
        held.terminate()
        held.wait(TIMEOUT)
        check(refused >= attempts // 2, f"{name}, refused",
              f"{refused} of {attempts} attempts, {min(rates):.0f} a second")
        check(max(grown) <= SLACK_KB, f"{name}, memory", f"{max(grown)} KB more")
        compare(name, quiet, loaded, 3)


def main():
    for policy in ("close", "drop-volatile", "drop-oldest-volatile"):
        slow_consumer(policy, True)
    slow_consumer("drop-volatile", False)
    event_flood()
    connection_flood()
    print(f"1..{number}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
