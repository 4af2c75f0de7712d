/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-fixture.h"
#include "sio-manager-private.h"

/* A network that comes and goes, as the desktop tells it. */

#define FAKE_TYPE_MONITOR (fake_monitor_get_type ())
G_DECLARE_FINAL_TYPE (FakeMonitor, fake_monitor, FAKE, MONITOR, GObject)

struct _FakeMonitor
{
  GObject parent_instance;

  gboolean available;
  gboolean metered;
  gboolean reachable; /* without a default route */
  guint n_checks;
};

enum
{
  PROP_0,
  PROP_AVAILABLE,
  PROP_METERED,
  PROP_CONNECTIVITY
};

static void
can_reach_async (GNetworkMonitor *monitor,
                 GSocketConnectable *connectable,
                 GCancellable *cancellable,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  FakeMonitor *self = FAKE_MONITOR (monitor);
  g_autoptr (GTask) task = g_task_new (monitor, cancellable, callback, user_data);

  g_assert_cmpstr (g_network_address_get_hostname (G_NETWORK_ADDRESS (connectable)), ==, "0.0.0.0");
  self->n_checks++;
  if (self->reachable)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE, "unreachable");
}

static gboolean
can_reach_finish (GNetworkMonitor *monitor, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
monitor_iface_init (GNetworkMonitorInterface *iface)
{
  iface->can_reach_async = can_reach_async;
  iface->can_reach_finish = can_reach_finish;
}

static gboolean
init (GInitable *initable, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static void
initable_iface_init (GInitableIface *iface)
{
  iface->init = init;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (FakeMonitor,
                               fake_monitor,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, initable_iface_init)
                                   G_IMPLEMENT_INTERFACE (G_TYPE_NETWORK_MONITOR,
                                                          monitor_iface_init))

static void
fake_monitor_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  FakeMonitor *self = FAKE_MONITOR (object);

  if (prop_id == PROP_AVAILABLE)
    g_value_set_boolean (value, self->available);
  else if (prop_id == PROP_METERED)
    g_value_set_boolean (value, self->metered);
  else
    g_value_set_enum (value, G_NETWORK_CONNECTIVITY_FULL);
}

static void
fake_monitor_class_init (FakeMonitorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = fake_monitor_get_property;
  g_object_class_override_property (object_class, PROP_AVAILABLE, "network-available");
  g_object_class_override_property (object_class, PROP_METERED, "network-metered");
  g_object_class_override_property (object_class, PROP_CONNECTIVITY, "connectivity");
}

static void
fake_monitor_init (FakeMonitor *self)
{
  self->available = TRUE;
}

static void
set_network (FakeMonitor *self, gboolean available, gboolean metered)
{
  self->available = available;
  self->metered = metered;
  g_object_notify (G_OBJECT (self), "network-available");
  g_object_notify (G_OBJECT (self), "network-metered");
  g_signal_emit_by_name (self, "network-changed", available);
}

/* 0.0.0.0 is this host, but not the loopback interface. */
static TestClient *
client_new (guint port, const char *host, FakeMonitor *monitor)
{
  g_autofree char *uri = g_strdup_printf ("http://%s:%u/", host, port);
  TestClient *client = test_client_new (sio_client_new (uri));

  g_object_set (sio_client_get_manager (client->client), "reconnection-delay", 50,
                "reconnection-delay-max", 100, "watch-sleep", FALSE, NULL);
  sio_manager_set_network_monitor (sio_client_get_manager (client->client),
                                   G_NETWORK_MONITOR (monitor));
  return client;
}

static SioWaitingFor
waiting_for (TestClient *client)
{
  SioWaitingFor value;

  g_object_get (client->client, "waiting-for", &value, NULL);
  g_assert_cmpint (value, ==,
                   sio_manager_get_waiting_for (sio_client_get_manager (client->client)));
  return value;
}

static guint
n_attempts (TestClient *client)
{
  guint n = 0;

  for (guint i = 0; i < client->log->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (client->log, i), "attempt:");
  return n;
}

static void
count_cb (guint *count)
{
  ++*count;
}

/* The network goes: so does the connection, and nothing is tried before it is back. */
static void
test_lost (void)
{
  g_autoptr (FakeMonitor) monitor = g_object_new (FAKE_TYPE_MONITOR, NULL);
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = client_new (server->port, "0.0.0.0", monitor);
  guint n_notified = 0;
  gint64 next;

  g_signal_connect_swapped (client->client, "notify::waiting-for", G_CALLBACK (count_cb),
                            &n_notified);
  test_client_open (client);
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_NOTHING);
  set_network (monitor, FALSE, FALSE);
  test_wait (client->log->len == 2);
  g_assert_true (test_client_saw (client, "disconnected:transport close"));
  g_assert_cmpstr (client->details, ==, "network connection lost");
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_NETWORK);
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_RECONNECTING);
  g_assert_cmpuint (n_notified, ==, 1);
  g_object_get (client->client, "next-attempt-time", &next, NULL);
  g_assert_cmpint (next, ==, 0);

  /* Much longer than all delays. */
  test_sleep (400);
  set_network (monitor, FALSE, FALSE);
  test_sleep (100);
  g_assert_cmpuint (n_attempts (client), ==, 0);
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_NETWORK);

  /* At once: the delay would be an hour. */
  g_object_set (sio_client_get_manager (client->client), "reconnection-delay-max", 3600000, NULL);
  set_network (monitor, TRUE, FALSE);
  test_wait (sio_client_is_connected (client->client));
  g_assert_cmpuint (n_attempts (client), ==, 1);
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_NOTHING);
}

/* The server is away, the delay long; with a new network the next attempt is made at once. */
static void
test_returned (void)
{
  g_autoptr (FakeMonitor) monitor = g_object_new (FAKE_TYPE_MONITOR, NULL);
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  guint port = server->port;
  g_autoptr (TestClient) client = client_new (port, "0.0.0.0", monitor);

  test_client_open (client);
  g_object_set (sio_client_get_manager (client->client), "reconnection-delay", 500,
                "reconnection-delay-max", 3600000, "randomization-factor", 0.0, NULL);
  g_clear_pointer (&server, test_server_free);
  test_wait (test_client_saw (client, "attempt:1"));
  test_wait (client->error != NULL);
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_DELAY);
  set_network (monitor, FALSE, FALSE);
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_NETWORK);
  server = test_server_new (NULL, port);
  set_network (monitor, TRUE, FALSE);
  test_wait (sio_client_is_connected (client->client));
  /* The back-off began anew. */
  g_assert_false (test_client_saw (client, "attempt:2"));
}

/* A local network without a way out is enough. */
static void
test_reachable (void)
{
  g_autoptr (FakeMonitor) monitor = g_object_new (FAKE_TYPE_MONITOR, NULL);
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = client_new (server->port, "0.0.0.0", monitor);

  monitor->reachable = TRUE;
  test_client_open (client);
  set_network (monitor, FALSE, FALSE);
  test_wait (monitor->n_checks > 0);
  test_sleep (100);
  g_assert_true (sio_client_is_connected (client->client));
  sio_client_emit (client->client, "close-conn", NULL);
  test_wait (!sio_client_is_connected (client->client));
  test_wait (sio_client_is_connected (client->client));
  g_assert_cmpuint (client->log->len, ==, 4);
}

/* Nothing of this holds for this host itself, nor if it is not wanted. */
static void
test_exempt (gconstpointer data)
{
  const char *host = data;
  g_autoptr (FakeMonitor) monitor = g_object_new (FAKE_TYPE_MONITOR, NULL);
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = client_new (server->port, host, monitor);

  if (g_str_equal (host, "0.0.0.0"))
    g_object_set (sio_client_get_manager (client->client), "watch-network", FALSE, NULL);
  set_network (monitor, FALSE, TRUE);
  g_object_set (sio_client_get_manager (client->client), "metered-policy", SIO_METERED_WAIT, NULL);
  test_client_open (client);
  set_network (monitor, FALSE, TRUE);
  sio_client_emit (client->client, "close-conn", NULL);
  test_wait (!sio_client_is_connected (client->client));
  test_wait (sio_client_is_connected (client->client));
  g_assert_cmpuint (monitor->n_checks, ==, 0);
}

static void
test_metered (void)
{
  g_autoptr (FakeMonitor) monitor = g_object_new (FAKE_TYPE_MONITOR, NULL);
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = client_new (server->port, "0.0.0.0", monitor);
  SioManager *manager = sio_client_get_manager (client->client);
  gint64 before, next;

  g_object_set (manager, "reconnection-delay", 100, "reconnection-delay-max", 100,
                "randomization-factor", 0.0, "metered-policy", SIO_METERED_WAIT, NULL);
  monitor->metered = TRUE;
  /* The application asked for the first connection. */
  test_client_open (client);
  sio_client_emit (client->client, "close-conn", NULL);
  test_wait (!sio_client_is_connected (client->client));
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_UNMETERED);
  test_sleep (400);
  g_assert_cmpuint (n_attempts (client), ==, 0);

  /* And for this one. */
  sio_manager_reconnect_now (manager);
  test_wait (sio_client_is_connected (client->client));

  sio_client_emit (client->client, "close-conn", NULL);
  test_wait (!sio_client_is_connected (client->client));
  set_network (monitor, TRUE, FALSE);
  test_wait (sio_client_is_connected (client->client));

  set_network (monitor, TRUE, TRUE);
  g_object_set (manager, "metered-policy", SIO_METERED_SLOW, NULL);
  before = g_get_real_time ();
  sio_client_emit (client->client, "close-conn", NULL);
  test_wait (!sio_client_is_connected (client->client));
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_DELAY);
  g_object_get (manager, "next-attempt-time", &next, NULL);
  g_assert_cmpint (next - before, >=, 1200000);
  g_assert_cmpint (next - g_get_real_time (), <=, 1200000);
  g_object_set (manager, "metered-policy", SIO_METERED_IGNORE, NULL);
}

/* Closing forgets what was waited for. */
static void
test_closed (void)
{
  g_autoptr (FakeMonitor) monitor = g_object_new (FAKE_TYPE_MONITOR, NULL);
  g_autoptr (TestServer) server = test_server_new (NULL, 0);
  g_autoptr (TestClient) client = client_new (server->port, "0.0.0.0", monitor);

  test_client_open (client);
  set_network (monitor, FALSE, FALSE);
  test_wait (waiting_for (client) == SIO_WAITING_FOR_NETWORK);
  sio_client_close (client->client);
  g_assert_cmpint (waiting_for (client), ==, SIO_WAITING_FOR_NOTHING);
  g_assert_cmpint (sio_client_get_state (client->client), ==, SIO_CLIENT_DISCONNECTED);
  /* Its own, and that of the manager. */
  test_wait (G_OBJECT (monitor)->ref_count == 2);
  set_network (monitor, TRUE, FALSE);
  test_sleep (100);
  g_assert_cmpuint (n_attempts (client), ==, 0);

  /* No network, and yet: asked for by the application. */
  set_network (monitor, FALSE, FALSE);
  test_client_open (client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/network/lost", test_lost);
  g_test_add_func ("/client/network/returned", test_returned);
  g_test_add_func ("/client/network/reachable", test_reachable);
  g_test_add_data_func ("/client/network/exempt/address", "127.0.0.1", test_exempt);
  g_test_add_data_func ("/client/network/exempt/name", "localhost", test_exempt);
  g_test_add_data_func ("/client/network/exempt/property", "0.0.0.0", test_exempt);
  g_test_add_func ("/client/network/metered", test_metered);
  g_test_add_func ("/client/network/closed", test_closed);
  return g_test_run ();
}
