/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <grp.h>
#include <string.h>

#include "sios-dbus-private.h"

/* Being on the bus: getting there, owning the name, and coming back when the bus is restarted.
 * Without a bus everything else goes on. */

#define MIN_RETRY_S 5
#define MAX_RETRY_S 60
#define MAX_HOLD_S 10
#define DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER 1
#define DBUS_NAME_FLAG_DO_NOT_QUEUE 4

typedef struct
{
  SiosFeatures *features;
  SiosDbusSettings settings;
  char *bus; /* NULL before the first configuration */
  char *name;
  gint64 started_at;
  GCancellable *cancellable;
  SiosDbusService *service; /* NULL while there is no bus */
  gulong closed_id;
  guint retry_timer;
  guint retry_s;
  gboolean told;                 /* that it failed */
  guint hold_timer;              /* while the daemon is not ready because of us */
  guint64 n_subscribers_dropped; /* of former connections, as the next two */
  guint64 n_lines_lost;
  guint64 n_readers_cut;
} Dbus;

static void begin (Dbus *self);

static gpointer
dbus_create (SiosFeatures *features)
{
  Dbus *self = g_new0 (Dbus, 1);

  self->features = features;
  self->started_at = g_get_real_time ();
  self->cancellable = g_cancellable_new ();
  self->retry_s = MIN_RETRY_S;
  self->settings.admin_group = -1;
  return self;
}

static void
leave (Dbus *self)
{
  SiosDbusService *service = g_steal_pointer (&self->service);

  if (service == NULL)
    return;
  self->n_subscribers_dropped += sios_dbus_subscriptions_get_n_dropped (service->subscriptions);
  self->n_lines_lost += sios_dbus_streams_get_n_lost (service->streams);
  self->n_readers_cut += sios_dbus_streams_get_n_cut (service->streams);
  g_clear_signal_handler (&self->closed_id, service->connection);
  /* Gives the name back, too. */
  g_dbus_connection_close (service->connection, NULL, NULL, NULL);
  sios_dbus_service_free (service);
}

static void
dbus_destroy (gpointer data)
{
  Dbus *self = data;

  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_handle_id (&self->hold_timer, g_source_remove);
  leave (self);
  g_free (self->bus);
  g_free (self->name);
  g_free (self);
}

static void
release (Dbus *self)
{
  if (self->hold_timer == 0)
    return;
  g_clear_handle_id (&self->hold_timer, g_source_remove);
  sios_control_release_start (sios_control_get (self->features));
}

static gboolean
hold_cb (gpointer user_data)
{
  Dbus *self = user_data;

  self->hold_timer = 0;
  sios_control_release_start (sios_control_get (self->features));
  return G_SOURCE_REMOVE;
}

static gboolean
retry_cb (gpointer user_data)
{
  Dbus *self = user_data;

  self->retry_timer = 0;
  begin (self);
  return G_SOURCE_REMOVE;
}

/* Says so once, and tries again from time to time. A machine without a system bus is nothing to
 * tell of: nobody asked for it. */
static void
fail (Dbus *self, const char *why, gboolean absent)
{
  leave (self);
  if (!self->told && !(absent && self->settings.system))
    g_message ("Not on the %s bus: %s. Everything else works; trying again from time to time",
               self->bus, why);
  else
    g_debug ("Still not on the bus: %s", why);
  self->told = TRUE;
  release (self);
  self->retry_timer = g_timeout_add_seconds (self->retry_s, retry_cb, self);
  self->retry_s = MIN (2 * self->retry_s, MAX_RETRY_S);
}

static void
closed_cb (GDBusConnection *connection, gboolean vanished, GError *error, Dbus *self)
{
  fail (self, error != NULL ? error->message : "the connection was closed", FALSE);
}

static void
name_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Dbus *self = user_data;
  guint reply;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (answer == NULL)
    {
      fail (self, error->message, FALSE);
      return;
    }
  g_variant_get (answer, "(u)", &reply);
  if (reply != DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER)
    {
      g_autofree char *text = g_strdup_printf ("somebody else has the name %s", self->name);

      fail (self, text, FALSE);
      return;
    }
  self->told = FALSE;
  self->retry_s = MIN_RETRY_S;
  g_info ("On the %s bus as %s", self->bus, self->name);
  release (self);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection =
      g_dbus_connection_new_for_address_finish (result, &error);
  Dbus *self = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (connection != NULL)
    self->service = sios_dbus_service_new (connection, sios_control_get (self->features),
                                           &self->settings, self->started_at, &error);
  if (self->service == NULL)
    {
      fail (self, error->message, g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND));
      return;
    }
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self->closed_id = g_signal_connect (connection, "closed", G_CALLBACK (closed_cb), self);
  g_dbus_connection_call (
      connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      "RequestName", g_variant_new ("(su)", self->name, DBUS_NAME_FLAG_DO_NOT_QUEUE),
      G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable, name_cb, self);
}

/* GIO would start a session bus with another program, and wait for it. (transfer full) */
static char *
get_address (const char *bus)
{
  const char *session = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  g_autofree char *path = NULL;
  g_autofree char *escaped = NULL;

  if (strcmp (bus, "system") == 0)
    return g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  if (strcmp (bus, "session") != 0)
    return g_strdup (bus);
  if (session != NULL)
    return g_strdup (session);
  path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);
  escaped = g_dbus_address_escape_value (path);
  return g_strconcat ("unix:path=", escaped, NULL);
}

static void
begin (Dbus *self)
{
  g_autofree char *address = get_address (self->bus);

  if (address == NULL)
    {
      fail (self, "it has no address", TRUE);
      return;
    }
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                         G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, self->cancellable, connected_cb, self);
}

/* The number of the group, plus one so that nobody is NULL. The database of groups may be
 * anywhere, so it is asked in the thread that reads the configuration. */
static gpointer
dbus_prepare (SiosConfig *config, GPtrArray *problems)
{
  const char *name = sios_config_get_string (config, "dbus", "admin-group");
  struct group entry;
  struct group *found = NULL;
  char buffer[16384];

  if (*name == '\0' || getgrnam_r (name, &entry, buffer, sizeof buffer, &found) != 0 ||
      found == NULL)
    return NULL;
  return g_memdup2 (&entry.gr_gid, sizeof entry.gr_gid);
}

static void
dbus_configure (gpointer data, SiosConfig *config)
{
  Dbus *self = data;
  const gid_t *group = sios_config_get_prepared (config, "dbus");

  self->settings.admin_group = group != NULL ? (gint64) *group : -1;
  self->settings.max_subscriptions =
      (guint) sios_config_get_integer (config, "dbus", "max-subscriptions");
  self->settings.max_streams = (guint) sios_config_get_integer (config, "dbus", "max-streams");
  self->settings.stream_buffer = (gsize) sios_config_get_integer (config, "dbus", "stream-buffer");
  self->settings.reader_timeout =
      (guint) sios_config_get_integer (config, "dbus", "reader-timeout");
  if (self->bus != NULL)
    return;
  self->bus = g_strdup (sios_config_get_string (config, "dbus", "bus"));
  self->name = g_strdup (sios_config_get_string (config, "dbus", "name"));
  self->settings.system = strcmp (self->bus, "system") == 0;
  if (strcmp (self->bus, "none") == 0)
    return;
  /* Who was told that the server is ready wants to call it. A bus that is stuck keeps nobody. */
  sios_control_hold_start (sios_control_get (self->features));
  self->hold_timer = g_timeout_add_seconds (MAX_HOLD_S, hold_cb, self);
  begin (self);
}

static void
dbus_metrics (gpointer data, SiosMetricFunc func, gpointer user_data)
{
  Dbus *self = data;
  SiosDbusService *service = self->service;
  const SiosMetric metrics[] = {
    { "dbus", "connected", SIOS_METRIC_GAUGE, "Whether the server is on the bus.", NULL, NULL,
      service != NULL },
    { "dbus", "subscriptions", SIOS_METRIC_GAUGE, "Subscriptions there are.", NULL, NULL,
      service != NULL ? sios_dbus_subscriptions_get_n (service->subscriptions) : 0 },
    { "dbus", "subscribers_dropped", SIOS_METRIC_COUNTER, "Subscribers that did not answer.", NULL,
      NULL,
      self->n_subscribers_dropped +
          (service != NULL ? sios_dbus_subscriptions_get_n_dropped (service->subscriptions) : 0) },
    { "dbus", "streams", SIOS_METRIC_GAUGE, "Event streams that are open.", NULL, NULL,
      service != NULL ? sios_dbus_streams_get_n (service->streams) : 0 },
    { "dbus", "stream_lines_lost", SIOS_METRIC_COUNTER,
      "Lines of event streams that readers did not take in time.", NULL, NULL,
      self->n_lines_lost +
          (service != NULL ? sios_dbus_streams_get_n_lost (service->streams) : 0) },
    { "dbus", "stream_readers_cut", SIOS_METRIC_COUNTER,
      "Readers of event streams that were cut off because they did not read.", NULL, NULL,
      self->n_readers_cut +
          (service != NULL ? sios_dbus_streams_get_n_cut (service->streams) : 0) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++)
    func (&metrics[i], user_data);
}

const SiosFeature sios_dbus_feature = {
  .name = "dbus",
  .create = dbus_create,
  .destroy = dbus_destroy,
  .prepare = dbus_prepare,
  .release = g_free,
  .configure = dbus_configure,
  .metrics = dbus_metrics,
};
