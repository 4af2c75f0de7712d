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
  packet = sio_packet_new_content (sio_namespace_get_name (self), content);
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
  g_autoptr (SioArgs) own_args = args;
  g_autoptr (SioTarget) target = NULL;
  g_autoptr (GTask) task = NULL;
  SioContent content;

  g_return_if_fail (SIO_IS_NAMESPACE (self));
  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  target =
      sio_target_new (NULL, NULL, SIO_EMIT_NONE, timeout > 0 ? timeout : SIO_BROADCAST_TIMEOUT_MS);
  sio_content_init_args (&content, event, args);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_namespace_emit_with_ack_async);
  g_task_set_name (task, "[sio] namespace emit with ack");
  sio_broadcast_run_with_ack (self, &content, target, task);
}

/**
 * sio_namespace_emit_with_ack_finish:
 * @self: a namespace
 * @result: what the callback got
 * @responses: (out) (optional) (transfer full) (element-type SioArgs): the answers in the order
 *   they came, also those that came before an error
 * @error: return location for an error
 *
 * Finishes [method@Sio.Namespace.emit_with_ack_async].
 *
 * Errors: %SIO_ERROR_TIMEOUT if some did not answer in time, which is what happens if a client
 * disconnects meanwhile, %G_IO_ERROR_CANCELLED.
 *
 * Returns: %TRUE if all answered, maybe none
 *
 * Since: 0.1
 */
gboolean
sio_namespace_emit_with_ack_finish (SioNamespace *self,
                                    GAsyncResult *result,
                                    GPtrArray **responses,
                                    GError **error)
{
  g_return_val_if_fail (SIO_IS_NAMESPACE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (responses != NULL)
    *responses = sio_broadcast_steal_responses (G_TASK (result));
  return g_task_propagate_boolean (G_TASK (result), error);
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
