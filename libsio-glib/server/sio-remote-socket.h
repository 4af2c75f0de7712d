/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-broadcast.h"

G_BEGIN_DECLS

#define SIO_TYPE_REMOTE_SOCKET (sio_remote_socket_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioRemoteSocket, sio_remote_socket, SIO, REMOTE_SOCKET, GObject)

SIO_AVAILABLE_IN_0_1
SioRemoteSocket *sio_remote_socket_new (SioNamespace *ns,
                                        const char *id,
                                        JsonNode *handshake,
                                        const char *const *rooms,
                                        JsonNode *data);
SIO_AVAILABLE_IN_0_1
SioRemoteSocket *sio_remote_socket_new_for_socket (SioSocket *socket);
SIO_AVAILABLE_IN_0_1
const char *sio_remote_socket_get_id (SioRemoteSocket *self);
SIO_AVAILABLE_IN_0_1
SioNamespace *sio_remote_socket_get_namespace (SioRemoteSocket *self);
SIO_AVAILABLE_IN_0_1
SioSocket *sio_remote_socket_get_socket (SioRemoteSocket *self);
SIO_AVAILABLE_IN_0_1
JsonNode *sio_remote_socket_get_handshake (SioRemoteSocket *self);
SIO_AVAILABLE_IN_0_1
JsonNode *sio_remote_socket_get_data (SioRemoteSocket *self);
SIO_AVAILABLE_IN_0_1
char **sio_remote_socket_list_rooms (SioRemoteSocket *self);

SIO_AVAILABLE_IN_0_1
void sio_remote_socket_emit (SioRemoteSocket *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void sio_remote_socket_emit_full (SioRemoteSocket *self,
                                  const char *event,
                                  SioArgs *args,
                                  SioEmitFlags flags);
SIO_AVAILABLE_IN_0_1
void sio_remote_socket_emit_with_ack_async (SioRemoteSocket *self,
                                            const char *event,
                                            SioArgs *args,
                                            guint timeout,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_remote_socket_emit_with_ack_finish (SioRemoteSocket *self,
                                                 GAsyncResult *result,
                                                 GError **error);

SIO_AVAILABLE_IN_0_1
void sio_remote_socket_join_async (SioRemoteSocket *self,
                                   const char *const *rooms,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_remote_socket_join_finish (SioRemoteSocket *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_remote_socket_leave_async (SioRemoteSocket *self,
                                    const char *const *rooms,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_remote_socket_leave_finish (SioRemoteSocket *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_remote_socket_close_async (SioRemoteSocket *self,
                                    gboolean close_connection,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_remote_socket_close_finish (SioRemoteSocket *self, GAsyncResult *result, GError **error);

SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_remote_socket_to (SioRemoteSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_remote_socket_in (SioRemoteSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_remote_socket_except (SioRemoteSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_remote_socket_broadcast (SioRemoteSocket *self);

G_END_DECLS
