/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-adapter.h"
#include "sio-broadcast.h"
#include "sio-packet-private.h"
#include "sio-responses.h"

G_BEGIN_DECLS

/* JavaScript's default for requests to other servers; a broadcast with acks needs one, too,
 * because clients that disconnect never answer (protocol.md Appendix C, 13). */
#define SIO_BROADCAST_TIMEOUT_MS 5000

/* Floating. @room and @except may be NULL. */
SioBroadcast *
sio_broadcast_new (SioNamespace *ns, const char *room, const char *except, SioEmitFlags flags);

/* Acknowledgements of broadcasts, by the id all recipients share. */
typedef struct _SioAckCollector SioAckCollector;

/* Waits for @timeout ms, then @destroy is called. */
SioAckCollector *sio_ack_collector_new (SioNamespace *ns,
                                        guint timeout,
                                        SioAckFunc ack_func,
                                        gpointer user_data,
                                        GDestroyNotify destroy);
gint64 sio_ack_collector_get_id (SioAckCollector *self);
void sio_ack_collector_add (SioAckCollector *self, SioSocket *socket);
void sio_ack_collector_remove (SioAckCollector *self, SioSocket *socket);
guint sio_ack_collector_get_n_waiting (SioAckCollector *self);
SioAckCollector *sio_ack_collector_ref (SioAckCollector *self);
void sio_ack_collector_unref (SioAckCollector *self);

gboolean sio_ack_collectors_expect (SioNamespace *ns, SioSocket *socket, gint64 id);
void sio_ack_collectors_receive (SioNamespace *ns, SioSocket *socket, gint64 id, SioArgs *args);
/* @socket is gone and will not answer. */
void sio_ack_collectors_forget (SioNamespace *ns, SioSocket *socket);
/* Freeing it ends all of them. */
GHashTable *sio_ack_collectors_table_new (void);

/* Returns SioResponses on @task when all have answered or time is up, or an error. */
void sio_broadcast_run_with_ack (SioNamespace *ns,
                                 const SioContent *content,
                                 SioTarget *target,
                                 GTask *task);

/* The management of sockets, for whoever offers it: @source is what the callback gets. */
void sio_sockets_fetch (SioNamespace *ns,
                        SioTarget *target,
                        gpointer source,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
GPtrArray *sio_sockets_fetch_finish (gpointer source, GAsyncResult *result, GError **error);
void sio_sockets_join (SioNamespace *ns,
                       SioTarget *target,
                       const char *const *rooms,
                       gpointer source,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
void sio_sockets_leave (SioNamespace *ns,
                        SioTarget *target,
                        const char *const *rooms,
                        gpointer source,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
void sio_sockets_disconnect (SioNamespace *ns,
                             SioTarget *target,
                             gboolean close_connection,
                             gpointer source,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
/* Of the last three. */
gboolean sio_sockets_change_finish (gpointer source, GAsyncResult *result, GError **error);

/* @args is taken. */
void sio_server_side_emit_run (SioNamespace *ns, const char *event, SioArgs *args);
void sio_server_side_emit_run_with_ack (SioNamespace *ns,
                                        const char *event,
                                        SioArgs *args,
                                        guint timeout,
                                        gpointer source,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
SioResponses *
sio_server_side_emit_run_finish (gpointer source, GAsyncResult *result, GError **error);

G_END_DECLS
