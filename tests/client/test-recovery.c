/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client-fixture.h"

#include <glib/gstdio.h>

/* Our client and our server: sessions that are given back. */

static void
ask (TestClient *client, const char *event, SioArgs *args)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) answer = test_client_ask (client, event, args, 60000, &error);

  g_assert_no_error (error);
  g_assert_nonnull (answer);
}

/* The events `NAME` start with `NAME [N,` for N from 0. */
static void
check_numbers (TestClient *client, guint n)
{
  guint found = 0;

  for (guint i = 0; i < client->events->len; i++)
    {
      const char *event = g_ptr_array_index (client->events, i);
      g_autofree char *expected = g_strdup_printf ("n [%u,", found);

      if (!g_str_has_prefix (event, "n ["))
        continue;
      g_assert_true (g_str_has_prefix (event, expected));
      found++;
    }
  g_assert_cmpuint (found, ==, n);
}

static guint
count_numbers (TestClient *client)
{
  guint found = 0;

  for (guint i = 0; i < client->events->len; i++)
    found += g_str_has_prefix (g_ptr_array_index (client->events, i), "n [");
  return found;
}

static void
test_cut (gconstpointer data)
{
  g_autoptr (TestServer) server = test_server_new_fixture ("recovery", 0);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", data);
  g_autoptr (TestClient) other = test_client_new_for (server, "/", "websocket");
  g_autofree char *id = NULL;

  test_client_open (client);
  test_client_open (other);
  id = g_strdup (sio_client_get_id (client->client));
  g_assert_false (sio_client_is_recovered (client->client));
  ask (client, "set data", sio_args_new_from_string ("kept"));
  for (guint i = 1; i <= 5; i++)
    {
      /* Ended by the server, with events on their way. */
      sio_client_emit (other->client, "cut", sio_args_new_from_string (id));
      ask (other, "burst", sio_args_new ("i", 20));
      test_wait (count_numbers (client) == 20 * i && sio_client_is_connected (client->client));
      g_assert_true (sio_client_is_recovered (client->client));
      g_assert_cmpstr (sio_client_get_id (client->client), ==, id);
    }
  ask (client, "whoami", NULL);
  check_numbers (client, 100);
}

static void
test_restart (gconstpointer data)
{
  g_autofree char *dir = g_dir_make_tmp ("sio-client-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "sessions", NULL);
  g_autoptr (TestServer) server = NULL;
  g_autoptr (TestServer) next = NULL;
  g_autoptr (TestClient) client = NULL;
  g_autofree char *id = NULL;

  g_setenv ("SIO_RECOVERY_FILE", path, TRUE);
  server = test_server_new_fixture ("recovery", 0);
  client = test_client_new_for (server, "/", data);
  test_client_open (client);
  id = g_strdup (sio_client_get_id (client->client));
  ask (client, "burst", sio_args_new ("i", 5));
  test_server_stop (server);
  test_wait (!sio_client_is_connected (client->client));
  next = test_server_new_fixture ("recovery", server->port);
  test_wait (sio_client_is_connected (client->client));
  g_assert_true (sio_client_is_recovered (client->client));
  g_assert_cmpstr (sio_client_get_id (client->client), ==, id);
  ask (client, "whoami", NULL);
  check_numbers (client, 5);

  /* Without the file it starts anew. */
  g_unsetenv ("SIO_RECOVERY_FILE");
  g_subprocess_force_exit (next->process);
  g_subprocess_wait (next->process, NULL, NULL);
  test_wait (!sio_client_is_connected (client->client));
  {
    g_autoptr (TestServer) last = test_server_new_fixture ("recovery", server->port);

    test_wait (sio_client_is_connected (client->client));
    g_assert_false (sio_client_is_recovered (client->client));
    g_assert_cmpstr (sio_client_get_id (client->client), !=, id);
  }
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/client/recovery/cut/websocket", "websocket", test_cut);
  g_test_add_data_func ("/client/recovery/cut/polling", "polling", test_cut);
  g_test_add_data_func ("/client/recovery/restart/websocket", "websocket", test_restart);
  g_test_add_data_func ("/client/recovery/restart/polling", "polling", test_restart);
  return g_test_run ();
}
