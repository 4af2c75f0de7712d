#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A display of its own for a program with a window, which is read as a screen reader does (AT-SPI).
Pictures go to SIO_SCREENSHOT_DIR. For tests within dbus-run-session."""

import os
import pathlib
import re
import struct
import subprocess
import tempfile
import time
import zlib

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

WAIT = 60
SCREEN = (640, 560)
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


def describe():
    return f"the window says {Display.reader.texts() if Display.reader else None}"


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


class Display:
    """Name is the first part of the names of its pictures."""

    reader = None

    def __init__(self, name):
        self.name = name
        self.pictures = pathlib.Path(os.environ.get("SIO_SCREENSHOT_DIR", "."))
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.scratch = tempfile.TemporaryDirectory()
        # Where the bus of readers listens, which would be in one place for all displays.
        environment = GLib.Variant("(a{ss})", ({"XDG_RUNTIME_DIR": self.scratch.name},))
        Gio.bus_get_sync(Gio.BusType.SESSION).call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                                        "UpdateActivationEnvironment", environment, None, 0, -1)
        display_in, display_out = os.pipe()
        Process(["Xvfb", "-displayfd", str(display_out), "-screen", "0", f"{SCREEN[0]}x{SCREEN[1]}x24",
                 "-fbdir", self.scratch.name, "-nolisten", "tcp"], pass_fds=[display_out], stderr=subprocess.DEVNULL)
        os.close(display_out)
        self.display = os.read(display_in, 20).decode().strip()
        self.screen = pathlib.Path(self.scratch.name) / "Xvfb_screen0"

    def start(self, command, **options):
        scratch = self.scratch.name
        env = {**os.environ, "DISPLAY": f":{self.display}", "GDK_BACKEND": "x11", "GSK_RENDERER": "cairo", "XDG_CONFIG_HOME": scratch,
               "XDG_CACHE_HOME": scratch, "XDG_DATA_HOME": scratch, "GSETTINGS_BACKEND": "memory", "ADW_DISABLE_PORTAL": "1",
               "GTK_USE_PORTAL": "0", "G_DEBUG": "fatal-criticals"}
        env.pop("GTK_A11Y", None)
        program = Process(command, env=env, **options)
        Display.reader = Reader()
        return program

    def picture(self, name):
        # Until it has been drawn; an empty screen has a colour or two.
        until(lambda: write_png(self.screen, self.pictures / f"{self.name}-{name}.png") > 20, f"picture {name}")

    def shows(self, text):
        until(lambda: any(re.search(text, name) for name in self.reader.texts()), f"showing {text!r}")

    def hides(self, text):
        until(lambda: (texts := self.reader.texts()) and not any(re.search(text, name) for name in texts), f"hiding {text!r}")


def run(main):
    try:
        main()
        print(f"1..{number}")
    finally:
        for process in list(Process.running):
            process.stop()
