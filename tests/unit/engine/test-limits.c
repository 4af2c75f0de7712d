/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "engine-fixture.h"

/* How many connections and sessions are served, in all and for each address. */

static void
test_peers (void)
{
  g_autoptr (SioPeers) peers = sio_peers_new ();
  /* Each line is one peer. */
  static const char *const addresses[][2] = {
    { "10.0.0.1", "::ffff:10.0.0.1" },
    { "10.0.0.2", "10.0.0.2" },
    { "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff" },
    { "2001:db8:1:3::1", "2001:db8:1:3::1" },
    { "::1", "::1" },
  };
  SioPeer *entered[G_N_ELEMENTS (addresses)][2];

  g_assert_null (sio_peers_enter (peers, "10.0.0.1"));
  sio_peers_set_max_per_address (peers, 2);
  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_assert_false (sio_peers_is_full (peers, addresses[i][0], 0));
      entered[i][0] = sio_peers_enter (peers, addresses[i][0]);
      g_assert_false (sio_peers_is_full (peers, addresses[i][0], 0));
      entered[i][1] = sio_peers_enter_session (peers, addresses[i][1]);
      g_assert_true (sio_peers_is_full (peers, addresses[i][0], 0));
      g_assert_true (sio_peers_is_full (peers, addresses[i][1], 0));
      g_assert_false (sio_peers_is_full (peers, addresses[i][1], 1));
      g_assert_cmpuint (sio_peers_get_n_addresses (peers), ==, i + 1);
    }
  g_assert_cmpuint (sio_peers_get_n_connections (peers), ==, 1 + G_N_ELEMENTS (addresses));

  /* Unix sockets, and what is no address */
  for (guint i = 0; i < 5; i++)
    g_assert_null (sio_peers_enter_session (peers, ""));
  g_assert_false (sio_peers_is_full (peers, "", 0));
  g_assert_false (sio_peers_is_full (peers, "unknown", 0));

  /* Nothing is kept of who has gone, whatever the limit is by then. */
  sio_peers_set_max_per_address (peers, 0);
  g_assert_false (sio_peers_is_full (peers, "10.0.0.1", 0));
  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      sio_peers_leave (peers, entered[i][0]);
      sio_peers_leave_session (peers, entered[i][1]);
    }
  sio_peers_leave (peers, NULL);
  g_assert_cmpuint (sio_peers_get_n_addresses (peers), ==, 0);
  g_assert_cmpuint (sio_peers_get_n_connections (peers), ==, 0);
}

static guint64
refused_full (Fixture *fixture)
{
  return fixture->engine->counters.refused[SIO_REFUSED_FULL];
}

static guint64
refused_address (Fixture *fixture)
{
  return fixture->engine->counters.refused[SIO_REFUSED_ADDRESS];
}

static void
test_max_connections (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) refused = NULL;

  sio_engine_set_max_connections (fixture->engine, 3);
  {
    g_autoptr (Client) first = client_new (fixture);
    g_autoptr (Client) second = client_new (fixture);
    g_autoptr (Client) third = client_new (fixture);
    g_autofree char *sid = client_open_websocket (first);

    engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 2);
    refused = client_new (fixture);
    engine_wait_for (client_is_over (refused));
    g_assert_cmpuint (refused_full (fixture), ==, 1);
    client_send_text (first, "4still");
    engine_wait_for (fixture->n_messages == 1);
  }
  engine_wait_for (fixture->n_closed == 1 &&
                   sio_peers_get_n_connections (fixture->engine->peers) == 0);
  {
    g_autoptr (Client) next = client_new (fixture);
    g_autofree char *sid = client_open_websocket (next);
  }
}

/* One connection that opens session after session. */
static void
test_max_sessions (gconstpointer per_address)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = NULL;

  if (GPOINTER_TO_INT (per_address))
    sio_engine_set_max_connections_per_address (fixture->engine, 3);
  else
    sio_engine_set_max_connections (fixture->engine, 3);
  client = client_new (fixture);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *sid = client_open_polling (client);
    }
  client_send (client, "GET " HANDSHAKE " HTTP/1.1\r\nHost: localhost\r\n\r\n", -1);
  client_expect (client, 403,
                 GPOINTER_TO_INT (per_address)
                     ? "{\"code\":4,\"message\":\"Too many connections from this address\"}"
                     : "{\"code\":4,\"message\":\"Too many connections\"}");
  g_assert_cmpint (fixture->error_code, ==, SIO_ENGINE_FORBIDDEN);
  g_assert_cmpuint (sio_engine_get_n_sessions (fixture->engine), ==, 3);
  g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 1);
  client_free (g_steal_pointer (&client));
  fixture_free_early (g_steal_pointer (&fixture));
}

static void
test_max_per_address (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) before = client_new (fixture);
  g_autofree char *before_sid = client_open_websocket (before);

  sio_engine_set_max_connections_per_address (fixture->engine, 2);
  {
    g_autoptr (Client) first = client_new (fixture);
    g_autoptr (Client) second = client_new (fixture);
    g_autofree char *first_sid = client_open_websocket (first);
    g_autofree char *second_sid = client_open_websocket (second);
    g_autoptr (Client) refused = client_new (fixture);
    g_autoptr (Client) other = client_new_from (fixture, "127.0.0.2");
    g_autofree char *other_sid = client_open_websocket (other);

    engine_wait_for (client_is_over (refused));
    g_assert_cmpuint (refused_address (fixture), ==, 1);
    g_assert_cmpuint (refused_full (fixture), ==, 0);
    client_send_text (first, "4still");
    engine_wait_for (fixture->n_messages == 1);
  }
  engine_wait_for (fixture->n_closed == 3);
  g_assert_cmpuint (sio_peers_get_n_addresses (fixture->engine->peers), ==, 0);
  {
    g_autoptr (Client) again = client_new (fixture);
    g_autofree char *sid = client_open_websocket (again);
  }
}

static void
test_count_only (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);

  sio_engine_set_max_connections_per_address (fixture->engine, 1);
  sio_engine_set_enforce_limits (fixture->engine, FALSE);
  {
    g_autoptr (Client) first = client_new (fixture);
    g_autofree char *first_sid = client_open_websocket (first);
    g_autoptr (Client) second = client_new (fixture);
    g_autofree char *second_sid = client_open_websocket (second);

    /* Once as a connection and once as a session. */
    g_assert_cmpuint (refused_address (fixture), ==, 2);
    g_assert_cmpuint (sio_engine_get_n_violations (fixture->engine), ==, 0);
  }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("How many connections and sessions are served.");

  g_test_add_func ("/engine/limits/peers", test_peers);
  g_test_add_func ("/engine/limits/connections", test_max_connections);
  g_test_add_data_func ("/engine/limits/sessions", GINT_TO_POINTER (FALSE), test_max_sessions);
  g_test_add_data_func ("/engine/limits/sessions-per-address", GINT_TO_POINTER (TRUE),
                        test_max_sessions);
  g_test_add_func ("/engine/limits/per-address", test_max_per_address);
  g_test_add_func ("/engine/limits/count-only", test_count_only);

  return g_test_run ();
}
