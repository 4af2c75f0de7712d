/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-transport-private.h"

/* What may be sent, and how much of it may wait. */

static void
test_budget_polling (gconstpointer user_data)
{
  gsize size = GPOINTER_TO_SIZE (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  g_autofree char *text = g_strnfill (size, 'x');
  guint n = 0;

  sio_engine_set_max_buffered_bytes (fixture->engine, 100000);
  sid = client_open_polling (client);
  while (sio_session_send_text (fixture->session, text, -1))
    n++;
  g_assert_cmpstr (fixture->log->str, ==,
                   "open closed:transport error/the client reads too slowly ");
  /* Small messages cost more than their bytes. */
  g_assert_cmpuint (n, <=, 100000 / (size + 100));
  g_assert_cmpuint (n, >=, 100000 / (size + 200));
}

/* A single message may be larger; the next one is too much. */
static void
test_budget_single (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  g_autofree char *text = g_strnfill (50000, 'x');

  sio_engine_set_max_buffered_bytes (fixture->engine, 10000);
  sid = client_open_polling (client);
  g_assert_true (sio_session_send_text (fixture->session, text, -1));
  g_assert_cmpuint (sio_session_get_buffered_bytes (fixture->session), ==, 50001);
  g_assert_false (sio_session_send_text (fixture->session, "x", -1));
  g_assert_cmpuint (fixture->n_closed, ==, 1);
}

static void
pressure_cb (SioSession *session, gboolean high, Fixture *fixture)
{
  g_string_append (fixture->log, high ? "high " : "low ");
}

/* High once when the client does not read, low once when it has. */
static void
test_budget_pressure (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  g_autofree char *text = g_strnfill (50000, 'x');

  sio_engine_set_max_buffered_bytes (fixture->engine, 16000000);
  sid = client_open_websocket (client);
  g_signal_connect (fixture->session, "pressure", G_CALLBACK (pressure_cb), fixture);
  while (sio_session_get_buffered_bytes (fixture->session) <= 2000000)
    {
      g_assert_true (sio_session_send_text (fixture->session, text, -1));
      engine_iterate ();
    }
  g_assert_cmpstr (fixture->log->str, ==, "open high ");
  engine_wait_for ((client_fill (client), sio_session_get_buffered_bytes (fixture->session) == 0));
  g_assert_cmpstr (fixture->log->str, ==, "open high low ");
}

static void
test_budget_websocket (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  g_autofree char *text = g_strnfill (50000, 'x');
  gsize sent = 0;

  sio_engine_set_max_buffered_bytes (fixture->engine, 1000000);
  sid = client_open_websocket (client);
  while (sio_session_send_text (fixture->session, text, -1))
    {
      sent += 50000;
      engine_iterate ();
    }
  g_assert_cmpuint (sent, >, 900000);
  g_assert_cmpuint (sent, <, 100 * 1000 * 1000);
  g_assert_cmpstr (fixture->log->str, ==,
                   "open closed:transport error/the client reads too slowly ");
}

static void
test_volatile (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);
  SioPart part = { "v", 1 };
  g_autoptr (SioOutgoing) outgoing = sio_outgoing_new (&part, 1, NULL);

  g_assert_false (sio_session_send (fixture->session, outgoing, SIO_SEND_VOLATILE));
  client_hold (client, fixture, sid);
  g_assert_true (sio_session_send (fixture->session, outgoing, SIO_SEND_VOLATILE));
  client_expect (client, 200, "4v");
  g_assert_false (sio_polling_is_writable (sio_session_get_polling (fixture->session)));
}

/* What cannot be sent is refused. */
static void
test_refused_text (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autoptr (Client) other = client_new (fixture);
  g_autoptr (Frame) frame = NULL;
  g_autofree char *sid = client_open_polling (client);
  g_autofree char *other_sid = NULL;

  g_assert_false (sio_session_send_text (fixture->session,
                                         "a\x1e"
                                         "b",
                                         -1));
  g_assert_false (sio_session_send_text (fixture->session, "\xff", -1));
  g_assert_true (sio_session_send_text (fixture->session, "a\0b", 3));
  g_assert_true (sio_session_send_text (fixture->session, "", -1));
  other_sid = client_open_websocket (other);
  g_assert_true (sio_session_send_text (fixture->session, "a\x1e\0b", 4));
  frame = client_await_frame (other);
  g_assert_cmpmem (frame->data, frame->length, "4a\x1e\0b", 5);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("What may be sent, and how much of it may wait.");

  g_test_add_data_func ("/engine/budget/small", GSIZE_TO_POINTER (1), test_budget_polling);
  g_test_add_data_func ("/engine/budget/large", GSIZE_TO_POINTER (9000), test_budget_polling);
  g_test_add_func ("/engine/budget/single", test_budget_single);
  g_test_add_func ("/engine/budget/pressure", test_budget_pressure);
  g_test_add_func ("/engine/budget/websocket", test_budget_websocket);
  g_test_add_func ("/engine/budget/volatile", test_volatile);
  g_test_add_func ("/engine/budget/refused-text", test_refused_text);
  return g_test_run ();
}
