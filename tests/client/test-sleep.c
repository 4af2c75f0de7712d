/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-fixture.h"

#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <unistd.h>

/* Sleep, as logind tells it: a real bus, and the two things of logind that matter. */

static const char xml[] = "<node><interface name='org.freedesktop.login1.Manager'>"
                          "<method name='Inhibit'>"
                          "<arg direction='in' type='s'/><arg direction='in' type='s'/>"
                          "<arg direction='in' type='s'/><arg direction='in' type='s'/>"
                          "<arg direction='out' type='h'/></method>"
                          "<signal name='PrepareForSleep'><arg type='b'/></signal>"
                          "</interface></node>";

typedef struct
{
  GTestDBus *bus;
  GDBusConnection *connection;
  guint object;
  guint name;
  gboolean owned;
  guint n_inhibitors; /* taken and not given back */
  guint n_taken;
} Logind;

static gboolean
hup_cb (int fd, GIOCondition condition, gpointer user_data)
{
  Logind *self = user_data;

  close (fd);
  self->n_inhibitors--;
  return G_SOURCE_REMOVE;
}

static void
method_cb (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *method,
           GVariant *parameters,
           GDBusMethodInvocation *invocation,
           gpointer user_data)
{
  Logind *self = user_data;
  g_autoptr (GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  const char *what, *mode;
  int fds[2];

  g_assert_cmpstr (method, ==, "Inhibit");
  g_variant_get (parameters, "(&s&s&s&s)", &what, NULL, NULL, &mode);
  g_assert_cmpstr (what, ==, "sleep");
  g_assert_cmpstr (mode, ==, "delay");
  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, &error));
  g_unix_fd_add (fds[0], G_IO_HUP, hup_cb, self);
  self->n_inhibitors++;
  self->n_taken++;
  g_unix_fd_list_append (list, fds[1], &error);
  g_assert_no_error (error);
  close (fds[1]);
  g_dbus_method_invocation_return_value_with_unix_fd_list (invocation, g_variant_new ("(h)", 0),
                                                           list);
}

static void
acquired_cb (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ((Logind *) user_data)->owned = TRUE;
}

static void
logind_start (Logind *self)
{
  static const GDBusInterfaceVTable vtable = { method_cb, NULL, NULL, { NULL } };
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (xml, NULL);
  g_autoptr (GError) error = NULL;

  self->connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (self->bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);
  g_assert_no_error (error);
  self->object =
      g_dbus_connection_register_object (self->connection, "/org/freedesktop/login1",
                                         info->interfaces[0], &vtable, self, NULL, &error);
  g_assert_no_error (error);
  self->name =
      g_bus_own_name_on_connection (self->connection, "org.freedesktop.login1",
                                    G_BUS_NAME_OWNER_FLAGS_NONE, acquired_cb, NULL, self, NULL);
  test_wait (self->owned);
}

static void
logind_stop (Logind *self)
{
  g_autoptr (GError) error = NULL;

  g_bus_unown_name (self->name);
  g_dbus_connection_unregister_object (self->connection, self->object);
  g_dbus_connection_close_sync (self->connection, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&self->connection);
  self->owned = FALSE;
}

static void
logind_tell (Logind *self, gboolean sleeps)
{
  g_autoptr (GError) error = NULL;

  g_dbus_connection_emit_signal (self->connection, NULL, "/org/freedesktop/login1",
                                 "org.freedesktop.login1.Manager", "PrepareForSleep",
                                 g_variant_new ("(b)", sleeps), &error);
  g_assert_no_error (error);
}

static Logind *
logind_new (void)
{
  Logind *self = g_new0 (Logind, 1);

  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (self->bus), TRUE);
  logind_start (self);
  return self;
}

static void
logind_free (Logind *self)
{
  /* With its clients the inhibitors are gone, too. */
  test_wait (self->n_inhibitors == 0);
  if (self->connection != NULL)
    logind_stop (self);
  g_test_dbus_down (self->bus);
  g_object_unref (self->bus);
  g_unsetenv ("DBUS_SYSTEM_BUS_ADDRESS");
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Logind, logind_free)

static SioWaitingFor
waiting_for (TestClient *client)
{
  return sio_manager_get_waiting_for (sio_client_get_manager (client->client));
}

static void
test_sleep_and_wake (gconstpointer data)
{
  const char *transports = data;
  g_autoptr (Logind) logind = logind_new ();
  g_autoptr (TestServer) server = test_server_new ("{\"connectionStateRecovery\":{}}", 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", transports);
  g_autofree char *id = NULL;
  g_autoptr (SioArgs) reasons = NULL;
  g_autoptr (GError) error = NULL;

  test_client_open (client);
  test_wait (logind->n_inhibitors == 1);
  id = g_strdup (sio_client_get_id (client->client));
  sio_client_emit (client->client, "hi", NULL);
  test_wait (client->events->len == 1);

  logind_tell (logind, TRUE);
  test_wait (logind->n_inhibitors == 0);
  g_assert_true (test_client_saw (client, "disconnected:forced close"));
  g_assert_cmpstr (client->details, ==, "the system is going to sleep");
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_WAKE_UP);
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_RECONNECTING);
  test_sleep (400);
  g_assert_cmpuint (client->log->len, ==, 2);

  logind_tell (logind, FALSE);
  test_wait (sio_client_is_connected (client->client));
  g_assert_true (sio_client_is_recovered (client->client));
  g_assert_cmpstr (sio_client_get_id (client->client), ==, id);
  test_wait (logind->n_inhibitors == 1);
  g_assert_cmpuint (logind->n_taken, ==, 2);
  reasons = test_client_ask (client, "reasons", NULL, 60000, &error);
  g_assert_no_error (error);
  /* It left, it was not lost. */
  g_assert_cmpstr (sio_args_get_json (reasons), ==, "[[\"transport close\"]]");
}

/* Several managers, one inhibitor, which is held until the last of them has left. */
static void
test_shared (void)
{
  g_autoptr (Logind) logind = logind_new ();
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) a = test_client_new_for (server, "/", "websocket");
  g_autoptr (TestClient) b = test_client_new_for (server, "/", "polling");
  g_autoptr (TestClient) c = test_client_new_for (server, "/", "websocket");

  g_object_set (sio_client_get_manager (c->client), "watch-sleep", FALSE, NULL);
  test_client_open (a);
  test_client_open (b);
  test_client_open (c);
  test_wait (logind->n_inhibitors == 1);
  logind_tell (logind, TRUE);
  test_wait (logind->n_inhibitors == 0);
  g_assert_cmpint (waiting_for (a), ==, SIO_WAITING_FOR_WAKE_UP);
  g_assert_cmpint (waiting_for (b), ==, SIO_WAITING_FOR_WAKE_UP);
  g_assert_true (sio_client_is_connected (c->client));
  /* The user is there already, it seems. */
  sio_manager_reconnect_now (sio_client_get_manager (a->client));
  test_wait (sio_client_is_connected (a->client));
  /* Turned off. */
  g_object_set (sio_client_get_manager (b->client), "watch-sleep", FALSE, NULL);
  test_wait (sio_client_is_connected (b->client));
  logind_tell (logind, FALSE);
  test_wait (logind->n_inhibitors == 1);
  g_assert_cmpuint (logind->n_taken, ==, 2);
}

/* Somebody restarts logind, maybe just now. */
static void
test_restart (void)
{
  g_autoptr (Logind) logind = logind_new ();
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", "websocket");

  test_client_open (client);
  test_wait (logind->n_inhibitors == 1);
  logind_tell (logind, TRUE);
  test_wait (waiting_for (client) == SIO_WAITING_FOR_WAKE_UP);
  logind_stop (logind);
  test_wait (sio_client_is_connected (client->client));
  logind_start (logind);
  test_wait (logind->n_inhibitors == 1);
}

/* The first signal got lost; the connection did not. */
static void
test_only_awake (void)
{
  g_autoptr (Logind) logind = logind_new ();
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", "websocket");

  test_client_open (client);
  test_wait (logind->n_inhibitors == 1);
  logind_tell (logind, FALSE);
  test_wait (logind->n_taken == 2);
  test_sleep (50);
  g_assert_cmpuint (client->log->len, ==, 1);
  g_assert_true (sio_client_is_connected (client->client));
}

/* An attempt that was on its way is made after the sleep. */
static void
test_connecting (void)
{
  g_autoptr (Logind) logind = logind_new ();
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) first = test_client_new_for (server, "/", "websocket");
  g_autoptr (GSocketListener) silent = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (silent, NULL, NULL);
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/", port);
  g_autoptr (TestClient) client = test_client_new (sio_client_new (uri));

  test_client_open (first);
  test_wait (logind->n_inhibitors == 1);
  sio_client_open (client->client);
  logind_tell (logind, TRUE);
  test_wait (waiting_for (client) == SIO_WAITING_FOR_WAKE_UP);
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_CONNECTING);
  g_assert_cmpuint (client->log->len, ==, 0);
  logind_tell (logind, FALSE);
  test_wait (test_client_saw (client, "attempt:1"));
}

static void
test_no_bus (void)
{
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = NULL;

  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
  client = test_client_new_for (server, "/", "websocket");
  test_client_open (client);
  test_sleep (100);
  g_assert_true (sio_client_is_connected (client->client));
  g_unsetenv ("DBUS_SYSTEM_BUS_ADDRESS");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/client/sleep/websocket", "websocket", test_sleep_and_wake);
  g_test_add_data_func ("/client/sleep/polling", "polling", test_sleep_and_wake);
  g_test_add_func ("/client/sleep/shared", test_shared);
  g_test_add_func ("/client/sleep/restart", test_restart);
  g_test_add_func ("/client/sleep/only-awake", test_only_awake);
  g_test_add_func ("/client/sleep/connecting", test_connecting);
  g_test_add_func ("/client/sleep/no-bus", test_no_bus);
  return g_test_run ();
}
