/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-linger-private.h"

#include "sio-manager-private.h"

struct _SioLinger
{
  guint n_connections;
  GQueue tasks; /* of GTask, which hold the manager */
};

SioLinger *
sio_linger_new (void)
{
  return g_rc_box_new0 (SioLinger);
}

SioLinger *
sio_linger_ref (SioLinger *self)
{
  return g_rc_box_acquire (self);
}

static void
linger_clear (gpointer data)
{
  SioLinger *self = data;

  g_queue_clear_full (&self->tasks, g_object_unref);
}

void
sio_linger_unref (SioLinger *self)
{
  g_rc_box_release_full (self, linger_clear);
}

static gboolean
gone_cb (gpointer user_data)
{
  GTask *task = user_data;

  if (!g_task_return_error_if_cancelled (task))
    g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

/* Not at once: the last one leaves where nobody expects to be called back. */
static void
return_later (GTask *task)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_task_attach_source (task, source, gone_cb);
}

void
sio_linger_enter (SioLinger *self)
{
  self->n_connections++;
}

void
sio_linger_leave (SioLinger *self)
{
  GTask *task;

  if (--self->n_connections > 0)
    return;
  while ((task = g_queue_pop_head (&self->tasks)) != NULL)
    {
      return_later (task);
      g_object_unref (task);
    }
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  SioManager *manager = g_task_get_source_object (task);
  GList *link = g_queue_find (&manager->linger->tasks, task);

  if (link != NULL)
    {
      g_queue_delete_link (&manager->linger->tasks, link);
      g_task_return_error_if_cancelled (task);
      g_object_unref (task);
    }
  return G_SOURCE_REMOVE;
}

static void
source_free (gpointer data)
{
  g_source_destroy (data);
  g_source_unref (data);
}

void
sio_linger_wait (SioLinger *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (self->n_connections == 0)
    {
      return_later (task);
      return;
    }
  g_queue_push_tail (&self->tasks, g_object_ref (task));
  if (cancellable != NULL)
    {
      GSource *source = g_cancellable_source_new (cancellable);

      g_task_set_task_data (task, source, source_free);
      g_source_set_callback (source, G_SOURCE_FUNC (cancelled_cb), task, NULL);
      g_source_attach (source, g_task_get_context (task));
    }
}

/**
 * sio_manager_close_async:
 * @self: a manager
 * @cancellable: (nullable): stops waiting, not the closing
 * @callback: (scope async) (closure user_data): called when the connection is gone
 * @user_data: data for @callback
 *
 * Closes the connection as [method@Sio.Manager.close] does, and waits until everything that was
 * emitted has left and the server knows.
 *
 * Programs that end after they have sent something need that. What the network does not take
 * within some seconds is given up.
 *
 * Since: 0.1
 */
void
sio_manager_close_async (SioManager *self,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SIO_IS_MANAGER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_manager_close_async);
  g_task_set_name (task, "[sio] manager close");
  sio_manager_close (self);
  sio_linger_wait (self->linger, task);
}

/**
 * sio_manager_close_finish:
 * @self: a manager
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Manager.close_async].
 *
 * Errors: `G_IO_ERROR_CANCELLED`.
 *
 * Returns: `TRUE` if the connection is gone, `FALSE` with @error set
 *
 * Since: 0.1
 */
gboolean
sio_manager_close_finish (SioManager *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SIO_IS_MANAGER (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
