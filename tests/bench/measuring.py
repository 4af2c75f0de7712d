# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the measuring scripts share: programs, processors, servers that are started and stopped."""

import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Failure(Exception):
    pass


def say(text):
    print(text, file=sys.stderr, flush=True)


def find_program(given, name):
    if given:
        path = pathlib.Path(given)
        if not os.access(path, os.X_OK):
            raise Failure(f"{path} is not a program")
        return str(path.resolve())
    # What the sanitisers slow down tells nothing.
    found = [p for p in ROOT.glob(f"_build*/tests/bench/{name}") if os.access(p, os.X_OK) and "asan" not in str(p)]
    if not found:
        raise Failure(f"there is no {name} in _build*/tests/bench: build it, or give its path with --{name}")
    return str(max(found, key=lambda p: p.stat().st_mtime))


def choose_cpus(options):
    available = sorted(os.sched_getaffinity(0))
    server = available[0] if options.server_cpu is None else options.server_cpu
    client = available[-1 if len(available) < 2 else 1] if options.client_cpu is None else options.client_cpu
    for cpu in (server, client):
        if cpu not in available:
            raise Failure(f"processor {cpu} is not available, only {', '.join(map(str, available))}")
    if server == client:
        say("warning: server and load generator share one processor, so the figures mean little")
    return server, client


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """A server process on its processor, from `with` to the end of the block."""

    def __init__(self, command, cpu, env=None):
        self.command, self.cpu, self.env = command, cpu, env

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=self.env,
            preexec_fn=lambda: os.sched_setaffinity(0, {self.cpu}))
        try:
            self.port = self.wait_for_port()
        except BaseException:
            self.__exit__()
            raise
        return self

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def wait_for_port(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            match = re.search(r"^listening on (?:http://.*:)?(\d+)/?$", self.output(), re.MULTILINE)
            if match:
                time.sleep(0.3)  # let it finish starting, so that its memory is what it is at rest
                return int(match[1])
            if self.process.poll() is not None:
                raise Failure(f"{self.command[0]} ended with status {self.process.returncode}:\n{self.output()}")
            time.sleep(0.02)
        raise Failure(f"{self.command[0]} did not print \"listening on PORT\":\n{self.output()}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
