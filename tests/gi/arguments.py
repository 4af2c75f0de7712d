#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Walking over arguments from Python. Prints TAP."""

import sys

import gi

gi.require_version("Sio", "1")
from gi.repository import GLib, Sio  # noqa: E402

n_failed = 0
n_checks = 0


def check(name, ok):
    global n_checks, n_failed
    n_checks += 1
    n_failed += not ok
    print(f"{'ok' if ok else 'not ok'} {n_checks} {name}", flush=True)


def main():
    args = Sio.Args.new_from_json('["x",{"a":[1,2.5],"b":"é"}]', -1)
    it = Sio.ArgsIter()
    it.init(args)
    check("a string", it.next() and it.dup_string() == "x")
    check("an object", it.next() and it.get_arg_type() == Sio.ArgType.OBJECT)
    members = it.enter()[1]
    check("a member", members.next() and members.dup_key() == "a")
    items = members.enter()[1]
    check("an item", items.next() and items.get_int64() == (True, 1))
    check("another", items.next() and items.get_double() == 2.5)
    check("the end of the array", not items.next())
    check("length in characters", members.next() and members.get_string_length() == 1)
    it = Sio.ArgsIter()
    check("a path", it.init_path(args, 1, ["a", "1"]) and it.dup_json() == "2.5")
    check("a path to nowhere", not it.init_path(args, 1, ["a", "2"]))
    more = args.set_members(1, '{"b":1}', -1)
    check("members", more.get_json() == '["x",{"a":[1,2.5],"b":1}]')
    try:
        args.set_members(0, "{}", -1)
        check("no members in a string", False)
    except GLib.Error as error:
        check("no members in a string", "not an object" in error.message)
    print(f"1..{n_checks}")
    return n_failed > 0


if __name__ == "__main__":
    sys.exit(main())
