/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-args-private.h"
#include "sio-broadcast-private.h"
#include "sio-deadline-private.h"
#include "sio-error.h"
#include "sio-namespace-private.h"
#include "sio-socket-private.h"

/* Waits for the client's answer to one event. */
typedef struct
{
  gint64 id;
  SioSocket *socket; /* the table is the socket's own: not a reference */
  GTask *task;       /* holds the socket */
  SioDeadline deadline;
  GSource *cancelled;
} PendingAck;

static void
pending_ack_free (gpointer data)
{
  PendingAck *pending = data;

  sio_deadline_disarm (&pending->deadline);
  if (pending->cancelled != NULL)
    {
      g_source_destroy (pending->cancelled);
      g_source_unref (pending->cancelled);
    }
  g_clear_object (&pending->task);
  g_free (pending);
}

/* Takes the waiting one out of the table. */
static GTask *
steal_pending (SioSocket *self, gint64 id)
{
  PendingAck *pending = self->acks != NULL ? g_hash_table_lookup (self->acks, &id) : NULL;
  GTask *task;

  if (pending == NULL)
    return NULL;
  task = g_steal_pointer (&pending->task);
  g_hash_table_remove (self->acks, &id);
  if (g_hash_table_size (self->acks) == 0)
    g_clear_pointer (&self->acks, g_hash_table_unref);
  return task;
}

static void
ack_timeout_cb (SioDeadline *deadline)
{
  PendingAck *pending = deadline->data;
  g_autoptr (GTask) task = steal_pending (pending->socket, pending->id);

  g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_TIMEOUT, "operation has timed out");
}

static gboolean
ack_cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  PendingAck *pending = user_data;
  g_autoptr (GTask) task = steal_pending (pending->socket, pending->id);

  g_task_return_error_if_cancelled (task);
  return G_SOURCE_REMOVE;
}

void
sio_socket_fail_acks (SioSocket *self)
{
  g_autoptr (GHashTable) acks = g_steal_pointer (&self->acks);
  GHashTableIter iter;
  gpointer value;

  if (acks == NULL)
    return;
  g_hash_table_iter_init (&iter, acks);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      PendingAck *pending = value;
      g_autoptr (GTask) task = g_steal_pointer (&pending->task);

      g_hash_table_iter_remove (&iter);
      g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_NOT_CONNECTED,
                               "socket has been disconnected");
    }
}

void
sio_socket_receive_ack (SioSocket *self, const SioPacketView *view, GPtrArray *attachments)
{
  g_autoptr (GTask) task = NULL;
  const SioJsonSlice *list = &view->json.value;
  SioArgs *args;

  /* Unknown ids are ignored: protocol.md §3.4 */
  if (view->id < 0 || list->type != SIO_JSON_ARRAY)
    return;
  task = steal_pending (self, view->id);
  if (task != NULL)
    {
      g_autoptr (SioSocket) hold = g_object_ref (self);

      args = sio_args_new_raw (list->text + 1, list->length - 2, attachments);
      g_task_return_pointer (task, args, (GDestroyNotify) sio_args_unref);
      return;
    }
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
  outgoing = sio_encode_ack (sio_namespace_get_prefix (self->ns), &content, id);
  sio_socket_send_outgoing (self, outgoing, SIO_SEND_DEFAULT);
}

static void
emit (SioSocket *self, const SioContent *content, SioEmitFlags flags)
{
  SioOutgoing *outgoing;

  if (self->state != SIO_SOCKET_CONNECTED || !sio_content_check (self->ns, content))
    return;
  outgoing = sio_encode_event (sio_namespace_get_prefix (self->ns), content, -1);
  sio_socket_send_outgoing (self, outgoing, sio_emit_flags_to_send (flags));
  sio_outgoing_unref (outgoing);
}

/**
 * sio_socket_emit:
 * @self: a socket
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to the client.
 *
 * It is dropped if the client is not there.
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
  SioContent content;

  g_return_if_fail (SIO_IS_SOCKET (self));
  g_return_if_fail (sio_event_check (event));

  sio_content_init_args (&content, event, args);
  emit (self, &content, flags);
  if (args != NULL)
    sio_args_unref (args);
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
wait_for_ack (SioSocket *self, gint64 id, guint timeout, GTask *task)
{
  PendingAck *pending = g_new0 (PendingAck, 1);
  GCancellable *cancellable = g_task_get_cancellable (task);

  pending->id = id;
  pending->socket = self;
  pending->task = g_object_ref (task);
  sio_deadline_init (&pending->deadline, ack_timeout_cb, pending);
  if (timeout > 0)
    {
      g_autoptr (SioDeadlineList) list =
          sio_deadline_list_get (sio_namespace_get_reactor (self->ns), timeout);

      sio_deadline_arm (&pending->deadline, list);
    }
  if (cancellable != NULL)
    {
      pending->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_static_name (pending->cancelled, "[sio] ack cancelled");
      g_source_set_callback (pending->cancelled, G_SOURCE_FUNC (ack_cancelled_cb), pending, NULL);
      g_source_attach (pending->cancelled, g_task_get_context (task));
    }
  if (self->acks == NULL)
    self->acks = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, pending_ack_free);
  g_hash_table_insert (self->acks, &pending->id, pending);
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
  id = sio_namespace_next_ack_id (self->ns);
  outgoing = sio_encode_event (sio_namespace_get_prefix (self->ns), &content, id);
  /* First the entry: sending may end the session, which fails what is waiting. */
  wait_for_ack (self, id, timeout, task);
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
 * Errors: %SIO_ERROR_TIMEOUT, %SIO_ERROR_NOT_CONNECTED if the socket is or gets disconnected,
 * %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full): arguments of the answer, or %NULL with @error set
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
 * Returns: %TRUE if it was sent or queued; %FALSE if it was dropped
 *
 * Since: 0.1
 */
gboolean
sio_socket_send_packet (SioSocket *self, SioPacket *packet, SioEmitFlags flags)
{
  g_return_val_if_fail (SIO_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (packet != NULL, FALSE);

  return sio_socket_send_outgoing (self, sio_packet_get_outgoing (packet),
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

  return sio_broadcast_new (self->ns, room, self->id, SIO_EMIT_NONE);
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

  return sio_broadcast_new (self->ns, NULL, self->id, SIO_EMIT_LOCAL);
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

  return sio_broadcast_new (self->ns, NULL, self->id, SIO_EMIT_NONE);
}
