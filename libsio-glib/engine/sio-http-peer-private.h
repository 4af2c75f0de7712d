/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "sio-deadline-private.h"
#include "sio-peers-private.h"

G_BEGIN_DECLS

/* What we know of an HTTP connection that our own listener accepted. It hangs on the remote
 * address object that libsoup keeps for the connection, the one thing that leads from a
 * SoupServerMessage back to the connection. */
typedef struct _SioHttpPeer SioHttpPeer;

/* Counted in @peers until it goes, for @counted_address. */
SioHttpPeer *sio_http_peer_attach (GSocketAddress *remote,
                                   GSocket *socket,
                                   const char *address,
                                   gboolean secure,
                                   SioPeers *peers,
                                   const char *counted_address);
/* NULL for connections of an application's own listener. */
SioHttpPeer *sio_http_peer_get (SoupServerMessage *message);

/* Ends the connection unless disarmed before @list's duration has passed. */
void sio_http_peer_arm (SioHttpPeer *self, SioDeadlineList *list);
void sio_http_peer_disarm (SioHttpPeer *self);
void sio_http_peer_shutdown (SioHttpPeer *self);

/* These work for any message. -1 if unknown or closed. */
int sio_http_message_get_fd (SoupServerMessage *message);
/* Numeric, "" for Unix sockets. */
char *sio_http_message_dup_address (SoupServerMessage *message);
/* Those of the request, `name NUL value NUL` one after the other. */
GString *sio_http_message_dup_headers (SoupServerMessage *message);
gboolean sio_http_message_is_secure (SoupServerMessage *message);
/* Makes the connection fail, as if the peer had gone. */
void sio_http_message_shutdown (SoupServerMessage *message);

G_END_DECLS
