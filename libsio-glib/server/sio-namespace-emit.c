/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-broadcast-private.h"
#include "sio-namespace-private.h"

static void
send (SioNamespace *self, const SioContent *content, SioEmitFlags flags)
{
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (SioTarget) target = NULL;

  if (!sio_content_check (self, content))
    return;
  packet = sio_packet_new_content (sio_namespace_get_parser (self), sio_namespace_get_name (self),
                                   content);
  target = sio_target_new (NULL, NULL, flags, 0);
  sio_adapter_broadcast (sio_namespace_get_adapter (self), packet, target);
}

/**
 * sio_namespace_emit:
 * @self: a namespace
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to all clients of the namespace.
 *
 * Since: 0.1
 */
void
sio_namespace_emit (SioNamespace *self, const char *event, SioArgs *args)
{
  sio_namespace_emit_full (self, event, args, SIO_EMIT_NONE);
}

/**
 * sio_namespace_emit_full:
 * @self: a namespace
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @flags: how to send it
 *
 * Sends an event to all clients of the namespace in a special way.
 *
 * Since: 0.1
 */
void
sio_namespace_emit_full (SioNamespace *self, const char *event, SioArgs *args, SioEmitFlags flags)
{
  g_autoptr (SioArgs) own_args = args;
  SioContent content;

  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (sio_event_check (event));

  sio_content_init_args (&content, event, args);
  send (self, &content, flags);
}

/**
 * sio_namespace_emit_message:
 * @self: a namespace
 * @event: name of the event; not one of the reserved names such as `connect`
 * @message: a message
 *
 * Sends an event with the arguments of a message to all clients of the namespace. They are not
 * decoded for it.
 *
 * Since: 0.1
 */
void
sio_namespace_emit_message (SioNamespace *self, const char *event, SioMessage *message)
{
  SioContent content;

  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (message != NULL);

  sio_content_init_message (&content, event, message);
  send (self, &content, SIO_EMIT_NONE);
}

void
sio_namespace_run_with_ack (SioNamespace *self,
                            const char *const *rooms,
                            const char *event,
                            SioArgs *args,
                            guint timeout,
                            gpointer source,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (SioArgs) own_args = args;
  g_autoptr (SioTarget) target = NULL;
  g_autoptr (GTask) task = NULL;
  SioContent content;

  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target =
      sio_target_new (rooms, NULL, SIO_EMIT_NONE, timeout > 0 ? timeout : SIO_BROADCAST_TIMEOUT_MS);
  sio_content_init_args (&content, event, args);
  task = g_task_new (source, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_namespace_run_with_ack);
  g_task_set_name (task, "[sio] namespace emit with ack");
  sio_broadcast_run_with_ack (self, &content, target, task);
}

/**
 * sio_namespace_emit_with_ack_async:
 * @self: a namespace
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answers in ms, 0 for 5000
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called when all have answered, or time is up
 * @user_data: data for @callback
 *
 * Sends an event to all clients of the namespace and waits for their acknowledgements.
 *
 * Since: 0.1
 */
void
sio_namespace_emit_with_ack_async (SioNamespace *self,
                                   const char *event,
                                   SioArgs *args,
                                   guint timeout,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (SIO_IS_NAMESPACE (self));

  sio_namespace_run_with_ack (self, NULL, event, args, timeout, self, cancellable, callback,
                              user_data);
}

/**
 * sio_namespace_emit_with_ack_finish:
 * @self: a namespace
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Namespace.emit_with_ack_async].
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
sio_namespace_emit_with_ack_finish (SioNamespace *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sio_namespace_to:
 * @self: a namespace
 * @room: name of a room, or id of a socket
 *
 * Starts a broadcast to a room.
 *
 * ```c
 * sio_broadcast_emit (sio_namespace_to (chat, "lobby"), "hello", NULL);
 * ```
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_to (SioNamespace *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  return sio_broadcast_new (self, room, NULL, SIO_EMIT_NONE);
}

/**
 * sio_namespace_in:
 * @self: a namespace
 * @room: name of a room, or id of a socket
 *
 * The same as [method@Sio.Namespace.to].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_in (SioNamespace *self, const char *room)
{
  return sio_namespace_to (self, room);
}

/**
 * sio_namespace_except:
 * @self: a namespace
 * @room: name of a room, or id of a socket
 *
 * Starts a broadcast to all but the sockets of a room.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_except (SioNamespace *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  return sio_broadcast_new (self, NULL, room, SIO_EMIT_NONE);
}

/**
 * sio_namespace_local:
 * @self: a namespace
 *
 * Starts a broadcast to the sockets of this process.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_local (SioNamespace *self)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  return sio_broadcast_new (self, NULL, NULL, SIO_EMIT_LOCAL);
}

/**
 * sio_namespace_broadcast:
 * @self: a namespace
 *
 * Starts a broadcast to all sockets of the namespace.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_broadcast (SioNamespace *self)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  return sio_broadcast_new (self, NULL, NULL, SIO_EMIT_NONE);
}

/**
 * sio_namespace_to_rooms:
 * @self: a namespace
 * @rooms: (array zero-terminated=1): names of rooms, or ids of sockets
 *
 * Starts a broadcast to several rooms, or to the whole namespace if the list is empty.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_to_rooms (SioNamespace *self, const char *const *rooms)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (rooms != NULL, NULL);

  return sio_broadcast_to_rooms (sio_namespace_broadcast (self), rooms);
}

/**
 * sio_namespace_except_rooms:
 * @self: a namespace
 * @rooms: (array zero-terminated=1): names of rooms, or ids of sockets
 *
 * Starts a broadcast to all but the sockets of some rooms.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_except_rooms (SioNamespace *self, const char *const *rooms)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);
  g_return_val_if_fail (rooms != NULL, NULL);

  return sio_broadcast_except_rooms (sio_namespace_broadcast (self), rooms);
}

/**
 * sio_namespace_volatile:
 * @self: a namespace
 *
 * Starts a broadcast that leaves out clients whose transport cannot take it right now.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_volatile (SioNamespace *self)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  return sio_broadcast_new (self, NULL, NULL, SIO_EMIT_VOLATILE);
}

/**
 * sio_namespace_compress:
 * @self: a namespace
 * @compress: `FALSE` to send it as it is
 *
 * Starts a broadcast and chooses whether it may be compressed, where the transport does so.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_compress (SioNamespace *self, gboolean compress)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  return sio_broadcast_compress (sio_namespace_broadcast (self), compress);
}

/**
 * sio_namespace_timeout:
 * @self: a namespace
 * @timeout: the time in ms, 0 for the default of the operation
 *
 * Starts a broadcast with a limit on how long to wait for answers, of clients or other servers.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_namespace_timeout (SioNamespace *self, guint timeout)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), NULL);

  return sio_broadcast_timeout (sio_namespace_broadcast (self), timeout);
}
