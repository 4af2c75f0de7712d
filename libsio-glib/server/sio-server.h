/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-engine.h"
#include "sio-namespace.h"
#include "sio-parser.h"
#include "sio-stats.h"

G_BEGIN_DECLS

#define SIO_TYPE_SERVER (sio_server_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioServer, sio_server, SIO, SERVER, GObject)

SIO_AVAILABLE_IN_0_1
SioServer *sio_server_new (void);
SIO_AVAILABLE_IN_0_1
SioServer *sio_server_new_with_engine (SioEngine *engine);
SIO_AVAILABLE_IN_0_1
SioEngine *sio_server_get_engine (SioServer *self);
SIO_AVAILABLE_IN_0_1
SioStats *sio_server_get_stats (SioServer *self);
SIO_AVAILABLE_IN_0_1
SioRecovery *sio_server_get_recovery (SioServer *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_server_listen (SioServer *self, const char *address, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_server_attach (SioServer *self, SoupServer *soup_server);
SIO_AVAILABLE_IN_0_1
void sio_server_close_async (SioServer *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_server_close_finish (SioServer *self, GAsyncResult *result, GError **error);

SIO_AVAILABLE_IN_0_1
SioNamespace *sio_server_of (SioServer *self, const char *name);
SIO_AVAILABLE_IN_0_1
SioNamespace *sio_server_of_regex (SioServer *self, GRegex *regex);
SIO_AVAILABLE_IN_0_1
SioNamespace *sio_server_of_func (SioServer *self,
                                  SioNamespaceFunc func,
                                  gpointer user_data,
                                  GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
SioNamespace *sio_server_get_namespace (SioServer *self, const char *name);
SIO_AVAILABLE_IN_0_1
GPtrArray *sio_server_list_namespaces (SioServer *self);

SIO_AVAILABLE_IN_0_1
gboolean sio_server_load_client_bundle (SioServer *self, const char *directory, GError **error);
SIO_AVAILABLE_IN_0_1
const char *sio_server_get_client_bundle_dir (SioServer *self);
SIO_AVAILABLE_IN_0_1
char **sio_server_list_client_files (SioServer *self);

SIO_AVAILABLE_IN_0_1
guint sio_server_get_connect_timeout (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_connect_timeout (SioServer *self, guint milliseconds);
SIO_AVAILABLE_IN_0_1
guint sio_server_get_max_attachments (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_max_attachments (SioServer *self, guint max_attachments);
SIO_AVAILABLE_IN_0_1
guint sio_server_get_max_depth (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_max_depth (SioServer *self, guint max_depth);
SIO_AVAILABLE_IN_0_1
SioParser *sio_server_get_parser (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_parser (SioServer *self, SioParser *parser);
SIO_AVAILABLE_IN_0_1
const char *sio_server_get_websocket_path (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_websocket_path (SioServer *self, const char *path);
SIO_AVAILABLE_IN_0_1
GType sio_server_get_adapter_type (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_adapter_type (SioServer *self, GType adapter_type);
SIO_AVAILABLE_IN_0_1
guint sio_server_get_max_dynamic_namespaces (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_max_dynamic_namespaces (SioServer *self, guint n_namespaces);
SIO_AVAILABLE_IN_0_1
gboolean sio_server_get_cleanup_empty_child_namespaces (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_cleanup_empty_child_namespaces (SioServer *self, gboolean cleanup);

SIO_AVAILABLE_IN_0_1
void sio_server_emit (SioServer *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void sio_server_emit_full (SioServer *self, const char *event, SioArgs *args, SioEmitFlags flags);
SIO_AVAILABLE_IN_0_1
void sio_server_emit_message (SioServer *self, const char *event, SioMessage *message);
SIO_AVAILABLE_IN_0_1
void sio_server_emit_with_ack_async (SioServer *self,
                                     const char *event,
                                     SioArgs *args,
                                     guint timeout,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioResponses *
sio_server_emit_with_ack_finish (SioServer *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_to (SioServer *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_in (SioServer *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_except (SioServer *self, const char *room);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_local (SioServer *self);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_to_rooms (SioServer *self, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_except_rooms (SioServer *self, const char *const *rooms);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_volatile (SioServer *self);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_compress (SioServer *self, gboolean compress);
SIO_AVAILABLE_IN_0_1
SioBroadcast *sio_server_timeout (SioServer *self, guint timeout);

SIO_AVAILABLE_IN_0_1
void sio_server_fetch_sockets_async (SioServer *self,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
SIO_AVAILABLE_IN_0_1
GPtrArray *sio_server_fetch_sockets_finish (SioServer *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_server_sockets_join_async (SioServer *self,
                                    const char *const *rooms,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_server_sockets_join_finish (SioServer *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_server_sockets_leave_async (SioServer *self,
                                     const char *const *rooms,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_server_sockets_leave_finish (SioServer *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_server_disconnect_sockets_async (SioServer *self,
                                          gboolean close_connection,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean
sio_server_disconnect_sockets_finish (SioServer *self, GAsyncResult *result, GError **error);

SIO_AVAILABLE_IN_0_1
void sio_server_server_side_emit (SioServer *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
void sio_server_server_side_emit_with_ack_async (SioServer *self,
                                                 const char *event,
                                                 SioArgs *args,
                                                 guint timeout,
                                                 GCancellable *cancellable,
                                                 GAsyncReadyCallback callback,
                                                 gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioResponses *
sio_server_server_side_emit_with_ack_finish (SioServer *self, GAsyncResult *result, GError **error);

SIO_AVAILABLE_IN_0_1
guint sio_server_on (SioServer *self,
                     const char *event,
                     SioEventFunc handler,
                     gpointer user_data,
                     GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_server_prepend (SioServer *self,
                          const char *event,
                          SioEventFunc handler,
                          gpointer user_data,
                          GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_server_once (SioServer *self,
                       const char *event,
                       SioEventFunc handler,
                       gpointer user_data,
                       GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_server_on_any (SioServer *self,
                         SioEventFunc handler,
                         gpointer user_data,
                         GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_server_prepend_any (SioServer *self,
                              SioEventFunc handler,
                              gpointer user_data,
                              GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_server_on_any_outgoing (SioServer *self,
                                  SioEventFunc handler,
                                  gpointer user_data,
                                  GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_server_prepend_any_outgoing (SioServer *self,
                                       SioEventFunc handler,
                                       gpointer user_data,
                                       GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_server_off (SioServer *self, guint handler_id);
SIO_AVAILABLE_IN_0_1
void sio_server_off_event (SioServer *self, const char *event);
SIO_AVAILABLE_IN_0_1
guint sio_server_use (SioServer *self,
                      SioMiddlewareFunc middleware,
                      gpointer user_data,
                      GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_server_unuse (SioServer *self, guint middleware_id);
SIO_AVAILABLE_IN_0_1
guint sio_server_use_event (SioServer *self,
                            SioEventMiddlewareFunc middleware,
                            gpointer user_data,
                            GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_server_unuse_event (SioServer *self, guint middleware_id);

SIO_AVAILABLE_IN_0_1
double sio_server_get_max_events_per_second (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_max_events_per_second (SioServer *self, double n_events);
SIO_AVAILABLE_IN_0_1
guint sio_server_get_max_event_burst (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_max_event_burst (SioServer *self, guint n_events);
SIO_AVAILABLE_IN_0_1
guint64 sio_server_get_max_event_bytes (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_max_event_bytes (SioServer *self, guint64 n_bytes);
SIO_AVAILABLE_IN_0_1
SioEventLimitAction sio_server_get_event_limit_action (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_event_limit_action (SioServer *self, SioEventLimitAction action);
SIO_AVAILABLE_IN_0_1
guint sio_server_get_max_rooms_per_socket (SioServer *self);
SIO_AVAILABLE_IN_0_1
void sio_server_set_max_rooms_per_socket (SioServer *self, guint n_rooms);

G_END_DECLS
