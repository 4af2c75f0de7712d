/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-args-private.h"
#include "sio-client-private.h"
#include "sio-error.h"

/* At-least-once delivery, in order: only the head of the queue is on its way, and it stays until
 * it is acknowledged (protocol.md §5.6). All tries use the same id, so a late answer to an
 * earlier try counts, and any acknowledgement is a success (Appendix C, 20). */

struct _SioRetry
{
  SioClient *client;
  char *event;
  SioArgs *args;
  gsize size;
  gint64 id;
  guint n_tries;
  guint timeout;
  gboolean pending;
  GTask *task; /* NULL for a plain emit */
  SioDeadline deadline;
  GSource *cancelled;
};

static void
retry_free (gpointer data)
{
  SioRetry *retry = data;

  sio_deadline_disarm (&retry->deadline);
  if (retry->cancelled != NULL)
    {
      g_source_destroy (retry->cancelled);
      g_source_unref (retry->cancelled);
    }
  g_clear_object (&retry->task);
  g_free (retry->event);
  sio_args_unref (retry->args);
  g_free (retry);
}

/* Takes it out of the queue; returns its task. */
static GTask *
retry_remove (SioRetry *retry)
{
  SioClient *self = retry->client;
  GTask *task = g_steal_pointer (&retry->task);

  g_queue_remove (&self->retry_queue, retry);
  self->buffered_bytes -= retry->size;
  retry_free (retry);
  return task;
}

/* After @error this try is over. */
static void
try_failed (SioRetry *retry, GError *error)
{
  SioClient *self = retry->client;
  g_autoptr (GError) own_error = error;
  g_autoptr (GTask) task = NULL;

  sio_deadline_disarm (&retry->deadline);
  retry->pending = FALSE;
  if (retry->n_tries <= self->retries)
    return;
  task = retry_remove (retry);
  if (task != NULL)
    g_task_return_error (task, g_steal_pointer (&own_error));
}

static void
timeout_cb (SioDeadline *deadline)
{
  SioRetry *retry = deadline->data;
  g_autoptr (SioClient) self = g_object_ref (retry->client);

  try_failed (retry, g_error_new (SIO_ERROR, SIO_ERROR_TIMEOUT, "operation has timed out"));
  sio_retry_drain (self, FALSE);
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  SioRetry *retry = user_data;
  g_autoptr (SioClient) self = g_object_ref (retry->client);
  g_autoptr (GTask) task = retry_remove (retry);

  g_task_return_error_if_cancelled (task);
  sio_retry_drain (self, FALSE);
  return G_SOURCE_REMOVE;
}

gboolean
sio_retry_add (SioClient *self, const SioContent *content, guint timeout, GTask *task)
{
  gsize size = content->list_length + strlen (content->event) + sizeof (SioRetry);
  GCancellable *cancellable = task != NULL ? g_task_get_cancellable (task) : NULL;
  SioRetry *retry;

  for (guint i = 0; content->attachments != NULL && i < content->attachments->len; i++)
    size += g_bytes_get_size (g_ptr_array_index (content->attachments, i));
  if (!sio_client_reserve (self, size))
    return FALSE;
  retry = g_new0 (SioRetry, 1);
  retry->client = self;
  retry->event = g_strdup (content->event);
  retry->args = sio_args_new_raw (content->list, content->list_length, content->attachments);
  retry->size = size;
  retry->id = ++self->last_ack_id;
  retry->timeout = timeout;
  sio_deadline_init (&retry->deadline, timeout_cb, retry);
  g_set_object (&retry->task, task);
  if (cancellable != NULL)
    {
      retry->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (retry->cancelled, G_SOURCE_FUNC (cancelled_cb), retry, NULL);
      g_source_attach (retry->cancelled, g_task_get_context (task));
    }
  g_queue_push_tail (&self->retry_queue, retry);
  sio_retry_drain (self, FALSE);
  return TRUE;
}

void
sio_retry_drain (SioClient *self, gboolean force)
{
  SioRetry *retry = g_queue_peek_head (&self->retry_queue);
  g_autoptr (SioOutgoing) outgoing = NULL;
  g_autoptr (SioArgs) own_args = NULL;
  g_autofree char *own_event = NULL;
  SioContent content;

  if (retry == NULL || !self->connected || !sio_manager_is_usable (self->manager) ||
      (retry->pending && !force))
    return;
  retry->pending = TRUE;
  retry->n_tries++;
  if (retry->timeout > 0)
    {
      g_autoptr (SioDeadlineList) list =
          sio_deadline_list_get (self->manager->reactor, retry->timeout);

      sio_deadline_arm (&retry->deadline, list);
    }
  sio_content_init_args (&content, retry->event, retry->args);
  outgoing = sio_encode_event (self->manager->parser, self->prefix, &content, retry->id);
  if (outgoing == NULL)
    return;
  sio_manager_send (self->manager, outgoing);
  own_event = g_strdup (retry->event);
  own_args = sio_args_ref (retry->args);
  sio_client_tell_outgoing (self, own_event, own_args);
}

gboolean
sio_retry_receive_ack (
    SioClient *self, gint64 id, const char *list, gsize length, GPtrArray *attachments)
{
  SioRetry *retry = g_queue_peek_head (&self->retry_queue);
  g_autoptr (GTask) task = NULL;
  g_autoptr (SioClient) hold = NULL;

  if (retry == NULL || retry->id != id)
    return FALSE;
  hold = g_object_ref (self);
  task = retry_remove (retry);
  if (task != NULL)
    g_task_return_pointer (task, sio_args_new_raw (list, length, attachments),
                           (GDestroyNotify) sio_args_unref);
  sio_retry_drain (self, FALSE);
  return TRUE;
}

void
sio_retry_disconnected (SioClient *self)
{
  SioRetry *retry = g_queue_peek_head (&self->retry_queue);

  if (retry != NULL && retry->pending)
    try_failed (retry,
                g_error_new (SIO_ERROR, SIO_ERROR_NOT_CONNECTED, "socket has been disconnected"));
}

void
sio_retry_fail_all (SioClient *self)
{
  g_autoptr (SioClient) hold = g_object_ref (self);
  GList *next;

  for (GList *l = self->retry_queue.head; l != NULL; l = next)
    {
      SioRetry *retry = l->data;

      next = l->next;
      if (retry->task != NULL)
        {
          g_autoptr (GTask) task = retry_remove (retry);

          g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_NOT_CONNECTED,
                                   "socket has been disconnected");
        }
    }
}

void
sio_retry_clear (SioClient *self)
{
  g_queue_clear_full (&self->retry_queue, retry_free);
}
