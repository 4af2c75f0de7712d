# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Shared by build-aux/run and build-aux/test: packages, npm, configuring, building.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
npm_dir=$top/tests/npm

step ()
{
  printf '\033[1m==>\033[0m %s\n' "$*" >&2
}

note ()
{
  printf '    %s\n' "$*" >&2
}

fail ()
{
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Rows of a package list without comments: NAME [COMMAND]
package_rows ()
{
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"
}

# Prints the packages of the given lists that are not there.
missing_packages ()
{
  local name command
  while read -r name command; do
    if [ -n "$command" ]; then
      command -v "$command" >/dev/null || printf '%s\n' "$name"
    elif ! dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed; then
      printf '%s\n' "$name"
    fi
  done < <(package_rows "$@")
}

# Services that come along with packages (prometheus has promtool) are not started.
hold_services ()
{
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "$@" sh -c "cat >$policy && chmod 755 $policy" || return 0
    printf '%s\n' "$policy"
  fi
}

# install_packages LIST…: installs what is missing, asks nobody for anything.
install_packages ()
{
  local missing=() as_root=() held status=0

  if ! command -v dpkg-query >/dev/null; then
    note "This is not Debian: taking the packages of ${*##*/} as installed."
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [ "${#missing[@]}" -eq 0 ]; then
    return
  fi
  step "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      fail "these packages are missing, and there is neither root nor sudo to install them: ${missing[*]}"
    fi
    as_root=(sudo)
  else
    as_root=(env)
  fi
  "${as_root[@]}" apt-get update -q >&2 \
    || fail "the package lists could not be fetched; missing: ${missing[*]}"
  held=$(hold_services "${as_root[@]}")
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" </dev/null >&2 \
    || status=$?
  if [ -n "$held" ]; then
    "${as_root[@]}" rm -f "$held"
  fi
  if [ "$status" -ne 0 ]; then
    fail "could not install: ${missing[*]}"
  fi
}

# npm_install production|all: what tests/npm/package-lock.json names, if it is not there yet.
npm_install ()
{
  local kind=$1 args=() lock
  lock=$(sha256sum "$npm_dir/package-lock.json" | cut -d' ' -f1)

  if [ "$(cat "$npm_dir/node_modules/.sio-all" 2>/dev/null)" = "$lock" ]; then
    return 0
  fi
  if [ "$kind" = production ]; then
    if [ "$(cat "$npm_dir/node_modules/.sio-production" 2>/dev/null)" = "$lock" ]; then
      return 0
    fi
    args=(--omit=dev)
  fi
  if ! command -v npm >/dev/null; then
    note "npm is not installed."
    return 1
  fi
  step "Fetching npm packages ($kind)"
  (cd "$npm_dir" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error "${args[@]}" </dev/null >&2) || return 1
  printf '%s\n' "$lock" >"$npm_dir/node_modules/.sio-$kind"
}

# configure DIR OPTIONS…: once; an existing build directory keeps its options.
configure ()
{
  local dir=$1
  shift
  if [ -f "$dir/build.ninja" ]; then
    return
  fi
  step "Configuring ${dir#"$top/"}"
  mkdir -p "$dir"
  if ! meson setup "$dir" "$top" "$@" >"$dir/configure.log" 2>&1; then
    tail -n 30 "$dir/configure.log" >&2
    fail "could not configure (all of it in $dir/configure.log)"
  fi
}

# build DIR [TARGET…]: Ninja shows its own progress.
build ()
{
  local dir=$1
  if ! ninja -C "$dir" -n "${@:2}" | grep -q 'no work to do'; then
    step "Building ${dir#"$top/"}"
    ninja -C "$dir" "${@:2}" >&2 || fail "the build failed"
  fi
}
