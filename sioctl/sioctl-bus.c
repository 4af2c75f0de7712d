/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioctl-bus.h"

#include <gio/gunixfdlist.h>
#include <signal.h>
#include <string.h>

#include "sioctl-output.h"

#define PATH "/org/sioglib/Server1"
#define INTERFACE "org.sioglib.Server1"
#define ERROR_PREFIX "org.sioglib.Server1.Error."

gboolean
sioctl_connect (
    Sioctl *self, const char *address, gboolean session, const char *name, GError **error)
{
  if (!g_dbus_is_name (name))
    {
      sioctl_set_usage_error (error, "--name: \"%s\" cannot be a name on a bus", name);
      return FALSE;
    }
  if (address != NULL && !g_dbus_is_supported_address (address, error))
    {
      g_prefix_error (error, "--address: ");
      (*error)->domain = G_OPTION_ERROR;
      return FALSE;
    }
  self->name = g_strdup (name);
  if (address != NULL)
    self->bus =
        g_dbus_connection_new_for_address_sync (address,
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                    G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                NULL, NULL, error);
  else
    self->bus = g_bus_get_sync (session ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM, NULL, error);
  if (self->bus == NULL)
    {
      g_prefix_error (error, "cannot reach the %s bus: ",
                      address != NULL ? "given"
                      : session       ? "session"
                                      : "system");
      (*error)->domain = G_DBUS_ERROR;
      (*error)->code = G_DBUS_ERROR_NO_SERVER;
      return FALSE;
    }
  /* GIO ignores it, but who reads what we write may leave: "sioctl events | head". */
  signal (SIGPIPE, SIG_DFL);
  g_dbus_connection_set_exit_on_close (self->bus, FALSE);
  return TRUE;
}

void
sioctl_clear (Sioctl *self)
{
  g_clear_object (&self->bus);
  g_clear_pointer (&self->name, g_free);
}

static GVariant *
call (Sioctl *self,
      const char *interface,
      const char *method,
      GVariant *args,
      GUnixFDList *fds,
      GError **error)
{
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_method_call (self->name, PATH, interface, method);
  g_autoptr (GDBusMessage) reply = NULL;
  GDBusMessageFlags flags = G_DBUS_MESSAGE_FLAGS_NO_AUTO_START;
  GVariant *body;

  /* Looking at a server that was stopped must not start it. */
  if (self->ask)
    flags |= G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION;

  if (args != NULL)
    g_dbus_message_set_body (message, args);
  if (fds != NULL)
    g_dbus_message_set_unix_fd_list (message, fds);
  g_dbus_message_set_flags (message, flags);
  reply = g_dbus_connection_send_message_with_reply_sync (
      self->bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, self->timeout_ms, NULL, NULL, error);
  if (reply == NULL || g_dbus_message_to_gerror (reply, error))
    return NULL;
  body = g_dbus_message_get_body (reply);
  return body != NULL ? g_variant_ref (body) : g_variant_ref_sink (g_variant_new ("()"));
}

GVariant *
sioctl_call_with_fd (
    Sioctl *self, const char *method, GVariant *args, GUnixFDList *fds, GError **error)
{
  return call (self, INTERFACE, method, args, fds, error);
}

static GVariant *
check_type (GVariant *reply, const char *what, const char *type, GError **error)
{
  if (g_variant_is_of_type (reply, G_VARIANT_TYPE (type)))
    return g_variant_ref (reply);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "expected %s as the answer to %s, got %s: the server is of another version", type,
               what, g_variant_get_type_string (reply));
  return NULL;
}

GVariant *
sioctl_get_property (Sioctl *self, const char *name, const char *type, GError **error)
{
  g_autoptr (GVariant) reply = call (self, "org.freedesktop.DBus.Properties", "Get",
                                     g_variant_new ("(ss)", INTERFACE, name), NULL, error);
  g_autoptr (GVariant) tuple = reply != NULL ? check_type (reply, name, "(v)", error) : NULL;
  g_autoptr (GVariant) value = NULL;

  if (tuple == NULL)
    return NULL;
  g_variant_get (tuple, "(v)", &value);
  return check_type (value, name, type, error);
}

GVariant *
sioctl_call (
    Sioctl *self, const char *method, GVariant *args, const char *reply_type, GError **error)
{
  g_autoptr (GVariant) reply = sioctl_call_with_fd (self, method, args, NULL, error);

  return reply != NULL ? check_type (reply, method, reply_type, error) : NULL;
}

void
sioctl_set_usage_error (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error,
                     g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, args));
  va_end (args);
}

/* The server's words may be of several lines, and hold what peers chose. */
static void
print_problem (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *clean = sioctl_clean (lines[i]);

      g_printerr ("%s%s\n", i == 0 ? "sioctl: " : "", clean);
    }
}

int
sioctl_fail (GError *error)
{
  static const struct
  {
    const char *name;
    int status;
  } statuses[] = { { ERROR_PREFIX "AccessDenied", SIOCTL_EXIT_DENIED },
                   { ERROR_PREFIX "InvalidArgument", SIOCTL_EXIT_USAGE },
                   { "org.freedesktop.DBus.Error.AccessDenied", SIOCTL_EXIT_DENIED } };
  g_autofree char *remote = g_dbus_error_get_remote_error (error);

  g_dbus_error_strip_remote_error (error);
  if (g_strcmp0 (remote, "org.freedesktop.DBus.Error.ServiceUnknown") == 0 ||
      g_strcmp0 (remote, "org.freedesktop.DBus.Error.NameHasNoOwner") == 0)
    {
      g_printerr ("sioctl: no sio-server is on this bus. Is it running, with bus=system or "
                  "bus=session in [dbus]? Try --system, --session or --name\n");
      return SIOCTL_EXIT_NO_SERVER;
    }
  print_problem (error->message);
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (g_strcmp0 (remote, statuses[i].name) == 0)
      return statuses[i].status;
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_SERVER))
    return SIOCTL_EXIT_NO_SERVER;
  return error->domain == G_OPTION_ERROR ? SIOCTL_EXIT_USAGE : SIOCTL_EXIT_FAILED;
}
