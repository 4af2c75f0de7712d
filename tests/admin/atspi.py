# SPDX-License-Identifier: LGPL-2.1-or-later
"""sio-admin as somebody operates it who does not see it: widgets are found by name and role, pressed and filled through
AT-SPI. For tests within dbus-run-session."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "examples"))
import gtk_window  # noqa: E402
from gtk_window import ACCESSIBLE, Display, Gio, GLib, Process, check, run, until  # noqa: E402,F401

gtk_window.SCREEN = (1200, 900)
ACTION = "org.a11y.atspi.Action"
EDITABLE = "org.a11y.atspi.EditableText"


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
        # Live lists change meanwhile: what went away is passed over.
        try:
            if not self.reader.is_visible(node):
                return
            children = self.reader.children(node)
        except GLib.Error:
            return
        yield node
        for child in children:
            yield from self.walk(child)

    def nodes(self):
        try:
            apps = self.reader.children(("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root"))
            windows = [window for app in apps for window in self.reader.children(app)]
        except GLib.Error:
            return
        # What was opened last is asked first.
        for window in reversed(windows):
            yield from self.walk(window)

    def matches(self, node, name, roles):
        try:
            return re.search(name, self.reader.name(node)) and (roles is None or self.role(node) in roles)
        except GLib.Error:
            return False

    def all(self, name, roles=None):
        return [node for node in self.nodes() if self.matches(node, name, roles)]

    def find(self, name, roles=None, sensitive=False):
        def look():
            return next((node for node in self.nodes()
                         if self.matches(node, name, roles) and (not sensitive or self.is_sensitive(node))), None)

        return until(look, f"finding {name!r} {roles or ''}")

    def operate(self, name, roles, interface, method, arguments):
        """Once more if it was replaced between finding and using it."""
        def attempt():
            try:
                node = self.find(name, roles, sensitive=True)
                self.reader.call(node, interface, method, arguments)
                return True
            except GLib.Error:
                return False

        until(attempt, f"using {name!r}")

    def press(self, name):
        self.operate(name, ("button", "toggle button", "radio button", "tab", "switch"), ACTION, "DoAction",
                     GLib.Variant("(i)", (0,)))

    def fill(self, name, text):
        self.operate(name, ("text box",), EDITABLE, "SetTextContents", GLib.Variant("(s)", (text,)))

    def shows(self, text):
        until(lambda: any(self.matches(node, text, None) for node in self.nodes()), f"showing {text!r}")

    def hides(self, text):
        until(lambda: not self.all(text), f"hiding {text!r}")

    def picture(self, name):
        self.display.picture(name)
