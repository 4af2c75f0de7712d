/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-sleep-monitor-private.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define LOGIND_INTERFACE "org.freedesktop.login1.Manager"
/* Nobody wants to wait for us in front of a closed lid. */
#define MAX_DELAY_MS 2000

struct _SioSleepMonitor
{
  guint ref_count;
  GMainContext *context;
  GCancellable *cancellable;
  GDBusConnection *bus; /* our own: the shared one may end the process */
  guint subscription;
  guint name_watch;
  int inhibitor; /* -1: none; closing it lets the system sleep */
  GSource *patience;
  GObject *hold; /* not a reference: who has still to leave before this sleep */
  gboolean asleep;
  GPtrArray *listeners; /* of Listener */
};

typedef struct
{
  const SioSleepEvents *events;
  GObject *object; /* not a reference */
} Listener;

G_LOCK_DEFINE_STATIC (monitors);
static GHashTable *monitors; /* GMainContext → SioSleepMonitor */

static void
release (SioSleepMonitor *self)
{
  if (self->patience != NULL)
    {
      g_source_destroy (self->patience);
      g_clear_pointer (&self->patience, g_source_unref);
    }
  if (self->inhibitor >= 0)
    close (self->inhibitor);
  self->inhibitor = -1;
}

static void
inhibited_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SioSleepMonitor *self = user_data;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), &fds, result, &error);
  gint32 handle;

  if (reply == NULL)
    {
      g_debug ("sleep cannot be put off: %s", error->message);
      return;
    }
  g_variant_get (reply, "(h)", &handle);
  release (self);
  if (fds != NULL && handle < g_unix_fd_list_get_length (fds))
    self->inhibitor = g_unix_fd_list_get (fds, handle, NULL);
  if (self->asleep)
    release (self);
}

static void
inhibit (SioSleepMonitor *self)
{
  const char *who = g_get_application_name ();

  if (self->inhibitor >= 0)
    return;
  g_dbus_connection_call_with_unix_fd_list (
      self->bus, LOGIND, LOGIND_PATH, LOGIND_INTERFACE, "Inhibit",
      g_variant_new ("(ssss)", "sleep", who != NULL ? who : "sio-glib",
                     "Leaves the server before the network is gone", "delay"),
      G_VARIANT_TYPE ("(h)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, self->cancellable,
      inhibited_cb, self);
}

static gboolean
patience_cb (gpointer user_data)
{
  release (user_data);
  return G_SOURCE_REMOVE;
}

static void
left_cb (gpointer user_data, GObject *hold)
{
  SioSleepMonitor *self = user_data;

  if (self->hold == hold)
    {
      self->hold = NULL;
      release (self);
    }
  sio_sleep_monitor_unref (self);
}

static GPtrArray *
list_objects (SioSleepMonitor *self)
{
  GPtrArray *objects = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      g_ptr_array_add (objects, g_object_ref (listener->object));
    }
  return objects;
}

static Listener *
find (SioSleepMonitor *self, GObject *object, guint *index)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      Listener *listener = g_ptr_array_index (self->listeners, i);

      if (index != NULL)
        *index = i;
      if (listener->object == object)
        return listener;
    }
  return NULL;
}

static void
set_asleep (SioSleepMonitor *self, gboolean asleep)
{
  g_autoptr (GPtrArray) objects = NULL;
  g_autoptr (GObject) hold = NULL;

  /* Waking up counts even if nobody told of the sleep. */
  if (asleep && self->asleep)
    return;
  self->asleep = asleep;
  self->ref_count++;
  if (asleep)
    {
      self->patience = g_timeout_source_new (MAX_DELAY_MS);
      g_source_set_static_name (self->patience, "[sio] before sleep");
      g_source_set_callback (self->patience, patience_cb, self, NULL);
      g_source_attach (self->patience, self->context);
      self->hold = hold = g_object_new (G_TYPE_OBJECT, NULL);
      self->ref_count++;
      g_object_weak_ref (hold, left_cb, self);
    }
  else
    {
      self->hold = NULL;
      release (self);
      inhibit (self);
    }
  objects = list_objects (self);
  for (guint i = 0; i < objects->len; i++)
    {
      GObject *object = g_ptr_array_index (objects, i);
      Listener *listener = find (self, object, NULL);

      if (listener != NULL && asleep)
        listener->events->sleeps (hold, object);
      else if (listener != NULL)
        listener->events->woke_up (object);
    }
  g_clear_object (&hold);
  sio_sleep_monitor_unref (self);
}

static void
signal_cb (GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer user_data)
{
  gboolean asleep;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (parameters, "(b)", &asleep);
  set_asleep (user_data, asleep);
}

static void
appeared_cb (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  SioSleepMonitor *self = user_data;

  if (!self->asleep)
    inhibit (self);
}

/* It will not tell any more when the system wakes up. */
static void
vanished_cb (GDBusConnection *bus, const char *name, gpointer user_data)
{
  SioSleepMonitor *self = user_data;

  release (self);
  if (self->asleep)
    set_asleep (self, FALSE);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GCancellable) cancellable = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_dbus_connection_new_for_address_finish (result, &error);
  SioSleepMonitor *self;

  if (bus == NULL)
    {
      g_debug ("no system bus, nobody will tell of sleep: %s", error->message);
      return;
    }
  /* It came in time or not: the monitor may be gone by now. */
  if (g_cancellable_is_cancelled (cancellable))
    {
      g_dbus_connection_close (bus, NULL, NULL, NULL);
      return;
    }
  self = g_object_get_data (G_OBJECT (cancellable), "sio-monitor");
  self->bus = g_steal_pointer (&bus);
  self->subscription = g_dbus_connection_signal_subscribe (
      self->bus, LOGIND, LOGIND_INTERFACE, "PrepareForSleep", LOGIND_PATH, NULL,
      G_DBUS_SIGNAL_FLAGS_NONE, signal_cb, self, NULL);
  self->name_watch = g_bus_watch_name_on_connection (
      self->bus, LOGIND, G_BUS_NAME_WATCHER_FLAGS_NONE, appeared_cb, vanished_cb, self, NULL);
}

SioSleepMonitor *
sio_sleep_monitor_get (void)
{
  GMainContext *context = g_main_context_ref_thread_default ();
  g_autofree char *address = NULL;
  SioSleepMonitor *self;

  G_LOCK (monitors);
  if (monitors == NULL)
    monitors = g_hash_table_new (NULL, NULL);
  self = g_hash_table_lookup (monitors, context);
  if (self != NULL)
    self->ref_count++;
  G_UNLOCK (monitors);
  if (self != NULL)
    {
      g_main_context_unref (context);
      return self;
    }

  self = g_new0 (SioSleepMonitor, 1);
  self->ref_count = 1;
  self->context = context;
  self->inhibitor = -1;
  self->listeners = g_ptr_array_new_with_free_func (g_free);
  self->cancellable = g_cancellable_new ();
  g_object_set_data (G_OBJECT (self->cancellable), "sio-monitor", self);
  G_LOCK (monitors);
  g_hash_table_insert (monitors, context, self);
  G_UNLOCK (monitors);

  address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  if (address != NULL)
    g_dbus_connection_new_for_address (address,
                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                           G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                       NULL, self->cancellable, connected_cb,
                                       g_object_ref (self->cancellable));
  return self;
}

void
sio_sleep_monitor_unref (SioSleepMonitor *self)
{
  if (--self->ref_count > 0)
    return;
  G_LOCK (monitors);
  g_hash_table_remove (monitors, self->context);
  G_UNLOCK (monitors);
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->name_watch, g_bus_unwatch_name);
  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->bus, self->subscription);
  if (self->bus != NULL)
    g_dbus_connection_close (self->bus, NULL, NULL, NULL);
  g_clear_object (&self->bus);
  release (self);
  g_object_unref (self->cancellable);
  g_ptr_array_unref (self->listeners);
  g_main_context_unref (self->context);
  g_free (self);
}

void
sio_sleep_monitor_add (SioSleepMonitor *self, const SioSleepEvents *events, GObject *user_data)
{
  Listener *listener = g_new (Listener, 1);

  *listener = (Listener){ events, user_data };
  g_ptr_array_add (self->listeners, listener);
}

void
sio_sleep_monitor_remove (SioSleepMonitor *self, GObject *user_data)
{
  guint index;

  if (find (self, user_data, &index) != NULL)
    g_ptr_array_remove_index_fast (self->listeners, index);
}
