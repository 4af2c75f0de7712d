/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>

#include "client-fixture.h"

/* Connections that break at any byte of handshake, upgrade and traffic. SIO_FAULT_RUNS says how
 * many seeds to run, SIO_FAULT_SEED where to begin. */

#define N_ITEMS 30

static void
item_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  guint *n_done = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SioArgs) args = sio_client_emit_with_ack_finish (SIO_CLIENT (source), result, &error);

  /* No loss, and the answers come in order. */
  g_assert_no_error (error);
  g_assert_cmpint (sio_args_get_int64 (args, 0), ==, *n_done);
  ++*n_done;
}

static void
run_seed (guint seed)
{
  static const char *const transports[] = { "polling websocket", "websocket", "polling" };
  g_autoptr (TestServer) server = test_server_new_faulty (seed);
  g_autoptr (TestClient) client = test_client_new_for (server, "/", transports[seed % 3]);
  g_autoptr (SioClient) plain = NULL;
  g_autoptr (SioArgs) answer = NULL;
  g_autoptr (GError) error = NULL;
  JsonArray *items;
  guint n_done = 0;
  gint64 expected = 0;

  g_test_message ("seed %u", seed);
  g_object_set (sio_client_get_manager (client->client), "reconnection-delay", 10,
                "reconnection-delay-max", 40, "timeout", 1000, NULL);
  g_object_set (client->client, "retries", 10000, "ack-timeout", 300, NULL);
  sio_client_open (client->client);
  for (guint i = 0; i < N_ITEMS; i++)
    {
      sio_client_emit_with_ack_async (client->client, "item", sio_args_new ("u", i), 0, NULL,
                                      item_cb, &n_done);
      if (i % 3 == 0)
        test_iterate ();
    }
  test_wait (n_done == N_ITEMS);

  g_object_set (client->client, "retries", 0, NULL);
  test_wait (sio_client_is_connected (client->client));
  for (guint i = 0; i < N_ITEMS; i++)
    {
      sio_client_emit (client->client, "once", sio_args_new ("u", i));
      test_iterate ();
    }
  while (answer == NULL)
    {
      g_clear_error (&error);
      answer = test_client_ask (client, "items", NULL, 1000, &error);
    }
  /* Repeated maybe, but never out of order and none left out. */
  items = json_node_get_array (sio_args_get_node (answer, 0));
  for (guint i = 0; i < json_array_get_length (items); i++)
    {
      gint64 item = json_array_get_int_element (items, i);

      g_assert_cmpint (item, <=, expected);
      if (item == expected)
        expected++;
    }
  g_assert_cmpint (expected, ==, N_ITEMS);
  /* Lost maybe, but never twice. */
  items = json_node_get_array (sio_args_get_node (answer, 1));
  for (guint i = 1; i < json_array_get_length (items); i++)
    g_assert_cmpint (json_array_get_int_element (items, i), >,
                     json_array_get_int_element (items, i - 1));
}

static guint
number_from_environment (const char *name, guint otherwise)
{
  const char *text = g_getenv (name);

  return text != NULL ? (guint) strtoul (text, NULL, 10) : otherwise;
}

static void
test_seeds (void)
{
  guint first = number_from_environment ("SIO_FAULT_SEED", 0);
  guint n = number_from_environment ("SIO_FAULT_RUNS", 12);

  for (guint i = 0; i < n; i++)
    run_seed (first + i);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/faults", test_seeds);
  return g_test_run ();
}
