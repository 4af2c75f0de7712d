#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints a token (JWT, HS256) for one hour: make-token.sh SECRET-FILE USER
# For trying; applications have a library for it.
set -eu
b64 () { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

head=$(printf '{"alg":"HS256","typ":"JWT"}' | b64)
body=$(printf '{"sub":"%s","exp":%d}' "$2" "$(($(date +%s) + 3600))" | b64)
sign=$(printf %s "$head.$body" | openssl dgst -sha256 -hmac "$(cat "$1")" -binary | b64)
echo "$head.$body.$sign"
