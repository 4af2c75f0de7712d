/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gunixfdlist.h>
#include <string.h>

#include "sios-dbus-interface.h"
#include "sios-dbus-private.h"

/* The object on the bus: who calls is asked for first, whatever the method. */

#define MAX_SENDERS 256

static void
sender_vanished_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  SiosDbusService *self = user_data;

  sios_dbus_subscriptions_forget (self->subscriptions, name);
  sios_control_forget_address (self->control, SIOS_CALLER_DBUS, name);
  g_hash_table_remove (self->senders, name);
}

/* What it left behind goes when it leaves the bus. Subscriptions and lists are few; whoever finds
 * no place here for lists has them until they expire. */
void
sios_dbus_service_watch_sender (SiosDbusService *self, const char *sender, gboolean always)
{
  guint id;

  if (g_hash_table_contains (self->senders, sender) ||
      (!always && g_hash_table_size (self->senders) >= MAX_SENDERS))
    return;
  id = g_bus_watch_name_on_connection (self->connection, sender, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                       NULL, sender_vanished_cb, self, NULL);
  g_hash_table_insert (self->senders, g_strdup (sender), GUINT_TO_POINTER (id));
}

static void
subscribe (const SiosDbusCall *call)
{
  SiosDbusService *self = call->service;
  g_autofree const char **topics = NULL;
  g_autoptr (GVariant) options = NULL;
  GError *error = NULL;
  guint cookie;

  g_variant_get (call->arguments, "(^a&s@a{sv})", &topics, &options);
  cookie = sios_dbus_subscriptions_add (self->subscriptions, call->caller, topics, options, &error);
  if (cookie != 0)
    sios_dbus_service_watch_sender (self, call->caller->address, TRUE);
  sios_dbus_call_return_number (call, cookie != 0, cookie, error);
}

static void
unsubscribe (const SiosDbusCall *call)
{
  guint cookie;

  g_variant_get (call->arguments, "(u)", &cookie);
  if (sios_dbus_subscriptions_remove (call->service->subscriptions, call->caller->address, cookie))
    sios_dbus_call_return (call, NULL);
  else
    sios_dbus_call_fail (call, g_error_new (SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_FOUND,
                                            "the caller has no subscription %u", cookie));
}

static void
open_event_stream (const SiosDbusCall *call)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (call->invocation);
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (message);
  g_autoptr (GVariant) filter = NULL;
  GError *error = NULL;
  gint32 handle;
  int fd = -1;

  g_variant_get (call->arguments, "(h@a{sv})", &handle, &filter);
  if (fds != NULL)
    fd = g_unix_fd_list_get (fds, handle, NULL);
  if (fd < 0)
    sios_dbus_call_fail (call, g_error_new_literal (SIOS_CONTROL_ERROR,
                                                    SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                                                    "the file descriptor is missing"));
  else if (sios_dbus_streams_open (call->service->streams, call->caller, fd, filter, &error))
    {
      sios_control_done (call->service->control, call->caller, "open-event-stream", NULL);
      sios_dbus_call_return (call, NULL);
    }
  else
    sios_dbus_call_fail (call, error);
}

static void
reloaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  GError *error = NULL;
  g_auto (GStrv) warnings = sios_control_reload_finish (SIOS_CONTROL (source), result, &error);

  if (warnings != NULL)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(^as)", warnings));
  else
    sios_dbus_return_error (invocation, error);
}

static void
reload_configuration (const SiosDbusCall *call)
{
  sios_control_reload_async (call->service->control, call->caller, reloaded_cb, call->invocation);
}

static void
drained_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;
  GError *error = NULL;

  if (sios_control_drain_finish (SIOS_CONTROL (source), result, &error))
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    sios_dbus_return_error (invocation, error);
}

static void
drain (const SiosDbusCall *call)
{
  guint timeout;

  g_variant_get (call->arguments, "(u)", &timeout);
  sios_control_drain_async (call->service->control, call->caller, timeout, drained_cb,
                            call->invocation);
}

static void
resume (const SiosDbusCall *call)
{
  GError *error = NULL;

  if (sios_control_resume (call->service->control, call->caller, &error))
    sios_dbus_call_return (call, NULL);
  else
    sios_dbus_call_fail (call, error);
}

static void
set_log_level (const SiosDbusCall *call)
{
  const char *level;
  GError *error = NULL;

  g_variant_get (call->arguments, "(&s)", &level);
  if (sios_control_set_log_level (call->service->control, call->caller, level, &error))
    sios_dbus_call_return (call, NULL);
  else
    sios_dbus_call_fail (call, error);
}

typedef struct
{
  const char *name;
  SiosPermissions permission;
  void (*func) (const SiosDbusCall *call);
} Method;

static const Method methods[] = {
  { "ListSockets", SIOS_PERMISSION_READ, sios_dbus_list_sockets },
  { "ListSocketsWithRooms", SIOS_PERMISSION_READ, sios_dbus_list_sockets_with_rooms },
  { "ListRooms", SIOS_PERMISSION_READ, sios_dbus_list_rooms },
  { "ListNamespaces", SIOS_PERMISSION_READ, sios_dbus_list_namespaces },
  { "ListUserSockets", SIOS_PERMISSION_READ, sios_dbus_list_user_sockets },
  { "GetSocket", SIOS_PERMISSION_READ, sios_dbus_get_socket },
  { "GetStats", SIOS_PERMISSION_READ, sios_dbus_get_stats },
  { "ListRevocations", SIOS_PERMISSION_READ, sios_dbus_list_revocations },
  { "DisconnectSockets", SIOS_PERMISSION_MANAGE, sios_dbus_disconnect_sockets },
  { "JoinRooms", SIOS_PERMISSION_MANAGE, sios_dbus_join_rooms },
  { "LeaveRooms", SIOS_PERMISSION_MANAGE, sios_dbus_leave_rooms },
  { "Revoke", SIOS_PERMISSION_MANAGE, sios_dbus_revoke },
  { "Unrevoke", SIOS_PERMISSION_MANAGE, sios_dbus_unrevoke },
  { "Emit", SIOS_PERMISSION_EMIT, sios_dbus_emit },
  { "Broadcast", SIOS_PERMISSION_EMIT, sios_dbus_broadcast },
  { "Announce", SIOS_PERMISSION_EMIT, sios_dbus_announce },
  { "Subscribe", SIOS_PERMISSION_READ, subscribe },
  { "Unsubscribe", 0, unsubscribe },
  { "OpenEventStream", SIOS_PERMISSION_INSPECT, open_event_stream },
  { "ReloadConfiguration", SIOS_PERMISSION_CONFIGURE, reload_configuration },
  { "Drain", SIOS_PERMISSION_CONFIGURE, drain },
  { "Resume", SIOS_PERMISSION_CONFIGURE, resume },
  { "SetLogLevel", SIOS_PERMISSION_CONFIGURE, set_log_level },
};

static const Method *
find_method (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, name) == 0)
      return &methods[i];
  g_return_val_if_reached (NULL);
}

static void
checked_cb (GDBusMethodInvocation *invocation,
            const SiosCaller *caller,
            const GError *error,
            gpointer user_data)
{
  SiosDbusService *self = user_data;
  const char *name = g_dbus_method_invocation_get_method_name (invocation);
  const SiosDbusCall call = { self, caller, invocation,
                              g_dbus_method_invocation_get_parameters (invocation) };

  if (error == NULL)
    {
      find_method (name)->func (&call);
      return;
    }
  sios_control_deny (self->control, caller, name, NULL, error->message);
  sios_dbus_return_error (invocation, g_error_copy (error));
}

static void
method_call (GDBusConnection *connection,
             const char *sender,
             const char *path,
             const char *interface,
             const char *name,
             GVariant *parameters,
             GDBusMethodInvocation *invocation,
             gpointer user_data)
{
  SiosDbusService *self = user_data;

  sios_dbus_auth_check (self->auth, invocation, find_method (name)->permission, checked_cb, self);
}

static GVariant *
get_property (GDBusConnection *connection,
              const char *sender,
              const char *path,
              const char *interface,
              const char *name,
              GError **error,
              gpointer user_data)
{
  SiosDbusService *self = user_data;
  const guint32 revisions[] = { 4, 3 };
  SioEngine *engine = sio_server_get_engine (sios_control_get_server (self->control));

  if (strcmp (name, "Version") == 0)
    return g_variant_new_string (PACKAGE_VERSION);
  if (strcmp (name, "ApiVersion") == 0)
    return g_variant_new_uint32 (2);
  if (strcmp (name, "StartedAt") == 0)
    return g_variant_new_uint64 ((guint64) self->started_at);
  return g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, revisions,
                                    sio_engine_get_allow_eio3 (engine) ? 2 : 1, sizeof *revisions);
}

static void
unwatch (gpointer id)
{
  g_bus_unwatch_name (GPOINTER_TO_UINT (id));
}

SiosDbusService *
sios_dbus_service_new (GDBusConnection *connection,
                       SiosControl *control,
                       const SiosDbusSettings *settings,
                       gint64 started_at,
                       GError **error)
{
  static const GDBusInterfaceVTable vtable = { method_call, get_property, NULL };
  SiosDbusService *self = g_new0 (SiosDbusService, 1);

  self->connection = g_object_ref (connection);
  self->control = control;
  self->started_at = started_at;
  self->senders = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, unwatch);
  self->auth = sios_dbus_auth_new (connection, settings);
  self->subscriptions = sios_dbus_subscriptions_new (connection, control, settings);
  self->streams = sios_dbus_streams_new (control, settings);
  self->object_id = g_dbus_connection_register_object (
      connection, SIOS_DBUS_PATH, (GDBusInterfaceInfo *) &org_sioglib_server1_interface, &vtable,
      self, NULL, error);
  if (self->object_id != 0)
    self->log_id = sios_dbus_log_register (self, error);
  if (self->log_id != 0)
    return self;
  sios_dbus_service_free (self);
  return NULL;
}

void
sios_dbus_service_free (SiosDbusService *self)
{
  if (self->log_id != 0)
    g_dbus_connection_unregister_object (self->connection, self->log_id);
  if (self->object_id != 0)
    g_dbus_connection_unregister_object (self->connection, self->object_id);
  sios_dbus_auth_free (self->auth);
  sios_dbus_subscriptions_free (self->subscriptions);
  sios_dbus_streams_free (self->streams);
  g_hash_table_unref (self->senders);
  g_object_unref (self->connection);
  g_free (self);
}
