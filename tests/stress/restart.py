#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Restarts the daemon under load, its listening socket held as systemd holds it: official clients come back by
themselves, nobody is refused a connection, and nobody misses one of the events that go on meanwhile.
Usage: restart.py SIO-SERVER NODE NUMBER-OF-CLIENTS. Prints TAP."""

import collections
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

DAEMON, NODE, CLIENTS = sys.argv[1], sys.argv[2], int(sys.argv[3])
SCRIPT = pathlib.Path(__file__).with_name("restart-clients.mjs")
PER_PROCESS = 500
RESTARTS = 2
PATIENCE = 120


def start_daemon(listener, directory):
    command = [DAEMON, "--listen", "systemd:http", "--client-dir", "", "--set", "server.recovery=true",
               "--set", "server.recovery-file=state:recovery", "--set", "limits.max-connections=10000"]
    env = {**os.environ, "STATE_DIRECTORY": directory, "G_DEBUG": "fatal-criticals"}
    # $$ is what exec keeps.
    shell = ["/bin/sh", "-c", 'export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http; exec "$@"', "sh", *command]
    with open(f"{directory}/stderr", "a", encoding="utf-8") as errors:
        daemon = subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=errors, env=env, text=True,
                                  preexec_fn=lambda: os.dup2(listener.fileno(), 3), pass_fds=(3,))
    assert daemon.stdout.readline().startswith("listening on")
    return daemon


class Clients:
    def __init__(self, url, number, first):
        self.process = subprocess.Popen([NODE, SCRIPT, url, str(number), str(first)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def read(self):
        line = self.process.stdout.readline()
        assert line, "clients ended"
        return json.loads(line)

    def ask(self, what="report"):
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return self.read()

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def total(reports, name):
    return sum(report[name] for report in reports)


def until(groups, condition, what):
    end = time.monotonic() + PATIENCE
    while True:
        reports = [group.ask() for group in groups]
        if condition(reports):
            return reports
        assert time.monotonic() < end, f"{what}: {reports}"
        time.sleep(0.1)


def collect(reports, name):
    table = collections.Counter()
    for report in reports:
        table.update(report[name])
    return dict(table)


def run(directory, check):
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    daemon = start_daemon(listener, directory)
    groups, everybody = [], []
    try:
        for first in range(0, CLIENTS, PER_PROCESS):
            groups.append(Clients(url, min(PER_PROCESS, CLIENTS - first), first))
        sender = Clients(url, 0, 0)
        everybody = [*groups, sender]
        for group in groups:
            group.read()
        assert sender.read() == {"joined": 0}
        sender.ask("start")
        until(groups, lambda reports: min(report["least"] for report in reports) >= 10, "first events")

        for number in range(1, RESTARTS + 1):
            before = sender.ask()["number"]
            start = time.monotonic()
            daemon.send_signal(signal.SIGTERM)
            code = daemon.wait(PATIENCE)
            ended = time.monotonic()
            leaving = sender.ask()["number"] - before
            daemon.stdout.close()
            daemon = start_daemon(listener, directory)
            ready = time.monotonic()
            check(code == 0, f"restart {number}: the daemon ended by itself")
            # All are back, and events go on for all of them.
            wanted = CLIENTS * (number + 1)
            until(groups, lambda reports: total(reports, "connected") == CLIENTS and total(reports, "connects") >= wanted, "return")
            back = time.monotonic()
            after = sender.ask()["number"]
            reports = until(groups, lambda reports: min(report["least"] for report in reports) >= after, "events after the return")
            print(f"# restart {number}: {ended - start:.1f} s until it ended, {ready - ended:.2f} s until it listened, "
                  f"all {CLIENTS} back {back - ready:.1f} s later; {leaving} events while they left, {after - before} in all")
            check(total(reports, "connects") == wanted, f"restart {number}: each client came back once", total(reports, "connects"))
            check(total(reports, "recovered") == CLIENTS * number, f"restart {number}: each was recovered", total(reports, "recovered"))

        last = sender.ask("stop")
        reports = until(groups, lambda reports: min(report["least"] for report in reports) >= last["number"], "last event")
        wrong = [one for report in reports for one in report["wrong"]]
        check(not wrong, "nobody missed an event, and all came in order", wrong)
        check(max(report["repeated"] for report in reports) <= last["again"], "nothing came twice that was not sent twice")
        errors = collect([*reports, last], "errors")
        reasons = collect([*reports, last], "reasons")
        check(not any("REFUSED" in text for text in errors), "nobody was refused a connection", errors)
        # Who just wrote to a transport that is closed may be told so by the kernel; that is rare.
        rare = reasons.pop("transport error", 0)
        check(set(reasons) == {"transport close"}, "transports were closed, nothing else", reasons)
        check(rare <= sum(reasons.values()) // 20, "in good order", rare)
        print(f"# {last['number']} events to each, {last['again']} of them sent again; told to come later: {errors}; ends: {reasons}")
    finally:
        for one in everybody:
            one.end()
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
        listener.close()


def main():
    results = []

    def check(good, what, detail=None):
        results.append(good)
        print("ok" if good else "not ok", len(results), "-", what, flush=True)
        if not good and detail is not None:
            print(f"# {detail}")

    with tempfile.TemporaryDirectory(prefix="sio-restart-") as directory:
        try:
            run(directory, check)
        except Exception as error:  # noqa: BLE001
            check(False, "until the end", f"{type(error).__name__}: {error}"[:3000])
        output = pathlib.Path(directory, "stderr").read_text(encoding="utf-8")
        check("WARNING" not in output and "CRITICAL" not in output, "nothing to complain about in the log", output[-2000:])
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
