/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-args.h"
#include "sio-broadcast.h"
#include "sio-handshake.h"
#include "sio-message.h"
#include "sio-packet.h"
#include "sio-session.h"

G_BEGIN_DECLS

#define SIO_TYPE_SOCKET (sio_socket_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioSocket, sio_socket, SIO, SOCKET, GObject)

SIO_AVAILABLE_IN_0_1
const char *sio_socket_get_id (SioSocket *self);
SIO_AVAILABLE_IN_0_1
SioNamespace *sio_socket_get_namespace (SioSocket *self);
SIO_AVAILABLE_IN_0_1
SioHandshake *sio_socket_get_handshake (SioSocket *self);
SIO_AVAILABLE_IN_0_1
SioSession *sio_socket_get_session (SioSocket *self);
SIO_AVAILABLE_IN_0_1
gint64 sio_socket_get_connect_time (SioSocket *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_socket_get_n_events (SioSocket *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_socket_is_connected (SioSocket *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_socket_is_recovered (SioSocket *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_socket_start_anew (SioSocket *self);
SIO_AVAILABLE_IN_0_1
JsonNode *sio_socket_get_data (SioSocket *self);
SIO_AVAILABLE_IN_0_1
void sio_socket_set_data (SioSocket *self, JsonNode *data);

SIO_AVAILABLE_IN_0_1
gboolean sio_socket_join (SioSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
void sio_socket_leave (SioSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
char **sio_socket_list_rooms (SioSocket *self);
SIO_AVAILABLE_IN_0_1
guint sio_socket_get_n_rooms (SioSocket *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_socket_is_in (SioSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
guint sio_socket_get_extra_rooms (SioSocket *self);
SIO_AVAILABLE_IN_0_1
void sio_socket_set_extra_rooms (SioSocket *self, guint n_rooms);
SIO_AVAILABLE_IN_0_1
void sio_socket_close (SioSocket *self, gboolean close_connection);

SIO_AVAILABLE_IN_0_1
void sio_socket_emit (SioSocket *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void sio_socket_emit_full (SioSocket *self, const char *event, SioArgs *args, SioEmitFlags flags);
SIO_AVAILABLE_IN_0_1
void sio_socket_emit_message (SioSocket *self, const char *event, SioMessage *message);
SIO_AVAILABLE_IN_0_1
void sio_socket_emit_with_ack_async (SioSocket *self,
                                     const char *event,
                                     SioArgs *args,
                                     guint timeout,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_socket_emit_with_ack_finish (SioSocket *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
gboolean sio_socket_send_packet (SioSocket *self, SioPacket *packet, SioEmitFlags flags);

SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_socket_to (SioSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_socket_in (SioSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_socket_except (SioSocket *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_socket_to_rooms (SioSocket *self, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_socket_except_rooms (SioSocket *self, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_socket_local (SioSocket *self);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_socket_broadcast (SioSocket *self);

SIO_AVAILABLE_IN_0_1
guint sio_socket_on (SioSocket *self,
                     const char *event,
                     SioEventFunc handler,
                     gpointer user_data,
                     GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_socket_prepend (SioSocket *self,
                          const char *event,
                          SioEventFunc handler,
                          gpointer user_data,
                          GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_socket_once (SioSocket *self,
                       const char *event,
                       SioEventFunc handler,
                       gpointer user_data,
                       GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_socket_on_any (SioSocket *self,
                         SioEventFunc handler,
                         gpointer user_data,
                         GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_socket_prepend_any (SioSocket *self,
                              SioEventFunc handler,
                              gpointer user_data,
                              GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_socket_on_any_outgoing (SioSocket *self,
                                  SioEventFunc handler,
                                  gpointer user_data,
                                  GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_socket_prepend_any_outgoing (SioSocket *self,
                                       SioEventFunc handler,
                                       gpointer user_data,
                                       GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_socket_off (SioSocket *self, guint handler_id);
SIO_AVAILABLE_IN_0_1
void sio_socket_off_event (SioSocket *self, const char *event);
SIO_AVAILABLE_IN_0_1
void sio_socket_off_any (SioSocket *self);
SIO_AVAILABLE_IN_0_1
void sio_socket_off_any_outgoing (SioSocket *self);
SIO_AVAILABLE_IN_0_1
guint *sio_socket_list_handlers (SioSocket *self, const char *event, gsize *n_handlers);
SIO_AVAILABLE_IN_0_1
guint *sio_socket_list_any (SioSocket *self, gsize *n_handlers);
SIO_AVAILABLE_IN_0_1
guint *sio_socket_list_any_outgoing (SioSocket *self, gsize *n_handlers);
SIO_AVAILABLE_IN_0_1
guint sio_socket_use (SioSocket *self,
                      SioEventMiddlewareFunc middleware,
                      gpointer user_data,
                      GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_socket_unuse (SioSocket *self, guint middleware_id);

G_END_DECLS
