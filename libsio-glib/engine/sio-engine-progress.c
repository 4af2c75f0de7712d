/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sio-engine-private.h"

/* Whether the reactor still does its work: something is sent through all of its parts. */

#define STEP_MS 1

struct _SioProgress
{
  GPtrArray *tasks; /* of who waits */
  gint64 start;
  SioWatch watch;
  SioDeadline deadline;
  SioDeadlineList *deadlines;
  SioDefer defer;
  int fd;
};

void
sio_progress_free (SioProgress *self)
{
  sio_watch_remove (&self->watch);
  sio_deadline_disarm (&self->deadline);
  sio_deadline_list_unref (self->deadlines);
  sio_defer_cancel (&self->defer);
  close (self->fd);
  g_ptr_array_unref (self->tasks);
  g_free (self);
}

static void
defer_cb (SioDefer *defer)
{
  SioProgress *self = defer->data;
  g_autoptr (GPtrArray) tasks = g_steal_pointer (&self->tasks);
  gint64 elapsed = g_get_monotonic_time () - self->start;

  self->tasks = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < tasks->len; i++)
    g_task_return_int (g_ptr_array_index (tasks, i), elapsed);
}

static void
deadline_cb (SioDeadline *deadline)
{
  SioProgress *self = deadline->data;

  sio_defer_queue (&self->defer, self->watch.reactor);
}

static void
watch_cb (SioWatch *watch, guint32 events)
{
  SioProgress *self = watch->data;
  guint64 count;

  if (read (self->fd, &count, sizeof count) == sizeof count)
    sio_deadline_arm (&self->deadline, self->deadlines);
}

static SioProgress *
progress_new (SioReactor *reactor, GError **error)
{
  int fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  SioProgress *self;

  if (fd < 0)
    {
      int code = errno;

      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
                   "cannot make a descriptor to watch: %s", g_strerror (code));
      return NULL;
    }
  self = g_new0 (SioProgress, 1);
  self->fd = fd;
  self->tasks = g_ptr_array_new_with_free_func (g_object_unref);
  self->deadlines = sio_deadline_list_get (reactor, STEP_MS);
  sio_watch_init (&self->watch, reactor, watch_cb, self);
  sio_deadline_init (&self->deadline, deadline_cb, self);
  sio_defer_init (&self->defer, defer_cb, self);
  if (!sio_watch_add (&self->watch, fd, EPOLLIN, error))
    g_clear_pointer (&self, sio_progress_free);
  return self;
}

/**
 * sio_engine_check_progress_async:
 * @self: the engine
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the engine has made a turn
 * @user_data: for @callback
 *
 * Sends something through the engine's loop: a descriptor becomes readable, after that a time of a
 * millisecond expires, then deferred work is done. If the engine is stuck, which a timer of the
 * main loop does not notice, it never finishes; if it is busy, it takes long. This is what a
 * watchdog has to wait for, and a measure for the load of the thread.
 *
 * The first call takes a descriptor, which the engine keeps, so that later ones need none.
 *
 * Since: 0.1
 */
void
sio_engine_check_progress_async (SioEngine *self,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  static const guint64 one = 1;
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_engine_check_progress_async);
  g_task_set_name (task, "[sio] check progress");
  if (self->progress == NULL)
    self->progress = progress_new (self->reactor, &error);
  if (self->progress == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_ptr_array_add (self->progress->tasks, g_object_ref (task));
  /* Otherwise one is on its way, and this call waits for it, too. */
  if (self->progress->tasks->len > 1)
    return;
  self->progress->start = g_get_monotonic_time ();
  /* It is empty: this cannot fail. */
  if (write (self->progress->fd, &one, sizeof one) < 0)
    g_warning ("cannot write to an event descriptor: %s", g_strerror (errno));
}

/**
 * sio_engine_check_progress_finish:
 * @self: the engine
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Engine.check_progress_async].
 *
 * Returns: how long it took in microseconds; -1 if it was cancelled, or there are no descriptors
 *   left at the first call
 *
 * Since: 0.1
 */
gint64
sio_engine_check_progress_finish (SioEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  return g_task_propagate_int (G_TASK (result), error);
}
