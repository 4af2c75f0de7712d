#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sums up Meson's testlog.json files: cases of TAP programs, or the program itself.

Usage: test-summary.py [--missing "SUITE…"] LOG…     (each missing suite is a failure)
"""

import argparse
import json
import re
import sys

CASE = re.compile(r"^(?P<not>not )?ok\b[^#\n]*(?:#[ \t]*(?P<directive>\S+))?", re.MULTILINE)
GOOD = {"OK", "EXPECTEDFAIL", "UNEXPECTEDPASS"}


def cases(test):
    """(passed, failed, skipped) of one program."""
    result = test["result"]
    passed = failed = skipped = 0
    for match in CASE.finditer(test.get("stdout", "")):
        directive = (match["directive"] or "").upper()
        if directive.startswith("SKIP"):
            skipped += 1
        elif match["not"] and directive != "TODO":
            failed += 1
        else:
            passed += 1
    if passed + failed + skipped == 0:
        return (result in GOOD, result not in GOOD and result != "SKIP", result == "SKIP")
    # A program that broke off or timed out has failed, whatever its cases say.
    if result not in GOOD and result != "SKIP" and failed == 0:
        failed = 1
    return (passed, failed, skipped)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--missing", default="")
    parser.add_argument("logs", nargs="*")
    options = parser.parse_args()
    bad = [f"the suite {suite} has no tests" for suite in options.missing.split()]
    total = [0, len(bad), 0]
    for path in options.logs:
        try:
            with open(path, encoding="utf-8") as log:
                tests = [json.loads(line) for line in log]
        except FileNotFoundError:
            bad.append(f"no test ran: {path} is not there")
            total[1] += 1
            continue
        if not tests:
            bad.append(f"no test ran: {path} is empty")
            total[1] += 1
        for test in tests:
            counts = cases(test)
            total = [int(a + b) for a, b in zip(total, counts)]
            if counts[1]:
                bad.append(f"{test['name']}: {test['result'].lower()}")
    for line in bad:
        print(f"failed: {line}", file=sys.stderr)
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
