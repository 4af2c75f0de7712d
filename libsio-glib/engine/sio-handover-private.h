/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-channel-private.h"
#include "sio-engine-private.h"

G_BEGIN_DECLS

/* Takes @channel: the connection, whose HTTP part is over. @early is what the client sent
 * together with its request. */
typedef void (*SioHandoverFunc) (SioEngine *engine,
                                 SoupServerMessage *message,
                                 SioChannel *channel,
                                 guint8 *early,
                                 gsize early_length);

/* Lets libsoup answer a WebSocket handshake with 101, then takes the connection away from
 * it. FALSE if the handshake headers are wrong; the response is untouched then. */
gboolean sio_handover_start (SioEngine *engine, SoupServerMessage *message, SioHandoverFunc func);

G_END_DECLS
