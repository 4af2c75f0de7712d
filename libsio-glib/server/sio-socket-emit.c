/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-args-private.h"
#include "sio-broadcast-private.h"
#include "sio-error.h"
#include "sio-namespace-private.h"
#include "sio-pending-ack-private.h"
#include "sio-recovery-store-private.h"
#include "sio-socket-private.h"

void
sio_socket_fail_acks (SioSocket *self)
{
  sio_pending_ack_fail (&self->acks, NULL);
}

void
sio_socket_receive_ack (SioSocket *self, const SioPacketView *view, GPtrArray *attachments)
{
  const SioJsonSlice *list = &view->json.value;

  /* Unknown ids are ignored: protocol.md §3.4 */
  if (view->id < 0 || list->type != SIO_JSON_ARRAY)
    return;
  if (sio_pending_ack_receive (&self->acks, view, attachments))
    return;
  if (sio_ack_collectors_expect (self->ns, self, view->id))
    {
      g_autoptr (SioSocket) hold = g_object_ref (self);
      g_autoptr (SioArgs) own_args = NULL;

      own_args = sio_args_new_raw (list->text + 1, list->length - 2, attachments);
      sio_ack_collectors_receive (self->ns, self, view->id, own_args);
    }
}

void
sio_socket_send_ack (SioSocket *self, gint64 id, SioArgs *args)
{
  g_autoptr (SioOutgoing) outgoing = NULL;
  SioContent content;

  if (self->state != SIO_SOCKET_CONNECTED)
    return;
  sio_content_init_args (&content, NULL, args);
  if (!sio_content_check (self->ns, &content))
    return;
  outgoing = sio_encode_ack (sio_namespace_get_parser (self->ns),
                             sio_namespace_get_prefix (self->ns), &content, id);
  sio_socket_send_outgoing (self, outgoing, SIO_SEND_DEFAULT);
}

/* Through the adapter, which keeps it until the client cannot come back any more. Also when the
 * client is away. */
static void
emit_logged (SioSocket *self, const SioContent *content, SioEmitFlags flags)
{
  g_autoptr (SioPacket) packet = NULL;
  g_autoptr (SioTarget) target = NULL;

  if (self->state == SIO_SOCKET_CONNECTING || !sio_content_check (self->ns, content))
    return;
  packet = sio_packet_new_content (sio_namespace_get_parser (self->ns),
                                   sio_namespace_get_name (self->ns), content);
  if (flags == SIO_EMIT_NONE)
    target = sio_target_ref (sio_recovery_session_get_target (self->recovery, self));
  else
    {
      const char *rooms[] = { sio_socket_peek_id (self), NULL };

      target = sio_target_new (rooms, NULL, flags, 0);
    }
  sio_adapter_broadcast (sio_namespace_get_adapter (self->ns), packet, target);
}

static void
emit (SioSocket *self, const SioContent *content, SioEmitFlags flags)
{
  g_autoptr (SioOutgoing) outgoing = NULL;

  if (self->recovery != NULL && (flags & SIO_EMIT_VOLATILE) == 0)
    {
      emit_logged (self, content, flags);
      return;
    }
  if (self->state != SIO_SOCKET_CONNECTED || !sio_content_check (self->ns, content))
    return;
  if (G_UNLIKELY (sio_namespace_is_observed (self->ns)))
    sio_socket_tell_outgoing (self, content);
  outgoing = sio_encode_event (sio_namespace_get_parser (self->ns),
                               sio_namespace_get_prefix (self->ns), content, -1);
  sio_socket_send_outgoing (self, outgoing, sio_emit_flags_to_send (flags));
}

/**
 * sio_socket_emit:
 * @self: a socket
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to the client.
 *
 * It is dropped if the client is not there, unless it lost its connection and can be recovered:
 * see [class@Sio.Recovery].
 *
 * Since: 0.1
 */
void
sio_socket_emit (SioSocket *self, const char *event, SioArgs *args)
{
  sio_socket_emit_full (self, event, args, SIO_EMIT_NONE);
}

/**
 * sio_socket_emit_full:
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
sio_socket_emit_full (SioSocket *self, const char *event, SioArgs *args, SioEmitFlags flags)
{
  g_autoptr (SioArgs) own_args = args;
  SioContent content;

  g_return_if_fail (SIO_IS_SOCKET (self));
  g_return_if_fail (sio_event_check (event));

  sio_content_init_args (&content, event, args);
  emit (self, &content, flags);
}

/**
 * sio_socket_emit_message:
 * @self: a socket
 * @event: name of the event; not one of the reserved names such as `connect`
 * @message: a message
 *
 * Sends an event with the arguments of a message, which are not decoded for it.
 *
 * Since: 0.1
 */
void
sio_socket_emit_message (SioSocket *self, const char *event, SioMessage *message)
{
  SioContent content;

  g_return_if_fail (SIO_IS_SOCKET (self));
  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (message != NULL);

  sio_content_init_message (&content, event, message);
  emit (self, &content, SIO_EMIT_NONE);
}

static void
pending_free (gpointer data)
{
  sio_pending_ack_clear (data);
  g_free (data);
}

/**
 * sio_socket_emit_with_ack_async:
 * @self: a socket
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answer in ms, 0 for ever
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the answer
 * @user_data: data for @callback
 *
 * Sends an event to the client and waits for its acknowledgement.
 *
 * Since: 0.1
 */
void
sio_socket_emit_with_ack_async (SioSocket *self,
                                const char *event,
                                SioArgs *args,
                                guint timeout,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (SioArgs) own_args = args;
  g_autoptr (GTask) task = NULL;
  g_autoptr (SioOutgoing) outgoing = NULL;
  SioContent content;
  gint64 id;

  g_return_if_fail (SIO_IS_SOCKET (self));
  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_socket_emit_with_ack_async);
  g_task_set_name (task, "[sio] emit with ack");
  if (g_task_return_error_if_cancelled (task))
    return;
  if (self->state != SIO_SOCKET_CONNECTED)
    {
      g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_NOT_CONNECTED,
                               "socket has been disconnected");
      return;
    }
  sio_content_init_args (&content, event, args);
  if (!sio_content_check (self->ns, &content))
    {
      g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                               "too many binary attachments");
      return;
    }
  if (G_UNLIKELY (sio_namespace_is_observed (self->ns)))
    sio_socket_tell_outgoing (self, &content);
  id = sio_namespace_next_ack_id (self->ns);
  outgoing = sio_encode_event (sio_namespace_get_parser (self->ns),
                               sio_namespace_get_prefix (self->ns), &content, id);
  /* First the entry: sending may end the session, which fails what is waiting. */
  sio_pending_ack_add (&self->acks, g_new0 (SioPendingAck, 1), pending_free, id, task,
                       sio_namespace_get_reactor (self->ns), timeout);
  sio_socket_send_outgoing (self, outgoing, SIO_SEND_DEFAULT);
}

/**
 * sio_socket_emit_with_ack_finish:
 * @self: a socket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Socket.emit_with_ack_async].
 *
 * Errors: `SIO_ERROR_TIMEOUT`, `SIO_ERROR_NOT_CONNECTED` if the socket is or gets disconnected,
 * `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): arguments of the answer, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioArgs *
sio_socket_emit_with_ack_finish (SioSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sio_socket_send_packet:
 * @self: a socket
 * @packet: a packet of the same namespace
 * @flags: how to send it
 *
 * Sends a packet to this client. For adapters.
 *
 * Returns: `TRUE` if it was sent or queued; `FALSE` if it was dropped
 *
 * Since: 0.1
 */
gboolean
sio_socket_send_packet (SioSocket *self, SioPacket *packet, SioEmitFlags flags)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (packet != NULL, FALSE);

  if (G_UNLIKELY (sio_namespace_is_observed (self->ns)))
    {
      g_autoptr (SioArgs) args = sio_packet_to_args (packet);
      SioContent content;

      sio_content_init_list (&content, args);
      sio_socket_tell_outgoing (self, &content);
    }
  return sio_socket_send_outgoing (
      self, sio_packet_get_outgoing (packet, sio_namespace_get_parser (self->ns)),
      sio_emit_flags_to_send (flags));
}

/**
 * sio_socket_to:
 * @self: a socket
 * @room: name of a room
 *
 * Starts a broadcast to a room, without this socket.
 *
 * ```c
 * sio_broadcast_emit (sio_socket_to (socket, "lobby"), "hello", NULL);
 * ```
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_socket_to (SioSocket *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  return sio_broadcast_new (self->ns, room, sio_socket_peek_id (self), SIO_EMIT_NONE);
}

/**
 * sio_socket_in:
 * @self: a socket
 * @room: name of a room
 *
 * The same as [method@Sio.Socket.to].
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_socket_in (SioSocket *self, const char *room)
{
  return sio_socket_to (self, room);
}

/**
 * sio_socket_except:
 * @self: a socket
 * @room: name of a room
 *
 * Starts a broadcast to the namespace, without the sockets of a room and without this one.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_socket_except (SioSocket *self, const char *room)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);
  g_return_val_if_fail (room != NULL, NULL);

  return sio_broadcast_except (sio_socket_broadcast (self), room);
}

/**
 * sio_socket_local:
 * @self: a socket
 *
 * Starts a broadcast to the sockets of the namespace in this process, without this one.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_socket_local (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);

  return sio_broadcast_new (self->ns, NULL, sio_socket_peek_id (self), SIO_EMIT_LOCAL);
}

/**
 * sio_socket_broadcast:
 * @self: a socket
 *
 * Starts a broadcast to the whole namespace, without this socket.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_socket_broadcast (SioSocket *self)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);

  return sio_broadcast_new (self->ns, NULL, sio_socket_peek_id (self), SIO_EMIT_NONE);
}

/**
 * sio_socket_to_rooms:
 * @self: a socket
 * @rooms: (array zero-terminated=1): names of rooms, or ids of sockets
 *
 * Starts a broadcast to several rooms, without this socket. If the list is empty, it is the whole
 * namespace.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_socket_to_rooms (SioSocket *self, const char *const *rooms)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);
  g_return_val_if_fail (rooms != NULL, NULL);

  return sio_broadcast_to_rooms (sio_socket_broadcast (self), rooms);
}

/**
 * sio_socket_except_rooms:
 * @self: a socket
 * @rooms: (array zero-terminated=1): names of rooms, or ids of sockets
 *
 * Starts a broadcast to the namespace, without the sockets of some rooms and without this one.
 *
 * Returns: (transfer none): a floating broadcast, released by what is done with it
 *
 * Since: 0.1
 */
SioBroadcast *
sio_socket_except_rooms (SioSocket *self, const char *const *rooms)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), NULL);
  g_return_val_if_fail (rooms != NULL, NULL);

  return sio_broadcast_except_rooms (sio_socket_broadcast (self), rooms);
}
