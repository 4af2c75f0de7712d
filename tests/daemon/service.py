#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""sio-server as a service: what it tells the service manager, watchdog, sockets that are passed, stopping.
Usage: service.py SIO-SERVER CERTIFICATE. Prints TAP."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

DAEMON, CERTIFICATE = sys.argv[1:3]
PATIENCE = 60


def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < end, f"no {what}"
        time.sleep(0.01)
    return result


class Manager:
    """The service manager's end of $NOTIFY_SOCKET."""

    def __init__(self, directory, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        if abstract:
            self.socket.bind("\0sio-test-" + os.path.basename(directory))
            self.address = "@" + self.socket.getsockname()[1:].decode()
        else:
            self.address = f"{directory}/notify"
            self.socket.bind(self.address)

    def take(self, seconds=PATIENCE):
        """The next message as a dictionary; None if none comes in time."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return None
        text = self.socket.recv(65536).decode()
        return dict(line.split("=", 1) for line in text.split("\n"))

    def wait(self, key):
        end = time.monotonic() + PATIENCE
        while (message := self.take(end - time.monotonic())) is not None:
            if key in message:
                return message
        raise AssertionError(f"nothing was told of {key}")


class Daemon:
    def __init__(self, directory, *args, sets=(), env=None, fds=(), names="http", listen="tcp:127.0.0.1:0", wrapper=()):
        environment = {key: value for key, value in os.environ.items() if key not in ("NOTIFY_SOCKET", "WATCHDOG_USEC")}
        # Criticals end it, so they show.
        environment |= {"G_DEBUG": "fatal-criticals", "SIO_CLIENT_DIR": ""} | (env or {})
        self.errors = open(f"{directory}/stderr", "a+", encoding="utf-8")
        command = [DAEMON, *(("--listen", listen) if listen else ()), *args]
        for one in sets:
            command += ["--set", one]
        if fds:
            # $$ is what exec keeps.
            exports = f"LISTEN_PID=$$ LISTEN_FDS={len(fds)} LISTEN_FDNAMES={names}"
            command = ["/bin/sh", "-c", f'export {exports}; exec "$@"', "sh", *command]

        def place():
            copies = [os.dup(fd) for fd in fds]
            high = [os.dup2(fd, 100 + i) for i, fd in enumerate(copies)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)

        self.process = subprocess.Popen(
            [*wrapper, *command], stdout=subprocess.PIPE, stderr=self.errors, env=environment,
            preexec_fn=place if fds else None, pass_fds=tuple(3 + i for i in range(len(fds))))
        self.port = None

    def ready(self):
        while match := self.process.stdout.readline().decode():
            if found := re.match(r"listening on http://\S*:(\d+)/", match):
                self.port = int(found[1])
                return self
            if match.startswith("listening on unix:"):
                return self
        raise AssertionError(f"it ended: {self.output()}")

    def output(self):
        self.errors.seek(0)
        return self.errors.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.errors.close()
        return code

    def request(self, target="/socket.io/?EIO=4&transport=polling", connection=None):
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", target)
        response = connection.getresponse()
        return response, response.read().decode()

    def open(self):
        """A polling session; its id."""
        response, body = self.request()
        assert response.status == 200, body
        return re.search(r'"sid":"([^"]+)"', body)[1]


@contextlib.contextmanager
def running(directory, *args, wait=True, **options):
    daemon = Daemon(directory, *args, **options)
    try:
        yield daemon.ready() if wait else daemon
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()
        daemon.process.stdout.close()
        daemon.errors.close()


TESTS = []


def test(function):
    TESTS.append(function)
    return function


@test
def ready_after_listening(directory):
    manager = Manager(directory)
    with running(directory, env={"NOTIFY_SOCKET": manager.address}, wait=False) as daemon:
        message = manager.wait("READY")
        assert message == {"READY": "1", "STATUS": "Serving 0 clients"}, message
        # Nothing has to be waited for now.
        daemon.ready()
        daemon.open()


@test
def ready_on_an_abstract_socket(directory):
    manager = Manager(directory, abstract=True)
    with running(directory, env={"NOTIFY_SOCKET": manager.address}):
        manager.wait("READY")


@test
def never_ready_without_an_address(directory):
    manager = Manager(directory)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"tcp:127.0.0.1:{taken.getsockname()[1]}"
        with running(directory, env={"NOTIFY_SOCKET": manager.address}, listen=listen, wait=False) as daemon:
            assert daemon.process.wait(PATIENCE) == 1
            assert manager.take(0) is None


@test
def reloading(directory):
    manager = Manager(directory)
    file = pathlib.Path(directory) / "sio-server.conf"
    file.write_text("[server]\n")
    with running(directory, "--config", str(file), env={"NOTIFY_SOCKET": manager.address}) as daemon:
        manager.wait("READY")
        for text, record in (("[server]\nretry-after=7s\n", "was read again; 1 changed"), ("[serfer]\n", "stays as it was")):
            file.write_text(text)
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            daemon.process.send_signal(signal.SIGHUP)
            message = manager.wait("RELOADING")
            assert message["RELOADING"] == "1"
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            assert before <= int(message["MONOTONIC_USEC"]) <= after, message
            message = manager.wait("READY")
            assert message["STATUS"] == "Serving 0 clients"
            until(lambda: record in daemon.output(), record)
        until(lambda: "reload by SIGHUP (signal): done" in daemon.output(), "audit record")
        until(lambda: "reload by SIGHUP (signal): the configuration is wrong" in daemon.output(), "audit record")


@test
def status_when_it_changes(directory):
    manager = Manager(directory)
    with running(directory, env={"NOTIFY_SOCKET": manager.address}) as daemon:
        manager.wait("READY")
        daemon.open()
        start = time.monotonic()
        assert manager.take() == {"STATUS": "Serving 1 client"}
        # Without a change there is nothing to tell.
        assert manager.take(6) is None
        daemon.open()
        daemon.open()
        assert manager.take() == {"STATUS": "Serving 3 clients"}
        assert time.monotonic() - start >= 5


@test
def watchdog(directory):
    manager = Manager(directory)
    env = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "200000"}
    own = ("/bin/sh", "-c", 'WATCHDOG_PID=$$; export WATCHDOG_PID; exec "$@"', "sh")
    with running(directory, env=env, wrapper=own) as daemon:
        for _ in range(5):
            assert manager.wait("WATCHDOG")["WATCHDOG"] == "1"
        daemon.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, daemon.process.pid, os.WSTOPPED)
        while manager.take(0) is not None:
            pass
        assert manager.take(1) is None
        daemon.process.send_signal(signal.SIGCONT)
        manager.wait("WATCHDOG")


@test
def watchdog_of_another_process(directory):
    manager = Manager(directory)
    env = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}
    with running(directory, env=env):
        manager.wait("READY")
        assert manager.take(1) is None


@test
def stopping(directory):
    manager = Manager(directory)
    sets = ("server.drain-rate=1", "server.drain-timeout=20s", "server.retry-after=3500ms")
    with running(directory, env={"NOTIFY_SOCKET": manager.address}, sets=sets) as daemon:
        for _ in range(7):
            daemon.open()
        manager.wait("READY")
        daemon.process.send_signal(signal.SIGTERM)
        message = manager.wait("STOPPING")
        assert message["STOPPING"] == "1" and int(message["EXTEND_TIMEOUT_USEC"]) >= 10_000_000, message
        assert message["STATUS"].startswith("Stopping; 7 clients"), message
        # The drain, at one a second, goes on; new ones are told to come later.
        response, _ = daemon.request()
        assert response.status == 503 and response.headers["Retry-After"] == "4"
        # Proxies that look see it, with the numbers as always.
        response, body = daemon.request("/status")
        assert response.status == 503 and json.loads(body)["sessions"] <= 7, body
        # Longer than the interval of the status: the manager has to hear again.
        assert "EXTEND_TIMEOUT_USEC" in manager.wait("EXTEND_TIMEOUT_USEC")
        assert daemon.process.wait(PATIENCE) == 0
        assert "Stopping; 7 sessions" in daemon.output()
        assert "Letting 7 sessions go, 1 per second" in daemon.output()


@test
def second_signal_ends_at_once(directory):
    with running(directory, sets=("server.drain-rate=1", "server.drain-timeout=1h")) as daemon:
        for _ in range(50):
            daemon.open()
        daemon.process.send_signal(signal.SIGTERM)
        until(lambda: "Letting 50 sessions go" in daemon.output(), "drain")
        daemon.process.send_signal(signal.SIGTERM)
        start = time.monotonic()
        assert daemon.process.wait(PATIENCE) == 0
        assert time.monotonic() - start < 30


def queue_socket():
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    return listener, listener.getsockname()[1]


@test
def restart_keeps_the_queue(directory):
    listener, port = queue_socket()
    with running(directory, fds=(listener.fileno(),), listen="systemd:http") as daemon:
        assert daemon.port == port
        daemon.open()
        assert daemon.stop() == 0
    # Nobody serves now; whoever connects waits, and is not refused.
    waiting = [http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE) for _ in range(20)]
    for connection in waiting:
        connection.request("GET", "/socket.io/?EIO=4&transport=polling")
    with running(directory, fds=(listener.fileno(),), listen="systemd:http"):
        for connection in waiting:
            response = connection.getresponse()
            assert response.status == 200 and '"sid"' in response.read().decode()
    listener.close()


@test
def sockets_by_name(directory):
    (first, first_port), (second, second_port) = queue_socket(), queue_socket()
    fds = (first.fileno(), second.fileno())
    with running(directory, fds=fds, names="other:http", listen="systemd:http") as daemon:
        assert daemon.port == second_port
    with running(directory, fds=fds, names="other:http", listen="systemd:other") as daemon:
        assert daemon.port == first_port
    with running(directory, fds=fds, names="other:http", listen="systemd:web", wait=False) as daemon:
        assert daemon.process.wait(PATIENCE) == 1
        assert 'no socket named "web" was passed by systemd; passed: other, http' in daemon.output()
    first.close()
    second.close()


@test
def systemd_socket_activate(directory):
    listener, port = queue_socket()
    listener.close()
    activate = ("systemd-socket-activate", "--fdname=http", f"--listen=127.0.0.1:{port}")
    with running(directory, listen="systemd:http", wrapper=activate, wait=False) as daemon:

        def answer():
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            except ConnectionRefusedError:
                return None

        # The first connection starts the daemon, which serves it.
        with until(answer, "socket") as connection:
            connection.sendall(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        daemon.port = port
        daemon.open()
        assert daemon.stop() == 0


@test
def passed_sockets_without_words(directory):
    """Somebody enables the socket unit, and has configured nothing."""
    (first, first_port), (second, second_port) = queue_socket(), queue_socket()
    fds = (first.fileno(), second.fileno())
    with running(directory, fds=fds, names="http:http", listen=None) as daemon:
        for daemon.port in (first_port, second_port):
            daemon.open()
    first.close()
    second.close()


@test
def credentials(directory):
    for name in ("tls-key", "tls-certificate"):
        shutil.copy(CERTIFICATE, f"{directory}/{name}")
    sets = ("server.tls-certificate=credential:tls-certificate", "server.tls-key=credential:tls-key")
    listener, port = queue_socket()
    listener.close()
    options = {"listen": f"tls:127.0.0.1:{port}", "sets": sets, "wait": False}
    with running(directory, env={"CREDENTIALS_DIRECTORY": directory}, **options) as daemon:
        assert daemon.process.stdout.readline().decode() == f"listening on https://127.0.0.1:{port}/\n"
        context = ssl.create_default_context(cafile=CERTIFICATE)
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=context)
        response, _ = daemon.request(connection=connection)
        assert response.status == 200
    with running(directory, env={"CREDENTIALS_DIRECTORY": ""}, **options) as daemon:
        assert daemon.process.wait(PATIENCE) == 2
        assert "credential:tls-certificate needs the environment variable CREDENTIALS_DIRECTORY" in daemon.output()


@test
def state_directory(directory):
    sets = ("server.recovery=true", "server.recovery-file=state:recovery")
    with running(directory, sets=sets, env={"STATE_DIRECTORY": f"{directory}:/nowhere"}) as daemon:
        assert daemon.stop() == 0
    assert pathlib.Path(directory, "recovery").stat().st_mode & 0o777 == 0o600


@test
def few_descriptors(directory):
    """A limit that cannot be raised, and one that can."""
    limit = ("/bin/sh", "-c", 'ulimit -S -n 100; ulimit -H -n "$0"; exec "$@"')
    with running(directory, sets=("limits.max-connections=200",), wrapper=(*limit, "263")) as daemon:
        assert ("max-connections is 200, but only 263 files can be open; set LimitNOFILE= of the service "
                "(or ulimit -n) to 264 or more") in daemon.output()
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: "was read again" in daemon.output(), "reload")
        assert daemon.output().count("files can be open") == 1
    os.truncate(f"{directory}/stderr", 0)
    with running(directory, sets=("limits.max-connections=200",), wrapper=(*limit, "264")) as daemon:
        assert "files can be open" not in daemon.output()


def main():
    print(f"1..{len(TESTS)}")
    failures = 0
    for number, function in enumerate(TESTS, 1):
        with tempfile.TemporaryDirectory(prefix="sio-service-") as directory:
            try:
                function(directory)
                print("ok", number, "-", function.__name__.replace("_", " "), flush=True)
            except Exception:  # noqa: BLE001
                failures += 1
                print("not ok", number, "-", function.__name__.replace("_", " "))
                output = pathlib.Path(directory, "stderr")
                text = traceback.format_exc() + (output.read_text(encoding="utf-8") if output.exists() else "")
                print("\n".join("# " + line for line in text.splitlines()), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
