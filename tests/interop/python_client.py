#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""python-socketio, another implementation of the protocol, against our server. Prints TAP.

Same environment as the suites in Node: SIO_INTEROP_TARGET, SIO_CONFORMANCE_SERVER, SIO_SERVER.
"""

import asyncio
import contextlib
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import traceback

import engineio.payload
import socketio

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("SIO_BUILD_DIR", HERE.parent.parent / "_build"))
TARGET = os.environ.get("SIO_INTEROP_TARGET", "sio")
WAIT = 60

# Its default of 16 is less than what a server may put into one answer to a poll.
engineio.payload.Payload.max_decode_packets = 1000

PROGRAMS = {
    "conformance-server": os.environ.get("SIO_CONFORMANCE_SERVER", str(BUILD / "tests" / "conformance" / "conformance-server")),
    "sio-server": os.environ.get("SIO_SERVER", str(BUILD / "sio-server" / "sio-server")),
}


@contextlib.contextmanager
def running(program, *args):
    """The server's address while it runs; it must end cleanly."""
    if TARGET == "node":
        command = ["node", str(HERE / "reference-server.mjs"), program]
    else:
        command = [PROGRAMS[program]]
    env = dict(os.environ, G_DEBUG="fatal-criticals", G_MESSAGES_DEBUG="")
    with subprocess.Popen([*command, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env) as process:
        lines = []
        found = queue.Queue()

        def read():
            for line in process.stdout:
                lines.append(line)
                match = re.search(r"listening on (?:https?://\S*:(\d+)\S*|(\d+)$)", line.rstrip())
                if match:
                    found.put(int(match[1] or match[2]))
            found.put(None)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            port = found.get(timeout=30)
            if port is None:
                raise AssertionError(f"{program} ended at its start:\n{''.join(lines)}")
            yield f"http://127.0.0.1:{port}"
            assert process.poll() is None, f"{program} ended during the test:\n{''.join(lines)}"
        finally:
            process.terminate()
            try:
                code = process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
            reader.join(10)
        assert code in (0, -15), f"{program} ended with {code}:\n{''.join(lines)}"
        assert "CRITICAL" not in "".join(lines), "".join(lines)


class Events:
    """Collects what a client gets, and waits for it."""

    def __init__(self, client, *names, namespace="/"):
        self.got = queue.Queue()
        for name in names:
            client.on(name, self.handler(name), namespace=namespace)

    def handler(self, name):
        return lambda *args: self.got.put((name, *args))

    def next(self):
        return self.got.get(timeout=WAIT)


TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": ["polling", "websocket"]}


@contextlib.contextmanager
def connected(url, transports, namespaces=("/",), **options):
    client = socketio.Client(reconnection=False)
    events = {name: Events(client, "auth", "message-back", "disconnect", namespace=name) for name in namespaces}
    client.connect(url, transports=transports, namespaces=list(namespaces), wait_timeout=WAIT, **options)
    try:
        yield client, events
    finally:
        client.disconnect()


def case_auth(url, transports):
    with connected(url, transports, auth={"token": "abc", "n": [1, None]}) as (client, events):
        assert events["/"].next() == ("auth", {"token": "abc", "n": [1, None]})
        assert client.get_sid() != client.eio.sid
        want = "polling" if transports == ["polling"] else "websocket"
        assert client.transport() == want, client.transport()


def case_events(url, transports):
    with connected(url, transports) as (client, events):
        assert events["/"].next() == ("auth", {})
        for args in [(), (1, "2", {"3": [True, None]}), ("€ 😀 てすと",), (1.5, -7, 2**53 - 1), ([], {}, [[[]]])]:
            client.emit("message", args)
            assert events["/"].next() == ("message-back", *args), args


def case_binary(url, transports):
    with connected(url, transports) as (client, events):
        events["/"].next()
        for args in [(b"\x01\x02\x03",), (b"", {"deep": [b"\xff\x00", "x"]}), (bytes(600_000),)]:
            client.emit("message", args)
            assert events["/"].next() == ("message-back", *args)


def case_acks(url, transports):
    with connected(url, transports) as (client, events):
        events["/"].next()
        assert client.call("message-with-ack", ("a", 1), timeout=WAIT) == ("a", 1)
        assert client.call("message-with-ack", b"bin", timeout=WAIT) == b"bin"
        answers = queue.Queue()
        for i in range(100):
            client.emit("message-with-ack", i, callback=answers.put)
        assert [answers.get(timeout=WAIT) for _ in range(100)] == list(range(100))


def case_order(url, transports):
    with connected(url, transports) as (client, events):
        events["/"].next()
        for i in range(200):
            client.emit("message", i)
        assert [events["/"].next() for _ in range(200)] == [("message-back", i) for i in range(200)]


def case_namespaces(url, transports):
    with connected(url, transports, namespaces=("/", "/custom"), auth={"who": "me"}) as (client, events):
        assert events["/"].next() == ("auth", {"who": "me"})
        assert events["/custom"].next() == ("auth", {"who": "me"})
        assert client.get_sid("/") != client.get_sid("/custom")


def case_unknown_namespace(url, transports):
    client = socketio.Client(reconnection=False)
    events = Events(client, "connect_error", namespace="/unknown")
    try:
        # It waits for all of this time, even when it is refused at once.
        client.connect(url, transports=transports, namespaces=["/unknown"], wait_timeout=1)
    except socketio.exceptions.ConnectionError:
        pass
    else:
        raise AssertionError("was accepted")
    finally:
        client.disconnect()
    name, data = events.next()
    assert name == "connect_error" and data["message"] == "Invalid namespace", data


def case_heartbeat(url, transports):
    with connected(url, transports) as (client, events):
        events["/"].next()
        client.sleep(1.5)
        assert client.call("message-with-ack", "still", timeout=WAIT) == "still"


def case_asyncio(url, transports):
    async def run():
        client = socketio.AsyncClient(reconnection=False)
        got = asyncio.Queue()
        client.on("message-back", lambda *args: got.put_nowait(args))
        await client.connect(url, transports=transports, wait_timeout=WAIT)
        await client.emit("message", ("async", b"\x00\x01"))
        assert await asyncio.wait_for(got.get(), WAIT) == ("async", b"\x00\x01")
        assert await client.call("message-with-ack", {"a": 1}, timeout=WAIT) == {"a": 1}
        await client.disconnect()
        if client.eio.http is not None and not client.eio.http.closed:
            await client.eio.http.close()

    asyncio.run(run())


CASES = [
    ("connects, with authentication data", case_auth),
    ("echoes events", case_events),
    ("echoes binary", case_binary),
    ("gets acks", case_acks),
    ("keeps the order", case_order),
    ("uses several namespaces", case_namespaces),
    ("is refused by an unknown namespace", case_unknown_namespace),
    ("stays over several heartbeats", case_heartbeat),
    ("works with asyncio", case_asyncio),
]


def rooms(url, transports):
    # Those of the case before may not have gone yet.
    room = "-".join(transports)
    clients = [socketio.Client(reconnection=False) for _ in range(2)]
    events = [Events(client, "chat") for client in clients]
    for client in clients:
        client.connect(url, transports=transports, wait_timeout=WAIT)
    try:
        for i, client in enumerate(clients):
            assert client.call("join", room, timeout=WAIT) == {"ok": True, "room": room, "members": i + 1}
        assert clients[0].call("room", (room, "chat", "hello", b"bin"), timeout=WAIT) == {"ok": True}
        assert events[1].next() == ("chat", room, clients[0].get_sid(), "hello", b"bin")
        assert clients[1].call("leave", room, timeout=WAIT) == {"ok": True, "room": room, "members": 1}
        answer = clients[1].call("room", (room, "chat", "hello"), timeout=WAIT)
        assert answer == {"ok": False, "code": "ROOM_NOT_IN", "error": f'not in room "{room}"'}, answer
        clients[0].call("latency", timeout=WAIT)
        assert events[0].got.empty()
    finally:
        for client in clients:
            client.disconnect()


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0
        print("TAP version 13", flush=True)

    def run(self, name, fn, *args):
        try:
            fn(*args)
        except Exception:  # every failure of a case is one line of the result
            self.count += 1
            self.failed += 1
            print(f"{name}\n{traceback.format_exc()}", file=sys.stderr)
            print(f"not ok {self.count} - {name}", flush=True)
        else:
            self.count += 1
            print(f"ok {self.count} - {name}", flush=True)


def main():
    tap = Tap()

    def conformance(transport, cases):
        with running("conformance-server", "--fixture", "socket-v5", "--port", "0") as url:
            for name, fn in cases:
                tap.run(f"{transport} / {name}", fn, url, TRANSPORTS[transport])

    def daemon():
        with running("sio-server", "--listen", "tcp:127.0.0.1:0") as url:
            for transport, transports in TRANSPORTS.items():
                tap.run(f"{transport} / talks in rooms of sio-server", rooms, url, transports)

    for transport in TRANSPORTS:
        tap.run(f"{transport} / the server starts and ends cleanly", conformance, transport, CASES)
    tap.run("sio-server starts and ends cleanly", daemon)
    print(f"1..{tap.count}", flush=True)
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
