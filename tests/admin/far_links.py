#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers that are wrong, late, lost and found again, production mode, and those that take no orders: what sio-admin says,
and what it shows afterwards."""

import socket
import ssl
import subprocess
import threading

from far import KIND, check, run, until

SOCKETS = "^Sockets$"


def clients(rows):
    return {row.name for row in rows if row["Namespace"] != "/admin"}


def free_port():
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return one.getsockname()[1]


def serve_tls(scratch):
    """With a certificate that nobody knows."""
    pem = scratch / "unknown.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-keyout", pem, "-out", pem], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listener = socket.create_server(("localhost", 0))

    def accept():
        while True:
            try:
                context.wrap_socket(listener.accept()[0], server_side=True).close()
            except OSError:
                pass

    threading.Thread(target=accept, daemon=True).start()
    return f"https://localhost:{listener.getsockname()[1]}"


def test_wrong(stage):
    window = stage.window

    def try_out(text):
        window.press("^_?Test$")
        window.shows(text)

    window.press("^_?Add a Server")
    window.shows("^Address$")
    window.fill("^User name$", "admin")
    window.fill("^Password$", "secret")
    window.fill("^Address$", stage.server.url)
    window.fill("^Path$", "/wrong/")
    try_out("^Something answers, but not as a Socket.IO server does.*404")
    window.press("^WebSocket only")
    # Servers on Node close the connection without an answer.
    window.hides("^Something answers")
    try_out("^Something answers, but not as a Socket.IO server does")
    window.fill("^Path$", "/socket.io/")
    try_out("^Connected.$")
    check("a wrong path is told from other troubles, with polling and without")
    window.fill("^Address$", serve_tls(stage.scratch))
    try_out("^No safe connection")
    window.press("^WebSocket only")
    try_out("^No safe connection")
    check("so is a certificate that nobody knows")
    window.press("^_?Cancel$")
    window.hides("^Address$")


def test_late(stage, port):
    window = stage.window
    stage.add_server(url=f"http://localhost:{port}", connects=False)
    window.shows("^Far, Connecting again")
    stage.start_server(port=port)
    window.shows("^Far, Connected$")
    check("a server that comes later is found by itself")


def test_killed(stage):
    window = stage.window
    before = {stage.open(), stage.open("/chat")}
    window.page("Sockets")
    window.rows(SOCKETS, lambda rows: clients(rows) == before, "both")
    window.select(SOCKETS, min(before))
    until(lambda: window.is_sensitive("^_?Disconnect$"), "something to do")
    port = stage.server.port
    # SIGKILL
    stage.server.stop()
    window.shows("^Far, Connecting again")
    until(lambda: not window.is_sensitive("^_?Disconnect$"), "nothing to do")
    stage.start_server(port=port)
    window.shows("^Far, Connected$")
    after = {stage.open(), stage.open()}
    window.rows(SOCKETS, lambda rows: clients(rows) == after, "those of now, and no other")
    assert set(stage.state()) == after
    window.page("Rooms")
    rooms = {(nsp, room) for nsp, *rooms in stage.state().values() for room in rooms}
    window.page("Sockets")
    window.select(SOCKETS, min(after))
    stage.act("^_?Disconnect$", "^Disconnect.$", "_?Disconnect")
    stage.expect_gone(min(after))
    assert rooms is not None
    check("after a server was killed and started anew its rows are right, and it takes orders")


def test_readonly(stage):
    window = stage.window
    port = stage.server.port
    stage.server.stop()
    window.shows("^Far, Connecting again")
    stage.start_server(*(["readonly=true"] if KIND == "sio-server" else ["--readonly"]), port=port)
    window.shows("^Far, Connected$")
    ident = stage.open()
    window.rows(SOCKETS, lambda rows: clients(rows) == {ident}, "its socket")
    window.select(SOCKETS, ident)
    window.shows("^Read-only: ")
    for name in ("^_?Disconnect$", "^_?Join…", "^_?Emit…"):
        until(lambda: not window.is_sensitive(name), f"{name!r} insensitive")
    window.page("Rooms")
    window.shows("^Read-only: ")
    window.page("Announcements")
    window.shows("The server takes no orders")
    assert not window.is_sensitive("^_?Send…")
    window.page("Sockets")
    window.picture("read-only")
    assert list(stage.state()) == [ident]
    check("a read-only server is shown; what cannot be done is insensitive, and it is said why")


def test_production(stage):
    window = stage.window
    port = stage.server.port
    stage.server.stop()
    window.shows("^Far, Connecting again")
    stage.start_server("--mode", "production", port=port)
    window.shows("^Far, Connected$")
    stage.open()
    window.shows("^The Server Does Not List Its Sockets$")
    window.page("Dashboard")
    window.shows("^Connections: 2$")
    window.page("Announcements")
    window.shows("^It is unknown how many that are")
    window.fill("^Title$", "Blind")
    window.press("^_?Send…")
    window.answer(r"^Send\?$", "_?Send")
    window.shows("^Sent; this server does not tell to how many$")
    check("a server in production mode shows figures, and gets announcements")


def main(stage):
    stage.start_server()
    stage.start_window()
    test_wrong(stage)
    stage.server.stop()
    test_late(stage, free_port())
    test_killed(stage)
    test_readonly(stage)
    if KIND == "node":
        test_production(stage)


run("far-links", main)
