# SPDX-License-Identifier: LGPL-2.1-or-later
"""sio-admin as somebody operates it who does not see it: widgets are found by name and role, pressed and filled through
AT-SPI. For tests within dbus-run-session."""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "examples"))
import gtk_window  # noqa: E402
from gtk_window import ACCESSIBLE, Display, Gio, GLib, Process, check, run, until  # noqa: E402,F401

gtk_window.SCREEN = (1200, 900)
ACTION = "org.a11y.atspi.Action"
EDITABLE = "org.a11y.atspi.EditableText"
TEXT = "org.a11y.atspi.Text"


class Admin:
    def __init__(self, display, command, **options):
        self.display = display
        self.command = command
        self.program = display.start(command, **options)

    @property
    def reader(self):
        return Display.reader

    def role(self, node):
        return self.reader.call(node, ACCESSIBLE, "GetRoleName")[0]

    def is_sensitive(self, node):
        states = self.reader.call(node, ACCESSIBLE, "GetState")[0]
        return bool(states[0] & 1 << 24)

    def walk(self, node):
        if not self.reader.is_visible(node):
            return
        yield node
        for child in self.reader.children(node):
            yield from self.walk(child)

    def nodes(self):
        apps = self.reader.children(("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"))
        # What was opened last is asked first.
        windows = [window for app in apps for window in self.reader.children(app)]
        for window in reversed(windows):
            yield from self.walk(window)

    def all(self, name, roles=None):
        try:
            return [node for node in self.nodes()
                    if re.search(name, self.reader.name(node)) and (roles is None or self.role(node) in roles)]
        except GLib.Error:
            return []

    def find(self, name, roles=None, sensitive=False):
        def look():
            found = [node for node in self.all(name, roles) if not sensitive or self.is_sensitive(node)]
            return found[0] if found else None

        return until(look, f"finding {name!r} {roles or ''}")

    def press(self, name, roles=("push button", "toggle button", "radio button", "button", "page tab", "tab")):
        node = self.find(name, roles, sensitive=True)
        self.reader.call(node, ACTION, "DoAction", GLib.Variant("(i)", (0,)))

    def entry(self, name):
        """The text inside of the row that has that name."""
        def look():
            for row in self.all(name, ("list item", "entry", "text", "password text", "unknown", "panel")):
                for node in self.walk(row):
                    if self.role(node) in ("text", "entry", "password text"):
                        return node
            return None

        return until(look, f"finding the entry {name!r}")

    def fill(self, name, text):
        node = self.entry(name)
        assert self.reader.call(node, EDITABLE, "SetTextContents", GLib.Variant("(s)", (text,)))[0], name

    def shows(self, text):
        self.display.shows(text)

    def hides(self, text):
        self.display.hides(text)

    def picture(self, name):
        self.display.picture(name)

    def tree(self):
        return [(self.role(node), self.reader.name(node)) for node in self.nodes()]
