/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioctl-bus.h"

#include <gio/gunixfdlist.h>
#include <string.h>

#define PATH "/org/sioglib/Server1"
#define INTERFACE "org.sioglib.Server1"
#define ERROR_PREFIX "org.sioglib.Server1.Error."

gboolean
sioctl_connect (
    Sioctl *self, const char *address, gboolean session, const char *name, GError **error)
{
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
      return FALSE;
    }
  g_dbus_connection_set_exit_on_close (self->bus, FALSE);
  return TRUE;
}

void
sioctl_clear (Sioctl *self)
{
  g_clear_object (&self->bus);
  g_clear_pointer (&self->name, g_free);
}

GVariant *
sioctl_call_with_fd (
    Sioctl *self, const char *method, GVariant *args, GUnixFDList *fds, GError **error)
{
  /* polkit may ask for a password meanwhile. */
  g_autoptr (GDBusMessage) message =
      g_dbus_message_new_method_call (self->name, PATH, INTERFACE, method);
  g_autoptr (GDBusMessage) reply = NULL;
  GVariant *body;

  if (args != NULL)
    g_dbus_message_set_body (message, args);
  if (fds != NULL)
    g_dbus_message_set_unix_fd_list (message, fds);
  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION);
  reply = g_dbus_connection_send_message_with_reply_sync (
      self->bus, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, self->timeout_ms, NULL, NULL, error);
  if (reply == NULL || g_dbus_message_to_gerror (reply, error))
    return NULL;
  body = g_dbus_message_get_body (reply);
  return body != NULL ? g_variant_ref (body) : g_variant_ref_sink (g_variant_new ("()"));
}

GVariant *
sioctl_call (
    Sioctl *self, const char *method, GVariant *args, const char *reply_type, GError **error)
{
  g_autoptr (GVariant) reply = sioctl_call_with_fd (self, method, args, NULL, error);

  if (reply == NULL)
    return NULL;
  if (reply_type == NULL || g_variant_is_of_type (reply, G_VARIANT_TYPE (reply_type)))
    return g_steal_pointer (&reply);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               "expected %s as the answer to %s, got %s: the server is of another version",
               reply_type, method, g_variant_get_type_string (reply));
  return NULL;
}

int
sioctl_fail (GError *error)
{
  g_autofree char *remote = g_dbus_error_get_remote_error (error);

  g_dbus_error_strip_remote_error (error);
  if (g_strcmp0 (remote, "org.freedesktop.DBus.Error.ServiceUnknown") == 0 ||
      g_strcmp0 (remote, "org.freedesktop.DBus.Error.NameHasNoOwner") == 0)
    {
      g_printerr ("sioctl: no sio-server is on this bus. Is it running, with bus=system or "
                  "bus=session in [dbus]? Try --system, --session or --name\n");
      return SIOCTL_EXIT_NO_SERVER;
    }
  g_printerr ("sioctl: %s\n", error->message);
  if (g_strcmp0 (remote, ERROR_PREFIX "AccessDenied") == 0 ||
      g_strcmp0 (remote, "org.freedesktop.DBus.Error.AccessDenied") == 0)
    return SIOCTL_EXIT_DENIED;
  return error->domain == G_OPTION_ERROR ? SIOCTL_EXIT_USAGE : SIOCTL_EXIT_FAILED;
}
