#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client of the guide and sio-cat hear each other on the chat of the guide, which dies meanwhile.
Usage: client.py SERVER SIO-CAT CLIENT [ARG…]"""

import json
import os
import re
import subprocess
import sys

SERVER, SIO_CAT, *CLIENT = sys.argv[1:]
running = []


def start(command, **options):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    running.append(process)
    return process


def expect(process, *lines):
    """The next lines of the client, in any order; it may say more than once that there is no connection."""
    wanted = list(lines)
    while wanted:
        line = process.stdout.readline().rstrip("\n")
        if line in wanted:
            wanted.remove(line)
        elif line != "no connection":
            raise AssertionError(f"expected {wanted}, the client said {line!r}")


def main():
    server = start([SERVER])
    port = re.search(r":(\d+)", server.stdout.readline())[1]
    url = f"http://127.0.0.1:{port}/chat"
    other = start([SIO_CAT, "-i", "-k", "--listen", "--reconnect-delay", "0.05", "--reconnect-delay-max", "0.1", url],
                  stdin=subprocess.PIPE)

    def record(**wanted):
        """The next record of sio-cat that is like this."""
        while True:
            found = json.loads(other.stdout.readline())
            if all(found.get(name) == value for name, value in wanted.items()):
                return found

    def say(text):
        other.stdin.write(json.dumps(["say", text]) + "\n")
        other.stdin.flush()
        record(type="ack", event="say")

    record(type="connected")
    client = start([*CLIENT, url])
    record(type="event", event="said", args=["hello"])
    say("hello yourself")
    expect(client, "delivered", "hello yourself")

    server.kill()
    server.wait()
    record(type="disconnected")
    start([SERVER], env={**os.environ, "EXAMPLE_PORT": port})
    record(type="connected")
    # The client may come back later; what is said before that it does not hear.
    for number in range(400):
        say(f"again {number}")
        line = client.stdout.readline() if number == 399 or ready(client) else ""
        if line.startswith("again "):
            return
        assert line in ("", "no connection\n"), line
    raise AssertionError("the client did not come back")


def ready(process):
    """Whether it says something within a moment."""
    import select

    return bool(select.select([process.stdout], [], [], 0.05)[0])


try:
    main()
finally:
    for process in running:
        process.kill()
        process.wait()
