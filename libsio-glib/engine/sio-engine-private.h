/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-chain-private.h"
#include "sio-client-bundle-private.h"
#include "sio-cors-private.h"
#include "sio-counters-private.h"
#include "sio-deadline-private.h"
#include "sio-engine.h"
#include "sio-incident-private.h"
#include "sio-listener-private.h"
#include "sio-peers-private.h"
#include "sio-proxies-private.h"
#include "sio-reactor-private.h"
#include "sio-request-private.h"
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

#define SIO_COMPRESSION_THRESHOLD 1024 /* §1.18 */
#define SIO_MAX_INFLATE_RATIO 200

#define SIO_DEFAULT_RETRY_AFTER_MS 5000

/* What the sessions of an engine share. */
typedef struct
{
  SioDeadlineList *ping_interval;
  SioDeadlineList *ping_timeout;
  SioDeadlineList *eio3_timeout; /* until the next ping of the client, §2 */
  SioDeadlineList *upgrade_timeout;
  SioDeadlineList *noop_interval;
  SioDeadlineList *close_wait;
  SioWsConfig ws;
  SioOutgoing *ping;
  GBytes *ws_ping; /* for plain clients */
  SioOutgoing *pong;
  gsize max_buffered;
  gsize deflate_threshold;
  SioSlowConsumerPolicy slow_consumer_policy;
} SioEngineConfig;

typedef struct _SioDrain SioDrain;
typedef struct _SioProgress SioProgress;

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
  SioDeadlineList *body_deadlines;
  GQueue connections;   /* of SioHttpConnection */
  GQueue soup_requests; /* of those that libsoup read */
  GQueue tls_hellos;    /* of connections whose ClientHello is awaited */
  GQueue tls_handshakes;
  SioPeers *peers;
  SioProxies *proxies; /* NULL: none is trusted */

  SioEngineConnectionFunc connection_func;
  gpointer connection_data;
  SioAllowRequest allow_request;
  gpointer allow_request_data;
  GDestroyNotify allow_request_destroy;

  SioClientBundle *bundle; /* NULL: none is served */
  SioChain *middlewares;
  GQueue deciding; /* of requests in the middlewares */

  SioCors *cors;
  SoupCookie *cookie;
  GTlsCertificate *certificate;
  char *initial_packet;
  char *path;
  char *plain_path; /* of plain WebSocket clients, NULL for none */
  guint ping_interval;
  guint ping_timeout;
  guint upgrade_timeout;
  guint request_timeout;
  guint body_timeout;
  guint max_connections;
  guint max_connections_per_address;
  guint64 max_payload;
  guint64 max_buffered_bytes;
  SioTransport transports;
  gboolean allow_upgrades;
  gboolean allow_eio3;
  gboolean http_compression;
  gboolean per_message_deflate;
  guint http_compression_threshold;
  guint per_message_deflate_threshold;
  guint max_inflate_ratio;

  gboolean enforce_limits;
  SioSlowConsumerPolicy slow_consumer_policy;
  SioEngineCounters counters;
  guint64 n_violations;
  guint64 n_unlogged; /* of them, since the last line in the log */
  gint64 last_logged;

  gboolean draining;
  SioDrain *drain; /* while sessions are being closed, see sio-engine-drain.c */
  guint retry_after;

  SioProgress *progress; /* NULL until somebody asks */

  gboolean closing;
  GTask *close_task;
  SioDeadline close_deadline;
  GHashTable *releasing; /* messages whose response is on its way */
};

/* NULL: no plain WebSocket clients. Before listening. */
void sio_engine_set_plain_path (SioEngine *self, const char *path);
const char *sio_engine_get_plain_path (SioEngine *self);
const SioEngineConfig *sio_engine_get_config (SioEngine *self);
/* @bundle: (transfer full) (nullable) */
void sio_engine_take_client_bundle (SioEngine *self, SioClientBundle *bundle);
SioClientBundle *sio_engine_get_client_bundle (SioEngine *self);
SioEngineCounters *sio_engine_get_counters (SioEngine *self);
/* HTTP connections there are; not those that became WebSockets. */
guint sio_engine_get_n_connections (SioEngine *self);
/* Bytes that wait for clients; looks at each session. */
guint64 sio_engine_sum_buffered_bytes (SioEngine *self);
/* Bytes that the sessions take, without what waits. */
guint64 sio_engine_estimate_session_bytes (SioEngine *self);
void sio_engine_install_properties (GObjectClass *object_class);
/* Five of them. */
void sio_engine_fill_compression_properties (GParamSpec **properties);
/* Two of them. */
void sio_engine_fill_drain_properties (GParamSpec **properties);
void sio_engine_update_config (SioEngine *self);
void sio_progress_free (SioProgress *self);

/* For sio-engine-request.c, the part of the engine that answers requests. */
SioSession *sio_engine_add_session (SioEngine *self, SioRequest *request, SioTransport transport);
void sio_engine_session_opened (SioEngine *self, SioSession *session);
void sio_engine_remove_session (SioEngine *self, SioSession *session);
/* §1.5 */
char *sio_engine_dup_open_packet (SioEngine *self, SioSession *session);
void sio_engine_emit_headers (SioEngine *self, SioRequest *request, gboolean initial);
/* TRUE after the request for a new session was answered. */
gboolean sio_engine_refuse_while_draining (SioEngine *self, SioRequest *request);
/* Asks the application's hook, which must be set. */
void sio_engine_start_allow_request (SioEngine *self,
                                     SioRequest *request,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
/* Why one more connection or session from @address is too many, which is counted; NULL if it is
 * welcome. @kind is which limit it exceeds. @n_own is how many of the counted connections are those
 * that ask, @n_own_address how many of those that count for @address. */
const char *sio_engine_check_peer (
    SioEngine *self, const char *address, guint n_own, guint n_own_address, SioIncidentKind *kind);
/* The address that a connection counts for: none if it is a trusted proxy's, which carries
 * requests of many clients. */
const char *sio_engine_get_counted_address (SioEngine *self, const char *address);
/* What is known of a request: of the client, if @peer is a trusted proxy, which is told in
 * @proxied. */
SioRequestInfo *sio_engine_make_info (SioEngine *self,
                                      const char *peer,
                                      gboolean secure,
                                      const char *url,
                                      gsize url_length,
                                      const char *headers,
                                      gsize headers_length,
                                      gboolean *proxied);
/* A peer broke a rule or met a limit: counts it, and tells who listens, or now and then the log.
 * Handlers may do anything meanwhile. */
void sio_engine_report_incident (SioEngine *self, const SioIncidentInfo *info);
/* The same for a client that could not agree on TLS. */
void sio_engine_report_tls (SioEngine *self, const char *address, const char *why);
gboolean sio_engine_tells_incidents (SioEngine *self);
/* Emits connection-error; reports it, too. @limit: NULL unless a limit of @kind was the reason.
 * @context: (transfer floating) */
void sio_engine_emit_connection_error (SioEngine *self,
                                       SioRequest *request,
                                       SioEngineErrorCode code,
                                       SioIncidentKind kind,
                                       const char *limit,
                                       GVariant *context);
/* Asks the middlewares about a request; FALSE if there are none. Otherwise one of the functions
 * below is called, maybe at once, unless the client goes away. */
gboolean sio_engine_run_middlewares (SioEngine *self, SioRequest *request);
void sio_engine_cancel_middlewares (SioEngine *self);
/* Nobody needs to be asked any more. */
void sio_engine_end_decision (SioRequest *request);
/* The middlewares have decided. */
void sio_engine_go_on (SioEngine *self, SioRequest *request, gboolean allowed);
/* They take too long. */
void sio_engine_give_up (SioRequest *request);
/* The application is about to answer. */
void sio_engine_request_answered (SioRequest *request);
/* A held response was released; closing the engine waits until it is written. */
void sio_engine_response_released (SioEngine *self, SoupServerMessage *message);
void sio_engine_response_finished (SioEngine *self, SoupServerMessage *message);

/* How much of a body that is too large is passed over, so that the client gets to read the
 * answer; who sends more is cut off. */
static inline guint64
sio_http_body_limit (guint64 max_payload)
{
  return 4 * max_payload + 1024 * 1024;
}

/* For the backends of SioRequest. The head of a request with a body came; FALSE if it was
 * refused. */
gboolean sio_engine_begin_request (SioEngine *self, SioRequest *request);
/* For sio-engine-plain.c. @name tells the application what was wrong. */
void sio_engine_refuse_bad_request (SioEngine *self, SioRequest *request, const char *name);
/* 413 */
void sio_engine_refuse_large_body (SioEngine *engine, SioRequest *request);
void sio_engine_start_handshake (SioEngine *self, SioRequest *request, SioTransport transport);
/* A request for the plain path, and what becomes of it when the application allows it. */
void sio_engine_handle_plain (SioEngine *self, SioRequest *request);
void sio_engine_accept_plain (SioEngine *self, SioRequest *request);
/* The request is complete; it is answered now or later. */
void sio_engine_handle_request (SioEngine *self, SioRequest *request);
/* The connection broke before the request was answered. */
void sio_engine_request_lost (SioRequest *request);
/* Give a connection to libsoup, which reads @prefix first. */
void sio_engine_give_fd_to_soup (SioEngine *self, int fd, const char *address, GBytes *prefix);
/* @stream: a TLS connection */
void sio_engine_give_stream_to_soup (SioEngine *self,
                                     GIOStream *stream,
                                     const char *address,
                                     GBytes *prefix);

G_END_DECLS
