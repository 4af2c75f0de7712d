/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-client-private.h"

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
  OPENED,
  CLOSED,
  OPEN_ERROR,
  RECONNECT_ATTEMPT,
  RECONNECTED,
  RECONNECT_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioManager, sio_manager, G_TYPE_OBJECT)

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
  g_clear_object (&self->extra_authorities);
  g_clear_object (&self->tls_certificate);
  g_clear_object (&self->parser);
  g_clear_object (&self->cookie_jar);
  g_clear_object (&self->session);
  g_clear_object (&self->network_monitor);
  g_clear_pointer (&self->reactor, sio_reactor_unref);
  sio_linger_unref (self->linger);

  G_OBJECT_CLASS (sio_manager_parent_class)->finalize (object);
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

  sio_manager_install_properties (object_class);
  install_signals (SIO_TYPE_MANAGER);
}

static void
sio_manager_init (SioManager *self)
{
  static const char *const transports[] = { "polling", "websocket", NULL };

  self->path = g_strdup (SIO_MANAGER_PATH);
  self->transports = g_strdupv ((char **) transports);
  self->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->clients = g_hash_table_new (g_str_hash, g_str_equal);
  self->linger = sio_linger_new ();
  self->upgrade = TRUE;
  self->timeout = 20000;
  self->max_payload = SIO_MANAGER_MAX_PAYLOAD;
  self->reconnection = TRUE;
  self->reconnection_delay = 1000;
  self->reconnection_delay_max = 5000;
  self->randomization_factor = 0.5;
  self->watch_network = TRUE;
  self->watch_sleep = TRUE;
  sio_manager_connection_init (self);
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
 * sio_manager_get_waiting_for:
 * @self: a manager
 *
 * Gets what the next attempt to reconnect waits for.
 *
 * Returns: the delay, or what is in the way
 *
 * Since: 0.1
 */
SioWaitingFor
sio_manager_get_waiting_for (SioManager *self)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), SIO_WAITING_FOR_NOTHING);

  return self->waiting_for;
}
