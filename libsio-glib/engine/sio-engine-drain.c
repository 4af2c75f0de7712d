/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "sio-engine-private.h"

/* Getting rid of all clients without all of them coming back at once. */

#define TICK_MS 20
/* How long polling clients have to fetch the end of their session. */
#define FETCH_US (2 * G_USEC_PER_SEC)

struct _SioDrain
{
  GPtrArray *tasks; /* of all who wait */
  gint64 start;
  gint64 last_closed;
  guint64 n_closed;
  guint n_start;
  guint rate;    /* 0: without a pace */
  guint timeout; /* ms; 0: the pace alone decides */
  SioDeadline tick;
  SioDeadlineList *ticks;
};

static void
drain_free (SioDrain *drain)
{
  sio_deadline_disarm (&drain->tick);
  sio_deadline_list_unref (drain->ticks);
  g_ptr_array_unref (drain->tasks);
  g_free (drain);
}

/* Tells all who wait. The engine has forgotten @drain already: they may begin another one. */
static void
end_drain (SioDrain *drain, gboolean done)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_ref (drain->tasks);

  drain_free (drain);
  for (guint i = 0; i < tasks->len; i++)
    {
      GTask *task = g_ptr_array_index (tasks, i);

      if (done)
        g_task_return_boolean (task, TRUE);
      else
        g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                 "the server takes new sessions again");
    }
}

/* Sessions that ought to be closed till @now. */
static guint64
count_due (const SioDrain *drain, gint64 now)
{
  double elapsed = (double) (now - drain->start);
  double due;

  if (drain->rate == 0)
    return G_MAXUINT64;
  /* The first leaves at once. */
  due = 1 + elapsed * drain->rate / G_USEC_PER_SEC;
  if (drain->timeout > 0)
    due = MAX (due, drain->n_start * elapsed / (1000.0 * drain->timeout));
  return (guint64) due;
}

/* At most @n sessions that are not closed yet. */
static GPtrArray *
pick_sessions (SioEngine *self, guint64 n)
{
  GPtrArray *picked = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (picked->len < n && g_hash_table_iter_next (&iter, NULL, &session))
    if (!sio_session_is_closing (session))
      g_ptr_array_add (picked, g_object_ref (session));
  return picked;
}

static void
discard_rest (SioEngine *self)
{
  g_autoptr (GPtrArray) rest = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer session;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session))
    g_ptr_array_add (rest, g_object_ref (session));
  for (guint i = 0; i < rest->len; i++)
    sio_session_discard (g_ptr_array_index (rest, i));
}

/* Lets those go who do not want to wait any longer; with the last one the drain ends. */
static void
drop_cancelled (SioEngine *self)
{
  SioDrain *drain = self->drain;
  g_autoptr (GPtrArray) cancelled = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = drain->tasks->len; i > 0; i--)
    {
      GTask *task = g_ptr_array_index (drain->tasks, i - 1);

      if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
        g_ptr_array_add (cancelled, g_ptr_array_steal_index (drain->tasks, i - 1));
    }
  if (drain->tasks->len == 0)
    g_clear_pointer (&self->drain, drain_free);
  for (guint i = 0; i < cancelled->len; i++)
    g_task_return_error_if_cancelled (g_ptr_array_index (cancelled, i));
}

static void
tick_cb (SioDeadline *deadline)
{
  g_autoptr (SioEngine) self = g_object_ref (deadline->data);
  g_autoptr (GPtrArray) sessions = NULL;
  SioDrain *drain = self->drain;
  gint64 now = g_get_monotonic_time ();
  guint64 due = count_due (drain, now);

  drop_cancelled (self);
  if (self->drain != drain)
    return;
  sessions = pick_sessions (self, due > drain->n_closed ? due - drain->n_closed : 0);
  if (sessions->len > 0)
    {
      drain->last_closed = now;
      drain->n_closed += sessions->len;
    }
  /* Handlers of the application may end the drain, or begin another one. */
  for (guint i = 0; i < sessions->len && self->drain == drain; i++)
    sio_session_close (g_ptr_array_index (sessions, i));
  if (self->drain != drain)
    return;
  if (due > drain->n_closed && now - drain->last_closed > FETCH_US)
    discard_rest (self);
  if (self->drain != drain)
    return;
  if (g_hash_table_size (self->sessions) == 0)
    end_drain (g_steal_pointer (&self->drain), TRUE);
  else
    sio_deadline_arm (&drain->tick, drain->ticks);
}

static void
set_draining (SioEngine *self, gboolean draining)
{
  if (self->draining == draining)
    return;
  self->draining = draining;
  g_object_notify (G_OBJECT (self), "draining");
}

gboolean
sio_engine_refuse_while_draining (SioEngine *self, SioRequest *request)
{
  static const char text[] = "This server is about to stop. Try again later.\n";
  g_autofree char *seconds = NULL;

  if (G_LIKELY (!self->draining))
    return FALSE;
  self->counters.refused[SIO_REFUSED_DRAINING]++;
  seconds = g_strdup_printf ("%u", (guint) (((guint64) self->retry_after + 999) / 1000));
  sio_request_set_response_header (request, "Retry-After", seconds);
  if (sio_request_is_upgrade (request))
    sio_request_set_response_header (request, "Connection", "close");
  sio_request_respond (request, SOUP_STATUS_SERVICE_UNAVAILABLE, "text/plain",
                       g_bytes_new_static (text, strlen (text)));
  return TRUE;
}

/**
 * sio_engine_drain_async:
 * @self: the engine
 * @rate: sessions to close per second, 0 for all at once
 * @timeout: after how many milliseconds the last one has to be closed, if need be at a higher
 *   rate; 0 if @rate alone decides
 * @cancellable: (nullable): stops closing; new sessions stay refused
 * @callback: (scope async) (closure user_data): called when no session is left
 * @user_data: for @callback
 *
 * Lets all clients go, at a pace at which they can come back, here after a restart or to another
 * server.
 *
 * From now on requests for new sessions are answered with status 503 and a `Retry-After` header of
 * [property@Sio.Engine:retry-after]. The sessions there are go on until it is their turn: then what
 * was sent before leaves, and the transport is closed. Sockets of Socket.IO are not told to
 * disconnect, so that official clients come back by themselves, and their sessions can be
 * recovered. Polling clients get two seconds to fetch the end.
 *
 * [property@Sio.Engine:draining] stays `TRUE` when it is done, until
 * [method@Sio.Engine.stop_draining]. When a drain is going on already, its pace changes, and both
 * finish together.
 *
 * Since: 0.1
 */
void
sio_engine_drain_async (SioEngine *self,
                        guint rate,
                        guint timeout,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task;
  SioDrain *drain;

  g_return_if_fail (SIO_IS_ENGINE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, sio_engine_drain_async);
  g_task_set_name (task, "[sio] drain");
  set_draining (self, TRUE);
  if (self->drain == NULL)
    {
      self->drain = g_new0 (SioDrain, 1);
      self->drain->tasks = g_ptr_array_new_with_free_func (g_object_unref);
      self->drain->ticks = sio_deadline_list_get (self->reactor, TICK_MS);
      sio_deadline_init (&self->drain->tick, tick_cb, self);
      sio_deadline_arm (&self->drain->tick, self->drain->ticks);
    }
  drain = self->drain;
  g_ptr_array_add (drain->tasks, task);
  drain->start = drain->last_closed = g_get_monotonic_time ();
  drain->n_start = g_hash_table_size (self->sessions);
  drain->n_closed = 0;
  drain->rate = rate;
  drain->timeout = timeout;
}

/**
 * sio_engine_drain_finish:
 * @self: the engine
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes [method@Sio.Engine.drain_async].
 *
 * Returns: `TRUE` if no session is left; `FALSE` with [error@Gio.IOErrorEnum.CANCELLED] if it was
 *   cancelled, or [method@Sio.Engine.stop_draining] was called
 *
 * Since: 0.1
 */
gboolean
sio_engine_drain_finish (SioEngine *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * sio_engine_stop_draining:
 * @self: the engine
 *
 * Takes new sessions again. No further session is closed; those that were stay so.
 *
 * Since: 0.1
 */
void
sio_engine_stop_draining (SioEngine *self)
{
  SioDrain *drain;

  g_return_if_fail (SIO_IS_ENGINE (self));

  drain = g_steal_pointer (&self->drain);
  set_draining (self, FALSE);
  if (drain != NULL)
    end_drain (drain, FALSE);
}

/**
 * sio_engine_is_draining: (get-property draining)
 * @self: the engine
 *
 * Gets [property@Sio.Engine:draining].
 *
 * Returns: whether new sessions are refused
 *
 * Since: 0.1
 */
gboolean
sio_engine_is_draining (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), FALSE);

  return self->draining;
}

/**
 * sio_engine_get_retry_after:
 * @self: the engine
 *
 * Gets [property@Sio.Engine:retry-after].
 *
 * Returns: milliseconds
 *
 * Since: 0.1
 */
guint
sio_engine_get_retry_after (SioEngine *self)
{
  g_return_val_if_fail (SIO_IS_ENGINE (self), 0);

  return self->retry_after;
}

/**
 * sio_engine_set_retry_after:
 * @self: the engine
 * @milliseconds: the time
 *
 * Sets [property@Sio.Engine:retry-after].
 *
 * Since: 0.1
 */
void
sio_engine_set_retry_after (SioEngine *self, guint milliseconds)
{
  g_return_if_fail (SIO_IS_ENGINE (self));

  if (self->retry_after == milliseconds)
    return;
  self->retry_after = milliseconds;
  g_object_notify (G_OBJECT (self), "retry-after");
}

void
sio_engine_fill_drain_properties (GParamSpec **properties)
{
  /**
   * SioEngine:draining: (getter is_draining)
   *
   * Whether new sessions are refused, because of [method@Sio.Engine.drain_async].
   *
   * Since: 0.1
   */
  properties[0] =
      g_param_spec_boolean ("draining", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SioEngine:retry-after:
   *
   * After how many milliseconds clients that are refused while the engine drains shall try again.
   * They are told full seconds.
   *
   * Since: 0.1
   */
  properties[1] =
      g_param_spec_uint ("retry-after", NULL, NULL, 0, G_MAXINT, SIO_DEFAULT_RETRY_AFTER_MS,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}
