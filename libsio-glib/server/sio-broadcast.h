/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-args.h"
#include "sio-responses.h"
#include "sio-target.h"

G_BEGIN_DECLS

#define SIO_TYPE_BROADCAST (sio_broadcast_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioBroadcast, sio_broadcast, SIO, BROADCAST, GInitiallyUnowned)

SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_to (SioBroadcast *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_in (SioBroadcast *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_to_rooms (SioBroadcast *self, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_except (SioBroadcast *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_except_rooms (SioBroadcast *self, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_local (SioBroadcast *self);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_volatile (SioBroadcast *self);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_compress (SioBroadcast *self, gboolean compress);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_broadcast_timeout (SioBroadcast *self, guint timeout);
SIO_AVAILABLE_IN_0_1
SioTarget *sio_broadcast_get_target (SioBroadcast *self);

SIO_AVAILABLE_IN_0_1
void sio_broadcast_emit (SioBroadcast *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void sio_broadcast_emit_message (SioBroadcast *self, const char *event, SioMessage *message);
SIO_AVAILABLE_IN_0_1
void sio_broadcast_emit_with_ack_async (SioBroadcast *self,
                                        const char *event,
                                        SioArgs *args,
                                        guint timeout,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioResponses *
sio_broadcast_emit_with_ack_finish (SioBroadcast *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_broadcast_fetch_sockets_async (SioBroadcast *self,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
SIO_AVAILABLE_IN_0_1
GPtrArray *
sio_broadcast_fetch_sockets_finish (SioBroadcast *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_broadcast_sockets_join_async (SioBroadcast *self,
                                       const char *const *rooms,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_broadcast_sockets_join_finish (SioBroadcast *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_broadcast_sockets_leave_async (SioBroadcast *self,
                                        const char *const *rooms,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_broadcast_sockets_leave_finish (SioBroadcast *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_broadcast_disconnect_sockets_async (SioBroadcast *self,
                                             gboolean close_connection,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_broadcast_disconnect_sockets_finish (SioBroadcast *self, GAsyncResult *result, GError **error);

G_END_DECLS
