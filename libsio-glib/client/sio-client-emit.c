/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-client-private.h"
#include "sio-error.h"
#include "sio-message-private.h"
#include "sio-namespace-private.h"
#include "sio-pending-ack-private.h"

/* An event that waits for the connection. */
typedef struct
{
  SioOutgoing *outgoing;
  char *event; /* with @args for those who want to know what is sent */
  SioArgs *args;
  gint64 ack_id; /* -1: none */
  gsize size;
} Buffered;

/* Waits for the server's answer to one event. */
typedef struct
{
  SioPendingAck base;
  SioClient *client; /* the table is the client's own: not a reference */
  GList *buffered;   /* its place in the send buffer */
  gint64 sent_time;
} PendingAck;

static void
buffered_free (gpointer data)
{
  Buffered *buffered = data;

  sio_outgoing_unref (buffered->outgoing);
  g_clear_pointer (&buffered->args, sio_args_unref);
  g_free (buffered->event);
  g_slice_free (Buffered, buffered);
}

/* An event that nobody waits for any more is not sent. */
static void
pending_free (gpointer data)
{
  PendingAck *pending = data;

  sio_pending_ack_clear (&pending->base);
  if (pending->buffered != NULL)
    {
      Buffered *buffered = pending->buffered->data;

      pending->client->buffered_bytes -= buffered->size;
      g_queue_delete_link (&pending->client->send_buffer, pending->buffered);
      buffered_free (buffered);
    }
  g_slice_free (PendingAck, pending);
}

void
sio_client_emit_init (SioClient *self)
{
  g_queue_init (&self->send_buffer);
  g_queue_init (&self->retry_queue);
  g_queue_init (&self->received);
}

void
sio_client_emit_dispose (SioClient *self)
{
  sio_client_fail_acks (self, TRUE);
  g_queue_clear_full (&self->send_buffer, buffered_free);
  sio_retry_clear (self);
  self->buffered_bytes = 0;
}

static gboolean
send_buffer_empty (SioClient *self)
{
  return g_queue_is_empty (&self->send_buffer);
}

gboolean
sio_client_reserve (SioClient *self, gsize size)
{
  guint n = g_queue_get_length (&self->send_buffer) + g_queue_get_length (&self->retry_queue);

  if (n >= self->max_buffered_events ||
      (guint64) self->buffered_bytes + size > self->max_buffered_bytes)
    return FALSE;
  self->buffered_bytes += size;
  return TRUE;
}

static gsize
content_size (const SioContent *content)
{
  gsize size = content->list_length + strlen (content->event) + sizeof (Buffered);

  for (guint i = 0; content->attachments != NULL && i < content->attachments->len; i++)
    size += g_bytes_get_size (g_ptr_array_index (content->attachments, i));
  return size;
}

/* To handlers of outgoing events. */
void
sio_client_tell_outgoing (SioClient *self, const char *event, SioArgs *args)
{
  SioJsonSlice name = { .text = event, .length = strlen (event) };
  g_autoptr (SioMessage) message = NULL;
  SioContent content;

  if (self->handlers == NULL || !sio_handlers_has_outgoing (self->handlers))
    return;
  sio_content_init_args (&content, event, args);
  message = sio_message_new_for_client (self, &name, content.list, content.list_length, -1,
                                        content.attachments);
  sio_handlers_dispatch_outgoing (self->handlers, (SioSocket *) self, message);
}

void
sio_client_flush (SioClient *self)
{
  Buffered *buffered;

  while (self->connected && (buffered = g_queue_pop_head (&self->send_buffer)) != NULL)
    {
      if (buffered->ack_id >= 0)
        {
          PendingAck *pending =
              (PendingAck *) sio_pending_ack_lookup (&self->acks, buffered->ack_id);

          if (pending != NULL)
            {
              pending->buffered = NULL;
              pending->sent_time = g_get_monotonic_time ();
            }
        }
      self->buffered_bytes -= buffered->size;
      sio_manager_send (self->manager, buffered->outgoing);
      sio_client_tell_outgoing (self, buffered->event, buffered->args);
      buffered_free (buffered);
    }
}

/* FALSE: dropped, there is no room. *place is where it waits, if it does. */
static gboolean
send_or_buffer (
    SioClient *self, const SioContent *content, SioArgs *args, gint64 ack_id, GList **place)
{
  g_autoptr (SioOutgoing) outgoing = NULL;
  SioParser *parser = self->manager->parser;
  gsize size = content_size (content);
  Buffered *buffered;

  if (self->connected && send_buffer_empty (self) && sio_manager_is_usable (self->manager))
    {
      if ((guint64) sio_manager_get_queued_bytes (self->manager) + size > self->max_buffered_bytes)
        return FALSE;
      outgoing = sio_encode_event (parser, self->prefix, content, ack_id);
      if (outgoing == NULL)
        return FALSE;
      sio_manager_send (self->manager, outgoing);
      sio_client_tell_outgoing (self, content->event, args);
      return TRUE;
    }
  outgoing = sio_encode_event (parser, self->prefix, content, ack_id);
  if (outgoing == NULL || !sio_client_reserve (self, size))
    return FALSE;
  buffered = g_slice_new (Buffered);
  *buffered = (Buffered){ g_steal_pointer (&outgoing), g_strdup (content->event),
                          args != NULL ? sio_args_ref (args) : NULL, ack_id, size };
  g_queue_push_tail (&self->send_buffer, buffered);
  *place = self->send_buffer.tail;
  return TRUE;
}

static gboolean
check_content (SioClient *self, const SioContent *content)
{
  /* The limit is one of the text form. */
  if (content->attachments == NULL || content->attachments->len <= SIO_PACKET_MAX_ATTACHMENTS ||
      self->manager->parser != NULL)
    return TRUE;
  g_warning ("%s: dropped an event with %u binary attachments, at most %u are allowed", self->nsp,
             content->attachments->len, SIO_PACKET_MAX_ATTACHMENTS);
  return FALSE;
}

/**
 * sio_client_emit:
 * @self: a client
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 *
 * Sends an event to the server.
 *
 * While the client is not connected it is kept, up to [property@Sio.Client:max-buffered-events]
 * and [property@Sio.Client:max-buffered-bytes], and sent when it is.
 *
 * Returns: `TRUE` if it was sent or kept, `FALSE` if there was no room for it
 *
 * Since: 0.1
 */
gboolean
sio_client_emit (SioClient *self, const char *event, SioArgs *args)
{
  return sio_client_emit_full (self, event, args, SIO_EMIT_NONE);
}

/**
 * sio_client_emit_full:
 * @self: a client
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @flags: how to send it
 *
 * Sends an event to the server in a special way.
 *
 * With `SIO_EMIT_VOLATILE` it is dropped unless it can leave at once.
 *
 * Returns: `TRUE` if it was sent or kept, `FALSE` if it was dropped
 *
 * Since: 0.1
 */
gboolean
sio_client_emit_full (SioClient *self, const char *event, SioArgs *args, SioEmitFlags flags)
{
  g_autoptr (SioArgs) own_args = args;
  GList *place = NULL;
  SioContent content;

  g_return_val_if_fail (SIO_IS_CLIENT (self), FALSE);
  g_return_val_if_fail (sio_event_check (event), FALSE);

  sio_content_init_args (&content, event, args);
  if (!check_content (self, &content))
    return FALSE;
  if ((flags & SIO_EMIT_VOLATILE) != 0)
    {
      if (!self->connected || !sio_manager_is_usable (self->manager) ||
          !sio_manager_is_writable (self->manager))
        return FALSE;
    }
  else if (self->retries > 0)
    return sio_retry_add (self, &content, self->ack_timeout, NULL);
  return send_or_buffer (self, &content, args, -1, &place);
}

/**
 * sio_client_emit_with_ack_async:
 * @self: a client
 * @event: name of the event; not one of the reserved names such as `connect`
 * @args: (transfer full) (nullable): arguments
 * @timeout: how long to wait for the answer in ms, from now on and for each try; 0 for
 *   [property@Sio.Client:ack-timeout]
 * @cancellable: (nullable): stops waiting
 * @callback: (scope async) (closure user_data): called with the answer
 * @user_data: data for @callback
 *
 * Sends an event to the server and waits for its acknowledgement.
 *
 * While the client is not connected the event is kept, as with [method@Sio.Client.emit]. It is
 * taken back if the time is over, or the operation cancelled, before it was sent.
 *
 * Since: 0.1
 */
void
sio_client_emit_with_ack_async (SioClient *self,
                                const char *event,
                                SioArgs *args,
                                guint timeout,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (SioArgs) own_args = args;
  g_autoptr (GTask) task = NULL;
  PendingAck *pending;
  SioContent content;
  gint64 id;

  g_return_if_fail (SIO_IS_CLIENT (self));
  g_return_if_fail (sio_event_check (event));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (timeout == 0)
    timeout = self->ack_timeout;
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_client_emit_with_ack_async);
  g_task_set_name (task, "[sio] client emit with ack");
  if (g_task_return_error_if_cancelled (task))
    return;
  sio_content_init_args (&content, event, args);
  if (!check_content (self, &content))
    {
      g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_INVALID_ARGUMENT,
                               "too many binary attachments");
      return;
    }
  if (self->retries > 0)
    {
      if (!sio_retry_add (self, &content, timeout, task))
        g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_QUEUE_FULL,
                                 "too many events wait to be sent");
      return;
    }

  /* First the entry: sending may end the session, which fails what is waiting. */
  id = ++self->last_ack_id;
  pending = g_slice_new0 (PendingAck);
  pending->client = self;
  pending->sent_time = g_get_monotonic_time ();
  sio_pending_ack_add (&self->acks, &pending->base, pending_free, id, task, self->manager->reactor,
                       timeout);
  if (!send_or_buffer (self, &content, args, id, &pending->buffered))
    {
      g_autoptr (GTask) own_task = sio_pending_ack_steal (&self->acks, id);

      g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_QUEUE_FULL,
                               "too many events wait to be sent");
    }
}

/**
 * sio_client_emit_with_ack_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Client.emit_with_ack_async].
 *
 * Errors: `SIO_ERROR_TIMEOUT`, `SIO_ERROR_NOT_CONNECTED` if the connection was lost before the
 * answer came, `SIO_ERROR_QUEUE_FULL` if the event could not be kept, `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer full): arguments of the answer, or `NULL` with @error set
 *
 * Since: 0.1
 */
SioArgs *
sio_client_emit_with_ack_finish (SioClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

void
sio_client_receive_ack (SioClient *self, const SioPacketView *view, GPtrArray *attachments)
{
  const SioJsonSlice *list = &view->json.value;
  PendingAck *pending;

  /* Unknown ids are ignored: protocol.md §3.4 */
  if (view->id < 0 || list->type != SIO_JSON_ARRAY || !self->connected)
    return;
  if (sio_retry_receive_ack (self, view->id, list->text + 1, list->length - 2, attachments))
    return;
  pending = (PendingAck *) sio_pending_ack_lookup (&self->acks, view->id);
  if (pending == NULL || pending->buffered != NULL)
    return;
  sio_manager_measured (self->manager,
                        (double) (g_get_monotonic_time () - pending->sent_time) / 1000.0);
  sio_pending_ack_receive (&self->acks, view, attachments);
}

void
sio_client_send_ack (SioClient *self, gint64 id, SioArgs *args)
{
  g_autoptr (SioOutgoing) outgoing = NULL;
  SioContent content;

  if (!self->connected)
    return;
  sio_content_init_args (&content, NULL, args);
  if (!check_content (self, &content))
    return;
  outgoing = sio_encode_ack (self->manager->parser, self->prefix, &content, id);
  sio_manager_send (self->manager, outgoing);
}

static gboolean
was_sent (SioPendingAck *pending)
{
  return ((PendingAck *) pending)->buffered == NULL;
}

void
sio_client_fail_acks (SioClient *self, gboolean all)
{
  sio_pending_ack_fail (&self->acks, all ? NULL : was_sent);
}
