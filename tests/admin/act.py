# SPDX-License-Identifier: LGPL-2.1-or-later
"""sio-server on the bus of the session, official clients of it, somebody who asks it over D-Bus, and sio-admin.
For tests within dbus-run-session, with the environment of tests of the daemon and SIO_ADMIN."""

import os
import pathlib
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "daemon"))
import daemonbus  # noqa: E402
from daemonbus import Caller, Clients, Daemon, Gio, make_token, s  # noqa: E402,F401
from window import Display, Window, gtk_window, until  # noqa: E402,F401

ADMIN = os.environ["SIO_ADMIN"]
SECRET = b"0123456789abcdef0123456789abcdef"
ADDRESS = os.environ["DBUS_SESSION_BUS_ADDRESS"]
BUS = types.SimpleNamespace(
    address=ADDRESS, connect=lambda: Gio.DBusConnection.new_for_address_sync(ADDRESS, daemonbus.FLAGS, None, None))
SERVER = r"^This computer \(session\), Connected$"
# Nobody's servers, and no hardware of this computer.
ENVIRONMENT = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus", "SECRET_BACKEND": "file", "USER": "tester"}
check = gtk_window.check


def is_automatic(room):
    """Those that every user is in."""
    return room == "all-users" or room.startswith("user:")


class Stage:
    """What a test needs, and the end of it."""

    def __init__(self, name):
        self.display = Display(name)
        self.scratch = pathlib.Path(self.display.scratch.name)
        (self.scratch / "secret").write_bytes(SECRET)
        (self.scratch / "secret").chmod(0o600)
        self.running = []

    def start_server(self, *sets):
        self.daemon = Daemon(BUS, "namespace /chat.default=relay-to-joined-rooms", "auth.mode=optional",
                             f"auth.secret-file={self.scratch}/secret", "server.ping-interval=2s", *sets, kind="session")
        self.running.append(self.daemon)
        self.caller = Caller(BUS)
        self.clients = Clients(self.daemon.url)
        self.running.append(self.clients)

    def kill_server(self):
        self.running.remove(self.daemon)
        self.caller.close()
        self.daemon.stop("kill")

    def start_window(self, *arguments):
        self.window = Window(self.display, [ADMIN, *arguments], ENVIRONMENT)
        return self.window

    def open(self, user=None, namespace="", **options):
        """A client; returns its ID."""
        auth = {"token": make_token(user, SECRET)} if user is not None else {}
        return self.clients.open(namespace=namespace, auth=auth, **options)[0]

    def sockets(self, **filters):
        """IDs, as the server lists them."""
        return {row[0] for row in self.caller.sockets(**filters)[0]}

    def rooms(self, ident):
        """Those that it was put into."""
        rooms = self.caller.call("GetSocket", "(s)", ident)["rooms"]
        return sorted(room for room in rooms if room != ident and not is_automatic(room))

    def act(self, name, question, response, **fields):
        """Presses a button of the page and answers the dialog; returns what the dialog says."""
        self.window.press(name, "^Sioa.*Page$")
        self.window.shows(question)
        for field, text in fields.items():
            self.window.fill(f"^{field}", text)
        return " ".join(self.window.answer(question, response))

    def stop(self):
        for process in reversed(self.running):
            process.stop()


def run(name, main):
    stage = Stage(name)

    def guarded():
        try:
            main(stage)
            stage.window.stop()
        finally:
            stage.stop()

    gtk_window.run(guarded)
