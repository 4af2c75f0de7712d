#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every command of sioctl against a real server with official clients, on buses of their own. Prints TAP."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from daemonbus import (
    HERE,
    IS_ROOT,
    NAME,
    NOBODY,
    PATIENCE,
    Bus,
    Caller,
    Clients,
    Daemon,
    Process,
    main,
    make_token,
    wait_for,
)
from gi.repository import GLib
from test_system import Polkit

SIOCTL = os.environ["SIOCTL"]
COMPLETION = os.environ["SIO_COMPLETION"]
SIO_BENCH = os.environ["SIO_BENCH"]
FAILED, USAGE, NO_SERVER, DENIED = 1, 2, 3, 4
SECRET = b"0123456789abcdef0123456789abcdef"
# Colours, a title for the window, a line of one's own, writing from right to left, an 8-bit CSI, a tag.
EVIL = "a\x1b[31m\x1b]0;x\x07\r\n\u202eb\u009b2J\u2028\U000e0041\x7fc"
# Tokens have no control characters, the server sees to that.
EVIL_USER = "ann\u202eb\u2028\U000e0041\u200fc"
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def token(user, **claims):
    return make_token(user, SECRET, **claims)


class Base(unittest.TestCase):
    SETS = ()

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="sio-secret-")
        self.addCleanup(directory.cleanup)
        secret = pathlib.Path(directory.name) / "secret"
        secret.write_bytes(SECRET)
        secret.chmod(0o600)
        self.bus = Bus(strict=False)
        self.addCleanup(self.bus.stop)
        self.daemon = Daemon(
            self.bus,
            "namespace /chat.default=relay-to-joined-rooms",
            "auth.mode=optional",
            f"auth.secret-file={secret}",
            *self.SETS,
            kind="session",
        )
        self.addCleanup(self.daemon.stop)
        self.caller = Caller(self.bus)
        self.addCleanup(self.caller.close)
        self.clients = Clients(self.daemon.url)
        self.addCleanup(self.clients.stop)

    def argv(self, *args):
        return [SIOCTL, "--address", self.bus.address, *args]

    def run_raw(self, *args, status=0, **kwargs):
        result = subprocess.run(self.argv(*args), capture_output=True, timeout=PATIENCE, **kwargs)
        out, err = result.stdout.decode(), result.stderr.decode()
        self.assertEqual(result.returncode, status, f"{args}: {out}{err}")
        self.assertIsNone(STEERING.search(out + err), f"{args}: {out!r}{err!r}")
        return out, err

    def ctl(self, *args):
        out, err = self.run_raw(*args)
        self.assertEqual(err, "")
        return out

    def table(self, *args):
        return [line.split() for line in self.ctl(*args).splitlines()]

    def json(self, *args):
        return [json.loads(line) for line in self.ctl(*args, "--json").splitlines()]

    def fails(self, status, *args):
        out, err = self.run_raw(*args, status=status)
        self.assertEqual(out, "")
        self.assertTrue(err.startswith("sioctl: "), err)
        return err

    def start(self, *args):
        process = Process(self.argv(*args))
        self.addCleanup(process.stop)
        return process

    def wait_streams(self, n):
        wait_for(lambda: self.caller.metric("dbus", "streams") == n, f"{n} streams")


class Lists(Base):
    def ids(self, *args):
        ids = [row["id"] for row in self.json("sockets", *args)]
        self.assertEqual(self.ctl("sockets", *args, "-q").split(), ids)
        self.assertEqual([row[0] for row in self.table("sockets", *args)[1:]], ids)
        return ids

    def test_status(self):
        self.clients.open(2)
        self.clients.open(transports=["polling"])
        wait_for(lambda: self.json("status")[0]["polling"] == 1, "the last one in the numbers")
        text = self.ctl()
        self.assertEqual(text.splitlines()[1:], self.ctl("status").splitlines()[1:])
        self.assertRegex(text, r"\Asio-server \d+\.\d+\.\d+, up for \d+ s \(since \d{4}-\d\d-\d\d ")
        self.assertIn("clients      2 by WebSocket, 1 by polling\nsockets      3 in 0 rooms\n", text)
        self.assertIn("log level    info\n", text)
        status = self.json("status")[0]
        self.assertEqual((status["websocket"], status["polling"], status["logLevel"]), (2, 1, "info"))
        self.assertLess(abs(status["startedAt"] / 1000 - time.time()), 60)
        self.assertEqual(sorted(status["latencyUsec"]), ["p50", "p95", "p99"])
        self.assertGreater(status["bytesIn"], 0)

    def test_sockets(self):
        first = self.clients.open()[0]
        polling = self.clients.open(transports=["polling"])[0]
        chat = self.clients.open(namespace="/chat")[0]
        ann = self.clients.open(auth={"token": token("ann")})[0]
        self.clients.emit(first, "join", "kitchen", ack=True)
        everybody = [first, polling, chat, ann]
        self.assertEqual(self.ids(), everybody)
        rows = self.table("sockets")
        self.assertEqual(rows[0][:5], ["ID", "NAMESPACE", "USER", "ADDRESS", "TRANSPORT"])
        self.assertEqual(rows[4][1:5], ["/", "ann", "127.0.0.1", "websocket"])
        row = self.json("sockets", "--user", "ann")[0]
        self.assertLess(abs(row["connectedAt"] / 1000 - time.time()), 60)
        self.assertEqual((row["user"], row["namespace"], row["transport"]), ("ann", "/", "websocket"))
        self.assertEqual(self.ids("-n", "/chat"), [chat])
        self.assertEqual(self.ids("--room=kitchen"), [first])
        self.assertEqual(self.ids("-u", "ann"), [ann])
        self.assertEqual(self.ids("--transport", "polling"), [polling])
        self.assertEqual(self.ids("--text", polling[3:10]), [polling])
        self.assertEqual(self.ids("--sort", "id"), sorted(everybody))
        self.assertEqual(self.ids("--sort", "id", "--reverse"), sorted(everybody, reverse=True))
        self.assertEqual(self.ids("--limit", "2"), [first, polling])
        self.assertEqual(self.ids("--older-than", "1h"), [])
        self.assertEqual(self.ids("--slower-than", "1000s"), [])
        time.sleep(0.05)
        self.assertEqual(self.ids("--older-than", "50ms"), everybody)
        self.assertIn("longer", self.ctl("sockets", "--help"))
        self.fails(FAILED, "sockets", "-n", "/nowhere")

    def test_slow_ones(self):
        ident = self.clients.open()[0]
        self.daemon.config.write_text("[server]\nping-interval=1s\n")
        self.assertEqual(self.ctl("reload"), "")
        late = self.clients.open()[0]
        wait_for(lambda: self.json("sockets", "--sort=latency", "--reverse")[0]["latencyUsec"] > 0, "a round trip")
        first = self.json("sockets", "--sort=latency", "--reverse")[0]
        self.assertIn(first["id"], (ident, late))
        self.assertEqual(self.ids("--slower-than", f"{first['latencyUsec'] // 1000 + 1000}ms"), [])
        if first["latencyUsec"] >= 1000:
            self.assertIn(first["id"], self.ids("--slower-than", "1ms"))

    def test_pages(self):
        """More sockets than a page has, all of them once, whoever comes and goes."""
        n = 1500
        bench = Process([SIO_BENCH, "idle", "-q", "-c", str(n), "-d", "600", "--settle", "0", self.daemon.url])
        self.addCleanup(bench.stop, "kill")
        wait_for(lambda: self.caller.sockets(limit=1)[1] == n, f"{n} sockets: {bench.lines}")
        ids = self.ids()
        self.assertEqual((len(ids), len(set(ids))), (n, n))
        self.assertEqual(self.ids("--limit", "1200"), ids[:1200])
        self.assertEqual(self.ids("--limit", "1000"), ids[:1000])
        self.assertEqual(self.ids("--sort=id", "--reverse"), sorted(ids, reverse=True))
        # As does letting them go.
        self.assertEqual(self.ctl("kick", "--namespace", "/"), f"{n} sockets\n")
        wait_for(lambda: self.caller.sockets(limit=1)[1] == 0, "nobody")

    def test_socket(self):
        ident = self.clients.open(auth={"token": token("ann", roles=["admin"])}, extraHeaders={"X-Team": "blue"})[0]
        self.clients.emit(ident, "join", "kitchen", ack=True)
        text = self.ctl("socket", ident)
        self.assertIn(f"\nid: {ident}\n", text)
        self.assertRegex(text, rf"\nrooms:\n  {ident}\n(  .*\n)*  kitchen\n")
        self.assertIn("\n  x-team: blue\n", text)
        self.assertIn("\nuser: ann\n", text)
        self.assertRegex(text, r"\nconnected-at: \d{4}-\d\d-\d\d \d\d:")
        details = self.json("socket", ident)[0]
        self.assertEqual((details["id"], details["user"]), (ident, "ann"))
        self.assertTrue({ident, "kitchen"} <= set(details["rooms"]))
        self.fails(FAILED, "socket", "nobody")

    def test_rooms_and_namespaces(self):
        ids = self.clients.open(2)
        chat = self.clients.open(namespace="/chat")[0]
        self.assertEqual(self.ctl("join", "large", *ids), "2 sockets\n")
        self.assertEqual(self.ctl("join", "small room", ids[0], "nobody"), "1 socket\n")
        self.assertEqual(self.json("join", "other", chat), [{"n": 1}])
        self.assertEqual(self.clients.got(ids[0], "x"), [])
        self.assertEqual(
            self.table("rooms"),
            [["NAMESPACE", "ROOM", "MEMBERS"], ["/", "large", "2"], ["/chat", "other", "1"], ["/", "small", "room", "1"]],
        )
        self.assertEqual(self.json("rooms", "-n", "/chat"), [{"namespace": "/chat", "room": "other", "members": 1}])
        self.assertEqual(self.ctl("rooms", "-q", "--text", "R"), "large\nother\nsmall room\n")
        self.assertEqual(self.ctl("rooms", "-q", "--sort", "members", "--reverse", "--limit=1"), "large\n")
        self.assertEqual(self.table("namespaces"), [["NAMESPACE", "SOCKETS", "ROOMS"], ["/", "2", "2"], ["/chat", "1", "1"]])
        self.assertEqual(self.ctl("namespaces", "--quiet"), "/\n/chat\n")
        self.assertEqual(self.json("namespaces")[1], {"namespace": "/chat", "sockets": 1, "rooms": 1})
        self.assertEqual(self.ctl("leave", "large", ids[1]), "1 socket\n")
        self.assertEqual(self.json("leave", "small room", ids[0]), [{"n": 1}])
        self.assertEqual([room[:3] for room in self.caller.rooms()[0]], [("/", "large", 1), ("/chat", "other", 1)])

    def test_stats(self):
        self.clients.open(2)
        wait_for(lambda: self.json("stats")[0]["sockets"] == 2, "two sockets")
        stats = self.json("stats")[0]
        self.assertEqual((stats["sessions"]["websocket"], stats["log-level"]), (2, "info"))
        text = self.ctl("stats")
        self.assertIn("\nsockets: 2\n", text)
        self.assertIn("\n  websocket: 2\n", text)
        self.assertIn("\n  dbus connected 1", text)


class Live(Base):
    def test_top_not_on_a_terminal(self):
        ident = self.clients.open()[0]
        wait_for(lambda: self.json("status")[0]["websocket"] == 1, "it in the numbers")
        text = self.ctl("top", "-c", "2", "--interval=0.1", "--sort=events")
        self.assertEqual(len(re.findall(r"^clients 1 WebSocket 0 polling  ", text, re.M)), 2)
        self.assertEqual(len(re.findall(rf"^{ident} ", text, re.M)), 2)
        lines = self.json("top", "-c", "2", "--interval=0.1")
        self.assertEqual(len(lines), 2)
        self.assertEqual((lines[1]["websocket"], lines[1]["busiest"][0]["id"]), (1, ident))
        self.fails(USAGE, "top", "--sort", "colour")

    def terminal(self, *args):
        """A process on a terminal of its own: its id, the other side, and what can be read there until a text comes."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execvp(SIOCTL, self.argv(*args))
        os.set_blocking(fd, False)
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        text = [""]

        def read(until):
            def look():
                if select.select([fd], [], [], 0)[0]:
                    try:
                        text[0] += os.read(fd, 1 << 16).decode()
                    except OSError:
                        text[0] += "<end>"
                return until in text[0]

            wait_for(look, f"{until!r} on the terminal: {text!r}")
            before, text[0] = text[0].split(until, 1)
            return before

        def clean_up():
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
            os.close(fd)

        self.addCleanup(clean_up)
        return pid, fd, read

    def test_top_on_a_terminal(self):
        self.clients.open(30)
        pid, fd, read = self.terminal("top", "--interval", "600")
        cooked = termios.ICANON | termios.ECHO
        read("by bytes-out")
        wait_for(lambda: not termios.tcgetattr(fd)[3] & cooked, "keys one by one")
        for key, sort in (("e", "events"), ("l", "latency"), ("w", "buffered"), ("i", "bytes-in"), ("c", "connected"), ("o", "bytes-out")):
            os.write(fd, key.encode())
            read("by " + sort)
        # Another size: it is drawn again, and fits. After the last line there is nothing but the cursor.
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 20, 60, 0, 0))
        read("\x1b[2J")
        read("ID ")
        os.write(fd, b"q")
        rows = read("<end>").split("\r\n")[1:]
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual((len(rows), rows[-1]), (14, ""))
        self.assertLessEqual(max(map(len, rows)), 60)

    def test_top_gives_the_terminal_back(self):
        parent, child = pty.openpty()
        self.addCleanup(os.close, parent)
        self.addCleanup(os.close, child)
        before = termios.tcgetattr(child)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = subprocess.Popen(self.argv("top", "--interval=600"), stdin=child, stdout=child)
            wait_for(lambda: termios.tcgetattr(child) != before, "keys one by one")
            process.send_signal(number)
            self.assertEqual(process.wait(PATIENCE), -number)
            self.assertEqual(termios.tcgetattr(child), before)
            termios.tcflush(child, termios.TCIOFLUSH)

    def test_events(self):
        first, second = self.clients.open(2)
        stream = self.start("events", "--json", "--payload", "--outgoing", "--count", "3", "--id", first)
        plain = self.start("events", "--event=hello")
        self.wait_streams(2)
        self.clients.emit(second, "hello", "there")
        self.clients.emit(first, "hello", {"a": "ü\n"})
        self.assertEqual(self.ctl("emit", "back", "[1]", "--id", first), "1 recipient\n")
        self.clients.expect_event(first, "back")
        self.clients.close(first)
        self.assertEqual(stream.process.wait(PATIENCE), 0)
        stream.reader.join(PATIENCE)
        lines = [json.loads(line) for line in stream.lines]
        self.assertEqual([(line["type"], line.get("direction")) for line in lines], [("event", "in"), ("event", "out"), ("disconnect", None)])
        self.assertEqual(lines[0]["args"], [{"a": "ü\n"}])
        self.assertEqual(lines[1]["args"], [[1]])
        plain.expect(rf"^\d{{4}}-\d\d-\d\d \S+  event  in  /  {second}  hello  \d+$")
        plain.expect(rf" {first}  hello ")
        self.wait_streams(1)

    def test_events_of_a_user_or_namespace(self):
        ann = self.clients.open(auth={"token": token("ann")})[0]
        other = self.clients.open()[0]
        chat = self.clients.open(namespace="/chat")[0]
        by_user = self.start("events", "-j", "-u", "ann", "-c", "1", "--payload", "--max-payload=5")
        by_namespace = self.start("events", "-j", "-n", "/chat", "-c", "1")
        self.wait_streams(2)
        for ident in (other, chat, ann):
            self.clients.emit(ident, "much", "x" * 10)
        for process, ident in ((by_user, ann), (by_namespace, chat)):
            self.assertEqual(process.process.wait(PATIENCE), 0)
            process.reader.join(PATIENCE)
            line = json.loads(process.lines[0])
            self.assertEqual((line["id"], line["event"]), (ident, "much"))
            self.assertNotIn("args", line)

    def test_events_end_with_the_server(self):
        stream = self.start("events")
        self.wait_streams(1)
        self.daemon.process.terminate()
        self.assertEqual(stream.process.wait(PATIENCE), FAILED)
        stream.expect("sioctl: the server ended the stream")

    def test_reader_that_leaves(self):
        """As "head" does: the program ends with it."""
        ident = self.clients.open()[0]
        read_end, write_end = os.pipe()
        process = subprocess.Popen(self.argv("events"), stdout=write_end)
        os.close(write_end)
        self.wait_streams(1)
        os.close(read_end)
        self.clients.emit(ident, "x")
        self.assertEqual(process.wait(PATIENCE), -signal.SIGPIPE)
        self.wait_streams(0)


class Acts(Base):
    def test_emit(self):
        first, second = self.clients.open(2)
        chat = self.clients.open(namespace="/chat")[0]
        ann = self.clients.open(auth={"token": token("ann")})[0]
        self.ctl("join", "kitchen", first, second)
        for n, *args in (
            (2, "emit", "to-room", "1", '{"a":[true,null]}', "--room", "kitchen"),
            (1, "emit", "to-one", '"x"', "-i", chat),
            (2, "emit", "to-two", "-i", chat, "-i", ann),
            (1, "emit", "to-user", "-u", "ann"),
            (1, "emit", "but", "-r", "kitchen", "--except", first),
            (0, "emit", "elsewhere", "-r", "kitchen", "-n", "/chat"),
            (2, "emit", "text", "--strings", "-r", "kitchen", "1", "a b"),
            (2, "emit", "-r", "kitchen", "--", "minus", "-1"),
            (4, "broadcast", "all"),
            (1, "broadcast", "chat", "-n", "/chat"),
            (2, "broadcast", "calm", "-x", "kitchen"),
        ):
            self.assertEqual(self.ctl(*args), f"{n} recipient{'' if n == 1 else 's'}\n", args)
        self.assertEqual(self.json("broadcast", "end", "[]"), [{"n": 4}])
        expected = {
            first: {"to-room": [1, {"a": [True, None]}], "text": ["1", "a b"], "minus": [-1], "all": []},
            second: {"to-room": [1, {"a": [True, None]}], "but": [], "text": ["1", "a b"], "minus": [-1], "all": []},
            chat: {"to-one": ["x"], "to-two": [], "all": [], "chat": [], "calm": []},
            ann: {"to-two": [], "to-user": [], "all": [], "calm": []},
        }
        for ident, events in expected.items():
            self.clients.expect_event(ident, "end")
            got = {r["event"]: r["args"] for r in self.clients.records() if r.get("id") == ident and "event" in r}
            self.assertEqual(got, {**events, "end": [[]]})

    def test_wrong_arguments(self):
        ident = self.clients.open()[0]
        self.assertIn("argument 2 is not JSON", self.fails(USAGE, "broadcast", "x", "1", "{'a':1}"))
        self.assertIn("--room, --id or --user", self.fails(USAGE, "emit", "x"))
        self.assertIn("kick wants", self.fails(USAGE, "kick"))
        for args in (
            ("frobnicate",),
            ("emit",),
            ("status", "more"),
            ("sockets", "--colour", "red"),
            ("sockets", "--sort", "colour"),
            ("sockets", "--limit", "-1"),
            ("sockets", "--limit", "many"),
            ("sockets", "--older-than", "10"),
            ("sockets", "--slower-than", "0s"),
            ("sockets", "-r", "a", "-r", "b"),
            ("rooms", "--user", "ann"),
            ("kick", ident, "--user", "ann"),
            ("join", "room"),
            ("broadcast", "connect"),
            ("broadcast", "x", "--room", "a"),
            ("announce", "x", "--severity", "loud"),
            ("announce", ""),
            ("revoke", "colour", "red"),
            ("revoke", "user", "ann", "--for", "long"),
            ("drain", "--timeout", "-1"),
            ("log-level", "loud"),
            ("top", "--interval", "0"),
            ("events", "-i", "a", "-i", "b"),
            ("--session", "status"),
            ("--name", "no name", "status"),
            ("socket", b"\xff"),
        ):
            self.fails(USAGE, *args)
        self.assertEqual(self.caller.sockets()[0][0][0], ident)
        self.assertEqual([r for r in self.clients.records() if r.get("id") == ident], [])
        self.assertEqual(self.caller.metric("control", "acts", "dbus"), 0)

    def test_ids_that_look_like_options(self):
        for ident in ("-aaaaaaaaaaaaaaaaaaa", "--aaaaaaaaaaaaaaaaaa"):
            self.assertIn(ident, self.fails(FAILED, "socket", ident))
            self.assertEqual(self.ctl("join", "kitchen", ident), "0 sockets\n")
            self.assertEqual(self.ctl("kick", ident, "--close", "other"), "0 sockets\n")

    def test_announce(self):
        first = self.clients.open()[0]
        chat = self.clients.open(namespace="/chat")[0]
        self.assertEqual(self.ctl("announce", "Maintenance", "at 20:00", "--severity=critical"), "2 recipients\n")
        for ident in (first, chat):
            told = self.clients.expect_event(ident, "announcement")[0]
            self.assertEqual((told["title"], told["text"], told["severity"]), ("Maintenance", "at 20:00", "critical"))
        self.assertEqual(self.json("announce", "Only here", "-n", "/chat"), [{"n": 1}])
        wait_for(lambda: len(self.clients.got(chat, "announcement")) == 2, "the other one")
        self.assertEqual(self.clients.got(chat, "announcement")[1][0]["severity"], "info")

    def test_kick(self):
        ids = self.clients.open(6)
        ann = self.clients.open(auth={"token": token("ann")})[0]
        chat = self.clients.open(namespace="/chat")[0]
        polling = self.clients.open(transports=["polling"])[0]
        self.ctl("join", "kitchen", *ids[3:5])

        def gone(*some, reason="io server disconnect"):
            for ident in some:
                self.assertEqual(self.clients.expect_disconnected(ident), reason)

        self.assertEqual(self.ctl("kick", ids[0], ids[1], "nobody"), "2 sockets\n")
        gone(*ids[:2])
        self.assertEqual(self.json("kick", "--close", ids[2]), [{"n": 1}])
        self.clients.expect_disconnected(ids[2])
        self.assertEqual(self.ctl("kick", "--room", "kitchen"), "2 sockets\n")
        gone(*ids[3:5])
        self.assertEqual(self.ctl("kick", "--user", "ann"), "1 socket\n")
        gone(ann)
        self.assertEqual(self.ctl("kick", "-n", "/chat"), "1 socket\n")
        gone(chat)
        self.assertEqual(self.ctl("kick", "--transport", "polling"), "1 socket\n")
        gone(polling)
        self.assertEqual(self.ctl("kick", "--older-than", "1h"), "0 sockets\n")
        self.assertEqual(self.ctl("kick", "--slower-than", "1h"), "0 sockets\n")
        self.assertEqual([row[0] for row in self.caller.sockets()[0]], ids[5:])
        time.sleep(0.05)
        self.assertEqual(self.ctl("kick", "--older-than", "50ms"), "1 socket\n")
        gone(ids[5])

    def test_kick_leaves_those_who_come_back(self):
        """A client may come back at once, again and again: this ends all the same."""
        before = self.clients.open(again=True)[0]
        self.assertEqual(self.ctl("kick", "-n", "/", "--close"), "1 socket\n")
        wait_for(lambda: [row[0] for row in self.caller.sockets()[0]] not in ([], [before]), "it came back")
        # Whoever is quick enough to be on the second list: it asks for those who were there at the start.
        monitor = Process(["dbus-monitor", "--address", self.bus.address, "member='ListSockets'"])
        self.addCleanup(monitor.stop)
        monitor.expect("member=NameLost")
        now = time.time()
        self.assertEqual(self.ctl("kick", "-n", "/", "--close"), "1 socket\n")

        def find_times():
            return re.findall(r'"connected-before"\s+variant\s+uint64 (\d+)\n', "\n".join(monitor.lines) + "\n")

        wait_for(lambda: len(find_times()) == 2, "two times")
        times = find_times()
        self.assertEqual((len(times), len(set(times))), (2, 1))
        self.assertLess(abs(int(times[0]) / 1e6 - now), 60)

    def test_revocations(self):
        ann = self.clients.open(auth={"token": token("ann", iat=int(time.time()) - 10)})[0]
        bob = self.clients.open(auth={"token": token("bob", jti="of-bob")})[0]
        self.assertEqual(self.ctl("revoke", "user", "ann", "--for", "12h"), "1 socket disconnected\n")
        self.clients.expect_disconnected(ann)
        self.assertEqual(self.json("revoke", "token", "of-bob"), [{"n": 1}])
        self.clients.expect_disconnected(bob)
        rows = {row["kind"]: row for row in self.json("revocations")}
        self.assertEqual((rows["user"]["name"], rows["token"]["name"]), ("ann", "of-bob"))
        self.assertLess(abs(rows["user"]["until"] / 1000 - time.time() - 12 * 3600), 60)
        self.assertEqual(self.table("revocations")[0], ["KIND", "NAME", "SINCE", "UNTIL"])
        self.assertEqual(sorted(row[:2] for row in self.table("revocations")[1:]), [["token", "of-bob"], ["user", "ann"]])
        with self.assertRaises(AssertionError):
            self.clients.open(auth={"token": token("bob", jti="of-bob")})
        self.assertEqual(self.ctl("unrevoke", "token", "of-bob"), "")
        self.clients.open(auth={"token": token("bob", jti="of-bob")})
        self.assertEqual(self.json("unrevoke", "user", "ann"), [{"ok": True}])
        self.assertEqual(self.json("revocations"), [])
        self.fails(FAILED, "unrevoke", "user", "ann")

    def test_reload(self):
        self.daemon.config.write_text("[server]\nping-interval=3s\n")
        self.assertEqual(self.ctl("reload"), "")
        self.daemon.config.write_text("[server]\npath=/elsewhere\n")
        self.assertIn("path", self.ctl("reload"))
        self.assertEqual(len(self.json("reload")[0]["warnings"]), 1)
        self.daemon.config.write_text("[server]\npink=yes\nping-interval=soon\n[limits]\nred=1\n")
        problems = self.fails(FAILED, "reload")
        for text in ("pink", "ping-interval", "red"):
            self.assertIn(text, problems)
        self.assertGreaterEqual(len(problems.splitlines()), 3)

    def test_drain(self):
        ids = self.clients.open(3)
        self.assertEqual(self.ctl("drain", "--timeout", "10"), "")
        for ident in ids:
            self.clients.expect_disconnected(ident)
        with self.assertRaises(AssertionError):
            self.clients.open()
        self.assertEqual(self.json("drain"), [{"ok": True}])
        self.assertEqual(self.json("resume"), [{"ok": True}])
        self.clients.open()

    def test_log_level(self):
        self.assertEqual(self.ctl("log-level", "debug"), "")
        self.assertEqual(self.json("status")[0]["logLevel"], "debug")
        self.assertEqual(self.json("log-level", "warning"), [{"ok": True}])
        self.assertEqual(self.json("stats")[0]["log-level"], "warning")


class HostilePeers(Base):
    """run_raw() looks at each byte of what is written."""

    def test_names(self):
        evil = self.clients.open(auth={"token": token(EVIL_USER)}, query={"colour": EVIL}, extraHeaders={"X-Evil": "\x9b2J"})[0]
        self.clients.emit(evil, "join", EVIL, ack=True)
        self.assertEqual(self.caller.call("JoinRooms", "(asas)", [evil], [EVIL]), 1)
        self.caller.call("Revoke", "(sst)", "token", EVIL_USER, 0)
        stream = self.start("events", "--payload", "--count=1")
        json_stream = self.start("events", "--payload", "--json", "--count=1")
        self.wait_streams(2)
        self.clients.emit(evil, EVIL, {EVIL: EVIL})
        for process in (stream, json_stream):
            self.assertEqual(process.process.wait(PATIENCE), 0)
            process.reader.join(PATIENCE)
            self.assertEqual(len(process.lines), 1)
            self.assertIsNone(STEERING.search(process.lines[0]), process.lines)
        line = json.loads(json_stream.lines[0])
        self.assertEqual((line["event"], line["user"], line["args"]), (EVIL, EVIL_USER, [{EVIL: EVIL}]))
        shown = r"a\u001b[31m\u001b]0;x\u0007\u000d\u000a\u202eb\u009b2J\u2028\ue0041\u007fc"
        self.assertIn(shown, stream.lines[0])
        user = r"ann\u202eb\u2028\ue0041\u200fc"
        self.assertIn(user, stream.lines[0])
        for text, *command in (
            (user, "sockets"),
            (user, "socket", evil),
            (shown, "socket", evil),
            (shown, "rooms"),
            (shown, "rooms", "-q"),
            (user, "revocations"),
            ("", "stats"),
            (user, "top", "-c", "1"),
        ):
            self.assertIn(text, self.ctl(*command), command)
            self.json(*command)
        self.assertEqual(self.json("sockets")[0]["user"], EVIL_USER)
        self.assertIn(EVIL, [row["room"] for row in self.json("rooms")])
        self.assertEqual(self.json("socket", evil)[0]["query"]["colour"], EVIL)
        self.assertEqual(len(self.ctl("rooms", "-q").splitlines()), len(self.json("rooms")))
        # What the caller himself gave comes back in errors.
        self.fails(FAILED, "socket", EVIL)
        self.fails(USAGE, EVIL)


class Buses(Base):
    def other(self, *args, **env):
        none = "unix:path=/nonexistent/bus"
        result = subprocess.run(
            [SIOCTL, *args],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": none, "DBUS_SYSTEM_BUS_ADDRESS": none, **env},
        )
        return result.returncode, result.stdout, result.stderr

    def test_choice(self):
        session = {"DBUS_SESSION_BUS_ADDRESS": self.bus.address}
        system = {"DBUS_SYSTEM_BUS_ADDRESS": self.bus.address}
        self.assertEqual(self.other("--session", "namespaces", "-q", **session), (0, "/\n/chat\n", ""))
        self.assertEqual(self.other("namespaces", "-q", "--system", **system), (0, "/\n/chat\n", ""))
        self.assertEqual(self.other("namespaces", "-q", **system), (0, "/\n/chat\n", ""))
        self.assertEqual(self.other("namespaces", **session)[0], NO_SERVER)
        self.assertEqual(self.other("--address", self.bus.address, "namespaces", "-q"), (0, "/\n/chat\n", ""))
        self.assertEqual(self.other("--address=nonsense", "status")[0], USAGE)
        # A name of one's own, here the one that the bus gave.
        owner = self.caller.bus.call_sync(
            "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetNameOwner", GLib.Variant("(s)", (NAME,)), None, 0, -1, None
        ).unpack()[0]  # fmt: skip
        self.assertEqual(self.ctl("--name", owner, "namespaces", "-q"), "/\n/chat\n")
        self.assertIn("no sio-server", self.fails(NO_SERVER, "--name", "org.example.Nobody", "status"))

    def test_no_server(self):
        self.daemon.process.terminate()
        self.daemon.process.wait(PATIENCE)
        for command in (("status",), ("events",), ("broadcast", "x"), ("kick", "-n", "/")):
            self.assertIn("no sio-server is on this bus", self.fails(NO_SERVER, *command))
        # Looking does not start it.
        started = pathlib.Path(self.bus.dir) / "started"
        service = pathlib.Path(self.bus.dir) / "services" / f"{NAME}.service"
        service.write_text(f"[D-BUS Service]\nName={NAME}\nExec=/usr/bin/touch {started}\n")
        self.caller.bus.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig", None, None, 0, -1, None
        )  # fmt: skip
        for command in (("status",), ("kick", "-n", "/")):
            self.assertIn("no sio-server is on this bus", self.fails(NO_SERVER, *command))
        self.assertFalse(started.exists())
        status, _, error = self.other("status")
        self.assertEqual(status, NO_SERVER)
        self.assertIn("cannot reach the system bus", error)

    def test_help(self):
        text = self.ctl("--help")
        for command in COMMANDS:
            self.assertRegex(text, rf"\n  {command}[ \n]")
            self.assertIn("Usage:", self.ctl(command, "--help"))
        self.assertRegex(self.ctl("--version"), r"^sioctl \d+\.\d+\.\d+$")

    def test_full_disk(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run(self.argv("namespaces"), stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, FAILED)
        self.assertIn("cannot write the output", result.stderr)


class Documentation(Base):
    def commands(self):
        for name in ("docs/RUNBOOK.md", "docs/guides/steering.md", "data/man/sioctl.1"):
            text = (HERE.parents[1] / name).read_text()
            if name.endswith(".1"):
                text = text.split(".nf\n")[1].split(".fi")[0].replace("\\-", "-").replace("sioctl ", "    sioctl ")
            for line in re.findall(r"^    (?:\S+ \| )?(sioctl.*)$", text, re.M):
                yield line.split("  #")[0].rstrip()

    def test_each_command(self):
        """As it is written, against a server where there is something to see."""
        directory = tempfile.mkdtemp(prefix="sio-path-")
        self.addCleanup(shutil.rmtree, directory)
        wrapper = pathlib.Path(directory) / "sioctl"
        wrapper.write_text(f'#!/bin/sh\nexec {SIOCTL} --address "{self.bus.address}" "$@"\n')
        wrapper.chmod(0o755)
        commands = list(self.commands())
        self.assertGreater(len(commands), 20)
        for command in commands:
            ident = self.clients.open(auth={"token": token("ann")})[0]
            text = command.replace("wGe4ipTwY9pvAAAB", ident)
            if text.startswith("sioctl top"):
                text += " --count 2 --interval 0.1"
            elif text.startswith("sioctl events"):
                text = text.split(" | ")[0]
                stream = self.start(*shlex.split(text)[1:])
                self.wait_streams(1)
                stream.stop()
                self.wait_streams(0)
                continue
            result = subprocess.run(
                ["bash", "-c", "set -o pipefail; " + text], capture_output=True, text=True, timeout=PATIENCE,
                env={**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"},
            )  # fmt: skip
            self.assertEqual((result.returncode, result.stderr), (0, ""), text)
            if "drain" in text:
                self.ctl("resume")
            self.caller.call("DisconnectSockets", "(asa{sv})", [row[0] for row in self.caller.sockets()[0]], {})
            for row in self.caller.call("ListRevocations"):
                self.caller.call("Unrevoke", "(ss)", row[0], row[1])


class Completion(Base):
    def complete(self, *words, point=None):
        """What bash offers for the last word, or the one at a place; words are split as bash does."""
        split = [part for word in words for part in (re.split("([:=])", word) if re.search("[:=]", word) else [word])]
        split = [word for word in split if word] + ([""] if words[-1] == "" else [])
        script = (
            'source "$1"; shift; complete -p sioctl >/dev/null || exit 1\n'
            "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _sioctl sioctl \"${COMP_WORDS[COMP_CWORD]}\" x\n"
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        result = subprocess.run(
            ["bash", "--norc", "-c", script, "bash", COMPLETION, SIOCTL, *split],
            capture_output=True, text=True, timeout=PATIENCE,
            env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": self.bus.address},
        )  # fmt: skip
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.split("\n")[:-1] if result.stdout != "\n" else []

    def options(self, *words):
        """All that --help tells of a command, long ones."""
        return set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", self.ctl(*words, "--help"), re.M))

    def test_commands_and_options(self):
        self.assertEqual(self.complete(""), list(COMMANDS))
        self.assertEqual(self.complete("re"), ["revocations", "revoke", "reload", "resume"])
        self.assertEqual(self.complete("--session", "soc"), ["sockets", "socket"])
        self.assertEqual(set(self.complete("--")), self.options())
        for command in COMMANDS:
            offered = self.complete(command, "--")
            self.assertEqual(set(offered), self.options(command) - {"--version"}, command)
            self.assertEqual(len(offered), len(set(offered)), command)
        self.assertEqual(self.complete("nonsense", ""), [])
        self.assertEqual(self.complete("status", ""), [])

    def test_values(self):
        for expected, *words in (
            (["polling"], "sockets", "--transport", "po"),
            (["websocket"], "kick", "--transport=w"),
            (["bytes-in", "bytes-out"], "top", "--sort", "bytes-"),
            (["name", "members"], "rooms", "-s", ""),
            (["critical"], "announce", "x", "--severity", "c"),
            (["user"], "revoke", "u"),
            (["token"], "unrevoke", "to"),
            (["warning"], "log-level", "w"),
            ([], "log-level", "info", ""),
            ([], "sockets", "--user", ""),
        ):
            self.assertEqual(self.complete(*words), expected, words)
        self.assertEqual(len(self.complete("sockets", "--sort=")), 13)

    def test_names_of_the_server(self):
        ids = [ident for ident in self.clients.open(3) if ident[0] != "-"]
        self.ctl("join", "kitchen", ids[0])
        self.ctl("join", "team:blue", ids[0])
        self.ctl("join", "$(touch /tmp/x) `y`", ids[0])
        session = ("--session",)
        self.assertEqual(self.complete(*session, "sockets", "--room", ""), ["kitchen", "team:blue"])
        self.assertEqual(self.complete(*session, "join", "k"), ["kitchen"])
        # Bash replaces only what follows the colon.
        self.assertEqual(self.complete(*session, "leave", "team:b"), ["blue"])
        self.assertEqual(self.complete(*session, "emit", "x", "--room=team:"), ["blue"])
        self.assertEqual(self.complete(*session, "sockets", "-n", "/c"), ["/chat"])
        self.assertEqual(self.complete(*session, "socket", ids[0][:6]), [ids[0]])
        self.assertEqual(set(self.complete(*session, "join", "kitchen", "")), set(ids))
        self.assertEqual(self.complete(*session, "kick", "--older-than", "1h", ids[0][:6]), [ids[0]])

    def test_without_a_server(self):
        """Nothing is offered, and nothing is started or written."""
        self.daemon.process.terminate()
        self.daemon.process.wait(PATIENCE)
        self.assertEqual(self.complete("--session", "sockets", "--room", ""), [])


COMMANDS = (
    "status", "top", "events", "sockets", "socket", "rooms", "namespaces", "revocations", "stats", "emit", "broadcast",
    "announce", "kick", "join", "leave", "revoke", "unrevoke", "reload", "drain", "resume", "log-level",
)  # fmt: skip


class Permissions(unittest.TestCase):
    """Another user on a system bus, where PolicyKit decides."""

    def setUp(self):
        if not IS_ROOT:
            self.skipTest("being another user takes root")
        self.bus = Bus(strict=True)
        self.addCleanup(self.bus.stop)
        # Where others may run it.
        directory = tempfile.mkdtemp(prefix="sio-sioctl-")
        self.addCleanup(shutil.rmtree, directory)
        os.chmod(directory, 0o755)
        self.program = shutil.copy(SIOCTL, directory)
        os.chmod(self.program, 0o755)
        library = pathlib.Path(os.environ["SIO_LIBRARY"])
        shutil.copy(library, pathlib.Path(directory) / "libsio-glib-1.so.0")
        self.env = {**os.environ, "LD_LIBRARY_PATH": directory, "DBUS_SYSTEM_BUS_ADDRESS": self.bus.address}

    def polkit(self, answer):
        polkit = Polkit(self.bus, answer)
        self.addCleanup(polkit.stop)
        self.daemon = Daemon(self.bus)
        self.addCleanup(self.daemon.stop)
        return polkit

    def ctl(self, *args):
        return subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", self.program, *args],
            capture_output=True, text=True, timeout=PATIENCE, env=self.env,
        )  # fmt: skip

    def test_denied(self):
        self.polkit("(False, False, {})")
        for args in (
            ("status",), ("sockets",), ("socket", "x"), ("rooms",), ("namespaces",), ("revocations",), ("stats",),
            ("top", "-c", "1"), ("events",), ("broadcast", "x"), ("emit", "x", "-r", "a"), ("announce", "x"),
            ("kick", "x"), ("kick", "-n", "/"), ("join", "a", "x"), ("leave", "a", "x"), ("revoke", "user", "x"),
            ("unrevoke", "user", "x"), ("reload",), ("drain",), ("resume",), ("log-level", "debug"),
        ):  # fmt: skip
            result = self.ctl(*args)
            self.assertEqual((result.returncode, result.stdout), (DENIED, ""), f"{args}: {result.stderr}")
            self.assertIn("sioctl: ", result.stderr)

    def test_asking(self):
        """A password may be asked for, unless one does not want that."""
        polkit = self.polkit("(args[3] == 1, args[3] == 0, {})")
        self.assertEqual(self.ctl("namespaces", "-q").stdout, "/\n")
        self.assertEqual(self.ctl("--no-ask-password", "namespaces", "-q").returncode, DENIED)
        self.assertEqual([question[1][3] for question in polkit.questions()], [1, 0])


if __name__ == "__main__":
    main()
