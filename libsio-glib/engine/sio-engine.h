/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <libsoup/soup.h>

#include "sio-cors.h"
#include "sio-incident.h"
#include "sio-request.h"
#include "sio-session.h"
#include "sio-types.h"
#include "sio-version-macros.h"

G_BEGIN_DECLS

#define SIO_TYPE_ENGINE (sio_engine_get_type ())

SIO_AVAILABLE_IN_0_1
G_DECLARE_FINAL_TYPE (SioEngine, sio_engine, SIO, ENGINE, GObject)

/**
 * SioAllowRequest:
 * @engine: the engine
 * @request: the HTTP request of the handshake
 * @task: (transfer none): returns a boolean; take a reference to answer later
 * @user_data: what was given to [method@Sio.Engine.set_allow_request]
 *
 * Decides whether a client may open a session.
 *
 * Return `TRUE` to accept; return `FALSE` or an error to refuse. The message of the error is
 * what the client gets (default: `Forbidden`).
 *
 * Since: 0.1
 */
typedef void (*SioAllowRequest) (SioEngine *engine,
                                 SioRequest *request,
                                 GTask *task,
                                 gpointer user_data);

/**
 * SioRequestMiddleware:
 * @engine: the engine
 * @request: an HTTP request
 * @task: (transfer none): returns a boolean; take a reference to answer later
 * @user_data: what was given to [method@Sio.Engine.use]
 *
 * Decides what becomes of an HTTP request.
 *
 * Answer with [func@Sio.middleware_accept] or [func@Sio.middleware_reject], or return `TRUE`,
 * `FALSE` or an error on @task yourself, which takes one iteration of the main context longer. A
 * refused request gets status 400. Or answer the request with [method@Sio.Request.answer].
 * [method@Gio.Task.get_cancellable] is cancelled when the client goes away meanwhile.
 *
 * Since: 0.1
 */
typedef void (*SioRequestMiddleware) (SioEngine *engine,
                                      SioRequest *request,
                                      GTask *task,
                                      gpointer user_data);

SIO_AVAILABLE_IN_0_1
SioEngine *sio_engine_new (void);

SIO_AVAILABLE_IN_0_1
SoupServer *sio_engine_get_soup_server (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_attach (SioEngine *self, SoupServer *soup_server);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_check_address (const char *address, GError **error);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_check_proxy (const char *proxy, GError **error);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_listen (SioEngine *self, const char *address, GError **error);
SIO_AVAILABLE_IN_0_1
char **sio_engine_list_addresses (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_stop_listening (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_close_async (SioEngine *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_close_finish (SioEngine *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_engine_drain_async (SioEngine *self,
                             guint rate,
                             guint timeout,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_drain_finish (SioEngine *self, GAsyncResult *result, GError **error);
SIO_AVAILABLE_IN_0_1
void sio_engine_stop_draining (SioEngine *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_is_draining (SioEngine *self);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_retry_after (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_retry_after (SioEngine *self, guint milliseconds);

SIO_AVAILABLE_IN_0_1
void sio_engine_check_progress_async (SioEngine *self,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
SIO_AVAILABLE_IN_0_1
gint64 sio_engine_check_progress_finish (SioEngine *self, GAsyncResult *result, GError **error);

SIO_AVAILABLE_IN_0_1
SioSession *sio_engine_get_session (SioEngine *self, const char *id);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_n_sessions (SioEngine *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_engine_get_n_violations (SioEngine *self);

SIO_AVAILABLE_IN_0_1
const char *sio_engine_get_path (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_path (SioEngine *self, const char *path);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_ping_interval (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_ping_interval (SioEngine *self, guint milliseconds);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_ping_timeout (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_ping_timeout (SioEngine *self, guint milliseconds);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_upgrade_timeout (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_upgrade_timeout (SioEngine *self, guint milliseconds);
SIO_AVAILABLE_IN_0_1
guint64 sio_engine_get_max_payload (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_max_payload (SioEngine *self, guint64 bytes);
SIO_AVAILABLE_IN_0_1
guint64 sio_engine_get_max_buffered_bytes (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_max_buffered_bytes (SioEngine *self, guint64 bytes);
SIO_AVAILABLE_IN_0_1
SioTransport sio_engine_get_transports (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_transports (SioEngine *self, SioTransport transports);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_get_allow_upgrades (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_allow_upgrades (SioEngine *self, gboolean allow_upgrades);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_get_allow_eio3 (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_allow_eio3 (SioEngine *self, gboolean allow_eio3);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_get_http_compression (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_http_compression (SioEngine *self, gboolean compress);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_http_compression_threshold (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_http_compression_threshold (SioEngine *self, guint bytes);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_get_per_message_deflate (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_per_message_deflate (SioEngine *self, gboolean deflate);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_per_message_deflate_threshold (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_per_message_deflate_threshold (SioEngine *self, guint bytes);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_max_inflate_ratio (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_max_inflate_ratio (SioEngine *self, guint ratio);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_request_timeout (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_request_timeout (SioEngine *self, guint milliseconds);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_body_timeout (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_body_timeout (SioEngine *self, guint milliseconds);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_max_connections (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_max_connections (SioEngine *self, guint n_connections);
SIO_AVAILABLE_IN_0_1
guint sio_engine_get_max_connections_per_address (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_max_connections_per_address (SioEngine *self, guint n_connections);
SIO_AVAILABLE_IN_0_1
gboolean sio_engine_get_enforce_limits (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_enforce_limits (SioEngine *self, gboolean enforce);
SIO_AVAILABLE_IN_0_1
SioSlowConsumerPolicy sio_engine_get_slow_consumer_policy (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_slow_consumer_policy (SioEngine *self, SioSlowConsumerPolicy policy);
SIO_AVAILABLE_IN_0_1
GTlsCertificate *sio_engine_get_tls_certificate (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_tls_certificate (SioEngine *self, GTlsCertificate *certificate);
SIO_AVAILABLE_IN_0_1
const char *const *sio_engine_get_trusted_proxies (SioEngine *self);
SIO_AVAILABLE_IN_0_1
gboolean
sio_engine_set_trusted_proxies (SioEngine *self, const char *const *proxies, GError **error);
SIO_AVAILABLE_IN_0_1
char *sio_engine_dup_client_address (SioEngine *self, SoupServerMessage *message, gboolean *secure);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_cors (SioEngine *self, SioCors *cors);
SIO_AVAILABLE_IN_0_1
SioCors *sio_engine_get_cors (SioEngine *self);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_cookie (SioEngine *self, SoupCookie *cookie);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_initial_packet (SioEngine *self, const char *text);
SIO_AVAILABLE_IN_0_1
void sio_engine_set_allow_request (SioEngine *self,
                                   SioAllowRequest func,
                                   gpointer user_data,
                                   GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
guint sio_engine_use (SioEngine *self,
                      SioRequestMiddleware middleware,
                      gpointer user_data,
                      GDestroyNotify destroy);
SIO_AVAILABLE_IN_0_1
void sio_engine_unuse (SioEngine *self, guint middleware_id);

G_END_DECLS
