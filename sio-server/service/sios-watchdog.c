/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-watchdog.h"

struct _SiosWatchdog
{
  SioEngine *engine;
  SiosNotify *notify;
  GCancellable *cancellable;
  guint timer;
  gboolean waiting; /* for the engine */
};

static void
progress_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SiosWatchdog *self = user_data;
  g_autoptr (GError) error = NULL;

  if (sio_engine_check_progress_finish (SIO_ENGINE (source), result, &error) < 0 &&
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  /* Without a descriptor nothing can be checked, which is no reason to be killed. */
  if (error != NULL)
    g_warning ("The watchdog cannot look at the server: %s", error->message);
  self->waiting = FALSE;
  sios_notify_send (self->notify, "WATCHDOG=1");
}

static gboolean
timer_cb (gpointer user_data)
{
  SiosWatchdog *self = user_data;

  if (self->waiting)
    {
      g_warning ("The server does not get on; the service manager is about to restart it");
      return G_SOURCE_CONTINUE;
    }
  self->waiting = TRUE;
  sio_engine_check_progress_async (self->engine, self->cancellable, progress_cb, self);
  return G_SOURCE_CONTINUE;
}

SiosWatchdog *
sios_watchdog_new (SioEngine *engine, SiosNotify *notify, guint64 interval)
{
  SiosWatchdog *self = g_new0 (SiosWatchdog, 1);

  self->engine = g_object_ref (engine);
  self->notify = notify;
  self->cancellable = g_cancellable_new ();
  self->timer = g_timeout_add ((guint) CLAMP (interval / 2000, 1, G_MAXINT), timer_cb, self);
  timer_cb (self);
  return self;
}

void
sios_watchdog_free (SiosWatchdog *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_source_remove (self->timer);
  g_object_unref (self->engine);
  g_free (self);
}
