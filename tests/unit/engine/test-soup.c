/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine-fixture.h"

/* Connections that go to libsoup are counted until they end, however they end. */

static void
test_keep_alive (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);

  client_printf (client, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  client_expect (client, 404, NULL);
}

static void
test_close (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);

  client_printf (client, "GET /other HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  client_expect (client, 404, NULL);
  engine_wait_for (client_is_over (client));
}

static void
test_partial (gconstpointer user_data)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client *client = client_new (fixture);
  const char *text = user_data;

  client_send (client, text, -1);
  engine_wait_for (*fixture->engine->n_peers == 1 &&
                   g_queue_is_empty (&fixture->engine->connections));
  client_reset (client);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/engine/soup/keep-alive", test_keep_alive);
  g_test_add_func ("/engine/soup/close", test_close);
  g_test_add_data_func ("/engine/soup/partial-body",
                        "POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123",
                        test_partial);
  g_test_add_data_func ("/engine/soup/partial-chunk",
                        "POST " HANDSHAKE
                        " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
                        test_partial);
  return g_test_run ();
}
