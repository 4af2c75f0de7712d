/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-args-private.h"
#include "sio-error.h"
#include "sio-pending-ack-private.h"

GTask *
sio_pending_ack_steal (GHashTable **table, gint64 id)
{
  SioPendingAck *pending = sio_pending_ack_lookup (table, id);
  GTask *task;

  if (pending == NULL)
    return NULL;
  task = g_steal_pointer (&pending->task);
  g_hash_table_remove (*table, &id);
  if (g_hash_table_size (*table) == 0)
    g_clear_pointer (table, g_hash_table_unref);
  return task;
}

static void
timeout_cb (SioDeadline *deadline)
{
  SioPendingAck *pending = deadline->data;
  g_autoptr (GTask) task = sio_pending_ack_steal (pending->table, pending->id);

  g_task_return_new_error (task, SIO_ERROR, SIO_ERROR_TIMEOUT, "operation has timed out");
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  SioPendingAck *pending = user_data;
  g_autoptr (GTask) task = sio_pending_ack_steal (pending->table, pending->id);

  g_task_return_error_if_cancelled (task);
  return G_SOURCE_REMOVE;
}

void
sio_pending_ack_add (GHashTable **table,
                     SioPendingAck *pending,
                     GDestroyNotify free,
                     gint64 id,
                     GTask *task,
                     SioReactor *reactor,
                     guint timeout)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  pending->id = id;
  pending->table = table;
  pending->task = g_object_ref (task);
  sio_deadline_init (&pending->deadline, timeout_cb, pending);
  if (timeout > 0)
    {
      g_autoptr (SioDeadlineList) list = sio_deadline_list_get (reactor, timeout);

      sio_deadline_arm (&pending->deadline, list);
    }
  if (cancellable != NULL)
    {
      pending->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_static_name (pending->cancelled, "[sio] ack cancelled");
      g_source_set_callback (pending->cancelled, G_SOURCE_FUNC (cancelled_cb), pending, NULL);
      g_source_attach (pending->cancelled, g_task_get_context (task));
    }
  if (*table == NULL)
    *table = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, free);
  g_hash_table_insert (*table, &pending->id, pending);
}

void
sio_pending_ack_clear (SioPendingAck *pending)
{
  sio_deadline_disarm (&pending->deadline);
  if (pending->cancelled != NULL)
    {
      g_source_destroy (pending->cancelled);
      g_clear_pointer (&pending->cancelled, g_source_unref);
    }
  g_clear_object (&pending->task);
}

SioPendingAck *
sio_pending_ack_lookup (GHashTable **table, gint64 id)
{
  return *table != NULL ? g_hash_table_lookup (*table, &id) : NULL;
}

gboolean
sio_pending_ack_receive (GHashTable **table, const SioPacketView *view, GPtrArray *attachments)
{
  const SioJsonSlice *list = &view->json.value;
  g_autoptr (GTask) task = sio_pending_ack_steal (table, view->id);

  if (task == NULL)
    return FALSE;
  g_task_return_pointer (task, sio_args_new_raw (list->text + 1, list->length - 2, attachments),
                         (GDestroyNotify) sio_args_unref);
  return TRUE;
}

void
sio_pending_ack_fail (GHashTable **table, SioPendingAckFunc matches)
{
  g_autoptr (GPtrArray) tasks = NULL;
  GHashTableIter iter;
  gpointer value;

  if (*table == NULL)
    return;
  tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_iter_init (&iter, *table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SioPendingAck *pending = value;

      if (matches != NULL && !matches (pending))
        continue;
      g_ptr_array_add (tasks, g_steal_pointer (&pending->task));
      g_hash_table_iter_remove (&iter);
    }
  if (g_hash_table_size (*table) == 0)
    g_clear_pointer (table, g_hash_table_unref);
  /* The table is in order before anybody is called. */
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_new_error (g_ptr_array_index (tasks, i), SIO_ERROR, SIO_ERROR_NOT_CONNECTED,
                             "socket has been disconnected");
}
