/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-adapter.h"
#include "sio-socket.h"

G_BEGIN_DECLS

#define SIO_TYPE_NAMESPACE (sio_namespace_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioNamespace, sio_namespace, SIO, NAMESPACE, GObject)

SIO_AVAILABLE_IN_0_1
const char *sio_namespace_get_name (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
SioServer *sio_namespace_get_server (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_namespace_is_parent (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
SioNamespace *sio_namespace_get_parent (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
GPtrArray *sio_namespace_list_children (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
SioAdapter *sio_namespace_get_adapter (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
guint sio_namespace_get_n_sockets (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
SioSocket *sio_namespace_get_socket (SioNamespace *self, const char *id);
SIO_AVAILABLE_IN_0_1
GPtrArray *sio_namespace_list_sockets (SioNamespace *self);

SIO_AVAILABLE_IN_0_1
SioRoom *sio_namespace_get_room (SioNamespace *self, const char *name);
SIO_AVAILABLE_IN_0_1
GListModel *sio_namespace_get_rooms (SioNamespace *self);

SIO_AVAILABLE_IN_0_1
guint sio_namespace_on (SioNamespace *self,
                        const char *event,
                        SioEventFunc handler,
                        gpointer user_data,
                        GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_namespace_prepend (SioNamespace *self,
                             const char *event,
                             SioEventFunc handler,
                             gpointer user_data,
                             GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_namespace_once (SioNamespace *self,
                          const char *event,
                          SioEventFunc handler,
                          gpointer user_data,
                          GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_namespace_on_any (SioNamespace *self,
                            SioEventFunc handler,
                            gpointer user_data,
                            GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_namespace_prepend_any (SioNamespace *self,
                                 SioEventFunc handler,
                                 gpointer user_data,
                                 GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_namespace_on_any_outgoing (SioNamespace *self,
                                     SioEventFunc handler,
                                     gpointer user_data,
                                     GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_namespace_prepend_any_outgoing (SioNamespace *self,
                                          SioEventFunc handler,
                                          gpointer user_data,
                                          GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_namespace_off (SioNamespace *self, guint handler_id);
SIO_AVAILABLE_IN_0_1
void sio_namespace_off_event (SioNamespace *self, const char *event);
SIO_AVAILABLE_IN_0_1
void sio_namespace_off_any (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
void sio_namespace_off_any_outgoing (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
guint *sio_namespace_list_handlers (SioNamespace *self, const char *event, gsize *n_handlers);
SIO_AVAILABLE_IN_0_1
guint *sio_namespace_list_any (SioNamespace *self, gsize *n_handlers);
SIO_AVAILABLE_IN_0_1
guint *sio_namespace_list_any_outgoing (SioNamespace *self, gsize *n_handlers);

SIO_AVAILABLE_IN_0_1
guint sio_namespace_use (SioNamespace *self,
                         SioMiddlewareFunc middleware,
                         gpointer user_data,
                         GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_namespace_unuse (SioNamespace *self, guint middleware_id);
SIO_AVAILABLE_IN_0_1
guint sio_namespace_use_event (SioNamespace *self,
                               SioEventMiddlewareFunc middleware,
                               gpointer user_data,
                               GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_namespace_unuse_event (SioNamespace *self, guint middleware_id);

SIO_AVAILABLE_IN_0_1
void sio_namespace_emit (SioNamespace *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void
sio_namespace_emit_full (SioNamespace *self, const char *event, SioArgs *args, SioEmitFlags flags);
SIO_AVAILABLE_IN_0_1
void sio_namespace_emit_message (SioNamespace *self, const char *event, SioMessage *message);
SIO_AVAILABLE_IN_0_1
void sio_namespace_emit_with_ack_async (SioNamespace *self,
                                        const char *event,
                                        SioArgs *args,
                                        guint timeout,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioResponses *
sio_namespace_emit_with_ack_finish (SioNamespace *self, GAsyncResult *result, GError **error);

SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_to (SioNamespace *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_in (SioNamespace *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_except (SioNamespace *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_local (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_broadcast (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_to_rooms (SioNamespace *self, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_except_rooms (SioNamespace *self, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_volatile (SioNamespace *self);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_compress (SioNamespace *self, gboolean compress);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_namespace_timeout (SioNamespace *self, guint timeout);

SIO_AVAILABLE_IN_0_1
void sio_namespace_fetch_sockets_async (SioNamespace *self,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
SIO_AVAILABLE_IN_0_1
GPtrArray *
sio_namespace_fetch_sockets_finish (SioNamespace *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_namespace_sockets_join_async (SioNamespace *self,
                                       const char *const *rooms,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_namespace_sockets_join_finish (SioNamespace *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_namespace_sockets_leave_async (SioNamespace *self,
                                        const char *const *rooms,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_namespace_sockets_leave_finish (SioNamespace *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_namespace_disconnect_sockets_async (SioNamespace *self,
                                             gboolean close_connection,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_namespace_disconnect_sockets_finish (SioNamespace *self, GAsyncResult *result, GError **error);

SIO_AVAILABLE_IN_0_1
void sio_namespace_server_side_emit (SioNamespace *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void sio_namespace_server_side_emit_with_ack_async (SioNamespace *self,
                                                    const char *event,
                                                    SioArgs *args,
                                                    guint timeout,
                                                    GCancellable *cancellable,
                                                    GAsyncReadyCallback callback,
                                                    gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioResponses *sio_namespace_server_side_emit_with_ack_finish (SioNamespace *self,
                                                              GAsyncResult *result,
                                                              GError **error);

SIO_AVAILABLE_IN_0_1
void sio_namespace_set_event_limit (SioNamespace *self,
                                    const char *event,
                                    double events_per_second,
                                    guint burst,
                                    guint64 max_bytes);
SIO_AVAILABLE_IN_0_1
gboolean sio_namespace_get_event_limit (SioNamespace *self,
                                        const char *event,
                                        double *events_per_second,
                                        guint *burst,
                                        guint64 *max_bytes);
SIO_AVAILABLE_IN_0_1
guint64 sio_namespace_get_n_limited (SioNamespace *self, const char *event);

SIO_AVAILABLE_IN_0_1
gboolean sio_event_is_reserved (const char *event);

SIO_AVAILABLE_IN_0_1
void sio_middleware_accept (GTask *task);
SIO_AVAILABLE_IN_0_1
void sio_middleware_accept_as (GTask *task, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void sio_middleware_reject (GTask *task, const char *message, JsonNode *data);

G_END_DECLS
