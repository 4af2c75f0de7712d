/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-service.h"

#include <unistd.h>

#include "sios-notify.h"
#include "sios-watchdog.h"

#define STATUS_INTERVAL_S 5
/* Until the next status, and more than enough for one that comes late. */
#define EXTEND_US (3 * STATUS_INTERVAL_S * G_GINT64_CONSTANT (1000000))

struct _SiosService
{
  SiosDaemon *daemon;
  SiosNotify *notify;
  SiosWatchdog *watchdog;
  char *status; /* that was told last */
  guint timer;
};

/* What the environment said. */
static char *notify_socket;
static guint64 watchdog_interval; /* µs; 0: nobody waits */

void
sios_service_init (void)
{
  const char *pid = g_getenv ("WATCHDOG_PID");
  const char *interval = g_getenv ("WATCHDOG_USEC");
  guint64 number;

  g_free (notify_socket);
  notify_socket = g_strdup (g_getenv ("NOTIFY_SOCKET"));
  watchdog_interval = 0;
  if (pid == NULL || (g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT, &number, NULL) &&
                      number == (guint64) getpid ()))
    if (interval != NULL)
      g_ascii_string_to_unsigned (interval, 10, 1, G_MAXINT64, &watchdog_interval, NULL);
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_PID");
  g_unsetenv ("WATCHDOG_USEC");
}

static char *
make_status (SiosService *self)
{
  SioEngine *engine = sio_server_get_engine (sios_daemon_get_server (self->daemon));
  guint n = sio_engine_get_n_sessions (engine);
  const char *clients = n == 1 ? "client" : "clients";

  switch (sios_daemon_get_state (self->daemon))
    {
    case SIOS_DAEMON_STARTING:
      return g_strdup ("Starting");
    case SIOS_DAEMON_DRAINING:
      return g_strdup_printf ("Taking no new clients; %u %s left", n, clients);
    case SIOS_DAEMON_STOPPING:
      return g_strdup_printf ("Stopping; %u %s left", n, clients);
    case SIOS_DAEMON_RUNNING:
    default:
      return g_strdup_printf ("Serving %u %s", n, clients);
    }
}

/* @what: other lines that go along, each with its end; "" if there are none, and then the status
 * is told only if it changed. */
static void
tell (SiosService *self, const char *what)
{
  char *status = make_status (self);

  if (*what != '\0' || g_strcmp0 (status, self->status) != 0)
    sios_notify_send (self->notify, "%sSTATUS=%s", what, status);
  g_free (self->status);
  self->status = status;
}

static gboolean
timer_cb (gpointer user_data)
{
  SiosService *self = user_data;
  SiosDaemonState state = sios_daemon_get_state (self->daemon);
  g_autofree char *extend = NULL;

  /* Sessions that are loaded, closed or saved take their time, which is bounded. */
  if (state == SIOS_DAEMON_STARTING || state == SIOS_DAEMON_STOPPING)
    extend = g_strdup_printf ("EXTEND_TIMEOUT_USEC=%" G_GINT64_FORMAT "\n", EXTEND_US);
  tell (self, extend != NULL ? extend : "");
  return G_SOURCE_CONTINUE;
}

static void
state_cb (SiosDaemon *daemon, GParamSpec *pspec, SiosService *self)
{
  g_autofree char *stopping = NULL;

  switch (sios_daemon_get_state (daemon))
    {
    case SIOS_DAEMON_RUNNING:
      if (self->watchdog == NULL && watchdog_interval > 0)
        self->watchdog = sios_watchdog_new (sio_server_get_engine (sios_daemon_get_server (daemon)),
                                            self->notify, watchdog_interval);
      tell (self, "READY=1\n");
      break;
    case SIOS_DAEMON_STOPPING:
      stopping =
          g_strdup_printf ("STOPPING=1\nEXTEND_TIMEOUT_USEC=%" G_GINT64_FORMAT "\n", EXTEND_US);
      tell (self, stopping);
      break;
    case SIOS_DAEMON_STARTING:
    case SIOS_DAEMON_DRAINING:
    default:
      tell (self, "");
    }
}

static void
reloading_cb (SiosDaemon *daemon, GParamSpec *pspec, SiosService *self)
{
  SiosDaemonState state = sios_daemon_get_state (daemon);

  if (state != SIOS_DAEMON_RUNNING && state != SIOS_DAEMON_DRAINING)
    return;
  if (sios_daemon_is_reloading (daemon))
    sios_notify_send (self->notify,
                      "RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT
                      "\nSTATUS=Reading the configuration",
                      g_get_monotonic_time ());
  else
    tell (self, "READY=1\n");
}

SiosService *
sios_service_new (SiosDaemon *daemon)
{
  SiosService *self = g_new0 (SiosService, 1);

  self->daemon = g_object_ref (daemon);
  self->notify = sios_notify_new (notify_socket);
  if (!sios_notify_is_heard (self->notify))
    return self;
  g_signal_connect (daemon, "notify::state", G_CALLBACK (state_cb), self);
  g_signal_connect (daemon, "notify::reloading", G_CALLBACK (reloading_cb), self);
  self->timer = g_timeout_add_seconds (STATUS_INTERVAL_S, timer_cb, self);
  return self;
}

void
sios_service_free (SiosService *self)
{
  g_signal_handlers_disconnect_by_data (self->daemon, self);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->watchdog, sios_watchdog_free);
  g_clear_pointer (&self->notify, sios_notify_free);
  g_clear_object (&self->daemon);
  g_free (self->status);
  g_free (self);
}
