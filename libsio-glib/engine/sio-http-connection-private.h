/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-channel-private.h"
#include "sio-engine-private.h"

G_BEGIN_DECLS

/* An HTTP/1.1 connection of our own listener, as long as it asks for the engine's path. At
 * the first request for something else it goes to libsoup, with what was read already. */
typedef struct _SioHttpConnection SioHttpConnection;

struct _SioHttpConnection; /* on SioEngine.connections */

/* Takes @channel. @address: the peer's, "" for Unix sockets */
void sio_http_connection_start (SioEngine *engine,
                                SioChannel *channel,
                                const char *address,
                                gboolean secure);
/* Ends all of @engine's that have no session's WebSocket. */
void sio_http_connection_end_all (SioEngine *engine);

G_END_DECLS
