#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon behind the filters of system calls that its units ask systemd for: it does all that it does otherwise.
Usage: sandbox.py SIO-SERVER UNIT DROP-IN CERTIFICATE. Prints TAP."""

import ctypes
import errno
import http.client
import mmap
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

import seccomp

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
DAEMON, UNIT, DROP_IN, CERTIFICATE = sys.argv[1:5]
PATIENCE = 60


def settings(*files):
    """Values of [Service] by key; an empty one forgets those before, as in systemd."""
    table = {}
    for file in files:
        for key, value in re.findall(r"^([A-Za-z]+)=(.*)$", pathlib.Path(file).read_text(encoding="utf-8"), re.M):
            table.setdefault(key, []).append(value)
            if value == "":
                table[key] = []
    return table


def expand(names):
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        output = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True).stdout
        calls |= expand(re.findall(r"^ {4}([@\w-]+)", output, re.M))
    return calls


def leave_network():
    """PrivateNetwork=: a network of its own, in which nothing is."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot leave the network")


def make_filter(unit, deny_limits=False):
    allowed = expand(["@default"])
    for value in unit["SystemCallFilter"]:
        names = expand(value.removeprefix("~").split())
        allowed = allowed - names if value.startswith("~") else allowed | names
    assert unit["SystemCallErrorNumber"] == ["EPERM"] and unit["MemoryDenyWriteExecute"] == ["yes"]
    rules = seccomp.SyscallFilter(defaction=seccomp.ERRNO(errno.EPERM))
    conditional = {"mprotect", "pkey_mprotect", "mmap", "socket", "prlimit64"}
    for name in sorted(allowed - conditional):
        try:
            rules.add_rule(seccomp.ALLOW, name)
        except (RuntimeError, OSError):
            pass  # of another architecture
    execute, write = mmap.PROT_EXEC, mmap.PROT_WRITE
    rules.add_rule(seccomp.ALLOW, "mprotect", seccomp.Arg(2, seccomp.MASKED_EQ, execute, 0))
    for value in (0, execute, write):
        rules.add_rule(seccomp.ALLOW, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, execute | write, value))
    families = [getattr(socket, name) for name in unit["RestrictAddressFamilies"][-1].split()]
    for family in range(64):
        action = seccomp.ALLOW if family in families else seccomp.ERRNO(errno.EAFNOSUPPORT)
        rules.add_rule(action, "socket", seccomp.Arg(0, seccomp.EQ, family))
    if deny_limits:
        # To ask is allowed, to set is not.
        rules.add_rule(seccomp.ALLOW, "prlimit64", seccomp.Arg(2, seccomp.EQ, 0))
    else:
        rules.add_rule(seccomp.ALLOW, "prlimit64")
    return rules


class Daemon:
    def __init__(self, directory, rules, *sets, listen="tcp:127.0.0.1:0", passed=None, networkless=False):
        env = {**os.environ, "STATE_DIRECTORY": directory, "CREDENTIALS_DIRECTORY": directory, "G_DEBUG": "fatal-criticals"}
        command = [DAEMON, "--listen", listen, "--config", f"{directory}/sio-server.conf", "--client-dir", ""]
        for one in sets:
            command += ["--set", one]
        if passed is not None:
            command = ["/bin/sh", "-c", 'export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http; exec "$@"', "sh", *command]
        self.errors = f"{directory}/stderr"

        def enter():
            if passed is not None:
                os.dup2(passed, 3)
            # What the daemon raises, if it may.
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, 512))
            if networkless:
                leave_network()
            rules.load()

        with open(self.errors, "a", encoding="utf-8") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=env, text=True, preexec_fn=enter,
                                            pass_fds=() if passed is None else (3,))
        line = self.process.stdout.readline()
        found = re.match(r"listening on \S+:(\d+)/", line)
        assert found, f"{line}{self.output()}"
        self.port = int(found[1])
        self.limit = resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE)
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        assert "Seccomp:\t2\n" in status

    def output(self):
        return pathlib.Path(self.errors).read_text(encoding="utf-8")

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.output():
            assert time.monotonic() < end, f"no {text}: {self.output()}"
            time.sleep(0.01)

    def use(self, context=None):
        """A session that joins the default namespace, then a stop that saves it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        if context:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=context)

        def request(method, sid="", body=None):
            connection.request(method, f"/socket.io/?EIO=4&transport=polling{sid}", body)
            response = connection.getresponse()
            text = response.read().decode()
            assert response.status == 200, text
            return text

        sid = "&sid=" + re.search(r'"sid":"([^"]+)"', request("GET"))[1]
        request("POST", sid, "40")
        assert request("GET", sid).startswith('40{"sid"')
        request("POST", sid, '420["join","room"]')
        assert '"ok":true' in request("GET", sid)
        connection.close()
        self.process.send_signal(signal.SIGHUP)
        self.wait_for("The configuration was read again")
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.output()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


RECOVERY = ("server.recovery=true", "server.recovery-file=state:recovery", "server.drain-timeout=1s")
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def use(directory, rules, *sets, context=None, **options):
    daemon = Daemon(directory, rules, *RECOVERY, *sets, **options)
    try:
        daemon.use(context)
        assert pathlib.Path(directory, "recovery").stat().st_size > 0
        return daemon.output(), daemon.limit
    finally:
        daemon.end()


@test
def filter_bites(directory):
    """Without that the others would show nothing."""
    rules = make_filter(settings(UNIT, DROP_IN))
    code = ("import os, socket, sys\n"
            "for what in (lambda: os.sched_setaffinity(0, {0}), lambda: socket.socket(socket.AF_INET), lambda: os.chroot('/')):\n"
            "    try: what()\n"
            "    except OSError as error: print(error.errno)\n")
    result = subprocess.run([sys.executable, "-c", code], preexec_fn=rules.load, capture_output=True, text=True, check=False)
    assert result.stdout.split() == [str(errno.EPERM), str(errno.EAFNOSUPPORT), str(errno.EPERM)], result


@test
def service(directory):
    output, limit = use(directory, make_filter(settings(UNIT)))
    assert "WARNING" not in output, output
    assert limit == (512, 512), limit


@test
def tls(directory):
    for name in ("tls-key", "tls-certificate"):
        shutil.copy(CERTIFICATE, f"{directory}/{name}")
    context = ssl.create_default_context(cafile=CERTIFICATE)
    context.check_hostname = False
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"tls:127.0.0.1:{free.getsockname()[1]}"
    use(directory, make_filter(settings(UNIT)), "server.tls-certificate=credential:tls-certificate",
        "server.tls-key=credential:tls-key", context=context, listen=listen)


@test
def limits_that_cannot_be_set(directory):
    output, limit = use(directory, make_filter(settings(UNIT), deny_limits=True))
    assert "WARNING" not in output, output
    assert limit == (256, 512), limit


@test
def hardened(directory):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        unit = settings(UNIT, DROP_IN)
        assert unit["PrivateNetwork"] == ["yes"]
        output, _ = use(directory, make_filter(unit), listen="systemd:http", passed=listener.fileno(), networkless=True)
    assert "WARNING" not in output, output


def main():
    print(f"1..{len(TESTS)}")
    failures = 0
    for number, function in enumerate(TESTS, 1):
        with tempfile.TemporaryDirectory(prefix="sio-sandbox-") as directory:
            pathlib.Path(directory, "sio-server.conf").touch()
            try:
                function(directory)
                print("ok", number, "-", function.__name__.replace("_", " "), flush=True)
            except Exception:  # noqa: BLE001
                failures += 1
                print("not ok", number, "-", function.__name__.replace("_", " "))
                print("\n".join("# " + line for line in traceback.format_exc().splitlines()), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
