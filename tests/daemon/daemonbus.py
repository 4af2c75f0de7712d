# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bus of one's own, sio-server on it, and official clients. The process ends what it started."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from gi.repository import Gio, GLib

HERE = pathlib.Path(__file__).resolve().parent
SERVER = os.environ["SIO_SERVER"]
NODE = os.environ["SIO_NODE"]
NAME = "org.sioglib.Server1"
PATH = "/org/sioglib/Server1"
ERROR = "org.sioglib.Server1.Error."
POLKIT = "org.freedesktop.PolicyKit1"
FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
NOBODY = 65534
PATIENCE = 60
IS_ROOT = os.getuid() == 0

# What systems have by default, and the policy that is installed.
SYSTEM_BUS = """<busconfig>
  <type>{type}</type>
  <listen>unix:path={dir}/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{dir}/services</servicedir>
  <policy context="default">
    <allow user="*"/>
    {default}
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow own="org.freedesktop.PolicyKit1"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
  </policy>
  {include}
</busconfig>
"""


def wait_for(condition, what):
    """Runs the main context until the condition holds, and returns its value."""
    end = time.monotonic() + PATIENCE
    context = GLib.MainContext.default()
    while time.monotonic() < end:
        while context.iteration(False):
            pass
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"in {PATIENCE} s there was not: {what}")


class Process:
    """A program whose lines are kept."""

    def __init__(self, argv, env=None, **kwargs):
        self.lines = []
        self.news = queue.Queue()
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(env or {})},
            **kwargs,
        )
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def find(self, pattern):
        for line in list(self.lines):
            match = re.search(pattern, line)
            if match:
                return match
        return None

    def expect(self, pattern):
        try:
            return wait_for(lambda: self.find(pattern), f"a line {pattern}")
        except AssertionError as error:
            raise AssertionError(f"{error}; there are:\n" + "\n".join(self.lines)) from None

    def stop(self, signal="terminate"):
        if self.process.poll() is None:
            getattr(self.process, signal)()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(PATIENCE)
        self.process.stdin.close()
        self.process.stdout.close()


class Bus:
    def __init__(self, strict):
        self.dir = tempfile.mkdtemp(prefix="sio-bus-")
        os.chmod(self.dir, 0o755)
        # Programs that the bus starts, there are none unless a test writes one.
        (pathlib.Path(self.dir) / "services").mkdir()
        include = ""
        if strict:
            policy = (HERE.parents[1] / "data/dbus/org.sioglib.Server1.conf").read_text()
            user = "root" if IS_ROOT else str(os.getuid())
            (pathlib.Path(self.dir) / "policy.conf").write_text(
                policy.replace('user="sio-server"', f'user="{user}"')
            )
            include = f"<include>{self.dir}/policy.conf</include>"
        default = "" if strict else '<allow own="*"/><allow send_destination="*"/>'
        config = pathlib.Path(self.dir) / "bus.conf"
        config.write_text(
            SYSTEM_BUS.format(
                type="system" if strict else "session", dir=self.dir, include=include, default=default
            )
        )
        self.address = f"unix:path={self.dir}/bus"
        self.process = Process(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--print-address"]
        )
        self.process.expect("unix:")

    def connect(self):
        return Gio.DBusConnection.new_for_address_sync(self.address, FLAGS, None, None)

    def stop(self):
        self.process.stop()
        shutil.rmtree(self.dir)


class Daemon(Process):
    def __init__(self, bus, *sets, env=None, kind="system"):
        self.dir = tempfile.mkdtemp(prefix="sio-daemon-")
        self.config = pathlib.Path(self.dir) / "sio-server.conf"
        self.config.write_text("")
        address = bus.address if bus is not None else "unix:path=/nonexistent/bus"
        argv = [SERVER, "-c", str(self.config), "-l", "tcp:127.0.0.1:0", "--client-dir", ""]
        for item in sets:
            argv += ["--set", item]
        if kind == "session":
            argv.append("--session")
        super().__init__(
            argv,
            env={
                "DBUS_SYSTEM_BUS_ADDRESS": address if kind == "system" else "unix:path=/nonexistent/bus",
                "DBUS_SESSION_BUS_ADDRESS": address if kind == "session" else "unix:path=/nonexistent/bus",
                "G_DEBUG": "fatal-criticals",
                **(env or {}),
            },
        )
        self.url = self.expect(r"listening on (\S+)").group(1).rstrip("/")

    def stop(self, signal="terminate"):
        super().stop(signal)
        shutil.rmtree(self.dir, ignore_errors=True)
        bad = [line for line in self.lines if "CRITICAL" in line or "Sanitizer" in line]
        if bad or (signal == "terminate" and self.process.returncode != 0):
            raise AssertionError(f"the server ended with {self.process.returncode}: {self.lines[-20:]}")


class Clients(Process):
    """Official clients in a process of their own."""

    def __init__(self, url):
        super().__init__([NODE, str(HERE / "clients.mjs")])
        self.url = url
        self.n_replies = 0

    def records(self):
        return [json.loads(line) for line in list(self.lines) if line.startswith("{")]

    def command(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        self.n_replies += 1

        def reply():
            replies = [r for r in self.records() if "reply" in r]
            return replies[self.n_replies - 1] if len(replies) >= self.n_replies else None

        reply = wait_for(reply, f"a reply to {command['do']}: {self.lines[-5:]}")["reply"]
        if "error" in reply:
            raise AssertionError(reply["error"])
        return reply

    def open(self, n=1, namespace="", **options):
        return self.command(do="open", url=self.url + namespace, n=n, options=options)["ids"]

    def emit(self, ident, *args, ack=False):
        return self.command(do="emit", id=ident, args=args, ack=ack)

    def close(self, *ids):
        self.command(do="close", ids=ids)

    def got(self, ident, event):
        return [r["args"] for r in self.records() if r.get("id") == ident and r.get("event") == event]

    def expect_event(self, ident, event):
        return wait_for(lambda: self.got(ident, event), f"the event {event} at {ident}")[-1]

    def expect_disconnected(self, ident):
        def find():
            return [r for r in self.records() if r.get("id") == ident and "disconnected" in r]

        return wait_for(find, f"{ident} disconnected")[0]["disconnected"]


class Caller:
    """One who calls the server."""

    def __init__(self, bus):
        self.bus = bus.connect()
        self.changes = []
        self.bus.signal_subscribe(None, NAME, "Changed", PATH, None, 0, self.changed)

    def changed(self, connection, sender, path, interface, signal, parameters):
        self.changes.append(parameters.unpack())

    def call(self, method, signature="()", *args, flags=0, interface=NAME):
        answer = self.bus.call_sync(
            NAME, PATH, interface, method, GLib.Variant(signature, args), None, flags, PATIENCE * 1000, None
        )
        answer = answer.unpack()
        return answer[0] if len(answer) == 1 else answer

    def start(self, method, signature="()", *args):
        """Does not wait; the list it returns gets the result or the error."""
        results = []

        def done(bus, result):
            try:
                results.append(bus.call_finish(result).unpack())
            except GLib.Error as error:
                results.append(error)

        self.bus.call(
            NAME, PATH, NAME, method, GLib.Variant(signature, args), None, 0, PATIENCE * 1000, None, done
        )
        return results

    def sockets(self, sort="", descending=False, revision=0, offset=0, limit=100, **filters):
        return self.call(
            "ListSockets",
            "(a{sv}sbtuu)",
            {k.replace("_", "-"): v for k, v in filters.items()},
            sort,
            descending,
            revision,
            offset,
            limit,
        )

    def rooms(self, sort="", descending=False, revision=0, offset=0, limit=100, **filters):
        return self.call(
            "ListRooms", "(a{sv}sbtuu)", filters, sort, descending, revision, offset, limit
        )

    def metric(self, group, name, value=""):
        for found_group, found_name, _, found_value, number in self.call("GetStats")["metrics"]:
            if (found_group, found_name, found_value) == (group, name, value):
                return number
        raise AssertionError(f"there is no metric {group} {name} {value}")

    def close(self):
        self.bus.close_sync(None)


def error_of(test, expected, function, *args, **kwargs):
    """Calls, and checks the error; returns its text."""
    with test.assertRaises(GLib.Error) as caught:
        function(*args, **kwargs)
    name = Gio.DBusError.get_remote_error(caught.exception)
    test.assertEqual(name, expected, caught.exception.message)
    return caught.exception.message


def s(text):
    return GLib.Variant("s", text)


def strings(*items):
    return GLib.Variant("as", items)


def make_token(user, secret, **claims):
    """Of a user, signed with HMAC; of-USER is its id."""

    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    now = int(time.time())
    body = {"sub": user, "role": "reader", "iat": now - 5, "exp": now + 600, "jti": f"of-{user}", **claims}
    text = part(b'{"alg":"HS256"}') + "." + part(json.dumps(body).encode())
    return text + "." + part(hmac.new(secret, text.encode(), hashlib.sha256).digest())


class TapResult(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.n = 0

    def line(self, test, ok, rest=""):
        self.n += 1
        print(f"{'ok' if ok else 'not ok'} {self.n} - {test.id().split('.', 1)[-1]}{rest}", flush=True)

    def addSuccess(self, test):
        self.line(test, True)

    def addSkip(self, test, reason):
        self.line(test, True, f" # SKIP {reason}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line(test, False)
        print("".join(f"# {line}\n" for line in self.failures[-1][1].splitlines()), flush=True)

    def addError(self, test, err):
        super().addError(test, err)
        self.line(test, False)
        print("".join(f"# {line}\n" for line in self.errors[-1][1].splitlines()), flush=True)


def main(module="__main__"):
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module])
    only = sys.argv[1:]
    tests = [
        t
        for group in suite
        for t in group
        if not only or any(word in t.id() for word in only)
    ]
    print(f"1..{len(tests)}", flush=True)
    result = TapResult()
    unittest.TestSuite(tests).run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
