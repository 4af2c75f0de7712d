#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# clang-format over the C files of the repository.
set -euo pipefail
cd "$1"
if ! command -v clang-format >/dev/null; then
  echo "clang-format is missing: install the package clang-format, or run build-aux/test" >&2
  exit 1
fi
if ! git ls-files --error-unmatch meson.build >/dev/null 2>&1; then
  echo "not a git checkout: cannot tell which files are tracked" >&2
  exit 1
fi
git ls-files -z -- '*.[ch]' | xargs -0 --no-run-if-empty clang-format --dry-run -Werror --ferror-limit=5
