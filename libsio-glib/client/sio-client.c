/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-client-private.h"

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
  CONNECTED,
  DISCONNECTED,
  CONNECT_ERROR,
  RECONNECT_ATTEMPT,
  RECONNECT_FAILED,
  N_SIGNALS
};

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
          g_autoptr (SioOutgoing) outgoing = sio_encode_control (
              self->manager->parser, '0' + SIO_PACKET_DISCONNECT, self->prefix, NULL);

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

  G_OBJECT_CLASS (sio_client_parent_class)->finalize (object);
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
   * After `SIO_ERROR_REJECTED`, when the server refused it, the client is closed. Otherwise it
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

  sio_client_install_properties (object_class);
  install_signals (SIO_TYPE_CLIENT);
}

static void
sio_client_init (SioClient *self)
{
  self->handlers = sio_handlers_new ();
  self->max_buffered_events = SIO_CLIENT_MAX_EVENTS;
  self->max_buffered_bytes = SIO_CLIENT_MAX_BYTES;
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
  g_object_notify (G_OBJECT (self), "state");
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
    g_object_notify (G_OBJECT (self), "recovered");
  g_object_notify (G_OBJECT (self), "id");
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
    g_object_notify (G_OBJECT (self), "id");
  g_object_notify (G_OBJECT (self), "reason");
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
      g_autoptr (SioOutgoing) outgoing = sio_encode_control (
          self->manager->parser, '0' + SIO_PACKET_DISCONNECT, self->prefix, NULL);

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
