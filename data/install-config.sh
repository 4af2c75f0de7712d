#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# install-config.sh FILE DIRECTORY: the first configuration; one that is there stays as it is.
set -euo pipefail
directory=${DESTDIR:-}$2
install -d -m 0755 "$directory" "$directory/conf.d"
if [[ ! -e $directory/sio-server.conf ]]; then
  install -m 0644 "$1" "$directory/sio-server.conf"
fi
