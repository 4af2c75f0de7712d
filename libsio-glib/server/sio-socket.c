/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-socket.h"

#include "sio-adapter-private.h"
#include "sio-adapter.h"
#include "sio-error.h"
#include "sio-event-limits-private.h"
#include "sio-handlers-private.h"
#include "sio-message-private.h"
#include "sio-namespace-private.h"
#include "sio-recovery-connect-private.h"
#include "sio-room-index-private.h"
#include "sio-server-private.h"
#include "sio-socket-private.h"

/**
 * SioSocket:
 *
 * One client in one namespace.
 *
 * A socket is handed to the handlers of [signal@Sio.Namespace::connection] and of events. The
 * namespace keeps it while it is connected; whoever wants it longer takes a reference. All
 * methods are harmless on a socket that is disconnected.
 *
 * A client that loses its connection and comes back gets a new socket with another id, unless it
 * is recovered: see [class@Sio.Recovery].
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */

enum
{
  PROP_0,
  PROP_ID,
  PROP_NAMESPACE,
  PROP_CONNECTED,
  PROP_DATA,
  PROP_RECOVERED,
  PROP_EXTRA_ROOMS,
  N_PROPS
};

enum
{
  DISCONNECTING,
  DISCONNECTED,
  ERROR,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SioSocket, sio_socket, G_TYPE_OBJECT)

static void
sio_socket_finalize (GObject *object)
{
  SioSocket *self = SIO_SOCKET (object);

  g_clear_pointer (&self->handlers, sio_handlers_free);
  sio_socket_free_gate (self);
  g_clear_pointer (&self->times, sio_socket_times_free);
  sio_socket_fail_acks (self);
  g_clear_pointer (&self->handshake, sio_handshake_unref);
  g_clear_pointer (&self->data, json_node_unref);
  g_clear_pointer (&self->recovery, sio_recovery_session_unref);
  g_clear_object (&self->session);
  if (self->has_long_id)
    g_free (self->long_id);
  g_clear_object (&self->ns);

  G_OBJECT_CLASS (sio_socket_parent_class)->finalize (object);
}

static void
sio_socket_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioSocket *self = SIO_SOCKET (object);

  switch (prop_id)
    {
    case PROP_ID:
      g_value_set_string (value, sio_socket_peek_id (self));
      break;
    case PROP_NAMESPACE:
      g_value_set_object (value, self->ns);
      break;
    case PROP_CONNECTED:
      g_value_set_boolean (value, sio_socket_is_connected (self));
      break;
    case PROP_DATA:
      g_value_set_boxed (value, self->data);
      break;
    case PROP_RECOVERED:
      g_value_set_boolean (value, self->recovered);
      break;
    case PROP_EXTRA_ROOMS:
      g_value_set_uint (value, self->extra_rooms);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_socket_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  SioSocket *self = SIO_SOCKET (object);

  switch (prop_id)
    {
    case PROP_DATA:
      sio_socket_set_data (self, g_value_get_boxed (value));
      break;
    case PROP_EXTRA_ROOMS:
      sio_socket_set_extra_rooms (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_socket_class_init (SioSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = sio_socket_finalize;
  object_class->get_property = sio_socket_get_property;
  object_class->set_property = sio_socket_set_property;

  /**
   * SioSocket:id:
   *
   * Id of the socket, unique and unguessable.
   *
   * Since: 0.1
   */
  properties[PROP_ID] =
      g_param_spec_string ("id", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioSocket:namespace:
   *
   * The namespace the socket belongs to.
   *
   * Since: 0.1
   */
  properties[PROP_NAMESPACE] = g_param_spec_object ("namespace", NULL, NULL, SIO_TYPE_NAMESPACE,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioSocket:connected:
   *
   * Whether the client is there.
   *
   * Since: 0.1
   */
  properties[PROP_CONNECTED] =
      g_param_spec_boolean ("connected", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioSocket:data:
   *
   * What the application keeps with the socket.
   *
   * Since: 0.1
   */
  properties[PROP_DATA] =
      g_param_spec_boxed ("data", NULL, NULL, JSON_TYPE_NODE,
                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioSocket:recovered:
   *
   * Whether the client got its session back after it had lost its connection; see
   * [class@Sio.Recovery].
   *
   * Since: 0.1
   */
  properties[PROP_RECOVERED] = g_param_spec_boolean ("recovered", NULL, NULL, FALSE,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioSocket:extra-rooms:
   *
   * How many rooms the socket may be in besides those that
   * [property@Sio.Server:max-rooms-per-socket] allows.
   *
   * For rooms that the application puts sockets into by itself, such as one for each group of a
   * user: what clients choose then keeps the whole limit.
   *
   * Since: 0.1
   */
  properties[PROP_EXTRA_ROOMS] =
      g_param_spec_uint ("extra-rooms", NULL, NULL, 0, G_MAXUINT16, 0,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * SioSocket::disconnecting:
   * @self: the socket
   * @reason: why, for example `transport close` or `client namespace disconnect`
   * @description: (nullable): what happened in detail
   *
   * The client is leaving; the socket is still in its rooms. Nothing can be sent to it any more.
   *
   * Since: 0.1
   */
  signals[DISCONNECTING] =
      g_signal_new ("disconnecting", SIO_TYPE_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * SioSocket::disconnected:
   * @self: the socket
   * @reason: why, for example `transport close` or `client namespace disconnect`
   * @description: (nullable): what happened in detail
   *
   * The client is gone and the socket has left its rooms.
   *
   * Since: 0.1
   */
  signals[DISCONNECTED] = g_signal_new ("disconnected", SIO_TYPE_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * SioSocket::error:
   * @self: the socket
   * @error: what is wrong
   *
   * An event middleware refused an event of the client: the error is what
   * [func@Sio.middleware_reject] said, and the client stays connected. Or the client sent
   * something that is not Socket.IO (`SIO_ERROR_PROTOCOL` and the like); its connection is closed
   * next.
   *
   * Since: 0.1
   */
  signals[ERROR] = g_signal_new ("error", SIO_TYPE_SOCKET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sio_socket_init (SioSocket *self)
{
  self->state = SIO_SOCKET_CONNECTING;
}

SioSocket *
sio_socket_new (SioNamespace *ns,
                SioConnection *connection,
                SioSession *session,
                SioHandshake *handshake)
{
  SioSocket *self = g_object_new (SIO_TYPE_SOCKET, NULL);

  self->ns = g_object_ref (ns);
  self->connection = connection;
  if (session != NULL)
    self->session = g_object_ref (session);
  self->handshake = sio_handshake_ref (handshake);
  if (!sio_socket_is_eio3 (self))
    sio_id_generate (self->short_id);
  else if (*sio_namespace_get_prefix (ns) == '\0')
    g_strlcpy (self->short_id, sio_session_get_id (session), sizeof self->short_id);
  else
    {
      /* The client computes the same. */
      self->has_long_id = TRUE;
      self->long_id =
          g_strconcat (sio_namespace_get_name (ns), "#", sio_session_get_id (session), NULL);
    }
  return self;
}

static SioAdapter *
get_adapter (SioSocket *self)
{
  return sio_namespace_get_adapter (self->ns);
}

/**
 * sio_socket_get_id:
 * @self: a socket
 *
 * Gets the id, which is also the name of a room with only this socket in it.
 *
 * Clients of Socket.IO 1 and 2 are called by the id of their session, behind the name of the
 * namespace and `#` unless it is the default one. It is a secret: see
 * [property@Sio.Engine:allow-eio3].
 *
 * Returns: (transfer none): 20 characters, unique and unguessable
 *
 * Since: 0.1
 */
const char *
sio_socket_get_id (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);

  return sio_socket_peek_id (self);
}

/**
 * sio_socket_get_namespace:
 * @self: a socket
 *
 * Gets the namespace.
 *
 * Returns: (transfer none): the namespace
 *
 * Since: 0.1
 */
SioNamespace *
sio_socket_get_namespace (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);

  return self->ns;
}

/**
 * sio_socket_get_handshake:
 * @self: a socket
 *
 * Gets how the client connected.
 *
 * Returns: (transfer none): the handshake
 *
 * Since: 0.1
 */
SioHandshake *
sio_socket_get_handshake (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);

  return self->handshake;
}

/**
 * sio_socket_get_session:
 * @self: a socket
 *
 * Gets the Engine.IO session, which all sockets of one connection share.
 *
 * Returns: (transfer none) (nullable): the session, maybe closed
 *
 * Since: 0.1
 */
SioSession *
sio_socket_get_session (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);

  return self->session;
}

/**
 * sio_socket_get_connect_time:
 * @self: a socket
 *
 * Gets when the client was let into the namespace. [method@Sio.Handshake.get_time] is when its
 * connection began, which is earlier.
 *
 * Returns: µs since 1970 in UTC, or 0 if it was not connected yet
 *
 * Since: 0.1
 */
gint64
sio_socket_get_connect_time (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);

  return self->connect_time;
}

/**
 * sio_socket_get_n_events:
 * @self: a socket
 *
 * Tells how many events the client sent to the namespace, but for those that a limit refused.
 *
 * Returns: their number
 *
 * Since: 0.1
 */
guint64
sio_socket_get_n_events (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);

  return self->n_events;
}

/**
 * sio_socket_is_connected: (get-property connected)
 * @self: a socket
 *
 * Tells whether the client is there.
 *
 * It is still `TRUE` in [signal@Sio.Socket::disconnecting], and not yet in middlewares.
 *
 * Returns: `TRUE` if it is
 *
 * Since: 0.1
 */
gboolean
sio_socket_is_connected (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), FALSE);

  return self->state == SIO_SOCKET_CONNECTED || self->state == SIO_SOCKET_DISCONNECTING;
}

/**
 * sio_socket_is_recovered: (get-property recovered)
 * @self: a socket
 *
 * Tells whether the client got its session back after it had lost its connection. The socket
 * then has the id, rooms and data of the former one, and the client got what it missed.
 *
 * Returns: `TRUE` if it did
 *
 * Since: 0.1
 */
gboolean
sio_socket_is_recovered (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), FALSE);

  return self->recovered;
}

/**
 * sio_socket_start_anew:
 * @self: a socket that a middleware decides about
 *
 * Makes a client that got its session back one that connects for the first time: with another id
 * and without the rooms, the data and the events that it missed.
 *
 * This is for middlewares that find that the session is not this client's, for example because it
 * shows the token of another user than before. They are asked only if
 * [property@Sio.Recovery:skip-middlewares] is off. The session waits on for its client.
 *
 * Returns: `TRUE` if the client had got a session back; `FALSE`, and nothing changes, if it had
 *   not, or if it is connected already or not any more
 *
 * Since: 0.1
 */
gboolean
sio_socket_start_anew (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), FALSE);

  if (self->state != SIO_SOCKET_CONNECTING || !self->recovered)
    return FALSE;
  sio_recovery_forget (self);
  return TRUE;
}

/**
 * sio_socket_get_data:
 * @self: a socket
 *
 * Gets what the application keeps with the socket.
 *
 * Returns: (transfer none) (nullable): any value
 *
 * Since: 0.1
 */
JsonNode *
sio_socket_get_data (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);

  return self->data;
}

/**
 * sio_socket_set_data:
 * @self: a socket
 * @data: (nullable): any value
 *
 * Keeps a value with the socket, for example who the user is.
 *
 * It is shown to administrators and, with adapters that span several processes, to the others.
 *
 * Since: 0.1
 */
void
sio_socket_set_data (SioSocket *self, JsonNode *data)
{
  g_return_if_fail (SIO_IS_SOCKET (self));

  if (self->data == data)
    return;
  g_clear_pointer (&self->data, json_node_unref);
  if (data != NULL)
    self->data = json_node_ref (data);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DATA]);
}

/**
 * sio_socket_join:
 * @self: a socket
 * @room: name of a room
 *
 * Puts the socket into a room, which exists as long as somebody is in it.
 *
 * Returns: `TRUE` if it is in the room now; `FALSE` if it is disconnected, or in so many rooms that
 *   [property@Sio.Server:max-rooms-per-socket] allows no other
 *
 * Since: 0.1
 */
gboolean
sio_socket_join (SioSocket *self, const char *room)
{
  const char *rooms[] = { room, NULL };

  g_return_val_if_fail (SIO_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (room != NULL, FALSE);

  if (self->state == SIO_SOCKET_DISCONNECTED)
    return FALSE;
  sio_adapter_add_all (get_adapter (self), self, rooms);
  /* Handlers may have done anything. */
  return self->state != SIO_SOCKET_DISCONNECTED &&
         !sio_memory_adapter_may_lack (get_adapter (self), self, room);
}

/**
 * sio_socket_leave:
 * @self: a socket
 * @room: name of a room
 *
 * Takes the socket out of a room.
 *
 * Since: 0.1
 */
void
sio_socket_leave (SioSocket *self, const char *room)
{
  g_return_if_fail (SIO_IS_SOCKET (self));
  g_return_if_fail (room != NULL);

  if (self->state == SIO_SOCKET_DISCONNECTED)
    return;
  sio_adapter_del (get_adapter (self), self, room);
}

/**
 * sio_socket_get_extra_rooms: (get-property extra-rooms)
 * @self: a socket
 *
 * Gets how many rooms the socket may be in besides those that
 * [property@Sio.Server:max-rooms-per-socket] allows.
 *
 * Returns: how many
 *
 * Since: 0.1
 */
guint
sio_socket_get_extra_rooms (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);

  return self->extra_rooms;
}

/**
 * sio_socket_set_extra_rooms: (set-property extra-rooms)
 * @self: a socket
 * @n_rooms: how many, 65535 at most
 *
 * Lets the socket be in more rooms than [property@Sio.Server:max-rooms-per-socket] allows. Nobody
 * leaves a room when it is set to less. A socket that was recovered has all its rooms, whatever
 * their number, but not this: set it again.
 *
 * Since: 0.1
 */
void
sio_socket_set_extra_rooms (SioSocket *self, guint n_rooms)
{
  g_return_if_fail (SIO_IS_SOCKET (self));
  g_return_if_fail (n_rooms <= G_MAXUINT16);

  if (self->extra_rooms == n_rooms)
    return;
  self->extra_rooms = n_rooms;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_EXTRA_ROOMS]);
}

/**
 * sio_socket_list_rooms:
 * @self: a socket
 *
 * Lists the rooms the socket is in, among them its id.
 *
 * Returns: (transfer full) (array zero-terminated=1): names of rooms, none after the end
 *
 * Since: 0.1
 */
char **
sio_socket_list_rooms (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);

  if (self->state == SIO_SOCKET_DISCONNECTED)
    return g_new0 (char *, 1);
  return sio_adapter_list_socket_rooms (get_adapter (self), self);
}

/**
 * sio_socket_get_n_rooms:
 * @self: a socket
 *
 * Tells in how many rooms the socket is; the one of its id is one of them.
 *
 * Quicker than [method@Sio.Socket.list_rooms].
 *
 * Returns: how many
 *
 * Since: 0.1
 */
guint
sio_socket_get_n_rooms (SioSocket *self)
{
  g_auto (GStrv) rooms = NULL;

  g_return_val_if_fail (SIO_IS_SOCKET (self), 0);

  if (self->state == SIO_SOCKET_DISCONNECTED)
    return 0;
  if (SIO_IS_MEMORY_ADAPTER (get_adapter (self)))
    return sio_room_index_count (self) + (sio_socket_is_connected (self) ? 1 : 0);
  rooms = sio_adapter_list_socket_rooms (get_adapter (self), self);
  return g_strv_length (rooms);
}

/**
 * sio_socket_is_in:
 * @self: a socket
 * @room: name of a room
 *
 * Tells whether the socket is in a room; the one of its id is one of them.
 *
 * Quicker than [method@Sio.Socket.list_rooms].
 *
 * Returns: `TRUE` if it is
 *
 * Since: 0.1
 */
gboolean
sio_socket_is_in (SioSocket *self, const char *room)
{
  g_auto (GStrv) rooms = NULL;

  g_return_val_if_fail (SIO_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (room != NULL, FALSE);

  if (self->state == SIO_SOCKET_DISCONNECTED)
    return FALSE;
  if (SIO_IS_MEMORY_ADAPTER (get_adapter (self)))
    return sio_memory_adapter_has (get_adapter (self), self, room);
  rooms = sio_adapter_list_socket_rooms (get_adapter (self), self);
  return g_strv_contains ((const char *const *) rooms, room);
}

/**
 * sio_socket_close:
 * @self: a socket
 * @close_connection: `TRUE` to close the connection, too, with all sockets in other namespaces
 *
 * Disconnects the client, which will not come back by itself.
 *
 * The reason is `server namespace disconnect`. Nothing happens while a middleware still decides:
 * refuse the client there.
 *
 * Since: 0.1
 */
void
sio_socket_close (SioSocket *self, gboolean close_connection)
{
  g_autoptr (SioSocket) hold = NULL;

  g_return_if_fail (SIO_IS_SOCKET (self));

  if (self->state != SIO_SOCKET_CONNECTED)
    return;
  hold = g_object_ref (self);
  if (close_connection && self->connection != NULL)
    {
      sio_connection_disconnect_all (self->connection);
      return;
    }
  sio_socket_send_disconnect (self);
  sio_socket_disconnected (self, "server namespace disconnect", NULL);
}

void
sio_socket_connected (SioSocket *self)
{
  SioServer *server = sio_namespace_get_server (self->ns);

  if (server != NULL)
    sio_server_get_counters (server)->n_connected++;
  self->state = SIO_SOCKET_CONNECTED;
  self->connect_time = g_get_real_time ();
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONNECTED]);
}

void
sio_socket_send_disconnect (SioSocket *self)
{
  g_autoptr (SioOutgoing) outgoing =
      sio_encode_control (sio_namespace_get_parser (self->ns), '0' + SIO_PACKET_DISCONNECT,
                          sio_namespace_get_prefix (self->ns), NULL);

  sio_socket_send_outgoing (self, outgoing, SIO_SEND_DEFAULT);
}

static gboolean
has_handler (SioSocket *self, guint signal)
{
  return g_signal_has_handler_pending (self, signals[signal], 0, FALSE);
}

static void
count_disconnected (SioSocket *self, const char *reason)
{
  SioServer *server = sio_namespace_get_server (self->ns);

  if (server != NULL)
    sio_server_get_counters (server)->disconnected[sio_disconnected_from_reason (reason)]++;
}

void
sio_socket_disconnected (SioSocket *self, const char *reason, const char *description)
{
  g_autoptr (SioSocket) hold = NULL;
  SioConnection *connection;
  gboolean may_return = FALSE;

  if (self->state == SIO_SOCKET_CONNECTING)
    {
      sio_socket_abandon (self);
      return;
    }
  if (self->state != SIO_SOCKET_CONNECTED)
    return;

  hold = g_object_ref (self);
  count_disconnected (self, reason);
  if (self->recovery != NULL)
    sio_recovery_session_mark_end (self->recovery);
  self->state = SIO_SOCKET_DISCONNECTING;
  if (has_handler (self, DISCONNECTING))
    g_signal_emit (self, signals[DISCONNECTING], 0, reason, description);

  if (self->recovery != NULL)
    may_return = sio_recovery_persist (self->ns, self, reason);
  sio_adapter_del_all (get_adapter (self), self);
  if (!may_return)
    g_clear_pointer (&self->recovery, sio_recovery_session_unref);
  self->state = SIO_SOCKET_DISCONNECTED;
  sio_namespace_remove_socket (self->ns, self);
  connection = g_steal_pointer (&self->connection);
  if (connection != NULL)
    sio_connection_remove_socket (connection, self);
  sio_socket_fail_acks (self);
  sio_socket_close_gate (self);

  if (has_handler (self, DISCONNECTED))
    g_signal_emit (self, signals[DISCONNECTED], 0, reason, description);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONNECTED]);
  /* Handlers often refer to the socket: they must not keep each other alive. */
  g_clear_pointer (&self->handlers, sio_handlers_free);
  sio_socket_update_observed (self);
  sio_namespace_socket_gone (self->ns);
}

void
sio_socket_abandon (SioSocket *self)
{
  g_autoptr (SioSocket) hold = NULL;
  SioConnection *connection;

  if (self->state != SIO_SOCKET_CONNECTING)
    return;
  hold = g_object_ref (self);
  sio_adapter_del_all (get_adapter (self), self);
  connection = g_steal_pointer (&self->connection);
  /* Still CONNECTING here: the client never was in the namespace. */
  if (connection != NULL)
    sio_connection_remove_socket (connection, self);
  self->state = SIO_SOCKET_DISCONNECTED;
  sio_namespace_cancel_connecting (self->ns, self);
  sio_socket_close_gate (self);
  g_clear_pointer (&self->handlers, sio_handlers_free);
  sio_socket_update_observed (self);
  sio_namespace_socket_gone (self->ns);
}

void
sio_socket_receive_error (SioSocket *self, const GError *error)
{
  if (self->state == SIO_SOCKET_CONNECTED && has_handler (self, ERROR))
    g_signal_emit (self, signals[ERROR], 0, error);
}
