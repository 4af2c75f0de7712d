#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The chat window on a display of its own, through the death and the return of its server.

It is driven through its actions on D-Bus and read as a screen reader does (AT-SPI); pictures go to
SIO_SCREENSHOT_DIR. Usage: chat_gtk.py CHAT-GTK SERVER SIO-CAT"""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

CHAT, SERVER, SIO_CAT = sys.argv[1:4]
WAIT = 30
SCREEN = (640, 560)
APP = ("org.example.Chat", "/org/example/Chat")
ACCESSIBLE = "org.a11y.atspi.Accessible"
number = 0


def check(name):
    global number
    number += 1
    print(f"ok {number} - {name}", flush=True)


def until(condition, what):
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {WAIT} s; {describe()}")


class Process:
    """Ends with the test."""

    running = []

    def __init__(self, command, **options):
        self.child = subprocess.Popen(command, **options)
        Process.running.append(self)

    def stop(self):
        Process.running.remove(self)
        self.child.kill()
        self.child.wait()


def start_server(port=None):
    env = {**os.environ, "EXAMPLE_PORT": str(port)} if port else os.environ
    server = Process([SERVER], stdout=subprocess.PIPE, text=True, env=env)
    return server, int(re.search(r":(\d+)", server.child.stdout.readline())[1])


class Reader:
    """What somebody hears who does not see the window."""

    def __init__(self):
        bus = Gio.bus_get_sync(Gio.BusType.SESSION)
        address = bus.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None, 0, -1)[0]
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self.bus = Gio.DBusConnection.new_for_address_sync(address, flags)

    def call(self, node, interface, method, arguments=None):
        return self.bus.call_sync(*node, interface, method, arguments, None, 0, 5000)

    def children(self, node):
        return self.call(node, ACCESSIBLE, "GetChildren")[0]

    def name(self, node):
        arguments = GLib.Variant("(ss)", (ACCESSIBLE, "Name"))
        return self.call(node, "org.freedesktop.DBus.Properties", "Get", arguments)[0]

    def is_visible(self, node):
        return bool(self.call(node, ACCESSIBLE, "GetState")[0][0] & 1 << 30)

    def walk(self, node):
        if not self.is_visible(node):
            return
        yield self.name(node)
        for child in self.children(node):
            yield from self.walk(child)

    def texts(self):
        """Names of what there is to see in the window."""
        try:
            apps = self.children(("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"))
            return [name for app in apps for window in self.children(app) for name in self.walk(window)]
        except GLib.Error:
            # Something went away meanwhile.
            return []


reader = None


def describe():
    return f"the window says {reader.texts() if reader else None}"


def write_png(source, target):
    """Xvfb keeps its screen in a file of the format XWD: 32 bits for a pixel, blue first."""
    data = source.read_bytes()
    head = struct.unpack(">25I", data[:100])
    width, height, bytes_per_line = head[4], head[5], head[12]
    start = head[0] + head[19] * 12
    rows, colours = bytearray(), set()
    for y in range(height):
        row = data[start + y * bytes_per_line : start + y * bytes_per_line + width * 4]
        rgb = bytearray(width * 3)
        rgb[0::3], rgb[1::3], rgb[2::3] = row[2::4], row[1::4], row[0::4]
        colours.update(struct.iter_unpack("3s", rgb))
        rows += b"\0" + rgb

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    target.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b""))
    return len(colours)


def main():
    global reader
    pictures = pathlib.Path(os.environ.get("SIO_SCREENSHOT_DIR", "."))
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        display_in, display_out = os.pipe()
        Process(["Xvfb", "-displayfd", str(display_out), "-screen", "0", f"{SCREEN[0]}x{SCREEN[1]}x24",
                 "-fbdir", scratch, "-nolisten", "tcp"], pass_fds=[display_out], stderr=subprocess.DEVNULL)
        os.close(display_out)
        display = os.read(display_in, 20).decode().strip()
        screen = pathlib.Path(scratch) / "Xvfb_screen0"

        def picture(name):
            # Until it has been drawn; an empty screen has a colour or two.
            until(lambda: write_png(screen, pictures / f"chat-gtk-{name}.png") > 20, f"picture {name}")

        server, port = start_server()
        url = f"http://127.0.0.1:{port}/chat"
        env = {**os.environ, "DISPLAY": f":{display}", "GDK_BACKEND": "x11", "GSK_RENDERER": "cairo", "XDG_CONFIG_HOME": scratch,
               "XDG_CACHE_HOME": scratch, "XDG_DATA_HOME": scratch, "GSETTINGS_BACKEND": "memory", "ADW_DISABLE_PORTAL": "1",
               "GTK_USE_PORTAL": "0", "G_DEBUG": "fatal-criticals"}
        env.pop("GTK_A11Y", None)
        chat = Process([CHAT, url], env=env)
        bus = Gio.bus_get_sync(Gio.BusType.SESSION)

        def act(action, *parameters):
            arguments = GLib.Variant("(sava{sv})", (action, list(parameters), {}))
            bus.call_sync(*APP, "org.gtk.Actions", "Activate", arguments, None, 0, -1)

        reader = Reader()
        shows = lambda text: until(lambda: any(re.search(text, name) for name in reader.texts()), f"showing {text!r}")
        hides = lambda text: until(lambda: (texts := reader.texts()) and not any(re.search(text, name) for name in texts), f"hiding {text!r}")

        shows("^Chat")
        hides("Retry")
        check("the window connects, and there is no banner")

        other = Process([SIO_CAT, "-q", "-k", "-i", "--listen", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        other.child.stdin.write('["say","hello from the shell"]\n')
        other.child.stdin.flush()
        assert json.loads(other.child.stdout.readline())["type"] == "ack"
        shows("^hello from the shell$")
        check("it shows what others say")
        act("say", GLib.Variant("s", "hello from the window"))
        record = json.loads(other.child.stdout.readline())
        assert (record["event"], record["args"]) == ("said", ["hello from the window"]), record
        shows("^hello from the window$")
        check("others hear what is said there")
        picture("connected")

        server.stop()
        shows(r"No connection, next attempt in \d+ s")
        shows("Retry")
        check("when the server dies a banner tells when the next attempt is made")
        act("say", GLib.Variant("s", "said without a connection"))
        shows("^said without a connection$")
        picture("no-connection")

        server, _ = start_server(port)
        act("retry")
        hides("Retry")
        check("the window finds the server again, and the banner goes")
        # Maybe nobody was there to hear what was kept. Whoever has an answer is there.
        other.child.stdin.write('["say","back again"]\n')
        other.child.stdin.flush()
        shows("^back again$")
        act("say", GLib.Variant("s", "the window is back"))
        until(lambda: (line := other.child.stdout.readline()) and "the window is back" in line, "the window's words")
        check("words go both ways again")
        picture("connected-again")
        assert chat.child.poll() is None
        chat.child.terminate()
        chat.child.wait(WAIT)
        print(f"1..{number}")


try:
    main()
finally:
    for process in list(Process.running):
        process.stop()
