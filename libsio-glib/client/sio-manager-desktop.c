/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-client-private.h"
#include "sio-sleep-monitor-private.h"

/* What a desktop knows of its network and its sleep, and what follows from it: no attempts
 * without a network, one at once when it is back; leave before sleep, come back after it. */

/* The default monitor may live in another thread than the manager. */
typedef struct _SioNetworkWatch
{
  gatomicrefcount ref_count;
  GMainContext *context;
  GNetworkMonitor *monitor;
  gulong changed_handler;
  gulong metered_handler;

  /* only in @context */
  SioManager *manager; /* NULL once it does not watch any more */
  GSocketConnectable *server;
  GCancellable *check; /* whether the server can be reached without a default route */
  gboolean reachable;
  gboolean was_available;
} NetworkWatch;

static void
watch_unref (gpointer data)
{
  NetworkWatch *watch = data;

  if (!g_atomic_ref_count_dec (&watch->ref_count))
    return;
  g_clear_object (&watch->check);
  g_object_unref (watch->server);
  g_object_unref (watch->monitor);
  g_main_context_unref (watch->context);
  g_free (watch);
}

static NetworkWatch *
watch_ref (NetworkWatch *watch)
{
  g_atomic_ref_count_inc (&watch->ref_count);
  return watch;
}

/* Loopback needs no network. NULL: the address is not valid, or is there always. */
static GSocketConnectable *
get_server (SioManager *self)
{
  g_autoptr (GUri) uri = g_uri_parse (self->uri, SOUP_HTTP_URI_FLAGS, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autoptr (GInetAddress) address = NULL;
  int port;

  if (host == NULL || *host == '\0' || g_ascii_strcasecmp (host, "localhost") == 0 ||
      g_str_has_suffix (host, ".localhost"))
    return NULL;
  address = g_inet_address_new_from_string (host);
  if (address != NULL && g_inet_address_get_is_loopback (address))
    return NULL;
  port = g_uri_get_port (uri);
  return g_network_address_new (host, port > 0 ? (guint16) port : 80);
}

/* Machines in a local network may have no default route, which is what "available" means. */
static void
checked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  NetworkWatch *watch = user_data;
  g_autoptr (GError) error = NULL;
  gboolean reachable =
      g_network_monitor_can_reach_finish (G_NETWORK_MONITOR (source), result, &error);
  SioManager *manager = watch->manager;

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && manager != NULL)
    {
      g_autoptr (SioManager) hold = g_object_ref (manager);

      g_clear_object (&watch->check);
      watch->reachable = reachable;
      if (!reachable && !g_network_monitor_get_network_available (watch->monitor))
        sio_manager_lose (manager, "network connection lost");
      else
        sio_manager_obstacle_changed (manager, FALSE);
    }
  watch_unref (watch);
}

static void
cancel_check (NetworkWatch *watch)
{
  g_cancellable_cancel (watch->check);
  g_clear_object (&watch->check);
}

static void
check (NetworkWatch *watch)
{
  if (watch->check != NULL)
    return;
  watch->check = g_cancellable_new ();
  g_network_monitor_can_reach_async (watch->monitor, watch->server, watch->check, checked_cb,
                                     watch_ref (watch));
}

static gboolean
apply_cb (gpointer user_data)
{
  NetworkWatch *watch = user_data;
  g_autoptr (SioManager) manager = NULL;
  gboolean available;
  gboolean returned;

  if (watch->manager == NULL)
    return G_SOURCE_REMOVE;
  manager = g_object_ref (watch->manager);
  available = g_network_monitor_get_network_available (watch->monitor);
  returned = available && !watch->was_available;
  watch->was_available = available;
  watch->reachable = FALSE;
  cancel_check (watch);
  if (!available)
    check (watch);
  sio_manager_obstacle_changed (manager, returned);
  return G_SOURCE_REMOVE;
}

static void
changed_cb (NetworkWatch *watch)
{
  g_main_context_invoke_full (watch->context, G_PRIORITY_DEFAULT, apply_cb, watch_ref (watch),
                              watch_unref);
}

static void
closure_unref (gpointer data, GClosure *closure)
{
  watch_unref (data);
}

static void
watch_network (SioManager *self)
{
  g_autoptr (GSocketConnectable) server = NULL;
  NetworkWatch *watch;

  if (!self->watch_network || self->network_watch != NULL)
    return;
  server = get_server (self);
  if (server == NULL)
    return;
  watch = g_new0 (NetworkWatch, 1);
  g_atomic_ref_count_init (&watch->ref_count);
  watch->context = g_main_context_ref (sio_reactor_get_context (self->reactor));
  watch->monitor = g_object_ref (self->network_monitor != NULL ? self->network_monitor
                                                               : g_network_monitor_get_default ());
  watch->server = g_steal_pointer (&server);
  watch->manager = self;
  watch->was_available = g_network_monitor_get_network_available (watch->monitor);
  watch->changed_handler =
      g_signal_connect_data (watch->monitor, "network-changed", G_CALLBACK (changed_cb),
                             watch_ref (watch), closure_unref, G_CONNECT_SWAPPED);
  watch->metered_handler =
      g_signal_connect_data (watch->monitor, "notify::network-metered", G_CALLBACK (changed_cb),
                             watch_ref (watch), closure_unref, G_CONNECT_SWAPPED);
  self->network_watch = watch;
}

static void
unwatch_network (SioManager *self)
{
  NetworkWatch *watch = g_steal_pointer (&self->network_watch);

  if (watch == NULL)
    return;
  watch->manager = NULL;
  cancel_check (watch);
  g_clear_signal_handler (&watch->changed_handler, watch->monitor);
  g_clear_signal_handler (&watch->metered_handler, watch->monitor);
  watch_unref (watch);
}

static void
sleeps_cb (GObject *hold, gpointer user_data)
{
  SioManager *self = user_data;

  self->asleep = TRUE;
  sio_manager_leave (self, hold, "the system is going to sleep");
  sio_manager_obstacle_changed (self, FALSE);
}

static void
woke_up_cb (gpointer user_data)
{
  SioManager *self = user_data;

  self->asleep = FALSE;
  /* A connection that slept through its heartbeat is gone, even if nobody said so yet. */
  if (self->is_open)
    self->hurry = sio_eio_client_is_stale (self->eio);
  else
    sio_manager_obstacle_changed (self, TRUE);
}

static const SioSleepEvents sleep_events = { sleeps_cb, woke_up_cb };

static void
watch_sleep (SioManager *self)
{
  if (!self->watch_sleep || self->sleep_monitor != NULL)
    return;
  self->sleep_monitor = sio_sleep_monitor_get ();
  sio_sleep_monitor_add (self->sleep_monitor, &sleep_events, G_OBJECT (self));
}

static void
unwatch_sleep (SioManager *self)
{
  self->asleep = FALSE;
  if (self->sleep_monitor == NULL)
    return;
  sio_sleep_monitor_remove (self->sleep_monitor, G_OBJECT (self));
  g_clear_pointer (&self->sleep_monitor, sio_sleep_monitor_unref);
}

void
sio_manager_watch_desktop (SioManager *self)
{
  watch_network (self);
  watch_sleep (self);
}

void
sio_manager_unwatch_desktop (SioManager *self)
{
  unwatch_network (self);
  unwatch_sleep (self);
}

void
sio_manager_update_watches (SioManager *self)
{
  if (!self->watch_network)
    unwatch_network (self);
  if (!self->watch_sleep)
    unwatch_sleep (self);
  if (self->state != SIO_CLIENT_DISCONNECTED)
    sio_manager_watch_desktop (self);
  sio_manager_obstacle_changed (self, FALSE);
}

gboolean
sio_manager_is_metered (SioManager *self)
{
  return self->network_watch != NULL &&
         g_network_monitor_get_network_metered (self->network_watch->monitor);
}

SioWaitingFor
sio_manager_get_obstacle (SioManager *self)
{
  NetworkWatch *watch = self->network_watch;

  if (self->asleep)
    return SIO_WAITING_FOR_WAKE_UP;
  if (watch != NULL && !watch->reachable &&
      !g_network_monitor_get_network_available (watch->monitor))
    {
      check (watch);
      return SIO_WAITING_FOR_NETWORK;
    }
  if (self->metered_policy == SIO_METERED_WAIT && sio_manager_is_metered (self))
    return SIO_WAITING_FOR_UNMETERED;
  return SIO_WAITING_FOR_NOTHING;
}

void
sio_manager_set_network_monitor (SioManager *self, GNetworkMonitor *monitor)
{
  g_set_object (&self->network_monitor, monitor);
}
