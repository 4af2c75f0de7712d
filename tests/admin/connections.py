#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers are added to sio-admin, tried out, lost and found again, and announcements are sent to their clients: the real
program, against the official server with @socket.io/admin-ui and against sio-server.
Usage: connections.py SIO-ADMIN SIO-SERVER NODE. For dbus-run-session."""

import json
import os
import pathlib
import re
import subprocess
import sys

from atspi import Admin, Display, Process, check, run, until

ADMIN, SERVER, NODE = sys.argv[1:4]
HERE = pathlib.Path(__file__).resolve().parent
NPM = HERE.parent / "interop" / "lib" / "npm.mjs"


class NodeServer:
    def __init__(self, *args, port=0):
        self.process = Process([NODE, str(HERE / "node-admin.mjs"), "--port", str(port), *args],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(re.match(r"listening on (\d+)", self.process.child.stdout.readline())[1])
        self.url = f"http://localhost:{self.port}"

    def ask(self, *command):
        self.process.child.stdin.write(json.dumps(command) + "\n")
        self.process.child.stdin.flush()
        return json.loads(self.process.child.stdout.readline())

    def heard(self, event):
        return [args for _client, name, *args in self.ask("heard") if name == event]

    def stop(self):
        self.process.stop()


def start_sio_server(directory):
    # bcrypt of "secret", as htpasswd -nB writes it
    script = "const { load } = await import(process.argv[1]); console.log(load('bcryptjs').hashSync('secret', 4));"
    hashed = subprocess.run([NODE, "--input-type=module", "-e", script, str(NPM)],
                            check=True, capture_output=True, text=True).stdout.strip()
    (directory / "passwords").write_text(f"admin:{hashed}\n")
    config = directory / "sio-server.conf"
    config.write_text("[server]\nlisten=tcp:127.0.0.1:0\n"
                      f"[admin]\nenabled=true\nmode=development\npassword-file={directory}/passwords\n")
    process = Process([SERVER, "--config", str(config)], stdout=subprocess.PIPE, text=True)
    for line in process.child.stdout:
        if found := re.match(r"listening on (\S+?)/?\s*$", line):
            return process, found[1]
    raise AssertionError("sio-server does not start")


def fill_dialog(admin, url, name, password):
    admin.fill("^Address$", url)
    admin.fill("^Name in the list$", name)
    admin.fill("^User name$", "admin")
    admin.fill("^Password$", password)


def try_out(admin, text):
    admin.press("^_Test")
    admin.shows(text)


def test_dialog(admin, node):
    admin.shows("No Server")
    admin.press("_Add a Server")
    admin.shows("There is no keyring")
    check("where there is no keyring, a note says so")
    admin.fill("^Address$", "localhost")
    admin.shows("begins with http://")
    admin.fill("^Address$", f"{node.url}/admin")
    admin.shows("Namespace and path have fields")
    check("addresses are checked while they are typed")
    fill_dialog(admin, node.url, "Node", "wrong")
    admin.hides("fields of their own")
    try_out(admin, "refused the user name or password")
    admin.picture("dialog-refused")
    check("a test with a wrong password says so")
    admin.fill("^Namespace$", "/nope")
    try_out(admin, "has no namespace “/nope”")
    admin.fill("^Namespace$", "/chat")
    try_out(admin, "“/chat” is there, but is no namespace for administration")
    admin.fill("^Namespace$", "/admin")
    check("so does one with a wrong namespace, and with one that is for something else")
    admin.fill("^Path$", "/wrong/")
    try_out(admin, "Something answers, but not as a Socket.IO server does")
    admin.fill("^Path$", "/socket.io/")
    admin.fill("^Address$", "http://localhost:9")
    try_out(admin, "Nobody answers at this address")
    admin.fill("^Address$", node.url.replace("http:", "https:"))
    try_out(admin, "No safe connection")
    check("wrong paths, wrong ports and TLS are told apart")
    admin.fill("^Address$", node.url)
    admin.fill("^Password$", "secret")
    try_out(admin, r"^Connected\.$")
    check("with everything right it says that it is connected")
    admin.fill("^Password$", "wrong")
    admin.press("_Save")
    admin.shows("^Node, The server refused the user name or password")
    check("what was saved is in the list with its state")
    admin.press("Enter _Password")
    admin.shows("^Enter Password")
    admin.fill("^Password$", "secret")
    admin.press("C_onnect")
    admin.shows("^Node, Connected$")
    admin.hides("Enter _Password")
    admin.picture("connected")
    check("the right password is asked for, and connects")


def announce(admin, title):
    admin.press("^Announcements")
    admin.fill("^Title$", title)
    admin.press("^_Send…")
    admin.shows("^Send")
    admin.press("^_Send Send$")


def test_node(admin, node):
    node.ask("connect", "/", 2)
    node.ask("connect", "/chat", 1)
    admin.press("^Sockets")
    # Administrators have one each, too.
    admin.shows(r"^4 sockets$")
    check("its sockets appear")
    admin.press("^Announcements")
    admin.shows("^3 recipients at the moment$")
    announce(admin, "Maintenance")
    admin.shows("^Sent, 3 recipients expected$")
    heard = until(lambda: len(found := node.heard("announcement")) == 3 and found, "announcements")
    for [message] in heard:
        assert (message["title"], message["text"], message["severity"]) == ("Maintenance", "", "info"), message
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", message["time"]), message
    admin.picture("announced")
    check("an announcement reaches all clients, and no administrator; history and number are shown")


def test_return(admin, node):
    node.stop()
    admin.shows("^Node, Connecting again")
    admin.shows("_Retry")
    admin.picture("lost")
    node = NodeServer(port=node.port)
    admin.shows("^Node, Connected$")
    check("when the server is killed the window says so, and when it is back it is connected by itself")
    node.stop()
    admin.shows("^Node, Connecting again")
    node = NodeServer("--readonly", port=node.port)
    admin.shows("^Node, Connected$")
    admin.shows("The server takes no orders")
    send = admin.find("^_Send…")
    assert not admin.is_sensitive(send)
    check("of a read-only server it is said that it takes no orders")
    return node


def test_keyring(display, node, scratch):
    admin = Admin(display, [ADMIN])
    admin.shows("^Node, The server refused")
    admin.program.stop()
    check("without a keyring the password is forgotten, and the server is not")
    env = {"SECRET_BACKEND": "file", "SECRET_FILE_TEST_PATH": str(scratch / "keyring"), "SECRET_FILE_TEST_PASSWORD": "test"}
    os.environ.update(env)
    admin = Admin(display, [ADMIN])
    admin.press("Enter _Password")
    admin.shows("^Enter Password")
    admin.hides("There is no keyring")
    admin.fill("^Password$", "secret")
    admin.press("C_onnect")
    admin.shows("^Node, Connected$")
    until((scratch / "keyring").exists, "the keyring")
    assert b"secret" not in b"".join(path.read_bytes() for path in scratch.rglob("servers.conf"))
    admin.program.stop()
    admin = Admin(display, [ADMIN])
    admin.shows("^Node, Connected$")
    check("with one it is connected by itself at the next start")
    return admin


def test_sio_server(admin, scratch):
    _process, url = start_sio_server(scratch)
    admin.press("^Add a Server")
    admin.shows("^Address$")
    fill_dialog(admin, url, "Daemon", "secret")
    try_out(admin, r"^Connected\.$")
    admin.press("_Save")
    admin.shows("^Daemon, Connected$")
    script = """const { load } = await import(process.argv[1]); const { io } = load('socket.io-client');
        const client = io(process.argv[2]); client.on('connect', () => console.log('"connected"'));
        client.on('announcement', (message) => console.log(JSON.stringify(message)));"""
    client = Process([NODE, "--input-type=module", "-e", script, str(NPM), url], stdout=subprocess.PIPE, text=True)
    assert json.loads(client.child.stdout.readline()) == "connected"
    admin.press("^Announcements")
    admin.shows("^1 recipient at the moment$")
    announce(admin, "For the daemon")
    assert json.loads(client.child.stdout.readline())["title"] == "For the daemon"
    admin.picture("sio-server")
    check("sio-server is reached the same way, and so are its clients")


def main():
    display = Display("admin-connections")
    scratch = pathlib.Path(display.scratch.name)
    node = NodeServer()
    admin = Admin(display, [ADMIN])
    test_dialog(admin, node)
    test_node(admin, node)
    node = test_return(admin, node)
    admin.program.stop()
    admin = test_keyring(display, node, scratch)
    test_sio_server(admin, scratch)
    admin.program.stop()


run(main)
