/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"
#include "sio-http-connection-private.h"
#include "sio-transport-private.h"

/* Clients that take their time. */

#define TIMEOUT_MS 150

static Fixture *
slow_fixture (void)
{
  Fixture *fixture = fixture_new ("");

  sio_engine_set_request_timeout (fixture->engine, TIMEOUT_MS);
  fixture_listen (fixture, "tcp:127.0.0.1:0");
  return fixture;
}

static void
assert_serves_others (Fixture *fixture)
{
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  g_assert_nonnull (sid);
}

/* Sends a byte now and then, until the connection is cut; returns after how many µs. */
static gint64
trickle (Client *client, const char *text, gsize period_us)
{
  gint64 start = g_get_monotonic_time ();
  gint64 next = start;
  gsize n = 0;

  while (!client_is_over (client))
    {
      gint64 now = g_get_monotonic_time ();

      g_assert_cmpint (now - start, <, 10 * G_TIME_SPAN_SECOND);
      if (now >= next)
        {
          client_send (client, text + n % strlen (text), 1);
          n++;
          next += (gint64) period_us;
        }
      engine_iterate ();
    }
  return g_get_monotonic_time () - start;
}

static void
assert_cut_in_time (gint64 elapsed)
{
  g_assert_cmpint (elapsed, >, (TIMEOUT_MS - 50) * 1000);
  g_assert_cmpint (elapsed, <, (2 * TIMEOUT_MS + 300) * 1000);
}

static void
test_silent (void)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (Client) client = client_new (fixture);
  gint64 start = g_get_monotonic_time ();

  engine_wait_for (client_is_over (client));
  assert_cut_in_time (g_get_monotonic_time () - start);
}

/* Each byte comes in time, the whole does not. */
static void
test_head (gconstpointer user_data)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (Client) client = client_new (fixture);

  assert_cut_in_time (trickle (client, user_data, 20000));
  assert_serves_others (fixture);
}

/* The second head of a connection, after a good first one. */
static void
test_second_head (void)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  assert_cut_in_time (trickle (client, "GET " HANDSHAKE " HTTP/1.1\r\nX: aaaaaaaaaaaaaa", 20000));
}

/* What belongs to libsoup: the deadline goes on there. */
static void
test_handed_over (void)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (Client) client = client_new (fixture);

  client_send (client, "GET " HANDSHAKE " HTTP/1.0\r\nHost: a\r\n", -1);
  assert_cut_in_time (trickle (client, "X-Y: aaaaaaaaaaa\r\n", 20000));
}

static void
test_many (void)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);

  for (guint i = 0; i < 200; i++)
    {
      Client *client = client_new (fixture);

      if (i % 2)
        client_send (client, "POST " HANDSHAKE " HTTP/1.1\r\n", -1);
      g_ptr_array_add (clients, client);
    }
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 200);
  assert_serves_others (fixture);
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) <= 1);
  for (guint i = 0; i < clients->len; i++)
    g_assert_true (client_is_over (g_ptr_array_index (clients, i)));
}

/* A slow body is waited for longer than a head, and nobody else minds. */
static void
test_body (gconstpointer user_data)
{
  gboolean chunked = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (Client) poller = client_new (fixture);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (poller);
  gint64 start = g_get_monotonic_time ();

  client_printf (client, "POST " HANDSHAKE "&sid=%s HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n", sid,
                 chunked ? "Transfer-Encoding: chunked" : "Content-Length: 31");
  if (chunked)
    client_send (client, "1f\r\n", -1);
  for (guint i = 0; i < 31; i++)
    {
      gint64 next = g_get_monotonic_time () + 25000;
      g_autofree char *expected = g_strdup_printf ("4n%u", i);

      client_send (client, i == 0 ? "4" : "x", 1);
      sio_session_send_text (fixture->session, expected + 1, -1);
      client_expect_poll (poller, sid, expected);
      engine_wait_for (g_get_monotonic_time () >= next);
    }
  g_assert_cmpint (g_get_monotonic_time () - start, >, 2 * TIMEOUT_MS * 1000);
  if (chunked)
    client_send (client, "\r\n0\r\n\r\n", -1);
  client_expect (client, 200, "ok");
  g_assert_cmpstr (fixture->log->str, ==, "open message:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ");
}

/* Neither is a held GET cut. */
static void
test_held (void)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);
  gint64 end = g_get_monotonic_time () + 2 * TIMEOUT_MS * 1000;

  client_hold (client, fixture, sid);
  engine_wait_for (g_get_monotonic_time () >= end);
  sio_session_send_text (fixture->session, "x", -1);
  client_expect (client, 200, "4x");
}

/* Between two requests; the constant of a minute is made short. */
static void
test_idle (void)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  SioDeadlineList *idle = fixture->engine->idle_deadlines;
  gint64 start;

  g_assert_cmpuint (sio_deadline_list_get_duration (idle), ==, 60000);
  sio_deadline_list_unref (idle);
  fixture->engine->idle_deadlines =
      sio_deadline_list_get (sio_engine_get_reactor (fixture->engine), 200);
  sid = client_open_polling (client);
  start = g_get_monotonic_time ();
  /* Each answer gives it new time. */
  for (guint i = 0; i < 4; i++)
    {
      gint64 next = g_get_monotonic_time () + 100000;

      engine_wait_for (g_get_monotonic_time () >= next);
      client_post (client, sid, "4x");
      client_expect (client, 200, "ok");
    }
  g_assert_cmpint (g_get_monotonic_time () - start, >, 390000);
  start = g_get_monotonic_time ();
  engine_wait_for (client_is_over (client));
  g_assert_cmpint (g_get_monotonic_time () - start, >, 150000);
  g_assert_cmpuint (fixture->n_closed, ==, 0);
}

/* An answer that is not read: the connection ends, and what waits for it with it. */
static void
test_unread_answer (void)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);
  g_autofree char *text = g_strnfill (12 * 1024 * 1024, 'x');

  sio_deadline_list_unref (fixture->engine->idle_deadlines);
  fixture->engine->idle_deadlines =
      sio_deadline_list_get (sio_engine_get_reactor (fixture->engine), 200);
  sio_session_send_text (fixture->session, text, -1);
  client_get (client, sid);
  engine_wait_for (sio_peers_get_n_connections (fixture->engine->peers) == 0);
  g_assert_cmpuint (sio_session_get_buffered_bytes (fixture->session), ==, 0);
}

static void
large_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer user_data)
{
  g_autoptr (GBytes) page = g_bytes_new_take (g_malloc0 (32 << 20), 32 << 20);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_set_content_length (headers, (goffset) g_bytes_get_size (page));
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), page);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
}

/* Who asks for a page of an application and does not read it is cut off after a time without any
 * progress; who reads gets all of it. */
static void
test_answer_not_read (void)
{
  g_autoptr (Fixture) fixture = slow_fixture ();
  SioEngine *engine = fixture->engine;

  sio_engine_set_body_timeout (engine, TIMEOUT_MS);
  g_assert_cmpuint (sio_engine_get_body_timeout (engine), ==, TIMEOUT_MS);
  soup_server_add_handler (sio_engine_get_soup_server (engine), "/large", large_cb, NULL, NULL);
  {
    g_autoptr (Client) client = client_new (fixture);
    gint64 start = g_get_monotonic_time ();

    client_printf (client, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    engine_wait_for (sio_peers_get_n_connections (engine->peers) == 1);
    engine_wait_for (sio_peers_get_n_connections (engine->peers) == 0);
    g_assert_cmpint (g_get_monotonic_time () - start, >, (TIMEOUT_MS - 50) * 1000);
  }
  {
    g_autoptr (Client) client = client_new (fixture);

    client_printf (client, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    while (!client_is_over (client))
      engine_iterate ();
    g_assert_cmpuint (client->in->len, >, 32 << 20);
  }
  assert_serves_others (fixture);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("Clients that take their time.");

  g_test_add_func ("/engine/slow/silent", test_silent);
  g_test_add_data_func ("/engine/slow/head/line",
                        "GET " HANDSHAKE "&xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                        test_head);
  g_test_add_data_func ("/engine/slow/head/fields",
                        "GET " HANDSHAKE " HTTP/1.1\r\nA: b\r\nC: d\r\n", test_head);
  g_test_add_data_func ("/engine/slow/head/other-path", "GET / HTTP/1.1\r\nA: b\r\nC: d\r\n",
                        test_head);
  g_test_add_data_func ("/engine/slow/head/empty-lines", "\r\n", test_head);
  g_test_add_func ("/engine/slow/second-head", test_second_head);
  g_test_add_func ("/engine/slow/handed-over", test_handed_over);
  g_test_add_func ("/engine/slow/many", test_many);
  g_test_add_data_func ("/engine/slow/body/length", GINT_TO_POINTER (FALSE), test_body);
  g_test_add_data_func ("/engine/slow/body/chunked", GINT_TO_POINTER (TRUE), test_body);
  g_test_add_func ("/engine/slow/held", test_held);
  g_test_add_func ("/engine/slow/idle", test_idle);
  g_test_add_func ("/engine/slow/unread-answer", test_unread_answer);
  g_test_add_func ("/engine/slow/answer-not-read", test_answer_not_read);
  return g_test_run ();
}
