/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-broadcast-private.h"
#include "sio-namespace-private.h"
#include "sio-server-private.h"

/* The default namespace under the name of the server. */

/**
 * sio_server_emit:
 * @self: a server
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to all clients of the default namespace; see [method@Sio.Namespace.emit].
 *
 * Since: 0.1
 */
void
sio_server_emit (SioServer *self, const char *event, SioArgs *args)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  sio_namespace_emit (self->root, event, args);
}

/**
 * sio_server_emit_full:
 * @self: a server
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @flags: how to send it
 *
 * Sends an event to all clients of the default namespace in a special way; see
 * [method@Sio.Namespace.emit_full].
 *
 * Since: 0.1
 */
void
sio_server_emit_full (SioServer *self, const char *event, SioArgs *args, SioEmitFlags flags)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  sio_namespace_emit_full (self->root, event, args, flags);
}

/**
 * sio_server_emit_message:
 * @self: a server
 * @event: name of the event; not one of the reserved names such as `connect`
 * @message: a message
 *
 * Sends an event with the arguments of a message to all clients of the default namespace; see
 * [method@Sio.Namespace.emit_message].
 *
 * Since: 0.1
 */
void
sio_server_emit_message (SioServer *self, const char *event, SioMessage *message)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  sio_namespace_emit_message (self->root, event, message);
}

/**
 * sio_server_emit_with_ack_async:
 * @self: a server
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answers in ms, 0 for 5000
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when all have answered, or time is up
 * @user_data: data for @callback
 *
 * Sends an event to all clients of the default namespace and waits for their acknowledgements;
 * see [method@Sio.Namespace.emit_with_ack_async].
 *
 * Since: 0.1
 */
void
sio_server_emit_with_ack_async (SioServer *self,
                                const char *event,
                                SioArgs *args,
                                guint timeout,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (SIO_IS_SERVER (self));

  sio_namespace_run_with_ack (self->root, NULL, event, args, timeout, self, cancellable, callback,
                              user_data);
}

/**
 * sio_server_emit_with_ack_finish:
 * @self: a server
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Server.emit_with_ack_async].
 *
 * Errors: `G_IO_ERROR_CANCELLED`, or what an adapter that spans several processes reports. That
 * some clients did not answer is not an error here, because the answers of the others would get
 * lost: see [method@Sio.Responses.get_error].
 *
 * Returns: (transfer full): the answers, maybe none, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioResponses *
sio_server_emit_with_ack_finish (SioServer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sio_server_to:
 * @self: a server
 * @room: name of a room, or id of a socket
 *
 * Starts a broadcast to a room of the default namespace; see [method@Sio.Namespace.to].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_to (SioServer *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_to (self->root, room);
}

/**
 * sio_server_in:
 * @self: a server
 * @room: name of a room, or id of a socket
 *
 * Starts a broadcast in the default namespace; see [method@Sio.Namespace.in].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_in (SioServer *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_in (self->root, room);
}

/**
 * sio_server_except:
 * @self: a server
 * @room: name of a room, or id of a socket
 *
 * Starts a broadcast in the default namespace; see [method@Sio.Namespace.except].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_except (SioServer *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_except (self->root, room);
}

/**
 * sio_server_local:
 * @self: a server
 *
 * Starts a broadcast in the default namespace; see [method@Sio.Namespace.local].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_local (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_local (self->root);
}

/**
 * sio_server_to_rooms:
 * @self: a server
 * @rooms: (array zero-terminated=1): names of rooms, or ids of sockets
 *
 * Starts a broadcast in the default namespace; see [method@Sio.Namespace.to_rooms].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_to_rooms (SioServer *self, const char *const *rooms)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_to_rooms (self->root, rooms);
}

/**
 * sio_server_except_rooms:
 * @self: a server
 * @rooms: (array zero-terminated=1): names of rooms, or ids of sockets
 *
 * Starts a broadcast in the default namespace; see [method@Sio.Namespace.except_rooms].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_except_rooms (SioServer *self, const char *const *rooms)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_except_rooms (self->root, rooms);
}

/**
 * sio_server_volatile:
 * @self: a server
 *
 * Starts a broadcast in the default namespace; see [method@Sio.Namespace.volatile].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_volatile (SioServer *self)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_volatile (self->root);
}

/**
 * sio_server_compress:
 * @self: a server
 * @compress: `FALSE` to send it as it is
 *
 * Starts a broadcast in the default namespace; see [method@Sio.Namespace.compress].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_compress (SioServer *self, gboolean compress)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_compress (self->root, compress);
}

/**
 * sio_server_timeout:
 * @self: a server
 * @timeout: the time in ms, 0 for the default of the operation
 *
 * Starts a broadcast in the default namespace; see [method@Sio.Namespace.timeout].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_server_timeout (SioServer *self, guint timeout)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);

  return sio_namespace_timeout (self->root, timeout);
}

/**
 * sio_server_fetch_sockets_async:
 * @self: a server
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the sockets
 * @user_data: data for @callback
 *
 * Finds the sockets of the default namespace, of other servers, too, if the adapter spans several.
 *
 * Since: 0.1
 */
void
sio_server_fetch_sockets_async (SioServer *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  sio_sockets_fetch (self->root, target, self, cancellable, callback, user_data);
}

/**
 * sio_server_fetch_sockets_finish:
 * @self: a server
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Server.fetch_sockets_async].
 *
 * Returns: (transfer container) (element-type SioRemoteSocket): the sockets, or `NULL` with @error
 * set
 *
 * Since: 0.1
 */
GPtrArray *
sio_server_fetch_sockets_finish (SioServer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return sio_sockets_fetch_finish (self, result, error);
}

/**
 * sio_server_sockets_join_async:
 * @self: a server
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Puts the sockets of the default namespace into rooms.
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_server_sockets_join_async (SioServer *self,
                               const char *const *rooms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  sio_sockets_join (self->root, target, rooms, self, cancellable, callback, user_data);
}

/**
 * sio_server_sockets_join_finish:
 * @self: a server
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Server.sockets_join_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_server_sockets_join_finish (SioServer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_server_sockets_leave_async:
 * @self: a server
 * @rooms: (array zero-terminated=1): names of rooms
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Takes the sockets of the default namespace out of rooms.
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_server_sockets_leave_async (SioServer *self,
                                const char *const *rooms,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (rooms != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  sio_sockets_leave (self->root, target, rooms, self, cancellable, callback, user_data);
}

/**
 * sio_server_sockets_leave_finish:
 * @self: a server
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Server.sockets_leave_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_server_sockets_leave_finish (SioServer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_server_disconnect_sockets_async:
 * @self: a server
 * @close_connection: `TRUE` to close their connections, too
 * @cancellable: (nullable): stops waiting, but does not undo anything
 * @callback: (scope async) (closure user_data): called when it is done
 * @user_data: data for @callback
 *
 * Disconnects the sockets of the default namespace; see [method@Sio.Socket.close].
 *
 * It is done before this returns, but for sockets of other servers.
 *
 * Since: 0.1
 */
void
sio_server_disconnect_sockets_async (SioServer *self,
                                     gboolean close_connection,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (SioTarget) target = NULL;

  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target = sio_target_new (NULL, NULL, SIO_EMIT_NONE, 0);
  sio_sockets_disconnect (self->root, target, close_connection, self, cancellable, callback,
                          user_data);
}

/**
 * sio_server_disconnect_sockets_finish:
 * @self: a server
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Server.disconnect_sockets_async].
 *
 * Returns: `TRUE` if other servers were told, too, where there are any
 *
 * Since: 0.1
 */
gboolean
sio_server_disconnect_sockets_finish (SioServer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return sio_sockets_change_finish (self, result, error);
}

/**
 * sio_server_server_side_emit:
 * @self: a server
 * @event: name of the event; not `connect`, `connection` or `new_namespace`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to the other servers of the default namespace; see
 * [method@Sio.Namespace.server_side_emit].
 *
 * Since: 0.1
 */
void
sio_server_server_side_emit (SioServer *self, const char *event, SioArgs *args)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (sio_server_event_check (event));

  sio_server_side_emit_run (self->root, event, args);
}

/**
 * sio_server_server_side_emit_with_ack_async:
 * @self: a server
 * @event: name of the event; not `connect`, `connection` or `new_namespace`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answers in ms, 0 for 5000
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when all have answered, or time is up
 * @user_data: data for @callback
 *
 * Sends an event to the other servers of the default namespace, and waits for their answers; see
 * [method@Sio.Namespace.server_side_emit_with_ack_async].
 *
 * Since: 0.1
 */
void
sio_server_server_side_emit_with_ack_async (SioServer *self,
                                            const char *event,
                                            SioArgs *args,
                                            guint timeout,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data)
{
  g_return_if_fail (SIO_IS_SERVER (self));
  g_return_if_fail (sio_server_event_check (event));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  sio_server_side_emit_run_with_ack (self->root, event, args, timeout, self, cancellable, callback,
                                     user_data);
}

/**
 * sio_server_server_side_emit_with_ack_finish:
 * @self: a server
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Server.server_side_emit_with_ack_async].
 *
 * Errors: `G_IO_ERROR_NOT_SUPPORTED` if the adapter knows no other servers, like that in memory;
 * `G_IO_ERROR_CANCELLED`. That some did not answer in time is told by
 * [method@Sio.Responses.get_error].
 *
 * Returns: (transfer full): the answers, maybe none, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioResponses *
sio_server_server_side_emit_with_ack_finish (SioServer *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_SERVER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return sio_server_side_emit_run_finish (self, result, error);
}
