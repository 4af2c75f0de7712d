/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-handshake.h"
#include "sio-request-info-private.h"

G_BEGIN_DECLS

/* @info may be NULL; @auth is the payload of CONNECT: a JSON object, or nothing. */
SioHandshake *sio_handshake_new (SioRequestInfo *info, const char *auth, gsize auth_length);

G_END_DECLS
