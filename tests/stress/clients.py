#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A thousand clients in one process: what each takes of memory, and that none of them does anything while nothing
happens. Usage: clients.py BENCH-SERVER BENCH-CLIENTS"""

import json
import subprocess
import sys

MAX_KB_EACH = 40
# One ends the pause, another may be whatever the system wakes a process for.
MAX_WAKEUPS = 5
MAX_CPU_US = {1: 5_000, 1000: 20_000}

number = 0


def check(good, name, detail):
    global number
    number += 1
    print(f"{'ok' if good else 'not ok'} {number} - {name}: {detail}", flush=True)
    return good


def main():
    # Nothing is due while it is measured.
    server = subprocess.Popen([sys.argv[1], "--port", "0", "--ping-interval", "600000"], stdout=subprocess.PIPE, text=True)
    good = True
    try:
        port = int(server.stdout.readline().split()[-1])
        for transport in (None, "websocket", "polling"):
            options = ["--transport", transport] if transport else []
            name = transport or "after the change of transport"
            for count in (1000, 1):
                command = [sys.argv[2], "--count", str(count), *options, f"http://127.0.0.1:{port}"]
                run = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=120)
                if run.returncode != 0:
                    good = check(False, f"{count} clients, {name}", f"status {run.returncode}")
                    continue
                result = json.loads(run.stdout)
                if count > 1:
                    good &= check(result["rss_kb_each"] <= MAX_KB_EACH, f"memory of {count} clients, {name}",
                                  f"{result['rss_kb_each']} KB each, at most {MAX_KB_EACH}")
                good &= check(result["wakeups"] <= MAX_WAKEUPS, f"{count} idle clients, {name}",
                              f"woken {result['wakeups']} times, at most {MAX_WAKEUPS}")
                good &= check(result["cpu_us"] <= MAX_CPU_US[count], f"{count} idle clients, {name}",
                              f"{result['cpu_us']} µs of CPU in {result['idle_s']} s, at most {MAX_CPU_US[count]}")
    finally:
        server.kill()
        server.wait()
    print(f"1..{number}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
