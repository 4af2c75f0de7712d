# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers that sio-admin reaches through their namespace for administration, official clients of them, and sio-admin.
For tests within dbus-run-session: PROGRAM SIO-ADMIN SIO-SERVER NODE [node|sio-server]."""

import json
import pathlib
import re
import subprocess
import sys

from window import Display, GLib, Process, Window, gtk_window, until  # noqa: F401

ADMIN, SERVER, NODE = sys.argv[1:4]
KIND = sys.argv[4] if len(sys.argv) > 4 else "node"
HERE = pathlib.Path(__file__).resolve().parent
# Nobody's servers. Passwords are kept for the next start of the program only where a test wants that.
ENVIRONMENT = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus", "USER": "tester"}
# bcrypt of "secret", as htpasswd -nB writes it
HASH = "import { load } from %s; console.log(load('bcryptjs').hashSync('secret', 4));"
check = gtk_window.check


class Talker(Process):
    """A program that answers lines of JSON."""

    def __init__(self, command):
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *command):
        self.child.stdin.write(json.dumps(command) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        assert line, f"{command}: the program ended with {self.child.wait()}"
        return json.loads(line)

    def is_alive(self):
        return self.child.poll() is None


class NodeServer(Talker):
    def __init__(self, *args, port=0):
        super().__init__([NODE, str(HERE / "node-admin.mjs"), "--port", str(port), *args])
        self.port = int(re.match(r"listening on (\d+)", self.child.stdout.readline())[1])
        self.url = f"http://localhost:{self.port}"


class SioServer(Process):
    def __init__(self, scratch, *lines, port=0):
        script = HASH % json.dumps(str(HERE.parent / "interop" / "lib" / "npm.mjs"))
        hashed = subprocess.run([NODE, "--input-type=module", "-e", script], check=True, capture_output=True, text=True).stdout.strip()
        (scratch / "passwords").write_text(f"admin:{hashed}\n")
        config = scratch / "sio-server.conf"
        config.write_text("\n".join([
            "[server]", f"listen=tcp:127.0.0.1:{port}", "[admin]", "enabled=true", "mode=development",
            f"password-file={scratch}/passwords", *lines,
            "[namespace /]", "default=relay-to-joined-rooms", "[namespace /chat]", "default=relay-to-joined-rooms", ""]))
        super().__init__([SERVER, "--config", str(config)], stdout=subprocess.PIPE, text=True)
        for line in self.child.stdout:
            if found := re.match(r"listening on (\S+:(\d+))/?\s*$", line):
                self.url, self.port = found[1], int(found[2])
                return
        raise AssertionError("sio-server does not start")

    def is_alive(self):
        return self.child.poll() is None


class Stage:
    def __init__(self, name):
        self.display = Display(name)
        self.scratch = pathlib.Path(self.display.scratch.name)
        self.clients = Talker([NODE, str(HERE / "far-clients.mjs")])

    def start_server(self, *args, **options):
        if KIND == "sio-server":
            self.server = SioServer(self.scratch, *args, **options)
        else:
            self.server = NodeServer(*args, **options)
        return self.server

    def start_window(self, env=None, *arguments):
        self.window = Window(self.display, [ADMIN, *arguments], {**ENVIRONMENT, **(env or {})})
        return self.window

    def add_server(self, name="Far", password="secret", url=None, connects=True, **fields):
        """With the dialog."""
        window = self.window
        window.press("^_?Add a Server")
        window.shows("^Address$")
        window.fill("^Address$", url or self.server.url)
        window.fill("^Name in the list$", name)
        window.fill("^User name$", "admin")
        window.fill("^Password$", password)
        for field, text in fields.items():
            window.fill(f"^{field}$", text)
        window.press("^_?Save$")
        if connects:
            window.shows(f"^{name}, Connected$")

    # The server, as others see it.

    def open(self, nsp="/", **options):
        return self.clients.ask("open", self.server.url, nsp, options)

    def state(self):
        """ID → [namespace, room …]"""
        return self.clients.ask("state", self.server.url)

    def rooms(self, ident):
        return sorted(self.state()[ident][1:])

    def heard(self, ident, event):
        return [args for who, name, *args in self.clients.ask("heard") if who == ident and name == event]

    def expect_heard(self, ident, event):
        return until(lambda: self.heard(ident, event), f"{event!r} at {ident}")[-1]

    def expect_gone(self, ident):
        return until(lambda: self.clients.ask("gone").get(ident), f"the end of {ident}")

    def act(self, name, question, response, **fields):
        """Presses a button of the page and answers the dialog; returns what the dialog says."""
        # Windows have a button to close, too.
        self.window.press(name, "^Sioa(Sockets|Rooms)Page$")
        self.window.shows(question)
        for field, text in fields.items():
            self.window.fill(f"^{field}", text)
        return " ".join(self.window.answer(question, response))


def run(name, main):
    def guarded():
        stage = Stage(f"{name}-{KIND}")
        try:
            main(stage)
        except (AssertionError, GLib.Error):
            print(f"sio-admin: {stage.window.program.child.poll()}, {stage.window.errors.read_text()}", flush=True)
            raise
        stage.window.stop()

    gtk_window.run(guarded)
