/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-manager.h"

#include <string.h>

#include "sio-client-private.h"
#include "sio-enums.h"
#include "sio-error.h"
#include "sio-version.h"

#define DEFAULT_MAX_PAYLOAD (64 * 1024 * 1024)
#define DEFAULT_PATH "/socket.io/"
#define MAX_CONNECTIONS 8

/**
 * SioManager:
 *
 * One connection to a Socket.IO server, shared by the clients of several namespaces.
 *
 * ```c
 * manager = sio_manager_new ("https://example.org");
 * chat = sio_manager_get_client (manager, "/chat");
 * news = sio_manager_get_client (manager, "/news");
 * ```
 *
 * It connects when the first client is opened and closes with the last one. In between it
 * reconnects by itself, with growing delays. Its settings are properties; they take effect
 * with the next connection. Who needs only one namespace uses [ctor@Sio.Client.new].
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */

enum
{
  PROP_0,
  PROP_URI,
  PROP_PATH,
  PROP_TRANSPORTS,
  PROP_UPGRADE,
  PROP_TRY_ALL_TRANSPORTS,
  PROP_REMEMBER_UPGRADE,
  PROP_FORCE_BASE64,
  PROP_COMPRESS,
  PROP_COOKIES,
  PROP_REQUEST_TIMEOUT,
  PROP_TIMEOUT,
  PROP_MAX_PAYLOAD,
  PROP_TLS_DATABASE,
  PROP_TLS_CERTIFICATE,
  PROP_RECONNECTION,
  PROP_RECONNECTION_ATTEMPTS,
  PROP_RECONNECTION_DELAY,
  PROP_RECONNECTION_DELAY_MAX,
  PROP_RANDOMIZATION_FACTOR,
  PROP_STATE,
  PROP_ATTEMPT,
  PROP_NEXT_ATTEMPT_TIME,
  PROP_RTT,
  PROP_TRANSPORT,
  N_PROPS
};

enum
{
  OPENED,
  CLOSED,
  OPEN_ERROR,
  RECONNECT_ATTEMPT,
  RECONNECTED,
  RECONNECT_FAILED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioManager, sio_manager, G_TYPE_OBJECT)

static SoupSession *
ensure_session (SioManager *self)
{
  if (self->session == NULL)
    self->session = soup_session_new_with_options ("max-conns", MAX_CONNECTIONS,
                                                   "max-conns-per-host", MAX_CONNECTIONS,
                                                   "user-agent", "sio-glib/" SIO_VERSION_S, NULL);
  return self->session;
}

static void
set_boolean (SioManager *self, gboolean *field, const GValue *value, GParamSpec *pspec)
{
  if (*field == g_value_get_boolean (value))
    return;
  *field = g_value_get_boolean (value);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
set_uint (SioManager *self, guint *field, const GValue *value, GParamSpec *pspec)
{
  if (*field == g_value_get_uint (value))
    return;
  *field = g_value_get_uint (value);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
set_double (SioManager *self, double *field, const GValue *value, GParamSpec *pspec)
{
  if (*field == g_value_get_double (value))
    return;
  *field = g_value_get_double (value);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
set_cookies (SioManager *self, gboolean cookies)
{
  if (self->cookies == cookies)
    return;
  self->cookies = cookies;
  if (cookies)
    soup_session_add_feature_by_type (ensure_session (self), SOUP_TYPE_COOKIE_JAR);
  else
    soup_session_remove_feature_by_type (ensure_session (self), SOUP_TYPE_COOKIE_JAR);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COOKIES]);
}

static void
sio_manager_dispose (GObject *object)
{
  SioManager *self = SIO_MANAGER (object);

  sio_manager_connection_dispose (self);

  G_OBJECT_CLASS (sio_manager_parent_class)->dispose (object);
}

static void
sio_manager_finalize (GObject *object)
{
  SioManager *self = SIO_MANAGER (object);

  g_free (self->uri);
  g_free (self->path);
  g_strfreev (self->transports);
  g_hash_table_unref (self->headers);
  g_hash_table_unref (self->clients);
  g_clear_object (&self->tls_database);
  g_clear_object (&self->tls_certificate);
  g_clear_object (&self->session);
  g_clear_pointer (&self->reactor, sio_reactor_unref);

  G_OBJECT_CLASS (sio_manager_parent_class)->finalize (object);
}

static void
sio_manager_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioManager *self = SIO_MANAGER (object);

  switch (prop_id)
    {
    case PROP_URI:
      g_value_set_string (value, self->uri);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_TRANSPORTS:
      g_value_set_boxed (value, self->transports);
      break;
    case PROP_UPGRADE:
      g_value_set_boolean (value, self->upgrade);
      break;
    case PROP_TRY_ALL_TRANSPORTS:
      g_value_set_boolean (value, self->try_all_transports);
      break;
    case PROP_REMEMBER_UPGRADE:
      g_value_set_boolean (value, self->remember_upgrade);
      break;
    case PROP_FORCE_BASE64:
      g_value_set_boolean (value, self->force_base64);
      break;
    case PROP_COMPRESS:
      g_value_set_boolean (value, self->compress);
      break;
    case PROP_COOKIES:
      g_value_set_boolean (value, self->cookies);
      break;
    case PROP_REQUEST_TIMEOUT:
      g_value_set_uint (value, self->request_timeout);
      break;
    case PROP_TIMEOUT:
      g_value_set_uint (value, self->timeout);
      break;
    case PROP_MAX_PAYLOAD:
      g_value_set_uint (value, self->max_payload);
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, self->tls_database);
      break;
    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->tls_certificate);
      break;
    case PROP_RECONNECTION:
      g_value_set_boolean (value, self->reconnection);
      break;
    case PROP_RECONNECTION_ATTEMPTS:
      g_value_set_uint (value, self->reconnection_attempts);
      break;
    case PROP_RECONNECTION_DELAY:
      g_value_set_uint (value, self->reconnection_delay);
      break;
    case PROP_RECONNECTION_DELAY_MAX:
      g_value_set_uint (value, self->reconnection_delay_max);
      break;
    case PROP_RANDOMIZATION_FACTOR:
      g_value_set_double (value, self->randomization_factor);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_ATTEMPT:
      g_value_set_uint (value, self->attempt);
      break;
    case PROP_NEXT_ATTEMPT_TIME:
      g_value_set_int64 (value, self->next_attempt_time);
      break;
    case PROP_RTT:
      g_value_set_double (value, self->rtt);
      break;
    case PROP_TRANSPORT:
      g_value_set_flags (value, sio_manager_get_transport (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_manager_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  SioManager *self = SIO_MANAGER (object);

  switch (prop_id)
    {
    case PROP_URI:
      self->uri = g_value_dup_string (value);
      break;
    case PROP_PATH:
      sio_manager_set_path (self, g_value_get_string (value));
      break;
    case PROP_TRANSPORTS:
      sio_manager_set_transports (self, g_value_get_boxed (value));
      break;
    case PROP_UPGRADE:
      set_boolean (self, &self->upgrade, value, pspec);
      break;
    case PROP_TRY_ALL_TRANSPORTS:
      set_boolean (self, &self->try_all_transports, value, pspec);
      break;
    case PROP_REMEMBER_UPGRADE:
      set_boolean (self, &self->remember_upgrade, value, pspec);
      break;
    case PROP_FORCE_BASE64:
      set_boolean (self, &self->force_base64, value, pspec);
      break;
    case PROP_COMPRESS:
      set_boolean (self, &self->compress, value, pspec);
      break;
    case PROP_COOKIES:
      set_cookies (self, g_value_get_boolean (value));
      break;
    case PROP_REQUEST_TIMEOUT:
      set_uint (self, &self->request_timeout, value, pspec);
      break;
    case PROP_TIMEOUT:
      set_uint (self, &self->timeout, value, pspec);
      break;
    case PROP_MAX_PAYLOAD:
      set_uint (self, &self->max_payload, value, pspec);
      break;
    case PROP_TLS_DATABASE:
      if (g_set_object (&self->tls_database, g_value_get_object (value)))
        g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_TLS_CERTIFICATE:
      if (g_set_object (&self->tls_certificate, g_value_get_object (value)))
        g_object_notify_by_pspec (object, pspec);
      break;
    case PROP_RECONNECTION:
      sio_manager_set_reconnection (self, g_value_get_boolean (value));
      break;
    case PROP_RECONNECTION_ATTEMPTS:
      set_uint (self, &self->reconnection_attempts, value, pspec);
      break;
    case PROP_RECONNECTION_DELAY:
      set_uint (self, &self->reconnection_delay, value, pspec);
      break;
    case PROP_RECONNECTION_DELAY_MAX:
      set_uint (self, &self->reconnection_delay_max, value, pspec);
      break;
    case PROP_RANDOMIZATION_FACTOR:
      set_double (self, &self->randomization_factor, value, pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_settings (void)
{
  /**
   * SioManager:uri:
   *
   * Address of the server, for example `https://example.org:8443`. A query goes along with
   * every request; a path is not used.
   *
   * Since: 0.1
   */
  properties[PROP_URI] = g_param_spec_string (
      "uri", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:path:
   *
   * Path of the engine on the server, `/socket.io/` by default. A slash is added at the end.
   *
   * Since: 0.1
   */
  properties[PROP_PATH] =
      g_param_spec_string ("path", NULL, NULL, "/socket.io/",
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:transports:
   *
   * Transports in the order of preference: `polling`, `websocket`. The connection is made with
   * the first one.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORTS] =
      g_param_spec_boxed ("transports", NULL, NULL, G_TYPE_STRV,
                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:upgrade:
   *
   * Whether to change over from polling to WebSocket.
   *
   * Since: 0.1
   */
  properties[PROP_UPGRADE] =
      g_param_spec_boolean ("upgrade", NULL, NULL, TRUE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:try-all-transports:
   *
   * Whether to try the other transports if the first one cannot connect.
   *
   * Since: 0.1
   */
  properties[PROP_TRY_ALL_TRANSPORTS] =
      g_param_spec_boolean ("try-all-transports", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:remember-upgrade:
   *
   * Whether to begin with WebSocket if it worked the last time.
   *
   * Since: 0.1
   */
  properties[PROP_REMEMBER_UPGRADE] =
      g_param_spec_boolean ("remember-upgrade", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:force-base64:
   *
   * Whether binary data travels as text on all transports.
   *
   * Since: 0.1
   */
  properties[PROP_FORCE_BASE64] =
      g_param_spec_boolean ("force-base64", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:compress:
   *
   * Whether to offer compression of WebSocket messages (permessage-deflate). Off by default:
   * it costs memory and time.
   *
   * Since: 0.1
   */
  properties[PROP_COMPRESS] =
      g_param_spec_boolean ("compress", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:cookies:
   *
   * Whether to keep and send cookies.
   *
   * Since: 0.1
   */
  properties[PROP_COOKIES] =
      g_param_spec_boolean ("cookies", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
install_limits (void)
{
  /**
   * SioManager:request-timeout:
   *
   * How long a request of long-polling may take in ms, 0 for ever.
   *
   * Since: 0.1
   */
  properties[PROP_REQUEST_TIMEOUT] =
      g_param_spec_uint ("request-timeout", NULL, NULL, 0, G_MAXINT, 0,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:timeout:
   *
   * How long connecting may take in ms, 0 for ever.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT] =
      g_param_spec_uint ("timeout", NULL, NULL, 0, G_MAXINT, 20000,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:max-payload:
   *
   * The most bytes that one message or response of the server may have.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_PAYLOAD] =
      g_param_spec_uint ("max-payload", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_PAYLOAD,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:tls-database:
   *
   * Authorities that may sign the certificate of the server; %NULL for those that the system
   * trusts.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_DATABASE] =
      g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:tls-certificate:
   *
   * Certificate of this client, with its key, for servers that ask for one.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CERTIFICATE] =
      g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:reconnection:
   *
   * Whether to reconnect when the connection is lost or cannot be made.
   *
   * Since: 0.1
   */
  properties[PROP_RECONNECTION] =
      g_param_spec_boolean ("reconnection", NULL, NULL, TRUE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:reconnection-attempts:
   *
   * How many times to try to reconnect before giving up, 0 for ever.
   *
   * Since: 0.1
   */
  properties[PROP_RECONNECTION_ATTEMPTS] =
      g_param_spec_uint ("reconnection-attempts", NULL, NULL, 0, G_MAXINT, 0,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:reconnection-delay:
   *
   * How long to wait before the first attempt to reconnect in ms; it doubles with each.
   *
   * Since: 0.1
   */
  properties[PROP_RECONNECTION_DELAY] =
      g_param_spec_uint ("reconnection-delay", NULL, NULL, 1, G_MAXINT, 1000,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:reconnection-delay-max:
   *
   * The longest time to wait between attempts to reconnect in ms.
   *
   * Since: 0.1
   */
  properties[PROP_RECONNECTION_DELAY_MAX] =
      g_param_spec_uint ("reconnection-delay-max", NULL, NULL, 1, G_MAXINT, 5000,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioManager:randomization-factor:
   *
   * How far the delay between attempts may be off at random, from 0 to 1.
   *
   * Since: 0.1
   */
  properties[PROP_RANDOMIZATION_FACTOR] =
      g_param_spec_double ("randomization-factor", NULL, NULL, 0, 1, 0.5,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
install_state (void)
{
  /**
   * SioManager:state:
   *
   * State of the connection.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] =
      g_param_spec_enum ("state", NULL, NULL, SIO_TYPE_CLIENT_STATE, SIO_CLIENT_DISCONNECTED,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:attempt:
   *
   * Number of the present or next attempt to reconnect, from 1; 0 while connected.
   *
   * Since: 0.1
   */
  properties[PROP_ATTEMPT] = g_param_spec_uint ("attempt", NULL, NULL, 0, G_MAXUINT, 0,
                                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:next-attempt-time:
   *
   * When the next attempt to reconnect is made, in µs since the epoch; 0 if none is planned.
   *
   * Since: 0.1
   */
  properties[PROP_NEXT_ATTEMPT_TIME] = g_param_spec_int64 (
      "next-attempt-time", NULL, NULL, 0, G_MAXINT64, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:rtt:
   *
   * Time that a message takes to the server and back in ms, as measured last; negative if not
   * known.
   *
   * Since: 0.1
   */
  properties[PROP_RTT] = g_param_spec_double ("rtt", NULL, NULL, -1, G_MAXDOUBLE, -1,
                                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioManager:transport:
   *
   * The transport in use, 0 while not connected.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORT] = g_param_spec_flags ("transport", NULL, NULL, SIO_TYPE_TRANSPORT, 0,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
install_signals (GType type)
{
  /**
   * SioManager::opened:
   * @self: the manager
   *
   * The connection is there; the clients connect to their namespaces next.
   *
   * Since: 0.1
   */
  signals[OPENED] =
      g_signal_new ("opened", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * SioManager::closed:
   * @self: the manager
   * @reason: why, as in [signal@Sio.Client::disconnected]
   * @details: (nullable): what happened in detail
   *
   * The connection is gone.
   *
   * Since: 0.1
   */
  signals[CLOSED] = g_signal_new ("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * SioManager::open-error:
   * @self: the manager
   * @error: what went wrong
   *
   * The connection could not be made. [property@Sio.Manager:next-attempt-time] tells whether
   * it is tried again.
   *
   * Since: 0.1
   */
  signals[OPEN_ERROR] = g_signal_new ("open-error", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 1, G_TYPE_ERROR);
  /**
   * SioManager::reconnect-attempt:
   * @self: the manager
   * @attempt: number of the attempt, from 1
   *
   * The manager tries to reconnect now.
   *
   * Since: 0.1
   */
  signals[RECONNECT_ATTEMPT] = g_signal_new ("reconnect-attempt", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                             NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  /**
   * SioManager::reconnected:
   * @self: the manager
   * @attempt: number of the attempt that succeeded, from 1
   *
   * The connection is back.
   *
   * Since: 0.1
   */
  signals[RECONNECTED] = g_signal_new ("reconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, G_TYPE_UINT);
  /**
   * SioManager::reconnect-failed:
   * @self: the manager
   *
   * All attempts allowed by [property@Sio.Manager:reconnection-attempts] failed.
   *
   * Since: 0.1
   */
  signals[RECONNECT_FAILED] = g_signal_new ("reconnect-failed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                            NULL, NULL, G_TYPE_NONE, 0);
}

static void
sio_manager_class_init (SioManagerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = sio_manager_dispose;
  object_class->finalize = sio_manager_finalize;
  object_class->get_property = sio_manager_get_property;
  object_class->set_property = sio_manager_set_property;

  install_settings ();
  install_limits ();
  install_state ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
  install_signals (SIO_TYPE_MANAGER);
}

static void
sio_manager_init (SioManager *self)
{
  static const char *const transports[] = { "polling", "websocket", NULL };

  self->path = g_strdup (DEFAULT_PATH);
  self->transports = g_strdupv ((char **) transports);
  self->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->clients = g_hash_table_new (g_str_hash, g_str_equal);
  self->upgrade = TRUE;
  self->timeout = 20000;
  self->max_payload = DEFAULT_MAX_PAYLOAD;
  self->reconnection = TRUE;
  self->reconnection_delay = 1000;
  self->reconnection_delay_max = 5000;
  self->randomization_factor = 0.5;
  sio_manager_connection_init (self);
}

void
sio_manager_notify (SioManager *self, SioManagerNotify what)
{
  static const guint pspecs[] = { PROP_STATE, PROP_ATTEMPT, PROP_NEXT_ATTEMPT_TIME, PROP_RTT,
                                  PROP_TRANSPORT };
  g_autoptr (GPtrArray) clients = sio_manager_list_clients (self);

  g_object_notify_by_pspec (G_OBJECT (self), properties[pspecs[what]]);
  for (guint i = 0; i < clients->len; i++)
    sio_client_manager_notify (g_ptr_array_index (clients, i), what);
}

void
sio_manager_emit_opened (SioManager *self)
{
  g_signal_emit (self, signals[OPENED], 0);
}

void
sio_manager_emit_closed (SioManager *self, const char *reason, const char *details)
{
  g_signal_emit (self, signals[CLOSED], 0, reason, details);
}

void
sio_manager_emit_error (SioManager *self, const GError *error)
{
  g_signal_emit (self, signals[OPEN_ERROR], 0, error);
}

void
sio_manager_emit_reconnect_attempt (SioManager *self, guint attempt)
{
  g_signal_emit (self, signals[RECONNECT_ATTEMPT], 0, attempt);
}

void
sio_manager_emit_reconnected (SioManager *self, guint attempt)
{
  g_signal_emit (self, signals[RECONNECTED], 0, attempt);
}

void
sio_manager_emit_reconnect_failed (SioManager *self)
{
  g_signal_emit (self, signals[RECONNECT_FAILED], 0);
}

GPtrArray *
sio_manager_list_clients (SioManager *self)
{
  GPtrArray *clients = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((SioClient *) value)->active)
      g_ptr_array_add (clients, g_object_ref (value));
  return clients;
}

/* `http://host:port/path/?query&` */
static char *
make_base (SioManager *self, GError **error)
{
  g_autoptr (GUri) uri = NULL;
  const char *scheme, *host, *query;
  gboolean secure;
  int port;

  uri = g_uri_parse (self->uri != NULL ? self->uri : "", SOUP_HTTP_URI_FLAGS, error);
  if (uri == NULL)
    {
      g_prefix_error (error, "the address of the server is not valid: ");
      return NULL;
    }
  scheme = g_uri_get_scheme (uri);
  host = g_uri_get_host (uri);
  secure = strcmp (scheme, "https") == 0 || strcmp (scheme, "wss") == 0;
  if (!secure && strcmp (scheme, "http") != 0 && strcmp (scheme, "ws") != 0)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "the address of the server must begin with http:, https:, ws: or wss:");
      return NULL;
    }
  if (host == NULL || *host == '\0')
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "the address of the server has no host");
      return NULL;
    }
  port = g_uri_get_port (uri);
  if (port <= 0)
    port = secure ? 443 : 80;
  query = g_uri_get_query (uri);
  return g_strdup_printf (strchr (host, ':') != NULL ? "%s://[%s]:%d%s%s?%s%s"
                                                     : "%s://%s:%d%s%s?%s%s",
                          secure ? "https" : "http", host, port, self->path,
                          g_str_has_suffix (self->path, "/") ? "" : "/", query != NULL ? query : "",
                          query != NULL && *query != '\0' ? "&" : "");
}

static gboolean
read_transports (SioManager *self, SioEioOptions *options, GError **error)
{
  for (guint i = 0; self->transports[i] != NULL; i++)
    {
      SioTransport transport = 0;

      if (strcmp (self->transports[i], "polling") == 0)
        transport = SIO_TRANSPORT_POLLING;
      else if (strcmp (self->transports[i], "websocket") == 0)
        transport = SIO_TRANSPORT_WEBSOCKET;
      if (transport != 0 && options->n_transports < G_N_ELEMENTS (options->transports) &&
          (options->n_transports == 0 || options->transports[0] != transport))
        options->transports[options->n_transports++] = transport;
    }
  if (options->n_transports == 0)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                   "expected a transport: polling or websocket");
      return FALSE;
    }
  if (self->remember_upgrade && self->upgraded_last && options->n_transports == 2 &&
      options->transports[1] == SIO_TRANSPORT_WEBSOCKET)
    {
      options->transports[1] = options->transports[0];
      options->transports[0] = SIO_TRANSPORT_WEBSOCKET;
    }
  return TRUE;
}

SioEioOptions *
sio_manager_make_options (SioManager *self, GError **error)
{
  g_autoptr (SioEioOptions) options = sio_eio_options_new ();
  GHashTableIter iter;
  gpointer name, value;
  guint n = 0;

  options->base = make_base (self, error);
  if (options->base == NULL || !read_transports (self, options, error))
    return NULL;
  options->session = g_object_ref (ensure_session (self));
  if (self->compress)
    soup_session_add_feature_by_type (self->session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  else
    soup_session_remove_feature_by_type (self->session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  if (self->tls_database != NULL)
    soup_session_set_tls_database (self->session, self->tls_database);
  g_set_object (&options->identity, self->tls_certificate);
  options->upgrade = self->upgrade;
  options->try_all_transports = self->try_all_transports;
  options->force_base64 = self->force_base64;
  options->request_timeout = self->request_timeout;
  options->max_payload = self->max_payload;
  options->headers = g_new0 (char *, g_hash_table_size (self->headers) * 2 + 1);
  g_hash_table_iter_init (&iter, self->headers);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      options->headers[n++] = g_strdup (name);
      options->headers[n++] = g_strdup (value);
    }
  return g_steal_pointer (&options);
}

/**
 * sio_manager_new:
 * @uri: address of the server, with the scheme `http`, `https`, `ws` or `wss`
 *
 * Makes a manager.
 *
 * An address that is not valid is reported by [signal@Sio.Client::connect-error] when a client
 * is opened.
 *
 * Returns: (transfer full): a new manager
 *
 * Since: 0.1
 */
SioManager *
sio_manager_new (const char *uri)
{
  g_return_val_if_fail (uri != NULL, NULL);

  return g_object_new (SIO_TYPE_MANAGER, "uri", uri, NULL);
}

/**
 * sio_manager_get_client:
 * @self: a manager
 * @namespace_name: name of a namespace, beginning with a slash
 *
 * Gets the client of a namespace. There is at most one, made when needed.
 *
 * The client keeps the manager; keep the client as long as it is needed.
 *
 * Returns: (transfer full): the client
 *
 * Since: 0.1
 */
SioClient *
sio_manager_get_client (SioManager *self, const char *namespace_name)
{
  SioClient *client;

  g_return_val_if_fail (SIO_IS_MANAGER (self), NULL);
  g_return_val_if_fail (namespace_name != NULL && namespace_name[0] == '/', NULL);
  g_return_val_if_fail (strchr (namespace_name, ',') == NULL, NULL);

  client = g_hash_table_lookup (self->clients, namespace_name);
  if (client != NULL)
    return g_object_ref (client);
  return g_object_new (SIO_TYPE_CLIENT, "manager", self, "namespace", namespace_name, NULL);
}

/**
 * sio_manager_close:
 * @self: a manager
 *
 * Closes the connection, and with it all clients, which report `forced close`.
 *
 * It is not made again by itself. [method@Sio.Client.open] makes a new one.
 *
 * Since: 0.1
 */
void
sio_manager_close (SioManager *self)
{
  g_autoptr (GPtrArray) clients = NULL;

  g_return_if_fail (SIO_IS_MANAGER (self));

  clients = sio_manager_list_clients (self);
  sio_manager_shut (self);
  for (guint i = 0; i < clients->len; i++)
    {
      SioClient *client = g_ptr_array_index (clients, i);

      client->active = FALSE;
      sio_client_connection_lost (client, "forced close", NULL);
      sio_client_fail_acks (client, TRUE);
    }
}

/**
 * sio_manager_get_uri:
 * @self: a manager
 *
 * Gets the address of the server.
 *
 * Returns: (transfer none): the address, as it was given
 *
 * Since: 0.1
 */
const char *
sio_manager_get_uri (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), NULL);

  return self->uri;
}

/**
 * sio_manager_get_state:
 * @self: a manager
 *
 * Gets the state of the connection.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
SioClientState
sio_manager_get_state (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), SIO_CLIENT_DISCONNECTED);

  return self->state;
}

/**
 * sio_manager_get_attempt:
 * @self: a manager
 *
 * Gets the number of the present or next attempt to reconnect.
 *
 * Returns: the number, from 1; 0 while connected
 *
 * Since: 0.1
 */
guint
sio_manager_get_attempt (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), 0);

  return self->attempt;
}

/**
 * sio_manager_get_next_attempt_time:
 * @self: a manager
 *
 * Gets the time of the next attempt to reconnect.
 *
 * Returns: the time in µs since the epoch, as from g_get_real_time(); 0 if none is planned
 *
 * Since: 0.1
 */
gint64
sio_manager_get_next_attempt_time (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), 0);

  return self->next_attempt_time;
}

/**
 * sio_manager_get_rtt:
 * @self: a manager
 *
 * Gets how long a message takes to the server and back.
 *
 * It is measured with the handshake, the change of transport, and events that are acknowledged.
 *
 * Returns: the time in ms as measured last; negative if not known
 *
 * Since: 0.1
 */
double
sio_manager_get_rtt (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), -1);

  return self->rtt;
}

/**
 * sio_manager_get_transport:
 * @self: a manager
 *
 * Gets the transport in use.
 *
 * Returns: the transport, 0 while not connected
 *
 * Since: 0.1
 */
SioTransport
sio_manager_get_transport (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), 0);

  return self->is_open ? sio_eio_client_get_transport (self->eio) : 0;
}

/**
 * sio_manager_get_soup_session:
 * @self: a manager
 *
 * Gets what speaks HTTP, for example to set a proxy resolver.
 *
 * Returns: (transfer none): the session
 *
 * Since: 0.1
 */
SoupSession *
sio_manager_get_soup_session (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), NULL);

  return ensure_session (self);
}

/**
 * sio_manager_set_path:
 * @self: a manager
 * @path: a path, beginning with a slash
 *
 * Sets where on the server the engine is, `/socket.io/` by default.
 *
 * Since: 0.1
 */
void
sio_manager_set_path (SioManager *self, const char *path)
{
  g_return_if_fail (SIO_IS_MANAGER (self));
  g_return_if_fail (path != NULL && path[0] == '/');

  if (strcmp (self->path, path) == 0)
    return;
  g_free (self->path);
  self->path = g_strdup (path);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PATH]);
}

/**
 * sio_manager_set_transports:
 * @self: a manager
 * @transports: (array zero-terminated=1): names of transports, `polling` and `websocket`
 *
 * Sets the transports that may be used, in the order of preference.
 *
 * Since: 0.1
 */
void
sio_manager_set_transports (SioManager *self, const char *const *transports)
{
  g_return_if_fail (SIO_IS_MANAGER (self));
  g_return_if_fail (transports != NULL);

  if (g_strv_equal ((const char *const *) self->transports, transports))
    return;
  g_strfreev (self->transports);
  self->transports = g_strdupv ((char **) transports);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TRANSPORTS]);
}

/**
 * sio_manager_set_header:
 * @self: a manager
 * @name: name of a header
 * @value: (nullable): its value, or %NULL to leave it out
 *
 * Sets a header that goes along with every request, for example `Authorization`.
 *
 * Since: 0.1
 */
void
sio_manager_set_header (SioManager *self, const char *name, const char *value)
{
  g_return_if_fail (SIO_IS_MANAGER (self));
  g_return_if_fail (name != NULL && *name != '\0' && strpbrk (name, " \t\r\n:") == NULL);
  g_return_if_fail (value == NULL || strpbrk (value, "\r\n") == NULL);

  if (value != NULL)
    g_hash_table_replace (self->headers, g_strdup (name), g_strdup (value));
  else
    g_hash_table_remove (self->headers, name);
}

/**
 * sio_manager_get_reconnection:
 * @self: a manager
 *
 * Gets whether to reconnect.
 *
 * Returns: %TRUE by default
 *
 * Since: 0.1
 */
gboolean
sio_manager_get_reconnection (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), FALSE);

  return self->reconnection;
}

/**
 * sio_manager_set_reconnection:
 * @self: a manager
 * @reconnection: %TRUE to reconnect when the connection is lost or cannot be made
 *
 * Sets whether to reconnect. %FALSE stops an attempt that is waited for.
 *
 * Since: 0.1
 */
void
sio_manager_set_reconnection (SioManager *self, gboolean reconnection)
{
  g_return_if_fail (SIO_IS_MANAGER (self));

  if (self->reconnection == reconnection)
    return;
  self->reconnection = reconnection;
  if (!reconnection)
    sio_manager_stop_reconnecting (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RECONNECTION]);
}
