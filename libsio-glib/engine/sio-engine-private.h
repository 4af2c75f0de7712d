/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-cors-private.h"
#include "sio-deadline-private.h"
#include "sio-engine.h"
#include "sio-reactor-private.h"
#include "sio-session-private.h"
#include "sio-ws-private.h"

G_BEGIN_DECLS

/* Called for each session right after it opened, before the signal: the layer above sets
 * its session handler here. */
typedef void (*SioEngineConnectionFunc) (SioEngine *engine,
                                         SioSession *session,
                                         gpointer user_data);

void
sio_engine_set_connection_func (SioEngine *self, SioEngineConnectionFunc func, gpointer user_data);
SioReactor *sio_engine_get_reactor (SioEngine *self);

/* Error codes of protocol.md §1.4 */
typedef enum
{
  SIO_ENGINE_UNKNOWN_TRANSPORT,
  SIO_ENGINE_UNKNOWN_SID,
  SIO_ENGINE_BAD_HANDSHAKE_METHOD,
  SIO_ENGINE_BAD_REQUEST,
  SIO_ENGINE_FORBIDDEN,
  SIO_ENGINE_UNSUPPORTED_PROTOCOL
} SioEngineErrorCode;

#define SIO_POLLING_CLOSE_WAIT_MS 30000 /* §1.14 */
#define SIO_PROBE_NOOP_INTERVAL_MS 100  /* §1.13 */

/* What the sessions of an engine share. */
typedef struct
{
  SioDeadlineList *ping_interval;
  SioDeadlineList *ping_timeout;
  SioDeadlineList *upgrade_timeout;
  SioDeadlineList *noop_interval;
  SioDeadlineList *close_wait;
  SioWsConfig ws;
  SioOutgoing *ping;
  gsize max_buffered;
} SioEngineConfig;

/* The class is spread over sio-engine*.c; no other file looks inside. */
struct _SioEngine
{
  GObject parent_instance;

  SioReactor *reactor;
  SoupServer *soup_server;
  gboolean owns_soup_server;
  GHashTable *sessions; /* id → SioSession, owned */
  GPtrArray *listeners;
  SioEngineConfig config;
  SioDeadlineList *head_deadlines;
  SioDeadlineList *idle_deadlines;
  guint *n_peers;
  int idle_fd; /* see keep_connections_alive () */

  SioEngineConnectionFunc connection_func;
  gpointer connection_data;
  SioAllowRequest allow_request;
  gpointer allow_request_data;
  GDestroyNotify allow_request_destroy;

  SioCors *cors;
  SoupCookie *cookie;
  GTlsCertificate *certificate;
  char *initial_packet;
  char *path;
  guint ping_interval;
  guint ping_timeout;
  guint upgrade_timeout;
  guint request_timeout;
  guint max_connections;
  guint64 max_payload;
  guint64 max_buffered_bytes;
  SioTransport transports;
  gboolean allow_upgrades;

  gboolean closing;
  GTask *close_task;
  SioDeadline close_deadline;
  GHashTable *releasing; /* messages whose response is on its way */
};

const SioEngineConfig *sio_engine_get_config (SioEngine *self);
void sio_engine_install_properties (GObjectClass *object_class);
void sio_engine_update_config (SioEngine *self);

/* For sio-engine-request.c, the part of the engine that answers requests. */
gboolean sio_engine_path_matches (SioEngine *self, const char *path);
SioSession *
sio_engine_add_session (SioEngine *self, SoupServerMessage *message, SioTransport transport);
void sio_engine_session_opened (SioEngine *self, SioSession *session);
void sio_engine_remove_session (SioEngine *self, SioSession *session);
/* §1.5 */
char *sio_engine_dup_open_packet (SioEngine *self, SioSession *session);
const char *sio_engine_get_initial_packet (SioEngine *self);
SoupCookie *sio_engine_get_cookie (SioEngine *self);
gboolean sio_engine_is_closing (SioEngine *self);
void sio_engine_emit_headers (SioEngine *self, SoupServerMessage *message, gboolean initial);
/* Starts the allow-request hook; FALSE if there is none. */
gboolean sio_engine_start_allow_request (SioEngine *self,
                                         SoupServerMessage *message,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
/* Emits connection-error. @context: (transfer floating) */
void sio_engine_emit_connection_error (SioEngine *self,
                                       SoupServerMessage *message,
                                       SioEngineErrorCode code,
                                       GVariant *context);
/* A held response was released; closing the engine waits until it is written. */
void sio_engine_response_released (SioEngine *self, SoupServerMessage *message);
void sio_engine_response_finished (SioEngine *self, SoupServerMessage *message);
/* For the head of a request, and for the time between two requests. (transfer none) */
SioDeadlineList *sio_engine_get_head_deadlines (SioEngine *self);
SioDeadlineList *sio_engine_get_idle_deadlines (SioEngine *self);

/* Installs the handlers that serve the engine's path on @soup_server. */
void sio_engine_serve (SioEngine *self, SoupServer *soup_server);
void sio_engine_unserve (SioEngine *self, SoupServer *soup_server);

G_END_DECLS
