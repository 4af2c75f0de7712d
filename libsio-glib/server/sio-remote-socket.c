/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-remote-socket.h"

#include "sio-broadcast-private.h"
#include "sio-error.h"
#include "sio-namespace-private.h"

/**
 * SioRemoteSocket:
 *
 * A socket that may be connected to another server.
 *
 * This is what [method@Sio.Namespace.fetch_sockets_async] and its relatives find. What can be done
 * with it is the same wherever the client is connected. For a client of this process,
 * [method@Sio.RemoteSocket.get_socket] gives the socket itself, which can do more.
 *
 * Handshake, data and rooms of a client of another server are as they were when it answered; those
 * of this process are up to date.
 *
 * Not thread-safe; use it from the thread-default main context it was created in.
 *
 * Since: 0.1
 */
struct _SioRemoteSocket
{
  GObject parent_instance;

  SioNamespace *ns;
  SioSocket *socket; /* NULL: it is another server's */
  char *id;
  JsonNode *handshake;
  JsonNode *data;
  char **rooms;
};

enum
{
  PROP_0,
  PROP_ID,
  PROP_NAMESPACE,
  PROP_SOCKET,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SioRemoteSocket, sio_remote_socket, G_TYPE_OBJECT)

static void
sio_remote_socket_finalize (GObject *object)
{
  SioRemoteSocket *self = SIO_REMOTE_SOCKET (object);

  g_clear_object (&self->ns);
  g_clear_object (&self->socket);
  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->handshake, json_node_unref);
  g_clear_pointer (&self->data, json_node_unref);
  g_clear_pointer (&self->rooms, g_strfreev);

  G_OBJECT_CLASS (sio_remote_socket_parent_class)->finalize (object);
}

static void
sio_remote_socket_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  SioRemoteSocket *self = SIO_REMOTE_SOCKET (object);

  switch (prop_id)
    {
    case PROP_ID:
      g_value_set_string (value, self->id);
      break;
    case PROP_NAMESPACE:
      g_value_set_object (value, self->ns);
      break;
    case PROP_SOCKET:
      g_value_set_object (value, self->socket);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
sio_remote_socket_class_init (SioRemoteSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = sio_remote_socket_finalize;
  object_class->get_property = sio_remote_socket_get_property;

  /**
   * SioRemoteSocket:id:
   *
   * Id of the socket, unique and unguessable.
   *
   * Since: 0.1
   */
  properties[PROP_ID] =
      g_param_spec_string ("id", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioRemoteSocket:namespace:
   *
   * The namespace the socket belongs to.
   *
   * Since: 0.1
   */
  properties[PROP_NAMESPACE] = g_param_spec_object ("namespace", NULL, NULL, SIO_TYPE_NAMESPACE,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SioRemoteSocket:socket:
   *
   * The socket itself, if it is one of this process.
   *
   * Since: 0.1
   */
  properties[PROP_SOCKET] = g_param_spec_object ("socket", NULL, NULL, SIO_TYPE_SOCKET,
                                                 G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sio_remote_socket_init (SioRemoteSocket *self)
{
}

/**
 * sio_remote_socket_new: (constructor)
 * @ns: the namespace
 * @id: id of the socket
 * @handshake: (nullable): what [method@Sio.Handshake.to_json_node] made on the other server
 * @rooms: (array zero-terminated=1) (nullable): the rooms the socket is in
 * @data: (nullable): what the application keeps with the socket
 *
 * Makes the stand-in of a socket of another server; for adapters.
 *
 * Returns: (transfer full): a new remote socket
 *
 * Since: 0.1
 */
SioRemoteSocket *
sio_remote_socket_new (
    SioNamespace *ns, const char *id, JsonNode *handshake, const char *const *rooms, JsonNode *data)
{
  SioRemoteSocket *self;

  g_return_val_if_fail (SIO_IS_NAMESPACE (ns), NULL);
  g_return_val_if_fail (id != NULL, NULL);

  self = g_object_new (SIO_TYPE_REMOTE_SOCKET, NULL);
  self->ns = g_object_ref (ns);
  self->id = g_strdup (id);
  self->handshake = handshake != NULL ? json_node_ref (handshake) : NULL;
  self->rooms = rooms != NULL ? g_strdupv ((char **) rooms) : g_new0 (char *, 1);
  self->data = data != NULL ? json_node_ref (data) : NULL;
  return self;
}

/**
 * sio_remote_socket_new_for_socket: (constructor)
 * @socket: a socket of this process
 *
 * Makes a remote socket for one of this process; for adapters.
 *
 * Returns: (transfer full): a new remote socket
 *
 * Since: 0.1
 */
SioRemoteSocket *
sio_remote_socket_new_for_socket (SioSocket *socket)
{
  SioRemoteSocket *self;

  g_return_val_if_fail (SIO_IS_SOCKET (socket), NULL);

  self = g_object_new (SIO_TYPE_REMOTE_SOCKET, NULL);
  self->ns = g_object_ref (socket->ns);
  self->id = g_strdup (sio_socket_peek_id (socket));
  self->socket = g_object_ref (socket);
  return self;
}

static SioTarget *
make_target (SioRemoteSocket *self, SioEmitFlags flags, guint timeout)
{
  const char *rooms[] = { self->id, NULL };

  return sio_target_new (rooms, NULL, flags, timeout);
}

/**
 * sio_remote_socket_get_id:
 * @self: a socket
 *
 * Gets the id, which is also the name of a room with only this socket in it.
 *
 * Returns: (transfer none): the id
 *
 * Since: 0.1
 */
const char *
sio_remote_socket_get_id (SioRemoteSocket *self)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);

  return self->id;
}

/**
 * sio_remote_socket_get_namespace:
 * @self: a socket
 *
 * Gets the namespace.
 *
 * Returns: (transfer none): the namespace
 *
 * Since: 0.1
 */
SioNamespace *
sio_remote_socket_get_namespace (SioRemoteSocket *self)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);

  return self->ns;
}

/**
 * sio_remote_socket_get_socket:
 * @self: a socket
 *
 * Gets the socket itself, if it is one of this process.
 *
 * Returns: (transfer none) (nullable): the socket, maybe disconnected meanwhile; `NULL` if the
 *   client is connected to another server
 *
 * Since: 0.1
 */
SioSocket *
sio_remote_socket_get_socket (SioRemoteSocket *self)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);

  return self->socket;
}

/**
 * sio_remote_socket_get_handshake:
 * @self: a socket
 *
 * Gets how the client connected, as the object that [method@Sio.Handshake.to_json_node] describes.
 *
 * Returns: (transfer none) (nullable): an object, `NULL` if the other server did not tell
 *
 * Since: 0.1
 */
JsonNode *
sio_remote_socket_get_handshake (SioRemoteSocket *self)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);

  if (self->handshake == NULL && self->socket != NULL)
    self->handshake = sio_handshake_to_json_node (sio_socket_get_handshake (self->socket));
  return self->handshake;
}

/**
 * sio_remote_socket_get_data:
 * @self: a socket
 *
 * Gets what the application keeps with the socket; see [method@Sio.Socket.set_data].
 *
 * Returns: (transfer none) (nullable): any value
 *
 * Since: 0.1
 */
JsonNode *
sio_remote_socket_get_data (SioRemoteSocket *self)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);

  return self->socket != NULL ? sio_socket_get_data (self->socket) : self->data;
}

/**
 * sio_remote_socket_list_rooms:
 * @self: a socket
 *
 * Lists the rooms the socket is in, among them its id.
 *
 * Returns: (transfer full) (array zero-terminated=1): names of rooms
 *
 * Since: 0.1
 */
char **
sio_remote_socket_list_rooms (SioRemoteSocket *self)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);

  return self->socket != NULL ? sio_socket_list_rooms (self->socket) : g_strdupv (self->rooms);
}

/**
 * sio_remote_socket_emit:
 * @self: a socket
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to the client.
 *
 * Since: 0.1
 */
void
sio_remote_socket_emit (SioRemoteSocket *self, const char *event, SioArgs *args)
{
  sio_remote_socket_emit_full (self, event, args, SIO_EMIT_NONE);
}

/**
 * sio_remote_socket_emit_full:
 * @self: a socket
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @flags: how to send it
 *
 * Sends an event to the client in a special way.
 *
 * Since: 0.1
 */
void
sio_remote_socket_emit_full (SioRemoteSocket *self,
                             const char *event,
                             SioArgs *args,
                             SioEmitFlags flags)
{
  g_autoptr (SioArgs) own_args = NULL;
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (SioTarget) target = NULL;
  SioContent content;

  g_return_if_fail (SIO_IS_REMOTE_SOCKET (self));
  g_return_if_fail (sio_event_check (event));

  if (self->socket != NULL)
    {
      sio_socket_emit_full (self->socket, event, args, flags);
      return;
    }
  own_args = args;
  sio_content_init_args (&content, event, args);
  if (!sio_content_check (self->ns, &content))
    return;
  packet = sio_packet_new_content (sio_namespace_get_parser (self->ns),
                                   sio_namespace_get_name (self->ns), &content);
  target = make_target (self, flags, 0);
  sio_adapter_broadcast (sio_namespace_get_adapter (self->ns), packet, target);
}

static void
socket_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  SioArgs *args = sio_socket_emit_with_ack_finish (SIO_SOCKET (source), result, &error);

  if (args == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, args, (GDestroyNotify) sio_args_unref);
}

/* A broadcast to one client. */
static void
broadcast_answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (SioResponses) responses = NULL;
  GError *error = NULL;
  SioArgs *args;

  responses = g_task_propagate_pointer (G_TASK (result), &error);
  args = responses != NULL ? sio_responses_get_args (responses, 0) : NULL;
  if (args != NULL)
    g_task_return_pointer (task, sio_args_ref (args), (GDestroyNotify) sio_args_unref);
  else if (error != NULL)
    g_task_return_error (task, error);
  else if (sio_responses_get_error (responses) != NULL)
    g_task_return_error (task, g_error_copy (sio_responses_get_error (responses)));
  else
    g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_NOT_CONNECTED,
                             "socket has been disconnected");
}

/**
 * sio_remote_socket_emit_with_ack_async:
 * @self: a socket
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answer in ms, 0 for 5000
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the answer
 * @user_data: data for @callback
 *
 * Sends an event to the client and waits for its acknowledgement.
 *
 * Since: 0.1
 */
void
sio_remote_socket_emit_with_ack_async (SioRemoteSocket *self,
                                       const char *event,
                                       SioArgs *args,
                                       guint timeout,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_autoptr (SioArgs) own_args = args;
  g_autoptr (SioTarget) target = NULL;
  g_autoptr (GTask) gathering = NULL;
  GTask *task;
  SioContent content;

  g_return_if_fail (SIO_IS_REMOTE_SOCKET (self));
  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_remote_socket_emit_with_ack_async);
  g_task_set_name (task, "[sio] remote emit with ack");
  if (timeout == 0)
    timeout = SIO_BROADCAST_TIMEOUT_MS;
  if (self->socket != NULL)
    {
      sio_socket_emit_with_ack_async (self->socket, event, g_steal_pointer (&own_args), timeout,
                                      cancellable, socket_answered_cb, task);
      return;
    }
  gathering = g_task_new (self, cancellable, broadcast_answered_cb, task);
  target = make_target (self, SIO_EMIT_NONE, timeout);
  sio_content_init_args (&content, event, args);
  sio_broadcast_run_with_ack (self->ns, &content, target, gathering);
}

/**
 * sio_remote_socket_emit_with_ack_finish:
 * @self: a socket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.RemoteSocket.emit_with_ack_async].
 *
 * Errors: `SIO_ERROR_TIMEOUT`, `SIO_ERROR_NOT_CONNECTED` if the client is not connected any more,
 * `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): arguments of the answer, with adapters that span several processes
 *   maybe only the first one; or `NULL` with @error set
 *
 * Since: 0.1
 */
SioArgs *
sio_remote_socket_emit_with_ack_finish (SioRemoteSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sio_remote_socket_join_async:
 * @self: a socket
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Puts the socket into rooms.
 *
 * It is done before this returns if it is a socket of this process.
 *
 * Since: 0.1
 */
void
sio_remote_socket_join_async (SioRemoteSocket *self,
                              const char *const *rooms,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_REMOTE_SOCKET (self));
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = make_target (self, SIO_EMIT_NONE, 0);
  sio_sockets_join (self->ns, target, rooms, self, cancellable, callback, user_data);
}

/**
 * sio_remote_socket_join_finish:
 * @self: a socket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.RemoteSocket.join_async].
 *
 * Returns: `TRUE` if the server of the socket was told
 *
 * Since: 0.1
 */
gboolean
sio_remote_socket_join_finish (SioRemoteSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_remote_socket_leave_async:
 * @self: a socket
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Takes the socket out of rooms.
 *
 * It is done before this returns if it is a socket of this process.
 *
 * Since: 0.1
 */
void
sio_remote_socket_leave_async (SioRemoteSocket *self,
                               const char *const *rooms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_REMOTE_SOCKET (self));
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = make_target (self, SIO_EMIT_NONE, 0);
  sio_sockets_leave (self->ns, target, rooms, self, cancellable, callback, user_data);
}

/**
 * sio_remote_socket_leave_finish:
 * @self: a socket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.RemoteSocket.leave_async].
 *
 * Returns: `TRUE` if the server of the socket was told
 *
 * Since: 0.1
 */
gboolean
sio_remote_socket_leave_finish (SioRemoteSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_remote_socket_close_async:
 * @self: a socket
 * @close_connection: `TRUE` to close the connection, too, with all sockets in other namespaces
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Disconnects the client; see [method@Sio.Socket.close].
 *
 * It is done before this returns if it is a socket of this process.
 *
 * Since: 0.1
 */
void
sio_remote_socket_close_async (SioRemoteSocket *self,
                               gboolean close_connection,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_REMOTE_SOCKET (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = make_target (self, SIO_EMIT_NONE, 0);
  sio_sockets_disconnect (self->ns, target, close_connection, self, cancellable, callback,
                          user_data);
}

/**
 * sio_remote_socket_close_finish:
 * @self: a socket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.RemoteSocket.close_async].
 *
 * Returns: `TRUE` if the server of the socket was told
 *
 * Since: 0.1
 */
gboolean
sio_remote_socket_close_finish (SioRemoteSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_remote_socket_to:
 * @self: a socket
 * @room: name of a room, or id of a socket
 *
 * Starts a broadcast to a room, without this socket.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_remote_socket_to (SioRemoteSocket *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  return sio_broadcast_new (self->ns, room, self->id, SIO_EMIT_NONE);
}

/**
 * sio_remote_socket_in:
 * @self: a socket
 * @room: name of a room, or id of a socket
 *
 * The same as [method@Sio.RemoteSocket.to].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_remote_socket_in (SioRemoteSocket *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);

  return sio_remote_socket_to (self, room);
}

/**
 * sio_remote_socket_except:
 * @self: a socket
 * @room: name of a room, or id of a socket
 *
 * Starts a broadcast to the namespace, without the sockets of a room and without this one.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_remote_socket_except (SioRemoteSocket *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  return sio_broadcast_except (sio_remote_socket_broadcast (self), room);
}

/**
 * sio_remote_socket_broadcast:
 * @self: a socket
 *
 * Starts a broadcast to the whole namespace, without this socket.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_remote_socket_broadcast (SioRemoteSocket *self)
{
  g_return_val_if_fail (SIO_IS_REMOTE_SOCKET (self), NULL);

  return sio_broadcast_new (self->ns, NULL, self->id, SIO_EMIT_NONE);
}
