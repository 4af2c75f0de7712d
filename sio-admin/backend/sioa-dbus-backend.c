/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-dbus-backend.h"

#include <glib/gi18n.h>
#include <string.h>

#include "sioa-dbus-private.h"
#include "sioa-dbus-reader.h"

/* The bus is not there: how long until the next attempt. */
#define RETRY_S 5
/* Statistics come every second. */
#define STALE_S 10
/* Somebody may have to type a password. */
#define INTERACTIVE_TIMEOUT_MS (5 * 60 * 1000)
#define TIMEOUT_MS (25 * 1000)
/* The interface with rooms of sockets. */
#define API_VERSION 2

static void sioa_dbus_backend_iface_init (SioaBackendInterface *iface);
static void begin_session (SioaDBusBackend *self, gboolean interactive);
static void connect_bus (SioaDBusBackend *self);

G_DEFINE_FINAL_TYPE_WITH_CODE (SioaDBusBackend,
                               sioa_dbus_backend,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SIOA_TYPE_BACKEND,
                                                      sioa_dbus_backend_iface_init))

static void
set_state (SioaDBusBackend *self, SioaState state, GError *error)
{
  g_clear_error (&self->error);
  self->error = error;
  self->state = state;
  sioa_backend_state_changed (SIOA_BACKEND (self));
}

GError *
sioa_dbus_translate (GError *error)
{
  static const struct
  {
    const char *name;
    SioaError code;
  } table[] = {
    { SIOA_DBUS_ERROR "AccessDenied", SIOA_ERROR_DENIED },
    { "org.freedesktop.DBus.Error.AccessDenied", SIOA_ERROR_DENIED },
    { SIOA_DBUS_ERROR "InvalidArgument", SIOA_ERROR_ARGUMENTS },
    { SIOA_DBUS_ERROR "NotFound", SIOA_ERROR_ARGUMENTS },
    { SIOA_DBUS_ERROR "LimitExceeded", SIOA_ERROR_ARGUMENTS },
    { "org.freedesktop.DBus.Error.ServiceUnknown", SIOA_ERROR_UNREACHABLE },
    { "org.freedesktop.DBus.Error.NameHasNoOwner", SIOA_ERROR_UNREACHABLE },
    { "org.freedesktop.DBus.Error.NoReply", SIOA_ERROR_UNREACHABLE },
    { "org.freedesktop.DBus.Error.Disconnected", SIOA_ERROR_UNREACHABLE },
  };
  g_autofree char *name = g_dbus_error_get_remote_error (error);
  SioaError code = SIOA_ERROR_FAILED;
  GError *translated;

  if (error->domain == SIOA_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return error;
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (table); i++)
    if (strcmp (table[i].name, name) == 0)
      code = table[i].code;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    code = SIOA_ERROR_UNREACHABLE;
  g_dbus_error_strip_remote_error (error);
  translated = code == SIOA_ERROR_DENIED
                   ? g_error_new (SIOA_ERROR, code, _ ("not allowed: %s"), error->message)
                   : g_error_new_literal (SIOA_ERROR, code, error->message);
  g_error_free (error);
  return translated;
}

/* The session with a server. */

static void
unsubscribe (SioaDBusBackend *self, guint32 cookie)
{
  if (cookie != 0 && !g_dbus_connection_is_closed (self->connection))
    g_dbus_connection_call (self->connection, self->owner, SIOA_DBUS_PATH, SIOA_DBUS_INTERFACE,
                            "Unsubscribe", g_variant_new ("(u)", cookie), NULL,
                            G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}

static void
end_session (SioaDBusBackend *self)
{
  if (self->calls != NULL)
    g_cancellable_cancel (self->calls);
  g_clear_object (&self->calls);
  g_clear_handle_id (&self->stale_id, g_source_remove);
  sioa_dbus_list_end (self);
  unsubscribe (self, self->cookie);
  self->cookie = 0;
  if (self->signal_id != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->signal_id);
  self->signal_id = 0;
  self->rtt = SIOA_UNKNOWN;
  self->ping_sent = 0;
  g_hash_table_remove_all (self->namespaces);
  sioa_dbus_events_update (self);
}

void
sioa_dbus_backend_call (SioaDBusBackend *self,
                        const char *method,
                        GVariant *args,
                        const char *reply_type,
                        gboolean interactive,
                        GAsyncReadyCallback callback)
{
  GDBusCallFlags flags = G_DBUS_CALL_FLAGS_NO_AUTO_START;

  if (interactive)
    flags |= G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION;
  g_dbus_connection_call (
      self->connection, self->owner, SIOA_DBUS_PATH,
      strcmp (method, "Ping") == 0 ? "org.freedesktop.DBus.Peer" : SIOA_DBUS_INTERFACE, method,
      args, G_VARIANT_TYPE (reply_type), flags, interactive ? INTERACTIVE_TIMEOUT_MS : TIMEOUT_MS,
      self->calls, callback, g_object_ref (self));
}

static void
drop (SioaDBusBackend *self)
{
  end_session (self);
  g_clear_pointer (&self->owner, g_free);
  if (self->opening != NULL)
    g_cancellable_cancel (self->opening);
  g_clear_object (&self->opening);
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_handle_id (&self->name_watch, g_bus_unwatch_name);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
  g_clear_object (&self->connection);
}

void
sioa_dbus_backend_fail (SioaDBusBackend *self, GError *error)
{
  drop (self);
  set_state (self, SIOA_STATE_FAILED, error);
}

static gboolean
stale_cb (gpointer user_data)
{
  SioaDBusBackend *self = user_data;

  self->stale_id = 0;
  /* It hangs, or took us for dead: ask anew, and as long as it does not answer nothing changes. */
  begin_session (self, FALSE);
  set_state (self, SIOA_STATE_STALE, NULL);
  return G_SOURCE_REMOVE;
}

static void
watch_for_silence (SioaDBusBackend *self)
{
  g_clear_handle_id (&self->stale_id, g_source_remove);
  self->stale_id = g_timeout_add_seconds (STALE_S, stale_cb, self);
}

static void
ping_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaDBusBackend) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply != NULL)
    self->rtt = g_get_monotonic_time () - self->ping_sent;
  self->ping_sent = 0;
}

/* One at a time. */
static void
ping (SioaDBusBackend *self)
{
  if (self->ping_sent != 0)
    return;
  self->ping_sent = g_get_monotonic_time ();
  sioa_dbus_backend_call (self, "Ping", NULL, "()", FALSE, ping_cb);
}

static void
take_stats (SioaDBusBackend *self, GVariant *stats)
{
  g_autoptr (SioaSample) sample = sioa_dbus_read_stats (stats, g_get_monotonic_time ());
  GPtrArray *changes = sioa_changes_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, sample->namespaces);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (g_hash_table_add (self->namespaces, g_strdup (name)))
      sioa_changes_add (changes, SIOA_CHANGE_NAMESPACE, name, NULL, NULL);
  g_hash_table_iter_init (&iter, self->namespaces);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (sample->namespaces, name))
      {
        sioa_changes_add (changes, SIOA_CHANGE_NAMESPACE_GONE, name, NULL, NULL);
        g_hash_table_iter_remove (&iter);
      }
  sioa_backend_take_changes (SIOA_BACKEND (self), changes);
  sioa_backend_tell_sample (SIOA_BACKEND (self), sample);
  if (self->cookie != 0)
    ping (self);
}

static void
stats_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaDBusBackend) self = user_data;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autoptr (GVariant) stats = NULL;

  /* Others follow in any case. */
  if (reply == NULL)
    return;
  stats = g_variant_get_child_value (reply, 0);
  take_stats (self, stats);
}

static void
changed_cb (GDBusConnection *connection,
            const char *sender,
            const char *path,
            const char *interface,
            const char *signal,
            GVariant *parameters,
            gpointer user_data)
{
  g_autoptr (SioaDBusBackend) self = g_object_ref (user_data);
  g_autoptr (GVariant) changes = NULL;
  g_autoptr (GVariant) stats = NULL;
  guint32 cookie;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(ua{sv})")))
    return;
  g_variant_get (parameters, "(u@a{sv})", &cookie, &changes);
  if (cookie != self->cookie)
    {
      /* One that was given up before the server answered, or that is not known yet. */
      if (self->cookie != 0)
        unsubscribe (self, cookie);
      return;
    }
  watch_for_silence (self);
  stats = g_variant_lookup_value (changes, "stats", G_VARIANT_TYPE_VARDICT);
  if (stats != NULL)
    take_stats (self, stats);
  else
    sioa_dbus_list_changed (self, changes);
}

static void
subscribed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaDBusBackend) self = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_error_free (error);
      return;
    }
  if (reply == NULL)
    {
      error = sioa_dbus_translate (error);
      if (g_error_matches (error, SIOA_ERROR, SIOA_ERROR_UNREACHABLE))
        {
          /* Its name is watched; it is asked again as long as it has it. */
          set_state (self, SIOA_STATE_WAITING, error);
          watch_for_silence (self);
        }
      else
        sioa_dbus_backend_fail (self, error);
      return;
    }
  g_variant_get (reply, "(u)", &self->cookie);
  watch_for_silence (self);
  set_state (self, SIOA_STATE_OPEN, NULL);
  if (self->cookie == 0)
    return;
  sioa_dbus_list_begin (self);
  sioa_dbus_backend_call (self, "GetStats", NULL, "(a{sv})", FALSE, stats_cb);
  sioa_dbus_events_update (self);
}

static void
subscribe (SioaDBusBackend *self, gboolean interactive)
{
  static const char *const topics[] = { "sockets", "stats", NULL };
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "with-rooms", "b", TRUE);
  g_variant_dict_insert (&options, "with-events", "b", TRUE);
  sioa_dbus_backend_call (self, "Subscribe",
                          g_variant_new ("(^as@a{sv})", topics, g_variant_dict_end (&options)),
                          "(u)", interactive, subscribed_cb);
}

typedef struct
{
  SioaDBusBackend *self;
  gboolean interactive;
} Version;

static void
version_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Version *version = user_data;
  g_autoptr (SioaDBusBackend) self = version->self;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) value = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply != NULL)
    {
      g_variant_get (reply, "(v)", &value);
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32) ||
          g_variant_get_uint32 (value) < API_VERSION)
        {
          sioa_dbus_backend_fail (
              self, g_error_new (SIOA_ERROR, SIOA_ERROR_FAILED,
                                 _ ("The server is older than this program: it has to be updated "
                                    "to one with version %d of its D-Bus interface."),
                                 API_VERSION));
          return;
        }
    }
  /* Whatever else is wrong comes out here. */
  subscribe (self, version->interactive);
}

static void
begin_session (SioaDBusBackend *self, gboolean interactive)
{
  Version *version = g_new (Version, 1);

  end_session (self);
  self->calls = g_cancellable_new ();
  self->events_denied = FALSE;
  self->signal_id = g_dbus_connection_signal_subscribe (
      self->connection, self->owner, SIOA_DBUS_INTERFACE, "Changed", SIOA_DBUS_PATH, NULL,
      G_DBUS_SIGNAL_FLAGS_NONE, changed_cb, self, NULL);
  version->self = g_object_ref (self);
  version->interactive = interactive;
  g_dbus_connection_call (
      self->connection, self->owner, SIOA_DBUS_PATH, "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", SIOA_DBUS_INTERFACE, "ApiVersion"), G_VARIANT_TYPE ("(v)"),
      G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS, self->calls, version_cb, version);
}

/* The bus. */

static const char *
describe_bus (SioaDBusBackend *self)
{
  return self->bus == G_BUS_TYPE_SYSTEM    ? _ ("the system bus")
         : self->bus == G_BUS_TYPE_SESSION ? _ ("the session bus")
                                           : self->address;
}

static void
appeared_cb (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  SioaDBusBackend *self = user_data;

  end_session (self);
  g_free (self->owner);
  self->owner = g_strdup (owner);
  set_state (self, SIOA_STATE_CONNECTING, NULL);
  begin_session (self, TRUE);
}

static void
vanished_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  SioaDBusBackend *self = user_data;

  /* The bus itself: closed_cb. */
  if (connection == NULL)
    return;
  end_session (self);
  g_clear_pointer (&self->owner, g_free);
  set_state (self, SIOA_STATE_WAITING,
             g_error_new (SIOA_ERROR, SIOA_ERROR_UNREACHABLE, _ ("there is no sio-server on %s"),
                          describe_bus (self)));
}

static gboolean
retry_cb (gpointer user_data)
{
  SioaDBusBackend *self = user_data;

  self->retry_id = 0;
  connect_bus (self);
  return G_SOURCE_REMOVE;
}

static void
lose_bus (SioaDBusBackend *self, const char *why)
{
  drop (self);
  self->retry_id = g_timeout_add_seconds (RETRY_S, retry_cb, self);
  set_state (self, SIOA_STATE_WAITING,
             g_error_new (SIOA_ERROR, SIOA_ERROR_UNREACHABLE, _ ("%s cannot be reached: %s"),
                          describe_bus (self), why));
}

static void
closed_cb (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           SioaDBusBackend *self)
{
  lose_bus (self, error != NULL ? error->message : _ ("the connection broke"));
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SioaDBusBackend) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection =
      source == NULL ? g_bus_get_finish (result, &error)
                     : g_dbus_connection_new_for_address_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (connection == NULL)
    {
      lose_bus (self, error->message);
      return;
    }
  /* The end of a bus is not the end of this program. */
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self->connection = g_steal_pointer (&connection);
  g_signal_connect (self->connection, "closed", G_CALLBACK (closed_cb), self);
  self->name_watch =
      g_bus_watch_name_on_connection (self->connection, self->name, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                      appeared_cb, vanished_cb, self, NULL);
}

static void
connect_bus (SioaDBusBackend *self)
{
  set_state (self, SIOA_STATE_CONNECTING, NULL);
  self->opening = g_cancellable_new ();
  if (self->bus == G_BUS_TYPE_NONE)
    g_dbus_connection_new_for_address (self->address,
                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                           G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                       NULL, self->opening, connected_cb, g_object_ref (self));
  else
    g_bus_get (self->bus, self->opening, connected_cb, g_object_ref (self));
}

/* The interface. */

static void
sioa_dbus_backend_open (SioaBackend *backend)
{
  drop (SIOA_DBUS_BACKEND (backend));
  connect_bus (SIOA_DBUS_BACKEND (backend));
}

static void
sioa_dbus_backend_close (SioaBackend *backend)
{
  SioaDBusBackend *self = SIOA_DBUS_BACKEND (backend);

  drop (self);
  if (self->state != SIOA_STATE_CLOSED)
    set_state (self, SIOA_STATE_CLOSED, NULL);
}

static SioaState
sioa_dbus_backend_get_state (SioaBackend *backend)
{
  return SIOA_DBUS_BACKEND (backend)->state;
}

static const GError *
sioa_dbus_backend_get_error (SioaBackend *backend)
{
  return SIOA_DBUS_BACKEND (backend)->error;
}

static SioaFeatures
sioa_dbus_backend_get_features (SioaBackend *backend)
{
  SioaDBusBackend *self = SIOA_DBUS_BACKEND (backend);

  if (self->cookie == 0)
    return 0;
  return SIOA_CAN_EMIT | SIOA_CAN_JOIN | SIOA_CAN_LEAVE | SIOA_CAN_DISCONNECT | SIOA_CAN_MANY |
         SIOA_HAS_SOCKETS | SIOA_HAS_LATENCY | SIOA_HAS_COUNTS |
         (self->events_denied ? 0 : SIOA_HAS_EVENTS);
}

static gint64
sioa_dbus_backend_get_rtt (SioaBackend *backend)
{
  return SIOA_DBUS_BACKEND (backend)->rtt;
}

static void
sioa_dbus_backend_watch_events (SioaBackend *backend, gboolean watch)
{
  SioaDBusBackend *self = SIOA_DBUS_BACKEND (backend);

  g_return_if_fail (watch || self->n_watchers > 0);

  self->n_watchers += watch ? 1 : -1;
  sioa_dbus_events_update (self);
}

static void
sioa_dbus_backend_iface_init (SioaBackendInterface *iface)
{
  iface->open = sioa_dbus_backend_open;
  iface->close = sioa_dbus_backend_close;
  iface->get_state = sioa_dbus_backend_get_state;
  iface->get_error = sioa_dbus_backend_get_error;
  iface->get_features = sioa_dbus_backend_get_features;
  iface->get_rtt = sioa_dbus_backend_get_rtt;
  iface->watch_events = sioa_dbus_backend_watch_events;
  sioa_dbus_acts_init (iface);
}

static void
sioa_dbus_backend_dispose (GObject *object)
{
  SioaDBusBackend *self = SIOA_DBUS_BACKEND (object);

  self->n_watchers = 0;
  drop (self);

  G_OBJECT_CLASS (sioa_dbus_backend_parent_class)->dispose (object);
}

static void
sioa_dbus_backend_finalize (GObject *object)
{
  SioaDBusBackend *self = SIOA_DBUS_BACKEND (object);

  g_free (self->address);
  g_free (self->name);
  g_clear_error (&self->error);
  g_hash_table_unref (self->namespaces);
  g_hash_table_unref (self->known);

  G_OBJECT_CLASS (sioa_dbus_backend_parent_class)->finalize (object);
}

static void
sioa_dbus_backend_class_init (SioaDBusBackendClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sioa_dbus_backend_dispose;
  G_OBJECT_CLASS (klass)->finalize = sioa_dbus_backend_finalize;
}

static void
sioa_dbus_backend_init (SioaDBusBackend *self)
{
  self->rtt = SIOA_UNKNOWN;
  self->namespaces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

SioaDBusBackend *
sioa_dbus_backend_new (GBusType bus, const char *address, const char *name)
{
  SioaDBusBackend *self = g_object_new (SIOA_TYPE_DBUS_BACKEND, NULL);

  self->bus = bus;
  self->address = g_strdup (address);
  self->name = g_strdup (name != NULL ? name : SIOA_DBUS_NAME);
  return self;
}

guint
sioa_dbus_backend_get_n_passes (SioaDBusBackend *self)
{
  return self->n_passes;
}
