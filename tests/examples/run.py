#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs an example with a port that the system chooses. Usage: run.py EXAMPLE"""

import os
import runpy
import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import Sio  # noqa: E402

listen = Sio.Server.listen


def listen_anywhere(server, _address):
    # One that is known to be free, because the server had it before.
    listen(server, "tcp:127.0.0.1:" + os.environ.get("EXAMPLE_PORT", "0"))
    print("listening on", server.get_engine().list_addresses()[0], flush=True)
    return True


Sio.Server.listen = listen_anywhere
runpy.run_path(sys.argv[1], run_name="__main__")
