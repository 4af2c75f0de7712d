#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs shellcheck over the shell scripts of the repository.
set -euo pipefail
cd "$1"
if ! command -v shellcheck >/dev/null; then
  echo "shellcheck is missing: install the package shellcheck, or run build-aux/test" >&2
  exit 1
fi
scripts=()
while IFS= read -r -d '' file; do
  if [ -f "$file" ] && { [[ $file == *.sh ]] || head -n 1 -- "$file" | grep -qE '^#!.*\b(ba)?sh\b|^# shellcheck shell='; }; then
    scripts+=("$file")
  fi
done < <(git ls-files -z)
echo "${#scripts[@]} scripts: ${scripts[*]}"
shellcheck -x "${scripts[@]}"
