/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-adapter.h"

#include "sio-adapter-private.h"
#include "sio-namespace-private.h"
#include "sio-recovery-store-private.h"
#include "sio-room-private.h"

/**
 * SioAdapter:
 *
 * Keeps the rooms of a namespace and takes packets to the sockets in them.
 *
 * Each namespace has one, of the type [property@Sio.Server:adapter-type]. Applications use
 * [class@Sio.Namespace], [class@Sio.Socket] and [class@Sio.Broadcast] instead of calling it;
 * the signals are for those who want to know about rooms.
 *
 * To spread a namespace over several processes, derive from [class@Sio.MemoryAdapter], override
 * what has to reach the other processes, and chain up for the sockets of this one.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
typedef struct
{
  SioNamespace *ns; /* owns us: a weak pointer */
} SioAdapterPrivate;

enum
{
  PROP_0,
  PROP_NAMESPACE,
  N_PROPS
};

enum
{
  CREATE_ROOM,
  JOIN_ROOM,
  LEAVE_ROOM,
  DELETE_ROOM,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (SioAdapter, sio_adapter, G_TYPE_OBJECT)

#define GET_PRIVATE(self) ((SioAdapterPrivate *) sio_adapter_get_instance_private (self))

static void
set_namespace (SioAdapter *self, SioNamespace *ns)
{
  SioAdapterPrivate *priv = GET_PRIVATE (self);

  g_set_weak_pointer (&priv->ns, ns);
}

static void
sio_adapter_dispose (GObject *object)
{
  set_namespace (SIO_ADAPTER (object), NULL);

  G_OBJECT_CLASS (sio_adapter_parent_class)->dispose (object);
}

static void
sio_adapter_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_NAMESPACE:
      g_value_set_object (value, sio_adapter_get_namespace (SIO_ADAPTER (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_adapter_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_NAMESPACE:
      set_namespace (SIO_ADAPTER (object), g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static guint
add_signal (const char *name, guint n_params, GType type)
{
  return g_signal_new (name, SIO_TYPE_ADAPTER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       n_params, G_TYPE_STRING, type);
}

static guint
sio_adapter_real_get_n_rooms (SioAdapter *self)
{
  g_auto (GStrv) rooms = sio_adapter_list_rooms (self);

  return g_strv_length (rooms);
}

static void
sio_adapter_class_init (SioAdapterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = sio_adapter_dispose;
  object_class->get_property = sio_adapter_get_property;
  object_class->set_property = sio_adapter_set_property;

  sio_adapter_class_init_defaults (klass);
  sio_adapter_class_init_recovery (klass);
  klass->get_n_rooms = sio_adapter_real_get_n_rooms;

  /**
   * SioAdapter:namespace:
   *
   * The namespace whose sockets it looks after.
   *
   * Since: 0.1
   */
  properties[PROP_NAMESPACE] =
      g_param_spec_object ("namespace", NULL, NULL, SIO_TYPE_NAMESPACE,
                           G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * SioAdapter::create-room:
   * @self: the adapter
   * @room: name of the room
   *
   * The first socket is about to join a room. Ids of sockets are rooms, too.
   *
   * Since: 0.1
   */
  signals[CREATE_ROOM] = add_signal ("create-room", 1, G_TYPE_NONE);
  /**
   * SioAdapter::join-room:
   * @self: the adapter
   * @room: name of the room
   * @socket: the socket
   *
   * A socket has joined a room.
   *
   * Since: 0.1
   */
  signals[JOIN_ROOM] = add_signal ("join-room", 2, SIO_TYPE_SOCKET);
  /**
   * SioAdapter::leave-room:
   * @self: the adapter
   * @room: name of the room
   * @socket: the socket
   *
   * A socket has left a room.
   *
   * Since: 0.1
   */
  signals[LEAVE_ROOM] = add_signal ("leave-room", 2, SIO_TYPE_SOCKET);
  /**
   * SioAdapter::delete-room:
   * @self: the adapter
   * @room: name of the room
   *
   * The last socket has left a room.
   *
   * Since: 0.1
   */
  signals[DELETE_ROOM] = add_signal ("delete-room", 1, G_TYPE_NONE);
}

static void
sio_adapter_init (SioAdapter *self)
{
}

static SioRoomWatch *
get_watch (SioAdapter *self)
{
  SioNamespace *ns = GET_PRIVATE (self)->ns;

  return ns != NULL ? *sio_namespace_get_room_watch (ns) : NULL;
}

static gboolean
has_handler (SioAdapter *self, guint signal)
{
  return g_signal_has_handler_pending (self, signals[signal], 0, FALSE);
}

/**
 * sio_adapter_room_created:
 * @self: an adapter
 * @room: name of the room
 *
 * Tells that a room comes into being; emits [signal@Sio.Adapter::create-room].
 *
 * For implementations of adapters: call it before the first socket joins. Nothing else may emit the
 * signal.
 *
 * Since: 0.1
 */
void
sio_adapter_room_created (SioAdapter *self, const char *room)
{
  SioRoomWatch *watch;

  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (room != NULL);

  watch = get_watch (self);
  if (G_UNLIKELY (watch != NULL))
    sio_room_watch_created (watch, room);
  if (has_handler (self, CREATE_ROOM))
    g_signal_emit (self, signals[CREATE_ROOM], 0, room);
}

/**
 * sio_adapter_room_joined:
 * @self: an adapter
 * @room: name of the room
 * @socket: the socket
 *
 * Tells that a socket has joined a room; emits [signal@Sio.Adapter::join-room].
 *
 * For implementations of adapters: call it after the socket joined, not if it was in the room
 * before. Nothing else may emit the signal.
 *
 * Since: 0.1
 */
void
sio_adapter_room_joined (SioAdapter *self, const char *room, SioSocket *socket)
{
  SioRoomWatch *watch;

  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (room != NULL);
  g_return_if_fail (SIO_IS_SOCKET (socket));

  if (socket->recovery != NULL)
    sio_recovery_session_joined (socket->recovery, socket, room);
  watch = get_watch (self);
  if (G_UNLIKELY (watch != NULL))
    sio_room_watch_joined (watch, room, socket);
  if (has_handler (self, JOIN_ROOM))
    g_signal_emit (self, signals[JOIN_ROOM], 0, room, socket);
}

/**
 * sio_adapter_room_left:
 * @self: an adapter
 * @room: name of the room
 * @socket: the socket
 *
 * Tells that a socket has left a room; emits [signal@Sio.Adapter::leave-room].
 *
 * For implementations of adapters: call it after the socket left, not if it was not in the room.
 * Nothing else may emit the signal.
 *
 * Since: 0.1
 */
void
sio_adapter_room_left (SioAdapter *self, const char *room, SioSocket *socket)
{
  SioRoomWatch *watch;

  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (room != NULL);
  g_return_if_fail (SIO_IS_SOCKET (socket));

  if (socket->recovery != NULL)
    sio_recovery_session_left (socket->recovery, socket, room);
  watch = get_watch (self);
  if (G_UNLIKELY (watch != NULL))
    sio_room_watch_left (watch, room, socket);
  if (has_handler (self, LEAVE_ROOM))
    g_signal_emit (self, signals[LEAVE_ROOM], 0, room, socket);
}

/**
 * sio_adapter_room_deleted:
 * @self: an adapter
 * @room: name of the room
 *
 * Tells that a room ceases to be; emits [signal@Sio.Adapter::delete-room].
 *
 * For implementations of adapters: call it after the last socket left. Nothing else may emit the
 * signal.
 *
 * Since: 0.1
 */
void
sio_adapter_room_deleted (SioAdapter *self, const char *room)
{
  SioRoomWatch *watch;

  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (room != NULL);

  watch = get_watch (self);
  if (G_UNLIKELY (watch != NULL))
    sio_room_watch_deleted (watch, room);
  if (has_handler (self, DELETE_ROOM))
    g_signal_emit (self, signals[DELETE_ROOM], 0, room);
}

/**
 * sio_adapter_receive_server_event:
 * @self: an adapter
 * @event: what another server emitted
 *
 * Hands an event of another server to the handlers of [signal@Sio.Namespace::server-event].
 *
 * For implementations of adapters.
 *
 * Since: 0.1
 */
void
sio_adapter_receive_server_event (SioAdapter *self, SioServerEvent *event)
{
  SioNamespace *ns;

  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (event != NULL);

  ns = sio_adapter_get_namespace (self);
  if (ns != NULL)
    sio_namespace_receive_server_event (ns, event);
}

/**
 * sio_adapter_get_namespace: (get-property namespace)
 * @self: an adapter
 *
 * Gets the namespace whose sockets it looks after.
 *
 * Returns: (transfer none) (nullable): the namespace, `NULL` if it is gone
 *
 * Since: 0.1
 */
SioNamespace *
sio_adapter_get_namespace (SioAdapter *self)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), NULL);

  return GET_PRIVATE (self)->ns;
}

/**
 * sio_adapter_add_all: (virtual add_all)
 * @self: an adapter
 * @socket: a socket
 * @rooms: (array zero-terminated=1): names of rooms
 *
 * Puts a socket into rooms.
 *
 * Called with the id of the socket when it connects.
 *
 * Since: 0.1
 */
void
sio_adapter_add_all (SioAdapter *self, SioSocket *socket, const char *const *rooms)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (SIO_IS_SOCKET (socket));
  g_return_if_fail (rooms != NULL);

  SIO_ADAPTER_GET_CLASS (self)->add_all (self, socket, rooms);
}

/**
 * sio_adapter_del: (virtual del)
 * @self: an adapter
 * @socket: a socket
 * @room: name of a room
 *
 * Takes a socket out of a room.
 *
 * Since: 0.1
 */
void
sio_adapter_del (SioAdapter *self, SioSocket *socket, const char *room)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (SIO_IS_SOCKET (socket));
  g_return_if_fail (room != NULL);

  SIO_ADAPTER_GET_CLASS (self)->del (self, socket, room);
}

/**
 * sio_adapter_del_all: (virtual del_all)
 * @self: an adapter
 * @socket: a socket
 *
 * Takes a socket out of all rooms, because it is gone.
 *
 * Since: 0.1
 */
void
sio_adapter_del_all (SioAdapter *self, SioSocket *socket)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (SIO_IS_SOCKET (socket));

  SIO_ADAPTER_GET_CLASS (self)->del_all (self, socket);
}

/**
 * sio_adapter_broadcast: (virtual broadcast)
 * @self: an adapter
 * @packet: an event
 * @target: whom it is meant for
 *
 * Sends an event to all matching sockets that are connected.
 *
 * Since: 0.1
 */
void
sio_adapter_broadcast (SioAdapter *self, SioPacket *packet, SioTarget *target)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (packet != NULL);
  g_return_if_fail (target != NULL);

  SIO_ADAPTER_GET_CLASS (self)->broadcast (self, packet, target);
}

/**
 * sio_adapter_broadcast_with_ack: (virtual broadcast_with_ack)
 * @self: an adapter
 * @packet: an event
 * @target: whom it is meant for; its timeout is set
 * @count_func: (scope notified) (closure user_data): called once for each server, that of this
 *   process included
 * @ack_func: (scope notified) (closure user_data): called for each answer
 * @user_data: (closure): data for both functions
 * @destroy: (destroy user_data): frees @user_data when neither will be called any more, which
 *   is after the timeout at the latest
 *
 * Sends an event to all matching sockets that are connected, and collects their answers.
 *
 * Since: 0.1
 */
void
sio_adapter_broadcast_with_ack (SioAdapter *self,
                                SioPacket *packet,
                                SioTarget *target,
                                SioClientCountFunc count_func,
                                SioAckFunc ack_func,
                                gpointer user_data,
                                GDestroyNotify destroy)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (packet != NULL);
  g_return_if_fail (target != NULL && sio_target_get_timeout (target) > 0);
  g_return_if_fail (count_func != NULL);
  g_return_if_fail (ack_func != NULL);

  SIO_ADAPTER_GET_CLASS (self)->broadcast_with_ack (self, packet, target, count_func, ack_func,
                                                    user_data, destroy);
}

/**
 * sio_adapter_foreach_socket: (virtual foreach_socket)
 * @self: an adapter
 * @target: which ones
 * @func: (scope call) (closure user_data): function to call
 * @user_data: data for @func
 *
 * Visits the matching sockets of this process that are connected, each once. @func may do
 * whatever it likes: sockets that leave before their turn are left out, those that come are not
 * visited.
 *
 * Since: 0.1
 */
void
sio_adapter_foreach_socket (SioAdapter *self,
                            SioTarget *target,
                            SioSocketFunc func,
                            gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (target != NULL);
  g_return_if_fail (func != NULL);

  SIO_ADAPTER_GET_CLASS (self)->foreach_socket (self, target, func, user_data);
}

/**
 * sio_adapter_list_socket_rooms: (virtual list_socket_rooms)
 * @self: an adapter
 * @socket: a socket
 *
 * Lists the rooms of a socket.
 *
 * Returns: (transfer full) (array zero-terminated=1): names of rooms
 *
 * Since: 0.1
 */
char **
sio_adapter_list_socket_rooms (SioAdapter *self, SioSocket *socket)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), NULL);
  g_return_val_if_fail (SIO_IS_SOCKET (socket), NULL);

  return SIO_ADAPTER_GET_CLASS (self)->list_socket_rooms (self, socket);
}

/**
 * sio_adapter_list_rooms: (virtual list_rooms)
 * @self: an adapter
 *
 * Lists the rooms of this process, without those that are ids of sockets.
 *
 * Returns: (transfer full) (array zero-terminated=1): names of rooms
 *
 * Since: 0.1
 */
char **
sio_adapter_list_rooms (SioAdapter *self)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), NULL);

  return SIO_ADAPTER_GET_CLASS (self)->list_rooms (self);
}

/**
 * sio_adapter_get_n_rooms: (virtual get_n_rooms)
 * @self: an adapter
 *
 * Counts the rooms of this process, without those that are ids of sockets.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_adapter_get_n_rooms (SioAdapter *self)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), 0);

  return SIO_ADAPTER_GET_CLASS (self)->get_n_rooms (self);
}

/**
 * sio_adapter_get_room_size: (virtual get_room_size)
 * @self: an adapter
 * @room: name of a room
 *
 * Counts the sockets of this process in a room.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_adapter_get_room_size (SioAdapter *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), 0);
  g_return_val_if_fail (room != NULL, 0);

  return SIO_ADAPTER_GET_CLASS (self)->get_room_size (self, room);
}

/**
 * sio_adapter_list_room_sockets: (virtual list_room_sockets)
 * @self: an adapter
 * @room: name of a room
 *
 * Lists the sockets of this process in a room, also those that still are in the middlewares.
 *
 * Returns: (transfer container) (element-type SioSocket): sockets, maybe none
 *
 * Since: 0.1
 */
GPtrArray *
sio_adapter_list_room_sockets (SioAdapter *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  return SIO_ADAPTER_GET_CLASS (self)->list_room_sockets (self, room);
}

/**
 * sio_adapter_fetch_sockets_async: (virtual fetch_sockets_async)
 * @self: an adapter
 * @target: which ones
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the sockets
 * @user_data: data for @callback
 *
 * Finds all matching sockets that are connected.
 *
 * Since: 0.1
 */
void
sio_adapter_fetch_sockets_async (SioAdapter *self,
                                 SioTarget *target,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (target != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  SIO_ADAPTER_GET_CLASS (self)->fetch_sockets_async (self, target, cancellable, callback,
                                                     user_data);
}

/**
 * sio_adapter_fetch_sockets_finish: (virtual fetch_sockets_finish)
 * @self: an adapter
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Adapter.fetch_sockets_async].
 *
 * Returns: (transfer container) (element-type SioRemoteSocket): sockets, or `NULL` with @error set
 *
 * Since: 0.1
 */
GPtrArray *
sio_adapter_fetch_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return SIO_ADAPTER_GET_CLASS (self)->fetch_sockets_finish (self, result, error);
}

/**
 * sio_adapter_add_sockets_async: (virtual add_sockets_async)
 * @self: an adapter
 * @target: which sockets
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Puts all matching sockets into rooms. Those of this process are done before it returns.
 *
 * Since: 0.1
 */
void
sio_adapter_add_sockets_async (SioAdapter *self,
                               SioTarget *target,
                               const char *const *rooms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (target != NULL);
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  SIO_ADAPTER_GET_CLASS (self)->add_sockets_async (self, target, rooms, cancellable, callback,
                                                   user_data);
}

/**
 * sio_adapter_add_sockets_finish: (virtual add_sockets_finish)
 * @self: an adapter
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Adapter.add_sockets_async].
 *
 * Returns: `TRUE` if other processes were told, too
 *
 * Since: 0.1
 */
gboolean
sio_adapter_add_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return SIO_ADAPTER_GET_CLASS (self)->add_sockets_finish (self, result, error);
}

/**
 * sio_adapter_del_sockets_async: (virtual del_sockets_async)
 * @self: an adapter
 * @target: which sockets
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Takes all matching sockets out of rooms. Those of this process are done before it returns.
 *
 * Since: 0.1
 */
void
sio_adapter_del_sockets_async (SioAdapter *self,
                               SioTarget *target,
                               const char *const *rooms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (target != NULL);
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  SIO_ADAPTER_GET_CLASS (self)->del_sockets_async (self, target, rooms, cancellable, callback,
                                                   user_data);
}

/**
 * sio_adapter_del_sockets_finish: (virtual del_sockets_finish)
 * @self: an adapter
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Adapter.del_sockets_async].
 *
 * Returns: `TRUE` if other processes were told, too
 *
 * Since: 0.1
 */
gboolean
sio_adapter_del_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return SIO_ADAPTER_GET_CLASS (self)->del_sockets_finish (self, result, error);
}

/**
 * sio_adapter_disconnect_sockets_async: (virtual disconnect_sockets_async)
 * @self: an adapter
 * @target: which sockets
 * @close_connection: `TRUE` to close their connections, too
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Disconnects all matching sockets. Those of this process are done before it returns.
 *
 * Since: 0.1
 */
void
sio_adapter_disconnect_sockets_async (SioAdapter *self,
                                      SioTarget *target,
                                      gboolean close_connection,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_return_if_fail (SIO_IS_ADAPTER (self));
  g_return_if_fail (target != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  SIO_ADAPTER_GET_CLASS (self)->disconnect_sockets_async (self, target, close_connection,
                                                          cancellable, callback, user_data);
}

/**
 * sio_adapter_disconnect_sockets_finish: (virtual disconnect_sockets_finish)
 * @self: an adapter
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Adapter.disconnect_sockets_async].
 *
 * Returns: `TRUE` if other processes were told, too
 *
 * Since: 0.1
 */
gboolean
sio_adapter_disconnect_sockets_finish (SioAdapter *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_ADAPTER (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return SIO_ADAPTER_GET_CLASS (self)->disconnect_sockets_finish (self, result, error);
}
