/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-args.h"
#include "sio-client-types.h"
#include "sio-manager.h"
#include "sio-message.h"

G_BEGIN_DECLS

#define SIO_TYPE_CLIENT (sio_client_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioClient, sio_client, SIO, CLIENT, GObject)

SIO_AVAILABLE_IN_0_1
SioClient *sio_client_new (const char *uri);
SIO_AVAILABLE_IN_0_1
SioManager *sio_client_get_manager (SioClient *self);
SIO_AVAILABLE_IN_0_1
const char *sio_client_get_namespace (SioClient *self);

SIO_AVAILABLE_IN_0_1
void sio_client_open (SioClient *self);
SIO_AVAILABLE_IN_0_1
void sio_client_close (SioClient *self);

SIO_AVAILABLE_IN_0_1
SioClientState sio_client_get_state (SioClient *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_client_is_connected (SioClient *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_client_is_active (SioClient *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_client_is_recovered (SioClient *self);
SIO_AVAILABLE_IN_0_1
const char *sio_client_get_id (SioClient *self);
SIO_AVAILABLE_IN_0_1
const char *sio_client_get_reason (SioClient *self);

SIO_AVAILABLE_IN_0_1
void sio_client_set_auth (SioClient *self, JsonNode *auth);
SIO_AVAILABLE_IN_0_1
JsonNode *sio_client_get_auth (SioClient *self);
SIO_AVAILABLE_IN_0_1
void sio_client_set_auth_func (SioClient *self,
                               SioAuthFunc func,
                               gpointer user_data,
                               GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_auth_return (GTask *task, JsonNode *auth);
SIO_AVAILABLE_IN_0_1
void sio_auth_fail (GTask *task, const char *message);

SIO_AVAILABLE_IN_0_1
guint sio_client_on (SioClient *self,
                     const char *event,
                     SioClientEventFunc handler,
                     gpointer user_data,
                     GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_client_prepend (SioClient *self,
                          const char *event,
                          SioClientEventFunc handler,
                          gpointer user_data,
                          GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_client_once (SioClient *self,
                       const char *event,
                       SioClientEventFunc handler,
                       gpointer user_data,
                       GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_client_on_any (SioClient *self,
                         SioClientEventFunc handler,
                         gpointer user_data,
                         GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_client_prepend_any (SioClient *self,
                              SioClientEventFunc handler,
                              gpointer user_data,
                              GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_client_on_any_outgoing (SioClient *self,
                                  SioClientEventFunc handler,
                                  gpointer user_data,
                                  GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_client_prepend_any_outgoing (SioClient *self,
                                       SioClientEventFunc handler,
                                       gpointer user_data,
                                       GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_client_off (SioClient *self, guint handler_id);
SIO_AVAILABLE_IN_0_1
void sio_client_off_event (SioClient *self, const char *event);
SIO_AVAILABLE_IN_0_1
void sio_client_off_any (SioClient *self);
SIO_AVAILABLE_IN_0_1
void sio_client_off_any_outgoing (SioClient *self);
SIO_AVAILABLE_IN_0_1
guint *sio_client_list_handlers (SioClient *self, const char *event, gsize *n_handlers);
SIO_AVAILABLE_IN_0_1
guint *sio_client_list_any (SioClient *self, gsize *n_handlers);
SIO_AVAILABLE_IN_0_1
guint *sio_client_list_any_outgoing (SioClient *self, gsize *n_handlers);

SIO_AVAILABLE_IN_0_1
gboolean sio_client_emit (SioClient *self, const char *event, SioArgs *args);
SIO_AVAILABLE_IN_0_1
gboolean
sio_client_emit_full (SioClient *self, const char *event, SioArgs *args, SioEmitFlags flags);
SIO_AVAILABLE_IN_0_1
void sio_client_emit_with_ack_async (SioClient *self,
                                     const char *event,
                                     SioArgs *args,
                                     guint timeout,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_client_emit_with_ack_finish (SioClient *self, GAsyncResult *result, GError **error);

G_END_DECLS
