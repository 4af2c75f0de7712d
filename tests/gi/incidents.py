#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trusted proxies, and what is told of refusals, from Python. Prints TAP."""

import gc
import socket
import sys
import threading

import gi

gi.require_version("Sio", "1")
gi.require_version("Soup", "3.0")
from gi.repository import GLib, Sio, Soup  # noqa: E402

results = []


def check(name, condition):
    results.append(condition)
    print(f"{'ok' if condition else 'not ok'} {len(results)} - {name}", flush=True)


def ask(port, path):
    """The whole answer to one request that came through a proxy."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n".encode()
        )
        answer = b""
        while part := connection.recv(4096):
            answer += part
    return answer.decode()


def run(port, path):
    loop = GLib.MainLoop()
    answers = []

    def work():
        answers.append(ask(port, path))
        GLib.idle_add(loop.quit)

    thread = threading.Thread(target=work)
    thread.start()
    loop.run()
    thread.join()
    return answers[0]


server = Sio.Server()
engine = server.get_engine()
check("none are trusted by default", engine.get_trusted_proxies() == [])
check("setting them", engine.set_trusted_proxies(["127.0.0.0/8", "unix"]))
check("getting them", engine.props.trusted_proxies == ["127.0.0.0/8", "unix"])
try:
    engine.set_trusted_proxies(["127.0.0.1/8"])
    check("an error", False)
except GLib.Error as error:
    check("an error", error.matches(Sio.Error.quark(), Sio.Error.INVALID_ARGUMENT))
check("the former ones stay", engine.get_trusted_proxies() == ["127.0.0.0/8", "unix"])
try:
    Sio.Engine.check_proxy("nowhere")
    check("checking one", False)
except GLib.Error as error:
    check("checking one", "nowhere" in error.message)

incidents = []
engine.connect("incident", lambda engine, incident: incidents.append(incident))
server.listen("tcp:127.0.0.1:0")
port = int(engine.list_addresses()[0].rstrip("/").rsplit(":", 1)[1])


def who(soup_server, message, path, query):
    address, secure = engine.dup_client_address(message)
    message.set_response("text/plain", Soup.MemoryUse.COPY, f"{address} {secure}".encode())
    message.set_status(200, None)


engine.get_soup_server().add_handler("/who", who)
check("the client of another path", run(port, "/who").endswith("\r\n\r\n203.0.113.9 True"))
check("a refusal", " 400 " in run(port, "/socket.io/?EIO=4&transport=polling&sid=x"))
gc.collect()
# An incident may be kept.
check("one incident", len(incidents) == 1)
incident = incidents[0]
check("its kind", incident.get_kind() == Sio.IncidentKind.REFUSED)
check("its code", incident.get_code() == "unknown-session")
check("its text", incident.get_text() == "unknown session id")
check("its address", incident.get_address() == "203.0.113.9")
check("it was enforced", incident.get_enforced())
check(
    "and nothing else",
    (incident.get_socket_id(), incident.get_namespace(), incident.get_event()) == (None, None, None),
)
print(f"1..{len(results)}")
sys.exit(0 if all(results) else 1)
