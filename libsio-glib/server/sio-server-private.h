/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-connection-private.h"
#include "sio-deadline-private.h"
#include "sio-packet-codec-private.h"
#include "sio-server.h"

G_BEGIN_DECLS

const SioPacketLimits *sio_server_get_limits (SioServer *self);
/* NULL if connections may wait for ever. (transfer none) */
SioDeadlineList *sio_server_get_connect_deadlines (SioServer *self);
SioReactor *sio_server_get_reactor (SioServer *self);
/* @name need not end with NUL. */
SioNamespace *sio_server_lookup (SioServer *self, const char *name, gsize length);
void sio_server_forget_connection (SioServer *self, SioConnection *connection);
gboolean sio_server_is_closing (SioServer *self);

G_END_DECLS
