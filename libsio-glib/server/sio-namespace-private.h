/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-deadline-private.h"
#include "sio-namespace.h"
#include "sio-socket-private.h"

G_BEGIN_DECLS

/* Sockets side by side. While somebody walks over them (busy > 0) nothing moves: who leaves
 * becomes a hole, who comes is appended and not visited. */
typedef struct
{
  SioSocket **items;
  guint n; /* places in use, holes included */
  guint n_alloc;
  guint n_holes;
  guint busy;
} SioSocketList;

/* Waits for acknowledgements of one broadcast; see sio-broadcast-ack.c. */
typedef struct _SioAckCollector SioAckCollector;

SioNamespace *sio_namespace_new (SioServer *server, const char *name);
/* The server goes away. */
void sio_namespace_detach (SioNamespace *self);
void sio_namespace_disconnect_all (SioNamespace *self, const char *reason);
/* Drops an adapter that nobody uses yet; FALSE if there are sockets. */
gboolean sio_namespace_reset_adapter (SioNamespace *self);
gboolean sio_namespace_has_adapter (SioNamespace *self);

/* "" or `<name>,` */
const char *sio_namespace_get_prefix (SioNamespace *self);
/* @name need not end with NUL. */
gboolean sio_namespace_has_name (SioNamespace *self, const char *name, gsize length);
SioReactor *sio_namespace_get_reactor (SioNamespace *self);
SioHandlers *sio_namespace_peek_handlers (SioNamespace *self);
/* NULL: packets are text. (transfer none) */
SioParser *sio_namespace_get_parser (SioNamespace *self);
gint64 sio_namespace_next_ack_id (SioNamespace *self);
guint sio_namespace_get_max_attachments (SioNamespace *self);

/* @socket wants to connect. May answer before it returns. */
void sio_namespace_connect_socket (SioNamespace *self, SioSocket *socket);
/* What follows when it is clear whether it is recovered. */
void sio_namespace_admit (SioNamespace *self, SioSocket *socket, gboolean skip_middlewares);
void sio_namespace_remove_socket (SioNamespace *self, SioSocket *socket);
/* The client of a socket in the middlewares is gone. */
void sio_namespace_cancel_connecting (SioNamespace *self, SioSocket *socket);

/* For the in-memory adapter. */
SioSocketList *sio_namespace_begin_walk (SioNamespace *self);
void sio_namespace_end_walk (SioNamespace *self);

/* See sio-room-private.h. */
struct _SioRoomWatch **sio_namespace_get_room_watch (SioNamespace *self);

/* Broadcasts that wait for acknowledgements. (transfer none) */
GHashTable *sio_namespace_get_collectors (SioNamespace *self, gboolean create);

void sio_namespace_receive_server_event (SioNamespace *self, SioServerEvent *event);
/* @rooms may be NULL; @args is taken; @source is what the callback gets. */
void sio_namespace_run_with_ack (SioNamespace *self,
                                 const char *const *rooms,
                                 const char *event,
                                 SioArgs *args,
                                 guint timeout,
                                 gpointer source,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);

gboolean sio_event_check (const char *event);
/* Whether servers may emit it to each other. */
gboolean sio_server_event_check (const char *event);
gboolean sio_content_check (SioNamespace *ns, const SioContent *content);

G_END_DECLS
