#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demonstration with the keyboard alone: every page is reached, every action can be pressed and says what it did, and
the program has nothing to complain of."""

from act import check, run, until

PAGES = {"alt+1": "^SioaDashboard$", "alt+2": "^SioaLatencyPage$", "alt+3": "^SioaSocketsPage$", "alt+4": "^SioaRoomsPage$",
         "alt+5": "^SioaAnnouncePage$"}


def press(window, name):
    window.focus(name, ("button", "toggle button"))
    window.key("space")


def do(window, action, question, *keys):
    """Presses a button of the bar and answers the question with the keyboard."""
    press(window, action)
    window.shows(question)
    window.key(*keys)


def test_pages(window):
    for key, page in PAGES.items():
        # Thousands of rows take long to read: that one comes below.
        if page != "^SioaSocketsPage$":
            window.key(key)
            window.shows(page)
            assert not any(window.has(other) for other in PAGES.values() if other != page), page
    check("each page has a key")


def test_sockets(window):
    window.key("alt+3", "ctrl+f")
    window.type("user421")
    window.rows("^Sockets$", lambda rows: 3 <= len(rows) <= 40, "some rows")
    window.focus("^Sockets$", ("table",))
    window.key("Down", "Up", "shift+Down")
    window.shows("^2 of [0-9]+ selected$")
    check("rows are found and selected")
    do(window, "^Join…$", "^Join a Room$", "h", "a", "l", "l", "Return")
    window.told("^Done, 2 sockets concerned$")
    do(window, "^Leave…$", "^Leave a Room$", "h", "a", "l", "l", "Return")
    window.told("^Done, 2 sockets concerned$")
    press(window, "^Emit…$")
    window.shows("^Emit an Event$")
    window.type("news")
    until(lambda: window.is_sensitive("^Emit$"), "an event to emit")
    window.key("alt+e")
    window.told("^Done, 2 sockets concerned$")
    window.focus("^Sockets$", ("table",))
    window.key("Return")
    window.shows("^Copy ID$")
    window.focus("^Copy ID$", ("button",))
    window.key("space")
    window.focus("^Details$", ("button", "toggle button"))
    window.key("space")
    window.hides("^Copy ID$")
    check("details open and close")
    window.focus("^Sockets$", ("table",))
    window.key("Delete")
    window.shows("^Disconnect[?]$")
    window.key("alt+d")
    window.told("^Done, [12] sockets? concerned$")
    check("what can be done to sockets is done with the keyboard, and said")


def test_announcement(window):
    window.key("alt+5")
    window.shows("^Enter a title.$")
    window.focus("^Kind$", ("combo box",))
    window.key("Tab")
    window.type("Hello")
    until(lambda: window.is_sensitive("^Send…"), "something to send")
    press(window, "^Send…$")
    window.shows("^Send[?]$")
    window.key("alt+s")
    window.told("^Sent, [0-9]+ recipients$")
    check("an announcement is written and sent with the keyboard")


def main(stage):
    window = stage.start_window("--demo")
    window.shows("^Demonstration, Connected$")
    test_pages(window)
    test_sockets(window)
    test_announcement(window)
    assert not window.errors.read_text().strip(), window.errors.read_text()
    check("the program says nothing on its standard error")


run("act-demo", main)
