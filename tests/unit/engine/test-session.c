/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "engine-fixture.h"

/* The life of sessions, over both transports. */

/* Pings and pongs */

static void
set_times (Fixture *fixture, guint interval, guint timeout)
{
  sio_engine_set_ping_interval (fixture->engine, interval);
  sio_engine_set_ping_timeout (fixture->engine, timeout);
}

static void
test_heartbeat_websocket (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  gint64 start;

  set_times (fixture, 50, 60000);
  /* Before the server takes its own time: it must not be found early. */
  start = g_get_monotonic_time ();
  sid = client_open_websocket (client);
  for (guint i = 0; i < 4; i++)
    {
      client_expect_text (client, "2");
      client_send_text (client, "3");
      engine_wait_for (sio_session_get_round_trip_time (fixture->session) > 0);
    }
  /* The interval begins again at each pong. */
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 4 * 50 * 1000);
  g_assert_cmpuint (sio_session_get_round_trip_time (fixture->session), <, 60000000);
  g_assert_cmpstr (fixture->log->str, ==, "open ");
}

static void
test_heartbeat_polling (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;

  set_times (fixture, 50, 60000);
  sid = client_open_polling (client);
  for (guint i = 0; i < 4; i++)
    {
      client_expect_poll (client, sid, "2");
      client_post (client, sid, "3");
      client_expect (client, 200, "ok");
    }
  g_assert_cmpstr (fixture->log->str, ==, "open ");
}

static void
test_ping_timeout (gconstpointer user_data)
{
  gboolean websocket = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  gint64 start;
  gint64 elapsed;

  set_times (fixture, 100, 60);
  start = g_get_monotonic_time ();
  sid = websocket ? client_open_websocket (client) : client_open_polling (client);
  engine_wait_for (fixture->n_closed == 1);
  elapsed = g_get_monotonic_time () - start;
  g_assert_cmpint (elapsed, >=, 160 * 1000);
  g_assert_cmpstr (fixture->log->str, ==, "open closed:ping timeout/ ");
  g_assert_null (sio_engine_get_session (fixture->engine, sid));
}

static void
test_ping_timeout_held (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;

  set_times (fixture, 60, 60);
  sid = client_open_polling (client);
  client_expect_poll (client, sid, "2");
  client_hold (client, fixture, sid);
  client_expect (client, 200, "1");
  g_assert_cmpstr (fixture->log->str, ==, "open closed:ping timeout/ ");
}

/* Settings that change apply to what is armed later; what is armed stays. */
static void
test_change_times (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;

  set_times (fixture, 50, 5000);
  sid = client_open_websocket (client);
  set_times (fixture, 60, 6000);
  client_expect_text (client, "2");
  client_send_text (client, "3");
  set_times (fixture, 70, 7000);
  client_expect_text (client, "2");
  client_send_text (client, "3");
  client_expect_text (client, "2");
}

/* Closing */

static void
test_close_websocket (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_websocket (client);

  sio_session_send_text (fixture->session, "last", -1);
  sio_session_close (fixture->session);
  g_assert_cmpstr (fixture->log->str, ==, "open closed:forced close/ ");
  sio_session_close (fixture->session);
  g_assert_false (sio_session_send_text (fixture->session, "late", -1));
  client_expect_text (client, "4last");
  client_expect_close (client, 1005);
}

static void
test_close_held (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  client_hold (client, fixture, sid);
  sio_session_close (fixture->session);
  g_assert_cmpstr (fixture->log->str, ==, "open closed:forced close/ ");
  client_expect (client, 200, "1");
  client_get (client, sid);
  client_expect (client, 400, "{\"code\":1,\"message\":\"Session ID unknown\"}");
}

static void
test_close_with_data (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  sio_session_send_text (fixture->session, "one", -1);
  sio_session_send_text (fixture->session, "two", -1);
  sio_session_close (fixture->session);
  g_assert_cmpint (sio_session_get_state (fixture->session), ==, SIO_SESSION_CLOSING);
  g_assert_true (sio_session_is_closing (fixture->session));
  /* Nothing goes in or out any more, but what was sent before. */
  g_assert_false (sio_session_send_text (fixture->session, "three", -1));
  client_post (client, sid, "4ignored");
  client_expect (client, 200, "ok");
  client_expect_poll (client, sid,
                      "4one\x1e"
                      "4two");
  g_assert_cmpuint (fixture->n_closed, ==, 0);
  client_expect_poll (client, sid,
                      "6\x1e"
                      "1");
  g_assert_cmpstr (fixture->log->str, ==, "open closed:forced close/ ");
}

static void
test_close_held_with_data (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  client_hold (client, fixture, sid);
  sio_session_send_text (fixture->session, "one", -1);
  sio_session_close (fixture->session);
  client_expect (client, 200, "4one");
  client_expect_poll (client, sid,
                      "6\x1e"
                      "1");
  g_assert_cmpstr (fixture->log->str, ==, "open closed:forced close/ ");
}

/* A client that never polls again: the wait is armed (30 s), the heartbeat goes on. */
static void
test_close_and_no_poll (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;

  set_times (fixture, 60, 60);
  sid = client_open_polling (client);
  sio_session_close (fixture->session);
  engine_wait_for (fixture->n_closed == 1);
  g_assert_cmpstr (fixture->log->str, ==, "open closed:ping timeout/ ");
}

static void
close_cb (SioSession *session, gpointer user_data)
{
  sio_session_close (session);
}

static void
close_on_message_cb (SioSession *session, const char *text, gpointer user_data)
{
  sio_session_close (session);
}

static void
discard_on_message_cb (SioSession *session, const char *text, gpointer user_data)
{
  sio_session_discard (session);
}

static void
test_close_when_opened (gconstpointer user_data)
{
  gboolean websocket = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;

  fixture->on_open = close_cb;
  if (websocket)
    {
      sid = client_open_websocket (client);
      client_expect_close (client, 1005);
    }
  else
    {
      sid = client_open_polling (client);
      g_assert_cmpint (sio_session_get_state (fixture->session), ==, SIO_SESSION_CLOSING);
      client_expect_poll (client, sid,
                          "6\x1e"
                          "1");
    }
  g_assert_cmpstr (fixture->log->str, ==, "open closed:forced close/ ");
}

static void
test_close_on_message (gconstpointer user_data)
{
  gboolean websocket = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;

  fixture->on_message = websocket ? close_on_message_cb : discard_on_message_cb;
  fixture->on_closed = close_cb;
  if (websocket)
    {
      g_autoptr (GByteArray) frames = g_byte_array_new ();

      sid = client_open_websocket (client);
      client_append_frame (frames, 1, "4one", 4);
      client_append_frame (frames, 1, "4two", 4);
      client_send (client, frames->data, frames->len);
      client_expect_close (client, 1005);
      g_assert_cmpstr (fixture->log->str, ==, "open closed:forced close/ message:one ");
    }
  else
    {
      sid = client_open_polling (client);
      client_post (client, sid,
                   "4one\x1e"
                   "4two");
      client_expect (client, 200, "ok");
      g_assert_cmpstr (fixture->log->str, ==,
                       "open closed:forced close/the server is shutting down message:one ");
    }
}

/* Nothing but the engine and the callbacks' frames holds the session. */
static void
drop_cb (SioSession *session, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_object (&fixture->session);
}

static void
drop_on_message_cb (SioSession *session, const char *text, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_object (&fixture->session);
  sio_session_discard (session);
}

static void
test_unreferenced (gconstpointer user_data)
{
  gboolean websocket = GPOINTER_TO_INT (user_data);
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) client = client_new (fixture);
  g_autofree char *sid = NULL;
  SioSession *session;

  fixture->user_data = fixture;
  fixture->on_open = drop_cb;
  fixture->on_message = drop_on_message_cb;
  sid = websocket ? client_open_websocket (client) : client_open_polling (client);
  session = sio_engine_get_session (fixture->engine, sid);
  g_object_add_weak_pointer (G_OBJECT (session), (gpointer *) &session);
  if (websocket)
    client_send_text (client, "4x");
  else
    client_post (client, sid, "4x");
  engine_wait_for (session == NULL);
  g_assert_cmpuint (fixture->n_closed, ==, 1);
}

/* Messages that the connection handler sends come right after the open packet. */
static void
greet_cb (SioSession *session, gpointer user_data)
{
  g_assert_true (sio_session_send_text (session, "hello", -1));
  g_assert_true (sio_session_send_text (session, "you", -1));
}

static void
test_greeting (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autofree char *sid = NULL;
  g_autofree char *other = NULL;

  fixture->on_open = greet_cb;
  sid = client_open_polling (polling);
  client_expect_poll (polling, sid,
                      "4hello\x1e"
                      "4you");
  other = client_open_websocket (websocket);
  client_expect_text (websocket, "4hello");
  client_expect_text (websocket, "4you");
}

static void
test_initial_packet (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) polling = client_new (fixture);
  g_autoptr (Client) websocket = client_new (fixture);
  g_autoptr (Response) response = NULL;
  g_autofree char *sid = NULL;

  sio_engine_set_initial_packet (fixture->engine, "welcome");
  client_printf (polling, "GET " HANDSHAKE " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  response = client_await_response (polling);
  g_assert_true (g_str_has_suffix (response->body, "}\x1e"
                                                   "4welcome"));
  sid = client_open_websocket (websocket);
  client_expect_text (websocket, "4welcome");
}

/* A held GET that its client gives up, in all ways. */
static void
test_abort_held (gconstpointer user_data)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  Client *client = client_new (fixture);
  g_autofree char *sid = client_open_polling (client);

  client_hold (client, fixture, sid);
  if (GPOINTER_TO_INT (user_data))
    client_reset (client);
  else
    client_free (client);
  engine_wait_for (fixture->n_closed == 1);
  g_assert_cmpstr (fixture->log->str, ==,
                   "open closed:transport error/poll connection closed prematurely ");
}

static void
test_overlapping_gets (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL);
  g_autoptr (Client) first = client_new (fixture);
  g_autoptr (Client) second = client_new (fixture);
  g_autofree char *sid = client_open_polling (first);

  client_hold (first, fixture, sid);
  client_get (second, sid);
  client_expect (second, 400, "");
  client_expect (first, 200, "1");
  g_assert_cmpstr (fixture->log->str, ==, "open closed:transport error/overlap from client ");
}

static void
add (const char *path, GTestDataFunc func)
{
  g_autofree char *polling = g_strconcat (path, "/polling", NULL);
  g_autofree char *websocket = g_strconcat (path, "/websocket", NULL);

  g_test_add_data_func (polling, GINT_TO_POINTER (FALSE), func);
  g_test_add_data_func (websocket, GINT_TO_POINTER (TRUE), func);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_summary ("The life of sessions.");

  g_test_add_func ("/engine/session/heartbeat/websocket", test_heartbeat_websocket);
  g_test_add_func ("/engine/session/heartbeat/polling", test_heartbeat_polling);
  add ("/engine/session/ping-timeout", test_ping_timeout);
  g_test_add_func ("/engine/session/ping-timeout/held", test_ping_timeout_held);
  g_test_add_func ("/engine/session/change-times", test_change_times);
  g_test_add_func ("/engine/session/close/websocket", test_close_websocket);
  g_test_add_func ("/engine/session/close/held", test_close_held);
  g_test_add_func ("/engine/session/close/with-data", test_close_with_data);
  g_test_add_func ("/engine/session/close/held-with-data", test_close_held_with_data);
  g_test_add_func ("/engine/session/close/no-poll", test_close_and_no_poll);
  add ("/engine/session/close-when-opened", test_close_when_opened);
  add ("/engine/session/close-on-message", test_close_on_message);
  add ("/engine/session/unreferenced", test_unreferenced);
  g_test_add_func ("/engine/session/greeting", test_greeting);
  g_test_add_func ("/engine/session/initial-packet", test_initial_packet);
  g_test_add_data_func ("/engine/session/abort-held/close", GINT_TO_POINTER (FALSE),
                        test_abort_held);
  g_test_add_data_func ("/engine/session/abort-held/reset", GINT_TO_POINTER (TRUE),
                        test_abort_held);
  g_test_add_func ("/engine/session/overlapping-gets", test_overlapping_gets);
  return g_test_run ();
}
