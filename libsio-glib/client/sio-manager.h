/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <libsoup/soup.h>

#include "sio-client-types.h"
#include "sio-parser.h"

G_BEGIN_DECLS

#define SIO_TYPE_MANAGER (sio_manager_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioManager, sio_manager, SIO, MANAGER, GObject)

SIO_AVAILABLE_IN_0_1
SioManager *sio_manager_new (const char *uri);
SIO_AVAILABLE_IN_0_1
SioClient *sio_manager_get_client (SioManager *self, const char *namespace_name);
SIO_AVAILABLE_IN_0_1
void sio_manager_close (SioManager *self);
SIO_AVAILABLE_IN_0_1
void sio_manager_close_async (SioManager *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_manager_close_finish (SioManager *self, GAsyncResult *result, GError **error);

SIO_AVAILABLE_IN_0_1
const char *sio_manager_get_uri (SioManager *self);
SIO_AVAILABLE_IN_0_1
SioClientState sio_manager_get_state (SioManager *self);
SIO_AVAILABLE_IN_0_1
guint sio_manager_get_attempt (SioManager *self);
SIO_AVAILABLE_IN_0_1
gint64 sio_manager_get_next_attempt_time (SioManager *self);
SIO_AVAILABLE_IN_0_1
double sio_manager_get_rtt (SioManager *self);
SIO_AVAILABLE_IN_0_1
SioTransport sio_manager_get_transport (SioManager *self);
SIO_AVAILABLE_IN_0_1
SioWaitingFor sio_manager_get_waiting_for (SioManager *self);
SIO_AVAILABLE_IN_0_1
SoupSession *sio_manager_get_soup_session (SioManager *self);

SIO_AVAILABLE_IN_0_1
void sio_manager_set_path (SioManager *self, const char *path);
SIO_AVAILABLE_IN_0_1
void sio_manager_set_transports (SioManager *self, const char *const *transports);
SIO_AVAILABLE_IN_0_1
void sio_manager_set_header (SioManager *self, const char *name, const char *value);
SIO_AVAILABLE_IN_0_1
gboolean sio_manager_trust_file (SioManager *self, const char *path, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_manager_set_reconnection (SioManager *self, gboolean reconnection);
SIO_AVAILABLE_IN_0_1
gboolean sio_manager_get_reconnection (SioManager *self);
SIO_AVAILABLE_IN_0_1
void sio_manager_set_parser (SioManager *self, SioParser *parser);
SIO_AVAILABLE_IN_0_1
SioParser *sio_manager_get_parser (SioManager *self);
SIO_AVAILABLE_IN_0_1
void sio_manager_reconnect_now (SioManager *self);

G_END_DECLS
