# SPDX-License-Identifier: LGPL-2.1-or-later
"""sio-admin as somebody uses it who has a keyboard and no eyes, and now and then a mouse: what there is in the window is
read through AT-SPI, with all of it in one snapshot; buttons are pressed, texts filled in and rows selected through it, and
for the rest there are keys. For tests within dbus-run-session."""

import ast
import collections
import os
import pathlib
import re
import subprocess
import time

from atspi import ACTION, EDITABLE, GLib, Process, gtk_window, until
from gtk_window import Display, Reader

ROLES = {7: "check box", 11: "combo box", 16: "dialog", 23: "window", 27: "image", 29: "label", 31: "list", 32: "list item",
         35: "menu item", 37: "tab", 40: "password text", 43: "button", 44: "radio button", 48: "scroll bar", 52: "spin button", 56: "cell",
         61: "text box", 62: "toggle button", 66: "table", 79: "text box", 90: "row"}
CHECKED, FOCUSED, PRESSED, SELECTED, SENSITIVE = 4, 12, 20, 23, 24
BUTTONS = ("button", "toggle button", "radio button", "tab", "check box")
SELECTION = "org.a11y.atspi.Selection"
COMPONENT = "org.a11y.atspi.Component"
TEXT = "org.a11y.atspi.Text"
VALUE = "org.a11y.atspi.Value"
# More than the distance of a double click, and within all that is clicked.
FAR_ENOUGH = 12
DESKTOP = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")


# a((so)(so)(so)iiassusau) as text: PyGObject takes ten times as long to unpack thousands of values one by one.
STRING = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
UNSEEN = STRING.replace("(", "(?:", 1)
ITEM = re.compile(rf"\(\({STRING}, {STRING}\), \({UNSEEN}, {UNSEEN}\), \({STRING}, {STRING}\), (-?\d+), (-?\d+), "
                  rf"\[(?:{UNSEEN}(?:, )?)*\], {STRING}, (\d+), {STRING}, \[(\d+), (\d+)\]\)", re.S)


def unquote(text):
    return ast.literal_eval(text) if "\\" in text else text[1:-1]


class Node:
    """One thing in the window, as it was when it was looked at."""

    def __init__(self, match):
        sender, path, parent_sender, parent_path, index, n_children, name, role, description, low, high = match.groups()
        self.ref, self.parent_ref = (unquote(sender), unquote(path)), (unquote(parent_sender), unquote(parent_path))
        self.index, self.n_children = int(index), int(n_children)
        self.description, name = unquote(description), unquote(name)
        # GTK repeats labels with a mnemonic: "_Close Close".
        self.name = re.sub(r"^(\S.*) (?=(.+)$)", lambda m: "" if m[1].replace("_", "") == m[2] else m[0], name)
        self.role = ROLES.get(int(role), f"role {role}")
        self.states = int(low) | int(high) << 32
        self.children = []
        self.parent = None

    def has(self, state):
        return bool(self.states >> state & 1)

    def is_row(self, parent):
        """Of a table, and not the header, which is one, too."""
        return self.role == "row" and parent.role == "list"

    def says_all(self, parent):
        """What is within is but how it is drawn."""
        return self.role in ("tab", "label", "scroll bar") or self.role == "cell" and parent.role == "row"

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def texts(self):
        return [node.name for node in self.walk() if node.role == "label" and node.name]

    def inner(self, *roles):
        """The first one of such a role within, or itself."""
        return next((node for node in self.walk() if node.role in roles), None)

    def matches(self, name, roles=None):
        return (not roles or self.role in roles) and re.search(name, self.name) is not None


class Snapshot:
    """All that there is to be seen of all programs; what was opened last comes first."""

    def __init__(self, reader):
        self.reader = reader
        self.windows = []
        for app in reader.children(DESKTOP):
            self.windows += self.read(tuple(app))

    @staticmethod
    def list(reader, app):
        items = reader.call((app[0], "/org/a11y/atspi/cache"), "org.a11y.atspi.Cache", "GetItems").get_child_value(0)
        nodes = [Node(match) for match in ITEM.finditer(items.print_(False))]
        assert len(nodes) == items.n_children(), items.print_(False)
        return {node.ref: node for node in nodes}

    def read(self, app, rounds=5):
        self.nodes = self.list(self.reader, app)
        self.known = {}
        self.complete = True
        for node in sorted(self.nodes.values(), key=lambda node: node.index):
            self.known.setdefault(node.parent_ref, []).append(node.ref)
        windows = self.reader.children(app)
        for ref in windows:
            self.enter(ref)
        # Where things never stop changing, some are too new.
        if not self.complete and rounds > 1:
            return self.read(app, rounds - 1)
        return [self.nodes[ref] for ref in reversed(windows) if ref in self.nodes]

    def enter(self, ref, parent=None):
        node = self.nodes.get(ref)
        if node is None:
            # GTK makes what readers see when it is asked for: to be read in the next round.
            self.complete = False
            for child in self.reader.children(ref):
                self.enter(child)
        elif node.n_children > 0 and not node.says_all(parent):
            known = self.known.get(ref, ())
            # Rows hide nothing. Elsewhere, what is hidden is among the known, and not among the children.
            for child in known if node.is_row(parent) and len(known) == node.n_children else self.reader.children(ref):
                self.enter(child, node)
                if child in self.nodes:
                    self.nodes[child].parent = node
                    node.children.append(self.nodes[child])

    def walk(self):
        for window in self.windows:
            yield from window.walk()

    def texts(self):
        return [text for window in self.windows for text in window.texts()]

    def find(self, name, roles=None):
        return next((node for node in self.walk() if node.matches(name, roles)), None)


def describe():
    try:
        return f"the window says {[node.name for node in Snapshot(Display.reader).walk() if node.name]}"
    except GLib.Error as error:
        return f"the window says nothing: {error.message}"


gtk_window.describe = describe


class Window:
    """The program, and the first window of it."""

    def __init__(self, display, command, env=None):
        self.display = display
        self.n_clicks = 0
        self.errors = pathlib.Path(display.scratch.name) / f"stderr-{len(Process.running)}"
        environment, os.environ = os.environ, {**os.environ, **(env or {})}
        try:
            with self.errors.open("wb") as errors:
                self.program = display.start(command, stderr=errors)
        finally:
            os.environ = environment
        self.reader = Display.reader

    def stop(self):
        """As somebody who closes it; what it said on the standard error was nothing to worry about."""
        self.key("ctrl+q")
        self.program.child.wait(gtk_window.WAIT)
        self.program.stop()
        self.check_errors()
        assert self.program.child.returncode == 0, self.program.child.returncode

    def check_errors(self):
        bad = [line for line in self.errors.read_text().splitlines() if re.search("CRITICAL|WARNING|Sanitizer", line)]
        assert not bad, bad

    # Looking.

    def look(self):
        """Things come and go while somebody looks: then once more."""
        def attempt():
            try:
                return Snapshot(self.reader)
            except GLib.Error:
                return None

        return until(attempt, "reading the window")

    def find(self, name, roles=None, within=None, sensitive=False):
        """@within: the name of something around it."""
        def attempt():
            places = self.look().walk()
            if within is not None:
                places = (node for place in places if place.matches(within) for node in place.walk() if node is not place)
            return next((node for node in places if node.matches(name, roles) and (not sensitive or node.has(SENSITIVE))), None)

        return until(attempt, f"finding {name!r} {roles or ''}")

    def has(self, name, roles=None):
        return self.look().find(name, roles)

    def shows(self, name, roles=None):
        return until(lambda: self.has(name, roles), f"showing {name!r}")

    def hides(self, name, roles=None):
        until(lambda: not self.has(name, roles), f"hiding {name!r}")

    def described(self, name, text):
        """Waits for what readers are told beside the name; returns it."""
        def attempt():
            return next((node.description for node in self.look().walk()
                         if node.matches(name) and re.search(text, node.description)), None)

        return until(attempt, f"{name!r} described as {text!r}")

    def is_sensitive(self, name, roles=BUTTONS):
        return self.find(name, roles).has(SENSITIVE)

    def table(self, label):
        """The rows of a table that are shown: what is in the first column is the name of each."""
        found = self.find(label, ("table",))
        header, rows = found.children[0], found.children[1].children
        titles = [title.name for title in header.children]
        return [Row(row, dict(zip(titles, [cell.name for cell in row.children]))) for row in rows]

    def rows(self, label, condition, what):
        """Waits until the rows are as they should be."""
        def attempt():
            # Where there are no rows, there is no table.
            rows = self.table(label) if self.has(label, ("table",)) else []
            return [rows] if condition(rows) else None

        return until(attempt, f"rows of {label!r}: {what}")[0]

    def column(self, label, title):
        return [row[title] for row in self.table(label)]

    # Doing.

    def call(self, node, interface, method, arguments=None):
        return self.reader.call(node.ref, interface, method, arguments)

    def try_until(self, attempt, what):
        """Once more if it was replaced between finding and using it."""
        def once():
            try:
                return attempt() is not False
            except GLib.Error:
                return False

        until(once, what)

    def press(self, name, within=None):
        def attempt():
            node = self.find(name, BUTTONS, within, sensitive=True)
            # Buttons with a menu have the one to press within.
            node = next(child for child in node.walk() if self.n_actions(child) > 0)
            self.call(node, ACTION, "DoAction", GLib.Variant("(i)", (0,)))

        self.try_until(attempt, f"pressing {name!r}")

    def toggle(self, name, within=None):
        """A box to tick, which GTK 4.8 lets nobody press through AT-SPI."""
        node = self.find(name, ("check box",), within)
        self.focus(name, ("check box",))
        self.key("space")
        until(lambda: self.find(name, ("check box",), within).has(CHECKED) != node.has(CHECKED), f"{name!r} toggled")

    def n_actions(self, node):
        return len(self.call(node, ACTION, "GetActions")[0]) if node.role in BUTTONS else 0

    def fill(self, name, text, within=None):
        def attempt():
            node = self.find(name, ("text box", "password text", "spin button"), within, sensitive=True)
            self.call(node, EDITABLE, "SetTextContents", GLib.Variant("(s)", (text,)))

        self.try_until(attempt, f"filling {name!r}")

    def set_value(self, name, value, within=None):
        def attempt():
            node = self.find(name, ("spin button",), within, sensitive=True)
            self.call(node, "org.freedesktop.DBus.Properties", "Set",
                      GLib.Variant("(ssv)", (VALUE, "CurrentValue", GLib.Variant("d", value))))

        self.try_until(attempt, f"setting {name!r}")

    def read(self, name, roles=("text box",)):
        node = self.find(name, roles)
        n = self.call(node, "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (TEXT, "CharacterCount")))[0]
        return self.call(node, TEXT, "GetText", GLib.Variant("(ii)", (0, n)))[0]

    def xdotool(self, *arguments):
        command = ["xdotool", *map(str, arguments)]
        subprocess.run(command, env={**os.environ, "DISPLAY": f":{self.display.display}"}, check=True, timeout=30,
                       stdout=subprocess.DEVNULL)

    def key(self, *keys):
        self.xdotool("key", "--delay", 20, *keys)

    def type(self, text):
        self.xdotool("type", "--delay", 20, text)

    def focused(self):
        """Where the keyboard is, with what is around it; None: nowhere that was looked at yet."""
        for app in self.reader.children(DESKTOP):
            nodes = Snapshot.list(self.reader, app)
            for node in nodes.values():
                if (parent := nodes.get(node.parent_ref)) is not None and parent is not node:
                    node.parent = parent
                    parent.children.append(node)
            found = next((node for node in nodes.values() if node.has(FOCUSED)), None)
            if found is not None:
                return found
        self.look()
        return None

    def focus(self, name, roles=None, key="Tab"):
        """With the keyboard alone. Stops where it began: then there is no way."""
        seen = []
        while True:
            node = self.focused()
            if node is not None and any(place.matches(name, roles) for place in ancestors(node)):
                return node
            assert len(seen) < 100, f"the keyboard does not get to {name!r}: {seen}"
            before = node.ref if node is not None else None
            self.key(key)
            # Entries of Adwaita do not tell that they have the focus.
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline and ((now := self.focused()) is None or now.ref == before):
                time.sleep(0.02)
            seen.append(node.name if node is not None else None)

    def click(self, node, button=1, keys=()):
        """With the mouse, in the main window."""
        x, y, width, height = self.call(node, COMPONENT, "GetExtents", GLib.Variant("(u)", (1,)))[0]
        # Headers of GTK ignore the second half of a double click, which clicks at a distance are not.
        self.n_clicks += 1
        x += width // 2 + (FAR_ENOUGH if self.n_clicks % 2 else 0)
        self.xdotool(*[part for key in keys for part in ("keydown", key)], "mousemove", x, y + height // 2,
                     "click", button, *[part for key in keys for part in ("keyup", key)])

    def choose(self, name, choice, within=None):
        """Of a drop down, with the keyboard."""
        self.focus(name, ("combo box",))
        self.key("space")

        def lists():
            # The list that drops down comes after the choice that is shown.
            combo = self.find(name, ("combo box",), within)
            return [node for node in combo.walk() if node.role in ("list item", "role 67")]

        until(lambda: len(lists()) > 1, f"the choices of {name!r}")
        self.key("Home")
        for _ in range(40):
            node = self.focused()
            if node is not None and choice in node.texts() + [node.name]:
                break
            self.key("Down")
        else:
            raise AssertionError(f"no choice {choice!r}: {[node.texts() for node in lists()]}")
        self.key("Return")
        until(lambda: choice in self.find(name, ("combo box",), within).texts(), f"{choice!r} chosen")

    def select(self, label, *names):
        """Rows of a table."""
        for number, name in enumerate(names):
            def attempt():
                rows = self.table(label)
                index = [row.name for row in rows].index(name)
                row = rows[index].node
                if number == 0:
                    for other in rows:
                        if other.is_selected and other.name not in names:
                            self.call(row.parent, SELECTION, "DeselectChild", GLib.Variant("(i)", (other.node.index,)))
                return self.call(row.parent, SELECTION, "SelectChild", GLib.Variant("(i)", (row.index,)))[0]

            until(lambda: name in [row.name for row in self.table(label)], f"row {name!r}")
            self.try_until(attempt, f"selecting {name!r}")
        until(lambda: {row.name for row in self.table(label) if row.is_selected} == set(names), f"only {names!r} selected")

    def page(self, name):
        """Dashboard, Latency, Sockets, Rooms, Announcements."""
        self.press(f"^{name}$")

    def answer(self, question, response):
        """A dialog with a question: returns all that it says."""
        def dialog():
            return next((window for window in self.look().windows if any(re.search(question, text) for text in window.texts())),
                        None)

        found = until(dialog, f"the dialog {question!r}")
        texts = found.texts()
        self.press(f"^{response}$")
        until(lambda: found.ref not in [window.ref for window in self.look().windows], f"the dialog {question!r} closes")
        return texts

    def told(self, text):
        """What the window says for a moment after something was done; put away, so that the next can be said."""
        def toast():
            return next((node for node in self.look().walk() if node.name == "AdwToastWidget"
                         and any(re.search(text, said) for said in node.texts())), None)

        said = until(toast, f"saying {text!r}")
        try:
            self.call(said.inner("button"), ACTION, "DoAction", GLib.Variant("(i)", (0,)))
        except GLib.Error:
            # It went by itself.
            pass
        until(lambda: said.ref not in [node.ref for node in self.look().walk()], f"{text!r} gone")

    def clipboard(self, field):
        """By pasting it into a field."""
        self.fill(field, "")
        self.focus(field)
        self.key("ctrl+v")
        text = until(lambda: self.read(field), "something pasted")
        self.fill(field, "")
        return text

    def picture(self, name):
        self.display.picture(name)


class Row(collections.UserDict):
    def __init__(self, node, cells):
        super().__init__(cells)
        self.node = node
        self.name = node.name
        self.is_selected = node.has(SELECTED)


def ancestors(node):
    """And the node itself."""
    while node is not None:
        yield node
        node = node.parent
