/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client.h"

#include <string.h>

#include "sio-client-private.h"
#include "sio-enums.h"

#define DEFAULT_EVENTS 10000
#define DEFAULT_BYTES (16 * 1024 * 1024)

/**
 * SioClient:
 *
 * A client of one namespace of a Socket.IO server.
 *
 * ```c
 * self->client = sio_client_new ("https://example.org/chat");
 * sio_client_on (self->client, "said", on_said, self, NULL);
 * sio_client_open (self->client);
 * sio_client_emit (self->client, "say", sio_args_new ("s", "hello"));
 * ```
 *
 * Once opened it stays connected: a lost connection is made again after a growing delay, what
 * is emitted meanwhile is kept, and if the server supports it what was missed is delivered
 * ([property@Sio.Client:recovered]). [property@Sio.Client:state] tells how things are.
 *
 * The connection belongs to [property@Sio.Client:manager], which has more settings. Keep the
 * client as long as it is needed: with its last reference it closes.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */

enum
{
  PROP_0,
  PROP_MANAGER,
  PROP_NAMESPACE,
  PROP_STATE,
  PROP_RECOVERED,
  PROP_ID,
  PROP_REASON,
  PROP_ATTEMPT,
  PROP_NEXT_ATTEMPT_TIME,
  PROP_RTT,
  PROP_TRANSPORT,
  PROP_AUTH,
  PROP_ACK_TIMEOUT,
  PROP_RETRIES,
  PROP_MAX_BUFFERED_EVENTS,
  PROP_MAX_BUFFERED_BYTES,
  N_PROPS
};

enum
{
  CONNECTED,
  DISCONNECTED,
  CONNECT_ERROR,
  RECONNECT_ATTEMPT,
  RECONNECT_FAILED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioClient, sio_client, G_TYPE_OBJECT)

static void
sio_client_constructed (GObject *object)
{
  SioClient *self = SIO_CLIENT (object);

  G_OBJECT_CLASS (sio_client_parent_class)->constructed (object);

  g_return_if_fail (self->manager != NULL);
  if (self->nsp == NULL)
    self->nsp = g_strdup ("/");
  self->prefix = strcmp (self->nsp, "/") == 0 ? g_strdup ("") : g_strconcat (self->nsp, ",", NULL);
  g_hash_table_insert (self->manager->clients, self->nsp, self);
}

static void
sio_client_dispose (GObject *object)
{
  SioClient *self = SIO_CLIENT (object);

  if (self->manager != NULL)
    {
      sio_client_cancel_connecting (self);
      if (self->connected)
        {
          g_autoptr (SioOutgoing) outgoing =
              sio_encode_control ('0' + SIO_PACKET_DISCONNECT, self->prefix, NULL);

          sio_manager_send (self->manager, outgoing);
        }
      self->connected = FALSE;
      self->active = FALSE;
      if (g_hash_table_lookup (self->manager->clients, self->nsp) == self)
        g_hash_table_remove (self->manager->clients, self->nsp);
      sio_manager_unwant (self->manager);
      sio_client_emit_dispose (self);
      g_clear_object (&self->manager);
    }
  if (self->auth_destroy != NULL)
    g_steal_pointer (&self->auth_destroy) (self->auth_data);
  self->auth_func = NULL;
  g_clear_pointer (&self->handlers, sio_handlers_free);

  G_OBJECT_CLASS (sio_client_parent_class)->dispose (object);
}

static void
sio_client_finalize (GObject *object)
{
  SioClient *self = SIO_CLIENT (object);

  g_free (self->nsp);
  g_free (self->prefix);
  g_free (self->id);
  g_free (self->pid);
  g_free (self->offset);
  g_free (self->reason);
  g_clear_pointer (&self->auth, json_node_unref);
  g_hash_table_unref (self->acks);

  G_OBJECT_CLASS (sio_client_parent_class)->finalize (object);
}

static void
sio_client_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioClient *self = SIO_CLIENT (object);

  switch (prop_id)
    {
    case PROP_MANAGER:
      g_value_set_object (value, self->manager);
      break;
    case PROP_NAMESPACE:
      g_value_set_string (value, self->nsp);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_RECOVERED:
      g_value_set_boolean (value, self->recovered);
      break;
    case PROP_ID:
      g_value_set_string (value, self->id);
      break;
    case PROP_REASON:
      g_value_set_string (value, self->reason);
      break;
    case PROP_ATTEMPT:
      g_value_set_uint (value, self->active ? sio_manager_get_attempt (self->manager) : 0);
      break;
    case PROP_NEXT_ATTEMPT_TIME:
      g_value_set_int64 (value,
                         self->active ? sio_manager_get_next_attempt_time (self->manager) : 0);
      break;
    case PROP_RTT:
      g_value_set_double (value, sio_manager_get_rtt (self->manager));
      break;
    case PROP_TRANSPORT:
      g_value_set_flags (value, sio_manager_get_transport (self->manager));
      break;
    case PROP_AUTH:
      g_value_set_boxed (value, self->auth);
      break;
    case PROP_ACK_TIMEOUT:
      g_value_set_uint (value, self->ack_timeout);
      break;
    case PROP_RETRIES:
      g_value_set_uint (value, self->retries);
      break;
    case PROP_MAX_BUFFERED_EVENTS:
      g_value_set_uint (value, self->max_buffered_events);
      break;
    case PROP_MAX_BUFFERED_BYTES:
      g_value_set_uint64 (value, self->max_buffered_bytes);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
set_uint (SioClient *self, guint *field, const GValue *value, GParamSpec *pspec)
{
  if (*field == g_value_get_uint (value))
    return;
  *field = g_value_get_uint (value);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
sio_client_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  SioClient *self = SIO_CLIENT (object);

  switch (prop_id)
    {
    case PROP_MANAGER:
      self->manager = g_value_dup_object (value);
      break;
    case PROP_NAMESPACE:
      self->nsp = g_value_dup_string (value);
      break;
    case PROP_AUTH:
      sio_client_set_auth (self, g_value_get_boxed (value));
      break;
    case PROP_ACK_TIMEOUT:
      set_uint (self, &self->ack_timeout, value, pspec);
      break;
    case PROP_RETRIES:
      set_uint (self, &self->retries, value, pspec);
      break;
    case PROP_MAX_BUFFERED_EVENTS:
      set_uint (self, &self->max_buffered_events, value, pspec);
      break;
    case PROP_MAX_BUFFERED_BYTES:
      if (self->max_buffered_bytes == g_value_get_uint64 (value))
        break;
      self->max_buffered_bytes = g_value_get_uint64 (value);
      g_object_notify_by_pspec (object, pspec);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_state (void)
{
  /**
   * SioClient:manager:
   *
   * The manager of the connection.
   *
   * Since: 0.1
   */
  properties[PROP_MANAGER] =
      g_param_spec_object ("manager", NULL, NULL, SIO_TYPE_MANAGER,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * SioClient:namespace:
   *
   * Name of the namespace.
   *
   * Since: 0.1
   */
  properties[PROP_NAMESPACE] =
      g_param_spec_string ("namespace", NULL, NULL, NULL,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * SioClient:state:
   *
   * How things are, for example to be shown in a banner.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] =
      g_param_spec_enum ("state", NULL, NULL, SIO_TYPE_CLIENT_STATE, SIO_CLIENT_DISCONNECTED,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:recovered:
   *
   * Whether the server took the client back with its state, and delivered what was missed.
   *
   * Since: 0.1
   */
  properties[PROP_RECOVERED] =
      g_param_spec_boolean ("recovered", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:id:
   *
   * The id that the server gave the client, %NULL while not connected.
   *
   * Since: 0.1
   */
  properties[PROP_ID] = g_param_spec_string (
      "id", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:reason:
   *
   * Why the connection was lost the last time.
   *
   * Since: 0.1
   */
  properties[PROP_REASON] =
      g_param_spec_string ("reason", NULL, NULL, NULL,
                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:attempt:
   *
   * Number of the present or next attempt to reconnect, from 1; 0 otherwise.
   *
   * Since: 0.1
   */
  properties[PROP_ATTEMPT] =
      g_param_spec_uint ("attempt", NULL, NULL, 0, G_MAXUINT, 0,
                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:next-attempt-time:
   *
   * When the next attempt to reconnect is made, in µs since the epoch; 0 if none is planned.
   *
   * Since: 0.1
   */
  properties[PROP_NEXT_ATTEMPT_TIME] =
      g_param_spec_int64 ("next-attempt-time", NULL, NULL, 0, G_MAXINT64, 0,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:rtt:
   *
   * Time that a message takes to the server and back in ms; negative if not known.
   *
   * Since: 0.1
   */
  properties[PROP_RTT] =
      g_param_spec_double ("rtt", NULL, NULL, -1, G_MAXDOUBLE, -1,
                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:transport:
   *
   * The transport in use, 0 while not connected.
   *
   * Since: 0.1
   */
  properties[PROP_TRANSPORT] =
      g_param_spec_flags ("transport", NULL, NULL, SIO_TYPE_TRANSPORT, 0,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
install_settings (void)
{
  /**
   * SioClient:auth:
   *
   * Credentials, an object that is sent with every connection.
   *
   * Since: 0.1
   */
  properties[PROP_AUTH] =
      g_param_spec_boxed ("auth", NULL, NULL, JSON_TYPE_NODE,
                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:ack-timeout:
   *
   * How long to wait for acknowledgements in ms if nothing else is said, 0 for ever.
   *
   * Since: 0.1
   */
  properties[PROP_ACK_TIMEOUT] =
      g_param_spec_uint ("ack-timeout", NULL, NULL, 0, G_MAXINT, 0,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:retries:
   *
   * How often to send an event again until it is acknowledged. If not 0, events are sent one
   * after the other, each after the acknowledgement of the one before, which delivers them in
   * order and at least once. The server has to acknowledge each, and to expect repetitions.
   * Set [property@Sio.Client:ack-timeout], too: without it an event is only sent again after a
   * new connection.
   *
   * Since: 0.1
   */
  properties[PROP_RETRIES] =
      g_param_spec_uint ("retries", NULL, NULL, 0, G_MAXINT, 0,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:max-buffered-events:
   *
   * How many events to keep while not connected.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BUFFERED_EVENTS] =
      g_param_spec_uint ("max-buffered-events", NULL, NULL, 0, G_MAXINT, DEFAULT_EVENTS,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioClient:max-buffered-bytes:
   *
   * How many bytes to keep while not connected, and while the network does not take them.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BUFFERED_BYTES] =
      g_param_spec_uint64 ("max-buffered-bytes", NULL, NULL, 0, G_MAXUINT64, DEFAULT_BYTES,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
install_signals (GType type)
{
  /**
   * SioClient::connected:
   * @self: the client
   *
   * The client is connected to its namespace. What was kept meanwhile has been sent.
   *
   * Since: 0.1
   */
  signals[CONNECTED] =
      g_signal_new ("connected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * SioClient::disconnected:
   * @self: the client
   * @reason: `io server disconnect`, `io client disconnect`, `ping timeout`, `transport close`,
   *   `transport error`, `parse error` or `forced close`
   * @details: (nullable): what happened in detail
   *
   * The connection is gone. The client connects again by itself, except after the first two
   * reasons and a close of the manager.
   *
   * It is also emitted when the connection breaks before the server let the client in.
   *
   * Since: 0.1
   */
  signals[DISCONNECTED] = g_signal_new ("disconnected", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * SioClient::connect-error:
   * @self: the client
   * @error: what went wrong
   * @data: (nullable): what the server told along with a refusal
   *
   * The client could not connect.
   *
   * After %SIO_ERROR_REJECTED, when the server refused it, the client is closed. Otherwise it
   * tries again; see [property@Sio.Client:next-attempt-time].
   *
   * Since: 0.1
   */
  signals[CONNECT_ERROR] = g_signal_new ("connect-error", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 2, G_TYPE_ERROR, JSON_TYPE_NODE);
  /**
   * SioClient::reconnect-attempt:
   * @self: the client
   * @attempt: number of the attempt, from 1
   *
   * The client tries to reconnect now.
   *
   * Since: 0.1
   */
  signals[RECONNECT_ATTEMPT] = g_signal_new ("reconnect-attempt", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                             NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  /**
   * SioClient::reconnect-failed:
   * @self: the client
   *
   * All attempts allowed by [property@Sio.Manager:reconnection-attempts] failed.
   *
   * Since: 0.1
   */
  signals[RECONNECT_FAILED] = g_signal_new ("reconnect-failed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                            NULL, NULL, G_TYPE_NONE, 0);
}

static void
sio_client_class_init (SioClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = sio_client_constructed;
  object_class->dispose = sio_client_dispose;
  object_class->finalize = sio_client_finalize;
  object_class->get_property = sio_client_get_property;
  object_class->set_property = sio_client_set_property;

  install_state ();
  install_settings ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
  install_signals (SIO_TYPE_CLIENT);
}

static void
sio_client_init (SioClient *self)
{
  self->handlers = sio_handlers_new ();
  self->max_buffered_events = DEFAULT_EVENTS;
  self->max_buffered_bytes = DEFAULT_BYTES;
  sio_client_emit_init (self);
}

static SioClientState
get_state (SioClient *self)
{
  if (self->connected)
    return SIO_CLIENT_CONNECTED;
  if (!self->active)
    return SIO_CLIENT_DISCONNECTED;
  if (sio_manager_get_state (self->manager) == SIO_CLIENT_CONNECTED)
    return self->was_connected ? SIO_CLIENT_RECONNECTING : SIO_CLIENT_CONNECTING;
  return sio_manager_get_state (self->manager);
}

void
sio_client_update_state (SioClient *self)
{
  SioClientState state = get_state (self);

  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

void
sio_client_set_connected (SioClient *self, const char *id, gboolean recovered)
{
  gboolean recovered_before = self->recovered;

  g_free (self->id);
  self->id = g_strdup (id);
  self->recovered = recovered;
  self->connected = TRUE;
  self->was_connected = TRUE;
  if (recovered != recovered_before)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RECOVERED]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ID]);
  sio_client_update_state (self);
}

void
sio_client_emit_connected (SioClient *self)
{
  g_signal_emit (self, signals[CONNECTED], 0);
}

void
sio_client_emit_disconnected (SioClient *self, const char *reason, const char *details)
{
  gboolean was_connected = self->connected;

  self->connected = FALSE;
  g_clear_pointer (&self->id, g_free);
  g_free (self->reason);
  self->reason = g_strdup (reason);
  sio_client_fail_acks (self, FALSE);
  sio_retry_disconnected (self);
  if (was_connected)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ID]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REASON]);
  sio_client_update_state (self);
  g_signal_emit (self, signals[DISCONNECTED], 0, reason, details);
}

void
sio_client_emit_connect_error (SioClient *self, const GError *error, JsonNode *data)
{
  g_signal_emit (self, signals[CONNECT_ERROR], 0, error, data);
}

void
sio_client_deactivate (SioClient *self)
{
  self->active = FALSE;
  self->was_connected = FALSE;
  sio_client_cancel_connecting (self);
  sio_client_update_state (self);
}

void
sio_client_manager_notify (SioClient *self, SioManagerNotify what)
{
  switch (what)
    {
    case SIO_MANAGER_NOTIFY_ATTEMPT:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ATTEMPT]);
      break;
    case SIO_MANAGER_NOTIFY_NEXT_ATTEMPT_TIME:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NEXT_ATTEMPT_TIME]);
      break;
    case SIO_MANAGER_NOTIFY_RTT:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RTT]);
      break;
    case SIO_MANAGER_NOTIFY_TRANSPORT:
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TRANSPORT]);
      break;
    case SIO_MANAGER_NOTIFY_STATE:
    default:
      sio_client_update_state (self);
      break;
    }
}

void
sio_client_manager_attempt (SioClient *self, guint attempt)
{
  g_signal_emit (self, signals[RECONNECT_ATTEMPT], 0, attempt);
}

void
sio_client_manager_failed (SioClient *self)
{
  g_signal_emit (self, signals[RECONNECT_FAILED], 0);
}

/**
 * sio_client_new:
 * @uri: address of the server, with the scheme `http`, `https`, `ws` or `wss`
 *
 * Makes a client with a manager of its own.
 *
 * The path of the address is the namespace, its query goes along with every request:
 * `https://example.org/chat?version=2`. An address that is not valid is reported by
 * [signal@Sio.Client::connect-error] when the client is opened.
 *
 * Returns: (transfer full): a new client
 *
 * Since: 0.1
 */
SioClient *
sio_client_new (const char *uri)
{
  g_autoptr (SioManager) manager = NULL;
  g_autoptr (GUri) parsed = NULL;
  g_autofree char *nsp = NULL;

  g_return_val_if_fail (uri != NULL, NULL);

  manager = sio_manager_new (uri);
  parsed = g_uri_parse (uri, SOUP_HTTP_URI_FLAGS, NULL);
  if (parsed != NULL && *g_uri_get_path (parsed) == '/')
    {
      /* The comma ends the name on the wire. */
      g_auto (GStrv) parts = g_strsplit (g_uri_get_path (parsed), ",", -1);

      nsp = g_strjoinv ("%2C", parts);
    }
  return sio_manager_get_client (manager, nsp != NULL ? nsp : "/");
}

/**
 * sio_client_get_manager:
 * @self: a client
 *
 * Gets the manager of the connection.
 *
 * Returns: (transfer none): the manager
 *
 * Since: 0.1
 */
SioManager *
sio_client_get_manager (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->manager;
}

/**
 * sio_client_get_namespace:
 * @self: a client
 *
 * Gets the namespace.
 *
 * Returns: (transfer none): its name
 *
 * Since: 0.1
 */
const char *
sio_client_get_namespace (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->nsp;
}

/**
 * sio_client_open:
 * @self: a client
 *
 * Connects, and stays connected from here on.
 *
 * Nothing happens if the client is open already, except that a client whose manager gave up
 * tries again.
 *
 * Since: 0.1
 */
void
sio_client_open (SioClient *self)
{
  g_return_if_fail (SIO_IS_CLIENT (self));

  if (self->connected)
    return;
  self->active = TRUE;
  if (self->manager->is_open)
    sio_client_connection_opened (self);
  else
    sio_manager_want (self->manager);
  sio_client_update_state (self);
}

/**
 * sio_client_close:
 * @self: a client
 *
 * Disconnects. The reason is `io client disconnect`.
 *
 * Events that were emitted but not sent yet are kept for the next time, those that ask for an
 * acknowledgement fail. The connection is closed with its last client.
 *
 * Since: 0.1
 */
void
sio_client_close (SioClient *self)
{
  g_autoptr (SioClient) hold = NULL;
  gboolean was_connected;

  g_return_if_fail (SIO_IS_CLIENT (self));

  hold = g_object_ref (self);
  was_connected = self->connected;
  if (was_connected)
    {
      g_autoptr (SioOutgoing) outgoing =
          sio_encode_control ('0' + SIO_PACKET_DISCONNECT, self->prefix, NULL);

      sio_manager_send (self->manager, outgoing);
    }
  /* An explicit end is not recovered from. */
  g_clear_pointer (&self->pid, g_free);
  g_clear_pointer (&self->offset, g_free);
  sio_client_deactivate (self);
  sio_manager_unwant (self->manager);
  if (was_connected)
    sio_client_connection_lost (self, "io client disconnect", NULL);
  sio_client_fail_acks (self, TRUE);
  sio_retry_fail_all (self);
}

/**
 * sio_client_get_state:
 * @self: a client
 *
 * Gets the state.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
SioClientState
sio_client_get_state (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), SIO_CLIENT_DISCONNECTED);

  return self->state;
}

/**
 * sio_client_is_connected:
 * @self: a client
 *
 * Tells whether the client is connected to its namespace.
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.1
 */
gboolean
sio_client_is_connected (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), FALSE);

  return self->connected;
}

/**
 * sio_client_is_active:
 * @self: a client
 *
 * Tells whether the client was opened, and neither closed nor sent away since.
 *
 * Returns: %TRUE if it is connected or would be, if it could
 *
 * Since: 0.1
 */
gboolean
sio_client_is_active (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), FALSE);

  return self->active;
}

/**
 * sio_client_is_recovered: (get-property recovered)
 * @self: a client
 *
 * Tells whether the server took the client back as if the connection had never been lost.
 *
 * If not, the application has to ask for what it may have missed.
 *
 * Returns: %TRUE if the state was recovered at the last connection
 *
 * Since: 0.1
 */
gboolean
sio_client_is_recovered (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), FALSE);

  return self->recovered;
}

/**
 * sio_client_get_id:
 * @self: a client
 *
 * Gets the id that the server gave the client.
 *
 * Returns: (transfer none) (nullable): the id, %NULL while not connected
 *
 * Since: 0.1
 */
const char *
sio_client_get_id (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->id;
}

/**
 * sio_client_get_reason:
 * @self: a client
 *
 * Gets why the connection was lost the last time.
 *
 * Returns: (transfer none) (nullable): the reason, as in [signal@Sio.Client::disconnected]
 *
 * Since: 0.1
 */
const char *
sio_client_get_reason (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->reason;
}

/**
 * sio_client_set_auth:
 * @self: a client
 * @auth: (nullable): an object
 *
 * Sets credentials, which are sent with every connection from now on.
 *
 * Since: 0.1
 */
void
sio_client_set_auth (SioClient *self, JsonNode *auth)
{
  g_return_if_fail (SIO_IS_CLIENT (self));
  g_return_if_fail (auth == NULL || JSON_NODE_HOLDS_OBJECT (auth));

  if (self->auth == auth)
    return;
  g_clear_pointer (&self->auth, json_node_unref);
  if (auth != NULL)
    self->auth = json_node_ref (auth);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTH]);
}

/**
 * sio_client_get_auth:
 * @self: a client
 *
 * Gets the credentials.
 *
 * Returns: (transfer none) (nullable): an object
 *
 * Since: 0.1
 */
JsonNode *
sio_client_get_auth (SioClient *self)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);

  return self->auth;
}

/**
 * sio_client_set_auth_func:
 * @self: a client
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Sets a function that gets the credentials, for example a token that has to be renewed.
 *
 * It is called for each connection, and used instead of [property@Sio.Client:auth].
 *
 * Since: 0.1
 */
void
sio_client_set_auth_func (SioClient *self,
                          SioAuthFunc func,
                          gpointer user_data,
                          GDestroyNotify destroy)
{
  GDestroyNotify old_destroy;
  gpointer old_data;

  g_return_if_fail (SIO_IS_CLIENT (self));

  old_destroy = self->auth_destroy;
  old_data = self->auth_data;
  self->auth_func = func;
  self->auth_data = user_data;
  self->auth_destroy = destroy;
  if (old_destroy != NULL)
    old_destroy (old_data);
}

/**
 * sio_client_on:
 * @self: a client
 * @event: name of an event
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler for an event.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_on (SioClient *self,
               const char *event,
               SioClientEventFunc handler,
               gpointer user_data,
               GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (event != NULL, 0);
  g_return_val_if_fail (handler != NULL, 0);

  return sio_handlers_add (self->handlers, event, (SioEventFunc) handler, user_data, destroy);
}

/**
 * sio_client_on_any:
 * @self: a client
 * @handler: (scope notified) (closure user_data) (destroy destroy): function to call
 * @user_data: data for @handler
 * @destroy: (nullable): frees @user_data when the handler or the client is gone
 *
 * Adds a handler for all events, called before those for single events.
 *
 * Returns: an id for [method@Sio.Client.off]
 *
 * Since: 0.1
 */
guint
sio_client_on_any (SioClient *self,
                   SioClientEventFunc handler,
                   gpointer user_data,
                   GDestroyNotify destroy)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), 0);
  g_return_val_if_fail (handler != NULL, 0);

  return sio_handlers_add (self->handlers, NULL, (SioEventFunc) handler, user_data, destroy);
}

/**
 * sio_client_off:
 * @self: a client
 * @handler_id: what [method@Sio.Client.on] or [method@Sio.Client.on_any] returned
 *
 * Removes a handler. It is not called any more, even if an event is being dispatched.
 *
 * Since: 0.1
 */
void
sio_client_off (SioClient *self, guint handler_id)
{
  g_return_if_fail (SIO_IS_CLIENT (self));

  sio_handlers_remove (self->handlers, handler_id);
}
