/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "sios-dbus-private.h"
#include "sios-log.h"

/* org.freedesktop.LogControl1, which "systemctl service-log-level" and "service-log-target" ask:
 * see org.freedesktop.LogControl1(5). */

#define LOG_INTERFACE "org.freedesktop.LogControl1"
#define LOG_PATH "/org/freedesktop/LogControl1"

static const char xml[] =
    "<node><interface name='" LOG_INTERFACE "'>"
    "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='false'/>"
    "<property name='LogLevel' type='s' access='readwrite'/>"
    "<property name='LogTarget' type='s' access='readwrite'/>"
    "<property name='SyslogIdentifier' type='s' access='read'/>"
    "</interface></node>";

/* Those of syslog(3), as systemd calls them, and ours. */
static const char *const levels[][2] = {
  { "emerg", "error" },     { "alert", "error" },   { "crit", "error" }, { "err", "error" },
  { "warning", "warning" }, { "notice", "notice" }, { "info", "info" },  { "debug", "debug" },
};

static const char *
get_level (void)
{
  const char *level = sios_log_get_level_name ();

  return strcmp (level, "error") == 0 ? "err" : level;
}

static const char *
get_target (void)
{
  return g_log_writer_is_journald (fileno (stderr)) ? "journal" : "console";
}

static GVariant *
get_property (const char *name)
{
  if (strcmp (name, "LogLevel") == 0)
    return g_variant_new_string (get_level ());
  if (strcmp (name, "LogTarget") == 0)
    return g_variant_new_string (get_target ());
  return g_variant_new_string ("sio-server");
}

static gboolean
set_property (SiosDbusService *self,
              const SiosCaller *caller,
              const char *name,
              const char *value,
              GError **error)
{
  if (strcmp (name, "LogLevel") == 0)
    {
      for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
        if (strcmp (levels[i][0], value) == 0)
          return sios_control_set_log_level (self->control, caller, levels[i][1], error);
      g_set_error_literal (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_INVALID_ARGUMENT,
                           "expected emerg, alert, crit, err, warning, notice, info or debug as "
                           "the level");
      return FALSE;
    }
  if (strcmp (value, "auto") == 0 || strcmp (value, get_target ()) == 0)
    return TRUE;
  g_set_error (error, SIOS_CONTROL_ERROR, SIOS_CONTROL_ERROR_NOT_SUPPORTED,
               "messages go where standard error leads when the server is started, which is %s",
               get_target ());
  return FALSE;
}

static void
set (SiosDbusService *self, GDBusMethodInvocation *invocation, const SiosCaller *caller)
{
  g_autoptr (GVariant) value = NULL;
  const char *name;
  GError *error = NULL;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s&sv)", NULL, &name,
                 &value);
  /* GIO checked the type. */
  if (set_property (self, caller, name, g_variant_get_string (value, NULL), &error))
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    sios_dbus_return_error (invocation, error);
}

static void
get_all (GDBusMethodInvocation *invocation)
{
  static const char *const names[] = { "LogLevel", "LogTarget", "SyslogIdentifier" };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_variant_builder_add (&builder, "{sv}", names[i], get_property (names[i]));
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(a{sv})", &builder));
}

static void
checked_cb (GDBusMethodInvocation *invocation,
            const SiosCaller *caller,
            const GError *error,
            gpointer user_data)
{
  SiosDbusService *self = user_data;
  const char *method = g_dbus_method_invocation_get_method_name (invocation);
  const char *name;

  if (error != NULL)
    {
      sios_control_deny (self->control, caller, "log-control", NULL, error->message);
      sios_dbus_return_error (invocation, g_error_copy (error));
    }
  else if (strcmp (method, "Set") == 0)
    set (self, invocation, caller);
  else if (strcmp (method, "GetAll") == 0)
    get_all (invocation);
  else
    {
      g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s&s)", NULL, &name);
      g_dbus_method_invocation_return_value (invocation,
                                             g_variant_new ("(v)", get_property (name)));
    }
}

/* The interface has no methods: what comes are Get, GetAll and Set of properties that there are. */
static void
method_call (GDBusConnection *connection,
             const char *sender,
             const char *path,
             const char *interface,
             const char *method,
             GVariant *parameters,
             GDBusMethodInvocation *invocation,
             gpointer user_data)
{
  SiosDbusService *self = user_data;

  sios_dbus_auth_check (self->auth, invocation,
                        strcmp (method, "Set") == 0 ? SIOS_PERMISSION_CONFIGURE
                                                    : SIOS_PERMISSION_READ,
                        checked_cb, self);
}

guint
sios_dbus_log_register (SiosDbusService *service, GError **error)
{
  /* Who asks has to be known first, which takes time. */
  static const GDBusInterfaceVTable vtable = { method_call, NULL, NULL };
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (xml, NULL);

  return g_dbus_connection_register_object (service->connection, LOG_PATH, info->interfaces[0],
                                            &vtable, service, NULL, error);
}
