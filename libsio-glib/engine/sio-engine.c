/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-engine-private.h"

#include <string.h>

#include "sio-error.h"
#include "sio-http-connection-private.h"
#include "sio-id-private.h"
#include "sio-soup-request-private.h"
#include "sio-tls-handshake-private.h"
#include "sio-tls-hello-private.h"
#include "sio-transport-private.h"

/* How long closing waits for the last responses to leave. */
#define CLOSE_GRACE_MS 1000
#define LOG_INTERVAL_US (10 * G_USEC_PER_SEC)

/**
 * SioEngine:
 *
 * An Engine.IO server: it listens, performs handshakes and keeps the sessions.
 *
 * [class@Sio.Server] owns one; it is the place for everything below Socket.IO, such as
 * addresses, limits, times, CORS, cookies and the HTTP side. On its own it serves plain
 * Engine.IO through [signal@Sio.Engine::connection] and the signals of [class@Sio.Session].
 *
 * Change its settings before it listens; what is negotiated with clients (times and sizes)
 * applies to sessions that open later.
 *
 * This class is not thread-safe; use it from the thread-default main context it was created
 * in.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (SioEngine, sio_engine, G_TYPE_OBJECT)

enum
{
  SIGNAL_CONNECTION,
  SIGNAL_CONNECTION_ERROR,
  SIGNAL_INCIDENT,
  SIGNAL_INITIAL_HEADERS,
  SIGNAL_HEADERS,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
complete_close (SioEngine *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->close_task);

  sio_deadline_disarm (&self->close_deadline);
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static void
close_deadline_cb (SioDeadline *deadline)
{
  complete_close (deadline->data);
}

static void
end_all_sessions (SioEngine *self)
{
  g_autoptr (GPtrArray) sessions = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer session;

  /* Handlers may end others meanwhile: hold them all. */
  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    g_ptr_array_add (sessions, g_object_ref (session));
  for (guint i = 0; i < sessions->len; i++)
    sio_session_discard (g_ptr_array_index (sessions, i));
}

static void
release_soup_server (SioEngine *self)
{
  if (self->soup_server == NULL)
    return;
  sio_soup_request_unserve (self, self->soup_server);
  if (self->owns_soup_server)
    soup_server_disconnect (self->soup_server);
  g_clear_object (&self->soup_server);
}

static void
sio_engine_dispose (GObject *object)
{
  SioEngine *self = SIO_ENGINE (object);

  self->closing = TRUE;
  sio_engine_stop_listening (self);
  end_all_sessions (self);
  sio_http_connection_end_all (self);
  sio_tls_hello_end_all (self);
  sio_tls_handshake_end_all (self);
  release_soup_server (self);
  complete_close (self);
  if (self->allow_request_destroy != NULL)
    g_steal_pointer (&self->allow_request_destroy) (self->allow_request_data);
  self->allow_request = NULL;
  g_clear_pointer (&self->middlewares, sio_chain_free);

  G_OBJECT_CLASS (sio_engine_parent_class)->dispose (object);
}

static void
sio_engine_finalize (GObject *object)
{
  SioEngine *self = SIO_ENGINE (object);
  SioEngineConfig *config = &self->config;

  g_clear_pointer (&self->sessions, g_hash_table_unref);
  g_clear_pointer (&self->releasing, g_hash_table_unref);
  g_clear_pointer (&self->listeners, g_ptr_array_unref);
  g_clear_pointer (&config->ping_interval, sio_deadline_list_unref);
  g_clear_pointer (&config->ping_timeout, sio_deadline_list_unref);
  g_clear_pointer (&config->eio3_timeout, sio_deadline_list_unref);
  g_clear_pointer (&config->upgrade_timeout, sio_deadline_list_unref);
  g_clear_pointer (&config->noop_interval, sio_deadline_list_unref);
  g_clear_pointer (&config->close_wait, sio_deadline_list_unref);
  g_clear_pointer (&config->ws.linger, sio_deadline_list_unref);
  g_clear_pointer (&config->ping, sio_outgoing_unref);
  g_clear_pointer (&config->ws_ping, g_bytes_unref);
  g_clear_pointer (&config->pong, sio_outgoing_unref);
  g_clear_pointer (&self->head_deadlines, sio_deadline_list_unref);
  g_clear_pointer (&self->idle_deadlines, sio_deadline_list_unref);
  g_clear_pointer (&self->body_deadlines, sio_deadline_list_unref);
  g_clear_pointer (&self->peers, sio_peers_unref);
  g_clear_pointer (&self->proxies, sio_proxies_free);
  g_clear_pointer (&self->bundle, sio_client_bundle_free);
  g_clear_pointer (&self->cors, sio_cors_unref);
  g_clear_pointer (&self->cookie, soup_cookie_free);
  g_clear_object (&self->certificate);
  g_clear_pointer (&self->initial_packet, g_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->plain_path, g_free);
  g_clear_pointer (&self->progress, sio_progress_free);
  g_clear_pointer (&self->reactor, sio_reactor_unref);

  G_OBJECT_CLASS (sio_engine_parent_class)->finalize (object);
}

static void
install_signals (void)
{
  /**
   * SioEngine::connection:
   * @engine: the engine
   * @session: the new session
   *
   * A session opened. Its handlers are to be connected now.
   *
   * Since: 0.1
   */
  signals[SIGNAL_CONNECTION] = g_signal_new ("connection", SIO_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0,
                                             NULL, NULL, NULL, G_TYPE_NONE, 1, SIO_TYPE_SESSION);

  /**
   * SioEngine::connection-error:
   * @engine: the engine
   * @request: the request that was refused
   * @code: 0 transport unknown, 1 session id unknown, 2 bad handshake method, 3 bad request,
   *   4 forbidden, 5 unsupported protocol version
   * @context: a dictionary (`a{sv}`) that tells more: `transport`, `sid`, `method`, `name`,
   *   `origin`, `message` or `protocol`. It holds what the peer sent; escape it in logs.
   *
   * A request was refused.
   *
   * Since: 0.1
   */
  signals[SIGNAL_CONNECTION_ERROR] =
      g_signal_new ("connection-error", SIO_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 3, SIO_TYPE_REQUEST, G_TYPE_INT, G_TYPE_VARIANT);

  /**
   * SioEngine::incident:
   * @engine: the engine
   * @incident: what happened
   *
   * Something was refused, ended or limited; for journals and alarms. Nothing is made for it while
   * nobody listens. Who listens has to reckon with any number of them: keep little of each. What is
   * told here is not logged.
   *
   * Since: 0.1
   */
  signals[SIGNAL_INCIDENT] =
      g_signal_new ("incident", SIO_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, SIO_TYPE_INCIDENT | G_SIGNAL_TYPE_STATIC_SCOPE);

  /**
   * SioEngine::initial-headers:
   * @engine: the engine
   * @request: the request; its response headers may be changed
   *
   * The first response of a session is about to be sent.
   *
   * Since: 0.1
   */
  signals[SIGNAL_INITIAL_HEADERS] =
      g_signal_new ("initial-headers", SIO_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, SIO_TYPE_REQUEST);

  /**
   * SioEngine::headers:
   * @engine: the engine
   * @request: the request; its response headers may be changed
   *
   * A response of a session, also the first, is about to be sent.
   *
   * Since: 0.1
   */
  signals[SIGNAL_HEADERS] = g_signal_new ("headers", SIO_TYPE_ENGINE, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, SIO_TYPE_REQUEST);
}

static void
sio_engine_class_init (SioEngineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = sio_engine_dispose;
  object_class->finalize = sio_engine_finalize;
  sio_engine_install_properties (object_class);
  install_signals ();
}

static void
sio_engine_init (SioEngine *self)
{
  self->reactor = sio_reactor_get (NULL);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_object_unref);
  self->releasing = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->listeners = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_listener_free);
  self->peers = sio_peers_new ();
  self->path = g_strdup ("/engine.io/");
  self->ping_interval = 25000;
  self->ping_timeout = 20000;
  self->upgrade_timeout = 10000;
  self->request_timeout = 30000;
  self->body_timeout = 120000;
  self->max_payload = 1000000;
  self->max_buffered_bytes = 16 * 1024 * 1024;
  self->transports = SIO_TRANSPORT_POLLING | SIO_TRANSPORT_WEBSOCKET;
  self->allow_upgrades = TRUE;
  self->enforce_limits = TRUE;
  self->slow_consumer_policy = SIO_SLOW_CONSUMER_POLICY_DROP_VOLATILE;
  self->http_compression = TRUE;
  self->http_compression_threshold = SIO_COMPRESSION_THRESHOLD;
  self->per_message_deflate_threshold = SIO_COMPRESSION_THRESHOLD;
  self->max_inflate_ratio = SIO_MAX_INFLATE_RATIO;
  self->retry_after = SIO_DEFAULT_RETRY_AFTER_MS;
  self->config.ping = sio_outgoing_new_control ("2");
  self->config.ws_ping = sio_ws_frame_new (SIO_WS_OPCODE_PING, NULL, 0);
  self->config.pong = sio_outgoing_new_control ("3");
  sio_deadline_init (&self->close_deadline, close_deadline_cb, self);
  sio_engine_update_config (self);
}

/**
 * sio_engine_new:
 *
 * Creates an engine with the default settings. It belongs to the calling thread's default
 * main context.
 *
 * Returns: (transfer full): the engine
 *
 * Since: 0.1
 */
SioEngine *
sio_engine_new (void)
{
  return g_object_new (SIO_TYPE_ENGINE, NULL);
}

const SioEngineConfig *
sio_engine_get_config (SioEngine *self)
{
  return &self->config;
}

SioEngineCounters *
sio_engine_get_counters (SioEngine *self)
{
  return &self->counters;
}

void
sio_engine_take_client_bundle (SioEngine *self, SioClientBundle *bundle)
{
  g_clear_pointer (&self->bundle, sio_client_bundle_free);
  self->bundle = bundle;
}

SioClientBundle *
sio_engine_get_client_bundle (SioEngine *self)
{
  return self->bundle;
}

SioReactor *
sio_engine_get_reactor (SioEngine *self)
{
  return self->reactor;
}

void
sio_engine_set_connection_func (SioEngine *self, SioEngineConnectionFunc func, gpointer user_data)
{
  self->connection_func = func;
  self->connection_data = user_data;
}

/* Sessions */

SioSession *
sio_engine_add_session (SioEngine *self, SioRequest *request, SioTransport transport)
{
  g_autofree char *base64 = sio_request_dup_query_value (request, "b64");
  char id[SIO_ID_LENGTH + 1];
  SioSession *session;

  sio_id_generate (id);
  session = sio_session_new (self, id, request->info, transport, base64 != NULL && *base64 != '\0');
  sio_session_set_peer (
      session, sio_peers_enter_session (self->peers, sio_request_get_remote_address (request)));
  if (request->protocol3)
    {
      g_autofree char *jsonp = sio_request_dup_query_value (request, "j");

      sio_session_set_eio3 (session, jsonp != NULL && transport == SIO_TRANSPORT_POLLING);
    }
  self->counters.info_bytes += sio_request_info_get_size (request->info);
  g_hash_table_insert (self->sessions, (gpointer) sio_session_get_id (session),
                       g_object_ref (session));
  return session;
}

void
sio_engine_session_opened (SioEngine *self, SioSession *session)
{
  /* A handler of its headers may have closed everything. */
  if (sio_session_get_state (session) != SIO_SESSION_OPENING)
    return;
  self->counters.opened++;
  sio_session_start (session);
  if (self->connection_func != NULL)
    self->connection_func (self, session, self->connection_data);
  if (g_signal_has_handler_pending (self, signals[SIGNAL_CONNECTION], 0, FALSE))
    g_signal_emit (self, signals[SIGNAL_CONNECTION], 0, session);
}

void
sio_engine_remove_session (SioEngine *self, SioSession *session)
{
  sio_peers_leave_session (self->peers, sio_session_get_peer (session));
  sio_session_set_peer (session, NULL);
  self->counters.info_bytes -= sio_request_info_get_size (sio_session_get_request_info (session));
  g_hash_table_remove (self->sessions, sio_session_get_id (session));
}

char *
sio_engine_dup_open_packet (SioEngine *self, SioSession *session)
{
  gboolean upgrades = self->allow_upgrades && (self->transports & SIO_TRANSPORT_WEBSOCKET) &&
                      sio_session_get_transport (session) == SIO_TRANSPORT_POLLING;

  return g_strdup_printf ("0{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%u,"
                          "\"pingTimeout\":%u,\"maxPayload\":%" G_GUINT64_FORMAT "}",
                          sio_session_get_id (session), upgrades ? "\"websocket\"" : "",
                          self->ping_interval, self->ping_timeout, self->max_payload);
}

void
sio_engine_emit_headers (SioEngine *self, SioRequest *request, gboolean initial)
{
  guint signal = signals[initial ? SIGNAL_INITIAL_HEADERS : SIGNAL_HEADERS];

  if (g_signal_has_handler_pending (self, signal, 0, FALSE))
    g_signal_emit (self, signal, 0, request);
}

static void
log_violation (SioEngine *self, const char *address, const char *what)
{
  gint64 now = g_get_monotonic_time ();

  /* Whoever attacks must not fill the disk. */
  if (self->last_logged != 0 && now - self->last_logged < LOG_INTERVAL_US)
    {
      self->n_unlogged++;
      return;
    }
  if (self->n_unlogged > 0)
    g_info ("%s: %s (and %" G_GUINT64_FORMAT " other violations since the last message)",
            *address != '\0' ? address : "local client", what, self->n_unlogged);
  else
    g_info ("%s: %s", *address != '\0' ? address : "local client", what);
  self->last_logged = now;
  self->n_unlogged = 0;
}

gboolean
sio_engine_tells_incidents (SioEngine *self)
{
  return g_signal_has_handler_pending (self, signals[SIGNAL_INCIDENT], 0, FALSE);
}

void
sio_engine_report_incident (SioEngine *self, const SioIncidentInfo *info)
{
  if (!info->tolerated && info->address != NULL)
    self->n_violations++;
  if (sio_engine_tells_incidents (self))
    {
      g_autoptr (SioIncident) incident = sio_incident_new (info);

      g_signal_emit (self, signals[SIGNAL_INCIDENT], 0, incident);
    }
  else if (!info->tolerated && info->address != NULL)
    log_violation (self, info->address, info->text);
}

void
sio_engine_report_tls (SioEngine *self, const char *address, const char *why)
{
  const SioIncidentInfo info = { .kind = SIO_INCIDENT_TLS, .text = why, .address = address };

  sio_engine_report_incident (self, &info);
}

/**
 * sio_engine_get_n_violations:
 * @self: the engine
 *
 * Counts what peers did against the rules: requests that were refused, and sessions that were
 * ended because of what they sent, or because they read too slowly.
 *
 * The log gets a message of level info about the first, and then at most one every ten
 * seconds, unless somebody listens to [signal@Sio.Engine::incident].
 *
 * Returns: the number since the engine was created
 *
 * Since: 0.1
 */
guint64
sio_engine_get_n_violations (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->n_violations;
}

void
sio_engine_emit_connection_error (SioEngine *self,
                                  SioRequest *request,
                                  SioEngineErrorCode code,
                                  SioIncidentKind kind,
                                  const char *limit,
                                  GVariant *context)
{
  static const char *const texts[] = {
    "unknown transport", "unknown session id",         "bad handshake method",
    "bad request",       "refused by the application", "unsupported protocol version"
  };
  g_autoptr (GVariant) owned = g_variant_ref_sink (context);

  const SioIncidentInfo info = {
    .kind = kind,
    .code = limit == NULL ? sio_refused_to_string ((SioRefused) code) : NULL,
    .text = limit == NULL ? texts[code] : limit,
    .address = sio_request_get_remote_address (request),
  };

  sio_engine_report_incident (self, &info);
  g_signal_emit (self, signals[SIGNAL_CONNECTION_ERROR], 0, request, (int) code, owned);
}

void
sio_engine_start_allow_request (SioEngine *self,
                                SioRequest *request,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, sio_engine_start_allow_request);
  g_task_set_name (task, "[sio] allow request");
  self->allow_request (self, request, task, self->allow_request_data);
}

/**
 * sio_engine_get_session:
 * @self: the engine
 * @id: a session id
 *
 * Looks up a session.
 *
 * Returns: (transfer none) (nullable): the session, or `NULL` if there is none of that id
 *
 * Since: 0.1
 */
SioSession *
sio_engine_get_session (SioEngine *self, const char *id)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), NULL);
  g_return_val_if_fail (id != NULL, NULL);

  return g_hash_table_lookup (self->sessions, id);
}

/**
 * sio_engine_get_n_sessions:
 * @self: the engine
 *
 * Counts the sessions.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
sio_engine_get_n_sessions (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return g_hash_table_size (self->sessions);
}

/* Closing */

void
sio_engine_response_released (SioEngine *self, SoupServerMessage *message)
{
  if (self->closing)
    g_hash_table_add (self->releasing, g_object_ref (message));
}

void
sio_engine_response_finished (SioEngine *self, SoupServerMessage *message)
{
  if (g_hash_table_size (self->releasing) == 0)
    return;
  g_hash_table_remove (self->releasing, message);
  if (g_hash_table_size (self->releasing) == 0)
    complete_close (self);
}

/**
 * sio_engine_close_async:
 * @self: the engine
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Stops listening, closes all sessions at once, and finishes when the last responses have
 * left, or after one second. What was buffered for clients is dropped.
 *
 * The engine can listen again after that.
 *
 * Since: 0.1
 */
void
sio_engine_close_async (SioEngine *self,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (SioDeadlineList) grace = NULL;

  g_return_if_fail (SIO_IS_ENGINE (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_engine_close_async);
  g_task_set_name (task, "[sio] close engine");

  self->closing = TRUE;
  sio_engine_stop_listening (self);
  sio_engine_cancel_middlewares (self);
  end_all_sessions (self);
  complete_close (self);
  if (g_hash_table_size (self->releasing) == 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  self->close_task = g_steal_pointer (&task);
  grace = sio_deadline_list_get (self->reactor, CLOSE_GRACE_MS);
  sio_deadline_arm (&self->close_deadline, grace);
}

/**
 * sio_engine_close_finish:
 * @self: the engine
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Engine.close_async].
 *
 * Returns: `TRUE`; `FALSE` if it was cancelled
 *
 * Since: 0.1
 */
gboolean
sio_engine_close_finish (SioEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
